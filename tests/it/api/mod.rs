//! The bearer API: what it takes, what it answers, and that what it says of itself is true.

mod caller;

use crate::app::{PASSWORD, START, Settings, TestApp, on_both_databases};
use axum::body::Body;
use axum::http::Request;
pub use caller::{Caller, assert_refused};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use vestibule::server::tokens::Audience;

const EMAIL: &str = "ada@example.org";
const OTHER_PASSWORD: &str = "umber lantern quorum 77";
const MINUTE: i64 = 60_000;
/// One second more than an access token lives.
const ACCESS_TOKEN_GONE: i64 = 301_000;

/// Who is an administrator from now on, past the code under test.
async fn administrator(app: &TestApp, email: &str) -> Caller {
    Caller::registered(app, email).await;
    let sql = format!("UPDATE users SET roles = 'administrator' WHERE email = '{email}'");
    app.execute(&sql).await;
    Caller::signed_in(app, email).await
}

async fn id_of(caller: &mut Caller) -> String {
    let me = caller.get("/api/v1/me").await.json();
    me["id"].as_str().expect("an id").to_owned()
}

on_both_databases! {
    async fn a_program_signs_in_calls_renews_and_signs_out(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let answer = ada.clone().sign_in(EMAIL, PASSWORD).await;
        let tokens = answer.json();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(300)));
        assert_eq!(answer.header("cache-control"), Some("no-store"));

        let me = ada.get("/api/v1/me").await.json();
        assert_eq!(me, json!({
            "id": app.text("SELECT id FROM users").await, "email": EMAIL, "nickname": "Ada", "signature": "",
            "avatar_url": null, "roles": [], "created_at": "2026-01-02T03:04:05.500Z",
        }));

        app.clock.advance(ACCESS_TOKEN_GONE);
        assert_refused(&ada.get("/api/v1/me").await, 401, "not_signed_in", Some("invalid_token"));
        let before = ada.tokens.clone();
        assert_eq!(ada.renew().await.status, 200);
        assert_ne!(ada.tokens, before);
        assert_eq!(ada.get("/api/v1/me").await.status, 200);

        let copy = ada.clone();
        let gone = ada.delete("/api/v1/tokens").await;
        assert_eq!((gone.status, gone.body.as_str()), (204, ""));
        for mut holder in [ada, copy] {
            let refused = holder.get("/api/v1/me").await;
            assert_refused(&refused, 401, "not_signed_in", Some("invalid_token"));
            assert_refused(&holder.renew().await, 401, "not_signed_in", Some("invalid_token"));
        }
    }

    async fn a_refresh_token_is_used_once_and_its_loss_forgiven_for_ten_seconds(app: TestApp) {
        let first = Caller::registered(&app, EMAIL).await;
        let (mut one, mut other) = (first.clone(), first.clone());
        assert_eq!(one.renew().await.status, 200);
        app.clock.advance(9_000);
        assert_eq!(other.renew().await.status, 200);
        assert_eq!(one.refresh_token(), other.refresh_token());
        // Later, two parties hold the session.
        app.clock.advance(2_000);
        let late = first.clone().renew().await;
        assert_refused(&late, 401, "not_signed_in", Some("invalid_token"));
        for mut holder in [one, other] {
            assert_eq!(holder.get("/api/v1/me").await.status, 401);
            assert_eq!(holder.renew().await.status, 401);
        }
        assert_eq!(app.happened("refresh_token_reused").await, 1);
        // A program that signs in tells nobody of it; a person is told.
        Caller::signed_in(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let profile = browser.get("/profile").await;
        assert!(profile.body.contains("Somebody used an old key of your session"), "{}", profile.body);
    }

    async fn no_token_passes_at_another_s_door(app: TestApp) {
        let mut api = Caller::registered(&app, EMAIL).await;
        let (web, _) = app.sign_in(EMAIL, PASSWORD).await;
        let (web_access, web_refresh) = (web.access_token().to_owned(), web.refresh_token().to_owned());

        // The browser's at the API: as a bearer, to be renewed, and in its own cookies.
        let mut intruder = api.clone();
        for (access, refresh) in [(&web_access, &web_refresh), (&web_refresh, &web_access)] {
            intruder.tokens = Some(caller::Tokens { access: access.clone(), refresh: refresh.clone() });
            assert_refused(&intruder.get("/api/v1/me").await, 401, "not_signed_in", Some("invalid_token"));
            assert_refused(&intruder.renew().await, 401, "not_signed_in", Some("invalid_token"));
        }
        for path in ["/api/v1/me", "/api/v1/sessions", "/api/v1/sessions/current", "/api/v1/users"] {
            let refused = web.clone().get(path).await;
            assert_refused(&refused, 401, "not_signed_in", Some(""));
        }

        // The API's at the pages: in cookies, one by one and together, and as a bearer.
        let (access, refresh) = (api.access_token().to_owned(), api.refresh_token().to_owned());
        let stranger = app.client();
        for mut client in [
            stranger.clone().with_cookie("__Host-at", &access),
            stranger.clone().with_cookie("__Host-rt", &refresh),
            stranger.clone().with_cookie("__Host-at", &access).with_cookie("__Host-rt", &refresh),
            stranger.clone().with_cookie("__Host-at", &refresh).with_cookie("__Host-rt", &access),
            stranger.clone().with_header("authorization", &format!("Bearer {access}")),
            stranger.clone().with_header("authorization", &format!("Bearer {web_access}")),
        ] {
            let before = app.everything_stored().await;
            client.clone().get("/profile").await.assert_sees_other("/login?next=/profile");
            let fields = [("nickname", "Mallory")];
            client.clone().post("/action/update_profile", &fields).await.assert_sees_other("/login?next=/profile");
            // Nor does signing out by a form end a program's session.
            client.post("/action/logout", &[]).await.assert_sees_other("/login");
            assert_eq!(app.everything_stored().await, before);
        }
        // None of it has cost anybody anything.
        assert_eq!(api.get("/api/v1/me").await.status, 200);
        assert_eq!(api.renew().await.status, 200);
        web.clone().get("/profile").await.assert_page("Your profile");
    }

    async fn a_profile_is_changed_field_by_field(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let all = json!({"nickname": " Countess ", "signature": "a\r\nb"});
        let changed = ada.patch("/api/v1/me", all).await.json();
        assert_eq!(changed["nickname"], "Countess");
        assert_eq!(changed["signature"], "a\nb");
        for (change, field, expected) in [
            (json!({}), "nickname", json!("Countess")),
            (json!({"nickname": "Ada"}), "signature", json!("a\nb")),
            (json!({"signature": ""}), "nickname", json!("Ada")),
        ] {
            let changed = ada.patch("/api/v1/me", change.clone()).await.json();
            assert_eq!(changed[field], expected, "{change}");
        }
        let before = ada.get("/api/v1/me").await.json();
        let refused = ada.patch("/api/v1/me", json!({"nickname": "", "signature": "no\u{7}bell"})).await;
        assert_refused(&refused, 422, "invalid", None);
        assert_eq!(refused.json()["error"]["fields"], json!([
            {"field": "nickname", "code": "required", "message": "Enter a nickname."},
            {"field": "signature", "code": "forbidden_character", "message": "The signature contains an invisible or control character; remove it."},
        ]));
        for unexpected in [
            json!({"email": "x@example.org"}), json!({"roles": ["administrator"]}), json!({"id": "x"}),
            json!({"nickname": null}), json!({"avatar_url": "https://example.org/a.png"}), json!({"nickname": ["Ada"]}), json!({"Nickname": "Ada"}), json!([]), json!("Ada"),
        ] {
            let refused = ada.patch("/api/v1/me", unexpected).await;
            assert_refused(&refused, 422, "unexpected_fields", None);
        }
        assert_eq!(ada.get("/api/v1/me").await.json(), before);
    }

    async fn a_new_password_ends_every_other_session_and_not_this_one(app: TestApp) {
        let mut here = Caller::registered(&app, EMAIL).await;
        let mut there = Caller::signed_in(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
        for (body, code) in [
            (change("wrong", OTHER_PASSWORD), "wrong_current_password"),
            (change("", OTHER_PASSWORD), "invalid"),
            (change(PASSWORD, PASSWORD), "invalid"),
            (change(PASSWORD, "short"), "invalid"),
            (json!({"new_password": OTHER_PASSWORD}), "unexpected_fields"),
        ] {
            assert_refused(&here.put("/api/v1/me/password", body).await, 422, code, None);
        }
        assert!(app.lets_in(EMAIL, PASSWORD).await);

        let changed = here.put("/api/v1/me/password", change(PASSWORD, OTHER_PASSWORD)).await;
        assert_eq!((changed.status, changed.body.as_str()), (204, ""));
        assert_eq!(here.get("/api/v1/me").await.status, 200);
        let live = here.get("/api/v1/sessions").await.json();
        assert_eq!(live["sessions"].as_array().map(Vec::len), Some(1));
        assert_eq!(there.get("/api/v1/me").await.status, 401);
        assert_eq!(there.renew().await.status, 401);
        let told = browser.get("/profile").await;
        assert!(told.location().starts_with("/login"), "{told:?}");
        assert!(!app.lets_in(EMAIL, PASSWORD).await);
        assert!(app.lets_in(EMAIL, OTHER_PASSWORD).await);
        assert_eq!(here.renew().await.status, 200);
        assert_eq!(here.get("/api/v1/me").await.status, 200);
        // A program that starts now knows it as well.
        let restarted = app.with(Settings::default()).await;
        let mut there = Caller::holding(&restarted, there.tokens).await;
        assert_eq!(there.get("/api/v1/me").await.status, 401);
    }

    async fn sessions_are_listed_and_ended_by_their_owner_alone(app: TestApp) {
        let mut here = Caller::registered(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let mut there = Caller::signed_in(&app, EMAIL).await;
        let mut eve = Caller::registered(&app, "eve@example.org").await;
        let current = here.get("/api/v1/sessions/current").await.json();
        assert_eq!(current, json!({
            "id": current["id"], "user_id": id_of(&mut here).await, "roles": [],
            "signed_in_at": "2026-01-02T03:04:05.000Z", "expires_at": "2026-01-02T03:09:05.000Z",
        }));
        let listed = here.get("/api/v1/sessions").await.json();
        let listed = listed["sessions"].as_array().expect("a list").clone();
        assert_eq!(listed.len(), 3);
        let is_current = |one: &&Value| one["current"] == json!(true);
        let this = listed.iter().find(is_current).expect("this one");
        assert_eq!((&this["id"], &this["audience"], &this["device"]), (&current["id"], &json!("api"), &json!("curl")));
        let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
        let web = listed.iter().find(|one| one["audience"] == json!("web")).map(id).expect("the browser's");

        for nobodys in [web.as_str(), "AAAAAAAAAAAAAAAAAAAAAA", "nonsense", "%00", "..%2f"] {
            let refused = eve.delete(&format!("/api/v1/sessions/{nobodys}")).await;
            assert_refused(&refused, 404, "not_found", None);
        }
        browser.get("/profile").await.assert_page("Your profile");
        assert_eq!(here.delete(&format!("/api/v1/sessions/{web}")).await.status, 204);
        assert_refused(&here.delete(&format!("/api/v1/sessions/{web}")).await, 404, "not_found", None);
        assert!(browser.get("/profile").await.location().starts_with("/login"));

        assert_eq!(there.get("/api/v1/me").await.status, 200);
        assert_eq!(here.delete("/api/v1/sessions").await.status, 204);
        assert_eq!((there.get("/api/v1/me").await.status, there.renew().await.status), (401, 401));
        assert_eq!(here.delete(&format!("/api/v1/sessions/{}", id(this))).await.status, 204);
        assert_eq!((here.get("/api/v1/me").await.status, here.renew().await.status), (401, 401));
        assert_eq!(eve.get("/api/v1/me").await.status, 200);
    }

    async fn a_browser_sees_and_ends_what_programs_hold(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let page = browser.get("/sessions").await;
        assert!(page.body.contains("API client") && page.body.contains("curl"), "{}", page.body);
        browser.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
        assert_eq!((ada.get("/api/v1/me").await.status, ada.renew().await.status), (401, 401));
    }

    async fn whoever_registers_has_an_account_and_no_session(app: TestApp) {
        let mut caller = Caller::new(&app).await;
        let user = json!({"email": " Ada@Example.org", "password": PASSWORD, "nickname": "Ada"});
        let created = caller.post("/api/v1/users", user.clone()).await;
        assert_eq!((created.status, &created.json()["email"]), (201, &json!(EMAIL)));
        assert_eq!(app.count("sessions").await, 0);
        let taken = caller.post("/api/v1/users", user.clone()).await;
        assert_refused(&taken, 409, "email_taken", None);
        let bad = json!({"email": "ada", "password": "short", "nickname": ""});
        let refused = caller.post("/api/v1/users", bad).await;
        assert_refused(&refused, 422, "invalid", None);
        assert_eq!(refused.json()["error"]["fields"].as_array().map(Vec::len), Some(3));
        let mut with_role = user.clone();
        with_role["roles"] = json!(["administrator"]);
        assert_refused(&caller.post("/api/v1/users", with_role).await, 422, "unexpected_fields", None);
        assert_eq!(app.count("users").await, 1);

        let closed = app.with_variables(&[("VESTIBULE_REGISTRATION", "closed")]).await;
        let refused = Caller::new(&closed).await.post("/api/v1/users", user).await;
        // Not for want of a scope: a token would not help.
        assert_refused(&refused, 403, "registration_closed", None);
    }

    async fn who_does_not_know_the_password_gets_nothing(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let id = id_of(&mut ada).await;
        ada.tokens = None;
        let before = app.accounts_stored().await;
        let wrong = ada.sign_in(EMAIL, "wrong").await;
        let unknown = ada.sign_in("nobody@example.org", PASSWORD).await;
        assert_refused(&wrong, 401, "wrong_credentials", Some(""));
        assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
        app.execute(&format!("UPDATE users SET disabled_at = 1 WHERE id = '{id}'")).await;
        let disabled = ada.sign_in(EMAIL, PASSWORD).await;
        assert_eq!((disabled.status, &disabled.body), (wrong.status, &wrong.body));
        assert_refused(&ada.sign_in("", "").await, 422, "invalid", None);
        assert_eq!(app.accounts_stored().await, before);
    }

    async fn administrators_find_users_by_the_beginning_of_their_address(app: TestApp) {
        let mut root = administrator(&app, "root@example.org").await;
        let hash = app.text("SELECT password_hash FROM users").await;
        for number in 0..120 {
            // A canonical identifier of 16 bytes ends in A, Q, g or w.
            let (id, email) = (format!("{number:021}A"), format!("u_{number:03}@example.org"));
            app.execute(&format!(
                "INSERT INTO users (id, email, nickname, signature, avatar_url, password_hash, roles, epoch, created_at, \
                 updated_at, password_changed_at, disabled_at) \
                 VALUES ('{id}', '{email}', 'U', '', NULL, '{hash}', '', 1, {START}, 0, 0, NULL)",
            )).await;
        }
        let mut seen = Vec::new();
        let mut path = "/api/v1/users?query=U_".to_owned();
        let mut sizes = Vec::new();
        loop {
            let page = root.get(&path).await.json();
            let users = page["users"].as_array().expect("users");
            sizes.push(users.len());
            seen.extend(users.iter().map(|user| user["email"].as_str().expect("an address").to_owned()));
            let Some(next) = page["next_page"].as_str() else { break };
            path = format!("/api/v1/users?query=u_&page={next}");
        }
        assert_eq!(sizes, [50, 50, 20]);
        let expected: Vec<_> = (0..120).map(|number| format!("u_{number:03}@example.org")).collect();
        assert_eq!(seen, expected);
        for (query, found) in [("u_11", 10), ("u_119@example.org", 1), ("u_119@example.orgx", 0), ("", 50), ("root", 1),
            ("%25", 0), ("u%25", 0), ("%00", 0), ("%27%20OR%20%271", 0), ("%C3%A4", 0), ("%7F", 0)] {
            let page = root.get(&format!("/api/v1/users?query={query}")).await.json();
            assert_eq!(page["users"].as_array().map(Vec::len), Some(found), "{query}");
        }
        let found = root.get("/api/v1/users?query=root").await.json();
        assert_eq!(found["users"][0], json!({
            "id": id_of(&mut root).await, "email": "root@example.org", "nickname": "Ada", "roles": ["administrator"],
            "disabled": false, "created_at": "2026-01-02T03:04:05.500Z",
        }));
        for unexpected in ["page=0", "page=AAAAAAAAAAAAAAAAAAAAAg", "page=1%20OR%201", "query=a&query=b", "sort=id", "page="] {
            let refused = root.get(&format!("/api/v1/users?{unexpected}")).await;
            assert_refused(&refused, 422, "unexpected_fields", None);
        }
    }

    async fn administration_is_for_administrators(app: TestApp) {
        let mut root = administrator(&app, "root@example.org").await;
        let mut ada = Caller::registered(&app, EMAIL).await;
        let id = id_of(&mut ada).await;
        assert_eq!(root.put(&format!("/api/v1/users/{id}/roles"), json!({"roles": ["editor"]})).await.status, 204);
        assert_eq!(ada.renew().await.status, 200);
        let mut demoted = administrator(&app, "demoted@example.org").await;
        let mut disabled = administrator(&app, "disabled@example.org").await;
        let (demoted_id, disabled_id) = (id_of(&mut demoted).await, id_of(&mut disabled).await);
        let closed = root.put(&format!("/api/v1/users/{disabled_id}/disabled"), json!({"disabled": true})).await;
        let taken = root.put(&format!("/api/v1/users/{demoted_id}/roles"), json!({"roles": []})).await;
        assert_eq!((closed.status, taken.status), (204, 204));
        // The token that still says administrator is good no more; the next one does not say it.
        assert_eq!(demoted.get("/api/v1/users").await.status, 401);
        assert_eq!(demoted.renew().await.status, 200);
        let before = app.everything_stored().await;
        let doors = |id: &str| [
            ("GET", "/api/v1/users".to_owned(), None),
            ("DELETE", format!("/api/v1/users/{id}/sessions"), None),
            ("PUT", format!("/api/v1/users/{id}/roles"), Some(json!({"roles": ["administrator"]}))),
            ("PUT", format!("/api/v1/users/{id}/disabled"), Some(json!({"disabled": true}))),
        ];
        let mut stranger = Caller::new(&app).await;
        for (method, path, body) in doors(&id) {
            for caller in [&mut ada, &mut demoted] {
                let refused = caller.call(method, &path, body.clone()).await;
                assert_refused(&refused, 403, "forbidden", Some("insufficient_scope"));
            }
            let refused = disabled.call(method, &path, body.clone()).await;
            assert_refused(&refused, 401, "not_signed_in", Some("invalid_token"));
            assert_refused(&stranger.call(method, &path, body).await, 401, "not_signed_in", Some(""));
        }
        assert_eq!(app.everything_stored().await, before);
        for unknown in ["AAAAAAAAAAAAAAAAAAAAAA", "1e308", "%00", "x'--"] {
            for (method, path, body) in doors(&unknown.replace('\'', "%27")).into_iter().skip(1) {
                assert_refused(&root.call(method, &path, body).await, 404, "not_found", None);
            }
        }
        for nonsense in [json!({"roles": ["Editor"]}), json!({"roles": "editor"}), json!({"roles": [null]}), json!({})] {
            let refused = root.put(&format!("/api/v1/users/{id}/roles"), nonsense).await;
            assert_refused(&refused, 422, "unexpected_fields", None);
        }
        // A name that nobody configured is a misspelt one; what somebody has already may stay.
        let reviewer = || json!({"roles": ["editor", "reviewer"]});
        let refused = root.put(&format!("/api/v1/users/{id}/roles"), reviewer()).await;
        assert_refused(&refused, 422, "invalid", None);
        assert_eq!(refused.json()["error"]["fields"][0]["code"], "unknown");
        app.execute(&format!("UPDATE users SET roles = 'reviewer' WHERE id = '{id}'")).await;
        assert_eq!(root.put(&format!("/api/v1/users/{id}/roles"), reviewer()).await.status, 204);
        let configured = app.with_variables(&[("VESTIBULE_ROLES", "reviewer, editor")]).await;
        let mut there = Caller::signed_in(&configured, "root@example.org").await;
        assert_eq!(there.put(&format!("/api/v1/users/{demoted_id}/roles"), reviewer()).await.status, 204);
        let refused = root.put(&format!("/api/v1/users/{id}/disabled"), json!({"disabled": 1})).await;
        assert_refused(&refused, 422, "unexpected_fields", None);
    }

    async fn new_roles_count_from_the_next_request_on(app: TestApp) {
        let mut root = administrator(&app, "root@example.org").await;
        let mut ada = Caller::registered(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let roles = format!("/api/v1/users/{}/roles", id_of(&mut ada).await);
        assert_eq!(root.put(&roles, json!({"roles": ["administrator", "editor", "editor"]})).await.status, 204);
        // The token of before says otherwise; the session goes on.
        assert_refused(&ada.get("/api/v1/me").await, 401, "not_signed_in", Some("invalid_token"));
        assert_eq!(ada.renew().await.status, 200);
        assert_eq!(ada.get("/api/v1/me").await.json()["roles"], json!(["administrator", "editor"]));
        assert_eq!(ada.get("/api/v1/users").await.status, 200);
        browser.get("/profile").await.assert_page("Your profile");

        // Demoted a moment ago, with the token in hand.
        assert_eq!(root.put(&roles, json!({"roles": []})).await.status, 204);
        assert_refused(&ada.get("/api/v1/users").await, 401, "not_signed_in", Some("invalid_token"));
        assert_eq!(ada.renew().await.status, 200);
        assert_refused(&ada.get("/api/v1/users").await, 403, "forbidden", Some("insufficient_scope"));
        // Saying so once more changes nothing and takes nothing back.
        assert_eq!(root.put(&roles, json!({"roles": []})).await.status, 204);
        assert_eq!(ada.get("/api/v1/me").await.status, 200);
    }

    async fn whoever_is_signed_out_everywhere_may_come_back(app: TestApp) {
        let mut root = administrator(&app, "root@example.org").await;
        let mut ada = Caller::registered(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let id = id_of(&mut ada).await;
        assert_eq!(root.delete(&format!("/api/v1/users/{id}/sessions")).await.status, 204);
        assert_eq!((ada.get("/api/v1/me").await.status, ada.renew().await.status), (401, 401));
        assert!(browser.get("/profile").await.location().starts_with("/login"));
        let form = browser.get("/login?next=/profile").await;
        assert!(form.body.contains("An administrator ended your session at 2 January 2026, 03:04 UTC."), "{}", form.body);
        assert!(app.lets_in(EMAIL, PASSWORD).await);
        assert_eq!(root.get("/api/v1/me").await.status, 200);
    }

    async fn a_closed_account_lets_nobody_in_until_it_is_opened(app: TestApp) {
        let mut root = administrator(&app, "root@example.org").await;
        let mut ada = Caller::registered(&app, EMAIL).await;
        let (mut browser, _) = app.sign_in(EMAIL, PASSWORD).await;
        let disabled = format!("/api/v1/users/{}/disabled", id_of(&mut ada).await);
        for _ in 0..2 {
            assert_eq!(root.put(&disabled, json!({"disabled": true})).await.status, 204);
        }
        assert_eq!((ada.get("/api/v1/me").await.status, ada.renew().await.status), (401, 401));
        assert!(browser.get("/profile").await.location().starts_with("/login"));
        assert!(!app.lets_in(EMAIL, PASSWORD).await);
        let listed = root.get("/api/v1/users?query=ada").await.json();
        assert_eq!(listed["users"][0]["disabled"], json!(true));
        // Open again, what had ended stays ended, before and after a restart.
        assert_eq!(root.put(&disabled, json!({"disabled": false})).await.status, 204);
        let restarted = app.with(Settings::default()).await;
        let mut again = Caller::holding(&restarted, ada.tokens.clone()).await;
        for mut holder in [ada, again.clone()] {
            assert_eq!((holder.get("/api/v1/me").await.status, holder.renew().await.status), (401, 401));
        }
        assert!(app.lets_in(EMAIL, PASSWORD).await);
        assert_eq!(again.sign_in(EMAIL, PASSWORD).await.status, 200);
    }

    async fn somebody_always_remains_to_administrate(app: TestApp) {
        let mut root = administrator(&app, "root@example.org").await;
        let mut other = administrator(&app, "other@example.org").await;
        let (root_id, other_id) = (id_of(&mut root).await, id_of(&mut other).await);
        let own = root.put(&format!("/api/v1/users/{root_id}/disabled"), json!({"disabled": true})).await;
        assert_refused(&own, 409, "own_account", None);

        // Both at once remove each other: one of them is too late.
        for round in 0..5 {
            let roles = |id: &str| format!("/api/v1/users/{id}/roles");
            let (mut one, mut two) = (root.clone(), other.clone());
            let (path_of_other, path_of_root) = (roles(&other_id), roles(&root_id));
            let (first, second) = tokio::join!(
                one.put(&path_of_other, json!({"roles": []})),
                two.put(&path_of_root, json!({"roles": []})),
            );
            let sql = "SELECT COUNT(*) FROM users WHERE roles = 'administrator'";
            assert_eq!(app.number(sql).await, 1, "round {round}: {first:?} {second:?}");
            app.execute("UPDATE users SET roles = 'administrator'").await;
            for caller in [&mut root, &mut other] {
                caller.renew().await;
            }
        }
        assert_eq!(root.put(&format!("/api/v1/users/{other_id}/disabled"), json!({"disabled": true})).await.status, 204);
        let last = root.put(&format!("/api/v1/users/{root_id}/roles"), json!({"roles": ["editor"]})).await;
        assert_refused(&last, 409, "last_administrator", None);
        assert_eq!(root.get("/api/v1/users").await.status, 200);
    }

    async fn a_new_secret_signs_nobody_out(app: TestApp) {
        const NEXT: (&str, &str) = ("VESTIBULE_SECRET", "u3vJm0n2Qk5o1Zb8sYw4XtR7cLhE9dPaGf6iKjNqTeM");
        let old = crate::app::secret();
        let rotated = app.with_variables(&[NEXT, ("VESTIBULE_PREVIOUS_SECRETS", &old)]).await;
        // Everybody calls and renews all the time; in the midst of it the program is replaced.
        let calls = Arc::new(AtomicUsize::new(0));
        let mut running = Vec::new();
        for number in 0..6 {
            let ada = Caller::registered(&app, &format!("u{number}@example.org")).await;
            let (app, rotated, calls) = (app.clone(), rotated.clone(), Arc::clone(&calls));
            running.push(tokio::spawn(async move {
                let (mut before, mut after) = (Caller::new(&app).await, Caller::new(&rotated).await);
                let mut tokens = ada.tokens;
                for round in 0..20 {
                    let is_replaced = calls.fetch_add(1, Ordering::SeqCst) >= 50;
                    let caller = if is_replaced { &mut after } else { &mut before };
                    caller.tokens = tokens;
                    assert_eq!(caller.get("/api/v1/me").await.status, 200, "{number} in round {round}");
                    if round % 3 == number % 3 {
                        assert_eq!(caller.renew().await.status, 200, "{number} in round {round}");
                    }
                    tokens = caller.tokens.clone();
                }
                // By the end, whatever anybody holds was made with the new secret.
                after.tokens = tokens;
                assert_eq!(after.renew().await.status, 200, "{number} at the end");
                after.tokens
            }));
        }
        let mut held = Vec::new();
        for one in running {
            held.push(one.await.expect("everybody stayed in"));
        }
        // With the old secret gone, what the new one made is good, and nothing else.
        let mut after = Caller::new(&app.with_variables(&[NEXT]).await).await;
        for tokens in held {
            after.tokens = tokens;
            assert_eq!((after.get("/api/v1/me").await.status, after.renew().await.status), (200, 200));
        }
        after.tokens = Caller::signed_in(&app, "u0@example.org").await.tokens;
        assert_eq!((after.get("/api/v1/me").await.status, after.renew().await.status), (401, 401));
    }

    async fn a_check_of_a_token_asks_no_database(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        let before = app.storage.times_asked();
        for _ in 0..3 {
            assert_eq!(ada.get("/api/v1/sessions/current").await.status, 200);
        }
        assert_eq!(ada.get("/api/v1/users").await.status, 403);
        ada.tokens = None;
        assert_eq!(ada.get("/api/v1/me").await.status, 401);
        assert_eq!(app.storage.times_asked(), before);
    }
}

/// A request with these headers and this body, and no token.
fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).expect("a request")
}

#[tokio::test]
async fn the_authorization_header_is_read_to_the_letter() {
    let app = TestApp::sqlite().await;
    let mut ada = Caller::registered(&app, EMAIL).await;
    let eve = Caller::registered(&app, "eve@example.org").await;
    let (token, other) = (ada.access_token().to_owned(), eve.access_token().to_owned());
    ada.tokens = None;
    for scheme in ["Bearer", "bearer", "BEARER", "BeArEr"] {
        let header = format!("{scheme} {token}");
        let call = request("GET", "/api/v1/me", &[("authorization", &header)], "");
        assert_eq!(ada.send(call).await.status, 200, "{scheme}");
    }
    for (header, challenge) in [
        (format!("Bearer  {token}"), "invalid_token"),
        (format!("Bearer {token} "), "invalid_token"),
        (format!("Bearer {token}, Bearer {token}"), "invalid_token"),
        (format!("Bearer {token},{token}"), "invalid_token"),
        (format!("Bearer \"{token}\""), "invalid_token"),
        ("Bearer ".to_owned(), "invalid_token"),
        ("Bearer null".to_owned(), "invalid_token"),
        ("Bearer".to_owned(), ""),
        (String::new(), ""),
        (token.clone(), ""),
        (format!("Bearer\t{token}"), ""),
        (format!("Bearer:{token}"), ""),
        (format!("Basic {token}"), ""),
        (format!("DPoP {token}"), ""),
        (format!("Bearers {token}"), ""),
    ] {
        let call = request("GET", "/api/v1/me", &[("authorization", &header)], "");
        let refused = ada.send(call).await;
        assert_refused(&refused, 401, "not_signed_in", Some(challenge));
    }
    let (one, two) = (format!("Bearer {token}"), format!("Bearer {other}"));
    for pair in [
        [one.as_str(), two.as_str()],
        [&one, &one],
        [&one, "Basic x"],
    ] {
        let headers = [("authorization", pair[0]), ("authorization", pair[1])];
        let refused = ada.send(request("GET", "/api/v1/me", &headers, "")).await;
        assert_refused(&refused, 400, "bad_request", Some("invalid_request"));
    }
    // Nowhere else is a token looked for, and nobody else is believed.
    let cookie = format!("__Host-at={token}; at={token}");
    let in_address = format!("/api/v1/me?access_token={token}");
    for (path, headers) in [
        (in_address.as_str(), vec![]),
        ("/api/v1/me", vec![("cookie", cookie.as_str())]),
        (
            "/api/v1/me",
            vec![
                ("x-forwarded-user", "ada@example.org"),
                ("x-original-authorization", &one),
            ],
        ),
        ("/api/v1/me", vec![("proxy-authorization", &one)]),
    ] {
        let refused = ada.send(request("GET", path, &headers, "")).await;
        assert_refused(&refused, 401, "not_signed_in", Some(""));
    }
    let form = format!("access_token={token}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let refused = ada
        .send(request("PATCH", "/api/v1/me", &headers, form))
        .await;
    assert_refused(&refused, 401, "not_signed_in", Some(""));
}

#[tokio::test]
async fn everything_that_is_refused_has_one_shape() {
    let app = TestApp::sqlite().await;
    let mut ada = Caller::registered(&app, EMAIL).await;
    ada.tokens = None;
    let before = app.everything_stored().await;
    let json = [("content-type", "application/json")];
    let good = json!({"email": EMAIL, "password": PASSWORD}).to_string();
    let huge = format!("{{\"email\":\"{}\"}}", "a".repeat(70_000));
    let deep = "[".repeat(30_000);
    let twice = format!(r#"{{"email":"{EMAIL}","email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, u16, &'a str);
    let cases: &[Case<'_>] = &[
        (&[], &good, 415, "unsupported_media_type"),
        (
            &[("content-type", "text/plain")],
            &good,
            415,
            "unsupported_media_type",
        ),
        (
            &[("content-type", "application/x-www-form-urlencoded")],
            "email=a",
            415,
            "unsupported_media_type",
        ),
        (&[json[0], json[0]], &good, 415, "unsupported_media_type"),
        (
            &[json[0], ("content-encoding", "gzip")],
            &good,
            415,
            "unsupported_media_type",
        ),
        (&json, "", 400, "bad_request"),
        (&json, "{", 400, "bad_request"),
        (&json, "email=a", 400, "bad_request"),
        (&json, &deep, 422, "unexpected_fields"),
        (&json, "{}", 422, "unexpected_fields"),
        (&json, "null", 422, "unexpected_fields"),
        (
            &json,
            r#"["ada@example.org","x"]"#,
            422,
            "unexpected_fields",
        ),
        (
            &json,
            r#"{"email":1,"password":"x"}"#,
            422,
            "unexpected_fields",
        ),
        (
            &json,
            r#"{"email":"a","password":"x","remember":"on"}"#,
            422,
            "unexpected_fields",
        ),
        (&json, &twice, 422, "unexpected_fields"),
        (&json, &huge, 413, "payload_too_large"),
    ];
    for (headers, body, status, code) in cases {
        let call = request("POST", "/api/v1/tokens", headers, (*body).to_owned());
        let refused = ada.send(call).await;
        assert_refused(&refused, *status, code, None);
        assert!(
            refused.json()["error"]["message"]
                .as_str()
                .is_some_and(|message| message.ends_with('.'))
        );
    }
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/me/", 404, "not_found"),
        ("POST", "/api/v2/tokens", 404, "not_found"),
        ("GET", "/api/v1/..%2f..%2fprofile", 404, "not_found"),
        ("GET", "/api/v1/tokens", 405, "method_not_allowed"),
        ("POST", "/api/v1/me", 405, "method_not_allowed"),
        ("OPTIONS", "/api/v1/me", 405, "method_not_allowed"),
        ("TRACE", "/api/v1/me", 405, "method_not_allowed"),
    ] {
        let headers = [("accept", "text/html"), ("origin", "https://evil.example")];
        let refused = ada.send(request(method, path, &headers, "")).await;
        assert_refused(&refused, status, code, None);
        assert_eq!(
            refused.headers.contains_key("allow"),
            status == 405,
            "{refused:?}"
        );
    }
    assert_eq!(app.everything_stored().await, before);
    // Another site may call; it has nothing that a browser would add by itself.
    let headers = [
        json[0],
        ("origin", "https://client.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(
        ada.send(request("POST", "/api/v1/tokens", &headers, good))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_failing_database_is_told_from_a_bad_token() {
    let app = TestApp::sqlite().await;
    let mut ada = Caller::registered(&app, EMAIL).await;
    app.storage.close().await;
    assert_refused(&ada.get("/api/v1/me").await, 503, "unavailable", None);
    assert_eq!(ada.get("/api/v1/sessions/current").await.status, 200);
    let before = ada.tokens.clone();
    let body = json!({"refresh_token": ada.refresh_token()});
    assert_eq!(ada.post("/api/v1/tokens/refresh", body).await.status, 503);
    assert_eq!(ada.tokens, before);
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_has_every_call() {
    let app = TestApp::sqlite().await.writing_letters().await;
    let mut caller = Caller::new(&app).await;
    let document = caller.document().clone();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Vestibule");
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"],
        json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    );
    let paths = document["paths"].as_object().expect("paths");
    let mut calls = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            let is_guarded = operation["security"] == json!([{"bearer": []}]);
            calls.push(format!(
                "{} {path}{}",
                method.to_uppercase(),
                if is_guarded { " *" } else { "" }
            ));
            assert!(
                operation["summary"].is_string() && operation["tags"].is_array(),
                "{method} {path}"
            );
            // It is there, and its guard too.
            let path = path.replace("{id}", "AAAAAAAAAAAAAAAAAAAAAA");
            let body = operation.get("requestBody").map(|_| json!({}));
            let answer = caller.call(&method.to_uppercase(), &path, body).await;
            assert_eq!(
                answer.status == 401,
                is_guarded,
                "{method} {path}: {answer:?}"
            );
            assert!(
                !matches!(answer.status, 404 | 405),
                "{method} {path}: {answer:?}"
            );
        }
    }
    calls.sort();
    assert_eq!(
        calls,
        [
            "DELETE /api/v1/me *",
            "DELETE /api/v1/me/avatar *",
            "DELETE /api/v1/sessions *",
            "DELETE /api/v1/sessions/{id} *",
            "DELETE /api/v1/tokens *",
            "DELETE /api/v1/users/{id}/sessions *",
            "GET /api/v1/me *",
            "GET /api/v1/me/export *",
            "GET /api/v1/sessions *",
            "GET /api/v1/sessions/current *",
            "GET /api/v1/users *",
            "PATCH /api/v1/me *",
            "POST /api/v1/email/change *",
            "POST /api/v1/email/verify",
            "POST /api/v1/password/forgot",
            "POST /api/v1/password/reset",
            "POST /api/v1/tokens",
            "POST /api/v1/tokens/refresh",
            "POST /api/v1/users",
            "PUT /api/v1/me/avatar *",
            "PUT /api/v1/me/password *",
            "PUT /api/v1/users/{id}/disabled *",
            "PUT /api/v1/users/{id}/roles *",
        ]
    );
    // The page for people has the same calls, and every code.
    let page = std::fs::read_to_string("docs/api.md").expect("the page");
    for call in &calls {
        let call = call.trim_end_matches(" *").replace("/api/v1", "");
        assert!(page.contains(&format!("`{call}`")), "{call} in docs/api.md");
    }
    let codes = &document["components"]["schemas"]["FailureDetails"]["properties"]["code"]["enum"];
    for code in codes.as_array().expect("codes") {
        assert!(
            page.contains(&code.to_string().replace('"', "`")),
            "{code} in docs/api.md"
        );
    }
    for schema in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .values()
    {
        jsonschema::draft202012::meta::validate(schema).expect("a schema of JSON Schema 2020-12");
    }
}

#[tokio::test]
async fn an_access_token_names_the_api() {
    let app = TestApp::sqlite().await;
    let ada = Caller::registered(&app, EMAIL).await;
    let verify = |audience| app.access_tokens.verify(ada.access_token(), audience);
    assert!(verify(Audience::Api).is_ok());
    assert!(verify(Audience::Web).is_err());
}

#[tokio::test]
async fn a_program_s_session_lasts_as_long_as_a_browser_s() {
    let app = TestApp::sqlite().await;
    let mut ada = Caller::registered(&app, EMAIL).await;
    app.clock.advance(24 * 60 * MINUTE - 1);
    assert_eq!(ada.renew().await.status, 200);
    app.clock.advance(24 * 60 * MINUTE);
    assert_refused(
        &ada.renew().await,
        401,
        "not_signed_in",
        Some("invalid_token"),
    );
}
