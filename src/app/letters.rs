//! What letters say.

use crate::app::routes::{RESET, mailed};
use crate::app::words;
use crate::brand;
use crate::domain::audit::AuditEvent;
use crate::domain::mailed_link::Purpose;
use crate::language::Text;
use crate::server::accounts::{LetterLink, Outgoing};
use crate::server::mail::{Letter, Paragraph};

/// To the owner of an account, of what has happened to it or of what they asked for; `None` where there is nothing to say, or no more.
/// Links lead to `origin`, whatever the request was sent to that is told of.
pub fn write(outgoing: &Outgoing, origin: &str) -> Option<Letter> {
    let (due, link) = (&outgoing.due, outgoing.link.as_ref());
    let text = (due.language.as_deref().and_then(Text::of)).unwrap_or_else(Text::english);
    let event = due.event?;
    let (subject, what) = match event {
        AuditEvent::PasswordChanged => ("letter-password-subject", "letter-password"),
        AuditEvent::PasswordReset => ("letter-password-subject", "letter-password-reset"),
        AuditEvent::RefreshTokenReused => ("letter-reuse-subject", "letter-reuse"),
        AuditEvent::PasswordResetRequested => ("letter-reset-subject", "letter-reset"),
        AuditEvent::Disowned => ("letter-reset-subject", "letter-disowned"),
        _ => return None,
    };
    // Without its link it would help nobody.
    if event.letter() == Some(Purpose::ResetPassword) && link.is_none() {
        return None;
    }
    let network = due.device.network();
    let from = match network {
        Some(_) => "letter-from-network",
        None => "letter-from",
    };
    let place = [
        ("origin", origin.into()),
        ("time", words::minute(text, due.happened_at).into()),
        ("device", words::device(text, &due.device.words()).into()),
        (
            "network",
            network
                .map_or(String::new(), |network| network.to_string())
                .into(),
        ),
    ];
    let mut content = vec![
        Paragraph::Words(text.say_with(what, &place)),
        Paragraph::Words(text.say_with(from, &place)),
    ];
    if let Some(link) = link {
        content.extend(way_on(text, link, origin));
    }
    let subject = text.say_with(subject, &[("brand", brand::name().into())]);
    Some(Letter::new(
        due.recipient.clone(),
        due.id.clone(),
        text,
        subject,
        content,
    ))
}

/// What can be done about it.
fn way_on(text: Text, link: &LetterLink, origin: &str) -> Vec<Paragraph> {
    let say = |id| Paragraph::Words(text.say(id).into_owned());
    let to = |id, page| Paragraph::Link {
        label: text.say(id).into_owned(),
        url: format!("{origin}{}", mailed(page, &link.token)),
    };
    match (link.purpose, &link.code) {
        (Purpose::NotMe, _) => vec![say("letter-not-you"), to("letter-not-me", RESET)],
        (Purpose::ResetPassword, None) => vec![
            to("letter-choose-password", RESET),
            say("letter-link-life"),
            say("letter-not-asked"),
        ],
        (Purpose::ResetPassword, Some(code)) => vec![
            to("letter-choose-password", RESET),
            Paragraph::Words(text.say_with(
                "letter-code",
                &[("address", format!("{origin}{RESET}").into())],
            )),
            Paragraph::Code(code.clone()),
            say("letter-link-life"),
            say("letter-not-asked"),
        ],
    }
}
