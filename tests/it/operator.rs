//! `vestibule user …` and `vestibule audit …`: an operator looks after accounts, beside a running server or without one.

use crate::app::{PASSWORD, TestApp, on_both_databases, secret};
use crate::command_line::{Desk, Outcome};
use crate::kill::{Server, ask, free_address};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// The operator's keyboard.
struct Operator {
    desk: Desk,
    database: String,
}

impl Operator {
    fn of(app: &TestApp) -> Self {
        let database = app.database_url().to_owned();
        let desk = Desk::new();
        Self { desk, database }
    }

    fn user(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&["user"], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let secret = secret();
        let variables = [
            ("VESTIBULE_DATABASE_URL", self.database.as_str()),
            ("VESTIBULE_SECRET", secret.as_str()),
            ("VESTIBULE_LOG", "warn"),
        ];
        self.desk.run(arguments, &variables)
    }

    #[track_caller]
    fn does(&self, arguments: &[&str]) -> String {
        let outcome = self.user(arguments);
        assert_eq!(
            (outcome.code, outcome.err.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        outcome.out
    }

    #[track_caller]
    fn is_refused(&self, arguments: &[&str], told: &str) {
        let outcome = self.user(arguments);
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert!(outcome.err.contains(told), "{told} in {}", outcome.err);
    }
}

on_both_databases! {
    async fn accounts_are_listed_closed_and_given_roles(app: TestApp) {
        for email in ["ada@example.org", "bob@example.org", "zoe@example.org"] {
            app.signed_in(email).await;
        }
        let operator = Operator::of(&app);
        assert_eq!(operator.does(&["list"]), concat!(
            "ada@example.org\t-\topen\t2026-01-02\tAda\n",
            "bob@example.org\t-\topen\t2026-01-02\tAda\n",
            "zoe@example.org\t-\topen\t2026-01-02\tAda\n",
        ));
        assert_eq!(operator.does(&["grant", "Ada@example.org", "administrator"]), "");
        assert_eq!(operator.does(&["grant", "ada@example.org", "editor"]), "");
        assert_eq!(operator.does(&["disable", "bob@example.org"]), "");
        let listed = operator.does(&["list", "--json"]);
        let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(listed[0], json!({
            "id": app.text("SELECT id FROM users WHERE email LIKE 'ada%'").await, "email": "ada@example.org", "nickname": "Ada",
            "roles": ["administrator", "editor"], "disabled": false, "created_at": "2026-01-02T03:04:05.500Z",
        }));
        assert_eq!((listed.len(), &listed[1]["disabled"]), (3, &json!(true)));
        assert_eq!(operator.does(&["list", "BOB"]), "bob@example.org\t-\tdisabled\t2026-01-02\tAda\n");
        assert_eq!(operator.does(&["list", "nobody"]), "");
        assert!(!app.lets_in("bob@example.org", PASSWORD).await);
        operator.does(&["enable", "bob@example.org"]);
        assert!(app.lets_in("bob@example.org", PASSWORD).await);

        operator.does(&["revoke", "ada@example.org", "editor"]);
        operator.does(&["revoke", "ada@example.org", "editor"]);
        assert_eq!(app.text("SELECT roles FROM users WHERE email LIKE 'ada%'").await, "administrator");
        for last in [&["revoke", "ada@example.org", "administrator"][..], &["disable", "ada@example.org"]] {
            operator.is_refused(last, "This is the last administrator; make another one first.");
        }
        for command in [&["disable", "eve@example.org"][..], &["grant", "eve@example.org", "editor"], &["sign-out", "ad@example.org"]] {
            operator.is_refused(command, "has no account");
        }
        operator.is_refused(&["grant", "bob@example.org", "Editor"], "is not a role's name");
        operator.is_refused(&["grant", "bob@example.org", "adminstrator"], "One of these roles does not exist here.");
        operator.is_refused(&["create", "--email", "eve@example.org", "--role", "edtor"], "One of these roles does not exist here.");
        operator.is_refused(&["enable", "bob"], "Enter an e-mail address");
    }

    async fn the_audit_trail_is_verified_and_taken_away(app: TestApp) {
        let operator = Operator::of(&app);
        let audit = |arguments: &[&str]| {
            let outcome = operator.run(&[&["audit"], arguments].concat());
            (outcome.code, outcome.out, outcome.err)
        };
        let nothing = (Some(0), "0 records\nhead 0:\n".to_owned(), String::new());
        assert_eq!(audit(&["verify"]), nothing);
        app.signed_in("ada@example.org").await;
        operator.does(&["grant", "ada@example.org", "editor"]);
        let (code, out, err) = audit(&["verify"]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines[0], "2 records since 2026-01-02T03:04:05.500Z");
        let head = lines[1].strip_prefix("head ").expect("the head").to_owned();
        assert!(head.starts_with("2:") && head.len() == 45 && lines.len() == 2, "{out}");
        assert_eq!(audit(&["verify", "--head", &head]).0, Some(0));
        for nonsense in ["2", "x:y", ""] {
            assert_eq!(audit(&["verify", "--head", nonsense]).0, Some(2), "{nonsense}");
        }

        let (_, lines, _) = audit(&["export"]);
        let records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let told = |number: usize| (&records[number]["event"], &records[number]["actor"], &records[number]["user_email"]);
        assert_eq!(told(0), (&json!("roles_set"), &json!("operator"), &json!("ada@example.org")));
        assert_eq!(told(1), (&json!("account_created"), &records[1]["user"], &json!("ada@example.org")));
        let (_, csv, _) = audit(&["export", "--csv"]);
        assert_eq!(csv.matches("\r\n").count(), 3);

        app.execute("UPDATE audit_trail SET detail = 'administrator' WHERE seq = 2").await;
        let (code, out, err) = audit(&["verify"]);
        assert_eq!((code, err.as_str()), (Some(1), "The audit trail is not whole.\n"));
        assert!(out.ends_with("Record 2 is not as it was written, or the one before it.\n"), "{out}");
        app.execute("DELETE FROM audit_trail").await;
        app.execute("UPDATE audit_ends SET last_seq = 1").await;
        let (code, out, _) = audit(&["verify", "--json", "--head", &head]);
        let verdict: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((code, &verdict["flaws"]), (Some(1), &json!([
            {"flaw": "broken_seal"}, {"flaw": "missing", "first": 1, "last": 1}, {"flaw": "other_head"},
        ])));
        assert_eq!(audit(&["reseal"]), (Some(0), String::new(), String::new()));
        // It vouches for the ends, and brings nothing back.
        let (code, out, _) = audit(&["verify"]);
        assert!(code == Some(1) && out.ends_with("Record 1 is missing.\n"), "{out}");
    }

    async fn a_running_server_obeys(app: TestApp) {
        let database = app.database_url().to_owned();
        let operator = Operator::of(&app);
        let obeyed = tokio::task::spawn_blocking(move || {
            let desk = Desk::new();
            let program = desk.install();
            let server = Server::start(&desk, &program, free_address(), &database);
            let address = server.address;
            let form = "email=ada%40example.org&nickname=Ada&password=violet+harbour+kestrel+41";
            let answer = ask(address, "POST", "/action/register", "", form).expect("an answer");
            let mut token = answer.cookie("at").expect("an access token");
            for command in [&["sign-out"][..], &["disable"], &["enable"], &["grant", "editor"], &["revoke", "editor"]] {
                // The token alone: nothing is renewed.
                let status = |token: &str| ask(address, "GET", "/profile", &format!("at={token}"), "").expect("an answer").status;
                if command[0] == "enable" {
                    operator.does(&["enable", "ada@example.org"]);
                } else {
                    assert_eq!(status(&token), 200, "{command:?}");
                    let (name, role) = (command[0], &command[1..]);
                    operator.does(&[&[name, "ada@example.org"], role].concat());
                    let begun = Instant::now();
                    while status(&token) == 200 {
                        assert!(begun.elapsed() < PATIENCE, "{command:?} is obeyed");
                        std::thread::yield_now();
                    }
                }
                if command[0] != "disable" {
                    let answer = ask(address, "POST", "/action/login", "", form).expect("an answer");
                    token = answer.cookie("at").expect("an access token");
                }
            }
            server.kill();
        });
        obeyed.await.expect("each command was obeyed");
    }

    async fn another_instance_hears_what_was_taken_back_and_is_ready_only_if_it_can(app: TestApp) {
        let mut ada = app.signed_in("ada@example.org").await;
        let other = app.with_variables(&[]).await;
        let mut there = other.client();
        there.cookies.clone_from(&ada.cookies);
        there.cookies.remove("__Host-rt");
        there.get("/profile").await.assert_page("Your profile");
        assert_eq!(other.client().get("/readyz").await.status, 200);
        ada.post("/action/logout", &[]).await.assert_sees_other("/login");
        assert_eq!(other.client().get("/readyz").await.status, 200);
        there.get("/profile").await.assert_sees_other("/login?next=/profile");
        other.storage.close().await;
        assert_eq!(other.client().get("/readyz").await.status, 503);
        assert_eq!(other.client().get("/healthz").await.status, 200);
    }
}
