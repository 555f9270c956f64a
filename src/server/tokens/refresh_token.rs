//! Refresh tokens: `v1.kid.sid.gen.mac`, opaque to everybody but us.
//!
//! The token is computed from the session's row and a key that is not in the database, so a stolen
//! database signs nobody in, and a successor that got lost can be made again, byte for byte.

use crate::domain::session::{Generation, SessionId};
use crate::server::tokens::keys::Keys;
use crate::server::tokens::stamp::Stamp;

/// The longest refresh token we look at, in bytes: ours have at most 93.
const MAX_BYTES: usize = 128;

/// Makes and reads refresh tokens.
#[derive(Clone)]
pub struct RefreshTokens(Stamp);

impl RefreshTokens {
    /// The first of `keys` makes tokens, all read them.
    pub fn new(keys: &Keys) -> Self {
        Self(Stamp::new(keys))
    }

    /// The token of this generation of the session: the same every time it is asked for.
    pub fn issue(&self, session: SessionId, generation: Generation) -> String {
        self.0.put_on(&format!("{session}.{}", generation.0))
    }

    /// The session and generation of a token that is ours; `None` for anything else.
    pub fn read(&self, token: &str) -> Option<(SessionId, Generation)> {
        let (session, generation) = self.0.read(token, MAX_BYTES)?.split_once('.')?;
        let session = SessionId::parse(session)?;
        let number: u32 = generation.parse().ok()?;
        // Written as we write it: not `+1`, not `01`.
        (number.to_string() == generation).then_some((session, Generation(number)))
    }
}
