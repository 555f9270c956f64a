//! `/api/v1/password`: the way back for whoever has forgotten it.

use super::body::Json;
use super::refusal::{Failure, Refusal};
use crate::domain::error::AppError;
use crate::server::accounts::Proof;
use crate::server::web::identity::ThisSource;
use crate::server::web::router::Application;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Who has forgotten their password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    #[schema(example = "ada@example.org")]
    email: String,
}

/// What came by mail, and the new password: either `token`, or `email` and `code`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// What stands in the link behind `token=`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    token: Option<Zeroizing<String>>,
    #[serde(default)]
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "123456")]
    code: Option<Zeroizing<String>>,
    #[schema(format = "password", value_type = String)]
    new_password: Zeroizing<String>,
}

/// Ask for a new password
///
/// If the address has an account, a letter with a link and a code goes there; they are good for 30 minutes. Whether it has one, the
/// answer does not tell.
#[utoipa::path(
    post,
    path = "/password/forgot",
    tag = "tokens",
    request_body = Forgotten,
    responses(
        (status = 202, description = "If there is such an account, a letter is on its way"),
        (status = 404, body = Failure, description = "No mail goes out here"),
        (status = 429, body = Failure, description = "Too often from one network; try again after `Retry-After` seconds"),
    ),
)]
pub async fn forgot(
    State(application): State<Arc<Application>>,
    ThisSource(source): ThisSource,
    Json(forgotten): Json<Forgotten>,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    accounts
        .request_password_reset(&forgotten.email, &source)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password
///
/// For whoever has the newest letter. Every session of the account ends, and none begins.
#[utoipa::path(
    post,
    path = "/password/reset",
    tag = "tokens",
    request_body = Reset,
    responses(
        (status = 204, description = "The new password counts, and every session has ended"),
        (status = 400, body = Failure, description = "The token is not good any more, or the body is not JSON"),
        (status = 404, body = Failure, description = "No mail goes out here"),
        (status = 429, body = Failure, description = "Too often from one network; try again after `Retry-After` seconds"),
        (status = 503, body = Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn reset(
    State(application): State<Arc<Application>>,
    ThisSource(source): ThisSource,
    Json(reset): Json<Reset>,
) -> Result<StatusCode, Refusal> {
    let proof = match (&reset.token, &reset.email, &reset.code) {
        (Some(token), None, None) => Proof::Link(token),
        (None, Some(email), Some(code)) => Proof::Code { email, code },
        _ => return Err(AppError::UnexpectedFields.into()),
    };
    let accounts = &application.accounts;
    accounts
        .reset_password(proof, &reset.new_password, &source)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
