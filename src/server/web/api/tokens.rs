//! `/api/v1/tokens`: a session for an API client, from its beginning to its end.

use super::bearer::Bearer;
use super::body::Json;
use super::refusal::{Failure, Refusal};
use crate::domain::error::AppError;
use crate::server::accounts::{OpenSession, Renewal, SignIn};
use crate::server::tokens::Audience;
use crate::server::web::identity::ThisSource;
use crate::server::web::router::Application;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(format = "password", value_type = String)]
    password: Zeroizing<String>,
}

/// The refresh token of the last answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    #[schema(value_type = String)]
    refresh_token: Zeroizing<String>,
}

/// What a client presents from now on (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// For the `Authorization` header. Its contents are no affair of the client's.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// For how many seconds the access token is good.
    expires_in: i64,
    /// For the next renewal; it replaces the one before.
    refresh_token: String,
}

impl From<OpenSession> for Tokens {
    fn from(session: OpenSession) -> Self {
        Self {
            access_token: session.access_token,
            token_type: "Bearer",
            expires_in: session.claims.exp - session.claims.iat,
            refresh_token: session.refresh_token,
        }
    }
}

/// Sign in
///
/// An unknown address is answered as a wrong password is.
#[utoipa::path(
    post,
    path = "/tokens",
    tag = "tokens",
    request_body = Credentials,
    responses(
        (status = 200, body = Tokens),
        (status = 401, body = Failure, description = "The e-mail or the password is not right"),
        (status = 403, body = Failure, description = "They are right, and the address is not proved yet: a letter is on its way"),
        (status = 429, body = Failure, description = "Too often from one network; try again after `Retry-After` seconds"),
        (status = 503, body = Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn sign_in(
    State(application): State<Arc<Application>>,
    ThisSource(source): ThisSource,
    Json(credentials): Json<Credentials>,
) -> Result<axum::Json<Tokens>, Refusal> {
    let sign_in = SignIn {
        email: &credentials.email,
        password: &credentials.password,
        remember: false,
        audience: Audience::Api,
        known_browser: None,
        confirming: None,
        source: &source,
    };
    let signed_in = application.accounts.sign_in(sign_in).await?;
    Ok(axum::Json(signed_in.session.into()))
}

/// Renew
///
/// Exchanges a refresh token for new tokens. It is used up by that: for ten seconds the same exchange gives the same
/// refresh token again, so that a lost answer can be asked for once more; after that, presenting it ends the session,
/// since somebody else must have a copy.
#[utoipa::path(
    post,
    path = "/tokens/refresh",
    tag = "tokens",
    request_body = Refresh,
    responses(
        (status = 200, body = Tokens),
        (status = 401, body = Failure, description = "The refresh token is not good, or its session is over"),
        (status = 429, body = Failure, description = "Too often from one network; try again after `Retry-After` seconds"),
    ),
)]
pub async fn refresh(
    State(application): State<Arc<Application>>,
    ThisSource(source): ThisSource,
    Json(refresh): Json<Refresh>,
) -> Result<axum::Json<Tokens>, Refusal> {
    let accounts = &application.accounts;
    let renewal = accounts.renew(&refresh.refresh_token, Audience::Api, &source);
    match renewal.await? {
        Renewal::Renewed(session) => Ok(axum::Json((*session).into())),
        Renewal::Over(_) | Renewal::Refused => Err(AppError::NotSignedIn.into()),
    }
}

/// Sign out
///
/// Ends the session of the access token. Neither it nor the refresh token is good for anything afterwards.
#[utoipa::path(
    delete,
    path = "/tokens",
    tag = "tokens",
    security(("bearer" = [])),
    responses((status = 204, description = "The session has ended")),
)]
pub async fn sign_out(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
) -> Result<StatusCode, Refusal> {
    let (user, session) = (claims.sub, claims.sid);
    application
        .accounts
        .sign_out(user, session, &source)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
