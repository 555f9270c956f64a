//! The form for a new password.

use crate::app::components::{FormState, IslandScripts, Outcome, Password, Username};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for the current password and a new one.
pub async fn password(request: Request) -> Result<impl IntoView, AppError> {
    let profile = request.profile().await?;
    let text = text();
    let state = FormState::of(&request);
    let minimum = request.accounts.policy().password_min;
    Ok(view! {
        <section class="card">
            <h1>{text.say("password-title")}</h1>
            <p class="lede">{text.say("password-lede")}</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action="/action/change_password" novalidate>
                <Username email=profile.email.to_string() />
                <Password name="current_password" label="password-current" state=state.clone() />
                <Password name="new_password" label="password-new" minimum state />
                <button class="button" type="submit">
                    {text.say("password-change")}
                </button>
            </form>
        </section>
        <IslandScripts request />
    })
}
