//! From the socket to the page: routes, layers, and the loop that serves them.

mod address;
mod api;
mod arrival;
mod assets;
mod avatars;
mod content_type;
mod events;
mod export;
mod forms;
mod guard;
mod identity;
mod metrics;
mod personal_data;
mod render;
mod router;
mod same_origin;
mod security_headers;
mod serve;
mod telemetry;
mod trouble;
mod uploads;

pub use assets::{AssetsMissing, Site};
pub use metrics::{Observed, metrics_router};
pub use router::{Application, router};
pub use serve::{Connections, possible_connections, serve};
pub use telemetry::start_logging;
