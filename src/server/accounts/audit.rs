//! The audit trail: what is written into it, who reads it, how long it is kept and whether it is whole.

use super::Accounts;
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::AppError;
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use crate::server::storage::{AuditFilter, AuditHead, AuditRecord, AuditRow, AuditVerdict};

/// What an administrator looks for.
#[derive(Clone, Debug, Default)]
pub struct AuditSearch {
    /// What happened to the account with this e-mail; all if it is empty.
    pub user: String,
    /// What the account with this e-mail did; all if it is empty.
    pub actor: String,
    /// Only this.
    pub event: Option<AuditEvent>,
    /// Only from then on.
    pub since: Option<Millis>,
    /// Only before then.
    pub until: Option<Millis>,
}

/// A page of the audit trail.
#[derive(Default)]
pub struct AuditPage {
    /// The newest first.
    pub records: Vec<AuditRow>,
    /// If there are more: the record before which the next page begins.
    pub next: Option<i64>,
}

impl Accounts {
    /// What happened to a user's account before the record `before`, the newest first; `limit` at the most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activity(
        &self,
        user: UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, AppError> {
        let filter = AuditFilter {
            user: Some(user),
            ..AuditFilter::default()
        };
        self.page(&filter, before, limit).await
    }

    /// What an administrator looks for, before the record `before`, the newest first; `limit` at the most. Nothing for
    /// an e-mail that has no account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_trail(
        &self,
        search: &AuditSearch,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, AppError> {
        let mut filter = AuditFilter {
            event: search.event,
            since: search.since,
            until: search.until,
            ..AuditFilter::default()
        };
        for (email, wanted) in [
            (&search.user, &mut filter.user),
            (&search.actor, &mut filter.actor),
        ] {
            if email.trim().is_empty() {
                continue;
            }
            let found = match Email::parse(email) {
                Ok(email) => self.user_by_email(&email).await?,
                Err(_) => None,
            };
            match found {
                Some(user) => *wanted = Some(user.id),
                None => return Ok(AuditPage::default()),
            }
        }
        self.page(&filter, before, limit).await
    }

    async fn page(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, AppError> {
        let storage = &self.0.storage;
        let more = limit.saturating_add(1);
        let mut records = storage.audit_records(filter, before, more).await?;
        let there_are_more = records.len() > limit as usize;
        records.truncate(limit as usize);
        let next = records.last().filter(|_| there_are_more);
        let next = next.map(|record| record.seq);
        Ok(AuditPage { records, next })
    }

    /// Notes that an administrator takes the trail away as a file of this kind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_export(
        &self,
        administrator: UserId,
        kind: &str,
        source: &Source,
    ) -> Result<(), AppError> {
        let event = AuditEvent::AuditExported;
        self.note(AuditRecord {
            user: None,
            detail: kind,
            ..by_user(event, administrator, source)
        })
        .await
    }

    /// Takes away what is older than the operator wants it kept. To be called now and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_past_activity(&self) -> Result<(), AppError> {
        let now = self.0.clock.now();
        let until = now.saturating_sub(self.0.policy.audit_retention_ms);
        while self.0.storage.forget_audit_records(until).await? > 0 {}
        Ok(())
    }

    /// Reads the whole trail and says what is wrong with it, and whether it has the head that was noted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_audit_trail(
        &self,
        noted: Option<&AuditHead>,
    ) -> Result<AuditVerdict, AppError> {
        Ok(self.0.storage.verify_audit_trail(noted).await?)
    }

    /// Seals the trail as it stands, and notes that: the operator vouches for it, after a secret was replaced whose
    /// key had sealed it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reseal_audit_trail(&self) -> Result<(), AppError> {
        self.0.storage.reseal_audit_trail().await?;
        self.note(AuditRecord {
            event: AuditEvent::AuditResealed,
            actor: Actor::Operator,
            user: None,
            session: None,
            mailbox: None,
            detail: "",
            source: &Source::default(),
        })
        .await
    }

    /// Writes a record that belongs to no change.
    pub(super) async fn note(&self, record: AuditRecord<'_>) -> Result<(), AppError> {
        let now = self.0.clock.now();
        Ok(self.0.storage.add_audit_record(&record, now).await?)
    }
}

/// A record of what a user did to their own account.
pub(super) fn by_user(event: AuditEvent, user: UserId, source: &Source) -> AuditRecord<'_> {
    AuditRecord {
        event,
        actor: Actor::User(user),
        user: Some(user),
        session: None,
        mailbox: None,
        detail: "",
        source,
    }
}
