//! Changing the password.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};
use serde_json::json;
use vestibule::domain::audit::Source;
use vestibule::domain::error::AppError;
use vestibule::domain::session::SessionId;
use vestibule::domain::user::UserId;
use vestibule::server::accounts::PasswordChange;

const NEW: &str = "umber lantern quorum 77";

async fn change(client: &mut Client, current: &str, new: &str) -> Answer {
    client
        .post(
            "/action/change_password",
            &[("current_password", current), ("new_password", new)],
        )
        .await
}

async fn hash_of(app: &TestApp) -> String {
    app.text("SELECT password_hash FROM users").await
}

on_both_databases! {
    async fn it_changes_and_every_other_session_ends(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let (mut other, _) = app.sign_in("ada@example.org", PASSWORD).await;
        let before = client.clone();
        change(&mut client, PASSWORD, NEW).await.assert_sees_other("/password");
        let page = client.get("/password").await;
        page.assert_notice(Some("Your password is changed. Every other session was ended."));
        assert_ne!(client.refresh_token(), before.refresh_token());
        assert!(!app.lets_in("ada@example.org", PASSWORD).await);
        assert!(app.lets_in("ada@example.org", NEW).await);

        // At once, by their access tokens alone.
        for ended in [&other, &before] {
            let mut ended = app.client().with_cookie("__Host-at", ended.access_token());
            ended.get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        client.get("/profile").await.assert_page("Your profile");
        app.clock.advance(301_000);
        client.get("/profile").await.assert_page("Your profile");
        other.get("/profile").await.assert_sees_other("/login?next=/profile");
        before.clone().get("/profile").await.assert_sees_other("/login?next=/profile");
        let ended = "SELECT COUNT(*) FROM sessions WHERE end_reason = 'password_changed'";
        assert_eq!(app.number(ended).await, 2);
    }

    async fn it_raises_the_epoch_and_tokens_say_so(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        change(&mut client, PASSWORD, NEW).await.assert_sees_other("/password");
        assert_eq!(app.number("SELECT epoch FROM users").await, 2);
        let claims = app.access_tokens.verify(client.access_token(), vestibule::server::tokens::Audience::Web);
        assert_eq!(claims.expect("a good token").ver, 2);
    }

    async fn a_wrong_current_password_changes_nothing(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let before = hash_of(&app).await;
        for wrong in ["violet harbour kestrel 42", "\0", &"x".repeat(2000)] {
            change(&mut client, wrong, NEW).await.assert_sees_other("/password");
            client.get("/password").await.assert_says_at("current_password", "The current password is not right.");
        }
        let answer = change(&mut client.clone().wanting_json(), "wrong", NEW).await;
        assert_eq!((answer.status, answer.json()), (422, json!("wrong_current_password")));
        change(&mut client, "", "").await.assert_sees_other("/password");
        let form = client.get("/password").await;
        form.assert_says_at("current_password", "Enter your current password.");
        form.assert_says_at("new_password", "Enter a new password.");
        assert_eq!(hash_of(&app).await, before);
        assert!(app.lets_in("ada@example.org", PASSWORD).await);
    }

    async fn a_new_password_is_held_to_the_rules(app: TestApp) {
        let mut client = app.signed_in("ada.lovelace@example.org").await;
        let before = hash_of(&app).await;
        for (new, sentence) in [
            ("short", "Use at least 12 characters."),
            (PASSWORD, "The new password is the same as the current one; choose another."),
            ("password1234", "This password is among the most common ones; choose another."),
            ("Xx-ADA.Lovelace-99", "The password must not contain your e-mail."),
            ("umber lantern\0 quorum", "The new password contains an invisible or control character; remove it."),
            (&"x1".repeat(513), "The new password cannot be longer than 1024 bytes."),
        ] {
            change(&mut client, PASSWORD, new).await.assert_sees_other("/password");
            let form = client.get("/password").await;
            form.assert_says_at("new_password", sentence);
            for field in ["current_password", "new_password"] {
                assert_eq!(form.page().by_id(field).expect(field).attribute("value"), None);
            }
        }
        assert_eq!(hash_of(&app).await, before);
    }

    async fn a_session_that_has_ended_changes_nothing(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let mut stolen = client.clone();
        client.post("/action/logout", &[]).await.assert_sees_other("/login");
        // Whatever the page in front of it knows, the use case looks for itself.
        let user = UserId::parse(&app.text("SELECT id FROM users").await).expect("an id");
        let session = SessionId::parse(&app.text("SELECT id FROM sessions").await).expect("an id");
        let source = &Source::default();
        let wanted = || PasswordChange { user, session, current: PASSWORD, new: NEW, source };
        let changed = app.accounts.change_password(wanted()).await;
        assert!(matches!(changed, Err(AppError::NotSignedIn)));
        let changed = app.accounts.change_password_here(wanted()).await;
        assert!(matches!(changed, Err(AppError::NotSignedIn)));
        let answer = change(&mut stolen.clone().wanting_json(), PASSWORD, NEW).await;
        assert_eq!((answer.status, answer.json()), (401, json!("not_signed_in")));
        change(&mut stolen, PASSWORD, NEW).await;
        assert!(app.lets_in("ada@example.org", PASSWORD).await);
    }

    async fn a_stranger_changes_nothing(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let answer = change(&mut app.client().wanting_json(), PASSWORD, NEW).await;
        assert_eq!((answer.status, answer.json()), (401, json!("not_signed_in")));
        assert!(app.lets_in("ada@example.org", PASSWORD).await);
    }

    async fn what_was_remembered_stays_remembered(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("remember", "on")];
        let mut client = app.client();
        client.post("/action/login", &fields).await.assert_sees_other("/profile");
        let answer = change(&mut client, PASSWORD, NEW).await;
        assert_eq!(answer.set_cookie("__Host-rt").expect("a cookie").max_age(), Some(90 * 86_400));
    }

    async fn the_operator_sets_the_least_length(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_PASSWORD_MIN", "20")]).await;
        let mut client = app.client();
        let fields = [("email", "ada@example.org"), ("password", "violet harbour kes"), ("nickname", "Ada")];
        client.post("/action/register", &fields).await.assert_sees_other("/register");
        let form = client.get("/register").await;
        form.assert_says_at("password", "Use at least 20 characters.");
        assert!(form.body.contains("At least 20 characters."));
    }

    async fn advice_is_given_while_a_password_is_chosen(app: TestApp) {
        let before = app.everything_stored().await;
        let asked = app.storage.times_asked();
        for (password, language, advice) in [
            ("", "en", "1 Enter a new password."),
            ("eleven char", "en", "1 Use at least 12 characters."),
            ("password1234", "en", "1 Easy to guess: many others have chosen something like it. Another word or two would help."),
            ("abcabcabcabc", "zh-CN", "1 容易猜到：内容重复。再加一两个词会更好。"),
            ("internationalisation", "en", "2 Easy to guess. Another word or two would help."),
            ("kettle harbour", "en", "3 Good. Another word would make it very good."),
            ("ada.king for ever", "en", "1 The password must not contain your e-mail."),
            ("a\u{7}b", "en", "1 The new password contains an invisible or control character; remove it."),
            ("copper violin under seven lamps", "en", "4 Very good."),
        ] {
            let mut client = app.client().wanting_json().with_header("accept-language", language);
            let fields = [("password", password), ("email", "ada.king@example.org"), ("nickname", "Ada Lovelace")];
            let answer = client.post("/action/advise_password", &fields).await;
            assert_eq!((answer.status, answer.json()), (200, json!(advice)), "{password}");
            assert!(answer.set_cookies().is_empty());
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        // What a form refuses, it refuses here too.
        let twice = app.client().wanting_json().post("/action/advise_password", &[("password", "x"), ("password", "y")]).await;
        assert_eq!(twice.status, 400);
        let elsewhere = app.client().with_header("sec-fetch-site", "cross-site").post("/action/advise_password", &[]).await;
        assert_eq!(elsewhere.status, 403);
        assert_eq!(app.everything_stored().await, before);
        assert_eq!(app.storage.times_asked(), asked);
    }
}
