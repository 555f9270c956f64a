//! What people may take away: all that is held about them.

use super::audit::{AuditPage, by_user};
use super::{Accounts, Confirmation};
use crate::domain::audit::{AuditEvent, Source};
use crate::domain::error::AppError;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use crate::server::storage::{
    AuditRecord, Credentials, HeldAccount, HeldLetter, HeldLink, HeldSession,
};
use crate::server::tokens::AccessClaims;

/// How long ago the password may have been given where it cannot be given again, in seconds.
pub const RECENT_SECONDS: i64 = 300;

/// How much is read at a time.
const AT_ONCE: u32 = 500;

/// All that is held about somebody, to be read piece by piece. Whoever has this may read it, and that they do is on record.
pub struct DataExport {
    accounts: Accounts,
    user: Credentials,
    /// When it was begun.
    pub at: Millis,
}

impl Accounts {
    /// Begins an export for somebody who gives the password again.
    ///
    /// # Errors
    /// When the password is wrong.
    pub async fn export_data(&self, given: Confirmation<'_>) -> Result<DataExport, AppError> {
        let (user, _) = self.signed_in(given.user, given.session).await?;
        let refusal = (AuditEvent::ConfirmationRefused, "export");
        self.confirm_password(&user, given, refusal).await?;
        self.begin_export(user, given.session, given.source).await
    }

    /// Begins an export for somebody who gave the password a short while ago.
    ///
    /// # Errors
    /// [`AppError::StaleAuthentication`] when that was longer ago.
    pub async fn export_data_after_sign_in(
        &self,
        claims: &AccessClaims,
        source: &Source,
    ) -> Result<DataExport, AppError> {
        let (user, _) = self.signed_in(claims.sub, claims.sid).await?;
        if self.is_stale(claims) {
            return Err(AppError::StaleAuthentication);
        }
        self.begin_export(user, claims.sid, source).await
    }

    /// Notes it first, so that nobody takes anything away unseen.
    async fn begin_export(
        &self,
        user: Credentials,
        session: SessionId,
        source: &Source,
    ) -> Result<DataExport, AppError> {
        self.note(AuditRecord {
            session: Some(session),
            ..by_user(AuditEvent::DataExported, user.id, source)
        })
        .await?;
        Ok(DataExport {
            accounts: self.clone(),
            user,
            at: self.0.clock.now(),
        })
    }
}

impl DataExport {
    /// Whose.
    pub fn user(&self) -> UserId {
        self.user.id
    }

    /// The account.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when there is no such user any more.
    pub async fn account(&self) -> Result<HeldAccount, AppError> {
        let account = self.accounts.0.storage.held_account(self.user.id).await?;
        account.ok_or(AppError::NotSignedIn)
    }

    /// Links that were sent by mail.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn links(&self) -> Result<Vec<HeldLink>, AppError> {
        Ok(self.accounts.0.storage.held_links(self.user.id).await?)
    }

    /// Some sessions, live or ended: those after `after`; none when there are no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(&self, after: Option<SessionId>) -> Result<Vec<HeldSession>, AppError> {
        let storage = &self.accounts.0.storage;
        Ok(storage.held_sessions(self.user.id, after, AT_ONCE).await?)
    }

    /// Some letters on their way: those after `after`; none when there are no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn letters(&self, after: &str) -> Result<Vec<HeldLetter>, AppError> {
        let storage = &self.accounts.0.storage;
        Ok(storage
            .held_letters(&self.user.email, after, AT_ONCE)
            .await?)
    }

    /// What happened to the account before the record `before`, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activity(&self, before: Option<i64>) -> Result<AuditPage, AppError> {
        self.accounts.activity(self.user.id, before, AT_ONCE).await
    }
}
