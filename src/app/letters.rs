//! What letters say.

use crate::app::words;
use crate::brand;
use crate::domain::audit::AuditEvent;
use crate::language::Text;
use crate::server::accounts::DueLetter;
use crate::server::mail::{Letter, Paragraph};

/// To the owner of an account, of what has happened to it; `None` where there are no words for that.
pub fn notice(due: &DueLetter, origin: &str) -> Option<Letter> {
    let text = (due.language.as_deref().and_then(Text::of)).unwrap_or_else(Text::english);
    let (subject, what) = match due.event? {
        AuditEvent::PasswordChanged => ("letter-password-subject", "letter-password"),
        AuditEvent::RefreshTokenReused => ("letter-reuse-subject", "letter-reuse"),
        _ => return None,
    };
    let place = [
        ("origin", origin.into()),
        ("time", words::minute(text, due.happened_at).into()),
        ("device", words::device(text, &due.device.words()).into()),
        (
            "network",
            due.device
                .network()
                .map_or(String::new(), |network| network.to_string())
                .into(),
        ),
    ];
    let content = [
        Paragraph::Words(text.say_with(what, &place)),
        Paragraph::Words(text.say_with("letter-from", &place)),
        Paragraph::Words(text.say_with("letter-not-you", &place)),
        Paragraph::Link {
            label: text.say("letter-sessions").into_owned(),
            url: format!("{origin}{}", crate::app::routes::SESSIONS),
        },
    ];
    let subject = text.say_with(subject, &[("brand", brand::name().into())]);
    Some(Letter::new(
        due.recipient.clone(),
        due.id.clone(),
        text,
        subject,
        &content,
    ))
}
