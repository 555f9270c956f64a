//! Who may open which page, and where the way leads afterwards.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::encode;

/// Ways to write another site that some reader or other takes for a path of this one.
const EVIL: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "\u{0}//evil.example",
    "//evil.example/%2e%2e",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "http://app.example/",
    "https://app.example@evil.example/",
    "https://app.example/profile",
    "//app.example@evil.example",
    "//evil.example\\@app.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "/.//evil.example",
    "/..//evil.example",
    "/./\\evil.example",
    "/%5C/../evil",
    "/x/../..//evil.example",
    "/profile\r\nSet-Cookie: a=b",
    "/profile\u{2028}",
    "/\u{ff0f}evil.example",
    "\u{ff0f}\u{ff0f}evil.example",
    "/profile#//evil.example",
    "evil.example",
    "?next=//evil.example",
    "#//evil.example",
    ".//evil.example",
    "/action/logout",
    "/api/v1/me",
    "*",
];

on_both_databases! {
    async fn a_stranger_is_sent_to_sign_in_and_back(app: TestApp) {
        app.signed_in("ada@example.org").await;
        for (page, form) in [
            ("/profile", "/login?next=/profile"),
            ("/password", "/login?next=/password"),
            ("/account", "/login?next=/account"),
            ("/profile?tab=a&x=%2F", "/login?next=/profile%3Ftab%3Da%26x%3D%252F"),
        ] {
            let mut client = app.client();
            let answer = client.get(page).await;
            answer.assert_sees_other(form);
            assert_eq!(answer.body, "", "nothing was rendered");
            let shown = client.get(form).await;
            shown.assert_page("Sign in");
            let fields: Vec<_> = shown
                .page()
                .named("input")
                .into_iter()
                .filter(|field| field.attribute("type") == Some("hidden"))
                .map(|field| (field.attribute("name").unwrap_or("").to_owned(), field.attribute("value").unwrap_or("").to_owned()))
                .collect();
            // The others are the choices of a language and an appearance, which lead back here.
            assert_eq!(fields[0], ("next".to_owned(), page.to_owned()));
            assert_eq!(fields[1], ("back".to_owned(), form.to_owned()));
            assert_eq!(fields[2], fields[1]);
            assert_eq!(fields.len(), 3);
            let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", page)];
            client.post("/action/login", &fields).await.assert_sees_other(page);
            assert_eq!(client.get(page).await.status, 200);
        }
    }
}

#[tokio::test]
async fn whoever_is_signed_in_needs_no_form_for_it() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    for form in ["/login", "/register"] {
        let answer = client.get(form).await;
        answer.assert_sees_other("/profile");
        assert_eq!(answer.body, "");
        client
            .get(&format!("{form}?next=/password%3Fx%3D1"))
            .await
            .assert_sees_other("/password?x=1");
    }
}

#[tokio::test]
async fn open_pages_are_open() {
    let app = TestApp::sqlite().await;
    app.client().get("/").await.assert_page("Your front door");
    app.client().get("/login").await.assert_page("Sign in");
    app.client()
        .get("/register")
        .await
        .assert_page("Create your account");
    let answer = app.client().get("/nowhere").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn no_way_leads_to_another_site_after_the_form() {
    let app = TestApp::sqlite().await;
    app.signed_in("ada@example.org").await;
    assert!(EVIL.len() >= 30);
    for (number, next) in EVIL.iter().enumerate() {
        let fields = [
            ("email", "ada@example.org"),
            ("password", PASSWORD),
            ("next", next),
        ];
        app.client()
            .post("/action/login", &fields)
            .await
            .assert_sees_other("/");

        let wrong = [
            ("email", "ada@example.org"),
            ("password", "wrong"),
            ("next", next),
        ];
        app.client()
            .post("/action/login", &wrong)
            .await
            .assert_sees_other("/login");

        let email = format!("ada{number}@example.org");
        let fields = [
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("nickname", "Ada"),
            ("next", next),
        ];
        app.client()
            .post("/action/register", &fields)
            .await
            .assert_sees_other("/");
    }
}

#[tokio::test]
async fn no_way_leads_to_another_site_from_the_address() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    let baseline = app.client().get("/login?next=/").await.page().outline();
    for next in EVIL {
        let address = format!("/login?{}", encode(&[("next", next)]));
        let answer = known.get(&address).await;
        assert_eq!(answer.location(), "/", "{next:?}: {answer:?}");
        let form = app.client().get(&address).await;
        form.assert_page("Sign in");
        assert_eq!(
            form.page().outline(),
            baseline,
            "{next:?} leaves no trace in the page"
        );
        assert!(
            !form.body.contains("evil.example"),
            "{next:?}: {}",
            form.body
        );
    }
    for query in [
        "next=/password&next=//evil.example",
        "next=//evil.example&next=/password",
        "next[]=/password",
        "NEXT=/password",
    ] {
        let answer = known.get(&format!("/login?{query}")).await;
        assert!(
            matches!(answer.location(), "/" | "/profile"),
            "{query}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn anything_but_a_path_of_ours_becomes_the_front_page() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    for next in [
        "//evil.example",
        "https://evil.example",
        "profile",
        "/action/logout",
    ] {
        known
            .get(&format!("/login?{}", encode(&[("next", next)])))
            .await
            .assert_sees_other("/");
    }
}

#[tokio::test]
async fn no_text_of_the_address_is_shown() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    for (path, signed_in) in [
        (
            "/login?error=MARK&message=MARK&__err=MARK&__path=MARK",
            false,
        ),
        ("/register?email=MARK&nickname=MARK", false),
        ("/?MARK=MARK", false),
        (
            "/profile?nickname=MARK&notice=MARK&__err=TUFSSw&__path=/action/update_profile",
            true,
        ),
        ("/MARK", false),
        ("/nowhere/MARK?MARK", false),
        ("/api/MARK", false),
    ] {
        let mut stranger = app.client();
        let answer = if signed_in {
            known.get(path).await
        } else {
            stranger.get(path).await
        };
        assert!(!answer.body.contains("MARK"), "{path}");
    }
    for (client, body) in [
        (app.client(), "/action/MARK"),
        (app.client().wanting_json(), "/action/MARK"),
    ] {
        let answer = client.clone().post(body, &[]).await;
        assert!(!answer.body.contains("MARK"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_long_way_to_remember_is_forgotten() {
    let app = TestApp::sqlite().await;
    let answer = app
        .client()
        .get(&format!("/profile?{}", "x".repeat(3000)))
        .await;
    answer.assert_sees_other("/login");
}
