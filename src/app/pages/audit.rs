//! The audit trail: for everybody what happened to their account, for administrators all of it.

use crate::app::pages::sessions::Minute;
use crate::app::routes::{ADMIN, AUDIT, AUDIT_CSV, AUDIT_JSON_LINES, admin_user};
use crate::app::words::{self, text};
use crate::domain::audit::{Actor, AuditEvent};
use crate::domain::email::Email;
use crate::domain::error::AppError;
use crate::domain::user::UserId;
use crate::server::accounts::{AuditPage as Page, AuditRow, AuditSearch};
use crate::server::request::Request;
use leptos::prelude::*;

/// In milliseconds.
const DAY: i64 = 86_400_000;

/// How many records a page of the whole trail has.
const RECORDS_PER_PAGE: u32 = 50;
/// How many are shown on other pages.
pub const FEW_RECORDS: u32 = 10;

/// The name, in the address of a page, of the record before which it begins.
const BEFORE: &str = "before";

/// What is asked for in the address of a page or of an export.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    user: String,
    actor: String,
    event: String,
    since: String,
    until: String,
}

impl AuditQuery {
    /// Of the request's address.
    pub fn of(request: &Request) -> Self {
        Self {
            user: request.asked("user"),
            actor: request.asked("actor"),
            event: request.asked("event"),
            since: request.asked("since"),
            until: request.asked("until"),
        }
    }

    /// What happened to the user with this e-mail.
    fn of_user(email: &Email) -> Self {
        Self {
            user: email.to_string(),
            ..Self::default()
        }
    }

    /// The same, understood.
    ///
    /// # Errors
    /// [`AppError::UnexpectedFields`] for an event that there is not, or a day that is none.
    pub fn search(&self) -> Result<AuditSearch, AppError> {
        let event = match self.event.as_str() {
            "" => None,
            name => Some(AuditEvent::parse(name).ok_or(AppError::UnexpectedFields)?),
        };
        let day = |text: &str| match text {
            "" => Ok(None),
            text => match words::parse_day(text) {
                Some(day) => Ok(Some(day)),
                None => Err(AppError::UnexpectedFields),
            },
        };
        Ok(AuditSearch {
            user: self.user.clone(),
            actor: self.actor.clone(),
            event,
            since: day(&self.since)?,
            // The day itself included.
            until: day(&self.until)?.map(|until| until.saturating_add(DAY)),
        })
    }

    /// The address of `page` that asks for the same, from before that record on.
    fn address(&self, page: &str, before: Option<i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("user", &self.user),
            ("actor", &self.actor),
            ("event", &self.event),
            ("since", &self.since),
            ("until", &self.until),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair(BEFORE, &before.to_string());
        }
        match query.finish() {
            query if query.is_empty() => page.to_owned(),
            query => format!("{page}?{query}"),
        }
    }
}

/// Before which record the page that is asked for begins.
///
/// # Errors
/// [`AppError::UnexpectedFields`] for what is no number.
pub fn before(request: &Request) -> Result<Option<i64>, AppError> {
    match request.asked(BEFORE) {
        before if before.is_empty() => Ok(None),
        before => match before.parse() {
            Ok(seq) => Ok(Some(seq)),
            Err(_) => Err(AppError::UnexpectedFields),
        },
    }
}

/// The whole trail, a page at a time.
pub async fn audit_trail(request: Request) -> Result<impl IntoView, AppError> {
    request.administrator()?;
    let query = AuditQuery::of(&request);
    let (search, before) = (query.search()?, before(&request)?);
    let accounts = &request.accounts;
    let page = accounts
        .audit_trail(&search, before, RECORDS_PER_PAGE)
        .await?;
    Ok(view! { <Trail page query /> })
}

#[component]
fn Trail(page: Page, query: AuditQuery) -> impl IntoView {
    let text = text();
    let older = page.next.map(|next| query.address(AUDIT, Some(next)));
    let csv = query.address(AUDIT_CSV, None);
    let json_lines = query.address(AUDIT_JSON_LINES, None);
    let is_empty = page.records.is_empty();
    view! {
        <section class="card">
            <p class="card__back">
                <a href=ADMIN>{text.say("users-all")}</a>
            </p>
            <h1>{text.say("audit-title")}</h1>
            <p class="lede">{text.say("audit-lede")}</p>
            <Filter query />
            {is_empty.then(|| view! { <p class="lede">{text.say("audit-none")}</p> })}
            <Activity records=page.records reader=Reader::Administrator(None) />
            {older.map(|older| view! { <Older href=older /> })}
            {(!is_empty)
                .then(|| {
                    view! {
                        <p class="activity__export">
                            {text.say("audit-take")} " " <a href=csv download>"CSV"</a> " "
                            <a href=json_lines download>{text.say("audit-json-lines")}</a>
                        </p>
                    }
                })}
        </section>
    }
}

#[component]
fn Filter(query: AuditQuery) -> impl IntoView {
    let text = text();
    let events = AuditEvent::ALL
        .into_iter()
        .map(|event| {
            let name = event.as_str();
            view! {
                <option value=name selected=query.event == name>
                    {words::event(text, event)}
                </option>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <form class="form filter" method="get" action=AUDIT role="search" aria-label=text.say("audit-title")>
            <FilterField name="user" label="audit-user" kind="email" value=query.user />
            <FilterField name="actor" label="audit-actor" kind="email" value=query.actor />
            <div class="field">
                <label for="event">{text.say("audit-event")}</label>
                <select class="field__input" id="event" name="event">
                    <option value="">{text.say("audit-any")}</option>
                    {events}
                </select>
            </div>
            <FilterField name="since" label="audit-since" kind="date" value=query.since />
            <FilterField name="until" label="audit-until" kind="date" value=query.until />
            <button class="button" type="submit">
                {text.say("audit-show")}
            </button>
        </form>
    }
}

#[component]
fn FilterField(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: String,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=name>{text().say(label)}</label>
            <input class="field__input" id=name name=name type=kind autocomplete="off" value=value />
        </div>
    }
}

#[component]
fn Older(href: String) -> impl IntoView {
    view! {
        <p class="users__next">
            <a class="button button--quiet" rel="next" href=href>
                {text().say("audit-older")}
            </a>
        </p>
    }
}

/// For whom records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The user to whom it happened: what others did tells nothing of their devices.
    Owner(UserId),
    /// An administrator, on the page of this user if on one.
    Administrator(Option<UserId>),
}

/// What happened to the account of whoever is signed in, under a heading of its own.
#[component]
pub fn OwnActivity(page: Page, owner: UserId, here: &'static str) -> impl IntoView {
    let older = page.next.map(|next| {
        format!(
            "{}#activity",
            AuditQuery::default().address(here, Some(next))
        )
    });
    view! {
        <h2 id="activity">{text().say("activity-title")}</h2>
        <p class="lede">{text().say("activity-lede")}</p>
        <Activity records=page.records reader=Reader::Owner(owner) />
        {older.map(|older| view! { <Older href=older /> })}
    }
}

/// The last that happened to a user's account, for administrators.
#[component]
pub fn History(page: Page, user: UserId, email: Email) -> impl IntoView {
    let all = AuditQuery::of_user(&email).address(AUDIT, None);
    view! {
        <h2>{text().say("history-title")}</h2>
        <Activity records=page.records reader=Reader::Administrator(Some(user)) />
        <p class="users__next">
            <a class="button button--quiet" href=all>
                {text().say("history-all")}
            </a>
        </p>
    }
}

#[component]
fn Activity(records: Vec<AuditRow>, reader: Reader) -> impl IntoView {
    let items = records
        .into_iter()
        .map(|record| view! { <Record record reader /> })
        .collect::<Vec<_>>();
    (!items.is_empty()).then(|| view! { <ol class="activity">{items}</ol> })
}

#[component]
fn Record(record: AuditRow, reader: Reader) -> impl IntoView {
    let what = words::happened(text(), record.event, &record.detail);
    let people = match reader {
        Reader::Owner(_) => None,
        Reader::Administrator(here) => Some(people(&record, here)),
    };
    let from = match (reader, record.actor) {
        (Reader::Owner(owner), Actor::User(actor)) if actor != owner => {
            Some(text().say("by-administrator").into_owned())
        }
        (_, Actor::Operator) => Some(text().say("by-operator").into_owned()),
        _ => from(&record),
    };
    let is_for_owner = matches!(reader, Reader::Owner(_));
    let request = record.request.filter(|_| !is_for_owner);
    view! {
        <li class="activity__item">
            <p class="activity__what">{what}</p>
            {people}
            <p class="activity__facts">
                <Minute at=record.at />
                {from.map(|from| view! { <span>{from}</span> })}
                {request.map(|request| view! { <span>{text().say("record-request")} " " <code>{request}</code></span> })}
            </p>
        </li>
    }
}

/// To whom it happened, unless this is their page, and who did it if that is somebody else.
fn people(record: &AuditRow, here: Option<UserId>) -> impl IntoView + use<> {
    let link = |user: UserId, email: &Option<Email>| match email {
        Some(email) => view! { <a href=admin_user(user)>{email.to_string()}</a> }.into_any(),
        // The account is deleted: its id is all that is left, and has no page.
        None => view! { <code>{user.to_string()}</code> }.into_any(),
    };
    let whom = record.user.filter(|user| here != Some(*user));
    let whom = whom.map(|user| link(user, &record.email));
    let nobody = record.event == Some(AuditEvent::SignInRefused) && record.user.is_none();
    let nobody = nobody.then(|| text().say("record-no-account"));
    let who = match record.actor {
        Actor::User(actor) if record.user != Some(actor) => Some(link(actor, &record.actor_email)),
        _ => None,
    };
    let who = who.map(|who| view! { <span>{text().say("by-user")} " " {who}</span> });
    let is_empty = whom.is_none() && who.is_none() && nobody.is_none();
    (!is_empty).then(|| view! { <p class="activity__people">{whom} {nobody} {who}</p> })
}

fn from(record: &AuditRow) -> Option<String> {
    let device = &record.device;
    let words = (!device.user_agent().is_empty()).then(|| words::device(text(), &device.words()));
    let network = device.network().map(|network| network.to_string());
    match (words, network) {
        (Some(words), Some(network)) => Some(text().say_with(
            "record-device",
            &[("device", words.into()), ("network", network.into())],
        )),
        (words, network) => words.or(network),
    }
}
