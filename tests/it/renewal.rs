//! Sessions that go on: an access token that has run out is replaced on the way, by rotation of the
//! refresh token.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::Client;
use vestibule::domain::audit::Source;
use vestibule::domain::device::Device;
use vestibule::domain::session::Audience;
use vestibule::server::accounts::{OpenSession, Renewal};
use vestibule::server::clock::Millis;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
/// One second more than an access token lives.
const ACCESS_TOKEN_GONE: Millis = 301_000;

async fn renewed(app: &TestApp, refresh_token: &str) -> Option<OpenSession> {
    let source = Source {
        device: Device::new("Testing/1.0", None),
        request: None,
    };
    match app
        .accounts
        .renew(refresh_token, Audience::Web, &source)
        .await
    {
        Ok(Renewal::Renewed(session)) => Some(*session),
        Ok(Renewal::Over(_) | Renewal::Refused) => None,
        Err(error) => panic!("the database answers: {error}"),
    }
}

async fn remembered(app: &TestApp) -> Client {
    let mut client = app.client();
    let fields = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("remember", "on"),
    ];
    client
        .post("/action/login", &fields)
        .await
        .assert_sees_other("/profile");
    client
}

on_both_databases! {
    async fn a_page_renews_on_the_way(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let before = client.clone();
        app.clock.advance(ACCESS_TOKEN_GONE);
        let answer = client.get("/profile").await;
        answer.assert_page("Your profile");
        assert_ne!(client.access_token(), before.access_token());
        assert_ne!(client.refresh_token(), before.refresh_token());
        for name in ["__Host-at", "__Host-rt"] {
            let attributes = answer.set_cookie(name).expect(name).attributes;
            assert_eq!(attributes, ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"], "{name}");
        }
        let again = client.get("/profile").await;
        again.assert_page("Your profile");
        assert!(again.set_cookies().is_empty(), "a good token is left alone");
        assert_eq!(app.number("SELECT generation FROM sessions").await, 2);
    }

    async fn an_access_token_is_good_to_its_last_second_and_no_longer(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let alone = app.client().with_cookie("__Host-at", client.access_token());
        // Tests begin half a second into a second; a token's times are whole ones.
        app.clock.advance(299_499);
        alone.clone().get("/profile").await.assert_page("Your profile");
        app.clock.advance(1);
        alone.clone().get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn a_form_renews_on_the_way_and_nothing_typed_is_lost(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        let fields = [("nickname", "Countess"), ("signature", "typed for long")];
        let answer = client.post("/action/update_profile", &fields).await;
        answer.assert_sees_other("/profile");
        assert!(answer.set_cookie("__Host-at").is_some() && answer.set_cookie("__Host-rt").is_some());
        assert_eq!(app.text("SELECT signature FROM users").await, "typed for long");
        client.get("/profile").await.assert_notice(Some("Your profile is saved."));
    }

    async fn it_renews_when_the_access_cookie_is_gone_or_bad(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let mut only_refresh = app.client().with_cookie("__Host-rt", client.refresh_token());
        only_refresh.get("/profile").await.assert_page("Your profile");
        let mut bad_access = only_refresh.clone().with_cookie("__Host-at", "nonsense");
        bad_access.get("/profile").await.assert_page("Your profile");
    }

    async fn two_tabs_at_once_both_go_on_with_the_same_successor(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        let mut tabs = [client.clone(), client.clone(), client.clone()];
        for tab in &mut tabs {
            tab.get("/profile").await.assert_page("Your profile");
            app.clock.advance(3_000);
        }
        assert_eq!(tabs[0].refresh_token(), tabs[1].refresh_token());
        assert_eq!(tabs[0].refresh_token(), tabs[2].refresh_token());
        assert_eq!(app.number("SELECT generation FROM sessions").await, 2);
    }

    async fn a_hundred_at_once_raise_the_generation_by_one(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        let token = client.refresh_token().to_owned();
        let at_once = (0..100).map(|_| {
            let (app, token) = (app.clone(), token.clone());
            tokio::spawn(async move { renewed(&app, &token).await.expect("renewed").refresh_token })
        });
        let mut successors = Vec::new();
        for one in at_once.collect::<Vec<_>>() {
            successors.push(one.await.expect("no panic"));
        }
        assert_eq!(successors.len(), 100);
        assert!(successors.iter().all(|successor| *successor == successors[0] && *successor != token));
        assert_eq!(app.number("SELECT generation FROM sessions").await, 2);
        assert_eq!(app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    }

    async fn an_answer_that_is_lost_loses_nobody(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        let form = [("nickname", "Countess"), ("signature", "typed for long")];
        for round in 0..4 {
            app.clock.advance(ACCESS_TOKEN_GONE);
            // Page or form, the answer with the new tokens does not arrive, more than once.
            client.clone().get("/profile").await.assert_page("Your profile");
            app.clock.advance(3_000);
            client.clone().post("/action/update_profile", &form).await.assert_sees_other("/profile");
            app.clock.advance(3_000);
            client.get("/profile").await.assert_page("Your profile");
            assert_eq!(app.number("SELECT generation FROM sessions").await, round + 2);
        }
        // Nor does it matter at the door: who comes again is let in again, and who leaves twice has left.
        let (mut again, answer) = app.sign_in("ada@example.org", PASSWORD).await;
        answer.assert_sees_other("/profile");
        again.clone().post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
        again.post("/action/end_other_sessions", &[]).await.assert_sees_other("/sessions");
        client.get("/profile").await.assert_sees_other("/login?next=/profile");
        let new = [("current_password", PASSWORD), ("new_password", "umber lantern quorum 77")];
        again.clone().post("/action/change_password", &new).await.assert_sees_other("/password");
        again.get("/profile").await.assert_sees_other("/login?next=/profile");
        let (mut last, _) = app.sign_in("ada@example.org", "umber lantern quorum 77").await;
        last.clone().post("/action/logout", &[]).await.assert_sees_other("/login");
        last.post("/action/logout", &[]).await.assert_sees_other("/login");
    }

    async fn whoever_goes_away_in_the_midst_of_a_renewal_finds_the_session_again(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        for step in 0..40 {
            app.clock.advance(ACCESS_TOKEN_GONE);
            let mut gone = client.clone();
            let visit = tokio::spawn(async move { gone.get("/profile").await });
            for _ in 0..step * 3 {
                tokio::task::yield_now().await;
            }
            visit.abort();
            let _ = visit.await; // wherever it was
            client.get("/profile").await.assert_page("Your profile");
        }
        assert_eq!(app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    }

    async fn a_used_token_is_forgiven_for_ten_seconds_only(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let used = client.refresh_token().to_owned();
        let successor = renewed(&app, &used).await.expect("renewed").refresh_token;
        app.clock.advance(9_999);
        assert_eq!(renewed(&app, &used).await.expect("in time").refresh_token, successor);
        // The time runs from the rotation, not from the last who asked.
        app.clock.advance(1);
        assert!(renewed(&app, &used).await.is_none());
        assert!(renewed(&app, &successor).await.is_none(), "the session is over for both");
        assert_eq!(app.text("SELECT end_reason FROM sessions").await, "refresh_token_reused");
    }

    async fn a_token_two_generations_old_ends_the_session_at_once(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let first = client.refresh_token().to_owned();
        let second = renewed(&app, &first).await.expect("renewed").refresh_token;
        let third = renewed(&app, &second).await.expect("renewed").refresh_token;
        assert!(renewed(&app, &first).await.is_none());
        assert!(renewed(&app, &third).await.is_none());
    }

    async fn its_thief_and_its_owner_are_both_turned_away(app: TestApp) {
        let mut owner = app.signed_in("ada@example.org").await;
        let mut thief = app.client().with_cookie("__Host-rt", owner.refresh_token());
        app.clock.advance(ACCESS_TOKEN_GONE);
        thief.get("/profile").await.assert_page("Your profile");
        app.clock.advance(10_000);
        let answer = owner.get("/profile").await;
        answer.assert_sees_other("/login?next=/profile");
        assert!(answer.set_cookie("__Host-rt").is_some_and(|cookie| cookie.is_expiry()));
        app.clock.advance(ACCESS_TOKEN_GONE);
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn idle_for_a_day_is_the_end(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.clock.advance(DAY - 1);
        let mut in_time = client.clone();
        in_time.get("/profile").await.assert_page("Your profile");
        // That visit began a new day.
        app.clock.advance(DAY - 1);
        in_time.get("/profile").await.assert_page("Your profile");
        app.clock.advance(DAY);
        in_time.get("/profile").await.assert_sees_other("/login?next=/profile");

        let (other, _) = app.sign_in("ada@example.org", PASSWORD).await;
        client.cookies = other.cookies;
        app.clock.advance(DAY);
        client.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn two_weeks_are_the_end_however_busy(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        for _ in 0..27 {
            app.clock.advance(12 * HOUR);
            client.get("/profile").await.assert_page("Your profile");
        }
        app.clock.advance(12 * HOUR - 1);
        client.get("/profile").await.assert_page("Your profile");
        // The last access token may still say so for its own five minutes, but nothing is renewed.
        app.clock.advance(ACCESS_TOKEN_GONE);
        client.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn keep_me_signed_in_lasts_longer_and_counts_down(app: TestApp) {
        app.signed_in("ada@example.org").await;
        let mut client = remembered(&app).await;
        for visit in 1..7 {
            app.clock.advance(14 * DAY - 1);
            let answer = client.get("/profile").await;
            answer.assert_page("Your profile");
            let left = (90 * DAY - visit * (14 * DAY - 1)) / 1000;
            for name in ["__Host-at", "__Host-rt"] {
                assert_eq!(answer.set_cookie(name).expect(name).max_age(), Some(left), "{name}");
            }
        }
        app.clock.advance(6 * DAY + MINUTE);
        client.get("/profile").await.assert_sees_other("/login?next=/profile");

        let mut idle = remembered(&app).await;
        app.clock.advance(14 * DAY);
        idle.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn renewed_tokens_remember_when_the_password_was_given(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        let claims = renewed(&app, client.refresh_token()).await.expect("renewed").claims;
        assert_eq!(claims.auth_time, crate::app::START / 1000);
        assert_eq!(claims.iat, (crate::app::START + ACCESS_TOKEN_GONE) / 1000);
    }

    async fn roles_given_since_are_in_the_next_token(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        app.execute("UPDATE users SET roles = 'administrator editor'").await;
        let claims = renewed(&app, client.refresh_token()).await.expect("renewed").claims;
        assert_eq!(serde_json::to_value(&claims.roles).expect("JSON"), serde_json::json!(["administrator", "editor"]));
    }

    async fn forged_refresh_tokens_are_refused_and_harm_nobody(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let token = client.refresh_token();
        let parts: Vec<_> = token.split('.').collect();
        let [version, kid, sid, generation, mac] = parts[..] else { panic!("five parts") };
        assert_eq!((version, kid.len(), sid.len(), generation, mac.len()), ("v1", 12, 22, "1", 43));
        assert_eq!(kid, app.keyring.refresh.current().kid);
        let last_changed = format!("{}{}", &token[..token.len() - 1], next_in_alphabet(token));
        for forged in [
            format!("v1.{kid}.{sid}.2.{mac}"),
            format!("v1.{kid}.{sid}.0.{mac}"),
            format!("v1.{kid}.{sid}.01.{mac}"),
            format!("v1.{kid}.{sid}.+1.{mac}"),
            format!("v2.{kid}.{sid}.1.{mac}"),
            format!("v1.{}.{sid}.1.{mac}", app.keyring.access.current().kid),
            format!("v1.{kid}.AAAAAAAAAAAAAAAAAAAAAA.1.{mac}"),
            format!("v1.{kid}.{sid}.1."),
            format!("v1.{kid}.{sid}.1.{mac}="),
            format!("{token}.x"),
            format!("{token}A"),
            format!(" {token}"),
            last_changed,
            mac.to_owned(),
            "....".to_owned(),
            String::new(),
            "v1.".repeat(10_000),
        ] {
            assert!(renewed(&app, &forged).await.is_none(), "{forged}");
            app.client().with_cookie("__Host-rt", &forged).get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        // An access token is no refresh token, nor the other way round.
        for (name, value) in [("__Host-rt", client.access_token()), ("__Host-at", token)] {
            app.client().with_cookie(name, value).get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        assert!(renewed(&app, token).await.is_some(), "the session lives");
    }

    async fn a_replaced_secret_signs_nobody_out(app: TestApp) {
        let client = app.signed_in("ada@example.org").await;
        let other = "uL8Vt2mQ0cX5rJ7bN1eK3yH6wD9sG4fPzA-oT_iRvYk";
        let rotated = app
            .with_variables(&[("VESTIBULE_SECRET", other), ("VESTIBULE_PREVIOUS_SECRETS", &crate::app::secret())])
            .await;
        let mut here = rotated.client();
        here.cookies = client.cookies.clone();
        let answer = here.get("/profile").await;
        answer.assert_page("Your profile");
        app.clock.advance(ACCESS_TOKEN_GONE);
        here.get("/profile").await.assert_page("Your profile");
        let kid = here.refresh_token().split('.').nth(1).map(str::to_owned);
        assert_eq!(kid.as_deref(), Some(rotated.keyring.refresh.current().kid.as_str()), "renewed under the new key");

        let without = app.with_variables(&[("VESTIBULE_SECRET", other)]).await;
        let mut there = without.client();
        there.cookies = client.cookies.clone();
        there.get("/profile").await.assert_sees_other("/login?next=/profile");
    }

    async fn a_failing_database_signs_nobody_out(app: TestApp) {
        let mut client = app.signed_in("ada@example.org").await;
        app.clock.advance(ACCESS_TOKEN_GONE);
        app.execute("ALTER TABLE sessions RENAME TO lost").await;
        let answer = client.get("/profile").await;
        assert_eq!(answer.status, 500);
        assert!(answer.set_cookies().is_empty(), "the cookies stay");
        assert!(!answer.body.contains("lost") && !answer.body.contains("sessions"), "{}", answer.body);
        app.execute("ALTER TABLE lost RENAME TO sessions").await;
        client.get("/profile").await.assert_page("Your profile");
    }
}

/// The character after a token's last in base64url's alphabet: with 32 bytes in 43 characters it
/// differs in bits that stand for nothing.
fn next_in_alphabet(token: &str) -> char {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token
        .chars()
        .last()
        .and_then(|last| ALPHABET.find(last))
        .expect("base64url");
    ALPHABET
        .chars()
        .nth(last + 1)
        .expect("canonical ends are multiples of four")
}
