//! What forms take, what they refuse, and what a refusal keeps.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request};
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

const FORM: &str = "application/x-www-form-urlencoded";

/// What stands in a field of a page.
fn value_of(page: &crate::html::Element, id: &str) -> Option<String> {
    let field = page.by_id(id)?;
    if field.name == "textarea" {
        Some(field.text())
    } else {
        field.attribute("value").map(str::to_owned)
    }
}

on_both_databases! {
    async fn a_refused_registration_keeps_what_was_typed_but_the_password(app: TestApp) {
        let mut client = app.client();
        let fields = [("email", "not<an>e-mail"), ("nickname", " \"Ada\" & <b> "), ("password", "kestrel"), ("next", "/password")];
        client.post("/action/register", &fields).await.assert_sees_other("/register?next=/password");
        let form = client.get("/register?next=/password").await;
        form.assert_says_at("email", "Enter an e-mail address such as name@example.org.");
        form.assert_says_at("password", "Use at least 12 characters.");
        let page = form.page();
        assert!(page.by_id("nickname-error").is_none());
        assert_eq!(value_of(&page, "email").as_deref(), Some("not<an>e-mail"));
        assert_eq!(value_of(&page, "nickname").as_deref(), Some(" \"Ada\" & <b> "));
        assert_eq!(value_of(&page, "password"), None);
        assert!(!form.body.contains("kestrel"));
        assert_eq!(app.count("users").await, 0);

        // Once seen, it is gone.
        let again = client.get("/register").await;
        assert!(again.page().by_id("error-summary").is_none());
        assert_eq!(value_of(&again.page(), "email").as_deref(), Some(""));
    }

    async fn a_refused_profile_keeps_what_was_typed_and_stores_nothing(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let long = "s".repeat(201);
        for (name, value, sentence) in [
            ("nickname", "", "Enter a nickname."),
            ("nickname", " \t ", "Enter a nickname."),
            ("nickname", &"n".repeat(51), "The nickname cannot be longer than 50 characters."),
            ("nickname", "a\u{0}b", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\u{1b}[31mb", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\nb", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\u{7f}b", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\u{85}b", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "nimda\u{202e}", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "\u{2066}a\u{2069}", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\u{200b}b", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\u{feff}b", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "a\u{e0041}b", "The nickname contains an invisible or control character; remove it."),
            ("nickname", "\u{301}", "The nickname needs at least one visible character."),
            ("signature", &long, "The signature cannot be longer than 200 characters."),
            ("signature", "a\u{0}b", "The signature contains an invisible or control character; remove it."),
            ("signature", "a\u{202e}b", "The signature contains an invisible or control character; remove it."),
        ] {
            let mut fields = vec![("nickname", "Grace"), ("signature", "sig")];
            fields.retain(|(field, _)| *field != name);
            fields.push((name, value));
            client.post("/action/update_profile", &fields).await.assert_sees_other("/profile");
            let form = client.get("/profile").await;
            form.assert_says_at(name, sentence);
            for (field, typed) in fields {
                let shown = value_of(&form.page(), field).expect("a field");
                // A parser of HTML replaces or normalises these few by itself.
                if !typed.contains(['\u{0}', '\n', '\u{85}']) {
                    assert_eq!(shown, typed, "{field}");
                }
            }
            assert_eq!(app.text("SELECT nickname || signature FROM users").await, "Ada");
        }
        // At the limit each is taken.
        let (fifty, two_hundred) = ("👩".repeat(50), "é".repeat(200));
        let fields = [("nickname", fifty.as_str()), ("signature", &two_hundred)];
        client.post("/action/update_profile", &fields).await.assert_sees_other("/profile");
        client.get("/profile").await.assert_notice(Some("Your profile is saved."));
        assert_eq!(app.text("SELECT nickname FROM users").await, fifty);
    }

    async fn each_field_of_a_registration_one_over_its_limit(app: TestApp) {
        let local = "l".repeat(64);
        let domain = |length: usize| format!("{}.{}.{}.example", "a".repeat(63), "b".repeat(63), "c".repeat(length));
        let longest = format!("{local}@{}", domain(53));
        assert_eq!(longest.len(), 254);
        let password = |bytes: usize| "violet harbour 41 ".repeat(60)[..bytes].to_owned();
        for (name, value, reason) in [
            ("email", format!("{local}@{}", domain(54)), json!({"too_long": {"max": 254}})),
            ("email", format!("l{local}@example.org"), json!("malformed")),
            ("email", "x".repeat(60_000), json!({"too_long": {"max": 254}})),
            ("email", "ada\u{0}@example.org".to_owned(), json!("malformed")),
            ("email", "ada\r\nBcc: x@example.org".to_owned(), json!("malformed")),
            ("email", "\u{212a}ada@example.org".to_owned(), json!("malformed")),
            ("nickname", "n".repeat(51), json!({"too_long": {"max": 50}})),
            ("password", password(1025), json!({"too_long": {"max": 1024}})),
            ("password", "elevenchars".to_owned(), json!({"too_short": {"min": 12}})),
            ("password", "violet\u{0}harbour kestrel".to_owned(), json!("forbidden_character")),
        ] {
            let mut fields = vec![("email", "ada@example.org"), ("nickname", "Ada"), ("password", PASSWORD)];
            fields.retain(|(field, _)| *field != name);
            fields.push((name, &value));
            let answer = app.client().wanting_json().post("/action/register", &fields).await;
            let expected = json!({"invalid": [{"field": name, "reason": reason}]});
            assert_eq!((answer.status, answer.json()), (422, expected), "{name}: {value:.80}");
            let mut client = app.client();
            client.post("/action/register", &fields).await.assert_sees_other("/register");
            assert!(client.get("/register").await.page().by_id(&format!("{name}-error")).is_some(), "{name}");
        }
        assert_eq!((app.count("users").await, app.count("sessions").await), (0, 0));
        let (nickname, password) = ("n".repeat(50), password(1024));
        let fields = [("email", longest.as_str()), ("nickname", &nickname), ("password", &password)];
        app.client().post("/action/register", &fields).await.assert_sees_other("/profile");
        assert!(app.lets_in(&longest, &password).await);
    }

    async fn a_password_of_a_mebibyte_is_too_much_and_nothing_is_stored(app: TestApp) {
        let password = "p".repeat(1 << 20);
        let fields = [("email", "ada@example.org"), ("nickname", "Ada"), ("password", &password)];
        for path in ["/action/register", "/action/login"] {
            let answer = app.client().post(path, &fields).await;
            assert_eq!(answer.status, 413, "{path}");
            assert_eq!(answer.page().named("h1")[0].text(), "That was too much to send at once");
            assert_eq!(app.client().wanting_json().post(path, &fields).await.status, 413);
        }
        assert_eq!(app.count("users").await, 0);
    }
}

#[tokio::test]
async fn a_body_is_at_most_64_kibibytes_known_beforehand_or_not() {
    let app = TestApp::sqlite().await;
    let body = |bytes: usize| format!("email={}", "e".repeat(bytes - "email=".len()));
    let mut client = app.client().wanting_json();
    assert_eq!(
        client
            .post_body("/action/login", FORM, body(64 * 1024))
            .await
            .status,
        422,
        "at the limit it is read"
    );
    assert_eq!(
        client
            .post_body("/action/login", FORM, body(64 * 1024 + 1))
            .await
            .status,
        413
    );
    for (bytes, status) in [(64 * 1024, 422), (64 * 1024 + 1, 413), (1 << 22, 413)] {
        // Without a Content-Length, as with chunked encoding.
        let chunks = Body::new(Chunks(
            body(bytes)
                .into_bytes()
                .chunks(1000)
                .map(<[u8]>::to_vec)
                .collect(),
        ));
        assert_eq!(
            client.post_body("/action/login", FORM, chunks).await.status,
            status,
            "{bytes}"
        );
    }
}

/// A body that does not say how long it is.
struct Chunks(VecDeque<Vec<u8>>);

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(
            self.0
                .pop_front()
                .map(|chunk| Ok(hyper::body::Frame::data(chunk.into()))),
        )
    }
}

#[tokio::test]
async fn other_content_types_are_refused_before_they_are_read() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    for content_type in [
        "text/plain",
        "application/json",
        "application/json; charset=utf-8",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/x-www-form-urlencoded, text/plain",
        "application/x-www-form-urlencoded-x",
        "application/cbor",
        "",
    ] {
        for action in [
            "register",
            "login",
            "logout",
            "update_profile",
            "change_password",
        ] {
            let path = format!("/action/{action}");
            let answer = client
                .post_body(&path, content_type, "nickname=Mallory")
                .await;
            assert_eq!(answer.status, 415, "{content_type} to {action}");
            assert_eq!(
                answer.page().named("h1")[0].text(),
                "That kind of content is not accepted here"
            );
        }
    }
    let nothing_said = Request::post("/action/update_profile")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from("nickname=M"));
    assert_eq!(
        client
            .send_request(nothing_said.expect("a request"))
            .await
            .status,
        415
    );
    client.get("/profile").await.assert_page("Your profile");
    assert_eq!(app.text("SELECT nickname FROM users").await, "Ada");
    let answer = client
        .post_body(
            "/action/update_profile",
            "Application/X-WWW-Form-URLencoded;charset=UTF-8",
            "nickname=Grace",
        )
        .await;
    answer.assert_sees_other("/profile");
    assert_eq!(app.text("SELECT nickname FROM users").await, "Grace");
}

#[tokio::test]
async fn what_is_not_a_plain_form_is_refused() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    for body in [
        "nickname=Mallory&nickname=Eve",
        "nickname=Mallory&nick%6eame=Eve",
        "nickname[]=Mallory",
        "nickname[0]=Mallory&nickname[1]=Eve",
        "nickname%5B%5D=Mallory",
        "__proto__[nickname]=Mallory",
        "nickname=%",
        "nickname=%4",
        "nickname=%GG",
        "nickname=%ff%fe",
        "nickname=%C0%80",
        "nickname=%ED%A0%80",
        "\u{0}=x",
        "{\"nickname\":\"Mallory\"}",
        &(0..100)
            .map(|number| format!("{}=x", "f".repeat(number + 1)))
            .collect::<Vec<_>>()
            .join("&"),
    ] {
        let answer = client
            .post_body("/action/update_profile", FORM, body.to_owned())
            .await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(
            answer.page().named("h1")[0].text(),
            "That request could not be understood"
        );
        assert_eq!(
            client
                .clone()
                .wanting_json()
                .post_body("/action/update_profile", FORM, body.to_owned())
                .await
                .status,
            400
        );
    }
    let bytes = client
        .post_body("/action/update_profile", FORM, b"nickname=\xff".to_vec())
        .await;
    assert_eq!(bytes.status, 400);
    assert_eq!(app.text("SELECT nickname FROM users").await, "Ada");
}

#[tokio::test]
async fn fields_that_are_missing_are_empty_and_others_are_passed_over() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    let answer = client
        .clone()
        .wanting_json()
        .post("/action/update_profile", &[])
        .await;
    assert_eq!(
        answer.json(),
        json!({"invalid": [{"field": "nickname", "reason": "required"}]})
    );
    client
        .post(
            "/action/update_profile",
            &[
                ("nickname", "Grace"),
                ("roles", "administrator"),
                ("epoch", "9"),
            ],
        )
        .await;
    assert_eq!(
        app.text("SELECT nickname || roles FROM users").await,
        "Grace"
    );
}

#[tokio::test]
async fn an_action_takes_nothing_from_the_address() {
    let app = TestApp::sqlite().await;
    let mut client = app.client().wanting_json();
    let path = format!(
        "/action/login?{}",
        crate::client::encode(&[("email", "ada@example.org"), ("password", PASSWORD)])
    );
    app.signed_in("ada@example.org").await;
    assert_eq!(client.post(&path, &[]).await.status, 422);
    assert!(client.cookies.is_empty());
}

#[tokio::test]
async fn a_flash_is_for_its_own_page_and_for_five_minutes() {
    let app = TestApp::sqlite().await;
    let (client, answer) = app.sign_in("ada@example.org", "wrong").await;
    let cookie = answer.set_cookie("__Host-flash").expect("a flash");
    assert_eq!(
        cookie.attributes,
        [
            "Path=/",
            "Secure",
            "HttpOnly",
            "SameSite=Strict",
            "Max-Age=300"
        ]
    );
    assert!(!cookie.value.contains("ada"), "it is sealed");
    let shows_it = |answer: &crate::client::Answer| answer.page().by_id("error-summary").is_some();
    let mut elsewhere = client.clone();
    assert!(!shows_it(&elsewhere.get("/register").await));
    assert!(
        shows_it(&elsewhere.get("/login").await),
        "another page leaves it alone"
    );
    app.clock.advance(301_000);
    assert!(!shows_it(&client.clone().get("/login").await));
}

#[tokio::test]
async fn a_flash_of_somebody_else_s_making_shows_nothing() {
    let app = TestApp::sqlite().await;
    let (_, answer) = app.sign_in("ada@example.org", "wrong").await;
    let flash = answer.set_cookie("__Host-flash").expect("a flash").value;
    let baseline = app.client().get("/login").await.page().outline();
    let (kid, sealed) = flash.split_once('.').expect("two parts");
    for forged in [
        "x",
        "",
        ".",
        "AAAA.AAAA",
        &format!("{kid}.{}", "A".repeat(sealed.len())),
        &format!("{kid}.{}", &sealed[1..]),
        &format!("{}.{sealed}", app.keyring.access.current().kid),
        &"A".repeat(4000),
    ] {
        let answer = app
            .client()
            .with_cookie("__Host-flash", forged)
            .get("/login")
            .await;
        assert_eq!(answer.page().outline(), baseline, "{forged}");
    }
}

#[tokio::test]
async fn two_cookies_of_one_name_are_nobody_s_and_both_are_taken_away() {
    let app = TestApp::sqlite().await;
    let client = app.signed_in("ada@example.org").await;
    let (access, refresh) = (client.access_token(), client.refresh_token());
    for cookies in [
        format!("__Host-at={access}; __Host-at={access}; __Host-rt={refresh}"),
        format!("__Host-at={access}; __Host-rt={refresh}; __Host-rt={refresh}"),
        format!("__Host-at=x; __Host-at={access}"),
        format!("__Host-at={access}; a=b; __Host-at="),
    ] {
        let mut client = app.client().with_header("cookie", &cookies);
        let answer = client.get("/profile").await;
        answer.assert_sees_other("/login?next=/profile");
        for name in ["__Host-at", "__Host-rt"] {
            assert!(
                answer
                    .set_cookie(name)
                    .is_some_and(|cookie| cookie.is_expiry()),
                "{name} after {cookies:.60}"
            );
        }
        let answer = client
            .wanting_json()
            .post("/action/change_password", &[])
            .await;
        assert_eq!(answer.status, 401);
    }
    // In two header lines too, as HTTP/2 may send them.
    let mut request = Request::get("/profile")
        .body(Body::empty())
        .expect("a request");
    for _ in 0..2 {
        request.headers_mut().append(
            "cookie",
            HeaderValue::from_str(&format!("__Host-at={access}")).expect("a value"),
        );
    }
    app.client()
        .send_request(request)
        .await
        .assert_sees_other("/login?next=/profile");
    // But one in each of two lines is one.
    let mut request = Request::get("/profile")
        .body(Body::empty())
        .expect("a request");
    for pair in [format!("a=b; __Host-at={access}"), "c=d".to_owned()] {
        request
            .headers_mut()
            .append("cookie", HeaderValue::from_str(&pair).expect("a value"));
    }
    app.client()
        .send_request(request)
        .await
        .assert_page("Your profile");
    assert_eq!(
        app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL")
            .await,
        1
    );
}

#[tokio::test]
async fn cookies_of_no_sense_do_no_harm() {
    let app = TestApp::sqlite().await;
    let long = format!("__Host-at={}", "x".repeat(40 * 1024));
    let many = (0..4000)
        .map(|number| format!("c{number}=1"))
        .collect::<Vec<_>>()
        .join("; ");
    for cookies in [
        ";;;=;=;",
        "__Host-at",
        "__Host-at=",
        "__Host-at=;__Host-rt=",
        "__Host-at=\"quoted\"",
        "__host-at=x",
        "__Host-at =x",
        "__Host-at==",
        "__Host-at=a.b.c",
        "__Host-at=..; __Host-rt=....; __Host-flash=.",
        "=__Host-at=x",
        &long,
        &many,
    ] {
        let mut client = app.client().with_header("cookie", cookies);
        client
            .get("/profile")
            .await
            .assert_sees_other("/login?next=/profile");
        client.get("/login").await.assert_page("Sign in");
        assert_eq!(client.post("/action/logout", &[]).await.status, 303);
    }
    for bytes in [
        b"__Host-at=\xff\xfe".as_slice(),
        b"\xff=\xff",
        b"__Host-rt=\xc3\xa9",
        b"__Host-flash=\xff",
    ] {
        let mut request = Request::get("/profile")
            .body(Body::empty())
            .expect("a request");
        request
            .headers_mut()
            .insert("cookie", HeaderValue::from_bytes(bytes).expect("a value"));
        app.client()
            .send_request(request)
            .await
            .assert_sees_other("/login?next=/profile");
    }
    // Others' cookies beside ours change nothing.
    let client = app.signed_in("ada@example.org").await;
    let beside = format!(
        "x__Host-at=1; __Host-atx=2; __Host-at={}; at=3; at=4",
        client.access_token()
    );
    app.client()
        .with_header("cookie", &beside)
        .get("/profile")
        .await
        .assert_page("Your profile");
}

#[tokio::test]
async fn odd_addresses_do_no_harm() {
    let app = TestApp::sqlite().await;
    for path in [
        "/%00",
        "/%ff",
        "/login/",
        "/LOGIN",
        "/login%2f",
        "/login;x=1",
        "/profile/..",
        "//",
        "/action/",
        "/action",
        "/?",
        "/a%0d%0ab",
    ] {
        let answer = app.client().get(path).await;
        assert!(answer.status < 500, "{path}: {}", answer.status);
    }
    assert!(
        app.client()
            .get(&format!("/login?next={}", "%2F".repeat(10_000)))
            .await
            .status
            < 500
    );
}

#[tokio::test]
async fn an_address_longer_than_any_file_s_name_is_simply_not_there() {
    let app = TestApp::sqlite().await;
    for path in [
        format!("/{}", "a".repeat(256)),
        format!("/{}", "a".repeat(30_000)),
        format!("/pkg/{}", "a/".repeat(10_000)),
    ] {
        assert_eq!(app.client().get(&path).await.status, 404, "{path:.40}");
    }
}
