//! The schema, the same on both databases.

use crate::app::{PASSWORD, on_both_databases};
use vestibule::server::storage::{AuditSeal, DatabaseUrl, Storage, StorageError};

on_both_databases! {
    async fn a_fresh_database_has_the_tables(app: TestApp) {
        for table in ["users", "sessions"] {
            assert_eq!(app.count(table).await, 0, "{table}");
        }
    }

    async fn opening_again_keeps_what_is_there(app: TestApp) {
        let files = std::fs::read_dir("migrations").expect("a folder").count();
        let files = i64::try_from(files).expect("a few");
        app.signed_in("ada@example.org").await;
        for _ in 0..2 {
            let again = app.with_variables(&[]).await;
            assert!(again.lets_in("ada@example.org", PASSWORD).await);
        }
        assert_eq!(app.count("users").await, 1);
        assert_eq!(app.number("SELECT COUNT(*) FROM _sqlx_migrations").await, files);
    }

    async fn many_that_open_an_empty_database_at_once_agree(app: TestApp) {
        let database = match &app.config.database {
            DatabaseUrl::Sqlite(_) => {
                let url = format!("sqlite://{}", app.folder().join("empty.db").display());
                DatabaseUrl::parse(&url).expect("a URL")
            }
            database => {
                app.execute("DROP SCHEMA public CASCADE").await;
                app.execute("CREATE SCHEMA public").await;
                database.clone()
            }
        };
        let opening: Vec<_> = (0..6).map(|_| {
            let database = database.clone();
            tokio::spawn(async move { Storage::open(&database, AuditSeal::new([])).await })
        }).collect();
        for one in opening {
            one.await.expect("no panic").expect("opened").close().await;
        }
    }

    async fn the_next_release_may_use_the_database_beside_this_one(app: TestApp) {
        let mut ada = app.signed_in("ada@example.org").await;
        // Its migrations add, while this program has its statements prepared.
        app.execute("ALTER TABLE users ADD COLUMN motto TEXT NOT NULL DEFAULT ''").await;
        app.execute("ALTER TABLE sessions ADD COLUMN colour TEXT").await;
        app.execute("CREATE TABLE mottoes (id TEXT PRIMARY KEY)").await;
        app.execute(
            "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
             FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
        let saved = [("nickname", "Countess"), ("signature", "")];
        ada.post("/action/update_profile", &saved).await.assert_sees_other("/profile");
        assert!(ada.get("/profile").await.page().named("main")[0].text().contains("Countess"));
        app.signed_in("grace@example.org").await;
        // And whoever starts again meanwhile does start.
        let again = app.with_variables(&[]).await;
        again.signed_in("joan@example.org").await;
        assert!(again.lets_in("ada@example.org", PASSWORD).await);

        // Until something is taken away that this program needs.
        app.execute("UPDATE compatibility SET oldest_program = 9999").await;
        let refused = Storage::open(&app.config.database, AuditSeal::new([])).await;
        assert!(matches!(refused, Err(StorageError::ProgramTooOld)));
    }

    async fn an_e_mail_is_unique_below_the_use_cases_too(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let copies = "INSERT INTO users (id, email, nickname, signature, avatar_url, password_hash, roles, epoch, created_at, \
            updated_at, password_changed_at) SELECT 'x', email, nickname, signature, avatar_url, password_hash, roles, \
            epoch, created_at, updated_at, password_changed_at FROM users WHERE 1 = 1 ON CONFLICT (email) DO NOTHING";
        app.execute(copies).await;
        assert_eq!(app.count("users").await, 1);
    }
}

#[test]
fn migrations_add_or_say_who_is_too_old() {
    let files = std::fs::read_dir("migrations").expect("a folder");
    let mut taking_away: Vec<String> = files
        .map(|file| file.expect("a file").path())
        .filter(|file| {
            let text = std::fs::read_to_string(file).expect("text");
            let sql: String = text.lines().map(without_comment).collect();
            let mut statements = sql
                .split(';')
                .map(str::trim)
                .filter(|words| !words.is_empty());
            !statements.all(leaves_running_programs_alone)
                && !sql.contains("UPDATE compatibility SET oldest_program")
        })
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .collect();
    taking_away.sort();
    // These are from before two releases could run side by side.
    assert_eq!(
        taking_away,
        ["0002_ends_and_revocations", "0006_audit_trail"]
    );
}

fn without_comment(line: &str) -> String {
    line.split("--").next().unwrap_or_default().to_owned() + " "
}

fn leaves_running_programs_alone(statement: &str) -> bool {
    let adds = ["CREATE TABLE ", "CREATE INDEX ", "INSERT INTO ", "UPDATE "];
    adds.iter().any(|begin| statement.starts_with(begin))
        || statement.starts_with("ALTER TABLE ") && statement.contains(" ADD COLUMN ")
}
