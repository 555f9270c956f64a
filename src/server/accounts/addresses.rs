//! Addresses: whose they are is proved by links that are sent there, and how an account gets another one.

use super::attempts::Guesser;
use super::audit::by_user;
use super::mailed_links::by_somebody;
use super::password_hash::Verdict;
use super::{Accounts, Confirmation};
use crate::domain::audit::{AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::mailed_link::Purpose;
use crate::domain::password::PasswordAttempt;
use crate::domain::user::UserId;
use crate::server::storage::{AuditRecord, StorageError, Wanted};

impl Accounts {
    /// Sends another link to a user, to prove that the account's address is theirs.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when no mail goes out here.
    pub async fn send_verification(&self, user: UserId, source: &Source) -> Result<(), AppError> {
        self.must_send_mail()?;
        let event = AuditEvent::EmailVerificationRequested;
        self.send_link(Wanted::User(user), event, None, source)
            .await
    }

    /// Takes what stood in a letter's link for proof that the account's address is this user's, who is signed in. Without that it proves
    /// nothing: somebody else may have registered with the address, and its owner opened the link.
    ///
    /// # Errors
    /// [`AppError::InvalidLink`] when it is not good any more, or somebody else's.
    pub async fn verify_email(
        &self,
        token: &str,
        user: UserId,
        source: &Source,
    ) -> Result<(), AppError> {
        let id = self.0.mailed_links.read(token, Purpose::VerifyEmail);
        let id = id.ok_or(AppError::InvalidLink)?;
        let record = by_user(AuditEvent::EmailVerified, user, source);
        let now = self.0.clock.now();
        match self.0.storage.verify_email(id, user, &record, now).await? {
            true => Ok(()),
            false => Err(AppError::InvalidLink),
        }
    }

    /// The same of somebody who is not signed in, and gives the password.
    ///
    /// # Errors
    /// Also when the password is wrong, or was too often.
    pub async fn verify_email_with_password(
        &self,
        token: &str,
        password: &str,
        source: &Source,
    ) -> Result<(), AppError> {
        self.0.throttle.admit(source.device.network())?;
        let (_, link) = self.mailed_link(token, &[Purpose::VerifyEmail]).await?;
        if password.is_empty() {
            let problem = Problem::new(Field::Password, Reason::Required);
            return Err(AppError::Invalid(vec![problem]));
        }
        let attempt = PasswordAttempt::parse(password).ok_or(AppError::WrongCredentials)?;
        let user = self.0.storage.credentials(link.user).await?;
        let user = user.ok_or(AppError::InvalidLink)?;
        let guesser = Guesser::Stranger(user.email.as_str(), source.device.network());
        let counted = self.begin_attempt(guesser).await?;
        let stored = Some(user.password_hash);
        let (verdict, counted) = self.verify(attempt, stored, counted).await?;
        if verdict == Verdict::Wrong {
            self.note(AuditRecord {
                user: Some(link.user),
                detail: "verify",
                ..by_somebody(AuditEvent::ConfirmationRefused, source)
            })
            .await?;
            return Err(AppError::WrongCredentials);
        }
        self.attempt_was_right(counted).await?;
        self.verify_email(token, link.user, source).await
    }

    /// Sends a link to another mailbox, which becomes the account's address when it is opened and confirmed. If that has an account
    /// already, its owner is told instead, and nobody else.
    ///
    /// # Errors
    /// When the password is wrong, or it is no address, or the account's own.
    pub async fn request_email_change(
        &self,
        given: Confirmation<'_>,
        email: &str,
    ) -> Result<(), AppError> {
        self.must_send_mail()?;
        let (user, _) = self.signed_in(given.user, given.session).await?;
        let email = Email::parse(email).and_then(|email| match email == user.email {
            true => Err(Problem::new(Field::Email, Reason::Unchanged)),
            false => Ok(email),
        });
        if let Err(problem) = &email
            && given.password.is_empty()
        {
            let missing = Problem::new(Field::CurrentPassword, Reason::Required);
            return Err(AppError::Invalid(vec![*problem, missing]));
        }
        let email = email.map_err(|problem| AppError::Invalid(vec![problem]))?;
        let refusal = (AuditEvent::ConfirmationRefused, "email_change");
        self.confirm_password(&user, given, refusal).await?;
        if self.0.storage.credentials_by_email(&email).await?.is_some() {
            return self.tell_owner(&email, given.source).await;
        }
        let event = AuditEvent::EmailChangeRequested;
        self.send_link(Wanted::User(user.id), event, Some(&email), given.source)
            .await
    }

    /// Makes the mailbox that a link was sent to the address of its account. The address before gets a letter with a way back.
    ///
    /// # Errors
    /// [`AppError::InvalidLink`] when it is not good any more, [`AppError::EmailTaken`] when somebody else has the address by now.
    pub async fn change_email(&self, token: &str, source: &Source) -> Result<UserId, AppError> {
        self.0.throttle.admit(source.device.network())?;
        let (_, link) = self.mailed_link(token, &[Purpose::ChangeEmail]).await?;
        let id = self.0.mailed_links.read(token, Purpose::ChangeEmail);
        let id = id.ok_or(AppError::InvalidLink)?;
        let record = by_user(AuditEvent::EmailChanged, link.user, source);
        let now = self.0.clock.now();
        let changed = self.0.storage.change_email(id, &record, now).await;
        changed.map_err(taken)?.ok_or(AppError::InvalidLink)
    }
}

/// The database knows better than whoever looked before.
pub(super) fn taken(error: StorageError) -> AppError {
    match error {
        StorageError::Taken => AppError::EmailTaken,
        error => error.into(),
    }
}
