//! Where the link leads that a program without administrators prints at its start.

use crate::app::components::{FormState, Outcome};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Offers to become the first administrator, to whoever holds the invitation and is signed in.
pub async fn first_administrator(request: Request) -> Result<impl IntoView, AppError> {
    let invitation = request.asked("invitation");
    if !request.accounts.invites(&invitation).await? {
        return Err(AppError::NotFound);
    }
    let text = text();
    let state = FormState::of(&request);
    Ok(view! {
        <section class="card">
            <h1>{text.say("first-title")}</h1>
            <p class="lede">
                {text.say("first-lede")}
            </p>
            <Outcome state />
            <form class="form" method="post" action="/action/first_administrator">
                <input type="hidden" name="invitation" value=invitation />
                <button class="button" type="submit">
                    {text.say("first-become")}
                </button>
            </form>
        </section>
    })
}
