//! Access tokens (signed, read by everybody) and refresh tokens (opaque, read by us alone).

pub mod access_token;
pub mod keys;
pub mod refresh_token;

pub use access_token::{AccessClaims, AccessTokens, Audience, Grant, Refused};
pub use keys::{Keyring, Secret, WeakSecret};
pub use refresh_token::RefreshTokens;
