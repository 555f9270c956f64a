//! Where the links in letters lead: to the form for a new password, or to the button for whoever says that it was not them.

use crate::app::components::{Field, FormState, IslandScripts, Outcome, Password, Username};
use crate::app::routes::{FORGOT, MAILBOX};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::domain::mailed_link::Purpose;
use crate::server::accounts::MailedLink;
use crate::server::request::Request;
use leptos::prelude::*;

/// Shows what the link is for, and the form for the code to whoever has none. To look at it uses up nothing.
pub async fn reset(request: Request) -> Result<impl IntoView, AppError> {
    if !request.accounts.policy().sends_mail {
        return Err(AppError::NotFound);
    }
    let token = request.asked("token");
    if token.is_empty() {
        return Ok(by_code(request).into_any());
    }
    let purposes = [Purpose::ResetPassword, Purpose::NotMe];
    match request.accounts.mailed_link(&token, &purposes).await {
        Ok((Purpose::ResetPassword, link)) => Ok(by_link(request, token, &link).into_any()),
        Ok((_, _)) => Ok(not_me(request, token).into_any()),
        Err(AppError::InvalidLink) => Ok(spent(FORGOT, "reset-again").into_any()),
        Err(error) => Err(error),
    }
}

fn by_link(request: Request, token: String, link: &MailedLink) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    let minimum = request.accounts.policy().password_min;
    let email = link.email.to_string();
    view! {
        <section class="card">
            <h1>{text.say("reset-title")}</h1>
            <p class="lede">{text.say_with("reset-lede", &[("email", email.clone().into())])}</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action="/action/reset" novalidate>
                <input type="hidden" name="token" value=token />
                <Username email=email name="email" />
                <Password name="new_password" label="password-new" minimum state />
                <button class="button" type="submit">
                    {text.say("reset-set")}
                </button>
            </form>
        </section>
        <IslandScripts request />
    }
}

fn by_code(request: Request) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    let minimum = request.accounts.policy().password_min;
    let mailbox = request.mailbox.as_ref().map(|_| {
        view! {
            <p>{text.say("reset-mailbox")} " " <a href=MAILBOX>{text.say("mailbox-title")}</a></p>
        }
    });
    view! {
        <section class="card">
            <h1>{text.say("reset-title")}</h1>
            <p class="lede">{text.say("reset-code-lede")}</p>
            <Outcome state=state.clone() />
            {mailbox}
            <form class="form" method="post" action="/action/reset" novalidate>
                <Field name="email" label="label-email" kind="email" autocomplete="username" state=state.clone() />
                <Field
                    name="code"
                    label="label-code"
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    hint="hint-code"
                    state=state.clone()
                />
                <Password name="new_password" label="password-new" minimum state />
                <button class="button" type="submit">
                    {text.say("reset-set")}
                </button>
            </form>
            <p class="form__aside">
                <a href=FORGOT>{text.say("reset-again")}</a>
            </p>
        </section>
        <IslandScripts request />
    }
}

fn not_me(request: Request, token: String) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    view! {
        <section class="card">
            <h1>{text.say("not-me-title")}</h1>
            <p class="lede">{text.say("not-me-lede")}</p>
            <Outcome state />
            <form class="form" method="post" action="/action/not_me">
                <input type="hidden" name="token" value=token />
                <button class="button" type="submit">
                    {text.say("not-me-end")}
                </button>
            </form>
        </section>
    }
}

/// For a link that is good no more, with another way on. That the form was refused says the same, so what it left is not shown.
pub(super) fn spent(way_on: &'static str, label: &'static str) -> impl IntoView {
    let text = text();
    view! {
        <section class="card">
            <h1>{text.say("link-spent-title")}</h1>
            <p class="lede">{text.say("error-invalid-link")}</p>
            <p class="actions">
                <a class="button" href=way_on>
                    {text.say(label)}
                </a>
            </p>
        </section>
    }
}
