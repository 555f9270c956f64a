//! The table `sessions`: one row a session, from sign-in to its end.

use super::users::user_id;
use super::{Storage, StorageError};
use crate::domain::role::Roles;
use crate::domain::session::{EndReason, Generation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::{AnyConnection, Row};

/// A session to be stored. Its generation is 1.
pub struct NewSession<'a> {
    /// Drawn at random.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// Now: when the password was given.
    pub created_at: Millis,
    /// Ends if it is not renewed by then.
    pub idle_expires_at: Millis,
    /// Ends by then, renewed or not.
    pub absolute_expires_at: Millis,
    /// Whether "keep me signed in" was ticked.
    pub remembered: bool,
    /// The browser's own words for itself, cut to a length.
    pub user_agent: &'a str,
}

/// A session and what its renewal must know of its user.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Whose it is.
    pub user: UserId,
    /// Of the refresh token that is current.
    pub generation: Generation,
    /// When the password was given.
    pub created_at: Millis,
    /// When the current refresh token was made.
    pub rotated_at: Millis,
    /// Ends if it is not renewed by then.
    pub idle_expires_at: Millis,
    /// Ends by then, renewed or not.
    pub absolute_expires_at: Millis,
    /// Whether "keep me signed in" was ticked.
    pub remembered: bool,
    /// When it was ended, if it was.
    pub ended_at: Option<Millis>,
    /// The user's epoch.
    pub epoch: i64,
    /// The user's roles.
    pub roles: Roles,
    /// Whether the account is disabled.
    pub disabled: bool,
}

/// What was taken back within some time.
#[derive(Clone, Debug, Default)]
pub struct Revoked {
    /// Sessions that ended.
    pub sessions: Vec<SessionId>,
    /// Users, and their epochs now.
    pub epochs: Vec<(UserId, i64)>,
}

impl NewSession<'_> {
    pub(super) async fn insert(&self, connection: &mut AnyConnection) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, \
             absolute_expires_at, remembered_at, ended_at, end_reason, user_agent) \
             VALUES ($1, $2, 1, $3, $3, $4, $5, $6, NULL, NULL, $7)",
        )
        .bind(self.id.to_string())
        .bind(self.user.to_string())
        .bind(self.created_at)
        .bind(self.idle_expires_at)
        .bind(self.absolute_expires_at)
        .bind(self.remembered.then_some(self.created_at))
        .bind(self.user_agent.to_owned())
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Storage {
    /// Stores a session of a user whose epoch is still `epoch`. False, and nothing stored, when the
    /// password was changed or the account disabled while the password was being checked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_session(
        &self,
        session: &NewSession<'_>,
        epoch: i64,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        // Writing the row it depends on holds off a change of password until this is committed.
        let unchanged = sqlx::query(
            "UPDATE users SET epoch = epoch WHERE id = $1 AND epoch = $2 AND disabled_at IS NULL",
        )
        .bind(session.user.to_string())
        .bind(epoch)
        .execute(&mut *transaction)
        .await?;
        if unchanged.rows_affected() != 1 {
            return Ok(false); // dropping the transaction rolls it back
        }
        session.insert(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A session, live or ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, session: SessionId) -> Result<Option<SessionRow>, StorageError> {
        let row = sqlx::query(
            "SELECT s.user_id, s.generation, s.created_at, s.rotated_at, s.idle_expires_at, \
             s.absolute_expires_at, s.remembered_at, s.ended_at, u.epoch, u.roles, u.disabled_at \
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1",
        )
        .bind(session.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let generation: i64 = row.try_get("generation")?;
            Ok(SessionRow {
                user: user_id(&row, "user_id")?,
                generation: u32::try_from(generation)
                    .map(Generation)
                    .map_err(|_| StorageError::Corrupt("generation"))?,
                created_at: row.try_get("created_at")?,
                rotated_at: row.try_get("rotated_at")?,
                idle_expires_at: row.try_get("idle_expires_at")?,
                absolute_expires_at: row.try_get("absolute_expires_at")?,
                remembered: row.try_get::<Option<i64>, _>("remembered_at")?.is_some(),
                ended_at: row.try_get("ended_at")?,
                epoch: row.try_get("epoch")?,
                roles: Roles::from_stored(&row.try_get::<String, _>("roles")?),
                disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
            })
        })
        .transpose()
    }

    /// Raises the generation by one if it is still `from` and the session lives: compare and set.
    /// True for exactly one of all that try at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_session(
        &self,
        session: SessionId,
        from: Generation,
        idle_expires_at: Millis,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "UPDATE sessions SET generation = generation + 1, rotated_at = $3, idle_expires_at = $4 \
             WHERE id = $1 AND generation = $2 AND ended_at IS NULL \
             AND idle_expires_at > $3 AND absolute_expires_at > $3",
        )
        .bind(session.to_string())
        .bind(i64::from(from.0))
        .bind(now)
        .bind(idle_expires_at)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a session. False when it had ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(
        &self,
        session: SessionId,
        reason: EndReason,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(session.to_string())
        .bind(now)
        .bind(reason.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What was taken back since then: sessions that ended, and users with the epoch that a change of
    /// password gave them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoked_since(&self, since: Millis) -> Result<Revoked, StorageError> {
        let sessions = sqlx::query("SELECT id FROM sessions WHERE ended_at >= $1")
            .bind(since)
            .fetch_all(&self.pool)
            .await?;
        let users = sqlx::query(
            "SELECT id, epoch FROM users WHERE password_changed_at >= $1 AND epoch > 1",
        )
        .bind(since)
        .fetch_all(&self.pool)
        .await?;
        Ok(Revoked {
            sessions: sessions
                .iter()
                .map(|row| {
                    SessionId::parse(&row.try_get::<String, _>("id")?)
                        .ok_or(StorageError::Corrupt("id"))
                })
                .collect::<Result<_, _>>()?,
            epochs: users
                .iter()
                .map(|row| Ok((user_id(row, "id")?, row.try_get("epoch")?)))
                .collect::<Result<_, StorageError>>()?,
        })
    }
}
