//! The schema, the same on both databases.

use crate::app::{PASSWORD, on_both_databases};
use vestibule::server::storage::{AuditSeal, DatabaseUrl, Storage};

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

    async fn an_e_mail_is_unique_below_the_use_cases_too(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let copies = "INSERT INTO users SELECT 'x', email, nickname, signature, avatar_url, password_hash, roles, \
            epoch, created_at, updated_at, password_changed_at, disabled_at FROM users WHERE 1 = 1 ON CONFLICT (email) DO NOTHING";
        app.execute(copies).await;
        assert_eq!(app.count("users").await, 1);
    }
}
