//! Forgotten passwords, and "this was not me": links and codes from letters, each good once, for one account and for one thing.

use crate::api::Caller;
use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};
use crate::concurrency::at_once;
use crate::post::{code, link, token};
use serde_json::json;

const EMAIL: &str = "ada@example.org";
const NEW: &str = "umber lantern quorum 77";
const MINUTE: i64 = 60_000;
const SENT: &str =
    "If that e-mail has an account, a letter is on its way to it. It is good for 30 minutes.";
const WRONG_CODE: &str = "This is not the code from the newest letter, or it is good no more.";

async fn forget(app: &TestApp, email: &str) -> (Client, Answer) {
    let mut client = app.client();
    let answer = client.post("/action/forgot", &[("email", email)]).await;
    (client, answer)
}

/// Asks for a letter and reads it.
async fn token_for(app: &TestApp, email: &str) -> String {
    forget(app, email).await.1.assert_sees_other("/reset");
    token(&app.letter().await)
}

async fn reset(client: &mut Client, token: &str, new: &str) -> Answer {
    let fields = [("token", token), ("new_password", new)];
    client.post("/action/reset", &fields).await
}

async fn reset_by_code(client: &mut Client, email: &str, code: &str) -> Answer {
    let fields = [("email", email), ("code", code), ("new_password", NEW)];
    client.post("/action/reset", &fields).await
}

/// That this link opens nothing, from a page or from a program.
async fn assert_opens_nothing(app: &TestApp, token: &str) {
    let before = app.accounts_stored().await;
    let mut client = app.client().wanting_json();
    assert_eq!(reset(&mut client, token, NEW).await.status, 400, "{token}");
    let page = app.client().get(&format!("/reset?token={token}")).await;
    page.assert_page("This link is good no more");
    assert_eq!(app.accounts_stored().await, before);
}

on_both_databases! {
    async fn a_forgotten_password_is_replaced_by_a_link(app: TestApp) {
        let app = app.writing_letters().await;
        let mut elsewhere = app.signed_in(EMAIL).await;
        let mut client = app.client();
        client.get("/login").await.assert_page("Sign in");
        client.get("/forgot").await.assert_page("Forgot your password?");
        let answer = client.post("/action/forgot", &[("email", " Ada@Example.org ")]).await;
        answer.assert_sees_other("/reset");
        let form = client.get("/reset").await;
        form.assert_notice(Some(SENT));
        assert_eq!(form.page().by_id("email").expect("a field").attribute("value"), Some("Ada@Example.org"));

        let letter = app.letter().await;
        assert_eq!((letter.to.as_str(), &*letter.subject), (EMAIL, "Choose a new password at Vestibule"));
        // Programs that look into mail open links, and so does a person who looks twice.
        let link = link(&letter);
        for _ in 0..3 {
            let page = app.client().get(&link).await;
            page.assert_page("Choose a new password");
            assert!(page.body.contains("For ada@example.org."), "{}", page.body);
        }
        elsewhere.get("/profile").await.assert_page("Your profile");

        let mut client = app.client();
        let refused = reset(&mut client, &token(&letter), "short").await;
        refused.assert_sees_other(&link);
        client.get(&link).await.assert_says_at("new_password", "Use at least 12 characters.");
        let done = reset(&mut client, &token(&letter), NEW).await;
        done.assert_sees_other("/login");
        assert!(done.set_cookie("__Host-at").is_none(), "nobody is signed in by it");
        let login = client.get("/login").await;
        login.assert_notice(Some("Your new password is set, and every session was ended. Sign in with it."));
        assert_eq!(login.page().by_id("email").expect("a field").attribute("value"), Some(EMAIL));

        elsewhere.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(!app.lets_in(EMAIL, PASSWORD).await);
        assert!(app.lets_in(EMAIL, NEW).await);
        let letter = app.letter().await;
        assert_eq!(letter.subject, "Your password at Vestibule was changed");
        assert!(letter.text.contains("replaced by way of a letter to you"), "{}", letter.text);
        assert_eq!((app.happened("password_reset_requested").await, app.happened("password_reset").await), (1, 1));
    }

    async fn a_code_does_where_links_break(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let (mut client, _) = forget(&app, EMAIL).await;
        let code = code(&app.letter().await).expect("a code");
        for (email, code, at, sentence) in [
            (EMAIL, "", "code", "Enter the code from the letter."),
            ("eve@example.org", &*code, "code", WRONG_CODE),
            ("nobody", &code, "email", "Enter an e-mail address such as name@example.org."),
        ] {
            reset_by_code(&mut client, email, code).await.assert_sees_other("/reset");
            client.get("/reset").await.assert_says_at(at, sentence);
        }
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        reset_by_code(&mut client, "ADA@example.org", &spaced).await.assert_sees_other("/login");
        assert!(app.lets_in(EMAIL, NEW).await);
        // Not again.
        reset_by_code(&mut client, EMAIL, &code).await.assert_sees_other("/reset");
        client.get("/reset").await.assert_says_at("code", WRONG_CODE);
    }

    async fn a_code_is_tried_five_times_and_three_a_day_have_one(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let mut client = app.client().wanting_json();
        for round in 0..3 {
            forget(&app, EMAIL).await;
            let letter = app.letter().await;
            let right = code(&letter).expect("a code");
            let wrong = if right == "000000" { "000001" } else { "000000" };
            // What is refused for the password costs no try.
            let short = [("email", EMAIL), ("code", wrong), ("new_password", "short")];
            assert_eq!(client.post("/action/reset", &short).await.status, 422);
            for _ in 0..5 {
                assert_eq!(reset_by_code(&mut client, EMAIL, wrong).await.status, 422);
            }
            assert_eq!(reset_by_code(&mut client, EMAIL, &right).await.status, 422, "{round}");
            app.clock.advance(20 * MINUTE);
        }
        assert!(!app.lets_in(EMAIL, NEW).await);
        forget(&app, EMAIL).await;
        let letter = app.letter().await;
        assert_eq!(code(&letter), None, "{letter:?}");
        assert!(!letter.text.contains("enter this code"), "{}", letter.text);
        // The link does all the same.
        assert_eq!(reset(&mut client, &token(&letter), NEW).await.status, 303);
        app.clock.advance(24 * 60 * MINUTE);
        app.letters().await;
        forget(&app, EMAIL).await;
        assert!(code(&app.letter().await).is_some());
    }

    async fn whether_there_is_an_account_nobody_is_told(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let by_page = async |email: &str| {
            let (mut client, answer) = forget(&app, email).await;
            let page = client.get("/reset").await;
            let cookies: Vec<_> = answer.set_cookies().into_iter().map(|cookie| cookie.name).collect();
            let body = page.body.replace(email, "EMAIL");
            let nonces = body.split("nonce=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let same = nonces.fold(body.clone(), |body, nonce| body.replace(nonce, "NONCE"));
            (answer.status, answer.location().to_owned(), cookies, same)
        };
        let known = by_page(EMAIL).await;
        assert_eq!(known, by_page("eve@example.org").await);
        app.letters().await;
        app.execute("UPDATE users SET disabled_at = 1").await;
        assert_eq!(known, by_page(EMAIL).await, "a closed account");
        assert!(app.letters().await.is_empty());
        let mut program = Caller::new(&app).await;
        for email in [EMAIL, "eve@example.org"] {
            let answer = program.post("/api/v1/password/forgot", json!({"email": email})).await;
            assert_eq!((answer.status, &*answer.body), (202, ""));
        }
        // Those who look after it see what nobody was told.
        let details = "SELECT detail FROM audit_trail WHERE event = 'letter_refused' ORDER BY seq";
        assert_eq!(app.rows(details).await, "unknown\ndisabled\ndisabled\nunknown\n");
    }

    async fn no_mailbox_is_filled(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let mut sent = 0;
        for _ in 0..12 {
            forget(&app, EMAIL).await.1.assert_sees_other("/reset");
            sent += app.letters().await.len();
        }
        assert_eq!(sent, 5);
        app.clock.advance(60 * MINUTE);
        forget(&app, EMAIL).await;
        assert_eq!(app.letters().await.len(), 1);
    }

    async fn a_link_is_good_once_for_its_time_and_until_there_is_a_newer_one(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let used = token_for(&app, EMAIL).await;
        reset(&mut app.client(), &used, NEW).await.assert_sees_other("/login");
        app.letters().await;
        assert_opens_nothing(&app, &used).await;

        let late = token_for(&app, EMAIL).await;
        app.clock.advance(30 * MINUTE);
        assert_opens_nothing(&app, &late).await;

        let older = token_for(&app, EMAIL).await;
        let newer = token_for(&app, EMAIL).await;
        assert_opens_nothing(&app, &older).await;

        for other in ["", "x", &newer[1..], &newer[..newer.len() - 1], &format!("{newer}="), &newer.to_ascii_lowercase()] {
            if other.is_empty() {
                continue;
            }
            assert_opens_nothing(&app, &other.replace('=', "%3D")).await;
        }
        // Just before its end.
        app.clock.advance(30 * MINUTE - 1);
        reset(&mut app.client(), &newer, PASSWORD).await.assert_sees_other("/login");
        assert!(app.lets_in(EMAIL, PASSWORD).await);
    }

    async fn a_link_is_bound_to_the_password_and_the_address(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = app.signed_in(EMAIL).await;
        let token = token_for(&app, EMAIL).await;
        app.clock.advance(1);
        let change = [("current_password", PASSWORD), ("new_password", NEW)];
        ada.post("/action/change_password", &change).await.assert_sees_other("/password");
        app.letters().await;
        assert_opens_nothing(&app, &token).await;

        let token = token_for(&app, EMAIL).await;
        app.execute("UPDATE users SET email = 'lovelace@example.org'").await;
        assert_opens_nothing(&app, &token).await;
        app.execute(&format!("UPDATE users SET email = '{EMAIL}', disabled_at = 1")).await;
        assert_opens_nothing(&app, &token).await;
        app.execute("UPDATE users SET disabled_at = NULL").await;
        reset(&mut app.client(), &token, PASSWORD).await.assert_sees_other("/login");
    }

    async fn a_link_is_for_one_account_and_one_purpose(app: TestApp) {
        let app = app.writing_letters().await;
        let mut ada = app.signed_in(EMAIL).await;
        app.signed_in("eve@example.org").await;
        // Eve's own link changes Eve's password, whoever else is named.
        let eves = token_for(&app, "eve@example.org").await;
        let user = app.text(&format!("SELECT id FROM users WHERE email = '{EMAIL}'")).await;
        let fields = [("token", &*eves), ("email", EMAIL), ("user", &user), ("new_password", NEW)];
        app.client().post("/action/reset", &fields).await.assert_sees_other("/login");
        assert!(app.lets_in(EMAIL, PASSWORD).await);
        assert!(app.lets_in("eve@example.org", NEW).await);
        app.letters().await;

        let change = [("current_password", PASSWORD), ("new_password", NEW)];
        ada.post("/action/change_password", &change).await.assert_sees_other("/password");
        let not_me = token(&app.letter().await);
        let reset_link = token_for(&app, EMAIL).await;
        let mut program = app.client().wanting_json();
        assert_eq!(reset(&mut program, &not_me, PASSWORD).await.status, 400);
        assert_eq!(program.post("/action/not_me", &[("token", &reset_link)]).await.status, 400);
        // Nor is it any other kind of token.
        for cookie in ["__Host-at", "__Host-rt"] {
            let mut client = app.client().with_cookie(cookie, &reset_link);
            client.get("/profile").await.assert_sees_other("/login?next=/profile");
        }
        let mut bearer = app.client().with_header("authorization", &format!("Bearer {reset_link}"));
        assert_eq!(bearer.get("/api/v1/me").await.status, 401);
        let invitation = app.accounts.invite_first_administrator().await.expect("a database").expect("one");
        for other in [ada.access_token(), ada.refresh_token(), &invitation] {
            assert_eq!(reset(&mut program, other, PASSWORD).await.status, 400);
        }
        assert!(app.lets_in(EMAIL, NEW).await);
    }

    async fn of_fifty_who_use_one_link_one_wins(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        forget(&app, EMAIL).await;
        let letter = app.letter().await;
        let (token, code) = (token(&letter), code(&letter).expect("a code"));
        let outcomes = at_once((0..50).map(|number| {
            let (app, token, code) = (app.clone(), token.clone(), code.clone());
            async move {
                let mut client = app.client().wanting_json();
                let new = format!("umber lantern quorum {number}");
                let fields = match number % 5 {
                    0 => vec![("email", EMAIL), ("code", &code), ("new_password", &new)],
                    _ => vec![("token", &*token), ("new_password", &new)],
                };
                let answer = client.post("/action/reset", &fields).await;
                assert!(matches!(answer.status, 303 | 400 | 422 | 503), "{answer:?}");
                (answer.status == 303).then_some(new)
            }
        }))
        .await;
        let winners: Vec<_> = outcomes.into_iter().flatten().collect();
        let [new] = &winners[..] else { panic!("one wins: {winners:?}") };
        assert!(app.lets_in(EMAIL, new).await);
        assert_eq!((app.happened("password_reset").await, app.number("SELECT epoch FROM users").await), (1, 2));
        assert_eq!(app.letters().await.len(), 1);
    }

    async fn of_all_who_ask_at_once_one_link_is_left(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        at_once((0..20).map(|_| {
            let app = app.clone();
            async move { forget(&app, EMAIL).await.1.assert_sees_other("/reset") }
        }))
        .await;
        // Letters whose link is good no more are not sent.
        assert_eq!(app.count("outbox").await, 5);
        let letter = app.letter().await;
        reset(&mut app.client(), &token(&letter), NEW).await.assert_sees_other("/login");
        assert_eq!(app.number("SELECT COUNT(*) FROM mailed_links WHERE ended_at IS NULL AND purpose = 'reset'").await, 0);
    }

    async fn whoever_it_was_not_ends_all_sessions_and_chooses_anew(app: TestApp) {
        let app = app.writing_letters().await;
        let mut thief = app.signed_in(EMAIL).await;
        let change = [("current_password", PASSWORD), ("new_password", NEW)];
        thief.post("/action/change_password", &change).await.assert_sees_other("/password");
        let letter = app.letter().await;
        assert!(letter.text.contains("This was not me"), "{}", letter.text);

        app.clock.advance(71 * 60 * MINUTE);
        let mut owner = app.client();
        owner.get(&link(&letter)).await.assert_page("This was not you?");
        let answer = owner.post("/action/not_me", &[("token", &token(&letter))]).await;
        let form = answer.location().to_owned();
        assert!(form.starts_with("/reset?token="), "{form}");
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert!(!app.lets_in(EMAIL, NEW).await, "what the thief knows opens nothing");

        let page = owner.get(&form).await;
        page.assert_notice(Some("Every session is ended, and the old password counts no more. Choose a new one."));
        let third = "cedar anchor violet 19";
        let fields = [("token", form.trim_start_matches("/reset?token=")), ("new_password", third)];
        owner.post("/action/reset", &fields).await.assert_sees_other("/login");
        assert!(app.lets_in(EMAIL, third).await);
        // Whoever closed the page finds the way in the mailbox; here it is used already.
        let letters = app.letters().await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_opens_nothing(&app, &token(&letter)).await;
        let again = owner.post("/action/not_me", &[("token", &token(&letter))]).await;
        again.assert_sees_other(&link(&letter));
        owner.get(&link(&letter)).await.assert_page("This link is good no more");
        assert_eq!(app.happened("disowned").await, 1);
    }

    async fn whoever_is_signed_in_as_somebody_else_stays_so(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let mut eve = app.signed_in("eve@example.org").await;
        let token = token_for(&app, EMAIL).await;
        reset(&mut eve, &token, NEW).await.assert_sees_other("/profile");
        eve.get("/profile").await.assert_notice(Some(
            "The new password of the other account is set, and every session of it was ended. You are signed in as before.",
        ));
        assert!(app.lets_in(EMAIL, NEW).await);
    }

    async fn whoever_resets_is_not_kept_out_by_wrong_guesses(app: TestApp) {
        let app = app.writing_letters_and(&[("VESTIBULE_LOGIN_FAILURES", "3")]).await;
        app.signed_in(EMAIL).await;
        let mut client = app.client();
        for _ in 0..4 {
            client.post("/action/login", &[("email", EMAIL), ("password", "wrong")]).await;
        }
        let token = token_for(&app, EMAIL).await;
        reset(&mut client, &token, NEW).await.assert_sees_other("/login");
        let fields = [("email", EMAIL), ("password", NEW)];
        client.post("/action/login", &fields).await.assert_sees_other("/profile");
    }

    async fn programs_find_the_way_back(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        let holder = Caller::signed_in(&app, EMAIL).await;
        let mut program = Caller::new(&app).await;
        program.post("/api/v1/password/forgot", json!({"email": EMAIL})).await;
        let letter = app.letter().await;
        for (body, status) in [
            (json!({"new_password": NEW}), 422),
            (json!({"token": token(&letter), "code": "123456", "new_password": NEW}), 422),
            (json!({"token": "x", "new_password": NEW}), 400),
            (json!({"token": token(&letter), "new_password": "short"}), 422),
            (json!({"email": EMAIL, "code": "x", "new_password": NEW}), 422),
            (json!({"token": token(&letter), "new_password": NEW}), 204),
            (json!({"token": token(&letter), "new_password": NEW}), 400),
        ] {
            let answer = program.post("/api/v1/password/reset", body.clone()).await;
            assert_eq!(answer.status, status, "{body} {answer:?}");
        }
        let mut holder = holder;
        assert_eq!(holder.get("/api/v1/me").await.status, 401);
        assert!(app.lets_in(EMAIL, NEW).await);
        let answer = program.post("/api/v1/password/forgot", json!({"email": "nobody"})).await;
        assert_eq!(answer.status, 422);
    }

    async fn without_mail_there_is_no_way_back(app: TestApp) {
        app.signed_in(EMAIL).await;
        for page in ["/forgot", "/reset", "/mailbox"] {
            assert_eq!(app.client().get(page).await.status, 404, "{page}");
        }
        let login = app.client().get("/login").await;
        assert!(!login.body.contains("/forgot"));
        let mut client = app.client().wanting_json();
        assert_eq!(client.post("/action/forgot", &[("email", EMAIL)]).await.status, 404);
        assert_eq!(reset(&mut client, "x", NEW).await.status, 404);
        assert_eq!((app.count("outbox").await, app.count("mailed_links").await), (0, 0));
    }

    async fn what_is_past_is_forgotten(app: TestApp) {
        let app = app.writing_letters().await;
        app.signed_in(EMAIL).await;
        token_for(&app, EMAIL).await;
        app.clock.advance(24 * 60 * MINUTE);
        app.accounts.forget_past_links().await.expect("a database");
        assert_eq!(app.count("mailed_links").await, 1, "it is still counted");
        app.clock.advance(30 * MINUTE + 1);
        app.accounts.forget_past_links().await.expect("a database");
        assert_eq!(app.count("mailed_links").await, 0);
    }
}

#[tokio::test]
async fn links_lead_to_the_origin_and_not_to_where_it_was_asked() {
    let app = TestApp::sqlite().await.writing_letters().await;
    app.signed_in(EMAIL).await;
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "app.example:1337"),
        ("host", "app.example@evil.example"),
        ("host", ""),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "/admin"),
        ("x-rewrite-url", "/admin"),
        ("x-http-host-override", "evil.example"),
    ] {
        let mut client = app.client().with_header(name, value);
        client.post("/action/forgot", &[("email", EMAIL)]).await;
        for letter in app.letters().await {
            assert!(link(&letter).starts_with("/reset?token="), "{name}");
            assert!(!letter.text.contains("evil") && !letter.text.contains("1337"));
        }
        app.clock.advance(60 * MINUTE);
    }
    // Nothing that the page holds is fetched from elsewhere, and no frame shows it: the headers of every answer are looked at.
    let token = token_for(&app, EMAIL).await;
    let page = app.client().get(&format!("/reset?token={token}")).await;
    for attribute in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
        assert!(!page.body.contains(attribute), "{attribute}");
    }
}

#[tokio::test]
async fn a_developer_reads_letters_on_a_page() {
    let app = TestApp::sqlite().await;
    let local = [("VESTIBULE_ORIGIN", "https://localhost")];
    let app = app.with_variables(&local).await;
    let mut client = app.client().with_header("origin", "https://localhost");
    app.register(&mut client, EMAIL)
        .await
        .assert_sees_other("/profile");
    client
        .post("/action/forgot", &[("email", EMAIL)])
        .await
        .assert_sees_other("/reset");
    for address in ["127.0.0.1", "::1"] {
        let mut here = app
            .client()
            .calling_from(address)
            .with_header("host", "localhost");
        let page = here.get("/mailbox").await;
        page.assert_page("Development mailbox");
        let page = page.page();
        let hrefs: Vec<_> = page
            .named("a")
            .into_iter()
            .filter_map(|link| link.attribute("href"))
            .collect();
        let link = hrefs
            .iter()
            .find(|href| href.contains("token="))
            .expect("the letter's link");
        assert!(link.starts_with("https://localhost/reset?token="), "{link}");
    }
    // Not to anybody else, and not by a name of somebody else's that leads here.
    for (address, host) in [
        ("192.0.2.7", "localhost"),
        ("2001:db8::1", "localhost"),
        ("127.0.0.1", "evil.example"),
        ("127.0.0.1", "localhost.evil.example"),
        ("127.0.0.1", "localhost:1337"),
        ("127.0.0.1", ""),
    ] {
        let mut client = app.client().calling_from(address).with_header("host", host);
        assert_eq!(client.get("/mailbox").await.status, 404, "{address} {host}");
    }
    assert_eq!(app.client().get("/mailbox").await.status, 404);
}
