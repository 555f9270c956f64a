//! The configuration: `VESTIBULE_*` variables, each refused with an explanation when it is wrong.
//!
//! Only this module reads the environment.

use crate::domain::role::Roles;
use crate::domain::session::SessionLimits;
use crate::server::accounts::{Mode, Policy};
use crate::server::mail::{MailFrom, SmtpUrl};
use crate::server::random::Random;
use crate::server::storage::DatabaseUrl;
use crate::server::tokens::Secret;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use url::Url;

const PREFIX: &str = "VESTIBULE_";
/// Set by `cargo leptos watch`, not by operators.
const WATCHING: &str = "LEPTOS_WATCH";

const ORIGIN: &str = "VESTIBULE_ORIGIN";
const LISTEN: &str = "VESTIBULE_LISTEN";
const DATABASE_URL: &str = "VESTIBULE_DATABASE_URL";
const SECRET: &str = "VESTIBULE_SECRET";
const PREVIOUS_SECRETS: &str = "VESTIBULE_PREVIOUS_SECRETS";
const ACCESS_TTL: &str = "VESTIBULE_ACCESS_TTL";
const SESSION_IDLE: &str = "VESTIBULE_SESSION_IDLE";
const SESSION_MAX: &str = "VESTIBULE_SESSION_MAX";
const REMEMBER_IDLE: &str = "VESTIBULE_REMEMBER_IDLE";
const REMEMBER_MAX: &str = "VESTIBULE_REMEMBER_MAX";
const SESSION_LIMIT: &str = "VESTIBULE_SESSION_LIMIT";
const REGISTRATION: &str = "VESTIBULE_REGISTRATION";
const PASSWORD_MIN: &str = "VESTIBULE_PASSWORD_MIN";
const HASH_CONCURRENCY: &str = "VESTIBULE_HASH_CONCURRENCY";
const CONNECTIONS: &str = "VESTIBULE_CONNECTIONS";
const LOGIN_FAILURES: &str = "VESTIBULE_LOGIN_FAILURES";
const ROLES: &str = "VESTIBULE_ROLES";
const AUDIT_RETENTION: &str = "VESTIBULE_AUDIT_RETENTION";
const REQUESTS_PER_MINUTE: &str = "VESTIBULE_REQUESTS_PER_MINUTE";
const METRICS_LISTEN: &str = "VESTIBULE_METRICS_LISTEN";
const SMTP_URL: &str = "VESTIBULE_SMTP_URL";
const MAIL_FROM: &str = "VESTIBULE_MAIL_FROM";
const TRUSTED_PROXIES: &str = "VESTIBULE_TRUSTED_PROXIES";
const LOG: &str = "VESTIBULE_LOG";
const LOG_FORMAT: &str = "VESTIBULE_LOG_FORMAT";

/// Every variable there is.
const KNOWN: &[&str] = &[
    ORIGIN,
    LISTEN,
    DATABASE_URL,
    SECRET,
    PREVIOUS_SECRETS,
    ACCESS_TTL,
    SESSION_IDLE,
    SESSION_MAX,
    REMEMBER_IDLE,
    REMEMBER_MAX,
    SESSION_LIMIT,
    REGISTRATION,
    PASSWORD_MIN,
    HASH_CONCURRENCY,
    CONNECTIONS,
    LOGIN_FAILURES,
    ROLES,
    AUDIT_RETENTION,
    REQUESTS_PER_MINUTE,
    TRUSTED_PROXIES,
    SMTP_URL,
    MAIL_FROM,
    METRICS_LISTEN,
    LOG,
    LOG_FORMAT,
];

/// What the operator decided, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// What browsers type; the issuer of tokens.
    pub origin: Origin,
    /// The socket.
    pub listen: SocketAddr,
    /// The database.
    pub database: DatabaseUrl,
    /// The secret, unless it is kept beside the SQLite file.
    pub secret: Option<Secret>,
    /// Secrets that only verify.
    pub previous_secrets: Vec<Secret>,
    /// The life of an access token, in seconds.
    pub access_ttl_seconds: i64,
    /// Limits that the use cases keep.
    pub policy: Policy,
    /// argon2id computations at once.
    pub hash_concurrency: usize,
    /// Connections at once.
    pub connections: usize,
    /// Whose word for where a request comes from counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How mail goes out, if any does.
    pub mail: Option<MailConfig>,
    /// The socket on which metrics are told, if on any.
    pub metrics_listen: Option<SocketAddr>,
    /// Which events are logged.
    pub log: String,
    /// How they are written.
    pub log_format: LogFormat,
    /// Whether cargo-leptos watches the sources.
    pub watching: bool,
}

/// How mail goes out.
#[derive(Clone, Debug)]
pub enum MailConfig {
    /// By SMTP.
    Smtp {
        /// By which server.
        server: SmtpUrl,
        /// From whom.
        from: MailFrom,
    },
    /// It does not: letters are shown on a page, to whoever develops on this machine.
    Mailbox,
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The one origin (RFC 6454) that browsers know us by, such as `https://example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    is_https: bool,
    is_loopback: bool,
}

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err("begins with neither https:// nor http://"),
        };
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err("holds more than scheme, host and port");
        }
        let is_loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => return Err("names no host"),
        };
        if !is_https && !is_loopback {
            return Err(
                "is plain http outside this machine: browsers would not keep the cookies, and \
                 whoever listens would read the passwords",
            );
        }
        Ok(Self {
            text: url.origin().ascii_serialization(),
            is_https,
            is_loopback,
        })
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is this very machine, which nobody else can reach by that name.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether cookies are `Secure` and carry the `__Host-` prefix, and HSTS is sent.
    pub fn is_https(&self) -> bool {
        self.is_https
    }
}

/// One variable that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    variable: String,
    what: String,
    example: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.", self.variable, self.what)?;
        if !self.example.is_empty() {
            write!(f, " Example: {}={}", self.variable, self.example)?;
        }
        Ok(())
    }
}

/// Everything that is wrong, at once.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Problem>);

impl Config {
    /// Reads the environment; in a debug build a `.env` file too.
    ///
    /// # Errors
    /// Lists every variable that is wrong.
    #[allow(clippy::disallowed_methods)] // the one place that reads the environment
    pub fn from_environment() -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        if cfg!(debug_assertions)
            && let Err(error) = dotenvy::dotenv()
            && !error.not_found()
        {
            problems.push(Problem {
                variable: ".env".to_owned(),
                what: "cannot be read as lines of NAME=value".to_owned(),
                example: String::new(),
            });
        }
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name
                .to_str()
                .filter(|name| name.starts_with(PREFIX) || *name == WATCHING)
            else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    variables.insert(name.to_owned(), value);
                }
                Err(_) => problems.push(Problem {
                    variable: name.to_owned(),
                    what: "is not UTF-8".to_owned(),
                    example: String::new(),
                }),
            }
        }
        match Self::from_variables(&variables) {
            Ok(config) if problems.is_empty() => Ok(config),
            Ok(_) => Err(ConfigError(problems)),
            Err(ConfigError(mut others)) => {
                problems.append(&mut others);
                Err(ConfigError(problems))
            }
        }
    }

    /// Reads variables from a map of names and values.
    ///
    /// # Errors
    /// Lists every variable that is wrong.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            variables,
            problems: Vec::new(),
        };
        reader.refuse_unknown_names();

        let origin = reader.read(
            ORIGIN,
            "http://127.0.0.1:3000",
            "https://example.org",
            Origin::parse,
        );
        let listen = reader.read(LISTEN, "127.0.0.1:3000", "127.0.0.1:3000", socket);
        let database = reader.read(
            DATABASE_URL,
            "sqlite://data/vestibule.db",
            "sqlite://data/vestibule.db",
            DatabaseUrl::parse,
        );
        let secret = reader.secret();
        let previous_secrets = reader.previous_secrets();
        if matches!(database, Some(DatabaseUrl::Postgres(_))) && !variables.contains_key(SECRET) {
            reader.refuse(
                SECRET,
                "is required with PostgreSQL: all instances must share one. `vestibule secret` prints a new one",
                "",
            );
        }
        let access_ttl = reader.duration(ACCESS_TTL, "5m", "30s", "15m");
        let session = reader.limits((SESSION_IDLE, "24h"), (SESSION_MAX, "14d"));
        let remembered_session = reader.limits((REMEMBER_IDLE, "14d"), (REMEMBER_MAX, "90d"));
        let session_limit = reader.read(SESSION_LIMIT, "0", "1", |text| match text.parse() {
            Ok(limit @ 0..=1000) => Ok(limit),
            _ => Err("is not a number from 0 (no limit) to 1000"),
        });
        let registration = reader.read(REGISTRATION, "open", "closed", |text| match text {
            "open" => Ok(Mode::Open),
            "verified" => Ok(Mode::Verified),
            "closed" => Ok(Mode::Closed),
            _ => Err("is none of open, verified and closed"),
        });
        let password_min = reader.read(PASSWORD_MIN, "12", "15", |text| match text.parse() {
            Ok(length @ 8..=64) => Ok(length),
            _ => Err("is not a number from 8 to 64"),
        });
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let hash_concurrency =
            reader.read(
                HASH_CONCURRENCY,
                &cores.to_string(),
                "4",
                |text| match text.parse() {
                    Ok(count @ 1..=256) => Ok(count),
                    _ => Err("is not a number from 1 to 256"),
                },
            );
        let connections = reader.read(CONNECTIONS, "10000", "1000", |text| match text.parse() {
            Ok(count @ 1..=1_000_000) => Ok(count),
            _ => Err("is not a number from 1 to 1000000"),
        });
        let login_failures = reader.read(LOGIN_FAILURES, "10", "10", |text| match text.parse() {
            Ok(count @ 0..=1000) => Ok(count),
            _ => Err("is not a number from 0 (no limit) to 1000"),
        });
        let roles = reader.read(ROLES, "editor", "editor, reviewer", |text| {
            Roles::parse(text).map_err(|_| {
                format!(
                    "is not a list of at most {} names of small letters, digits, - and _",
                    Roles::MAX
                )
            })
        });
        let audit_retention = reader.duration(AUDIT_RETENTION, "365d", "1d", "3650d");
        let requests_per_minute =
            reader.read(REQUESTS_PER_MINUTE, "60", "60", |text| match text.parse() {
                Ok(count @ 0..=1_000_000) => Ok(count),
                _ => Err("is not a number from 0 (no limit) to 1000000"),
            });
        let trusted_proxies = reader.read(TRUSTED_PROXIES, "", "127.0.0.1, 10.0.0.0/8", |text| {
            let parts = text.split(',').map(str::trim);
            let parts = parts.filter(|part| !part.is_empty());
            parts.map(network).collect::<Result<Vec<_>, _>>()
        });
        let is_loopback = origin.as_ref().is_some_and(Origin::is_loopback);
        let mail = reader.mail().or(is_loopback.then_some(MailConfig::Mailbox));
        if registration == Some(Mode::Verified) && mail.is_none() {
            let what =
                format!("is verified, and no mail goes out to verify addresses by: set {SMTP_URL}");
            reader.refuse(REGISTRATION, what, "open");
        }
        let metrics_listen = reader.read(METRICS_LISTEN, "", "127.0.0.1:9464", |text| match text {
            "" => Ok(None),
            text => socket(text).map(Some),
        });
        let log = reader.read(LOG, "info", "info,vestibule=debug", |text| {
            EnvFilter::try_new(text)
                .map(|_| text.to_owned())
                .map_err(|_| "is not a tracing filter")
        });
        let log_format = reader.read(LOG_FORMAT, "text", "json", |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("is neither text nor json"),
        });

        let problems = reader.problems;
        let complete = || {
            Some(Self {
                origin: origin.clone()?,
                listen: listen?,
                database: database?,
                secret,
                previous_secrets,
                access_ttl_seconds: i64::try_from(access_ttl?.as_secs()).ok()?,
                policy: Policy {
                    registration: registration?,
                    password_min: password_min?,
                    session: session?,
                    remembered_session: remembered_session?,
                    session_limit: session_limit?,
                    login_failures: login_failures?,
                    roles: roles?,
                    audit_retention_ms: milliseconds(audit_retention?),
                    requests_per_minute: requests_per_minute?,
                    origin: origin?.as_str().to_owned(),
                    sends_mail: mail.is_some(),
                },
                hash_concurrency: hash_concurrency?,
                connections: connections?,
                trusted_proxies: trusted_proxies?,
                mail,
                metrics_listen: metrics_listen?,
                log: log?,
                log_format: log_format?,
                watching: variables.contains_key(WATCHING),
            })
        };
        match complete() {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError(problems)),
        }
    }

    /// The secret in force: the variable's, or the file's beside the SQLite database, which is made
    /// at the first start.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds no good secret.
    pub fn load_secret(&self, random: &Random) -> Result<Secret, SecretFileError> {
        match (&self.secret, self.secret_file()) {
            (Some(secret), _) => Ok(secret.clone()),
            (None, Some(file)) => read_or_make_secret(&file, random),
            (None, None) => Err(SecretFileError::NoFolder), // `from_variables` has refused this
        }
    }

    /// Where the secret is kept with SQLite.
    pub fn secret_file(&self) -> Option<PathBuf> {
        self.database.folder().map(|folder| folder.join("secret"))
    }
}

/// The secret's file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It cannot be read or made.
    #[error("the secret's file {} cannot be read or made: {source}", .file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("the secret in {} {problem}; restore it from a backup, or remove the file: a new one is made, and everybody is signed out", .file.display())]
    Weak {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        problem: crate::server::tokens::WeakSecret,
    },
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] crate::server::random::NoRandomness),
    /// PostgreSQL has no folder of ours.
    #[error("{SECRET} is required with PostgreSQL")]
    NoFolder,
}

fn read_or_make_secret(file: &Path, random: &Random) -> Result<Secret, SecretFileError> {
    use std::io::Write;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

    let failed = |source| SecretFileError::File {
        file: file.to_owned(),
        source,
    };
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let text = zeroize::Zeroizing::new(text);
            return Secret::parse(&text).map_err(|problem| SecretFileError::Weak {
                file: file.to_owned(),
                problem,
            });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    if let Some(folder) = file.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed)?;
    }
    let secret = Secret::from_random(random.bytes()?);
    // Written whole before it has its name: a crash in between leaves no half secret. Of two programs
    // that start at once, one gives its file the name and the other reads it.
    let draft = file.with_extension(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut draft_file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        draft_file.write_all(secret.to_text().as_bytes())?;
        draft_file.write_all(b"\n")?;
        draft_file.sync_all()?;
        std::fs::hard_link(&draft, file)
    })();
    let _ = std::fs::remove_file(&draft); // of no use any more, whatever happened
    match written {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            read_or_make_secret(file, random)
        }
        Err(error) => Err(failed(error)),
    }
}

fn socket(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "is not an IP address and a port")
}

/// An address, or a network in CIDR notation (RFC 4632), with nothing set behind its prefix.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let refused = "is not a list of addresses and networks, separated by commas";
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    let network: IpNet = text.parse().map_err(|_| refused)?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err("holds a network with more set than its prefix says")
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

struct Reader<'a> {
    variables: &'a BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn refuse(&mut self, variable: &str, what: impl Into<String>, example: &str) {
        self.problems.push(Problem {
            variable: variable.to_owned(),
            what: what.into(),
            example: example.to_owned(),
        });
    }

    fn refuse_unknown_names(&mut self) {
        for name in self.variables.keys() {
            if KNOWN.contains(&name.as_str()) || name == WATCHING {
                continue;
            }
            let nearest = KNOWN
                .iter()
                .min_by_key(|known| strsim::damerau_levenshtein(known, name));
            let meant = nearest.map_or("", |known| known);
            let what = format!("is not a variable of Vestibule; did you mean {meant}");
            self.refuse(name, what, "");
        }
    }

    /// The variable's value or the default, parsed; `None` with a problem noted if it is refused.
    fn read<T, P: fmt::Display>(
        &mut self,
        name: &str,
        default: &str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, P>,
    ) -> Option<T> {
        let value = self
            .variables
            .get(name)
            .map_or(default, |value| value.trim());
        parse(value)
            .map_err(|problem| self.refuse(name, problem.to_string(), example))
            .ok()
    }

    fn duration(&mut self, name: &str, default: &str, least: &str, most: &str) -> Option<Duration> {
        self.read(name, default, default, |text| {
            let bounds = (
                humantime::parse_duration(least),
                humantime::parse_duration(most),
            );
            match (humantime::parse_duration(text), bounds) {
                (Ok(duration), (Ok(least), Ok(most)))
                    if (least..=most).contains(&duration) && duration.subsec_nanos() == 0 =>
                {
                    Ok(duration)
                }
                _ => Err(format!(
                    "is not a duration in whole seconds from {least} to {most}"
                )),
            }
        })
    }

    fn limits(&mut self, idle: (&str, &str), absolute: (&str, &str)) -> Option<SessionLimits> {
        let idle_time = self.duration(idle.0, idle.1, "1m", "400d");
        // Browsers keep no cookie for longer than 400 days.
        let absolute_time = self.duration(absolute.0, absolute.1, "1m", "400d");
        let (idle_time, absolute_time) = (idle_time?, absolute_time?);
        if idle_time > absolute_time {
            self.refuse(
                idle.0,
                format!(
                    "is longer than {}, which would then never matter",
                    absolute.0
                ),
                idle.1,
            );
            return None;
        }
        Some(SessionLimits {
            idle_ms: milliseconds(idle_time),
            absolute_ms: milliseconds(absolute_time),
        })
    }

    fn secret(&mut self) -> Option<Secret> {
        let text = self.variables.get(SECRET)?;
        Secret::parse(text)
            .map_err(|problem| {
                self.refuse(
                    SECRET,
                    format!("{problem}; `vestibule secret` prints a new one"),
                    "",
                )
            })
            .ok()
    }

    /// Both variables or neither.
    fn mail(&mut self) -> Option<MailConfig> {
        let mut given = |name, example, absent| match self.variables.contains_key(name) {
            true => true,
            false => {
                if self.variables.contains_key(absent) {
                    let what = format!("is required with {absent}");
                    self.refuse(name, what, example);
                }
                false
            }
        };
        let server_example = "smtps://user:password@mail.example.org";
        let from_example = "Example <no-reply@example.org>";
        let is_given = [
            given(SMTP_URL, server_example, MAIL_FROM),
            given(MAIL_FROM, from_example, SMTP_URL),
        ];
        if is_given != [true; 2] {
            return None;
        }
        let server = self.read(SMTP_URL, "", server_example, SmtpUrl::parse);
        let from = self.read(MAIL_FROM, "", from_example, MailFrom::parse);
        Some(MailConfig::Smtp {
            server: server?,
            from: from?,
        })
    }

    fn previous_secrets(&mut self) -> Vec<Secret> {
        let text = self
            .variables
            .get(PREVIOUS_SECRETS)
            .map_or("", String::as_str);
        let mut secrets = Vec::new();
        for (index, text) in text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .enumerate()
        {
            match Secret::parse(text) {
                Ok(secret) => secrets.push(secret),
                Err(problem) => self.refuse(
                    PREVIOUS_SECRETS,
                    format!("entry {} {problem}", index + 1),
                    "",
                ),
            }
        }
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_variables(&variables.collect())
    }

    #[test]
    fn nothing_set_is_a_good_configuration() {
        let config = read(&[]).expect("defaults are valid");
        assert_eq!(config.origin.as_str(), "http://127.0.0.1:3000");
        assert_eq!(config.access_ttl_seconds, 300);
        assert_eq!(config.policy.requests_per_minute, 60);
        assert_eq!(config.policy.login_failures, 10);
        assert_eq!(config.policy.roles.to_stored(), "editor");
        assert_eq!(config.policy.audit_retention_ms, 365 * 86_400_000);
        assert_eq!(config.trusted_proxies, []);
        assert_eq!(config.metrics_listen, None);
        assert!(matches!(config.mail, Some(MailConfig::Mailbox)));
        assert!(config.policy.sends_mail);
        assert_eq!(config.secret_file(), Some(PathBuf::from("data/secret")));
        assert_eq!(
            config.policy.remembered_session.absolute_ms,
            90 * 86_400_000
        );
    }

    #[test]
    fn each_refusal_names_the_variable_and_what_is_wrong() {
        for (name, value, says) in [
            (ORIGIN, "example.org", "is not a URL"),
            (ORIGIN, "http://example.org", "plain http"),
            (ORIGIN, "https://example.org/app", "holds more"),
            (ORIGIN, "https://user@example.org", "holds more"),
            (ORIGIN, "ftp://example.org", "neither https"),
            (LISTEN, "3000", "is not an IP address and a port"),
            (
                DATABASE_URL,
                "mysql://x",
                "neither sqlite:// nor postgres://",
            ),
            (DATABASE_URL, "sqlite://:memory:", "would lose"),
            (SECRET, "c2VjcmV0", "well-known"),
            (ACCESS_TTL, "16m", "from 30s to 15m"),
            (ACCESS_TTL, "-5m", "from 30s to 15m"),
            (ACCESS_TTL, "1500ms", "whole seconds"),
            (SESSION_IDLE, "15d", "longer than VESTIBULE_SESSION_MAX"),
            (REGISTRATION, "yes", "none of open, verified and closed"),
            (PASSWORD_MIN, "7", "from 8 to 64"),
            (HASH_CONCURRENCY, "0", "from 1 to 256"),
            (LOG_FORMAT, "xml", "neither text nor json"),
            ("VESTIBULE_ORIGEN", "x", "did you mean VESTIBULE_ORIGIN"),
            (SESSION_LIMIT, "-1", "from 0 (no limit) to 1000"),
            (SESSION_LIMIT, "1001", "from 0 (no limit) to 1000"),
            (ROLES, "Editor", "is not a list of at most 16 names"),
            (AUDIT_RETENTION, "23h", "from 1d to 3650d"),
            (AUDIT_RETENTION, "3651d", "from 1d to 3650d"),
            (REQUESTS_PER_MINUTE, "-1", "from 0 (no limit)"),
            (TRUSTED_PROXIES, "proxy.example", "is not a list"),
            (TRUSTED_PROXIES, "10.0.0.0/33", "is not a list"),
            (TRUSTED_PROXIES, "10.0.0.1/8", "more set than its prefix"),
            (CONNECTIONS, "0", "from 1 to 1000000"),
            (LOGIN_FAILURES, "-1", "from 0 (no limit) to 1000"),
            (METRICS_LISTEN, "9464", "is not an IP address and a port"),
        ] {
            let error = read(&[(name, value)]).expect_err(value).to_string();
            assert!(error.contains(name) && error.contains(says), "{error}");
        }
    }

    #[test]
    fn mail_has_a_server_and_a_sender_or_neither() {
        let (url, from) = (
            "smtps://user:hunter2@mail.example.org",
            "Ada <ada@example.org>",
        );
        let both = [(SMTP_URL, url), (MAIL_FROM, from)];
        let config = read(&both).expect("complete");
        assert!(config.mail.is_some());
        assert!(!format!("{config:?}").contains("hunter2"));
        for (given, missing) in [(both[0], MAIL_FROM), (both[1], SMTP_URL)] {
            let error = read(&[given]).expect_err("one alone").to_string();
            assert!(
                error.contains(missing) && error.contains("is required with"),
                "{error}"
            );
        }
        for (name, value, says) in [
            (
                SMTP_URL,
                "mail.example.org:hunter2",
                "begins with neither smtps:// nor smtp://",
            ),
            (
                SMTP_URL,
                "smtp://hunter2@mail.example.org",
                "a user without a password",
            ),
            (MAIL_FROM, "nobody", "is not an e-mail address"),
        ] {
            let variables = both.map(|pair| if pair.0 == name { (name, value) } else { pair });
            let error = read(&variables).expect_err(value).to_string();
            assert!(error.contains(name) && error.contains(says), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn every_problem_is_told_at_once_and_no_secret_is_shown() {
        let secret = "bXktc3VwZXItc2VjcmV0";
        let error = read(&[(SECRET, secret), (PREVIOUS_SECRETS, secret), (LISTEN, "x")])
            .expect_err("three problems");
        assert_eq!(error.0.len(), 3);
        assert!(!error.to_string().contains(secret));
    }

    #[test]
    fn postgres_needs_a_secret_and_its_password_is_not_shown() {
        let url = "postgres://user:hunter2@db.example/vestibule";
        let error = read(&[(DATABASE_URL, url)]).expect_err("a secret is required");
        assert!(error.to_string().contains("required with PostgreSQL"));
        let secret = Secret::from_random([
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 99, 18, 19, 20, 21, 22, 23, 24,
            25, 26, 27, 28, 29, 30, 31, 77,
        ]);
        let config = read(&[(DATABASE_URL, url), (SECRET, &secret.to_text())]).expect("complete");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
