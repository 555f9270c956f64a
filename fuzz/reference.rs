//! An access token read a second time, by the rules alone: with a JSON reader and a base64url decoder of its own, and
//! nothing of the program's. Slow, plain, and meant to disagree where the program is wrong.

use aws_lc_rs::hmac;
use std::collections::{BTreeMap, BTreeSet};

/// What the reader holds true besides the token.
pub struct Rules<'a> {
    /// The key's name, and the key.
    pub kid: &'a str,
    pub key: &'a hmac::Key,
    pub issuer: &'a str,
    /// `web` or `api`.
    pub door: &'a str,
    /// Seconds since the Unix epoch.
    pub now: i64,
    pub life: i64,
}

/// What an accepted token says.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub sub: String,
    pub sid: String,
    pub iat: i64,
    pub exp: i64,
    pub auth_time: i64,
    pub ver: i64,
    pub roles: BTreeSet<String>,
}

/// What an accepted token says; `None` for a refused one.
pub fn read(token: &str, rules: &Rules<'_>) -> Option<Said> {
    if token.len() > 4096 {
        return None;
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, mac] = parts[..] else {
        return None;
    };
    let (header_bytes, payload_bytes, mac) =
        (base64url(header)?, base64url(payload)?, base64url(mac)?);
    let header = object(&header_bytes)?;
    let names: Vec<&str> = header.keys().map(String::as_str).collect();
    if names != ["alg", "kid", "typ"]
        || header["alg"] != Json::Text("HS256".into())
        || header["kid"] != Json::Text(rules.kid.into())
        || !["at+jwt", "application/at+jwt"]
            .iter()
            .any(|typ| header["typ"] == Json::Text((*typ).into()))
    {
        return None;
    }
    let signed = &token[..token.rfind('.')?];
    if mac != hmac::sign(rules.key, signed.as_bytes()).as_ref() {
        return None;
    }
    let mut claims = object(&payload_bytes)?;
    let iss = text(claims.remove("iss")?)?;
    let aud = text(claims.remove("aud")?)?;
    let sub = text(claims.remove("sub")?)?;
    let sid = text(claims.remove("sid")?)?;
    let jti = text(claims.remove("jti")?)?;
    let client_id = text(claims.remove("client_id")?)?;
    let iat = integer(claims.remove("iat")?)?;
    let nbf = integer(claims.remove("nbf")?)?;
    let exp = integer(claims.remove("exp")?)?;
    let auth_time = integer(claims.remove("auth_time")?)?;
    let ver = integer(claims.remove("ver")?)?;
    let Json::List(roles) = claims.remove("roles")? else {
        return None;
    };
    let roles = roles
        .into_iter()
        .map(|role| text(role).filter(|role| is_role(role)))
        .collect::<Option<BTreeSet<String>>>()?;
    let is_id = |id: &str| id.len() == 22 && base64url(id).is_some_and(|bytes| bytes.len() == 16);
    // In wide numbers, where nothing overflows.
    let [now, life] = [rules.now, rules.life].map(i128::from);
    let [wide_iat, wide_nbf, wide_exp, wide_auth] = [iat, nbf, exp, auth_time].map(i128::from);
    let holds = claims.is_empty()
        && iss == rules.issuer
        && aud == format!("{}/{}", rules.issuer, rules.door)
        && client_id == rules.door
        && is_id(&sub)
        && is_id(&sid)
        && (1..=64).contains(&jti.len())
        && wide_iat >= 0
        && wide_iat <= now + 5
        && wide_nbf <= now + 5
        && wide_iat <= wide_nbf
        && wide_nbf < wide_exp
        && wide_exp > now
        && (1..=life).contains(&(wide_exp - wide_iat))
        && (0..=wide_iat + 5).contains(&wide_auth)
        && ver >= 0
        && roles.len() <= 16;
    holds.then_some(Said {
        sub,
        sid,
        iat,
        exp,
        auth_time,
        ver,
        roles,
    })
}

fn is_role(role: &str) -> bool {
    let mut letters = role.chars();
    role.len() <= 32
        && letters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

/// RFC 4648, section 5, without padding, and with nothing in the bits that stand for nothing.
fn base64url(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for c in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == c)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
        bits &= (1 << held) - 1;
    }
    (bits == 0 && held < 6).then_some(bytes)
}

#[derive(Debug, PartialEq)]
enum Json {
    Text(String),
    Integer(i64),
    List(Vec<Json>),
    /// Anything that no claim can be.
    Other,
}

fn text(json: Json) -> Option<String> {
    match json {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

fn integer(json: Json) -> Option<i64> {
    match json {
        Json::Integer(integer) => Some(integer),
        _ => None,
    }
}

/// An object and nothing after it, each name once.
fn object(bytes: &[u8]) -> Option<BTreeMap<String, Json>> {
    let mut reader = Reader {
        rest: std::str::from_utf8(bytes).ok()?,
        depth: 0,
    };
    reader.space();
    let members = reader.members()?;
    reader.space();
    reader.rest.is_empty().then_some(members)
}

/// RFC 8259.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn takes(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn members(&mut self) -> Option<BTreeMap<String, Json>> {
        self.takes("{")?;
        let mut members = BTreeMap::new();
        self.space();
        if self.takes("}").is_some() {
            return Some(members);
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.takes(":")?;
            let value = self.value()?;
            if members.insert(name, value).is_some() {
                return None;
            }
            self.space();
            match self.next()? {
                ',' => {}
                '}' => return Some(members),
                _ => return None,
            }
        }
    }

    fn value(&mut self) -> Option<Json> {
        self.depth += 1;
        if self.depth > 100 {
            return None; // no claim is so deep
        }
        self.space();
        let value = match self.rest.chars().next()? {
            '"' => Json::Text(self.string()?),
            '{' => {
                self.members()?;
                Json::Other
            }
            '[' => Json::List(self.elements()?),
            '-' | '0'..='9' => self.number()?,
            _ => {
                let words = ["true", "false", "null"];
                words.iter().find_map(|word| self.takes(word))?;
                Json::Other
            }
        };
        self.depth -= 1;
        Some(value)
    }

    fn elements(&mut self) -> Option<Vec<Json>> {
        self.takes("[")?;
        let mut elements = Vec::new();
        self.space();
        if self.takes("]").is_some() {
            return Some(elements);
        }
        loop {
            elements.push(self.value()?);
            self.space();
            match self.next()? {
                ',' => {}
                ']' => return Some(elements),
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let whole = self.rest;
        let is_negative = self.takes("-").is_some();
        let digits = self.digits()?;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        let mut is_integer = !(is_negative && digits == "0"); // minus nothing is no integer of ours
        if self.takes(".").is_some() {
            self.digits()?;
            is_integer = false;
        }
        if self.takes("e").or_else(|| self.takes("E")).is_some() {
            let _ = self.takes("+").or_else(|| self.takes("-"));
            self.digits()?;
            is_integer = false;
        }
        let number = &whole[..whole.len() - self.rest.len()];
        match number.parse() {
            Ok(integer) if is_integer => Some(Json::Integer(integer)),
            _ => Some(Json::Other),
        }
    }

    fn digits(&mut self) -> Option<String> {
        let digits: String = self.rest.chars().take_while(char::is_ascii_digit).collect();
        self.rest = &self.rest[digits.len()..];
        (!digits.is_empty()).then_some(digits)
    }

    fn string(&mut self) -> Option<String> {
        self.takes("\"")?;
        let mut string = String::new();
        loop {
            match self.next()? {
                '"' => return Some(string),
                '\\' => string.push(self.escape()?),
                c if c < ' ' => return None,
                c => string.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                if (0xd800..0xdc00).contains(&first) {
                    self.takes("\\u")?;
                    let second = self.unit()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return None;
                    }
                    char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?
                } else {
                    char::from_u32(first)?
                }
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4)?;
        if !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).ok()
    }
}
