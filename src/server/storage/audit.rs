//! The table `audit_trail`: what happened to whose account, who did it and from where. Records are only ever added;
//! `chain.rs` links and seals them.

use super::chain::{Ends, Link};
use super::{Storage, StorageError, device, mailed_links, stored_network};
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::device::Device;
use crate::domain::email::Email;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

/// Something that must not be forgotten.
#[derive(Clone, Copy, Debug)]
pub struct AuditRecord<'a> {
    /// What happened.
    pub event: AuditEvent,
    /// Who did it.
    pub actor: Actor,
    /// To whom.
    pub user: Option<UserId>,
    /// In or to which session, if in one.
    pub session: Option<SessionId>,
    /// Where its letter goes, if not to the address of the user.
    pub mailbox: Option<&'a Email>,
    /// What more there is to say: words of ours, never what somebody typed, never a secret.
    pub detail: &'a str,
    /// From where.
    pub source: &'a Source,
}

/// A record as it is read.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its place in the trail.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// What happened; `None` if this version has no word for it.
    pub event: Option<AuditEvent>,
    /// Who did it.
    pub actor: Actor,
    /// The actor's e-mail, if it is a user.
    pub actor_email: Option<Email>,
    /// To whom.
    pub user: Option<UserId>,
    /// The user's e-mail.
    pub email: Option<Email>,
    /// In or to which session.
    pub session: Option<SessionId>,
    /// What more there is to say.
    pub detail: String,
    /// From where.
    pub device: Device,
    /// In which request: a [`RequestId`](crate::domain::audit::RequestId) as it is written.
    pub request: Option<String>,
}

/// Which records.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    /// Only what happened to this user.
    pub user: Option<UserId>,
    /// Only what this user did.
    pub actor: Option<UserId>,
    /// Only this.
    pub event: Option<AuditEvent>,
    /// Only from then on.
    pub since: Option<Millis>,
    /// Only before then.
    pub until: Option<Millis>,
}

impl Storage {
    /// Adds a record that stands for itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_audit_record(
        &self,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        self.append(&mut transaction, record, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Adds a record in the transaction of what it tells of. The last thing to do in it: it holds off whoever else
    /// would add one, and so that nobody waits for the other for ever, nothing is locked after it. Returns the record's hash, which
    /// no other has, and which names its letter.
    pub(super) async fn append(
        &self,
        connection: &mut AnyConnection,
        record: &AuditRecord<'_>,
        now: Millis,
    ) -> Result<String, StorageError> {
        let ends = Ends::lock(connection).await?;
        let link = Link {
            seq: ends.last_seq + 1,
            created_at: now,
            event: record.event.as_str().to_owned(),
            actor: record.actor.to_stored(),
            user_id: record.user.map(|user| user.to_string()),
            session_id: record.session.map(|session| session.to_string()),
            detail: record.detail.to_owned(),
            user_agent: record.source.device.user_agent().to_owned(),
            network: stored_network(&record.source.device),
            request_id: record.source.request.map(|request| request.to_string()),
        };
        let hash = link.hash(&ends.last_hash);
        let next = ends.followed_by(link.seq, hash.clone());
        sqlx::query(
            "INSERT INTO audit_trail (seq, created_at, event, actor, user_id, session_id, detail, user_agent, \
             network, request_id, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(link.seq)
        .bind(link.created_at)
        .bind(link.event)
        .bind(link.actor)
        .bind(link.user_id)
        .bind(link.session_id)
        .bind(link.detail)
        .bind(link.user_agent)
        .bind(link.network)
        .bind(link.request_id)
        .bind(hash.clone())
        .execute(&mut *connection)
        .await
        .map_err(|error| match error.into() {
            // There is a record where the trail ends: somebody put it there.
            StorageError::Taken => StorageError::Corrupt("audit_ends.last_seq"),
            other => other,
        })?;
        if self.writes_letters
            && let (Some(user), Some(purpose)) = (record.user, record.event.link())
        {
            let mailbox = record.mailbox;
            mailed_links::insert(connection, &hash, purpose, user, mailbox, now).await?;
            Self::put_into_outbox(connection, link.seq, &hash, mailbox).await?;
        }
        next.replace(&ends, &self.seal, connection).await?;
        Ok(hash)
    }

    /// Records, the newest first: those before the record `before`. Served from an index, however many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_records(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StorageError> {
        let mut texts = Vec::new();
        let mut numbers = Vec::new();
        let user = filter.user.map(|user| user.to_string());
        let actor = filter.actor.map(|actor| actor.to_string());
        let event = filter.event.map(|event| event.as_str().to_owned());
        for (condition, value) in [
            ("t.user_id = ", user),
            ("t.actor = ", actor),
            ("t.event = ", event),
        ] {
            if let Some(value) = value {
                texts.push((condition, value));
            }
        }
        let before = before.map(|seq| {
            (
                "(t.created_at, t.seq) < (SELECT created_at, seq FROM audit_trail WHERE seq = ",
                seq,
            )
        });
        let since = filter.since.map(|since| ("t.created_at >= ", since));
        let until = filter.until.map(|until| ("t.created_at < ", until));
        numbers.extend([since, until, before].into_iter().flatten());

        // Put together from the constants above; every value is bound.
        let conditions = texts.iter().map(|(condition, _)| *condition);
        let conditions = conditions.chain(numbers.iter().map(|(condition, _)| *condition));
        let conditions: String = (1..)
            .zip(conditions)
            .map(|(number, condition)| {
                let close = if condition.contains('(') { ")" } else { "" };
                format!(" AND {condition}${number}{close}")
            })
            .collect();
        let limit_number = texts.len() + numbers.len() + 1;
        let sql = format!(
            "SELECT t.seq, t.created_at, t.event, t.actor, t.user_id, t.session_id, t.detail, t.user_agent, \
             t.network, t.request_id, a.email AS actor_email, u.email AS user_email FROM audit_trail t \
             LEFT JOIN users a ON a.id = t.actor LEFT JOIN users u ON u.id = t.user_id \
             WHERE 1 = 1{conditions} ORDER BY t.created_at DESC, t.seq DESC LIMIT ${limit_number}"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, value) in texts {
            query = query.bind(value);
        }
        for (_, value) in numbers {
            query = query.bind(value);
        }
        let rows = query
            .bind(i64::from(limit))
            .fetch_all(self.connections.ask())
            .await?;
        rows.iter().map(audit_row).collect()
    }
}

/// A record that somebody tampered with is shown as far as it can be read: `vestibule audit verify` finds it.
fn audit_row(row: &AnyRow) -> Result<AuditRow, StorageError> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let email = |column| Ok::<_, StorageError>(text(column)?.map(Email::from_stored));
    Ok(AuditRow {
        seq: row.try_get("seq")?,
        at: row.try_get("created_at")?,
        event: AuditEvent::parse(&row.try_get::<String, _>("event")?),
        actor: Actor::from_stored(text("actor")?.as_deref()),
        actor_email: email("actor_email")?,
        user: text("user_id")?.and_then(|id| UserId::parse(&id)),
        email: email("user_email")?,
        session: text("session_id")?.and_then(|id| SessionId::parse(&id)),
        detail: row.try_get("detail")?,
        device: device(row)?,
        request: text("request_id")?,
    })
}
