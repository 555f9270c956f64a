//! The chain that the audit trail is: each record's hash covers the hash before it, and the two ends are sealed with a
//! key that is not in the database. So whoever can write to the database alone cannot change, remove or cut off a
//! record unseen.

use super::{Storage, StorageError};
use crate::server::clock::Millis;
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// How many records are read at a time.
const READ_AT_A_TIME: i64 = 1000;
/// How many records retention takes at a time: whoever would add one waits for so long.
const TAKEN_AT_A_TIME: i64 = 10_000;

/// What stands in place of a seal once one was found broken: it is no HMAC, so it never holds again.
const BROKEN: &str = "broken";

/// Seals the ends of the trail.
pub struct AuditSeal(Vec<hmac::Key>);

impl AuditSeal {
    /// The first of `keys` seals, all are tried when a seal is read; so the secret they come from can be replaced.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k [u8; 32]>) -> Self {
        let keys = keys.into_iter();
        Self(
            keys.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key))
                .collect(),
        )
    }

    fn seal(&self, ends: &Ends) -> String {
        match self.0.first() {
            Some(key) => URL_SAFE_NO_PAD.encode(hmac::sign(key, ends.sealed_text().as_bytes())),
            None => BROKEN.to_owned(),
        }
    }

    fn holds(&self, ends: &Ends) -> bool {
        if *ends == Ends::default() {
            return true; // nothing has been written yet
        }
        let text = ends.sealed_text();
        URL_SAFE_NO_PAD.decode(&ends.seal).is_ok_and(|seal| {
            let mut keys = self.0.iter();
            keys.any(|key| hmac::verify(key, text.as_bytes(), &seal).is_ok())
        })
    }
}

/// The two ends of the trail: the row of `audit_ends`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// The newest record that retention took, 0 for none.
    past_seq: i64,
    past_hash: String,
    /// The newest record, 0 for none.
    pub last_seq: i64,
    pub last_hash: String,
    seal: String,
}

impl Ends {
    /// Reads them, and holds off whoever would change them until the transaction ends.
    pub(super) async fn lock(connection: &mut AnyConnection) -> Result<Self, StorageError> {
        let row = sqlx::query(
            "UPDATE audit_ends SET last_seq = last_seq WHERE name = 'ends' \
             RETURNING past_seq, past_hash, last_seq, last_hash, seal",
        )
        .fetch_optional(connection)
        .await?;
        Self::of(row.as_ref())
    }

    fn of(row: Option<&AnyRow>) -> Result<Self, StorageError> {
        let row = row.ok_or(StorageError::Corrupt("audit_ends"))?;
        Ok(Self {
            past_seq: row.try_get("past_seq")?,
            past_hash: row.try_get("past_hash")?,
            last_seq: row.try_get("last_seq")?,
            last_hash: row.try_get("last_hash")?,
            seal: row.try_get("seal")?,
        })
    }

    /// The ends after one more record.
    pub(super) fn followed_by(&self, seq: i64, hash: String) -> Self {
        Self {
            last_seq: seq,
            last_hash: hash,
            ..self.clone()
        }
    }

    /// Writes these in place of `before`, sealed. A broken seal stays broken: what comes after it must not vouch for
    /// what came before.
    pub(super) async fn replace(
        mut self,
        before: &Ends,
        seal: &AuditSeal,
        connection: &mut AnyConnection,
    ) -> Result<(), StorageError> {
        self.seal = if seal.holds(before) {
            seal.seal(&self)
        } else {
            tracing::error!("the seal of the audit trail is broken: run `vestibule audit verify`");
            BROKEN.to_owned()
        };
        self.write(connection).await
    }

    async fn write(&self, connection: &mut AnyConnection) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE audit_ends SET past_seq = $1, past_hash = $2, last_seq = $3, last_hash = $4, seal = $5 \
             WHERE name = 'ends'",
        )
        .bind(self.past_seq)
        .bind(self.past_hash.clone())
        .bind(self.last_seq)
        .bind(self.last_hash.clone())
        .bind(self.seal.clone())
        .execute(connection)
        .await?;
        Ok(())
    }

    fn sealed_text(&self) -> String {
        let Self {
            past_seq,
            past_hash,
            last_seq,
            last_hash,
            ..
        } = self;
        format!("v1 {past_seq} {past_hash} {last_seq} {last_hash}")
    }
}

/// A record as the database keeps it, without its hash.
pub(super) struct Link {
    pub seq: i64,
    pub created_at: Millis,
    pub event: String,
    pub actor: Option<String>,
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    pub detail: String,
    pub user_agent: String,
    pub network: String,
    pub request_id: Option<String>,
}

impl Link {
    fn of(row: &AnyRow) -> Result<Self, StorageError> {
        Ok(Self {
            seq: row.try_get("seq")?,
            created_at: row.try_get("created_at")?,
            event: row.try_get("event")?,
            actor: row.try_get("actor")?,
            user_id: row.try_get("user_id")?,
            session_id: row.try_get("session_id")?,
            detail: row.try_get("detail")?,
            user_agent: row.try_get("user_agent")?,
            network: row.try_get("network")?,
            request_id: row.try_get("request_id")?,
        })
    }

    /// SHA-256 in base64url, over the hash of the record before and every column. Each is written with its length
    /// before it, so that no two different records are written alike.
    pub(super) fn hash(&self, before: &str) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.seq.to_be_bytes());
        context.update(&self.created_at.to_be_bytes());
        for field in [
            Some(before),
            Some(&self.event),
            self.actor.as_deref(),
            self.user_id.as_deref(),
            self.session_id.as_deref(),
            Some(&self.detail),
            Some(&self.user_agent),
            Some(&self.network),
            self.request_id.as_deref(),
        ] {
            // Nothing is another length than the empty text.
            let length = field.map_or(0, |text| text.len() as u64 + 1);
            context.update(&length.to_be_bytes());
            context.update(field.unwrap_or_default().as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

/// A place in the trail that can be noted elsewhere: whoever has it can tell later whether the trail still has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditHead {
    /// Which record; 0 for none.
    pub seq: i64,
    /// Its hash, which stands for all records up to it.
    pub hash: String,
}

/// What was found in a trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditVerdict {
    /// How many records were read.
    pub records: u64,
    /// When the first of them was written.
    pub since: Option<Millis>,
    /// The newest.
    pub head: AuditHead,
    /// What is wrong, if anything is.
    pub flaws: Vec<AuditFlaw>,
}

/// What can be wrong with a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditFlaw {
    /// The ends are not as they were sealed.
    BrokenSeal,
    /// This record, or the one before it, is not as it was written.
    Changed(i64),
    /// Records from the first to the second of these are missing.
    Missing(i64, i64),
    /// So many records stand outside the two ends.
    Outside(i64),
    /// The trail does not have the head that was noted.
    OtherHead,
}

impl Storage {
    /// Reads the whole trail and says what is wrong with it; also that `noted` is not part of it. Records that are
    /// added meanwhile are left for the next time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_audit_trail(
        &self,
        noted: Option<&AuditHead>,
    ) -> Result<AuditVerdict, StorageError> {
        loop {
            let ends = self.ends().await?;
            let verdict = self.walk(&ends, noted).await?;
            // Retention took records away while they were being read: once more.
            if self.ends().await?.past_seq == ends.past_seq {
                return Ok(verdict);
            }
        }
    }

    async fn ends(&self) -> Result<Ends, StorageError> {
        let row = sqlx::query(
            "SELECT past_seq, past_hash, last_seq, last_hash, seal FROM audit_ends WHERE name = 'ends'",
        )
        .fetch_optional(self.connections.ask())
        .await?;
        Ends::of(row.as_ref())
    }

    async fn walk(
        &self,
        ends: &Ends,
        noted: Option<&AuditHead>,
    ) -> Result<AuditVerdict, StorageError> {
        let mut verdict = AuditVerdict::default();
        if !self.seal.holds(ends) {
            verdict.flaws.push(AuditFlaw::BrokenSeal);
        }
        let outside = sqlx::query(
            "SELECT COUNT(*) AS outside FROM audit_trail t, audit_ends e \
             WHERE t.seq <= e.past_seq OR t.seq > e.last_seq",
        )
        .fetch_one(self.connections.ask())
        .await?;
        let outside = outside.try_get("outside")?;
        if outside != 0 {
            verdict.flaws.push(AuditFlaw::Outside(outside));
        }
        verdict.head = AuditHead {
            seq: ends.past_seq,
            hash: ends.past_hash.clone(),
        };
        // Of what retention took, nobody can say any more what it was.
        let mut is_noted =
            noted.is_none_or(|noted| *noted == verdict.head || noted.seq < ends.past_seq);
        loop {
            let rows = sqlx::query(
                "SELECT seq, created_at, event, actor, user_id, session_id, detail, user_agent, network, request_id, \
                 hash FROM audit_trail WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3",
            )
            .bind(verdict.head.seq)
            .bind(ends.last_seq)
            .bind(READ_AT_A_TIME)
            .fetch_all(self.connections.ask())
            .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let (link, hash) = (Link::of(row)?, row.try_get::<String, _>("hash")?);
                let head = &verdict.head;
                if link.seq != head.seq + 1 {
                    verdict
                        .flaws
                        .push(AuditFlaw::Missing(head.seq + 1, link.seq - 1));
                } else if link.hash(&head.hash) != hash {
                    verdict.flaws.push(AuditFlaw::Changed(link.seq));
                }
                verdict.records += 1;
                verdict.since = verdict.since.or(Some(link.created_at));
                let seq = link.seq;
                verdict.head = AuditHead { seq, hash };
                is_noted |= noted == Some(&verdict.head);
            }
        }
        let head = &verdict.head;
        if head.seq != ends.last_seq {
            verdict
                .flaws
                .push(AuditFlaw::Missing(head.seq + 1, ends.last_seq));
        } else if head.hash != ends.last_hash {
            verdict.flaws.push(AuditFlaw::Changed(head.seq));
        }
        if !is_noted {
            verdict.flaws.push(AuditFlaw::OtherHead);
        }
        Ok(verdict)
    }

    /// Takes away records that were written before `until`, from the trail's beginning to the first that was not;
    /// 10,000 at the most. Says how many.
    ///
    /// # Errors
    /// When the database fails; then none is taken.
    pub async fn forget_audit_records(&self, until: Millis) -> Result<u64, StorageError> {
        let mut transaction = self.begin().await?;
        let ends = Ends::lock(&mut transaction).await?;
        // What is to stay, or else everything may go.
        let stays = sqlx::query(
            "SELECT seq FROM audit_trail WHERE seq > $1 AND created_at >= $2 ORDER BY seq LIMIT 1",
        )
        .bind(ends.past_seq)
        .bind(until)
        .fetch_optional(&mut *transaction)
        .await?;
        let before: i64 = match stays {
            Some(row) => row.try_get("seq")?,
            None => ends.last_seq + 1,
        };
        let before = before.min(ends.past_seq + TAKEN_AT_A_TIME + 1);
        let newest = sqlx::query(
            "SELECT seq, hash FROM audit_trail WHERE seq < $1 ORDER BY seq DESC LIMIT 1",
        )
        .bind(before)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(newest) = newest else {
            return Ok(0); // dropping the transaction rolls it back
        };
        let next = Ends {
            past_seq: newest.try_get("seq")?,
            past_hash: newest.try_get("hash")?,
            ..ends.clone()
        };
        let taken = sqlx::query("DELETE FROM audit_trail WHERE seq <= $1")
            .bind(next.past_seq)
            .execute(&mut *transaction)
            .await?;
        next.replace(&ends, &self.seal, &mut transaction).await?;
        transaction.commit().await?;
        Ok(taken.rows_affected())
    }

    /// Seals the ends as they stand, whatever the seal before said: the operator vouches for them. It mends nothing
    /// that is wrong between them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reseal_audit_trail(&self) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        let mut ends = Ends::lock(&mut transaction).await?;
        ends.seal = self.seal.seal(&ends);
        ends.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            seq: 1,
            created_at: 2,
            event: "signed_in".to_owned(),
            actor: Some("a".to_owned()),
            user_id: Some("u".to_owned()),
            session_id: None,
            detail: String::new(),
            user_agent: "b".to_owned(),
            network: "n".to_owned(),
            request_id: None,
        }
    }

    #[test]
    fn every_column_counts() {
        let whole = link().hash("before");
        let some = || Some(String::new());
        for (column, change) in [
            Link { seq: 2, ..link() },
            Link {
                created_at: 3,
                ..link()
            },
            Link {
                event: "signed_out".to_owned(),
                ..link()
            },
            Link {
                actor: None,
                ..link()
            },
            Link {
                user_id: None,
                ..link()
            },
            Link {
                session_id: some(),
                ..link()
            },
            Link {
                detail: "x".to_owned(),
                ..link()
            },
            Link {
                user_agent: "bn".to_owned(),
                network: String::new(),
                ..link()
            },
            Link {
                network: "m".to_owned(),
                ..link()
            },
            Link {
                request_id: some(),
                ..link()
            },
        ]
        .iter()
        .enumerate()
        {
            assert_ne!(change.hash("before"), whole, "{column}");
        }
        assert_ne!(link().hash("befor"), whole);
        assert_eq!(link().hash("before"), whole);
    }

    #[test]
    fn a_seal_holds_for_what_was_sealed_and_by_our_keys() {
        let seal = AuditSeal::new([&[1; 32]]);
        let mut ends = Ends {
            last_seq: 3,
            last_hash: "h".to_owned(),
            ..Ends::default()
        };
        assert!(seal.holds(&Ends::default()), "nothing is sealed by nothing");
        assert!(!seal.holds(&ends));
        ends.seal = seal.seal(&ends);
        assert!(seal.holds(&ends));
        assert!(
            AuditSeal::new([&[2; 32], &[1; 32]]).holds(&ends),
            "a key before"
        );
        assert!(!AuditSeal::new([&[2; 32]]).holds(&ends));
        for changed in [
            Ends {
                past_seq: 1,
                ..ends.clone()
            },
            Ends {
                past_hash: "x".to_owned(),
                ..ends.clone()
            },
            Ends {
                last_seq: 2,
                ..ends.clone()
            },
            Ends {
                last_hash: "x".to_owned(),
                ..ends.clone()
            },
            Ends {
                seal: BROKEN.to_owned(),
                ..ends.clone()
            },
            Ends {
                seal: String::new(),
                ..ends.clone()
            },
        ] {
            assert!(!seal.holds(&changed), "{changed:?}");
        }
    }
}
