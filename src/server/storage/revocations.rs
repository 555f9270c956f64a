//! The table `revocations`: what was taken back, for whoever starts while it matters.

use super::{Moment, Storage, StorageError};
use crate::domain::session::{Revocation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::any::AnyRow;
use sqlx::postgres::PgListener;
use sqlx::{AnyConnection, Row};

const SESSION: &str = "session";
const EPOCH: &str = "epoch";

/// Where PostgreSQL tells all instances what is taken back (NOTIFY).
const CHANNEL: &str = "vestibule_revocations";

/// What PostgreSQL tells as it happens.
pub struct News(PgListener);

impl News {
    /// The next that is taken back. Whoever loses the connection meanwhile gets a new one, and misses what came in between.
    ///
    /// # Errors
    /// When there is no new connection to be had.
    pub async fn next(&mut self) -> Result<Revocation, StorageError> {
        loop {
            let told = self.0.recv().await?;
            match read(told.payload()) {
                Some(revocation) => return Ok(revocation),
                // Of a later version, perhaps; the table has it too.
                None => tracing::warn!("an unknown kind of revocation was told"),
            }
        }
    }
}

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
    .bind(&key)
    .bind(not_before)
    .bind(moment.until)
    .bind(moment.now)
    .execute(&mut *connection)
    .await?;
    if connection.backend_name() == "PostgreSQL" {
        // Told when the transaction has committed. The table is what counts: this is only faster.
        sqlx::query("SELECT 1 FROM pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(format!("{kind} {key} {not_before}"))
            .execute(connection)
            .await?;
    }
    Ok(())
}

impl Storage {
    /// What is taken back as it happens; `None` with SQLite, which tells nobody.
    ///
    /// # Errors
    /// When PostgreSQL cannot be reached.
    pub async fn news_of_revocations(&self) -> Result<Option<News>, StorageError> {
        let Some(url) = &self.postgres else {
            return Ok(None);
        };
        let mut listener = PgListener::connect(url.expose()).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(News(listener)))
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
    let (kind, key): (String, String) = (row.try_get("kind")?, row.try_get("key")?);
    let revocation = revocation_of(&kind, &key, row.try_get("not_before")?);
    revocation.ok_or(StorageError::Corrupt("revocations"))
}

/// What a message says.
fn read(message: &str) -> Option<Revocation> {
    let mut words = message.split(' ');
    let (kind, key, not_before) = (words.next()?, words.next()?, words.next()?);
    revocation_of(kind, key, not_before.parse().ok()?)
}

fn revocation_of(kind: &str, key: &str, least: i64) -> Option<Revocation> {
    match kind {
        SESSION => SessionId::parse(key).map(Revocation::Session),
        EPOCH => UserId::parse(key).map(|user| Revocation::Epoch { user, least }),
        _ => None,
    }
}
