//! The table `audit`: what happened to whose account, only ever added to.

use super::StorageError;
use crate::domain::device::Device;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::server::clock::Millis;
use sqlx::AnyConnection;

/// Something that must not be forgotten.
pub struct AuditRecord<'a> {
    /// 16 random bytes in base64url.
    pub id: String,
    /// What happened.
    pub event: AuditEvent,
    /// To whom.
    pub user: UserId,
    /// In which session, if in one.
    pub session: Option<SessionId>,
    /// From where the request came that it happened in.
    pub device: &'a Device,
}

/// What can happen: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEvent {
    /// A used refresh token came back, and its session was ended.
    RefreshTokenReused,
}

impl AuditEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::RefreshTokenReused => "refresh_token_reused",
        }
    }
}

impl AuditRecord<'_> {
    /// Writes it, in the transaction of what it tells of.
    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
        now: Millis,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO audit (id, created_at, event, user_id, session_id, user_agent, network) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.id.clone())
        .bind(now)
        .bind(self.event.as_str())
        .bind(self.user.to_string())
        .bind(self.session.map(|session| session.to_string()))
        .bind(self.device.user_agent().to_owned())
        .bind(super::stored_network(self.device))
        .execute(connection)
        .await?;
        Ok(())
    }
}
