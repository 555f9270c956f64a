//! What letters say.

use crate::app::routes::{LOGIN, RESET, VERIFY, mailed};
use crate::app::words;
use crate::brand;
use crate::domain::audit::AuditEvent;
use crate::domain::mailed_link::Purpose;
use crate::domain::user::DELETION_GRACE_MS;
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
        AuditEvent::NewDevice => ("letter-device-subject", "letter-device"),
        AuditEvent::PasswordResetRequested => ("letter-reset-subject", "letter-reset"),
        AuditEvent::Disowned => ("letter-reset-subject", "letter-disowned"),
        AuditEvent::EmailRestored => ("letter-reset-subject", "letter-restored"),
        AuditEvent::AddressInUse => ("letter-in-use-subject", "letter-in-use"),
        AuditEvent::EmailVerificationRequested => ("letter-verify-subject", "letter-verify"),
        AuditEvent::EmailChangeRequested => ("letter-verify-subject", "letter-change"),
        AuditEvent::EmailChanged => ("letter-changed-subject", "letter-changed"),
        AuditEvent::DeletionRequested => ("letter-deletion-subject", "letter-deletion"),
        AuditEvent::DeletionCancelled => ("letter-kept-subject", "letter-kept"),
        AuditEvent::DataExported => ("letter-export-subject", "letter-export"),
        _ => return None,
    };
    // Without the link that was asked for it would help nobody.
    if event.link().is_some_and(Purpose::is_asked_for) && link.is_none() {
        return None;
    }
    let network = due.device.network();
    let from = match network {
        Some(_) => "letter-from-network",
        None => "letter-from",
    };
    let delete_at = due.happened_at.saturating_add(DELETION_GRACE_MS);
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
        ("deletion", words::minute(text, delete_at).into()),
    ];
    let mut content = vec![
        Paragraph::Words(text.say_with(what, &place)),
        Paragraph::Words(text.say_with(from, &place)),
    ];
    if event == AuditEvent::DeletionRequested {
        content.push(Paragraph::Words(text.say("letter-keep").into_owned()));
        content.push(Paragraph::Link {
            label: text.say("letter-sign-in").into_owned(),
            url: format!("{origin}{LOGIN}"),
        });
    }
    if let Some(link) = link {
        content.extend(way_on(text, event, link, origin));
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
fn way_on(text: Text, event: AuditEvent, link: &LetterLink, origin: &str) -> Vec<Paragraph> {
    let say = |id| Paragraph::Words(text.say(id).into_owned());
    let to = |id, page| Paragraph::Link {
        label: text.say(id).into_owned(),
        url: format!("{origin}{}", mailed(page, &link.token)),
    };
    match (link.purpose, &link.code) {
        (Purpose::NotMe, _) => vec![say("letter-not-you"), to("letter-not-me", RESET)],
        (Purpose::VerifyEmail, _) => vec![
            to("letter-confirm", VERIFY),
            say("letter-confirm-life"),
            say("letter-not-registered"),
        ],
        (Purpose::ChangeEmail, _) => vec![
            to("letter-confirm", VERIFY),
            say("letter-change-life"),
            say("letter-not-asked"),
        ],
        (Purpose::UndoEmail, _) => vec![say("letter-undo"), to("letter-take-back", VERIFY)],
        (Purpose::ResetPassword, code) => {
            let mut content = vec![to("letter-choose-password", RESET)];
            if let Some(code) = code {
                let address = format!("{origin}{RESET}");
                let words = text.say_with("letter-code", &[("address", address.into())]);
                content.extend([Paragraph::Words(words), Paragraph::Code(code.clone())]);
            }
            content.push(say("letter-link-life"));
            // Else what was asked for is done already.
            if matches!(
                event,
                AuditEvent::PasswordResetRequested | AuditEvent::AddressInUse
            ) {
                content.push(say("letter-not-asked"));
            }
            content
        }
    }
}
