//! Cookies: their names, their attributes, and a reader that is not fooled by two of one name.

use crate::domain::appearance::Appearance;
use crate::language::Text;
use crate::server::accounts::OpenSession;
use crate::server::config::Origin;
use crate::server::request::flash::{Flash, FlashSeal};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// What stands in a request under a cookie's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// No such cookie.
    None,
    /// One, and its value.
    One(&'a str),
    /// The name twice, or a value that is not ASCII: somebody has tampered.
    Unusable,
}

/// How cookies are named and written for the configured origin.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    /// The access token's.
    pub access: &'static str,
    /// The refresh token's.
    pub refresh: &'static str,
    /// What a form leaves behind.
    pub flash: &'static str,
    /// What was typed when the session was over.
    pub draft: &'static str,
    /// That a visit from another site was sent round once.
    pub bounce: &'static str,
    /// The mark of a browser in which somebody has signed in.
    pub known_browser: &'static str,
    /// The tag of the language that was chosen.
    pub language: &'static str,
    /// Whether light or dark was chosen.
    pub appearance: &'static str,
    attributes: &'static str,
}

impl Cookies {
    /// With https: `Secure` and the `__Host-` prefix, which no other host or path can set
    /// (RFC 6265bis, section 4.1.3.2). Browsers refuse both on plain http, which only a loopback
    /// origin may use.
    pub fn of(origin: &Origin) -> Self {
        if origin.is_https() {
            Self {
                access: "__Host-at",
                refresh: "__Host-rt",
                flash: "__Host-flash",
                draft: "__Host-draft",
                bounce: "__Host-bounce",
                known_browser: "__Host-known",
                language: "__Host-lang",
                appearance: "__Host-appearance",
                attributes: "; Path=/; Secure; HttpOnly; SameSite=Strict",
            }
        } else {
            Self {
                access: "at",
                refresh: "rt",
                flash: "flash",
                draft: "draft",
                bounce: "bounce",
                known_browser: "known",
                language: "lang",
                appearance: "appearance",
                attributes: "; Path=/; HttpOnly; SameSite=Strict",
            }
        }
    }

    /// The cookies that carry a session.
    pub fn open_session(&self, session: &OpenSession) -> Vec<HeaderValue> {
        [
            (self.access, &session.access_token),
            (self.refresh, &session.refresh_token),
        ]
        .into_iter()
        .filter_map(|(name, value)| self.write(name, value, session.max_age_seconds))
        // What the account has chosen counts in every browser of its owner.
        .chain(
            session
                .language
                .as_deref()
                .and_then(Text::of)
                .and_then(|text| self.language(text)),
        )
        .collect()
    }

    /// The same cookies, expired.
    pub fn close_session(&self) -> Vec<HeaderValue> {
        [self.access, self.refresh]
            .into_iter()
            .filter_map(|name| self.write(name, "", Some(0)))
            .collect()
    }

    /// The cookie that carries what a form leaves behind, or a draft; `None` if it cannot be sealed.
    pub fn flash(&self, seal: &FlashSeal, flash: &Flash) -> Option<HeaderValue> {
        let name = match flash.owner() {
            Some(_) => self.draft,
            None => self.flash,
        };
        self.write(name, &seal.seal(flash)?, Some(flash.life_seconds()))
    }

    /// The mark of a browser in which somebody has signed in, for as long as browsers keep a cookie: 400 days.
    pub fn known_browser(&self, mark: &str) -> Option<HeaderValue> {
        self.write(self.known_browser, mark, Some(400 * 86_400))
    }

    /// The language that was chosen, for as long.
    pub fn language(&self, text: Text) -> Option<HeaderValue> {
        self.preference(self.language, text.tag())
    }

    /// The appearance that was chosen, for as long.
    pub fn appearance(&self, appearance: Appearance) -> Option<HeaderValue> {
        self.preference(self.appearance, appearance.name())
    }

    /// Not `Strict`: a visit from another site is answered like this too. It says nothing else.
    fn preference(&self, name: &str, value: &str) -> Option<HeaderValue> {
        let attributes = self.attributes.replace("SameSite=Strict", "SameSite=Lax");
        let max_age = 400 * 86_400;
        HeaderValue::from_str(&format!("{name}={value}{attributes}; Max-Age={max_age}")).ok()
    }

    /// A cookie of that name, expired.
    pub fn expired(&self, name: &str) -> Option<HeaderValue> {
        self.write(name, "", Some(0))
    }

    /// Remembers for a few seconds that a visit from another site was sent round once. Not `Strict`, or it would
    /// be held back as the others were: it says nothing and opens nothing.
    pub fn bounced(&self) -> Option<HeaderValue> {
        let attributes = self.attributes.replace("SameSite=Strict", "SameSite=Lax");
        HeaderValue::from_str(&format!("{}=1{attributes}; Max-Age=10", self.bounce)).ok()
    }

    fn write(&self, name: &str, value: &str, max_age: Option<i64>) -> Option<HeaderValue> {
        let max_age = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
        let mut cookie =
            HeaderValue::from_str(&format!("{name}={value}{}{max_age}", self.attributes)).ok()?;
        cookie.set_sensitive(true);
        Some(cookie)
    }
}

/// Looks for a cookie by its exact name in all `Cookie` headers (HTTP/2 may split them).
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Found<'a> {
    let [found] = find_each(headers, [name]);
    found
}

/// Looks for several cookies in one go.
pub fn find_each<'a, const N: usize>(headers: &'a HeaderMap, names: [&str; N]) -> [Found<'a>; N] {
    let mut found = [Found::None; N];
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    for pair in pairs {
        let spaces = pair.iter().take_while(|byte| **byte == b' ').count();
        let pair = &pair[spaces..];
        for (found, name) in found.iter_mut().zip(names) {
            let Some(value) = pair
                .strip_prefix(name.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"="))
            else {
                continue;
            };
            *found = match (*found, std::str::from_utf8(value)) {
                (Found::None, Ok(value)) if value.is_ascii() => Found::One(value),
                _ => Found::Unusable,
            };
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).expect("header"));
        }
        headers
    }

    #[test]
    fn finds_the_exact_name_once() {
        for (lines, expected) in [
            (&[b"at=1".as_slice()][..], Found::One("1")),
            (&[b"x=2; at=1; y=3"], Found::One("1")),
            (&[b"x=2", b"at=1"], Found::One("1")),
            (&[b"at="], Found::One("")),
            (&[b"at=a=b"], Found::One("a=b")),
            (&[b"At=1; bat=1; at2=1; \tat=1; at =1; at"], Found::None),
            (&[b"at=1; at=1"], Found::Unusable),
            (&[b"at=1", b"at=2"], Found::Unusable),
            (&[b"at=\xff\xfe"], Found::Unusable),
            (&[], Found::None),
        ] {
            assert_eq!(find(&headers(lines), "at"), expected, "{lines:?}");
        }
    }

    #[test]
    fn attributes_follow_the_origin() {
        let https = Cookies::of(&Origin::parse("https://example.org").expect("origin"));
        let cookie = https.write(https.access, "t", None).expect("cookie");
        assert_eq!(
            cookie,
            "__Host-at=t; Path=/; Secure; HttpOnly; SameSite=Strict"
        );
        let http = Cookies::of(&Origin::parse("http://127.0.0.1:3000").expect("origin"));
        let cookie = http.write(http.refresh, "", Some(0)).expect("cookie");
        assert_eq!(cookie, "rt=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
