//! The mark of a browser in which somebody has signed in: `v1.kid.uid.id.mac`. It opens nothing. It tells this browser from
//! all others that claim to be the same person, so that their wrong guesses do not shut it out (OWASP's device cookies).

use crate::domain::user::{UserId, id_type};
use crate::server::tokens::keys::Keys;
use crate::server::tokens::stamp::Stamp;

id_type!(
    /// A browser's identifier, for one user: 16 random bytes.
    BrowserId
);

/// The longest mark we look at, in bytes: ours have 105.
const MAX_BYTES: usize = 128;

/// Makes and reads marks.
#[derive(Clone)]
pub struct KnownBrowsers(Stamp);

impl KnownBrowsers {
    /// The first of `keys` makes marks, all read them.
    pub fn new(keys: &Keys) -> Self {
        Self(Stamp::new(keys))
    }

    /// The mark of a browser in which this user has signed in.
    pub fn issue(&self, user: UserId, browser: BrowserId) -> String {
        self.0.put_on(&format!("{user}.{browser}"))
    }

    /// Which browser it is, if the mark is ours and this user's.
    pub fn read(&self, mark: &str, user: UserId) -> Option<BrowserId> {
        let (owner, browser) = self.0.read(mark, MAX_BYTES)?.split_once('.')?;
        let browser = BrowserId::parse(browser)?;
        (UserId::parse(owner)? == user).then_some(browser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tokens::{Keyring, Secret};

    #[test]
    fn a_mark_is_one_user_s_and_as_it_was_written() {
        let keyring = Keyring::new(&Secret::from_random([7; 32]), &[]);
        let marks = KnownBrowsers::new(&keyring.known_browser);
        let (ada, eve) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let browser = BrowserId::from_bytes([3; 16]);
        let mark = marks.issue(ada, browser);
        assert_eq!(mark.len(), 105);
        assert_eq!(marks.read(&mark, ada), Some(browser));
        assert_eq!(marks.read(&mark, eve), None);
        for other in [
            "",
            "....",
            &mark[1..],
            &mark[..104],
            &format!("{mark}A"),
            &mark.replacen("v1", "v2", 1),
        ] {
            assert_eq!(marks.read(other, ada), None, "{other}");
        }
        let elsewhere = KnownBrowsers::new(&keyring.refresh).issue(ada, browser);
        assert_eq!(marks.read(&elsewhere, ada), None);
    }
}
