//! What people write is text on every page, never markup.

use crate::app::{TestApp, on_both_databases};
use crate::client::Client;
use crate::html::Element;

/// Each breaks out of some place where a page shows text.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</textarea><script>x()</script>",
    "</title><script>x()</script>",
    "</script><img src=x onerror=x()>",
    "\"><svg onload=x()>",
    "' onfocus='x()' autofocus='",
    "\" autofocus onfocus=\"x()",
    "--><img src=x onerror=x()>",
    "<!--",
    "]]><script>x()</script>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "&lt;script&gt;x()&lt;/script&gt;",
    "&#x3c;b&#x3e; &amp; &quot;",
    "<plaintext>",
    "`onclick=x()`",
    "javascript:x()",
];

const PAGES: &[&str] = &["/", "/profile", "/password", "/account"];

async fn save(client: &mut Client, nickname: &str, signature: &str) {
    let fields = [("nickname", nickname), ("signature", signature)];
    client
        .post("/action/update_profile", &fields)
        .await
        .assert_sees_other("/profile");
    client
        .get("/profile")
        .await
        .assert_notice(Some("Your profile is saved."));
}

async fn outlines(client: &mut Client) -> Vec<String> {
    let mut outlines = Vec::new();
    for page in PAGES {
        let answer = client.get(page).await;
        assert_eq!(answer.status, 200);
        outlines.push(answer.page().outline());
    }
    outlines
}

fn field(page: &Element, id: &str) -> String {
    let field = page.by_id(id).expect("a field");
    if field.name == "textarea" {
        field.text()
    } else {
        field.attribute("value").unwrap_or("").to_owned()
    }
}

on_both_databases! {
    async fn a_profile_is_text_on_every_page(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        save(&mut client, "Ada", "harmless").await;
        let harmless = outlines(&mut client).await;
        for text in HOSTILE {
            let nickname: String = text.chars().take(50).collect();
            save(&mut client, &nickname, text).await;
            assert_eq!(outlines(&mut client).await, harmless, "{text}");

            let page = client.get("/profile").await.page();
            assert_eq!(field(&page, "nickname"), nickname);
            assert_eq!(field(&page, "signature"), *text);
            assert_eq!(page.by_class("identity__name").expect("the name").text(), nickname);
            assert_eq!(page.by_class("identity__signature").expect("the signature").text(), *text);
            assert!(page.by_class("avatar--initials").is_some_and(|picture| picture.children.len() == 1));
            assert_eq!(client.get("/").await.page().named("h1")[0].text(), format!("Hello, {nickname}"));
        }
    }
}

#[tokio::test]
async fn what_a_refused_form_keeps_is_text_too() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in("ada@example.org").await;
    let too_long = "s".repeat(201);
    let refuse = |text: &str| {
        [
            ("nickname", text.to_owned()),
            ("signature", format!("{text}{too_long}")),
        ]
    };
    let mut baselines: Option<[String; 3]> = None;
    for text in ["harmless"].iter().chain(HOSTILE) {
        let mut stranger = app.client();
        let fields = [("email", *text), ("nickname", text), ("password", "x")];
        stranger
            .post("/action/register", &fields)
            .await
            .assert_sees_other("/register");
        let register = stranger.get("/register").await.page();
        assert_eq!(field(&register, "nickname"), *text);
        assert_eq!(field(&register, "email"), *text);

        stranger
            .post("/action/login", &fields)
            .await
            .assert_sees_other("/login");
        let login = stranger.get("/login").await.page();
        assert_eq!(field(&login, "email"), *text);

        let fields = refuse(text);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        known
            .post("/action/update_profile", &fields)
            .await
            .assert_sees_other("/profile");
        let profile = known.get("/profile").await.page();
        assert_eq!(field(&profile, "signature"), format!("{text}{too_long}"));

        // Whether the nickname itself is refused changes what is marked, so it is left out here.
        let outlines = [register.outline(), login.outline(), profile.outline()].map(|outline| {
            assert!(!outline.contains("<script  "), "{text}");
            outline
        });
        match &baselines {
            None => baselines = Some(outlines),
            Some(baselines) if text.chars().count() <= 50 => {
                assert_eq!(outlines[1..], baselines[1..], "{text}")
            }
            Some(baselines) => assert_eq!(outlines[1], baselines[1], "{text}"),
        }
    }
}

#[tokio::test]
async fn what_stands_in_the_database_is_not_trusted_to_be_harmless() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    save(&mut client, "Ada", "harmless").await;
    let harmless = outlines(&mut client).await;
    for column in ["nickname", "signature", "email"] {
        for text in HOSTILE {
            let quoted = text.replace('\'', "''");
            app.execute(&format!("UPDATE users SET {column} = '{quoted}'"))
                .await;
            assert_eq!(outlines(&mut client).await, harmless, "{column}: {text}");
        }
        app.execute(&format!("UPDATE users SET {column} = 'x'"))
            .await;
    }
}

#[tokio::test]
async fn a_nickname_changes_no_title() {
    let app = TestApp::sqlite().await;
    let mut client = app.signed_in("ada@example.org").await;
    save(&mut client, "</title><b>", "").await;
    for (page, title) in [
        ("/", "Vestibule"),
        ("/profile", "Your profile – Vestibule"),
        ("/password", "Change your password – Vestibule"),
        ("/account", "Your account – Vestibule"),
    ] {
        assert_eq!(
            client.get(page).await.page().named("title")[0].text(),
            title
        );
    }
}
