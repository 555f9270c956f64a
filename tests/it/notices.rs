//! Letters of new devices, who gets them, and how they are switched off.

use crate::api::Caller;
use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::Client;
use crate::post::link;

const EMAIL: &str = "ada@example.org";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Whoever has an account, and wants to be told.
async fn told(app: &TestApp) -> Client {
    let client = app.signed_in(EMAIL).await;
    app.execute("UPDATE users SET device_notices_off_at = NULL")
        .await;
    client
}

async fn sign_in(client: &mut Client) {
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    client
        .post("/action/login", &fields)
        .await
        .assert_sees_other("/profile");
}

on_both_databases! {
    async fn a_sign_in_from_a_new_device_is_told_by_letter(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = told(&app).await;
        // Where they registered they are known.
        ada.post("/action/logout", &[]).await.assert_sees_other("/login");
        sign_in(&mut ada).await;
        assert!(app.letters().await.is_empty());

        let mut thief = app.client().calling_from("192.0.2.7").with_header("user-agent", FIREFOX);
        sign_in(&mut thief).await;
        let letter = app.letter().await;
        assert_eq!((letter.to.as_str(), &*letter.subject), (EMAIL, "A new sign-in at Vestibule"));
        assert!(letter.text.contains("from Firefox on Linux, network 192.0.2.0/24."), "{}", letter.text);
        assert_eq!(app.happened("new_device").await, 1);
        // Once: then it is known, also after signing out.
        thief.post("/action/logout", &[]).await.assert_sees_other("/login");
        sign_in(&mut thief).await;
        assert!(app.letters().await.is_empty());

        // It was not Ada.
        let mut owner = app.client();
        owner.get(&link(&letter)).await.assert_page("This was not you?");
        let token = link(&letter).replace("/reset?token=", "");
        let answer = owner.post("/action/not_me", &[("token", &token)]).await;
        assert!(answer.location().starts_with("/reset?token="));
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        ada.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(!app.lets_in(EMAIL, PASSWORD).await);
    }

    async fn somebody_else_s_mark_makes_no_device_known(app: TestApp) {
        let app = app.writing_letters().await;
        told(&app).await;
        let mut eve = app.signed_in("eve@example.org").await;
        app.execute("UPDATE users SET device_notices_off_at = NULL").await;
        eve.post("/action/logout", &[]).await.assert_sees_other("/login");
        sign_in(&mut eve).await;
        assert_eq!(app.letter().await.to.as_str(), EMAIL);
    }

    async fn a_program_is_known_by_its_name_and_network(app: TestApp) {
        let app = app.writing_letters().await;
        told(&app).await;
        for (network, letters) in [("192.0.2.7", 1), ("192.0.2.99", 0), ("198.51.100.7", 1), ("192.0.2.7", 0)] {
            let mut program = Caller::new(&app).await.calling_from(network);
            assert_eq!(program.sign_in(EMAIL, PASSWORD).await.status, 200);
            assert_eq!(app.letters().await.len(), letters, "{network}");
        }
    }

    async fn who_does_not_want_it_switches_it_off(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = told(&app).await;
        let is_on = |page: crate::client::Answer| {
            page.page().by_id("new_device").expect("a box").attribute("checked").is_some()
        };
        assert!(is_on(ada.get("/email").await));
        ada.post("/action/set_notices", &[]).await.assert_sees_other("/email");
        let page = ada.get("/email").await;
        page.assert_notice(Some("Your choice is saved."));
        assert!(!is_on(page));
        sign_in(&mut app.client()).await;
        assert!(app.letters().await.is_empty());
        // What is worse is told all the same.
        let fields = [("current_password", PASSWORD), ("new_password", "umber lantern quorum 77")];
        ada.post("/action/change_password", &fields).await.assert_sees_other("/password");
        assert_eq!(app.letters().await.len(), 1);
        ada.post("/action/set_notices", &[("new_device", "on")]).await.assert_sees_other("/email");
        assert!(is_on(ada.get("/email").await));
    }

    async fn a_thief_with_an_open_session_switches_nothing_off(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = told(&app).await;
        app.clock.advance(301_000);
        ada.post("/action/set_notices", &[]).await.assert_sees_other("/confirm");
        ada.get("/confirm").await.assert_page("Confirm that it is you");
        sign_in(&mut app.client()).await;
        assert_eq!(app.letters().await.len(), 1);
        // On is no harm.
        ada.post("/action/set_notices", &[("new_device", "on")]).await.assert_sees_other("/email");
    }
}
