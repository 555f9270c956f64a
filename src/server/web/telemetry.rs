//! What is logged, and how. Never a cookie, a token, a password, an e-mail address or a query.

use crate::server::config::LogFormat;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use tracing_subscriber::EnvFilter;

/// Starts writing events to standard error. A second call does nothing.
pub fn start_logging(filter: &str, format: LogFormat) {
    let filter = EnvFilter::new(filter);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // It fails only when a subscriber is set already, which then goes on.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

/// Gives each request a span, so that what is logged within it can be told apart, and logs failures.
pub async fn log_request(request: Request, next: Next) -> Response {
    // `?` escapes line breaks and terminal codes that a path may hold.
    let span =
        tracing::info_span!("request", method = %request.method(), path = ?request.uri().path());
    async move {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        if response.status().is_server_error() {
            tracing::error!(status, "failed");
        } else {
            tracing::debug!(status, "answered");
        }
        response
    }
    .instrument(span)
    .await
}
