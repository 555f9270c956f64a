//! Asks for the password once more, before something sensitive is done that was asked for a while after the sign-in.

use crate::app::components::{FormState, IslandScripts, Outcome, Password, Username};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use crate::server::request::flash::Flash;
use leptos::prelude::*;

/// Keeps what was asked: the form goes on with it. Without anything asked there is nothing here.
pub async fn confirm(request: Request) -> Result<impl IntoView, AppError> {
    let profile = request.profile().await?;
    let asked = request.flash.as_ref().and_then(Flash::asked);
    let (action, fields) = asked.ok_or(AppError::NotFound)?;
    let text = text();
    let state = FormState::of(&request);
    let action = action.to_owned();
    let fields: Vec<_> = fields
        .map(|(name, value)| {
            view! { <input type="hidden" name=name.to_owned() value=value.to_owned() /> }
        })
        .collect();
    Ok(view! {
        <section class="card">
            <h1>{text.say("confirm-title")}</h1>
            <p class="lede">{text.say("confirm-lede")}</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action=action novalidate>
                {fields}
                <Username email=profile.email.to_string() />
                <Password name="current_password" label="password-current" state />
                <button class="button" type="submit">
                    {text.say("confirm-go-on")}
                </button>
            </form>
        </section>
        <IslandScripts request />
    })
}
