//! Letters on their way out: which are due, and what becomes of each.

use super::Accounts;
use crate::domain::audit::AuditEvent;
use crate::domain::error::AppError;
use crate::domain::mailed_link::Purpose;
use crate::server::clock::Millis;
use crate::server::mail::{Carrier, Letter, PostError};
use crate::server::storage::DueLetter;
use std::time::Duration;
use tokio::time::error::Elapsed;

/// How long whoever takes letters has to send them; then somebody else may.
const LEASE_MS: i64 = 10 * 60_000;
/// How long after the first try it is tried again; each time twice as long after.
const FIRST_PAUSE_MS: i64 = 30_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;
/// Older news than this is told nobody any more: SMTP servers give up after about as long (RFC 5321, section 4.5.4.1).
const GIVEN_UP_AFTER_MS: i64 = 4 * 86_400_000;
/// How long one letter may take, so that all that are taken at once are done within the lease.
const PATIENCE: Duration = Duration::from_secs(30);

/// A letter that is about to be written.
pub struct Outgoing {
    /// To whom, and what it tells of.
    pub due: DueLetter,
    /// The link in it; `None` if that is good no more.
    pub link: Option<LetterLink>,
}

/// The link in a letter.
pub struct LetterLink {
    /// What it is for.
    pub purpose: Purpose,
    /// What stands in it: a secret.
    pub token: String,
    /// The code beside it, if it has one: a secret.
    pub code: Option<String>,
}

impl Accounts {
    /// Sends what is due, as `write` has it in words. What the server does not take now is tried again later, after longer and longer
    /// pauses. Several instances may do this at once. Returns how many were sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn send_letters(
        &self,
        carrier: &Carrier,
        write: impl Fn(&Outgoing) -> Option<Letter>,
    ) -> Result<usize, AppError> {
        let (storage, clock) = (&self.0.storage, &self.0.clock);
        let mut sent = 0;
        loop {
            let now = clock.now();
            let letters = storage.take_letters(now, now + LEASE_MS).await?;
            if letters.is_empty() {
                return Ok(sent);
            }
            for due in letters {
                let link = self.link_of(&due, now).await?;
                let outgoing = Outgoing { due, link };
                let fate = match write(&outgoing) {
                    Some(letter) => {
                        Fate::of(tokio::time::timeout(PATIENCE, carrier.carry(letter)).await)
                    }
                    None => Fate::Never("there is nothing to say any more".to_owned()),
                };
                let due = &outgoing.due;
                let (id, tries) = (&due.id, due.tries);
                let is_old = now - due.happened_at > GIVEN_UP_AFTER_MS;
                match fate {
                    Fate::Sent => sent += 1,
                    Fate::Later(why) if !is_old => {
                        tracing::warn!(id, tries, why, "a letter waits");
                        storage.postpone_letter(id, now + pause(tries)).await?;
                        continue;
                    }
                    Fate::Later(why) | Fate::Never(why) => {
                        tracing::error!(id, tries, why, "a letter is given up");
                    }
                }
                storage.forget_letter(id).await?;
            }
        }
    }

    /// The link of a letter, made now: no secret lies in the outbox.
    async fn link_of(&self, due: &DueLetter, now: Millis) -> Result<Option<LetterLink>, AppError> {
        let Some(purpose) = due.event.and_then(AuditEvent::link) else {
            return Ok(None);
        };
        let link = self.0.storage.mailed_link(&due.id, purpose, now).await?;
        let links = &self.0.mailed_links;
        Ok(link.map(|link| LetterLink {
            purpose,
            token: links.issue(purpose, &due.id),
            code: link.has_code.then(|| links.code(purpose, &due.id)),
        }))
    }
}

/// What became of a letter, and why.
enum Fate {
    Sent,
    Later(String),
    Never(String),
}

impl Fate {
    fn of(tried: Result<Result<(), PostError>, Elapsed>) -> Self {
        match tried {
            Ok(Ok(())) => Self::Sent,
            Ok(Err(error @ PostError::Later(_))) => Self::Later(error.without_words()),
            Ok(Err(error)) => Self::Never(error.without_words()),
            Err(_) => Self::Later("the SMTP server does not answer".to_owned()),
        }
    }
}

/// After so many tries.
fn pause(tries: u32) -> i64 {
    let doublings = tries.saturating_sub(1).min(16);
    (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_an_hour() {
        let pauses = [1, 2, 3, 7, 8, 40, u32::MAX].map(|tries| pause(tries) / 1000);
        assert_eq!(pauses, [30, 60, 120, 1920, 3600, 3600, 3600]);
    }
}
