//! The invitation to become the first administrator: `v1.kid.exp.mac`. It is kept nowhere; that it is used once is the
//! database's to say.

use crate::server::tokens::keys::Keys;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest invitation we look at, in bytes: ours have 71.
const MAX_BYTES: usize = 96;

/// Makes and reads invitations.
#[derive(Clone)]
pub struct Invitations(Vec<(String, hmac::Key)>);

impl Invitations {
    /// The first of `keys` makes invitations, all read them.
    pub fn new(keys: &Keys) -> Self {
        let mac_key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let keys = keys.all().iter();
        Self(
            keys.map(|key| (key.kid.clone(), mac_key(&*key.bytes)))
                .collect(),
        )
    }

    /// An invitation that is good before `expires_at`, in seconds since the Unix epoch.
    pub fn issue(&self, expires_at: i64) -> String {
        let (kid, key) = &self.0[0]; // `Keys` are never empty
        let body = format!("v1.{kid}.{expires_at}");
        let mac = URL_SAFE_NO_PAD.encode(hmac::sign(key, body.as_bytes()));
        format!("{body}.{mac}")
    }

    /// Whether it is one of ours and its time is not over.
    pub fn is_good(&self, invitation: &str, now: i64) -> bool {
        self.read(invitation)
            .is_some_and(|expires_at| now < expires_at)
    }

    fn read(&self, invitation: &str) -> Option<i64> {
        if invitation.len() > MAX_BYTES {
            return None;
        }
        let (body, mac) = invitation.rsplit_once('.')?;
        let (kid, expires_at) = body.strip_prefix("v1.")?.split_once('.')?;
        let (_, key) = self.0.iter().find(|(known, _)| known == kid)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(key, body.as_bytes(), &mac).ok()?;
        expires_at.parse().ok()
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
