//! The development mailbox: letters that would have been sent if there were an SMTP server.

use crate::app::letters;
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::mail::{Carrier, Letter, Paragraph};
use crate::server::request::Request;
use leptos::prelude::*;

/// Shows them, the newest first.
pub async fn mailbox(request: Request) -> Result<impl IntoView, AppError> {
    let mailbox = request.mailbox.as_ref().ok_or(AppError::NotFound)?;
    let (accounts, text) = (&request.accounts, text());
    // Those that are on their way arrive now.
    let carrier = Carrier::Mailbox(mailbox.clone());
    let origin = &accounts.policy().origin;
    let write = |outgoing: &_| letters::write(outgoing, origin);
    accounts.send_letters(&carrier, write).await?;
    let letters: Vec<_> = mailbox.letters().into_iter().map(shown).collect();
    let none = letters
        .is_empty()
        .then(|| view! { <p>{text.say("mailbox-empty")}</p> });
    Ok(view! {
        <section class="card">
            <h1>{text.say("mailbox-title")}</h1>
            <p class="lede">{text.say("mailbox-lede")}</p>
            {none}
            {letters}
        </section>
    })
}

/// In the language that it is written in, which need not be the page's.
fn shown(letter: Letter) -> impl IntoView {
    let content = letter.content.into_iter().map(|paragraph| match paragraph {
        Paragraph::Words(words) => view! { <p>{words}</p> }.into_any(),
        Paragraph::Link { label, url } => view! { <p><a href=url>{label}</a></p> }.into_any(),
        Paragraph::Code(code) => view! { <p class="letter__code">{code}</p> }.into_any(),
    });
    view! {
        <article class="letter" lang=letter.language.tag() dir=letter.language.direction()>
            <h2>{letter.subject}</h2>
            <p class="letter__to">{letter.to.to_string()}</p>
            {content.collect::<Vec<_>>()}
        </article>
    }
}
