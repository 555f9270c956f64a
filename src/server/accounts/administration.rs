//! What administrators do with users: find them, send them off, close their accounts, change their roles.
//!
//! That whoever asks is an administrator is the caller's to check; what not even an administrator may do is
//! refused here.

use super::audit::by_user;
use super::{Accounts, to_its_end};
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::role::{Role, Roles};
use crate::domain::session::{EndReason, SessionId};
use crate::domain::user::UserId;
use crate::server::storage::{AuditRecord, Changed, End, StorageError, UserRow};

/// How many users a page of the list has.
const USERS_PER_PAGE: u32 = 50;

/// How long an invitation is good, in seconds.
const INVITATION_SECONDS: i64 = 3600;

/// Who administrates, and from where.
#[derive(Clone, Debug)]
pub struct By {
    actor: Actor,
    source: Source,
}

impl By {
    /// An administrator.
    pub fn administrator(user: UserId, source: &Source) -> Self {
        let (actor, source) = (Actor::User(user), source.clone());
        Self { actor, source }
    }

    /// Whoever can run the program on its database.
    pub fn operator() -> Self {
        let (actor, source) = (Actor::Operator, Source::default());
        Self { actor, source }
    }

    fn record(&self, event: AuditEvent, user: UserId) -> AuditRecord<'_> {
        AuditRecord {
            actor: self.actor,
            ..by_user(event, user, &self.source)
        }
    }
}

/// A page of the list of users.
pub struct UserPage {
    /// By e-mail.
    pub users: Vec<UserRow>,
    /// If there are more: the one after which the next page begins.
    pub next: Option<UserId>,
}

impl Accounts {
    /// Users whose e-mail begins with `query`, in letters of either case, by e-mail; those after `after`.
    ///
    /// # Errors
    /// [`AppError::UnexpectedFields`] when there is no user `after` whom to go on.
    pub async fn users(&self, query: &str, after: Option<UserId>) -> Result<UserPage, AppError> {
        let query = query.trim().to_ascii_lowercase();
        // Every address is visible ASCII.
        if !query.bytes().all(|byte| byte.is_ascii_graphic()) {
            let (users, next) = (Vec::new(), None);
            return Ok(UserPage { users, next });
        }
        let storage = &self.0.storage;
        let after = match after {
            Some(after) => {
                let after = storage.user(after).await?;
                Some(after.ok_or(AppError::UnexpectedFields)?.email)
            }
            None => None,
        };
        let more = USERS_PER_PAGE + 1;
        let mut users = storage.users(&query, after.as_ref(), more).await?;
        let there_are_more = users.len() > USERS_PER_PAGE as usize;
        users.truncate(USERS_PER_PAGE as usize);
        let next = match users.last() {
            Some(last) if there_are_more => Some(last.id),
            _ => None,
        };
        Ok(UserPage { users, next })
    }

    /// An invitation for whoever is to be the first administrator; `None` when there has been one. What it is worth
    /// ends after an hour.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invite_first_administrator(&self) -> Result<Option<String>, AppError> {
        let is_wanted = self.0.storage.wants_first_administrator().await?;
        let expires_at = self
            .0
            .clock
            .now_seconds()
            .saturating_add(INVITATION_SECONDS);
        Ok(is_wanted.then(|| self.0.invitations.issue(expires_at)))
    }

    /// Whether an invitation is still worth something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invites(&self, invitation: &str) -> Result<bool, AppError> {
        let now = self.0.clock.now_seconds();
        Ok(self.0.invitations.is_good(invitation, now)
            && self.0.storage.wants_first_administrator().await?)
    }

    /// Makes a user the first administrator.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the invitation is worth nothing, or not any more.
    pub async fn accept_invitation(
        &self,
        user: UserId,
        invitation: &str,
        source: &Source,
    ) -> Result<(), AppError> {
        if !self.invites(invitation).await? {
            return Err(AppError::NotFound);
        }
        let (storage, moment, source) = (self.0.storage.clone(), self.moment(), source.clone());
        self.take_back(async move {
            let record = by_user(AuditEvent::RolesSet, user, &source);
            match storage
                .make_first_administrator(user, &record, moment)
                .await?
            {
                Changed::Already => Ok(Changed::Unknown), // somebody was faster
                changed => Ok(changed),
            }
        })
        .await
    }

    /// A user, whoever it is.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such user.
    pub async fn user(&self, user: UserId) -> Result<UserRow, AppError> {
        let found = self.0.storage.user(user).await?;
        found.ok_or(AppError::NotFound)
    }

    /// The user with that e-mail.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<UserRow>, AppError> {
        // An address comes before all that only begin with it.
        let found = self.0.storage.users(email.as_str(), None, 1).await?;
        Ok(found.into_iter().find(|user| user.email == *email))
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the user has no such live session.
    pub async fn end_session_of(
        &self,
        by: By,
        user: UserId,
        session: SessionId,
    ) -> Result<(), AppError> {
        let end = End {
            session,
            owner: user,
            reason: EndReason::EndedByAdministrator,
            by: None,
        };
        let event = AuditEvent::SessionEnded;
        match self.end(end, event, by.actor, &by.source).await? {
            true => Ok(()),
            false => Err(AppError::NotFound),
        }
    }

    /// Ends every session of a user, whoever opened it and wherever.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such user.
    pub async fn sign_out_everywhere(&self, by: By, user: UserId) -> Result<(), AppError> {
        let (storage, moment) = (self.0.storage.clone(), self.moment());
        self.take_back(async move {
            let record = by.record(AuditEvent::SignedOutEverywhere, user);
            storage.sign_out_everywhere(user, &record, moment).await
        })
        .await
    }

    /// Gives a user these roles and no others, from their next request on.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such user, [`AppError::Invalid`] for a role that the configuration does
    /// not know and the user does not have, [`AppError::LastAdministrator`] when nobody would remain to administrate.
    pub async fn set_roles(&self, by: By, user: UserId, roles: Roles) -> Result<(), AppError> {
        let (storage, moment) = (self.0.storage.clone(), self.moment());
        self.must_exist(&roles, &self.user(user).await?.roles)?;
        self.take_back(async move {
            let record = AuditRecord {
                detail: &roles.to_stored(),
                ..by.record(AuditEvent::RolesSet, user)
            };
            storage.set_roles(user, &roles, &record, moment).await
        })
        .await
    }

    /// Closes a user's account, which ends their sessions at once, or opens it again.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such user, [`AppError::OwnAccount`] for one's own account,
    /// [`AppError::LastAdministrator`] when nobody would remain to administrate.
    pub async fn set_disabled(&self, by: By, user: UserId, disabled: bool) -> Result<(), AppError> {
        if disabled && by.actor == Actor::User(user) {
            return Err(AppError::OwnAccount);
        }
        let (storage, moment) = (self.0.storage.clone(), self.moment());
        self.take_back(async move {
            let event = match disabled {
                true => AuditEvent::AccountDisabled,
                false => AuditEvent::AccountEnabled,
            };
            let record = by.record(event, user);
            storage.set_disabled(user, disabled, &record, moment).await
        })
        .await
    }

    /// Whether each of these can be given: a name that was misspelt would be a role that opens nothing. What a user has
    /// may stay, even if the configuration knows it no more.
    pub(super) fn must_exist(&self, roles: &Roles, had: &Roles) -> Result<(), AppError> {
        let known = |role: &Role| {
            let name = role.as_str();
            name == Role::ADMINISTRATOR || self.0.policy.roles.contains(name) || had.contains(name)
        };
        if roles.iter().all(known) {
            return Ok(());
        }
        let problem = Problem::new(Field::Roles, Reason::Unknown);
        Err(AppError::Invalid(vec![problem]))
    }

    /// Changes the database, then takes back what that takes back, before anybody is answered.
    async fn take_back(
        &self,
        change: impl Future<Output = Result<Changed, StorageError>> + Send + 'static,
    ) -> Result<(), AppError> {
        let this = self.clone();
        to_its_end(async move {
            match change.await? {
                Changed::Done(revocation) => {
                    this.0.access_tokens.revoke(revocation);
                    Ok(())
                }
                Changed::Already => Ok(()),
                Changed::Unknown => Err(AppError::NotFound),
                Changed::LastAdministrator => Err(AppError::LastAdministrator),
            }
        })
        .await
    }
}
