//! Letters, through a real SMTP server: none is lost, none comes twice, and each says what has happened.

use crate::app::{PASSWORD, TestApp, on_both_databases, secret};
use crate::command_line::Desk;
use crate::kill::{Server, free_address};
use mail_parser::MessageParser;
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vestibule::app::letters::write;
use vestibule::server::config::MailConfig;
use vestibule::server::mail::{Carrier, Post};

const EMAIL: &str = "ada@example.org";
const NEW: &str = "umber lantern quorum 77";
const FROM: &str = "Vestibule <no-reply@app.example>";
const PATIENCE: Duration = Duration::from_secs(20);

/// aiosmtpd, which puts what it takes into a folder.
pub struct SmtpServer {
    program: Child,
}

/// Where one is, or will be.
pub struct Mailbox {
    address: SocketAddr,
    folder: TempDir,
}

/// A letter as its reader has it.
#[derive(Debug)]
pub struct Read {
    id: String,
    from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    html: String,
}

impl Mailbox {
    pub fn new() -> Self {
        Self {
            address: free_address(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn open(&self) -> SmtpServer {
        SmtpServer::start(self.address, "Mailbox", &self.folder.path().join("mail"))
    }

    pub fn letters(&self) -> Vec<Read> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("mail/new")) else {
            return Vec::new();
        };
        files
            .map(|file| {
                let letter = std::fs::read(file.expect("a file").path()).expect("a letter");
                let letter = MessageParser::default().parse(&letter).expect("MIME");
                let address = |list: Option<&mail_parser::Address>| {
                    let first = list.and_then(mail_parser::Address::first);
                    first
                        .and_then(|one| one.address())
                        .unwrap_or_default()
                        .to_owned()
                };
                assert_eq!(letter.attachments().count(), 0);
                let header = letter.header_raw("Auto-Submitted").map(str::trim);
                assert_eq!(header, Some("auto-generated"));
                Read {
                    id: letter.message_id().expect("an id").to_owned(),
                    from: address(letter.from()),
                    to: address(letter.to()),
                    subject: letter.subject().expect("a subject").to_owned(),
                    text: letter.body_text(0).expect("text").into_owned(),
                    html: letter.body_html(0).expect("HTML").into_owned(),
                }
            })
            .collect()
    }
}

impl SmtpServer {
    fn start(address: SocketAddr, handler: &str, folder: &Path) -> Self {
        let program = Command::new("aiosmtpd")
            .args(["-n", "-l", &address.to_string(), "-c"])
            .arg(format!("aiosmtpd.handlers.{handler}"))
            .arg(folder)
            .stderr(Stdio::null())
            .spawn()
            .expect("aiosmtpd starts");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < PATIENCE, "aiosmtpd listens");
            std::thread::yield_now();
        }
        Self { program }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.program.kill(); // it has nothing to lose
        let _ = self.program.wait();
    }
}

pub async fn with_mail(app: &TestApp, mailbox: &Mailbox) -> TestApp {
    let url = mailbox.url();
    app.with_variables(&[("VESTIBULE_SMTP_URL", &url), ("VESTIBULE_MAIL_FROM", FROM)])
        .await
}

pub async fn send(app: &TestApp) -> usize {
    let Some(MailConfig::Smtp { server, from }) = &app.config.mail else {
        panic!("mail")
    };
    let post = Carrier::Smtp(Post::new(server, from.clone()).expect("a way"));
    let origin = app.config.origin.as_str();
    let sent = app
        .accounts
        .send_letters(&post, |outgoing| write(outgoing, origin));
    sent.await.expect("a database")
}

async fn change_password(app: &TestApp, email: &str) {
    let mut client = app.signed_in(email).await;
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    client
        .post("/action/change_password", &fields)
        .await
        .assert_sees_other("/password");
    client.get("/password").await.assert_notice(Some(
        "Your password is changed. Every other session was ended.",
    ));
}

on_both_databases! {
    async fn whose_password_changed_gets_a_letter(app: TestApp) {
        let mailbox = Mailbox::new();
        let server = mailbox.open();
        let app = with_mail(&app, &mailbox).await;
        change_password(&app, EMAIL).await;
        assert_eq!((app.count("outbox").await, mailbox.letters().len()), (1, 0), "no answer waits for mail");
        assert_eq!(send(&app).await, 1);
        assert_eq!((app.count("outbox").await, send(&app).await), (0, 0));
        let letters = mailbox.letters();
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!((&*letter.from, &*letter.to), ("no-reply@app.example", EMAIL));
        assert_eq!(letter.subject, "Your password at Vestibule was changed");
        assert!(letter.id.ends_with("@app.example"), "{}", letter.id);
        for part in [
            "The password of your account at https://app.example was changed",
            "2 January 2026, 03:04 UTC",
            "If not, say so",
            "This was not me",
            "https://app.example/reset?token=v1.",
        ] {
            assert!(letter.text.contains(part) && letter.html.contains(part), "{part}: {letter:?}");
        }
        assert!(!letter.html.contains("<img") && !letter.html.contains("http://"));
        drop(server);
    }

    async fn a_letter_is_in_its_readers_language(app: TestApp) {
        let mailbox = Mailbox::new();
        let server = mailbox.open();
        let app = with_mail(&app, &mailbox).await;
        app.signed_in(EMAIL).await.post("/action/set_language", &[("language", "zh-Hans"), ("back", "/")]).await.assert_sees_other("/");
        let (mut client, answer) = app.sign_in(EMAIL, PASSWORD).await;
        answer.assert_sees_other("/profile");
        let fields = [("current_password", PASSWORD), ("new_password", NEW)];
        client.post("/action/change_password", &fields).await.assert_sees_other("/password");
        assert_eq!(send(&app).await, 1);
        let letters = mailbox.letters();
        assert_eq!(letters[0].subject, "您在 Vestibule 的密码已修改");
        assert!(letters[0].text.contains("如果不是，请告知我们"), "{letters:?}");
        assert!(letters[0].html.contains("lang=\"zh-Hans\""));
        drop(server);
    }

    async fn whose_used_token_came_back_gets_a_letter(app: TestApp) {
        let mailbox = Mailbox::new();
        let server = mailbox.open();
        let app = with_mail(&app, &mailbox).await;
        let mut owner = app.signed_in(EMAIL).await;
        let mut thief = app.client().with_header("user-agent", "curl/8.5.0").with_cookie("__Host-rt", owner.refresh_token());
        app.clock.advance(301_000);
        owner.get("/profile").await.assert_page("Your profile");
        app.clock.advance(10_000);
        thief.get("/profile").await.assert_sees_other("/login?next=/profile");
        assert_eq!(send(&app).await, 1);
        let letters = mailbox.letters();
        assert_eq!(letters[0].subject, "A session at Vestibule was ended");
        assert!(letters[0].text.contains("from curl."), "{letters:?}");
        drop(server);
    }

    async fn an_address_cannot_write_headers(app: TestApp) {
        let mailbox = Mailbox::new();
        let server = mailbox.open();
        let app = with_mail(&app, &mailbox).await;
        change_password(&app, EMAIL).await;
        // What only somebody with the database could write there.
        app.execute("UPDATE outbox SET recipient = 'ada@example.org\r\nBcc: mallory@example.org'").await;
        assert_eq!((send(&app).await, app.count("outbox").await), (0, 0), "it is no address");
        assert_eq!(mailbox.letters().len(), 0);
        drop(server);
    }

    async fn what_did_not_happen_is_told_nobody(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        let mut client = app.signed_in(EMAIL).await;
        let fields = [("current_password", "not the right one"), ("new_password", NEW)];
        client.post("/action/change_password", &fields).await.assert_sees_other("/password");
        client.post("/action/update_profile", &[("nickname", "Ada"), ("signature", "")]).await.assert_sees_other("/profile");
        assert_eq!(app.count("outbox").await, 0);
    }

    async fn without_a_server_nothing_is_written(app: TestApp) {
        change_password(&app, EMAIL).await;
        assert_eq!(app.count("outbox").await, 0);
    }

    async fn a_server_that_is_down_for_a_while_gets_it_later(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        change_password(&app, EMAIL).await;
        for pause in [30_000, 60_000, 120_000] {
            assert_eq!(send(&app).await, 0);
            assert_eq!(app.count("outbox").await, 1);
            app.clock.advance(pause - 1);
            let tries = app.number("SELECT tries FROM outbox").await;
            assert_eq!((send(&app).await, app.number("SELECT tries FROM outbox").await), (0, tries), "not before {pause}");
            app.clock.advance(1);
        }
        let server = mailbox.open();
        assert_eq!((send(&app).await, send(&app).await), (1, 0));
        assert_eq!(mailbox.letters().len(), 1);
        drop(server);
    }

    async fn who_ends_with_a_letter_in_hand_loses_none(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        change_password(&app, EMAIL).await;
        let now = app.clock.now();
        let taken = app.storage.take_letters(now, now + 600_000).await.expect("a database");
        assert_eq!(taken.len(), 1);
        // Nobody else takes it until whoever has it should have sent it.
        let server = mailbox.open();
        assert_eq!(send(&app).await, 0);
        app.clock.advance(600_000);
        assert_eq!(send(&app).await, 1);
        assert_eq!(mailbox.letters().len(), 1);
        drop(server);
    }

    async fn two_instances_send_each_letter_once(app: TestApp) {
        let mailbox = Mailbox::new();
        let server = mailbox.open();
        let one = with_mail(&app, &mailbox).await;
        let other = with_mail(&app, &mailbox).await;
        for number in 0..20 {
            change_password(&one, &format!("ada{number}@example.org")).await;
        }
        let (first, second) = tokio::join!(send(&one), send(&other));
        assert_eq!(first + second, 20);
        let letters = mailbox.letters();
        let ids: BTreeSet<_> = letters.iter().map(|letter| &letter.id).collect();
        assert_eq!((letters.len(), ids.len(), app.count("outbox").await), (20, 20, 0));
        drop(server);
    }

    async fn a_letter_is_given_up_after_days(app: TestApp) {
        let mailbox = Mailbox::new();
        let app = with_mail(&app, &mailbox).await;
        change_password(&app, EMAIL).await;
        app.clock.advance(4 * 86_400_000);
        assert_eq!((send(&app).await, app.count("outbox").await), (0, 1));
        app.clock.advance(3_600_000);
        assert_eq!((send(&app).await, app.count("outbox").await), (0, 0));
    }
}

#[test]
fn the_operator_tries_it_and_is_told() {
    let mailbox = Mailbox::new();
    let desk = Desk::new();
    let program = desk.install();
    let url = mailbox.url();
    let run = |words: &[&str], url: &str| {
        let variables = [
            ("VESTIBULE_SECRET", &*secret()),
            ("VESTIBULE_SMTP_URL", url),
            ("VESTIBULE_MAIL_FROM", FROM),
        ];
        desk.run_with(&program, words, &variables, "")
    };
    let test = ["mail", "test", EMAIL];
    let down = run(&test, &url);
    assert_eq!(down.code, Some(1));
    assert!(
        down.err
            .starts_with("the SMTP server does not take mail now"),
        "{}",
        down.err
    );
    let check = run(&["check"], &url);
    assert_eq!(check.code, Some(1));
    assert!(check.err.contains("Mail cannot go out"), "{}", check.err);

    let server = mailbox.open();
    let up = run(&test, &url);
    assert_eq!(
        (up.code, &*up.out),
        (Some(0), "The server has taken a letter.\n"),
        "{}",
        up.err
    );
    let letters = mailbox.letters();
    assert_eq!(letters[0].subject, "Vestibule: mail goes out");
    assert_eq!(run(&["check"], &url).code, Some(0));
    let nobody = run(&["mail", "test", "nobody"], &url);
    assert_eq!(
        (nobody.code, &*nobody.err),
        (Some(1), "nobody is no e-mail address.\n")
    );
    // By an address that is not known for this machine's: without TLS it gets nothing.
    let elsewhere = format!("[::ffff:127.0.0.1]:{}", mailbox.address.port());
    for scheme in ["smtp", "smtps"] {
        let plain = run(&test, &format!("{scheme}://{elsewhere}"));
        assert_eq!(plain.code, Some(1), "{scheme}");
        assert!(!plain.err.contains("onnection refused"), "{}", plain.err);
    }
    assert_eq!(mailbox.letters().len(), 1);
    drop(server);
    let without = desk.run_with(&program, &test, &[("VESTIBULE_SECRET", &secret())], "");
    assert_eq!(without.code, Some(1));
    assert!(
        without.err.contains("VESTIBULE_SMTP_URL"),
        "{}",
        without.err
    );
}

/// The program itself, ended between the change and its letter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_outlives_the_program() {
    let app = TestApp::sqlite().await;
    let mailbox = Mailbox::new();
    let writing = with_mail(&app, &mailbox).await;
    change_password(&writing, EMAIL).await;
    // It happened in the tests' year; the program has today's.
    app.clock
        .step(vestibule::server::clock::Clock::system().now() - app.clock.now());
    app.execute(&format!(
        "UPDATE outbox SET created_at = {0}, due_at = {0}",
        app.clock.now()
    ))
    .await;
    let (desk, url) = (Desk::new(), mailbox.url());
    let variables = [("VESTIBULE_SMTP_URL", &*url), ("VESTIBULE_MAIL_FROM", FROM)];
    let server = mailbox.open();
    let program = tokio::task::block_in_place(|| {
        Server::start_with(
            &desk,
            &desk.install(),
            free_address(),
            app.database_url(),
            &variables,
        )
    });
    let begun = Instant::now();
    while mailbox.letters().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "it is sent");
        tokio::task::yield_now().await;
    }
    while app.count("outbox").await > 0 {
        assert!(begun.elapsed() < PATIENCE, "it is forgotten");
    }
    program.stop();
    assert_eq!(mailbox.letters().len(), 1);
    drop(server);
}
