//! How an account comes to its end: its owner asks, thinks better of it or does not, and after some days it is gone.
//!
//! Signing in keeps it, as long as it is there (`sessions.rs`).

use super::audit::by_user;
use super::{Accounts, Confirmation, to_its_end};
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::error::AppError;
use crate::domain::user::{DELETION_GRACE_MS, UserId};
use crate::server::clock::Millis;
use crate::server::storage::{AuditRecord, Leave};

/// How many accounts are looked for at a time.
const AT_ONCE: u32 = 100;

impl Accounts {
    /// Sends an account on its way, at the wish of its owner: every session ends at once, and in seven days it is deleted. Says when.
    ///
    /// # Errors
    /// When the password is wrong, and [`AppError::LastAdministrator`] when nobody would remain to administrate; then nothing changed.
    pub async fn request_deletion(&self, given: Confirmation<'_>) -> Result<Millis, AppError> {
        let (user, _) = self.signed_in(given.user, given.session).await?;
        let refusal = (AuditEvent::ConfirmationRefused, "deletion");
        self.confirm_password(&user, given, refusal).await?;
        let (this, session, source) = (self.clone(), given.session, given.source.clone());
        to_its_end(async move {
            let moment = this.moment();
            let delete_at = moment.now.saturating_add(DELETION_GRACE_MS);
            let record = AuditRecord {
                session: Some(session),
                ..by_user(AuditEvent::DeletionRequested, user.id, &source)
            };
            let storage = &this.0.storage;
            let leave = storage.request_deletion(&user, session, delete_at, &record, moment);
            match leave.await? {
                Leave::Taken(revocation) => {
                    this.0.access_tokens.revoke(revocation);
                    Ok(delete_at)
                }
                // The same form sent twice.
                Leave::TakenBefore(delete_at) => Ok(delete_at),
                // As when two change the password at once: what was given may not be it any more.
                Leave::Refused => Err(AppError::WrongCurrentPassword),
                Leave::LastAdministrator => Err(AppError::LastAdministrator),
            }
        })
        .await
    }

    /// Deletes the accounts whose time has come, and says how many. To be called now and then; several instances may do it at once.
    ///
    /// # Errors
    /// When the database fails for one of them; the others are deleted all the same.
    pub async fn delete_due_accounts(&self) -> Result<usize, AppError> {
        let storage = &self.0.storage;
        let (mut deleted, mut failure) = (0, None);
        loop {
            let due = storage.accounts_to_delete(self.0.clock.now(), AT_ONCE);
            let due = due.await?;
            let is_last = due.len() < AT_ONCE as usize;
            for user in due {
                match self.delete_account(user).await {
                    Ok(is_deleted) => deleted += usize::from(is_deleted),
                    Err(error) => failure = Some(error),
                }
            }
            match failure {
                // The same would be found again.
                Some(failure) => return Err(failure),
                None if is_last => return Ok(deleted),
                None => {}
            }
        }
    }

    async fn delete_account(&self, user: UserId) -> Result<bool, AppError> {
        let source = Source::default();
        let record = AuditRecord {
            // Nobody does it: time does.
            actor: Actor::Anonymous,
            ..by_user(AuditEvent::AccountDeleted, user, &source)
        };
        let now = self.0.clock.now();
        let is_deleted = self.0.storage.delete_account(user, &record, now).await?;
        if is_deleted {
            tracing::info!(%user, "an account was deleted");
        }
        Ok(is_deleted)
    }
}
