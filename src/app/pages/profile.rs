//! The profile: what others see, and the form that changes it.

use crate::app::components::{Field, FormState, Outcome, TextArea};
use crate::app::words::{self, text};
use crate::domain::error::AppError;
use crate::domain::user::Profile;
use crate::server::request::Request;
use leptos::prelude::*;

/// Shows the profile and lets its owner change it.
pub async fn profile(request: Request) -> Result<impl IntoView, AppError> {
    let profile = request.profile().await?;
    let text = text();
    let state = FormState::of(&request);
    let owner = profile.id.to_string();
    let signature = profile.signature.to_string();
    let nickname = profile.nickname.to_string();
    let avatar_url = profile
        .avatar_url
        .as_ref()
        .map_or(String::new(), ToString::to_string);
    Ok(view! {
        <section class="card">
            <h1>{text.say("profile-title")}</h1>
            <Outcome state=state.clone() />
            <Identity profile />
            <form class="form" method="post" action="/action/update_profile" novalidate>
                <input type="hidden" name="owner" value=owner />
                <Field
                    name="nickname"
                    label="label-nickname"
                    autocomplete="nickname"
                    value=nickname
                    hint="hint-nickname"
                    state=state.clone()
                />
                <TextArea
                    name="signature"
                    label="profile-signature"
                    hint="profile-signature-hint"
                    value=signature
                    state=state.clone()
                />
                <Field
                    name="avatar_url"
                    label="profile-avatar"
                    kind="url"
                    autocomplete="photo"
                    value=avatar_url
                    hint="profile-avatar-hint"
                    required=false
                    state
                />
                <button class="button" type="submit">
                    {text.say("profile-save")}
                </button>
            </form>
        </section>
    })
}

#[component]
fn Identity(profile: Profile) -> impl IntoView {
    let avatar = match &profile.avatar_url {
        Some(url) => {
            view! { <img class="avatar" src=url.to_string() alt="" width="80" height="96" referrerpolicy="no-referrer" /> }
                .into_any()
        }
        None => {
            let initial: String = profile.nickname.as_str().chars().take(1).flat_map(char::to_uppercase).collect();
            view! {
                <span class="avatar avatar--initial" aria-hidden="true">
                    {initial}
                </span>
            }
            .into_any()
        }
    };
    let since = profile.created_at_ms;
    let signature = profile.signature.to_string();
    view! {
        <div class="identity">
            {avatar}
            <div class="identity__body">
                <p class="identity__name" dir="auto">{profile.nickname.to_string()}</p>
                <p class="identity__email">{profile.email.to_string()}</p>
                <p class="identity__since">{text().say("profile-since")} " " <time datetime=words::day(since)>{words::date(text(), since)}</time></p>
                {(!signature.is_empty()).then(|| view! { <p class="identity__signature" dir="auto">{signature}</p> })}
            </div>
        </div>
    }
}
