//! Links that are sent by mail, and what each of them is for.

/// What a link is for. It opens nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To choose a new password without the one in force.
    ResetPassword,
    /// To say of what a letter told: this was not me.
    NotMe,
    /// To prove that the account's address is one's own.
    VerifyEmail,
    /// To make the mailbox that it was sent to the account's address.
    ChangeEmail,
    /// To make the address before the account's again, sent there.
    UndoEmail,
}

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

impl Purpose {
    /// All of them.
    pub const ALL: [Purpose; 5] = [
        Self::ResetPassword,
        Self::NotMe,
        Self::VerifyEmail,
        Self::ChangeEmail,
        Self::UndoEmail,
    ];

    /// Its name in the database and under the stamp.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset",
            Self::NotMe => "not_me",
            Self::VerifyEmail => "verify",
            Self::ChangeEmail => "change",
            Self::UndoEmail => "undo",
        }
    }

    /// The reverse of [`Purpose::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }

    /// How long such a link is good, in milliseconds.
    pub fn life_ms(self) -> i64 {
        match self {
            Self::ResetPassword => HOUR / 2,
            Self::ChangeEmail => 24 * HOUR,
            Self::NotMe | Self::VerifyEmail | Self::UndoEmail => 72 * HOUR,
        }
    }

    /// Whether it is sent because somebody asked for it. Of those, only the newest of an account counts.
    pub fn is_asked_for(self) -> bool {
        match self {
            Self::ResetPassword | Self::VerifyEmail | Self::ChangeEmail => true,
            Self::NotMe | Self::UndoEmail => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_have_one_name() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Some(purpose));
        }
        assert_eq!(Purpose::parse("Reset"), None);
        assert_eq!(Purpose::parse(""), None);
    }
}
