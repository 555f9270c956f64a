//! What happens when people, or their tabs, are in each other's way.

use crate::app::{PASSWORD, Settings, TestApp, on_both_databases};
use crate::client::Answer;
use std::future::Future;

/// All at once, each on a task of its own.
pub async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(|task| tokio::spawn(task)).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("no panic"));
    }
    outcomes
}

async fn register(app: TestApp, email: String) -> Answer {
    app.register(&mut app.client().wanting_json(), &email).await
}

on_both_databases! {
    async fn of_all_who_register_one_e_mail_one_wins_and_the_others_are_told(app: TestApp) {
        for round in 0..5 {
            let email = format!("ada{round}@example.org");
            let answers = at_once((0..8).map(|_| register(app.clone(), email.clone()))).await;
            let winners = answers.iter().filter(|answer| answer.set_cookie("__Host-at").is_some()).count();
            let told = answers.iter().filter(|answer| answer.status == 409).count();
            assert_eq!((winners, told), (1, 7), "{answers:?}");
        }
        assert_eq!((app.count("users").await, app.count("sessions").await), (5, 5));
    }

    async fn of_two_forms_for_one_e_mail_one_wins_and_the_other_is_told_at_the_field(app: TestApp) {
        let both = at_once((0..2).map(|_| {
            let app = app.clone();
            async move {
                let mut client = app.client();
                let answer = app.register(&mut client, "ada@example.org").await;
                (answer.location().to_owned(), client)
            }
        }))
        .await;
        let (winners, losers): (Vec<_>, Vec<_>) = both.into_iter().partition(|(location, _)| location == "/profile");
        assert_eq!((winners.len(), losers.len()), (1, 1));
        for (location, mut client) in losers {
            assert_eq!(location, "/register");
            let form = client.get("/register").await;
            form.assert_says_at("email", "There is an account with this e-mail already.");
        }
        for (_, mut client) in winners {
            client.get("/profile").await.assert_page("Your profile");
        }
    }

    async fn of_all_who_change_one_password_one_wins(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let outcomes = at_once((0..8).map(|number| {
            let (app, mut client) = (app.clone(), client.clone().wanting_json());
            async move {
                let new = format!("umber lantern quorum {number}");
                let fields = [("current_password", PASSWORD), ("new_password", new.as_str())];
                let answer = client.post("/action/change_password", &fields).await;
                assert!(answer.status < 400 || matches!(answer.status, 401 | 422), "{answer:?}");
                let changed = answer.set_cookie("__Host-at").is_some_and(|cookie| !cookie.is_expiry());
                (changed, app.lets_in("ada@example.org", &new).await)
            }
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|(changed, _)| *changed).count(), 1, "{outcomes:?}");
        for (changed, lets_in) in outcomes {
            assert_eq!(changed, lets_in, "who was told so can sign in");
        }
        assert_eq!(app.number("SELECT epoch FROM users").await, 2);
        assert!(!app.lets_in("ada@example.org", PASSWORD).await);
    }

    async fn no_session_of_the_old_password_outlives_its_change(app: TestApp) {
        for round in 0..4 {
            let email = format!("ada{round}@example.org");
            let mut client = app.signed_in(&email).await;
            let sign_ins = at_once((0..6).map(|_| {
                let (app, email) = (app.clone(), email.clone());
                async move { app.sign_in(&email, PASSWORD).await.0 }
            }));
            let change = async move {
                let fields = [("current_password", PASSWORD), ("new_password", "umber lantern quorum 77")];
                client.post("/action/change_password", &fields).await.assert_sees_other("/password");
            };
            let (_, ()) = tokio::join!(sign_ins, change);
            let id = app.text(&format!("SELECT id FROM users WHERE email = '{email}'")).await;
            let live = format!("SELECT COUNT(*) FROM sessions WHERE user_id = '{id}' AND ended_at IS NULL");
            assert_eq!(app.number(&live).await, 1, "only the one that made the change");
        }
    }

    async fn many_sign_ins_that_all_make_a_new_hash_succeed(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let stronger = app.with(Settings { hashing: (16, 2, 1), ..Settings::default() }).await;
        let outcomes = at_once((0..12).map(|_| {
            let app = stronger.clone();
            async move { app.lets_in("ada@example.org", PASSWORD).await }
        }))
        .await;
        assert!(outcomes.iter().all(|lets_in| *lets_in));
        assert!(app.text("SELECT password_hash FROM users").await.starts_with("$argon2id$v=19$m=16,t=2,p=1$"));
        assert!(stronger.lets_in("ada@example.org", PASSWORD).await);
    }

    async fn a_new_hash_of_the_old_password_never_replaces_a_new_password(app: TestApp) {
        for round in 0..4 {
            let email = format!("ada{round}@example.org");
            let mut client = app.signed_in(&email).await;
            let stronger = app.with(Settings { hashing: (16, 2, 1), ..Settings::default() }).await;
            let sign_ins = at_once((0..4).map(|_| {
                let (app, email) = (stronger.clone(), email.clone());
                async move { app.sign_in(&email, PASSWORD).await.1.status }
            }));
            let change = async move {
                let fields = [("current_password", PASSWORD), ("new_password", "umber lantern quorum 77")];
                client.post("/action/change_password", &fields).await.assert_sees_other("/password");
            };
            let (_, ()) = tokio::join!(sign_ins, change);
            assert!(app.lets_in(&email, "umber lantern quorum 77").await);
            assert!(!app.lets_in(&email, PASSWORD).await);
        }
    }

    async fn many_profiles_at_once_are_all_saved(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let answers = at_once((0..40).map(|number| {
            let mut client = client.clone();
            async move {
                let nickname = format!("Ada {number}");
                let fields = [("nickname", nickname.as_str()), ("signature", nickname.as_str())];
                client.post("/action/update_profile", &fields).await.status
            }
        }))
        .await;
        assert!(answers.iter().all(|status| *status == 303), "{answers:?}");
        let mixed = "SELECT COUNT(*) FROM users WHERE nickname <> signature";
        assert_eq!(app.number(mixed).await, 0, "both fields are of one form");
    }
}
