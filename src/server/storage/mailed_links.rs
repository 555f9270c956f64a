//! The table `mailed_links`: links that were sent by mail, and what using one changes.

use super::administration::{end_all, revoke};
use super::audit::AuditRecord;
use super::users::user_id;
use super::{Moment, Storage, StorageError};
use crate::domain::audit::AuditEvent;
use crate::domain::email::Email;
use crate::domain::mailed_link::Purpose;
use crate::domain::session::{EndReason, Revocation};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::{AnyConnection, Row};

/// A link that is still good.
#[derive(Clone, Debug)]
pub struct MailedLink {
    /// Whose account it is for.
    pub user: UserId,
    /// The account's address, to which it was sent.
    pub email: Email,
    /// Whether its code may still be tried.
    pub has_code: bool,
}

/// How many links may be asked for, and how many of them have a code that may be tried.
#[derive(Clone, Copy, Debug)]
pub struct LinkLimits {
    /// So many links.
    pub links: i64,
    /// Since then.
    pub links_since: Millis,
    /// So many of them have a code.
    pub codes: i64,
    /// Since then.
    pub codes_since: Millis,
    /// How often a code may be tried.
    pub tries: i64,
}

/// No password has this for a hash.
const NO_PASSWORD: &str = "-";

/// The account and the link fit together: `l` and `u` are their rows, `$2` is the purpose and `$3` is now. A link that replaces the
/// password replaces the one that was in force when it was asked for, and no other.
const IS_GOOD: &str = "l.purpose = $2 AND l.ended_at IS NULL AND l.expires_at > $3 AND u.disabled_at IS NULL \
     AND l.email = u.email AND (l.purpose <> 'reset' OR l.password_changed_at = u.password_changed_at)";

impl Storage {
    /// Sends a link to choose a new password, if there is such an account, it is open, and there are not too many. Whether or not,
    /// a record is written: it takes the same time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_password_reset(
        &self,
        email: &Email,
        limits: LinkLimits,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        // Whoever asks for the same account at once waits: the newest link is the only one.
        let row = sqlx::query(
            "UPDATE users SET epoch = epoch WHERE email = $1 RETURNING id, disabled_at",
        )
        .bind(email.as_str().to_owned())
        .fetch_optional(&mut *transaction)
        .await?;
        let (user, disabled) = match &row {
            Some(row) => (
                Some(user_id(row, "id")?),
                row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
            ),
            None => (None, false),
        };
        let purpose = Purpose::ResetPassword;
        let sent = sqlx::query(
            "SELECT COUNT(*) AS links, COALESCE(SUM(CASE WHEN created_at > $4 THEN 1 ELSE 0 END), 0) AS late \
             FROM mailed_links WHERE user_id = $1 AND purpose = $2 AND created_at > $3",
        )
        .bind(user.map_or(String::new(), |user| user.to_string()))
        .bind(purpose.as_str())
        .bind(limits.links_since.min(limits.codes_since))
        .bind(limits.links_since.max(limits.codes_since))
        .fetch_one(&mut *transaction)
        .await?;
        let (all, late): (i64, i64) = (sent.try_get("links")?, sent.try_get("late")?);
        let refused = match user {
            None => Some("unknown"),
            Some(_) if disabled => Some("disabled"),
            Some(_) if late >= limits.links => Some("too_often"),
            Some(_) => None,
        };
        let event = match refused {
            Some(_) => AuditEvent::PasswordResetRefused,
            None => AuditEvent::PasswordResetRequested,
        };
        let record = AuditRecord {
            event,
            user,
            detail: refused.unwrap_or_default(),
            ..*record
        };
        let link = self.append(&mut transaction, &record, now).await?;
        if all < limits.codes {
            sqlx::query("UPDATE mailed_links SET code_tries = $2 WHERE id = $1")
                .bind(link)
                .bind(limits.tries)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The link of this name, if it is for this and still good. Nothing of it is used up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mailed_link(
        &self,
        id: &str,
        purpose: Purpose,
        now: Millis,
    ) -> Result<Option<MailedLink>, StorageError> {
        let sql = format!(
            "SELECT l.user_id, l.email, l.code_tries FROM mailed_links l JOIN users u ON u.id = l.user_id \
             WHERE l.id = $1 AND {IS_GOOD}"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.to_owned())
            .bind(purpose.as_str())
            .bind(now)
            .fetch_optional(self.connections.ask())
            .await?;
        row.map(|row| {
            Ok(MailedLink {
                user: user_id(&row, "user_id")?,
                email: Email::from_stored(row.try_get("email")?),
                has_code: row.try_get::<i64, _>("code_tries")? > 0,
            })
        })
        .transpose()
    }

    /// Takes one of the tries that the code of the account's newest link has, and says which link that is. `None` when there is none,
    /// or no try is left: of many at once, no more get through than may.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn try_code(
        &self,
        email: &Email,
        purpose: Purpose,
        now: Millis,
    ) -> Result<Option<String>, StorageError> {
        let row = sqlx::query(
            "UPDATE mailed_links SET code_tries = code_tries - 1 WHERE purpose = $2 AND ended_at IS NULL AND expires_at > $3 \
             AND code_tries > 0 AND user_id = (SELECT id FROM users WHERE email = $1) RETURNING id",
        )
        .bind(email.as_str().to_owned())
        .bind(purpose.as_str())
        .bind(now)
        .fetch_optional(self.connections.ask())
        .await?;
        Ok(row.map(|row| row.try_get("id")).transpose()?)
    }

    /// Uses up a link and replaces the password of its account; every session of it ends. `None`, and nothing changed, when the link
    /// is not good any more: of all who use it at once, one succeeds.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn reset_password(
        &self,
        link: &str,
        new_hash: &str,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Option<Revocation>, StorageError> {
        let used = self
            .use_link(link, Purpose::ResetPassword, new_hash, record, moment)
            .await?;
        Ok(used.map(|(revocation, _)| revocation))
    }

    /// Uses up a link by which the owner says that it was not them: every session of the account ends, and its password counts no
    /// more. Returns also the name of the link by which a new one can be chosen.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn disown(
        &self,
        link: &str,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Option<(Revocation, String)>, StorageError> {
        self.use_link(link, Purpose::NotMe, NO_PASSWORD, record, moment)
            .await
    }

    async fn use_link(
        &self,
        link: &str,
        purpose: Purpose,
        new_hash: &str,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Option<(Revocation, String)>, StorageError> {
        let mut transaction = self.begin().await?;
        let Some(user) = consume(&mut transaction, link, purpose, moment.now).await? else {
            return Ok(None); // dropping the transaction rolls it back
        };
        let raised = sqlx::query(
            "UPDATE users SET password_hash = $2, epoch = epoch + 1, password_changed_at = $3, updated_at = $3 \
             WHERE id = $1 RETURNING epoch",
        )
        .bind(user.to_string())
        .bind(new_hash.to_owned())
        .bind(moment.now)
        .fetch_one(&mut *transaction)
        .await?;
        let reason = match purpose {
            Purpose::ResetPassword => EndReason::PasswordChanged,
            Purpose::NotMe => EndReason::EndedByUser,
        };
        end_all(&mut transaction, user, reason, moment).await?;
        let revocation = revoke(&mut transaction, user, &raised, moment).await?;
        let record = AuditRecord {
            user: Some(user),
            ..*record
        };
        let next = self.append(&mut transaction, &record, moment.now).await?;
        transaction.commit().await?;
        Ok(Some((revocation, next)))
    }

    /// Deletes links that were good until before then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_expired_links(&self, until: Millis) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM mailed_links WHERE expires_at < $1")
            .bind(until)
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }
}

/// Uses up a link, if it is still good: then whose it is. Holds off whoever would change the same account until the transaction ends.
async fn consume(
    connection: &mut AnyConnection,
    link: &str,
    purpose: Purpose,
    now: Millis,
) -> Result<Option<UserId>, StorageError> {
    // The account first, as everybody locks it first, so that nobody waits for the other for ever.
    sqlx::query(
        "UPDATE users SET epoch = epoch WHERE id = (SELECT user_id FROM mailed_links WHERE id = $1)",
    )
    .bind(link.to_owned())
    .execute(&mut *connection)
    .await?;
    let sql = format!(
        "UPDATE mailed_links SET ended_at = $3 WHERE id = $1 AND EXISTS \
         (SELECT 1 FROM mailed_links l JOIN users u ON u.id = l.user_id WHERE l.id = $1 AND {IS_GOOD}) RETURNING user_id"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(link.to_owned())
        .bind(purpose.as_str())
        .bind(now)
        .fetch_optional(connection)
        .await?;
    row.map(|row| user_id(&row, "user_id")).transpose()
}

/// Writes the link of a letter, in the transaction of what it tells of. Of those that are asked for, it replaces the account's others.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: &str,
    purpose: Purpose,
    user: UserId,
    now: Millis,
) -> Result<(), StorageError> {
    if purpose.is_asked_for() {
        sqlx::query(
            "UPDATE mailed_links SET ended_at = $3 WHERE user_id = $1 AND purpose = $2 AND ended_at IS NULL",
        )
        .bind(user.to_string())
        .bind(purpose.as_str())
        .bind(now)
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "INSERT INTO mailed_links (id, purpose, user_id, email, password_changed_at, created_at, expires_at, ended_at, code_tries) \
         SELECT $1, $2, id, email, password_changed_at, $4, $5, NULL, 0 FROM users WHERE id = $3",
    )
    .bind(id.to_owned())
    .bind(purpose.as_str())
    .bind(user.to_string())
    .bind(now)
    .bind(now.saturating_add(purpose.life_ms()))
    .execute(connection)
    .await?;
    Ok(())
}
