//! The profile: what others see, and the form that changes it.

use crate::app::components::{Avatar, Field, FileField, FormState, Outcome, TextArea};
use crate::app::routes::{ACCOUNT, EMAIL};
use crate::app::words::{self, text};
use crate::domain::avatar;
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
    let guard = state.guard("nickname");
    let signature = profile.signature.to_string();
    let nickname = profile.nickname.to_string();
    let has_avatar = profile.avatar.is_some();
    let sends_mail = request.accounts.policy().sends_mail;
    let unverified = (sends_mail && !profile.is_verified).then(|| {
        view! {
            <p>{text.say("profile-unverified")} " " <a href=EMAIL>{text.say("profile-verify")}</a></p>
        }
    });
    let email = sends_mail.then(|| {
        view! {
            <a href=EMAIL>{text.say("email-title")}</a>
            <br />
        }
    });
    Ok(view! {
        <section class="card">
            <h1>{text.say("profile-title")}</h1>
            <Outcome state=state.clone() />
            <Identity profile />
            {unverified}
            <form class="form" method="post" action="/action/update_profile" novalidate data-guard=guard>
                <input type="hidden" name="owner" value=owner.clone() />
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
                <button class="button" type="submit">
                    {text.say("profile-save")}
                </button>
            </form>
            <h2>{text.say("profile-picture")}</h2>
            <form class="form" method="post" action="/action/set_avatar" enctype="multipart/form-data" novalidate data-guard="">
                <input type="hidden" name="owner" value=owner.clone() />
                <FileField
                    name="avatar"
                    label="profile-avatar"
                    hint="profile-avatar-hint"
                    accept="image/png,image/jpeg,image/webp"
                    state
                />
                <Progress />
                <button class="button" type="submit">
                    {text.say("profile-avatar-upload")}
                </button>
            </form>
            {has_avatar
                .then(|| {
                    view! {
                        <form method="post" action="/action/remove_avatar">
                            <input type="hidden" name="owner" value=owner />
                            <button class="button button--quiet" type="submit">
                                {text.say("profile-avatar-remove")}
                            </button>
                        </form>
                    }
                })}
            <p class="form__aside">
                {email}
                <a href=ACCOUNT>{text.say("profile-account")}</a>
            </p>
        </section>
    })
}

/// How far a picture on its way is. The script shows it, and says what it finds wrong.
#[component]
fn Progress() -> impl IntoView {
    let text = text();
    view! {
        <progress
            class="progress"
            hidden
            value="0"
            max="1"
            aria-label=text.say("profile-avatar-progress")
            data-most=avatar::MAX_BYTES
            data-too-large=text.say("profile-avatar-too-large")
            data-failed=text.say("profile-avatar-failed")
        ></progress>
    }
}

#[component]
fn Identity(profile: Profile) -> impl IntoView {
    let since = profile.created_at_ms;
    let signature = profile.signature.to_string();
    view! {
        <div class="identity">
            <Avatar avatar=profile.avatar owner=profile.id nickname=&profile.nickname />
            <div class="identity__body">
                <p class="identity__name" dir="auto">{profile.nickname.to_string()}</p>
                <p class="identity__email">{profile.email.to_string()}</p>
                <p class="identity__since">{text().say("profile-since")} " " <time datetime=words::day(since)>{words::date(text(), since)}</time></p>
                {(!signature.is_empty()).then(|| view! { <p class="identity__signature" dir="auto">{signature}</p> })}
            </div>
        </div>
    }
}
