//! Refresh tokens: `v1.kid.sid.gen.mac`, opaque to everybody but us.
//!
//! The token is computed from the session's row and a key that is not in the database, so a stolen
//! database signs nobody in, and a successor that got lost can be made again, byte for byte.

use crate::domain::session::{Generation, SessionId};
use crate::server::tokens::keys::Keys;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest refresh token we look at, in bytes: ours have at most 93.
const MAX_BYTES: usize = 128;

/// Makes and reads refresh tokens.
#[derive(Clone)]
pub struct RefreshTokens(Vec<(String, hmac::Key)>);

impl RefreshTokens {
    /// The first of `keys` makes tokens, all read them.
    pub fn new(keys: &Keys) -> Self {
        let mac_key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self(
            keys.all()
                .iter()
                .map(|key| (key.kid.clone(), mac_key(&*key.bytes)))
                .collect(),
        )
    }

    /// The token of this generation of the session: the same every time it is asked for.
    pub fn issue(&self, session: SessionId, generation: Generation) -> String {
        let (kid, key) = &self.0[0]; // `Keys` are never empty
        let body = format!("v1.{kid}.{session}.{}", generation.0);
        let mac = URL_SAFE_NO_PAD.encode(hmac::sign(key, body.as_bytes()));
        format!("{body}.{mac}")
    }

    /// The session and generation of a token that is ours; `None` for anything else.
    pub fn read(&self, token: &str) -> Option<(SessionId, Generation)> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let (body, mac) = token.rsplit_once('.')?;
        let mut parts = body.split('.');
        let (version, kid) = (parts.next()?, parts.next()?);
        let (session, generation) = (parts.next()?, parts.next()?);
        if version != "v1" || parts.next().is_some() {
            return None;
        }
        let (_, key) = self.0.iter().find(|(known, _)| known == kid)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(key, body.as_bytes(), &mac).ok()?;
        let session = SessionId::parse(session)?;
        let number: u32 = generation.parse().ok()?;
        // Written as we write it: not `+1`, not `01`.
        (number.to_string() == generation).then_some((session, Generation(number)))
    }
}
