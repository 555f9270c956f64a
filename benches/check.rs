//! What it costs to know whose request it is: the check of an access token beside the floor, one HMAC-SHA256 of the
//! same bytes, and with none, a thousand and a million revocations in memory; and what a million of them take.

use aws_lc_rs::hmac;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use std::hint::black_box;
use vestibule::domain::role::{Role, Roles};
use vestibule::domain::session::{Revocation, SessionId};
use vestibule::domain::user::UserId;
use vestibule::server::clock::Clock;
use vestibule::server::random::Random;
use vestibule::server::tokens::{AccessTokens, Audience, Grant, Keyring, Secret};

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOW: i64 = 1_767_323_045_500;

fn tokens(keyring: &Keyring, revoked: u32) -> AccessTokens {
    let clock = Clock::set_to(NOW);
    let origin = "https://app.example";
    let tokens = AccessTokens::new(&keyring.access, origin, 300, clock, Random::system());
    for number in 0..revoked {
        let mut id = [7; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        tokens.revoke(Revocation::Session(SessionId::from_bytes(id)));
    }
    tokens
}

fn check(criterion: &mut Criterion) {
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    let key = keyring.access.current();
    let grant = Grant {
        user: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        auth_time: NOW / 1000,
        epoch: 1,
        roles: Role::parse("editor")
            .and_then(|role| Roles::new([role]))
            .unwrap_or_default(),
    };
    let Ok((token, _)) = tokens(&keyring, 0).issue(Audience::Web, &grant) else {
        return eprintln!("no token could be issued");
    };
    let Some((message, signature)) = token.rsplit_once('.') else {
        return eprintln!("no token was issued");
    };

    let mut group = criterion.benchmark_group("access token");
    let prepared = hmac::Key::new(hmac::HMAC_SHA256, &*key.bytes);
    group.bench_function("floor: HMAC-SHA256, key prepared", |bench| {
        bench.iter(|| hmac::sign(&prepared, black_box(message.as_bytes())));
    });
    let decoding = DecodingKey::from_secret(&*key.bytes);
    group.bench_function("floor: jsonwebtoken's HMAC-SHA256", |bench| {
        bench.iter(|| {
            let message = black_box(message.as_bytes());
            crypto::verify(signature, message, &decoding, Algorithm::HS256)
        });
    });
    for revoked in [0, 1_000, 1_000_000] {
        let tokens = tokens(&keyring, revoked);
        group.bench_function(BenchmarkId::new("check, revocations", revoked), |bench| {
            bench.iter(|| tokens.verify(black_box(&token), Audience::Web).is_ok());
        });
    }
    group.finish();
}

/// What this process holds in memory, in bytes; 0 where the system does not tell in this way.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

fn memory(_: &mut Criterion) {
    const MANY: u32 = 1_000_000;
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    let before = resident();
    let tokens = tokens(&keyring, MANY);
    let taken = resident().saturating_sub(before);
    println!(
        "memory of {MANY} live revocations: {} bytes each",
        taken / MANY as usize
    );
    drop(black_box(tokens));
}

// Memory first: what the other leaves behind would be used again.
criterion_group!(benches, memory, check);
criterion_main!(benches);
