//! Ending sessions from another one.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Ends a session of whoever is signed in. One that has ended already, or is somebody else's, changes nothing and
/// is told the same. Ending this very session is signing out.
///
/// # Errors
/// When nobody is signed in, or the database fails.
#[server(prefix = "/action", endpoint = "end_session")]
pub async fn end_session(#[server(default)] session_id: String) -> Result<(), AppError> {
    use crate::app::answers::{back_to_sessions, sign_in_first, sign_out};
    use crate::app::routes::SESSIONS;
    use crate::domain::session::SessionId;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, SESSIONS, "", Flash::for_page(SESSIONS));
    };
    let session = SessionId::parse(&session_id).ok_or(AppError::BadRequest);
    let ended = match session {
        Ok(session) if session == claims.sid => return sign_out(&request).await,
        Ok(session) => {
            let (accounts, source) = (&request.accounts, &request.source);
            accounts
                .end_session(claims.sub, session, claims.sid, source)
                .await
        }
        Err(error) => Err(error),
    };
    back_to_sessions(&request, ended.map(drop), Notice::SessionEnded)
}

/// Ends every session of whoever is signed in but this one.
///
/// # Errors
/// When nobody is signed in, or the database fails.
#[server(prefix = "/action", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    use crate::app::answers::{back_to_sessions, sign_in_first};
    use crate::app::routes::SESSIONS;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, SESSIONS, "", Flash::for_page(SESSIONS));
    };
    let (accounts, source) = (&request.accounts, &request.source);
    let ended = accounts
        .end_other_sessions(claims.sub, claims.sid, source)
        .await;
    back_to_sessions(&request, ended.map(drop), Notice::OtherSessionsEnded)
}
