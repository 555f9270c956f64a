//! How often passwords may be guessed: failures are counted by account and place, in the database, so that all instances
//! count together.

use super::Accounts;
use crate::domain::device::Network;
use crate::domain::error::AppError;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use crate::server::storage::AttemptLimit;
use crate::server::tokens::BrowserId;
use crate::server::tokens::keys::Keys;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Failures are counted for so long, from the first (milliseconds).
const WINDOW: Millis = 15 * 60 * 1000;

/// An account may fail so many times as often from all places together as from one: at the ordinary limit of 10, the
/// hundred that NIST SP 800-63B-4, section 3.2.2, allows.
const ALL_PLACES: i64 = 10;

/// Who is about to give a password.
pub(super) enum Guesser<'a> {
    /// Somebody at a network who names this e-mail, whether it has an account or not.
    Stranger(&'a str, Option<Network>),
    /// A browser in which this user has signed in before: nobody else's failures count.
    Known(UserId, BrowserId),
    /// Whoever is signed in in this session.
    SignedIn(SessionId),
}

/// An attempt that was counted, until it is known what came of it.
pub(super) struct Attempt(pub(super) Vec<AttemptLimit>);

/// Counts failures.
pub(super) struct Attempts {
    key: hmac::Key,
    most: i64,
}

impl Attempts {
    /// `most` failures at one place; 0 for any number. Under the first of `keys`: another secret begins to count anew.
    pub(super) fn new(keys: &Keys, most: u32) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*keys.current().bytes);
        let most = i64::from(most);
        Self { key, most }
    }

    fn limits(&self, guesser: &Guesser<'_>) -> Vec<AttemptLimit> {
        let limit = |parts: &[&str], most| AttemptLimit {
            key: self.key_of(parts),
            most,
        };
        let most = self.most;
        match guesser {
            _ if most == 0 => Vec::new(),
            Guesser::Stranger(email, network) => {
                let email = email.trim().to_ascii_lowercase();
                let network = network.map_or(String::new(), |network| network.to_string());
                vec![
                    // First, so that one place cannot use up what all have together.
                    limit(&["place", &email, &network], most),
                    limit(&["account", &email], most.saturating_mul(ALL_PLACES)),
                ]
            }
            Guesser::Known(user, browser) => {
                let parts = ["browser", &user.to_string(), &browser.to_string()];
                vec![limit(&parts, most)]
            }
            Guesser::SignedIn(session) => vec![limit(&["session", &session.to_string()], most)],
        }
    }

    /// Each part has its length before it, so that no two lists are written alike.
    fn key_of(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.sign())
    }
}

impl Accounts {
    /// Counts an attempt before it is made: of many at once, no more get through than may.
    ///
    /// # Errors
    /// [`AppError::TooManyFailures`] when it is one too many.
    pub(super) async fn begin_attempt(&self, guesser: Guesser<'_>) -> Result<Attempt, AppError> {
        let limits = self.0.attempts.limits(&guesser);
        if limits.is_empty() {
            return Ok(Attempt(limits));
        }
        let now = self.0.clock.now();
        match self.0.storage.count_attempt(&limits, WINDOW, now).await? {
            None => Ok(Attempt(limits)),
            Some(since) => {
                let milliseconds = since.saturating_add(WINDOW).saturating_sub(now);
                // Not a moment too early: a second that has begun is waited for.
                let seconds = milliseconds.saturating_add(999).div_euclid(1000);
                Err(AppError::TooManyFailures {
                    retry_after_seconds: u32::try_from(seconds).unwrap_or(1).max(1),
                })
            }
        }
    }

    /// The password was right: the place begins anew, and the account as a whole is as it was.
    pub(super) async fn attempt_was_right(&self, attempt: Attempt) -> Result<(), AppError> {
        if attempt.0.is_empty() {
            return Ok(());
        }
        Ok(self.0.storage.forgive_attempt(&attempt.0).await?)
    }

    /// The password was not looked at after all.
    pub(super) async fn attempt_was_not_made(&self, attempt: Attempt) -> Result<(), AppError> {
        if attempt.0.is_empty() {
            return Ok(());
        }
        Ok(self.0.storage.take_back_attempt(&attempt.0).await?)
    }

    /// Forgets failures that count no more. To be called now and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_past_attempts(&self) -> Result<(), AppError> {
        let until = self.0.clock.now().saturating_sub(WINDOW);
        Ok(self.0.storage.delete_past_attempts(until).await?)
    }
}
