//! People's pictures: for whoever knows their name, for ever, and for nothing but to be looked at.

use crate::domain::avatar::AvatarHash;
use crate::server::web::router::Application;
use crate::server::web::security_headers::FOR_EVER;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Should a browser ever take one for a document, it may do nothing in it.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// The picture of this name.
pub async fn show(
    State(application): State<Arc<Application>>,
    Path(hash): Path<String>,
) -> Response {
    let Some(hash) = AvatarHash::parse(&hash) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match application.accounts.avatar(&hash).await {
        Ok(Some(avatar)) => {
            let media_type = HeaderValue::from_static(avatar.format.media_type());
            let headers = [
                (CONTENT_TYPE, media_type),
                (CACHE_CONTROL, FOR_EVER),
                (CONTENT_SECURITY_POLICY, POLICY),
            ];
            (headers, avatar.content).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => StatusCode::from_u16(error.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}
