//! Several instances on one PostgreSQL: a session that ends at one is over at the others within a second, or nobody is let in.

use crate::app::{PASSWORD, TestApp};
use crate::command_line::Desk;
use crate::kill::{Server, ask, free_address};
use std::path::PathBuf;
use std::process::Command;
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
        app.clock.step(Clock::system().now() - app.clock.now());
        let address = free_address();
        let origin = format!("http://{address}");
        let desks = [Desk::new(), Desk::new()];
        let start = |desk: &Desk, address| {
            let program: PathBuf = desk.install();
            let variables = [("VESTIBULE_ORIGIN", origin.as_str())];
            Server::start_with(desk, &program, address, app.database_url(), &variables)
        };
        let (one, other) = tokio::task::block_in_place(|| {
            (start(&desks[0], address), start(&desks[1], free_address()))
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

    fn signal(&self, signal: &str) {
        let process = self.other.process().to_string();
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
            two.signal("-STOP");
            two.sign_out(&held);
            tokio::time::sleep(A_SECOND).await; // what is promised is about this very time
            two.signal("-CONT");
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
        let begun = Instant::now();
        while two.status(&held) != 200 {
            assert!(begun.elapsed() < PATIENCE, "let in again");
        }
        two.stop();
    })
    .await;
}
