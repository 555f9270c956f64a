//! The command line: `serve`, `check`, `secret`, `user`, `audit`, `mail`.

mod audit;
mod mail;
mod users;

use crate::app::letters;
use crate::app::routes::{FIRST_ADMINISTRATOR, MAILBOX};
use crate::domain::error::AppError;
use crate::language::Text;
use crate::server::accounts::password_hash::PasswordHasher;
use crate::server::accounts::{Accounts, Outgoing};
use crate::server::clock::Clock;
use crate::server::config::{Config, MailConfig};
use crate::server::mail::{Carrier, Mailbox, Post};
use crate::server::metrics::Metrics;
use crate::server::random::Random;
use crate::server::request::cookies::Cookies;
use crate::server::request::flash::FlashSeal;
use crate::server::storage::{AuditSeal, Storage};
use crate::server::tokens::{AccessTokens, Keyring, Secret, Tokens};
use crate::server::web::{self, Application, Connections, Observed, Site};
use clap::{Parser, Subcommand};
use std::error::Error;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// Sign-in for a web application.
#[derive(Parser)]
#[command(version, about, long_about = None, after_help = API)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

const API: &str = r#"The API, in three lines (more in docs/api.md and at /api/v1/openapi.json):
  api=http://127.0.0.1:3000/api/v1
  token=$(curl -sf $api/tokens --json '{"email":"E","password":"P"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -sf $api/me -H "Authorization: Bearer $token""#;

#[derive(Subcommand)]
enum Command {
    /// Serve (the same as no command)
    Serve,
    /// Load the configuration, open the database, and say what is wrong
    Check,
    /// Print a new random secret
    Secret,
    /// Look after accounts
    #[command(subcommand)]
    User(users::UserCommand),
    /// Look after the audit trail
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// See whether mail goes out
    #[command(subcommand)]
    Mail(mail::MailCommand),
}

/// How often rows of revocations and attempts that matter to nobody any more are deleted.
const TIDIED_EVERY: Duration = Duration::from_secs(60);
/// How often accounts are looked for that are to be deleted by now.
const ACCOUNTS_DELETED_EVERY: Duration = Duration::from_secs(60);
/// How often records are taken from the audit trail that are older than the operator wants them kept.
const ACTIVITY_TIDIED_EVERY: Duration = Duration::from_secs(3600);
/// How often the table is asked what others have taken back: this command line, or another instance. Often enough that whoever
/// presents a token hardly ever has to ask (`accounts/feed.rs`).
const REVOCATIONS_HEARD_EVERY: Duration = Duration::from_millis(300);
/// How often the outbox is looked into.
const LETTERS_SENT_EVERY: Duration = Duration::from_secs(2);
/// How long after it failed the database is asked again to tell what is taken back as it happens.
const NEWS_AGAIN_AFTER: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error + Send + Sync>;

/// Runs the program. Exit codes: 0 done, 1 failed and said why, 2 usage.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse(); // exits with 2 on wrong usage
    let result = match arguments.command.unwrap_or(Command::Serve) {
        Command::Secret => print_secret(),
        Command::Serve => in_runtime(serve()),
        Command::Check => in_runtime(check()),
        Command::User(command) => in_runtime(users::run(command)),
        Command::Audit(command) => in_runtime(audit::run(command)),
        Command::Mail(command) => in_runtime(mail::run(command)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match failure.downcast_ref::<AppError>() {
                Some(error) => eprintln!("{}", Text::english().error(error)),
                None => eprintln!("{failure}"),
            }
            ExitCode::FAILURE
        }
    }
}

fn in_runtime(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

fn print_secret() -> Result<(), Failure> {
    let secret = Secret::from_random(Random::system().bytes()?).to_text();
    writeln!(std::io::stdout(), "{}", *secret)?;
    Ok(())
}

/// The parts that every command with a database needs.
struct Parts {
    storage: Storage,
    accounts: Accounts,
    access_tokens: AccessTokens,
    keyring: Keyring,
    metrics: Metrics,
    clock: Clock,
    random: Random,
}

async fn assemble(config: &Config) -> Result<Parts, Failure> {
    let (clock, random) = (Clock::system(), Random::system());
    let keyring = Keyring::new(&config.load_secret(&random)?, &config.previous_secrets);
    let seal = AuditSeal::new(keyring.audit.bytes());
    let mut storage = Storage::open(&config.database, seal).await?;
    if config.mail.is_some() {
        storage = storage.writing_letters();
    }
    let tokens = Tokens::new(
        &keyring,
        config.origin.as_str(),
        config.access_ttl_seconds,
        clock.clone(),
        random.clone(),
    );
    let access_tokens = tokens.access.clone();
    let metrics = Metrics::new(clock.clone());
    let accounts = Accounts::new(
        storage.clone(),
        PasswordHasher::new(config.hash_concurrency, random.clone())?,
        tokens,
        config.policy.clone(),
        metrics.clone(),
        clock.clone(),
        random.clone(),
    );
    Ok(Parts {
        storage,
        accounts,
        access_tokens,
        keyring,
        metrics,
        clock,
        random,
    })
}

async fn serve() -> Result<(), Failure> {
    let config = Config::from_environment()?;
    web::start_logging(&config.log, config.log_format, std::io::stderr);
    let site = Site::load(&std::env::current_exe()?)?;
    let parts = assemble(&config).await?;
    parts.accounts.load_revocations().await?;
    tokio::spawn(forget_what_is_past(parts.accounts.clone()));
    tokio::spawn(forget_past_activity(parts.accounts.clone()));
    tokio::spawn(delete_due_accounts(parts.accounts.clone()));
    tokio::spawn(hear_of_revocations(parts.accounts.clone()));
    tokio::spawn(listen_for_revocations(parts.accounts.clone()));
    let carrier = match &config.mail {
        Some(MailConfig::Smtp { server, from }) => {
            Some(Carrier::Smtp(Post::new(server, from.clone())?))
        }
        Some(MailConfig::Mailbox) => Some(Carrier::Mailbox(Mailbox::default())),
        None => None,
    };
    let mut mailbox = None;
    match &carrier {
        Some(Carrier::Mailbox(kept)) => {
            mailbox = Some(kept.clone());
            let page = format!("{}{MAILBOX}", config.origin.as_str());
            tracing::warn!(
                page,
                "no mail goes out: letters are shown on a page, until there is a VESTIBULE_SMTP_URL"
            );
        }
        Some(Carrier::Smtp(_)) => {}
        None => tracing::warn!(
            "no mail goes out, and a forgotten password has no way back: there is no VESTIBULE_SMTP_URL"
        ),
    }
    if let Some(carrier) = carrier {
        let origin = config.origin.as_str().to_owned();
        tokio::spawn(send_letters(parts.accounts.clone(), carrier, origin));
    }
    if config.watching {
        tracing::warn!("watch mode: the content security policy is relaxed for the reloader");
    }
    let invitation = parts.accounts.invite_first_administrator().await?;
    let (stop, stopping) = watch::channel(());
    let application = Application {
        accounts: parts.accounts.clone(),
        metrics: parts.metrics.clone(),
        access_tokens: parts.access_tokens,
        cookies: Cookies::of(&config.origin),
        flash_seal: FlashSeal::new(&parts.keyring.flash, parts.clock, parts.random.clone()),
        random: parts.random,
        origin: config.origin.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        site,
        mailbox,
        watching: config.watching,
        stopping: stopping.clone(),
    };
    let listener = listen("VESTIBULE_LISTEN", config.listen).await?;
    if let Some(invitation) = invitation {
        // Not to the log, which is kept: it opens a door for an hour.
        let origin = config.origin.as_str();
        eprintln!(
            "There is no administrator yet. Whoever opens this link within an hour and signs in can become one:\n  \
             {origin}{FIRST_ADMINISTRATOR}?invitation={invitation}"
        );
    }
    tracing::info!(origin = config.origin.as_str(), listen = %config.listen, "serving");
    let until_stopped = async move {
        stop_signal().await;
        drop(stop);
    };
    let connections = web::possible_connections(config.connections);
    if connections < config.connections {
        tracing::warn!(
            connections,
            "the system allows fewer connections than VESTIBULE_CONNECTIONS"
        );
    }
    let connections = Connections::at_most(connections);
    if let Some(address) = config.metrics_listen {
        let listener = listen("VESTIBULE_METRICS_LISTEN", address).await?;
        let observed = Observed {
            accounts: parts.accounts,
            metrics: parts.metrics,
            connections: connections.clone(),
        };
        tokio::spawn(serve_metrics(listener, observed, stopping));
    }
    let router = web::router(application);
    web::serve(listener, router, connections, until_stopped).await?;
    parts.storage.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address} cannot be listened on: {error}").into())
}

/// Few ask for metrics, and none may hold many connections.
const METRICS_CONNECTIONS: usize = 16;

async fn serve_metrics(
    listener: TcpListener,
    observed: Observed,
    mut stopping: watch::Receiver<()>,
) {
    let connections = Connections::at_most(METRICS_CONNECTIONS);
    let router = web::metrics_router(observed);
    let until_stopped = async move {
        let _ = stopping.changed().await; // an error: the sender is gone, which says the same
    };
    // It fails for no reason of a single connection.
    let _ = web::serve(listener, router, connections, until_stopped).await;
}

/// Keeps the tables of revocations, of attempts and of mailed links short. What fails is tried again; it costs a few rows.
async fn forget_what_is_past(accounts: Accounts) {
    let mut every = tokio::time::interval(TIDIED_EVERY);
    loop {
        every.tick().await;
        let _ = accounts.forget_past_revocations().await; // the storage has logged it
        let _ = accounts.forget_past_attempts().await;
        let _ = accounts.forget_past_links().await;
    }
}

/// Keeps the audit trail as short as the operator wants it. What fails is tried again an hour later.
async fn forget_past_activity(accounts: Accounts) {
    let mut every = tokio::time::interval(ACTIVITY_TIDIED_EVERY);
    loop {
        every.tick().await;
        let _ = accounts.forget_past_activity().await; // the storage has logged it
    }
}

/// Deletes accounts when their time has come. What fails is tried again a minute later.
async fn delete_due_accounts(accounts: Accounts) {
    let mut every = tokio::time::interval(ACCOUNTS_DELETED_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let _ = accounts.delete_due_accounts().await; // the storage has logged it
    }
}

/// Learns what others take back as it happens, where the database tells. What is missed is heard of all the same, a little later.
async fn listen_for_revocations(accounts: Accounts) {
    loop {
        match accounts.news_of_revocations().await {
            Ok(None) => return,
            Ok(Some(mut news)) => {
                while let Ok(revocation) = news.next().await {
                    accounts.take_back_here(revocation);
                }
            }
            Err(_) => {} // the storage has logged it
        }
        tokio::time::sleep(NEWS_AGAIN_AFTER).await;
    }
}

/// Learns what others on the same database take back. What fails is tried again; meanwhile `/readyz` says no.
async fn hear_of_revocations(accounts: Accounts) {
    let mut every = tokio::time::interval(REVOCATIONS_HEARD_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let _ = accounts.hear_of_revocations().await; // the storage has logged it
    }
}

/// Sends letters. What fails is tried again; meanwhile they are safe in the database.
async fn send_letters(accounts: Accounts, carrier: Carrier, origin: String) {
    let mut every = tokio::time::interval(LETTERS_SENT_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let write = |outgoing: &Outgoing| letters::write(outgoing, &origin);
        let _ = accounts.send_letters(&carrier, write).await; // the storage has logged it
    }
}

/// Resolves when the operator, or the service manager, asks the program to end.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Writes to standard output. False when whoever reads has seen enough.
fn print(text: &str) -> Result<bool, Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn check() -> Result<(), Failure> {
    let config = Config::from_environment()?;
    let mut problems = Vec::new();
    // A first start has nothing to open yet, and a check makes nothing.
    let untouched =
        config.secret.is_none() && config.secret_file().is_some_and(|file| !file.exists());
    if untouched {
        println!("There is no secret yet: the first start makes one.");
    } else if let Err(error) = config.load_secret(&Random::system()) {
        problems.push(error.to_string());
    }
    if config.database.is_missing_file() {
        println!("There is no database yet: the first start makes one.");
    } else if let Err(error) = Storage::probe(&config.database).await {
        problems.push(error.to_string());
    }
    if let Err(error) = Site::load(&std::env::current_exe()?) {
        problems.push(error.to_string());
    }
    match config.mail {
        Some(MailConfig::Smtp { server, from }) => {
            let answers = async { Post::new(&server, from)?.probe().await };
            if let Err(error) = answers.await {
                problems.push(format!("Mail cannot go out: {error}"));
            }
        }
        Some(MailConfig::Mailbox) => {
            let origin = config.origin.as_str();
            println!(
                "No mail goes out: there is no VESTIBULE_SMTP_URL. Letters are shown at {origin}{MAILBOX}."
            );
        }
        None => println!(
            "No mail goes out: there is no VESTIBULE_SMTP_URL. A forgotten password has no way back."
        ),
    }
    if problems.is_empty() {
        println!("Everything is in order.");
        return Ok(());
    }
    Err(problems.join("\n").into())
}
