//! Who calls: extractors that let in only the holder of a good access token, or only an administrator.
//!
//! A handler that takes one of them is guarded; that is the whole of it.

use super::refusal::{Challenge, Refusal};
use crate::domain::error::AppError;
use crate::domain::role::Role;
use crate::server::tokens::{AccessClaims, Audience};
use crate::server::web::router::Application;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::sync::Arc;

/// The name of this way of authenticating in the OpenAPI document.
pub const SCHEME: &str = "bearer";

/// Whoever holds a good access token of the API.
pub struct Bearer(pub AccessClaims);

/// A [`Bearer`] who is an administrator.
pub struct Administrator(pub AccessClaims);

impl FromRequestParts<Arc<Application>> for Bearer {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        application: &Arc<Application>,
    ) -> Result<Self, Refusal> {
        let token = token(parts)?;
        let claims = application.accounts.claims_of(token, Audience::Api).await?;
        claims.map(Self).ok_or(AppError::NotSignedIn.into())
    }
}

impl FromRequestParts<Arc<Application>> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        application: &Arc<Application>,
    ) -> Result<Self, Refusal> {
        let Bearer(claims) = Bearer::from_request_parts(parts, application).await?;
        claims.with_role(Role::ADMINISTRATOR)?;
        Ok(Self(claims))
    }
}

/// What stands behind `Bearer` in the one `Authorization` header (RFC 6750, section 2.1). A token in the body or in
/// the address is not looked for.
fn token(parts: &Parts) -> Result<&str, Refusal> {
    let no_token = || Refusal::with(AppError::NotSignedIn, Challenge::NoToken);
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next().ok_or_else(no_token)?;
    if headers.next().is_some() {
        let error = AppError::BadRequest;
        return Err(Refusal::with(error, Challenge::InvalidRequest));
    }
    // The scheme is case-insensitive (RFC 9110, section 11.1).
    match header.as_bytes().split_first_chunk::<7>() {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => {
            std::str::from_utf8(token).map_err(|_| AppError::NotSignedIn.into())
        }
        _ => Err(no_token()),
    }
}
