//! What is logged, and how. Never a cookie, a token, a password, an e-mail address or a query.

use crate::domain::audit::RequestId;
use crate::server::config::LogFormat;
use crate::server::metrics::Metrics;
use crate::server::random::Random;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts writing events to `writer`, such as standard error. A second call does nothing.
pub fn start_logging<W>(filter: &str, format: LogFormat, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::new(filter);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    // It fails only when a subscriber is set already, which then goes on.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

/// Gives each request an identifier and a span, so that what is logged within it can be told apart, logs failures, and
/// counts how it was answered.
/// What the caller calls the request counts for nothing: identifiers that others choose can lie.
pub async fn log_request(
    State((random, metrics)): State<(Random, Metrics)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Ok(id) = random.bytes().map(RequestId::from_bytes) else {
        tracing::error!("the operating system gave no random bytes");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    request.extensions_mut().insert(id);
    let begun = metrics.begin_request();
    let (method, route) = (
        request.method().clone(),
        request.extensions().get().cloned(),
    );
    // `?` escapes line breaks and terminal codes that a path may hold.
    let span = tracing::info_span!("request", %id, method = %request.method(), path = ?request.uri().path());
    async move {
        let mut response = next.run(request).await;
        let status = response.status().as_u16();
        let route = route.as_ref().map(MatchedPath::as_str);
        metrics.end_request(begun, method.as_str(), route, status);
        if response.status().is_server_error() {
            tracing::error!(status, "failed");
        } else {
            tracing::debug!(status, "answered");
        }
        if let Ok(id) = HeaderValue::try_from(id.to_string()) {
            response.headers_mut().insert(X_REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}
