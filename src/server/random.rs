//! Randomness, given to whoever needs it.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The operating system's cryptographically secure generator.
#[derive(Clone, Debug)]
pub struct Random(SystemRandom);

/// The operating system gave no randomness: nothing that needs it may go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

impl Random {
    /// The system's generator.
    pub fn system() -> Self {
        Self(SystemRandom::new())
    }

    /// `N` fresh bytes.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(bytes)
    }
}
