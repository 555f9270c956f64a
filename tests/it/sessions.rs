//! The sessions of one person: the list, ending them, how many there may be, and what whoever held one is told.

use crate::app::{PASSWORD, START, TestApp, on_both_databases};
use crate::client::{Answer, Client};
use crate::html::Element;
use vestibule::domain::audit::Source;
use vestibule::domain::session::{Revocation, SessionId};
use vestibule::domain::user::UserId;

const EMAIL: &str = "ada@example.org";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// One second more than an access token lives.
const ACCESS_TOKEN_GONE: i64 = 301_000;

/// Another browser of the same person.
async fn elsewhere(app: &TestApp) -> Client {
    let mut client = app.client().with_header("user-agent", FIREFOX);
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    client
        .post("/action/login", &fields)
        .await
        .assert_sees_other("/profile");
    client
}

/// What the list says, a line for each session.
fn listed(answer: &Answer) -> Vec<String> {
    answer.assert_page("Your sessions");
    let page = answer.page();
    let list = page.by_id("sessions").expect("the list");
    list.named("li").into_iter().map(Element::text).collect()
}

/// The id that the list offers to end.
fn offered(answer: &Answer) -> Vec<String> {
    let page = answer.page();
    let inputs = page.named("input").into_iter();
    inputs
        .filter(|input| input.attribute("name") == Some("session_id"))
        .map(|input| input.attribute("value").expect("a value").to_owned())
        .collect()
}

fn warning(answer: &Answer) -> Option<String> {
    answer.page().by_class("notice--warning").map(Element::text)
}

/// That this browser is out, and is told so on the sign-in form.
async fn assert_told(client: &mut Client, expected: &str) {
    client
        .get("/profile")
        .await
        .assert_sees_other("/login?next=/profile");
    let form = client.get("/login?next=/profile").await;
    assert_eq!(warning(&form).as_deref(), Some(expected));
    assert_eq!(
        warning(&client.get("/login?next=/profile").await),
        None,
        "once"
    );
}

on_both_databases! {
    async fn the_list_says_where_one_is_signed_in(app: TestApp) {
        let mut here = app.signed_in(EMAIL).await;
        app.clock.advance(60_000);
        let mut there = elsewhere(&app).await;
        let seen_here = listed(&here.get("/sessions").await);
        assert_eq!(seen_here.len(), 2);
        assert!(seen_here[0].contains("Firefox on Linux") && !seen_here[0].contains("This one"), "{seen_here:?}");
        assert!(seen_here[1].contains("This one") && seen_here[1].contains("2 January 2026, 03:04 UTC"), "{seen_here:?}");
        let seen_there = listed(&there.get("/sessions").await);
        assert!(seen_there[0].contains("This one"), "{seen_there:?}");
        // What is over is not in it.
        app.clock.advance(86_400_000 - 60_000);
        assert_eq!(listed(&there.get("/sessions").await).len(), 1);
    }

    async fn one_can_be_ended_and_is_told(app: TestApp) {
        let mut here = app.signed_in(EMAIL).await;
        let mut there = elsewhere(&app).await;
        let copy = there.clone();
        let [id] = &offered(&here.get("/sessions").await)[..] else { panic!("one to end") };
        here.post("/action/end_session", &[("session_id", id)]).await.assert_sees_other("/sessions");
        let list = here.get("/sessions").await;
        list.assert_notice(Some("That session is ended."));
        assert_eq!(listed(&list).len(), 1);

        assert_told(&mut there, "This session was ended from Unknown browser at 2 January 2026, 03:04 UTC.").await;
        // Copies are of no use, on the very next request.
        for (name, value) in [("__Host-at", copy.access_token()), ("__Host-rt", copy.refresh_token())] {
            app.client().with_cookie(name, value).get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        here.get("/profile").await.assert_page("Your profile");
    }

    async fn all_others_can_be_ended(app: TestApp) {
        let mut here = app.signed_in(EMAIL).await;
        let mut others = [elsewhere(&app).await, elsewhere(&app).await];
        let mut stranger = app.signed_in("grace@example.org").await;
        here.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
        let list = here.get("/sessions").await;
        list.assert_notice(Some("Every other session is ended."));
        assert!(offered(&list).is_empty() && !list.body.contains("End all other sessions"));
        for other in &mut others {
            other.get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        stranger.get("/profile").await.assert_page("Your profile");
        here.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
    }

    async fn nobody_ends_another_s(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let id = app.text("SELECT id FROM sessions").await;
        let mut grace = app.signed_in("grace@example.org").await;
        grace.post("/action/end_session", &[("session_id", &id)]).await.assert_sees_other("/sessions");
        ada.get("/profile").await.assert_page("Your profile");
        let mut nobody = app.client().wanting_json();
        for path in ["/action/end_session", "/action/end_other_sessions"] {
            assert_eq!(nobody.post(path, &[("session_id", &id)]).await.status, 401, "{path}");
        }
        for bad in ["", "x", &"A".repeat(23), "\u{0}"] {
            let refused = grace.clone().wanting_json().post("/action/end_session", &[("session_id", bad)]).await;
            assert_eq!(refused.status, 400, "{bad:?}");
        }
        assert_eq!(app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 2);
    }

    async fn ending_this_one_is_signing_out(app: TestApp) {
        let mut client = app.signed_in(EMAIL).await;
        let id = app.text("SELECT id FROM sessions").await;
        client.post("/action/end_session", &[("session_id", &id)]).await.assert_sees_other("/login");
        client.get("/login").await.assert_notice(Some("You are signed out."));
        assert_eq!(app.text("SELECT end_reason FROM sessions").await, "signed_out");
    }

    async fn beyond_the_limit_the_oldest_ends_and_is_told_why(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_SESSION_LIMIT", "2")]).await;
        let mut first = app.signed_in(EMAIL).await;
        app.clock.advance(1_000);
        let mut second = elsewhere(&app).await;
        first.get("/profile").await.assert_page("Your profile");
        app.clock.advance(1_000);
        let mut third = elsewhere(&app).await;
        let told = "You were signed out here because you signed in from Firefox on Linux at 2 January 2026, 03:04 UTC. \
                    Only so many sessions may be open at once.";
        // A page that is open to everybody says it on the spot.
        let home = first.clone().get("/").await;
        home.assert_page("Your front door");
        assert_eq!(warning(&home).as_deref(), Some(told));
        assert_told(&mut first, told).await;
        for client in [&mut second, &mut third] {
            client.get("/profile").await.assert_page("Your profile");
        }
        // Whoever signs in again at the same browser makes room for themselves.
        let fields = [("email", EMAIL), ("password", PASSWORD)];
        third.post("/action/login", &fields).await.assert_sees_other("/profile");
        third.get("/profile").await.assert_page("Your profile");
    }

    async fn of_fifty_who_sign_in_at_once_as_many_as_may_live_on(app: TestApp) {
        app.signed_in(EMAIL).await;
        for limit in ["1", "3"] {
            // Those of one moment are of one age: whoever was there before must be older.
            app.clock.advance(1);
            let app = app.with_variables(&[("VESTIBULE_SESSION_LIMIT", limit), ("VESTIBULE_HASH_CONCURRENCY", "8")]).await;
            let at_once: Vec<_> = (0..50)
                .map(|_| {
                    let app = app.clone();
                    tokio::spawn(async move { elsewhere(&app).await })
                })
                .collect();
            let mut alive = 0;
            let mut clients = Vec::new();
            for one in at_once {
                clients.push(one.await.expect("no panic"));
            }
            for mut client in clients {
                let answer = client.get("/profile").await;
                assert!(answer.status == 200 || answer.status == 303, "{answer:?}");
                alive += usize::from(answer.status == 200);
            }
            assert_eq!(alive.to_string(), limit);
            let live = app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await;
            assert_eq!(live.to_string(), limit);
        }
    }

    async fn a_used_key_that_comes_back_is_written_down_and_told_at_the_next_sign_in(app: TestApp) {
        let mut owner = app.signed_in(EMAIL).await;
        let mut thief = app.client().with_header("user-agent", "curl/8.5.0").with_cookie("__Host-rt", owner.refresh_token());
        app.clock.advance(ACCESS_TOKEN_GONE);
        owner.get("/profile").await.assert_page("Your profile");
        app.clock.advance(10_000);
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert_eq!(app.text("SELECT event || ' ' || user_agent FROM audit_trail WHERE event = 'refresh_token_reused'").await, "refresh_token_reused curl/8.5.0");

        // The owner is told when they are turned away, and whoever signs in next with the password as well, once.
        assert_told(&mut owner, "Somebody used an old key of your session; it was ended at 2 January 2026, 03:09 UTC. If you did \
            not copy it yourself, change your password.").await;
        let mut again = elsewhere(&app).await;
        let told = warning(&again.get("/profile").await).expect("a warning");
        assert!(told.starts_with("Somebody used an old key of your session (Unknown browser); it was ended"), "{told}");
        assert_eq!(warning(&again.get("/profile").await), None);
        let mut third = elsewhere(&app).await;
        assert_eq!(warning(&third.get("/profile").await), None);
        assert_eq!(app.happened("refresh_token_reused").await, 1);
    }

    async fn a_key_that_was_never_issued_is_refused_and_harms_nobody(app: TestApp) {
        let mut owner = app.signed_in(EMAIL).await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        owner.get("/profile").await.assert_page("Your profile");
        let newer = owner.clone();
        app.execute("UPDATE sessions SET generation = 1").await;
        app.client().with_cookie("__Host-rt", newer.refresh_token()).get("/profile").await.assert_sees_other("/login?next=/profile");
        assert_eq!((app.happened("refresh_token_reused").await, app.number("SELECT COUNT(ended_at) FROM sessions").await), (0, 0));
    }

    async fn whoever_s_time_is_over_is_told_that(app: TestApp) {
        let mut client = app.signed_in(EMAIL).await;
        app.clock.advance(2 * 86_400_000);
        assert_told(&mut client, "You were signed out at 3 January 2026, 03:04 UTC, when your session had lasted its time.").await;
    }

    async fn what_was_taken_back_is_remembered_by_whoever_starts_later(app: TestApp) {
        let mut here = app.signed_in(EMAIL).await;
        let mut ended = elsewhere(&app).await;
        let mut left = elsewhere(&app).await;
        left.clone().post("/action/logout", &[]).await.assert_sees_other("/login");
        here.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
        let mut changed = elsewhere(&app).await;
        let restarted = app.with_variables(&[]).await;
        for client in [&mut ended, &mut left] {
            let mut copy = restarted.client().with_cookie("__Host-at", client.access_token());
            copy.get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        let fields = [("current_password", PASSWORD), ("new_password", "umber lantern quorum 77")];
        here.post("/action/change_password", &fields).await.assert_sees_other("/password");
        let restarted = app.with_variables(&[]).await;
        let mut copy = restarted.client().with_cookie("__Host-at", changed.access_token());
        copy.get("/profile").await.assert_sees_other("/login?next=/profile");
        changed.get("/profile").await.assert_sees_other("/login?next=/profile");
        let mut copy = restarted.client().with_cookie("__Host-at", here.access_token());
        copy.get("/profile").await.assert_page("Your profile");

        // And for no longer than an hour after it mattered.
        assert_eq!(app.count("revocations").await, 3);
        app.clock.advance(3_600_000 + 305_000 - 1);
        app.accounts.forget_past_revocations().await.expect("the database answers");
        assert_eq!(app.count("revocations").await, 3);
        app.clock.advance(1);
        app.accounts.forget_past_revocations().await.expect("the database answers");
        assert_eq!(app.count("revocations").await, 0);
    }

    async fn whoever_ends_a_session_and_goes_away_has_ended_it_all_the_same(app: TestApp) {
        for pauses in 0..12 {
            let mut there = app.signed_in(&format!("ada{pauses}@example.org")).await;
            let id = app.text("SELECT id FROM sessions WHERE ended_at IS NULL").await;
            let id = SessionId::parse(&id).expect("an id");
            let (accounts, source) = (app.accounts.clone(), Source::default());
            let user = app.text(&format!("SELECT user_id FROM sessions WHERE id = '{id}'")).await;
            let user = UserId::parse(&user).expect("an id");
            let ending = tokio::spawn(async move { accounts.sign_out(user, id, &source).await });
            for _ in 0..pauses {
                tokio::task::yield_now().await;
            }
            ending.abort();
            let _ = ending.await;
            // It may have begun or not. If it has, the database and the memory must come to agree.
            while app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await == 1 && pauses > 0 {
                app.accounts.sign_out(user, id, &Source::default()).await.expect("the database answers");
            }
            if app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await == 1 {
                app.accounts.sign_out(user, id, &Source::default()).await.expect("the database answers");
            }
            let copy = || app.client().with_cookie("__Host-at", there.access_token());
            let mut tries = 0;
            while copy().get("/profile").await.status == 200 {
                tries += 1;
                assert!(tries < 10_000, "the session is over in the database and lives on in memory");
                tokio::task::yield_now().await;
            }
            there.get("/profile").await.assert_sees_other("/login?next=/profile");
        }
    }

    async fn what_only_asks_who_is_there_asks_no_database(app: TestApp) {
        let mut client = app.signed_in(EMAIL).await;
        let before = app.storage.times_asked();
        client.get("/login").await.assert_sees_other("/profile");
        assert_eq!(client.get("/nowhere").await.status, 404);
        app.client().get("/profile").await.assert_sees_other("/login?next=/profile");
        assert_eq!(app.storage.times_asked(), before);
        client.get("/profile").await.assert_page("Your profile");
        assert_eq!(app.storage.times_asked(), before + 1, "this one asks");
        // From here on every query would fail.
        app.storage.close().await;
        client.get("/login").await.assert_sees_other("/profile");
        client.get("/register?next=/password").await.assert_sees_other("/password");
        let missing = client.get("/nowhere").await;
        assert!(missing.status == 404 && missing.body.contains("Sign out"), "{missing:?}");
        assert_eq!(client.get("/profile").await.status, 503, "this one asks");
    }
}

/// A form that comes too late.
mod drafts {
    use super::*;

    const TYPED: [(&str, &str); 2] = [("nickname", "Countess"), ("signature", "typed for an hour")];

    /// What the profile's form was rendered for.
    async fn owner(client: &mut Client) -> String {
        let page = client.get("/profile").await.page();
        let mut inputs = page.named("input").into_iter();
        let owner = inputs.find(|input| input.attribute("name") == Some("owner"));
        let owner = owner.and_then(|input| input.attribute("value"));
        owner.expect("an owner").to_owned()
    }

    async fn send(client: &mut Client, owner: &str) -> Answer {
        let mut fields = TYPED.to_vec();
        fields.push(("owner", owner));
        client.post("/action/update_profile", &fields).await
    }

    on_both_databases! {
        async fn what_was_typed_is_found_again_after_signing_in(app: TestApp) {
            let mut client = app.signed_in(EMAIL).await;
            let owner = owner(&mut client).await;
            let mut other = elsewhere(&app).await;
            other.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");

            send(&mut client, &owner).await.assert_sees_other("/login?next=/profile");
            let form = client.get("/login?next=/profile").await;
            form.assert_page("Sign in");
            assert!(warning(&form).is_some_and(|told| told.starts_with("This session was ended from Firefox on Linux")));
            assert!(form.body.contains("What you had typed is kept: sign in to find it again."));
            assert!(!form.body.contains("typed for an hour"));
            // A wrong password on the way does no harm.
            let wrong = [("email", EMAIL), ("password", "not it"), ("next", "/profile")];
            client.post("/action/login", &wrong).await.assert_sees_other("/login?next=/profile");
            client.get("/login?next=/profile").await.assert_says_at("email", "The e-mail or the password is not right.");
            let right = [("email", EMAIL), ("password", PASSWORD), ("next", "/profile")];
            client.post("/action/login", &right).await.assert_sees_other("/profile");

            let profile = client.get("/profile").await;
            profile.assert_notice(Some("Here is what you had typed. It is not saved yet."));
            let page = profile.page();
            assert_eq!(page.by_id("nickname").and_then(|input| input.attribute("value")), Some("Countess"));
            assert_eq!(page.by_id("signature").map(Element::text).as_deref(), Some("typed for an hour"));
            assert_eq!(app.text("SELECT nickname FROM users").await, "Ada", "nothing is saved yet");
            client.get("/profile").await.assert_notice(None);
            send(&mut client, &owner).await.assert_sees_other("/profile");
            assert_eq!(app.text("SELECT nickname FROM users").await, "Countess");
        }

        async fn nobody_else_finds_it(app: TestApp) {
            let mut client = app.signed_in(EMAIL).await;
            app.signed_in("grace@example.org").await;
            let owner = owner(&mut client).await;
            client.cookies.retain(|name, _| name != "__Host-at" && name != "__Host-rt");
            send(&mut client, &owner).await.assert_sees_other("/login?next=/profile");
            let mut grace = client.clone();
            let fields = [("email", "grace@example.org"), ("password", PASSWORD), ("next", "/profile")];
            grace.post("/action/login", &fields).await.assert_sees_other("/profile");
            let profile = grace.get("/profile").await;
            assert!(!profile.body.contains("typed for an hour") && !profile.body.contains("Countess"));
            assert!(!grace.cookies.contains_key("__Host-draft"), "it does not wait for them either");
        }

        async fn a_form_of_somebody_else_s_is_not_saved_here(app: TestApp) {
            let mut client = app.signed_in(EMAIL).await;
            let owner = owner(&mut client).await;
            app.signed_in("grace@example.org").await;
            let fields = [("email", "grace@example.org"), ("password", PASSWORD)];
            client.post("/action/login", &fields).await.assert_sees_other("/profile");
            send(&mut client, &owner).await.assert_sees_other("/profile");
            let profile = client.get("/profile").await;
            assert!(profile.body.contains("Somebody else is signed in here now"), "{}", profile.body);
            assert!(!profile.body.contains("typed for an hour"));
            assert_eq!(send(&mut client.clone().wanting_json(), &owner).await.status, 409);
            assert_eq!(app.number("SELECT COUNT(*) FROM users WHERE nickname = 'Countess'").await, 0);
        }

        async fn it_does_not_wait_for_ever(app: TestApp) {
            let mut client = app.signed_in(EMAIL).await;
            let owner = owner(&mut client).await;
            client.cookies.retain(|name, _| name != "__Host-at" && name != "__Host-rt");
            let answer = send(&mut client, &owner).await;
            assert_eq!(answer.set_cookie("__Host-draft").and_then(|cookie| cookie.max_age()), Some(1800));
            app.clock.advance(1_801_000);
            let fields = [("email", EMAIL), ("password", PASSWORD)];
            client.post("/action/login", &fields).await.assert_sees_other("/profile");
            client.get("/profile").await.assert_notice(None);
        }
    }
}

/// Links on other sites, to which browsers send no `SameSite=Strict` cookies.
mod arrivals {
    use super::*;

    fn from_elsewhere(app: &TestApp) -> Client {
        let client = app.client().with_header("sec-fetch-site", "cross-site");
        client.with_header("sec-fetch-mode", "navigate")
    }

    #[tokio::test]
    async fn they_are_sent_round_once() {
        let app = TestApp::sqlite().await;
        let mut visitor = from_elsewhere(&app);
        for path in ["/profile", "/", "/sessions", "/password?a=b;c&d=%27"] {
            let mut visitor = from_elsewhere(&app);
            let answer = visitor.get(path).await;
            answer.assert_page("One moment");
            assert_eq!(
                answer.header("refresh"),
                Some(format!("0; url={path}").as_str())
            );
            let link = answer
                .page()
                .named("a")
                .into_iter()
                .any(|link| link.attribute("href") == Some(path));
            assert!(link, "and a link, where pages may not refresh themselves");
            let cookie = answer
                .set_cookie("__Host-bounce")
                .expect("a note that it was so");
            assert_eq!(
                cookie.attributes,
                ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=10"]
            );
        }
        // Whatever the second visit says of itself, it is not sent round again.
        visitor.get("/profile").await.assert_page("One moment");
        visitor
            .get("/profile")
            .await
            .assert_sees_other("/login?next=/profile");
    }

    #[tokio::test]
    async fn only_visits_without_cookies_to_pages_are() {
        let app = TestApp::sqlite().await;
        let known = app.signed_in(EMAIL).await;
        let mut came_along = from_elsewhere(&app);
        came_along.cookies = known.cookies.clone();
        came_along.get("/profile").await.assert_page("Your profile");
        from_elsewhere(&app)
            .get("/login")
            .await
            .assert_page("Sign in");
        let mut fetch = from_elsewhere(&app).with_header("sec-fetch-mode", "cors");
        fetch
            .get("/profile")
            .await
            .assert_sees_other("/login?next=/profile");
        let mut old = app.client().with_header("sec-fetch-site", "");
        old.get("/profile")
            .await
            .assert_sees_other("/login?next=/profile");
        assert_eq!(from_elsewhere(&app).get("/nowhere").await.status, 404);
        assert_eq!(
            from_elsewhere(&app)
                .post("/action/logout", &[])
                .await
                .status,
            403
        );
        // What cannot stand in a header as a path of ours is not repeated.
        from_elsewhere(&app).get("//evil.example/profile").await;
    }
}

/// Tabs that stay open learn of the end of their session.
mod open_tabs {
    use super::*;
    use std::time::Duration;
    use tokio::task::JoinHandle;

    /// Nobody is told so late; without a bound a fault would hang the whole run.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Opens the stream, and answers when it has come to its end.
    async fn listen(app: &TestApp, client: &Client) -> JoinHandle<Answer> {
        let mut tab = client.clone();
        let before = app.accounts.listeners();
        let listening = tokio::spawn(async move {
            let answer = tokio::time::timeout(PATIENCE, tab.get("/events")).await;
            answer.expect("the stream comes to its end")
        });
        while app.accounts.listeners() == before {
            tokio::task::yield_now().await;
        }
        listening
    }

    fn news(answer: &Answer) -> serde_json::Value {
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        let data = answer
            .body
            .strip_prefix("event: ended\ndata: ")
            .unwrap_or_else(|| panic!("{answer:?}"));
        serde_json::from_str(data.trim_end()).expect("JSON")
    }

    on_both_databases! {
        async fn they_are_told_why(app: TestApp) {
            let client = app.signed_in(EMAIL).await;
            let session = app.text("SELECT id FROM sessions").await;
            let tab = listen(&app, &client).await;
            let mut other = elsewhere(&app).await;
            // The ends of others do not concern it, however many: more than a stream may lag behind.
            let mut others = app.signed_in("grace@example.org").await;
            others.post("/action/logout", &[]).await.assert_sees_other("/login");
            for number in 0..600_u16 {
                let mut id = [0; 16];
                id[..2].copy_from_slice(&number.to_be_bytes());
                app.access_tokens.revoke(Revocation::Session(SessionId::from_bytes(id)));
            }
            assert!(!tab.is_finished());
            other.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
            let told = news(&tab.await.expect("no panic"));
            assert_eq!(told["session"], session);
            assert_eq!(told["told"], "This session was ended from Firefox on Linux at 2 January 2026, 03:04 UTC.");
        }

        async fn a_new_password_elsewhere_tells_them_too(app: TestApp) {
            let client = app.signed_in(EMAIL).await;
            let tab = listen(&app, &client).await;
            let mut other = elsewhere(&app).await;
            let fields = [("current_password", PASSWORD), ("new_password", "umber lantern quorum 77")];
            other.post("/action/change_password", &fields).await.assert_sees_other("/password");
            let told = news(&tab.await.expect("no panic"))["told"].to_string();
            assert!(told.contains("your password was changed from Firefox on Linux"), "{told}");
            // Whoever changed it goes on.
            let tab = listen(&app, &other).await;
            other.post("/action/logout", &[]).await.assert_sees_other("/login");
            assert!(news(&tab.await.expect("no panic"))["told"].to_string().contains("You signed out"));
        }
    }

    #[tokio::test]
    async fn whoever_has_no_session_need_not_wait() {
        let app = TestApp::sqlite().await;
        assert_eq!(app.client().get("/events").await.status, 204);
    }

    #[tokio::test]
    async fn the_news_is_for_the_next_page_as_well_and_nothing_is_renewed_for_it() {
        let app = TestApp::sqlite().await;
        let mut client = app.signed_in(EMAIL).await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        let tab = listen(&app, &client).await;
        assert_eq!(
            app.number("SELECT generation FROM sessions").await,
            1,
            "an open tab keeps nothing alive"
        );
        let mut other = elsewhere(&app).await;
        other
            .post("/action/end_other_sessions", &[])
            .await
            .assert_sees_other("/sessions");
        assert!(tab.await.expect("no panic").set_cookies().is_empty());
        // Another tab asks later, and is told the same at once.
        let late = client.get("/events").await;
        assert!(late.set_cookies().is_empty());
        assert!(
            news(&late)["told"]
                .to_string()
                .contains("This session was ended from Firefox on Linux")
        );
        // A script that fetches a page does not use it up either.
        let mut script = client.clone().with_header("sec-fetch-dest", "empty");
        script
            .get("/sessions")
            .await
            .assert_sees_other("/login?next=/sessions");
        assert_eq!(warning(&script.get("/login?next=/sessions").await), None);
        client.cookies = script.cookies;
        client
            .get("/profile")
            .await
            .assert_sees_other("/login?next=/profile");
        assert!(warning(&client.get("/login?next=/profile").await).is_some());
    }

    #[tokio::test]
    async fn they_do_not_hold_up_the_end_of_the_program() {
        let app = TestApp::sqlite().await;
        let client = app.signed_in(EMAIL).await;
        let tab = listen(&app, &client).await;
        app.stop();
        assert!(!tab.await.expect("no panic").body.contains("ended"));
    }
}

/// Sessions against a model of them: whatever happens in whatever order, both say the same.
mod model {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use vestibule::domain::session::EndReason;
    use vestibule::server::accounts::{Renewal, SignIn};
    use vestibule::server::tokens::Audience;

    const GRACE: i64 = 10_000;
    const IDLE: i64 = 86_400_000;
    const MAX: i64 = 14 * IDLE;
    /// What a session limit of the instances here is.
    const LIMIT: usize = 3;

    #[derive(Clone, Debug)]
    enum Step {
        SignIn,
        /// Present the refresh token of that session's generation, so many before the last.
        Present {
            session: usize,
            old: usize,
        },
        End {
            session: usize,
            by: usize,
        },
        EndOthers {
            by: usize,
        },
        SignOut {
            session: usize,
        },
        Wait(i64),
        Restart,
    }

    fn step() -> impl Strategy<Value = Step> {
        let session = 0..6_usize;
        prop_oneof![
            3 => Just(Step::SignIn),
            6 => (session.clone(), 0..4_usize).prop_map(|(session, old)| Step::Present { session, old }),
            1 => (session.clone(), session.clone()).prop_map(|(session, by)| Step::End { session, by }),
            1 => session.clone().prop_map(|by| Step::EndOthers { by }),
            1 => session.prop_map(|session| Step::SignOut { session }),
            4 => prop_oneof![Just(1), Just(GRACE - 1), Just(GRACE), Just(ACCESS_TOKEN_GONE), Just(IDLE - 1), Just(IDLE)]
                .prop_map(Step::Wait),
            1 => Just(Step::Restart),
        ]
    }

    /// A session as it should be.
    struct Expected {
        id: SessionId,
        tokens: Vec<String>,
        access: Vec<(String, i64)>,
        created_at: i64,
        rotated_at: i64,
        ended: Option<EndReason>,
    }

    impl Expected {
        fn is_live(&self, now: i64) -> bool {
            self.ended.is_none() && now < self.rotated_at + IDLE && now < self.created_at + MAX
        }
    }

    async fn follow(app: &TestApp, steps: Vec<Step>) -> Result<(), TestCaseError> {
        let email = format!("m{}@example.org", app.count("users").await);
        let limit = LIMIT.to_string();
        let settings = [("VESTIBULE_SESSION_LIMIT", limit.as_str())];
        let mut instance = app.with_variables(&settings).await;
        let user = instance
            .accounts
            .create_user(&email, PASSWORD, "Ada", &Default::default())
            .await
            .expect("created");
        let source = Source::default();
        let mut sessions: Vec<Expected> = Vec::new();
        for step in steps {
            let now = app.clock.now();
            match step {
                Step::SignIn => {
                    let sign_in = SignIn {
                        confirming: None,
                        email: &email,
                        password: PASSWORD,
                        remember: false,
                        audience: Audience::Web,
                        known_browser: None,
                        source: &source,
                    };
                    let open = instance
                        .accounts
                        .sign_in(sign_in)
                        .await
                        .expect("let in")
                        .session;
                    let mut live: Vec<_> = sessions
                        .iter_mut()
                        .filter(|session| session.is_live(now))
                        .collect();
                    live.sort_by_key(|session| session.created_at);
                    // Of those of one moment, any may be the oldest: ask which.
                    let listed = instance.accounts.sessions(user).await.expect("listed");
                    let surplus = (live.len() + 1).saturating_sub(LIMIT);
                    let gone: Vec<_> = live
                        .iter()
                        .map(|session| session.id)
                        .filter(|id| listed.iter().all(|one| one.id != *id))
                        .collect();
                    prop_assert_eq!(gone.len(), surplus);
                    let youngest_gone = live
                        .get(surplus.wrapping_sub(1))
                        .map_or(i64::MIN, |session| session.created_at);
                    for session in live {
                        if gone.contains(&session.id) {
                            prop_assert!(session.created_at <= youngest_gone);
                            session.ended = Some(EndReason::SessionLimit);
                        }
                    }
                    sessions.push(Expected {
                        id: open.claims.sid,
                        tokens: vec![open.refresh_token],
                        access: vec![(open.access_token, now)],
                        created_at: now,
                        rotated_at: now,
                        ended: None,
                    });
                }
                Step::Present { session, old } => {
                    let Some(session) = sessions.get_mut(session) else {
                        continue;
                    };
                    let Some(presented) = session.tokens.iter().rev().nth(old).cloned() else {
                        continue;
                    };
                    let outcome = instance
                        .accounts
                        .renew(&presented, Audience::Web, &source)
                        .await
                        .expect("answered");
                    let live = session.is_live(now);
                    let forgiven = old == 1 && now - session.rotated_at < GRACE;
                    match outcome {
                        Renewal::Renewed(open) => {
                            prop_assert!(
                                live && (old == 0 || forgiven),
                                "renewed by {old} at {now}"
                            );
                            if old == 0 {
                                session.tokens.push(open.refresh_token);
                                session.rotated_at = now;
                            } else {
                                prop_assert_eq!(
                                    session.tokens.last(),
                                    Some(&open.refresh_token),
                                    "the identical successor"
                                );
                            }
                            session.access.push((open.access_token, now));
                        }
                        Renewal::Over(ending) => {
                            prop_assert!(!live || (old > 0 && !forgiven));
                            if live {
                                session.ended = Some(EndReason::RefreshTokenReused);
                            }
                            prop_assert_eq!(
                                ending.reason,
                                session.ended.unwrap_or(EndReason::Expired)
                            );
                        }
                        Renewal::Refused => prop_assert!(false, "a token of ours"),
                    }
                }
                Step::End { session, by } => {
                    let (Some(by), Some(session)) =
                        (sessions.get(by).map(|by| by.id), sessions.get_mut(session))
                    else {
                        continue;
                    };
                    let ended = instance
                        .accounts
                        .end_session(user, session.id, by, &source)
                        .await
                        .expect("answered");
                    prop_assert_eq!(ended, session.ended.is_none());
                    session.ended.get_or_insert(EndReason::EndedByUser);
                }
                Step::EndOthers { by } => {
                    let Some(by) = sessions.get(by).map(|by| by.id) else {
                        continue;
                    };
                    instance
                        .accounts
                        .end_other_sessions(user, by, &source)
                        .await
                        .expect("answered");
                    for session in sessions.iter_mut().filter(|session| session.id != by) {
                        session.ended.get_or_insert(EndReason::EndedByUser);
                    }
                }
                Step::SignOut { session } => {
                    let Some(session) = sessions.get_mut(session) else {
                        continue;
                    };
                    instance
                        .accounts
                        .sign_out(user, session.id, &source)
                        .await
                        .expect("answered");
                    session.ended.get_or_insert(EndReason::SignedOut);
                }
                Step::Wait(time) => app.clock.advance(time),
                Step::Restart => instance = app.with_variables(&settings).await,
            }
            // After each step, every access token ever issued is good or not as the model says.
            let now = app.clock.now();
            for session in &sessions {
                for (token, issued_at) in &session.access {
                    let runs = now.div_euclid(1000) < issued_at.div_euclid(1000) + 300;
                    let good = instance.access_tokens.verify(token, Audience::Web).is_ok();
                    prop_assert_eq!(
                        good,
                        runs && session.ended.is_none(),
                        "a token of {} at {}",
                        issued_at,
                        now
                    );
                }
            }
            let listed = instance
                .accounts
                .sessions(user)
                .await
                .expect("listed")
                .len();
            prop_assert_eq!(
                listed,
                sessions
                    .iter()
                    .filter(|session| session.is_live(now))
                    .count()
            );
        }
        Ok(())
    }

    async fn hold(app: TestApp, cases: u32) {
        let runtime = tokio::runtime::Handle::current();
        let checked = tokio::task::spawn_blocking(move || {
            let mut runner = TestRunner::new(Config {
                failure_persistence: None,
                ..Config::with_cases(cases)
            });
            let steps = prop::collection::vec(step(), 1..30);
            runner.run(&steps, |steps| runtime.block_on(follow(&app, steps)))
        });
        if let Err(failure) = checked.await.expect("no panic") {
            panic!("{failure}");
        }
    }

    on_both_databases! {
        async fn both_say_the_same(app: TestApp) {
            hold(app, 24).await;
        }
    }

    #[test]
    fn tests_begin_within_a_second() {
        assert_eq!(
            START % 1000,
            500,
            "so that whole seconds and milliseconds differ"
        );
    }
}
