//! Visits that begin on another site, such as a link in a mail. Browsers hold `SameSite=Strict` cookies back from
//! them, so that whoever is signed in would be sent to sign in. They are sent round once: to a page that opens the
//! same address again, which then is a visit that began here.

use crate::app::routes::{Access, Page};
use crate::app::shell::{Rank, bare_page};
use crate::domain::local_path::LocalPath;
use crate::server::request::Preferences;
use crate::server::request::cookies::{Found, find_each};
use crate::server::web::identity::preferences;
use crate::server::web::router::Application;
use axum::extract::{Request, State};
use axum::http::header::{HeaderName, REFRESH, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;
use std::sync::Arc;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Sends a visit from another site round once. A cookie of a few seconds, which other sites cannot hold back, makes
/// sure that it is once.
pub async fn send_round(
    State((application, page)): State<(Arc<Application>, &'static Page)>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let names = &application.cookies;
    let found = find_each(headers, [names.access, names.refresh, names.bounce]);
    let address = request
        .uri()
        .path_and_query()
        .map(|address| address.as_str());
    if request.method() == Method::GET
        && page.access != Access::Stranger
        && is_navigation_from_elsewhere(headers)
    {
        return match address.and_then(LocalPath::parse) {
            Some(address) if found == [Found::None; 3] => {
                round_trip(&application, &address, preferences(&application, headers))
            }
            _ => next.run(request).await,
        };
    }
    let came_round = found[2] != Found::None;
    let mut response = next.run(request).await;
    // The next link from elsewhere goes round again.
    if came_round && let Some(cookie) = names.expired(names.bounce) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Only browsers that say where a visit began are sent round, so the second time they say that it began here.
fn is_navigation_from_elsewhere(headers: &HeaderMap) -> bool {
    let says = |name, value: &str| headers.get(name).is_some_and(|header| header == value);
    says(SEC_FETCH_SITE, "cross-site") && says(SEC_FETCH_MODE, "navigate")
}

fn round_trip(
    application: &Application,
    address: &LocalPath,
    preferences: Preferences,
) -> Response {
    let text = preferences.text;
    let link = address.to_string();
    let body = view! {
        <section class="card">
            <h1>{text.say("round-title")}</h1>
            <p class="lede">{text.say("round-lede")}</p>
            <p class="actions">
                <a class="button" href=link>
                    {text.say("round-go")}
                </a>
            </p>
        </section>
    };
    let owner = Owner::new();
    let assets = &application.site.paths;
    let html = preferences.during_sync(|| {
        owner.with(|| bare_page(assets, text.say("round-title"), Rank::Stranger, body).to_html())
    });
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={address}")) {
        headers.insert(REFRESH, refresh);
    }
    if let Some(cookie) = application.cookies.bounced() {
        headers.append(SET_COOKIE, cookie);
    }
    response
}
