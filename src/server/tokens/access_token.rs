//! Access tokens: what a compact JWS must be, to the byte, before we believe it.
//!
//! The order of the checks is the point: length and alphabet, then the header, which names a key of
//! ours, then the MAC, only then the claims, and last what was taken back. Nothing the token says
//! chooses how it is checked.

use crate::domain::role::Roles;
use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use crate::server::clock::Clock;
use crate::server::random::{NoRandomness, Random};
use crate::server::tokens::keys::Keys;
use crate::server::tokens::revocations::Revocations;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest token we look at, in bytes.
pub const MAX_BYTES: usize = 4096;
/// How far another machine's clock may be off, in seconds.
pub const LEEWAY_SECONDS: i64 = 5;

const TYP: &str = "at+jwt";
/// RFC 7515, section 4.1.9: a `typ` without a slash stands for this.
const TYP_IN_FULL: &str = "application/at+jwt";
const ALG: &str = "HS256";

/// At which door a token may be presented. A token for one is refused at the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Pages and forms, where it comes in a cookie.
    Web,
    /// The bearer API.
    Api,
}

impl Audience {
    /// The `client_id` claim (RFC 9068, section 2.2), and the last part of `aud`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
        }
    }
}

/// What a new token says of its holder.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Whose it is.
    pub user: UserId,
    /// The session it belongs to.
    pub session: SessionId,
    /// When the password was given, in seconds since the Unix epoch.
    pub auth_time: i64,
    /// The user's epoch: raised to take back all of a user's tokens at once.
    pub epoch: i64,
    /// What the user may do.
    pub roles: Roles,
}

/// The claims of a token that was verified. Exactly these: all required, none other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// The issuer: our origin.
    pub iss: String,
    /// The audience: `<origin>/web` or `<origin>/api`.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// This token's own name.
    pub jti: String,
    /// `web` or `api`.
    pub client_id: String,
    /// When it was issued, in seconds since the Unix epoch (all times here are).
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Not valid from here on.
    pub exp: i64,
    /// When the password was given.
    pub auth_time: i64,
    /// The user's epoch.
    pub ver: i64,
    /// What the user may do.
    pub roles: Roles,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The token is not one of ours, or not for here, or not for now. Which of these is for the log of
/// a debugger, never for the one who presented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("access token refused")]
pub struct Refused;

/// Issues and verifies access tokens for one origin.
#[derive(Clone)]
pub struct AccessTokens {
    keys: Vec<(String, DecodingKey)>,
    signing_key: EncodingKey,
    signing_header: String,
    issuer: String,
    audience_web: String,
    audience_api: String,
    life_seconds: i64,
    clock: Clock,
    random: Random,
    revocations: Revocations,
}

impl AccessTokens {
    /// `issuer` is the origin; tokens live for `life_seconds`.
    pub fn new(keys: &Keys, issuer: &str, life_seconds: i64, clock: Clock, random: Random) -> Self {
        let current = keys.current();
        let header = format!(r#"{{"alg":"{ALG}","typ":"{TYP}","kid":"{}"}}"#, current.kid);
        Self {
            keys: keys
                .all()
                .iter()
                .map(|key| (key.kid.clone(), DecodingKey::from_secret(&*key.bytes)))
                .collect(),
            signing_key: EncodingKey::from_secret(&*current.bytes),
            signing_header: URL_SAFE_NO_PAD.encode(header),
            issuer: issuer.to_owned(),
            audience_web: format!("{issuer}/web"),
            audience_api: format!("{issuer}/api"),
            life_seconds,
            clock,
            random,
            revocations: Revocations::default(),
        }
    }

    /// How long a token lives, in seconds.
    pub fn life_seconds(&self) -> i64 {
        self.life_seconds
    }

    /// Takes back every token of a session: at once, here.
    pub fn end_session(&self, session: SessionId) {
        let now = self.clock.now_seconds();
        self.revocations
            .end_session(session, now, self.last_use(now));
    }

    /// Takes back every token of a user whose `ver` is below `epoch`: at once, here.
    pub fn raise_epoch(&self, user: UserId, epoch: i64) {
        let now = self.clock.now_seconds();
        self.revocations
            .raise_epoch(user, epoch, now, self.last_use(now));
    }

    /// When a token issued by now has run out everywhere.
    fn last_use(&self, now: i64) -> i64 {
        now.saturating_add(self.life_seconds)
            .saturating_add(LEEWAY_SECONDS)
    }

    /// A new token, valid from now for [`AccessTokens::life_seconds`], and what it says.
    ///
    /// # Errors
    /// When there is no randomness for its name, or the claims cannot be written as JSON.
    pub fn issue(
        &self,
        audience: Audience,
        grant: &Grant,
    ) -> Result<(String, AccessClaims), NotIssued> {
        let now = self.clock.now_seconds();
        let claims = AccessClaims {
            iss: self.issuer.clone(),
            aud: self.audience(audience).to_owned(),
            sub: grant.user,
            sid: grant.session,
            jti: URL_SAFE_NO_PAD.encode(self.random.bytes::<16>()?),
            client_id: audience.name().to_owned(),
            iat: now,
            nbf: now,
            exp: now + self.life_seconds,
            auth_time: grant.auth_time,
            ver: grant.epoch,
            roles: grant.roles.clone(),
        };
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?);
        let message = format!("{}.{payload}", self.signing_header);
        let signature = crypto::sign(message.as_bytes(), &self.signing_key, Algorithm::HS256)?;
        Ok((format!("{message}.{signature}"), claims))
    }

    /// The claims of a token that is ours, for this audience, for now, and not taken back.
    ///
    /// # Errors
    /// [`Refused`], for whatever reason.
    pub fn verify(&self, token: &str, audience: Audience) -> Result<AccessClaims, Refused> {
        let (message, signature) = self.split(token)?;
        let (header, payload) = message.split_once('.').ok_or(Refused)?;

        let key = self.key_for(header)?;
        if !crypto::verify(signature, message.as_bytes(), key, Algorithm::HS256).unwrap_or(false) {
            return Err(Refused);
        }
        let claims: AccessClaims = json_object(&decode(payload)?)?;
        self.check(&claims, audience)?;
        if self.revocations.allow(claims.sub, claims.sid, claims.ver) {
            Ok(claims)
        } else {
            Err(Refused)
        }
    }

    fn audience(&self, audience: Audience) -> &str {
        match audience {
            Audience::Web => &self.audience_web,
            Audience::Api => &self.audience_api,
        }
    }

    /// Length, alphabet and shape (RFC 7515, section 7.1), before anything is decoded: the signed
    /// part and the signature.
    fn split<'t>(&self, token: &'t str) -> Result<(&'t str, &'t str), Refused> {
        if token.len() > MAX_BYTES {
            return Err(Refused);
        }
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let mut dots = 0;
        for byte in token.bytes() {
            if byte == b'.' {
                dots += 1;
            } else if !is_base64url(byte) {
                return Err(Refused);
            }
        }
        if dots != 2 {
            return Err(Refused);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refused)?;
        // 32 bytes in base64url. The decoder refuses a last character with stray bits.
        if signature.len() != 43 {
            return Err(Refused);
        }
        Ok((message, signature))
    }

    /// The key that the header names, if the header is one that we would write.
    fn key_for(&self, header: &str) -> Result<&DecodingKey, Refused> {
        if header == self.signing_header {
            return Ok(&self.keys[0].1); // `new` puts the signing key first
        }
        let header: Header = json_object(&decode(header)?)?;
        if header.alg != ALG || (header.typ != TYP && header.typ != TYP_IN_FULL) {
            return Err(Refused);
        }
        self.keys
            .iter()
            .find(|(kid, _)| *kid == header.kid)
            .map(|(_, key)| key)
            .ok_or(Refused)
    }

    fn check(&self, claims: &AccessClaims, audience: Audience) -> Result<(), Refused> {
        let now = self.clock.now_seconds();
        // Saturating: a token we signed says nothing absurd, but the arithmetic must not depend on it.
        let life = claims.exp.saturating_sub(claims.iat);
        let ours = claims.iss == self.issuer
            && claims.aud == self.audience(audience)
            && claims.client_id == audience.name();
        let in_time = now < claims.exp
            && claims.nbf <= now.saturating_add(LEEWAY_SECONDS)
            && claims.iat <= now.saturating_add(LEEWAY_SECONDS);
        let sane = claims.iat >= 0
            && claims.nbf >= claims.iat
            && claims.nbf < claims.exp
            && (1..=self.life_seconds).contains(&life)
            && (0..=claims.iat.saturating_add(LEEWAY_SECONDS)).contains(&claims.auth_time)
            && claims.ver >= 0
            && (1..=64).contains(&claims.jti.len());
        if ours && in_time && sane {
            Ok(())
        } else {
            Err(Refused)
        }
    }
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotIssued {
    /// The operating system gave no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The claims could not be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The MAC could not be computed.
    #[error(transparent)]
    Mac(#[from] jsonwebtoken::errors::Error),
}

/// Canonical base64url without padding: the decoder refuses padding and stray trailing bits.
fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused)
}

/// Reads a JSON object into `T`. Duplicate and unknown members are refused by `T`'s derive; the
/// derive would also take an array for a struct, so the first byte is looked at here.
fn json_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return Err(Refused);
    }
    serde_json::from_slice(bytes).map_err(|_| Refused)
}
