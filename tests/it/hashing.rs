//! How passwords are hashed, and what may be one.

use crate::api::{Caller, assert_refused};
use crate::app::{PASSWORD, Settings, TestApp, on_both_databases};
use serde_json::json;
use std::time::{Duration, Instant};
use vestibule::domain::email::Email;
use vestibule::domain::error::Field;
use vestibule::domain::password::{NewPassword, PasswordAttempt, PasswordRules};
use vestibule::server::accounts::password_hash::{HashingError, PasswordHasher, Verdict};
use vestibule::server::random::Random;

/// The parameters of the contract.
const REAL: (u32, u32, u32) = (19_456, 2, 1);

on_both_databases! {
    async fn a_hash_is_made_anew_at_sign_in_when_the_parameters_change(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let hash = "SELECT password_hash FROM users";
        let before = app.text(hash).await;
        assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{before}");
        assert!(app.lets_in("ada@example.org", PASSWORD).await);
        assert_eq!(app.text(hash).await, before, "the same parameters: left alone");

        let stronger = app.with(Settings { hashing: (32, 2, 1), ..Settings::default() }).await;
        assert!(!stronger.lets_in("ada@example.org", "wrong password here").await);
        assert_eq!(app.text(hash).await, before, "a wrong password changes nothing");
        assert!(stronger.lets_in("ada@example.org", PASSWORD).await);
        let after = app.text(hash).await;
        assert!(after.starts_with("$argon2id$v=19$m=32,t=2,p=1$"), "{after}");
        assert!(stronger.lets_in("ada@example.org", PASSWORD).await);
        assert_eq!(app.text(hash).await, after);
        assert_eq!(app.number("SELECT epoch FROM users").await, 1, "it signs nobody out");
    }

    async fn the_same_password_however_composed(app: TestApp) {
        // As macOS and as Windows would send the same keys.
        let (decomposed, composed) = ("Zoe\u{308} trinkt Cafe\u{301} im Garten", "Zo\u{eb} trinkt Caf\u{e9} im Garten");
        for (email, chosen, given) in [("a@example.org", decomposed, composed), ("b@example.org", composed, decomposed)] {
            let fields = [("email", email), ("password", chosen), ("nickname", "Zoë")];
            app.client().post("/action/register", &fields).await.assert_sees_other("/profile");
            assert!(app.lets_in(email, given).await);
            assert!(app.lets_in(email, chosen).await);
            assert!(!app.lets_in(email, &composed.replace('\u{eb}', "e")).await);
        }
    }

    async fn a_password_of_1024_bytes_counts_to_its_last(app: TestApp) {
        let longest = "violet harbour 41 ".repeat(60)[..1024].to_owned();
        let fields = [("email", "ada@example.org"), ("password", longest.as_str()), ("nickname", "Ada")];
        app.client().post("/action/register", &fields).await.assert_sees_other("/profile");
        assert!(app.lets_in("ada@example.org", &longest).await);
        assert!(!app.lets_in("ada@example.org", &longest[..1023]).await);
        assert!(!app.lets_in("ada@example.org", &format!("{}#", &longest[..1023])).await);
        assert!(!app.lets_in("ada@example.org", &longest[..72]).await, "as bcrypt would");
        assert!(!app.lets_in("ada@example.org", &format!("{longest}x")).await);
    }
}

#[tokio::test]
async fn what_an_attacker_tries_first_is_refused() {
    let app = TestApp::sqlite().await;
    for (password, reason) in [
        ("password1234", "common"),
        ("PassWord1234", "common"),
        ("123456789012", "common"),
        ("qwertyuiop12", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
        ("my ada.lovelace@example.org", "contains_email"),
        ("xx ADA.Lovelace xx", "contains_email"),
    ] {
        let fields = [
            ("email", "ada.lovelace@example.org"),
            ("password", password),
            ("nickname", "Ada"),
        ];
        let answer = app
            .client()
            .wanting_json()
            .post("/action/register", &fields)
            .await;
        let expected = json!({"invalid": [{"field": "password", "reason": reason}]});
        assert_eq!(
            (answer.status, answer.json()),
            (422, expected),
            "{password}"
        );
    }
    assert_eq!(app.count("users").await, 0);
    // Spaces, any script and length alone are welcome; nothing is trimmed.
    for (number, password) in [
        "correct horse battery staple",
        "江山代有才人出各领风骚数百年",
        " four leading and trailing ",
        "🗝🚪🕯🪟🛎🧹🪑🖼🕰🧦🎩🌂",
    ]
    .iter()
    .enumerate()
    {
        let email = format!("person{number}@example.org");
        let fields = [
            ("email", email.as_str()),
            ("password", password),
            ("nickname", "Ada"),
        ];
        app.client()
            .post("/action/register", &fields)
            .await
            .assert_sees_other("/profile");
        assert!(app.lets_in(&email, password).await);
        assert!(password.trim() == *password || !app.lets_in(&email, password.trim()).await);
    }
}

#[tokio::test]
async fn the_real_parameters_are_the_contract_s_and_salts_differ() {
    let app = TestApp::sqlite()
        .await
        .with(Settings {
            hashing: REAL,
            ..Settings::default()
        })
        .await;
    let real = PasswordHasher::new(1, Random::system()).expect("a hasher");
    let mut salts = std::collections::BTreeSet::new();
    for email in ["ada@example.org", "grace@example.org"] {
        app.signed_in(email).await;
        let hash = app
            .text(&format!(
                "SELECT password_hash FROM users WHERE email = '{email}'"
            ))
            .await;
        let parts: Vec<_> = hash.split('$').collect();
        assert_eq!(parts[1..4], ["argon2id", "v=19", "m=19456,t=2,p=1"]);
        assert_eq!(
            (parts[4].len(), parts[5].len()),
            (22, 43),
            "a salt of 16 bytes, a hash of 32"
        );
        salts.insert(parts[4].to_owned());
        // What the program itself uses finds nothing to make anew.
        let attempt = PasswordAttempt::parse(PASSWORD).expect("a password");
        assert_eq!(
            real.verify(attempt, Some(hash)).await.expect("computed"),
            Verdict::Right
        );
    }
    assert_eq!(salts.len(), 2);
}

fn attempt() -> PasswordAttempt {
    PasswordAttempt::parse(PASSWORD).expect("a password")
}

/// Keeps the one computing thread of a hasher busy until it is dropped.
struct Gate(#[allow(dead_code)] std::sync::mpsc::Sender<()>); // to be dropped is all it is for

impl Gate {
    async fn closed(hasher: &PasswordHasher) -> Self {
        let (gate, opened) = std::sync::mpsc::channel::<()>();
        let this = hasher.clone();
        tokio::spawn(async move { this.judge(move || opened.recv().is_err()).await });
        while hasher.load() != (1, 0) {
            tokio::task::yield_now().await;
        }
        Self(gate)
    }
}

/// Takes all places that are left behind the gate of a hasher that computes one at a time: eight may wait.
async fn fill(
    hasher: &PasswordHasher,
) -> Vec<tokio::task::JoinHandle<Result<Verdict, HashingError>>> {
    let mut busy = Vec::new();
    for _ in 0..8 {
        let hasher = hasher.clone();
        busy.push(tokio::spawn(
            async move { hasher.verify(attempt(), None).await },
        ));
    }
    // The runtime has one thread for tasks too: each runs up to its wait before this goes on.
    tokio::task::yield_now().await;
    busy
}

#[tokio::test]
async fn when_the_queue_is_full_everybody_is_asked_to_come_back() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    let app = app
        .with_variables(&[("VESTIBULE_HASH_CONCURRENCY", "1")])
        .await;
    let before = app.everything_stored().await;
    let gate = Gate::closed(&app.hasher).await;
    let busy = fill(&app.hasher).await;

    // Known or not makes no difference: each would have cost a computation.
    for email in ["ada@example.org", "nobody@example.org", "not an e-mail"] {
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = app
            .client()
            .wanting_json()
            .post("/action/login", &fields)
            .await;
        assert_eq!(answer.status, 503, "{email}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.json(), json!({"busy": {"retry_after_seconds": 1}}));
    }
    let mut form = app.client();
    form.post(
        "/action/login",
        &[("email", "ada@example.org"), ("password", PASSWORD)],
    )
    .await
    .assert_sees_other("/login");
    let told = form
        .get("/login")
        .await
        .page()
        .by_id("error-summary")
        .expect("a summary")
        .text();
    assert!(
        told.contains("There is a rush at the moment. Try again in a few seconds."),
        "{told}"
    );
    let mut program = Caller::new(&app).await;
    let answer = program.sign_in("ada@example.org", PASSWORD).await;
    assert_refused(&answer, 503, "busy", None);
    assert_eq!(answer.header("retry-after"), Some("1"));
    // Whoever is in already notices nothing.
    known.get("/profile").await.assert_page("Your profile");
    assert_eq!(app.everything_stored().await, before);

    drop(gate);
    for one in busy {
        assert_eq!(
            one.await.expect("no panic").expect("computed"),
            Verdict::Wrong
        );
    }
    assert!(
        app.lets_in("ada@example.org", PASSWORD).await,
        "afterwards all is well"
    );
}

#[tokio::test]
async fn whoever_goes_away_leaves_no_place_taken() {
    let params = argon2::Params::new(8, 1, 1, Some(32)).expect("parameters");
    let hasher = PasswordHasher::with_params(params, 1, Random::system()).expect("a hasher");
    for _ in 0..3 {
        let gate = Gate::closed(&hasher).await;
        for one in fill(&hasher).await {
            one.abort();
        }
        // When their turn comes, nobody waits for them, and their places are free.
        drop(gate);
        while hasher.load() != (0, 0) {
            tokio::task::yield_now().await;
        }
        for one in fill(&hasher).await {
            assert_eq!(
                one.await.expect("no panic").expect("there is room for all"),
                Verdict::Wrong
            );
        }
    }
}

/// Compared with each other in one run, and only roughly: without the computation it would be a
/// thousandth.
#[tokio::test]
async fn an_unknown_person_s_password_is_really_computed() {
    let params = argon2::Params::new(4096, 3, 1, Some(32)).expect("parameters");
    let hasher = PasswordHasher::with_params(params, 1, Random::system()).expect("a hasher");
    let rules = PasswordRules {
        min: 12,
        is_common: |_| false,
    };
    let email = Email::parse("ada@example.org").expect("an e-mail");
    let other = NewPassword::parse("umber lantern quorum 77", Field::Password, &rules, &email)
        .expect("a password");
    let stored = hasher.hash(other).await.expect("computed");
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..5 {
        for (fastest, stored) in fastest.iter_mut().zip([Some(stored.clone()), None]) {
            let begun = Instant::now();
            assert_eq!(
                hasher.verify(attempt(), stored).await.expect("computed"),
                Verdict::Wrong
            );
            *fastest = begun.elapsed().min(*fastest);
        }
    }
    let [known, unknown] = fastest;
    assert!(
        unknown * 3 > known && known * 3 > unknown,
        "{known:?} and {unknown:?}"
    );
}

#[tokio::test]
async fn a_stored_hash_that_is_none_opens_nothing() {
    let app = TestApp::sqlite().await;
    app.signed_in("ada@example.org").await;
    for stored in [
        "",
        "x",
        "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        "$2b$12$abcdefghijklmnopqrstuv",
        "*",
        // More than any machine has, in memory or in time.
        "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=65537,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=4294967295,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        app.execute(&format!("UPDATE users SET password_hash = '{stored}'"))
            .await;
        for password in [PASSWORD, stored, "x"] {
            let (client, answer) = app.sign_in("ada@example.org", password).await;
            assert!(!client.cookies.contains_key("__Host-at"), "{stored:?}");
            assert!(matches!(answer.status, 303 | 500), "{answer:?}");
        }
    }
}
