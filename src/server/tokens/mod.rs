//! Access tokens (signed, read by everybody), refresh tokens (opaque, read by us alone), and what was
//! taken back.

pub mod access_token;
pub mod keys;
pub mod refresh_token;
pub mod revocations;

pub use crate::domain::session::Audience;
pub use access_token::{AccessClaims, AccessTokens, Grant, Refused};
pub use keys::{Keyring, Secret, WeakSecret};
pub use refresh_token::RefreshTokens;
pub use revocations::Revocations;
