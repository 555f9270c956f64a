//! One request as pages and server functions see it: who asks, what the last form left behind, and
//! what may be added to the answer.

pub mod cookies;
pub mod flash;

use crate::domain::appearance::Appearance;
use crate::domain::audit::Source;
use crate::domain::error::AppError;
use crate::domain::local_path::LocalPath;
use crate::domain::role::Role;
use crate::domain::session::Ending;
use crate::domain::user::{Profile, UserId};
use crate::language::Text;
use crate::server::accounts::{Accounts, OpenSession};
use crate::server::mail::Mailbox;
use crate::server::request::cookies::Cookies;
use crate::server::request::flash::{Flash, FlashSeal, Notice};
use crate::server::tokens::AccessClaims;
use axum::body::Bytes;
use axum::http::header::{ACCEPT, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use leptos::prelude::{expect_context, provide_context, use_context};
use leptos_axum::ResponseOptions;
use std::ops::Deref;
use std::sync::Arc;

/// Whose request this is: decided by the identity layer before anything else runs.
#[derive(Clone, Debug)]
pub enum Visitor {
    /// Nobody we know.
    Anonymous,
    /// The holder of a verified access token.
    SignedIn(Box<AccessClaims>),
}

impl Visitor {
    /// What the token says, if there is one.
    pub fn claims(&self) -> Option<&AccessClaims> {
        match self {
            Self::SignedIn(claims) => Some(claims),
            Self::Anonymous => None,
        }
    }

    /// What the token says; the first line of every server function that is not for everybody.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] for anybody else.
    pub fn signed_in(&self) -> Result<&AccessClaims, AppError> {
        self.claims().ok_or(AppError::NotSignedIn)
    }

    /// The same for those with a role.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when nobody is signed in, [`AppError::Forbidden`] when somebody else is.
    pub fn with_role(&self, role: &str) -> Result<&AccessClaims, AppError> {
        self.signed_in()?.with_role(role)
    }
}

tokio::task_local! {
    /// Every part of a page asks for it, dozens of times: Leptos' context, which is searched from the inside out, takes longer.
    static PREFERENCES: Preferences;
}

/// How a visitor likes pages: nothing that says who they are.
#[derive(Clone, Copy, Debug)]
pub struct Preferences {
    /// The language.
    pub text: Text,
    /// Light or dark.
    pub appearance: Appearance,
}

impl Preferences {
    /// Makes a page for somebody who likes it so.
    pub async fn during<F: Future>(self, page: F) -> F::Output {
        PREFERENCES.scope(self, page).await
    }

    /// The same of what needs no waiting for.
    pub fn during_sync<T>(self, page: impl FnOnce() -> T) -> T {
        PREFERENCES.sync_scope(self, page)
    }

    /// Those of the visitor whose page is being made; English where there is none.
    pub fn current() -> Self {
        PREFERENCES.try_get().unwrap_or_else(|_| Self {
            text: Text::english(),
            appearance: Appearance::default(),
        })
    }
}

/// Paths of the files that cargo-leptos built, with their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetPaths {
    /// The style sheet.
    pub css: String,
    /// The glue that loads the wasm.
    pub js: String,
    /// The islands.
    pub wasm: String,
    /// The script of every page.
    pub script: String,
}

/// One request, through the layers to pages and server functions. Cloning it shares it: a page hands it to each
/// of its parts.
#[derive(Clone)]
pub struct Request(Arc<Visit>);

impl Deref for Request {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

/// The file that came with a form, up to a byte more than it may have.
#[derive(Clone)]
pub struct Upload(pub Bytes);

/// What a request carries.
pub struct Visit {
    /// The use cases.
    pub accounts: Accounts,
    /// How the visitor likes pages.
    pub preferences: Preferences,
    /// Whose request this is.
    pub visitor: Visitor,
    /// What the last form left for this page.
    pub flash: Option<Flash>,
    /// The path, without the query.
    pub path: String,
    /// Where the visitor wanted to go: the query's `next`, which leads home if it is no path of ours.
    pub next: Option<LocalPath>,
    /// The query, as it came.
    pub query: String,
    /// How the session of the tokens that came along has ended, if it has: for the visitor to be told.
    pub ending: Option<Ending>,
    /// From where it comes.
    pub source: Source,
    /// The refresh token that was presented: a secret.
    pub refresh_token: Option<String>,
    /// The mark of a browser in which somebody has signed in.
    pub known_browser: Option<String>,
    /// How cookies are named and written here.
    pub cookies: Cookies,
    /// Seals what a form leaves behind.
    pub flash_seal: FlashSeal,
    /// The letters that do not go out, for whoever sits at this machine.
    pub mailbox: Option<Mailbox>,
    /// Where the built files are.
    pub assets: Arc<AssetPaths>,
}

impl Request {
    /// Of what the identity layer found out.
    pub fn new(visit: Visit) -> Self {
        Self(Arc::new(visit))
    }

    /// Puts this request into Leptos' context. The identity layer left it in the extensions.
    pub fn provide_from_extensions() {
        let parts = expect_context::<Parts>();
        if let Some(request) = parts.extensions.get::<Self>() {
            provide_context(request.clone());
        }
        if let Some(nonce) = parts.extensions.get::<leptos::nonce::Nonce>() {
            provide_context(nonce.clone());
        }
    }

    /// The request that is being answered.
    pub fn current() -> Self {
        expect_context::<Self>()
    }

    /// The file that came with the form; empty if there is none.
    pub fn upload() -> Vec<u8> {
        let parts = use_context::<Parts>();
        let upload = parts.and_then(|parts| parts.extensions.get::<Upload>().cloned());
        upload.map_or(Vec::new(), |Upload(file)| file.into())
    }

    /// What the address asks for under this name; empty when it does not, or asks twice.
    pub fn asked(&self, name: &str) -> String {
        let mut values =
            form_urlencoded::parse(self.query.as_bytes()).filter(|(key, _)| key == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => value.into_owned(),
            _ => String::new(),
        }
    }

    /// Shows pages in this language from now on, in this browser, and to whoever is signed in everywhere.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn choose_language(&self, text: Text) -> Result<(), AppError> {
        if let Some(claims) = self.visitor.claims() {
            self.accounts
                .choose_language(claims.sub, text.tag())
                .await?;
        }
        if let Some(cookie) = self.cookies.language(text) {
            append(SET_COOKIE, cookie);
        }
        Ok(())
    }

    /// Shows pages in this browser like this from now on.
    pub fn choose_appearance(&self, appearance: Appearance) {
        if let Some(cookie) = self.cookies.appearance(appearance) {
            append(SET_COOKIE, cookie);
        }
    }

    /// Hands the tokens of a session to the browser.
    pub fn open_session(&self, session: &OpenSession) {
        for cookie in self.cookies.open_session(session) {
            append(SET_COOKIE, cookie);
        }
    }

    /// Hands over the tokens of a new session, and ends the one that this browser held before. From now on the browser is
    /// known to the user whose session it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_session(&self, session: &OpenSession) -> Result<(), AppError> {
        self.end_presented_session().await?;
        self.open_session(session);
        let user = session.claims.sub;
        let mark = self
            .accounts
            .mark_browser(user, self.known_browser.as_deref())?;
        if let Some(cookie) = mark.and_then(|mark| self.cookies.known_browser(&mark)) {
            append(SET_COOKIE, cookie);
        }
        Ok(())
    }

    /// After this browser has chosen a new password by a letter's link: all sessions of the user have ended, and the browser is known
    /// to them, so that nobody else's wrong guesses keep them from signing in.
    ///
    /// # Errors
    /// When no randomness can be had.
    pub fn after_reset(&self, user: UserId) -> Result<(), AppError> {
        if self
            .visitor
            .claims()
            .is_some_and(|claims| claims.sub == user)
        {
            self.close_session();
        }
        let mark = self
            .accounts
            .mark_browser(user, self.known_browser.as_deref())?;
        if let Some(cookie) = mark.and_then(|mark| self.cookies.known_browser(&mark)) {
            append(SET_COOKIE, cookie);
        }
        Ok(())
    }

    /// Ends the session whose tokens this browser presented, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_presented_session(&self) -> Result<(), AppError> {
        match (self.visitor.claims(), &self.refresh_token) {
            (Some(claims), _) => {
                let (user, session) = (claims.sub, claims.sid);
                self.accounts.sign_out(user, session, &self.source).await
            }
            (None, Some(token)) => {
                let source = &self.source;
                self.accounts.sign_out_by_refresh_token(token, source).await
            }
            (None, None) => Ok(()),
        }
    }

    /// The profile of whoever is signed in.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] for anybody else.
    pub async fn profile(&self) -> Result<Profile, AppError> {
        self.accounts.profile(self.visitor.signed_in()?.sub).await
    }

    /// For a page that turns out not to be for this visitor, or cannot be shown.
    pub fn turn_away(&self, error: &AppError) {
        if *error == AppError::NotSignedIn {
            self.close_session();
            self.go_to(&LocalPath::parse_or_root("/login"), None);
        } else {
            set_status(status_of(error));
        }
    }

    /// What the sign-in form tells whoever was turned away from a page, if there is anything to tell.
    pub fn farewell(&self, form: &LocalPath) -> Option<HeaderValue> {
        let flash = Flash::for_page(form.as_str()).with_ending(self.ending.clone()?);
        self.cookies.flash(&self.flash_seal, &flash)
    }

    /// Takes the tokens away from the browser and empties what it keeps of us (Clear-Site-Data).
    pub fn close_session(&self) {
        for cookie in self.cookies.close_session() {
            append(SET_COOKIE, cookie);
        }
        append(
            HeaderName::from_static("clear-site-data"),
            HeaderValue::from_static("\"cache\", \"storage\""),
        );
    }

    /// Leaves something in the browser for a later page.
    fn leave(&self, flash: &Flash) {
        if let Some(cookie) = self.cookies.flash(&self.flash_seal, flash) {
            append(SET_COOKIE, cookie);
        }
    }

    /// Answers with 303 to a page of ours, and leaves `flash` there.
    pub fn go_to(&self, page: &LocalPath, flash: Option<&Flash>) {
        if let Some(flash) = flash {
            self.leave(flash);
        }
        if let Ok(location) = HeaderValue::from_str(page.as_str()) {
            append(LOCATION, location);
        }
        set_status(StatusCode::SEE_OTHER);
    }

    /// What the token of an administrator says; the first line of every server function that is for them alone.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when nobody is signed in, [`AppError::Forbidden`] when somebody else is.
    pub fn administrator(&self) -> Result<&AccessClaims, AppError> {
        self.visitor.with_role(Role::ADMINISTRATOR)
    }

    /// What the token says, for a form that says whose it is: `owner` is the user for whom the form was rendered, or
    /// empty where it does not matter.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when nobody is signed in, [`AppError::OtherAccount`] when somebody else is.
    pub fn signed_in_as(&self, owner: &str) -> Result<&AccessClaims, AppError> {
        let claims = self.visitor.signed_in()?;
        if owner.is_empty() || UserId::parse(owner) == Some(claims.sub) {
            Ok(claims)
        } else {
            Err(AppError::OtherAccount)
        }
    }

    /// Sends whoever is not signed in any more to the sign-in form, says there what happened, and keeps what was
    /// typed for its owner until they are back.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`], for a caller that is not an HTML form.
    pub fn sign_in_first(
        &self,
        login: &LocalPath,
        owner: &str,
        typed: Flash,
    ) -> Result<(), AppError> {
        if !is_html_form() {
            set_status(status_of(&AppError::NotSignedIn));
            return Err(AppError::NotSignedIn);
        }
        let page = Flash::for_page(login.as_str());
        let mut flash = match &self.ending {
            Some(ending) => page.with_ending(ending.clone()),
            None => page.with_error(AppError::NotSignedIn),
        };
        if let Some(owner) = UserId::parse(owner).filter(|_| typed.has_values()) {
            self.leave(&typed.into_draft(owner));
            flash = flash.with_notice(Notice::DraftWaits);
        }
        self.go_to(login, Some(&flash));
        Ok(())
    }

    /// Tells a browser's form what is wrong by going back to its page, any other caller by status
    /// and body.
    ///
    /// # Errors
    /// The same error again, for a caller that is not an HTML form.
    pub fn refuse(&self, error: AppError, form: &LocalPath, flash: Flash) -> Result<(), AppError> {
        if is_html_form() {
            self.go_to(form, Some(&flash.with_error(error)));
            return Ok(());
        }
        if let Some(seconds) = error.retry_after_seconds() {
            append(RETRY_AFTER, HeaderValue::from(seconds));
        }
        set_status(status_of(&error));
        Err(error)
    }
}

/// Whether the caller wants a page for an answer.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn status_of(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn is_html_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| wants_html(&parts.headers))
}

fn append(name: HeaderName, value: HeaderValue) {
    expect_context::<ResponseOptions>().append_header(name, value);
}

fn set_status(status: StatusCode) {
    expect_context::<ResponseOptions>().set_status(status);
}
