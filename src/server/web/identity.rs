//! Whose request is this? Decided once, before anything is rendered or changed: by the access
//! token's signature alone, and when that has run out, by renewal.

use crate::domain::local_path::LocalPath;
use crate::server::request::cookies::{Cookies, Found, find, find_each};
use crate::server::request::flash::Flash;
use crate::server::request::{Request as VestibuleRequest, Visit, Visitor};
use crate::server::tokens::Audience;
use crate::server::web::router::Application;
use axum::extract::{Request, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Puts the [`VestibuleRequest`] into the extensions, and on the way back the cookies that renewal
/// or refusal call for into the answer.
pub async fn identify(
    State(application): State<Arc<Application>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let Cookies {
        access,
        refresh,
        flash,
        ..
    } = application.cookies;
    let [access, refresh, flash] = find_each(headers, [access, refresh, flash]);
    let (visitor, session_cookies) = match whose(&application, access, refresh).await {
        Ok(answer) => answer,
        Err(status) => return status.into_response(),
    };
    let refresh_token = match refresh {
        Found::One(token) if !token.is_empty() => Some(token.to_owned()),
        _ => None,
    };
    let flash = take_flash(&application, &request, flash);
    let flash_cookie = flash
        .is_some()
        .then(|| application.cookies.expired_flash())
        .flatten();
    let user_agent = text(headers, USER_AGENT.as_str());

    let identified = VestibuleRequest::new(Visit {
        accounts: application.accounts.clone(),
        visitor,
        flash,
        path: request.uri().path().to_owned(),
        next: next_of(request.uri().query()),
        user_agent: user_agent.to_owned(),
        refresh_token,
        cookies: application.cookies,
        flash_seal: application.flash_seal.clone(),
        assets: Arc::clone(&application.site.paths),
    });
    request.extensions_mut().insert(identified);

    let mut response = next.run(request).await;
    // What the action itself set (a sign-in, a sign-out) comes after renewal and is the last word.
    let already_set = session_cookies_of(&response, &application);
    if !already_set {
        for cookie in session_cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    if let Some(cookie) = flash_cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The visitor, and the cookies that follow from how they were found.
async fn whose(
    application: &Application,
    access: Found<'_>,
    refresh: Found<'_>,
) -> Result<(Visitor, Vec<HeaderValue>), StatusCode> {
    let expired = || application.cookies.close_session();
    if access == Found::Unusable || refresh == Found::Unusable {
        return Ok((Visitor::Anonymous, expired()));
    }
    if let Found::One(token) = access
        && let Ok(claims) = application.access_tokens.verify(token, Audience::Web)
    {
        return Ok((Visitor::SignedIn(Box::new(claims)), Vec::new()));
    }
    if let Found::One(token) = refresh {
        return match application.accounts.renew(token).await {
            Ok(Some(session)) => {
                let cookies = application.cookies.open_session(&session);
                Ok((Visitor::SignedIn(Box::new(session.claims)), cookies))
            }
            Ok(None) => Ok((Visitor::Anonymous, expired())),
            // The session may be good: keep its cookies and say that we cannot tell now.
            Err(error) => {
                Err(StatusCode::from_u16(error.status())
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            }
        };
    }
    let cookies = if access == Found::None {
        Vec::new()
    } else {
        expired()
    };
    Ok((Visitor::Anonymous, cookies))
}

/// Whether the cookies hold a valid access token: for pages that only want to know what to offer.
/// Nothing is renewed.
pub fn is_signed_in(application: &Application, headers: &HeaderMap) -> bool {
    let Found::One(token) = find(headers, application.cookies.access) else {
        return false;
    };
    application
        .access_tokens
        .verify(token, Audience::Web)
        .is_ok()
}

fn session_cookies_of(response: &Response, application: &Application) -> bool {
    let name = application.cookies.access.as_bytes();
    response.headers().get_all(SET_COOKIE).iter().any(|cookie| {
        let cookie = cookie.as_bytes();
        cookie.starts_with(name) && cookie.get(name.len()) == Some(&b'=')
    })
}

/// What the last form left for this very page, if this is a visit that will show it.
fn take_flash(application: &Application, request: &Request, flash: Found<'_>) -> Option<Flash> {
    if request.method() != Method::GET {
        return None;
    }
    let Found::One(value) = flash else {
        return None;
    };
    let flash = application.flash_seal.open(value)?;
    let page = flash.page().split('?').next().unwrap_or_default();
    (page == request.uri().path()).then_some(flash)
}

/// Where the query's `next` leads: home if it is anything but one path of ours.
fn next_of(query: Option<&str>) -> Option<LocalPath> {
    let mut values = form_urlencoded::parse(query?.as_bytes()).filter(|(name, _)| name == "next");
    let next = LocalPath::parse_or_root(&values.next()?.1);
    // Two of them mean that somebody plays with how different parsers choose.
    Some(if values.next().is_some() {
        LocalPath::root()
    } else {
        next
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}
