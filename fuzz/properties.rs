//! What must hold for any bytes at all. Each property panics when it is broken; the fuzz targets and the project's own
//! tests share them.

#![allow(dead_code)] // each target uses one

#[path = "reference.rs"]
mod reference;

use aws_lc_rs::hmac;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reference::{Rules, Said};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use vestibule::domain::local_path::LocalPath;
use vestibule::server::clock::Clock;
use vestibule::server::random::Random;
use vestibule::server::request::cookies::{Found, find, find_each};
use vestibule::server::tokens::{
    AccessClaims, AccessTokens, Audience, Keyring, RefreshTokens, Secret,
};

const ORIGIN: &str = "https://app.example";
/// 2030-03-17 17:46:40 UTC.
const NOW: i64 = 1_900_000_000;
const LIFE: i64 = 300;

struct Bench {
    keyring: Keyring,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    let clock = Clock::set_to(NOW * 1000);
    Bench {
        access_tokens: AccessTokens::new(&keyring.access, ORIGIN, LIFE, clock, Random::system()),
        refresh_tokens: RefreshTokens::new(&keyring.refresh),
        keyring,
    }
});

fn key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

/// The name of the key of the good tokens that a test begins with.
pub fn kid() -> &'static str {
    &BENCH.keyring.access.current().kid
}

/// The check never panics, and refuses what nobody signed. Of what somebody signed it says what the rules say: of the
/// text as a whole token, of the text under the right MAC (so that base64url written in other ways gets past it), and
/// of the token that `differential` makes of it.
pub fn access_token(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        for token in [text.to_owned(), signed(text)] {
            agree(&token, verify);
        }
    }
    differential(data);
}

/// Header and payload are signed by the right key. The check and the rules' own reading agree on whether that is a
/// token, and on what it says.
pub fn differential(data: &[u8]) {
    if let Some(token) = token_of(data) {
        agree(&token, verify);
    }
}

/// A token of header and payload, between which stands a byte that is in no UTF-8.
pub fn token_of(data: &[u8]) -> Option<String> {
    let at = data.iter().position(|byte| *byte == 0xff)?;
    let [header, payload] = [&data[..at], &data[at + 1..]].map(|part| URL_SAFE_NO_PAD.encode(part));
    Some(signed(&format!("{header}.{payload}")))
}

/// The message under the right MAC.
pub fn signed(message: &str) -> String {
    let key = key(&*BENCH.keyring.access.current().bytes);
    let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{mac}")
}

/// The check itself.
pub fn verify(token: &str, audience: Audience) -> Option<AccessClaims> {
    BENCH.access_tokens.verify(token, audience).ok()
}

/// A reader, whichever it is, says at both doors what the rules say.
pub fn agree(token: &str, verify: impl Fn(&str, Audience) -> Option<AccessClaims>) {
    for audience in [Audience::Web, Audience::Api] {
        let said = verify(token, audience).map(|said| say(&said));
        assert_eq!(said, refer(token, audience), "{token}");
    }
}

fn refer(token: &str, audience: Audience) -> Option<Said> {
    let current = BENCH.keyring.access.current();
    let rules = Rules {
        kid: &current.kid,
        key: &key(&*current.bytes),
        issuer: ORIGIN,
        door: audience.as_str(),
        now: NOW,
        life: LIFE,
    };
    reference::read(token, &rules)
}

fn say(claims: &AccessClaims) -> Said {
    Said {
        sub: claims.sub.to_string(),
        sid: claims.sid.to_string(),
        iat: claims.iat,
        exp: claims.exp,
        auth_time: claims.auth_time,
        ver: claims.ver,
        roles: claims
            .roles
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>(),
    }
}

/// Whatever is read as a refresh token is the very one that would be issued, byte for byte; as it comes, and as a body
/// under the right MAC.
pub fn refresh_token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let key = key(&*BENCH.keyring.refresh.current().bytes);
    let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()));
    let kid = &BENCH.keyring.refresh.current().kid;
    let named = format!("v1.{kid}.{text}");
    let mac_of_named = URL_SAFE_NO_PAD.encode(hmac::sign(&key, named.as_bytes()));
    for token in [
        text.to_owned(),
        format!("{text}.{mac}"),
        format!("{named}.{mac_of_named}"),
    ] {
        if let Some((session, generation)) = BENCH.refresh_tokens.read(&token) {
            assert_eq!(BENCH.refresh_tokens.issue(session, generation), token);
        }
    }
}

/// Whether the text is a refresh token as it stands.
pub fn is_refresh_token(text: &str) -> bool {
    BENCH.refresh_tokens.read(text).is_some()
}

/// A cookie is found exactly when its name stands once among all lines and its value is ASCII.
pub fn cookies(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    let names = ["at", "rt", "__Host-at"];
    let found = find_each(&headers, names);
    for (name, found) in names.into_iter().zip(found) {
        assert_eq!(find(&headers, name), found, "one by one and together");
        let mut values = Vec::new();
        for line in headers.get_all(COOKIE) {
            for pair in line.as_bytes().split(|byte| *byte == b';') {
                let Some(equals) = pair.iter().position(|byte| *byte == b'=') else {
                    continue;
                };
                let mut pair_name = &pair[..equals];
                while let [b' ', rest @ ..] = pair_name {
                    pair_name = rest;
                }
                if pair_name == name.as_bytes() {
                    values.push(&pair[equals + 1..]);
                }
            }
        }
        match (values.as_slice(), found) {
            ([], Found::None) | ([_, _, ..], Found::Unusable) => {}
            ([one], Found::One(value)) => assert!(value.as_bytes() == *one && one.is_ascii()),
            ([one], Found::Unusable) => assert!(!one.is_ascii()),
            (values, found) => panic!("{name}: {values:?} were read as {found:?}"),
        }
    }
}

/// A path that is accepted leads nowhere but to our origin, as a browser reads it, and is written as it was read.
pub fn local_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parsed = LocalPath::parse(text);
    let or_root = LocalPath::parse_or_root(text);
    let Some(path) = parsed else {
        assert_eq!(or_root.as_str(), "/");
        return;
    };
    assert_eq!(or_root, path);
    assert!(path.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
    HeaderValue::from_str(path.as_str()).expect("it fits a header");
    assert_eq!(LocalPath::parse(path.as_str()).as_ref(), Some(&path));
    let base = url::Url::parse(ORIGIN).expect("an origin");
    let url = base.join(path.as_str()).expect("a place");
    assert_eq!(url.origin(), base.origin(), "{path}");
    let written = &url[url::Position::BeforePath..];
    assert_eq!(written, path.as_str());
}
