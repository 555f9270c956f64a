//! The use cases, named by what people intend: the one door to accounts and sessions.

pub mod common_passwords;
pub mod password_hash;

use crate::domain::email::Email;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::password::{NewPassword, PasswordAttempt, PasswordRules};
use crate::domain::role::Roles;
use crate::domain::session::{EndReason, Generation, SessionId, SessionLimits};
use crate::domain::user::{Profile, ProfileUpdate, Registration, UserId};
use crate::server::clock::{Clock, Millis};
use crate::server::random::{NoRandomness, Random};
use crate::server::storage::{NewSession, NewUser, SessionRow, Storage, StorageError};
use crate::server::tokens::access_token::{LEEWAY_SECONDS, NotIssued};
use crate::server::tokens::{AccessClaims, AccessTokens, Audience, Grant, RefreshTokens};
use password_hash::{PasswordHasher, Verdict};
use std::sync::Arc;
use zeroize::Zeroizing;

/// For so long, a refresh token that was just replaced still gets the same successor: two tabs that
/// renew at once, or an answer that was lost on its way (milliseconds).
const ROTATION_GRACE: Millis = 10_000;
/// What is kept of a browser's own words for itself, in bytes.
const USER_AGENT_BYTES: usize = 256;

/// Limits and choices that the operator made.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whether people may register.
    pub registration_open: bool,
    /// The fewest code points of a new password.
    pub password_min: u16,
    /// How long a session lasts.
    pub session: SessionLimits,
    /// How long it lasts when "keep me signed in" was ticked.
    pub remembered_session: SessionLimits,
}

/// All use cases. Cloning it shares it.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    storage: Storage,
    hasher: PasswordHasher,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
    policy: Policy,
    clock: Clock,
    random: Random,
}

/// A session that has just begun or been renewed, and what its browser needs.
#[derive(Clone)]
pub struct OpenSession {
    /// What the access token says.
    pub claims: AccessClaims,
    /// A secret.
    pub access_token: String,
    /// A secret.
    pub refresh_token: String,
    /// For how many seconds the browser keeps the cookies; `None` until it is closed.
    pub max_age_seconds: Option<i64>,
}

/// How a person asks to be let in.
pub struct SignIn<'a> {
    /// As typed.
    pub email: &'a str,
    /// As typed.
    pub password: &'a str,
    /// Whether "keep me signed in" was ticked.
    pub remember: bool,
    /// The browser's own words for itself.
    pub user_agent: &'a str,
}

impl Accounts {
    /// Puts the parts together.
    pub fn new(
        storage: Storage,
        hasher: PasswordHasher,
        access_tokens: AccessTokens,
        refresh_tokens: RefreshTokens,
        policy: Policy,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self(Arc::new(Inner {
            storage,
            hasher,
            access_tokens,
            refresh_tokens,
            policy,
            clock,
            random,
        }))
    }

    /// Remembers what was taken back while tokens issued before may still be valid. To be called before
    /// the first request is answered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load_revocations(&self) -> Result<(), AppError> {
        let tokens = &self.0.access_tokens;
        let since = self.0.clock.now() - (tokens.life_seconds() + LEEWAY_SECONDS) * 1000;
        let revoked = self.0.storage.revoked_since(since).await?;
        for session in revoked.sessions {
            tokens.end_session(session);
        }
        for (user, epoch) in revoked.epochs {
            tokens.raise_epoch(user, epoch);
        }
        Ok(())
    }

    /// What the operator allows.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Creates an account and opens its first session.
    ///
    /// # Errors
    /// When registration is closed, a field is refused, the e-mail is taken, or too many wait.
    pub async fn register(
        &self,
        email: &str,
        password: &str,
        nickname: &str,
        user_agent: &str,
    ) -> Result<OpenSession, AppError> {
        if !self.0.policy.registration_open {
            return Err(AppError::RegistrationClosed);
        }
        let (user, _) = self
            .create(
                email,
                password,
                nickname,
                &Roles::default(),
                Some(user_agent),
            )
            .await?;
        user.ok_or(AppError::Internal)
    }

    /// Creates an account without signing anybody in: the operator's way, open even when
    /// registration is closed.
    ///
    /// # Errors
    /// When a field is refused or the e-mail is taken.
    pub async fn create_user(
        &self,
        email: &str,
        password: &str,
        nickname: &str,
        roles: &Roles,
    ) -> Result<UserId, AppError> {
        let (_, id) = self.create(email, password, nickname, roles, None).await?;
        Ok(id)
    }

    async fn create(
        &self,
        email: &str,
        password: &str,
        nickname: &str,
        roles: &Roles,
        session_for: Option<&str>,
    ) -> Result<(Option<OpenSession>, UserId), AppError> {
        let Registration {
            email,
            nickname,
            password,
        } = {
            let (email, nickname) = (email.to_owned(), nickname.to_owned());
            let password = Zeroizing::new(password.to_owned());
            let rules = self.password_rules();
            let parse = move || Registration::parse(&email, &nickname, &password, &rules);
            self.0.hasher.judge(parse).await??
        };
        let password_hash = self.0.hasher.hash(password).await?;

        let now = self.0.clock.now();
        let user = UserId::from_bytes(self.random_id()?);
        let session = match session_for {
            Some(user_agent) => Some(self.new_session(user, false, user_agent, now)?),
            None => None,
        };
        let new_user = NewUser {
            id: user,
            email: &email,
            nickname: &nickname,
            password_hash: &password_hash,
            roles,
            created_at: now,
        };
        match self
            .0
            .storage
            .insert_user(&new_user, session.as_ref())
            .await
        {
            Ok(()) => {}
            Err(StorageError::Taken) => return Err(AppError::EmailTaken),
            Err(error) => return Err(error.into()),
        }
        let open = match session {
            Some(session) => Some(self.tokens_of(&session, 1, roles.clone())?),
            None => None,
        };
        Ok((open, user))
    }

    /// Opens a session for whoever knows the password. An unknown e-mail costs the same time and gets
    /// the same answer as a wrong password.
    ///
    /// # Errors
    /// [`AppError::WrongCredentials`], or when fields are empty or too many wait.
    pub async fn sign_in(&self, request: SignIn<'_>) -> Result<OpenSession, AppError> {
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
        let known = match Email::parse(request.email) {
            Ok(email) => self.0.storage.credentials_by_email(&email).await?,
            Err(_) => None,
        };
        let stored = known.as_ref().map(|user| user.password_hash.clone());
        let verdict = self.0.hasher.verify(attempt, stored).await?;

        let (Some(user), true) = (known, verdict != Verdict::Wrong) else {
            return Err(AppError::WrongCredentials);
        };
        if user.disabled {
            return Err(AppError::WrongCredentials);
        }
        if let Verdict::RightAndRehashed(new) = verdict {
            self.0
                .storage
                .replace_password_hash(user.id, &user.password_hash, &new)
                .await?;
        }
        let session = self.new_session(
            user.id,
            request.remember,
            request.user_agent,
            self.0.clock.now(),
        )?;
        if !self.0.storage.insert_session(&session, user.epoch).await? {
            // The password was changed or the account disabled while we were checking.
            return Err(AppError::WrongCredentials);
        }
        self.tokens_of(&session, user.epoch, user.roles)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(&self, session: SessionId) -> Result<(), AppError> {
        self.end(session, EndReason::SignedOut).await
    }

    /// Ends a session in the database, then takes its access tokens back, before anybody is answered.
    async fn end(&self, session: SessionId, reason: EndReason) -> Result<(), AppError> {
        let now = self.0.clock.now();
        self.0.storage.end_session(session, reason, now).await?;
        self.0.access_tokens.end_session(session);
        Ok(())
    }

    /// Ends the session that a refresh token belongs to, whatever its generation: for a browser
    /// whose access token has run out. Anything that is not ours is passed over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out_by_refresh_token(&self, token: &str) -> Result<(), AppError> {
        match self.0.refresh_tokens.read(token) {
            Some((session, _)) => self.sign_out(session).await,
            None => Ok(()),
        }
    }

    /// Exchanges a refresh token for new tokens: rotation by compare-and-set. `None` when the token is
    /// not ours or its session is over.
    ///
    /// Of all that present one token at once, one raises the generation; the others, and whoever
    /// lost the answer, get the identical successor for ten seconds. After that an old token means
    /// that two parties hold the session, and it ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew(&self, refresh_token: &str) -> Result<Option<OpenSession>, AppError> {
        let Some((id, presented)) = self.0.refresh_tokens.read(refresh_token) else {
            return Ok(None);
        };
        let Some(session) = self.0.storage.session(id).await? else {
            return Ok(None);
        };
        let now = self.0.clock.now();
        if !is_live(&session, now) {
            return Ok(None);
        }
        let idle = self
            .limits(session.remembered)
            .expires_at_ms(session.created_at, now);
        if session.generation == presented
            && self
                .0
                .storage
                .rotate_session(id, presented, idle, now)
                .await?
        {
            return self.renewed(id, &session, presented.next());
        }
        // Somebody was faster: look again at what stands there now.
        let Some(session) = self.0.storage.session(id).await? else {
            return Ok(None);
        };
        if !is_live(&session, now) {
            return Ok(None);
        }
        if session.generation == presented.next()
            && now.saturating_sub(session.rotated_at) < ROTATION_GRACE
        {
            return self.renewed(id, &session, session.generation);
        }
        if presented < session.generation {
            tracing::warn!(session = %id, "a used refresh token came back; its session was ended");
            self.end(id, EndReason::RefreshTokenReused).await?;
        } else {
            tracing::warn!(session = %id, "a refresh token of a generation that was never issued was refused");
        }
        Ok(None)
    }

    fn renewed(
        &self,
        id: SessionId,
        session: &SessionRow,
        generation: Generation,
    ) -> Result<Option<OpenSession>, AppError> {
        let grant = Grant {
            user: session.user,
            session: id,
            auth_time: session.created_at.div_euclid(1000),
            epoch: session.epoch,
            roles: session.roles.clone(),
        };
        let max_age = session
            .remembered
            .then(|| session.absolute_expires_at - self.0.clock.now());
        self.issue(&grant, generation, max_age).map(Some)
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

    /// Replaces what a profile says.
    ///
    /// # Errors
    /// When a field is refused; then nothing changed.
    pub async fn update_profile(
        &self,
        user: UserId,
        nickname: &str,
        signature: &str,
        avatar_url: &str,
    ) -> Result<(), AppError> {
        let update = ProfileUpdate::parse(nickname, signature, avatar_url)?;
        if self
            .0
            .storage
            .update_profile(user, &update, self.0.clock.now())
            .await?
        {
            Ok(())
        } else {
            Err(AppError::NotSignedIn)
        }
    }

    /// Sets a new password for whoever knows the current one. Every session of the user ends, and a
    /// new one begins for this browser.
    ///
    /// # Errors
    /// When the current password is wrong or the new one is refused; then nothing changed.
    pub async fn change_password(
        &self,
        user: UserId,
        current: &str,
        new: &str,
        user_agent: &str,
        session: SessionId,
    ) -> Result<OpenSession, AppError> {
        let user = self
            .0
            .storage
            .credentials(user)
            .await?
            .ok_or(AppError::NotSignedIn)?;
        // Whoever holds a session that has ended may not lock out whoever ended it.
        let this = self
            .0
            .storage
            .session(session)
            .await?
            .ok_or(AppError::NotSignedIn)?;
        if user.disabled || !is_live(&this, self.0.clock.now()) {
            return Err(AppError::NotSignedIn);
        }
        let new = self.new_password(current, new, &user.email).await?;

        let attempt = PasswordAttempt::parse(current).ok_or(AppError::WrongCurrentPassword)?;
        let verdict = self
            .0
            .hasher
            .verify(attempt, Some(user.password_hash.clone()))
            .await?;
        if verdict == Verdict::Wrong {
            return Err(AppError::WrongCurrentPassword);
        }
        let new_hash = self.0.hasher.hash(new).await?;
        let now = self.0.clock.now();
        let session = self.new_session(user.id, this.remembered, user_agent, now)?;
        let changed = self
            .0
            .storage
            .change_password(user.id, user.epoch, &new_hash, &session, now)
            .await?;
        if !changed {
            // Another change was faster, so what was given as the current password is not it.
            return Err(AppError::WrongCurrentPassword);
        }
        self.0.access_tokens.raise_epoch(user.id, user.epoch + 1);
        self.tokens_of(&session, user.epoch + 1, user.roles)
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
        let (new, email) = (Zeroizing::new(new.to_owned()), email.clone());
        let rules = self.password_rules();
        let parse = move || NewPassword::parse(&new, Field::NewPassword, &rules, &email);
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

    fn limits(&self, remembered: bool) -> &SessionLimits {
        if remembered {
            &self.0.policy.remembered_session
        } else {
            &self.0.policy.session
        }
    }

    fn new_session<'a>(
        &self,
        user: UserId,
        remembered: bool,
        user_agent: &'a str,
        now: Millis,
    ) -> Result<NewSession<'a>, AppError> {
        let limits = self.limits(remembered);
        Ok(NewSession {
            id: SessionId::from_bytes(self.random_id()?),
            user,
            created_at: now,
            idle_expires_at: limits.expires_at_ms(now, now),
            absolute_expires_at: now.saturating_add(limits.absolute_ms),
            remembered,
            user_agent: &user_agent[..user_agent.floor_char_boundary(USER_AGENT_BYTES)],
        })
    }

    fn tokens_of(
        &self,
        session: &NewSession<'_>,
        epoch: i64,
        roles: Roles,
    ) -> Result<OpenSession, AppError> {
        let grant = Grant {
            user: session.user,
            session: session.id,
            auth_time: session.created_at.div_euclid(1000),
            epoch,
            roles,
        };
        let max_age = session
            .remembered
            .then_some(session.absolute_expires_at - session.created_at);
        self.issue(&grant, Generation(1), max_age)
    }

    fn issue(
        &self,
        grant: &Grant,
        generation: Generation,
        max_age: Option<Millis>,
    ) -> Result<OpenSession, AppError> {
        let (access_token, claims) = self.0.access_tokens.issue(Audience::Web, grant)?;
        Ok(OpenSession {
            claims,
            access_token,
            refresh_token: self.0.refresh_tokens.issue(grant.session, generation),
            max_age_seconds: max_age.map(|milliseconds| milliseconds.div_euclid(1000).max(0)),
        })
    }

    fn random_id(&self) -> Result<[u8; 16], AppError> {
        Ok(self.0.random.bytes()?)
    }
}

fn is_live(session: &SessionRow, now: Millis) -> bool {
    session.ended_at.is_none()
        && !session.disabled
        && now < session.idle_expires_at
        && now < session.absolute_expires_at
}

impl From<StorageError> for AppError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage failed");
        Self::Internal
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
