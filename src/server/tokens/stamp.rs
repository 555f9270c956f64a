//! A text that only we can have written: `v1.kid.text.mac`, its HMAC-SHA256 under a key that `kid` names.

use crate::server::tokens::keys::Keys;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const VERSION: &str = "v1";

/// Stamps texts of one purpose and knows them again.
#[derive(Clone)]
pub struct Stamp(Vec<(String, hmac::Key)>);

impl Stamp {
    /// The first of `keys` stamps, all are known.
    pub fn new(keys: &Keys) -> Self {
        let mac_key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let keys = keys.all().iter();
        Self(
            keys.map(|key| (key.kid.clone(), mac_key(&*key.bytes)))
                .collect(),
        )
    }

    /// The same text gives the same each time.
    pub fn put_on(&self, text: &str) -> String {
        let (kid, key) = &self.0[0]; // `Keys` are never empty
        let body = format!("{VERSION}.{kid}.{text}");
        let mac = URL_SAFE_NO_PAD.encode(hmac::sign(key, body.as_bytes()));
        format!("{body}.{mac}")
    }

    /// The text under a stamp of ours; `None` for anything else, and unread for more than `most` bytes.
    pub fn read<'s>(&self, stamped: &'s str, most: usize) -> Option<&'s str> {
        if stamped.len() > most {
            return None;
        }
        let (body, mac) = stamped.rsplit_once('.')?;
        let (version, rest) = body.split_once('.')?;
        let (kid, text) = rest.split_once('.')?;
        if version != VERSION {
            return None;
        }
        let (_, key) = self.0.iter().find(|(known, _)| known == kid)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(key, body.as_bytes(), &mac).ok()?;
        Some(text)
    }

    /// Six digits that only we can tell from the text. They are soon guessed: whoever asks must count.
    pub fn digits(&self, text: &str) -> String {
        let (_, key) = &self.0[0]; // `Keys` are never empty
        digits(key, text)
    }

    /// Whether these are the text's digits, under any of the keys.
    pub fn has_digits(&self, text: &str, guess: &str) -> bool {
        self.0.iter().any(|(_, key)| {
            verify_slices_are_equal(digits(key, text).as_bytes(), guess.as_bytes()).is_ok()
        })
    }
}

fn digits(key: &hmac::Key, text: &str) -> String {
    let mac = hmac::sign(key, text.as_bytes());
    let number =
        (mac.as_ref().iter().take(8)).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    // Of 2^64 numbers each six digits get as many as any others, but for one in 10^13.
    format!("{:06}", number % 1_000_000)
}
