//! What a sign-in costs beside its floor, a bare argon2id verification with the same parameters; and whether the time of a
//! refused one tells if there is such an account. Known and unknown addresses and the floor take turns.

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

const ROUNDS: usize = 200;
const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "copper violin under seven lamps";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(measure(
            &folder.path().join("sign-in.db").display().to_string(),
        ))
}

async fn accounts(file: &str) -> Result<Accounts, Box<dyn Error>> {
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
    let storage = Storage::open(&config.database, seal).await?;
    let origin = config.origin.as_str();
    let tokens = Tokens::new(&keyring, origin, 300, clock.clone(), random.clone());
    let hasher = PasswordHasher::new(1, random.clone())?;
    let accounts = Accounts::new(
        storage,
        hasher,
        tokens,
        config.policy,
        Metrics::new(clock.clone()),
        clock,
        random,
    );
    accounts
        .create_user(EMAIL, PASSWORD, "Ada", &Roles::default())
        .await?;
    Ok(accounts)
}

async fn measure(file: &str) -> Result<(), Box<dyn Error>> {
    let accounts = accounts(file).await?;
    let source = Source::default();
    let attempt = |email, password| SignIn {
        email,
        password,
        remember: false,
        audience: Audience::Web,
        known_browser: None,
        source: &source,
    };
    let params = Params::new(19_456, 2, 1, Some(32))?;
    let mut arena = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);

    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut hash = [0; 32];
        argon2.hash_password_into_with_memory(
            PASSWORD.as_bytes(),
            &[7; 16],
            &mut hash,
            &mut arena,
        )?;
        times[0].push(begun.elapsed());
        for (place, email, password) in [
            (1, EMAIL, PASSWORD),
            (2, EMAIL, "not the password of this one"),
            (3, "nobody@example.org", "not the password of this one"),
        ] {
            let begun = Instant::now();
            let outcome = accounts.sign_in(attempt(email, password)).await;
            times[place].push(begun.elapsed());
            let is_right = match outcome {
                Ok(_) => place == 1,
                Err(error) => place != 1 && error == AppError::WrongCredentials,
            };
            if !is_right {
                return Err("a sign-in had another outcome than it should".into());
            }
        }
    }
    let [floor, signed_in, known, unknown] = times.map(median);
    println!("median of {ROUNDS}, one at a time");
    for (what, time) in [
        ("floor: bare argon2id", floor),
        ("signed in", signed_in),
        ("refused, of an account", known),
        ("refused, of no account", unknown),
    ] {
        let ratio = floor.as_secs_f64() / time.as_secs_f64();
        println!(
            "{what:26} {:8.2} ms {ratio:8.2} of the floor's rate",
            time.as_secs_f64() * 1e3
        );
    }
    let apart = known.abs_diff(unknown).as_secs_f64() * 1e3;
    println!("of an account and of none, {apart:.2} ms apart");
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
