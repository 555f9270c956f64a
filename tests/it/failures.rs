//! What people see when something around the program fails, and that nothing they were told is lost: the database goes away and
//! comes back, the disk is full, the clock is corrected, the power fails between a commit and its answer.

use crate::api::{Caller, assert_refused};
use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::Client;
use crate::command_line::Desk;
use crate::kill::{Answer, Server, ask, free_address, send};
use serde_json::json;
use std::time::{Duration, Instant};

const EMAIL: &str = "ada@example.org";
const OTHER_PASSWORD: &str = "umber lantern quorum 77";
const UNREACHED: &str = "Our records cannot be reached at the moment. Try again in a few seconds.";
const HOUR: i64 = 3_600_000;
/// One second more than an access token lives.
const ACCESS_TOKEN_GONE: i64 = 301_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// That the page cannot be had right now, and that the browser keeps what it has.
async fn assert_unavailable(browser: &mut Client, page: &str) {
    let before = browser.cookies.clone();
    let answer = browser.get(page).await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("5")),
        "{answer:?}"
    );
    assert_eq!(
        answer.page().named("h1")[0].text(),
        "That cannot be done right now"
    );
    assert!(answer.set_cookies().is_empty());
    assert_eq!(browser.cookies, before);
}

/// That the form says so, above what was typed.
async fn assert_form_says_unavailable(browser: &mut Client) {
    browser
        .post("/action/login", &[("email", EMAIL), ("password", PASSWORD)])
        .await
        .assert_sees_other("/login");
    let form = browser.get("/login").await.page();
    let summary = form.by_id("error-summary").expect("a summary");
    assert_eq!(summary.text(), UNREACHED);
    assert_eq!(
        form.by_id("email")
            .and_then(|email| email.attribute("value")),
        Some(EMAIL)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_goes_away_and_comes_back() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    app.run(async |app: TestApp| {
        let mut ada = app.signed_in(EMAIL).await;
        let mut program = Caller::signed_in(&app, EMAIL).await;
        let mut late = ada.clone();
        late.cookies.remove("__Host-at");
        app.let_into_database(false).await;

        // Who it is needs no database; what it shows does.
        assert_eq!(program.get("/api/v1/sessions/current").await.status, 200);
        ada.get("/login").await.assert_sees_other("/profile");
        assert_refused(&program.get("/api/v1/me").await, 503, "unavailable", None);
        assert_unavailable(&mut ada, "/profile").await;
        // Whose access token has run out keeps the session.
        assert_unavailable(&mut late, "/profile").await;
        assert_eq!(program.renew().await.status, 503);
        assert_form_says_unavailable(&mut app.client()).await;
        // A sign-out that did not happen is not told as one.
        assert_eq!(
            ada.clone()
                .wanting_json()
                .post("/action/logout", &[])
                .await
                .status,
            503
        );
        assert_eq!(app.client().get("/healthz").await.status, 200);
        assert_eq!(app.client().get("/readyz").await.status, 503);

        // A second later nobody can know whose token still counts. What everybody may see is there.
        app.clock.advance(1000);
        assert_refused(
            &program.get("/api/v1/sessions/current").await,
            503,
            "unavailable",
            None,
        );
        assert_unavailable(&mut ada, "/profile").await;
        ada.get("/").await.assert_page("Your front door");
        ada.get("/login").await.assert_page("Sign in");
        assert_unavailable(&mut ada, "/sessions").await;

        app.let_into_database(true).await;
        assert_eq!(app.client().get("/readyz").await.status, 200);
        ada.get("/profile").await.assert_page("Your profile");
        late.get("/profile").await.assert_page("Your profile");
        assert_eq!(program.renew().await.status, 200);
        assert!(app.lets_in(EMAIL, PASSWORD).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_wait_share_one_question_that_fails() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    app.run(async |app: TestApp| {
        app.signed_in(EMAIL).await;
        let program = Caller::signed_in(&app, EMAIL).await;
        app.clock.advance(1000);
        // The question waits, and all of these for it, until the database is gone.
        app.execute("BEGIN").await;
        app.execute("LOCK TABLE revocations").await;
        let before = app.storage.times_asked();
        let callers = (0..20).map(|_| {
            let mut program = program.clone();
            async move { program.get("/api/v1/sessions/current").await.status }
        });
        let (statuses, ()) = tokio::join!(
            futures::future::join_all(callers),
            app.let_into_database(false)
        );
        assert_eq!(statuses, [503; 20]);
        assert_eq!(app.storage.times_asked() - before, 1);
        app.let_into_database(true).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_holds_the_file_for_too_long() {
    TestApp::sqlite()
        .await
        .run(async |app: TestApp| {
            let mut ada = app.signed_in(EMAIL).await;
            app.execute("BEGIN EXCLUSIVE").await;
            // Pages are read; what would be written waits for five seconds, and then says so.
            ada.get("/profile").await.assert_page("Your profile");
            let mut program = Caller::new(&app).await;
            let body = json!({"email": EMAIL, "password": PASSWORD});
            let (mut stranger, mut late) = (app.client(), ada.clone());
            late.cookies.remove("__Host-at");
            let (refused, (), ()) = tokio::join!(
                program.post("/api/v1/tokens", body),
                assert_form_says_unavailable(&mut stranger),
                assert_unavailable(&mut late, "/profile"),
            );
            assert_refused(&refused, 503, "unavailable", None);
            app.execute("ROLLBACK").await;
            late.get("/profile").await.assert_page("Your profile");
            assert!(app.lets_in(EMAIL, PASSWORD).await);
        })
        .await;
}

on_both_databases! {
    async fn a_clock_put_forward_signs_out_only_whose_time_it_skips(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        app.clock.step(HOUR);
        ada.get("/profile").await.assert_page("Your profile");
        app.clock.step(-HOUR);
        // Its token is from the future now: it is renewed in silence.
        let before = ada.access_token().to_owned();
        ada.get("/profile").await.assert_page("Your profile");
        assert_ne!(ada.access_token(), before);
        app.clock.step(25 * HOUR);
        ada.get("/profile").await.assert_sees_other("/login?next=/profile");
        let form = ada.get("/login").await.page();
        assert!(form.by_class("notice--warning").is_some(), "told why");
    }

    async fn a_clock_put_back_signs_nobody_out(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        app.clock.step(-HOUR);
        for _ in 0..3 {
            ada.get("/profile").await.assert_page("Your profile");
            app.clock.advance(ACCESS_TOKEN_GONE);
        }
        assert!(app.lets_in(EMAIL, PASSWORD).await);
    }

    async fn no_clock_makes_an_ended_session_count_again(app: TestApp) {
        let ada = app.signed_in(EMAIL).await;
        let copy = || app.client().with_cookie("__Host-at", ada.access_token());
        let turned_away = async || copy().get("/profile").await.assert_sees_other("/login?next=/profile");
        copy().get("/profile").await.assert_page("Your profile");
        ada.clone().post("/action/logout", &[]).await.assert_sees_other("/login");
        turned_away().await;

        // Put forward and, when everything that was taken back is as old as it may become, back again.
        app.clock.step(HOUR);
        for number in 0..3 {
            let mut other = app.signed_in(&format!("other{number}@example.org")).await;
            other.post("/action/logout", &[]).await.assert_sees_other("/login");
            app.accounts.forget_past_revocations().await.expect("the database answers");
            app.accounts.hear_of_revocations().await.expect("the database answers");
            turned_away().await;
            app.clock.step(if number % 2 == 0 { -HOUR } else { HOUR });
            turned_away().await;
        }
    }

    async fn a_clock_put_back_by_an_hour_revives_no_token(app: TestApp) {
        let ada = app.signed_in(EMAIL).await;
        ada.clone().post("/action/logout", &[]).await.assert_sees_other("/login");
        // Long after the token has run out, and everything about it is forgotten, it would be good once more.
        for _ in 0..3 {
            app.clock.advance(HOUR / 3);
            let mut other = app.client();
            app.register(&mut other, &format!("{}@example.org", app.clock.now())).await.assert_sees_other("/profile");
            other.post("/action/logout", &[]).await.assert_sees_other("/login");
            app.accounts.forget_past_revocations().await.expect("the database answers");
            app.accounts.hear_of_revocations().await.expect("the database answers");
        }
        app.clock.step(-HOUR + 120_000);
        app.accounts.hear_of_revocations().await.expect("the database answers");
        let mut copy = app.client().with_cookie("__Host-at", ada.access_token());
        copy.get("/profile").await.assert_sees_other("/login?next=/profile");
        // Whoever starts now knows it too.
        let restarted = app.with_variables(&[]).await;
        let mut copy = restarted.client().with_cookie("__Host-at", ada.access_token());
        copy.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn a_clock_put_back_does_not_stretch_the_ten_seconds_of_grace(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let mut thief = ada.clone();
        app.clock.step(HOUR);
        ada.get("/profile").await.assert_page("Your profile");
        app.clock.step(-HOUR);
        thief.cookies.remove("__Host-at");
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert_eq!(app.happened("refresh_token_reused").await, 1);
    }

    async fn the_power_fails_between_a_commit_and_its_answer(app: TestApp) {
        let database = app.database_url().to_owned();
        let (desk, address) = (Desk::new(), free_address());
        let program = desk.install();
        let start = || {
            let database = database.clone();
            tokio::task::block_in_place(|| Server::start(&desk, &program, address, &database))
        };
        let fields = format!("email={}&nickname=Ada&password={}", "ada%40example.org", PASSWORD.replace(' ', "+"));
        // Nobody reads what is answered; as soon as the database has it, the program is gone.
        let lost = async |method: &str, path: &str, cookie: &str, body: &str, is_there: &str| {
            let server = start();
            let unread = send(address, method, path, cookie, body).expect("a connection");
            let begun = Instant::now();
            while app.number(is_there).await == 0 {
                assert!(begun.elapsed() < PATIENCE, "{is_there}");
            }
            server.kill();
            drop(unread);
        };
        let post = |path: &str, cookie: &str, body: &str| ask(address, "POST", path, cookie, body).expect("an answer");

        // Registering: the account is there; signing in opens it.
        lost("POST", "/action/register", "", &fields, "SELECT COUNT(*) FROM users").await;
        let server = start();
        assert_eq!(post("/action/register", "", &fields).location(), "/register", "the e-mail is taken");
        let signed_in = post("/action/login", "", &fields);
        assert_eq!(signed_in.location(), "/profile");
        server.kill();

        // Signing in: it can be done again; the session that nobody holds stands in the list.
        let sessions = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL";
        let before = app.number(sessions).await;
        lost("POST", "/action/login", "", &fields, &format!("SELECT CASE WHEN ({sessions}) > {before} THEN 1 ELSE 0 END")).await;
        let server = start();
        let here = post("/action/login", "", &fields);
        let access = format!("at={}", here.cookie("at").expect("signed in"));
        let page = ask(address, "GET", "/sessions", &access, "").expect("an answer");
        assert_eq!(page.body.matches("<li class=\"session").count(), 4);
        server.kill();

        // Renewing: within ten seconds the old token still gets the same successor.
        let refresh = here.cookie("rt").expect("signed in");
        let held = format!("rt={refresh}");
        let rotated = "SELECT COUNT(*) FROM sessions WHERE generation = 2";
        lost("GET", "/profile", &held, "", rotated).await;
        let server = start();
        let again = ask(address, "GET", "/profile", &held, "").expect("an answer");
        assert_eq!(again.status, 200);
        let held = format!("at={}; rt={}", again.cookie("at").expect("renewed"), again.cookie("rt").expect("renewed"));
        server.kill();

        // Changing the password: the new one counts, and every session of before is over.
        let change = format!("current_password={}&new_password={}", PASSWORD.replace(' ', "+"), OTHER_PASSWORD.replace(' ', "+"));
        lost("POST", "/action/change_password", &held, &change, "SELECT COUNT(*) FROM users WHERE epoch > 1").await;
        let server = start();
        let turned_away = ask(address, "GET", "/profile", &held, "").expect("an answer");
        assert_eq!(turned_away.location(), "/login?next=/profile");
        assert_eq!(post("/action/login", "", &fields).location(), "/login", "the old password");
        let new = fields.replace(&PASSWORD.replace(' ', "+"), &OTHER_PASSWORD.replace(' ', "+"));
        let here = post("/action/login", "", &new);
        assert_eq!(here.location(), "/profile");
        let held = format!("at={}; rt={}", here.cookie("at").expect("signed in"), here.cookie("rt").expect("signed in"));
        server.kill();

        // Signing out: one is.
        let ended = "SELECT COUNT(*) FROM sessions WHERE end_reason = 'signed_out'";
        lost("POST", "/action/logout", &held, "", ended).await;
        let server = start();
        let turned_away = ask(address, "GET", "/profile", &held, "").expect("an answer");
        assert_eq!(turned_away.location(), "/login?next=/profile");
        server.kill();
    }
}

/// Where the system cannot be told how large files may become, this is not tried.
#[cfg(target_os = "linux")]
#[test]
fn the_disk_is_full_and_has_room_again() {
    let (desk, address) = (Desk::new(), free_address());
    let database = format!("sqlite://{}", desk.path().join("data.db").display());
    let program = desk.install();
    let server = Server::start(&desk, &program, address, &database);
    let fields = "email=ada%40example.org&nickname=Ada&password=violet+harbour+kestrel+41";
    let post = |path: &str, body: &str| ask(address, "POST", path, "", body).expect("an answer");
    let get = |path: &str, cookie: &str| ask(address, "GET", path, cookie, "").expect("an answer");
    let cookie =
        |answer: &Answer, name: &str| answer.cookie(name).map(|value| format!("{name}={value}"));
    let ada = post("/action/register", fields);
    let (access, refresh) = (
        cookie(&ada, "at").expect("signed in"),
        cookie(&ada, "rt").expect("signed in"),
    );

    // Not a byte more for the database; nor for the log, which is longer already.
    let journal = desk.path().join("data.db-wal");
    let size = std::fs::metadata(journal).expect("a file").len();
    grow_to_at_most(&server, Some(size));
    let begun = Instant::now();
    while post("/action/login", fields).location() == "/profile" {
        assert!(begun.elapsed() < PATIENCE, "the disk becomes full");
    }
    assert_eq!(get("/profile", &access).status, 200, "pages are read");
    assert_eq!(get("/healthz", "").status, 200);
    let refused = post("/action/login", fields);
    assert_eq!(refused.location(), "/login");
    let flash = cookie(&refused, "flash").expect("what was wrong");
    assert!(get("/login", &flash).body.contains(UNREACHED));
    let late = get("/profile", &refresh);
    assert_eq!(
        (late.status, late.cookie("rt")),
        (503, None),
        "the session is kept"
    );

    grow_to_at_most(&server, None);
    assert_eq!(post("/action/login", fields).location(), "/profile");
    assert_eq!(get("/profile", &refresh).status, 200);
    server.stop();
    let server = Server::start(&desk, &program, address, &database);
    assert_eq!(post("/action/login", fields).location(), "/profile");
    server.kill();
}

/// How large a file of this process may become, in bytes; `None` for any size.
#[cfg(target_os = "linux")]
fn grow_to_at_most(server: &Server, bytes: Option<u64>) {
    let soft = bytes.unwrap_or(rlimit::INFINITY);
    let process = i32::try_from(server.process()).expect("a process");
    let limits = Some((soft, rlimit::INFINITY));
    rlimit::prlimit(process, rlimit::Resource::FSIZE, limits, None).expect("a limit");
}
