//! `/api/v1/sessions`: where whoever calls is signed in, and how to end that.

use super::bearer::Bearer;
use super::refusal::{Failure, Refusal};
use crate::app::words;
use crate::domain::error::AppError;
use crate::domain::session::SessionId;
use crate::server::accounts::LiveSession;
use crate::server::web::identity::ThisSource;
use crate::server::web::router::Application;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The live sessions of a user.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// The one last seen first.
    sessions: Vec<Session>,
}

/// A live session.
#[derive(Serialize, ToSchema)]
struct Session {
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// `web` for a browser's, `api` for an API client's.
    #[schema(example = "web")]
    audience: &'static str,
    /// What is known of browser and system.
    #[schema(example = "Firefox on Linux")]
    device: String,
    /// The /24 or /64 that it was opened from, if known.
    #[schema(example = "192.0.2.0/24")]
    network: Option<String>,
    #[schema(format = "date-time", example = "2026-01-02T03:04:05.678Z")]
    signed_in_at: String,
    /// When its tokens were last renewed.
    #[schema(format = "date-time", example = "2026-01-02T03:04:05.678Z")]
    last_seen_at: String,
}

impl Session {
    fn of(session: &LiveSession, this: SessionId) -> Self {
        let network = session.device.network();
        Self {
            id: session.id.to_string(),
            current: session.id == this,
            audience: session.audience.as_str(),
            device: session.device.words().to_string(),
            network: network.map(|network| network.to_string()),
            signed_in_at: words::instant(session.created_at),
            last_seen_at: words::instant(session.rotated_at),
        }
    }
}

/// What the access token says, checked.
#[derive(Serialize, ToSchema)]
pub struct CurrentSession {
    id: String,
    user_id: String,
    #[schema(example = json!(["editor"]))]
    roles: Vec<String>,
    /// When the password was given.
    #[schema(format = "date-time", example = "2026-01-02T03:04:05.000Z")]
    signed_in_at: String,
    /// When the access token runs out, if it is not taken back before.
    #[schema(format = "date-time", example = "2026-01-02T03:09:05.000Z")]
    expires_at: String,
}

/// List the sessions
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "sessions",
    security(("bearer" = [])),
    responses((status = 200, body = Sessions)),
)]
pub async fn list(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
) -> Result<axum::Json<Sessions>, Refusal> {
    let sessions = application.accounts.sessions(claims.sub).await?;
    let session = |session| Session::of(session, claims.sid);
    let sessions = sessions.iter().map(session).collect();
    Ok(axum::Json(Sessions { sessions }))
}

/// Check the access token
///
/// Tells whose it is, for a service that was handed it. It costs no query.
#[utoipa::path(
    get,
    path = "/sessions/current",
    tag = "sessions",
    security(("bearer" = [])),
    responses((status = 200, body = CurrentSession)),
)]
pub async fn current(Bearer(claims): Bearer) -> axum::Json<CurrentSession> {
    axum::Json(CurrentSession {
        id: claims.sid.to_string(),
        user_id: claims.sub.to_string(),
        roles: claims.roles.iter().map(ToString::to_string).collect(),
        signed_in_at: words::instant(claims.auth_time.saturating_mul(1000)),
        expires_at: words::instant(claims.exp.saturating_mul(1000)),
    })
}

/// End a session
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    tag = "sessions",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "As the list has it")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, body = Failure, description = "The user has no such live session"),
    ),
)]
pub async fn end(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let session = SessionId::parse(&id).ok_or(AppError::NotFound)?;
    let accounts = &application.accounts;
    if session == claims.sid {
        accounts.sign_out(claims.sub, session, &source).await?;
    } else if !accounts
        .end_session(claims.sub, session, claims.sid, &source)
        .await?
    {
        return Err(AppError::NotFound.into());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// End all other sessions
#[utoipa::path(
    delete,
    path = "/sessions",
    tag = "sessions",
    security(("bearer" = [])),
    responses((status = 204, description = "Only the session that asked lives on")),
)]
pub async fn end_others(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    accounts
        .end_other_sessions(claims.sub, claims.sid, &source)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
