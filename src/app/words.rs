//! What pages say of times, of devices, and of sessions that came to their end.

use crate::domain::appearance::Appearance;
use crate::domain::audit::AuditEvent;
use crate::domain::device::Words;
use crate::domain::session::{EndReason, Ending};
use crate::language::Text;
use crate::server::request::Preferences;
use std::borrow::Cow;
use time::{Date, Month, OffsetDateTime, Time};

/// The language of the page that is being made.
pub fn text() -> Text {
    Preferences::current().text
}

/// Whether it is to be light or dark.
pub fn appearance() -> Appearance {
    Preferences::current().appearance
}

/// A day in UTC, as ISO 8601 writes it.
pub fn day(milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| time.date().to_string())
}

/// The reverse of [`day`]: the day's first millisecond. Years have four digits.
pub fn parse_day(text: &str) -> Option<i64> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let number = |text: &str, digits| {
        let is_one = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_one)
    };
    let month = u8::try_from(number(month, 2)?).ok()?;
    let day = u8::try_from(number(day, 2)?).ok()?;
    let year = i32::from(number(year, 4)?);
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let seconds = date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp();
    Some(seconds.saturating_mul(1000))
}

/// A day in UTC, for people: `2 January 2026`.
pub fn date(text: Text, milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| {
        let month = u8::from(time.month());
        text.say_with(
            "date",
            &[
                ("day", time.day().into()),
                ("month", month.into()),
                ("year", time.year().into()),
            ],
        )
    })
}

/// A minute in UTC, for people: `2 January 2026, 03:04 UTC`.
pub fn minute(text: Text, milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| {
        let clock = format!("{:02}:{:02}", time.hour(), time.minute());
        let date = date(text, milliseconds);
        text.say_with("minute", &[("date", date.into()), ("time", clock.into())])
    })
}

/// A minute in UTC, for programs: `2026-01-02T03:04Z`.
pub fn minute_for_programs(milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| {
        let (date, hour, minute) = (time.date(), time.hour(), time.minute());
        format!("{date}T{hour:02}:{minute:02}Z")
    })
}

/// An instant in UTC, to the millisecond, as RFC 3339 writes it.
pub fn instant(milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| {
        let (hour, minute, second) = time.time().as_hms();
        let fraction = milliseconds.rem_euclid(1000);
        format!(
            "{}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z",
            time.date()
        )
    })
}

fn at(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)).ok()
}

/// Browser and system, such as "Firefox on Linux".
pub fn device(text: Text, device: &Words) -> String {
    let browser = match device.browser() {
        "Unknown browser" => text.say("browser-unknown"),
        "A WebKit browser" => text.say("browser-webkit"),
        "A Python program" => text.say("browser-python"),
        "An Android app" => text.say("browser-android"),
        "An Apple app" => text.say("browser-apple"),
        "A Go program" => text.say("browser-go"),
        "A Node program" => text.say("browser-node"),
        name => name.to_owned().into(),
    };
    match device.system() {
        Some(system) => text.say_with(
            "device",
            &[("browser", browser.into()), ("system", system.into())],
        ),
        None => browser.into_owned(),
    }
}

/// What the browser that held the session is told.
pub fn ending(text: Text, ending: &Ending) -> String {
    let by = ending.by.as_ref();
    let id = match (ending.reason, by) {
        (EndReason::SignedOut, _) => "ended-signed-out",
        (EndReason::SessionLimit, None) => "ended-session-limit",
        (EndReason::SessionLimit, Some(_)) => "ended-session-limit-from",
        (EndReason::PasswordChanged, None) => "ended-password-changed",
        (EndReason::PasswordChanged, Some(_)) => "ended-password-changed-from",
        (EndReason::EndedByUser, None) => "ended-by-user",
        (EndReason::EndedByUser, Some(_)) => "ended-by-user-from",
        (EndReason::RefreshTokenReused, _) => "ended-reused",
        (EndReason::Expired, _) => "ended-expired",
        (EndReason::Disabled, _) => "ended-disabled",
        (EndReason::EndedByAdministrator, _) => "ended-by-administrator",
        (EndReason::DeletionRequested, None) => "ended-deletion",
        (EndReason::DeletionRequested, Some(_)) => "ended-deletion-from",
    };
    told_of(text, id, ending)
}

/// What somebody who signs in is told of another session of theirs, in which a used key came back.
pub fn reuse(text: Text, ending: &Ending) -> String {
    let id = match ending.by {
        Some(_) => "ended-reused-of",
        None => "ended-reused",
    };
    told_of(text, id, ending)
}

fn told_of(text: Text, id: &'static str, ending: &Ending) -> String {
    let by = ending.by.as_ref();
    let device = by.map_or(String::new(), |by| device(text, by));
    let at = minute(text, ending.at_ms);
    text.say_with(id, &[("device", device.into()), ("at", at.into())])
}

/// What happened to an account: a sentence.
pub fn happened(text: Text, happened: Option<AuditEvent>, detail: &str) -> String {
    let Some(happened) = happened else {
        return text.say("event-unknown").into_owned();
    };
    match (happened, detail) {
        (AuditEvent::SignedIn, "api") => text.say("event-signed-in-api").into_owned(),
        (AuditEvent::SignInRefused, "disabled") => {
            text.say("event-sign-in-refused-disabled").into_owned()
        }
        (AuditEvent::RolesSet, "") => text.say("event-roles-set-none").into_owned(),
        (AuditEvent::AccountCreated, roles) if !roles.is_empty() => {
            text.say_with("event-account-created-roles", &[("detail", roles.into())])
        }
        (AuditEvent::RolesSet | AuditEvent::AuditExported, detail) => {
            let event = event(text, happened);
            text.say_with(
                "event-said-of",
                &[("event", event.into()), ("detail", detail.into())],
            )
        }
        _ => text.say_with("event-said", &[("event", event(text, happened).into())]),
    }
}

/// What can happen, in a few words.
pub fn event(text: Text, event: AuditEvent) -> Cow<'static, str> {
    text.say(match event {
        AuditEvent::AccountCreated => "event-account-created",
        AuditEvent::SignedIn => "event-signed-in",
        AuditEvent::NewDevice => "event-new-device",
        AuditEvent::SignInRefused => "event-sign-in-refused",
        AuditEvent::SignedOut => "event-signed-out",
        AuditEvent::SessionEnded => "event-session-ended",
        AuditEvent::OtherSessionsEnded => "event-other-sessions-ended",
        AuditEvent::SessionDisplaced => "event-session-displaced",
        AuditEvent::RefreshTokenReused => "event-refresh-token-reused",
        AuditEvent::PasswordChanged => "event-password-changed",
        AuditEvent::PasswordChangeRefused => "event-password-change-refused",
        AuditEvent::PasswordResetRequested => "event-password-reset-requested",
        AuditEvent::LetterRefused => "event-letter-refused",
        AuditEvent::PasswordReset => "event-password-reset",
        AuditEvent::Disowned => "event-disowned",
        AuditEvent::EmailVerificationRequested => "event-email-verification-requested",
        AuditEvent::EmailVerified => "event-email-verified",
        AuditEvent::EmailChangeRequested => "event-email-change-requested",
        AuditEvent::EmailChanged => "event-email-changed",
        AuditEvent::EmailRestored => "event-email-restored",
        AuditEvent::AddressInUse => "event-address-in-use",
        AuditEvent::ConfirmationRefused => "event-confirmation-refused",
        AuditEvent::ProfileChanged => "event-profile-changed",
        AuditEvent::RolesSet => "event-roles-set",
        AuditEvent::AccountDisabled => "event-account-disabled",
        AuditEvent::AccountEnabled => "event-account-enabled",
        AuditEvent::DeletionRequested => "event-deletion-requested",
        AuditEvent::DeletionCancelled => "event-deletion-cancelled",
        AuditEvent::AccountDeleted => "event-account-deleted",
        AuditEvent::DataExported => "event-data-exported",
        AuditEvent::SignedOutEverywhere => "event-signed-out-everywhere",
        AuditEvent::AuditExported => "event-audit-exported",
        AuditEvent::AuditResealed => "event-audit-resealed",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::device::Device;

    fn chinese() -> Text {
        Text::of("zh-Hans").expect("a language")
    }

    #[test]
    fn devices_are_told_in_the_readers_language() {
        for (user_agent, english_words, chinese_words) in [
            (
                "(X11; Linux) Firefox/140.0",
                "Firefox on Linux",
                "Linux 上的 Firefox",
            ),
            ("curl/8", "curl", "curl"),
            ("", "Unknown browser", "未知浏览器"),
            (
                "python (Linux)",
                "A Python program on Linux",
                "Linux 上的 Python 程序",
            ),
        ] {
            let words = Device::new(user_agent, None).words();
            assert_eq!(device(Text::english(), &words), english_words);
            assert_eq!(device(Text::english(), &words), words.to_string());
            assert_eq!(device(chinese(), &words), chinese_words);
        }
    }

    #[test]
    fn times() {
        assert_eq!(day(1_767_323_045_500), "2026-01-02");
        for (text, date_there, minute_there) in [
            (
                Text::english(),
                "2 January 2026",
                "2 January 2026, 03:04 UTC",
            ),
            (chinese(), "2026年1月2日", "2026年1月2日 03:04 UTC"),
        ] {
            assert_eq!(date(text, 1_767_323_045_500), date_there);
            assert_eq!(minute(text, 1_767_323_045_500), minute_there);
        }
        assert_eq!(minute_for_programs(-1), "1969-12-31T23:59Z");
        assert_eq!(
            minute(Text::english(), i64::MAX),
            "",
            "no time that we know"
        );
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        for (text, read) in [
            ("1970-01-02", Some(86_400_000)),
            ("2026-01-02", Some(1_767_312_000_000)),
            ("2024-02-29", Some(1_709_164_800_000)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-00-01", None),
            ("2026-1-01", None),
            ("+026-01-01", None),
            ("12026-01-01", None),
            ("2026-01-01-", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse_day(text), read, "{text}");
            assert!(read.is_none_or(|read| day(read) == text));
        }
    }

    #[test]
    fn what_happened_is_told_with_what_is_known_of_it() {
        for (event, detail, told) in [
            (AuditEvent::SignedIn, "web", "Signed in."),
            (AuditEvent::SignedIn, "api", "Signed in. By an API client."),
            (AuditEvent::RolesSet, "", "Roles set. None are left."),
            (AuditEvent::RolesSet, "editor", "Roles set: editor."),
            (
                AuditEvent::AuditExported,
                "csv",
                "Audit trail exported: csv.",
            ),
            (AuditEvent::AccountCreated, "", "Account created."),
            (
                AuditEvent::AccountCreated,
                "editor",
                "Account created, with the roles editor.",
            ),
        ] {
            assert_eq!(happened(Text::english(), Some(event), detail), told);
        }
        assert!(happened(Text::english(), None, "").contains("no word"));
    }

    #[test]
    fn every_end_is_told_with_its_time_and_who_did_it() {
        for reason in EndReason::ALL {
            let by = Some(Device::new("curl/8", None).words());
            let told = ending(
                Text::english(),
                &Ending {
                    reason,
                    at_ms: 0,
                    by,
                },
            );
            assert!(told.contains("1 January 1970, 00:00 UTC"), "{told}");
            let by_another = matches!(
                reason,
                EndReason::SessionLimit
                    | EndReason::PasswordChanged
                    | EndReason::EndedByUser
                    | EndReason::DeletionRequested
            );
            assert_eq!(told.contains("from curl"), by_another, "{told}");
        }
    }
}
