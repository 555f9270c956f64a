//! Requests that another site makes a browser send change nothing.

use crate::app::{ORIGIN, PASSWORD, TestApp};
use crate::client::encode;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request};

/// Headers of a request, and whether it may change something.
const MATRIX: &[(&[(&str, &str)], bool)] = &[
    (&[("sec-fetch-site", "same-origin")], true),
    (
        &[("sec-fetch-site", "same-origin"), ("origin", ORIGIN)],
        true,
    ),
    (
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", ORIGIN),
            ("referer", "https://app.example/login"),
        ],
        true,
    ),
    (&[("origin", ORIGIN)], true),
    (&[("referer", "https://app.example/login?next=/")], true),
    (&[("referer", "https://app.example")], true),
    // No header at all proves nothing.
    (&[], false),
    (
        &[
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
        false,
    ),
    // Every other value of Sec-Fetch-Site, known or not, even with our origin beside it.
    (&[("sec-fetch-site", "cross-site")], false),
    (&[("sec-fetch-site", "same-site")], false),
    (&[("sec-fetch-site", "none")], false),
    (&[("sec-fetch-site", "")], false),
    (&[("sec-fetch-site", "same-origin-ish")], false),
    (&[("sec-fetch-site", "SAME-ORIGIN")], false),
    (&[("sec-fetch-site", "same-origin, same-origin")], false),
    (
        &[("sec-fetch-site", "cross-site"), ("origin", ORIGIN)],
        false,
    ),
    (
        &[("sec-fetch-site", "same-site"), ("origin", ORIGIN)],
        false,
    ),
    (
        &[
            ("sec-fetch-site", "none"),
            ("referer", "https://app.example/"),
        ],
        false,
    ),
    (
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ],
        false,
    ),
    (
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://evil.example"),
        ],
        false,
    ),
    // Other origins, and what looks like ours.
    (&[("origin", "null")], false),
    (&[("origin", "")], false),
    (&[("origin", "https://evil.example")], false),
    (&[("origin", "http://app.example")], false),
    (&[("origin", "https://app.example:8443")], false),
    (&[("origin", "https://app.example.evil.example")], false),
    (&[("origin", "https://evil-app.example")], false),
    (&[("origin", "https://sub.app.example")], false),
    (&[("origin", "https://app.example/")], false),
    (
        &[("origin", "https://app.example, https://evil.example")],
        false,
    ),
    (
        &[("origin", ORIGIN), ("origin", "https://evil.example")],
        false,
    ),
    (
        &[
            ("origin", "https://evil.example"),
            ("referer", "https://app.example/"),
        ],
        false,
    ),
    (
        &[("origin", "null"), ("referer", "https://app.example/")],
        false,
    ),
    (&[("referer", "https://evil.example/")], false),
    (
        &[("referer", "https://evil.example/https://app.example/")],
        false,
    ),
    (&[("referer", "https://app.example@evil.example/")], false),
    (&[("referer", "http://app.example/")], false),
    (&[("referer", "/login")], false),
    (&[("referer", "")], false),
    // Neither a bearer token nor a script's own header is a way past.
    (&[("authorization", "Bearer x")], false),
    (&[("x-requested-with", "XMLHttpRequest")], false),
];

/// Each action with a form that it would accept from somebody who is signed in as Ada.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    (
        "/action/register",
        &[
            ("email", "grace@example.org"),
            ("password", PASSWORD),
            ("nickname", "Grace"),
        ],
    ),
    (
        "/action/login",
        &[("email", "ada@example.org"), ("password", PASSWORD)],
    ),
    (
        "/action/update_profile",
        &[("nickname", "Changed"), ("signature", "")],
    ),
    (
        "/action/change_password",
        &[
            ("current_password", PASSWORD),
            ("new_password", "umber lantern quorum 77"),
        ],
    ),
    (
        "/action/delete_account",
        &[("current_password", PASSWORD), ("owner", "")],
    ),
    (
        "/action/export_data",
        &[("current_password", PASSWORD), ("owner", "")],
    ),
    ("/action/logout", &[]),
];

fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    cookies: &str,
    body: String,
) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies)
        .body(Body::from(body))
        .expect("a request");
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request
            .headers_mut()
            .append(name, HeaderValue::from_str(value).expect("a value"));
    }
    request
}

#[tokio::test]
async fn what_comes_from_elsewhere_changes_nothing() {
    let app = TestApp::sqlite().await;
    let client = app.signed_in("ada@example.org").await;
    let cookies = format!(
        "__Host-at={}; __Host-rt={}",
        client.access_token(),
        client.refresh_token()
    );
    let before = app.everything_stored().await;
    let mut unchanged = 0;
    for (path, fields) in FORMS {
        for (headers, _) in MATRIX.iter().filter(|(_, passes)| !passes) {
            let request = request(Method::POST, path, headers, &cookies, encode(fields));
            let answer = app.client().send_request(request).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
            assert!(answer.set_cookies().is_empty(), "{path} {headers:?}");
            let heading = answer.page().named("h1")[0].text();
            assert_eq!(heading, "That request was refused");
            unchanged += 1;
        }
    }
    assert_eq!(unchanged, 7 * 35);
    assert_eq!(app.everything_stored().await, before);
    assert_eq!(
        app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL")
            .await,
        1
    );
}

#[tokio::test]
async fn what_comes_from_our_own_pages_works() {
    for (path, fields) in FORMS {
        for (headers, _) in MATRIX.iter().filter(|(_, passes)| *passes) {
            let app = TestApp::sqlite().await;
            let client = app.signed_in("ada@example.org").await;
            let cookies = format!(
                "__Host-at={}; __Host-rt={}",
                client.access_token(),
                client.refresh_token()
            );
            let request = request(Method::POST, path, headers, &cookies, encode(fields));
            let answer = app.client().send_request(request).await;
            let is_file = *path == "/action/export_data";
            let status = if is_file { 200 } else { 303 };
            assert_eq!(answer.status, status, "{path} {headers:?}");
            let changes_cookies = *path != "/action/update_profile" && !is_file;
            assert_eq!(
                answer.set_cookie("__Host-at").is_some(),
                changes_cookies,
                "{path} {headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_unsafe_method_at_every_address_is_checked() {
    let app = TestApp::sqlite().await;
    let evil: &[(&str, &str)] = &[("sec-fetch-site", "cross-site")];
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for path in [
            "/",
            "/login",
            "/action/login",
            "/action/end_session",
            "/action/end_other_sessions",
            "/action/admin_sign_out",
            "/action/admin_end_session",
            "/action/admin_disable",
            "/action/admin_enable",
            "/action/admin_set_roles",
            "/action/first_administrator",
            "/action/set_language",
            "/action/advise_password",
            "/action/set_appearance",
            "/action/set_avatar",
            "/action/remove_avatar",
            "/action/delete_account",
            "/action/export_data",
            "/action/none",
            "/nowhere",
            "/healthz",
            "/pkg/x",
        ] {
            let request = request(method.clone(), path, evil, "", String::new());
            assert_eq!(
                app.client().send_request(request).await.status,
                403,
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn reading_is_for_everybody() {
    let app = TestApp::sqlite().await;
    for headers in [
        &[][..],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ][..],
    ] {
        for method in [Method::GET, Method::HEAD] {
            let request = request(method.clone(), "/login", headers, "", String::new());
            assert_eq!(
                app.client().send_request(request).await.status,
                200,
                "{method} {headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_method_in_a_field_or_header_is_not_the_method() {
    let app = TestApp::sqlite().await;
    let mut client = app
        .signed_in("ada@example.org")
        .await
        .with_header("x-http-method-override", "POST");
    assert_eq!(client.get("/action/logout?_method=POST").await.status, 405);
    client.get("/profile").await.assert_page("Your profile");
}
