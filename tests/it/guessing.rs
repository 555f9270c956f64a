//! How often passwords may be guessed, and that nobody is shut out by the guesses of others.

use crate::api::{Caller, assert_refused};
use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};

const ADA: &str = "ada@example.org";
const EVE: &str = "eve@example.org";
const WINDOW: i64 = 15 * 60 * 1000;

/// Three failures at one place, so thirty of an account.
async fn strict(app: &TestApp) -> TestApp {
    app.with_variables(&[("VESTIBULE_LOGIN_FAILURES", "3")])
        .await
}

/// A browser that has never been here, on that network.
fn at(app: &TestApp, network: u8) -> Client {
    let client = app.client().wanting_json();
    client.calling_from(&format!("192.0.{network}.1"))
}

async fn guess(client: &mut Client, email: &str, password: &str) -> Answer {
    let fields = [("email", email), ("password", password)];
    client.post("/action/login", &fields).await
}

/// The statuses of so many guesses one after the other.
async fn statuses(client: &mut Client, email: &str, password: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(guess(client, email, password).await.status);
    }
    statuses
}

on_both_databases! {
    async fn an_account_takes_so_many_wrong_passwords_from_one_place(app: TestApp) {
        app.signed_in(ADA).await;
        app.signed_in(EVE).await;
        let app = strict(&app).await;
        // With an account or without, in letters of either case.
        for (network, email) in [(1, ADA), (2, "nobody@example.org"), (3, "not an address")] {
            let mut client = at(&app, network);
            assert_eq!(statuses(&mut client, email, "wrong", 3).await, [401; 3]);
            let refused = guess(&mut client, &format!(" {}", email.to_uppercase()), PASSWORD).await;
            assert_eq!((refused.status, refused.header("retry-after")), (429, Some("900")));
            assert_eq!(refused.body, r#"{"too_many_failures":{"retry_after_seconds":900}}"#);
        }
        let mut form = app.client().calling_from("192.0.1.200");
        guess(&mut form, ADA, PASSWORD).await.assert_sees_other("/login");
        let page = form.get("/login").await.page();
        let summary = page.by_id("error-summary").expect("a summary").text();
        assert!(summary.contains("There were too many wrong passwords. Try again in 15 minutes."), "{summary}");
        let mut program = Caller::new(&app).await.calling_from("192.0.1.7");
        assert_refused(&program.sign_in(ADA, PASSWORD).await, 429, "too_many_failures", None);

        // Another account from there, and this one from elsewhere.
        assert_eq!(guess(&mut at(&app, 1), EVE, PASSWORD).await.status, 303);
        assert_eq!(guess(&mut at(&app, 9), ADA, PASSWORD).await.status, 303);
        app.clock.advance(WINDOW - 1);
        let refused = guess(&mut at(&app, 1), ADA, PASSWORD).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
        app.clock.advance(1);
        assert_eq!(guess(&mut at(&app, 1), ADA, PASSWORD).await.status, 303);
    }

    async fn the_right_password_begins_anew(app: TestApp) {
        app.signed_in(ADA).await;
        let app = strict(&app).await;
        for _ in 0..4 {
            assert_eq!(statuses(&mut at(&app, 1), ADA, "wrong", 2).await, [401; 2]);
            assert_eq!(guess(&mut at(&app, 1), ADA, PASSWORD).await.status, 303);
        }
        // The right ones were given back for the account as a whole: of thirty, eight were wrong.
        for network in 2..=8 {
            assert_eq!(statuses(&mut at(&app, network), ADA, "wrong", 3).await.last(), Some(&401));
        }
    }

    async fn guesses_from_everywhere_shut_out_no_browser_that_was_here_before(app: TestApp) {
        let home = app.signed_in(ADA).await;
        let eve = app.signed_in(EVE).await;
        let app = strict(&app).await;
        // One place alone cannot use up what all have together.
        assert_eq!(statuses(&mut at(&app, 1), ADA, "wrong", 40).await, [vec![401; 3], vec![429; 37]].concat());
        for network in 2..=10 {
            assert_eq!(statuses(&mut at(&app, network), ADA, "wrong", 3).await, [401; 3], "{network}");
        }
        assert_eq!(guess(&mut at(&app, 11), ADA, PASSWORD).await.status, 429);
        let known = |client: &Client| {
            let mark = client.cookies.get("__Host-known").expect("a mark").clone();
            at(&app, 1).with_cookie("__Host-known", &mark)
        };
        // Somebody else's browser is no browser of hers, nor is one that changed its mark.
        assert_eq!(guess(&mut known(&eve), ADA, PASSWORD).await.status, 429);
        let forged = known(&home).cookies["__Host-known"].replace("v1.", "v1.A");
        assert_eq!(guess(&mut at(&app, 1).with_cookie("__Host-known", &forged), ADA, PASSWORD).await.status, 429);
        assert_eq!(guess(&mut known(&home), ADA, PASSWORD).await.status, 303);
        // Whoever has it may guess no more often than others.
        assert_eq!(statuses(&mut known(&home), ADA, "wrong", 4).await, [401, 401, 401, 429]);
        assert_eq!(guess(&mut known(&home), ADA, PASSWORD).await.status, 429);
    }

    async fn a_browser_is_known_from_the_first_sign_in_on(app: TestApp) {
        let mut client = app.signed_in(ADA).await;
        let mark = client.cookies["__Host-known"].clone();
        client.post("/action/logout", &[]).await.assert_sees_other("/login");
        assert_eq!(client.cookies.get("__Host-known"), Some(&mark), "it outlives the session");
        let again = guess(&mut client, ADA, PASSWORD).await;
        assert_eq!(again.set_cookie("__Host-known"), None, "it has one");
        let (_, elsewhere) = app.sign_in(ADA, PASSWORD).await;
        let other = elsewhere.set_cookie("__Host-known").expect("a mark");
        assert!(other.value != mark && other.max_age() == Some(400 * 86_400));
        // Whoever signs in there next takes the mark over.
        app.signed_in(EVE).await;
        let theirs = guess(&mut client, EVE, PASSWORD).await;
        assert!(theirs.set_cookie("__Host-known").is_some());
        // It opens nothing by itself.
        let mut alone = app.client().with_cookie("__Host-known", &mark);
        alone.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn of_many_guesses_at_once_no_more_get_through_and_instances_count_together(app: TestApp) {
        app.signed_in(ADA).await;
        let (one, other) = (strict(&app).await, strict(&app).await);
        let guesses: Vec<_> = (0..12).map(|number| {
            let mut client = at(if number % 2 == 0 { &one } else { &other }, 1);
            tokio::spawn(async move { guess(&mut client, ADA, "wrong").await.status })
        }).collect();
        let mut statuses = Vec::new();
        for one in guesses {
            statuses.push(one.await.expect("no panic"));
        }
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 3, "{statuses:?}");
        assert_eq!(app.happened("sign_in_refused").await, 3);
    }

    async fn whoever_holds_a_session_does_not_guess_the_password_in_it(app: TestApp) {
        app.signed_in(ADA).await;
        let app = strict(&app).await;
        let mut thief = at(&app, 1);
        guess(&mut thief, ADA, PASSWORD).await;
        let change = |current| [("current_password", current), ("new_password", "quiet orchard lantern 7")];
        for _ in 0..3 {
            assert_eq!(thief.post("/action/change_password", &change("wrong")).await.status, 422);
        }
        let refused = thief.post("/action/change_password", &change(PASSWORD)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("900")));
        // The owner, elsewhere, goes on.
        let mut owner = at(&app, 2);
        assert_eq!(guess(&mut owner, ADA, PASSWORD).await.status, 303);
        assert_eq!(owner.post("/action/change_password", &change(PASSWORD)).await.status, 303);
    }

    async fn what_is_counted_names_nobody_and_is_forgotten(app: TestApp) {
        app.signed_in(ADA).await;
        let app = strict(&app).await;
        guess(&mut at(&app, 1), ADA, "wrong").await;
        guess(&mut at(&app, 1), "my-password-by-mistake@example.org", "wrong").await;
        let keys = app.rows("SELECT key FROM attempts").await;
        assert_eq!(keys.lines().count(), 4);
        assert!(keys.lines().all(|key| key.len() == 43 && !key.contains('@')), "{keys}");
        app.clock.advance(WINDOW - 1);
        app.accounts.forget_past_attempts().await.expect("the database answers");
        assert_eq!(app.count("attempts").await, 4);
        app.clock.advance(1);
        app.accounts.forget_past_attempts().await.expect("the database answers");
        assert_eq!(app.count("attempts").await, 0);
    }

    async fn without_a_limit_nobody_counts(app: TestApp) {
        app.signed_in(ADA).await;
        assert_eq!(statuses(&mut at(&app, 1), ADA, "wrong", 12).await, [401; 12]);
        assert_eq!(guess(&mut at(&app, 1), ADA, PASSWORD).await.status, 303);
        assert_eq!(app.count("attempts").await, 0);
    }
}
