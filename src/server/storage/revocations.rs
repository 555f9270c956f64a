//! The table `revocations`: what was taken back, for whoever starts while it matters.

use super::{Moment, Storage, StorageError};
use crate::domain::session::{Revocation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

const SESSION: &str = "session";
const EPOCH: &str = "epoch";

/// Writes what is taken back, in the transaction that causes it. Taking the same thing back twice changes
/// nothing.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    revocation: Revocation,
    moment: Moment,
) -> Result<(), StorageError> {
    let (kind, key, not_before) = match revocation {
        Revocation::Session(session) => (SESSION, session.to_string(), 0),
        Revocation::Epoch { user, least } => (EPOCH, user.to_string(), least),
    };
    sqlx::query(
        "INSERT INTO revocations (kind, key, not_before, expires_at, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(kind)
    .bind(key)
    .bind(not_before)
    .bind(moment.until)
    .bind(moment.now)
    .execute(connection)
    .await?;
    Ok(())
}

impl Storage {
    /// What was taken back and still matters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_revocations(&self, now: Millis) -> Result<Vec<Revocation>, StorageError> {
        let rows =
            sqlx::query("SELECT kind, key, not_before FROM revocations WHERE expires_at > $1")
                .bind(now)
                .fetch_all(self.connections.ask())
                .await?;
        rows.iter().map(revocation).collect()
    }

    /// What was taken back since then and still matters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revocations_since(
        &self,
        since: Millis,
        now: Millis,
    ) -> Result<Vec<Revocation>, StorageError> {
        let rows = sqlx::query(
            "SELECT kind, key, not_before FROM revocations WHERE created_at >= $1 AND expires_at > $2",
        )
        .bind(since)
        .bind(now)
        .fetch_all(self.connections.ask())
        .await?;
        rows.iter().map(revocation).collect()
    }

    /// Deletes what no longer mattered to anybody at that time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_expired_revocations(&self, until: Millis) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM revocations WHERE expires_at <= $1")
            .bind(until)
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }
}

fn revocation(row: &AnyRow) -> Result<Revocation, StorageError> {
    let kind: String = row.try_get("kind")?;
    let key: String = row.try_get("key")?;
    let revocation = match kind.as_str() {
        SESSION => SessionId::parse(&key).map(Revocation::Session),
        EPOCH => match UserId::parse(&key) {
            Some(user) => Some(Revocation::Epoch {
                user,
                least: row.try_get("not_before")?,
            }),
            None => None,
        },
        _ => None,
    };
    revocation.ok_or(StorageError::Corrupt("revocations"))
}
