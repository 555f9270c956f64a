//! What Prometheus is told, and where.

use crate::api::Caller;
use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::command_line::Desk;
use crate::kill::{Server, ask, free_address};
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::json;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tower::ServiceExt;
use vestibule::server::web::{Connections, Observed, metrics_router};

const EMAIL: &str = "ada@example.org";
const PATIENCE: Duration = Duration::from_secs(20);

/// What is told, by the name of each series, labels included.
async fn series(app: &TestApp) -> Vec<(String, f64)> {
    let observed = Observed {
        accounts: app.accounts.clone(),
        metrics: app.metrics.clone(),
        connections: Connections::at_most(1),
    };
    let request = Request::get("/metrics")
        .body(Body::empty())
        .expect("a request");
    let answer = metrics_router(observed)
        .oneshot(request)
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    let series = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        (name.to_owned(), value.parse().expect("a number"))
    });
    series.collect()
}

async fn told(app: &TestApp, name: &str) -> f64 {
    let series = series(app).await;
    let found = series.iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("{name} in {series:?}")).1
}

fn requests(method: &str, route: &str, status: u16) -> String {
    format!(
        r#"vestibule_http_request_duration_seconds_count{{method="{method}",route="{route}",status="{status}"}}"#
    )
}

on_both_databases! {
    async fn sign_ins_and_renewals_are_counted_by_what_came_of_them(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let stolen = ada.clone();
        app.sign_in(EMAIL, PASSWORD).await;
        app.sign_in(EMAIL, "another password").await;
        app.sign_in("nobody@example.org", PASSWORD).await;
        app.sign_in("", PASSWORD).await;
        let mut caller = Caller::new(&app).await;
        caller.post("/api/v1/tokens", json!({"email": EMAIL, "password": PASSWORD})).await;
        let sign_ins = async |outcome| told(&app, &format!(r#"vestibule_sign_ins_total{{outcome="{outcome}"}}"#)).await;
        assert_eq!(sign_ins("signed_in").await, 2.0);
        assert_eq!(sign_ins("wrong_credentials").await, 2.0);
        assert_eq!(sign_ins("invalid").await, 1.0);

        let renewals = async |outcome| told(&app, &format!(r#"vestibule_renewals_total{{outcome="{outcome}"}}"#)).await;
        ada.cookies.remove("__Host-at");
        ada.get("/profile").await.assert_page("Your profile");
        assert_eq!((renewals("renewed").await, told(&app, "vestibule_refresh_token_reuses_total").await), (1.0, 0.0));
        assert_eq!(told(&app, "vestibule_revocations_live").await, 0.0);
        app.clock.advance(60_000);
        for _ in 0..2 {
            let mut thief = stolen.clone();
            thief.cookies.remove("__Host-at");
            thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        assert_eq!((renewals("over").await, told(&app, "vestibule_refresh_token_reuses_total").await), (2.0, 1.0));
        assert_eq!(told(&app, "vestibule_revocations_live").await, 1.0);
        app.client().with_cookie("__Host-rt", "v1.nonsense").get("/profile").await;
        assert_eq!(renewals("refused").await, 1.0);
    }

    async fn requests_are_counted_by_route_and_never_by_what_was_typed(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let before = told(&app, &requests("GET", "/profile", 200)).await;
        ada.get("/profile?ada@example.org").await.assert_page("Your profile");
        assert_eq!(told(&app, &requests("GET", "/profile", 200)).await, before + 1.0);
        assert_eq!(told(&app, &requests("POST", "/action/{name}", 303)).await, 1.0);
        app.client().get("/profile").await;
        assert_eq!(told(&app, &requests("GET", "/profile", 303)).await, 1.0);
        Caller::new(&app).await.delete("/api/v1/users/nobody/sessions").await;
        assert_eq!(told(&app, &requests("DELETE", "/api/v1/users/{id}/sessions", 401)).await, 1.0);

        // As many as anybody likes to invent.
        let many = series(&app).await.len();
        for number in 0..50 {
            for path in ["", "/pkg", "/api", "/action"] {
                app.client().get(&format!("{path}/{number}")).await;
                let method = Method::from_bytes(format!("INVENTED-{number}").as_bytes()).expect("a method");
                app.client().send(method, &format!("{path}/{number}"), None, "".into()).await;
            }
        }
        let series = series(&app).await;
        let grown = series.len() - many;
        assert!(grown < 150, "{grown} more: {series:?}");
        assert!(series.iter().all(|(name, _)| !name.contains("INVENTED")));
        // What is no route of ours is looked for among the files.
        assert_eq!(told(&app, &requests("GET", "none", 404)).await, 100.0);
    }

    async fn what_there_is_at_the_moment_is_told(app: TestApp) {
        app.accounts.hear_of_revocations().await.expect("the database answers");
        app.clock.advance(1500);
        assert_eq!(told(&app, "vestibule_revocation_feed_age_seconds").await, 1.5);
        app.accounts.hear_of_revocations().await.expect("the database answers");
        assert_eq!(told(&app, "vestibule_revocation_feed_age_seconds").await, 0.0);
        assert_eq!(told(&app, "vestibule_database_queries_total").await, app.storage.times_asked() as f64);
        assert_eq!(told(&app, "vestibule_event_streams").await, 0.0);
        let version = concat!(r#"vestibule_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#);
        assert_eq!(told(&app, version).await, 1.0);

        // Held until both were looked at: one runs, as many as may wait do.
        let app = app.with_variables(&[("VESTIBULE_HASH_CONCURRENCY", "1")]).await;
        let (release, held) = std::sync::mpsc::channel::<()>();
        let hasher = app.hasher.clone();
        let running = tokio::spawn(async move { hasher.judge(move || held.recv().is_ok()).await });
        while app.hasher.load() != (1, 0) {
            tokio::task::yield_now().await;
        }
        let hasher = app.hasher.clone();
        let waiting = tokio::spawn(async move { hasher.judge(|| true).await });
        while app.hasher.load() != (1, 1) {
            tokio::task::yield_now().await;
        }
        assert_eq!(told(&app, "vestibule_hashing_running").await, 1.0);
        assert_eq!(told(&app, "vestibule_hashing_waiting").await, 1.0);
        drop(release);
        for task in [running, waiting] {
            task.await.expect("it ends").expect("it has a place");
        }
        assert_eq!(told(&app, "vestibule_hashing_running").await, 0.0);
        assert_eq!(told(&app, "vestibule_hashing_waiting").await, 0.0);
    }

    async fn visitors_are_not_told(app: TestApp) {
        assert_eq!(app.client().get("/metrics").await.status, 404);
    }

    async fn it_has_a_socket_of_its_own(app: TestApp) {
        let database = app.database_url().to_owned();
        let told = tokio::task::spawn_blocking(move || {
            let desk = Desk::new();
            let program = desk.install();
            let (address, metrics) = (free_address(), free_address());
            let listen = metrics.to_string();
            let server = Server::start_with(&desk, &program, address, &database, &[("VESTIBULE_METRICS_LISTEN", &listen)]);
            ask(address, "GET", "/profile", "", "").expect("an answer");
            let held = TcpStream::connect(address).expect("a connection");
            let begun = Instant::now();
            let told = loop {
                let told = ask(metrics, "GET", "/metrics", "", "").expect("an answer");
                // The connections before may take a moment to go.
                if told.body.contains("vestibule_connections 1\n") {
                    break told;
                }
                assert!(begun.elapsed() < PATIENCE, "{}", told.body);
                std::thread::yield_now();
            };
            drop(held);
            assert_eq!(ask(metrics, "GET", "/profile", "", "").expect("an answer").status, 404);
            assert_eq!(ask(metrics, "POST", "/metrics", "", "").expect("an answer").status, 405);
            server.kill();
            told
        });
        let told = told.await.expect("the program tells");
        assert_eq!(told.status, 200);
        let counted = requests("GET", "/profile", 303) + " 1\n";
        assert!(told.body.contains(&counted), "{}", told.body);
    }
}
