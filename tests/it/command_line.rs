//! The program itself, as an operator starts it.

use crate::app::{PASSWORD, on_both_databases};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tempfile::TempDir;
use vestibule::server::tokens::Secret;

const PATIENCE: Duration = Duration::from_secs(60);

/// A folder to start the program in, with nothing of this machine's in its environment.
pub struct Desk(TempDir);

pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        self.run_with(
            Path::new(env!("CARGO_BIN_EXE_vestibule")),
            arguments,
            variables,
            "",
        )
    }

    pub fn run_with(
        &self,
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        input: &str,
    ) -> Outcome {
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // It may end without reading.
        let _ = child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(input.as_bytes());
        let (ended, news) = mpsc::channel::<()>();
        let process = child.id().to_string();
        std::thread::spawn(move || {
            // A program that serves when it should have refused would be waited for for ever.
            if news.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-9", &process]).status();
            }
        });
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().expect("the program ends");
        drop(ended);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let outcome = Outcome {
            code: status.code(),
            out: text(stdout),
            err: text(stderr),
        };
        let is_secret = |name: &str| name.contains("SECRET");
        let secrets = variables.iter().filter(|(name, _)| is_secret(name));
        for secret in secrets.map(|(_, value)| *value).chain([input]) {
            let told = [&outcome.out, &outcome.err].map(|text| text.contains(secret.trim()));
            assert!(
                secret.len() < 8 || told == [false, false],
                "a secret is shown"
            );
        }
        outcome
    }

    /// A copy of the program with a built site beside it, where Leptos.toml says.
    pub fn install(&self) -> std::path::PathBuf {
        let program = self.path().join("vestibule");
        let built = Path::new(env!("CARGO_BIN_EXE_vestibule"));
        if std::fs::hard_link(built, &program).is_err() {
            std::fs::copy(built, &program).expect("a copy");
        }
        let pkg = self.path().join("target").join("site").join("pkg");
        std::fs::create_dir_all(&pkg).expect("a folder");
        for kind in ["css", "js", "wasm"] {
            std::fs::write(pkg.join(format!("vestibule.x.{kind}")), "").expect("a file");
        }
        std::fs::write(self.path().join("hash.txt"), "css: x\njs: x\nwasm: x\n").expect("a file");
        program
    }
}

#[test]
fn secret_prints_a_good_one_and_another_each_time() {
    let desk = Desk::new();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let outcome = desk.run(&["secret"], &[]);
        assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
        let secret = outcome.out.strip_suffix('\n').expect("one line").to_owned();
        assert_eq!(secret.len(), 43);
        assert!(
            secret
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        );
        assert!(Secret::parse(&secret).is_ok());
        seen.insert(secret);
    }
    assert_eq!(seen.len(), 3);
    assert_eq!(
        std::fs::read_dir(desk.path()).expect("a folder").count(),
        0,
        "it leaves nothing behind"
    );
}

#[test]
fn check_finds_a_good_installation_in_order_and_makes_nothing() {
    let desk = Desk::new();
    let program = desk.install();
    let secret = desk.run(&["secret"], &[]).out;
    for variables in [&[][..], &[("VESTIBULE_SECRET", secret.trim())][..]] {
        let outcome = desk.run_with(&program, &["check"], variables, "");
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        assert!(
            outcome.out.contains("Everything is in order."),
            "{}",
            outcome.out
        );
    }
    assert!(!desk.path().join("data").exists());
}

#[test]
fn check_reports_every_problem_at_once() {
    let desk = Desk::new();
    let outcome = desk.run(
        &["check"],
        &[
            ("VESTIBULE_ORIGIN", "http://example.org"),
            ("VESTIBULE_LISTEN", "3000"),
            ("VESTIBULE_SECRET", "aGVsbG8gdGhpcyBpcyBteSBzZWNyZXQ"),
            ("VESTIBULE_ACCESS_TTL", "1h"),
            ("VESTIBULE_PASSWORD_MIN", "4"),
            ("VESTIBULE_DATABSE_URL", "sqlite://x"),
        ],
    );
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(1), ""));
    for told in [
        "VESTIBULE_ORIGIN is plain http outside this machine",
        "VESTIBULE_LISTEN is not an IP address and a port",
        "VESTIBULE_SECRET ",
        "VESTIBULE_ACCESS_TTL is not a duration",
        "VESTIBULE_PASSWORD_MIN is not a number from 8 to 64",
        "VESTIBULE_DATABSE_URL is not a variable of Vestibule; did you mean VESTIBULE_DATABASE_URL",
    ] {
        assert!(outcome.err.contains(told), "{told} in {}", outcome.err);
    }
    assert!(
        outcome.err.contains("Example: VESTIBULE_ORIGIN=https://"),
        "{}",
        outcome.err
    );
    assert!(!outcome.err.contains("aGVsbG8"), "no secret is shown");
    assert!(!outcome.err.contains("panicked"));
}

#[test]
fn check_reports_a_database_a_secret_and_a_site_that_are_of_no_use() {
    let desk = Desk::new();
    let data = desk.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    std::fs::write(
        data.join("vestibule.db"),
        "this is no database, however long one reads in it",
    )
    .expect("a file");
    std::fs::write(data.join("secret"), "c2hvcnQ\n").expect("a file");
    let outcome = desk.run(&["check"], &[("LEPTOS_HASH_FILES", "false")]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.out);
    for told in [
        "the secret in",
        "fewer than 32 bytes",
        "database",
        "the site's file",
    ] {
        assert!(outcome.err.contains(told), "{told} in {}", outcome.err);
    }
    assert!(!outcome.err.contains("c2hvcnQ"));
}

#[test]
fn serving_refuses_what_check_refuses() {
    let desk = Desk::new();
    let program = desk.install();
    for (name, value) in [
        ("VESTIBULE_ORIGIN", "http://192.168.1.20:3000"),
        ("VESTIBULE_ORIGIN", "http://auth.lan"),
        ("VESTIBULE_METRICS_LISTEN", "9100"),
        ("VESTIBULE_LOGIN_FAILURES", "some"),
        ("VESTIBULE_SESSION_LIMIT", "many"),
        ("VESTIBULE_LISTENS", "127.0.0.1:0"),
        (
            "VESTIBULE_DATABASE_URL",
            "postgres://nobody@127.0.0.1:1/none",
        ),
    ] {
        for arguments in [&[][..], &["serve"][..]] {
            let outcome = desk.run_with(&program, arguments, &[(name, value)], "");
            assert_eq!(outcome.code, Some(1), "{name}={value}");
            assert!(outcome.err.contains("VESTIBULE_"), "{}", outcome.err);
        }
    }
    assert!(
        !desk.path().join("data").exists(),
        "nothing was made before the refusal"
    );
}

#[test]
fn wrong_usage_exits_with_2() {
    let desk = Desk::new();
    for arguments in [
        &["frobnicate"][..],
        &["--frobnicate"],
        &["user"],
        &["user", "create"],
        &["secret", "extra"],
    ] {
        let outcome = desk.run(arguments, &[]);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.err.contains("Usage"), "{}", outcome.err);
    }
    for arguments in [&["--help"][..], &["--version"], &["user", "--help"]] {
        assert_eq!(desk.run(arguments, &[]).code, Some(0), "{arguments:?}");
    }
}

#[test]
fn the_secret_s_file_is_made_once_for_its_owner_alone() {
    let desk = Desk::new();
    let create = |email: &str| {
        let program = Path::new(env!("CARGO_BIN_EXE_vestibule"));
        let outcome = desk.run_with(
            program,
            &["user", "create", "--email", email],
            &[],
            &format!("{PASSWORD}\n"),
        );
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    };
    create("ada@example.org");
    let file = desk.path().join("data").join("secret");
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&desk.path().join("data")), 0o700);
    assert_eq!(mode(&desk.path().join("data").join("vestibule.db")), 0o600);
    let secret = std::fs::read_to_string(&file).expect("text");
    assert!(Secret::parse(&secret).is_ok());
    create("grace@example.org");
    assert_eq!(
        std::fs::read_to_string(&file).expect("text"),
        secret,
        "kept"
    );
    let leftovers: Vec<_> = std::fs::read_dir(desk.path().join("data"))
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .filter(|name| name.starts_with("secret") && name != "secret")
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}

#[test]
fn a_env_file_is_read_and_the_environment_is_stronger() {
    let desk = Desk::new();
    std::fs::write(desk.path().join(".env"), "VESTIBULE_LISTEN=nonsense\n").expect("a file");
    let outcome = desk.run(&["check"], &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("VESTIBULE_LISTEN"), "{}", outcome.err);
    let outcome = desk.run(&["check"], &[("VESTIBULE_LISTEN", "127.0.0.1:3000")]);
    assert!(!outcome.err.contains("VESTIBULE_LISTEN"), "{}", outcome.err);
}

on_both_databases! {
    async fn an_account_made_by_the_operator_opens_the_door(app: TestApp) {
        let database = app.database_url().to_owned();
        let secret = crate::app::secret();
        let create = move |arguments: &[&str], password: &str| {
            let desk = Desk::new();
            let variables = [("VESTIBULE_DATABASE_URL", database.as_str()), ("VESTIBULE_SECRET", secret.as_str()),
                ("VESTIBULE_REGISTRATION", "closed")];
            let arguments = [&["user", "create"], arguments].concat();
            let program = Path::new(env!("CARGO_BIN_EXE_vestibule"));
            desk.run_with(program, &arguments, &variables, &format!("{password}\n"))
        };
        let outcome = create(&["--email", "Ada@Example.org", "--role", "administrator", "--role", "editor"], PASSWORD);
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        assert_eq!(app.text("SELECT id FROM users").await, outcome.out.trim_end());
        assert_eq!(app.text("SELECT email || ' ' || nickname || ' ' || roles FROM users").await, "ada@example.org Ada administrator editor");
        assert!(app.text("SELECT password_hash FROM users").await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(app.count("sessions").await, 0, "nobody was signed in");
        assert!(app.lets_in("ada@example.org", PASSWORD).await);

        let windows = create(&["--email", "grace@example.org", "--nickname", "Grace H."], &format!("{PASSWORD}\r"));
        assert_eq!(windows.code, Some(0), "{}", windows.err);
        assert!(app.lets_in("grace@example.org", PASSWORD).await);

        for (arguments, password, told) in [
            (&["--email", "ada@example.org"][..], PASSWORD, "There is an account with this e-mail already."),
            (&["--email", "nonsense"], PASSWORD, "email: Enter an e-mail address"),
            (&["--email", "eve@example.org"], "short", "password: Use at least 12 characters."),
            (&["--email", "eve@example.org"], "", "password: Enter a password."),
            (&["--email", "eve@example.org", "--role", "No Role"], PASSWORD, "is not a role's name"),
            (&["--email", "eve@example.org", "--nickname", "\u{202e}"], PASSWORD, "nickname: "),
        ] {
            let outcome = create(arguments, password);
            assert_eq!((outcome.code, outcome.out.as_str()), (Some(1), ""), "{arguments:?}");
            assert!(outcome.err.contains(told), "{told} in {}", outcome.err);
            assert!(password.is_empty() || !outcome.err.contains(password));
        }
        assert_eq!(app.count("users").await, 2);
    }
}
