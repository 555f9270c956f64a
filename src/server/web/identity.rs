//! Whose request is this? Decided once, before anything is rendered or changed: by the access
//! token's signature alone, and when that has run out, by renewal.

use crate::app::routes::Access;
use crate::app::shell::Rank;
use crate::domain::appearance::Appearance;
use crate::domain::audit::Source;
use crate::domain::device::{Device, Network};
use crate::domain::error::AppError;
use crate::domain::local_path::LocalPath;
use crate::domain::session::Ending;
use crate::language::Text;
use crate::server::accounts::Renewal;
use crate::server::mail::Mailbox;
use crate::server::request::cookies::{Found, find, find_each};
use crate::server::request::flash::Flash;
use crate::server::request::{Preferences, Request as VestibuleRequest, Visit, Visitor};
use crate::server::tokens::Audience;
use crate::server::web::address;
use crate::server::web::router::Application;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, HOST, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::sync::Arc;

/// As what a visitor is served of whom it cannot be known now who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// As nobody: 503.
    Refused,
    /// As a stranger, for a page that strangers may see.
    Stranger,
}

impl From<&Access> for Unknown {
    fn from(access: &Access) -> Self {
        match access {
            Access::Anyone | Access::Stranger => Self::Stranger,
            Access::SignedIn | Access::Role(_) => Self::Refused,
        }
    }
}

/// Puts the [`VestibuleRequest`] into the extensions, and on the way back the cookies that renewal
/// or refusal call for into the answer.
pub async fn identify(
    State((application, unknown)): State<(Arc<Application>, Unknown)>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let names = &application.cookies;
    let [
        access,
        refresh,
        flash,
        draft,
        known_browser,
        language,
        appearance,
    ] = find_each(
        headers,
        [
            names.access,
            names.refresh,
            names.flash,
            names.draft,
            names.known_browser,
            names.language,
            names.appearance,
        ],
    );
    let source = source(&application, headers, request.extensions());
    let identified = match whose(&application, access, refresh, &source).await {
        Ok(identified) => identified,
        Err(_) if unknown == Unknown::Stranger => Identified::stranger(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return status.into_response();
        }
    };
    let value = |found| match found {
        Found::One(value) if !value.is_empty() => Some(value.to_owned()),
        _ => None,
    };
    let (refresh_token, known_browser) = (value(refresh), value(known_browser));
    let mut cookies = Vec::new();
    let mut flash = take(&application, &request, flash);
    if flash.is_some() {
        cookies.extend(names.expired(names.flash));
    } else if let Some(claims) = identified.visitor.claims()
        && let Some(draft) = take(&application, &request, draft)
    {
        // Seen once, or never: it is nobody else's business.
        cookies.extend(names.expired(names.draft));
        flash = Some(draft).filter(|draft| draft.owner() == Some(claims.sub));
    }

    let mailbox = mailbox(&application, headers, &source);
    let visit = VestibuleRequest::new(Visit {
        accounts: application.accounts.clone(),
        preferences: chosen(language, appearance, request.headers()),
        visitor: identified.visitor,
        flash,
        path: request.uri().path().to_owned(),
        next: next_of(request.uri().query()),
        query: request.uri().query().unwrap_or_default().to_owned(),
        ending: identified.ending,
        source,
        refresh_token,
        known_browser,
        cookies: application.cookies,
        flash_seal: application.flash_seal.clone(),
        mailbox,
        assets: Arc::clone(&application.site.paths),
    });
    request.extensions_mut().insert(visit);

    let mut response = next.run(request).await;
    // What the action itself set (a sign-in, a sign-out) comes after renewal and is the last word.
    if !sets_session_cookies(&response, &application) {
        cookies.extend(identified.session_cookies);
    }
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// What the tokens that came along say.
struct Identified {
    visitor: Visitor,
    /// The cookies that follow from how the visitor was found.
    session_cookies: Vec<HeaderValue>,
    /// How their session came to its end, if it did.
    ending: Option<Ending>,
}

impl Identified {
    /// Somebody without a token that we know of, who keeps whatever cookies they have.
    fn stranger() -> Self {
        Self {
            visitor: Visitor::Anonymous,
            session_cookies: Vec::new(),
            ending: None,
        }
    }
}

/// # Errors
/// When it cannot be told now. The session may be good, so its cookies are kept.
async fn whose(
    application: &Application,
    access: Found<'_>,
    refresh: Found<'_>,
    source: &Source,
) -> Result<Identified, AppError> {
    let accounts = &application.accounts;
    let signed_in = |claims, session_cookies| Identified {
        visitor: Visitor::SignedIn(Box::new(claims)),
        session_cookies,
        ending: None,
    };
    let nobody = |ending| Identified {
        visitor: Visitor::Anonymous,
        session_cookies: application.cookies.close_session(),
        ending,
    };
    if access == Found::Unusable || refresh == Found::Unusable {
        return Ok(nobody(None));
    }
    if let Found::One(token) = access
        && let Some(claims) = accounts.claims_of(token, Audience::Web).await?
    {
        return Ok(signed_in(claims, Vec::new()));
    }
    if let Found::One(token) = refresh {
        return Ok(match accounts.renew(token, Audience::Web, source).await? {
            Renewal::Renewed(session) => {
                let cookies = application.cookies.open_session(&session);
                signed_in(session.claims, cookies)
            }
            Renewal::Over(ending) => nobody(Some(ending)),
            Renewal::Refused => nobody(None),
        });
    }
    Ok(match access {
        Found::None => Identified::stranger(),
        _ => nobody(None),
    })
}

/// What was chosen in this browser, or else the language that it says its user reads, and the system's colours.
pub fn preferences(application: &Application, headers: &HeaderMap) -> Preferences {
    let names = &application.cookies;
    let [language, appearance] = find_each(headers, [names.language, names.appearance]);
    chosen(language, appearance, headers)
}

fn chosen(language: Found<'_>, appearance: Found<'_>, headers: &HeaderMap) -> Preferences {
    let language = match language {
        Found::One(tag) => Text::of(tag),
        _ => None,
    };
    let appearance = match appearance {
        Found::One(name) => Appearance::parse(name),
        _ => None,
    };
    Preferences {
        text: language.unwrap_or_else(|| Text::accepted(text(headers, ACCEPT_LANGUAGE.as_str()))),
        appearance: appearance.unwrap_or_default(),
    }
}

/// Where a request comes from, for a handler.
pub struct ThisSource(pub Source);

impl FromRequestParts<Arc<Application>> for ThisSource {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        application: &Arc<Application>,
    ) -> Result<Self, Infallible> {
        let source = source(application, &parts.headers, &parts.extensions);
        Ok(Self(source))
    }
}

/// The device, by what it says of itself and by its address; and the request's identifier.
fn source(application: &Application, headers: &HeaderMap, extensions: &Extensions) -> Source {
    let user_agent = text(headers, USER_AGENT.as_str());
    let address = address::of_client(headers, extensions, &application.trusted_proxies);
    Source {
        device: Device::new(user_agent, address.map(Network::of)),
        request: extensions.get().copied(),
    }
}

/// The development mailbox, for a browser on this very machine that was told to go to our origin: a page of somebody else's, whose name
/// leads here (DNS rebinding), would read everybody's links.
fn mailbox(application: &Application, headers: &HeaderMap, source: &Source) -> Option<Mailbox> {
    let mailbox = application.mailbox.as_ref()?;
    let is_near = source.device.network().is_some_and(Network::is_loopback);
    let (_, ours) = application.origin.as_str().split_once("://")?;
    (is_near && text(headers, HOST.as_str()) == ours).then(|| mailbox.clone())
}

/// Whose valid access token the cookies hold: for pages that only want to know what to offer. Nothing is renewed.
pub fn rank(application: &Application, headers: &HeaderMap) -> Rank {
    let Found::One(token) = find(headers, application.cookies.access) else {
        return Rank::Stranger;
    };
    let claims = application.access_tokens.verify(token, Audience::Web);
    Rank::of(claims.as_ref().ok())
}

fn sets_session_cookies(response: &Response, application: &Application) -> bool {
    let name = application.cookies.access.as_bytes();
    response.headers().get_all(SET_COOKIE).iter().any(|cookie| {
        let cookie = cookie.as_bytes();
        cookie.starts_with(name) && cookie.get(name.len()) == Some(&b'=')
    })
}

/// What an earlier form left for this very page, if this is a visit that will show it.
fn take(application: &Application, request: &Request, cookie: Found<'_>) -> Option<Flash> {
    // A script that fetches a page shows nothing of this.
    let is_shown = match request.headers().get("sec-fetch-dest") {
        Some(destination) => destination == "document",
        None => true, // an older browser
    };
    if request.method() != Method::GET || !is_shown {
        return None;
    }
    let Found::One(value) = cookie else {
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
