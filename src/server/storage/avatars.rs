//! The table `avatars`: one picture a user at the most, found by the hash of its content.

use super::audit::AuditRecord;
use super::{Storage, StorageError};
use crate::domain::avatar::{Avatar, AvatarFormat, AvatarHash};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sqlx::Row;

impl Storage {
    /// Replaces a user's picture, or takes it away. False when there is no such user.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn set_avatar(
        &self,
        user: UserId,
        avatar: Option<&Avatar>,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        // First, so that two changes of one user's wait for each other here.
        let done = sqlx::query("UPDATE users SET avatar = $2, updated_at = $3 WHERE id = $1")
            .bind(user.to_string())
            .bind(avatar.map(|avatar| avatar.hash.to_string()))
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(false); // dropping the transaction rolls it back
        }
        sqlx::query("DELETE FROM avatars WHERE user_id = $1")
            .bind(user.to_string())
            .execute(&mut *transaction)
            .await?;
        if let Some(avatar) = avatar {
            sqlx::query(
                "INSERT INTO avatars (user_id, hash, media_type, content) VALUES ($1, $2, $3, $4)",
            )
            .bind(user.to_string())
            .bind(avatar.hash.to_string())
            .bind(avatar.format.media_type())
            .bind(STANDARD.encode(&avatar.content))
            .execute(&mut *transaction)
            .await?;
        }
        self.append(&mut transaction, record, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The picture of this name, if somebody has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn avatar(&self, hash: &AvatarHash) -> Result<Option<Avatar>, StorageError> {
        let row = sqlx::query("SELECT media_type, content FROM avatars WHERE hash = $1 LIMIT 1")
            .bind(hash.to_string())
            .fetch_optional(self.connections.ask())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let format = AvatarFormat::from_media_type(row.try_get("media_type")?);
        let content = STANDARD.decode(row.try_get::<String, _>("content")?);
        Ok(Some(Avatar {
            hash: hash.clone(),
            format: format.ok_or(StorageError::Corrupt("media_type"))?,
            content: content.map_err(|_| StorageError::Corrupt("content"))?,
        }))
    }
}
