//! The program is killed in the midst of renewals and sign-outs, again and again. What somebody was told stays true.

use crate::app::{on_both_databases, secret};
use crate::command_line::Desk;
use crate::output::Searched;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(20);

/// What [`ask`] sent and was given.
static SPOKEN: LazyLock<Searched> = LazyLock::new(Searched::begin);

/// A running program.
pub struct Server {
    child: Child,
    /// Where it writes what it has to say.
    log: PathBuf,
    pub address: SocketAddr,
}

impl Server {
    /// Starts it, and waits until it is ready.
    pub fn start(desk: &Desk, program: &Path, address: SocketAddr, database: &str) -> Self {
        Self::start_with(desk, program, address, database, &[])
    }

    /// The same with these variables besides.
    pub fn start_with(
        desk: &Desk,
        program: &Path,
        address: SocketAddr,
        database: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let log = desk.path().join("log");
        // A file that may not grow is an error like others then, as on a full disk, and not the program's end.
        let child = Command::new("/bin/sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\""])
            .arg(program)
            .env_clear()
            .env("VESTIBULE_ORIGIN", format!("http://{address}"))
            .env("VESTIBULE_LISTEN", address.to_string())
            .env("VESTIBULE_DATABASE_URL", database)
            .env("VESTIBULE_SECRET", secret())
            .env("VESTIBULE_REQUESTS_PER_MINUTE", "0")
            .env("VESTIBULE_LOG", "trace")
            .envs(variables.iter().copied())
            .current_dir(desk.path())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a file"))
            .spawn()
            .expect("the program starts");
        let begun = Instant::now();
        while ask(address, "GET", "/readyz", "", "").is_none_or(|answer| answer.status != 200) {
            assert!(begun.elapsed() < PATIENCE, "the program answers");
            std::thread::yield_now();
        }
        Self {
            child,
            log,
            address,
        }
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// As when the power fails.
    pub fn kill(mut self) {
        self.child.kill().expect("it was alive");
        self.read_log();
    }

    /// As an operator ends it: it comes to its end in order.
    pub fn stop(mut self) {
        let process = self.process().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.expect("kill").success());
        self.read_log();
    }

    fn read_log(&mut self) {
        self.child.wait().expect("it is dead");
        let log = std::fs::read_to_string(&self.log).expect("a log");
        assert!(log.contains("serving"), "{log}");
        SPOKEN.assert_nothing_is_told_in(&log);
    }
}

impl Drop for Server {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may be gone already, as it should be
        let _ = self.child.wait();
    }
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    head: String,
}

impl Answer {
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookie = self.line(&format!("set-cookie: {name}="))?;
        cookie.split(';').next().map(str::to_owned)
    }

    /// Where it sends the browser; empty if nowhere.
    pub fn location(&self) -> &str {
        self.line("location: ").unwrap_or_default()
    }

    fn line(&self, start: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(start))
    }
}

/// `None` when the connection broke before the whole head had come.
pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    body: &str,
) -> Option<Answer> {
    let mut stream = send(address, method, path, cookie, body)?;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes); // a reset after the head loses nothing of it
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let answer = Answer {
        status,
        body: body.to_owned(),
        head: head.to_owned(),
    };
    for name in ["at", "rt", "flash", "known"] {
        SPOKEN.note(&answer.cookie(name).unwrap_or_default());
    }
    Some(answer)
}

/// Sends a request and leaves its answer to be read.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    body: &str,
) -> Option<TcpStream> {
    SPOKEN.note(cookie.split_once('=').map_or(cookie, |(_, value)| value));
    SPOKEN.note_body(body.as_bytes());
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
         Accept: text/html\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    Some(stream)
}

/// One browser: what it holds, and what it was told.
#[derive(Clone, Default)]
struct Browser {
    refresh_token: String,
    told_ended: bool,
    asked_to_end: bool,
}

impl Browser {
    fn cookie(&self) -> String {
        format!("rt={}", self.refresh_token)
    }

    /// Visits with the refresh token alone, which is renewed on the way. Whether the session was alive; `None`
    /// when nobody said.
    fn visit(&mut self, address: SocketAddr) -> Option<bool> {
        let answer = ask(address, "GET", "/profile", &self.cookie(), "")?;
        if answer.status == 200 {
            self.refresh_token = answer.cookie("rt").expect("renewed");
        }
        Some(answer.status == 200)
    }

    fn sign_out(&mut self, address: SocketAddr) -> Option<()> {
        self.asked_to_end = true;
        let answer = ask(address, "POST", "/action/logout", &self.cookie(), "")?;
        self.told_ended = answer.status == 303;
        Some(())
    }
}

on_both_databases! {
    async fn what_somebody_was_told_outlives_the_program(app: TestApp) {
        let database = app.database_url().to_owned();
        let told = tokio::task::spawn_blocking(move || kill_again_and_again(&database));
        told.await.expect("what was told stayed true");
    }
}

/// One that nobody listens on.
pub fn free_address() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    free.local_addr().expect("its number")
}

fn kill_again_and_again(database: &str) {
    let desk = Desk::new();
    let program = desk.install();
    let address = free_address();
    let form = "email=ada%40example.org&nickname=Ada&password=violet+harbour+kestrel+41";
    let server = Server::start(&desk, &program, address, database);
    let answer = ask(address, "POST", "/action/register", "", form).expect("an answer");
    assert_eq!(answer.status, 303);
    server.kill();

    for round in 0..ROUNDS {
        let server = Server::start(&desk, &program, address, database);
        let mut browsers = vec![Browser::default(); 6];
        for browser in &mut browsers {
            let answer = ask(address, "POST", "/action/login", "", form).expect("an answer");
            browser.refresh_token = answer.cookie("rt").expect("signed in");
        }

        // Killed after so many answers, each round at another moment of all that goes on.
        let answered = AtomicUsize::new(0);
        let enough = 5 + round * 7;
        std::thread::scope(|scope| {
            for (number, browser) in browsers.iter_mut().enumerate() {
                let answered = &answered;
                scope.spawn(move || {
                    let mut visits = 0;
                    while browser.visit(address) == Some(true) {
                        answered.fetch_add(1, Ordering::SeqCst);
                        visits += 1;
                        // Half of them leave, some early and some late.
                        if number % 2 == 0 && visits == 1 + number * 3 {
                            browser.sign_out(address);
                            answered.fetch_add(1, Ordering::SeqCst);
                            return;
                        }
                    }
                });
            }
            while answered.load(Ordering::SeqCst) < enough {
                std::thread::yield_now();
            }
            server.kill();
        });

        let server = Server::start(&desk, &program, address, database);
        for browser in &mut browsers {
            let alive = browser.visit(server.address).expect("an answer");
            if browser.told_ended {
                assert!(
                    !alive,
                    "round {round}: a session that was told to be over lives"
                );
            } else if !browser.asked_to_end {
                assert!(alive, "round {round}: a session was lost");
            }
        }
        server.kill();
    }
}
