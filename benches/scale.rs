//! The arithmetic of docs/scale.md, done instead of believed: ten thousand revocations a second for an hour of set time in the memory of
//! one instance; and, where tests have a PostgreSQL, what they are there in bytes, in time to ask for them, and how many sessions can be
//! ended in a second, beside floors.

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, AssertSqlSafe};
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use vestibule::domain::audit::{Actor, AuditEvent, Source};
use vestibule::domain::session::{EndReason, Revocation, SessionId};
use vestibule::domain::user::UserId;
use vestibule::server::clock::Clock;
use vestibule::server::random::Random;
use vestibule::server::storage::{AuditRecord, AuditSeal, DatabaseUrl, End, Moment, Storage};
use vestibule::server::tokens::{AccessTokens, Keyring, Secret};

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const NOW: i64 = 1_767_323_045_500;
const A_SECOND: u64 = 10_000;
const SECONDS: u64 = 3600;
/// The ordinary life of an access token.
const LIFE_SECONDS: i64 = 300;
/// What each question asks for again, and what each second of it brings: accounts/feed.rs.
const ASKED_SECONDS: u64 = 20;
/// As many as an instance has connections.
const AT_ONCE: u64 = 16;
const ENDED: u64 = 8_000;

#[tokio::main]
async fn main() -> Outcome {
    in_memory()?;
    match server() {
        Some(url) => in_postgres(&url).await,
        None => {
            println!("PostgreSQL: left out (scripts/postgres-for-tests cargo bench …)");
            Ok(())
        }
    }
}

fn in_memory() -> Outcome {
    let clock = Clock::set_to(NOW);
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    let origin = "https://app.example";
    let random = Random::system();
    let tokens = AccessTokens::new(&keyring.access, origin, LIFE_SECONDS, clock.clone(), random);
    let before = resident();
    let (mut most, mut largest, mut longest) = (0, 0, Duration::ZERO);
    let begun = Instant::now();
    for number in 0..A_SECOND * SECONDS {
        let one = Instant::now();
        tokens.revoke(Revocation::Session(session(number)));
        longest = longest.max(one.elapsed());
        if number % A_SECOND == 0 {
            clock.advance(1000);
            most = most.max(tokens.live_revocations());
            largest = largest.max(resident());
        }
    }
    let each = begun.elapsed().as_secs_f64() / decimal(A_SECOND * SECONDS)?;
    let (asked, user) = (1_000_000, UserId::from_bytes([1; 16]));
    let begun = Instant::now();
    for number in 0..asked {
        black_box(tokens.allow(user, session(number), 1));
    }
    let look_up = begun.elapsed().as_secs_f64() / decimal(asked)?;
    let bytes = decimal(u64::try_from(largest.saturating_sub(before))?)?;
    let remembered = decimal(u64::try_from(most)?)?;
    println!(
        "memory: {A_SECOND} revocations a second for {SECONDS} s, access tokens of {LIFE_SECONDS} s"
    );
    println!("  most remembered at once  {most}");
    println!(
        "  at most                  {:.0} MB, {:.0} bytes each",
        bytes / 1e6,
        bytes / remembered
    );
    println!(
        "  to remember one          {:.2} us, at the most {longest:?}",
        each * 1e6
    );
    println!("  to look one up           {:.2} us", look_up * 1e6);
    Ok(())
}

async fn in_postgres(server: &str) -> Outcome {
    install_default_drivers();
    let name = "vestibule_scale";
    let administrator = AnyPoolOptions::new()
        .max_connections(1)
        .connect(server)
        .await?;
    let drop = || AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    sqlx::query(drop()).execute(&administrator).await?;
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&administrator)
        .await?;
    let mut url = url::Url::parse(server)?;
    url.set_path(name);
    let measured = measure_in_postgres(url.as_str()).await;
    sqlx::query(drop()).execute(&administrator).await?;
    measured
}

async fn measure_in_postgres(url: &str) -> Outcome {
    let database = DatabaseUrl::parse(url)?;
    let storage = Storage::open(&database, AuditSeal::new([&[1; 32]])).await?;
    let pool = AnyPoolOptions::new()
        .max_connections(u32::try_from(AT_ONCE)?)
        .connect(url)
        .await?;

    // What one question finds at that rate.
    let rows = A_SECOND * ASKED_SECONDS;
    insert(&pool, 0, rows, |ids| {
        format!(
            "INSERT INTO revocations SELECT 'session', id, 0, {}, {NOW} FROM {ids}",
            NOW + 305_000
        )
    })
    .await?;
    sqlx::query("ANALYZE revocations").execute(&pool).await?;
    let bytes: i64 = sqlx::query_scalar("SELECT pg_total_relation_size('revocations')")
        .fetch_one(&pool)
        .await?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let found = storage.revocations_since(NOW, NOW).await?;
        assert_eq!(u64::try_from(found.len())?, rows);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    println!("PostgreSQL: {rows} rows, what one question finds at {A_SECOND} a second");
    println!(
        "  size                     {:.0} bytes a row with its indexes",
        decimal(u64::try_from(bytes)?)? / decimal(rows)?
    );
    println!("  one question             {:?}", times[2]);

    // Ended by as many at once as an instance has connections, each beside the next floor.
    let user = UserId::from_bytes([1; 16]);
    sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO users (id, email, nickname, signature, password_hash, roles, epoch, created_at, updated_at, \
         password_changed_at) VALUES ('{user}', 'u@example.org', 'U', '', 'x', '', 1, 0, 0, 0)"
    )))
    .execute(&pool)
    .await?;
    insert(&pool, rows, ENDED, |ids| {
        format!(
            "INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, absolute_expires_at, user_agent) \
             SELECT id, '{user}', 1, {NOW}, {NOW}, {0}, {0}, 'Mozilla/5.0' FROM {ids}",
            NOW + 3_600_000
        )
    })
    .await?;
    let ended = at_once(rows, move |number| {
        let storage = storage.clone();
        async move {
            let end = End {
                session: session(number),
                owner: user,
                reason: EndReason::SignedOut,
                by: None,
            };
            let source = Source::default();
            let record = AuditRecord {
                mailbox: None,
                event: AuditEvent::SignedOut,
                actor: Actor::User(user),
                user: Some(user),
                session: Some(end.session),
                detail: "",
                source: &source,
            };
            let moment = Moment {
                now: NOW,
                until: NOW + 305_000,
            };
            assert!(storage.end_session(&end, &record, moment).await?);
            Ok(())
        }
    })
    .await?;
    let told = one_statement(
        &pool,
        rows + ENDED,
        "WITH told AS (SELECT pg_notify('vestibule_revocations', 'session ' || $1 || ' 0')) \
        INSERT INTO revocations SELECT 'session', $1, 0, 1, 1 FROM told",
    )
    .await?;
    let written = one_statement(
        &pool,
        rows + 2 * ENDED,
        "INSERT INTO revocations SELECT 'session', $1, 0, 1, 1",
    )
    .await?;
    println!("PostgreSQL: {AT_ONCE} at once, without waiting for the disk");
    println!("  sessions ended           {ended:.0} a second");
    println!(
        "  a row and NOTIFY         {told:.0} a second: {:.2} of it",
        ended / told
    );
    println!(
        "  a row                    {written:.0} a second: {:.2} of it",
        ended / written
    );
    pool.close().await;
    Ok(())
}

/// Rows for sessions from this number on; `sql` gets the name of a table with their ids.
async fn insert(pool: &AnyPool, from: u64, count: u64, sql: impl Fn(&str) -> String) -> Outcome {
    for begin in (from..from + count).step_by(10_000) {
        let numbers = begin..(begin + 10_000).min(from + count);
        let ids: Vec<_> = numbers.map(|number| session(number).to_string()).collect();
        let table = format!(
            "unnest(string_to_array('{}', ',')) AS ids (id)",
            ids.join(",")
        );
        sqlx::query(AssertSqlSafe(sql(&table)))
            .persistent(false)
            .execute(pool)
            .await?;
    }
    Ok(())
}

async fn one_statement(pool: &AnyPool, from: u64, sql: &'static str) -> Outcome<f64> {
    let pool = pool.clone();
    at_once(from, move |number| {
        let pool = pool.clone();
        async move {
            sqlx::query(sql)
                .bind(session(number).to_string())
                .execute(&pool)
                .await?;
            Ok(())
        }
    })
    .await
}

/// How many of these are done in a second, by several at once.
async fn at_once<F>(from: u64, one: impl Fn(u64) -> F + Clone + Send + 'static) -> Outcome<f64>
where
    F: Future<Output = Outcome> + Send,
{
    let next = Arc::new(AtomicU64::new(from));
    let begun = Instant::now();
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (next, one) = (Arc::clone(&next), one.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= from + ENDED {
                        return Outcome::Ok(());
                    }
                    one(number).await?;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    Ok(decimal(ENDED)? / begun.elapsed().as_secs_f64())
}

/// In no order that an index could like.
fn session(number: u64) -> SessionId {
    let mut id = [7; 16];
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    id[..8].copy_from_slice(&scattered.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    SessionId::from_bytes(id)
}

fn decimal(number: u64) -> Outcome<f64> {
    let (high, low) = (
        u32::try_from(number >> 32)?,
        u32::try_from(number & 0xFFFF_FFFF)?,
    );
    Ok(f64::from(high) * 4_294_967_296.0 + f64::from(low))
}

/// What this process holds in memory, in bytes; 0 where the system does not tell in this way.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

#[allow(clippy::disallowed_methods)] // where PostgreSQL is, is no setting of the program
fn server() -> Option<String> {
    std::env::var("VESTIBULE_TEST_POSTGRES_URL").ok()
}
