//! What strangers send in place of what is asked for, from `requests.json`: each is refused, or is harmless.

use super::{Case, assert_complete};
use crate::api::Caller;
use crate::app::{ORIGIN, PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client, SetCookie, encode};
use axum::body::Body;
use axum::http::Request;
use serde::Deserialize;
use serde_json::json;
use url::Url;

const EMAIL: &str = "ada@example.org";

/// A request with one thing in it.
#[derive(Deserialize)]
pub struct Attack {
    #[serde(flatten)]
    pub case: Case,
    /// Where to go after signing in.
    next: Option<String>,
    /// Written as nickname and as signature.
    text: Option<String>,
    /// Headers of a visit to the profile.
    visit: Option<Vec<(String, String)>>,
    /// The headers that say where a form comes from, and its content type.
    from: Option<Vec<(String, String)>>,
    #[serde(rename = "type")]
    content_type: Option<String>,
    authorization: Option<Vec<String>>,
    cookie: Option<String>,
    /// To register with.
    email: Option<String>,
    new_password: Option<String>,
    /// What does not open the door that it opens.
    other_password: Option<String>,
    /// To sign in with.
    sign_in: Option<String>,
    password: Option<String>,
    nickname: Option<String>,
    /// In place of a session's id.
    session: Option<String>,
    /// All that is sent on a connection.
    pub raw: Option<String>,
    /// An address as it is written in a request's first line.
    pub path: Option<String>,
    pub status: Option<u16>,
}

pub fn attacks() -> Vec<Attack> {
    serde_json::from_str(include_str!("requests.json")).expect("attacks")
}

/// Those that have this thing in them.
pub fn with<T>(thing: impl Fn(&Attack) -> Option<T>) -> Vec<(Attack, T)> {
    let found: Vec<_> = attacks()
        .into_iter()
        .filter(|attack| attack.case.is_tried())
        .filter_map(|attack| thing(&attack).map(|found| (attack, found)))
        .collect();
    assert!(!found.is_empty());
    found
}

#[test]
fn the_list_is_complete() {
    let attacks = attacks();
    assert_complete(attacks.iter().map(|attack| &attack.case));
    for attack in &attacks {
        let things = [
            attack.next.is_some(),
            attack.text.is_some(),
            attack.visit.is_some(),
            attack.from.is_some(),
            attack.authorization.is_some(),
            attack.cookie.is_some(),
            attack.email.is_some(),
            attack.new_password.is_some(),
            attack.sign_in.is_some(),
            attack.password.is_some(),
            attack.nickname.is_some(),
            attack.session.is_some(),
            attack.raw.is_some(),
            attack.path.is_some(),
        ];
        let things = things.iter().filter(|there| **there).count();
        assert_eq!(
            things,
            usize::from(attack.case.is_tried()),
            "{}",
            attack.case.id
        );
    }
}

#[tokio::test]
async fn no_way_out_leads_to_another_site() {
    let app = TestApp::sqlite().await;
    app.signed_in(EMAIL).await;
    for (attack, next) in with(|attack| attack.next.clone()) {
        let mut client = app.client();
        let login = [("email", EMAIL), ("password", PASSWORD), ("next", &next)];
        let answer = client.post("/action/login", &login).await;
        assert_eq!(answer.status, 303, "{}", attack.case.id);
        // As a browser resolves it.
        let here = Url::parse(ORIGIN).expect("an origin");
        let there = here.join(answer.location()).expect("a place");
        assert_eq!(there.origin(), here.origin(), "{}: {there}", attack.case.id);
        assert_eq!(
            answer.set_cookies().len(),
            3,
            "{}: {answer:?}",
            attack.case.id
        );
    }
}

/// What Ada's pages, and an administrator's about her, are made of.
struct Readers {
    ada: Client,
    administrator: Client,
    about_ada: [String; 3],
    app: TestApp,
}

impl Readers {
    async fn new(app: &TestApp) -> Self {
        let ada = app.signed_in(EMAIL).await;
        let id = app.text("SELECT id FROM users").await;
        app.signed_in("root@example.org").await;
        app.execute("UPDATE users SET roles = 'administrator' WHERE email = 'root@example.org'")
            .await;
        let (administrator, _) = app.sign_in("root@example.org", PASSWORD).await;
        Self {
            ada,
            administrator,
            about_ada: [
                "/admin?query=ada".to_owned(),
                format!("/admin/users/{id}"),
                "/admin/audit".to_owned(),
            ],
            app: app.clone(),
        }
    }

    async fn outlines(&mut self) -> Vec<String> {
        // How many records there are is another test's affair.
        self.app
            .execute("DELETE FROM audit_trail WHERE seq < (SELECT last_seq FROM audit_ends)")
            .await;
        let mut pages = Vec::new();
        for path in ["/", "/profile", "/sessions", "/password", "/account"] {
            pages.push(self.ada.get(path).await);
        }
        for path in &self.about_ada {
            pages.push(self.administrator.get(path).await);
        }
        let outline = |page: &Answer| {
            assert_eq!(page.status, 200, "{page:?}");
            assert!(page.page().by_class("notice").is_none());
            page.page().outline()
        };
        pages.iter().map(outline).collect()
    }

    /// Sent by a program, so that no notice or draft of a form stands on the next page. Whether it was taken.
    async fn save(&mut self, nickname: &str, signature: &str) -> bool {
        let fields = [("nickname", nickname), ("signature", signature)];
        let mut program = self.ada.clone().wanting_json();
        let answer = program.post("/action/update_profile", &fields).await;
        assert!(matches!(answer.status, 303 | 422), "{answer:?}");
        let ours = |cookie: &SetCookie| cookie.name.starts_with("__Host-");
        assert!(answer.set_cookies().iter().all(ours), "{answer:?}");
        answer.status == 303
    }
}

#[tokio::test]
async fn what_is_written_stays_text() {
    let app = TestApp::sqlite().await;
    let mut readers = Readers::new(&app).await;
    let mut program = Caller::signed_in(&app, EMAIL).await;
    assert!(readers.save("Ada", "x").await);
    let harmless = readers.outlines().await;
    for (attack, text) in with(|attack| attack.text.clone()) {
        let id = &attack.case.id;
        let is_taken = readers.save(&text, "x").await;
        assert_eq!(readers.outlines().await, harmless, "{id} as nickname");
        let me = program.get("/api/v1/me").await.json();
        assert_eq!(me["nickname"] == json!(text), is_taken, "{id}: {me}");

        let is_taken = readers.save("Ada", &text).await;
        assert_eq!(readers.outlines().await, harmless, "{id} as signature");
        let me = program.get("/api/v1/me").await.json();
        let lines = text.replace("\r\n", "\n");
        assert_eq!(me["signature"] == json!(lines), is_taken, "{id}: {me}");
        assert!(readers.save("Ada", "x").await);
    }
}

/// Whatever else a request says: a stranger is turned away before anything is rendered, and whoever is known gets
/// their own page, made for this request, with nothing of its headers in it.
#[tokio::test]
async fn no_header_opens_a_page_or_is_repeated_in_it() {
    let app = TestApp::sqlite().await;
    let mut known = app.signed_in(EMAIL).await;
    let plain = known.get("/profile").await.page().outline();
    for (attack, headers) in with(|attack| attack.visit.clone()) {
        let id = &attack.case.id;
        let mut visitors = [app.client(), known.clone()];
        for (name, value) in &headers {
            visitors = visitors.map(|visitor| visitor.with_header(name, value));
        }
        let [stranger, known] = &mut visitors;
        let answer = stranger.get("/profile").await;
        answer.assert_sees_other("/login?next=/profile");
        assert_eq!(answer.body, "", "{id}");
        let page = known.get("/profile").await;
        assert_eq!(
            (page.status, page.page().outline()),
            (200, plain.clone()),
            "{id}"
        );
        assert_eq!(page.header("cache-control"), Some("no-store"), "{id}");
        for validator in ["etag", "last-modified", "access-control-allow-origin"] {
            assert_eq!(page.header(validator), None, "{id}");
        }
        for answer in [answer, page] {
            let told = format!("{:?} {}", answer.headers, answer.body);
            assert!(
                !told.contains("evil.example") && !told.contains("MARK"),
                "{id}: {told}"
            );
        }
    }
}

#[tokio::test]
async fn no_other_site_writes() {
    let app = TestApp::sqlite().await;
    let ada = app.signed_in(EMAIL).await;
    let cookie = format!(
        "__Host-at={}; __Host-rt={}",
        ada.access_token(),
        ada.refresh_token()
    );
    let before = app.everything_stored().await;
    let form = "application/x-www-form-urlencoded".to_owned();
    for (attack, from) in with(|attack| attack.from.clone()) {
        let mut request = Request::post("/action/update_profile")
            .header("cookie", &cookie)
            .header(
                "content-type",
                attack.content_type.as_ref().unwrap_or(&form),
            );
        for (name, value) in from {
            request = request.header(name, value.replace("{origin}", ORIGIN));
        }
        let body = encode(&[("nickname", "Mallory"), ("signature", "")]);
        let request = request.body(Body::from(body)).expect("a request");
        let answer = app.client().send_request(request).await;
        assert_eq!(Some(answer.status), attack.status, "{}", attack.case.id);
        assert_eq!(app.everything_stored().await, before, "{}", attack.case.id);
    }
}

#[tokio::test]
async fn a_bearer_is_read_to_the_letter() {
    let app = TestApp::sqlite().await;
    let mut ada = Caller::registered(&app, EMAIL).await;
    let eve = Caller::registered(&app, "eve@example.org").await;
    let (token, other) = (ada.access_token().to_owned(), eve.access_token().to_owned());
    for (attack, authorization) in with(|attack| attack.authorization.clone()) {
        let mut request = Request::get("/api/v1/me");
        for header in authorization {
            let header = header.replace("{token}", &token).replace("{other}", &other);
            request = request.header("authorization", header);
        }
        let answer = ada
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(Some(answer.status), attack.status, "{}", attack.case.id);
    }
}

#[tokio::test]
async fn a_cookie_has_one_name() {
    let app = TestApp::sqlite().await;
    let ada = app.signed_in(EMAIL).await;
    let eve = app.signed_in("eve@example.org").await;
    for (attack, cookie) in with(|attack| attack.cookie.clone()) {
        let cookie = cookie
            .replace("{token}", ada.access_token())
            .replace("{other}", eve.access_token());
        let request = Request::get("/profile").header("cookie", cookie.as_bytes());
        let request = request.body(Body::empty()).expect("a request");
        let answer = app.client().send_request(request).await;
        assert_eq!(
            (answer.status, answer.location()),
            (303, "/login?next=/profile"),
            "{}",
            attack.case.id
        );
    }
}

on_both_databases! {
    async fn what_looks_like_sql_is_a_value_like_any_other(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let before = app.accounts_stored().await;
        for (attack, email) in with(|attack| attack.sign_in.clone()) {
            assert_eq!(ada.sign_in(&email, PASSWORD).await.status, 401, "{}", attack.case.id);
        }
        for (attack, password) in with(|attack| attack.password.clone()) {
            assert_eq!(ada.sign_in(EMAIL, &password).await.status, 401, "{}", attack.case.id);
        }
        assert_eq!(app.accounts_stored().await, before);
        for (attack, nickname) in with(|attack| attack.nickname.clone()) {
            let me = ada.patch("/api/v1/me", json!({"nickname": nickname})).await.json();
            assert_eq!((&me["nickname"], &me["roles"]), (&json!(nickname), &json!([])), "{}", attack.case.id);
        }
        assert_eq!(app.count("users").await, 1);
        let mut browser = app.sign_in(EMAIL, PASSWORD).await.0.wanting_json();
        let before = app.everything_stored().await;
        for (attack, session) in with(|attack| attack.session.clone()) {
            let id = &attack.case.id;
            let ended = browser.post("/action/end_session", &[("session_id", &session)]).await;
            assert_eq!(ended.status, 400, "{id}");
            let escaped: String = session.bytes().map(|byte| format!("%{byte:02x}")).collect();
            assert_eq!(ada.delete(&format!("/api/v1/sessions/{escaped}")).await.status, 404, "{id}");
        }
        assert_eq!(app.everything_stored().await, before);
    }

    async fn an_address_has_one_owner_and_one_spelling(app: TestApp) {
        let mut caller = Caller::new(&app).await;
        for (attack, email) in with(|attack| attack.email.clone()) {
            let user = json!({"email": email, "password": PASSWORD, "nickname": "Ada"});
            let answer = caller.post("/api/v1/users", user).await;
            assert_eq!(answer.status, attack.status.unwrap_or(422), "{}: {answer:?}", attack.case.id);
            for another in ["alice@gmail.com", "alice@example.com"] {
                assert_ne!(answer.json()["email"], json!(another), "{}", attack.case.id);
            }
        }
    }

    async fn a_password_is_taken_whole_or_not_at_all(app: TestApp) {
        for (number, (attack, password)) in with(|attack| attack.new_password.clone()).into_iter().enumerate() {
            let mut caller = Caller::new(&app).await;
            let email = format!("u{number}@example.org");
            let user = json!({"email": email, "password": password, "nickname": "Ada"});
            let answer = caller.post("/api/v1/users", user).await;
            let is_taken = answer.status == 201;
            assert_eq!(is_taken, attack.status == Some(200), "{}: {answer:?}", attack.case.id);
            assert_eq!(caller.sign_in(&email, &password).await.status == 200, is_taken, "{}", attack.case.id);
            let shorter: String = password.chars().take(password.chars().count() - 1).collect();
            assert_eq!(caller.sign_in(&email, &shorter).await.status, 401, "{}", attack.case.id);
            if let Some(other) = attack.other_password {
                assert_eq!(caller.sign_in(&email, &other).await.status, 401, "{}", attack.case.id);
            }
        }
    }
}
