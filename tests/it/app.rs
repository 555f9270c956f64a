//! The application under test: the real router on a database of its own, with a clock that stands
//! still until the test moves it.

use crate::client::{Answer, Client};
use crate::output::Searched;
use axum::Router;
use leptos::config::LeptosOptions;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow, install_default_drivers};
use sqlx::{AnyPool, AssertSqlSafe, ConnectOptions, Row};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::watch;
use vestibule::server::accounts::Accounts;
use vestibule::server::accounts::password_hash::PasswordHasher;
use vestibule::server::clock::Clock;
use vestibule::server::config::{Config, MailConfig};
use vestibule::server::mail::Mailbox;
use vestibule::server::metrics::{Metrics, Reading};
use vestibule::server::random::Random;
use vestibule::server::request::cookies::Cookies;
use vestibule::server::request::flash::FlashSeal;
use vestibule::server::storage::{AuditSeal, Storage};
use vestibule::server::tokens::{AccessTokens, Keyring, Secret, Tokens};
use vestibule::server::web::{Application, Site, router};

/// What browsers type.
pub const ORIGIN: &str = "https://app.example";
/// When tests begin: 2026-01-02 03:04:05 UTC and a half, in milliseconds since the Unix epoch.
pub const START: i64 = 1_767_323_045_500;
/// The password of everybody whom [`TestApp::signed_in`] registers.
pub const PASSWORD: &str = "violet harbour kestrel 41";

const SECRET: [u8; 32] = *b"\x8e\x11\x9a\x02\x7fq\xd3\x55\x90\xb8\x1c\xe4K\xa7>\x06\xf2\xc9\x23m\x5d\x88\xbb\x30\x14\xe9W\xad\x01\xcfz\x66";
const POSTGRES_URL: &str = "VESTIBULE_TEST_POSTGRES_URL";
const WITHOUT_POSTGRES: &str = "VESTIBULE_TEST_WITHOUT_POSTGRES";

/// Makes of each function two tests, `NAME::sqlite` and `NAME::postgres`.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)] // a test may need nothing of its file
            use super::*;

            async fn behaviour($app: $crate::app::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::app::TestApp::sqlite().await.run(behaviour).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(app) = $crate::app::TestApp::postgres().await {
                    app.run(behaviour).await;
                }
            }
        }
    )+};
}
pub(crate) use on_both_databases;

/// One instance of the service. Cloning it shares it.
#[derive(Clone)]
pub struct TestApp {
    pub router: Router,
    pub clock: Clock,
    pub config: Config,
    pub storage: Storage,
    pub accounts: Accounts,
    pub access_tokens: AccessTokens,
    pub keyring: Keyring,
    pub hasher: PasswordHasher,
    pub metrics: Metrics,
    /// For a look at what is stored, past the code under test.
    pool: AnyPool,
    database: Arc<TestDatabase>,
}

struct TestDatabase {
    url: String,
    /// PostgreSQL's name of it and the URL of the server's own database.
    on_server: Option<(String, String)>,
    /// Holds the SQLite file and the built site.
    folder: TempDir,
    stop_signal: watch::Sender<()>,
    searched: Arc<Searched>,
    /// Of all instances on this database.
    metrics: Mutex<Vec<Metrics>>,
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let metrics = self.metrics.lock().expect("no panic");
            let told = metrics
                .iter()
                .map(|metrics| metrics.tell(&Reading::default()));
            self.searched
                .assert_nothing_is_told_in(&told.collect::<String>());
            self.searched.assert_nothing_is_told();
        }
    }
}

/// What may differ from the usual instance.
pub struct Settings<'a> {
    pub variables: &'a [(&'a str, &'a str)],
    /// argon2's m in KiB, t and p.
    pub hashing: (u32, u32, u32),
}

impl Default for Settings<'_> {
    fn default() -> Self {
        // As cheap as argon2 allows: what a hash costs is hashing.rs' affair.
        Self {
            variables: &[],
            hashing: (8, 1, 1),
        }
    }
}

impl TestApp {
    /// On a SQLite file of its own.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self::open(
            TestDatabase {
                url,
                on_server: None,
                folder,
                stop_signal: watch::Sender::new(()),
                searched: Arc::new(Searched::begin()),
                metrics: Mutex::default(),
            },
            Clock::set_to(START),
            &Settings::default(),
        )
        .await
    }

    /// On a PostgreSQL database of its own; `None` where the developer chose to do without.
    pub async fn postgres() -> Option<Self> {
        let server = postgres_for_tests()?;
        Some(Self::postgres_at(server).await)
    }

    /// On a database of its own at this PostgreSQL.
    pub async fn postgres_at(server: String) -> Self {
        let random: [u8; 8] = Random::system().bytes().expect("randomness");
        let name = format!("vestibule_test_{:016x}", u64::from_be_bytes(random));
        administrate(&server, format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&server).expect("a URL");
        url.set_path(&name);
        let folder = tempfile::tempdir().expect("a folder");
        let database = TestDatabase {
            url: url.into(),
            on_server: Some((name, server)),
            folder,
            stop_signal: watch::Sender::new(()),
            searched: Arc::new(Searched::begin()),
            metrics: Mutex::default(),
        };
        Self::open(database, Clock::set_to(START), &Settings::default()).await
    }

    /// Another instance on the same database, with the same clock and other settings.
    pub async fn with(&self, settings: Settings<'_>) -> Self {
        Self::open_shared(Arc::clone(&self.database), self.clock.clone(), &settings).await
    }

    /// Another instance on the same database, with the same clock and these variables.
    pub async fn with_variables(&self, variables: &[(&str, &str)]) -> Self {
        self.with(Settings {
            variables,
            ..Settings::default()
        })
        .await
    }

    async fn open(database: TestDatabase, clock: Clock, settings: &Settings<'_>) -> Self {
        build_site(&database.folder.path().join("site"));
        Self::open_shared(Arc::new(database), clock, settings).await
    }

    async fn open_shared(
        database: Arc<TestDatabase>,
        clock: Clock,
        settings: &Settings<'_>,
    ) -> Self {
        let mut variables = BTreeMap::from([
            ("VESTIBULE_ORIGIN".to_owned(), ORIGIN.to_owned()),
            ("VESTIBULE_DATABASE_URL".to_owned(), database.url.clone()),
            ("VESTIBULE_SECRET".to_owned(), secret()),
            ("VESTIBULE_HASH_CONCURRENCY".to_owned(), "2".to_owned()),
            // What waits is throttling.rs' affair.
            ("VESTIBULE_REQUESTS_PER_MINUTE".to_owned(), "0".to_owned()),
            ("VESTIBULE_LOGIN_FAILURES".to_owned(), "0".to_owned()),
        ]);
        variables.extend(
            settings
                .variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let config = Config::from_variables(&variables).expect("a good configuration");

        let random = Random::system();
        let keyring = Keyring::new(
            config.secret.as_ref().expect("a secret"),
            &config.previous_secrets,
        );
        let tokens = Tokens::new(
            &keyring,
            config.origin.as_str(),
            config.access_ttl_seconds,
            clock.clone(),
            random.clone(),
        );
        let access_tokens = tokens.access.clone();
        let (memory, passes, lanes) = settings.hashing;
        let params = argon2::Params::new(memory, passes, lanes, Some(32)).expect("parameters");
        let hasher = PasswordHasher::with_params(params, config.hash_concurrency, random.clone())
            .expect("a hasher");
        let seal = AuditSeal::new(keyring.audit.bytes());
        let mut storage = Storage::open(&config.database, seal)
            .await
            .expect("a database");
        if config.mail.is_some() {
            storage = storage.writing_letters();
        }
        let metrics = Metrics::new(clock.clone());
        database
            .metrics
            .lock()
            .expect("no panic")
            .push(metrics.clone());
        let accounts = Accounts::new(
            storage.clone(),
            hasher.clone(),
            tokens,
            config.policy.clone(),
            metrics.clone(),
            clock.clone(),
            random.clone(),
        );
        accounts.load_revocations().await.expect("a database");
        let router = router(Application {
            accounts: accounts.clone(),
            access_tokens: access_tokens.clone(),
            origin: config.origin.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            cookies: Cookies::of(&config.origin),
            flash_seal: FlashSeal::new(&keyring.flash, clock.clone(), random.clone()),
            random,
            metrics: metrics.clone(),
            mailbox: matches!(config.mail, Some(MailConfig::Mailbox)).then(Mailbox::default),
            site: site(&database.folder.path().join("site")),
            watching: false,
            stopping: database.stop_signal.subscribe(),
        });
        let pool = own_way_in(&database.url).await;
        Self {
            router,
            clock,
            config,
            storage,
            accounts,
            access_tokens,
            keyring,
            hasher,
            metrics,
            pool,
            database,
        }
    }

    /// Runs a test and clears up after it, whether it passes or panics.
    pub async fn run<F: Future<Output = ()> + Send + 'static>(
        self,
        behaviour: impl FnOnce(Self) -> F,
    ) {
        let outcome = tokio::spawn(behaviour(self.clone())).await;
        self.storage.close().await;
        self.pool.close().await;
        if let Some((name, server)) = &self.database.on_server {
            administrate(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        if let Err(error) = outcome {
            std::panic::resume_unwind(error.into_panic());
        }
    }

    /// Where the database is, as an operator would write it.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Lets nobody into the PostgreSQL database any more, and turns out who is in; or lets them in again.
    pub async fn let_into_database(&self, in_again: bool) {
        let (name, server) = self.database.on_server.as_ref().expect("PostgreSQL");
        let sql = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {in_again}");
        administrate(server, sql).await;
        if !in_again {
            // Whoever waits for a lock goes first: it must not get it from whoever held it, and an answer with it.
            let sql = format!(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = '{name}' \
                 ORDER BY wait_event_type IS DISTINCT FROM 'Lock' OFFSET 0) AS connected"
            );
            administrate(server, sql).await;
        }
    }

    /// Lets answers without end come to theirs, as when the program stops.
    pub fn stop(&self) {
        self.database.stop_signal.send_replace(());
    }

    /// A folder of this test's own.
    pub fn folder(&self) -> &Path {
        self.database.folder.path()
    }

    /// A browser that has never been here.
    pub fn client(&self) -> Client {
        Client::new(self.router.clone(), Arc::clone(&self.database.searched))
    }

    /// Registers by the form; the browser is signed in afterwards.
    pub async fn register(&self, client: &mut Client, email: &str) -> Answer {
        let fields = [
            ("email", email),
            ("password", PASSWORD),
            ("nickname", "Ada"),
            ("next", ""),
        ];
        client.post("/action/register", &fields).await
    }

    /// A browser in which this person, new here, is signed in. Where mail goes out, the address is
    /// proved, no letter waits, and none is wanted when they sign in from a new device.
    pub async fn signed_in(&self, email: &str) -> Client {
        let mut client = self.client();
        self.register(&mut client, email)
            .await
            .assert_sees_other("/profile");
        client
            .get("/profile")
            .await
            .assert_notice(Some("Welcome. Your account is ready."));
        if self.config.policy.sends_mail {
            self.execute("UPDATE users SET email_verified_at = created_at, device_notices_off_at = created_at")
                .await;
            self.execute("DELETE FROM mailed_links WHERE purpose = 'verify'")
                .await;
            let own = "DELETE FROM outbox WHERE event = 'email_verification_requested'";
            self.execute(own).await;
        }
        client
    }

    /// What signing in with this password by the form answers to a browser that has never been here.
    pub async fn sign_in(&self, email: &str, password: &str) -> (Client, Answer) {
        let mut client = self.client();
        let answer = client
            .post("/action/login", &[("email", email), ("password", password)])
            .await;
        (client, answer)
    }

    /// Whether this password opens the door.
    pub async fn lets_in(&self, email: &str, password: &str) -> bool {
        let (client, answer) = self.sign_in(email, password).await;
        let entered = answer.location() == "/profile";
        assert_eq!(entered, client.cookies.contains_key("__Host-at"));
        entered
    }

    /// What one column of one row says.
    pub async fn text(&self, sql: &str) -> String {
        self.row(sql).await.get(0)
    }

    /// What one column of one row says.
    pub async fn number(&self, sql: &str) -> i64 {
        self.row(sql).await.get(0)
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// How often the audit trail says that this happened.
    pub async fn happened(&self, event: &str) -> i64 {
        self.number(&format!(
            "SELECT COUNT(*) FROM audit_trail WHERE event = '{event}'"
        ))
        .await
    }

    /// Changes what is stored, past the code under test.
    pub async fn execute(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&self.pool)
            .await
            .expect(sql);
    }

    /// Every value of every row of the tables, as text.
    pub async fn everything_stored(&self) -> String {
        let trail = "SELECT event || ' ' || COALESCE(actor, '') || ' ' || COALESCE(user_id, '') || ' ' || detail \
            || ' ' || user_agent || ' ' || network FROM audit_trail";
        self.accounts_stored().await + &self.rows(trail).await
    }

    /// The same without the audit trail, which refusals are written to.
    pub async fn accounts_stored(&self) -> String {
        let mut all = String::new();
        for sql in [
            "SELECT id || ' ' || email || ' ' || nickname || ' ' || password_hash || ' ' || roles FROM users",
            "SELECT id || ' ' || user_id || ' ' || CAST(generation AS TEXT) || ' ' || user_agent FROM sessions",
            "SELECT kind || ' ' || key FROM revocations",
        ] {
            all += &self.rows(sql).await;
        }
        all
    }

    /// The one column of all rows, a line each.
    pub async fn rows(&self, sql: &str) -> String {
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()));
        let rows = rows.fetch_all(&self.pool).await.expect(sql);
        rows.iter()
            .map(|row| row.get::<String, _>(0) + "\n")
            .collect()
    }

    async fn row(&self, sql: &str) -> AnyRow {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.pool)
            .await
            .expect(sql)
    }
}

/// The secret of every test instance, as an operator would write it.
pub fn secret() -> String {
    Secret::from_random(SECRET).to_text().to_string()
}

/// The server that all tests share; `None` where the developer chose to do without.
pub fn postgres_for_tests() -> Option<String> {
    let server = environment(POSTGRES_URL);
    if server.is_none() {
        assert!(
            environment(WITHOUT_POSTGRES).as_deref() == Some("1"),
            "{POSTGRES_URL} is not set: run `scripts/postgres-for-tests cargo test --features ssr`, \
             or set {WITHOUT_POSTGRES}=1 to do without PostgreSQL"
        );
        println!("skipped: {WITHOUT_POSTGRES}=1");
    }
    server
}

/// Tests read the environment here only.
#[allow(clippy::disallowed_methods)] // where PostgreSQL is, is no setting of the program
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// For the tests' own statements, which may name anybody: they are not logged.
async fn own_way_in(url: &str) -> AnyPool {
    install_default_drivers();
    let options = AnyConnectOptions::from_str(url).expect("a URL");
    AnyPoolOptions::new()
        .max_connections(1)
        .connect_with(options.disable_statement_logging())
        .await
        .expect("the database answers")
}

async fn administrate(server: &str, sql: String) {
    let pool = own_way_in(server).await;
    sqlx::query(AssertSqlSafe(sql))
        .execute(&pool)
        .await
        .expect("PostgreSQL obeys");
    pool.close().await;
}

fn build_site(root: &Path) {
    let pkg = root.join("pkg");
    std::fs::create_dir_all(&pkg).expect("a folder");
    for (name, content) in [
        ("vestibule.cssHash.css", "body{}"),
        ("vestibule.jsHash.js", "export {}"),
        ("vestibule.wasmHash.wasm", "\0asm"),
        ("vestibule.wasmHash.wasm.br", "brotli"),
    ] {
        std::fs::write(pkg.join(name), content).expect("a file");
    }
}

fn site(root: &Path) -> Site {
    let options = LeptosOptions::builder()
        .output_name("vestibule")
        .site_root(root.to_str().expect("UTF-8"))
        .site_pkg_dir("pkg")
        .hash_files(true)
        .build();
    Site::new(options, "css: cssHash\njs: jsHash\nwasm: wasmHash\n")
}
