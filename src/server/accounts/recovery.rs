//! Ways back into an account: for whoever has forgotten the password, and for whoever finds that it was not them.
//!
//! All go by links that are sent to the account's address. Opening one changes nothing, so that programs that look into mail use up
//! none; what it is for is done by a form, once.

use super::{Accounts, to_its_end};
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::email::Email;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::mailed_link::Purpose;
use crate::domain::password::NewPassword;
use crate::domain::session::Revocation;
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use crate::server::storage::{AuditRecord, LinkLimits, MailedLink};
use zeroize::Zeroizing;

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// So many letters with a link an account gets in an hour: enough for whoever lost one, too few to fill a mailbox.
const LINKS_AN_HOUR: i64 = 5;
/// So many of those of a day have a code that can be tried, and so often each: of a million codes, somebody who tries every day for a
/// year gets to half a percent.
const CODES_A_DAY: i64 = 3;
const TRIES: i64 = 5;

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
        let now = self.0.clock.now();
        let limits = LinkLimits {
            links: LINKS_AN_HOUR,
            links_since: now.saturating_sub(HOUR),
            codes: CODES_A_DAY,
            codes_since: now.saturating_sub(DAY),
            tries: TRIES,
        };
        let record = by_somebody(AuditEvent::PasswordResetRequested, source);
        let storage = &self.0.storage;
        Ok(storage
            .request_password_reset(&email, limits, &record, now)
            .await?)
    }

    /// Whose account a link is for and for what, while it is good for one of these. Nothing of it is used up.
    ///
    /// # Errors
    /// [`AppError::InvalidLink`] when it is for none of them, or good no more.
    pub async fn mailed_link(
        &self,
        token: &str,
        purposes: &[Purpose],
    ) -> Result<(Purpose, MailedLink), AppError> {
        let found = purposes.iter().find_map(|purpose| {
            let id = self.0.mailed_links.read(token, *purpose)?;
            Some((*purpose, id))
        });
        let (purpose, id) = found.ok_or(AppError::InvalidLink)?;
        let now = self.0.clock.now();
        let link = self.0.storage.mailed_link(id, purpose, now).await?;
        Ok((purpose, link.ok_or(AppError::InvalidLink)?))
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
                let new = self.chosen(new, &link.email, Vec::new()).await?;
                Ok((id, link, new))
            }
            Proof::Code { email, code } => {
                let mut problems = Vec::new();
                if code.trim().is_empty() {
                    problems.push(Problem::new(Field::Code, Reason::Required));
                }
                let email = Email::parse(email);
                let email = email.map_err(|problem| AppError::Invalid(vec![problem]))?;
                let new = self.chosen(new, &email, problems).await?;
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

    async fn chosen(
        &self,
        new: &str,
        email: &Email,
        mut problems: Vec<Problem>,
    ) -> Result<NewPassword, AppError> {
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

    /// For an owner who says of what a letter told: this was not me. Every session of the account ends at once and its password counts
    /// no more. Returns what stands in the link by which a new one can be chosen; it is sent to them as well.
    ///
    /// # Errors
    /// [`AppError::InvalidLink`] when the link is not good any more.
    pub async fn disown(&self, token: &str, source: &Source) -> Result<String, AppError> {
        self.must_send_mail()?;
        self.0.throttle.admit(source.device.network())?;
        let id = self.0.mailed_links.read(token, Purpose::NotMe);
        let id = id.ok_or(AppError::InvalidLink)?.to_owned();
        let (this, source) = (self.clone(), source.clone());
        to_its_end(async move {
            let record = by_somebody(AuditEvent::Disowned, &source);
            let disowned = this.0.storage.disown(&id, &record, this.moment()).await?;
            let (raised, next): (Revocation, String) = disowned.ok_or(AppError::InvalidLink)?;
            this.0.access_tokens.revoke(raised);
            Ok(this.0.mailed_links.issue(Purpose::ResetPassword, &next))
        })
        .await
    }

    /// Forgets links that were good until so long ago that nothing counts them any more. To be called now and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_past_links(&self) -> Result<(), AppError> {
        let until = self.0.clock.now().saturating_sub(DAY);
        Ok(self.0.storage.delete_expired_links(until).await?)
    }

    fn must_send_mail(&self) -> Result<(), AppError> {
        match self.0.policy.sends_mail {
            true => Ok(()),
            false => Err(AppError::NotFound),
        }
    }
}

/// Somebody who is not signed in, whatever else they prove; the storage says to whom it happens.
fn by_somebody(event: AuditEvent, source: &Source) -> AuditRecord<'_> {
    AuditRecord {
        event,
        actor: Actor::Anonymous,
        user: None,
        session: None,
        detail: "",
        source,
    }
}
