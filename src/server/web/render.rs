//! Renders a page, whole, before its first byte leaves: status, cookies and redirects can still be set while it
//! is being made, and the answer has a length.
//!
//! Leptos' own handler streams and routes once more what axum has routed; a page of ours needs neither.

use crate::app::routes::Page;
use crate::app::shell::shell;
use crate::server::request::Request as VestibuleRequest;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use hydration_context::{SharedContext, SsrSharedContext};
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos::prelude::{IntoView, Owner, RenderHtml, provide_context};
use leptos::reactive::computed::ScopedFuture;
use leptos::reactive::owner::Sandboxed;
use leptos_axum::ResponseOptions;
use std::sync::{Arc, PoisonError};

/// How an island begins. What a person typed never holds it: it is escaped.
const ISLAND: &str = "<leptos-island";

/// Answers with the page; with cargo-leptos' reloader in it while that watches the sources.
pub async fn render(
    page: &'static Page,
    reloading: Option<LeptosOptions>,
    request: Request,
) -> Response {
    let extensions = request.extensions();
    let (Some(visit), Some(nonce)) = (
        extensions.get::<VestibuleRequest>().cloned(),
        extensions.get::<Nonce>().cloned(),
    ) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response(); // a layer is missing
    };
    let preferences = visit.preferences;
    preferences
        .during(make(page, reloading, visit, nonce))
        .await
}

async fn make(
    page: &'static Page,
    reloading: Option<LeptosOptions>,
    visit: VestibuleRequest,
    nonce: Nonce,
) -> Response {
    let answer = ResponseOptions::default();
    let context = Arc::new(SsrSharedContext::new_islands());
    let owner = Owner::new_root(Some(context.clone()));
    let content = owner.with(|| {
        provide_context(visit.clone());
        provide_context(nonce.clone());
        provide_context(answer.clone());
        ScopedFuture::new((page.view)(visit.clone()))
    });
    let content = match Sandboxed::new(content).await {
        Ok(content) => content,
        Err(error) => {
            owner.with(|| visit.turn_away(&error));
            return answer_with(String::new(), &answer);
        }
    };
    let mut html = owner.with(|| shell(visit, page, content, reloading).into_view().to_html());
    if html.contains(ISLAND)
        && let Some(data) = context.pending_data()
    {
        // What the islands' script reads when it wakes them.
        let scripts = data.map(|chunk| format!("<script nonce=\"{nonce}\">{chunk}</script>"));
        html.push_str(&Sandboxed::new(scripts.collect::<String>()).await);
    }
    owner.unset_with_forced_cleanup();
    answer_with(html, &answer)
}

/// The page, with the status and the headers that it asked for while it was being made.
fn answer_with(html: String, answer: &ResponseOptions) -> Response {
    let parts = std::mem::take(&mut *answer.0.write().unwrap_or_else(PoisonError::into_inner));
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = parts.status.unwrap_or_default();
    *response.headers_mut() = parts.headers;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}
