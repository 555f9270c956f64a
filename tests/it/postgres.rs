//! What tests need of PostgreSQL besides a database: one of their own to kill, and a pooling proxy before the common one.

use crate::app::postgres_for_tests;
use crate::kill::free_address;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use url::Url;

const PATIENCE: Duration = Duration::from_secs(60);

/// A PostgreSQL that can be killed and started again.
pub struct Cluster {
    script: Child,
    pub url: String,
}

impl Cluster {
    /// `None` where the developer chose to do without PostgreSQL.
    pub fn start() -> Option<Self> {
        postgres_for_tests()?;
        let mut script = Command::new("scripts/postgres-for-tests")
            .args([
                "sh",
                "-c",
                "echo \"$VESTIBULE_TEST_POSTGRES_URL\" && exec cat",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script starts");
        let mut url = String::new();
        let output = script.stdout.as_mut().expect("a pipe");
        BufReader::new(output).read_line(&mut url).expect("a line");
        let url = url.trim_end().to_owned();
        assert!(url.starts_with("postgres://"), "{url}");
        Some(Self { script, url })
    }

    /// All its processes end where they are, and write nothing any more.
    pub fn kill(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    pub fn start_again(&self) {
        self.control(&["start"]);
    }

    fn control(&self, words: &[&str]) {
        let done = Command::new("scripts/postgres-for-tests")
            .arg("--control")
            .arg(socket_folder(&self.url))
            .args(words)
            .status();
        assert!(done.expect("the script").success());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.script.stdin.take()); // it ends with its input, and clears up
        let _ = self.script.wait(); // and if not, there is nothing more to do
    }
}

fn socket_folder(server: &str) -> PathBuf {
    let url = Url::parse(server).expect("a URL");
    let host = url.query_pairs().find(|(name, _)| name == "host");
    PathBuf::from(host.expect("a socket").1.into_owned())
}

/// PgBouncer, which gives each transaction another of its connections.
pub struct Pooler {
    program: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Pooler {
    /// In front of this server, as PgBouncer's manual has it for clients that prepare statements.
    pub fn start(server: &str) -> Self {
        let (socket, address) = (socket_folder(server), free_address());
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("pgbouncer.ini");
        let max_prepared_statements = match Self::knows_prepared_statements() {
            true => "max_prepared_statements = 200\n",
            false => "",
        };
        let text = format!(
            "[databases]\n* = host={} user=vestibule\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 8\n\
             ignore_startup_parameters = extra_float_digits\n{max_prepared_statements}",
            socket.display(),
            address.port(),
        );
        std::fs::write(&config, text).expect("a file");
        let readable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), readable).expect("our folder");
        // It refuses to run as root; the server's user may use the socket.
        let owner = std::fs::metadata(&socket).expect("a folder");
        let program = Command::new(program())
            .args(["--quiet"])
            .arg(&config)
            .uid(owner.uid())
            .gid(owner.gid())
            .current_dir("/")
            .spawn()
            .expect("PgBouncer starts");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < PATIENCE, "PgBouncer listens");
            std::thread::yield_now();
        }
        Self {
            program,
            address,
            _folder: folder,
        }
    }

    /// Since 1.21.
    pub fn knows_prepared_statements() -> bool {
        let told = Command::new(program()).arg("--version").output();
        let told = String::from_utf8(told.expect("PgBouncer").stdout).expect("UTF-8");
        let version = told.split_whitespace().nth(1).expect("a version");
        let mut numbers = version
            .split('.')
            .map_while(|part| part.parse::<u32>().ok());
        (numbers.next(), numbers.next()) >= (Some(1), Some(21))
    }

    /// Where the database is that stands at this URL.
    pub fn url_of(&self, database: &str) -> String {
        let url = Url::parse(database).expect("a URL");
        format!("postgres://vestibule@{}{}", self.address, url.path())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.program.kill(); // it has nothing to lose
        let _ = self.program.wait();
    }
}

/// Debian keeps it off most users' PATH.
fn program() -> &'static Path {
    let found = Command::new("pgbouncer").arg("--version").output().is_ok();
    Path::new(match found {
        true => "pgbouncer",
        false => "/usr/sbin/pgbouncer",
    })
}
