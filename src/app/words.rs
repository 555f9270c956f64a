//! What pages say of times, and of sessions that came to their end.

use crate::domain::audit::AuditEvent;
use crate::domain::session::{EndReason, Ending};
use time::{Date, Month, OffsetDateTime, Time};

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

/// A minute in UTC, for people: `2026-01-02 03:04 UTC`.
pub fn minute(milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| {
        let (date, hour, minute) = (time.date(), time.hour(), time.minute());
        format!("{date} {hour:02}:{minute:02} UTC")
    })
}

/// The same for programs: `2026-01-02T03:04Z`.
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

/// What a tab is told when its session has ended and why is not known.
pub const ENDED: &str = "Your session has ended.";

/// What the browser that held the session is told.
pub fn ending(ending: &Ending) -> String {
    let at = minute(ending.at_ms);
    let from = match &ending.by {
        Some(device) => format!(" from {device}"),
        None => String::new(),
    };
    match ending.reason {
        EndReason::SignedOut => format!("You signed out at {at}."),
        EndReason::SessionLimit => format!(
            "You were signed out here because you signed in{from} at {at}. Only so many sessions may be open at once."
        ),
        EndReason::PasswordChanged => {
            format!("You were signed out here because your password was changed{from} at {at}.")
        }
        EndReason::EndedByUser => format!("This session was ended{from} at {at}."),
        EndReason::RefreshTokenReused => format!(
            "Somebody used an old key of your session; it was ended at {at}. If you did not copy it yourself, change \
             your password."
        ),
        EndReason::Expired => {
            format!("You were signed out at {at}, when your session had lasted its time.")
        }
        EndReason::Disabled => format!("This account was disabled at {at}."),
        EndReason::EndedByAdministrator => format!("An administrator ended your session at {at}."),
    }
}

/// What somebody who signs in is told of another session of theirs, in which a used key came back.
pub fn reuse(ending: &Ending) -> String {
    let at = minute(ending.at_ms);
    let of = match &ending.by {
        Some(device) => format!(" ({device})"),
        None => String::new(),
    };
    format!(
        "Somebody used an old key of your session{of}; it was ended at {at}. If you did not copy it yourself, change \
         your password."
    )
}

/// What happened to an account: a sentence.
pub fn happened(happened: Option<AuditEvent>, detail: &str) -> String {
    let Some(happened) = happened else {
        return "Something that this version has no word for.".to_owned();
    };
    let more = match (happened, detail) {
        (AuditEvent::SignedIn, "api") => " By an API client.",
        (AuditEvent::SignInRefused, "disabled") => " The account is closed.",
        (AuditEvent::RolesSet, "") => " None are left.",
        (AuditEvent::RolesSet | AuditEvent::AuditExported, detail) => {
            return format!("{}: {detail}.", event(happened));
        }
        (AuditEvent::AccountCreated, roles) if !roles.is_empty() => {
            return format!("{}, with the roles {roles}.", event(happened));
        }
        _ => "",
    };
    format!("{}.{more}", event(happened))
}

/// What can happen, in a few words.
pub fn event(event: AuditEvent) -> &'static str {
    match event {
        AuditEvent::AccountCreated => "Account created",
        AuditEvent::SignedIn => "Signed in",
        AuditEvent::SignInRefused => "Sign-in refused",
        AuditEvent::SignedOut => "Signed out",
        AuditEvent::SessionEnded => "A session ended",
        AuditEvent::OtherSessionsEnded => "All other sessions ended",
        AuditEvent::SessionDisplaced => "The oldest session made room for a new one",
        AuditEvent::RefreshTokenReused => "An old key came back, and its session was ended",
        AuditEvent::PasswordChanged => "Password changed",
        AuditEvent::PasswordChangeRefused => {
            "Change of password refused: the current one was wrong"
        }
        AuditEvent::ProfileChanged => "Profile changed",
        AuditEvent::RolesSet => "Roles set",
        AuditEvent::AccountDisabled => "Account disabled",
        AuditEvent::AccountEnabled => "Account enabled",
        AuditEvent::SignedOutEverywhere => "All sessions ended",
        AuditEvent::AuditExported => "Audit trail exported",
        AuditEvent::AuditResealed => "Audit trail sealed anew",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::device::Device;

    #[test]
    fn times() {
        assert_eq!(day(1_767_323_045_500), "2026-01-02");
        assert_eq!(minute(1_767_323_045_500), "2026-01-02 03:04 UTC");
        assert_eq!(minute_for_programs(-1), "1969-12-31T23:59Z");
        assert_eq!(minute(i64::MAX), "", "no time that we know");
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
            assert_eq!(happened(Some(event), detail), told);
        }
        assert!(happened(None, "").contains("no word"));
    }

    #[test]
    fn every_end_is_told_with_its_time_and_who_did_it() {
        for reason in EndReason::ALL {
            let by = Some(Device::new("curl/8", None).words());
            let told = ending(&Ending {
                reason,
                at_ms: 0,
                by,
            });
            assert!(told.contains("1970-01-01 00:00 UTC"), "{told}");
            let by_another = matches!(
                reason,
                EndReason::SessionLimit | EndReason::PasswordChanged | EndReason::EndedByUser
            );
            assert_eq!(told.contains("from curl"), by_another, "{told}");
        }
    }
}
