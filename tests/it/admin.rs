//! The administrators' pages and forms: who gets in, what they show, and what they do.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};

const ADA: &str = "ada@example.org";

/// Somebody new with these roles, signed in with them.
async fn with_roles(app: &TestApp, email: &str, roles: &str) -> Client {
    app.signed_in(email).await;
    app.execute(&format!(
        "UPDATE users SET roles = '{roles}' WHERE email = '{email}'"
    ))
    .await;
    let (client, _) = app.sign_in(email, PASSWORD).await;
    client
}

async fn id_of(app: &TestApp, email: &str) -> String {
    app.text(&format!("SELECT id FROM users WHERE email = '{email}'"))
        .await
}

async fn act(client: &mut Client, action: &str, fields: &[(&str, &str)]) -> Answer {
    client
        .post(&format!("/action/admin_{action}"), fields)
        .await
}

/// Every form, with fields that would do something to this user.
fn forms(id: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let user = || ("user_id", id.to_owned());
    vec![
        ("sign_out", vec![user()]),
        (
            "end_session",
            vec![user(), ("session_id", "AAAAAAAAAAAAAAAAAAAAAA".to_owned())],
        ),
        ("disable", vec![user()]),
        ("enable", vec![user()]),
        (
            "set_roles",
            vec![user(), ("roles", "administrator".to_owned())],
        ),
    ]
}

on_both_databases! {
    async fn only_administrators_get_in(app: TestApp) {
        let mut root = with_roles(&app, "root@example.org", "administrator").await;
        let ada = app.signed_in(ADA).await;
        let editor = with_roles(&app, "editor@example.org", "administrators editor").await;
        let mut demoted = with_roles(&app, "demoted@example.org", "administrator").await;
        let disabled = with_roles(&app, "disabled@example.org", "administrator").await;
        let id = id_of(&app, ADA).await;
        let user_page = format!("/admin/users/{id}");
        for (email, action, fields) in [
            ("demoted@example.org", "set_roles", &[("roles", "")][..]),
            ("disabled@example.org", "disable", &[]),
        ] {
            let user = id_of(&app, email).await;
            let answer = act(&mut root, action, &[&[("user_id", user.as_str())], fields].concat()).await;
            answer.assert_sees_other(&format!("/admin/users/{user}"));
        }
        // A visit renews the session, without the role.
        demoted.get("/").await.assert_page("Hello, Ada");
        let before = app.everything_stored().await;

        let stranger = app.client();
        for client in [&stranger, &disabled] {
            for page in ["/admin", "/admin?query=a", &user_page] {
                let answer = client.clone().get(page).await;
                assert!(answer.status == 303 && answer.location().starts_with("/login?next=/admin"), "{answer:?}");
                assert_eq!(answer.body, "");
            }
            for (action, fields) in forms(&id) {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                act(&mut client.clone(), action, &fields).await.assert_sees_other("/login?next=/admin");
                let refused = act(&mut client.clone().wanting_json(), action, &fields).await;
                assert_eq!(refused.status, 401, "{action}");
            }
        }
        for client in [&ada, &editor, &demoted] {
            for page in ["/admin", "/admin?query=a", &user_page] {
                let answer = client.clone().get(page).await;
                assert_eq!(answer.status, 403, "{page}");
                assert!(!answer.body.contains("root@example.org"));
            }
            for (action, fields) in forms(&id) {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                act(&mut client.clone(), action, &fields).await.assert_sees_other("/admin");
                let refused = act(&mut client.clone().wanting_json(), action, &fields).await;
                assert_eq!(refused.status, 403, "{action}");
            }
            let header = client.clone().get("/").await;
            assert!(!header.body.contains("href=\"/admin\""), "nobody else is offered it");
        }
        assert_eq!(app.everything_stored().await, before);
        let list = root.get("/admin").await;
        list.assert_page("Users");
        assert!(list.body.contains("href=\"/admin\""));
        root.get(&user_page).await.assert_page("A user");
    }

    async fn users_are_searched_and_paged_through(app: TestApp) {
        let mut root = with_roles(&app, "root@example.org", "administrator").await;
        let hash = app.text("SELECT password_hash FROM users").await;
        for number in 0..60 {
            app.execute(&format!(
                "INSERT INTO users (id, email, nickname, signature, avatar_url, password_hash, roles, epoch, created_at, \
                 updated_at, password_changed_at, disabled_at) \
                 VALUES ('{number:021}A', 'u{number:02}@example.org', 'U', '', NULL, '{hash}', '', 1, 0, 0, 0, NULL)",
            )).await;
        }
        let emails = |answer: &Answer| -> Vec<String> {
            let page = answer.page();
            let links = page.named("a").into_iter();
            let links = links.filter(|link| link.attribute("class") == Some("user__email"));
            links.map(|link| link.text()).collect()
        };
        let next = |answer: &Answer| -> Option<String> {
            let page = answer.page();
            let mut links = page.named("a").into_iter();
            let link = links.find(|link| link.attribute("rel") == Some("next"))?;
            link.attribute("href").map(str::to_owned)
        };
        let first = root.get("/admin?query=U").await;
        let mut seen = emails(&first);
        assert_eq!(seen.len(), 50);
        let second = root.get(&next(&first).expect("more")).await;
        seen.extend(emails(&second));
        assert_eq!(next(&second), None);
        let expected: Vec<_> = (0..60).map(|number| format!("u{number:02}@example.org")).collect();
        assert_eq!(seen, expected);
        let found = root.get("/admin?query=root").await;
        assert_eq!(emails(&found), ["root@example.org"]);
        // What was asked for stands in the field, as text.
        let odd = root.get("/admin?query=%22%3E%3Cscript%3E").await.page();
        assert_eq!(odd.by_id("query").and_then(|field| field.attribute("value")), Some("\"><script>"));
        assert!(odd.text().contains("Nobody's e-mail begins like that."));
        for page in ["nonsense", "AAAAAAAAAAAAAAAAAAAAAA"] {
            let answer = root.get(&format!("/admin?page={page}")).await;
            assert!(matches!(answer.status, 404 | 422), "{answer:?}");
        }
        for id in ["nonsense", "AAAAAAAAAAAAAAAAAAAAAA", "%00", ".."] {
            assert_eq!(root.get(&format!("/admin/users/{id}")).await.status, 404, "{id}");
        }
    }

    async fn one_session_or_all_can_be_ended(app: TestApp) {
        let mut root = with_roles(&app, "root@example.org", "administrator").await;
        let mut ada = app.signed_in(ADA).await;
        let (mut there, _) = app.sign_in(ADA, PASSWORD).await;
        let id = id_of(&app, ADA).await;
        let page = format!("/admin/users/{id}");
        let session = app.access_tokens.verify(there.access_token(), vestibule::server::tokens::Audience::Web).expect("good").sid.to_string();
        act(&mut root, "end_session", &[("user_id", &id), ("session_id", &session)]).await.assert_sees_other(&page);
        root.get(&page).await.assert_notice(Some("That session is ended."));
        there.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(there.get("/login?next=/profile").await.body.contains("An administrator ended your session at"));
        ada.get("/profile").await.assert_page("Your profile");
        // Somebody else's session is not this user's.
        let own = app.access_tokens.verify(root.access_token(), vestibule::server::tokens::Audience::Web).expect("good").sid.to_string();
        for session in [own.as_str(), &session, "nonsense", ""] {
            let refused = act(&mut root.clone().wanting_json(), "end_session", &[("user_id", &id), ("session_id", session)]).await;
            assert_eq!(refused.status, 404, "{session}");
        }
        act(&mut root, "sign_out", &[("user_id", &id)]).await.assert_sees_other(&page);
        let shown = root.get(&page).await;
        shown.assert_notice(Some("Every session of this user is ended."));
        assert!(shown.body.contains("Signed in nowhere."));
        ada.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(app.lets_in(ADA, PASSWORD).await);
    }

    async fn accounts_are_closed_and_opened_and_given_roles(app: TestApp) {
        let mut root = with_roles(&app, "root@example.org", "administrator").await;
        let mut ada = app.signed_in(ADA).await;
        let (id, own) = (id_of(&app, ADA).await, id_of(&app, "root@example.org").await);
        let page = format!("/admin/users/{id}");
        act(&mut root, "disable", &[("user_id", &id)]).await.assert_sees_other(&page);
        let shown = root.get(&page).await;
        shown.assert_notice(Some("This account is disabled, and every session of it ended."));
        assert!(shown.body.contains("Enable account") && !shown.body.contains("Disable account"));
        ada.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(!app.lets_in(ADA, PASSWORD).await);
        act(&mut root, "enable", &[("user_id", &id)]).await.assert_sees_other(&page);
        root.get(&page).await.assert_notice(Some("This account is open again."));
        let (mut ada, _) = app.sign_in(ADA, PASSWORD).await;

        act(&mut root, "set_roles", &[("user_id", &id), ("roles", "editor, administrator")]).await.assert_sees_other(&page);
        root.get(&page).await.assert_notice(Some("The roles are set. They count from the user's next request on."));
        ada.get("/admin").await.assert_page("Users");
        act(&mut root, "set_roles", &[("user_id", &id), ("roles", "Editor")]).await.assert_sees_other(&page);
        root.get(&page).await.assert_says_at("roles", "Enter names such as editor with spaces between: small letters, digits, - and _.");
        act(&mut root, "set_roles", &[("user_id", &id), ("roles", "Editor")]).await.assert_sees_other(&page);
        let typed = root.get(&page).await.page();
        assert_eq!(typed.by_id("roles").and_then(|field| field.attribute("value")), Some("Editor"), "kept");
        act(&mut root, "set_roles", &[("user_id", &id), ("roles", "")]).await.assert_sees_other(&page);
        assert_eq!(ada.get("/admin").await.status, 403);

        // Oneself, and the last one.
        let own_page = format!("/admin/users/{own}");
        assert!(!root.get(&own_page).await.body.contains("Disable account"));
        for (action, fields, told) in [
            ("disable", &[][..], "Administrators cannot do this to their own account."),
            ("set_roles", &[("roles", "editor")], "This is the last administrator; make another one first."),
        ] {
            act(&mut root, action, &[&[("user_id", own.as_str())], fields].concat()).await.assert_sees_other(&own_page);
            let summary = root.get(&own_page).await.page();
            assert!(summary.by_id("error-summary").is_some_and(|summary| summary.text().contains(told)), "{told}");
        }
        for unknown in ["AAAAAAAAAAAAAAAAAAAAAA", "nonsense", ""] {
            let refused = act(&mut root.clone().wanting_json(), "sign_out", &[("user_id", unknown)]).await;
            assert_eq!(refused.status, 404, "{unknown}");
        }
        root.get("/admin").await.assert_page("Users");
    }

    async fn an_invitation_makes_one_administrator_and_is_dead(app: TestApp) {
        let invitation = app.accounts.invite_first_administrator().await.expect("asked").expect("nobody yet");
        let link = format!("/first-administrator?invitation={invitation}");
        // A stranger signs in, or registers, on the way.
        let turned = app.client().get(&link).await;
        assert!(turned.location().starts_with("/login?next=/first-administrator"), "{turned:?}");
        let mut ada = app.signed_in(ADA).await;
        let mut eve = app.signed_in("eve@example.org").await;
        for bad in ["", "x", "v1.a.b.c", &invitation[..invitation.len() - 1], &format!("{invitation}A")] {
            assert_eq!(ada.get(&format!("/first-administrator?invitation={bad}")).await.status, 404);
            let refused = ada.clone().wanting_json().post("/action/first_administrator", &[("invitation", bad)]).await;
            assert_eq!(refused.status, 404, "{bad}");
        }
        let refused = app.client().wanting_json().post("/action/first_administrator", &[("invitation", &invitation)]).await;
        assert_eq!(refused.status, 401);
        eve.get(&link).await.assert_page("The first administrator");
        ada.get(&link).await.assert_page("The first administrator");
        // Both at once: one of them is too late.
        let fields = [("invitation", invitation.as_str())];
        let (mut one, mut other) = (ada.clone().wanting_json(), eve.clone().wanting_json());
        let (first, second) = tokio::join!(
            one.post("/action/first_administrator", &fields),
            other.post("/action/first_administrator", &fields),
        );
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404]);
        assert_eq!(app.number("SELECT COUNT(*) FROM users WHERE roles = 'administrator'").await, 1);
        let (mut winner, mut loser) = if first.status == 303 { (ada, eve) } else { (eve, ada) };
        winner.get("/admin").await.assert_page("Users");
        assert_eq!(loser.get("/admin").await.status, 403);
        assert_eq!(loser.get(&link).await.status, 404);
        assert_eq!(app.accounts.invite_first_administrator().await.expect("asked"), None);
        // Nor does it come to life again when that administrator is gone.
        app.execute("UPDATE users SET roles = ''").await;
        assert_eq!(loser.get(&link).await.status, 404);
        assert_eq!(app.accounts.invite_first_administrator().await.expect("asked"), None);
    }

    async fn an_invitation_is_good_for_an_hour_and_while_there_is_no_administrator(app: TestApp) {
        let invitation = app.accounts.invite_first_administrator().await.expect("asked").expect("nobody yet");
        let link = format!("/first-administrator?invitation={invitation}");
        let mut ada = app.signed_in(ADA).await;
        app.clock.advance(3_599_000);
        ada.get(&link).await.assert_page("The first administrator");
        app.clock.advance(1_000);
        assert_eq!(ada.get(&link).await.status, 404);

        let invitation = app.accounts.invite_first_administrator().await.expect("asked").expect("nobody yet");
        app.execute("UPDATE users SET roles = 'administrator' WHERE email = 'ada@example.org'").await;
        let mut eve = app.signed_in("eve@example.org").await;
        let refused = eve.clone().wanting_json().post("/action/first_administrator", &[("invitation", &invitation)]).await;
        assert_eq!(refused.status, 404);
        assert_eq!(eve.get(&format!("/first-administrator?invitation={invitation}")).await.status, 404);
        assert_eq!(app.text("SELECT roles FROM users WHERE email = 'eve@example.org'").await, "");
    }
}
