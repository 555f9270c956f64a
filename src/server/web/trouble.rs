//! Answers for what went wrong: a page of the house for people, a word for everybody else.

use crate::app::pages::{Trouble, in_words};
use crate::app::shell::{Rank, bare_page};
use crate::domain::error::AppError;
use crate::server::request::{Preferences, wants_html};
use crate::server::web::router::Application;
use crate::server::web::{api, identity};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::{Owner, RenderHtml, view};
use std::any::Any;
use std::sync::Arc;

/// Gives a failed answer a page, if the visitor reads pages, and in the API the body that failures have there.
pub async fn dress(
    State(application): State<Arc<Application>>,
    request: Request,
    next: Next,
) -> Response {
    let is_api = request.uri().path().starts_with(api::ROOT);
    let reads_pages = wants_html(request.headers());
    let preferences = identity::preferences(&application, request.headers());
    // Kept aside: most answers are good, and only the others ask who is there.
    let cookies: Vec<HeaderValue> = request.headers().get_all(COOKIE).iter().cloned().collect();
    let mut response = next.run(request).await;
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE
        && let Some(seconds) = AppError::Unavailable.retry_after_seconds()
    {
        let headers = response.headers_mut();
        headers.entry(RETRY_AFTER).or_insert(seconds.into());
    }
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    if is_api {
        return match api::failure(&response) {
            Some(failure) => replace_body(response, api::JSON, Body::from(failure)),
            None => response,
        };
    }
    if reads_pages {
        let cookies = cookies.into_iter().map(|value| (COOKIE, value)).collect();
        let rank = identity::rank(&application, &cookies);
        let page = page(&application, status, rank, preferences);
        return replace_body(response, "text/html; charset=utf-8", Body::from(page));
    }
    let has_body = response.headers().contains_key(CONTENT_TYPE);
    if has_body {
        return response;
    }
    let word = format!("{}\n", status.canonical_reason().unwrap_or("failed"));
    replace_body(response, "text/plain; charset=utf-8", Body::from(word))
}

fn replace_body(response: Response, content_type: &'static str, body: Body) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Response::from_parts(parts, body)
}

fn page(
    application: &Application,
    status: StatusCode,
    rank: Rank,
    preferences: Preferences,
) -> String {
    let status = status.as_u16();
    let (title, _) = in_words(status);
    let owner = Owner::new();
    let assets = &application.site.paths;
    preferences.during_sync(|| {
        owner.with(|| {
            bare_page(
                assets,
                preferences.text.say(title),
                rank,
                view! { <Trouble status /> },
            )
            .to_html()
        })
    })
}

/// What remains of a request whose handler panicked. The panic hook has logged it.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request's handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
