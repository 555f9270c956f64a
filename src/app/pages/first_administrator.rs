//! Where the link leads that a program without administrators prints at its start.

use crate::app::components::{FormState, Outcome};
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Offers to become the first administrator, to whoever holds the invitation and is signed in.
pub async fn first_administrator(request: Request) -> Result<impl IntoView, AppError> {
    let invitation = request.asked("invitation");
    if !request.accounts.invites(&invitation).await? {
        return Err(AppError::NotFound);
    }
    let state = FormState::of(&request);
    Ok(view! {
        <section class="card">
            <h1>"The first administrator"</h1>
            <p class="lede">
                "There is none yet. Whoever sent you this link can read the program's own output, so you may become it."
            </p>
            <Outcome state />
            <form class="form" method="post" action="/action/first_administrator">
                <input type="hidden" name="invitation" value=invitation />
                <button class="button" type="submit">
                    "Become administrator"
                </button>
            </form>
        </section>
    })
}
