//! The schema: applying the migrations, beside other programs that do the same, and beside those of the next release.

use super::{Storage, StorageError};
use sqlx::migrate::{MigrateError, Migrator};
use std::time::Duration;

/// How often the migrations are tried: more often than there are any in which another program may be faster.
const TRIES: usize = 20;
const AGAIN_AFTER: Duration = Duration::from_millis(50);

static MIGRATIONS: Migrator = {
    let mut migrations = sqlx::migrate!("./migrations");
    // What a later release has added is no reason not to serve: `compatibility` says what is.
    migrations.ignore_missing = true;
    // The lock would belong to a connection of PostgreSQL's, and a pooling proxy may give us another one to unlock it with.
    migrations.locking = false;
    migrations
};

impl Storage {
    /// Applies what is missing, and makes sure that this program can work with what it finds.
    pub(super) async fn bring_up_to_date(&self) -> Result<(), StorageError> {
        if self.postgres.is_some() {
            self.keep_statements_apart().await?;
            self.know_binary_order().await?;
        }
        self.migrate().await?;
        let oldest: i64 = sqlx::query_scalar("SELECT oldest_program FROM compatibility")
            .fetch_one(self.connections.ask())
            .await?;
        let last = MIGRATIONS.iter().map(|migration| migration.version).max();
        match last < Some(oldest) {
            true => Err(StorageError::ProgramTooOld),
            false => Ok(()),
        }
    }

    /// Of several programs that start at once, each may find that another has just made what it was about to make. A migration is a
    /// transaction that ends by noting its number, which is unique: so it is applied by one, and whoever looks again goes on from
    /// there.
    async fn migrate(&self) -> Result<(), StorageError> {
        let mut tries = 1;
        loop {
            match MIGRATIONS.run(self.connections.ask()).await {
                Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..))
                    if tries < TRIES =>
                {
                    tries += 1;
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Makes sure that no proxy runs one connection's prepared statements on another's. Such a one gives a transaction whichever
    /// connection of its own is free, and its service would go well until two ask at the same moment: so we do.
    async fn keep_statements_apart(&self) -> Result<(), StorageError> {
        let statement = "SELECT 'kept apart'";
        let mut first = self.connections.ask().acquire().await?;
        // It is prepared on the connection that the proxy has at hand ...
        sqlx::query(statement).execute(&mut *first).await?;
        // ... which somebody else then keeps ...
        let second = self.begin().await?;
        // ... so that it has to be known on another one.
        sqlx::query(statement).execute(&mut *first).await?;
        Ok(second.rollback().await?)
    }

    /// Gives PostgreSQL the collation that SQLite has under this name, so that one text of SQL serves both.
    async fn know_binary_order(&self) -> Result<(), StorageError> {
        let made = sqlx::query(r#"CREATE COLLATION IF NOT EXISTS "binary" (LOCALE = 'C')"#)
            .execute(self.connections.ask())
            .await;
        match made.map_err(StorageError::from) {
            // Another instance that starts at the same time was faster.
            Ok(_) | Err(StorageError::Taken) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
