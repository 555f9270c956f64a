//! Tells open tabs that their session has ended, as it happens: server-sent events (HTML, section 9.2).
//!
//! An open stream costs a task and no query; the session is looked up once, when it has ended.

use crate::app::words;
use crate::domain::error::AppError;
use crate::domain::session::{Revocation, SessionId};
use crate::language::Text;
use crate::server::accounts::Watched;
use crate::server::request::cookies::{Found, find_each};
use crate::server::tokens::Audience;
use crate::server::web::identity::preferences;
use crate::server::web::router::Application;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::once;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often something is sent on a silent stream, so that nothing between takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What a tab is told.
#[derive(Serialize)]
struct Ended {
    /// Whose end it is: tabs of another session do not mind.
    session: SessionId,
    /// Why, in words.
    told: String,
}

/// A stream that says `ended`, once, when the session of this request ends, or at once when it has; 204, on which
/// browsers do not come back, when there is none. It renews nothing, so that an open tab does not keep a session
/// alive, and takes no cookie away: the news is for the next page as well.
pub async fn stream(State(application): State<Arc<Application>>, request: Request) -> Response {
    let watched = match watched(&application, request.headers()).await {
        Ok(Some(watched)) => watched,
        Ok(None) => return StatusCode::NO_CONTENT.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(), // the storage has logged it
    };
    let text = preferences(&application, request.headers()).text;
    let mut answer = Sse::new(once(ended(application, watched, text)))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects answers before it passes them on would never pass on this one.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    answer
}

/// By the access token alone, or when that has run out, by the refresh token.
async fn watched(
    application: &Application,
    headers: &HeaderMap,
) -> Result<Option<Watched>, AppError> {
    let names = &application.cookies;
    let [access, refresh] = find_each(headers, [names.access, names.refresh]);
    if let Found::One(token) = access
        && let Some(claims) = application.accounts.claims_of(token, Audience::Web).await?
    {
        return Ok(Some(Watched::from(&claims)));
    }
    match refresh {
        Found::One(token) => application.accounts.watched(token).await,
        Found::None | Found::Unusable => Ok(None),
    }
}

/// Waits for the end of the session, or of the program.
async fn ended(
    application: Arc<Application>,
    watched: Watched,
    text: Text,
) -> Result<Event, Infallible> {
    let mut stopping = application.stopping.clone();
    let over = tokio::select! {
        () = until_over(&application, &watched) => true,
        _ = stopping.changed() => false,
    };
    if !over {
        return Ok(Event::default().comment("the server stops"));
    }
    let session = watched.session;
    let told = match application.accounts.ending(session).await {
        Ok(Some(ending)) => words::ending(text, &ending),
        // It ended all the same; why cannot be asked now.
        Ok(None) | Err(_) => text.say("ended").into_owned(),
    };
    let event = Event::default().event("ended");
    Ok(event.json_data(Ended { session, told }).unwrap_or_default())
}

async fn until_over(application: &Application, watched: &Watched) {
    if watched.ending.is_some() {
        return;
    }
    let (user, session, epoch) = (watched.user, watched.session, watched.epoch);
    let mut news = application.accounts.revocations_from_now();
    // What came between the check of the token and here was not heard.
    while application.access_tokens.allow(user, session, epoch) {
        loop {
            match news.recv().await {
                Ok(revocation) if concerns(revocation, watched) => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => break, // some were missed: look
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

fn concerns(revocation: Revocation, watched: &Watched) -> bool {
    match revocation {
        Revocation::Session(session) => session == watched.session,
        Revocation::Epoch { user, least } => user == watched.user && watched.epoch < least,
    }
}
