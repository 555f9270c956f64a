//! What a visitor sees when there is no page, or the request was refused, or we failed.

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
            <h1>{heading}</h1>
            <p class="lede">{advice}</p>
            <p class="actions">
                <a class="button" href="/">
                    "Home"
                </a>
            </p>
        </section>
    }
}

/// A heading and what one can do about it. Fixed text for each status.
pub fn in_words(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => (
            "That request could not be understood",
            "Go back, reload the page and try again.",
        ),
        403 => (
            "That request was refused",
            "It did not come from a page of ours, or it is not for you. Go back, reload the page and try again.",
        ),
        404 => (
            "There is no page here",
            "The address may have been mistyped, or the page is gone.",
        ),
        405 => (
            "That is not how this address is used",
            "Go back and try again from the page itself.",
        ),
        408 => ("That took too long", "Check your connection and try again."),
        413 => (
            "That was too much to send at once",
            "Shorten what you entered and try again.",
        ),
        415 => (
            "That kind of content is not accepted here",
            "Send the page's own form.",
        ),
        422 => (
            "That could not be accepted",
            "Go back, reload the page and try again.",
        ),
        503 => (
            "That cannot be done right now",
            "There is a rush, or our records cannot be reached. Try again in a few seconds.",
        ),
        _ if status < 500 => (
            "That request was refused",
            "Go back, reload the page and try again.",
        ),
        _ => (
            "Something went wrong on our side",
            "It has been noted. Try again in a moment.",
        ),
    }
}
