//! The table `users`.

use super::audit::AuditRecord;
use super::sessions::{Moment, NewSession, revoke_all};
use super::{Storage, StorageError, revocations};
use crate::domain::email::Email;
use crate::domain::role::Roles;
use crate::domain::session::{EndReason, Revocation, SessionId};
use crate::domain::user::{Nickname, Profile, ProfileUpdate, UserId};
use crate::server::clock::Millis;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A user to be stored.
pub struct NewUser<'a> {
    /// Drawn at random.
    pub id: UserId,
    /// Unique among all users.
    pub email: &'a Email,
    /// The name shown.
    pub nickname: &'a Nickname,
    /// A PHC string.
    pub password_hash: &'a str,
    /// What the user may do.
    pub roles: &'a Roles,
    /// The tag of the language in which the account is created, if it is known.
    pub language: Option<&'a str>,
    /// Whether somebody vouches for the address.
    pub is_verified: bool,
    /// Now.
    pub created_at: Millis,
}

/// What a sign-in compares and carries into a token.
pub struct Credentials {
    /// Whose they are.
    pub id: UserId,
    /// The address they sign in with.
    pub email: Email,
    /// A PHC string.
    pub password_hash: String,
    /// The `ver` of new tokens.
    pub epoch: i64,
    /// The roles of new tokens.
    pub roles: Roles,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// Whether it is proved that the address is theirs.
    pub is_verified: bool,
    /// The tag of the user's language, if one was chosen.
    pub language: Option<String>,
}

/// What remains of a user's sessions after a change of password.
pub enum Remaining<'a> {
    /// Only one that begins, in place of the one that made the change: even copies of its tokens are worth nothing now.
    New {
        /// Begins.
        session: &'a NewSession<'a>,
        /// Made the change.
        instead_of: SessionId,
    },
    /// Only this one, which made the change and keeps its tokens.
    This(SessionId),
}

impl Remaining<'_> {
    /// Which session remains.
    pub fn session(&self) -> SessionId {
        match self {
            Self::New { session, .. } => session.id,
            Self::This(session) => *session,
        }
    }

    /// Which session made the change.
    fn made_by(&self) -> SessionId {
        match self {
            Self::New { instead_of, .. } => *instead_of,
            Self::This(session) => *session,
        }
    }
}

const CREDENTIALS_BY_EMAIL: &str = "SELECT id, email, password_hash, epoch, roles, disabled_at, email_verified_at, language FROM users WHERE email = $1";
const CREDENTIALS_BY_ID: &str = "SELECT id, email, password_hash, epoch, roles, disabled_at, email_verified_at, language FROM users WHERE id = $1";

impl Storage {
    /// Stores a user, and the session that the registration opens; `verification` is the request to prove the address, if one is made.
    ///
    /// # Errors
    /// [`StorageError::Taken`] when the e-mail has an account; then nothing is stored.
    pub async fn insert_user(
        &self,
        user: &NewUser<'_>,
        session: Option<&NewSession<'_>>,
        record: &AuditRecord<'_>,
        verification: Option<&AuditRecord<'_>>,
    ) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO users (id, email, nickname, signature, password_hash, roles, epoch, \
             created_at, updated_at, password_changed_at, disabled_at, registered_in, email_verified_at) \
             VALUES ($1, $2, $3, '', $4, $5, 1, $6, $6, $6, NULL, $7, $8)",
        )
        .bind(user.id.to_string())
        .bind(user.email.as_str().to_owned())
        .bind(user.nickname.as_str().to_owned())
        .bind(user.password_hash.to_owned())
        .bind(user.roles.to_stored())
        .bind(user.created_at)
        .bind(user.language.map(str::to_owned))
        .bind(user.is_verified.then_some(user.created_at))
        .execute(&mut *transaction)
        .await?;
        if let Some(session) = session {
            session.insert(&mut transaction).await?;
        }
        for record in std::iter::once(record).chain(verification) {
            self.append(&mut transaction, record, user.created_at)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What stands behind an e-mail address, if anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credentials_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<Credentials>, StorageError> {
        let row = sqlx::query(CREDENTIALS_BY_EMAIL)
            .bind(email.as_str().to_owned())
            .fetch_optional(self.connections.ask())
            .await?;
        row.as_ref().map(credentials).transpose()
    }

    /// The credentials of one user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credentials(&self, user: UserId) -> Result<Option<Credentials>, StorageError> {
        let row = sqlx::query(CREDENTIALS_BY_ID)
            .bind(user.to_string())
            .fetch_optional(self.connections.ask())
            .await?;
        row.as_ref().map(credentials).transpose()
    }

    /// Remembers a user's language.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_language(&self, user: UserId, tag: &str) -> Result<(), StorageError> {
        sqlx::query("UPDATE users SET language = $2 WHERE id = $1")
            .bind(user.to_string())
            .bind(tag.to_owned())
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }

    /// Whether a user wants a letter when they sign in from a new device.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wants_device_notices(&self, user: UserId) -> Result<bool, StorageError> {
        let off =
            sqlx::query("SELECT id FROM users WHERE id = $1 AND device_notices_off_at IS NOT NULL")
                .bind(user.to_string())
                .fetch_optional(self.connections.ask())
                .await?;
        Ok(off.is_none())
    }

    /// Remembers that. False when there is no such user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_device_notices(
        &self,
        user: UserId,
        wants: bool,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query("UPDATE users SET device_notices_off_at = $2 WHERE id = $1")
            .bind(user.to_string())
            .bind((!wants).then_some(now))
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(false); // dropping the transaction rolls it back
        }
        self.append(&mut transaction, record, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The profile of one user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn profile(&self, user: UserId) -> Result<Option<Profile>, StorageError> {
        self.profiles.read(user).await
    }

    /// Replaces those of the profile's fields that are given. False when there is no such user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_profile(
        &self,
        user: UserId,
        update: &ProfileUpdate,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE users SET nickname = COALESCE($2, nickname), signature = COALESCE($3, signature), \
             updated_at = $4 WHERE id = $1",
        )
        .bind(user.to_string())
        .bind(update.nickname.as_ref().map(|nickname| nickname.as_str().to_owned()))
        .bind(update.signature.as_ref().map(|signature| signature.as_str().to_owned()))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false); // dropping the transaction rolls it back
        }
        self.append(&mut transaction, record, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Replaces a hash by a stronger one of the same password. Does nothing if it changed meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_password_hash(
        &self,
        user: UserId,
        old: &str,
        new: &str,
    ) -> Result<(), StorageError> {
        sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(user.to_string())
            .bind(old.to_owned())
            .bind(new.to_owned())
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }

    /// Sets a new password: the epoch rises and every session of the user but one ends. `None`, and nothing
    /// changed, when the epoch is no longer `epoch`, so that another change was faster, or when the session that makes the
    /// change has ended. Else what was taken back.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn change_password(
        &self,
        user: UserId,
        epoch: i64,
        new_hash: &str,
        remaining: Remaining<'_>,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Option<Vec<Revocation>>, StorageError> {
        let mut transaction = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE users SET password_hash = $3, epoch = epoch + 1, password_changed_at = $4, updated_at = $4 \
             WHERE id = $1 AND epoch = $2 \
             AND EXISTS (SELECT 1 FROM sessions WHERE id = $5 AND user_id = $1 AND ended_at IS NULL)",
        )
        .bind(user.to_string())
        .bind(epoch)
        .bind(new_hash.to_owned())
        .bind(moment.now)
        .bind(remaining.made_by().to_string())
        .execute(&mut *transaction)
        .await?;
        if changed.rows_affected() != 1 {
            return Ok(None); // dropping the transaction rolls it back
        }
        let ended = sqlx::query(
            "UPDATE sessions SET ended_at = $2, end_reason = $3, ended_by = $4 \
             WHERE user_id = $1 AND id <> $4 AND ended_at IS NULL RETURNING id",
        )
        .bind(user.to_string())
        .bind(moment.now)
        .bind(EndReason::PasswordChanged.as_str())
        .bind(remaining.session().to_string())
        .fetch_all(&mut *transaction)
        .await?;
        let taken_back = match remaining {
            Remaining::New { session, .. } => {
                let least = epoch + 1;
                let raised = Revocation::Epoch { user, least };
                revocations::insert(&mut transaction, raised, moment).await?;
                session.insert(&mut transaction).await?;
                vec![raised]
            }
            Remaining::This(_) => {
                let ended = revoke_all(&mut transaction, &ended, moment).await?;
                ended.into_iter().map(Revocation::Session).collect()
            }
        };
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(Some(taken_back))
    }
}

fn credentials(row: &AnyRow) -> Result<Credentials, StorageError> {
    Ok(Credentials {
        id: user_id(row, "id")?,
        email: Email::from_stored(row.try_get("email")?),
        password_hash: row.try_get("password_hash")?,
        epoch: row.try_get("epoch")?,
        roles: Roles::from_stored(&row.try_get::<String, _>("roles")?),
        disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
        is_verified: row
            .try_get::<Option<i64>, _>("email_verified_at")?
            .is_some(),
        language: row.try_get("language")?,
    })
}

pub(super) fn user_id(row: &AnyRow, column: &'static str) -> Result<UserId, StorageError> {
    UserId::parse(&row.try_get::<String, _>(column)?).ok_or(StorageError::Corrupt(column))
}
