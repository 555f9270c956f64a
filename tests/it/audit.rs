//! The audit trail: what is written into it, who may read it, and that nobody changes it unseen.

use crate::api::Caller;
use crate::app::{PASSWORD, START, TestApp, on_both_databases, secret};
use crate::client::{Answer, Client};
use vestibule::domain::user::UserId;
use vestibule::server::accounts::{AuditFlaw, AuditHead, AuditVerdict};
use vestibule::server::tokens::Secret;

const ADA: &str = "ada@example.org";
const ROOT: &str = "root@example.org";
const WRONG: &str = "not the password, but as secret";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const DAY: i64 = 86_400_000;

/// A browser on a network of its own, whose person signs in.
async fn arrives(app: &TestApp, email: &str, password: &str) -> (Client, Answer) {
    let mut client = app.client().with_header("user-agent", FIREFOX);
    client = client.calling_from("192.0.2.7");
    let fields = [("email", email), ("password", password)];
    let answer = client.post("/action/login", &fields).await;
    (client, answer)
}

async fn administrator(app: &TestApp) -> Client {
    app.signed_in(ROOT).await;
    app.execute(&format!(
        "UPDATE users SET roles = 'administrator' WHERE email = '{ROOT}'"
    ))
    .await;
    app.sign_in(ROOT, PASSWORD).await.0
}

async fn id_of(app: &TestApp, email: &str) -> String {
    app.text(&format!("SELECT id FROM users WHERE email = '{email}'"))
        .await
}

/// What happened since, who did it and to whom: a line each, people by the beginning of their address.
async fn told(app: &TestApp, since: i64) -> Vec<String> {
    let sql = format!(
        "SELECT t.event || ' ' || COALESCE(a.email, t.actor, '-') || ' ' || COALESCE(u.email, t.user_id, '-') || \
         CASE WHEN t.session_id IS NULL THEN '' ELSE ' in a session' END || \
         CASE WHEN t.detail = '' THEN '' ELSE ': ' || t.detail END FROM audit_trail t \
         LEFT JOIN users a ON a.id = t.actor LEFT JOIN users u ON u.id = t.user_id WHERE t.seq > {since} ORDER BY t.seq"
    );
    let lines = app.rows(&sql).await.replace("@example.org", "");
    lines.lines().map(str::to_owned).collect()
}

async fn last(app: &TestApp) -> i64 {
    app.number("SELECT last_seq FROM audit_ends").await
}

async fn verify(app: &TestApp) -> AuditVerdict {
    let verdict = app.accounts.verify_audit_trail(None).await;
    verdict.expect("the database answers")
}

/// What each record says at its heading.
fn shown(answer: &Answer) -> Vec<String> {
    let page = answer.page();
    let items = page.named("p").into_iter();
    let items = items.filter(|item| item.attribute("class") == Some("activity__what"));
    items.map(|item| item.text()).collect()
}

/// The address that a link of that relation leads to.
fn next(answer: &Answer) -> Option<String> {
    let page = answer.page();
    let mut links = page.named("a").into_iter();
    let link = links.find(|link| link.attribute("rel") == Some("next"))?;
    link.attribute("href").map(str::to_owned)
}

on_both_databases! {
    async fn whatever_happens_to_an_account_is_on_record(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_SESSION_LIMIT", "2")]).await;
        let mut root = administrator(&app).await;
        let before = last(&app).await;

        let mut ada = app.signed_in(ADA).await;
        arrives(&app, ADA, WRONG).await;
        arrives(&app, "nobody@example.org", PASSWORD).await;
        ada.post("/action/update_profile", &[("nickname", "Ada L."), ("owner", &id_of(&app, ADA).await)]).await;
        let (mut there, _) = arrives(&app, ADA, PASSWORD).await;
        let ended = there.get("/sessions").await;
        let ended = ended.page().named("input").iter().find(|input| input.attribute("name") == Some("session_id"))
            .and_then(|input| input.attribute("value").map(str::to_owned)).expect("another session");
        there.post("/action/end_session", &[("session_id", &ended)]).await;
        arrives(&app, ADA, PASSWORD).await;
        there.post("/action/end_other_sessions", &[]).await;
        there.post("/action/end_other_sessions", &[]).await;
        let mut caller = Caller::new(&app).await;
        caller.sign_in(ADA, PASSWORD).await;
        let change = [("current_password", WRONG), ("new_password", "quiet orchard lantern 7")];
        there.post("/action/change_password", &change).await;
        let change = [("current_password", PASSWORD), ("new_password", "quiet orchard lantern 7")];
        there.post("/action/change_password", &change).await;
        there.post("/action/logout", &[]).await.assert_sees_other("/login");
        assert_eq!(told(&app, before).await, [
            "account_created ada ada in a session",
            "sign_in_refused - ada",
            "sign_in_refused - -",
            "profile_changed ada ada",
            "signed_in ada ada in a session: web",
            "session_ended ada ada in a session",
            "signed_in ada ada in a session: web",
            "other_sessions_ended ada ada in a session",
            "signed_in ada ada in a session: api",
            "password_change_refused ada ada in a session",
            "password_changed ada ada in a session",
            "signed_out ada ada in a session",
        ]);

        let before = last(&app).await;
        let id = id_of(&app, ADA).await;
        let act = async |root: &mut Client, action: &str, roles: &str| {
            let fields = [("user_id", id.as_str()), ("roles", roles)];
            let fields = if action == "set_roles" { &fields[..] } else { &fields[..1] };
            root.post(&format!("/action/admin_{action}"), fields).await;
        };
        act(&mut root, "set_roles", "editor administrator").await;
        act(&mut root, "set_roles", "administrator editor").await; // they are so already
        act(&mut root, "set_roles", "").await;
        act(&mut root, "sign_out", "").await;
        act(&mut root, "disable", "").await;
        arrives(&app, ADA, "quiet orchard lantern 7").await;
        act(&mut root, "enable", "").await;
        for _ in 0..3 {
            arrives(&app, ADA, "quiet orchard lantern 7").await;
        }
        assert_eq!(told(&app, before).await, [
            "roles_set root ada: administrator editor",
            "roles_set root ada",
            "signed_out_everywhere root ada",
            "account_disabled root ada",
            "sign_in_refused - ada: disabled",
            "account_enabled root ada",
            "signed_in ada ada in a session: web",
            "signed_in ada ada in a session: web",
            "signed_in ada ada in a session: web",
            "session_displaced ada ada in a session",
        ]);
        assert_eq!(verify(&app).await.flaws, []);
    }

    async fn a_record_says_when_from_where_and_in_which_request(app: TestApp) {
        app.signed_in(ADA).await;
        app.clock.advance(5_000);
        let (_, answer) = arrives(&app, ADA, PASSWORD).await;
        let request = answer.header("x-request-id").expect("every answer has one").to_owned();
        assert_eq!(request.len(), 22);
        let record = app.text("SELECT user_agent || '|' || network || '|' || request_id || '|' || \
            CAST(created_at AS TEXT) FROM audit_trail WHERE event = 'signed_in'").await;
        assert_eq!(record, format!("{FIREFOX}|192.0.2.0/24|{request}|{}", START + 5_000));
        // Another request, another name, whatever the caller calls it.
        let mut client = app.client().with_header("x-request-id", &request);
        let other = client.get("/login").await;
        assert_ne!(other.header("x-request-id"), Some(request.as_str()));
    }

    async fn no_secret_is_on_record(app: TestApp) {
        let ada = app.signed_in(ADA).await;
        let (there, _) = arrives(&app, ADA, PASSWORD).await;
        arrives(&app, ADA, WRONG).await;
        arrives(&app, &format!("{WRONG}@example.org").replace([' ', ','], ""), WRONG).await;
        let all = app.rows("SELECT CAST(seq AS TEXT) || ' ' || event || ' ' || COALESCE(actor, '') || \
            ' ' || COALESCE(user_id, '') || ' ' || COALESCE(session_id, '') || ' ' || detail || ' ' || user_agent || ' ' || \
            network || ' ' || COALESCE(request_id, '') || ' ' || hash FROM audit_trail").await;
        assert_eq!(all.lines().count(), 4);
        for secret in [PASSWORD, WRONG, "notthepassword", "@example.org", "$argon2", ada.access_token(), ada.refresh_token(),
            there.refresh_token()] {
            assert!(!all.contains(secret), "{secret}");
        }
    }

    async fn nobody_changes_a_record_unseen(app: TestApp) {
        app.signed_in(ADA).await;
        for _ in 0..4 {
            arrives(&app, ADA, WRONG).await;
        }
        let whole = verify(&app).await;
        assert_eq!((whole.records, whole.since, &whole.flaws), (5, Some(START), &vec![]));
        assert_eq!(whole.head.seq, 5);

        // Every column, and back.
        for (column, value) in [
            ("created_at", "1"), ("event", "'signed_in'"), ("actor", "'operator'"), ("user_id", "NULL"),
            ("session_id", "'x'"), ("detail", "'x'"), ("user_agent", "'x'"), ("network", "'x'"), ("request_id", "NULL"),
            ("hash", "'x'"),
        ] {
            app.execute("CREATE TABLE kept AS SELECT * FROM audit_trail WHERE seq = 3").await;
            app.execute(&format!("UPDATE audit_trail SET {column} = {value} WHERE seq = 3")).await;
            let flaws = verify(&app).await.flaws;
            assert_eq!(flaws.first(), Some(&AuditFlaw::Changed(3)), "{column}");
            app.execute("DELETE FROM audit_trail WHERE seq = 3").await;
            assert_eq!(verify(&app).await.flaws, [AuditFlaw::Missing(3, 3)]);
            app.execute("INSERT INTO audit_trail SELECT * FROM kept").await;
            app.execute("DROP TABLE kept").await;
            assert_eq!(verify(&app).await, whole);
        }

        // Cut off, then with the end moved there, then as if it had never been.
        app.execute("DELETE FROM audit_trail WHERE seq > 3").await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::Missing(4, 5)]);
        app.execute("UPDATE audit_ends SET last_seq = 3, last_hash = (SELECT hash FROM audit_trail WHERE seq = 3)").await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::BrokenSeal]);
        // Whatever comes after it does not mend it.
        arrives(&app, ADA, WRONG).await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::BrokenSeal]);
        // The operator can, and that is on record. Only a head that was noted tells the one from the other then.
        app.accounts.reseal_audit_trail().await.expect("sealed");
        assert_eq!(verify(&app).await.flaws, []);
        assert_eq!(told(&app, 4).await, ["audit_resealed operator -"]);
        let noted = app.accounts.verify_audit_trail(Some(&whole.head)).await.expect("read");
        assert_eq!(noted.flaws, [AuditFlaw::OtherHead]);
        let head = verify(&app).await.head;
        arrives(&app, ADA, WRONG).await;
        assert_eq!(app.accounts.verify_audit_trail(Some(&head)).await.expect("read").flaws, []);

        // A record that was put behind the end is refused as such, and nobody is told that an e-mail is taken.
        app.execute(&format!("UPDATE audit_trail SET seq = {} WHERE seq = 2", head.seq + 2)).await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::Outside(1), AuditFlaw::Missing(2, 2)]);
        let mut eve = app.client().wanting_json();
        assert_eq!(app.register(&mut eve, "eve@example.org").await.status, 500);
        assert_eq!(app.count("users").await, 1);
    }

    async fn of_two_records_that_changed_places_both_are_found(app: TestApp) {
        app.signed_in(ADA).await;
        arrives(&app, ADA, WRONG).await;
        arrives(&app, ADA, PASSWORD).await;
        for (from, to) in [(2, 9), (3, 2), (9, 3)] {
            app.execute(&format!("UPDATE audit_trail SET seq = {to} WHERE seq = {from}")).await;
        }
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::Changed(2), AuditFlaw::Changed(3), AuditFlaw::Changed(3)]);
    }

    async fn a_new_secret_goes_on_where_the_old_one_sealed(app: TestApp) {
        app.signed_in(ADA).await;
        let new = Secret::from_random([
            9, 201, 33, 4, 5, 77, 7, 158, 9, 10, 111, 12, 13, 14, 15, 16, 99, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
            29, 30, 31, 77,
        ]).to_text();
        let old = secret();
        let rotated = app.with_variables(&[("VESTIBULE_SECRET", &new), ("VESTIBULE_PREVIOUS_SECRETS", &old)]).await;
        let replaced = app.with_variables(&[("VESTIBULE_SECRET", &new)]).await;
        assert_eq!(verify(&rotated).await.flaws, []);
        assert_eq!(verify(&replaced).await.flaws, [AuditFlaw::BrokenSeal]);
        // The next record is sealed with the new one.
        arrives(&rotated, ADA, PASSWORD).await;
        assert_eq!(verify(&replaced).await.flaws, []);
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::BrokenSeal]);
    }

    async fn records_that_are_written_at_once_stand_one_after_the_other(app: TestApp) {
        app.signed_in(ADA).await;
        let other = app.with_variables(&[]).await;
        let writing: Vec<_> = (0..40).map(|number| {
            let app = if number % 2 == 0 { app.clone() } else { other.clone() };
            tokio::spawn(async move { arrives(&app, ADA, if number % 4 < 2 { PASSWORD } else { WRONG }).await.1.status })
        }).collect();
        for one in writing {
            // A busy queue refuses some; those leave no record.
            assert!([303, 503].contains(&one.await.expect("no panic")));
        }
        let verdict = verify(&app).await;
        assert_eq!(verdict.flaws, []);
        assert_eq!(verdict.records, 1 + app.count("sessions").await.unsigned_abs() - 1
            + app.happened("sign_in_refused").await.unsigned_abs());
    }

    async fn records_are_kept_for_as_long_as_the_operator_wants(app: TestApp) {
        let app = app.with_variables(&[("VESTIBULE_AUDIT_RETENTION", "30d")]).await;
        let forget = async || app.accounts.forget_past_activity().await.expect("the database answers");
        forget().await;
        app.signed_in(ADA).await;
        let old = verify(&app).await.head;
        app.clock.advance(DAY);
        arrives(&app, ADA, WRONG).await;
        let middle = verify(&app).await.head;
        app.clock.advance(29 * DAY);
        arrives(&app, ADA, PASSWORD).await;
        forget().await;
        assert_eq!(app.count("audit_trail").await, 3);
        app.clock.advance(1);
        forget().await;
        assert_eq!(told(&app, 0).await, ["sign_in_refused - ada", "signed_in ada ada in a session: web"]);
        assert_eq!(verify(&app).await.flaws, []);
        // A head that went with it is no proof against the trail, one that is still there is one for it.
        for head in [&old, &middle] {
            assert_eq!(app.accounts.verify_audit_trail(Some(head)).await.expect("read").flaws, []);
        }
        let forged = AuditHead { hash: "x".to_owned(), ..middle.clone() };
        assert_eq!(app.accounts.verify_audit_trail(Some(&forged)).await.expect("read").flaws, [AuditFlaw::OtherHead]);

        // Whoever takes more away than that is found out, the beginning moved or not.
        app.execute("DELETE FROM audit_trail WHERE seq = 2").await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::Missing(2, 2)]);
        app.execute(&format!("UPDATE audit_ends SET past_seq = 2, past_hash = '{}'", middle.hash)).await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::BrokenSeal]);
        forget().await;
        assert_eq!(verify(&app).await.flaws, [AuditFlaw::BrokenSeal]);
        app.accounts.reseal_audit_trail().await.expect("sealed");

        app.clock.advance(31 * DAY);
        forget().await;
        assert_eq!((app.count("audit_trail").await, verify(&app).await.flaws), (0, vec![]));
        arrives(&app, ADA, PASSWORD).await;
        assert_eq!((verify(&app).await.records, verify(&app).await.flaws), (1, vec![]));
    }

    async fn everybody_sees_what_happened_to_their_own_account(app: TestApp) {
        let mut root = administrator(&app).await;
        let mut ada = app.signed_in(ADA).await;
        app.signed_in("eve@example.org").await;
        let user = id_of(&app, ADA).await;
        arrives(&app, ADA, WRONG).await;
        let mut root_at_home = root.clone().calling_from("198.51.100.9").with_header("user-agent", "curl/8");
        root_at_home.post("/action/admin_set_roles", &[("user_id", &user), ("roles", "editor")]).await;
        let page = ada.get("/sessions").await;
        assert_eq!(shown(&page), ["Roles set: editor.", "Sign-in refused.", "Account created."]);
        let text = page.page().text();
        assert!(text.contains("Firefox on Linux, 192.0.2.0/24") && text.contains("by an administrator"));
        // Where an administrator was is not the user's business, nor is another's account.
        assert!(!text.contains("198.51.100") && !page.body.contains("curl") && page.page().named("code").is_empty());

        for _ in 0..9 {
            arrives(&app, ADA, WRONG).await;
        }
        let newest = ada.get("/sessions").await;
        assert_eq!(shown(&newest).len(), 10);
        let older = next(&newest).expect("there is more");
        let (older, fragment) = older.split_once('#').expect("straight to the list");
        assert_eq!(fragment, "activity");
        assert_eq!(shown(&ada.get(older).await), ["Sign-in refused.", "Account created."]);
        for wrong in ["x", "1.5", "99999999999999999999"] {
            assert_eq!(ada.get(&format!("/sessions?before={wrong}")).await.status, 422, "{wrong}");
        }
        for nothing in [0, -1, i64::MAX] {
            assert_eq!(shown(&ada.get(&format!("/sessions?before={nothing}")).await), [""; 0]);
        }

        // Administrators see it at the user's page, with everything.
        let history = root.get(&format!("/admin/users/{user}")).await;
        assert_eq!(shown(&history).len(), 10);
        let all = root.get(&format!("/admin/audit?user={ADA}")).await;
        assert!(all.page().text().contains("198.51.100.0/24") && !all.page().named("code").is_empty());
    }

    async fn administrators_find_what_they_look_for(app: TestApp) {
        administrator(&app).await;
        app.signed_in(ADA).await;
        app.clock.advance(2 * DAY);
        arrives(&app, ADA, WRONG).await;
        let user = id_of(&app, ADA).await;
        let (mut root, _) = app.sign_in(ROOT, PASSWORD).await;
        root.post("/action/admin_sign_out", &[("user_id", &user)]).await;
        for (query, expected) in [
            ("", &["All sessions ended.", "Signed in.", "Sign-in refused.", "Account created.", "Signed in.", "Account created."][..]),
            ("?user=ada@example.org", &["All sessions ended.", "Sign-in refused.", "Account created."]),
            ("?user=ADA@example.org%20", &["All sessions ended.", "Sign-in refused.", "Account created."]),
            ("?actor=root@example.org&user=ada@example.org", &["All sessions ended."]),
            ("?event=account_created", &["Account created.", "Account created."]),
            ("?until=2026-01-02", &["Account created.", "Signed in.", "Account created."]),
            ("?since=2026-01-04", &["All sessions ended.", "Signed in.", "Sign-in refused."]),
            ("?since=2026-01-04&until=2026-01-04&event=signed_in", &["Signed in."]),
            ("?since=2026-01-05", &[]),
            ("?user=nobody@example.org", &[]),
            ("?user=nonsense", &[]),
            ("?user=&actor=&event=&since=&until=&before=3", &["Signed in.", "Account created."]),
        ] {
            let page = root.get(&format!("/admin/audit{query}")).await;
            assert_eq!((page.status, shown(&page)), (200, expected.iter().map(|one| (*one).to_owned()).collect()), "{query}");
        }
        for refused in ["event=nonsense", "since=yesterday", "until=2026-02-30", "before=x", "since=2026-1-1"] {
            assert_eq!(root.get(&format!("/admin/audit?{refused}")).await.status, 422, "{refused}");
        }
        let odd = root.get("/admin/audit?user=%22%3E%3Cscript%3E").await.page();
        assert_eq!(odd.by_id("user").and_then(|field| field.attribute("value")), Some("\"><script>"));
        let chosen = root.get("/admin/audit?event=signed_in").await.page();
        let chosen = chosen.named("option").into_iter().find(|option| option.attribute("selected").is_some()).cloned();
        assert_eq!(chosen.expect("one").attribute("value"), Some("signed_in"));
    }

    async fn a_long_trail_is_paged_through_and_taken_away_whole(app: TestApp) {
        let mut root = administrator(&app).await;
        app.signed_in(ADA).await;
        let id = id_of(&app, ADA).await;
        let user = UserId::parse(&id).expect("an id");
        // More than two reads of the export; all in the same millisecond, so that time alone does not order them.
        for _ in 0..1_003 {
            app.accounts.note_export(user, "csv", &Default::default()).await.expect("noted");
        }
        let mut pages = 0;
        let mut seen = 0;
        let mut page = root.get(&format!("/admin/audit?actor={ADA}")).await;
        loop {
            (pages, seen) = (pages + 1, seen + shown(&page).len());
            match next(&page) {
                Some(next) => page = root.get(&next).await,
                None => break,
            }
        }
        assert_eq!((pages, seen), (21, 1_004));

        let csv = root.get(&format!("/admin/audit.csv?actor={ADA}")).await;
        assert_eq!((csv.status, csv.header("content-type")), (200, Some("text/csv; charset=utf-8; header=present")));
        assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
        assert_eq!(csv.header("cache-control"), Some("no-store"));
        assert!(csv.body.starts_with("seq,at,event,actor,actor_email,user,user_email,session,detail,user_agent,network,request\r\n"));
        assert_eq!(csv.body.matches("\r\n").count(), 1 + 1_004);
        let lines = root.get("/admin/audit.jsonl").await;
        let records: Vec<serde_json::Value> =
            lines.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        // Everything but that it was taken away this time.
        let seqs: Vec<_> = records.iter().map(|record| record["seq"].as_i64().expect("a number")).collect();
        assert_eq!(seqs, (1..last(&app).await).rev().collect::<Vec<_>>());
        assert_eq!((&records[0]["event"], &records[0]["actor_email"], &records[0]["detail"]),
            (&"audit_exported".into(), &ROOT.into(), &"csv".into()));
        assert_eq!(told(&app, last(&app).await - 1).await, ["audit_exported root -: jsonl"]);
    }

    async fn nobody_else_reads_the_trail(app: TestApp) {
        let mut root = administrator(&app).await;
        let ada = app.signed_in(ADA).await;
        app.signed_in("editor@example.org").await;
        app.execute("UPDATE users SET roles = 'editor' WHERE email = 'editor@example.org'").await;
        let (editor, _) = app.sign_in("editor@example.org", PASSWORD).await;
        let mut demoted = app.signed_in("demoted@example.org").await;
        let before = app.everything_stored().await;
        for path in ["/admin/audit", "/admin/audit?user=ada@example.org", "/admin/audit.csv", "/admin/audit.jsonl"] {
            let turned = app.client().get(path).await;
            assert!(turned.status == 303 && turned.location().starts_with("/login?next=/admin/audit"), "{turned:?}");
            assert_eq!(turned.body, "");
            for client in [&ada, &editor, &demoted] {
                let refused = client.clone().get(path).await;
                assert_eq!(refused.status, 403, "{path}");
                assert!(!refused.body.contains(ROOT));
            }
        }
        let bad = root.get("/admin/audit.csv?event=nonsense").await;
        assert_eq!(bad.status, 422);
        assert_eq!(app.everything_stored().await, before, "what was not taken away is not on record as such");
        let demoted_id = id_of(&app, "demoted@example.org").await;
        for (roles, status) in [("administrator", 200), ("", 403)] {
            root.post("/action/admin_set_roles", &[("user_id", &demoted_id), ("roles", roles)]).await;
            assert_eq!(demoted.get("/admin/audit").await.status, status);
            assert_eq!(demoted.get("/admin/audit.csv").await.status, status);
        }
    }

    async fn a_database_that_fails_lets_nobody_in_unrecorded(app: TestApp) {
        app.signed_in(ADA).await;
        let before = app.accounts_stored().await;
        app.execute("ALTER TABLE audit_trail RENAME TO lost").await;
        let mut client = app.client().wanting_json();
        for password in [PASSWORD, WRONG] {
            let answer = client.post("/action/login", &[("email", ADA), ("password", password)]).await;
            assert_eq!(answer.status, 500);
        }
        assert_eq!(app.register(&mut client, "eve@example.org").await.status, 500);
        assert_eq!(app.accounts_stored().await, before);
    }
}
