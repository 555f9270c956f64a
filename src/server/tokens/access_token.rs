//! Access tokens: what a compact JWS must be, to the byte, before we believe it.
//!
//! The order of the checks is the point: length and alphabet, then the header, which names a key of
//! ours, then the MAC, only then the claims, and last what was taken back. Nothing the token says
//! chooses how it is checked.

use crate::domain::error::AppError;
use crate::domain::role::{Role, Roles};
use crate::domain::session::{Audience, Revocation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::Clock;
use crate::server::random::{NoRandomness, Random};
use crate::server::tokens::keys::Keys;
use crate::server::tokens::revocations::Revocations;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use tokio::sync::broadcast;

/// The longest token we look at, in bytes.
pub const MAX_BYTES: usize = 4096;
/// How far another machine's clock may be off, in seconds.
pub const LEEWAY_SECONDS: i64 = 5;

const TYP: &str = "at+jwt";
/// RFC 7515, section 4.1.9: a `typ` without a slash stands for this.
const TYP_IN_FULL: &str = "application/at+jwt";
const ALG: &str = "HS256";
/// Of an HMAC-SHA256.
const MAC_BYTES: usize = 32;

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

/// What a verified token says, besides that it is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// When it was issued, in seconds since the Unix epoch (all times here are).
    pub iat: i64,
    /// Not valid from here on.
    pub exp: i64,
    /// When the password was given.
    pub auth_time: i64,
    /// The user's epoch.
    pub ver: i64,
    /// What the user may do.
    pub roles: Roles,
}

impl AccessClaims {
    /// Whether the user may administrate.
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(Role::ADMINISTRATOR)
    }

    /// These claims, of somebody with this role.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody else.
    pub fn with_role(&self, role: &str) -> Result<&Self, AppError> {
        if self.roles.contains(role) {
            Ok(self)
        } else {
            Err(AppError::Forbidden)
        }
    }
}

/// The claims as they are written. Exactly these: all required, none other. What need not be kept is borrowed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    /// The issuer: our origin.
    #[serde(borrow)]
    iss: Cow<'a, str>,
    /// The audience: `<origin>/web` or `<origin>/api`.
    #[serde(borrow)]
    aud: Cow<'a, str>,
    #[serde(borrow)]
    sub: Cow<'a, str>,
    #[serde(borrow)]
    sid: Cow<'a, str>,
    /// This token's own name.
    #[serde(borrow)]
    jti: Cow<'a, str>,
    /// `web` or `api`.
    #[serde(borrow)]
    client_id: Cow<'a, str>,
    iat: i64,
    /// Not valid before.
    nbf: i64,
    exp: i64,
    auth_time: i64,
    ver: i64,
    roles: Roles,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    typ: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
}

/// The token is not one of ours, or not for here, or not for now. Which of these is for the log of
/// a debugger, never for the one who presented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("access token refused")]
pub struct Refused;

/// Issues and verifies access tokens for one origin.
#[derive(Clone)]
pub struct AccessTokens {
    /// Made once: jsonwebtoken would prepare the key anew for each token, at half the price of the MAC itself.
    keys: Vec<(String, hmac::Key)>,
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
                .map(|key| {
                    let prepared = hmac::Key::new(hmac::HMAC_SHA256, &*key.bytes);
                    (key.kid.clone(), prepared)
                })
                .collect(),
            signing_key: EncodingKey::from_secret(&*current.bytes),
            signing_header: URL_SAFE_NO_PAD.encode(header),
            issuer: issuer.to_owned(),
            audience_web: format!("{issuer}/web"),
            audience_api: format!("{issuer}/api"),
            life_seconds,
            clock,
            random,
            revocations: Revocations::new(life_seconds.saturating_add(LEEWAY_SECONDS)),
        }
    }

    /// Takes tokens back: at once, here.
    pub fn revoke(&self, revocation: Revocation) {
        self.revocations.add(revocation, self.clock.both());
    }

    /// What is taken back from now on, as it happens.
    pub fn revocations_from_now(&self) -> broadcast::Receiver<Revocation> {
        self.revocations.listen()
    }

    /// How many listen to it.
    pub fn listeners(&self) -> usize {
        self.revocations.listeners()
    }

    /// How much of what was taken back is remembered now.
    pub fn live_revocations(&self) -> usize {
        self.revocations.len()
    }

    /// For how many seconds a revocation matters: as long as a token issued before it can be valid.
    pub fn revocation_life_seconds(&self) -> i64 {
        self.life_seconds.saturating_add(LEEWAY_SECONDS)
    }

    /// A new token, valid from now for as long as tokens live here, and what it says.
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
            sub: grant.user,
            sid: grant.session,
            iat: now,
            exp: now + self.life_seconds,
            auth_time: grant.auth_time,
            ver: grant.epoch,
            roles: grant.roles.clone(),
        };
        let payload = Payload {
            iss: self.issuer.as_str().into(),
            aud: self.audience(audience).into(),
            sub: claims.sub.to_string().into(),
            sid: claims.sid.to_string().into(),
            jti: URL_SAFE_NO_PAD.encode(self.random.bytes::<16>()?).into(),
            client_id: audience.as_str().into(),
            iat: claims.iat,
            nbf: claims.iat,
            exp: claims.exp,
            auth_time: claims.auth_time,
            ver: claims.ver,
            roles: claims.roles.clone(),
        };
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload)?);
        let message = format!("{}.{payload}", self.signing_header);
        let signature = crypto::sign(message.as_bytes(), &self.signing_key, Algorithm::HS256)?;
        Ok((format!("{message}.{signature}"), claims))
    }

    /// The claims of a token that is ours, for this audience, for now, and not taken back.
    ///
    /// # Errors
    /// [`Refused`], for whatever reason.
    pub fn verify(&self, token: &str, audience: Audience) -> Result<AccessClaims, Refused> {
        let Parts {
            message,
            header,
            payload,
            signature,
        } = Parts::of(token)?;

        let key = self.key_for(header)?;
        let mut mac = [0; MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut mac);
        if length.ok() != Some(MAC_BYTES) {
            return Err(Refused);
        }
        // In constant time, whatever the MAC is.
        hmac::verify(key, message.as_bytes(), &mac).map_err(|_| Refused)?;
        let payload = decode(payload)?;
        let claims = self.check(json_object(&payload)?, audience)?;
        if self.allow(claims.sub, claims.sid, claims.ver) {
            Ok(claims)
        } else {
            Err(Refused)
        }
    }

    /// Whether a session of a user at that epoch still stands: nothing took it back.
    pub fn allow(&self, user: UserId, session: SessionId, epoch: i64) -> bool {
        self.revocations.allow(user, session, epoch)
    }

    fn audience(&self, audience: Audience) -> &str {
        match audience {
            Audience::Web => &self.audience_web,
            Audience::Api => &self.audience_api,
        }
    }

    /// The key that the header names, if the header is one that we would write.
    fn key_for(&self, header: &str) -> Result<&hmac::Key, Refused> {
        if header == self.signing_header {
            return Ok(&self.keys[0].1); // `new` puts the signing key first
        }
        let header = decode(header)?;
        let header: Header<'_> = json_object(&header)?;
        if header.alg != ALG || (header.typ != TYP && header.typ != TYP_IN_FULL) {
            return Err(Refused);
        }
        self.keys
            .iter()
            .find(|(kid, _)| *kid == header.kid)
            .map(|(_, key)| key)
            .ok_or(Refused)
    }

    fn check(&self, payload: Payload<'_>, audience: Audience) -> Result<AccessClaims, Refused> {
        let now = self.clock.now_seconds();
        // Saturating: a token we signed says nothing absurd, but the arithmetic must not depend on it.
        let life = payload.exp.saturating_sub(payload.iat);
        let ours = payload.iss == self.issuer
            && payload.aud == self.audience(audience)
            && payload.client_id == audience.as_str();
        let in_time = now < payload.exp
            && payload.nbf <= now.saturating_add(LEEWAY_SECONDS)
            && payload.iat <= now.saturating_add(LEEWAY_SECONDS);
        let sane = payload.iat >= 0
            && payload.nbf >= payload.iat
            && payload.nbf < payload.exp
            && (1..=self.life_seconds).contains(&life)
            && (0..=payload.iat.saturating_add(LEEWAY_SECONDS)).contains(&payload.auth_time)
            && payload.ver >= 0
            && (1..=64).contains(&payload.jti.len());
        if !(ours && in_time && sane) {
            return Err(Refused);
        }
        Ok(AccessClaims {
            sub: UserId::parse(&payload.sub).ok_or(Refused)?,
            sid: SessionId::parse(&payload.sid).ok_or(Refused)?,
            iat: payload.iat,
            exp: payload.exp,
            auth_time: payload.auth_time,
            ver: payload.ver,
            roles: payload.roles,
        })
    }
}

/// A compact JWS (RFC 7515, section 7.1) of which nothing has been decoded yet.
struct Parts<'t> {
    /// What is signed: header, dot and payload.
    message: &'t str,
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Parts<'t> {
    /// Length, shape and alphabet, before anything is decoded.
    fn of(token: &'t str) -> Result<Self, Refused> {
        if token.len() > MAX_BYTES {
            return Err(Refused);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refused)?;
        let (header, payload) = message.split_once('.').ok_or(Refused)?;
        // 32 bytes in base64url. The decoder refuses a last character with stray bits. A third dot is not in the
        // alphabet.
        let is_sound =
            signature.len() == 43 && [header, payload, signature].into_iter().all(is_base64url);
        is_sound
            .then_some(Self {
                message,
                header,
                payload,
                signature,
            })
            .ok_or(Refused)
    }
}

/// Without a way out in between, so that the compiler looks at many bytes together.
fn is_base64url(part: &str) -> bool {
    part.bytes().fold(true, |all, byte| {
        all & (byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_'))
    })
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
fn json_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Refused> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return Err(Refused);
    }
    serde_json::from_slice(bytes).map_err(|_| Refused)
}
