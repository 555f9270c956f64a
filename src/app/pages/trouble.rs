//! What a visitor sees when there is no page, or the request was refused, or we failed.

use crate::app::words::text;
use leptos::prelude::*;

/// A status, in words.
#[component]
pub fn Trouble(
    /// The HTTP status.
    status: u16,
) -> impl IntoView {
    let (heading, advice) = in_words(status);
    view! {
        <section class="card">
            <p class="error-page__status">{status}</p>
            <h1>{text().say(heading)}</h1>
            <p class="lede">{text().say(advice)}</p>
            <p class="actions">
                <a class="button" href="/">
                    {text().say("trouble-home")}
                </a>
            </p>
        </section>
    }
}

/// The names of a heading and of what one can do about it.
pub fn in_words(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("trouble-bad-request", "advice-reload"),
        403 => ("trouble-refused", "advice-refused"),
        404 => ("trouble-not-found", "advice-not-found"),
        405 => ("trouble-method", "advice-method"),
        408 => ("trouble-timed-out", "advice-timed-out"),
        413 => ("trouble-too-large", "advice-too-large"),
        415 => ("trouble-media-type", "advice-media-type"),
        422 => ("trouble-unprocessable", "advice-reload"),
        503 => ("trouble-unavailable", "advice-unavailable"),
        _ if status < 500 => ("trouble-refused", "advice-reload"),
        _ => ("trouble-internal", "advice-internal"),
    }
}
