//! Islands: the little that HTML cannot do by itself. Every page is complete without them.

#![allow(missing_docs)] // of the structs that #[island] makes

use leptos::prelude::*;

/// The lines of [`PasswordField`]'s words.
const SHOW: usize = 0;
const HIDE: usize = 1;
const SHOW_FIELD: usize = 2;
const HIDE_FIELD: usize = 3;
/// The remark on the first level, of which there is nothing to say; the others follow.
const REMARKS: usize = 4;

/// A password field whose text can be shown, and which, for a new password, says how long a way
/// there still is.
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
    /// who hear one button after the other, and for a new password four remarks on its length. One property, because each costs
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
    let strength = minimum.map(|minimum| {
        let level = move || typed.with(|typed| length_level(typed, minimum));
        view! {
            <p
                class="strength"
                data-level=level
                hidden=move || !awake.get() || typed.with(String::is_empty)
                aria-live="polite"
            >
                {move || say(REMARKS + usize::from(level()))}
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

/// 0 for nothing typed, then one step at half, all, one and a half times and twice the minimum.
fn length_level(typed: &str, minimum: u16) -> u8 {
    let (length, minimum) = (typed.chars().count(), usize::from(minimum));
    match length {
        0 => 0,
        _ if length < minimum => 1,
        _ if length * 2 < minimum * 3 => 2,
        _ if length < minimum * 2 => 3,
        _ => 4,
    }
}
