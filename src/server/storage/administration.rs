//! What administrators see and change of users: lists, roles, and whether an account is open.

use super::audit::AuditRecord;
use super::users::user_id;
use super::{Moment, Storage, StorageError, revocations};
use crate::domain::email::Email;
use crate::domain::role::{Role, Roles};
use crate::domain::session::{EndReason, Revocation};
use crate::domain::user::{Nickname, Signature, UserId};
use crate::server::clock::Millis;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// Matches `' ' || roles || ' '` of administrators.
const LIKE_ADMINISTRATOR: &str = "% administrator %";

/// A user in a list.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Whose it is.
    pub id: UserId,
    /// The address they sign in with.
    pub email: Email,
    /// The name others see.
    pub nickname: Nickname,
    /// A few lines about themselves; may be empty.
    pub signature: Signature,
    /// What they may do.
    pub roles: Roles,
    /// When the account was created.
    pub created_at: Millis,
    /// When it was disabled, if it is.
    pub disabled_at: Option<Millis>,
    /// When it is to be deleted, if its owner asked for that.
    pub delete_at: Option<Millis>,
}

/// What came of changing a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is changed, and this takes back every access token issued before.
    Done(Revocation),
    /// It was so already.
    Already,
    /// There is no such user.
    Unknown,
    /// It would leave nobody to administrate.
    LastAdministrator,
}

impl Storage {
    /// Users whose e-mail begins with `prefix`, by e-mail, after `after`. Served from an index, however many users there
    /// are and wherever the page begins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(
        &self,
        prefix: &str,
        after: Option<&Email>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StorageError> {
        // Addresses are ASCII: nothing that begins with the prefix comes after this.
        let end = format!("{prefix}\u{7f}");
        // And visible: nothing stands between an address and itself with the first visible character behind it. One
        // bound, since of two the database would take the wrong one to begin at.
        let begin = after.map_or(String::new(), |after| format!("{after}!"));
        let begin = begin.max(prefix.to_owned());
        let rows = sqlx::query(
            "SELECT id, email, nickname, signature, roles, created_at, disabled_at, delete_at FROM users \
             WHERE email COLLATE \"binary\" >= $1 AND email COLLATE \"binary\" < $2 \
             ORDER BY email COLLATE \"binary\" LIMIT $3",
        )
        .bind(begin)
        .bind(end)
        .bind(i64::from(limit))
        .fetch_all(self.connections.ask())
        .await?;
        rows.iter().map(user_row).collect()
    }

    /// One user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, user: UserId) -> Result<Option<UserRow>, StorageError> {
        let row = sqlx::query(
            "SELECT id, email, nickname, signature, roles, created_at, disabled_at, delete_at FROM users WHERE id = $1",
        )
        .bind(user.to_string())
        .fetch_optional(self.connections.ask())
        .await?;
        row.as_ref().map(user_row).transpose()
    }

    /// Ends every session of a user.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn sign_out_everywhere(
        &self,
        user: UserId,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Changed, StorageError> {
        let mut transaction = self.begin().await?;
        let raised =
            sqlx::query("UPDATE users SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch")
                .bind(user.to_string())
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(raised) = raised else {
            return Ok(Changed::Unknown);
        };
        let reason = EndReason::EndedByAdministrator;
        end_all(&mut transaction, user, reason, moment).await?;
        let revocation = revoke(&mut transaction, user, &raised, moment).await?;
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(Changed::Done(revocation))
    }

    /// Gives a user these roles and no others. Their sessions go on with them; tokens that say otherwise are
    /// taken back.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn set_roles(
        &self,
        user: UserId,
        roles: &Roles,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Changed, StorageError> {
        let mut transaction = self.begin().await?;
        if !roles.contains(Role::ADMINISTRATOR)
            && is_last_administrator(&mut transaction, user).await?
        {
            return Ok(Changed::LastAdministrator);
        }
        let raised = sqlx::query(
            "UPDATE users SET roles = $2, epoch = epoch + 1, updated_at = $3 \
             WHERE id = $1 AND roles <> $2 RETURNING epoch",
        )
        .bind(user.to_string())
        .bind(roles.to_stored())
        .bind(moment.now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(raised) = raised else {
            return already_or_unknown(&mut transaction, user).await;
        };
        let revocation = revoke(&mut transaction, user, &raised, moment).await?;
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(Changed::Done(revocation))
    }

    /// Closes an account, which ends its sessions, or opens it again.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn set_disabled(
        &self,
        user: UserId,
        disabled: bool,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Changed, StorageError> {
        let mut transaction = self.begin().await?;
        if disabled && is_last_administrator(&mut transaction, user).await? {
            return Ok(Changed::LastAdministrator);
        }
        let raised = sqlx::query(
            "UPDATE users SET disabled_at = $2, epoch = epoch + 1, updated_at = $3 \
             WHERE id = $1 AND (disabled_at IS NULL) <> ($2 IS NULL) RETURNING epoch",
        )
        .bind(user.to_string())
        .bind(disabled.then_some(moment.now))
        .bind(moment.now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(raised) = raised else {
            return already_or_unknown(&mut transaction, user).await;
        };
        if disabled {
            end_all(&mut transaction, user, EndReason::Disabled, moment).await?;
        }
        let revocation = revoke(&mut transaction, user, &raised, moment).await?;
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(Changed::Done(revocation))
    }
}

/// What may happen once.
const FIRST_ADMINISTRATOR: &str = "first_administrator";

impl Storage {
    /// Whether nobody has ever been an administrator, so that somebody must be made one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wants_first_administrator(&self) -> Result<bool, StorageError> {
        let found = sqlx::query(
            "SELECT 1 AS found FROM users WHERE roles <> '' AND (' ' || roles || ' ') LIKE $1 \
             UNION ALL SELECT 1 AS found FROM once WHERE name = $2 LIMIT 1",
        )
        .bind(LIKE_ADMINISTRATOR)
        .bind(FIRST_ADMINISTRATOR)
        .fetch_optional(self.connections.ask())
        .await?;
        Ok(found.is_none())
    }

    /// Makes a user the first administrator. [`Changed::Already`] when there has been one: of all who try at once,
    /// one succeeds.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn make_first_administrator(
        &self,
        user: UserId,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Changed, StorageError> {
        let mut transaction = self.begin().await?;
        let first = sqlx::query(
            "INSERT INTO once (name, done_at) SELECT $1, $2 WHERE NOT EXISTS \
             (SELECT 1 FROM users WHERE roles <> '' AND (' ' || roles || ' ') LIKE $3) ON CONFLICT DO NOTHING",
        )
        .bind(FIRST_ADMINISTRATOR)
        .bind(moment.now)
        .bind(LIKE_ADMINISTRATOR)
        .execute(&mut *transaction)
        .await?;
        if first.rows_affected() != 1 {
            return Ok(Changed::Already); // dropping the transaction rolls it back
        }
        let row = sqlx::query("SELECT roles FROM users WHERE id = $1 AND disabled_at IS NULL")
            .bind(user.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else {
            return Ok(Changed::Unknown);
        };
        let roles = Roles::from_stored(&row.try_get::<String, _>("roles")?);
        let roles = roles
            .iter()
            .cloned()
            .chain(Role::parse(Role::ADMINISTRATOR));
        let roles = Roles::new(roles).ok_or(StorageError::Corrupt("roles"))?;
        let raised = sqlx::query(
            "UPDATE users SET roles = $2, epoch = epoch + 1, updated_at = $3 WHERE id = $1 RETURNING epoch",
        )
        .bind(user.to_string())
        .bind(roles.to_stored())
        .bind(moment.now)
        .fetch_one(&mut *transaction)
        .await?;
        let revocation = revoke(&mut transaction, user, &raised, moment).await?;
        let detail = &roles.to_stored();
        let record = &AuditRecord { detail, ..*record };
        self.append(&mut transaction, record, moment.now).await?;
        transaction.commit().await?;
        Ok(Changed::Done(revocation))
    }
}

/// Whether this user is the only one who can administrate and is not about to go. Writing the rows it looks at holds off whoever would
/// change them, until this transaction ends: two administrators cannot remove each other at the same time.
pub(super) async fn is_last_administrator(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<bool, StorageError> {
    let administrators = sqlx::query(
        "UPDATE users SET epoch = epoch WHERE roles <> '' AND (' ' || roles || ' ') LIKE $1 \
         AND disabled_at IS NULL AND delete_at IS NULL RETURNING id",
    )
    .bind(LIKE_ADMINISTRATOR)
    .fetch_all(connection)
    .await?;
    match &administrators[..] {
        [one] => Ok(user_id(one, "id")? == user),
        _ => Ok(false),
    }
}

async fn already_or_unknown(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Changed, StorageError> {
    let known = sqlx::query("SELECT id FROM users WHERE id = $1")
        .bind(user.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(known.map_or(Changed::Unknown, |_| Changed::Already))
}

pub(super) async fn end_all(
    connection: &mut AnyConnection,
    user: UserId,
    reason: EndReason,
    moment: Moment,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE user_id = $1 AND ended_at IS NULL",
    )
    .bind(user.to_string())
    .bind(moment.now)
    .bind(reason.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes back every access token of an epoch before the one that was just raised.
pub(super) async fn revoke(
    connection: &mut AnyConnection,
    user: UserId,
    raised: &AnyRow,
    moment: Moment,
) -> Result<Revocation, StorageError> {
    let least = raised.try_get("epoch")?;
    let revocation = Revocation::Epoch { user, least };
    revocations::insert(connection, revocation, moment).await?;
    Ok(revocation)
}

fn user_row(row: &AnyRow) -> Result<UserRow, StorageError> {
    Ok(UserRow {
        id: user_id(row, "id")?,
        email: Email::from_stored(row.try_get("email")?),
        nickname: Nickname::from_stored(row.try_get("nickname")?),
        signature: Signature::from_stored(row.try_get("signature")?),
        roles: Roles::from_stored(&row.try_get::<String, _>("roles")?),
        created_at: row.try_get("created_at")?,
        disabled_at: row.try_get("disabled_at")?,
        delete_at: row.try_get("delete_at")?,
    })
}
