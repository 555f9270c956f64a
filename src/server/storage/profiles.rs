//! Profiles, the rows that pages show most: those that are asked for at the same time are read by one query.
//!
//! What a query costs is hardly the row: it is the way to the database and back, for SQLite to a thread of
//! its own. So one task asks for all that wait, and whoever comes meanwhile waits for its next query. Nobody
//! waits for company: a single one is read at once.

use super::users::user_id;
use super::{Connections, StorageError};
use crate::domain::avatar::AvatarHash;
use crate::domain::email::Email;
use crate::domain::role::Roles;
use crate::domain::user::{Nickname, Profile, Signature, UserId};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{Any, Row};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many profiles one query reads at the most: as many as `MANY` has parameters.
const AT_ONCE: usize = 16;
/// How many may wait besides; beyond it, asking waits.
const WAITING: usize = 1024;

const ONE: &str = "SELECT id, email, email_verified_at, nickname, signature, avatar, roles, created_at FROM users WHERE id = $1";
const MANY: &str = "SELECT id, email, email_verified_at, nickname, signature, avatar, roles, created_at FROM users \
     WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// Asks for profiles. Cloning it shares it; its task ends with the last clone.
#[derive(Clone)]
pub(super) struct Profiles(mpsc::Sender<Wanted>);

struct Wanted {
    user: UserId,
    answer: oneshot::Sender<Result<Option<Profile>, StorageError>>,
}

impl Profiles {
    /// Starts the task that reads from this database.
    pub(super) fn of(connections: Connections) -> Self {
        let (wanted, waiting) = mpsc::channel(WAITING);
        tokio::spawn(read_all(connections, waiting));
        Self(wanted)
    }

    /// The profile of one user, as it stands now or a little later.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn read(&self, user: UserId) -> Result<Option<Profile>, StorageError> {
        let (answer, answered) = oneshot::channel();
        let wanted = Wanted { user, answer };
        self.0
            .send(wanted)
            .await
            .map_err(|_| StorageError::Closed)?;
        answered.await.map_err(|_| StorageError::Closed)?
    }
}

async fn read_all(connections: Connections, mut waiting: mpsc::Receiver<Wanted>) {
    let mut closing = std::pin::pin!(connections.pool.close_event());
    let mut reader = Reader::of(connections);
    let mut batch = Vec::with_capacity(AT_ONCE);
    loop {
        let first = tokio::select! {
            wanted = waiting.recv() => wanted,
            // Whoever closes the pool waits until each connection is back.
            () = &mut closing, if reader.kept.is_some() => {
                reader.kept = None;
                waiting.recv().await
            }
        };
        let Some(first) = first else { return };
        batch.push(first);
        // Requests that are ready to run may be about to ask as well.
        tokio::task::yield_now().await;
        while batch.len() < AT_ONCE {
            match waiting.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        // Whoever asked may be gone.
        match reader.rows(&batch).await {
            Ok(rows) => {
                for wanted in batch.drain(..) {
                    let _ = wanted.answer.send(find(&rows, wanted.user));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for wanted in batch.drain(..) {
                    let failed = Err(StorageError::Together(Arc::clone(&error)));
                    let _ = wanted.answer.send(failed);
                }
            }
        }
    }
}

struct Reader {
    connections: Connections,
    /// Stays here while it is good: to take a connection from the pool and to give it back costs as much as the query.
    kept: Option<PoolConnection<Any>>,
}

impl Reader {
    fn of(connections: Connections) -> Self {
        let kept = None;
        Self { connections, kept }
    }

    async fn rows(&mut self, batch: &[Wanted]) -> Result<Vec<AnyRow>, StorageError> {
        let pool = self.connections.ask();
        if let Some(mut kept) = self.kept.take()
            && let Ok(rows) = query(batch).fetch_all(&mut *kept).await
        {
            self.kept = Some(kept);
            return Ok(rows);
        }
        // There was none, or the server may have hung up on it: a fresh one says whether it is more than that.
        let mut fresh = pool.acquire().await?;
        let rows = query(batch).fetch_all(&mut *fresh).await?;
        self.kept = Some(fresh);
        Ok(rows)
    }
}

fn query(batch: &[Wanted]) -> Query<'static, Any, AnyArguments> {
    match batch {
        [one] => sqlx::query(ONE).bind(one.user.to_string()),
        many => {
            let users = many.iter().map(|wanted| Some(wanted.user.to_string()));
            let padded = users.chain(std::iter::repeat(None)).take(AT_ONCE);
            padded.fold(sqlx::query(MANY), |query, user| query.bind(user))
        }
    }
}

fn find(rows: &[AnyRow], user: UserId) -> Result<Option<Profile>, StorageError> {
    for row in rows {
        if user_id(row, "id")? == user {
            return profile(user, row).map(Some);
        }
    }
    Ok(None)
}

fn profile(id: UserId, row: &AnyRow) -> Result<Profile, StorageError> {
    Ok(Profile {
        id,
        email: Email::from_stored(row.try_get("email")?),
        is_verified: row
            .try_get::<Option<i64>, _>("email_verified_at")?
            .is_some(),
        nickname: Nickname::from_stored(row.try_get("nickname")?),
        signature: Signature::from_stored(row.try_get("signature")?),
        avatar: row
            .try_get::<Option<String>, _>("avatar")?
            .map(AvatarHash::from_stored),
        roles: Roles::from_stored(&row.try_get::<String, _>("roles")?),
        created_at_ms: row.try_get("created_at")?,
    })
}
