//! The table `sessions`: one row a session, from sign-in to its end.

use super::attempts::{self, AttemptLimit};
use super::audit::AuditRecord;
use super::users::user_id;
use super::{Storage, StorageError, deletion, device, revocations, stored_network};
use crate::domain::audit::AuditEvent;
use crate::domain::device::Device;
use crate::domain::role::Roles;
use crate::domain::session::{Audience, EndReason, Ending, Generation, Revocation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A session to be stored. Its generation is 1.
pub struct NewSession<'a> {
    /// Drawn at random.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// At which door its tokens count.
    pub audience: Audience,
    /// Now: when the password was given.
    pub created_at: Millis,
    /// Ends if it is not renewed by then.
    pub idle_expires_at: Millis,
    /// Ends by then, renewed or not.
    pub absolute_expires_at: Millis,
    /// Whether "keep me signed in" was ticked.
    pub remembered: bool,
    /// From where it was opened.
    pub device: &'a Device,
    /// Whether its user has been seen there before. (For a program it does not matter: the database looks.)
    pub is_known_device: bool,
}

/// A session and what its renewal must know of its user.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Whose it is.
    pub user: UserId,
    /// At which door its tokens count.
    pub audience: Audience,
    /// Of the refresh token that is current.
    pub generation: Generation,
    /// When it was opened.
    pub created_at: Millis,
    /// When the password was last given.
    pub authenticated_at: Millis,
    /// When the current refresh token was made.
    pub rotated_at: Millis,
    /// Ends if it is not renewed by then.
    pub idle_expires_at: Millis,
    /// Ends by then, renewed or not.
    pub absolute_expires_at: Millis,
    /// Whether "keep me signed in" was ticked.
    pub remembered: bool,
    /// How it was ended, if it was.
    pub ending: Option<Ending>,
    /// The user's epoch.
    pub epoch: i64,
    /// The user's roles.
    pub roles: Roles,
    /// When the account was disabled, if it is.
    pub disabled_at: Option<Millis>,
    /// The tag of the user's language, if one was chosen.
    pub language: Option<String>,
}

/// A live session as its user sees it in the list.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// Its identifier.
    pub id: SessionId,
    /// A browser's, or an API client's.
    pub audience: Audience,
    /// When the password was given.
    pub created_at: Millis,
    /// When it was last renewed.
    pub rotated_at: Millis,
    /// From where it was opened.
    pub device: Device,
}

/// What came of opening a session besides the session itself.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// Sessions that had to make room for it.
    pub displaced: Vec<SessionId>,
    /// The end of another session of this user, because a used key came back, of which nobody was told yet.
    pub reused: Option<Ending>,
    /// Whether it keeps an account that was to be deleted.
    pub keeps_account: bool,
}

/// Which session is to end, and why.
pub struct End {
    /// The session.
    pub session: SessionId,
    /// Whose it is: it does not end if it is somebody else's.
    pub owner: UserId,
    /// Why.
    pub reason: EndReason,
    /// The session that ends it, if another does.
    pub by: Option<SessionId>,
}

/// When something happens, and until when what it takes back must be remembered.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now.
    pub now: Millis,
    /// Then no access token issued by now can be valid any more.
    pub until: Millis,
}

impl NewSession<'_> {
    pub(super) async fn insert(&self, connection: &mut AnyConnection) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, \
             absolute_expires_at, remembered_at, ended_at, end_reason, user_agent, network, audience) \
             VALUES ($1, $2, 1, $3, $3, $4, $5, $6, NULL, NULL, $7, $8, $9)",
        )
        .bind(self.id.to_string())
        .bind(self.user.to_string())
        .bind(self.created_at)
        .bind(self.idle_expires_at)
        .bind(self.absolute_expires_at)
        .bind(self.remembered.then_some(self.created_at))
        .bind(self.device.user_agent().to_owned())
        .bind(stored_network(self.device))
        .bind(self.audience.as_str())
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Storage {
    /// Stores a session of a user whose epoch is still `epoch`, forgives the attempt that was `right`, and ends the user's
    /// oldest ones beyond `limit` (0: none). An account that was to be deleted stays. `None`, and nothing stored, when the password was
    /// changed or the account disabled or deleted while the password was being checked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_session(
        &self,
        session: &NewSession<'_>,
        epoch: i64,
        limit: u32,
        right: &[AttemptLimit],
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Option<Admission>, StorageError> {
        let mut transaction = self.begin().await?;
        // Writing the row it depends on holds off a change of password, and another sign-in of the same user,
        // until this is committed.
        let unchanged = sqlx::query(
            "UPDATE users SET epoch = epoch WHERE id = $1 AND epoch = $2 AND disabled_at IS NULL \
             RETURNING delete_at, device_notices_off_at",
        )
        .bind(session.user.to_string())
        .bind(epoch)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(unchanged) = unchanged else {
            return Ok(None); // dropping the transaction rolls it back
        };
        let keeps_account = unchanged.try_get::<Option<i64>, _>("delete_at")?.is_some();
        if keeps_account {
            deletion::cancel(&mut transaction, session.user).await?;
        }
        let wants_notice =
            (unchanged.try_get::<Option<i64>, _>("device_notices_off_at")?).is_none();
        let is_told =
            self.writes_letters && wants_notice && is_new_device(&mut transaction, session).await?;
        attempts::forgive(&mut transaction, right).await?;
        session.insert(&mut transaction).await?;
        let displaced = match limit {
            0 => Vec::new(),
            limit => displace(&mut transaction, session, limit, moment).await?,
        };
        let reused = match session.audience {
            Audience::Web => take_reuse(&mut transaction, session.user, moment.now).await?,
            // A program would tell nobody.
            Audience::Api => None,
        };
        self.append(&mut transaction, record, moment.now).await?;
        let more = [
            (keeps_account, AuditEvent::DeletionCancelled),
            (is_told, AuditEvent::NewDevice),
        ];
        for (_, event) in more.into_iter().filter(|(happened, _)| *happened) {
            let record = AuditRecord {
                event,
                detail: "",
                ..*record
            };
            self.append(&mut transaction, &record, moment.now).await?;
        }
        for displaced in &displaced {
            let record = AuditRecord {
                event: AuditEvent::SessionDisplaced,
                session: Some(*displaced),
                detail: "",
                ..*record
            };
            self.append(&mut transaction, &record, moment.now).await?;
        }
        transaction.commit().await?;
        Ok(Some(Admission {
            displaced,
            reused,
            keeps_account,
        }))
    }

    /// A session, live or ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, session: SessionId) -> Result<Option<SessionRow>, StorageError> {
        let row = sqlx::query(
            "SELECT s.user_id, s.audience, s.generation, s.created_at, s.authenticated_at, s.rotated_at, s.idle_expires_at, \
             s.absolute_expires_at, s.remembered_at, s.ended_at, s.end_reason, u.epoch, u.roles, u.disabled_at, u.language, \
             e.user_agent, e.network \
             FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN sessions e ON e.id = s.ended_by \
             WHERE s.id = $1",
        )
        .bind(session.to_string())
        .fetch_optional(self.connections.ask())
        .await?;
        row.map(|row| {
            let generation: i64 = row.try_get("generation")?;
            Ok(SessionRow {
                user: user_id(&row, "user_id")?,
                audience: audience(&row)?,
                generation: u32::try_from(generation)
                    .map(Generation)
                    .map_err(|_| StorageError::Corrupt("generation"))?,
                created_at: row.try_get("created_at")?,
                authenticated_at: match row.try_get("authenticated_at")? {
                    Some(at) => at,
                    None => row.try_get("created_at")?,
                },
                rotated_at: row.try_get("rotated_at")?,
                idle_expires_at: row.try_get("idle_expires_at")?,
                absolute_expires_at: row.try_get("absolute_expires_at")?,
                remembered: row.try_get::<Option<i64>, _>("remembered_at")?.is_some(),
                ending: ending(&row)?,
                epoch: row.try_get("epoch")?,
                roles: Roles::from_stored(&row.try_get::<String, _>("roles")?),
                disabled_at: row.try_get("disabled_at")?,
                language: row.try_get("language")?,
            })
        })
        .transpose()
    }

    /// The password was given again in a session that lives.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_authenticated(
        &self,
        session: SessionId,
        now: Millis,
    ) -> Result<(), StorageError> {
        sqlx::query("UPDATE sessions SET authenticated_at = $2 WHERE id = $1 AND ended_at IS NULL")
            .bind(session.to_string())
            .bind(now)
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }

    /// The live sessions of a user, the one last seen first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_sessions(
        &self,
        user: UserId,
        now: Millis,
    ) -> Result<Vec<LiveSession>, StorageError> {
        let rows = sqlx::query(
            "SELECT id, audience, created_at, rotated_at, user_agent, network FROM sessions \
             WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2 \
             ORDER BY rotated_at DESC, id",
        )
        .bind(user.to_string())
        .bind(now)
        .fetch_all(self.connections.ask())
        .await?;
        let live = |row: &AnyRow| {
            Ok(LiveSession {
                id: session_id(row)?,
                audience: audience(row)?,
                created_at: row.try_get("created_at")?,
                rotated_at: row.try_get("rotated_at")?,
                device: device(row)?,
            })
        };
        rows.iter().map(live).collect()
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
        .execute(self.connections.ask())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a session and takes its tokens back. False, and nothing changed, when it had ended before or is not the owner's.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn end_session(
        &self,
        end: &End,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE sessions SET ended_at = $2, end_reason = $3, ended_by = $4 \
             WHERE id = $1 AND ended_at IS NULL AND user_id = $5",
        )
        .bind(end.session.to_string())
        .bind(moment.now)
        .bind(end.reason.as_str())
        .bind(end.by.map(|by| by.to_string()))
        .bind(end.owner.to_string())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        let revocation = Revocation::Session(end.session);
        revocations::insert(&mut transaction, revocation, moment).await?;
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends every live session of a user but `this` one, which ends them, and says which.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn end_other_sessions(
        &self,
        user: UserId,
        this: SessionId,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Vec<SessionId>, StorageError> {
        let mut transaction = self.begin().await?;
        let ended = sqlx::query(
            "UPDATE sessions SET ended_at = $3, end_reason = $4, ended_by = $2 \
             WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id",
        )
        .bind(user.to_string())
        .bind(this.to_string())
        .bind(moment.now)
        .bind(EndReason::EndedByUser.as_str())
        .fetch_all(&mut *transaction)
        .await?;
        let ended = revoke_all(&mut transaction, &ended, moment).await?;
        if !ended.is_empty() {
            self.append(&mut transaction, record, moment.now).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }
}

/// Ends the user's oldest live sessions, so that `limit` of them stay with the new one.
async fn displace(
    connection: &mut AnyConnection,
    new: &NewSession<'_>,
    limit: u32,
    moment: Moment,
) -> Result<Vec<SessionId>, StorageError> {
    let displaced = sqlx::query(
        "UPDATE sessions SET ended_at = $3, end_reason = $5, ended_by = $2 \
         WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $3 AND absolute_expires_at > $3 \
         AND id NOT IN (SELECT id FROM sessions \
         WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $3 AND absolute_expires_at > $3 \
         ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, created_at DESC, id LIMIT $4) RETURNING id",
    )
    .bind(new.user.to_string())
    .bind(new.id.to_string())
    .bind(moment.now)
    .bind(i64::from(limit))
    .bind(EndReason::SessionLimit.as_str())
    .fetch_all(&mut *connection)
    .await?;
    revoke_all(connection, &displaced, moment).await
}

pub(super) async fn revoke_all(
    connection: &mut AnyConnection,
    ended: &[AnyRow],
    moment: Moment,
) -> Result<Vec<SessionId>, StorageError> {
    let mut sessions = Vec::with_capacity(ended.len());
    for row in ended {
        let session = session_id(row)?;
        revocations::insert(connection, Revocation::Session(session), moment).await?;
        sessions.push(session);
    }
    Ok(sessions)
}

/// Whether nobody knows that the user has been at this device. Programs keep no mark: they are known by their name and network. An
/// account that nobody has signed in to yet has no devices that others could be new beside.
async fn is_new_device(
    connection: &mut AnyConnection,
    session: &NewSession<'_>,
) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS all_of_them, COALESCE(SUM(CASE WHEN audience = $2 AND user_agent = $3 AND network = $4 \
         THEN 1 ELSE 0 END), 0) AS alike FROM sessions WHERE user_id = $1",
    )
    .bind(session.user.to_string())
    .bind(session.audience.as_str())
    .bind(session.device.user_agent().to_owned())
    .bind(stored_network(session.device))
    .fetch_one(connection)
    .await?;
    let (all, alike): (i64, i64) = (row.try_get("all_of_them")?, row.try_get("alike")?);
    let is_known = match session.audience {
        Audience::Web => session.is_known_device,
        Audience::Api => alike > 0,
    };
    Ok(all > 0 && !is_known)
}

/// The latest end of a session because a used key came back, if its user was not told yet; and notes that it
/// is being told now.
async fn take_reuse(
    connection: &mut AnyConnection,
    user: UserId,
    now: Millis,
) -> Result<Option<Ending>, StorageError> {
    let untold = sqlx::query(
        "UPDATE sessions SET told_at = $3 WHERE user_id = $1 AND end_reason = $2 AND told_at IS NULL \
         RETURNING ended_at, end_reason, user_agent, network",
    )
    .bind(user.to_string())
    .bind(EndReason::RefreshTokenReused.as_str())
    .bind(now)
    .fetch_all(connection)
    .await?;
    let endings = untold.iter().map(ending).collect::<Result<Vec<_>, _>>()?;
    Ok(endings
        .into_iter()
        .flatten()
        .max_by_key(|ending| ending.at_ms))
}

pub(super) fn session_id(row: &AnyRow) -> Result<SessionId, StorageError> {
    SessionId::parse(&row.try_get::<String, _>("id")?).ok_or(StorageError::Corrupt("id"))
}

pub(super) fn audience(row: &AnyRow) -> Result<Audience, StorageError> {
    Audience::parse(&row.try_get::<String, _>("audience")?).ok_or(StorageError::Corrupt("audience"))
}

/// How the row's session was ended, if it was; the row's device is the one that did it.
fn ending(row: &AnyRow) -> Result<Option<Ending>, StorageError> {
    let Some(at_ms) = row.try_get("ended_at")? else {
        return Ok(None);
    };
    let reason: String = row.try_get("end_reason")?;
    let by = match row.try_get::<Option<String>, _>("user_agent")? {
        Some(_) => Some(device(row)?.words()),
        None => None,
    };
    Ok(Some(Ending {
        reason: EndReason::parse(&reason).ok_or(StorageError::Corrupt("end_reason"))?,
        at_ms,
        by,
    }))
}
