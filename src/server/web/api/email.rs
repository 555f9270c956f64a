//! `/api/v1/email`: proving an address, and asking for another one.

use super::bearer::Bearer;
use super::body::Json;
use super::refusal::{Failure, Refusal};
use crate::domain::mailed_link::Purpose;
use crate::server::accounts::Confirmation;
use crate::server::web::identity::ThisSource;
use crate::server::web::router::Application;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// What came by mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// What stands in the link behind `token=`.
    #[schema(value_type = String)]
    token: Zeroizing<String>,
    /// The account's. Needed for the link of a new account; that of a change of address has been given it before.
    #[serde(default)]
    #[schema(format = "password", value_type = Option<String>)]
    password: Option<Zeroizing<String>>,
}

/// Another address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmail {
    #[schema(example = "lovelace@example.org")]
    email: String,
    #[schema(format = "password", value_type = String)]
    current_password: Zeroizing<String>,
}

/// Prove an address
///
/// Does what the link of a letter is for: proves that a new account's address is its owner's, or makes another mailbox the account's
/// address. Of a new account, the password must be given: somebody else may have registered with the address.
#[utoipa::path(
    post,
    path = "/email/verify",
    tag = "me",
    request_body = Verification,
    responses(
        (status = 204, description = "It is proved, or changed"),
        (status = 400, body = Failure, description = "The token is not good any more, or the body is not JSON"),
        (status = 401, body = Failure, description = "The password is not right"),
        (status = 409, body = Failure, description = "Another account has the address by now"),
        (status = 429, body = Failure, description = "Too often from one network; try again after `Retry-After` seconds"),
    ),
)]
pub async fn verify(
    State(application): State<Arc<Application>>,
    ThisSource(source): ThisSource,
    Json(verification): Json<Verification>,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    let token = &verification.token;
    let purposes = [Purpose::VerifyEmail, Purpose::ChangeEmail];
    match accounts.mailed_link(token, &purposes).await? {
        (Purpose::ChangeEmail, _) => {
            accounts.change_email(token, &source).await?;
        }
        _ => {
            let password = verification.password.as_ref();
            let password = password.map_or("", |password| password.as_str());
            accounts
                .verify_email_with_password(token, password, &source)
                .await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Ask for another address
///
/// A link goes to the new mailbox; the address changes when it is confirmed (`POST /email/verify`, or the page that the link opens).
/// Whether the new address has an account already, the answer does not tell.
#[utoipa::path(
    post,
    path = "/email/change",
    tag = "me",
    security(("bearer" = [])),
    request_body = NewEmail,
    responses(
        (status = 202, description = "A letter is on its way to the new mailbox"),
        (status = 404, body = Failure, description = "No mail goes out here"),
        (status = 429, body = Failure, description = "Too many wrong passwords; try again after `Retry-After` seconds"),
        (status = 503, body = Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn change(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
    Json(new): Json<NewEmail>,
) -> Result<StatusCode, Refusal> {
    let given = Confirmation {
        user: claims.sub,
        session: claims.sid,
        password: &new.current_password,
        source: &source,
    };
    let accounts = &application.accounts;
    accounts.request_email_change(given, &new.email).await?;
    Ok(StatusCode::ACCEPTED)
}
