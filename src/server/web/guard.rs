//! The guard at the pages: who may not come in is turned away with an empty body, before anything
//! is rendered.

use crate::app::routes::{Access, LOGIN, destination, form_of};
use crate::domain::local_path::LocalPath;
use crate::server::request::Request as VestibuleRequest;
use axum::extract::{Request, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets through who may come in, and turns everybody else away.
pub async fn turn_away(
    State(access): State<&'static Access>,
    request: Request,
    next: Next,
) -> Response {
    let Some(visit) = request.extensions().get::<VestibuleRequest>() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response(); // the identity layer is missing
    };
    match (access, visit.visitor.claims()) {
        (Access::Anyone, _) | (Access::Stranger, None) | (Access::SignedIn, Some(_)) => {
            next.run(request).await
        }
        (Access::Role(role), Some(claims)) if claims.roles.contains(role) => {
            next.run(request).await
        }
        (Access::Role(_), Some(_)) => StatusCode::FORBIDDEN.into_response(),
        (Access::Stranger, Some(_)) => see_other(&destination(
            visit.next.as_ref().map_or("", |next| next.as_str()),
        )),
        (Access::SignedIn | Access::Role(_), None) => {
            let wanted = request
                .uri()
                .path_and_query()
                .map_or("/", |wanted| wanted.as_str());
            let form = form_of(LOGIN, wanted);
            let mut answer = see_other(&form);
            if let Some(cookie) = visit.farewell(&form) {
                answer.headers_mut().append(SET_COOKIE, cookie);
            }
            answer
        }
    }
}

fn see_other(page: &LocalPath) -> Response {
    match HeaderValue::from_str(page.as_str()) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(), // a LocalPath is visible ASCII
    }
}
