//! What the hot path may cost: questions to the database, and allocations. A page that grows beyond fails here, not in
//! somebody's benchmark.

use crate::app::{TestApp, on_both_databases};
use allocation_counter::AllocationInfo;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::COOKIE;
use http_body_util::BodyExt;
use tokio::runtime::Builder;
use tower::ServiceExt;
use tracing::subscriber::NoSubscriber;
use vestibule::domain::session::Audience;

const EMAIL: &str = "ada@example.org";

on_both_databases! {
    async fn a_page_asks_the_database_for_what_it_shows_and_no_more(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        app.execute("UPDATE users SET roles = 'administrator'").await;
        app.sign_in(EMAIL, crate::app::PASSWORD).await;
        ada.cookies.remove("__Host-at");
        ada.get("/").await;
        for (page, questions) in [
            ("/", 1), ("/password", 1), ("/account", 1), ("/profile", 1), ("/sessions", 2), ("/admin", 1), ("/admin/audit", 1),
            ("/api/v1/openapi.json", 0), ("/favicon.svg", 0), ("/healthz", 0),
        ] {
            let before = app.storage.times_asked();
            assert_eq!(ada.get(page).await.status, 200, "{page}");
            let asked = app.storage.times_asked() - before;
            assert!(asked <= questions, "{page} asks {asked} times");
        }
    }
}

/// What happens on this thread when a page is asked for that was asked for before.
fn allocations_of(app: &TestApp, path: &str, cookie: &str) -> AllocationInfo {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let ask = || {
        let request = Request::get(path)
            .header(COOKIE, cookie)
            .body(Body::empty())
            .expect("a request");
        let router = app.router.clone();
        let answer = async {
            let answer = router.oneshot(request).await.expect("an answer");
            assert_eq!(answer.status(), 200, "{path}");
            answer
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes()
        };
        runtime.block_on(answer).len()
    };
    // What is written of it is the log's affair.
    tracing::subscriber::with_default(NoSubscriber::default(), || {
        ask();
        allocation_counter::measure(|| {
            assert!(ask() > 100);
        })
    })
}

#[test]
fn what_is_asked_most_takes_few_allocations() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (app, ada) = runtime.block_on(async {
        let app = TestApp::sqlite().await;
        let ada = app.signed_in(EMAIL).await;
        (app, ada)
    });
    let token = ada.access_token();

    let check = allocation_counter::measure(|| {
        app.access_tokens
            .verify(token, Audience::Web)
            .expect("a good token");
    });
    assert!(check.count_total <= 1, "{check:?}");
    let cookie = format!("__Host-at={token}");
    for (path, cookie, budget) in [
        ("/profile", &*cookie, 350),
        ("/password", &*cookie, 450),
        ("/login", "", 330),
    ] {
        let found = allocations_of(&app, path, cookie);
        assert!(found.count_total <= budget, "{path}: {found:?}");
    }
    drop((app, ada));
}
