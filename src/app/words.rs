//! What pages say of times, and of sessions that came to their end.

use crate::domain::session::{EndReason, Ending};
use time::OffsetDateTime;

/// A day in UTC, as ISO 8601 writes it.
pub fn day(milliseconds: i64) -> String {
    at(milliseconds).map_or(String::new(), |time| time.date().to_string())
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
