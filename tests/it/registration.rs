//! Creating an account.

use crate::app::{PASSWORD, on_both_databases};
use crate::client::Client;

on_both_databases! {
    async fn a_newcomer_is_signed_in_and_welcomed_once(app: TestApp) {
        let mut client = app.client();
        client.get("/register").await.assert_page("Create your account");
        app.register(&mut client, "ada@example.org").await.assert_sees_other("/profile");
        let profile = client.get("/profile").await;
        profile.assert_page("Your profile");
        profile.assert_notice(Some("Welcome. Your account is ready."));
        let identity = profile.page().by_class("identity").expect("the identity").text();
        assert!(identity.contains("Ada") && identity.contains("ada@example.org"), "{identity}");
        assert!(identity.contains("Member since 2 January 2026"), "{identity}");
        client.get("/profile").await.assert_notice(None);
        client.get("/").await.assert_page("Hello, Ada");
        assert!(app.lets_in("ada@example.org", PASSWORD).await);
    }

    async fn it_goes_on_to_where_the_visitor_wanted(app: TestApp) {
        let mut client = app.client();
        let form = client.get("/register?next=/password").await.page();
        let next = form.all().into_iter().find(|field| field.attribute("name") == Some("next")).expect("it remembers");
        assert_eq!(next.attribute("value"), Some("/password"));
        let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("nickname", "Ada"), ("next", "/password")];
        client.post("/action/register", &fields).await.assert_sees_other("/password");
        client.get("/password").await.assert_notice(Some("Welcome. Your account is ready."));
    }

    async fn one_mailbox_is_one_account(app: TestApp) {
        app.signed_in("ada@example.org").await;
        for again in ["ada@example.org", "ADA@Example.ORG", "  ada@example.org "] {
            let mut stranger = app.client();
            app.register(&mut stranger, again).await.assert_sees_other("/register");
            assert!(!stranger.cookies.contains_key("__Host-at"), "{again}");
            let form = stranger.get("/register").await;
            form.assert_says_at("email", "There is an account with this e-mail already.");

            let answer = app.register(&mut app.client().wanting_json(), again).await;
            assert_eq!((answer.status, answer.json()), (409, serde_json::json!("email_taken")));
        }
        assert_eq!((app.count("users").await, app.count("sessions").await), (1, 1));
    }

    async fn an_international_domain_is_one_account_too(app: TestApp) {
        app.signed_in("ada@bücher.example").await;
        assert_eq!(app.text("SELECT email FROM users").await, "ada@xn--bcher-kva.example");
        assert!(app.lets_in("ada@xn--bcher-kva.example", PASSWORD).await);
    }

    async fn where_it_is_closed_nobody_registers(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_REGISTRATION", "closed")]).await;
        let page = app.client().get("/register").await;
        page.assert_page("Create your account");
        assert!(page.page().by_id("email").is_none(), "there is no form");
        let answer = app.register(&mut app.client().wanting_json(), "ada@example.org").await;
        assert_eq!((answer.status, answer.json()), (403, serde_json::json!("registration_closed")));
        let mut client = app.client();
        app.register(&mut client, "ada@example.org").await.assert_sees_other("/register");
        let told = client.get("/register").await.page().by_id("error-summary").expect("a summary").text();
        assert!(told.contains("New accounts cannot be created here at the moment."), "{told}");
        assert_eq!(app.count("users").await, 0);
    }

    async fn whoever_was_signed_in_before_in_this_browser_no_longer_is(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let old = client.refresh_token().to_owned();
        app.register(&mut client, "grace@example.org").await.assert_sees_other("/profile");
        assert!(client.get("/profile").await.body.contains("grace@example.org"));
        let mut thief = app.client().with_cookie("__Host-rt", &old);
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn the_browser_s_own_words_are_kept_short(app: TestApp) {
        let words = "ä".repeat(5000);
        let mut client = app.client();
        for cookies in [&words, "x"] {
            let mut request = axum::http::Request::post("/action/register")
                .header("sec-fetch-site", "same-origin")
                .header("accept", "text/html")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(registration(&format!("ada{}@example.org", cookies.len())).into())
                .expect("a request");
            let value = axum::http::HeaderValue::from_bytes(cookies.as_bytes()).expect("a header's value");
            request.headers_mut().insert("user-agent", value);
            client.send_request(request).await.assert_sees_other("/profile");
        }
        let ascii = "y".repeat(5000);
        let mut client = app.client().with_header("user-agent", &ascii);
        app.register(&mut client, "grace@example.org").await.assert_sees_other("/profile");
        assert_eq!(app.number("SELECT CAST(MAX(LENGTH(user_agent)) AS BIGINT) FROM sessions").await, 256);
    }
}

fn registration(email: &str) -> String {
    crate::client::encode(&[
        ("email", email),
        ("password", PASSWORD),
        ("nickname", "Ada"),
    ])
}

/// What a thief of the database finds.
#[tokio::test]
async fn nothing_stored_signs_anybody_in() {
    let app = crate::app::TestApp::sqlite().await;
    let client: Client = app.signed_in("ada@example.org").await;
    let stored = app.everything_stored().await;
    assert!(
        stored.contains("ada@example.org"),
        "the whole database was read"
    );
    let mac = client.refresh_token().rsplit('.').next().expect("a MAC");
    let signature = client
        .access_token()
        .rsplit('.')
        .next()
        .expect("a signature");
    for secret in [
        PASSWORD,
        client.refresh_token(),
        client.access_token(),
        mac,
        signature,
        &crate::app::secret(),
    ] {
        assert!(!stored.contains(secret), "{secret} is stored");
    }
}
