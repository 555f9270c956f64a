//! What people may do with their account as a whole: take away what is held about them, and leave.

use crate::app::components::{FormState, IslandScripts, Outcome, Password, Username};
use crate::app::routes::{EXPORT_DATA, PROFILE};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

const DAY_MS: i64 = 86_400_000;

/// One form with two buttons: both need the current password, and whoever takes their data first need not type it twice. The first
/// button is the one that Enter presses, and does no harm.
pub async fn account(request: Request) -> Result<impl IntoView, AppError> {
    let profile = request.profile().await?;
    let text = text();
    let state = FormState::of(&request);
    let days = request.accounts.policy().audit_retention_ms / DAY_MS;
    Ok(view! {
        <section class="card">
            <p class="card__back">
                <a href=PROFILE>{text.say("profile-title")}</a>
            </p>
            <h1>{text.say("account-title")}</h1>
            <p class="lede">{text.say("account-lede")}</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action=EXPORT_DATA novalidate>
                <input type="hidden" name="owner" value=profile.id.to_string() />
                <Username email=profile.email.to_string() />
                <Password name="current_password" label="password-current" state />
                <h2>{text.say("export-title")}</h2>
                <p id="export-means">{text.say("export-means")}</p>
                // The page stays when the file has come.
                <button class="button" type="submit" aria-describedby="export-means" data-download="">
                    {text.say("export-data")}
                </button>
                <h2>{text.say("deletion-title")}</h2>
                <div class="form__words" id="deletion-means">
                    <p>{text.say("deletion-means")}</p>
                    <p>{text.say("deletion-for-ever")}</p>
                    <p>{text.say_with("deletion-record", &[("days", days.into())])}</p>
                </div>
                <button
                    class="button button--danger"
                    type="submit"
                    formaction="/action/delete_account"
                    aria-describedby="deletion-means"
                >
                    {text.say("deletion-request")}
                </button>
            </form>
        </section>
        <IslandScripts request />
    })
}
