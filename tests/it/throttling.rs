//! How often one network may ask for what guesses or costs, and how it is told that it was too often.

use crate::api::{Caller, assert_refused};
use crate::app::{PASSWORD, TestApp, on_both_databases};
use axum::body::Body;
use serde_json::json;

const EMAIL: &str = "ada@example.org";
const TOO_OFTEN: &str = "There were too many attempts from your network. Try again in a minute.";

async fn strict(app: &TestApp) -> TestApp {
    let variables = [
        ("VESTIBULE_REQUESTS_PER_MINUTE", "3"),
        ("VESTIBULE_TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    app.with_variables(&variables).await
}

on_both_databases! {
    async fn all_doors_count_together_and_by_network(app: TestApp) {
        app.signed_in(EMAIL).await;
        let app = strict(&app).await;
        let mut browser = app.client().calling_from("192.0.2.1");
        let mut neighbour = Caller::new(&app).await.calling_from("192.0.2.250");
        let login = [("email", EMAIL), ("password", "wrong")];
        browser.post("/action/login", &login).await.assert_sees_other("/login");
        let body = json!({"refresh_token": "nonsense"});
        assert_eq!(neighbour.post("/api/v1/tokens/refresh", body.clone()).await.status, 401);
        let user = json!({"email": "x", "password": "y", "nickname": "z"});
        assert_eq!(neighbour.post("/api/v1/users", user.clone()).await.status, 422);

        // The fourth within a minute, at every door, with the right password too.
        let before = app.everything_stored().await;
        for (path, body) in [
            ("/api/v1/tokens", json!({"email": EMAIL, "password": PASSWORD})),
            ("/api/v1/tokens/refresh", body),
            ("/api/v1/users", user),
        ] {
            let refused = neighbour.post(path, body).await;
            assert_refused(&refused, 429, "too_many_requests", None);
            assert_eq!(refused.header("retry-after"), Some("21"));
        }
        let login = [("email", EMAIL), ("password", PASSWORD)];
        browser.post("/action/login", &login).await.assert_sees_other("/login");
        let form = browser.get("/login").await.page();
        assert!(form.by_id("error-summary").is_some_and(|summary| summary.text().contains(TOO_OFTEN)));
        assert_eq!(form.by_id("email").and_then(|email| email.attribute("value")), Some(EMAIL), "kept");
        let refused = browser.clone().wanting_json().post("/action/login", &login).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("21")));
        let fields = [("email", "eve@example.org"), ("password", PASSWORD), ("nickname", "Eve")];
        browser.post("/action/register", &fields).await.assert_sees_other("/register");
        assert_eq!(app.everything_stored().await, before);

        // Everybody else notices nothing, and neither does who waits.
        app.client().calling_from("192.0.3.1").post("/action/login", &login).await.assert_sees_other("/profile");
        app.clock.advance(20_000);
        browser.post("/action/login", &login).await.assert_sees_other("/profile");
    }

    async fn whoever_is_signed_in_goes_on(app: TestApp) {
        let app = strict(&app).await;
        let mut browser = app.client().calling_from("192.0.2.1");
        app.register(&mut browser, EMAIL).await.assert_sees_other("/profile");
        let login = [("email", EMAIL), ("password", "wrong")];
        let mut guesser = app.client().calling_from("192.0.2.2");
        for _ in 0..5 {
            guesser.post("/action/login", &login).await.assert_sees_other("/login");
        }
        // Reading, writing, and renewal on the way.
        app.clock.advance(301_000);
        for _ in 0..5 {
            guesser.post("/action/login", &login).await.assert_sees_other("/login");
        }
        browser.get("/profile").await.assert_page("Your profile");
        let fields = [("nickname", "Countess"), ("signature", "")];
        browser.post("/action/update_profile", &fields).await.assert_sees_other("/profile");
    }

    async fn only_a_proxy_of_ours_says_where_a_request_comes_from(app: TestApp) {
        app.signed_in(EMAIL).await;
        let app = strict(&app).await;
        let login = [("email", EMAIL), ("password", "wrong")];
        // Behind the proxy each client is counted by itself, whatever it claims.
        for client in ["198.51.100.1", "198.51.101.1"] {
            for (attempt, location) in [(0, 401), (1, 401), (2, 401), (3, 429), (4, 429)] {
                let forwarded = format!("203.0.{attempt}.1, {client}");
                let mut behind = app.client().calling_from("10.0.0.1").wanting_json().with_header("x-forwarded-for", &forwarded);
                assert_eq!(behind.post("/action/login", &login).await.status, location, "{forwarded}");
            }
        }
        // Who is no proxy of ours is counted by its own address, whatever it says.
        for (attempt, status) in [(0, 401), (1, 401), (2, 401), (3, 429)] {
            let forwarded = format!("203.0.{attempt}.1");
            let mut liar = app.client().calling_from("192.0.2.1").wanting_json().with_header("x-forwarded-for", &forwarded);
            assert_eq!(liar.post("/action/login", &login).await.status, status, "{forwarded}");
        }
        // The network in the list of sessions is the client's as well.
        let mut ada = app.client().calling_from("10.0.0.1").with_header("x-forwarded-for", "198.51.102.7");
        let right = [("email", EMAIL), ("password", PASSWORD)];
        ada.post("/action/login", &right).await.assert_sees_other("/profile");
        assert!(ada.get("/sessions").await.body.contains("198.51.102.0/24"));
    }
}

#[tokio::test]
async fn a_refused_body_counts_as_little_as_no_request() {
    let app = strict(&TestApp::sqlite().await).await;
    let mut client = app.client().calling_from("192.0.2.1");
    for _ in 0..5 {
        let refused = client
            .post_body("/api/v1/tokens", "text/plain", Body::from("x"))
            .await;
        assert_refused(&refused, 415, "unsupported_media_type", None);
    }
}
