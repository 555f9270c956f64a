//! Accounts that are to be deleted: `users.delete_at`, from the owner's wish to the day on which nothing of them is left but their id in
//! the audit trail.

use super::administration::{is_last_administrator, revoke};
use super::audit::AuditRecord;
use super::users::{Credentials, user_id};
use super::{Moment, Storage, StorageError};
use crate::domain::role::Role;
use crate::domain::session::{EndReason, Revocation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

/// An account that is due and in which nobody is signed in: whoever came in by a program of the release before, which knows nothing of
/// all this, loses no account that they use.
const IS_DUE: &str = "delete_at <= $1 AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = users.id \
     AND s.ended_at IS NULL AND s.idle_expires_at > $1 AND s.absolute_expires_at > $1)";

/// What came of asking for the end of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It is to be deleted, and this takes back every access token.
    Taken(Revocation),
    /// That was asked for before; it goes then.
    TakenBefore(Millis),
    /// Something changed meanwhile: the password, or the session has ended.
    Refused,
    /// Nobody would remain to administrate.
    LastAdministrator,
}

impl Storage {
    /// Notes that an account is to be deleted then, and ends every session of its owner, who asks in `session`: if the epoch is still
    /// what it was when the password was checked.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn request_deletion(
        &self,
        user: &Credentials,
        session: SessionId,
        delete_at: Millis,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Leave, StorageError> {
        let mut transaction = self.begin().await?;
        // Whoever is given the role meanwhile is of another epoch afterwards.
        if user.roles.contains(Role::ADMINISTRATOR)
            && is_last_administrator(&mut transaction, user.id).await?
        {
            return Ok(Leave::LastAdministrator); // dropping the transaction rolls it back
        }
        let raised = sqlx::query(
            "UPDATE users SET delete_at = $3, epoch = epoch + 1, updated_at = $4 \
             WHERE id = $1 AND epoch = $2 AND delete_at IS NULL AND disabled_at IS NULL \
             AND EXISTS (SELECT 1 FROM sessions WHERE id = $5 AND user_id = $1 AND ended_at IS NULL) RETURNING epoch",
        )
        .bind(user.id.to_string())
        .bind(user.epoch)
        .bind(delete_at)
        .bind(moment.now)
        .bind(session.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(raised) = raised else {
            let before: Option<Option<i64>> =
                sqlx::query_scalar("SELECT delete_at FROM users WHERE id = $1")
                    .bind(user.id.to_string())
                    .fetch_optional(&mut *transaction)
                    .await?;
            return Ok(before.flatten().map_or(Leave::Refused, Leave::TakenBefore));
        };
        sqlx::query(
            "UPDATE sessions SET ended_at = $2, end_reason = $3, ended_by = $4 WHERE user_id = $1 AND ended_at IS NULL",
        )
        .bind(user.id.to_string())
        .bind(moment.now)
        .bind(EndReason::DeletionRequested.as_str())
        .bind(session.to_string())
        .execute(&mut *transaction)
        .await?;
        let revocation = revoke(&mut transaction, user.id, &raised, moment).await?;
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(Leave::Taken(revocation))
    }

    /// Accounts that are to be deleted by now, the oldest wish first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts_to_delete(
        &self,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<UserId>, StorageError> {
        let due = format!("SELECT id FROM users WHERE {IS_DUE} ORDER BY delete_at, id LIMIT $2");
        // Put together from the constants above; every value is bound.
        let rows = sqlx::query(AssertSqlSafe(due))
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(self.connections.ask())
            .await?;
        rows.iter().map(|row| user_id(row, "id")).collect()
    }

    /// Deletes an account, if it is still to be deleted: its owner may have come back, and another program may be faster. What is on
    /// record stays on record. False when there was nothing to do.
    ///
    /// # Errors
    /// When the database fails; then nothing is deleted.
    pub async fn delete_account(
        &self,
        user: UserId,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        // First, so that whoever signs in, or deletes, waits here; then there is no such user.
        let due = format!(
            "UPDATE users SET epoch = epoch + 1 WHERE {IS_DUE} AND id = $2 RETURNING email"
        );
        let due = sqlx::query(AssertSqlSafe(due))
            .bind(now)
            .bind(user.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(due) = due else {
            return Ok(false); // dropping the transaction rolls it back
        };
        for sql in [
            "DELETE FROM mailed_links WHERE user_id = $1",
            "DELETE FROM sessions WHERE user_id = $1",
            // A picture is its owner's alone: whoever has the same has it once more.
            "DELETE FROM avatars WHERE user_id = $1",
        ] {
            sqlx::query(sql)
                .bind(user.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("DELETE FROM outbox WHERE recipient = $1")
            .bind(due.try_get::<String, _>("email")?)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM users WHERE id = $1")
            .bind(user.to_string())
            .execute(&mut *transaction)
            .await?;
        self.append(&mut transaction, record, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Keeps an account that was to be deleted, in the transaction in which its owner comes back.
pub(super) async fn cancel(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE users SET delete_at = NULL WHERE id = $1")
        .bind(user.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
