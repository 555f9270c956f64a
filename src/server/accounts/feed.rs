//! What others on the same database take back: another instance, or the command line. Memory alone says whose token counts, so it
//! must know what they did, or know that it does not know.
//!
//! Every instance asks the database all the time, and PostgreSQL also tells as it happens, which is only faster. From the moment at
//! which a successful question was asked, memory is believed for [`FRESH_FOR`]. After that whoever presents a token waits for one
//! more question, which all who wait share; and if that fails too, nobody is let in.

use super::Accounts;
use crate::domain::error::AppError;
use crate::domain::session::{Audience, Revocation};
use crate::server::clock::Millis;
use crate::server::storage::News;
use crate::server::tokens::AccessClaims;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// For so long after the database was asked, what is in memory is all that counts: what ends elsewhere is over here within a second.
const FRESH_FOR: Duration = Duration::from_millis(900);

/// What was taken back so long before the last look is looked at again: a transaction takes its time to commit, and
/// another machine's clock may be behind (milliseconds). Each question reads that much again.
const HEARD_AGAIN: Millis = 20_000;

/// Revocations stay in the database for so long after they mattered: a clock that was wrong for a while must not make them be
/// deleted too early (milliseconds).
const KEPT_LONGER: Millis = 60 * 60 * 1000;

/// Up to when we know what others have taken back.
#[derive(Default)]
pub(super) struct Feed {
    /// When the database was last asked, by the wall's clock.
    asked_at: AtomicI64,
    /// The same in milliseconds of [`Clock::elapsed`](crate::server::clock::Clock::elapsed).
    asked: AtomicU64,
    /// Whoever asks because it is not fresh any more.
    turn: Mutex<()>,
    /// How many of those questions have failed.
    failures: AtomicU64,
}

impl Accounts {
    /// Remembers what was taken back while tokens issued before may still be valid. To be called before
    /// the first request is answered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load_revocations(&self) -> Result<(), AppError> {
        self.0.feed.asked_at.store(Millis::MAX, Ordering::Relaxed);
        self.hear_of_revocations().await
    }

    /// Learns what others on the same database have taken back meanwhile. To be called all the time; whoever cannot
    /// is not ready to serve.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hear_of_revocations(&self) -> Result<(), AppError> {
        let feed = &self.0.feed;
        let (now, elapsed) = (self.0.clock.now(), self.elapsed());
        let asked_at = feed.asked_at.load(Ordering::Relaxed);
        // If the clock was put back, tokens count again that had run out, so what was taken back of them must too.
        let since = match now < asked_at {
            true => 0,
            false => asked_at.saturating_sub(HEARD_AGAIN),
        };
        for revocation in self.0.storage.revocations_since(since, now).await? {
            self.take_back_here(revocation);
        }
        feed.asked_at.store(now, Ordering::Relaxed);
        feed.asked.fetch_max(elapsed, Ordering::Release);
        Ok(())
    }

    /// Takes back here what was taken back elsewhere.
    pub fn take_back_here(&self, revocation: Revocation) {
        self.0.access_tokens.revoke(revocation);
    }

    /// What an access token says, if it counts here and now: as [`AccessTokens::verify`](crate::server::tokens::AccessTokens::verify)
    /// does, and sure of what others took back up to a second ago. While the last question is recent it asks no database; else
    /// all who come at the time share one.
    ///
    /// # Errors
    /// When the database does not tell: then nobody can know whose token still counts.
    pub async fn claims_of(
        &self,
        token: &str,
        audience: Audience,
    ) -> Result<Option<AccessClaims>, AppError> {
        let tokens = &self.0.access_tokens;
        let Ok(claims) = tokens.verify(token, audience) else {
            return Ok(None);
        };
        self.know_revocations().await?;
        let still_counts = tokens.allow(claims.sub, claims.sid, claims.ver);
        Ok(still_counts.then_some(claims))
    }

    async fn know_revocations(&self) -> Result<(), AppError> {
        if self.is_fresh() {
            return Ok(());
        }
        let feed = &self.0.feed;
        let failed_before = feed.failures.load(Ordering::Relaxed);
        let _turn = feed.turn.lock().await;
        // Whoever was before us has asked, and we share what came of it: a question that fails may take its time to.
        if self.is_fresh() {
            return Ok(());
        }
        if feed.failures.load(Ordering::Relaxed) != failed_before {
            return Err(AppError::Unavailable);
        }
        let heard = self.hear_of_revocations().await;
        if heard.is_err() {
            feed.failures.fetch_add(1, Ordering::Relaxed);
        }
        heard
    }

    /// How long ago the database was last asked with success.
    pub(super) fn feed_age(&self) -> Duration {
        let asked = self.0.feed.asked.load(Ordering::Acquire);
        Duration::from_millis(self.elapsed().saturating_sub(asked))
    }

    fn is_fresh(&self) -> bool {
        self.feed_age() < FRESH_FOR
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.0.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What is taken back as it happens, where the database tells; `None` where it does not.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn news_of_revocations(&self) -> Result<Option<News>, AppError> {
        Ok(self.0.storage.news_of_revocations().await?)
    }

    /// Deletes from the database what was taken back so long ago that it matters no more. To be called now
    /// and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_past_revocations(&self) -> Result<(), AppError> {
        let until = self.0.clock.now().saturating_sub(KEPT_LONGER);
        Ok(self.0.storage.delete_expired_revocations(until).await?)
    }
}
