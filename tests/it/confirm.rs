//! What is sensitive needs the password once more when it was given a while ago, and goes on with what was asked.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};

const ROOT: &str = "root@example.org";
const ADA: &str = "ada@example.org";
/// The password was given so long ago.
const A_WHILE: i64 = 301_000;

async fn administrator(app: &TestApp) -> (Client, String) {
    app.signed_in(ADA).await;
    let id = app
        .text(&format!("SELECT id FROM users WHERE email = '{ADA}'"))
        .await;
    app.signed_in(ROOT).await;
    app.execute(&format!(
        "UPDATE users SET roles = 'administrator' WHERE email = '{ROOT}'"
    ))
    .await;
    (app.sign_in(ROOT, PASSWORD).await.0, id)
}

async fn roles_of(app: &TestApp, id: &str) -> String {
    app.text(&format!("SELECT roles FROM users WHERE id = '{id}'"))
        .await
}

/// What these actions change, and that they did.
async fn state(app: &TestApp) -> (String, i64, i64) {
    let users = "SELECT id || roles || CAST(epoch AS TEXT) FROM users ORDER BY id";
    let live = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL";
    (
        app.rows(users).await,
        app.number(live).await,
        app.count("audit_trail").await,
    )
}

/// The fields of the page's form, as a browser would send them with this password.
async fn go_on(client: &mut Client, page: &Answer, password: &str) -> Answer {
    let page = page.page();
    let forms = page.named("form");
    let form = forms
        .iter()
        .find(|form| {
            form.attribute("action")
                .is_some_and(|action| action.starts_with("/action/admin"))
        })
        .expect("the form");
    let action = form.attribute("action").expect("an action").to_owned();
    let mut fields: Vec<(String, String)> = Vec::new();
    for input in form.named("input") {
        if let Some(name) = input.attribute("name") {
            let value = match name {
                "current_password" => password,
                _ => input.attribute("value").unwrap_or_default(),
            };
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    client.post(&action, &fields).await
}

on_both_databases! {
    async fn the_password_is_asked_for_and_what_was_asked_is_done(app: TestApp) {
        let (mut root, id) = administrator(&app).await;
        let page = format!("/admin/users/{id}");
        let fields = [("user_id", &*id), ("roles", "editor")];
        app.clock.advance(A_WHILE - 1000);
        root.post("/action/admin_set_roles", &fields).await.assert_sees_other(&page);
        assert_eq!(roles_of(&app, &id).await, "editor");

        app.clock.advance(1000);
        let fields = [("user_id", &*id), ("roles", "")];
        root.post("/action/admin_set_roles", &fields).await.assert_sees_other("/confirm");
        assert_eq!(roles_of(&app, &id).await, "editor", "nothing is done yet");
        let form = root.get("/confirm").await;
        form.assert_page("Confirm that it is you");
        go_on(&mut root, &form, "wrong").await.assert_sees_other("/confirm");
        let form = root.get("/confirm").await;
        form.assert_says_at("current_password", "The current password is not right.");
        go_on(&mut root, &form, "").await.assert_sees_other("/confirm");
        let form = root.get("/confirm").await;
        form.assert_says_at("current_password", "Enter your current password.");
        assert_eq!(roles_of(&app, &id).await, "editor");
        go_on(&mut root, &form, PASSWORD).await.assert_sees_other(&page);
        root.get(&page).await.assert_notice(Some("The roles are set. They count from the user's next request on."));
        assert_eq!(roles_of(&app, &id).await, "");

        // Then not again for five minutes: at once, and also with tokens that are renewed meanwhile.
        root.post("/action/admin_sign_out", &[("user_id", &id)]).await.assert_sees_other(&page);
        app.clock.advance(A_WHILE - 1000);
        root.get("/profile").await.assert_page("Your profile");
        root.post("/action/admin_sign_out", &[("user_id", &id)]).await.assert_sees_other(&page);
        app.clock.advance(1000);
        root.post("/action/admin_disable", &[("user_id", &id)]).await.assert_sees_other("/confirm");
        assert_eq!(app.happened("confirmation_refused").await, 1);
    }

    async fn each_action_of_administrators_asks(app: TestApp) {
        let (mut root, id) = administrator(&app).await;
        let session = app.text(&format!("SELECT id FROM sessions WHERE user_id = '{id}'")).await;
        app.clock.advance(A_WHILE);
        for (action, more) in [
            ("admin_set_roles", ("roles", "editor")),
            ("admin_disable", ("x", "")),
            ("admin_enable", ("x", "")),
            ("admin_sign_out", ("x", "")),
            ("admin_end_session", ("session_id", &*session)),
        ] {
            let before = state(&app).await;
            let path = format!("/action/{action}");
            root.post(&path, &[("user_id", &id), more]).await.assert_sees_other("/confirm");
            let page = root.get("/confirm").await;
            assert!(page.body.contains(&format!("action=\"{path}\"")), "{action}");
            let answer = root.clone().wanting_json().post(&path, &[("user_id", &id), more]).await;
            assert_eq!((answer.status, &*answer.body), (401, "\"stale_authentication\""));
            assert_eq!(state(&app).await, before, "{action}");
        }
    }

    async fn nobody_is_asked_who_may_not_anyway(app: TestApp) {
        let (_, id) = administrator(&app).await;
        let (mut ada, _) = app.sign_in(ADA, PASSWORD).await;
        app.clock.advance(A_WHILE);
        ada.post("/action/admin_disable", &[("user_id", &id)]).await.assert_sees_other("/admin");
        assert_eq!(ada.get("/confirm").await.status, 404, "nothing was asked");
        let mut stranger = app.client();
        stranger.get("/confirm").await.assert_sees_other("/login?next=/confirm");
    }

    async fn wrong_passwords_are_counted_here_too(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_LOGIN_FAILURES", "3")]).await;
        let (root, id) = administrator(&app).await;
        let mut root = root.wanting_json();
        app.clock.advance(A_WHILE);
        let guess = |password: &'static str| vec![("user_id", id.clone()), ("current_password", password.to_owned())];
        for status in [422, 422, 422, 429] {
            let fields = guess("wrong");
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(root.post("/action/admin_disable", &fields).await.status, status);
        }
        let fields = guess(PASSWORD);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(root.post("/action/admin_disable", &fields).await.status, 429);
    }
}
