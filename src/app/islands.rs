//! Islands: the little that HTML cannot do by itself. Every page is complete without them.

#![allow(missing_docs)] // of the structs that #[island] makes

use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use std::time::Duration;
use web_sys::{HtmlInputElement, UrlSearchParams, XmlHttpRequest, XmlHttpRequestResponseType};

/// The lines of [`PasswordField`]'s words.
const SHOW: usize = 0;
const HIDE: usize = 1;
const SHOW_FIELD: usize = 2;
const HIDE_FIELD: usize = 3;
const TOO_SHORT: usize = 4;

/// How long somebody who types must rest before the server is asked.
const REST: Duration = Duration::from_millis(400);

/// A password field whose text can be shown, and which, for a new password, says how good it is: below the minimum at once, and
/// otherwise as the server finds.
#[island]
pub fn PasswordField(
    /// The field's name and element id.
    name: String,
    /// For password managers: `current-password` or `new-password`.
    autocomplete: String,
    /// The ids of the hint and the error that describe it.
    described_by: Option<String>,
    /// Whether an error stands at it.
    invalid: bool,
    /// For a new password, the fewest characters it must have.
    minimum: Option<u16>,
    /// What it says, a line each: the button while the text is hidden and while it is shown, the same with the field's name for those
    /// who hear one button after the other, and for a new password that it is too short. One property, because each costs
    /// every visitor half a kilobyte of wasm.
    words: String,
) -> impl IntoView {
    let (awake, set_awake) = signal(false);
    let (shown, set_shown) = signal(false);
    let (typed, set_typed) = signal(String::new());
    let field = NodeRef::<leptos::html::Input>::new();
    let words = StoredValue::new(words);
    let say = move |line: usize| {
        words.with_value(|words| words.lines().nth(line).unwrap_or_default().to_owned())
    };
    // Runs in the browser alone: without script there is no button that would do nothing. What was
    // typed before the script arrived counts too.
    Effect::new(move |_| {
        set_awake.set(true);
        if let Some(field) = field.get() {
            set_typed.set(field.value());
        }
    });
    let controls = name.clone();
    let (advice, set_advice) = signal(String::new());
    let mut ask = debounce(REST, move |password: String| {
        ask_for_advice(password, move |asked, answer| {
            // Somebody may have typed on meanwhile.
            if typed.with_untracked(|typed| *typed == asked) {
                set_advice.set(answer);
            }
        });
    });
    Effect::new(move |_| {
        let password = typed.get();
        set_advice.set(String::new());
        if minimum.is_some_and(|minimum| password.chars().count() >= usize::from(minimum)) {
            ask(password);
        }
    });
    let strength = minimum.map(|minimum| {
        let is_too_short =
            move || typed.with(|typed| (1..usize::from(minimum)).contains(&typed.chars().count()));
        // A level, a space, and what is said of it.
        let told = move || match is_too_short() {
            true => format!("1 {}", say(TOO_SHORT)),
            false => advice.get(),
        };
        view! {
            <p
                class="strength"
                data-level=move || told().chars().next().map(String::from)
                hidden=move || told().is_empty()
                aria-live="polite"
            >
                {move || told().split_once(' ').map(|(_, told)| told.to_owned())}
            </p>
        }
    });
    view! {
        <div class="password-field">
            <input
                class="field__input"
                id=name.clone()
                name=name
                type=move || if shown.get() { "text" } else { "password" }
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
                node_ref=field
                on:input=move |event| set_typed.set(event_target_value(&event))
            />
            <button
                class="password-field__toggle"
                type="button"
                hidden=move || !awake.get()
                aria-label=move || if shown.get() { say(HIDE_FIELD) } else { say(SHOW_FIELD) }
                aria-controls=controls
                on:click=move |_| set_shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { say(HIDE) } else { say(SHOW) }}
            </button>
        </div>
        {strength}
    }
}

/// Sends the password to the server, with what else the form's owner has typed that an attacker would try, and gives the password
/// and what is said of it to whoever waits. Nobody is told when the server does not answer.
fn ask_for_advice(password: String, then: impl Fn(String, String) + 'static) {
    let typed_into = |id| {
        let field = document().get_element_by_id(id)?;
        Some(field.dyn_into::<HtmlInputElement>().ok()?.value())
    };
    let send = move || {
        let form = UrlSearchParams::new()?;
        form.append("password", &password);
        for name in ["email", "nickname"] {
            form.append(name, &typed_into(name).unwrap_or_default());
        }
        let request = XmlHttpRequest::new()?;
        request.open("POST", "/action/advise_password")?;
        request.set_request_header("Accept", "application/json")?;
        request.set_response_type(XmlHttpRequestResponseType::Json);
        let answered = request.clone();
        let loaded = Closure::once_into_js(move || {
            let answer = answered
                .response()
                .ok()
                .and_then(|answer| answer.as_string());
            if answered.status() == Ok(200) {
                then(password, answer.unwrap_or_default());
            }
        });
        request.set_onload(Some(loaded.unchecked_ref()));
        request.send_with_opt_url_search_params(Some(&form))
    };
    let _: Result<(), JsValue> = send(); // advice is not needed
}
