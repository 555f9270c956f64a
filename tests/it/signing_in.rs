//! Coming in with e-mail and password.

use crate::app::{PASSWORD, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn the_right_password_opens_and_a_new_session_begins_each_time(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let (mut first, answer) = app.sign_in("ada@example.org", PASSWORD).await;
        answer.assert_sees_other("/profile");
        let (second, _) = app.sign_in("ada@example.org", PASSWORD).await;
        assert_ne!(first.access_token(), second.access_token());
        assert_ne!(first.refresh_token(), second.refresh_token());
        assert_eq!(app.count("sessions").await, 3);
        let page = first.get("/profile").await;
        page.assert_page("Your profile");
        page.assert_notice(None);
    }

    async fn the_e_mail_s_case_and_spaces_do_not_matter(app: TestApp) {
        app.signed_in("ada@example.org").await;
        assert!(app.lets_in(" Ada@EXAMPLE.org", PASSWORD).await);
    }

    async fn wrong_passwords_and_unknown_people_get_the_same_answer(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let mut told = Vec::new();
        let long = "x".repeat(1025);
        for (email, password) in [
            ("ada@example.org", "violet harbour kestrel 42"),
            ("ada@example.org", &PASSWORD.to_uppercase()),
            ("ada@example.org", &format!("{PASSWORD} ")),
            ("ada@example.org", &long),
            ("ada@example.org", "\0"),
            ("nobody@example.org", PASSWORD),
            ("not an e-mail", PASSWORD),
            ("ada@example.org\0", PASSWORD),
        ] {
            let (mut client, answer) = app.sign_in(email, password).await;
            answer.assert_sees_other("/login");
            assert!(!client.cookies.contains_key("__Host-at") && !client.cookies.contains_key("__Host-rt"));
            let form = client.get("/login").await;
            form.assert_says_at("email", "The e-mail or the password is not right.");
            // A reader of HTML puts U+FFFD in the place of NUL.
            let shown = email.replace('\0', "\u{fffd}");
            assert_eq!(form.page().by_id("email").expect("a field").attribute("value"), Some(shown.as_str()));
            assert_eq!(form.page().by_id("password").expect("a field").attribute("value"), None);
            told.push(form.page().by_id("error-summary").expect("a summary").text());

            let fields = [("email", email), ("password", password)];
            let answer = app.client().wanting_json().post("/action/login", &fields).await;
            assert_eq!((answer.status, answer.json()), (401, json!("wrong_credentials")), "{email}");
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
        assert_eq!(app.count("sessions").await, 1);
    }

    async fn empty_fields_are_named_each(app: TestApp) {
        let (mut client, answer) = app.sign_in(" ", "").await;
        answer.assert_sees_other("/login");
        let form = client.get("/login").await;
        form.assert_says_at("email", "Enter your e-mail.");
        form.assert_says_at("password", "Enter a password.");
        let answer = app.client().wanting_json().post("/action/login", &[]).await;
        assert_eq!(answer.status, 422);
    }

    async fn a_disabled_account_is_told_nothing_more(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.execute("UPDATE users SET disabled_at = 1").await;
        let (mut other, answer) = app.sign_in("ada@example.org", PASSWORD).await;
        answer.assert_sees_other("/login");
        other.get("/login").await.assert_says_at("email", "The e-mail or the password is not right.");
        // Nor is the session that it has renewed.
        app.clock.advance(301_000);
        client.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn the_cookies_are_the_contract_s(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let (_, answer) = app.sign_in("ada@example.org", PASSWORD).await;
        for name in ["__Host-at", "__Host-rt"] {
            let cookie = answer.set_cookie(name).expect(name);
            assert_eq!(cookie.attributes, ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"], "{name}");
        }
        let known = answer.set_cookie("__Host-known").expect("a mark");
        assert_eq!(known.attributes[..4], ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"]);
        assert_eq!(answer.set_cookies().len(), 3);
    }

    async fn without_https_the_cookies_have_no_prefix(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let app = app.with_variables(&[("VESTIBULE_ORIGIN", "http://127.0.0.1:3000")]).await;
        let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
        let mut client = app.client();
        let answer = client.post("/action/login", &fields).await;
        for name in ["at", "rt"] {
            let cookie = answer.set_cookie(name).expect(name);
            assert_eq!(cookie.attributes, ["Path=/", "HttpOnly", "SameSite=Strict"], "{name}");
        }
        client.get("/profile").await.assert_page("Your profile");
        // The prefixed names mean nothing here, and the bare ones nothing with https.
        let mut other = app.client().with_cookie("__Host-at", &client.cookies["at"]);
        other.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn keep_me_signed_in_gives_the_cookies_a_life(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let ninety_days = 90 * 86_400;
        for (remember, life) in [("on", Some(ninety_days)), ("", None), ("off", None), ("ON", None), ("1", None)] {
            let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("remember", remember)];
            let answer = app.client().post("/action/login", &fields).await;
            for name in ["__Host-at", "__Host-rt"] {
                assert_eq!(answer.set_cookie(name).expect(name).max_age(), life, "{name} with remember={remember}");
            }
        }
    }

    async fn a_session_planted_before_is_not_taken_over(app: TestApp) {
        let planted = app.signed_in("mallory@example.org").await;
        app.signed_in("ada@example.org").await;
        let mut victim = planted.clone();
        let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
        victim.post("/action/login", &fields).await.assert_sees_other("/profile");
        assert_ne!(victim.refresh_token(), planted.refresh_token());
        assert!(victim.get("/profile").await.body.contains("ada@example.org"));
        // The planted session is over, so its owner learns nothing from it either.
        app.clock.advance(301_000);
        planted.clone().get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn it_goes_on_to_where_the_visitor_wanted(app: TestApp) {
        app.signed_in("ada@example.org").await;
        for (next, lands_at) in [("", "/profile"), ("/password", "/password"), ("/?a=b&c=%20", "/?a=b&c=%20")] {
            let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", next)];
            app.client().post("/action/login", &fields).await.assert_sees_other(lands_at);
        }
        // A failure forgets nothing.
        let mut client = app.client();
        let fields = [("email", "ada@example.org"), ("password", "wrong"), ("next", "/password?x=1")];
        client.post("/action/login", &fields).await.assert_sees_other("/login?next=/password%3Fx%3D1");
        let form = client.get("/login?next=/password%3Fx%3D1").await;
        form.assert_says_at("email", "The e-mail or the password is not right.");
        let page = form.page();
        let next = page.all().into_iter().find(|field| field.attribute("name") == Some("next")).expect("it remembers");
        assert_eq!(next.attribute("value"), Some("/password?x=1"));
    }
}
