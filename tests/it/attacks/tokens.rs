//! Every way in which others have fooled token checks, from `tokens.json`: at the check itself, as a cookie, and as a
//! bearer. After each, the good token is good.

use super::{Case, assert_complete};
use crate::api::assert_refused;
use crate::app::{ORIGIN, PASSWORD, START, TestApp};
use crate::client::{Answer, Client};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde::Deserialize;
use std::collections::BTreeMap;
use vestibule::server::tokens::{Audience, Keyring, Secret};

const NOW: i64 = START / 1000;

/// A token to be made: like a good one, but for what is said here.
#[derive(Deserialize)]
pub struct Recipe {
    #[serde(flatten)]
    pub case: Case,
    #[serde(default)]
    accepted: bool,
    /// The whole token.
    token: Option<String>,
    /// Members in place of the good ones, as JSON; null for none.
    #[serde(default)]
    header: BTreeMap<String, Option<String>>,
    header_text: Option<String>,
    #[serde(default)]
    claims: BTreeMap<String, Option<String>>,
    claims_text: Option<String>,
    claims_after: Option<String>,
    #[serde(default)]
    utf16: bool,
    nested: Option<usize>,
    members: Option<usize>,
    mac: Option<String>,
    bend: Option<Bend>,
}

#[derive(Deserialize)]
enum Bend {
    #[serde(rename = "after")]
    After(String),
    #[serde(rename = "dots")]
    Dots(String),
    #[serde(rename = "in_header")]
    InHeader(String),
    #[serde(rename = "padded parts")]
    PaddedParts,
    #[serde(rename = "stray bits")]
    StrayBits,
    #[serde(rename = "line break")]
    LineBreak,
    #[serde(rename = "as JSON")]
    AsJson,
}

/// Somebody whose tokens are attacked, and their epoch is 2: the one before was taken back.
struct Victim {
    app: TestApp,
    removed: Keyring,
    previous: Keyring,
    sub: String,
    sid: String,
}

impl Victim {
    async fn new() -> Self {
        let secret =
            |byte: u8| Secret::from_random(std::array::from_fn(|at| byte ^ (at as u8 * 7)));
        let previous = secret(0x5a).to_text().to_string();
        let variables = [("VESTIBULE_PREVIOUS_SECRETS", previous.as_str())];
        let app = TestApp::sqlite().await.with_variables(&variables).await;
        let mut client = app.signed_in("ada@example.org").await;
        let change = [
            ("current_password", PASSWORD),
            ("new_password", "umber lantern quorum 77"),
        ];
        client
            .post("/action/change_password", &change)
            .await
            .assert_sees_other("/password");
        let claims = app
            .access_tokens
            .verify(client.access_token(), Audience::Web)
            .expect("good");
        assert_eq!(claims.ver, 2);
        Self {
            sub: claims.sub.to_string(),
            sid: claims.sid.to_string(),
            previous: Keyring::new(&secret(0x5a), &[]),
            removed: Keyring::new(&secret(0xa5), &[]),
            app,
        }
    }

    /// Fills in what stands in braces.
    fn fill(&self, text: &str, audience: Audience) -> String {
        let door = audience.as_str();
        let keyring = &self.app.keyring;
        let mut text = text
            .replace("{kid}", &keyring.access.current().kid)
            .replace("{previous kid}", &self.previous.access.current().kid)
            .replace("{removed kid}", &self.removed.access.current().kid)
            .replace("{refresh kid}", &keyring.refresh.current().kid)
            .replace("{origin}", ORIGIN)
            .replace("{audience}", &format!("{ORIGIN}/{door}"))
            .replace("{door}", door)
            .replace("{sub}", &self.sub)
            .replace("{sid}", &self.sid)
            .replace("{other}", "AAAAAAAAAAAAAAAAAAAAAA")
            .replace("{a*65536}", &"A".repeat(65_536));
        for (name, value) in [("{now", NOW), ("{ver", 2)] {
            while let Some(at) = text.find(name) {
                let end = at + text[at..].find('}').expect("a brace");
                let offset = &text[at + name.len()..end];
                let offset = match offset {
                    "" => 0,
                    offset => offset.parse::<i64>().expect("an offset"),
                };
                text.replace_range(at..=end, &(value + offset).to_string());
            }
        }
        text
    }

    fn members(
        &self,
        good: &[(&str, &str)],
        other: &BTreeMap<String, Option<String>>,
        audience: Audience,
    ) -> String {
        let kept = good.iter().filter(|(name, _)| !other.contains_key(*name));
        let kept = kept.map(|(name, value)| format!("\"{name}\":{value}"));
        let other = other
            .iter()
            .filter_map(|(name, value)| Some(format!("\"{name}\":{}", value.as_ref()?)));
        let members = kept.chain(other).collect::<Vec<_>>().join(",");
        self.fill(&format!("{{{members}}}"), audience)
    }

    fn header(&self, recipe: &Recipe, audience: Audience) -> String {
        const GOOD: &[(&str, &str)] = &[
            ("alg", "\"HS256\""),
            ("typ", "\"at+jwt\""),
            ("kid", "\"{kid}\""),
        ];
        match &recipe.header_text {
            Some(text) => self.fill(text, audience),
            None => self.members(GOOD, &recipe.header, audience),
        }
    }

    fn claims(&self, recipe: &Recipe, audience: Audience) -> Vec<u8> {
        const GOOD: &[(&str, &str)] = &[
            ("iss", "\"{origin}\""),
            ("aud", "\"{audience}\""),
            ("sub", "\"{sub}\""),
            ("sid", "\"{sid}\""),
            ("jti", "\"j1\""),
            ("client_id", "\"{door}\""),
            ("iat", "{now}"),
            ("nbf", "{now}"),
            ("exp", "{now+300}"),
            ("auth_time", "{now}"),
            ("ver", "{ver}"),
            ("roles", "[]"),
        ];
        let mut text = match (&recipe.claims_text, recipe.nested, recipe.members) {
            (Some(text), ..) => self.fill(text, audience),
            (_, Some(depth), _) => "[".repeat(depth) + &"]".repeat(depth),
            (_, _, Some(many)) => {
                let members = (0..many).map(|number| format!("\"k{number}\":1"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
            _ => self.members(GOOD, &recipe.claims, audience),
        };
        text.push_str(recipe.claims_after.as_deref().unwrap_or(""));
        if recipe.utf16 {
            return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        text.into_bytes()
    }

    /// The last parts that a token of this message can have.
    fn macs(&self, recipe: &Recipe, message: &str, good: &str) -> Vec<String> {
        let ours = &*self.app.keyring.access.current().bytes;
        let mac = |key: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        };
        let one = match recipe.mac.as_deref() {
            None => mac(ours),
            Some("none") => Vec::new(),
            Some("of the good token") => {
                return vec![good.rsplit('.').next().expect("a MAC").to_owned()];
            }
            Some("previous") => mac(&*self.previous.access.current().bytes),
            Some("removed") => mac(&*self.removed.access.current().bytes),
            Some("refresh") => mac(&*self.app.keyring.refresh.current().bytes),
            Some("flash") => mac(&*self.app.keyring.flash.current().bytes),
            Some("zero key") => mac(&[0; 32]),
            Some("zero byte") => mac(&[0]),
            Some("16 bytes") => mac(ours)[..16].to_vec(),
            Some("31 bytes") => mac(ours)[..31].to_vec(),
            Some("longer") => [mac(ours), vec![0]].concat(),
            Some("HS384") => {
                let key = EncodingKey::from_secret(ours);
                let mac = crypto::sign(message.as_bytes(), &key, Algorithm::HS384);
                return vec![mac.expect("a MAC")];
            }
            Some("low order") => [vec![1], vec![0; 63]].concat(),
            Some("public key") => mac(attacker().public_key().as_ref()),
            Some("ed25519") => attacker().sign(message.as_bytes()).as_ref().to_vec(),
            Some("ed25519 malleable") => malleable(attacker().sign(message.as_bytes()).as_ref()),
            Some("weak") => {
                let secrets = weak_secrets();
                let macs = secrets.iter().map(|secret| mac(secret.as_bytes()));
                return macs.map(|mac| URL_SAFE_NO_PAD.encode(mac)).collect();
            }
            Some(other) => panic!("{other} is no way to sign"),
        };
        vec![URL_SAFE_NO_PAD.encode(one)]
    }

    fn build(&self, recipe: &Recipe, audience: Audience) -> Vec<String> {
        if let Some(token) = &recipe.token {
            return vec![token.clone()];
        }
        let mut header = URL_SAFE_NO_PAD.encode(self.header(recipe, audience));
        let mut claims = URL_SAFE_NO_PAD.encode(self.claims(recipe, audience));
        match recipe.bend {
            Some(Bend::PaddedParts) => {
                header = format!("{header}{}", "=".repeat(4 - header.len() % 4));
                claims = format!("{claims}{}", "=".repeat(4 - claims.len() % 4));
            }
            Some(Bend::LineBreak) => header.insert_str(20, "\r\n"),
            _ => {}
        }
        let message = format!("{header}.{claims}");
        let good = self.good(audience);
        let macs = self.macs(recipe, &message, &good).into_iter();
        let tokens = macs.map(|mac| format!("{message}.{mac}"));
        tokens
            .flat_map(|token| bend(&token, recipe.bend.as_ref(), &header, &claims))
            .collect()
    }

    fn good(&self, audience: Audience) -> String {
        let recipe: Recipe = serde_json::from_str(r#"{"id": "", "what": ""}"#).expect("a recipe");
        let header = URL_SAFE_NO_PAD.encode(self.header(&recipe, audience));
        let message = format!(
            "{header}.{}",
            URL_SAFE_NO_PAD.encode(self.claims(&recipe, audience))
        );
        let key = EncodingKey::from_secret(&*self.app.keyring.access.current().bytes);
        let mac = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a MAC");
        format!("{message}.{mac}")
    }

    /// Whether the token is believed: by the check, by the page or the API, all the same. Where a header cannot carry
    /// it, by the check alone.
    async fn is_believed(&self, token: &str, audience: Audience) -> bool {
        let is_good = self.app.access_tokens.verify(token, audience).is_ok();
        let (name, value, path) = match audience {
            Audience::Web => ("cookie", format!("__Host-at={token}"), "/profile"),
            Audience::Api => ("authorization", format!("Bearer {token}"), "/api/v1/me"),
        };
        let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) else {
            assert!(token.chars().any(char::is_control) && !is_good);
            return is_good;
        };
        let request = Request::get(path).header(name, value);
        let request = request.header("accept", "text/html").body(Body::empty());
        let answer = self
            .app
            .client()
            .send_request(request.expect("a request"))
            .await;
        if is_good {
            assert_eq!(answer.status, 200, "{token}");
        } else {
            assert_turned_away(&answer, audience, token);
        }
        is_good
    }
}

/// In one way, whatever was wrong.
fn assert_turned_away(answer: &Answer, audience: Audience, token: &str) {
    match audience {
        Audience::Web => {
            answer.assert_sees_other("/login?next=/profile");
            assert_eq!(answer.body, "");
            let cookies = answer.set_cookies();
            assert!(cookies.iter().all(|cookie| cookie.is_expiry()), "{token}");
            assert_eq!(cookies.len(), 2, "{token}");
        }
        Audience::Api => {
            assert_refused(answer, 401, "not_signed_in", Some("invalid_token"));
            const BODY: &str =
                r#"{"error":{"code":"not_signed_in","message":"Sign in to continue."}}"#;
            assert_eq!(answer.body, BODY);
            assert!(answer.set_cookies().is_empty());
        }
    }
}

fn bend(token: &str, bend: Option<&Bend>, header: &str, claims: &str) -> Vec<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = token.split_at(token.len() - 1);
    let mac = token.rsplit('.').next().expect("a MAC");
    match bend {
        None | Some(Bend::PaddedParts | Bend::LineBreak) => vec![token.to_owned()],
        Some(Bend::After(more)) => vec![format!("{token}{more}")],
        Some(Bend::Dots(dot)) => vec![token.replace('.', dot)],
        Some(Bend::InHeader(more)) => {
            let (start, last) = header.split_at(header.len() - 1);
            vec![format!("{start}{more}{last}.{claims}.{mac}")]
        }
        Some(Bend::StrayBits) => {
            let last = ALPHABET.find(last).expect("base64url");
            let others = (1..4).map(|stray| &ALPHABET[last ^ stray..=last ^ stray]);
            others.map(|last| format!("{start}{last}")).collect()
        }
        Some(Bend::AsJson) => vec![format!(
            r#"{{"payload":"{}","signatures":[{{"protected":"{header}","signature":"{mac}"}}],"x":"{token}"}}"#,
            URL_SAFE_NO_PAD.encode(r#"{"sub":"AAAAAAAAAAAAAAAAAAAAAA"}"#)
        )],
    }
}

fn attacker() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[1; 32]).expect("a key")
}

/// The same signature with the group's order added to its second half.
fn malleable(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = signature.to_vec();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    bytes
}

/// What stands in samples, tutorials and lists of weak keys.
fn weak_secrets() -> Vec<String> {
    let mut secrets: Vec<String> = include_str!("weak_secrets.txt")
        .lines()
        .map(str::to_owned)
        .collect();
    secrets.extend(["", "\0", "a", " "].map(str::to_owned));
    secrets.extend(["a", "0", "\u{7f}"].map(|one| one.repeat(32)));
    secrets
}

pub fn recipes() -> Vec<Recipe> {
    serde_json::from_str(include_str!("tokens.json")).expect("recipes")
}

#[tokio::test]
async fn only_what_we_would_write_is_believed() {
    let victim = Victim::new().await;
    let mut tried = 0;
    for audience in [Audience::Web, Audience::Api] {
        let good = victim.good(audience);
        for recipe in recipes().iter().filter(|recipe| recipe.case.is_tried()) {
            for token in victim.build(recipe, audience) {
                let (id, what) = (&recipe.case.id, &recipe.case.what);
                let believed = victim.is_believed(&token, audience).await;
                assert_eq!(believed, recipe.accepted, "{id}, {what}: {token}");
                assert!(victim.is_believed(&good, audience).await, "after {id}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn the_list_is_complete() {
    let recipes = recipes();
    assert_complete(recipes.iter().map(|recipe| &recipe.case));
    assert!(
        recipes
            .iter()
            .filter(|recipe| recipe.case.is_tried())
            .count()
            >= 140
    );
}

/// Every one of a token's characters counts, and every bit of its MAC.
#[tokio::test]
async fn nothing_of_a_token_can_be_changed() {
    let victim = Victim::new().await;
    let good = victim.good(Audience::Web);
    let verify = |token: &str| victim.app.access_tokens.verify(token, Audience::Web);
    let mut changed = 0;
    for at in 0..good.len() {
        for other in "AQgw9-_.=%\u{7f}"
            .chars()
            .filter(|other| !good[at..].starts_with(*other))
        {
            let mut token = good.clone();
            token.replace_range(at..=at, &other.to_string());
            assert!(verify(&token).is_err(), "{token}");
            changed += 1;
        }
        let mut shorter = good.clone();
        shorter.remove(at);
        assert!(verify(&shorter).is_err() && verify(&good[..at]).is_err());
        let mut longer = good.clone();
        longer.insert(at, 'A');
        assert!(verify(&longer).is_err());
    }
    assert!(changed > 3_000);
    let (message, mac) = good.rsplit_once('.').expect("a MAC");
    let mac = URL_SAFE_NO_PAD.decode(mac).expect("base64url");
    for bit in 0..256 {
        let mut other = mac.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&other));
        assert!(verify(&token).is_err(), "{token}");
    }
    for written in [STANDARD.encode(&mac), URL_SAFE.encode(&mac)] {
        assert!(verify(&format!("{message}.{written}")).is_err());
    }
    assert!(verify(&good).is_ok());
}

/// RFC 7515, appendix A.1, and RFC 7797, section 4: the algorithm is the standard's, and its tokens are none of ours.
#[tokio::test]
async fn the_standards_own_examples() {
    let recipes = recipes();
    const KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = URL_SAFE_NO_PAD.decode(KEY).expect("base64url");
    let key = DecodingKey::from_secret(&key);
    for (id, detached) in [("vec-005", ""), ("vec-006", ""), ("vec-006b", "$.02")] {
        let example = recipes.iter().find(|recipe| recipe.case.id == id);
        let token = example.and_then(|recipe| recipe.token.as_deref());
        let (message, mac) = token.and_then(|token| token.rsplit_once('.')).expect(id);
        let message = format!("{message}{detached}");
        let is_right = crypto::verify(mac, message.as_bytes(), &key, Algorithm::HS256);
        assert!(is_right.expect("compared"), "{id}");
    }
}

/// A refresh token, a flash and what else we seal is no access token, and an access token none of them.
#[tokio::test]
async fn what_is_made_for_one_purpose_is_good_for_no_other() {
    let app = TestApp::sqlite().await;
    let client = app.signed_in("ada@example.org").await;
    let (access, refresh) = (client.access_token(), client.refresh_token());
    let mut login = app.client();
    let typed = [("email", "ada@example.org"), ("password", "wrong")];
    login
        .post("/action/login", &typed)
        .await
        .assert_sees_other("/login");
    let flash = login.cookies.get("__Host-flash").expect("a flash").clone();
    let turned_away = async |mut client: Client| {
        client
            .get("/profile")
            .await
            .assert_sees_other("/login?next=/profile");
    };
    for other in [refresh, &flash] {
        turned_away(app.client().with_cookie("__Host-at", other)).await;
    }
    for other in [access, &flash] {
        turned_away(app.client().with_cookie("__Host-rt", other)).await;
    }
    for other in [access, refresh] {
        let mut client = app.client().with_cookie("__Host-flash", other);
        assert!(
            client
                .get("/login")
                .await
                .page()
                .by_id("error-summary")
                .is_none()
        );
    }
}
