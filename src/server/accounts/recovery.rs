//! Ways back into an account: for whoever has forgotten the password, and for whoever finds that it was not them.
//!
//! All go by links that are sent to the account's address. Opening one changes nothing, so that programs that look into mail use up
//! none; what it is for is done by a form, once.

use super::addresses::taken;
use super::mailed_links::by_somebody;
use super::{Accounts, to_its_end};
use crate::domain::audit::{AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::mailed_link::Purpose;
use crate::domain::password::NewPassword;
use crate::domain::user::UserId;
use crate::server::storage::{MailedLink, Wanted};

/// How somebody proves that they read the account's mail.
pub enum Proof<'a> {
    /// What stood in the link.
    Link(&'a str),
    /// The account's address and the code that stood beside the link, as typed.
    Code {
        /// Whose account.
        email: &'a str,
        /// Six digits.
        code: &'a str,
    },
}

/// A new password was chosen.
pub struct PasswordReset {
    /// Whose.
    pub user: UserId,
    /// What they sign in with.
    pub email: Email,
}

/// Somebody said of what a letter told: this was not me.
pub struct Disowned {
    /// Whose account it is.
    pub user: UserId,
    /// What stands in the link by which a new password can be chosen: a secret.
    pub token: String,
}

impl Accounts {
    /// Sends a link and a code to whoever has this address, to choose a new password with. Whether there is such an account, nobody
    /// is told, by what is answered or by how long it takes.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when no mail goes out here; when it is no address, or this network has asked too often.
    pub async fn request_password_reset(
        &self,
        email: &str,
        source: &Source,
    ) -> Result<(), AppError> {
        self.must_send_mail()?;
        self.0.throttle.admit(source.device.network())?;
        let email = Email::parse(email).map_err(|problem| AppError::Invalid(vec![problem]))?;
        let event = AuditEvent::PasswordResetRequested;
        self.send_link(Wanted::Address(&email), event, None, source)
            .await
    }

    /// Sets a new password for whoever reads the account's mail. Every session of the account ends, nobody is signed in by it, and
    /// the owner is told by letter.
    ///
    /// # Errors
    /// When the link or the code is not good, or the password is refused; then nothing changed, and the link is as good as before.
    pub async fn reset_password(
        &self,
        proof: Proof<'_>,
        new: &str,
        source: &Source,
    ) -> Result<PasswordReset, AppError> {
        self.must_send_mail()?;
        self.0.throttle.admit(source.device.network())?;
        let (this, source) = (self.clone(), source.clone());
        let (id, link, new) = self.proven(proof, new).await?;
        let new_hash = self.0.hasher.hash(new).await?;
        to_its_end(async move {
            let record = by_somebody(AuditEvent::PasswordReset, &source);
            let storage = &this.0.storage;
            let raised = storage
                .reset_password(&id, &new_hash, &record, this.moment())
                .await?
                // Somebody was faster.
                .ok_or(AppError::InvalidLink)?;
            this.0.access_tokens.revoke(raised);
            Ok(PasswordReset {
                user: link.user,
                email: link.email,
            })
        })
        .await
    }

    /// The link that proves it, and the new password, which is judged before a try of the code is spent.
    async fn proven(
        &self,
        proof: Proof<'_>,
        new: &str,
    ) -> Result<(String, MailedLink, NewPassword), AppError> {
        let purpose = Purpose::ResetPassword;
        let now = self.0.clock.now();
        let storage = &self.0.storage;
        match proof {
            Proof::Link(token) => {
                let (_, link) = self.mailed_link(token, &[purpose]).await?;
                let id = self.0.mailed_links.read(token, purpose);
                let id = id.ok_or(AppError::InvalidLink)?.to_owned();
                let new = self.chosen(new, Some(&link.email), Vec::new()).await?;
                Ok((id, link, new))
            }
            Proof::Code { email, code } => {
                let mut problems = Vec::new();
                if code.trim().is_empty() {
                    problems.push(Problem::new(Field::Code, Reason::Required));
                }
                let email = Email::parse(email).map_err(|problem| problems.insert(0, problem));
                let new = self.chosen(new, email.as_ref().ok(), problems).await?;
                // Else it was among the problems.
                let email = email.map_err(|()| AppError::Internal)?;
                let wrong =
                    || AppError::Invalid(vec![Problem::new(Field::Code, Reason::WrongCode)]);
                let id = storage.try_code(&email, purpose, now).await?;
                let id = id.filter(|id| self.0.mailed_links.is_code(code, purpose, id));
                let id = id.ok_or_else(wrong)?;
                let link = storage.mailed_link(&id, purpose, now).await?;
                Ok((id, link.ok_or_else(wrong)?, new))
            }
        }
    }

    /// For an owner who says of what a letter told: this was not me. Every session of the account ends at once and its password counts
    /// no more; a link that brings the account's address back does that besides. The link by which a new password can be chosen
    /// is sent to them as well.
    ///
    /// # Errors
    /// [`AppError::InvalidLink`] when the link is not good any more, [`AppError::EmailTaken`] when somebody else has the address that was
    /// to be brought back.
    pub async fn disown(&self, token: &str, source: &Source) -> Result<Disowned, AppError> {
        self.must_send_mail()?;
        self.0.throttle.admit(source.device.network())?;
        let links = &self.0.mailed_links;
        let found = [Purpose::NotMe, Purpose::VerifyEmail, Purpose::UndoEmail]
            .into_iter()
            .find_map(|purpose| Some((purpose, links.read(token, purpose)?.to_owned())));
        let (purpose, id) = found.ok_or(AppError::InvalidLink)?;
        let event = match purpose {
            Purpose::UndoEmail => AuditEvent::EmailRestored,
            _ => AuditEvent::Disowned,
        };
        let (this, source) = (self.clone(), source.clone());
        to_its_end(async move {
            let record = by_somebody(event, &source);
            let (storage, moment) = (&this.0.storage, this.moment());
            let disowned = storage.disown(&id, purpose, &record, moment).await;
            let disowned = disowned.map_err(taken)?;
            let (user, raised, next) = disowned.ok_or(AppError::InvalidLink)?;
            this.0.access_tokens.revoke(raised);
            let token = this.0.mailed_links.issue(Purpose::ResetPassword, &next);
            Ok(Disowned { user, token })
        })
        .await
    }
}
