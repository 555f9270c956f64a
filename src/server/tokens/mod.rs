//! Access tokens (signed, read by everybody), refresh tokens (opaque, read by us alone), and what was
//! taken back.

pub mod access_token;
pub mod invitation;
pub mod keys;
pub mod known_browser;
pub mod mailed_link;
pub mod refresh_token;
pub mod revocations;
pub mod stamp;

use crate::server::clock::Clock;
use crate::server::random::Random;

pub use crate::domain::session::Audience;
pub use access_token::{AccessClaims, AccessTokens, Grant, Refused};
pub use invitation::Invitations;
pub use keys::{Keyring, Secret, WeakSecret};
pub use known_browser::{BrowserId, KnownBrowsers};
pub use mailed_link::MailedLinks;
pub use refresh_token::RefreshTokens;
pub use revocations::Revocations;

/// Whatever is made of the keys and handed out.
#[derive(Clone)]
pub struct Tokens {
    /// For every request.
    pub access: AccessTokens,
    /// For the next access token.
    pub refresh: RefreshTokens,
    /// For the first administrator.
    pub invitations: Invitations,
    /// For browsers in which somebody has signed in.
    pub known_browsers: KnownBrowsers,
    /// For links that are sent by mail.
    pub mailed_links: MailedLinks,
    /// Hide whose failures are counted.
    pub attempts: keys::Keys,
}

impl Tokens {
    /// For the origin `issuer`; access tokens live for `life_seconds`.
    pub fn new(
        keyring: &Keyring,
        issuer: &str,
        life_seconds: i64,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self {
            access: AccessTokens::new(&keyring.access, issuer, life_seconds, clock, random),
            refresh: RefreshTokens::new(&keyring.refresh),
            invitations: Invitations::new(&keyring.invitation),
            known_browsers: KnownBrowsers::new(&keyring.known_browser),
            mailed_links: MailedLinks::new(&keyring.mailed_link),
            attempts: keyring.attempts.clone(),
        }
    }
}
