//! Refuses requests that another site made a browser send (CSRF): every unsafe method, sign-in
//! included, must come from a page of ours. The bearer API is exempt: it knows no cookie that another site could use.

use crate::server::web::api;
use crate::server::web::router::Application;
use axum::extract::{Request, State};
use axum::http::header::{HeaderName, ORIGIN, REFERER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use url::Url;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Answers 403 to an unsafe request that does not prove that it comes from our origin.
pub async fn refuse_others(
    State(application): State<Arc<Application>>,
    request: Request,
    next: Next,
) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let is_api = request.uri().path().starts_with(api::ROOT);
    if is_safe || is_api || comes_from(request.headers(), application.origin.as_str()) {
        return next.run(request).await;
    }
    tracing::warn!(
        path = request.uri().path(),
        "an unsafe request from elsewhere was refused"
    );
    StatusCode::FORBIDDEN.into_response()
}

/// Fetch Metadata where the browser sends it: exactly one `same-origin`. Else `Origin`, else
/// `Referer`. Where several headers speak, none may contradict. None at all proves nothing.
fn comes_from(headers: &HeaderMap, origin: &str) -> bool {
    let site = single(headers, SEC_FETCH_SITE);
    let stated = single(headers, ORIGIN);
    let referer = single(headers, REFERER);
    match (site, stated, referer) {
        (Header::Unusable, _, _) | (_, Header::Unusable, _) | (_, _, Header::Unusable) => false,
        (Header::One(site), Header::One(stated), _) => site == "same-origin" && stated == origin,
        (Header::One(site), Header::None, _) => site == "same-origin",
        (Header::None, Header::One(stated), _) => stated == origin,
        (Header::None, Header::None, Header::One(referer)) => {
            Url::parse(referer).is_ok_and(|url| url.origin().ascii_serialization() == origin)
        }
        (Header::None, Header::None, Header::None) => false,
    }
}

#[derive(Clone, Copy)]
enum Header<'a> {
    None,
    One(&'a str),
    Unusable,
}

fn single(headers: &HeaderMap, name: HeaderName) -> Header<'_> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Header::None,
        (Some(value), None) => value.to_str().map_or(Header::Unusable, Header::One),
        (Some(_), Some(_)) => Header::Unusable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_page_of_ours_passes() {
        let ours = "https://app.example";
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", ours)], true),
            (&[("origin", ours)], true),
            (&[("referer", "https://app.example/login?next=%2F")], true),
            (&[], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", ours)], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "Same-Origin")], false),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "same-origin"),
                ],
                false,
            ),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://evil.example"),
                ],
                false,
            ),
            (&[("origin", "null")], false),
            (&[("origin", "http://app.example")], false),
            (&[("origin", "https://app.example:8443")], false),
            (&[("origin", "https://app.example.evil.com")], false),
            (
                &[
                    ("origin", "https://evil.example"),
                    ("referer", "https://app.example/"),
                ],
                false,
            ),
            (
                &[("referer", "https://evil.example/?https://app.example/")],
                false,
            ),
            (&[("referer", "https://app.example@evil.example/")], false),
            (&[("referer", "nonsense")], false),
        ];
        for (lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                headers.append(
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                );
            }
            assert_eq!(comes_from(&headers, ours), *expected, "{lines:?}");
        }
    }
}
