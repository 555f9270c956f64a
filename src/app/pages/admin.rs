//! For administrators: who has an account, and what can be done about it.

use crate::app::components::{Copy, Field, FormState, Outcome};
use crate::app::pages::audit::{FEW_RECORDS, History};
use crate::app::pages::sessions::{Minute, Session};
use crate::app::routes::{ADMIN, AUDIT, admin_user};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::domain::role::Roles;
use crate::domain::user::UserId;
use crate::server::accounts::{AuditPage, LiveSession, UserPage as Page, UserRow};
use crate::server::request::Request;
use leptos::prelude::*;

/// Users by e-mail, a page at a time.
pub async fn users(request: Request) -> Result<impl IntoView, AppError> {
    request.administrator()?;
    let query = request.asked("query");
    let after = match request.asked("page") {
        page if page.is_empty() => None,
        page => Some(UserId::parse(&page).ok_or(AppError::NotFound)?),
    };
    let page = request.accounts.users(&query, after).await?;
    let state = FormState::of(&request);
    Ok(view! { <Users page query state /> })
}

#[component]
fn Users(page: Page, query: String, state: FormState) -> impl IntoView {
    let text = text();
    let next = page.next.map(|next| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("query", &query)
            .append_pair("page", &next.to_string())
            .finish();
        view! {
            <p class="users__next">
                <a class="button button--quiet" rel="next" href=format!("{ADMIN}?{query}")>
                    {text.say("users-next")}
                </a>
            </p>
        }
    });
    let users = page
        .users
        .into_iter()
        .map(|user| view! { <UserLine user /> })
        .collect::<Vec<_>>();
    let nobody = users
        .is_empty()
        .then(|| view! { <p class="lede">{text.say("users-none")}</p> });
    view! {
        <section class="card">
            <h1>{text.say("users-title")}</h1>
            <p class="lede">
                <a href=AUDIT>{text.say("users-audit")}</a>
            </p>
            <Outcome state />
            <form class="search" method="get" action=ADMIN role="search" aria-label=text.say("users-search")>
                <div class="field">
                    <label for="query">{text.say("users-query")}</label>
                    <input
                        class="field__input"
                        id="query"
                        name="query"
                        type="search"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=query
                    />
                </div>
                <button class="button" type="submit">
                    {text.say("users-search")}
                </button>
            </form>
            {nobody}
            {(!users.is_empty()).then(|| view! { <ul class="users">{users}</ul> })}
            {next}
        </section>
    }
}

#[component]
fn UserLine(user: UserRow) -> impl IntoView {
    view! {
        <li class="user">
            <a class="user__email" href=admin_user(user.id)>
                {user.email.to_string()}
            </a>
            <span class="user__nickname" dir="auto">{user.nickname.to_string()}</span>
            <Badges roles=user.roles is_disabled=user.disabled_at.is_some() />
        </li>
    }
}

#[component]
fn Badges(roles: Roles, is_disabled: bool) -> impl IntoView {
    let roles = roles
        .iter()
        .map(|role| view! { <span class="badge badge--quiet">{role.to_string()}</span> })
        .collect::<Vec<_>>();
    let disabled = is_disabled.then(
        || view! { <span class="badge badge--danger">{text().say("user-disabled-badge")}</span> },
    );
    view! { <span class="user__badges">{disabled} {roles}</span> }
}

/// One user: what is known, where they are signed in, and what an administrator can do.
pub async fn user(request: Request) -> Result<impl IntoView, AppError> {
    let me = request.administrator()?.sub;
    let id = request.path.rsplit('/').next().and_then(UserId::parse);
    let accounts = &request.accounts;
    let user = accounts.user(id.ok_or(AppError::NotFound)?).await?;
    let sessions = accounts.sessions(user.id).await?;
    let history = accounts.activity(user.id, None, FEW_RECORDS).await?;
    let state = FormState::of(&request);
    let is_me = me == user.id;
    Ok(view! { <User user sessions history is_me state /> })
}

#[component]
fn User(
    user: UserRow,
    sessions: Vec<LiveSession>,
    history: AuditPage,
    is_me: bool,
    state: FormState,
) -> impl IntoView {
    let text = text();
    let id = user.id;
    let disabled_at = user.disabled_at;
    let delete_at = user.delete_at;
    let is_signed_in = !sessions.is_empty();
    let signature = user.signature.to_string();
    let signature = (!signature.is_empty()).then(|| {
        view! {
            <dt>{text.say("profile-signature")}</dt>
            <dd class="facts__lines" dir="auto">{signature}</dd>
        }
    });
    let sessions = sessions
        .into_iter()
        .map(|session| {
            let action = "/action/admin_end_session";
            view! { <Session is_this=false session action owner=id /> }
        })
        .collect::<Vec<_>>();
    view! {
        <section class="card">
            <p class="card__back">
                <a href=ADMIN>{text.say("users-all")}</a>
            </p>
            <h1>{text.say("user-title")}</h1>
            <Outcome state=state.clone() />
            <dl class="facts">
                <dt>{text.say("label-email")}</dt>
                <dd>
                    {user.email.to_string()} " " <Copy value=user.email.to_string() label="copy-email" />
                </dd>
                <dt>{text.say("user-id")}</dt>
                <dd>
                    <code>{user.id.to_string()}</code> " " <Copy value=user.id.to_string() label="copy-id" />
                </dd>
                <dt>{text.say("label-nickname")}</dt>
                <dd dir="auto">{user.nickname.to_string()}</dd>
                {signature}
                <dt>{text.say("user-since")}</dt>
                <dd>
                    <Minute at=user.created_at />
                </dd>
                {disabled_at
                    .map(|at| {
                        view! {
                            <dt>{text.say("user-disabled")}</dt>
                            <dd>
                                <Minute at />
                            </dd>
                        }
                    })}
                {delete_at
                    .map(|at| {
                        view! {
                            <dt>{text.say("user-deleted")}</dt>
                            <dd>
                                <Minute at />
                            </dd>
                        }
                    })}
            </dl>

            <h2>{text.say("user-roles")}</h2>
            <form class="form" method="post" action="/action/admin_set_roles" novalidate>
                <Target user=id />
                <Field
                    name="roles"
                    label="user-roles-label"
                    autocomplete="off"
                    value=user.roles.to_stored()
                    hint="user-roles-hint"
                    required=false
                    state
                />
                <button class="button" type="submit">
                    {text.say("user-roles-set")}
                </button>
            </form>

            <h2>{text.say("user-sessions")}</h2>
            {(!is_signed_in).then(|| view! { <p>{text.say("user-nowhere")}</p> })}
            {is_signed_in.then(|| view! { <ul class="sessions">{sessions}</ul> })}
            {is_signed_in
                .then(|| {
                    view! {
                        <Confirmed
                            user=id
                            action="/action/admin_sign_out"
                            what="user-sign-out"
                            means="user-sign-out-means"
                        />
                    }
                })}
            {(!is_me)
                .then(|| {
                    view! {
                        <h2>{text.say("user-account")}</h2>
                        <Account user=id is_disabled=disabled_at.is_some() />
                    }
                })}
            <History page=history user=id email=user.email />
        </section>
    }
}

#[component]
fn Account(user: UserId, is_disabled: bool) -> impl IntoView {
    if is_disabled {
        view! {
            <form method="post" action="/action/admin_enable">
                <Target user />
                <button class="button" type="submit">
                    {text().say("user-enable")}
                </button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <Confirmed
                user
                action="/action/admin_disable"
                what="user-disable"
                means="user-disable-means"
            />
        }
        .into_any()
    }
}

/// Something that is done at the second click: the first opens what it means.
#[component]
fn Confirmed(
    user: UserId,
    action: &'static str,
    what: &'static str,
    means: &'static str,
) -> impl IntoView {
    let what = text().say(what);
    view! {
        <details class="confirmed">
            <summary class="button button--quiet">{what.clone()} "…"</summary>
            <p>{text().say(means)}</p>
            <form method="post" action=action>
                <Target user />
                <button class="button button--danger" type="submit">
                    {what}
                </button>
            </form>
        </details>
    }
}

#[component]
fn Target(user: UserId) -> impl IntoView {
    view! { <input type="hidden" name="user_id" value=user.to_string() /> }
}
