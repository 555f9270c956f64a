//! Several instances on one PostgreSQL: a session that ends at one is over at the others within a second, or nobody is let in.

use crate::app::{PASSWORD, TestApp, postgres_for_tests, secret};
use crate::command_line::Desk;
use crate::kill::{Server, ask, free_address};
use crate::postgres::{Cluster, Pooler};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vestibule::domain::session::Audience;
use vestibule::server::clock::Clock;

const EMAIL: &str = "ada@example.org";
/// What is promised.
const A_SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

/// Two programs that know each other by nothing but the database.
struct Two {
    /// To open sessions without computing passwords for long, at the same origin and time.
    app: TestApp,
    one: Server,
    other: Server,
    _desks: [Desk; 2],
}

/// A session and the tokens that a browser holds.
struct Held {
    access: String,
    both: String,
}

impl Two {
    async fn start(app: &TestApp) -> Self {
        Self::start_at(app, app.database_url()).await
    }

    /// The other goes to the database by this URL.
    async fn start_at(app: &TestApp, others_way: &str) -> Self {
        app.clock.step(Clock::system().now() - app.clock.now());
        let address = free_address();
        let origin = format!("http://{address}");
        let desks = [Desk::new(), Desk::new()];
        let start = |desk: &Desk, address, database| {
            let program: PathBuf = desk.install();
            let variables = [("VESTIBULE_ORIGIN", origin.as_str())];
            Server::start_with(desk, &program, address, database, &variables)
        };
        let (one, other) = tokio::task::block_in_place(|| {
            (
                start(&desks[0], address, app.database_url()),
                start(&desks[1], free_address(), others_way),
            )
        });
        let app = app.with_variables(&[("VESTIBULE_ORIGIN", &origin)]).await;
        let mut ada = app.client();
        app.register(&mut ada, EMAIL)
            .await
            .assert_sees_other("/profile");
        Self {
            app,
            one,
            other,
            _desks: desks,
        }
    }

    async fn sign_in(&self) -> Held {
        let (browser, answer) = self.app.sign_in(EMAIL, PASSWORD).await;
        answer.assert_sees_other("/profile");
        let cookie = |name: &str| format!("{name}={}", browser.cookies[name]);
        let (access, refresh) = (cookie("at"), cookie("rt"));
        Held {
            both: format!("{access}; {refresh}"),
            access,
        }
    }

    /// At the one.
    fn sign_out(&self, held: &Held) {
        let answer = ask(self.one.address, "POST", "/action/logout", &held.both, "");
        assert_eq!(answer.expect("an answer").location(), "/login");
    }

    /// The same at one that may still have to find its database again.
    fn sign_out_at_last(&self, held: &Held) {
        let begun = Instant::now();
        loop {
            let answer = ask(self.one.address, "POST", "/action/logout", &held.both, "");
            if answer.expect("an answer").location() == "/login" {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "it can never be ended");
        }
    }

    fn wait_until_let_in(&self, held: &Held) {
        let begun = Instant::now();
        while self.status(held) != 200 {
            assert!(begun.elapsed() < PATIENCE, "never let in again");
        }
    }

    /// What the other says to whoever has the access token.
    fn status(&self, held: &Held) -> u16 {
        ask(self.other.address, "GET", "/profile", &held.access, "")
            .expect("an answer")
            .status
    }

    /// How long the other still lets somebody in.
    fn time_until_refused(&self, held: &Held) -> Duration {
        let begun = Instant::now();
        while self.status(held) == 200 {
            assert!(
                begun.elapsed() < PATIENCE,
                "the session is never over there"
            );
        }
        begun.elapsed()
    }

    fn signal(signal: &str, to: &Server) {
        let process = to.process().to_string();
        let told = Command::new("kill").args([signal, &process]).status();
        assert!(told.expect("kill").success());
    }

    fn stop(self) {
        self.one.stop();
        self.other.stop();
    }
}

async fn with_two<F: Future<Output = ()> + Send>(
    behaviour: impl FnOnce(TestApp, Two) -> F + Send + 'static,
) {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    app.run(async |app: TestApp| {
        let two = Two::start(&app).await;
        behaviour(app, two).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_at_one_is_over_at_the_other_within_a_second() {
    with_two(async |_, two| {
        let mut times = Vec::new();
        for _ in 0..200 {
            let held = two.sign_in().await;
            assert_eq!(two.status(&held), 200);
            two.sign_out(&held);
            times.push(two.time_until_refused(&held));
        }
        times.sort_unstable();
        println!("median {:?}, worst {:?}", times[100], times[199]);
        assert!(times[199] < A_SECOND, "{:?}", times[199]);
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_cut_off_from_the_news_asks() {
    with_two(async |app, two| {
        for _ in 0..10 {
            let held = two.sign_in().await;
            assert_eq!(two.status(&held), 200);
            // Whoever listens is hung up on; they come back, and miss what was said meanwhile.
            let listeners = app.rows(
                "SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity \
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            );
            assert!(listeners.await.contains("true"));
            two.sign_out(&held);
            let time = two.time_until_refused(&held);
            assert!(time < A_SECOND, "{time:?}");
        }
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_stopped_asks_before_letting_anybody_in() {
    with_two(async |_, two| {
        for _ in 0..3 {
            let held = two.sign_in().await;
            assert_eq!(two.status(&held), 200);
            Two::signal("-STOP", &two.other);
            two.sign_out(&held);
            tokio::time::sleep(A_SECOND).await; // what is promised is about this very time
            Two::signal("-CONT", &two.other);
            assert_eq!(two.status(&held), 303, "the first answer already");
        }
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_late_is_heard_all_the_same() {
    with_two(async |app, two| {
        let held = two.sign_in().await;
        let token = held.access.strip_prefix("at=").expect("an access token");
        let claims = two.app.access_tokens.verify(token, Audience::Web);
        let id = claims.expect("a good token").sid;
        let now = app.clock.now();
        app.execute("BEGIN").await;
        app.execute(&format!(
            "INSERT INTO revocations (kind, key, not_before, expires_at, created_at) VALUES ('session', '{id}', 0, {}, {now})",
            now + 305_000
        ))
        .await;
        // Others write and commit while this one does not.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            let another = two.sign_in().await;
            two.sign_out(&another);
            assert_eq!(two.status(&held), 200);
        }
        app.execute("COMMIT").await;
        let time = two.time_until_refused(&held);
        assert!(time < A_SECOND, "{time:?}");
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_ask_lets_nobody_in() {
    with_two(async |app, two| {
        let held = two.sign_in().await;
        assert_eq!(two.status(&held), 200);
        let public = |path| {
            ask(two.other.address, "GET", path, &held.access, "")
                .expect("an answer")
                .status
        };
        app.let_into_database(false).await;
        let begun = Instant::now();
        while begun.elapsed() < A_SECOND {
            two.status(&held); // who it is may be known for so long, what the page shows is not
        }
        assert_eq!(two.status(&held), 503);
        assert_eq!(
            (public("/"), public("/login"), public("/healthz")),
            (200, 200, 200)
        );
        app.let_into_database(true).await;
        two.wait_until_let_in(&held);
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_told_nothing_hears_of_it_by_asking() {
    with_two(async |app, two| {
        // Whoever connects from now on calls a pg_notify that does nothing; the connections that know the other are ended.
        app.execute("CREATE SCHEMA muted").await;
        app.execute(
            "CREATE FUNCTION muted.pg_notify(TEXT, TEXT) RETURNS VOID LANGUAGE SQL AS ''",
        )
        .await;
        app.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = muted, pg_catalog, public', current_database()); END $$",
        )
        .await;
        app.let_into_database(false).await;
        app.let_into_database(true).await;
        for _ in 0..10 {
            let held = two.sign_in().await;
            two.wait_until_let_in(&held);
            two.sign_out(&held);
            let time = two.time_until_refused(&held);
            assert!(time < A_SECOND, "{time:?}");
        }
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooling_proxy_may_swallow_what_is_told() {
    let Some(server) = postgres_for_tests() else {
        return;
    };
    let app = TestApp::postgres_at(server.clone()).await;
    app.run(async move |app: TestApp| {
        let pooler = tokio::task::block_in_place(|| Pooler::start(&server));
        let way = pooler.url_of(app.database_url());
        if !Pooler::knows_prepared_statements() {
            // Then nobody is served, rather than served at random.
            let desk = Desk::new();
            let outcome = desk.run_with(
                &desk.install(),
                &["serve"],
                &[
                    ("VESTIBULE_DATABASE_URL", &way),
                    ("VESTIBULE_SECRET", &secret()),
                ],
                "",
            );
            assert_eq!(outcome.code, Some(1));
            assert!(
                outcome.err.contains("max_prepared_statements"),
                "{}",
                outcome.err
            );
            return;
        }
        let two = Two::start_at(&app, &way).await;
        for _ in 0..20 {
            let held = two.sign_in().await;
            assert_eq!(two.status(&held), 200);
            two.sign_out(&held);
            let time = two.time_until_refused(&held);
            assert!(time < A_SECOND, "{time:?}");
        }
        two.stop();
        drop(pooler);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_killed_and_comes_back() {
    let Some(cluster) = tokio::task::block_in_place(Cluster::start) else {
        return;
    };
    let app = TestApp::postgres_at(cluster.url.clone()).await;
    // It outlives the test, which clears up there.
    let cluster = Arc::new(cluster);
    let killed = Arc::clone(&cluster);
    app.run(async move |app: TestApp| {
        // The tests' server does not wait for the disk; what was answered must outlive this one.
        app.execute("ALTER SYSTEM SET synchronous_commit = on")
            .await;
        app.execute("SELECT pg_reload_conf()").await;
        let two = Two::start(&app).await;
        for _ in 0..3 {
            let ended = two.sign_in().await;
            let held = two.sign_in().await;
            assert_eq!((two.status(&ended), two.status(&held)), (200, 200));
            two.sign_out(&ended);
            tokio::task::block_in_place(|| killed.kill());
            let begun = Instant::now();
            while begun.elapsed() < A_SECOND {
                two.status(&held); // who it is may be known for so long, what the page shows is not
            }
            assert_eq!(two.status(&held), 503);
            // Nobody is told that a session ended which did not.
            let answer = ask(two.one.address, "POST", "/action/logout", &held.both, "");
            assert_ne!(answer.expect("an answer").location(), "/login");
            tokio::task::block_in_place(|| killed.start_again());
            two.wait_until_let_in(&held);
            assert_eq!(two.status(&ended), 303, "over before, and over after");
            two.sign_out_at_last(&held);
            let time = two.time_until_refused(&held);
            assert!(time < A_SECOND, "{time:?}");
        }
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_stopped_in_the_midst_of_a_transaction_loses_it() {
    with_two(async |app, two| {
        let held = two.sign_in().await;
        assert_eq!(two.status(&held), 200);
        let idle = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND state = 'idle in transaction' AND pid <> pg_backend_pid()";
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock'";
        // The one signs out, waits for the row that we hold, and is stopped before it can go on.
        app.execute("BEGIN").await;
        app.execute("SELECT id FROM sessions FOR UPDATE").await;
        let one = two.one.address;
        let cookies = held.both.clone();
        let asked = std::thread::spawn(move || ask(one, "POST", "/action/logout", &cookies, ""));
        wait_for(&app, waiting, 1).await;
        Two::signal("-STOP", &two.one);
        app.execute("ROLLBACK").await;
        wait_for(&app, idle, 1).await;
        wait_for(&app, idle, 0).await;
        Two::signal("-CONT", &two.one);
        let answer = asked.join().expect("no panic").expect("an answer");
        assert_ne!(
            answer.location(),
            "/login",
            "it did not end, and is not told so"
        );
        two.wait_until_let_in(&held);
        two.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_row_waits_for_seconds_only() {
    with_two(async |app, two| {
        let held = two.sign_in().await;
        app.execute("BEGIN").await;
        app.execute("SELECT id FROM sessions FOR UPDATE").await;
        let answer = ask(two.one.address, "POST", "/action/logout", &held.both, "");
        assert_ne!(answer.expect("an answer").location(), "/login");
        app.execute("ROLLBACK").await;
        two.sign_out(&held);
        two.stop();
    })
    .await;
}

/// Waits until this counts so many.
async fn wait_for(app: &TestApp, sql: &str, count: i64) {
    let begun = Instant::now();
    while app.number(sql).await != count {
        assert!(begun.elapsed() < PATIENCE, "{sql} is never {count}");
        tokio::task::yield_now().await;
    }
}
