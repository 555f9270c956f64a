//! What a person says of themselves.

use crate::app::on_both_databases;
use serde_json::json;

on_both_databases! {
    async fn it_is_shown_as_it_was_saved(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let fields = [
            ("nickname", "  Zoë 👩‍🚀 "),
            ("signature", "first line\r\n& <second>\t."),
        ];
        client.post("/action/update_profile", &fields).await.assert_sees_other("/profile");
        let answer = client.get("/profile").await;
        answer.assert_notice(Some("Your profile is saved."));
        let page = answer.page();
        assert_eq!(page.by_class("identity__name").expect("the name").text(), "Zoë 👩‍🚀");
        assert_eq!(page.by_class("identity__signature").expect("the signature").text(), "first line\n& <second> .");
        assert_eq!(page.by_id("signature").expect("the field").text(), "first line\n& <second> .");
        assert_eq!(page.by_id("nickname").expect("the field").attribute("value"), Some("Zoë 👩‍🚀"));
        assert_eq!(page.by_class("avatar--initials").expect("a picture").text(), "Z");
    }

    async fn empty_means_none(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let full = [("nickname", "Ada"), ("signature", "x")];
        client.post("/action/update_profile", &full).await.assert_sees_other("/profile");
        let empty = [("nickname", "Ada"), ("signature", "")];
        client.post("/action/update_profile", &empty).await.assert_sees_other("/profile");
        let page = client.get("/profile").await.page();
        assert!(page.by_class("identity__signature").is_none());
    }

    async fn a_signature_may_begin_with_an_empty_line(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let fields = [("nickname", "Ada"), ("signature", "\r\n\r\nafter two")];
        client.post("/action/update_profile", &fields).await.assert_sees_other("/profile");
        let page = client.get("/profile").await.page();
        assert_eq!(page.by_id("signature").expect("the field").text(), "\n\nafter two");
    }

    async fn nobody_changes_another_s(app: TestApp) {
        let mut ada = app.signed_in("ada@example.org").await;
        app.signed_in("grace@example.org").await;
        let grace = app.text("SELECT id FROM users WHERE email = 'grace@example.org'").await;
        let fields = [("nickname", "Mallory"), ("signature", ""), ("user_id", &grace), ("id", &grace)];
        ada.post("/action/update_profile", &fields).await;
        assert_eq!(app.text("SELECT nickname FROM users WHERE email = 'grace@example.org'").await, "Ada");
    }

    async fn a_stranger_changes_nothing(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let fields = [("nickname", "Mallory"), ("signature", "")];
        let mut stranger = app.client();
        let answer = stranger.post("/action/update_profile", &fields).await;
        assert_eq!(answer.status, 303);
        let location = answer.location().to_owned();
        assert!(location == "/profile" || location == "/login?next=/profile", "{location}");
        let answer = app.client().wanting_json().post("/action/update_profile", &fields).await;
        assert_eq!((answer.status, answer.json()), (401, json!("not_signed_in")));
        assert_eq!(app.text("SELECT nickname FROM users").await, "Ada");
    }

    async fn whose_account_is_gone_is_signed_out(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.execute("DELETE FROM sessions").await;
        app.execute("DELETE FROM users").await;
        for page in ["/profile", "/password", "/"] {
            let answer = client.clone().get(page).await;
            assert_eq!((answer.status, answer.location()), (303, "/login"), "{page}");
            assert!(answer.set_cookie("__Host-at").is_some_and(|cookie| cookie.is_expiry()));
            assert!(!answer.body.contains("ada@example.org"));
        }
        let fields = [("nickname", "Ada"), ("signature", "")];
        assert_eq!(client.clone().wanting_json().post("/action/update_profile", &fields).await.status, 401);
        assert_eq!(client.post("/action/update_profile", &fields).await.status, 303);
    }
}
