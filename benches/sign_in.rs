//! How many people can sign in beside the floor, bare argon2id verifications with the same parameters, with one thread for
//! computations and several sign-ins at once; and whether the time of a refused one, or of asking for a new password by mail, tells if
//! there is such an account. Floor and sign-ins, known and unknown addresses take turns. To be run on one core: `taskset -c 0 cargo bench …`.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};
use vestibule::domain::audit::Source;
use vestibule::domain::error::AppError;
use vestibule::domain::role::Roles;
use vestibule::domain::session::Audience;
use vestibule::server::accounts::password_hash::PasswordHasher;
use vestibule::server::accounts::{Accounts, SignIn};
use vestibule::server::clock::Clock;
use vestibule::server::config::Config;
use vestibule::server::metrics::Metrics;
use vestibule::server::random::Random;
use vestibule::server::storage::{AuditSeal, Storage};
use vestibule::server::tokens::{Keyring, Secret, Tokens};

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sign-ins at once: as many as there are places for, no more.
const AT_ONCE: usize = 6;
/// How long sign-ins and their floor take turns, and how often.
const TURN: Duration = Duration::from_secs(2);
const TURNS: usize = 5;
/// How often a refusal is timed, for either kind of address.
const ROUNDS: usize = 200;
const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "copper violin under seven lamps";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let file = |name| folder.path().join(name).display().to_string();
            measure(&file("sign-in.db")).await?;
            measure_forgotten(&file("forgotten.db")).await
        })
}

async fn accounts(file: &str, writes_letters: bool) -> Result<Accounts, Box<dyn Error>> {
    let variables = [
        ("VESTIBULE_DATABASE_URL", format!("sqlite://{file}")),
        // What is refused here must not be refused for being too often.
        ("VESTIBULE_REQUESTS_PER_MINUTE", "0".to_owned()),
        ("VESTIBULE_LOGIN_FAILURES", "1000".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let config = Config::from_variables(&BTreeMap::from(variables))?;
    let (clock, random) = (Clock::system(), Random::system());
    let keyring = Keyring::new(&Secret::from_random(random.bytes()?), &[]);
    let seal = AuditSeal::new(keyring.audit.bytes());
    let mut storage = Storage::open(&config.database, seal).await?;
    if writes_letters {
        storage = storage.writing_letters();
    }
    let origin = config.origin.as_str();
    let tokens = Tokens::new(&keyring, origin, 300, clock.clone(), random.clone());
    let hasher = PasswordHasher::new(1, random.clone())?;
    Ok(Accounts::new(
        storage,
        hasher,
        tokens,
        config.policy,
        Metrics::new(clock.clone()),
        clock,
        random,
    ))
}

async fn measure(file: &str) -> Result<(), Box<dyn Error>> {
    let accounts = accounts(file, false).await?;
    accounts
        .create_user(EMAIL, PASSWORD, "Ada", &Roles::default())
        .await?;
    let (mut bare, mut signed_in) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare.push(bare_verifications()?);
        signed_in.push(sign_ins(&accounts).await?);
    }
    let (bare, signed_in) = (median(bare), median(signed_in));
    println!("sign-ins a second, median of {TURNS} turns: {signed_in:.1}");
    println!("bare argon2id verifications a second: {bare:.1}");
    println!("of the floor: {:.3}", signed_in / bare);

    let (known, unknown) = refusals(&accounts).await?;
    println!("refused, of an account, median of {ROUNDS}: {known:.2} ms");
    println!("refused, of no account: {unknown:.2} ms");
    println!("apart: {:.2} ms", (known - unknown).abs());
    Ok(())
}

/// Each account is asked for once: after some letters it gets no more.
async fn measure_forgotten(file: &str) -> Result<(), Box<dyn Error>> {
    let accounts = accounts(file, true).await?;
    for number in 0..ROUNDS {
        let email = format!("ada{number}@example.org");
        accounts
            .create_user(&email, PASSWORD, "Ada", &Roles::default())
            .await?;
    }
    let source = Source::default();
    let mut times: [Vec<f64>; 2] = Default::default();
    for number in 0..ROUNDS {
        for (times, name) in times.iter_mut().zip(["ada", "nobody"]) {
            let email = format!("{name}{number}@example.org");
            let begun = Instant::now();
            accounts.request_password_reset(&email, &source).await?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [known, unknown] = times.map(median);
    println!("forgotten, of an account, median of {ROUNDS}: {known:.2} ms");
    println!("forgotten, of no account: {unknown:.2} ms");
    println!("apart: {:.2} ms", (known - unknown).abs());
    Ok(())
}

/// How many a second.
fn bare_verifications() -> Result<f64, Box<dyn Error>> {
    let params = Params::new(19_456, 2, 1, Some(32))?;
    let mut arena = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (begun, mut count) = (Instant::now(), 0);
    while begun.elapsed() < TURN {
        let mut hash = [0; 32];
        let (password, salt) = (PASSWORD.as_bytes(), &[7; 16]);
        argon2.hash_password_into_with_memory(password, salt, &mut hash, &mut arena)?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// How many a second.
async fn sign_ins(accounts: &Accounts) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    let people = (0..AT_ONCE).map(|_| {
        let accounts = accounts.clone();
        tokio::spawn(async move {
            let (source, mut count) = (Source::default(), 0);
            while begun.elapsed() < TURN {
                accounts.sign_in(attempt(EMAIL, PASSWORD, &source)).await?;
                count += 1;
            }
            Ok::<_, AppError>(count)
        })
    });
    let mut count = 0;
    for person in people.collect::<Vec<_>>() {
        count += person.await??;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// The median time of a refusal, in milliseconds: where there is such an account, and where there is none.
async fn refusals(accounts: &Accounts) -> Result<(f64, f64), Box<dyn Error>> {
    let source = Source::default();
    let mut times: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (times, email) in times.iter_mut().zip([EMAIL, "nobody@example.org"]) {
            let begun = Instant::now();
            let wrong = attempt(email, "not the password of this one", &source);
            let outcome = accounts.sign_in(wrong).await;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            if !matches!(outcome, Err(AppError::WrongCredentials)) {
                return Err("a sign-in had another outcome than it should".into());
            }
        }
    }
    let [known, unknown] = times;
    Ok((median(known), median(unknown)))
}

fn attempt<'a>(email: &'a str, password: &'a str, source: &'a Source) -> SignIn<'a> {
    SignIn {
        email,
        password,
        remember: false,
        audience: Audience::Web,
        known_browser: None,
        confirming: None,
        source,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
