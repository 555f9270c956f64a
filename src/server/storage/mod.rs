//! The database, SQLite or PostgreSQL: the only place that names sqlx. Each method is one transaction.

mod administration;
mod attempts;
mod audit;
mod avatars;
mod chain;
mod deletion;
mod mailed_links;
mod outbox;
mod personal_data;
mod profiles;
mod revocations;
mod schema;
mod sessions;
mod users;

pub use administration::{Changed, UserRow};
pub use attempts::AttemptLimit;
pub use audit::{AuditFilter, AuditRecord, AuditRow};
pub use chain::{AuditFlaw, AuditHead, AuditSeal, AuditVerdict};
pub use deletion::Leave;
pub use mailed_links::{LinkLimits, MailedLink, Wanted};
pub use outbox::DueLetter;
pub use personal_data::{HeldAccount, HeldLetter, HeldLink, HeldSession};
pub use revocations::News;
pub use sessions::{Admission, End, LiveSession, Moment, NewSession, SessionRow};
pub use users::{Credentials, NewUser, Remaining};

use crate::domain::device::{Device, Network};
use profiles::Profiles;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow, install_default_drivers};
use sqlx::{Any, AnyPool, Connection, Executor, Row, Transaction};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

/// Which database, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of our own.
    Sqlite(PathBuf),
    /// A server; the URL may hold a password, so it is never shown.
    Postgres(RedactedUrl),
}

/// A URL that is not to be seen in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedUrl(String);

impl RedactedUrl {
    fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl DatabaseUrl {
    /// Reads `sqlite://PATH` or `postgres://…`.
    ///
    /// # Errors
    /// Says in words what is wrong, never repeating the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return match path {
                "" => Err("names no file"),
                ":memory:" => Err("would lose every account when the program ends; name a file"),
                path if path.contains(['?', '#', '%']) => {
                    Err("takes a plain path: no ?, # or % in it")
                }
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            install_drivers();
            return match AnyConnectOptions::from_str(text).map(|options| {
                sqlx::postgres::PgConnectOptions::from_str(options.database_url.as_str())
            }) {
                Ok(Ok(_)) => Ok(Self::Postgres(RedactedUrl(text.to_owned()))),
                _ => Err("is not a URL that PostgreSQL's client understands"),
            };
        }
        Err("begins with neither sqlite:// nor postgres://")
    }

    /// Whether it is a file that the first start has yet to make.
    pub fn is_missing_file(&self) -> bool {
        matches!(self, Self::Sqlite(file) if !file.exists())
    }

    /// The folder of the SQLite file.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            }),
            Self::Postgres(_) => None,
        }
    }
}

/// What can go wrong below the use cases.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The value stands there already, and must be unique.
    #[error("a unique value is taken")]
    Taken,
    /// The database failed or cannot be reached.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// The same, of a query that several had asked for.
    #[error(transparent)]
    Together(Arc<StorageError>),
    /// A proxy in front of PostgreSQL gives one connection's statements to another.
    #[error(
        "a proxy in front of PostgreSQL mixes up prepared statements; PgBouncer keeps them apart since 1.21, with \
         max_prepared_statements"
    )]
    StatementsMixedUp,
    /// The storage was closed, or its program is ending.
    #[error("the storage is closed")]
    Closed,
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A later release has changed the schema in a way that this program cannot work with.
    #[error("the database is of a later release, which programs as old as this one cannot use")]
    ProgramTooOld,
    /// The SQLite file or its folder cannot be made.
    #[error("the database file cannot be made: {0}")]
    File(#[from] std::io::Error),
    /// A stored value is not what we write.
    #[error("the column {0} holds a value that we never write")]
    Corrupt(&'static str),
}

impl StorageError {
    /// Whether the database cannot be reached or cannot do its work, so that the same may go well in a while. Anything else is
    /// a fault of ours.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Together(error) => error.is_unavailable(),
            Self::Database(error) => is_unavailable(error),
            _ => false,
        }
    }
}

fn is_unavailable(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(error) => error.code().is_some_and(|code| match code.parse::<u32>() {
            // SQLite's result codes are short numbers, the kind in the lowest byte.
            Ok(number) if code.len() < SQLSTATE_LENGTH => {
                SQLITE_UNAVAILABLE.contains(&(number & 0xff))
            }
            _ => POSTGRES_UNAVAILABLE
                .iter()
                .any(|class| code.starts_with(class)),
        }),
        _ => false,
    }
}

/// BUSY, LOCKED, READONLY, IOERR, FULL and CANTOPEN.
const SQLITE_UNAVAILABLE: [u32; 6] = [5, 6, 8, 10, 13, 14];
/// Beginnings of SQLSTATE (PostgreSQL, appendix A): the connection failed; read-only, as a standby is; a transaction was idle for too
/// long; serialization and deadlock; no resources, such as a full disk; not now, such as a database that takes no connections; a lock
/// was not to be had; the operator intervened.
const POSTGRES_UNAVAILABLE: [&str; 9] = [
    "08", "25006", "25P03", "40001", "40P01", "53", "55000", "55P03", "57P",
];
const SQLSTATE_LENGTH: usize = 5;

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Taken,
            sqlx::Error::Database(inner)
                if matches!(inner.code().as_deref(), Some("42P05" | "26000")) =>
            {
                Self::StatementsMixedUp
            }
            _ => Self::Database(error),
        }
    }
}

/// A pool of connections to a database whose schema is up to date.
#[derive(Clone)]
pub struct Storage {
    connections: Connections,
    profiles: Profiles,
    begin: &'static str,
    /// Where PostgreSQL is, if it is that.
    postgres: Option<RedactedUrl>,
    /// Of the audit trail.
    seal: Arc<AuditSeal>,
    /// Whether owners of accounts get letters.
    writes_letters: bool,
}

/// The one way to the database, which counts who goes it.
#[derive(Clone)]
struct Connections {
    pool: AnyPool,
    asked: Arc<AtomicU64>,
}

impl Connections {
    fn of(pool: AnyPool) -> Self {
        let asked = Arc::default();
        Self { pool, asked }
    }

    /// For one query, or the transaction that begins with it.
    fn ask(&self) -> &AnyPool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        &self.pool
    }
}

/// How long whoever asks waits for a connection to the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// Begins a transaction that does not stay open behind everybody's back. Whoever is stopped in the midst of one would else commit
/// a revocation long after the time about which the others ask; and what waits for a row that such a one holds would wait for ever.
/// Both are this transaction's own settings, because a pooling proxy gives the connection to somebody else afterwards.
const POSTGRES_BEGIN: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5s'; \
     SET LOCAL lock_timeout = '5s'";

fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(install_default_drivers);
}

impl Storage {
    /// Opens the database, makes the SQLite file if there is none, and applies the migrations. `seal` is the audit
    /// trail's.
    ///
    /// # Errors
    /// When the file cannot be made, the server not be reached, or a migration fails.
    pub async fn open(url: &DatabaseUrl, seal: AuditSeal) -> Result<Self, StorageError> {
        let storage = Self::connect(url, seal).await?;
        storage.bring_up_to_date().await?;
        Ok(storage)
    }

    /// Whether the database can be opened and answers. Migrates nothing.
    ///
    /// # Errors
    /// When it cannot, or does not.
    pub async fn probe(url: &DatabaseUrl) -> Result<(), StorageError> {
        let storage = Self::connect(url, AuditSeal::new([])).await?;
        let answer = storage.ping().await;
        storage.close().await;
        answer
    }

    async fn connect(url: &DatabaseUrl, seal: AuditSeal) -> Result<Self, StorageError> {
        install_drivers();
        match url {
            DatabaseUrl::Sqlite(file) => {
                make_private_file(file)?;
                let url = format!("sqlite://{}?mode=rw", file.display());
                let pool = AnyPoolOptions::new()
                    // SQLite writes one at a time; a few readers beside it are enough.
                    .max_connections(8)
                    // A file does not hang up: asking first would double the way to the worker thread.
                    .test_before_acquire(false)
                    .acquire_timeout(PATIENCE)
                    // When the disk is full, SQLite itself takes a transaction back, of which sqlx (0.9) does not hear: no
                    // other could ever begin on that connection.
                    .before_acquire(|connection, _| {
                        Box::pin(async move { Ok(!connection.is_in_transaction()) })
                    })
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            // WAL lets readers go on during a write. FULL: what we answered survives
                            // a power cut.
                            connection
                                .execute(
                                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                                     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                                     PRAGMA trusted_schema = OFF;",
                                )
                                .await?;
                            Ok(())
                        })
                    })
                    .connect_with(AnyConnectOptions::from_str(&url)?)
                    .await?;
                // Taking the write lock at once: a transaction that reads first and writes later
                // could not be retried by SQLite itself.
                Ok(Self::of(pool, "BEGIN IMMEDIATE", None, seal))
            }
            DatabaseUrl::Postgres(url) => {
                let pool = AnyPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(PATIENCE)
                    .connect_with(AnyConnectOptions::from_str(url.expose())?)
                    .await?;
                Ok(Self::of(pool, POSTGRES_BEGIN, Some(url.clone()), seal))
            }
        }
    }

    fn of(
        pool: AnyPool,
        begin: &'static str,
        postgres: Option<RedactedUrl>,
        seal: AuditSeal,
    ) -> Self {
        let connections = Connections::of(pool);
        Self {
            profiles: Profiles::of(connections.clone()),
            connections,
            begin,
            postgres,
            seal: Arc::new(seal),
            writes_letters: false,
        }
    }

    /// The same, and owners of accounts get letters of what happens to them: somebody sends what is in the outbox.
    #[must_use]
    pub fn writing_letters(mut self) -> Self {
        self.writes_letters = true;
        self
    }

    /// How often the database was asked so far; a transaction counts once.
    pub fn times_asked(&self) -> u64 {
        self.connections.asked.load(Ordering::Relaxed)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1")
            .execute(self.connections.ask())
            .await?;
        Ok(())
    }

    /// Lets the last writes end and closes every connection.
    pub async fn close(&self) {
        self.connections.pool.close().await;
    }

    async fn begin(&self) -> Result<Transaction<'static, Any>, StorageError> {
        Ok(self.connections.ask().begin_with(self.begin).await?)
    }
}

/// The device that a row's `user_agent` and `network` tell of.
fn device(row: &AnyRow) -> Result<Device, StorageError> {
    let user_agent: String = row.try_get("user_agent")?;
    let network: String = row.try_get("network")?;
    Ok(Device::new(&user_agent, Network::from_stored(&network)))
}

fn stored_network(device: &Device) -> String {
    device
        .network()
        .map_or(String::new(), |network| network.to_string())
}

/// Makes the file and its folder, readable by their owner alone; SQLite gives its journal files the
/// same mode.
fn make_private_file(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .map(drop)
}
