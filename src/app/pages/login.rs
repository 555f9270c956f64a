//! The sign-in form.

use crate::app::components::{Field, FormState, IslandScripts, NextField, Outcome, Password};
use crate::app::routes::{FORGOT, REGISTER, form_of};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for e-mail and password.
pub async fn login(request: Request) -> Result<impl IntoView, AppError> {
    let text = text();
    let state = FormState::of(&request);
    let remember = state.value_or("remember", "") == "on";
    let next = request.next.as_ref().map_or("", |next| next.as_str());
    let register = form_of(REGISTER, next).to_string();
    let forgot = request.accounts.policy().sends_mail.then(|| {
        view! {
            <a href=FORGOT>{text.say("forgot-title")}</a>
            <br />
        }
    });
    Ok(view! {
        <section class="card">
            <h1>{text.say("login-title")}</h1>
            <Outcome state=state.clone() />
            <form class="form" method="post" action="/action/login" novalidate>
                <NextField request=request.clone() />
                <Field name="email" label="label-email" kind="email" autocomplete="username" state=state.clone() />
                <Password name="password" label="label-password" state />
                <div class="field field--check">
                    <input type="checkbox" id="remember" name="remember" value="on" checked=remember />
                    <label for="remember">{text.say("login-remember")}</label>
                </div>
                <button class="button" type="submit">
                    {text.say("sign-in")}
                </button>
            </form>
            <p class="form__aside">
                {forgot} {text.say("login-new")} " " <a href=register>{text.say("login-create")}</a>
            </p>
        </section>
        <IslandScripts request />
    })
}
