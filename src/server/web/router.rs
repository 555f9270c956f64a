//! Every route and every layer, on one page.

use crate::app::audit_file::AuditFile;
use crate::app::routes::{AUDIT_CSV, AUDIT_JSON_LINES, Access, EXPORT_DATA, PAGES};
use crate::domain::role::Role;
use crate::server::accounts::Accounts;
use crate::server::config::Origin;
use crate::server::mail::Mailbox;
use crate::server::metrics::Metrics;
use crate::server::random::Random;
use crate::server::request::Request as VestibuleRequest;
use crate::server::request::cookies::Cookies;
use crate::server::request::flash::FlashSeal;
use crate::server::tokens::AccessTokens;
use crate::server::web::assets::Site;
use crate::server::web::export::export;
use crate::server::web::identity::Unknown;
use crate::server::web::{
    api, arrival, assets, avatars, events, forms, guard, identity, personal_data, render,
    same_origin, security_headers, telemetry, trouble, uploads,
};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use ipnet::IpNet;
use leptos::server_fn::axum::server_fn_paths;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::services::ServeDir;
use tower_http::timeout::TimeoutLayer;

/// The longest body of a request but for a picture, in bytes. Whoever reads one sees to it.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a request may take, its body included.
const DEADLINE: Duration = Duration::from_secs(30);

static ADMINISTRATORS: Access = Access::Role(Role::ADMINISTRATOR);

/// What all requests share.
pub struct Application {
    /// The use cases.
    pub accounts: Accounts,
    /// Verifies what cookies present.
    pub access_tokens: AccessTokens,
    /// What browsers type.
    pub origin: Origin,
    /// Whose word for where a request comes from counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How cookies are named here.
    pub cookies: Cookies,
    /// Seals what forms leave behind.
    pub flash_seal: FlashSeal,
    /// Where letters are shown that do not go out.
    pub mailbox: Option<Mailbox>,
    /// The built files.
    pub site: Site,
    /// Whether cargo-leptos watches the sources and reloads the page.
    pub watching: bool,
    /// Names requests.
    pub random: Random,
    /// Counts them.
    pub metrics: Metrics,
    /// Changes, or loses its sender, when the program stops: answers without end come to theirs.
    pub stopping: watch::Receiver<()>,
}

/// The whole service. A request goes through the stack at the end from its top, then to its route, and through
/// what stands around that.
pub fn router(application: Application) -> Router {
    let application = Arc::new(application);
    let reloading = (application.watching).then(|| application.site.options.clone());
    // What Leptos spawns, it spawns on tokio. A second call fails and changes nothing.
    let _ = any_spawner::Executor::init_tokio();

    let pages = PAGES.iter().fold(Router::new(), |pages, page| {
        let reloading = reloading.clone();
        let render = move |request| render::render(page, reloading, request);
        let stack = ServiceBuilder::new()
            // Cookies that were held back come along the second time.
            .layer(from_fn_with_state(
                (application.clone(), page),
                arrival::send_round,
            ))
            .layer(from_fn_with_state(
                (application.clone(), Unknown::from(&page.access)),
                identity::identify,
            ))
            // Turns away before anything is rendered. It needs the identity.
            .layer(from_fn_with_state(&page.access, guard::turn_away));
        pages.route(page.path, get(render).route_layer(stack))
    });

    let actions = Router::new()
        .route("/action/{name}", post(run_action))
        .route(EXPORT_DATA, post(personal_data::download))
        .route_layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(
                    (application.clone(), Unknown::Refused),
                    identity::identify,
                ))
                // Server functions take any content type and guess at duplicates: read the form strictly.
                .layer(from_fn(forms::read_strictly)),
        );

    let uploads = Router::new()
        .route("/action/set_avatar", post(run_action))
        .route_layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(
                    (application.clone(), Unknown::Refused),
                    identity::identify,
                ))
                .layer(from_fn_with_state(
                    uploads::Places::default(),
                    uploads::read_strictly,
                )),
        )
        .route_layer(uploads::body_limit());

    let files_for_administrators = Router::new()
        .route(AUDIT_CSV, get(|visit| export(AuditFile::Csv, visit)))
        .route(
            AUDIT_JSON_LINES,
            get(|visit| export(AuditFile::JsonLines, visit)),
        )
        .route_layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(
                    (application.clone(), Unknown::Refused),
                    identity::identify,
                ))
                .layer(from_fn_with_state(&ADMINISTRATORS, guard::turn_away)),
        );

    let built_files = ServeDir::new(
        application
            .site
            .root
            .join(application.site.options.site_pkg_dir.as_ref()),
    )
    .append_index_html_on_directories(false)
    .precompressed_br()
    .precompressed_gzip();
    let built_files = Router::new()
        .fallback_service(built_files)
        .layer(from_fn(security_headers::cache_for_ever))
        .layer(from_fn(assets::refuse_endless_names));
    let other_files = ServeDir::new(&application.site.root).append_index_html_on_directories(false);
    let other_files = Router::new()
        .fallback_service(other_files)
        .layer(from_fn(assets::refuse_endless_names));

    Router::new()
        .merge(pages)
        .merge(actions)
        .merge(uploads)
        .merge(files_for_administrators)
        .route("/avatars/{hash}", get(avatars::show))
        .route("/scripts/{name}", get(assets::script))
        .route("/favicon.svg", get(assets::icon))
        .nest("/pkg", built_files)
        .merge(api::router())
        .route("/events", get(events::stream))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        // Nothing else below the API's root is a page or a file.
        .route("/api/{*path}", any(|| async { StatusCode::NOT_FOUND }))
        .fallback_service(other_files)
        .with_state(application.clone())
        // One stack, since each `Router::layer` costs every request some allocations.
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(
                    (application.random.clone(), application.metrics.clone()),
                    telemetry::log_request,
                ))
                // Around all that can fail, so that no answer goes without: refusals and panics neither.
                .layer(from_fn_with_state(
                    security_headers::Policy::of(&application),
                    security_headers::add,
                ))
                // Whatever went wrong further in gets a page of the house.
                .layer(from_fn_with_state(application.clone(), trouble::dress))
                .layer(CatchPanicLayer::custom(trouble::panicked))
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::REQUEST_TIMEOUT,
                    DEADLINE,
                ))
                // Refused before a form is read: requests that other sites make browsers send.
                .layer(from_fn_with_state(
                    application.clone(),
                    same_origin::refuse_others,
                )),
        )
}

/// Runs the server function of that path. Leptos would answer 400 where there is none.
async fn run_action(request: Request) -> Response {
    if !action_paths()
        .iter()
        .any(|path| path == request.uri().path())
    {
        return StatusCode::NOT_FOUND.into_response();
    }
    let context = VestibuleRequest::provide_from_extensions;
    leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response()
}

/// The paths of all server functions.
fn action_paths() -> Vec<String> {
    server_fn_paths().map(|(path, _)| path.to_owned()).collect()
}

/// Whether requests can be served: the database answers, and nothing that was taken back is unknown here.
async fn ready(State(application): State<Arc<Application>>) -> (StatusCode, &'static str) {
    match application.accounts.hear_of_revocations().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ), // the storage has logged it
    }
}
