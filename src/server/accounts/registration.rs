//! How accounts come to be: people register, or the operator creates them.

use super::audit::by_user;
use super::{Accounts, OpenSession};
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::AppError;
use crate::domain::role::Roles;
use crate::domain::session::Audience;
use crate::domain::user::{Registration, UserId};
use crate::server::storage::{AuditRecord, NewUser, StorageError, Wanted};
use zeroize::Zeroizing;

/// How people may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whoever does is signed in, and asked to prove that the address is theirs.
    Open,
    /// Nobody signs in before they have proved it; and who asks for an address that has an account is not told.
    Verified,
    /// They may not.
    Closed,
}

/// Who is to have an account, as typed.
pub struct NewAccount<'a> {
    /// What they sign in with.
    pub email: &'a str,
    /// What proves it.
    pub password: &'a str,
    /// What others see.
    pub nickname: &'a str,
    /// The tag of the language in which they asked, if they did on a page: letters are in it.
    pub language: Option<&'a str>,
}

/// What came of registering.
pub enum Registered {
    /// There is an account, and a session of it.
    SignedIn(Box<OpenSession>),
    /// There is an account, and no session of it.
    Created(UserId),
    /// A letter is on its way. Whether there is an account by it, or was one before, its reader is told.
    LetterSent,
}

/// Who creates an account.
#[derive(Clone, Copy)]
enum Creator<'a> {
    /// Whoever is to own it, from where, and whether a session is opened for them.
    Owner(&'a Source, bool),
    /// Whoever can run the program on its database.
    Operator,
}

impl Accounts {
    /// Creates an account and opens its first session, if nothing is to be proved before.
    ///
    /// # Errors
    /// When registration is closed, a field is refused, the e-mail is taken (but where nobody is told), too many wait, or this network
    /// has tried too often.
    pub async fn register(
        &self,
        new: NewAccount<'_>,
        source: &Source,
    ) -> Result<Registered, AppError> {
        self.register_by(new, source, true).await
    }

    /// Creates an account, as [`Accounts::register`] does, and opens no session.
    ///
    /// # Errors
    /// The same.
    pub async fn register_only(
        &self,
        new: NewAccount<'_>,
        source: &Source,
    ) -> Result<Registered, AppError> {
        self.register_by(new, source, false).await
    }

    async fn register_by(
        &self,
        new: NewAccount<'_>,
        source: &Source,
        opens_session: bool,
    ) -> Result<Registered, AppError> {
        self.0.throttle.admit(source.device.network())?;
        let is_told = match self.0.policy.registration {
            Mode::Open => true,
            Mode::Verified => false,
            Mode::Closed => return Err(AppError::RegistrationClosed),
        };
        let by = Creator::Owner(source, opens_session && is_told);
        let (email, created) = self.create(new, &Roles::default(), by).await?;
        match created {
            Ok((Some(session), _)) => Ok(Registered::SignedIn(Box::new(session))),
            Ok((None, user)) if is_told => Ok(Registered::Created(user)),
            Ok(_) => Ok(Registered::LetterSent),
            Err(Taken) if is_told => Err(AppError::EmailTaken),
            Err(Taken) => {
                self.tell_owner(&email, source).await?;
                Ok(Registered::LetterSent)
            }
        }
    }

    /// Creates an account without signing anybody in: the operator's way, open even when
    /// registration is closed. The operator vouches for the address.
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
        self.must_exist(roles, &Roles::default())?;
        let language = None;
        let new = NewAccount {
            email,
            password,
            nickname,
            language,
        };
        match self.create(new, roles, Creator::Operator).await? {
            (_, Ok((_, user))) => Ok(user),
            (_, Err(Taken)) => Err(AppError::EmailTaken),
        }
    }

    async fn create(
        &self,
        new: NewAccount<'_>,
        roles: &Roles,
        by: Creator<'_>,
    ) -> Result<(Email, Result<(Option<OpenSession>, UserId), Taken>), AppError> {
        let language = new.language;
        let Registration {
            email,
            nickname,
            password,
        } = {
            let (email, nickname) = (new.email.to_owned(), new.nickname.to_owned());
            let password = Zeroizing::new(new.password.to_owned());
            let rules = self.password_rules();
            let parse = move || Registration::parse(&email, &nickname, &password, &rules);
            self.0.hasher.judge(parse).await??
        };
        let password_hash = self.0.hasher.hash(password).await?;

        let now = self.0.clock.now();
        let user = UserId::from_bytes(self.random_id()?);
        let nowhere = Source::default();
        let (actor, source, opens_session) = match by {
            Creator::Owner(source, opens_session) => (Actor::User(user), source, opens_session),
            Creator::Operator => (Actor::Operator, &nowhere, false),
        };
        let device = &source.device;
        let session = match opens_session {
            true => Some(self.new_session(user, Audience::Web, false, device, now)?),
            false => None,
        };
        let detail = roles.to_stored();
        let record = AuditRecord {
            actor,
            session: session.as_ref().map(|session| session.id),
            detail: &detail,
            ..by_user(AuditEvent::AccountCreated, user, source)
        };
        let is_operator = actor == Actor::Operator;
        let asks = self.0.policy.sends_mail && !is_operator;
        let request = asks.then(|| by_user(AuditEvent::EmailVerificationRequested, user, source));
        let new_user = NewUser {
            id: user,
            email: &email,
            nickname: &nickname,
            password_hash: &password_hash,
            roles,
            language,
            is_verified: is_operator,
            created_at: now,
        };
        let inserted = self
            .0
            .storage
            .insert_user(&new_user, session.as_ref(), &record, request.as_ref())
            .await;
        match inserted {
            Ok(()) => {}
            Err(StorageError::Taken) => return Ok((email, Err(Taken))),
            Err(error) => return Err(error.into()),
        }
        let open = match session {
            Some(session) => Some(self.tokens_of(&session, 1, roles.clone())?),
            None => None,
        };
        Ok((email, Ok((open, user))))
    }

    /// Tells whoever has this address that it has an account, since nobody else is told.
    pub(super) async fn tell_owner(&self, email: &Email, source: &Source) -> Result<(), AppError> {
        let wanted = Wanted::Address(email);
        self.send_link(wanted, AuditEvent::AddressInUse, None, source)
            .await
    }
}

/// Another account has the address.
struct Taken;
