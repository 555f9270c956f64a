//! What a form leaves for the next page: a notice, or what was wrong and what had been typed.
//!
//! It travels in a sealed cookie: nothing that a person is shown ever comes from a URL, and no
//! instance keeps it.

use crate::domain::error::{AppError, Problem};
use crate::domain::session::Ending;
use crate::domain::user::UserId;
use crate::server::clock::Clock;
use crate::server::random::Random;
use crate::server::tokens::keys::Keys;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How long it waits for its page, in seconds.
const LIFE_SECONDS: i64 = 300;
/// How long a draft waits: its owner has to sign in again first.
const DRAFT_LIFE_SECONDS: i64 = 1800;
/// Browsers keep 4096 bytes a cookie, its name and attributes included; base64 makes 4 out of 3.
const MAX_JSON_BYTES: usize = 2700;

/// The value that says what was asked; no field of a form has such a name.
const ASKED: &str = "/action";

/// Good news for the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The account was created.
    Welcome,
    /// The profile was saved.
    ProfileSaved,
    /// The picture was set.
    AvatarSet,
    /// The picture was taken away.
    AvatarRemoved,
    /// The password was changed, every other session ended.
    PasswordChanged,
    /// If the address has an account, a letter is on its way to it.
    LetterSent,
    /// A new password was chosen, every session ended.
    PasswordReset,
    /// The same of another account than the visitor's.
    OtherPasswordReset,
    /// Every session ended and the password counts no more: a new one is to be chosen.
    Disowned,
    /// A link to prove the address is on its way.
    VerificationSent,
    /// The address is proved.
    EmailVerified,
    /// A link is on its way to the new mailbox.
    ChangeSent,
    /// The account has another address.
    EmailChanged,
    /// It is set which letters are sent.
    NoticesSet,
    /// The session was ended.
    SignedOut,
    /// The account is to be deleted then, and every session was ended.
    DeletionRequested {
        /// In epoch milliseconds.
        delete_at_ms: i64,
    },
    /// The account was to be deleted, and stays.
    DeletionCancelled,
    /// Another session was ended.
    SessionEnded,
    /// Every other session was ended.
    OtherSessionsEnded,
    /// The user's sessions were ended.
    SignedOutEverywhere,
    /// The user's account is closed.
    AccountDisabled,
    /// The user's account is open again.
    AccountEnabled,
    /// The user's roles are set.
    RolesSet,
    /// The visitor is the first administrator.
    FirstAdministrator,
    /// What was typed before the session was over is kept for after the sign-in.
    DraftWaits,
    /// The form shows what was typed before the session was over, and nothing of it is saved yet.
    DraftKept,
}

/// What one form leaves for one page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    page: String,
    made_at: i64,
    life: i64,
    notice: Option<Notice>,
    error: Option<AppError>,
    /// How a session of the visitor came to its end.
    ending: Option<Ending>,
    /// Whose draft it is: nobody else is shown it.
    owner: Option<UserId>,
    /// Names and values as typed, passwords never among them.
    values: Vec<(String, String)>,
}

impl Flash {
    /// For the page of that path.
    pub fn for_page(page: &str) -> Self {
        Self {
            page: page.to_owned(),
            made_at: 0,
            life: LIFE_SECONDS,
            notice: None,
            error: None,
            ending: None,
            owner: None,
            values: Vec::new(),
        }
    }

    /// The same values as a draft: for its owner alone, once they have signed in again.
    #[must_use]
    pub fn into_draft(mut self, owner: UserId) -> Self {
        self.life = DRAFT_LIFE_SECONDS;
        self.notice = Some(Notice::DraftKept);
        self.error = None;
        self.owner = Some(owner);
        self
    }

    /// With the end of a session, to be told.
    #[must_use]
    pub fn with_ending(mut self, ending: Ending) -> Self {
        self.ending = Some(ending);
        self
    }

    /// With good news.
    #[must_use]
    pub fn with_notice(mut self, notice: Notice) -> Self {
        self.notice = Some(notice);
        self
    }

    /// With a value to be shown again as it was typed. Not for passwords.
    #[must_use]
    pub fn keeping(mut self, name: &str, value: &str) -> Self {
        self.values.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With what was asked of which action, to be asked again when the password was given. Its fields hold no password.
    #[must_use]
    pub fn asking(self, action: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        let asked = |flash: Self, (name, value): &(&str, &str)| flash.keeping(name, value);
        fields.fold(self.keeping(ASKED, action), asked)
    }

    /// What was asked: of which action, and with which fields.
    pub fn asked(&self) -> Option<(&str, impl Iterator<Item = (&str, &str)>)> {
        let action = self.value(ASKED)?;
        let fields = self.values.iter().filter(|(name, _)| name != ASKED);
        Some((
            action,
            fields.map(|(name, value)| (name.as_str(), value.as_str())),
        ))
    }

    /// With what was wrong.
    #[must_use]
    pub fn with_error(mut self, error: AppError) -> Self {
        self.error = Some(error);
        self
    }

    /// The path of the page that this is for.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// For how many seconds it waits for its page.
    pub fn life_seconds(&self) -> i64 {
        self.life
    }

    /// How a session came to its end.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Whose draft it is, if it is one.
    pub fn owner(&self) -> Option<UserId> {
        self.owner
    }

    /// The good news.
    pub fn notice(&self) -> Option<Notice> {
        self.notice
    }

    /// What was wrong.
    pub fn error(&self) -> Option<&AppError> {
        self.error.as_ref()
    }

    /// What was wrong with a field.
    pub fn problem(&self, field: &str) -> Option<Problem> {
        self.error
            .as_ref()?
            .problems()
            .into_iter()
            .find(|problem| problem.field.name() == field)
    }

    /// Whether anything typed is among it.
    pub fn has_values(&self) -> bool {
        !self.values.is_empty()
    }

    /// What was typed into a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, value)| value.as_str())
    }
}

/// Seals flashes with AES-256-GCM, so that nobody but us writes or reads them.
#[derive(Clone)]
pub struct FlashSeal(Arc<Inner>);

struct Inner {
    keys: Vec<(String, LessSafeKey)>,
    clock: Clock,
    random: Random,
}

impl FlashSeal {
    /// The first of `keys` seals, all open.
    pub fn new(keys: &Keys, clock: Clock, random: Random) -> Self {
        let keys = keys.all().iter().filter_map(|key| {
            let unbound = UnboundKey::new(&AES_256_GCM, &*key.bytes).ok()?;
            Some((key.kid.clone(), LessSafeKey::new(unbound)))
        });
        Self(Arc::new(Inner {
            keys: keys.collect(),
            clock,
            random,
        }))
    }

    /// The cookie's value: `kid.base64url(nonce, ciphertext, tag)`. Values too long for a cookie are
    /// left out, the longest first. `None` when there is no randomness.
    pub fn seal(&self, flash: &Flash) -> Option<String> {
        let mut flash = flash.clone();
        flash.made_at = self.0.clock.now_seconds();
        let mut sealed = serde_json::to_vec(&flash).ok()?;
        while sealed.len() > MAX_JSON_BYTES {
            let longest = flash
                .values
                .iter()
                .enumerate()
                .max_by_key(|(_, (_, value))| value.len())?
                .0;
            flash.values.remove(longest);
            sealed = serde_json::to_vec(&flash).ok()?;
        }
        let (kid, key) = self.0.keys.first()?;
        let nonce: [u8; NONCE_LEN] = self.0.random.bytes().ok()?;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(kid),
            &mut sealed,
        )
        .ok()?;
        let mut bytes = nonce.to_vec();
        bytes.append(&mut sealed);
        Some(format!("{kid}.{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What a cookie's value holds, if we sealed it and its time is not over.
    pub fn open(&self, value: &str) -> Option<Flash> {
        let (kid, bytes) = value.split_once('.')?;
        let (_, key) = self.0.keys.iter().find(|(known, _)| known == kid)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = key.open_in_place(nonce, Aad::from(kid), sealed).ok()?;
        let flash: Flash = serde_json::from_slice(plain).ok()?;
        let age = self.0.clock.now_seconds() - flash.made_at;
        (0..=flash.life).contains(&age).then_some(flash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tokens::{Keyring, Secret};

    fn seal(clock: &Clock) -> FlashSeal {
        let keys = Keyring::new(&Secret::from_random([7; 32]), &[]).flash;
        FlashSeal::new(&keys, clock.clone(), Random::system())
    }

    #[test]
    fn opens_what_it_sealed_for_five_minutes() {
        let clock = Clock::set_to(1_000_000);
        let seal = seal(&clock);
        let sealed = seal
            .seal(
                &Flash::for_page("/login")
                    .keeping("email", "a@example.org")
                    .with_error(AppError::WrongCredentials),
            )
            .expect("sealed");
        assert!(!sealed.contains("example"));
        let flash = seal.open(&sealed).expect("opened");
        assert_eq!(
            (flash.page(), flash.value("email")),
            ("/login", Some("a@example.org"))
        );
        assert!(flash.problem("email").is_some());
        clock.advance(301_000);
        assert!(seal.open(&sealed).is_none());
    }

    #[test]
    fn refuses_what_it_did_not_seal() {
        let seal = seal(&Clock::set_to(0));
        let sealed = seal.seal(&Flash::for_page("/")).expect("sealed");
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).expect("ascii");
            assert!(seal.open(&text).is_none(), "changed at {at}");
        }
        for text in ["", ".", "x.", "x.AAAA", &sealed[..20]] {
            assert!(seal.open(text).is_none());
        }
    }

    #[test]
    fn a_value_too_long_for_a_cookie_is_left_out_and_the_others_stay() {
        let seal = seal(&Clock::set_to(0));
        let flash = Flash::for_page("/profile")
            .keeping("nickname", "Ada")
            .keeping("signature", &"x".repeat(60_000));
        let sealed = seal.seal(&flash).expect("sealed");
        assert!(sealed.len() < 3800);
        let opened = seal.open(&sealed).expect("opened");
        assert_eq!(
            (opened.value("nickname"), opened.value("signature")),
            (Some("Ada"), None)
        );
    }
}
