//! All that is held about a person, as one JSON text that is sent while it is read: as a file from the page, and from the API.

use crate::app::routes::{ACCOUNT, LOGIN, form_of};
use crate::app::words;
use crate::domain::audit::Actor;
use crate::domain::device::Device;
use crate::domain::error::AppError;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::server::accounts::{
    AuditRow, Confirmation, DataExport, HeldAccount, HeldLetter, HeldLink, HeldSession,
};
use crate::server::request::flash::Flash;
use crate::server::request::{Request as VestibuleRequest, wants_html};
use axum::Form;
use axum::body::Body;
use axum::extract::Extension;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FILE: HeaderValue = HeaderValue::from_static("attachment; filename=\"my-data.json\"");

/// All that is held about whoever asks, but for the password's hash.
#[derive(Serialize, ToSchema)]
pub struct PersonalData {
    #[schema(format = "date-time", example = "2026-01-02T03:04:05.678Z")]
    exported_at: String,
    account: AccountData,
    /// As it is shown, if there is one.
    picture: Option<PictureData>,
    /// Links that were sent by mail and are still stored, good or not, the newest first.
    links: Vec<LinkData>,
    /// All that are still stored, live or ended.
    sessions: Vec<SessionData>,
    /// Letters that are still to be sent.
    letters: Vec<LetterData>,
    /// What happened to the account, the newest first.
    activity: Vec<ActivityData>,
}

/// The account itself.
#[derive(Serialize, ToSchema)]
struct AccountData {
    #[schema(example = "3q2-7wAAAAAAAAAAAAAAAA")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    nickname: String,
    signature: String,
    roles: Vec<String>,
    /// When it was proved that the address is theirs, if it was.
    #[schema(format = "date-time")]
    email_verified_at: Option<String>,
    /// The tag of the language that was chosen, if one was.
    language: Option<String>,
    /// That of the page on which the account was created, if it is known.
    registered_in: Option<String>,
    /// The address of a picture elsewhere, from releases that had such; it is shown nowhere.
    avatar_url: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
    #[schema(format = "date-time")]
    password_changed_at: String,
    /// When the account was closed by an administrator, if it is.
    #[schema(format = "date-time")]
    disabled_at: Option<String>,
    /// When it is to be deleted, if that was asked for.
    #[schema(format = "date-time")]
    delete_at: Option<String>,
}

/// A picture.
#[derive(Serialize, ToSchema)]
struct PictureData {
    #[schema(example = "image/png")]
    media_type: String,
    /// The file, in base64.
    #[schema(content_encoding = "base64")]
    content: String,
}

/// Where something came from.
#[derive(Serialize, ToSchema)]
struct DeviceData {
    /// What is understood of browser and system.
    #[schema(example = "Firefox on Linux")]
    device: String,
    /// What the browser said of itself.
    user_agent: String,
    /// The /24 or /64, if known.
    #[schema(example = "192.0.2.0/24")]
    network: Option<String>,
}

/// A link that was sent by mail. What stood in it is kept nowhere.
#[derive(Serialize, ToSchema)]
struct LinkData {
    /// What it is for.
    #[schema(example = "reset")]
    purpose: String,
    /// Where it was sent.
    #[schema(example = "ada@example.org")]
    mailbox: String,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    expires_at: String,
    /// When it was used, or a newer one replaced it.
    #[schema(format = "date-time")]
    ended_at: Option<String>,
}

/// A session that is stored.
#[derive(Serialize, ToSchema)]
struct SessionData {
    id: String,
    /// `web` for a browser's, `api` for an API client's.
    #[schema(example = "web")]
    audience: &'static str,
    #[schema(format = "date-time")]
    signed_in_at: String,
    #[schema(format = "date-time")]
    last_seen_at: String,
    /// Then it ends if it is not renewed.
    #[schema(format = "date-time")]
    expires_at: String,
    /// Whether "keep me signed in" was ticked.
    remembered: bool,
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    #[schema(example = "signed_out")]
    end_reason: Option<String>,
    /// The session that ended it, if another did.
    ended_by: Option<String>,
    from: DeviceData,
}

/// A letter that is to be sent.
#[derive(Serialize, ToSchema)]
struct LetterData {
    id: String,
    /// What it tells of.
    #[schema(example = "password_changed")]
    event: String,
    #[schema(format = "date-time")]
    happened_at: String,
    from: DeviceData,
}

/// Something that happened to the account.
#[derive(Serialize, ToSchema)]
struct ActivityData {
    #[schema(format = "date-time")]
    at: String,
    #[schema(example = "signed_in")]
    event: Option<&'static str>,
    /// `you`, `administrator`, `operator`, or `somebody` who proved nothing.
    #[schema(example = "you")]
    by: &'static str,
    detail: String,
    session: Option<String>,
    request: Option<String>,
    /// Nothing where an administrator did it: that is theirs.
    from: Option<DeviceData>,
}

impl DeviceData {
    fn of(device: &Device) -> Self {
        let network = device.network();
        Self {
            device: device.words().to_string(),
            user_agent: device.user_agent().to_owned(),
            network: network.map(|network| network.to_string()),
        }
    }
}

impl AccountData {
    fn of(held: &HeldAccount) -> Self {
        Self {
            id: held.id.to_string(),
            email: held.email.to_string(),
            nickname: held.nickname.clone(),
            signature: held.signature.clone(),
            roles: held.roles.iter().map(ToString::to_string).collect(),
            email_verified_at: held.email_verified_at.map(words::instant),
            language: held.language.clone(),
            registered_in: held.registered_in.clone(),
            avatar_url: held.avatar_url.clone(),
            created_at: words::instant(held.created_at),
            updated_at: words::instant(held.updated_at),
            password_changed_at: words::instant(held.password_changed_at),
            disabled_at: held.disabled_at.map(words::instant),
            delete_at: held.delete_at.map(words::instant),
        }
    }
}

impl LinkData {
    fn of(held: &HeldLink) -> Self {
        Self {
            purpose: held.purpose.clone(),
            mailbox: held.mailbox.to_string(),
            created_at: words::instant(held.created_at),
            expires_at: words::instant(held.expires_at),
            ended_at: held.ended_at.map(words::instant),
        }
    }
}

impl SessionData {
    fn of(held: &HeldSession) -> Self {
        Self {
            id: held.id.to_string(),
            audience: held.audience.as_str(),
            signed_in_at: words::instant(held.created_at),
            last_seen_at: words::instant(held.rotated_at),
            expires_at: words::instant(held.expires_at),
            remembered: held.remembered,
            ended_at: held.ended_at.map(words::instant),
            end_reason: held.end_reason.clone(),
            ended_by: held.ended_by.clone(),
            from: DeviceData::of(&held.device),
        }
    }
}

impl LetterData {
    fn of(held: &HeldLetter) -> Self {
        Self {
            id: held.id.clone(),
            event: held.event.clone(),
            happened_at: words::instant(held.happened_at),
            from: DeviceData::of(&held.device),
        }
    }
}

impl ActivityData {
    fn of(row: &AuditRow, owner: UserId) -> Self {
        let (by, is_administrator) = match row.actor {
            Actor::User(actor) if actor == owner => ("you", false),
            Actor::User(_) => ("administrator", true),
            Actor::Operator => ("operator", false),
            Actor::Anonymous => ("somebody", false),
        };
        Self {
            at: words::instant(row.at),
            event: row.event.map(|event| event.as_str()),
            by,
            detail: row.detail.clone(),
            session: row.session.map(|session| session.to_string()),
            request: row.request.clone().filter(|_| !is_administrator),
            from: (!is_administrator).then(|| DeviceData::of(&row.device)),
        }
    }
}

/// What is to be written next.
enum Next {
    Sessions(Option<SessionId>),
    Letters(String),
    Activity(Option<i64>),
    Nothing,
}

/// The database failed on the way: the connection is cut, and what came through is no JSON text.
#[derive(Debug, thiserror::Error)]
#[error("the personal data could not be read to its end")]
struct Interrupted;

/// Writes the whole, some hundred items at a time. What can be refused is refused before the first byte.
///
/// # Errors
/// When there is no such user any more, or the database fails.
pub async fn write(export: DataExport) -> Result<Body, AppError> {
    let held = export.account().await?;
    let picture = held.picture.clone();
    let picture = picture.map(|(media_type, content)| PictureData {
        media_type,
        content,
    });
    let links = export.links().await?;
    let links: Vec<_> = links.iter().map(LinkData::of).collect();
    // The members of `PersonalData`, one after the other.
    let head = format!(
        "{{\"exported_at\":{},\"account\":{},\"picture\":{},\"links\":{},\"sessions\":[",
        json(&words::instant(export.at))?,
        json(&AccountData::of(&held))?,
        json(&picture)?,
        json(&links)?,
    );
    let first = (Some(head), Next::Sessions(None), export);
    let texts = stream::try_unfold(first, |(text, next, export)| async move {
        if let Some(text) = text {
            return Ok(Some((text, (None, next, export))));
        }
        let written = write_next(&export, next).await;
        let written = written.map_err(|_| Interrupted)?; // the storage has logged it
        Ok::<_, Interrupted>(written.map(|(text, next)| (text, (None, next, export))))
    });
    Ok(Body::from_stream(texts))
}

async fn write_next(export: &DataExport, next: Next) -> Result<Option<(String, Next)>, AppError> {
    Ok(Some(match next {
        Next::Sessions(after) => {
            let held = export.sessions(after).await?;
            let text = items(held.iter().map(SessionData::of), after.is_none())?;
            match held.last() {
                Some(last) => (text, Next::Sessions(Some(last.id))),
                None => ("],\"letters\":[".to_owned(), Next::Letters(String::new())),
            }
        }
        Next::Letters(after) => {
            let held = export.letters(&after).await?;
            let text = items(held.iter().map(LetterData::of), after.is_empty())?;
            match held.last() {
                Some(last) => (text, Next::Letters(last.id.clone())),
                None => ("],\"activity\":[".to_owned(), Next::Activity(None)),
            }
        }
        Next::Activity(before) => {
            let page = export.activity(before).await?;
            let records = page.records.iter();
            let records = records.map(|record| ActivityData::of(record, export.user()));
            let text = items(records, before.is_none())?;
            match page.next {
                Some(before) => (text, Next::Activity(Some(before))),
                None => (text + "]}\n", Next::Nothing),
            }
        }
        Next::Nothing => return Ok(None),
    }))
}

/// Some items of an array, and the comma before them unless they are its first.
fn items<T: Serialize>(
    items: impl Iterator<Item = T>,
    are_first: bool,
) -> Result<String, AppError> {
    let mut text = String::new();
    for item in items {
        if !are_first || !text.is_empty() {
            text.push(',');
        }
        text += &json(&item)?;
    }
    Ok(text)
}

fn json(value: &impl Serialize) -> Result<String, AppError> {
    // None of these can fail to be written.
    serde_json::to_string(value).map_err(|_| AppError::Internal)
}

/// What the page's form sends.
#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    current_password: Zeroizing<String>,
    /// For whom the form was rendered.
    #[serde(default)]
    owner: String,
}

/// Answers the page's form with the file; or goes back to the page, which says what is wrong. Not a server function, since those answer
/// with nothing as long as this may be.
pub async fn download(
    Extension(visit): Extension<VestibuleRequest>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    match begin(&visit, &given).await {
        Ok(body) => {
            let mut response = Response::new(body);
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, JSON);
            headers.insert(CONTENT_DISPOSITION, FILE);
            response
        }
        Err(error) => refuse(&visit, error, wants_html(&headers)),
    }
}

async fn begin(visit: &VestibuleRequest, given: &Given) -> Result<Body, AppError> {
    let claims = visit.signed_in_as(&given.owner)?;
    let given = Confirmation {
        user: claims.sub,
        session: claims.sid,
        password: &given.current_password,
        source: &visit.source,
    };
    write(visit.accounts.export_data(given).await?).await
}

fn refuse(visit: &VestibuleRequest, error: AppError, is_html_form: bool) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !is_html_form {
        let mut response = (status, axum::Json(&error)).into_response();
        if let Some(seconds) = error.retry_after_seconds() {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        return response;
    }
    let (page, flash) = match error {
        AppError::NotSignedIn => {
            let form = form_of(LOGIN, ACCOUNT);
            let flash = Flash::for_page(form.as_str());
            let flash = match &visit.ending {
                Some(ending) => flash.with_ending(ending.clone()),
                None => flash.with_error(error),
            };
            (form, flash)
        }
        error => (
            form_of(ACCOUNT, ""),
            Flash::for_page(ACCOUNT).with_error(error),
        ),
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(page.as_str()) {
        headers.insert(LOCATION, location);
    }
    if let Some(cookie) = visit.cookies.flash(&visit.flash_seal, &flash) {
        headers.append(SET_COOKIE, cookie);
    }
    response
}
