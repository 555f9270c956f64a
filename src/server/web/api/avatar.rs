//! `/api/v1/me/avatar`: the picture of whoever calls.

use super::bearer::Bearer;
use super::refusal::Refusal;
use super::user::User;
use crate::domain::avatar::MAX_BYTES;
use crate::domain::error::AppError;
use crate::server::web::content_type;
use crate::server::web::identity::ThisSource;
use crate::server::web::router::Application;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use utoipa::ToSchema;

/// The file itself.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct File(#[allow(dead_code)] Vec<u8>);

/// What may be declared. What counts is the file itself.
const MEDIA_TYPES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// Set the picture
///
/// The middle of the file is drawn anew as a square; nothing else of it is kept.
#[utoipa::path(
    put,
    path = "/me/avatar",
    tag = "me",
    security(("bearer" = [])),
    request_body(
        description = "A PNG, JPEG or WebP file of at most 2 MB and 16 megapixels",
        content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp")),
    ),
    responses(
        (status = 200, body = User, description = "The profile, with the address of the picture"),
        (status = 413, body = super::Failure, description = "The body is longer than 2 MB"),
        (status = 415, body = super::Failure, description = "Not declared as one of these"),
        (status = 422, body = super::Failure, description = "Not one of these, broken, or of too many pixels"),
        (status = 503, body = super::Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn set(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
    headers: HeaderMap,
    body: Body,
) -> Result<axum::Json<User>, Refusal> {
    let is_declared = |media_type: &&str| content_type::is(&headers, media_type);
    if !MEDIA_TYPES.iter().any(is_declared) || headers.contains_key(CONTENT_ENCODING) {
        return Err(AppError::UnsupportedMediaType.into());
    }
    let file = to_bytes(body, MAX_BYTES).await;
    let file = file.map_err(|_| AppError::PayloadTooLarge)?;
    let accounts = &application.accounts;
    accounts
        .set_avatar(claims.sub, file.into(), &source)
        .await?;
    let profile = accounts.profile(claims.sub).await?;
    Ok(axum::Json(User::new(profile, &application.origin)))
}

/// Take the picture away
#[utoipa::path(
    delete,
    path = "/me/avatar",
    tag = "me",
    security(("bearer" = [])),
    responses((status = 204, description = "There is none")),
)]
pub async fn remove(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    accounts.remove_avatar(claims.sub, &source).await?;
    Ok(StatusCode::NO_CONTENT)
}
