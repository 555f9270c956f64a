//! Headers that go with every answer: what the browser may run, load, frame and keep.

use crate::server::web::router::Application;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use leptos::nonce::Nonce;

/// What the policy is made of besides the nonce.
#[derive(Clone)]
pub struct Policy {
    is_https: bool,
    connect: String,
    trusted_types: &'static str,
}

impl Policy {
    /// For the configured origin. While cargo-leptos watches, its reloader must reach its socket and
    /// exchange the page's parts, so both rules are relaxed, which start-up says in the log.
    pub fn of(application: &Application) -> Self {
        let (connect, trusted_types) = if application.watching {
            let port = application.site.options.reload_port;
            (
                format!("'self' ws://127.0.0.1:{port} ws://localhost:{port}"),
                "",
            )
        } else {
            ("'self'".to_owned(), "; require-trusted-types-for 'script'")
        };
        Self {
            is_https: application.origin.is_https(),
            connect,
            trusted_types,
        }
    }

    fn content_security_policy(&self, nonce: &Nonce) -> String {
        let Self {
            connect,
            trusted_types,
            ..
        } = self;
        format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; font-src 'self'; connect-src {connect}; manifest-src 'self'; base-uri 'none'; \
             object-src 'none'; form-action 'self'; frame-ancestors 'none'{trusted_types}"
        )
    }
}

/// Nothing that a page of ours needs, so nothing that an injected one gets.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

/// Draws the nonce, hands it inwards, and puts every header on the answer.
pub async fn add(State(policy): State<Policy>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;

    let headers = response.headers_mut();
    if let Ok(csp) = HeaderValue::from_str(&policy.content_security_policy(&nonce)) {
        // What is no page may have a stricter one.
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(csp);
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if policy.is_https {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// How long to keep what never changes under its name: a year, the longest that is understood everywhere.
pub const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For files whose name changes with their content.
pub async fn cache_for_ever(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == axum::http::StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CACHE_CONTROL, FOR_EVER);
    }
    response
}
