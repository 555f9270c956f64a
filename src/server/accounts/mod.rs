//! The use cases, named by what people intend: the one door to accounts and sessions.

mod addresses;
mod administration;
mod attempts;
mod audit;
pub mod common_passwords;
mod deletion;
mod feed;
mod mailed_links;
mod outbox;
pub mod password_hash;
mod personal_data;
mod pictures;
mod recovery;
mod registration;
mod sessions;
mod threads;
mod throttle;

pub use crate::server::storage::{
    AuditFlaw, AuditHead, AuditRow, AuditVerdict, DueLetter, HeldAccount, HeldLetter, HeldLink,
    HeldSession, LiveSession, MailedLink, News, UserRow,
};
pub use administration::{By, UserPage};
pub use audit::{AuditPage, AuditSearch};
pub use outbox::{LetterLink, Outgoing};
pub use personal_data::{DataExport, RECENT_SECONDS};
pub use recovery::{Disowned, PasswordReset, Proof};
pub use registration::{Mode, NewAccount, Registered};
pub use sessions::{OpenSession, Renewal, Watched};

use crate::brand;
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::avatar::{Avatar, AvatarHash};
use crate::domain::email::Email;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::password::{Advice, NewPassword, PasswordAttempt, PasswordRules};
use crate::domain::role::Roles;
use crate::domain::session::{Audience, Ending, SessionId, SessionLimits};
use crate::domain::user::{Profile, ProfileUpdate, UserId};
use crate::server::clock::Clock;
use crate::server::metrics::{Metrics, Reading};
use crate::server::random::{NoRandomness, Random};
use crate::server::storage::{
    AuditRecord, Credentials, Remaining, SessionRow, Storage, StorageError,
};
use crate::server::tokens::access_token::NotIssued;
use crate::server::tokens::{
    AccessTokens, BrowserId, Invitations, KnownBrowsers, MailedLinks, RefreshTokens, Tokens,
};
use attempts::{Attempt, Attempts, Guesser};
use audit::by_user;
use feed::Feed;
use password_hash::{PasswordHasher, Verdict};
use pictures::Pictures;
use std::sync::Arc;
use throttle::Throttle;
use tracing::Instrument;
use zeroize::Zeroizing;

/// How many words of a nickname are looked for in a password.
const MOST_WORDS: usize = 8;

/// Limits and choices that the operator made.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How people may register.
    pub registration: Mode,
    /// The fewest code points of a new password.
    pub password_min: u16,
    /// How long a session lasts.
    pub session: SessionLimits,
    /// How long it lasts when "keep me signed in" was ticked.
    pub remembered_session: SessionLimits,
    /// How many sessions a user may have at once; 0 for any number.
    pub session_limit: u32,
    /// The roles that can be given, besides that of an administrator.
    pub roles: Roles,
    /// How long a record stays in the audit trail, in milliseconds.
    pub audit_retention_ms: i64,
    /// How often a minute one network may sign in, register or present a program's refresh token; 0 for any number.
    pub requests_per_minute: u32,
    /// How many wrong passwords are taken for one account from one network in 15 minutes; 0 for any number.
    pub login_failures: u32,
    /// What browsers type: where links in letters lead.
    pub origin: String,
    /// Whether anybody gets mail: without it, there is no way back to a forgotten password.
    pub sends_mail: bool,
}

/// All use cases. Cloning it shares it.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    storage: Storage,
    hasher: PasswordHasher,
    pictures: Pictures,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
    invitations: Invitations,
    known_browsers: KnownBrowsers,
    mailed_links: MailedLinks,
    throttle: Throttle,
    attempts: Attempts,
    feed: Feed,
    policy: Policy,
    metrics: Metrics,
    clock: Clock,
    random: Random,
}

/// How a person asks to be let in.
pub struct SignIn<'a> {
    /// As typed.
    pub email: &'a str,
    /// As typed.
    pub password: &'a str,
    /// Whether "keep me signed in" was ticked.
    pub remember: bool,
    /// At which door the tokens are to count.
    pub audience: Audience,
    /// The mark that this browser was given when somebody signed in, if it has one.
    pub known_browser: Option<&'a str>,
    /// What stood in the link of a letter that proves that the address is theirs, if they come by one.
    pub confirming: Option<&'a str>,
    /// From where.
    pub source: &'a Source,
}

/// How a person asks for a new password.
pub struct PasswordChange<'a> {
    /// Whose.
    pub user: UserId,
    /// In which session: it must not have ended.
    pub session: SessionId,
    /// As typed.
    pub current: &'a str,
    /// As typed.
    pub new: &'a str,
    /// From where.
    pub source: &'a Source,
}

/// A password that somebody who is signed in gives once more, because what they ask for is not for whoever finds a session open.
#[derive(Clone, Copy)]
pub struct Confirmation<'a> {
    /// Whose.
    pub user: UserId,
    /// In which session: it must not have ended.
    pub session: SessionId,
    /// As typed.
    pub password: &'a str,
    /// From where.
    pub source: &'a Source,
}

/// Somebody was let in.
pub struct SignedIn {
    /// The session that begins.
    pub session: OpenSession,
    /// The end of another session of theirs, because a used refresh token came back, of which nobody was told yet.
    pub reused: Option<Ending>,
    /// Whether it keeps an account that was to be deleted.
    pub keeps_account: bool,
}

impl Accounts {
    /// Puts the parts together.
    pub fn new(
        storage: Storage,
        hasher: PasswordHasher,
        tokens: Tokens,
        policy: Policy,
        metrics: Metrics,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self(Arc::new(Inner {
            storage,
            hasher,
            pictures: Pictures::default(),
            access_tokens: tokens.access,
            refresh_tokens: tokens.refresh,
            invitations: tokens.invitations,
            known_browsers: tokens.known_browsers,
            mailed_links: tokens.mailed_links,
            attempts: Attempts::new(&tokens.attempts, policy.login_failures),
            throttle: Throttle::new(policy.requests_per_minute, clock.clone()),
            feed: Feed::default(),
            policy,
            metrics,
            clock,
            random,
        }))
    }

    /// What these accounts keep in memory, and what they have to do.
    pub fn reading(&self) -> Reading {
        let inner = &self.0;
        let (hashing_running, hashing_waiting) = inner.hasher.load();
        Reading {
            database_queries: inner.storage.times_asked(),
            hashing_running,
            hashing_waiting,
            revocations: inner.access_tokens.live_revocations(),
            feed_age: self.feed_age(),
            streams: inner.access_tokens.listeners(),
            connections: 0,
        }
    }

    /// What the operator allows.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// What is to be said of a password while it is being chosen, by somebody with this e-mail and nickname as far as they are
    /// known. Nothing of it is kept.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait.
    pub async fn advise(
        &self,
        password: &str,
        email: &str,
        nickname: &str,
    ) -> Result<Advice, AppError> {
        let rules = self.password_rules();
        let password = Zeroizing::new(password.to_owned());
        let (email, nickname) = (Email::parse(email).ok(), nickname.to_owned());
        let judged = self.0.hasher.judge(move || {
            let field = Field::NewPassword;
            let chosen = NewPassword::parse_for(&password, field, &rules, email.as_ref());
            let local_part = email.as_ref().map_or("", Email::local_part);
            let mut known = vec![local_part, brand::name()];
            known.extend(nickname.split_whitespace().take(MOST_WORDS));
            let advise = |password: &str| common_passwords::advise(password, &known);
            match chosen {
                Ok(password) => advise(password.expose()),
                Err(problem) if problem.reason == Reason::Common => match advise(&password) {
                    Advice::Weak(weakness) => Advice::Guessed(weakness),
                    _ => Advice::Refused(problem.reason),
                },
                Err(problem) => Advice::Refused(problem.reason),
            }
        });
        Ok(judged.await?)
    }

    /// Opens a session for whoever knows the password. An unknown e-mail costs the same time and gets
    /// the same answer as a wrong password.
    ///
    /// # Errors
    /// [`AppError::WrongCredentials`], or when fields are empty, too many wait, this network has tried too often, or there
    /// were too many wrong passwords.
    pub async fn sign_in(&self, request: SignIn<'_>) -> Result<SignedIn, AppError> {
        let outcome = self.let_in(request).await;
        self.0.metrics.sign_in(outcome.as_ref().map(drop));
        outcome
    }

    async fn let_in(&self, request: SignIn<'_>) -> Result<SignedIn, AppError> {
        self.0.throttle.admit(request.source.device.network())?;
        self.0.hasher.has_room()?;
        let mut missing = Vec::new();
        if request.email.trim().is_empty() {
            missing.push(Problem::new(Field::Email, Reason::Required));
        }
        if request.password.is_empty() {
            missing.push(Problem::new(Field::Password, Reason::Required));
        }
        if !missing.is_empty() {
            return Err(AppError::Invalid(missing));
        }
        // No account has a password or an address that cannot be read, so these are wrong, not invalid.
        let attempt = PasswordAttempt::parse(request.password).ok_or(AppError::WrongCredentials)?;
        let email = Email::parse(request.email).ok();
        let known = match &email {
            Some(email) => self.0.storage.credentials_by_email(email).await?,
            None => None,
        };
        let guesser = self.guesser(&request, email.as_ref(), known.as_ref());
        let counted = self.begin_attempt(guesser).await?;
        let stored = known.as_ref().map(|user| user.password_hash.clone());
        let (verdict, counted) = self.verify(attempt, stored, counted).await?;

        // One more write, whether there is such an account or not.
        let whose = known.as_ref().map(|user| user.id);
        let (Some(user), true) = (known, verdict != Verdict::Wrong) else {
            return self.refuse_sign_in(whose, "", request.source).await;
        };
        if user.disabled {
            return self.refuse_sign_in(whose, "disabled", request.source).await;
        }
        if let Verdict::RightAndRehashed(new) = verdict {
            self.0
                .storage
                .replace_password_hash(user.id, &user.password_hash, &new)
                .await?;
        }
        if let Some(token) = request.confirming {
            self.verify_email(token, user.id, request.source).await?;
        } else if self.0.policy.registration == Mode::Verified && !user.is_verified {
            self.attempt_was_right(counted).await?;
            self.send_verification(user.id, request.source).await?;
            return Err(AppError::EmailNotVerified);
        }
        self.admit(user, &request, counted).await
    }

    fn guesser<'a>(
        &self,
        request: &SignIn<'a>,
        email: Option<&'a Email>,
        known: Option<&Credentials>,
    ) -> Guesser<'a> {
        let browser = match (known, request.known_browser) {
            (Some(user), Some(mark)) => {
                let browser = self.0.known_browsers.read(mark, user.id);
                browser.map(|browser| Guesser::Known(user.id, browser))
            }
            _ => None,
        };
        let email = email.map_or(request.email, Email::as_str);
        let network = request.source.device.network();
        browser.unwrap_or(Guesser::Stranger(email, network))
    }

    /// Compares a password with a stored hash. What could not be compared does not count.
    async fn verify(
        &self,
        attempt: PasswordAttempt,
        stored: Option<String>,
        counted: Attempt,
    ) -> Result<(Verdict, Attempt), AppError> {
        match self.0.hasher.verify(attempt, stored).await {
            Ok(verdict) => Ok((verdict, counted)),
            Err(error) => {
                self.attempt_was_not_made(counted).await?;
                Err(error.into())
            }
        }
    }

    /// The mark that tells this browser from others in which the user never signed in, unless it has it.
    ///
    /// # Errors
    /// When no randomness can be had.
    pub fn mark_browser(
        &self,
        user: UserId,
        known_browser: Option<&str>,
    ) -> Result<Option<String>, AppError> {
        let marks = &self.0.known_browsers;
        if known_browser.is_some_and(|mark| marks.read(mark, user).is_some()) {
            return Ok(None);
        }
        let browser = BrowserId::from_bytes(self.random_id()?);
        Ok(Some(marks.issue(user, browser)))
    }

    async fn refuse_sign_in(
        &self,
        user: Option<UserId>,
        detail: &str,
        source: &Source,
    ) -> Result<SignedIn, AppError> {
        let record = AuditRecord {
            event: AuditEvent::SignInRefused,
            actor: Actor::Anonymous,
            user,
            session: None,
            mailbox: None,
            detail,
            source,
        };
        self.note(record).await?;
        Err(AppError::WrongCredentials)
    }

    /// The profile of a user.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when there is no such user any more.
    pub async fn profile(&self, user: UserId) -> Result<Profile, AppError> {
        self.0
            .storage
            .profile(user)
            .await?
            .ok_or(AppError::NotSignedIn)
    }

    /// Replaces what is given of a profile.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when there is no such user any more.
    pub async fn update_profile(
        &self,
        user: UserId,
        update: &ProfileUpdate,
        source: &Source,
    ) -> Result<(), AppError> {
        let record = by_user(AuditEvent::ProfileChanged, user, source);
        if self
            .0
            .storage
            .update_profile(user, update, &record, self.0.clock.now())
            .await?
        {
            Ok(())
        } else {
            Err(AppError::NotSignedIn)
        }
    }

    /// Whether a user wants a letter when they sign in from a new device. Of what is worse they are told in any case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wants_device_notices(&self, user: UserId) -> Result<bool, AppError> {
        Ok(self.0.storage.wants_device_notices(user).await?)
    }

    /// Remembers whether they want it.
    ///
    /// # Errors
    /// [`AppError::NotSignedIn`] when there is no such user any more.
    pub async fn set_device_notices(
        &self,
        user: UserId,
        wants: bool,
        source: &Source,
    ) -> Result<(), AppError> {
        let record = by_user(AuditEvent::ProfileChanged, user, source);
        let (storage, now) = (&self.0.storage, self.0.clock.now());
        match storage
            .set_device_notices(user, wants, &record, now)
            .await?
        {
            true => Ok(()),
            false => Err(AppError::NotSignedIn),
        }
    }

    /// Makes a file the picture of a user: its middle, drawn anew.
    ///
    /// # Errors
    /// When it is no picture, or none of those that are taken, or too many wait; then the one before stays.
    pub async fn set_avatar(
        &self,
        user: UserId,
        file: Vec<u8>,
        source: &Source,
    ) -> Result<(), AppError> {
        let avatar = self.0.pictures.avatar(file).await?;
        self.replace_avatar(user, Some(&avatar), source).await
    }

    /// Takes a user's picture away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_avatar(&self, user: UserId, source: &Source) -> Result<(), AppError> {
        self.replace_avatar(user, None, source).await
    }

    async fn replace_avatar(
        &self,
        user: UserId,
        avatar: Option<&Avatar>,
        source: &Source,
    ) -> Result<(), AppError> {
        let record = by_user(AuditEvent::ProfileChanged, user, source);
        let storage = &self.0.storage;
        let now = self.0.clock.now();
        match storage.set_avatar(user, avatar, &record, now).await? {
            true => Ok(()),
            false => Err(AppError::NotSignedIn),
        }
    }

    /// The picture of this name, if somebody has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn avatar(&self, hash: &AvatarHash) -> Result<Option<Avatar>, AppError> {
        Ok(self.0.storage.avatar(hash).await?)
    }

    /// Remembers the language, by its tag, in which a user wants to be spoken to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn choose_language(&self, user: UserId, tag: &str) -> Result<(), AppError> {
        Ok(self.0.storage.set_language(user, tag).await?)
    }

    /// Sets a new password for whoever knows the current one. Every session of the user ends, and a
    /// new one begins for this browser.
    ///
    /// # Errors
    /// When the current password is wrong or the new one is refused; then nothing changed.
    pub async fn change_password(
        &self,
        change: PasswordChange<'_>,
    ) -> Result<OpenSession, AppError> {
        let (this, source) = (self.clone(), change.source.clone());
        let instead_of = change.session;
        let (user, session, new_hash) = self.may_change_password(change).await?;
        to_its_end(async move {
            let (audience, remembered) = (session.audience, session.remembered);
            let now = this.moment().now;
            let device = &source.device;
            let session = this.new_session(user.id, audience, remembered, device, now)?;
            let remaining = Remaining::New {
                session: &session,
                instead_of,
            };
            this.replace_password(&user, &new_hash, remaining, &source)
                .await?;
            this.tokens_of(&session, user.epoch + 1, user.roles)
        })
        .await
    }

    /// The same for a caller that keeps its session and its tokens: every other session of the user ends.
    ///
    /// # Errors
    /// The same.
    pub async fn change_password_here(&self, change: PasswordChange<'_>) -> Result<(), AppError> {
        let (this, source) = (self.clone(), change.source.clone());
        let session = change.session;
        let (user, _, new_hash) = self.may_change_password(change).await?;
        to_its_end(async move {
            this.replace_password(&user, &new_hash, Remaining::This(session), &source)
                .await
        })
        .await
    }

    /// Who changes their password in which session, and the hash of the new one.
    async fn may_change_password(
        &self,
        change: PasswordChange<'_>,
    ) -> Result<(Credentials, SessionRow, String), AppError> {
        let (user, session) = self.signed_in(change.user, change.session).await?;
        let new = self
            .new_password(change.current, change.new, &user.email)
            .await?;
        let given = Confirmation {
            user: change.user,
            session: change.session,
            password: change.current,
            source: change.source,
        };
        let refusal = (AuditEvent::PasswordChangeRefused, "");
        self.confirm_password(&user, given, refusal).await?;
        let new_hash = self.0.hasher.hash(new).await?;
        Ok((user, session, new_hash))
    }

    /// Who is signed in, in a session that has not ended: whoever holds one that has may not lock out whoever ended it.
    async fn signed_in(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<(Credentials, SessionRow), AppError> {
        let storage = &self.0.storage;
        let user = storage.credentials(user).await?;
        let user = user.ok_or(AppError::NotSignedIn)?;
        let session = storage.session(session).await?;
        let session = session.ok_or(AppError::NotSignedIn)?;
        if user.disabled || session.ending(self.0.clock.now()).is_some() {
            return Err(AppError::NotSignedIn);
        }
        Ok((user, session))
    }

    /// Makes sure that somebody who is signed in knows the password, for what needs it again. Wrong ones are counted for the session, and
    /// `refusal` is what is noted of them, with its detail.
    async fn confirm_password(
        &self,
        user: &Credentials,
        given: Confirmation<'_>,
        (event, detail): (AuditEvent, &str),
    ) -> Result<(), AppError> {
        if given.password.is_empty() {
            let problem = Problem::new(Field::CurrentPassword, Reason::Required);
            return Err(AppError::Invalid(vec![problem]));
        }
        let attempt =
            PasswordAttempt::parse(given.password).ok_or(AppError::WrongCurrentPassword)?;
        let stored = Some(user.password_hash.clone());
        let counted = self.begin_attempt(Guesser::SignedIn(given.session)).await?;
        let (verdict, counted) = self.verify(attempt, stored, counted).await?;
        if verdict == Verdict::Wrong {
            self.note(AuditRecord {
                session: Some(given.session),
                detail,
                ..by_user(event, given.user, given.source)
            })
            .await?;
            return Err(AppError::WrongCurrentPassword);
        }
        self.attempt_was_right(counted).await
    }

    async fn replace_password(
        &self,
        user: &Credentials,
        new_hash: &str,
        remaining: Remaining<'_>,
        source: &Source,
    ) -> Result<(), AppError> {
        let record = AuditRecord {
            session: Some(remaining.session()),
            ..by_user(AuditEvent::PasswordChanged, user.id, source)
        };
        let moment = self.moment();
        let taken_back = self
            .0
            .storage
            .change_password(user.id, user.epoch, new_hash, remaining, &record, moment)
            .await?
            // Another change was faster, so what was given as the current password is not it; or the session has ended.
            .ok_or(AppError::WrongCurrentPassword)?;
        for revocation in taken_back {
            self.0.access_tokens.revoke(revocation);
        }
        Ok(())
    }

    async fn new_password(
        &self,
        current: &str,
        new: &str,
        email: &Email,
    ) -> Result<NewPassword, AppError> {
        let mut problems = Vec::new();
        if current.is_empty() {
            problems.push(Problem::new(Field::CurrentPassword, Reason::Required));
        } else if current == new {
            problems.push(Problem::new(Field::NewPassword, Reason::SameAsCurrent));
        }
        self.chosen(new, Some(email), problems).await
    }

    /// A new password, if it may be chosen; if not, that joins the other problems of the form.
    async fn chosen(
        &self,
        new: &str,
        email: Option<&Email>,
        mut problems: Vec<Problem>,
    ) -> Result<NewPassword, AppError> {
        let (new, email) = (Zeroizing::new(new.to_owned()), email.cloned());
        let rules = self.password_rules();
        let field = Field::NewPassword;
        let parse = move || NewPassword::parse_for(&new, field, &rules, email.as_ref());
        match self.0.hasher.judge(parse).await? {
            Ok(password) if problems.is_empty() => return Ok(password),
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
        Err(AppError::Invalid(problems))
    }

    fn password_rules(&self) -> PasswordRules {
        PasswordRules {
            min: self.0.policy.password_min,
            is_common: common_passwords::is_common,
        }
    }

    fn random_id(&self) -> Result<[u8; 16], AppError> {
        Ok(self.0.random.bytes()?)
    }
}

/// Runs a change to its end even if whoever asked for it goes away: what was taken back in the database must be
/// taken back in memory too.
async fn to_its_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, AppError>> + Send + 'static,
) -> Result<T, AppError> {
    match tokio::spawn(change.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(AppError::Internal), // it panicked, which the panic hook has logged
    }
}

impl From<StorageError> for AppError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage failed");
        match error.is_unavailable() {
            true => Self::Unavailable,
            false => Self::Internal,
        }
    }
}

impl From<NoRandomness> for AppError {
    fn from(error: NoRandomness) -> Self {
        tracing::error!(%error, "no randomness");
        Self::Internal
    }
}

impl From<NotIssued> for AppError {
    fn from(error: NotIssued) -> Self {
        tracing::error!(%error, "no access token could be issued");
        Self::Internal
    }
}
