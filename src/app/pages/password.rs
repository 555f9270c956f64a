//! The form for a new password.

use crate::app::components::{FieldFrame, FormState, IslandScripts, Outcome, described_by};
use crate::app::islands::PasswordField;
use crate::app::pages::profile::with_profile;
use crate::server::request::Request;
use leptos::prelude::*;

/// Asks for the current password and a new one.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let request = Request::current();
    with_profile(request.clone(), move |profile| {
        let state = FormState::of(&request);
        let minimum = request.accounts.policy().password_min;
        let (current, new) = (state.error("current_password"), state.error("new_password"));
        view! {
            <section class="card">
                <h1>"Change your password"</h1>
                <p class="lede">"Every other session of yours ends with it."</p>
                <Outcome state />
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
                    <FieldFrame name="current_password" label="Current password" hint=None error=current.clone()>
                        <PasswordField
                            name="current_password".to_owned()
                            autocomplete="current-password".to_owned()
                            described_by=described_by("current_password", false, current.is_some())
                            invalid=current.is_some()
                            minimum=None
                        />
                    </FieldFrame>
                    <FieldFrame name="new_password" label="New password" hint=None error=new.clone()>
                        <p class="field__hint" id="new_password-hint">
                            {format!("At least {minimum} characters. Several words are easy to remember.")}
                        </p>
                        <PasswordField
                            name="new_password".to_owned()
                            autocomplete="new-password".to_owned()
                            described_by=described_by("new_password", true, new.is_some())
                            invalid=new.is_some()
                            minimum=Some(minimum)
                        />
                    </FieldFrame>
                    <button class="button" type="submit">
                        "Change password"
                    </button>
                </form>
            </section>
            <IslandScripts request />
        }
        .into_any()
    })
}
