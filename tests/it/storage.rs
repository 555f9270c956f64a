//! What the use cases rely on from the database, the same on both.

use crate::app::{START, TestApp, on_both_databases};
use std::sync::LazyLock;
use vestibule::domain::audit::{Actor, AuditEvent, Source};
use vestibule::domain::device::Device;
use vestibule::domain::email::Email;
use vestibule::domain::role::{Role, Roles};
use vestibule::domain::session::{Audience, EndReason, Generation, Revocation, SessionId};
use vestibule::domain::user::{Nickname, ProfileUpdate, UserId};
use vestibule::server::clock::Millis;
use vestibule::server::storage::{
    AuditRecord, End, Moment, NewSession, NewUser, Remaining, StorageError,
};

const ADA: UserId = UserId::from_bytes([1; 16]);
const HASH: &str = "$argon2id$";

static SOURCE: LazyLock<Source> = LazyLock::new(|| Source {
    device: Device::new("Testing/1.0", None),
    request: None,
});

fn record(event: AuditEvent) -> AuditRecord<'static> {
    AuditRecord {
        mailbox: None,
        event,
        actor: Actor::User(ADA),
        user: Some(ADA),
        session: None,
        detail: "",
        source: &SOURCE,
    }
}

fn at(now: Millis) -> Moment {
    let until = now + 305_000;
    Moment { now, until }
}

/// Whether a session of that epoch could begin.
async fn begins(app: &TestApp, number: u8, epoch: i64) -> bool {
    let session = session(number);
    let record = record(AuditEvent::SignedIn);
    let stored = app
        .storage
        .insert_session(&session, epoch, 0, &[], &record, at(START));
    stored.await.expect("asked").is_some()
}

/// Whether a session was ended just now.
async fn ends(app: &TestApp, number: u8, reason: EndReason, now: Millis) -> bool {
    let end = End {
        session: session(number).id,
        owner: ADA,
        reason,
        by: None,
    };
    app.storage
        .end_session(&end, &record(AuditEvent::SignedOut), at(now))
        .await
        .expect("asked")
}

fn session(number: u8) -> NewSession<'static> {
    NewSession {
        is_known_device: true,
        id: SessionId::from_bytes([number; 16]),
        user: ADA,
        audience: Audience::Web,
        created_at: START,
        idle_expires_at: START + 1_000,
        absolute_expires_at: START + 5_000,
        remembered: number.is_multiple_of(2),
        device: &SOURCE.device,
    }
}

async fn insert(
    app: &TestApp,
    id: UserId,
    first: Option<&NewSession<'_>>,
) -> Result<(), StorageError> {
    insert_as(app, id, "ada@example.org", first).await
}

async fn insert_as(
    app: &TestApp,
    id: UserId,
    email: &str,
    first: Option<&NewSession<'_>>,
) -> Result<(), StorageError> {
    let roles = Roles::new(
        ["editor", "administrator"]
            .into_iter()
            .filter_map(Role::parse),
    )
    .expect("two roles");
    let user = NewUser {
        language: None,
        is_verified: false,
        id,
        email: &Email::parse(email).expect("an e-mail"),
        nickname: &Nickname::parse("Ada").expect("a nickname"),
        password_hash: HASH,
        roles: &roles,
        created_at: START,
    };
    let record = record(AuditEvent::AccountCreated);
    app.storage.insert_user(&user, first, &record, None).await
}

/// Every column of both tables that a refused change must leave as it was.
async fn state(app: &TestApp) -> String {
    let ended = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NOT NULL";
    let epoch = app.number("SELECT epoch FROM users").await;
    format!(
        "{} {epoch} {}",
        app.everything_stored().await,
        app.number(ended).await
    )
}

on_both_databases! {
    async fn a_user_comes_back_as_stored(app: TestApp) {
        insert(&app, ADA, Some(&session(2))).await.expect("stored");
        let email = Email::parse("ada@example.org").expect("an e-mail");
        let by_email = app.storage.credentials_by_email(&email).await.expect("read").expect("there");
        let by_id = app.storage.credentials(ADA).await.expect("read").expect("there");
        for user in [by_email, by_id] {
            assert_eq!((user.id, &user.email, user.password_hash.as_str()), (ADA, &email, HASH));
            assert_eq!((user.epoch, user.disabled), (1, false));
            assert_eq!(user.roles.to_stored(), "administrator editor");
        }
        let profile = app.storage.profile(ADA).await.expect("read").expect("there");
        assert_eq!((profile.id, profile.created_at_ms, profile.avatar), (ADA, START, None));
        let row = app.storage.session(session(2).id).await.expect("read").expect("there");
        assert_eq!((row.user, row.generation, row.created_at, row.rotated_at), (ADA, Generation(1), START, START));
        assert_eq!((row.idle_expires_at, row.absolute_expires_at), (START + 1_000, START + 5_000));
        assert_eq!((row.remembered, row.ending, row.epoch, row.disabled_at), (true, None, 1, None));
    }

    async fn whoever_is_not_there_is_not_found(app: TestApp) {
        assert!(app.storage.credentials(ADA).await.expect("read").is_none());
        assert!(app.storage.profile(ADA).await.expect("read").is_none());
        assert!(app.storage.session(session(1).id).await.expect("read").is_none());
        let update = ProfileUpdate::parse(Some("Ada"), Some("")).expect("a profile");
        assert!(!app.storage.update_profile(ADA, &update, &record(AuditEvent::ProfileChanged), START).await.expect("asked"));
        assert!(!begins(&app, 1, 1).await);
        assert!(!ends(&app, 1, EndReason::SignedOut, START).await);
        assert!(!app.storage.rotate_session(session(1).id, Generation(1), START, START).await.expect("asked"));
    }

    async fn profiles_asked_for_at_once_are_not_mixed_up(app: TestApp) {
        let id = |number: u8| UserId::from_bytes([number; 16]);
        for number in 1..=40 {
            insert_as(&app, id(number), &format!("u{number}@example.org"), None).await.expect("stored");
        }
        // Some are not there, some are asked for twice; more than fit one query.
        let asked: Vec<_> = (0..120_u8)
            .map(|number| {
                let (storage, number) = (app.storage.clone(), number % 60);
                (number, tokio::spawn(async move { storage.profile(id(number)).await }))
            })
            .collect();
        for (number, answer) in asked {
            let email = answer.await.expect("no panic").expect("read").map(|profile| profile.email.to_string());
            assert_eq!(email, (1..=40).contains(&number).then(|| format!("u{number}@example.org")));
        }
        app.execute("ALTER TABLE users RENAME TO lost").await;
        let (one, other) = tokio::join!(app.storage.profile(id(1)), app.storage.profile(id(2)));
        assert!(one.is_err() && other.is_err(), "each that waited is told");
        app.execute("ALTER TABLE lost RENAME TO users").await;
        assert!(app.storage.profile(id(1)).await.expect("it goes on").is_some());
        app.storage.close().await;
        assert!(app.storage.profile(id(1)).await.is_err());
    }

    async fn a_page_of_users_begins_right_after_an_address(app: TestApp) {
        let emails = ["a!@example.org", "a@example.org", "a@example.org.uk", "a@example.orga", "b@example.org"];
        for (number, email) in (1..).zip(emails) {
            insert_as(&app, UserId::from_bytes([number; 16]), email, None).await.expect("stored");
        }
        let after = |email: &str| Email::parse(email).expect("an e-mail");
        let next = async |prefix: &str, after: Option<&Email>| {
            let users = app.storage.users(prefix, after, 9).await.expect("read");
            users.iter().map(|user| user.email.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(next("", None).await, emails);
        for (place, email) in emails.iter().enumerate() {
            assert_eq!(next("", Some(&after(email))).await, emails[place + 1..], "{email}");
        }
        assert_eq!(next("a@", Some(&after("a@example.org"))).await, emails[2..4]);
        // A page that begins before the prefix begins with it, and one behind it is empty.
        assert_eq!(next("a@", Some(&after("a!@example.org"))).await, emails[1..4]);
        assert_eq!(next("a@", Some(&after("b@example.org"))).await, [""; 0]);
    }

    async fn a_taken_e_mail_stores_neither_user_nor_session(app: TestApp) {
        insert(&app, ADA, None).await.expect("stored");
        let before = state(&app).await;
        let again = insert(&app, UserId::from_bytes([2; 16]), Some(&session(1))).await;
        assert!(matches!(again, Err(StorageError::Taken)));
        assert_eq!(state(&app).await, before);
        // What follows is not in a transaction that was left behind.
        assert!(begins(&app, 1, 1).await);
    }

    async fn a_session_begins_only_under_the_epoch_that_was_checked(app: TestApp) {
        insert(&app, ADA, None).await.expect("stored");
        let before = state(&app).await;
        for epoch in [0, 2] {
            assert!(!begins(&app, 1, epoch).await);
        }
        app.execute("UPDATE users SET disabled_at = 1").await;
        assert!(!begins(&app, 1, 1).await);
        assert_eq!(state(&app).await, before);
    }

    async fn of_a_hundred_rotations_at_once_one_is_true(app: TestApp) {
        insert(&app, ADA, Some(&session(1))).await.expect("stored");
        for generation in 1..=3 {
            let rotations: Vec<_> = (0..100)
                .map(|_| {
                    let storage = app.storage.clone();
                    tokio::spawn(async move {
                        storage.rotate_session(session(1).id, Generation(generation), START + 900, START + 1).await
                    })
                })
                .collect();
            let mut won = 0;
            for rotation in rotations {
                won += usize::from(rotation.await.expect("no panic").expect("asked"));
            }
            assert_eq!(won, 1);
        }
        assert_eq!(app.number("SELECT generation FROM sessions").await, 4);
    }

    async fn a_session_that_is_over_is_not_rotated(app: TestApp) {
        insert(&app, ADA, Some(&session(1))).await.expect("stored");
        let rotate = |now| app.storage.rotate_session(session(1).id, Generation(1), now, now);
        assert!(!rotate(START + 1_000).await.expect("asked"), "idle for too long");
        app.execute(&format!("UPDATE sessions SET idle_expires_at = {}", START + 9_000)).await;
        assert!(!rotate(START + 5_000).await.expect("asked"), "too old");
        assert!(ends(&app, 1, EndReason::SignedOut, START + 1).await);
        assert!(!rotate(START + 2).await.expect("asked"), "ended");
        assert_eq!(app.number("SELECT generation FROM sessions").await, 1);
    }

    async fn a_session_ends_once_and_keeps_its_first_reason(app: TestApp) {
        insert(&app, ADA, Some(&session(1))).await.expect("stored");
        assert!(ends(&app, 1, EndReason::SignedOut, START + 1).await);
        assert!(!ends(&app, 1, EndReason::RefreshTokenReused, START + 2).await);
        assert_eq!(app.text("SELECT end_reason FROM sessions").await, "signed_out");
        assert_eq!(app.number("SELECT ended_at FROM sessions").await, START + 1);
    }

    async fn a_change_of_password_is_all_or_nothing(app: TestApp) {
        insert(&app, ADA, Some(&session(1))).await.expect("stored");
        assert!(begins(&app, 2, 1).await);
        let before = state(&app).await;
        let change = |epoch, number, made_by| {
            let storage = app.storage.clone();
            async move {
                let session = session(number);
                let remaining = Remaining::New { session: &session, instead_of: self::session(made_by).id };
                let record = record(AuditEvent::PasswordChanged);
                storage.change_password(ADA, epoch, "new", remaining, &record, at(START)).await
            }
        };
        assert_eq!(change(2, 3, 2).await.expect("asked"), None);
        assert_eq!(state(&app).await, before);
        // A session that has ended, or never was, changes nothing.
        assert!(ends(&app, 1, EndReason::SignedOut, START + 1).await);
        let before = state(&app).await;
        for made_by in [1, 9] {
            assert_eq!(change(1, 3, made_by).await.expect("asked"), None);
        }
        assert_eq!(state(&app).await, before);
        // The new session cannot be stored, so neither is the password.
        assert!(change(1, 2, 2).await.is_err());
        assert_eq!(state(&app).await, before);
        let raised = Revocation::Epoch { user: ADA, least: 2 };
        assert_eq!(change(1, 3, 2).await.expect("asked"), Some(vec![raised]));
        assert_eq!(app.text("SELECT password_hash FROM users").await, "new");
        assert_eq!(app.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    }

    async fn a_hash_is_replaced_only_while_it_is_the_one_that_was_checked(app: TestApp) {
        insert(&app, ADA, None).await.expect("stored");
        app.storage.replace_password_hash(ADA, "other", "new").await.expect("asked");
        assert_eq!(app.text("SELECT password_hash FROM users").await, HASH);
        app.storage.replace_password_hash(ADA, HASH, "new").await.expect("asked");
        assert_eq!(app.text("SELECT password_hash FROM users").await, "new");
    }

    async fn a_value_that_we_never_write_is_told_and_not_guessed_at(app: TestApp) {
        insert(&app, ADA, Some(&session(1))).await.expect("stored");
        app.execute("UPDATE sessions SET generation = -1").await;
        assert!(matches!(app.storage.session(session(1).id).await, Err(StorageError::Corrupt("generation"))));
    }
}
