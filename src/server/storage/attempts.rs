//! The table `attempts`: how often passwords were given that were not found right, by account and place.

use super::{Storage, StorageError};
use crate::server::clock::Millis;
use sqlx::{AnyConnection, Row};

/// How many attempts may be made at one place within a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Which place: a MAC, from which it cannot be read.
    pub key: String,
    /// How many.
    pub most: i64,
}

impl Storage {
    /// Counts one more attempt at each of these places, in their order, and stops at the first where it is one too
    /// many: then when the first of those that count there was made. They are counted for the time `window`, from the
    /// first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_attempt(
        &self,
        limits: &[AttemptLimit],
        window: Millis,
        now: Millis,
    ) -> Result<Option<Millis>, StorageError> {
        let mut transaction = self.begin().await?;
        let mut too_many_since = None;
        for limit in limits {
            let row = sqlx::query(
                "INSERT INTO attempts (key, count, began_at) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET \
                 count = CASE WHEN attempts.began_at > $3 THEN attempts.count + 1 ELSE 1 END, \
                 began_at = CASE WHEN attempts.began_at > $3 THEN attempts.began_at ELSE $2 END \
                 RETURNING count, began_at",
            )
            .bind(limit.key.clone())
            .bind(now)
            .bind(now.saturating_sub(window))
            .fetch_one(&mut *transaction)
            .await?;
            if row.try_get::<i64, _>("count")? > limit.most {
                too_many_since = Some(row.try_get("began_at")?);
                break;
            }
        }
        transaction.commit().await?;
        Ok(too_many_since)
    }

    /// Forgets all attempts at `forgotten`, and one of those at each of `taken_back`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back_attempt(
        &self,
        forgotten: Option<&str>,
        taken_back: &[AttemptLimit],
    ) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        if let Some(key) = forgotten {
            sqlx::query("DELETE FROM attempts WHERE key = $1")
                .bind(key.to_owned())
                .execute(&mut *transaction)
                .await?;
        }
        for limit in taken_back {
            one_less(&mut transaction, &limit.key).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets what began before `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_past_attempts(&self, until: Millis) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM attempts WHERE began_at <= $1")
            .bind(until)
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }
}

async fn one_less(connection: &mut AnyConnection, key: &str) -> Result<(), StorageError> {
    sqlx::query("UPDATE attempts SET count = count - 1 WHERE key = $1 AND count > 0")
        .bind(key.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}
