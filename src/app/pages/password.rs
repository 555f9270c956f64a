//! The form for a new password.

use crate::app::components::{FormState, IslandScripts, Outcome, Password};
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for the current password and a new one.
pub async fn password(request: Request) -> Result<impl IntoView, AppError> {
    let profile = request.profile().await?;
    let state = FormState::of(&request);
    let minimum = request.accounts.policy().password_min;
    Ok(view! {
        <section class="card">
            <h1>"Change your password"</h1>
            <p class="lede">"Every other session of yours ends with it."</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action="/action/change_password" novalidate>
                // Tells password managers whose password this is.
                <input
                    class="visually-hidden"
                    type="text"
                    name="username"
                    autocomplete="username"
                    value=profile.email.to_string()
                    readonly
                    tabindex="-1"
                    aria-hidden="true"
                />
                <Password name="current_password" label="Current password" state=state.clone() />
                <Password name="new_password" label="New password" minimum state />
                <button class="button" type="submit">
                    "Change password"
                </button>
            </form>
        </section>
        <IslandScripts request />
    })
}
