//! The headers that go with every answer, whatever became of the request. That all are there is
//! checked on each answer of each test (client.rs); here is what they say.

use crate::app::TestApp;
use crate::client::{Answer, Client};
use axum::body::Body;
use axum::http::Method;
use std::collections::BTreeSet;

/// The policy's nonce, and the policy without it.
fn policy(answer: &Answer) -> (String, String) {
    let policy = answer.header("content-security-policy").expect("a policy");
    let start = policy.find("'nonce-").expect("a nonce") + "'nonce-".len();
    let end = start + policy[start..].find('\'').expect("its end");
    (
        policy[start..end].to_owned(),
        format!("{}N{}", &policy[..start], &policy[end..]),
    )
}

/// One answer for each status that the service gives by itself.
async fn of_every_status(app: &TestApp) -> Vec<(u16, Answer)> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let long = "x".repeat(64 * 1024 + 1);
    let mut json = app.client().wanting_json();
    let mut html = app.client();
    let mut stranger = app.client().with_header("sec-fetch-site", "cross-site");
    vec![
        (200, html.get("/").await),
        (200, html.get("/healthz").await),
        (303, html.get("/profile").await),
        (303, html.post("/action/logout", &[]).await),
        (
            400,
            html.post_body("/action/login", FORM, "email=1&email=2")
                .await,
        ),
        (
            400,
            json.post_body("/action/login", FORM, "email=1&email=2")
                .await,
        ),
        (401, json.post("/action/change_password", &[]).await),
        (403, stranger.post("/action/login", &[]).await),
        (404, html.get("/nowhere").await),
        (404, json.get("/nowhere").await),
        (404, html.get("/pkg/nothing.js").await),
        (404, html.post("/action/nothing", &[]).await),
        (401, html.get("/api/v1/me").await),
        (404, html.get("/api/v1/nothing").await),
        (405, html.get("/action/login").await),
        (
            405,
            html.send(Method::DELETE, "/login", None, Body::empty())
                .await,
        ),
        (
            413,
            html.post_body("/action/login", FORM, long.clone()).await,
        ),
        (413, json.post_body("/action/login", FORM, long).await),
        (
            415,
            html.post_body("/action/login", "application/json", "{}")
                .await,
        ),
        (
            415,
            json.post_body("/action/login", "application/json", "{}")
                .await,
        ),
        (422, json.post("/action/login", &[]).await),
    ]
}

#[tokio::test]
async fn they_are_the_contract_s_at_every_status() {
    let app = TestApp::sqlite().await;
    let mut nonces = BTreeSet::new();
    let answers = of_every_status(&app).await;
    for (status, answer) in &answers {
        assert_eq!(answer.status, *status, "{answer:?}");
        let (nonce, policy) = policy(answer);
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self' 'nonce-N' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
             object-src 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        );
        assert!(nonce.len() >= 22, "128 bits at least: {nonce}");
        nonces.insert(nonce);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{status}");
        let hsts = answer
            .header("strict-transport-security")
            .expect("with https");
        assert!(hsts.starts_with("max-age=63072000"), "{hsts}");
        assert!(
            answer
                .header("permissions-policy")
                .is_some_and(|policy| policy.contains("camera=()"))
        );
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
        assert!(answer.header("access-control-allow-origin").is_none());
    }
    assert_eq!(nonces.len(), answers.len(), "a nonce is used once");
}

#[tokio::test]
async fn what_went_wrong_is_a_page_of_the_house_or_a_word() {
    let app = TestApp::sqlite().await;
    for (status, answer) in of_every_status(&app)
        .await
        .into_iter()
        .filter(|(status, _)| *status >= 400)
    {
        if answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
        {
            let page = answer.page();
            assert_eq!(page.named("h1").len(), 1);
            let home = page.by_class("actions").expect("a way on").named("a")[0].clone();
            assert_eq!(
                (home.attribute("href"), home.text().as_str()),
                (Some("/"), "Home")
            );
            assert_eq!(
                page.named("title")[0].text(),
                format!("{} – Vestibule", page.named("h1")[0].text())
            );
            assert!(
                page.by_class("site-header").is_some() && page.by_class("site-footer").is_some()
            );
        } else {
            assert!(answer.body.len() < 200, "{status}: {}", answer.body);
        }
        assert!(
            !answer.body.contains("src/") && !answer.body.contains("panicked"),
            "{}",
            answer.body
        );
    }
    let heading = |answer: Answer| answer.page().named("h1")[0].text();
    assert_eq!(
        heading(app.client().get("/nowhere").await),
        "There is no page here"
    );
}

#[tokio::test]
async fn a_fault_of_ours_tells_nothing_and_has_the_headers_too() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    app.execute("ALTER TABLE users RENAME TO lost").await;
    let fields = [
        ("email", "ada@example.org"),
        ("password", crate::app::PASSWORD),
        ("nickname", "Ada"),
    ];
    for path in ["/action/login", "/action/register"] {
        let answer = app.client().wanting_json().post(path, &fields).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (500, "\"internal\""),
            "{path}"
        );
        let answer = app.client().post(path, &fields).await;
        assert!(answer.status == 500 || answer.status == 303, "{answer:?}");
        assert!(!answer.body.contains("lost") && !answer.body.contains("users"));
    }
    let answer = client.get("/profile").await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.page().named("h1")[0].text(),
        "Something went wrong on our side"
    );
    assert!(!answer.body.contains("no such table"));
    assert_eq!(policy(&answer).1.matches("'nonce-N'").count(), 1);
}

#[tokio::test]
async fn each_script_has_the_answer_s_nonce_and_nothing_else_is_inline() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    let mut scripts = 0;
    for (client, path) in [
        ("stranger", "/"),
        ("stranger", "/login"),
        ("stranger", "/register"),
        ("known", "/"),
        ("known", "/profile"),
        ("known", "/password"),
        ("known", "/account"),
        ("stranger", "/nowhere"),
    ] {
        let mut stranger = app.client();
        let visitor: &mut Client = if client == "known" {
            &mut known
        } else {
            &mut stranger
        };
        let answer = visitor.get(path).await;
        let (nonce, _) = policy(&answer);
        for element in answer.page().all() {
            if element.name == "script" {
                match element.attribute("src") {
                    Some(source) => {
                        assert!(source.starts_with("/scripts/"), "{path}: {source}");
                        assert_eq!(element.text(), "", "{path}");
                    }
                    None => {
                        scripts += 1;
                        assert_eq!(element.attribute("nonce"), Some(nonce.as_str()), "{path}");
                    }
                }
            }
            assert_ne!(element.name, "style", "{path}");
            for attribute in element.attributes.keys() {
                assert!(
                    attribute != "style" && !attribute.starts_with("on"),
                    "{attribute} on {path}"
                );
            }
        }
    }
    assert!(scripts >= 3, "pages with islands have one each");
}

#[tokio::test]
async fn only_pages_with_islands_load_them() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    for (answer, islands) in [
        (app.client().get("/").await, false),
        (app.client().get("/nowhere").await, false),
        (app.client().get("/login").await, true),
        (known.get("/").await, false),
        (known.get("/profile").await, false),
        (known.get("/password").await, true),
        (known.get("/account").await, true),
        (known.get("/sessions").await, false),
    ] {
        let page = answer.page();
        let inline = page.named("script").into_iter();
        let inline = inline.filter(|script| script.attribute("src").is_none());
        assert_eq!(inline.count() > 0, islands, "{}", answer.body);
        for file in ["/pkg/vestibule.jsHash.js", "/pkg/vestibule.wasmHash.wasm"] {
            assert_eq!(answer.body.contains(file), islands, "{file}");
        }
        let sheets = page.named("link").into_iter();
        let sheets = sheets.filter(|link| link.attribute("rel") == Some("stylesheet"));
        let sheets: Vec<_> = sheets.filter_map(|sheet| sheet.attribute("href")).collect();
        assert_eq!(sheets, ["/pkg/vestibule.cssHash.css"], "and no other waits");
    }
}

#[tokio::test]
async fn every_page_has_the_one_script_and_keeps_it() {
    let app = TestApp::sqlite().await;
    let mut client = app.client();
    let mut found = std::collections::BTreeSet::new();
    for path in ["/", "/login", "/nowhere"] {
        let page = client.get(path).await.page();
        let sources = page.named("script").into_iter();
        let sources = sources.filter_map(|script| Some(script.attribute("src")?.to_owned()));
        found.extend(sources);
    }
    let [script] = <[String; 1]>::try_from(Vec::from_iter(found)).expect("one for all");
    let answer = client.get(&script).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/javascript; charset=utf-8"))
    );
    let for_ever = "public, max-age=31536000, immutable";
    assert_eq!(answer.header("cache-control"), Some(for_ever));
    for another in ["/scripts/x.js", "/scripts/", "/scripts/../test.db"] {
        assert_eq!(client.get(another).await.status, 404, "{another}");
    }
}

#[tokio::test]
async fn without_https_there_is_no_hsts() {
    let app = TestApp::sqlite()
        .await
        .with_variables(&[("VESTIBULE_ORIGIN", "http://localhost:3000")])
        .await;
    assert_eq!(
        app.client()
            .get("/")
            .await
            .header("strict-transport-security"),
        None
    );
}

#[tokio::test]
async fn built_files_are_kept_for_ever_and_sent_compressed() {
    let app = TestApp::sqlite().await;
    let for_ever = Some("public, max-age=31536000, immutable");
    let mut client = app.client();
    for (path, kind) in [
        ("/pkg/vestibule.cssHash.css", "text/css"),
        ("/pkg/vestibule.jsHash.js", "text/javascript"),
        ("/pkg/vestibule.wasmHash.wasm", "application/wasm"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (200, for_ever),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), Some(kind));
        assert!(answer.set_cookies().is_empty());
        let date = answer.header("last-modified").expect("a date").to_owned();
        let again = client
            .clone()
            .with_header("if-modified-since", &date)
            .get(path)
            .await;
        assert_eq!(
            (again.status, again.header("cache-control")),
            (304, for_ever),
            "{path}"
        );
        assert!(again.body.is_empty());
    }
    let compressed = client
        .clone()
        .with_header("accept-encoding", "gzip, br")
        .get("/pkg/vestibule.wasmHash.wasm")
        .await;
    assert_eq!(
        (
            compressed.header("content-encoding"),
            compressed.body.as_str()
        ),
        (Some("br"), "brotli")
    );
    assert_eq!(compressed.header("content-type"), Some("application/wasm"));
    assert!(
        compressed
            .header("vary")
            .is_some_and(|vary| vary.to_ascii_lowercase().contains("accept-encoding"))
    );
    let icon = client.get("/favicon.svg").await;
    assert_eq!(
        (icon.status, icon.header("content-type")),
        (200, Some("image/svg+xml"))
    );
    assert_eq!(icon.body, vestibule::brand::logo());
}

#[tokio::test]
async fn no_path_leads_out_of_the_site() {
    let app = TestApp::sqlite().await;
    std::fs::write(app.folder().join("site").join(".env"), "VESTIBULE_SECRET=x").expect("a file");
    for path in [
        "/../test.db",
        "/pkg/../../test.db",
        "/pkg/..%2f..%2ftest.db",
        "/%2e%2e/test.db",
        "/..%5ctest.db",
        "/pkg//../../test.db",
        "/pkg",
        "/pkg/",
    ] {
        let answer = app.client().get(path).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
        assert!(!answer.body.contains("SQLite format"), "{path}");
    }
}

#[tokio::test]
async fn a_head_request_has_the_headers_of_a_get_and_no_body() {
    let app = TestApp::sqlite().await;
    let answer = app
        .client()
        .send(Method::HEAD, "/login", None, Body::empty())
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn only_the_end_of_a_session_clears_what_the_browser_keeps() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    for answer in [
        client.get("/").await,
        client.get("/profile").await,
        client
            .post(
                "/action/update_profile",
                &[("nickname", "Ada"), ("signature", "")],
            )
            .await,
        app.client()
            .post("/action/login", &[("email", "x"), ("password", "y")])
            .await,
    ] {
        assert_eq!(answer.header("clear-site-data"), None);
    }
    let gone = client.post("/action/logout", &[]).await;
    assert_eq!(
        gone.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
}
