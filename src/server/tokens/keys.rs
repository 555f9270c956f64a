//! The secret an operator sets, and the keys that are derived from it, one for each purpose.

use aws_lc_rs::{digest, hkdf};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What the operator keeps: at least 32 bytes of randomness, written in base64url.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why a secret is refused. It never shows the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Not base64url, or with padding.
    #[error("is not base64url (A-Z, a-z, 0-9, - and _, without padding)")]
    NotBase64Url,
    /// Fewer bytes than an HMAC-SHA256 key must have (RFC 7518, section 3.2).
    #[error("holds fewer than {} bytes", Secret::MIN_BYTES)]
    TooShort,
    /// So few different bytes that nobody drew it at random.
    #[error("repeats a few bytes over and over")]
    Repetitive,
    /// A word or a sample that everybody knows, padded or repeated.
    #[error("is a well-known sample")]
    WellKnown,
}

/// Words that stand in sample configurations and in lists for guessing HMAC keys.
const WELL_KNOWN: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "admin",
    "change",
    "default",
    "example",
    "hmackey",
    "jwtkey",
    "jwtsecret",
    "mysecret",
    "password",
    "privatekey",
    "secret",
    "signingkey",
    "supersecret",
    "testkey",
    "vestibule",
    "yoursecret",
    "0123456789",
    "123456789",
    "qwerty",
    "江山代有才人出各领风骚数百年",
];

impl Secret {
    /// The fewest bytes a secret may have: the output size of SHA-256 (RFC 7518, section 3.2).
    pub const MIN_BYTES: usize = 32;

    /// Reads a secret as an operator wrote it.
    ///
    /// # Errors
    /// When it is not base64url, too short, repetitive or well known.
    pub fn parse(text: &str) -> Result<Self, WeakSecret> {
        let bytes = Zeroizing::new(
            URL_SAFE_NO_PAD
                .decode(text.trim())
                .map_err(|_| WeakSecret::NotBase64Url)?,
        );
        if is_padded_sample(text) || is_text_with_sample(&bytes) {
            return Err(WeakSecret::WellKnown);
        }
        if bytes.len() < Self::MIN_BYTES {
            return Err(WeakSecret::TooShort);
        }
        // 32 random bytes hold fewer than 16 different values about once in 10^17 draws.
        let distinct = bytes.iter().collect::<BTreeSet<_>>().len();
        if distinct < 16 || counts_up(&bytes) {
            return Err(WeakSecret::Repetitive);
        }
        Ok(Self(bytes))
    }

    /// Makes a secret of 32 bytes that were drawn at random.
    pub fn from_random(bytes: [u8; Self::MIN_BYTES]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The form an operator keeps.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(&*self.0))
    }

    /// HKDF-SHA256 (RFC 5869) without salt; `info` names the purpose.
    fn derive(&self, info: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let info = [info.as_bytes()];
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&self.0);
        // Both calls fail only for an output above 255 hashes; ours is one.
        if let Ok(expanded) = extracted.expand(&info, hkdf::HKDF_SHA256) {
            let filled = expanded.fill(&mut *key);
            debug_assert!(filled.is_ok(), "HKDF gives 32 bytes");
        }
        key
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// Whether what was written is, letter case and punctuation aside, a well-known word and what people
/// pad it with. A random secret may hold a short word by chance, but not little else.
fn is_padded_sample(text: &str) -> bool {
    let plain = plain(text);
    WELL_KNOWN.iter().any(|word| {
        let rest = plain.replace(word, "");
        rest.len() < plain.len() && rest.chars().collect::<BTreeSet<_>>().len() < 12
    })
}

/// Whether what it stands for is text, which random bytes never are, with a well-known word in it.
fn is_text_with_sample(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        let plain = plain(text);
        !text.contains(char::is_control) && WELL_KNOWN.iter().any(|word| plain.contains(word))
    })
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether each byte follows the one before it, as in 00 01 02 03…
fn counts_up(bytes: &[u8]) -> bool {
    bytes
        .windows(2)
        .all(|pair| pair[1] == pair[0].wrapping_add(1))
}

/// A key for one purpose, with the name by which tokens refer to it.
#[derive(Clone)]
pub struct Key {
    /// The first 12 characters of base64url(SHA-256(key)).
    pub kid: String,
    /// 32 bytes.
    pub bytes: Zeroizing<[u8; 32]>,
}

impl Key {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let hash = digest::digest(&digest::SHA256, &*bytes);
        let mut kid = URL_SAFE_NO_PAD.encode(hash);
        kid.truncate(12);
        Self { kid, bytes }
    }
}

/// The keys of one purpose: the first signs, all verify. So a secret can be replaced without
/// signing anybody out.
#[derive(Clone)]
pub struct Keys(Vec<Key>);

impl Keys {
    fn derive(current: &Secret, previous: &[Secret], info: &str) -> Self {
        let secrets = std::iter::once(current).chain(previous);
        Self(
            secrets
                .map(|secret| Key::new(secret.derive(info)))
                .collect(),
        )
    }

    /// The key that signs.
    pub fn current(&self) -> &Key {
        &self.0[0] // `derive` always puts the current secret's key first
    }

    /// Every key, the signing one first.
    pub fn all(&self) -> &[Key] {
        &self.0
    }

    /// The bytes of every key, the signing one first.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.0.iter().map(|key| &*key.bytes)
    }
}

/// All keys, each purpose with its own.
#[derive(Clone)]
pub struct Keyring {
    /// Signs access tokens.
    pub access: Keys,
    /// Authenticates refresh tokens.
    pub refresh: Keys,
    /// Seals the flash cookie.
    pub flash: Keys,
    /// Authenticates the invitation to the first administrator.
    pub invitation: Keys,
    /// Seals the audit trail.
    pub audit: Keys,
    /// Authenticates the marks of known browsers.
    pub known_browser: Keys,
    /// Authenticates links that are sent by mail.
    pub mailed_link: Keys,
    /// Hides whose failures are counted.
    pub attempts: Keys,
}

impl Keyring {
    /// Derives all keys from the operator's secrets; `previous` ones only verify.
    pub fn new(current: &Secret, previous: &[Secret]) -> Self {
        let keys = |info| Keys::derive(current, previous, info);
        Self {
            access: keys("vestibule/access-token/v1"),
            refresh: keys("vestibule/refresh-token/v1"),
            flash: keys("vestibule/flash-cookie/v1"),
            invitation: keys("vestibule/invitation/v1"),
            audit: keys("vestibule/audit-trail/v1"),
            known_browser: keys("vestibule/known-browser/v1"),
            mailed_link: keys("vestibule/mailed-link/v1"),
            attempts: keys("vestibule/attempts/v1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_must_be_random_enough() {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let counting: Vec<u8> = (0..32).collect();
        for (text, refusal) in [
            ("not base64 at all!".to_owned(), WeakSecret::NotBase64Url),
            (encode(&[7; 16]), WeakSecret::TooShort),
            (encode(&[7; 32]), WeakSecret::Repetitive),
            (encode(&counting), WeakSecret::Repetitive),
            (
                encode(b"secretsecretsecretsecretsecretse"),
                WeakSecret::WellKnown,
            ),
            (
                encode(b"your-256-bit-secret-change-me-now"),
                WeakSecret::WellKnown,
            ),
            ("changeme".to_owned(), WeakSecret::WellKnown),
            (
                encode("江山代有才人出各领风骚数百年".as_bytes()),
                WeakSecret::WellKnown,
            ),
        ] {
            assert_eq!(Secret::parse(&text).err(), Some(refusal), "{text}");
        }
        // A short word is in a random secret by chance, but then there are a dozen other letters beside it.
        let twelve_others = "secretmhpippnlbkgnbfdikgjldmgbpgjhfjfdfmmkg";
        assert!(Secret::parse(twelve_others).is_ok());
        let eleven_others = "secretmhinlbkgnbfdikgjldmgbgjhfjfdfmmkffbbg";
        assert_eq!(
            Secret::parse(eleven_others).err(),
            Some(WeakSecret::WellKnown)
        );
        // Each of so many values twice, in no order that a person would write.
        let of_values = |count: u8| {
            (0..32)
                .map(|at| (at % count).wrapping_mul(29).wrapping_add(7))
                .collect::<Vec<u8>>()
        };
        let repeating = Secret::parse(&encode(&of_values(15)));
        assert_eq!(repeating.err(), Some(WeakSecret::Repetitive));
        assert!(Secret::parse(&encode(&of_values(16))).is_ok());
    }

    #[test]
    fn a_random_secret_survives_its_written_form() {
        for _ in 0..200 {
            let bytes = crate::server::random::Random::system()
                .bytes()
                .expect("randomness");
            let text = Secret::from_random(bytes).to_text();
            let again = Secret::parse(&text).expect("random secrets pass");
            assert_eq!(*again.to_text(), *text);
        }
    }

    #[test]
    fn keys_differ_by_purpose_and_never_show_the_secret() {
        let secret = Secret::from_random([9; 32]);
        let ring = Keyring::new(&secret, &[]);
        assert_ne!(ring.access.current().bytes, ring.refresh.current().bytes);
        assert_ne!(ring.access.current().kid, ring.refresh.current().kid);
        assert_eq!(ring.access.current().kid.len(), 12);
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
    }
}
