//! Sessions: how they are opened, renewed by rotation, listed and ended.

use super::attempts::Attempt;
use super::audit::by_user;
use super::personal_data::RECENT_SECONDS;
use super::{Accounts, Confirmation, Policy, SignIn, SignedIn, to_its_end};
use crate::domain::audit::{Actor, AuditEvent, Source};
use crate::domain::device::Device;
use crate::domain::error::AppError;
use crate::domain::role::Roles;
use crate::domain::session::{
    Audience, EndReason, Ending, Generation, Revocation, SessionId, SessionLimits,
};
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use crate::server::storage::{
    AuditRecord, Credentials, End, LiveSession, Moment, NewSession, SessionRow,
};
use crate::server::tokens::{AccessClaims, Grant};
use tokio::sync::broadcast;

/// For so long, a refresh token that was just replaced still gets the same successor: two tabs that
/// renew at once, or an answer that was lost on its way (milliseconds).
const ROTATION_GRACE: Millis = 10_000;

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
    /// The tag of the user's language, if one was chosen.
    pub language: Option<String>,
}

/// A session whose end somebody waits for.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Which.
    pub session: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The user's epoch in it.
    pub epoch: i64,
    /// How it came to its end, if it is over.
    pub ending: Option<Ending>,
}

impl From<&AccessClaims> for Watched {
    /// Of a verified token: its session is not over.
    fn from(claims: &AccessClaims) -> Self {
        Self {
            session: claims.sid,
            user: claims.sub,
            epoch: claims.ver,
            ending: None,
        }
    }
}

/// What came of presenting a refresh token.
#[derive(Clone)]
pub enum Renewal {
    /// The session goes on.
    Renewed(Box<OpenSession>),
    /// The token is one of ours, but its session is over.
    Over(Ending),
    /// It is not a token of ours, or of a generation that was never issued.
    Refused,
}

impl Renewal {
    fn as_str(&self) -> &'static str {
        match self {
            Renewal::Renewed(_) => "renewed",
            Renewal::Over(_) => "over",
            Renewal::Refused => "refused",
        }
    }
}

impl Policy {
    fn limits(&self, remembered: bool) -> &SessionLimits {
        if remembered {
            &self.remembered_session
        } else {
            &self.session
        }
    }
}

impl SessionRow {
    /// How it came to its end, if it is over.
    pub(super) fn ending(&self, now: Millis) -> Option<Ending> {
        if let Some(ending) = &self.ending {
            return Some(ending.clone());
        }
        let limit = self.idle_expires_at.min(self.absolute_expires_at);
        let (reason, at_ms) = match self.disabled_at {
            Some(disabled_at) => (EndReason::Disabled, disabled_at),
            None if limit <= now => (EndReason::Expired, limit),
            None => return None,
        };
        let by = None;
        Some(Ending { reason, at_ms, by })
    }
}

impl Accounts {
    /// What is taken back from now on, as it happens.
    pub fn revocations_from_now(&self) -> broadcast::Receiver<Revocation> {
        self.0.access_tokens.revocations_from_now()
    }

    /// How many listen to what is taken back: one for each open tab that is told of its session's end.
    pub fn listeners(&self) -> usize {
        self.0.access_tokens.listeners()
    }

    /// Opens a session for a user whose password was checked, which ends the count of wrong ones. The user's oldest sessions
    /// beyond the limit end.
    pub(super) async fn admit(
        &self,
        user: Credentials,
        request: &SignIn<'_>,
        right: Attempt,
    ) -> Result<SignedIn, AppError> {
        let (audience, remember) = (request.audience, request.remember);
        let mark = request.known_browser;
        // Whoever comes by the letter's link reads the mail that would tell of it.
        let is_known_device = request.confirming.is_some()
            || mark.is_some_and(|mark| self.0.known_browsers.read(mark, user.id).is_some());
        let (this, source) = (self.clone(), request.source.clone());
        to_its_end(async move {
            let moment = this.moment();
            let device = &source.device;
            let session = NewSession {
                is_known_device,
                ..this.new_session(user.id, audience, remember, device, moment.now)?
            };
            let record = AuditRecord {
                session: Some(session.id),
                detail: audience.as_str(),
                ..by_user(AuditEvent::SignedIn, user.id, &source)
            };
            let limit = this.0.policy.session_limit;
            let admission = this
                .0
                .storage
                .insert_session(&session, user.epoch, limit, &right.0, &record, moment)
                .await?
                // The password was changed or the account disabled while we were checking.
                .ok_or(AppError::WrongCredentials)?;
            for displaced in admission.displaced {
                this.0.access_tokens.revoke(Revocation::Session(displaced));
            }
            Ok(SignedIn {
                session: OpenSession {
                    language: user.language,
                    ..this.tokens_of(&session, user.epoch, user.roles)?
                },
                reused: admission.reused,
                keeps_account: admission.keeps_account,
            })
        })
        .await
    }

    /// Whether the password was given so long ago that what is sensitive needs it again.
    pub fn is_stale(&self, claims: &AccessClaims) -> bool {
        let ago = self.0.clock.now_seconds().saturating_sub(claims.auth_time);
        ago > RECENT_SECONDS
    }

    /// Takes the password of whoever is signed in once more: from now on it was given of late. The session goes on, with tokens that say
    /// so.
    ///
    /// # Errors
    /// When the password is wrong, or the session has ended.
    pub async fn authenticate_again(
        &self,
        given: Confirmation<'_>,
    ) -> Result<OpenSession, AppError> {
        let (user, session) = self.signed_in(given.user, given.session).await?;
        let refusal = (AuditEvent::ConfirmationRefused, "again");
        self.confirm_password(&user, given, refusal).await?;
        let now = self.0.clock.now();
        self.0.storage.set_authenticated(given.session, now).await?;
        let session = SessionRow {
            authenticated_at: now,
            ..session
        };
        match self.renewed(given.session, &session, session.generation)? {
            Renewal::Renewed(open) => Ok(*open),
            Renewal::Over(_) | Renewal::Refused => Err(AppError::NotSignedIn),
        }
    }

    /// Ends a user's session by its own wish.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(
        &self,
        user: UserId,
        session: SessionId,
        source: &Source,
    ) -> Result<(), AppError> {
        let end = End {
            session,
            owner: user,
            reason: EndReason::SignedOut,
            by: None,
        };
        let (event, actor) = (AuditEvent::SignedOut, Actor::User(user));
        self.end(end, event, actor, source).await.map(drop)
    }

    /// Ends the session that a browser's refresh token belongs to, whatever its generation: when the access token
    /// has run out. Anything that is no browser's token of ours is passed over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out_by_refresh_token(
        &self,
        token: &str,
        source: &Source,
    ) -> Result<(), AppError> {
        match self.session_of(token, Audience::Web).await? {
            Some((session, _, row)) => self.sign_out(row.user, session, source).await,
            None => Ok(()),
        }
    }

    /// The session that a refresh token belongs to, and the token's generation. `None` when the token is not ours
    /// or not for this audience.
    async fn session_of(
        &self,
        token: &str,
        audience: Audience,
    ) -> Result<Option<(SessionId, Generation, SessionRow)>, AppError> {
        let Some((session, generation)) = self.0.refresh_tokens.read(token) else {
            return Ok(None);
        };
        let row = self.0.storage.session(session).await?;
        let row = row.filter(|row| row.audience == audience);
        Ok(row.map(|row| (session, generation, row)))
    }

    /// The live sessions of a user, the one last seen first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<LiveSession>, AppError> {
        let now = self.0.clock.now();
        Ok(self.0.storage.live_sessions(user, now).await?)
    }

    /// The session that a browser's refresh token belongs to, whatever its generation. Nothing is renewed. `None`
    /// when it is no browser's token of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn watched(&self, refresh_token: &str) -> Result<Option<Watched>, AppError> {
        let now = self.0.clock.now();
        let found = self.session_of(refresh_token, Audience::Web).await?;
        Ok(found.map(|(session, _, row)| Watched {
            session,
            user: row.user,
            epoch: row.epoch,
            ending: row.ending(now),
        }))
    }

    /// How a session came to its end, if it is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ending(&self, session: SessionId) -> Result<Option<Ending>, AppError> {
        let now = self.0.clock.now();
        let row = self.0.storage.session(session).await?;
        Ok(row.and_then(|row| row.ending(now)))
    }

    /// Ends one session of a user from another of theirs. False when there is no such live session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        by: SessionId,
        source: &Source,
    ) -> Result<bool, AppError> {
        let end = End {
            session,
            owner: user,
            reason: EndReason::EndedByUser,
            by: Some(by),
        };
        let (event, actor) = (AuditEvent::SessionEnded, Actor::User(user));
        self.end(end, event, actor, source).await
    }

    /// Ends every session of a user but this one, and says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_other_sessions(
        &self,
        user: UserId,
        this_session: SessionId,
        source: &Source,
    ) -> Result<usize, AppError> {
        let (this, source) = (self.clone(), source.clone());
        to_its_end(async move {
            let moment = this.moment();
            let record = AuditRecord {
                session: Some(this_session),
                ..by_user(AuditEvent::OtherSessionsEnded, user, &source)
            };
            let ended = this
                .0
                .storage
                .end_other_sessions(user, this_session, &record, moment)
                .await?;
            for session in &ended {
                this.0.access_tokens.revoke(Revocation::Session(*session));
            }
            Ok(ended.len())
        })
        .await
    }

    /// Ends a session in the database, then takes its access tokens back, before anybody is answered.
    pub(super) async fn end(
        &self,
        end: End,
        event: AuditEvent,
        actor: Actor,
        source: &Source,
    ) -> Result<bool, AppError> {
        let (this, source) = (self.clone(), source.clone());
        to_its_end(async move {
            let record = AuditRecord {
                actor,
                session: Some(end.session),
                ..by_user(event, end.owner, &source)
            };
            let ended = this
                .0
                .storage
                .end_session(&end, &record, this.moment())
                .await?;
            if ended {
                let revocation = Revocation::Session(end.session);
                this.0.access_tokens.revoke(revocation);
            }
            Ok(ended)
        })
        .await
    }

    /// Exchanges a refresh token for new tokens: rotation by compare-and-set.
    ///
    /// Of all that present one token at once, one raises the generation; the others, and whoever
    /// lost the answer, get the identical successor for ten seconds. After that an old token means
    /// that two parties hold the session, and it ends.
    ///
    /// # Errors
    /// When the database fails, or a program's network has asked too often. (A browser presents its token with every
    /// visit, whoever made it visit.)
    pub async fn renew(
        &self,
        refresh_token: &str,
        audience: Audience,
        source: &Source,
    ) -> Result<Renewal, AppError> {
        let outcome = self.exchange(refresh_token, audience, source).await;
        self.0
            .metrics
            .renewal(outcome.as_ref().map(Renewal::as_str));
        outcome
    }

    async fn exchange(
        &self,
        refresh_token: &str,
        audience: Audience,
        source: &Source,
    ) -> Result<Renewal, AppError> {
        if audience == Audience::Api {
            self.0.throttle.admit(source.device.network())?;
        }
        let Some((id, presented, session)) = self.session_of(refresh_token, audience).await? else {
            return Ok(Renewal::Refused);
        };
        let now = self.0.clock.now();
        if let Some(ending) = session.ending(now) {
            return Ok(Renewal::Over(ending));
        }
        let limits = self.0.policy.limits(session.remembered);
        let idle = limits.expires_at_ms(session.created_at, now);
        let rotates = session.generation == presented
            && self
                .0
                .storage
                .rotate_session(id, presented, idle, now)
                .await?;
        if rotates {
            return self.renewed(id, &session, presented.next());
        }
        // Somebody was faster: look again at what stands there now.
        let Some(session) = self.0.storage.session(id).await? else {
            return Ok(Renewal::Refused);
        };
        if let Some(ending) = session.ending(now) {
            return Ok(Renewal::Over(ending));
        }
        if session.generation == presented.next()
            // Either way: a clock that was put back must not make the ten seconds last for hours.
            && now.saturating_sub(session.rotated_at).abs() < ROTATION_GRACE
        {
            return self.renewed(id, &session, session.generation);
        }
        // Only a token that was replaced proves that two parties hold the session.
        if presented >= session.generation {
            tracing::warn!(session = %id, "a refresh token of a generation that was never issued was refused");
            return Ok(Renewal::Refused);
        }
        tracing::warn!(session = %id, "a used refresh token came back; its session was ended");
        let reason = EndReason::RefreshTokenReused;
        let end = End {
            session: id,
            owner: session.user,
            reason,
            by: None,
        };
        let (event, actor) = (AuditEvent::RefreshTokenReused, Actor::Anonymous);
        self.end(end, event, actor, source).await?;
        self.0.metrics.reuse();
        Ok(Renewal::Over(Ending {
            reason,
            at_ms: now,
            by: None,
        }))
    }

    fn renewed(
        &self,
        id: SessionId,
        session: &SessionRow,
        generation: Generation,
    ) -> Result<Renewal, AppError> {
        let grant = Grant {
            user: session.user,
            session: id,
            auth_time: session.authenticated_at.div_euclid(1000),
            epoch: session.epoch,
            roles: session.roles.clone(),
        };
        let max_age = session
            .remembered
            .then(|| session.absolute_expires_at - self.0.clock.now());
        let mut open = self.issue(session.audience, &grant, generation, max_age)?;
        open.language.clone_from(&session.language);
        Ok(Renewal::Renewed(Box::new(open)))
    }

    pub(super) fn new_session<'a>(
        &self,
        user: UserId,
        audience: Audience,
        remembered: bool,
        device: &'a Device,
        now: Millis,
    ) -> Result<NewSession<'a>, AppError> {
        let limits = self.0.policy.limits(remembered);
        Ok(NewSession {
            id: SessionId::from_bytes(self.random_id()?),
            user,
            audience,
            created_at: now,
            idle_expires_at: limits.expires_at_ms(now, now),
            absolute_expires_at: now.saturating_add(limits.absolute_ms),
            remembered,
            device,
            is_known_device: true,
        })
    }

    pub(super) fn tokens_of(
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
        self.issue(session.audience, &grant, Generation(1), max_age)
    }

    fn issue(
        &self,
        audience: Audience,
        grant: &Grant,
        generation: Generation,
        max_age: Option<Millis>,
    ) -> Result<OpenSession, AppError> {
        let (access_token, claims) = self.0.access_tokens.issue(audience, grant)?;
        Ok(OpenSession {
            claims,
            access_token,
            refresh_token: self.0.refresh_tokens.issue(grant.session, generation),
            max_age_seconds: max_age.map(|milliseconds| milliseconds.div_euclid(1000).max(0)),
            language: None,
        })
    }

    /// Now, and until when what is taken back now must be remembered.
    pub(super) fn moment(&self) -> Moment {
        let now = self.0.clock.now();
        let keep = self.0.access_tokens.revocation_life_seconds();
        Moment {
            now,
            until: now.saturating_add(keep.saturating_mul(1000)),
        }
    }
}
