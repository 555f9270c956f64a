//! E-mail addresses: parsed and normalised once, so that one mailbox is one account.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{Field, Problem, Reason};

/// Longest address in bytes: a path is at most 256 with its angle brackets (RFC 5321 section 4.5.3.1.3).
const MAX_BYTES: usize = 254;
/// Longest local part in bytes (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;
/// Above this the IDNA mapping is not even tried: four bytes of UTF-8 for each of 254 characters, rounded up.
const MAX_RAW_BYTES: usize = 1024;

/// A normalised address: ASCII, lower case, the domain in its IDNA ASCII form, at most 254 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    /// Reads what a person typed.
    ///
    /// ASCII whitespace around it is dropped. The local part is an RFC 5321 dot-string in ASCII; quoted strings,
    /// comments and non-ASCII local parts are refused, the latter as typed, before any Unicode mapping could
    /// turn a look-alike (U+212A, the kelvin sign, for `k`) into somebody else's address. It is lower-cased:
    /// RFC 5321 section 2.4 leaves its case to the receiving host, but no provider in use tells `Ann@` from
    /// `ann@`, and people type both. The domain goes through IDNA (UTS 46) and needs two labels at least;
    /// address literals are refused. Parsing the result again gives the same.
    pub fn parse(raw: &str) -> Result<Email, Problem> {
        let refuse = |reason| Problem::new(Field::Email, reason);
        let too_long = Reason::TooLong {
            max: MAX_BYTES as u16,
        };
        let raw = raw.trim_matches(|c: char| c.is_ascii_whitespace());
        if raw.is_empty() {
            return Err(refuse(Reason::Required));
        }
        if raw.len() > MAX_RAW_BYTES {
            return Err(refuse(too_long));
        }
        let malformed = || refuse(Reason::Malformed);
        let (local, domain) = raw.split_once('@').ok_or_else(malformed)?;
        let domain = ascii_domain(domain).ok_or_else(malformed)?;
        if local.len() + 1 + domain.len() > MAX_BYTES {
            return Err(refuse(too_long));
        }
        if !is_dot_string(local) {
            return Err(malformed());
        }
        Ok(Email(format!("{}@{domain}", local.to_ascii_lowercase())))
    }

    /// Takes an address from the database. Trusted: it was parsed when written.
    pub fn from_stored(stored: String) -> Self {
        Email(stored)
    }

    /// The whole address, as it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }
}

/// RFC 5321 section 4.1.2 `Dot-string`: atoms of `atext` (RFC 5322 section 3.2.3) joined by single dots.
fn is_dot_string(local: &str) -> bool {
    let is_atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    local.len() <= MAX_LOCAL_BYTES
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

/// The domain in ASCII, if it is a host name (RFC 1123 section 2.1) of two labels or more.
fn ascii_domain(domain: &str) -> Option<String> {
    // The URL host parser would decode percent escapes, which mean nothing in an e-mail.
    if domain.contains('%') {
        return None;
    }
    let url::Host::Domain(ascii) = url::Host::parse(domain).ok()? else {
        return None;
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (ascii.contains('.') && ascii.split('.').all(is_label)).then_some(ascii)
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = Problem;

    fn try_from(raw: String) -> Result<Self, Problem> {
        Email::parse(&raw)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason(raw: &str) -> Reason {
        Email::parse(raw).unwrap_err().reason
    }

    #[test]
    fn normalises() {
        for (raw, expected) in [
            ("ann@example.org", "ann@example.org"),
            ("  Ann.Lee+Shop@Example.ORG\r\n", "ann.lee+shop@example.org"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@bu\u{308}cher.example", "ann@xn--bcher-kva.example"),
            ("ann@例え.jp", "ann@xn--r8jz45g.jp"),
            ("ann@例え。jp", "ann@xn--r8jz45g.jp"),
            ("!#$%&'*+-/=?^_`{|}~@a.b", "!#$%&'*+-/=?^_`{|}~@a.b"),
        ] {
            assert_eq!(Email::parse(raw).unwrap().as_str(), expected, "{raw:?}");
        }
        assert_eq!(Email::parse("Ann@a.org").unwrap().local_part(), "ann");
    }

    #[test]
    fn refuses_malformed() {
        for raw in [
            "ann",
            "@example.org",
            "ann@",
            "ann@@example.org",
            "ann@b@example.org",
            "ann@localhost",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "ann@[IPv6:::1]",
            "ann@[::1]",
            "ann@0x7f.1",
            "ann@example.1",
            "ann@example.org.",
            "ann@.example.org",
            "ann@example..org",
            "ann@-example.org",
            "ann@example-.org",
            "ann@exa_mple.org",
            "ann@ex%61mple.org",
            "ann@example.org:25",
            "ann@example.org/x",
            "ann@exa mple.org",
            "ann@xn--a.org",
            ".ann@example.org",
            "ann.@example.org",
            "a..nn@example.org",
            "\"ann\"@example.org",
            "ann(x)@example.org",
            "a nn@example.org",
            "<ann@example.org>",
            "Ann <ann@example.org>",
            "ann@example.org,bob@example.org",
            "ann\0@example.org",
            "ann@example.org\0",
            "ann\r\nBcc: bob@example.org",
            "ann@example.org\r\nx",
            "änn@example.org",
            "an\u{212A}@example.org",
            "ann\u{FF20}example.org",
            "ann@\u{202E}example.org",
        ] {
            assert_eq!(reason(raw), Reason::Malformed, "{raw:?}");
        }
    }

    #[test]
    fn limits() {
        assert_eq!(reason(""), Reason::Required);
        assert_eq!(reason(" \t\r\n"), Reason::Required);

        assert!(Email::parse(&format!("{}@a.org", "x".repeat(64))).is_ok());
        assert_eq!(
            reason(&format!("{}@a.org", "x".repeat(65))),
            Reason::Malformed
        );

        let label = "d".repeat(62);
        let of_254_bytes = format!("{}@{label}.{label}.{label}.org", "x".repeat(61));
        assert_eq!(of_254_bytes.len(), 254);
        assert!(Email::parse(&of_254_bytes).is_ok());
        let too_long = Reason::TooLong { max: 254 };
        assert_eq!(reason(&format!("x{of_254_bytes}")), too_long);
        assert_eq!(reason(&"x".repeat(1 << 20)), too_long);
        assert_eq!(reason(&"x".repeat(MAX_RAW_BYTES + 1)), too_long);
        assert_eq!(reason(&"x".repeat(MAX_RAW_BYTES)), Reason::Malformed);
    }

    #[test]
    fn it_shows_itself_whole() {
        let email = Email::parse("Ann@Example.org").unwrap();
        assert_eq!(email.to_string(), "ann@example.org");
    }

    #[test]
    fn json_is_a_checked_string() {
        let email = Email::parse("ann@example.org").unwrap();
        let json = serde_json::to_string(&email).unwrap();
        assert_eq!(json, "\"ann@example.org\"");
        assert_eq!(serde_json::from_str::<Email>(&json).unwrap(), email);
        assert!(serde_json::from_str::<Email>("\"ann\"").is_err());
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(raw in "\\PC{0,12}|[a-zA-Z0-9.+]{1,8}@[a-zA-Z0-9äßÄİ例。.-]{1,12}\\.[a-zA-Zéﬁ]{2,4}") {
            if let Ok(email) = Email::parse(&raw) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert_eq!(email.as_str(), email.as_str().to_lowercase());
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }

        #[test]
        fn ordinary_addresses_are_accepted(raw in "[a-zA-Z0-9]{1,64}@[a-wyz][a-z0-9]{0,62}\\.[a-z]{2,20}") {
            prop_assert!(Email::parse(&raw).is_ok());
        }

        #[test]
        fn no_input_panics(raw in any::<String>()) {
            let _ = Email::parse(&raw);
        }
    }
}
