//! The invitation to become the first administrator: `v1.kid.exp.mac`. It is kept nowhere; that it is used once is the
//! database's to say.

use crate::server::tokens::keys::Keys;
use crate::server::tokens::stamp::Stamp;

/// The longest invitation we look at, in bytes: ours have 71.
const MAX_BYTES: usize = 96;

/// Makes and reads invitations.
#[derive(Clone)]
pub struct Invitations(Stamp);

impl Invitations {
    /// The first of `keys` makes invitations, all read them.
    pub fn new(keys: &Keys) -> Self {
        Self(Stamp::new(keys))
    }

    /// An invitation that is good before `expires_at`, in seconds since the Unix epoch.
    pub fn issue(&self, expires_at: i64) -> String {
        self.0.put_on(&expires_at.to_string())
    }

    /// Whether it is one of ours and its time is not over.
    pub fn is_good(&self, invitation: &str, now: i64) -> bool {
        let expires_at = self.0.read(invitation, MAX_BYTES);
        let expires_at = expires_at.and_then(|expires_at| expires_at.parse::<i64>().ok());
        expires_at.is_some_and(|expires_at| now < expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tokens::{Keyring, Secret};

    #[test]
    fn it_is_good_for_its_time_and_as_it_was_written() {
        let keyring = Keyring::new(&Secret::from_random([7; 32]), &[]);
        let invitations = Invitations::new(&keyring.invitation);
        let good = invitations.issue(1_000);
        assert!(good.len() <= MAX_BYTES - 7, "a longer time fits");
        assert!(invitations.is_good(&good, 999));
        assert!(!invitations.is_good(&good, 1_000));
        for at in 0..good.len() {
            let mut other = good.clone();
            other.replace_range(
                at..=at,
                if good[at..].starts_with('A') {
                    "B"
                } else {
                    "A"
                },
            );
            assert!(!invitations.is_good(&other, 999), "{other}");
            assert!(!invitations.is_good(&good[..at], 999));
        }
        for other in [
            String::new(),
            "....".to_owned(),
            format!("{good}A"),
            "v1.".repeat(100),
        ] {
            assert!(!invitations.is_good(&other, 999), "{other}");
        }
        // Another purpose's key, and another secret's.
        for keys in [
            &keyring.refresh,
            &Keyring::new(&Secret::from_random([8; 32]), &[]).invitation,
        ] {
            assert!(!invitations.is_good(&Invitations::new(keys).issue(1_000), 999));
        }
    }
}
