//! The bearer API, `/api/v1`: JSON for scripts, mobile applications and other services.
//!
//! Who calls is told by an access token in the `Authorization` header (RFC 6750) and by nothing else: no cookie
//! counts here, none is set, and so no other site can make a browser act for its user. Each handler states what it
//! takes and answers; the OpenAPI document is made of these statements, and of nothing else.

mod avatar;
mod bearer;
mod body;
mod email;
mod recovery;
mod refusal;
mod sessions;
mod tokens;
mod user;
mod users;

pub use refusal::{JSON, failure};

use crate::brand;
use crate::server::web::router::Application;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use refusal::Failure;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where everything of the API is.
pub const ROOT: &str = "/api/";

const V1: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        description = "Sign in with a password, call with an access token, renew with a refresh token. \
            Times are in UTC (RFC 3339). Whatever is refused is refused with one shape of body, `Failure`.",
    ),
    components(schemas(Failure)),
    tags(
        (name = "tokens", description = "Coming in and going out"),
        (name = "me", description = "Whoever holds the token"),
        (name = "sessions", description = "Where they are signed in"),
        (name = "users", description = "For administrators, but for registering"),
    ),
)]
struct Head;

/// Routes and document of the API.
fn parts() -> (Router<Arc<Application>>, utoipa::openapi::OpenApi) {
    let calls = OpenApiRouter::new()
        .routes(routes!(tokens::sign_in, tokens::sign_out))
        .routes(routes!(tokens::refresh))
        .routes(routes!(recovery::forgot))
        .routes(routes!(recovery::reset))
        .routes(routes!(email::verify))
        .routes(routes!(email::change))
        .routes(routes!(user::read, user::change, user::delete))
        .routes(routes!(user::export))
        .routes(routes!(user::change_password))
        .routes(routes!(avatar::set, avatar::remove))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::current))
        .routes(routes!(sessions::end))
        .routes(routes!(users::list, users::register))
        .routes(routes!(users::sign_out_everywhere))
        .routes(routes!(users::set_roles))
        .routes(routes!(users::set_disabled));
    let (router, mut document) = OpenApiRouter::with_openapi(Head::openapi())
        .nest(V1, calls)
        .split_for_parts();
    document.info.title = brand::name().to_owned();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    if let Some(components) = document.components.as_mut() {
        components.add_security_scheme(bearer::SCHEME, SecurityScheme::Http(bearer));
    }
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            add_common_refusals(operation);
        }
    }
    (router, document)
}

/// What a call may be answered because of what it takes, so that no handler has to repeat it.
fn add_common_refusals(operation: &mut Operation) {
    let mut common = vec![
        (500, "A fault of ours"),
        (
            503,
            "The database cannot be reached; try again after `Retry-After` seconds",
        ),
    ];
    if operation.security.is_some() {
        common.push((400, "Two `Authorization` headers"));
        common.push((401, "No access token that counts here and now"));
    }
    if operation.request_body.is_some() {
        common.push((400, "Not JSON"));
        common.push((408, "The body took too long to arrive"));
        common.push((413, "The body is longer than 64 KiB"));
        common.push((415, "Not `application/json`"));
        common.push((422, "A field is missing, unknown, given twice, or refused"));
    }
    for (status, description) in common {
        let responses = &mut operation.responses.responses;
        let refusal = Response::builder()
            .description(description)
            .content(JSON, Content::new(Some(Ref::from_schema_name("Failure"))))
            .build();
        responses
            .entry(status.to_string())
            .or_insert_with(|| refusal.into());
    }
}

/// The API's part of the router.
pub fn router() -> Router<Arc<Application>> {
    let (router, document) = parts();
    // Made once. It holds nothing that could not be written as JSON; a test reads it.
    let document = document.to_json().unwrap_or_default();
    let answer = move || {
        let document = document.clone();
        async move { ([(CONTENT_TYPE, JSON)], document) }
    };
    router.route("/api/v1/openapi.json", get(answer))
}
