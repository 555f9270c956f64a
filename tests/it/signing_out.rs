//! Leaving.

use crate::app::on_both_databases;
use crate::client::Answer;

/// That the answer takes away what the browser keeps.
fn assert_takes_all_away(answer: &Answer) {
    answer.assert_sees_other("/login");
    for name in ["__Host-at", "__Host-rt"] {
        let cookie = answer.set_cookie(name).expect(name);
        assert!(cookie.is_expiry(), "{cookie:?}");
        // A browser takes a `__Host-` cookie, expired or not, only with these.
        assert_eq!(
            cookie.attributes[..4],
            ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"]
        );
    }
    assert_eq!(
        answer.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
}

on_both_databases! {
    async fn it_ends_the_session_and_says_so_once(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let taken = client.clone();
        assert_takes_all_away(&client.post("/action/logout", &[]).await);
        let form = client.get("/login").await;
        form.assert_page("Sign in");
        form.assert_notice(Some("You are signed out."));
        client.get("/login").await.assert_notice(None);
        client.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert_eq!(app.text("SELECT end_reason FROM sessions").await, "signed_out");

        // A copy of the access token is of no use either, although its signature is still good.
        let mut thief = app.client().with_cookie("__Host-at", taken.access_token());
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        let mut thief = app.client().with_cookie("__Host-rt", taken.refresh_token());
        let answer = thief.get("/profile").await;
        answer.assert_sees_other("/login?next=/profile");
        assert!(answer.set_cookie("__Host-rt").is_some_and(|cookie| cookie.is_expiry()));
    }

    async fn another_session_of_the_same_person_goes_on(app: TestApp) {
        let mut first = app.signed_in("ada@example.org").await;
        let (mut second, _) = app.sign_in("ada@example.org", crate::app::PASSWORD).await;
        first.post("/action/logout", &[]).await.assert_sees_other("/login");
        app.clock.advance(301_000);
        second.get("/profile").await.assert_page("Your profile");
    }

    async fn it_works_when_the_access_token_has_run_out(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.clock.advance(301_000);
        assert_takes_all_away(&client.post("/action/logout", &[]).await);
        assert_eq!(app.text("SELECT end_reason FROM sessions").await, "signed_out");
    }

    async fn it_works_with_a_refresh_token_that_was_just_replaced(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.clock.advance(301_000);
        let mut other_tab = client.clone();
        client.get("/profile").await.assert_page("Your profile");
        assert_takes_all_away(&other_tab.post("/action/logout", &[]).await);
        assert_eq!(app.text("SELECT end_reason FROM sessions").await, "signed_out");
    }

    async fn whoever_has_no_session_is_told_the_same(app: TestApp) {
        assert_takes_all_away(&app.client().post("/action/logout", &[]).await);
        let mut garbage = app.client().with_cookie("__Host-at", "x").with_cookie("__Host-rt", "v1.a.b.c.d");
        assert_takes_all_away(&garbage.post("/action/logout", &[]).await);
    }

    async fn a_link_or_an_image_signs_nobody_out(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        assert_eq!(client.get("/action/logout").await.status, 405);
        client.get("/profile").await.assert_page("Your profile");
    }
}
