//! What a page of a long list costs: of a million users and of a million records of the audit trail, beside the floor,
//! the least that the database can be asked. And whether one's own profile costs more among a million users than among ten.

use criterion::{Criterion, criterion_group, criterion_main};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use vestibule::domain::audit::AuditEvent;
use vestibule::domain::email::Email;
use vestibule::domain::user::UserId;
use vestibule::server::storage::{AuditFilter, AuditSeal, DatabaseUrl, Storage};

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the pages ask for: one more than they show.
const PAGE: u32 = 51;

const USERS: &str = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999) \
    INSERT INTO users (id, email, nickname, signature, avatar_url, password_hash, roles, epoch, created_at, updated_at, \
    password_changed_at, disabled_at) SELECT printf('%021dA', i), printf('u%06d@example.org', i * 7919 % 1000000), 'U', \
    '', NULL, 'x', '', 1, i, i, i, NULL FROM n";

// One record in a hundred thousand is of a rare kind.
const RECORDS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
    INSERT INTO audit_trail (seq, created_at, event, actor, user_id, session_id, detail, user_agent, network, request_id, \
    hash) SELECT i, i, CASE WHEN i % 100000 = 0 THEN 'roles_set' ELSE 'signed_in' END, printf('%021dA', i % 5000), \
    printf('%021dA', i % 5000), NULL, '', 'Mozilla/5.0', '192.0.2.0/24', NULL, 'x' FROM n";

const TEN_USERS: &str =
    "DELETE FROM users WHERE id NOT IN (SELECT id FROM users ORDER BY id LIMIT 10)";

async fn filled(file: &Path, statements: &[&'static str]) -> Result<Storage, Box<dyn Error>> {
    let storage = Storage::open(
        &DatabaseUrl::Sqlite(file.to_owned()),
        AuditSeal::new([&[1; 32]]),
    )
    .await?;
    install_default_drivers();
    let url = format!("sqlite://{}", file.display());
    let pool = AnyPoolOptions::new().connect(&url).await?;
    for sql in statements {
        sqlx::query(*sql).execute(&pool).await?;
    }
    pool.close().await;
    Ok(storage)
}

fn lists(criterion: &mut Criterion) {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return eprintln!("no runtime: {error}"),
    };
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => return eprintln!("no folder: {error}"),
    };
    let (many, few) = (folder.path().join("many.db"), folder.path().join("few.db"));
    let databases = runtime.block_on(async {
        let many = filled(&many, &[USERS, RECORDS]).await?;
        Ok((many, filled(&few, &[USERS, TEN_USERS]).await?))
    });
    let (storage, few) = match databases {
        Ok(databases) => databases,
        Err::<_, Box<dyn Error>>(error) => return eprintln!("no database: {error}"),
    };
    let user = |number: u32| UserId::parse(&format!("{number:021}A"));

    let middle = Email::parse("u500000@example.org").ok();

    let mut group = criterion.benchmark_group("lists");
    group.bench_function("floor: SELECT 1", |bench| {
        bench.iter(|| runtime.block_on(storage.ping()).is_ok());
    });
    for (name, storage, number) in [
        ("profile, of one of 10 users", &few, 5),
        ("profile, of one of 1,000,000 users", &storage, 500_000),
    ] {
        let Some(user) = user(number) else { continue };
        group.bench_function(name, |bench| {
            bench.iter(|| {
                runtime
                    .block_on(storage.profile(black_box(user)))
                    .is_ok_and(|profile| profile.is_some())
            });
        });
    }
    for (name, prefix, after) in [
        ("users, the first page of 1,000,000", "", None),
        ("users, a page in the middle", "", middle.as_ref()),
        ("users, by the beginning of their e-mail", "u5000", None),
        ("users, nobody", "zzz", None),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let page = storage.users(black_box(prefix), after, PAGE);
                runtime.block_on(page).map_or(0, |page| page.len())
            });
        });
    }
    let all = AuditFilter::default();
    for (name, filter, before) in [
        ("audit, the first page of 1,000,000", all, None),
        ("audit, a page in the middle", all, Some(500_000)),
        (
            "audit, of one user",
            AuditFilter {
                user: user(7),
                ..all
            },
            None,
        ),
        (
            "audit, of a rare event",
            AuditFilter {
                event: Some(AuditEvent::RolesSet),
                ..all
            },
            None,
        ),
        (
            "audit, of days long past",
            AuditFilter {
                until: Some(1000),
                ..all
            },
            None,
        ),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let page = storage.audit_records(black_box(&filter), before, PAGE);
                runtime.block_on(page).map_or(0, |page| page.len())
            });
        });
    }
    group.finish();
    runtime.block_on(storage.close());
    runtime.block_on(few.close());
}

criterion_group!(benches, lists);
criterion_main!(benches);
