//! The table `outbox`: letters that are to be sent, each written in the transaction of what it tells of.

use super::{Storage, StorageError, device};
use crate::domain::audit::AuditEvent;
use crate::domain::device::Device;
use crate::domain::email::Email;
use crate::server::clock::Millis;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// How many are taken at a time.
const AT_ONCE: i64 = 16;

/// A letter that is to be sent.
#[derive(Clone, Debug)]
pub struct DueLetter {
    /// Names it for ever.
    pub id: String,
    /// What it tells of; `None` if this version has no word for it.
    pub event: Option<AuditEvent>,
    /// Whom it is for.
    pub recipient: Email,
    /// The tag of their language, if they have chosen one.
    pub language: Option<String>,
    /// From where it was done.
    pub device: Device,
    /// When.
    pub happened_at: Millis,
    /// How often it was taken, this time included.
    pub tries: u32,
}

impl Storage {
    /// Writes to the owner of an account what has happened to it, in the transaction in which it does. The record's hash names the
    /// letter, and the link in it. It goes to a mailbox, or to the account's address.
    pub(super) async fn put_into_outbox(
        connection: &mut AnyConnection,
        seq: i64,
        hash: &str,
        mailbox: Option<&Email>,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO outbox (id, event, recipient, language, user_agent, network, created_at, due_at, tries) \
             SELECT $1, a.event, COALESCE($3, u.email), COALESCE(u.language, u.registered_in), a.user_agent, a.network, a.created_at, a.created_at, 0 \
             FROM audit_trail a JOIN users u ON u.id = a.user_id WHERE a.seq = $2",
        )
        .bind(hash.to_owned())
        .bind(seq)
        .bind(mailbox.map(|mailbox| mailbox.as_str().to_owned()))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Takes some letters that are due. Whoever takes one has until `again_at` to send it; then it is due again. No two programs take
    /// the same.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_letters(
        &self,
        now: Millis,
        again_at: Millis,
    ) -> Result<Vec<DueLetter>, StorageError> {
        // Asked first, because most of the time there is none, and writing costs more.
        let due: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE due_at <= $1")
            .bind(now)
            .fetch_one(self.connections.ask())
            .await?;
        if due == 0 {
            return Ok(Vec::new());
        }
        // Once more outside: another program may have taken one meanwhile, for which this waits.
        let rows = sqlx::query(
            "UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE due_at <= $1 AND id IN \
             (SELECT id FROM outbox WHERE due_at <= $1 ORDER BY due_at LIMIT $3) \
             RETURNING id, event, recipient, language, user_agent, network, created_at, tries",
        )
        .bind(now)
        .bind(again_at)
        .bind(AT_ONCE)
        .fetch_all(self.connections.ask())
        .await?;
        rows.iter().map(letter).collect()
    }

    /// It was sent, or never will be.
    ///
    /// # Errors
    /// When the database fails; then it is sent once more.
    pub async fn forget_letter(&self, id: &str) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM outbox WHERE id = $1")
            .bind(id.to_owned())
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }

    /// It is due again then.
    ///
    /// # Errors
    /// When the database fails; then it is due when whoever took it should have sent it.
    pub async fn postpone_letter(&self, id: &str, until: Millis) -> Result<(), StorageError> {
        sqlx::query("UPDATE outbox SET due_at = $2 WHERE id = $1")
            .bind(id.to_owned())
            .bind(until)
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }
}

fn letter(row: &AnyRow) -> Result<DueLetter, StorageError> {
    Ok(DueLetter {
        id: row.try_get("id")?,
        event: AuditEvent::parse(row.try_get("event")?),
        recipient: Email::from_stored(row.try_get("recipient")?),
        language: row.try_get("language")?,
        device: device(row)?,
        happened_at: row.try_get("created_at")?,
        tries: u32::try_from(row.try_get::<i64, _>("tries")?).unwrap_or(u32::MAX),
    })
}
