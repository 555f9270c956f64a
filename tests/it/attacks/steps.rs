//! Attacks of more than one step: at the same time, between people, and by what an answer weighs.

use crate::app::{PASSWORD, TestApp, on_both_databases};
use crate::client::{Answer, Client};

const EMAIL: &str = "ada@example.org";
/// One second more than an access token lives.
const ACCESS_TOKEN_GONE: i64 = 301_000;

/// How a session is taken back while its own browser renews it.
#[derive(Clone, Copy, Debug)]
enum End {
    SignOut,
    FromElsewhere,
    NoRoom,
}

async fn end(end: End, mut own: Client, mut elsewhere: Client) {
    match end {
        End::SignOut => own
            .post("/action/logout", &[])
            .await
            .assert_sees_other("/login"),
        End::FromElsewhere => {
            let answer = elsewhere.post("/action/end_other_sessions", &[]).await;
            answer.assert_sees_other("/sessions");
        }
        End::NoRoom => {
            let fields = [("email", EMAIL), ("password", PASSWORD)];
            let answer = elsewhere.post("/action/login", &fields).await;
            answer.assert_sees_other("/profile");
        }
    }
}

on_both_databases! {
    async fn no_renewal_outlives_the_end_of_its_session(app: TestApp) {
        app.signed_in(EMAIL).await;
        let one_only = app.with_variables(&[("VESTIBULE_SESSION_LIMIT", "1")]).await;
        for round in 0..8 {
            for how in [End::SignOut, End::FromElsewhere, End::NoRoom] {
                let app = if matches!(how, End::NoRoom) { &one_only } else { &app };
                let (elsewhere, _) = app.sign_in(EMAIL, PASSWORD).await;
                let (own, _) = app.sign_in(EMAIL, PASSWORD).await;
                app.clock.advance(ACCESS_TOKEN_GONE);
                let renewals = (0..4).map(|_| {
                    let mut tab = own.clone();
                    tokio::spawn(async move {
                        tab.get("/profile").await;
                        tab
                    })
                });
                let mut running: Vec<_> = renewals.collect();
                // Before, amid and after them.
                for _ in 0..round {
                    tokio::task::yield_now().await;
                }
                let newcomer = if matches!(how, End::NoRoom) { app.client() } else { elsewhere };
                let (own_copy, ending) = (own.clone(), tokio::spawn(end(how, own, newcomer)));
                ending.await.expect("it ended");
                running.push(tokio::spawn(async move { own_copy }));
                for tab in running {
                    let tab = tab.await.expect("no panic");
                    for name in ["__Host-at", "__Host-rt"] {
                        let Some(token) = tab.cookies.get(name) else { continue };
                        let mut thief = app.client().with_cookie(name, token);
                        let answer = thief.get("/profile").await;
                        assert_eq!((answer.status, answer.location()), (303, "/login?next=/profile"), "{how:?} in round {round}");
                    }
                }
            }
        }
    }

    async fn two_people_at_once_see_their_own_pages(app: TestApp) {
        let (ada, eve) = (app.signed_in(EMAIL).await, app.signed_in("eve@example.org").await);
        let visits: Vec<_> = (0..120)
            .map(|number| {
                let is_ada = number % 2 == 0;
                let mut client = if is_ada { ada.clone() } else { eve.clone() };
                let path = ["/profile", "/", "/sessions"][number / 2 % 3];
                tokio::spawn(async move { (is_ada, path, client.get(path).await) })
            })
            .collect();
        let (mut of_ada, mut of_eve) = (0, 0);
        for visit in visits {
            let (is_ada, path, answer) = visit.await.expect("no panic");
            assert_eq!(answer.status, 200);
            let (ada, eve) = (answer.body.contains(EMAIL), answer.body.contains("eve@example.org"));
            let other = if is_ada { eve } else { ada };
            assert!(!other, "{path} shows another's");
            of_ada += usize::from(ada);
            of_eve += usize::from(eve);
        }
        assert!(of_ada >= 20 && of_eve >= 20, "the profile shows whose it is");
    }
}

/// All that can be weighed of an answer: its status, its headers and how long their values and the body are.
fn weight(answer: &Answer) -> (u16, Vec<(String, usize)>, usize) {
    let headers = answer.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.len()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.body.len())
}

#[tokio::test]
async fn whether_somebody_has_an_account_weighs_nothing() {
    let app = TestApp::sqlite().await;
    app.signed_in(EMAIL).await;
    app.signed_in("bob@example.org").await;
    app.execute("UPDATE users SET disabled_at = 1 WHERE email = 'bob@example.org'")
        .await;
    let mut weights = Vec::new();
    // Known, closed and unknown, all of one length.
    for email in [EMAIL, "bob@example.org", "eve@example.org"] {
        let packed = app.client().with_header("accept-encoding", "gzip, br");
        let fields = [("email", email), ("password", "umber lantern quorum 77")];
        let mut program = packed.clone().wanting_json();
        let told = program.post("/action/login", &fields).await;
        let mut browser = packed;
        let sent_back = browser.post("/action/login", &fields).await;
        let form = browser.get("/login").await;
        assert_eq!(
            (told.status, sent_back.status, form.status),
            (401, 303, 200)
        );
        weights.push([&told, &sent_back, &form].map(weight));
    }
    assert_eq!(weights[0], weights[2], "known or not");
    assert_eq!(weights[1], weights[2], "closed or not there");
}
