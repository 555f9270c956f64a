//! Leaving for good, and taking one's data along: what goes, what stays, and who can still change their mind.

use crate::api::{Caller, assert_refused};
use crate::app::{PASSWORD, START, TestApp, on_both_databases};
use crate::client::{Answer, Client};
use crate::mail::{Mailbox, send, with_mail};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::Future;
use std::io::Cursor;
use vestibule::domain::audit::Source;
use vestibule::domain::error::AppError;
use vestibule::domain::session::SessionId;
use vestibule::domain::user::UserId;
use vestibule::server::accounts::Confirmation;
use vestibule::server::storage::DatabaseUrl;

const EMAIL: &str = "ada@example.org";
const DAY: i64 = 86_400_000;
const GRACE: i64 = 7 * DAY;
const DELETE: &str = "/action/delete_account";
const EXPORT: &str = "/action/export_data";
const GOES: &str = "You are signed out everywhere. Your account is deleted on 9 January 2026, 03:04 UTC. \
    If you sign in before then, it stays.";
const STAYS: &str = "Your account stays. It is not going to be deleted.";

async fn leave(client: &mut Client, password: &str) -> Answer {
    let fields = [("current_password", password)];
    client.post(DELETE, &fields).await
}

async fn take_data(client: &mut Client, password: &str) -> Answer {
    let fields = [("current_password", password)];
    client.post(EXPORT, &fields).await
}

/// Somebody who has just asked for the end of their account.
async fn leaving(app: &TestApp, email: &str) {
    let mut client = app.signed_in(email).await;
    leave(&mut client, PASSWORD)
        .await
        .assert_sees_other("/login");
}

async fn sweep(app: &TestApp) -> usize {
    let deleted = app.accounts.delete_due_accounts().await;
    deleted.expect("a database")
}

async fn id_of(app: &TestApp, email: &str) -> String {
    app.text(&format!("SELECT id FROM users WHERE email = '{email}'"))
        .await
}

/// When the account goes; 0 if it does not.
async fn delete_at(app: &TestApp, email: &str) -> i64 {
    let sql = format!("SELECT COALESCE(delete_at, 0) FROM users WHERE email = '{email}'");
    app.number(&sql).await
}

async fn assert_trail_is_whole(app: &TestApp) {
    let verdict = app.accounts.verify_audit_trail(None).await;
    assert_eq!(verdict.expect("a database").flaws, []);
}

/// An administrator, in a browser.
async fn administrator(app: &TestApp, email: &str) -> Client {
    app.signed_in(email).await;
    let sql = format!("UPDATE users SET roles = 'administrator' WHERE email = '{email}'");
    app.execute(&sql).await;
    app.sign_in(email, PASSWORD).await.0
}

fn picture() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let picture = RgbImage::new(40, 40);
    picture
        .write_to(&mut file, ImageFormat::Png)
        .expect("a file");
    file.into_inner()
}

/// All at once, each on a task of its own.
async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(|task| tokio::spawn(task)).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("no panic"));
    }
    outcomes
}

/// Every column of the schema, as `table.column`, in which this value stands.
async fn where_it_stands(app: &TestApp, value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in columns(app).await {
        let (table, column) = name.split_once('.').expect("two names");
        let sql =
            format!("SELECT COUNT(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{value}%'");
        if app.number(&sql).await > 0 {
            found.insert(name);
        }
    }
    found
}

async fn columns(app: &TestApp) -> Vec<String> {
    let sql = match &app.config.database {
        DatabaseUrl::Sqlite(_) => {
            "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        DatabaseUrl::Postgres(_) => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let columns = app.rows(sql).await;
    columns.lines().map(str::to_owned).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

on_both_databases! {
    async fn who_leaves_is_out_everywhere_at_once_and_gone_after_a_week(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let id = id_of(&app, EMAIL).await;
        let (other, _) = app.sign_in(EMAIL, PASSWORD).await;
        let mut program = Caller::signed_in(&app, EMAIL).await;
        let copy = ada.clone();
        let profile = ada.get("/profile").await.page();
        assert!(profile.named("a").iter().any(|link| link.attribute("href") == Some("/account")));
        ada.get("/account").await.assert_page("Your account");

        leave(&mut ada, PASSWORD).await.assert_sees_other("/login");
        assert!(!ada.cookies.contains_key("__Host-at") && !ada.cookies.contains_key("__Host-rt"));
        ada.get("/login").await.assert_notice(Some(GOES));
        assert_eq!(delete_at(&app, EMAIL).await, START + GRACE);

        // By what was copied before, too, and at once.
        for ended in [&copy, &other] {
            let mut by_access = app.client().with_cookie("__Host-at", ended.access_token());
            by_access.get("/profile").await.assert_sees_other("/login?next=/profile");
            let mut by_refresh = app.client().with_cookie("__Host-rt", ended.refresh_token());
            by_refresh.get("/profile").await.assert_sees_other("/login?next=/profile");
            let told = by_refresh.get("/login?next=/profile").await;
            assert!(told.body.contains("for your account to be deleted. Sign in to keep it."), "{}", told.body);
        }
        assert_refused(&program.get("/api/v1/me").await, 401, "not_signed_in", Some("invalid_token"));
        assert_refused(&program.renew().await, 401, "not_signed_in", Some("invalid_token"));
        assert_eq!(app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 0);

        app.clock.advance(GRACE - 1);
        assert_eq!((sweep(&app).await, app.count("users").await), (0, 1), "not a moment too early");
        app.clock.advance(1);
        assert_eq!((sweep(&app).await, sweep(&app).await), (1, 0));
        assert_eq!((app.count("users").await, app.count("sessions").await), (0, 0));
        assert!(!app.lets_in(EMAIL, PASSWORD).await);

        // The address is anybody's, and whoever has it now is somebody else.
        app.signed_in(EMAIL).await;
        assert_ne!(id_of(&app, EMAIL).await, id);
        assert_eq!(app.happened("account_deleted").await, 1);
        let told = app.rows(&format!("SELECT event FROM audit_trail WHERE user_id = '{id}' ORDER BY seq")).await;
        assert!(told.starts_with("account_created\n") && told.ends_with("deletion_requested\naccount_deleted\n"), "{told}");
        assert_trail_is_whole(&app).await;
    }

    async fn nothing_stays_but_the_id_on_record(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        let mut ada = app.signed_in(EMAIL).await;
        let mut grace = app.signed_in("grace@example.org").await;
        // The same picture: it stays as long as somebody has it.
        for client in [&mut ada, &mut grace] {
            client.upload("/action/set_avatar", &[], &picture()).await.assert_sees_other("/profile");
        }
        let id = id_of(&app, EMAIL).await;
        leave(&mut ada, PASSWORD).await.assert_sees_other("/login");
        let before = where_it_stands(&app, &id).await;
        assert_eq!(before, names(&[
            "audit_trail.actor", "audit_trail.user_id", "avatars.user_id", "mailed_links.user_id", "revocations.key", "sessions.user_id", "users.id",
        ]));
        for column in columns(&app).await.iter().filter(|name| name.ends_with(".user_id")) {
            assert!(before.contains(column), "this test has something in {column}");
        }
        assert_eq!(where_it_stands(&app, EMAIL).await, names(&[
            "mailed_links.email", "mailed_links.mailbox", "outbox.recipient", "users.email",
        ]));

        app.clock.advance(GRACE);
        assert_eq!(sweep(&app).await, 1);
        app.accounts.forget_past_revocations().await.expect("a database");
        assert_eq!(where_it_stands(&app, &id).await, names(&["audit_trail.actor", "audit_trail.user_id"]));
        assert_eq!(where_it_stands(&app, EMAIL).await, BTreeSet::new());
        let hers = app.text("SELECT hash FROM avatars").await;
        assert_eq!(grace.get(&format!("/avatars/{hers}")).await.status, 200);
    }

    async fn an_administrator_sees_who_goes_and_who_is_gone(app: TestApp) {
        let mut grace = administrator(&app, "grace@example.org").await;
        leaving(&app, EMAIL).await;
        let id = id_of(&app, EMAIL).await;
        let page = grace.get(&format!("/admin/users/{id}")).await;
        let facts = page.page().by_class("facts").expect("facts").text();
        assert!(facts.contains("To be deleted") && facts.contains("9 January 2026, 03:04 UTC"), "{facts}");
        // Whoever asked for it goes, whatever else is done to the account.
        grace.post("/action/admin_disable", &[("user_id", &id)]).await.assert_sees_other(&format!("/admin/users/{id}"));
        app.clock.advance(GRACE);
        assert_eq!(sweep(&app).await, 1);
        let (mut grace, _) = app.sign_in("grace@example.org", PASSWORD).await;
        assert_eq!(grace.get(&format!("/admin/users/{id}")).await.status, 404);
        let trail = grace.get("/admin/audit?event=account_deleted").await;
        assert!(trail.body.contains(&format!("<code>{id}</code>")), "{}", trail.body);
        assert!(!trail.body.contains(EMAIL) && !trail.body.contains(&format!("/admin/users/{id}")));
        assert!(trail.body.contains("Account deleted, seven days after that was asked for."));
    }

    async fn a_wrong_password_deletes_nothing_and_tells_nothing(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let before = app.accounts_stored().await;
        for act in [DELETE, EXPORT] {
            for (password, sentence) in [
                ("violet harbour kestrel 42", "The current password is not right."),
                ("\0", "The current password is not right."),
                ("", "Enter your current password."),
            ] {
                let fields = [("current_password", password)];
                ada.post(act, &fields).await.assert_sees_other("/account");
                ada.get("/account").await.assert_says_at("current_password", sentence);
            }
            let answer = ada.clone().wanting_json().post(act, &[("current_password", "wrong")]).await;
            assert_eq!((answer.status, answer.json()), (422, json!("wrong_current_password")));
            // Nor does the right one for somebody else's form, or from nobody.
            let fields = [("current_password", PASSWORD), ("owner", "AAAAAAAAAAAAAAAAAAAAAA")];
            ada.post(act, &fields).await.assert_sees_other("/account");
            let page = ada.get("/account").await;
            assert!(page.body.contains("Somebody else is signed in here now"), "{}", page.body);
            let mut stranger = app.client();
            stranger.post(act, &[("current_password", PASSWORD)]).await.assert_sees_other("/login?next=/account");
            let answer = stranger.wanting_json().post(act, &[("current_password", PASSWORD)]).await;
            assert_eq!((answer.status, answer.json()), (401, json!("not_signed_in")));
        }
        assert_eq!(app.accounts_stored().await, before);
        assert_eq!(delete_at(&app, EMAIL).await, 0);
        assert_eq!(app.happened("confirmation_refused").await, 6);
        assert_eq!((app.happened("deletion_requested").await, app.happened("data_exported").await), (0, 0));
    }

    async fn passwords_are_guessed_here_no_more_often_than_elsewhere(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_LOGIN_FAILURES", "3")]).await;
        let mut ada = app.signed_in(EMAIL).await.wanting_json();
        // Counted together, whatever they are for.
        for act in [DELETE, EXPORT, "/action/change_password"] {
            let fields = [("current_password", "wrong"), ("new_password", "umber lantern quorum 77")];
            assert_eq!(ada.post(act, &fields).await.status, 422);
        }
        for act in [DELETE, EXPORT] {
            let answer = ada.post(act, &[("current_password", PASSWORD)]).await;
            assert_eq!((answer.status, answer.header("retry-after")), (429, Some("900")));
        }
        app.clock.advance(900_000);
        let mut ada = app.sign_in(EMAIL, PASSWORD).await.0;
        leave(&mut ada, PASSWORD).await.assert_sees_other("/login");
    }

    async fn signing_in_keeps_the_account(app: TestApp) {
        leaving(&app, EMAIL).await;
        // Up to the last moment, and past it, as long as it is there.
        app.clock.advance(GRACE + DAY);
        assert!(!app.lets_in(EMAIL, "not the right one").await);
        assert_eq!(delete_at(&app, EMAIL).await, START + GRACE);
        let (mut ada, answer) = app.sign_in(EMAIL, PASSWORD).await;
        answer.assert_sees_other("/profile");
        ada.get("/profile").await.assert_notice(Some(STAYS));
        assert_eq!((delete_at(&app, EMAIL).await, sweep(&app).await), (0, 0));
        assert_eq!(app.happened("deletion_cancelled").await, 1);
        ada.get("/profile").await.assert_notice(None);
        // Once.
        let (mut again, _) = app.sign_in(EMAIL, PASSWORD).await;
        again.get("/profile").await.assert_notice(None);
        assert_eq!(app.happened("deletion_cancelled").await, 1);
        // And a week later, should they ask again.
        leave(&mut ada, PASSWORD).await.assert_sees_other("/login");
        assert_eq!(delete_at(&app, EMAIL).await, START + 2 * GRACE + DAY);
    }

    async fn a_program_that_signs_in_keeps_it_too(app: TestApp) {
        leaving(&app, EMAIL).await;
        Caller::signed_in(&app, EMAIL).await;
        assert_eq!((delete_at(&app, EMAIL).await, app.happened("deletion_cancelled").await), (0, 1));
        app.clock.advance(GRACE);
        assert_eq!(sweep(&app).await, 0);
    }

    async fn nobody_loses_an_account_in_which_they_are_signed_in(app: TestApp) {
        // As one that came in by a program of the release before.
        app.signed_in(EMAIL).await;
        app.execute(&format!("UPDATE users SET delete_at = {}", START + 1)).await;
        app.clock.advance(2);
        assert_eq!(sweep(&app).await, 0);
        app.clock.advance(DAY);
        assert_eq!(sweep(&app).await, 1, "when the session is over");
    }

    async fn a_session_that_has_ended_deletes_and_takes_nothing(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        ada.post("/action/logout", &[]).await.assert_sees_other("/login");
        let user = UserId::parse(&id_of(&app, EMAIL).await).expect("an id");
        let session = SessionId::parse(&app.text("SELECT id FROM sessions").await).expect("an id");
        let given = Confirmation { user, session, password: PASSWORD, source: &Source::default() };
        assert_eq!(app.accounts.request_deletion(given).await, Err(AppError::NotSignedIn));
        assert!(matches!(app.accounts.export_data(given).await, Err(AppError::NotSignedIn)));
        assert_eq!(delete_at(&app, EMAIL).await, 0);
    }

    async fn somebody_remains_to_administrate(app: TestApp) {
        let mut ada = administrator(&app, EMAIL).await;
        leave(&mut ada, PASSWORD).await.assert_sees_other("/account");
        let page = ada.get("/account").await;
        assert!(page.body.contains("This is the last administrator; make another one first."), "{}", page.body);
        let mut program = Caller::signed_in(&app, EMAIL).await;
        let body = || Some(json!({"current_password": PASSWORD}));
        assert_refused(&program.call("DELETE", "/api/v1/me", body()).await, 409, "last_administrator", None);
        assert_eq!(delete_at(&app, EMAIL).await, 0);

        // Of two, one may go; and then whoever is about to go counts no more.
        let mut grace = administrator(&app, "grace@example.org").await;
        leave(&mut ada, PASSWORD).await.assert_sees_other("/login");
        leave(&mut grace, PASSWORD).await.assert_sees_other("/account");
        let grace_id = id_of(&app, "grace@example.org").await;
        let fields = [("user_id", &*grace_id), ("roles", "")];
        grace.post("/action/admin_set_roles", &fields).await;
        assert!(grace.get(&format!("/admin/users/{grace_id}")).await.body.contains("This is the last administrator"));
    }

    async fn of_two_administrators_who_leave_at_once_one_stays(app: TestApp) {
        for round in 0..4 {
            let mut both = Vec::new();
            for name in ["ada", "grace"] {
                both.push(administrator(&app, &format!("{name}{round}@example.org")).await);
            }
            app.execute(&format!("UPDATE users SET roles = '' WHERE email NOT LIKE '%{round}@%'")).await;
            let answers = at_once(both.into_iter().map(|client| async move {
                leave(&mut client.clone(), PASSWORD).await.location().to_owned()
            }))
            .await;
            let gone = answers.iter().filter(|location| *location == "/login").count();
            assert_eq!(gone, 1, "{answers:?}");
        }
    }

    async fn of_all_who_ask_at_once_one_letter_is_written(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        let ada = app.signed_in(EMAIL).await;
        let answers = at_once((0..8).map(|_| {
            let mut client = ada.clone();
            async move { leave(&mut client, PASSWORD).await }
        }))
        .await;
        for answer in answers {
            assert!(matches!(answer.location(), "/login" | "/login?next=/account"), "{answer:?}");
        }
        assert_eq!((app.happened("deletion_requested").await, app.count("outbox").await), (1, 1));
        assert_eq!((delete_at(&app, EMAIL).await, app.number("SELECT epoch FROM users").await), (START + GRACE, 2));
    }

    async fn of_a_new_password_and_a_deletion_one_wins(app: TestApp) {
        for round in 0..6 {
            let email = format!("ada{round}@example.org");
            let mut one = app.signed_in(&email).await;
            let (mut other, _) = app.sign_in(&email, PASSWORD).await;
            let new = "umber lantern quorum 77";
            let fields = [("current_password", PASSWORD), ("new_password", new)];
            let (left, changed) = tokio::join!(leave(&mut one, PASSWORD), other.post("/action/change_password", &fields));
            let goes = delete_at(&app, &email).await != 0;
            let has_changed = other.cookies.contains_key("__Host-at") && changed.location() == "/password"
                && changed.set_cookie("__Host-at").is_some();
            assert_ne!(goes, has_changed, "{left:?} {changed:?}");
            let live = format!(
                "SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = '{email}' AND s.ended_at IS NULL"
            );
            assert_eq!(app.number(&live).await, i64::from(has_changed));
            assert!(app.lets_in(&email, if goes { PASSWORD } else { new }).await);
        }
    }

    async fn of_fifty_sign_ins_and_two_sweeps_one_wins(app: TestApp) {
        let variables = [("VESTIBULE_HASH_CONCURRENCY", "8")];
        let (app, beside) = (app.with_variables(&variables).await, app.with_variables(&variables).await);
        for round in 0..8 {
            let email = format!("ada{round}@example.org");
            leaving(&app, &email).await;
            app.clock.advance(GRACE);
            let sign_ins = at_once((0..50).map(|_| {
                let (app, email) = (app.clone(), email.clone());
                async move { app.lets_in(&email, PASSWORD).await }
            }));
            // Sooner or later, so that either comes to win.
            let sweeps = at_once([app.clone(), beside.clone()].map(|app| async move {
                for _ in 0..round {
                    app.storage.ping().await.expect("a database");
                }
                sweep(&app).await
            }));
            let (sign_ins, sweeps) = tokio::join!(sign_ins, sweeps);
            let entered = sign_ins.iter().filter(|entered| **entered).count();
            let deleted: usize = sweeps.iter().sum();
            let there = format!("SELECT COUNT(*) FROM users WHERE email = '{email}'");
            let there = app.number(&there).await;
            println!("round {round}: {entered} entered, {deleted} deleted");
            match deleted {
                0 => {
                    assert_eq!((entered, there, delete_at(&app, &email).await), (50, 1, 0));
                    app.execute(&format!("UPDATE sessions SET ended_at = {}", app.clock.now())).await;
                }
                1 => assert_eq!((entered, there), (0, 0), "who was let in has an account"),
                _ => panic!("one of them deletes: {sweeps:?}"),
            }
        }
        assert_trail_is_whole(&app).await;
    }

    async fn two_sweeps_delete_each_account_once(app: TestApp) {
        let beside = app.with_variables(&[]).await;
        for number in 0..12 {
            leaving(&app, &format!("ada{number}@example.org")).await;
        }
        app.clock.advance(GRACE);
        let deleted = at_once([app.clone(), beside.clone(), app.clone()].map(|app| async move { sweep(&app).await })).await;
        assert_eq!(deleted.iter().sum::<usize>(), 12, "{deleted:?}");
        assert_eq!((app.count("users").await, app.happened("account_deleted").await), (0, 12));
        assert_trail_is_whole(&app).await;
    }

    async fn one_account_that_cannot_be_deleted_holds_up_no_other(app: TestApp) {
        for number in 0..3 {
            leaving(&app, &format!("ada{number}@example.org")).await;
        }
        let first = id_of(&app, "ada0@example.org").await;
        app.execute(&format!("UPDATE users SET delete_at = delete_at - 1 WHERE id = '{first}'")).await;
        // As a table of a later release might.
        app.execute("CREATE TABLE mottoes (user_id TEXT PRIMARY KEY REFERENCES users (id))").await;
        app.execute(&format!("INSERT INTO mottoes VALUES ('{first}')")).await;
        app.clock.advance(GRACE);
        assert!(app.accounts.delete_due_accounts().await.is_err());
        assert_eq!((app.count("users").await, app.happened("account_deleted").await), (1, 2));
        assert!(app.lets_in("ada0@example.org", PASSWORD).await, "and it is whole");
    }

    async fn letters_tell_of_it(app: TestApp) {
        let mailbox = Mailbox::new();
        let server = mailbox.open();
        let app = with_mail(&app, &mailbox).await;
        let mut ada = app.signed_in(EMAIL).await;
        assert_eq!(take_data(&mut ada, PASSWORD).await.status, 200);
        leave(&mut ada, PASSWORD).await.assert_sees_other("/login");
        app.sign_in(EMAIL, PASSWORD).await.1.assert_sees_other("/profile");
        assert_eq!(send(&app).await, 3);
        let letters = mailbox.letters();
        for (subject, parts) in [
            ("Your data at Vestibule was downloaded", ["All that is held about you at https://app.example", "This was not me"]),
            ("Your account at Vestibule is going to be deleted", ["deleted on 9 January 2026, 03:04 UTC", "/login"]),
            ("Your account at Vestibule stays", ["stays, because somebody signed in to it", "This was not me"]),
        ] {
            let letter = letters.iter().find(|letter| letter.subject == subject);
            let letter = letter.unwrap_or_else(|| panic!("{subject} in {letters:?}"));
            assert_eq!(letter.to, EMAIL);
            for part in parts {
                assert!(letter.text.contains(part), "{part}: {letter:?}");
            }
        }
        drop(server);
    }

    async fn what_is_taken_is_everything_and_nothing_of_anybody_else(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        let grace = administrator(&app, "grace@example.org").await;
        let mut ada = app.signed_in(EMAIL).await;
        let id = id_of(&app, EMAIL).await;
        let saved = [("nickname", "Ada \"K\" </script>"), ("signature", "one\ntwo")];
        ada.post("/action/update_profile", &saved).await.assert_sees_other("/profile");
        ada.upload("/action/set_avatar", &[], &picture()).await.assert_sees_other("/profile");
        let roles = [("user_id", &*id), ("roles", "editor")];
        let mut grace = grace.with_header("user-agent", "Mozilla/5.0 (Grace's own)");
        grace.post("/action/admin_set_roles", &roles).await.assert_sees_other(&format!("/admin/users/{id}"));
        app.sign_in(EMAIL, "not the right one").await;
        let mut program = Caller::signed_in(&app, EMAIL).await;
        program.delete("/api/v1/tokens").await;

        let answer = take_data(&mut ada, PASSWORD).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"my-data.json\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let data = answer.json();
        assert_eq!(data["exported_at"], "2026-01-02T03:04:05.500Z");
        assert_eq!(data["account"], json!({
            "id": id, "email": EMAIL, "nickname": "Ada \"K\" </script>", "signature": "one\ntwo", "roles": ["editor"],
            "email_verified_at": "2026-01-02T03:04:05.500Z", "language": null, "registered_in": "en", "avatar_url": null, "created_at": "2026-01-02T03:04:05.500Z",
            "updated_at": "2026-01-02T03:04:05.500Z", "password_changed_at": "2026-01-02T03:04:05.500Z",
            "disabled_at": null, "delete_at": null,
        }));
        let picture = app.text(&format!("SELECT content FROM avatars WHERE user_id = '{id}'")).await;
        assert_eq!(data["picture"], json!({"media_type": "image/jpeg", "content": picture}));

        let sessions = data["sessions"].as_array().expect("sessions");
        assert_eq!(sessions.len(), 2);
        let ended = sessions.iter().find(|session| !session["ended_at"].is_null()).expect("the program's");
        assert_eq!((&ended["audience"], &ended["end_reason"]), (&json!("api"), &json!("signed_out")));
        let live = sessions.iter().find(|session| session["ended_at"].is_null()).expect("the browser's");
        assert_eq!(live["from"], json!({"device": "Unknown browser", "user_agent": "Testing/1.0 (in Rust)", "network": null}));
        assert_eq!(live["expires_at"], "2026-01-03T03:04:05.500Z");

        let activity = data["activity"].as_array().expect("records");
        let events: Vec<_> = activity.iter().map(|record| record["event"].as_str().expect("a name")).collect();
        assert_eq!(events, [
            "data_exported", "signed_out", "signed_in", "sign_in_refused", "roles_set", "profile_changed", "profile_changed",
            "email_verification_requested", "account_created",
        ]);
        let by: Vec<_> = activity.iter().map(|record| record["by"].as_str().expect("a word")).collect();
        assert_eq!(by[3..5], ["somebody", "administrator"]);
        assert!(by[..3].iter().chain(&by[5..]).all(|by| *by == "you"), "{by:?}");
        assert_eq!(activity[4], json!({
            "at": "2026-01-02T03:04:05.500Z", "event": "roles_set", "by": "administrator", "detail": "editor",
            "session": null, "request": null, "from": null,
        }));
        let links = data["links"].as_array().expect("links");
        assert_eq!(links.len(), 1);
        assert_eq!((&links[0]["purpose"], &links[0]["mailbox"]), (&json!("not_me"), &json!(EMAIL)));
        let letters = data["letters"].as_array().expect("letters");
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0]["event"], "data_exported");

        // No secret, and nobody else.
        let hash = app.text(&format!("SELECT password_hash FROM users WHERE id = '{id}'")).await;
        let salt = hash.rsplit('$').nth(1).expect("a salt");
        for foreign in [
            &*hash, salt, "argon2", PASSWORD, ada.access_token(), ada.refresh_token(), "grace", "Grace", &id_of(&app, "grace@example.org").await,
        ] {
            assert!(!answer.body.contains(foreign), "{foreign}");
        }
        assert_eq!(app.happened("data_exported").await, 1);
    }

    async fn thousands_of_records_are_taken_piece_by_piece(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let copies = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)";
        app.execute(&format!(
            "{copies} INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, absolute_expires_at, \
             user_agent, network, audience) SELECT CAST(100000 + n.i AS TEXT) || SUBSTR(id, 7), user_id, 1, created_at, rotated_at, \
             idle_expires_at, absolute_expires_at, user_agent, network, audience FROM sessions, n"
        ))
        .await;
        app.execute(&format!(
            "{copies} INSERT INTO audit_trail (seq, created_at, event, actor, user_id, detail, user_agent, network, hash) \
             SELECT 10000 + n.i, created_at, event, actor, user_id, detail, user_agent, network, hash FROM audit_trail, n WHERE seq = 1"
        ))
        .await;
        let data = take_data(&mut ada, PASSWORD).await.json();
        let distinct = |member: &str, name: &str| {
            let items = data[member].as_array().expect("an array");
            let names: BTreeSet<_> = items.iter().map(|item| item[name].to_string()).collect();
            (items.len(), names.len())
        };
        assert_eq!(distinct("sessions", "id"), (1501, 1501));
        assert_eq!(distinct("activity", "event"), (1502, 2));
    }

    async fn a_program_leaves_and_takes_its_owners_data(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let mut other = Caller::signed_in(&app, EMAIL).await;
        let delete = |body: Value| ("DELETE", "/api/v1/me", Some(body));
        for (body, status, code) in [
            (json!({"current_password": "wrong"}), 422, "wrong_current_password"),
            (json!({"current_password": ""}), 422, "invalid"),
            (json!({}), 422, "unexpected_fields"),
            (json!({"current_password": PASSWORD, "at_once": true}), 422, "unexpected_fields"),
        ] {
            let (method, path, body) = delete(body);
            assert_refused(&ada.call(method, path, body).await, status, code, None);
        }
        let data = ada.get("/api/v1/me/export").await;
        assert_eq!((data.status, data.header("cache-control")), (200, Some("no-store")));
        assert_eq!(data.json()["account"]["email"], EMAIL);

        // As long as the password was given a short while ago; renewing is not giving it again.
        app.clock.advance(299_500);
        assert_eq!(ada.renew().await.status, 200);
        assert_eq!(ada.get("/api/v1/me/export").await.status, 200);
        app.clock.advance(1_000);
        let stale = ada.get("/api/v1/me/export").await;
        let challenge = format!("insufficient_user_authentication\", max_age=\"{}", vestibule::server::accounts::RECENT_SECONDS);
        assert_refused(&stale, 401, "stale_authentication", Some(&challenge));
        assert_eq!(app.happened("data_exported").await, 2);
        let mut again = Caller::signed_in(&app, EMAIL).await;
        assert_eq!(again.get("/api/v1/me/export").await.status, 200);
        assert_eq!(other.renew().await.status, 200);

        let (method, path, body) = delete(json!({"current_password": PASSWORD}));
        let gone = ada.call(method, path, body).await;
        assert_eq!((gone.status, gone.json()), (202, json!({"delete_at": "2026-01-09T03:09:06.000Z"})));
        for mut ended in [ada, other, again] {
            assert_refused(&ended.get("/api/v1/me").await, 401, "not_signed_in", Some("invalid_token"));
            assert_refused(&ended.renew().await, 401, "not_signed_in", Some("invalid_token"));
        }
    }
}
