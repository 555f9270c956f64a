//! Letters on their way out: which are due, and what becomes of each.

use super::Accounts;
use crate::domain::error::AppError;
use crate::server::mail::{Letter, Post, PostError};
use crate::server::storage::DueLetter;
use std::time::Duration;

/// How long whoever takes letters has to send them; then somebody else may.
const LEASE_MS: i64 = 10 * 60_000;
/// How long after the first try it is tried again; each time twice as long after.
const FIRST_PAUSE_MS: i64 = 30_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;
/// Older news than this is told nobody any more: SMTP servers give up after about as long (RFC 5321, section 4.5.4.1).
const GIVEN_UP_AFTER_MS: i64 = 4 * 86_400_000;
/// How long one letter may take, so that all that are taken at once are done within the lease.
const PATIENCE: Duration = Duration::from_secs(30);

impl Accounts {
    /// Sends what is due, as `write` has it in words. What the server does not take now is tried again later, after longer and longer
    /// pauses. Several instances may do this at once. Returns how many were sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn send_letters(
        &self,
        post: &Post,
        write: impl Fn(&DueLetter) -> Option<Letter>,
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
                let Some(letter) = write(&due) else {
                    tracing::error!(id = due.id, "there are no words for this letter");
                    storage.forget_letter(&due.id).await?;
                    continue;
                };
                let tried = tokio::time::timeout(PATIENCE, post.send(&letter)).await;
                match tried {
                    Ok(Ok(())) => {
                        sent += 1;
                        storage.forget_letter(&due.id).await?;
                    }
                    Ok(Err(
                        error @ (PostError::Never(_)
                        | PostError::Unwritable(_)
                        | PostError::Unaddressable(_)),
                    )) => {
                        tracing::error!(id = due.id, %error, "a letter cannot be sent");
                        storage.forget_letter(&due.id).await?;
                    }
                    Ok(Err(PostError::Later(_))) | Err(_)
                        if now - due.happened_at > GIVEN_UP_AFTER_MS =>
                    {
                        tracing::error!(
                            id = due.id,
                            "a letter could not be sent for days and is given up"
                        );
                        storage.forget_letter(&due.id).await?;
                    }
                    Ok(Err(error)) => {
                        tracing::warn!(id = due.id, tries = due.tries, %error, "a letter waits");
                        storage
                            .postpone_letter(&due.id, now + pause(due.tries))
                            .await?;
                    }
                    Err(_) => {
                        tracing::warn!(
                            id = due.id,
                            tries = due.tries,
                            "a letter waits: the SMTP server does not answer"
                        );
                        storage
                            .postpone_letter(&due.id, now + pause(due.tries))
                            .await?;
                    }
                }
            }
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
