//! Pieces that pages are made of.

use crate::app::islands::PasswordField;
use crate::app::words::{self, text};
use crate::domain::avatar::AvatarHash;
use crate::domain::error::AppError;
use crate::domain::user::{Nickname, UserId};
use crate::language::Text;
use crate::server::request::Request;
use crate::server::request::flash::{Flash, Notice};
use leptos::prelude::*;
use std::borrow::Cow;

/// What a form's page knows of the last attempt.
#[derive(Clone)]
pub struct FormState(Request);

impl FormState {
    /// Of the form on this page.
    pub fn of(request: &Request) -> Self {
        Self(request.clone())
    }

    /// What was typed into the field, or else what stands there at first.
    pub fn value_or(&self, field: &str, first: &str) -> String {
        self.flash()
            .and_then(|flash| flash.value(field))
            .unwrap_or(first)
            .to_owned()
    }

    /// What is wrong with the field, in words.
    pub fn error(&self, field: &str) -> Option<String> {
        Some(text().problem(&self.flash()?.problem(field)?))
    }

    /// For the form with this field: whether whoever leaves the page is to be asked, which the script does, at once or when
    /// something was typed.
    pub fn guard(&self, field: &str) -> &'static str {
        match self.flash().and_then(|flash| flash.value(field)) {
            Some(_) => "unsaved",
            None => "",
        }
    }

    fn flash(&self) -> Option<&Flash> {
        self.0.flash.as_ref()
    }

    fn failure(&self) -> Option<&AppError> {
        self.flash()?.error()
    }

    /// How a session came to its end: of this visit's own tokens, or of another session of theirs.
    fn warning(&self) -> Option<String> {
        let told = self.flash().and_then(Flash::ending);
        match (told, self.0.visitor.claims()) {
            (Some(reuse), Some(_)) => Some(words::reuse(text(), reuse)),
            (Some(ending), None) => Some(words::ending(text(), ending)),
            (None, _) => (self.0.ending.as_ref()).map(|ending| words::ending(text(), ending)),
        }
    }

    fn notice(&self) -> Option<Cow<'static, str>> {
        Some(text().say(match self.flash()?.notice()? {
            Notice::Welcome => "notice-welcome",
            Notice::ProfileSaved => "notice-profile-saved",
            Notice::AvatarSet => "notice-avatar-set",
            Notice::AvatarRemoved => "notice-avatar-removed",
            Notice::PasswordChanged => "notice-password-changed",
            Notice::LetterSent => "notice-letter-sent",
            Notice::PasswordReset => "notice-password-reset",
            Notice::OtherPasswordReset => "notice-other-password-reset",
            Notice::Disowned => "notice-disowned",
            Notice::VerificationSent => "notice-verification-sent",
            Notice::EmailVerified => "notice-email-verified",
            Notice::ChangeSent => "notice-change-sent",
            Notice::EmailChanged => "notice-email-changed",
            Notice::NoticesSet => "notice-notices-set",
            Notice::SignedOut => "notice-signed-out",
            Notice::DeletionRequested { delete_at_ms } => {
                let at = words::minute(text(), delete_at_ms);
                let notice = text().say_with("notice-deletion-requested", &[("at", at.into())]);
                return Some(notice.into());
            }
            Notice::DeletionCancelled => "notice-deletion-cancelled",
            Notice::SessionEnded => "notice-session-ended",
            Notice::OtherSessionsEnded => "notice-other-sessions-ended",
            Notice::SignedOutEverywhere => "notice-signed-out-everywhere",
            Notice::AccountDisabled => "notice-account-disabled",
            Notice::AccountEnabled => "notice-account-enabled",
            Notice::RolesSet => "notice-roles-set",
            Notice::FirstAdministrator => "notice-first-administrator",
            Notice::DraftWaits => "notice-draft-waits",
            Notice::DraftKept => "notice-draft-kept",
        }))
    }
}

/// Good news, or a summary of what was wrong with a link to each field. It takes the focus, so that
/// whoever cannot see the page hears it first.
#[component]
pub fn Outcome(
    /// The last attempt.
    state: FormState,
) -> impl IntoView {
    let notice = state.notice().map(|notice| {
        view! {
            <p class="notice" role="status">
                {notice}
            </p>
        }
    });
    let warning = state.warning().map(|warning| {
        view! {
            <p class="notice notice--warning" role="alert">
                {warning}
            </p>
        }
    });
    let summary = state.failure().map(|failure| {
        let problems = failure.problems();
        let links = problems
            .iter()
            .map(|problem| {
                view! {
                    <li>
                        <a href=format!("#{}", problem.field.name())>{text().problem(problem)}</a>
                    </li>
                }
            })
            .collect::<Vec<_>>();
        let heading = match problems.len() {
            0 => text().error(failure),
            1 => text().say("check-one"),
            _ => text().say("check-several"),
        };
        view! {
            <div class="error-summary" id="error-summary" role="alert" tabindex="-1" autofocus>
                <h2>{heading}</h2>
                {(!links.is_empty()).then(|| view! { <ul>{links}</ul> })}
            </div>
        }
    });
    view! {
        {warning}
        {notice}
        {summary}
    }
}

/// Label, hint, input and error of one field, tied together for those who cannot see them.
#[component]
pub fn Field(
    /// Its name and element id.
    name: &'static str,
    /// What it is called: a sentence's name, as the hint's.
    label: &'static str,
    /// What kind of input it is.
    #[prop(default = "text")]
    kind: &'static str,
    /// The token for password managers and autofill (HTML, section 4.10.18.7).
    autocomplete: &'static str,
    /// Which keys a phone shows (HTML, section 6.8.7).
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// What stands in it at first.
    #[prop(into, default = String::new())]
    value: String,
    /// What helps to fill it in.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether the form needs it.
    #[prop(default = true)]
    required: bool,
    /// The last attempt.
    state: FormState,
) -> impl IntoView {
    let error = state.error(name);
    let value = state.value_or(name, &value);
    view! {
        <FieldFrame name label hint=hint.map(|hint| text().say(hint).into_owned()) error=error.clone()>
            <input
                class="field__input"
                id=name
                name=name
                type=kind
                // Addresses are read from left to right in every language, and names as they are written.
                dir=if matches!(kind, "email" | "url") { "ltr" } else { "auto" }
                autocomplete=autocomplete
                inputmode=inputmode
                autocapitalize="none"
                spellcheck="false"
                value=value
                required=required
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by(name, hint.is_some(), error.is_some())
            />
        </FieldFrame>
    }
}

/// Label, hint and error around whatever the field itself is.
#[component]
fn FieldFrame(
    /// Its name and element id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What helps to fill it in.
    hint: Option<String>,
    /// What is wrong with it.
    error: Option<String>,
    children: Children,
) -> impl IntoView {
    let hint = hint.map(|hint| {
        view! {
            <p class="field__hint" id=format!("{name}-hint")>
                {hint}
            </p>
        }
    });
    let error = error.map(|error| {
        view! {
            <p class="field__error" id=format!("{name}-error")>
                {error}
            </p>
        }
    });
    view! {
        <div class="field">
            <label for=name>{text().say(label)}</label>
            {hint}
            {children()}
            {error}
        </div>
    }
}

/// A field for a password: the current one, or a new one of some length.
#[component]
pub fn Password(
    /// Its name and element id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// For a new password, the fewest characters it must have.
    #[prop(optional)]
    minimum: Option<u16>,
    /// The last attempt.
    state: FormState,
) -> impl IntoView {
    let error = state.error(name);
    let text = text();
    let hint =
        minimum.map(|minimum| text.say_with("hint-new-password", &[("min", minimum.into())]));
    let autocomplete = match minimum {
        Some(_) => "new-password",
        None => "current-password",
    };
    let described_by = described_by(name, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    view! {
        <FieldFrame name label hint error>
            <PasswordField
                name=name.to_owned()
                autocomplete=autocomplete.to_owned()
                described_by
                invalid
                minimum
                words=password_words(text, name, minimum)
            />
            <p class="field__caps" role="status" data-caps-of=name data-said=text.say("password-caps")></p>
        </FieldFrame>
    }
}

/// What the island of a password field says, a line each, in the island's order.
fn password_words(text: Text, name: &str, minimum: Option<u16>) -> String {
    let field = text.say(match name {
        "current_password" => "field-current-password",
        "new_password" => "field-new-password",
        _ => "field-password",
    });
    let with_field = |id| text.say_with(id, &[("field", field.clone().into())]);
    let mut words = vec![
        text.say("password-show").into_owned(),
        text.say("password-hide").into_owned(),
        with_field("password-show-field"),
        with_field("password-hide-field"),
    ];
    if let Some(minimum) = minimum {
        words.push(text.say_with("password-too-short", &[("min", minimum.into())]));
    }
    words.join("\n")
}

/// Tells password managers whose password the form is about. Nobody sees it.
#[component]
pub fn Username(
    /// The address to sign in with.
    email: String,
    /// Its name in the form.
    #[prop(default = "username")]
    name: &'static str,
) -> impl IntoView {
    view! {
        <input
            class="visually-hidden"
            type="text"
            name=name
            autocomplete="username"
            value=email
            readonly
            tabindex="-1"
            aria-hidden="true"
        />
    }
}

/// A field for several lines.
#[component]
pub fn TextArea(
    /// Its name and element id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What helps to fill it in.
    hint: &'static str,
    /// What stands in it at first.
    value: String,
    /// The last attempt.
    state: FormState,
) -> impl IntoView {
    let error = state.error(name);
    let value = state.value_or(name, &value);
    // Leptos (0.8) renders the children of a textarea as they are and `prop:value` not at all, so the
    // text is escaped here. HTML drops a line break at the very beginning: one is put there for it.
    let escaped = format!("\n{}", html_escape::encode_text(&value));
    view! {
        <FieldFrame name label hint=Some(text().say(hint).into_owned()) error=error.clone()>
            <textarea
                class="field__input"
                id=name
                name=name
                rows="3"
                dir="auto"
                autocomplete="off"
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by(name, true, error.is_some())
                inner_html=escaped
            />
        </FieldFrame>
    }
}

/// A field for a file. What was chosen cannot be shown again: browsers let no page fill it in.
#[component]
pub fn FileField(
    /// Its name and element id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What helps to choose.
    hint: &'static str,
    /// The media types to offer.
    accept: &'static str,
    /// The last attempt.
    state: FormState,
) -> impl IntoView {
    let error = state.error(name);
    view! {
        <FieldFrame name label hint=Some(text().say(hint).into_owned()) error=error.clone()>
            <input
                class="field__input field__input--file"
                id=name
                name=name
                type="file"
                accept=accept
                required
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by(name, true, error.is_some())
            />
        </FieldFrame>
    }
}

/// How many colours there are for pictures of initials: `avatar--tone-0` and the following in the style sheet.
const TONES: u8 = 6;

/// A person's picture; where there is none, one of the initials, in a colour that stays theirs. It says nothing that does not stand
/// beside it.
#[component]
pub fn Avatar<'a>(
    /// The picture, if there is one.
    avatar: Option<AvatarHash>,
    /// Whose it is.
    owner: UserId,
    /// What they are called.
    nickname: &'a Nickname,
) -> impl IntoView + use<> {
    match avatar {
        Some(hash) => {
            view! { <img class="avatar" src=hash.path() alt="" width="88" height="88" /> }
                .into_any()
        }
        None => {
            let tone = owner.as_bytes()[0] % TONES;
            view! {
                <svg
                    class=format!("avatar avatar--initials avatar--tone-{tone}")
                    viewBox="0 0 88 88"
                    width="88"
                    height="88"
                    aria-hidden="true"
                >
                    <text x="44" y="50" text-anchor="middle" dominant-baseline="central">
                        {nickname.initials()}
                    </text>
                </svg>
            }
            .into_any()
        }
    }
}

/// A button that copies this, where the script finds that the browser lets it.
#[component]
pub fn Copy(
    /// What is copied.
    value: String,
    /// What it is called, for those who hear one button after the other: a sentence's name.
    label: &'static str,
) -> impl IntoView {
    let text = text();
    view! {
        <button
            class="copy"
            type="button"
            hidden
            aria-label=text.say(label)
            data-copy=value
            data-said=text.say("copied")
        >
            {text.say("copy")}
        </button>
    }
}

/// The ids of what describes a field, for `aria-describedby`.
fn described_by(name: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{name}-hint {name}-error")),
        (true, false) => Some(format!("{name}-hint")),
        (false, true) => Some(format!("{name}-error")),
        (false, false) => None,
    }
}

/// Remembers, from form to form, where the visitor wanted to go.
#[component]
pub fn NextField(
    /// The visit.
    request: Request,
) -> impl IntoView {
    request
        .next
        .as_ref()
        .map(|next| view! { <input type="hidden" name="next" value=next.as_str().to_owned() /> })
}

/// Loads the islands' script. Only pages that have islands put it at their end; the others load none.
#[component]
pub fn IslandScripts(
    /// The visit.
    request: Request,
) -> impl IntoView {
    let nonce = leptos::nonce::use_nonce();
    let (js, wasm) = (&request.assets.js, &request.assets.wasm);
    // Both are paths that the build made: no quote, backslash or `</` in them.
    let script = format!("{WAKE}whenIdle(() => wake(\"{js}\", \"{wasm}\"), {{ timeout: 1000 }});");
    view! {
        <link rel="modulepreload" href=js.clone() />
        <script type="module" nonce=nonce>
            {script}
        </script>
    }
}

const WAKE: &str = include_str!("islands.js");
