//! The form for a forgotten password.

use crate::app::components::{Field, FormState, Outcome};
use crate::app::routes::{LOGIN, RESET};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for the address to which a link goes.
pub async fn forgot(request: Request) -> Result<impl IntoView, AppError> {
    if !request.accounts.policy().sends_mail {
        return Err(AppError::NotFound);
    }
    let text = text();
    let state = FormState::of(&request);
    Ok(view! {
        <section class="card">
            <h1>{text.say("forgot-title")}</h1>
            <p class="lede">{text.say("forgot-lede")}</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action="/action/forgot" novalidate>
                <Field name="email" label="label-email" kind="email" autocomplete="username" state />
                <button class="button" type="submit">
                    {text.say("forgot-send")}
                </button>
            </form>
            <p class="form__aside">
                <a href=RESET>{text.say("forgot-have-code")}</a>
                " · "
                <a href=LOGIN>{text.say("sign-in")}</a>
            </p>
        </section>
    })
}
