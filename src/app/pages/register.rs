//! The registration form.

use crate::app::components::{Field, FormState, IslandScripts, NextField, Outcome, Password};
use crate::app::routes::{LOGIN, form_of};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::accounts::Mode;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for what an account needs.
pub async fn register(request: Request) -> Result<impl IntoView, AppError> {
    let text = text();
    let state = FormState::of(&request);
    let policy = request.accounts.policy();
    let minimum = policy.password_min;
    let next = request.next.as_ref().map_or("", |next| next.as_str());
    let login = form_of(LOGIN, next).to_string();
    let form = if policy.registration != Mode::Closed {
        view! {
            <form class="form" method="post" action="/action/register" novalidate>
                <NextField request=request.clone() />
                <Field name="email" label="label-email" kind="email" autocomplete="username" state=state.clone() />
                <Field
                    name="nickname"
                    label="label-nickname"
                    autocomplete="nickname"
                    hint="hint-nickname"
                    state=state.clone()
                />
                <Password name="password" label="label-password" minimum state=state.clone() />
                <button class="button" type="submit">
                    {text.say("create-account")}
                </button>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="lede">{text.say("register-closed")}</p> }.into_any()
    };
    Ok(view! {
        <section class="card">
            <h1>{text.say("register-title")}</h1>
            <Outcome state />
            {form}
            <p class="form__aside">{text.say("register-known")} " " <a href=login>{text.say("sign-in")}</a></p>
        </section>
        <IslandScripts request />
    })
}
