//! All that is held about a person, read for that person: the account, the picture, the sessions that are still stored, and letters on
//! their way. What happened to the account is in the audit trail (`audit.rs`).

use super::sessions::{audience, session_id};
use super::{Storage, StorageError, device};
use crate::domain::device::Device;
use crate::domain::email::Email;
use crate::domain::role::Roles;
use crate::domain::session::{Audience, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::Row;
use sqlx::any::AnyRow;

/// An account with everything that stands in its row but the password's hash.
#[derive(Clone, Debug)]
pub struct HeldAccount {
    /// Whose it is.
    pub id: UserId,
    /// The address they sign in with.
    pub email: Email,
    /// The name others see.
    pub nickname: String,
    /// A few lines about themselves; may be empty.
    pub signature: String,
    /// What they may do.
    pub roles: Roles,
    /// When it was proved that the address is theirs, if it was.
    pub email_verified_at: Option<Millis>,
    /// The tag of their language, if one was chosen.
    pub language: Option<String>,
    /// The tag of the language in which the account was created, if it is known.
    pub registered_in: Option<String>,
    /// An address of a picture elsewhere, which is read no more.
    pub avatar_url: Option<String>,
    /// The media type of the picture and its content in base64, if there is one.
    pub picture: Option<(String, String)>,
    /// When the account was created.
    pub created_at: Millis,
    /// When anything of it was last changed.
    pub updated_at: Millis,
    /// When the password was last changed.
    pub password_changed_at: Millis,
    /// When it was disabled, if it is.
    pub disabled_at: Option<Millis>,
    /// When it is to be deleted, if its owner asked for that.
    pub delete_at: Option<Millis>,
}

/// A session, live or ended.
#[derive(Clone, Debug)]
pub struct HeldSession {
    /// Its identifier.
    pub id: SessionId,
    /// A browser's, or an API client's.
    pub audience: Audience,
    /// When the password was given.
    pub created_at: Millis,
    /// When it was last renewed.
    pub rotated_at: Millis,
    /// Ends if it is not renewed by then.
    pub expires_at: Millis,
    /// Whether "keep me signed in" was ticked.
    pub remembered: bool,
    /// When it was ended, if it was.
    pub ended_at: Option<Millis>,
    /// Why.
    pub end_reason: Option<String>,
    /// The session of the same user that ended it, if one did.
    pub ended_by: Option<String>,
    /// From where it was opened.
    pub device: Device,
}

/// A letter that is to be sent.
#[derive(Clone, Debug)]
pub struct HeldLetter {
    /// Names it for ever.
    pub id: String,
    /// What it tells of, by its name in the audit trail.
    pub event: String,
    /// When that happened.
    pub happened_at: Millis,
    /// From where it was done.
    pub device: Device,
}

/// A link that was sent by mail, good or not.
#[derive(Clone, Debug)]
pub struct HeldLink {
    /// What it is for.
    pub purpose: String,
    /// Where it was sent.
    pub mailbox: Email,
    /// When.
    pub created_at: Millis,
    /// Until when it is good.
    pub expires_at: Millis,
    /// When it was used, or a newer one replaced it.
    pub ended_at: Option<Millis>,
}

impl Storage {
    /// Links that were sent for a user: a few days of them are kept, and only so many are sent in an hour.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_links(&self, user: UserId) -> Result<Vec<HeldLink>, StorageError> {
        let rows = sqlx::query(
            "SELECT purpose, mailbox, created_at, expires_at, ended_at FROM mailed_links WHERE user_id = $1 \
             ORDER BY created_at DESC, id",
        )
        .bind(user.to_string())
        .fetch_all(self.connections.ask())
        .await?;
        let link = |row: &AnyRow| {
            Ok(HeldLink {
                purpose: row.try_get("purpose")?,
                mailbox: Email::from_stored(row.try_get("mailbox")?),
                created_at: row.try_get("created_at")?,
                expires_at: row.try_get("expires_at")?,
                ended_at: row.try_get("ended_at")?,
            })
        };
        rows.iter().map(link).collect()
    }

    /// The account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_account(&self, user: UserId) -> Result<Option<HeldAccount>, StorageError> {
        let row = sqlx::query(
            "SELECT u.email, u.nickname, u.signature, u.roles, u.email_verified_at, u.language, u.registered_in, u.avatar_url, u.created_at, u.updated_at, \
             u.password_changed_at, u.disabled_at, u.delete_at, a.media_type, a.content \
             FROM users u LEFT JOIN avatars a ON a.user_id = u.id WHERE u.id = $1",
        )
        .bind(user.to_string())
        .fetch_optional(self.connections.ask())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (media_type, content): (Option<String>, Option<String>) =
            (row.try_get("media_type")?, row.try_get("content")?);
        Ok(Some(HeldAccount {
            id: user,
            email: Email::from_stored(row.try_get("email")?),
            nickname: row.try_get("nickname")?,
            signature: row.try_get("signature")?,
            roles: Roles::from_stored(&row.try_get::<String, _>("roles")?),
            email_verified_at: row.try_get("email_verified_at")?,
            language: row.try_get("language")?,
            registered_in: row.try_get("registered_in")?,
            avatar_url: row.try_get("avatar_url")?,
            picture: media_type.zip(content),
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            password_changed_at: row.try_get("password_changed_at")?,
            disabled_at: row.try_get("disabled_at")?,
            delete_at: row.try_get("delete_at")?,
        }))
    }

    /// Sessions of a user by their ids, those after `after`, live or ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_sessions(
        &self,
        user: UserId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<HeldSession>, StorageError> {
        let rows = sqlx::query(
            "SELECT id, audience, created_at, rotated_at, idle_expires_at, absolute_expires_at, remembered_at, ended_at, \
             end_reason, ended_by, user_agent, network FROM sessions \
             WHERE user_id = $1 AND id COLLATE \"binary\" > $2 ORDER BY id COLLATE \"binary\" LIMIT $3",
        )
        .bind(user.to_string())
        .bind(after.map_or(String::new(), |after| after.to_string()))
        .bind(i64::from(limit))
        .fetch_all(self.connections.ask())
        .await?;
        rows.iter().map(held_session).collect()
    }

    /// Letters to an address by their ids, those after `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_letters(
        &self,
        recipient: &Email,
        after: &str,
        limit: u32,
    ) -> Result<Vec<HeldLetter>, StorageError> {
        let rows = sqlx::query(
            "SELECT id, event, created_at, user_agent, network FROM outbox \
             WHERE recipient = $1 AND id COLLATE \"binary\" > $2 ORDER BY id COLLATE \"binary\" LIMIT $3",
        )
        .bind(recipient.as_str().to_owned())
        .bind(after.to_owned())
        .bind(i64::from(limit))
        .fetch_all(self.connections.ask())
        .await?;
        let letter = |row: &AnyRow| {
            Ok(HeldLetter {
                id: row.try_get("id")?,
                event: row.try_get("event")?,
                happened_at: row.try_get("created_at")?,
                device: device(row)?,
            })
        };
        rows.iter().map(letter).collect()
    }
}

fn held_session(row: &AnyRow) -> Result<HeldSession, StorageError> {
    let (idle, absolute): (i64, i64) = (
        row.try_get("idle_expires_at")?,
        row.try_get("absolute_expires_at")?,
    );
    Ok(HeldSession {
        id: session_id(row)?,
        audience: audience(row)?,
        created_at: row.try_get("created_at")?,
        rotated_at: row.try_get("rotated_at")?,
        expires_at: idle.min(absolute),
        remembered: row.try_get::<Option<i64>, _>("remembered_at")?.is_some(),
        ended_at: row.try_get("ended_at")?,
        end_reason: row.try_get("end_reason")?,
        ended_by: row.try_get("ended_by")?,
        device: device(row)?,
    })
}
