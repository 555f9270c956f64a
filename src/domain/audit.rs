//! The audit trail's words: what can happen to an account, who did it, and from where.

use super::device::Device;
use super::mailed_link::Purpose;
use super::user::{UserId, id_type};

id_type!(
    /// A request's identifier: 16 random bytes. It stands in the log, in the audit trail and in the answer's
    /// `X-Request-Id`, so that one leads to the others.
    RequestId
);

/// Where something came from. By default from nowhere that is known: the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The device, by what it says of itself and by its address.
    pub device: Device,
    /// The request, if it came by one.
    pub request: Option<RequestId>,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody who proved nothing.
    Anonymous,
    /// Whoever is signed in to this account.
    User(UserId),
    /// Whoever can run the program on its database.
    Operator,
}

impl Actor {
    const OPERATOR: &str = "operator";

    /// What the database keeps: nothing, a word, or an identifier.
    pub fn to_stored(self) -> Option<String> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(user.to_string()),
            Self::Operator => Some(Self::OPERATOR.to_owned()),
        }
    }

    /// The reverse of [`Actor::to_stored`]; nobody for what it never writes.
    pub fn from_stored(stored: Option<&str>) -> Self {
        match stored {
            Some(Self::OPERATOR) => Self::Operator,
            Some(user) => UserId::parse(user).map_or(Self::Anonymous, Self::User),
            None => Self::Anonymous,
        }
    }
}

/// What can happen: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditEvent {
    /// An account was created.
    AccountCreated,
    /// A session was opened with the password. The detail is its audience.
    SignedIn,
    /// That session was opened where the user was not known to have been before.
    NewDevice,
    /// A sign-in was refused. It names a user if the e-mail has an account; the detail is why.
    SignInRefused,
    /// A session was ended by its own wish.
    SignedOut,
    /// A session was ended from another one, or by an administrator.
    SessionEnded,
    /// All sessions of the user but the one named were ended.
    OtherSessionsEnded,
    /// A session was ended because the user had too many.
    SessionDisplaced,
    /// A used refresh token came back, and its session was ended.
    RefreshTokenReused,
    /// The password was changed, and all other sessions were ended.
    PasswordChanged,
    /// A change of password was refused, because the current one was wrong.
    PasswordChangeRefused,
    /// A link to choose a new password was asked for and sent.
    PasswordResetRequested,
    /// A letter with a link was asked for and not sent. It names a user if there is one; the detail is why.
    LetterRefused,
    /// A new password was chosen through such a link, and all sessions were ended.
    PasswordReset,
    /// The owner said of what a letter told: this was not me. All sessions were ended, and the password counts no more.
    Disowned,
    /// A link to prove that the account's address is its owner's was sent there.
    EmailVerificationRequested,
    /// Whoever has the account has proved that they read what is sent to its address.
    EmailVerified,
    /// A link to make another mailbox the account's address was sent there.
    EmailChangeRequested,
    /// The account has another address.
    EmailChanged,
    /// The address before was brought back. All sessions were ended, and the password counts no more.
    EmailRestored,
    /// Somebody wanted to use the account's address for another account.
    AddressInUse,
    /// Something else that needs the password again was refused, because it was wrong. The detail is what.
    ConfirmationRefused,
    /// The profile was changed.
    ProfileChanged,
    /// The roles were set. The detail is all of them.
    RolesSet,
    /// The account was closed, and all sessions were ended.
    AccountDisabled,
    /// The account was opened again.
    AccountEnabled,
    /// Its owner asked for the account to be deleted, and all sessions were ended.
    DeletionRequested,
    /// Somebody signed in before that, which keeps the account.
    DeletionCancelled,
    /// The account was deleted, because its time had come. From here on its id names nobody.
    AccountDeleted,
    /// Its owner took away all that is held about them.
    DataExported,
    /// All sessions were ended by an administrator.
    SignedOutEverywhere,
    /// Somebody took the audit trail away as a file. The detail is its kind.
    AuditExported,
    /// The operator vouched for an audit trail whose seal was broken.
    AuditResealed,
}

impl AuditEvent {
    /// Everything that can happen.
    pub const ALL: [AuditEvent; 33] = [
        Self::AccountCreated,
        Self::SignedIn,
        Self::NewDevice,
        Self::SignInRefused,
        Self::SignedOut,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::SessionDisplaced,
        Self::RefreshTokenReused,
        Self::PasswordChanged,
        Self::PasswordChangeRefused,
        Self::PasswordResetRequested,
        Self::LetterRefused,
        Self::PasswordReset,
        Self::Disowned,
        Self::EmailVerificationRequested,
        Self::EmailVerified,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::EmailRestored,
        Self::AddressInUse,
        Self::ConfirmationRefused,
        Self::ProfileChanged,
        Self::RolesSet,
        Self::AccountDisabled,
        Self::AccountEnabled,
        Self::DeletionRequested,
        Self::DeletionCancelled,
        Self::AccountDeleted,
        Self::DataExported,
        Self::SignedOutEverywhere,
        Self::AuditExported,
        Self::AuditResealed,
    ];

    /// Its name in the database, in exports and in the address of a filtered list.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account_created",
            Self::SignedIn => "signed_in",
            Self::NewDevice => "new_device",
            Self::SignInRefused => "sign_in_refused",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::OtherSessionsEnded => "other_sessions_ended",
            Self::SessionDisplaced => "session_displaced",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangeRefused => "password_change_refused",
            Self::PasswordResetRequested => "password_reset_requested",
            Self::LetterRefused => "letter_refused",
            Self::PasswordReset => "password_reset",
            Self::Disowned => "disowned",
            Self::EmailVerificationRequested => "email_verification_requested",
            Self::EmailVerified => "email_verified",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::EmailRestored => "email_restored",
            Self::AddressInUse => "address_in_use",
            Self::ConfirmationRefused => "confirmation_refused",
            Self::ProfileChanged => "profile_changed",
            Self::RolesSet => "roles_set",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::DeletionRequested => "deletion_requested",
            Self::DeletionCancelled => "deletion_cancelled",
            Self::AccountDeleted => "account_deleted",
            Self::DataExported => "data_exported",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::AuditExported => "audit_exported",
            Self::AuditResealed => "audit_resealed",
        }
    }

    /// The link in the letter that tells of it; `None` where there is no letter. Told is what somebody else might have done, and would
    /// rather not have known; and what was asked for.
    pub fn link(self) -> Option<Purpose> {
        match self {
            Self::PasswordChanged
            | Self::RefreshTokenReused
            | Self::NewDevice
            | Self::PasswordReset
            | Self::DeletionRequested
            | Self::DeletionCancelled
            | Self::DataExported => Some(Purpose::NotMe),
            Self::PasswordResetRequested
            | Self::Disowned
            | Self::EmailRestored
            | Self::AddressInUse => Some(Purpose::ResetPassword),
            Self::EmailVerificationRequested => Some(Purpose::VerifyEmail),
            Self::EmailChangeRequested => Some(Purpose::ChangeEmail),
            Self::EmailChanged => Some(Purpose::UndoEmail),
            _ => None,
        }
    }

    /// The reverse of [`AuditEvent::as_str`].
    pub fn parse(name: &str) -> Option<AuditEvent> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_one_name() {
        for event in AuditEvent::ALL {
            assert_eq!(AuditEvent::parse(event.as_str()), Some(event));
        }
        assert_eq!(AuditEvent::parse("Signed_in"), None);
        assert_eq!(AuditEvent::parse(""), None);
    }

    #[test]
    fn actors_are_read_as_they_are_written() {
        let user = Actor::User(UserId::from_bytes([7; 16]));
        for actor in [Actor::Anonymous, Actor::Operator, user] {
            assert_eq!(Actor::from_stored(actor.to_stored().as_deref()), actor);
        }
        assert_eq!(Actor::from_stored(Some("Operator")), Actor::Anonymous);
    }
}
