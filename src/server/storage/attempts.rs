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

    /// Takes back an attempt that was not made after all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back_attempt(&self, counted: &[AttemptLimit]) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        for limit in counted {
            one_less(&mut transaction, &limit.key).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Forgives an attempt that was right, and with it all others at the first of its places.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forgive_attempt(&self, counted: &[AttemptLimit]) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        forgive(&mut transaction, counted).await?;
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

/// The same in the transaction of what it lets in.
pub(super) async fn forgive(
    connection: &mut AnyConnection,
    counted: &[AttemptLimit],
) -> Result<(), StorageError> {
    let Some((place, others)) = counted.split_first() else {
        return Ok(());
    };
    sqlx::query("DELETE FROM attempts WHERE key = $1")
        .bind(place.key.clone())
        .execute(&mut *connection)
        .await?;
    for limit in others {
        one_less(connection, &limit.key).await?;
    }
    Ok(())
}

async fn one_less(connection: &mut AnyConnection, key: &str) -> Result<(), StorageError> {
    sqlx::query("UPDATE attempts SET count = count - 1 WHERE key = $1 AND count > 0")
        .bind(key.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}
