//! Addresses: proved by links that are sent there, taken over by who proves them, changed with a way back.

use crate::api::Caller;
use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};
use crate::concurrency::at_once;
use crate::post::{link, token};
use serde_json::json;
use vestibule::domain::audit::Source;
use vestibule::domain::error::AppError;
use vestibule::domain::user::UserId;
use vestibule::server::mail::Letter;

const EMAIL: &str = "ada@example.org";
const OTHER: &str = "lovelace@example.org";
const NEW: &str = "umber lantern quorum 77";
const HOUR: i64 = 3_600_000;
const SENT: &str = "A letter is on its way. Its link is good for 72 hours.";

async fn verified(app: &TestApp) -> TestApp {
    app.writing_letters_and(&[("VESTIBULE_REGISTRATION", "verified")])
        .await
}

/// Somebody who has just registered; the letter that asks to prove the address waits.
async fn newcomer(app: &TestApp, email: &str) -> Client {
    let mut client = app.client();
    app.register(&mut client, email)
        .await
        .assert_sees_other("/profile");
    quiet(app).await;
    client
}

/// That they are told of new devices has tests of its own.
async fn quiet(app: &TestApp) {
    app.execute("UPDATE users SET device_notices_off_at = created_at")
        .await;
}

async fn is_verified(app: &TestApp, email: &str) -> bool {
    let sql = format!(
        "SELECT COUNT(*) FROM users WHERE email = '{email}' AND email_verified_at IS NOT NULL"
    );
    app.number(&sql).await == 1
}

async fn change(client: &mut Client, email: &str, password: &str) -> Answer {
    let fields = [("email", email), ("current_password", password)];
    client.post("/action/change_email", &fields).await
}

/// Asks for another address and reads the letter that goes there.
async fn letter_to(app: &TestApp, client: &mut Client, email: &str) -> Letter {
    change(client, email, PASSWORD)
        .await
        .assert_sees_other("/email");
    let letter = app.letter().await;
    assert_eq!(letter.to.as_str(), email);
    letter
}

async fn verify(client: &mut Client, token: &str, password: &str) -> Answer {
    let fields = [("token", token), ("password", password)];
    client.post("/action/verify", &fields).await
}

on_both_databases! {
    async fn whoever_registers_is_asked_to_prove_the_address(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = newcomer(&app, EMAIL).await;
        let letter = app.letter().await;
        assert_eq!((letter.to.as_str(), &*letter.subject), (EMAIL, "Confirm your e-mail at Vestibule"));
        let profile = ada.get("/profile").await;
        assert!(profile.body.contains("Your e-mail is not confirmed yet."), "a notice, and no more");
        ada.get("/email").await.assert_page("Your e-mail");
        // To look uses up nothing.
        for _ in 0..2 {
            ada.get(&link(&letter)).await.assert_page("Confirm your e-mail");
        }
        assert!(!is_verified(&app, EMAIL).await);
        verify(&mut ada, &token(&letter), "").await.assert_sees_other("/profile");
        let profile = ada.get("/profile").await;
        profile.assert_notice(Some("Your e-mail is confirmed."));
        assert!(!profile.body.contains("not confirmed"));
        assert!(is_verified(&app, EMAIL).await);
        verify(&mut ada, &token(&letter), "").await.assert_sees_other(&link(&letter));
        ada.get(&link(&letter)).await.assert_page("This link is good no more");
        assert_eq!(app.happened("email_verified").await, 1);
    }

    async fn another_letter_replaces_the_one_before(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = newcomer(&app, EMAIL).await;
        let first = app.letter().await;
        ada.post("/action/send_verification", &[]).await.assert_sees_other("/email");
        ada.get("/email").await.assert_notice(Some(SENT));
        let second = app.letter().await;
        ada.get(&link(&first)).await.assert_page("This link is good no more");
        app.clock.advance(72 * HOUR - 1);
        let mut ada = app.sign_in(EMAIL, PASSWORD).await.0;
        verify(&mut ada, &token(&second), "").await.assert_sees_other("/profile");
        // There is nothing left to prove.
        ada.post("/action/send_verification", &[]).await.assert_sees_other("/email");
        assert!(app.letters().await.is_empty());
        let late = app.writing_letters().await;
        let mut grace = newcomer(&late, "grace@example.org").await;
        let letter = late.letter().await;
        app.clock.advance(72 * HOUR);
        grace.get(&link(&letter)).await.assert_page("This link is good no more");
    }

    async fn nobody_confirms_what_somebody_else_registered(app: TestApp) {
        let app = app.writing_letters().await;
        // Eve registers with Ada's address, and waits for Ada to confirm it.
        let mut eve = newcomer(&app, EMAIL).await;
        let letter = app.letter().await;
        let mut ada = app.client();
        let page = ada.get(&link(&letter)).await;
        page.assert_page("Confirm your e-mail");
        assert!(page.page().by_id("password").is_some(), "who is not signed in gives the password");
        for password in ["", "wrong"] {
            verify(&mut ada, &token(&letter), password).await.assert_sees_other(&link(&letter));
            let page = ada.get(&link(&letter)).await;
            assert!(page.page().by_id("password-error").is_some(), "{password}");
        }
        // Somebody else's session proves nothing either.
        let mut grace = newcomer(&app, "grace@example.org").await;
        app.letters().await;
        verify(&mut grace, &token(&letter), "").await.assert_sees_other(&link(&letter));
        let other = app.text("SELECT id FROM users WHERE email = 'grace@example.org'").await;
        let other = UserId::parse(&other).expect("an identifier");
        let outcome = app.accounts.verify_email(&token(&letter), other, &Source::default()).await;
        assert_eq!(outcome, Err(AppError::InvalidLink));
        assert!(!is_verified(&app, EMAIL).await);

        let answer = ada.post("/action/not_me", &[("token", &token(&letter))]).await;
        let reset = answer.location().to_owned();
        eve.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(!app.lets_in(EMAIL, PASSWORD).await);
        let fields = [("token", reset.trim_start_matches("/reset?token=")), ("new_password", NEW)];
        ada.post("/action/reset", &fields).await.assert_sees_other("/login");
        assert!(app.lets_in(EMAIL, NEW).await);
        assert!(is_verified(&app, EMAIL).await, "a reset proves it too");
    }

    async fn where_addresses_are_proved_first_nobody_signs_in_before(app: TestApp) {
        let app = verified(&app).await;
        let mut ada = app.client();
        let registered = app.register(&mut ada, EMAIL).await;
        registered.assert_sees_other("/verify");
        assert!(registered.set_cookie("__Host-at").is_none());
        ada.get("/verify").await.assert_notice(Some(SENT));
        let first = app.letter().await;
        let (mut client, answer) = app.sign_in(EMAIL, PASSWORD).await;
        answer.assert_sees_other("/verify");
        let page = client.get("/verify").await.page();
        let summary = page.by_id("error-summary").expect("a summary").text();
        assert!(summary.contains("Confirm your e-mail first: a letter is on its way to it."), "{summary}");
        let second = app.letter().await;
        let mut program = Caller::new(&app).await;
        let refused = program.sign_in(EMAIL, PASSWORD).await;
        assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (403, Some("email_not_verified")));
        app.letters().await;
        // Who does not know the password is told what everybody is told.
        app.sign_in(EMAIL, "wrong").await.1.assert_sees_other("/login");
        assert!(app.letters().await.is_empty());
        assert_eq!(app.count("sessions").await, 0);
        for old in [&first, &second] {
            ada.get(&link(old)).await.assert_page("This link is good no more");
        }

        app.sign_in(EMAIL, PASSWORD).await.1.assert_sees_other("/verify");
        let letter = app.letter().await;
        verify(&mut ada, &token(&letter), PASSWORD).await.assert_sees_other("/profile");
        ada.get("/profile").await.assert_notice(Some("Your e-mail is confirmed."));
        assert!(app.lets_in(EMAIL, PASSWORD).await);
    }

    async fn whether_an_address_has_an_account_its_owner_alone_is_told(app: TestApp) {
        let app = verified(&app).await;
        let page = async |email: &str| {
            let mut client = app.client();
            let answer = app.register(&mut client, email).await;
            let cookies: Vec<_> = answer.set_cookies().into_iter().map(|cookie| cookie.name).collect();
            let page = client.get("/verify").await.body;
            let nonces = page.split("nonce=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let same = nonces.fold(page.clone(), |page, nonce| page.replace(nonce, "NONCE"));
            (answer.status, answer.location().to_owned(), cookies, same)
        };
        let free = page(EMAIL).await;
        let letter = app.letter().await;
        verify(&mut app.client(), &token(&letter), PASSWORD).await.assert_sees_other("/profile");
        quiet(&app).await;
        assert_eq!(free, page(EMAIL).await);
        let letter = app.letter().await;
        assert_eq!((letter.to.as_str(), &*letter.subject), (EMAIL, "Your e-mail at Vestibule"));
        assert!(letter.text.contains("It has one already"), "{}", letter.text);
        // The password of the account is the one it had.
        assert!(app.lets_in(EMAIL, PASSWORD).await);
        let mut program = Caller::new(&app).await;
        for email in [EMAIL, OTHER] {
            let user = json!({"email": email, "password": NEW, "nickname": "Ada"});
            let answer = program.post("/api/v1/users", user).await;
            assert_eq!((answer.status, &*answer.body), (202, ""), "{email}");
        }
        assert_eq!(app.count("users").await, 2);
    }

    async fn who_proves_an_address_takes_the_account_that_somebody_else_made_with_it(app: TestApp) {
        let app = verified(&app).await;
        let mut eve = app.client();
        app.register(&mut eve, EMAIL).await.assert_sees_other("/verify");
        app.letters().await;
        // Ada registers, and is told by mail that there is one.
        let mut ada = app.client();
        app.register(&mut ada, EMAIL).await.assert_sees_other("/verify");
        let letter = app.letter().await;
        let fields = [("token", &*token(&letter)), ("new_password", NEW)];
        ada.post("/action/reset", &fields).await.assert_sees_other("/login");
        assert!(!app.lets_in(EMAIL, PASSWORD).await, "Eve's password opens nothing");
        assert!(app.lets_in(EMAIL, NEW).await);
    }

    async fn an_address_is_changed_when_the_new_mailbox_confirms_it(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = newcomer(&app, EMAIL).await;
        app.letters().await;
        for (email, password, field, sentence) in [
            (OTHER, "", "current_password", "Enter your current password."),
            (OTHER, "wrong", "current_password", "The current password is not right."),
            ("nobody", PASSWORD, "email", "Enter an e-mail address such as name@example.org."),
            (" ADA@example.org", PASSWORD, "email", "This is what you use already."),
        ] {
            change(&mut ada, email, password).await.assert_sees_other("/email");
            ada.get("/email").await.assert_says_at(field, sentence);
        }
        assert!(app.letters().await.is_empty());
        let letter = letter_to(&app, &mut ada, OTHER).await;
        ada.get("/email").await.assert_notice(Some(
            "A letter is on its way to the new e-mail. Its link is good for 24 hours.",
        ));
        assert!(app.lets_in(EMAIL, PASSWORD).await, "nothing has changed yet");
        // Opened on another machine.
        let mut telephone = app.client();
        let page = telephone.get(&link(&letter)).await;
        page.assert_page("Confirm your new e-mail");
        assert!(page.body.contains("lovelace@example.org is to take the place of ada@example.org."));
        verify(&mut telephone, &token(&letter), "").await.assert_sees_other("/login");
        let profile = ada.get("/profile").await;
        assert!(profile.body.contains(OTHER), "the session goes on");
        assert!(!app.lets_in(EMAIL, PASSWORD).await);
        assert!(app.lets_in(OTHER, PASSWORD).await);
        assert!(is_verified(&app, OTHER).await);
        let told = app.letter().await;
        assert_eq!((told.to.as_str(), &*told.subject), (EMAIL, "Your e-mail at Vestibule was changed"));
        verify(&mut telephone, &token(&letter), "").await.assert_sees_other(&link(&letter));
    }

    async fn the_old_mailbox_has_a_way_back_however_often_it_was_changed(app: TestApp) {
        let app = app.writing_letters().await;
        let mut thief = newcomer(&app, EMAIL).await;
        app.letters().await;
        let mut told = Vec::new();
        for mailbox in ["thief@example.org", "hideout@example.org"] {
            let letter = letter_to(&app, &mut thief, mailbox).await;
            verify(&mut thief, &token(&letter), "").await.assert_sees_other("/email");
            told.push(app.letter().await);
            app.clock.advance(1000);
        }
        assert_eq!((told[0].to.as_str(), told[1].to.as_str()), (EMAIL, "thief@example.org"));
        app.clock.advance(71 * HOUR);
        let mut owner = app.client();
        owner.get(&link(&told[0])).await.assert_page("Take your e-mail back");
        let answer = owner.post("/action/not_me", &[("token", &token(&told[0]))]).await;
        let reset = answer.location().to_owned();
        assert!(reset.starts_with("/reset?token="), "{reset}");
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        let fields = [("token", reset.trim_start_matches("/reset?token=")), ("new_password", NEW)];
        owner.post("/action/reset", &fields).await.assert_sees_other("/login");
        assert!(app.lets_in(EMAIL, NEW).await);
        assert_eq!(app.text("SELECT email FROM users").await, EMAIL);
        // What the thief's mailbox has got is worth nothing now.
        thief.get(&link(&told[1])).await.assert_page("This link is good no more");
        let answer = thief.post("/action/not_me", &[("token", &token(&told[1]))]).await;
        assert!(answer.location().starts_with("/reset?token="));
        assert_eq!(app.text("SELECT email FROM users").await, EMAIL);
        assert_eq!(app.happened("email_restored").await, 1);
    }

    async fn an_address_that_somebody_has_by_now_is_not_taken(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = newcomer(&app, EMAIL).await;
        app.letters().await;
        // Asked for while it was free.
        let letter = letter_to(&app, &mut ada, OTHER).await;
        app.signed_in(OTHER).await;
        verify(&mut ada, &token(&letter), "").await.assert_sees_other(&link(&letter));
        let page = ada.get(&link(&letter)).await;
        assert!(page.body.contains("There is an account with this e-mail already."));
        // Asked for when it was not: its owner is told, and the page says what it always says.
        change(&mut ada, OTHER, PASSWORD).await.assert_sees_other("/email");
        ada.get("/email").await.assert_notice(Some(
            "A letter is on its way to the new e-mail. Its link is good for 24 hours.",
        ));
        let told = app.letter().await;
        assert_eq!((told.to.as_str(), &*told.subject), (OTHER, "Your e-mail at Vestibule"));

        // And the way back finds somebody else in the old place.
        let letter = letter_to(&app, &mut ada, "countess@example.org").await;
        verify(&mut ada, &token(&letter), "").await.assert_sees_other("/email");
        let back = app.letter().await;
        newcomer(&app, EMAIL).await;
        let answer = app.client().post("/action/not_me", &[("token", &token(&back))]).await;
        answer.assert_sees_other(&link(&back));
        assert_eq!(app.number("SELECT COUNT(*) FROM users").await, 3);
        assert!(app.lets_in("countess@example.org", PASSWORD).await, "nothing changed");
    }

    async fn a_change_is_bound_to_password_address_and_account(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = newcomer(&app, EMAIL).await;
        let verify_link = token(&app.letter().await);
        let letter = letter_to(&app, &mut ada, OTHER).await;
        app.clock.advance(1);
        let fields = [("current_password", PASSWORD), ("new_password", NEW)];
        ada.post("/action/change_password", &fields).await.assert_sees_other("/password");
        app.letters().await;
        ada.get(&link(&letter)).await.assert_page("This link is good no more");
        let mut program = app.client().wanting_json();
        assert_eq!(verify(&mut program, &token(&letter), NEW).await.status, 400);
        // Each token does its own thing and nothing else.
        assert_eq!(program.post("/action/not_me", &[("token", &token(&letter))]).await.status, 400);
        let reset = [("token", &*verify_link), ("new_password", NEW)];
        assert_eq!(program.post("/action/reset", &reset).await.status, 400);
        app.client().get(&format!("/reset?token={verify_link}")).await.assert_page("This link is good no more");
        assert_eq!(app.text("SELECT email FROM users").await, EMAIL);
    }

    async fn of_fifty_who_confirm_at_once_one_wins(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = newcomer(&app, EMAIL).await;
        let own = token(&app.letter().await);
        let confirmed = at_once((0..50).map(|_| {
            let (mut ada, token) = (ada.clone().wanting_json(), own.clone());
            async move { verify(&mut ada, &token, "").await.status }
        }))
        .await;
        assert_eq!(confirmed.iter().filter(|status| **status == 303).count(), 1, "{confirmed:?}");
        let letter = letter_to(&app, &mut ada, OTHER).await;
        let changed = at_once((0..50).map(|_| {
            let (mut ada, token) = (ada.clone().wanting_json(), token(&letter));
            async move { verify(&mut ada, &token, "").await.status }
        }))
        .await;
        assert_eq!(changed.iter().filter(|status| **status == 303).count(), 1, "{changed:?}");
        assert_eq!(app.happened("email_changed").await, 1);
        let back = app.letter().await;
        let restored = at_once((0..50).map(|_| {
            let (mut client, token) = (app.client().wanting_json(), token(&back));
            async move { client.post("/action/not_me", &[("token", &token)]).await.status }
        }))
        .await;
        assert_eq!(restored.iter().filter(|status| **status == 303).count(), 1, "{restored:?}");
        assert_eq!(app.text("SELECT email FROM users").await, EMAIL);
    }

    async fn programs_prove_and_change_addresses(app: TestApp) {
        let app = app.writing_letters().await;
        let mut holder = Caller::registered(&app, EMAIL).await;
        quiet(&app).await;
        let own = token(&app.letter().await);
        let mut program = Caller::new(&app).await;
        for (body, status) in [
            (json!({"token": "x"}), 400),
            (json!({"token": own}), 422),
            (json!({"token": own, "password": "wrong"}), 401),
            (json!({"token": own, "password": PASSWORD}), 204),
            (json!({"token": own, "password": PASSWORD}), 400),
        ] {
            let answer = program.post("/api/v1/email/verify", body.clone()).await;
            assert_eq!(answer.status, status, "{body} {answer:?}");
        }
        assert!(is_verified(&app, EMAIL).await);
        for (body, status) in [
            (json!({"email": OTHER, "current_password": "wrong"}), 422),
            (json!({"email": EMAIL, "current_password": PASSWORD}), 422),
            (json!({"email": OTHER, "current_password": PASSWORD}), 202),
        ] {
            let answer = holder.post("/api/v1/email/change", body.clone()).await;
            assert_eq!(answer.status, status, "{body} {answer:?}");
        }
        let letter = app.letter().await;
        let answer = program.post("/api/v1/email/verify", json!({"token": token(&letter)})).await;
        assert_eq!(answer.status, 204);
        assert_eq!(holder.get("/api/v1/me").await.json()["email"], OTHER);
    }

    async fn without_mail_addresses_stay(app: TestApp) {
        let mut ada = newcomer(&app, EMAIL).await;
        for page in ["/email", "/verify"] {
            assert_eq!(ada.get(page).await.status, 404, "{page}");
        }
        let profile = ada.get("/profile").await;
        assert!(!profile.body.contains("/email\"") && !profile.body.contains("not confirmed"));
        let mut ada = ada.wanting_json();
        assert_eq!(change(&mut ada, OTHER, PASSWORD).await.status, 404);
        assert_eq!(ada.post("/action/send_verification", &[]).await.status, 404);
    }

    async fn whom_the_operator_creates_is_vouched_for(app: TestApp) {
        let app = verified(&app).await;
        let roles = vestibule::domain::role::Roles::default();
        app.accounts.create_user(EMAIL, PASSWORD, "Ada", &roles).await.expect("an account");
        assert!(app.letters().await.is_empty());
        assert!(app.lets_in(EMAIL, PASSWORD).await);
    }

    async fn letters_are_in_the_language_of_the_registration(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = app.client().with_header("accept-language", "zh-CN");
        app.register(&mut ada, EMAIL).await.assert_sees_other("/profile");
        assert_eq!(app.letter().await.subject, "在 Vestibule 确认您的电子邮箱");
    }
}
