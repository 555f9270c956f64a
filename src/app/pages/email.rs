//! The account's address: whether it is proved, and the form for another one.

use crate::app::components::{Field, FormState, IslandScripts, Outcome, Password};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for another address and the current password.
pub async fn email(request: Request) -> Result<impl IntoView, AppError> {
    if !request.accounts.policy().sends_mail {
        return Err(AppError::NotFound);
    }
    let profile = request.profile().await?;
    let accounts = &request.accounts;
    let of_new_devices = accounts.wants_device_notices(profile.id).await?;
    let text = text();
    let state = FormState::of(&request);
    let said = [("email", profile.email.to_string().into())];
    let unverified = (!profile.is_verified).then(|| {
        view! {
            <p>{text.say("email-unverified")}</p>
            <form class="form" method="post" action="/action/send_verification">
                <button class="button button--quiet" type="submit">
                    {text.say("email-send-again")}
                </button>
            </form>
        }
    });
    Ok(view! {
        <section class="card">
            <h1>{text.say("email-title")}</h1>
            <p class="lede">{text.say_with("email-lede", &said)}</p>
            <Outcome state=state.clone() />
            {unverified}
            <form class="form" method="post" action="/action/change_email" novalidate>
                <Field
                    name="email"
                    label="label-new-email"
                    kind="email"
                    autocomplete="email"
                    hint="hint-new-email"
                    state=state.clone()
                />
                <Password name="current_password" label="password-current" state />
                <button class="button" type="submit">
                    {text.say("email-send")}
                </button>
            </form>
            <h2>{text.say("notices-title")}</h2>
            <p class="lede">{text.say("notices-lede")}</p>
            <form class="form" method="post" action="/action/set_notices">
                <div class="field field--check">
                    <input type="checkbox" id="new_device" name="new_device" value="on" checked=of_new_devices />
                    <label for="new_device">{text.say("notices-new-device")}</label>
                </div>
                <button class="button button--quiet" type="submit">
                    {text.say("notices-save")}
                </button>
            </form>
        </section>
        <IslandScripts request />
    })
}
