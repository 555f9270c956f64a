//! The table `mailed_links`: links that were sent by mail, and what using one changes.

use super::administration::{end_all, revoke};
use super::audit::AuditRecord;
use super::users::user_id;
use super::{Moment, Storage, StorageError, deletion};
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
    /// The account's address now.
    pub email: Email,
    /// Where it was sent.
    pub mailbox: Email,
    /// Whether its code may still be tried.
    pub has_code: bool,
}

/// For whom a link is asked.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Whoever has this address, if anybody does.
    Address(&'a Email),
    /// This user.
    User(UserId),
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

/// The account and the link fit together: `l` and `u` are their rows, `$2` is the purpose and `$3` is now. A link is bound to the
/// address that the account had, but for the one that brings it back. One that replaces what stands for the account, the password or
/// the address, is good while the password is the one that was in force when it was asked for.
const IS_GOOD: &str = "l.purpose = $2 AND l.ended_at IS NULL AND l.expires_at > $3 AND u.disabled_at IS NULL \
     AND (l.email = u.email OR l.purpose = 'undo') \
     AND (l.password_changed_at = u.password_changed_at OR l.purpose NOT IN ('reset', 'change'))";

impl Storage {
    /// Sends the link that belongs to the record's event, if there is such an account, it is open, there are not too many, and
    /// there is anything left to verify. Whether or not, a record is written: it takes the same time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn send_link(
        &self,
        wanted: Wanted<'_>,
        limits: LinkLimits,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        // Whoever asks for the same account at once waits: the newest link is the only one.
        let (sql, key) = match wanted {
            Wanted::Address(email) => (LOCK_BY_EMAIL, email.as_str().to_owned()),
            Wanted::User(user) => (LOCK_BY_ID, user.to_string()),
        };
        let row = sqlx::query(sql)
            .bind(key)
            .fetch_optional(&mut *transaction)
            .await?;
        let purpose = record.event.link();
        let user = row.as_ref().map(|row| user_id(row, "id")).transpose()?;
        let has = |column| {
            let row = row.as_ref();
            row.map_or(Ok(false), |row| {
                row.try_get::<Option<i64>, _>(column)
                    .map(|time| time.is_some())
            })
        };
        let (disabled, verified) = (has("disabled_at")?, has("email_verified_at")?);
        let sent = sqlx::query(
            "SELECT COALESCE(SUM(CASE WHEN created_at > $3 THEN 1 ELSE 0 END), 0) AS links, \
             COALESCE(SUM(CASE WHEN created_at > $4 THEN 1 ELSE 0 END), 0) AS codes \
             FROM mailed_links WHERE user_id = $1 AND purpose = $2",
        )
        .bind(user.map_or(String::new(), |user| user.to_string()))
        .bind(purpose.map_or("", Purpose::as_str))
        .bind(limits.links_since)
        .bind(limits.codes_since)
        .fetch_one(&mut *transaction)
        .await?;
        let (links, codes): (i64, i64) = (sent.try_get("links")?, sent.try_get("codes")?);
        let refused = match user {
            None => Some("unknown"),
            Some(_) if disabled => Some("disabled"),
            Some(_) if verified && purpose == Some(Purpose::VerifyEmail) => Some("verified"),
            Some(_) if links >= limits.links => Some("too_often"),
            Some(_) => None,
        };
        let event = match refused {
            Some(_) => AuditEvent::LetterRefused,
            None => record.event,
        };
        let record = AuditRecord {
            event,
            user,
            detail: refused.unwrap_or_default(),
            ..*record
        };
        let link = self.append(&mut transaction, &record, now).await?;
        let has_code = purpose == Some(Purpose::ResetPassword) && codes < limits.codes;
        sqlx::query("UPDATE mailed_links SET code_tries = $2 WHERE id = $1")
            .bind(link)
            .bind(if has_code { limits.tries } else { 0 })
            .execute(&mut *transaction)
            .await?;
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
            "SELECT l.user_id, u.email, l.mailbox, l.code_tries FROM mailed_links l JOIN users u ON u.id = l.user_id \
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
                mailbox: Email::from_stored(row.try_get("mailbox")?),
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
        let mut transaction = self.begin().await?;
        let used = consume(&mut transaction, link, Purpose::ResetPassword, moment.now).await?;
        let Some((user, _)) = used else {
            return Ok(None); // dropping the transaction rolls it back
        };
        let reason = EndReason::PasswordChanged;
        let revocation = replace_password(&mut transaction, user, new_hash, reason, moment).await?;
        self.append(&mut transaction, &to(record, user), moment.now)
            .await?;
        transaction.commit().await?;
        Ok(Some(revocation))
    }

    /// Uses up a link by which the owner says that it was not them: every session of the account ends, its password counts no
    /// more, and if it was to be deleted, it stays. One that brings an address back does that too. Returns also whose it is, and the name of the
    /// link by which a new password can be chosen.
    ///
    /// # Errors
    /// [`StorageError::Taken`] when another account has the address by now. Then nothing changed, nor when the database fails.
    pub async fn disown(
        &self,
        link: &str,
        purpose: Purpose,
        record: &AuditRecord<'_>,
        moment: Moment,
    ) -> Result<Option<(UserId, Revocation, String)>, StorageError> {
        let mut transaction = self.begin().await?;
        let used = consume(&mut transaction, link, purpose, moment.now).await?;
        let Some((user, mailbox)) = used else {
            return Ok(None);
        };
        if purpose == Purpose::UndoEmail {
            set_email(&mut transaction, user, &mailbox, moment.now).await?;
            // What was sent since then went to whoever took the account.
            sqlx::query(
                "UPDATE mailed_links SET ended_at = $3 WHERE user_id = $1 AND ended_at IS NULL \
                 AND created_at >= (SELECT created_at FROM mailed_links WHERE id = $2)",
            )
            .bind(user.to_string())
            .bind(link.to_owned())
            .bind(moment.now)
            .execute(&mut *transaction)
            .await?;
        }
        // Nor was it them who wanted the account to go.
        deletion::cancel(&mut transaction, user).await?;
        let reason = EndReason::EndedByUser;
        let revocation =
            replace_password(&mut transaction, user, NO_PASSWORD, reason, moment).await?;
        let next = self
            .append(&mut transaction, &to(record, user), moment.now)
            .await?;
        transaction.commit().await?;
        Ok(Some((user, revocation, next)))
    }

    /// Uses up a link that proves that the account's address is its owner's: `user`, whom the caller knows by other means. False when
    /// it is not good any more, or not theirs.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    pub async fn verify_email(
        &self,
        link: &str,
        user: UserId,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let used = consume(&mut transaction, link, Purpose::VerifyEmail, now).await?;
        if used.is_none_or(|(owner, _)| owner != user) {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE users SET email_verified_at = COALESCE(email_verified_at, $2) WHERE id = $1",
        )
        .bind(user.to_string())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        self.append(&mut transaction, &to(record, user), now)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Uses up a link and makes the mailbox that it was sent to the address of its account. The letter goes to the address before.
    /// `None`, and nothing changed, when the link is not good any more.
    ///
    /// # Errors
    /// [`StorageError::Taken`] when another account has the address by now. Then nothing changed, nor when the database fails.
    pub async fn change_email(
        &self,
        link: &str,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<Option<UserId>, StorageError> {
        let mut transaction = self.begin().await?;
        let used = consume(&mut transaction, link, Purpose::ChangeEmail, now).await?;
        let Some((user, mailbox)) = used else {
            return Ok(None);
        };
        let before: String = sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
            .bind(user.to_string())
            .fetch_one(&mut *transaction)
            .await?;
        set_email(&mut transaction, user, &mailbox, now).await?;
        let before = Email::from_stored(before);
        let record = AuditRecord {
            mailbox: Some(&before),
            ..to(record, user)
        };
        self.append(&mut transaction, &record, now).await?;
        transaction.commit().await?;
        Ok(Some(user))
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

const LOCK_BY_EMAIL: &str =
    "UPDATE users SET epoch = epoch WHERE email = $1 RETURNING id, disabled_at, email_verified_at";
const LOCK_BY_ID: &str =
    "UPDATE users SET epoch = epoch WHERE id = $1 RETURNING id, disabled_at, email_verified_at";

/// The record of what happens to this user.
fn to<'a>(record: &AuditRecord<'a>, user: UserId) -> AuditRecord<'a> {
    AuditRecord {
        user: Some(user),
        ..*record
    }
}

/// Uses up a link, if it is still good: then whose it is, and where it was sent. Holds off whoever would change the same account until
/// the transaction ends.
async fn consume(
    connection: &mut AnyConnection,
    link: &str,
    purpose: Purpose,
    now: Millis,
) -> Result<Option<(UserId, Email)>, StorageError> {
    // The account first, as everybody locks it first, so that nobody waits for the other for ever.
    sqlx::query(
        "UPDATE users SET epoch = epoch WHERE id = (SELECT user_id FROM mailed_links WHERE id = $1)",
    )
    .bind(link.to_owned())
    .execute(&mut *connection)
    .await?;
    let sql = format!(
        "UPDATE mailed_links SET ended_at = $3 WHERE id = $1 AND EXISTS \
         (SELECT 1 FROM mailed_links l JOIN users u ON u.id = l.user_id WHERE l.id = $1 AND {IS_GOOD}) \
         RETURNING user_id, mailbox"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(link.to_owned())
        .bind(purpose.as_str())
        .bind(now)
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        let mailbox = Email::from_stored(row.try_get("mailbox")?);
        Ok((user_id(&row, "user_id")?, mailbox))
    })
    .transpose()
}

/// Replaces a password, for whoever proved that they read the account's mail. Every session ends.
async fn replace_password(
    connection: &mut AnyConnection,
    user: UserId,
    new_hash: &str,
    reason: EndReason,
    moment: Moment,
) -> Result<Revocation, StorageError> {
    let raised = sqlx::query(
        "UPDATE users SET password_hash = $2, epoch = epoch + 1, password_changed_at = $3, updated_at = $3, \
         email_verified_at = COALESCE(email_verified_at, $3) WHERE id = $1 RETURNING epoch",
    )
    .bind(user.to_string())
    .bind(new_hash.to_owned())
    .bind(moment.now)
    .fetch_one(&mut *connection)
    .await?;
    end_all(connection, user, reason, moment).await?;
    revoke(connection, user, &raised, moment).await
}

async fn set_email(
    connection: &mut AnyConnection,
    user: UserId,
    email: &Email,
    now: Millis,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE users SET email = $2, email_verified_at = $3, updated_at = $3 WHERE id = $1",
    )
    .bind(user.to_string())
    .bind(email.as_str().to_owned())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the link of a letter to a mailbox, or to the account's address, in the transaction of what it tells of. Of those that are
/// asked for, it replaces the account's others.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: &str,
    purpose: Purpose,
    user: UserId,
    mailbox: Option<&Email>,
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
        "INSERT INTO mailed_links (id, purpose, user_id, mailbox, email, password_changed_at, created_at, expires_at, \
         ended_at, code_tries) \
         SELECT $1, $2, id, COALESCE($6, email), email, password_changed_at, $4, $5, NULL, 0 FROM users WHERE id = $3",
    )
    .bind(id.to_owned())
    .bind(purpose.as_str())
    .bind(user.to_string())
    .bind(now)
    .bind(now.saturating_add(purpose.life_ms()))
    .bind(mailbox.map(|mailbox| mailbox.as_str().to_owned()))
    .execute(connection)
    .await?;
    Ok(())
}
