//! Sessions: their identifiers, how long they last and why they end.

use serde::{Deserialize, Serialize};

use super::device::Words;
use super::user::{UserId, id_type};

id_type!(
    /// A session's identifier: 16 random bytes. Not a secret: knowing it gives no access.
    SessionId
);

/// At which door a session's tokens may be presented. A token for one is refused at the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Pages and forms, where they come in cookies.
    Web,
    /// The bearer API.
    Api,
}

impl Audience {
    /// Its name: the `client_id` claim (RFC 9068, section 2.2), the last part of `aud`, and what the database keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
        }
    }

    /// The reverse of [`Audience::as_str`].
    pub fn parse(name: &str) -> Option<Audience> {
        [Self::Web, Self::Api]
            .into_iter()
            .find(|audience| audience.as_str() == name)
    }
}

/// How often a session's refresh token has been renewed; a token of an earlier generation is a used one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Generation(pub u32);

impl Generation {
    /// The one after this. It stops at the largest: at one renewal a second, after 136 years.
    pub fn next(self) -> Self {
        Generation(self.0.saturating_add(1))
    }
}

/// How long a session lasts, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// Since its last renewal.
    pub idle_ms: i64,
    /// Since sign-in, however much it is used.
    pub absolute_ms: i64,
}

impl SessionLimits {
    /// When a session ends if it is not renewed again: the earlier of both limits, in epoch milliseconds.
    pub fn expires_at_ms(&self, signed_in_at_ms: i64, renewed_at_ms: i64) -> i64 {
        let absolute = signed_in_at_ms.saturating_add(self.absolute_ms);
        renewed_at_ms.saturating_add(self.idle_ms).min(absolute)
    }
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// By its own sign-out.
    SignedOut,
    /// Another session changed the password.
    PasswordChanged,
    /// A used refresh token came back: somebody has a copy.
    RefreshTokenReused,
    /// It reached the idle or the absolute limit.
    Expired,
    /// The user ended it from another session.
    EndedByUser,
    /// A newer session took its place.
    SessionLimit,
    /// The account was disabled.
    Disabled,
    /// An administrator signed the user out.
    EndedByAdministrator,
    /// The user asked for the account to be deleted.
    DeletionRequested,
}

impl EndReason {
    /// Every reason there is.
    pub const ALL: [EndReason; 9] = [
        EndReason::SignedOut,
        EndReason::PasswordChanged,
        EndReason::RefreshTokenReused,
        EndReason::Expired,
        EndReason::EndedByUser,
        EndReason::SessionLimit,
        EndReason::Disabled,
        EndReason::EndedByAdministrator,
        EndReason::DeletionRequested,
    ];

    /// Its name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            EndReason::SignedOut => "signed_out",
            EndReason::PasswordChanged => "password_changed",
            EndReason::RefreshTokenReused => "refresh_token_reused",
            EndReason::Expired => "expired",
            EndReason::EndedByUser => "ended_by_user",
            EndReason::SessionLimit => "session_limit",
            EndReason::Disabled => "disabled",
            EndReason::EndedByAdministrator => "ended_by_administrator",
            EndReason::DeletionRequested => "deletion_requested",
        }
    }

    /// The reverse of [`EndReason::as_str`].
    pub fn parse(name: &str) -> Option<EndReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Something that was taken back: access tokens that their signature alone would still allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revocation {
    /// Every token of a session that ended.
    Session(SessionId),
    /// Every token of a user whose `ver` is below this epoch.
    Epoch {
        /// Whose tokens.
        user: UserId,
        /// The least `ver` that still counts.
        least: i64,
    },
}

/// How a session came to its end: what the browser that held it is told at its next request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Why.
    pub reason: EndReason,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// The device that ended it, if another session did.
    pub by: Option<Words>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_one_name() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.as_str()));
        }
        assert_eq!(EndReason::parse("Expired"), None);
        assert_eq!(EndReason::parse(""), None);
    }

    #[test]
    fn audiences_have_one_name() {
        for audience in [Audience::Web, Audience::Api] {
            assert_eq!(Audience::parse(audience.as_str()), Some(audience));
            let json = serde_json::to_string(&audience).unwrap();
            assert_eq!(json, format!("\"{}\"", audience.as_str()));
        }
        assert_eq!(Audience::parse("Web"), None);
        assert_eq!(Audience::parse(""), None);
    }

    #[test]
    fn the_earlier_limit_counts() {
        let limits = SessionLimits {
            idle_ms: 10,
            absolute_ms: 25,
        };
        assert_eq!(limits.expires_at_ms(100, 100), 110);
        assert_eq!(limits.expires_at_ms(100, 115), 125);
        assert_eq!(limits.expires_at_ms(100, 120), 125);
        assert_eq!(limits.expires_at_ms(i64::MAX, i64::MAX), i64::MAX);
    }

    #[test]
    fn generations_only_grow() {
        assert_eq!(Generation::default().next(), Generation(1));
        assert_eq!(Generation(u32::MAX).next(), Generation(u32::MAX));
        assert_eq!(serde_json::to_string(&Generation(7)).unwrap(), "7");
    }

    #[test]
    fn a_session_id_reads_back() {
        let id = SessionId::from_bytes([0xff; 16]);
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
    }
}
