//! The operator's own socket: what is counted, for Prometheus. It is never served where visitors come in.

use crate::server::accounts::Accounts;
use crate::server::metrics::{CONTENT_TYPE, Metrics, Reading};
use crate::server::web::serve::Connections;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE as HEADER;
use axum::response::IntoResponse;
use axum::routing::get;

/// What is looked at when somebody asks.
#[derive(Clone)]
pub struct Observed {
    /// The use cases.
    pub accounts: Accounts,
    /// The counters.
    pub metrics: Metrics,
    /// The connections of the other socket.
    pub connections: Connections,
}

/// Serves `/metrics`, and nothing else.
pub fn metrics_router(observed: Observed) -> Router {
    Router::new()
        .route("/metrics", get(tell))
        .with_state(observed)
}

async fn tell(State(observed): State<Observed>) -> impl IntoResponse {
    let reading = Reading {
        connections: observed.connections.open(),
        ..observed.accounts.reading()
    };
    ([(HEADER, CONTENT_TYPE)], observed.metrics.tell(&reading))
}
