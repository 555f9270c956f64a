//! Links that are sent by mail: how they are asked for, and what is known of one that comes back.

use super::Accounts;
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::AppError;
use crate::domain::mailed_link::Purpose;
use crate::server::clock::Millis;
use crate::server::storage::{AuditRecord, LinkLimits, MailedLink, Wanted};

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// So many letters with a link an account gets in an hour: enough for whoever lost one, too few to fill a mailbox.
const LINKS_AN_HOUR: i64 = 5;
/// So many of those of a day have a code that can be tried, and so often each: of a million codes, somebody who tries every day for a
/// year gets to half a percent.
const CODES_A_DAY: i64 = 3;
const TRIES: i64 = 5;

impl Accounts {
    /// Sends the link of this event to the account's address, or to this mailbox, if there are not too many.
    pub(super) async fn send_link(
        &self,
        wanted: Wanted<'_>,
        event: AuditEvent,
        mailbox: Option<&Email>,
        source: &Source,
    ) -> Result<(), AppError> {
        let now = self.0.clock.now();
        let record = AuditRecord {
            actor: match wanted {
                Wanted::User(user) => Actor::User(user),
                Wanted::Address(_) => Actor::Anonymous,
            },
            mailbox,
            ..by_somebody(event, source)
        };
        let storage = &self.0.storage;
        Ok(storage.send_link(wanted, limits(now), &record, now).await?)
    }

    /// Whose account a link is for and for what, while it is good for one of these. Nothing of it is used up.
    ///
    /// # Errors
    /// [`AppError::InvalidLink`] when it is for none of them, or good no more.
    pub async fn mailed_link(
        &self,
        token: &str,
        purposes: &[Purpose],
    ) -> Result<(Purpose, MailedLink), AppError> {
        let found = purposes.iter().find_map(|purpose| {
            let id = self.0.mailed_links.read(token, *purpose)?;
            Some((*purpose, id))
        });
        let (purpose, id) = found.ok_or(AppError::InvalidLink)?;
        let now = self.0.clock.now();
        let link = self.0.storage.mailed_link(id, purpose, now).await?;
        Ok((purpose, link.ok_or(AppError::InvalidLink)?))
    }

    /// Forgets links that were good until so long ago that nothing counts them any more. To be called now and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_past_links(&self) -> Result<(), AppError> {
        let until = self.0.clock.now().saturating_sub(DAY);
        Ok(self.0.storage.delete_expired_links(until).await?)
    }

    pub(super) fn must_send_mail(&self) -> Result<(), AppError> {
        match self.0.policy.sends_mail {
            true => Ok(()),
            false => Err(AppError::NotFound),
        }
    }
}

/// How many letters with a link an account gets, as of now.
fn limits(now: Millis) -> LinkLimits {
    LinkLimits {
        links: LINKS_AN_HOUR,
        links_since: now.saturating_sub(HOUR),
        codes: CODES_A_DAY,
        codes_since: now.saturating_sub(DAY),
        tries: TRIES,
    }
}

/// Somebody who is not signed in, whatever else they prove; the storage says to whom it happens.
pub(super) fn by_somebody(event: AuditEvent, source: &Source) -> AuditRecord<'_> {
    AuditRecord {
        event,
        actor: Actor::Anonymous,
        user: None,
        session: None,
        mailbox: None,
        detail: "",
        source,
    }
}
