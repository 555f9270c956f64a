//! What an access token must be, to the byte, before a page believes it.

use crate::app::{ORIGIN, START, TestApp};
use crate::client::Client;
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde_json::{Value, json};
use vestibule::server::tokens::{Audience, Grant};

/// Somebody who is signed in, and what their token is made of.
struct Victim {
    app: TestApp,
    client: Client,
    token: String,
    header: String,
    payload: String,
}

const NOW: i64 = START / 1000;

impl Victim {
    async fn new() -> Self {
        let app = TestApp::sqlite().await;
        let client = app.signed_in("ada@example.org").await;
        let token = client.access_token().to_owned();
        let parts: Vec<_> = token.split('.').map(decode).collect();
        Self {
            header: parts[0].clone(),
            payload: parts[1].clone(),
            app,
            client,
            token,
        }
    }

    fn key(&self) -> &[u8] {
        &*self.app.keyring.access.current().bytes
    }

    /// A token of this header and payload under the right key.
    fn sign(&self, header: &str, payload: &str) -> String {
        self.sign_parts(&encode(header), &encode(payload))
    }

    fn sign_parts(&self, header: &str, payload: &str) -> String {
        let message = format!("{header}.{payload}");
        let key = EncodingKey::from_secret(self.key());
        let mac = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a MAC");
        format!("{message}.{mac}")
    }

    /// A token whose payload has one thing replaced.
    fn with_payload(&self, from: &str, to: &str) -> String {
        assert!(self.payload.contains(from), "{from} is in {}", self.payload);
        self.sign(&self.header, &self.payload.replacen(from, to, 1))
    }

    /// A token whose claim has this value; `None` for no such claim.
    fn with_claim(&self, name: &str, value: Option<Value>) -> String {
        let mut claims: Value = serde_json::from_str(&self.payload).expect("JSON");
        let claims_of = claims.as_object_mut().expect("an object");
        match value {
            Some(value) => claims_of.insert(name.to_owned(), value),
            None => claims_of.remove(name),
        };
        self.sign(&self.header, &claims.to_string())
    }

    async fn is_accepted(&self, token: &str) -> bool {
        let mut client = self.app.client().with_cookie("__Host-at", token);
        let answer = client.get("/profile").await;
        if answer.status == 200 {
            return true;
        }
        answer.assert_sees_other("/login?next=/profile");
        assert!(answer.body.is_empty());
        assert!(
            answer
                .set_cookie("__Host-at")
                .is_some_and(|cookie| cookie.is_expiry()),
            "{token} is taken away"
        );
        false
    }

    #[track_caller]
    fn assert_distinct(&self, token: &str) {
        assert_ne!(token, self.token);
    }

    async fn assert_refused(&self, what: &str, token: &str) {
        self.assert_distinct(token);
        assert!(!self.is_accepted(token).await, "{what}: {token}");
    }
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn decode(part: &str) -> String {
    String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).into_owned()
}

/// A last character whose stray bits are set, so that a lax decoder reads the same.
fn other_spelling(part: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(part.len() % 4, 0, "it has stray bits");
    let last = part
        .chars()
        .last()
        .and_then(|last| ALPHABET.find(last))
        .expect("base64url");
    format!(
        "{}{}",
        &part[..part.len() - 1],
        ALPHABET.chars().nth(last + 1).expect("the next")
    )
}

#[tokio::test]
async fn header_and_claims_are_exactly_the_contract_s() {
    let victim = Victim::new().await;
    let kid = &victim.app.keyring.access.current().kid;
    assert_eq!(
        victim.header,
        format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#)
    );
    let claims: Value = serde_json::from_str(&victim.payload).expect("JSON");
    let id = victim.app.text("SELECT id FROM users").await;
    let session = victim.app.text("SELECT id FROM sessions").await;
    assert_eq!(
        claims,
        json!({
            "iss": ORIGIN, "aud": format!("{ORIGIN}/web"), "sub": id, "sid": session, "jti": claims["jti"],
            "client_id": "web", "iat": NOW, "nbf": NOW, "exp": NOW + 300, "auth_time": NOW, "ver": 1, "roles": [],
        })
    );
    assert_eq!(claims["jti"].as_str().map(str::len), Some(22));
    let (_, answer) = victim
        .app
        .sign_in("ada@example.org", crate::app::PASSWORD)
        .await;
    let other = answer.set_cookie("__Host-at").expect("a token").value;
    let other: Value =
        serde_json::from_str(&decode(other.split('.').nth(1).expect("a payload"))).expect("JSON");
    assert_ne!(other["jti"], claims["jti"]);
    assert_ne!(other["sid"], claims["sid"]);
}

#[tokio::test]
async fn the_key_and_its_name_are_derived_as_the_contract_says() {
    let app = TestApp::sqlite().await;
    let secret = URL_SAFE_NO_PAD
        .decode(crate::app::secret())
        .expect("base64url");
    // RFC 5869 by hand: without a salt, extract is an HMAC under 32 zeros; one block is expanded.
    let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[0; 32]), &secret);
    let block = [b"vestibule/access-token/v1".as_slice(), &[1]].concat();
    let key = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, extracted.as_ref()),
        &block,
    );
    let current = app.keyring.access.current();
    assert_eq!(current.bytes.as_slice(), key.as_ref());
    let digest = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, key.as_ref()));
    assert_eq!(current.kid, digest[..12]);
}

#[tokio::test]
async fn tokens_that_are_good_however_written() {
    let victim = Victim::new().await;
    let kid = &victim.app.keyring.access.current().kid;
    for (what, token) in [
        ("itself", victim.token.clone()),
        ("made again", victim.sign(&victim.header, &victim.payload)),
        (
            "members in another order",
            victim.sign(
                &format!(
                    r#"{{ "kid":"{kid}",
            "typ":"at+jwt","alg":"HS256" }}"#
                ),
                &victim.payload,
            ),
        ),
        (
            "the media type in full",
            victim.sign(
                &format!(r#"{{"alg":"HS256","typ":"application/at+jwt","kid":"{kid}"}}"#),
                &victim.payload,
            ),
        ),
        (
            "another good epoch",
            victim.with_claim("ver", Some(json!(7))),
        ),
        (
            "five seconds ahead",
            victim.with_payload(
                &format!("\"iat\":{NOW},\"nbf\":{NOW}"),
                &format!("\"iat\":{},\"nbf\":{}", NOW + 5, NOW + 5),
            ),
        ),
    ] {
        assert!(victim.is_accepted(&token).await, "{what}: {token}");
    }
}

#[tokio::test]
async fn no_other_header_is_believed() {
    let victim = Victim::new().await;
    let kid = victim.app.keyring.access.current().kid.clone();
    let refresh_kid = victim.app.keyring.refresh.current().kid.clone();
    for header in [
        r#"{"alg":"none","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"None","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"HS384","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"HS512","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"hs256","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":null,"typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":["HS256"],"typ":"at+jwt","kid":"K"}"#,
        r#"{"typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"K"}"#,
        r#"{"alg":"HS256","typ":"rt+jwt","kid":"K"}"#,
        r#"{"alg":"HS256","typ":"application/application/at+jwt","kid":"K"}"#,
        r#"{"alg":"HS256","typ":"","kid":"K"}"#,
        r#"{"alg":"HS256","typ":null,"kid":"K"}"#,
        r#"{"alg":"HS256","kid":"K"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":null}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":["K"]}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":""}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"AAAAAAAAAAAA"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"../../dev/null"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K' OR '1'='1"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"R"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","crit":["exp"]}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","crit":[]}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","b64":false}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","jku":"https://evil.example/keys"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","jwk":{"kty":"oct","k":"AA"}}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","x5u":"https://evil.example/"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","cty":"JWT"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","zip":"DEF"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","Alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"HS256","alg":"HS256","typ":"at+jwt","kid":"K"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K","kid":"K"}"#,
        r#"["HS256","at+jwt","K"]"#,
        r#"[{"alg":"HS256","typ":"at+jwt","kid":"K"}]"#,
        r#""HS256""#,
        "null",
        "",
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K"}{}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K"},"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"K",}"#,
        r#"{'alg':'HS256','typ':'at+jwt','kid':'K'}"#,
        "\u{feff}{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"K\"}",
    ] {
        let header = header
            .replace('K', &kid)
            .replace("\"R\"", &format!("\"{refresh_kid}\""));
        victim
            .assert_refused("header", &victim.sign(&header, &victim.payload))
            .await;
    }
    assert!(
        victim.is_accepted(&victim.token).await,
        "after all that, the good one"
    );
}

#[tokio::test]
async fn no_other_signature_is_believed() {
    let victim = Victim::new().await;
    let (message, mac) = victim.token.rsplit_once('.').expect("a token");
    let mac_under = |key: &[u8], algorithm| {
        crypto::sign(
            message.as_bytes(),
            &EncodingKey::from_secret(key),
            algorithm,
        )
        .expect("a MAC")
    };
    let secret = URL_SAFE_NO_PAD
        .decode(crate::app::secret())
        .expect("base64url");
    let long = mac_under(victim.key(), Algorithm::HS512);
    for (what, other) in [
        ("none", String::new()),
        ("HS384", mac_under(victim.key(), Algorithm::HS384)),
        ("HS512", long.clone()),
        ("HS512, cut to length", long[..43].to_owned()),
        ("an empty key", mac_under(b"", Algorithm::HS256)),
        (
            "the key's own name",
            mac_under(
                victim.app.keyring.access.current().kid.as_bytes(),
                Algorithm::HS256,
            ),
        ),
        ("the secret itself", mac_under(&secret, Algorithm::HS256)),
        (
            "the secret as text",
            mac_under(crate::app::secret().as_bytes(), Algorithm::HS256),
        ),
        (
            "the refresh tokens' key",
            mac_under(
                &*victim.app.keyring.refresh.current().bytes,
                Algorithm::HS256,
            ),
        ),
        (
            "the flash cookie's key",
            mac_under(&*victim.app.keyring.flash.current().bytes, Algorithm::HS256),
        ),
        ("another spelling", other_spelling(mac)),
        ("padded", format!("{mac}=")),
        ("shorter", mac[..42].to_owned()),
        ("longer", format!("{mac}A")),
        ("zeros", "A".repeat(43)),
    ] {
        victim
            .assert_refused(what, &format!("{message}.{other}"))
            .await;
    }
    for at in [
        0,
        10,
        victim.header.len() + 20,
        message.len() - 1,
        message.len() + 1,
        victim.token.len() - 2,
    ] {
        let mut bytes = victim.token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        victim
            .assert_refused("one character", &String::from_utf8(bytes).expect("ASCII"))
            .await;
    }
    // Any payload under `none`, as the classic attack has it.
    for alg in ["none", "None", "NONE", "nOnE"] {
        let header = victim.header.replace("HS256", alg);
        victim
            .assert_refused(
                alg,
                &format!("{}.{}.", encode(&header), encode(&victim.payload)),
            )
            .await;
    }
}

#[tokio::test]
async fn no_other_shape_is_believed() {
    let victim = Victim::new().await;
    let parts: Vec<_> = victim.token.split('.').collect();
    let [header, payload, mac] = parts[..] else {
        panic!("three parts")
    };
    // A payload with stray bits, whatever its length was.
    let loose = (0..3)
        .map(|spaces| encode(&format!("{}{}", victim.payload, " ".repeat(spaces))))
        .find(|payload| payload.len() % 4 != 0)
        .expect("one of three");
    assert!(victim.is_accepted(&victim.sign_parts(header, &loose)).await);
    let loose_header = (0..3)
        .map(|spaces| encode(&format!("{}{}", victim.header, " ".repeat(spaces))))
        .find(|header| header.len() % 4 != 0)
        .expect("one of three");
    assert!(
        victim
            .is_accepted(&victim.sign_parts(&loose_header, payload))
            .await
    );
    for (what, token) in [
        (
            "another spelling of the payload",
            victim.sign_parts(header, &other_spelling(&loose)),
        ),
        (
            "another spelling of the header",
            victim.sign_parts(&other_spelling(&loose_header), payload),
        ),
        (
            "padded",
            victim.sign_parts(
                header,
                &URL_SAFE
                    .encode(format!("{} ", decode(&loose)))
                    .replace("==", "="),
            ),
        ),
        (
            "the other alphabet",
            victim.sign_parts(&STANDARD.encode("{\"alg\":\"\u{fb}\u{ff}?>\"}"), payload),
        ),
        ("two parts", format!("{header}.{payload}")),
        ("one part", header.to_owned()),
        ("four parts", format!("{}.x", victim.token)),
        (
            "five parts, as a JWE has",
            format!("{header}.{payload}.{mac}.{mac}.{mac}"),
        ),
        ("empty parts", "..".to_owned()),
        ("an empty header", format!(".{payload}.{mac}")),
        ("an empty payload", victim.sign_parts(header, "")),
        ("a dot before", format!(".{}", victim.token)),
        ("a dot after", format!("{}.", victim.token)),
        ("a space before", format!(" {}", victim.token)),
        ("a space within", format!("{header}. {payload}.{mac}")),
        ("a tab after", format!("{}\t", victim.token)),
        ("quotes", format!("\"{}\"", victim.token)),
        ("a scheme", format!("Bearer {}", victim.token)),
        ("percent", victim.token.replacen('.', "%2E", 1)),
        (
            "JSON serialisation",
            format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{mac}"}}"#),
        ),
    ] {
        victim.assert_refused(what, &token).await;
    }
    // The standard alphabet's two characters in place of base64url's.
    let with_dash = (0..200)
        .map(|n| victim.with_claim("jti", Some(json!(format!("{n}~?>")))))
        .find(|token| token.contains('-') || token.contains('_'))
        .expect("one of them has a - or _");
    assert!(victim.is_accepted(&with_dash).await);
    victim
        .assert_refused(
            "the standard alphabet",
            &with_dash.replace('-', "+").replace('_', "/"),
        )
        .await;
    let parts: Vec<_> = with_dash.split('.').collect();
    let standard = victim.sign_parts(
        &parts[0].replace('-', "+").replace('_', "/"),
        &parts[1].replace('-', "+").replace('_', "/"),
    );
    if standard != with_dash {
        victim
            .assert_refused("the standard alphabet, signed", &standard)
            .await;
    }
}

#[tokio::test]
async fn four_kibibytes_are_the_most() {
    let victim = Victim::new().await;
    let padded = |spaces: usize| {
        victim.sign(
            &victim.header,
            &format!("{}{}", victim.payload, " ".repeat(spaces)),
        )
    };
    let largest = (0..5000)
        .rev()
        .find(|spaces| padded(*spaces).len() <= 4096)
        .expect("one of them");
    assert!(padded(largest).len() >= 4095);
    assert!(victim.is_accepted(&padded(largest)).await);
    victim
        .assert_refused("too long", &padded(largest + 1))
        .await;
    victim.assert_refused("far too long", &padded(40_000)).await;
}

#[tokio::test]
async fn no_other_claims_are_believed() {
    let victim = Victim::new().await;
    let claims: Value = serde_json::from_str(&victim.payload).expect("JSON");
    let names: Vec<_> = claims
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(names.len(), 12);
    for name in &names {
        victim
            .assert_refused(&format!("without {name}"), &victim.with_claim(name, None))
            .await;
        for wrong in [
            Value::Null,
            json!(true),
            json!({}),
            json!([1]),
            json!(-1),
            json!(1e300),
            json!("x y"),
        ] {
            let what = format!("{name} is {wrong}");
            if name == "jti" && wrong == json!("x y") {
                continue; // any name will do for a token
            }
            victim
                .assert_refused(&what, &victim.with_claim(name, Some(wrong)))
                .await;
        }
        let value = &claims[name];
        victim
            .assert_refused(
                &format!("{name} in an array"),
                &victim.with_claim(name, Some(json!([value]))),
            )
            .await;
        let pair = format!("\"{name}\":{value}");
        victim
            .assert_refused(
                &format!("{name} twice"),
                &victim.with_payload(&pair, &format!("{pair},{pair}")),
            )
            .await;
    }
    for extra in ["admin", "scope", "email", "Sub", "crit", ""] {
        victim
            .assert_refused(
                &format!("with {extra}"),
                &victim.with_claim(extra, Some(json!("x"))),
            )
            .await;
    }
    for (name, wrong) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://app.example/")),
        ("iss", json!("https://APP.example")),
        ("iss", json!("")),
        ("aud", json!("https://app.example")),
        ("aud", json!("https://app.example/api")),
        (
            "aud",
            json!(["https://app.example/web", "https://evil.example"]),
        ),
        ("client_id", json!("api")),
        ("client_id", json!("Web")),
        ("sub", json!("")),
        ("sub", json!("AAAAAAAAAAAAAAAAAAAAAB")),
        ("sub", json!("AAAAAAAAAAAAAAAAAAAAAAA")),
        ("sid", json!("short")),
        ("jti", json!("")),
        ("jti", json!("j".repeat(65))),
        ("iat", json!(NOW + 6)),
        ("nbf", json!(NOW + 6)),
        ("nbf", json!(NOW - 1)),
        ("exp", json!(NOW)),
        ("exp", json!(NOW - 1)),
        ("exp", json!(0)),
        ("exp", json!(NOW + 301)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(NOW - 1)),
        ("auth_time", json!(NOW + 6)),
        ("ver", json!("1")),
        ("roles", json!("administrator")),
        ("roles", json!(["Administrator"])),
        ("roles", json!(["a b"])),
        (
            "roles",
            json!((0..17).map(|n| format!("role{n}")).collect::<Vec<_>>()),
        ),
    ] {
        let what = format!("{name} is {wrong}");
        victim
            .assert_refused(&what, &victim.with_claim(name, Some(wrong)))
            .await;
    }
    // Good for no moment at all.
    let (from, to) = (
        format!("\"nbf\":{NOW},\"exp\":{}", NOW + 300),
        format!("\"nbf\":{0},\"exp\":{0}", NOW + 5),
    );
    victim
        .assert_refused(&to, &victim.with_payload(&from, &to))
        .await;
    for name in ["iat", "nbf", "exp", "auth_time", "ver"] {
        let value = &claims[name];
        for number in [
            format!("{value}.0"),
            format!("{value}e0"),
            format!("\"{value}\""),
            format!("{value}.5"),
        ] {
            let (from, to) = (
                format!("\"{name}\":{value}"),
                format!("\"{name}\":{number}"),
            );
            victim
                .assert_refused(&to, &victim.with_payload(&from, &to))
                .await;
        }
    }
    for (what, payload) in [
        ("an array", format!("[{}]", victim.payload)),
        (
            "values alone",
            Value::Array(
                claims
                    .as_object()
                    .expect("an object")
                    .values()
                    .cloned()
                    .collect(),
            )
            .to_string(),
        ),
        ("a string", format!("{:?}", victim.payload)),
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("something after", format!("{}{{}}", victim.payload)),
        ("a comment", victim.payload.replacen('{', "{/**/", 1)),
        (
            "a deep nest",
            format!("{}{}", "[".repeat(1000), "]".repeat(1000)),
        ),
        ("a NUL", "\u{0}".to_owned()),
    ] {
        victim
            .assert_refused(what, &victim.sign(&victim.header, &payload))
            .await;
    }
    let not_utf8 = URL_SAFE_NO_PAD.encode([victim.payload.as_bytes(), &[0xff]].concat());
    victim
        .assert_refused(
            "bytes",
            &victim.sign_parts(&encode(&victim.header), &not_utf8),
        )
        .await;
    assert!(
        victim.is_accepted(&victim.token).await,
        "after all that, the good one"
    );
}

#[tokio::test]
async fn claims_in_the_struct_s_own_order_as_an_array_are_no_object() {
    let victim = Victim::new().await;
    let claims: Value = serde_json::from_str(&victim.payload).expect("JSON");
    let order = [
        "iss",
        "aud",
        "sub",
        "sid",
        "jti",
        "client_id",
        "iat",
        "nbf",
        "exp",
        "auth_time",
        "ver",
        "roles",
    ];
    let array: Vec<_> = order.iter().map(|name| claims[*name].clone()).collect();
    for space in ["", " ", "\n\t"] {
        let payload = format!("{space}{}", Value::Array(array.clone()));
        victim
            .assert_refused("an array", &victim.sign(&victim.header, &payload))
            .await;
    }
}

#[tokio::test]
async fn a_token_for_the_api_opens_no_page_and_the_other_way_round() {
    let victim = Victim::new().await;
    let claims = victim
        .app
        .access_tokens
        .verify(&victim.token, Audience::Web)
        .expect("good");
    let grant = Grant {
        user: claims.sub,
        session: claims.sid,
        auth_time: claims.auth_time,
        epoch: claims.ver,
        roles: claims.roles.clone(),
    };
    let (for_api, _) = victim
        .app
        .access_tokens
        .issue(Audience::Api, &grant)
        .expect("a token");
    victim.assert_refused("for the API", &for_api).await;
    assert!(
        victim
            .app
            .access_tokens
            .verify(&for_api, Audience::Api)
            .is_ok()
    );
    assert!(
        victim
            .app
            .access_tokens
            .verify(&victim.token, Audience::Api)
            .is_err()
    );
}

#[tokio::test]
async fn a_page_does_not_look_at_bearer_tokens() {
    let victim = Victim::new().await;
    let mut client = victim
        .app
        .client()
        .with_header("authorization", &format!("Bearer {}", victim.token));
    client
        .get("/profile")
        .await
        .assert_sees_other("/login?next=/profile");
    let mut signed_in = victim
        .client
        .clone()
        .with_header("authorization", "Bearer nonsense");
    signed_in.get("/profile").await.assert_page("Your profile");
}

#[tokio::test]
async fn another_origin_s_tokens_are_refused() {
    let victim = Victim::new().await;
    let elsewhere = victim
        .app
        .with_variables(&[("VESTIBULE_ORIGIN", "https://other.example")])
        .await;
    let mut client = elsewhere.client().with_cookie("__Host-at", &victim.token);
    client
        .get("/profile")
        .await
        .assert_sees_other("/login?next=/profile");
}

#[tokio::test]
async fn a_shorter_life_holds_for_tokens_that_were_issued_before() {
    let victim = Victim::new().await;
    let stricter = victim
        .app
        .with_variables(&[("VESTIBULE_ACCESS_TTL", "2m")])
        .await;
    let mut client = stricter.client().with_cookie("__Host-at", &victim.token);
    client
        .get("/profile")
        .await
        .assert_sees_other("/login?next=/profile");
}

/// The seed of the project, from an article on stateless authentication.
#[tokio::test]
async fn the_article_s_token_is_reproduced_and_refused() {
    const KEY: &str = "江山代有才人出各领风骚数百年";
    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
    const PAYLOAD: &str = concat!(
        r#"{"sub":"userid_12345","iat":1743424700,"exp":1743511100,"avatar":"a.png","#,
        r#""role": ["editor","administrator"]}"#
    );
    const SIGNATURE: &str = "-ZjUVrcynB1FLMw8Opdlh-y1dAyghL2BkOY3MOzMAMQ";
    let message = format!("{}.{}", encode(HEADER), encode(PAYLOAD));
    let key = EncodingKey::from_secret(KEY.as_bytes());
    assert_eq!(
        crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a MAC"),
        SIGNATURE
    );
    let key = DecodingKey::from_secret(KEY.as_bytes());
    assert!(
        crypto::verify(SIGNATURE, message.as_bytes(), &key, Algorithm::HS256).expect("compared")
    );

    let victim = Victim::new().await;
    victim
        .assert_refused("the article's", &format!("{message}.{SIGNATURE}"))
        .await;
    victim
        .assert_refused("the article's under our key", &victim.sign(HEADER, PAYLOAD))
        .await;
    victim
        .assert_refused(
            "its payload under our header",
            &victim.sign(&victim.header, PAYLOAD),
        )
        .await;
    // Not even while it was fresh.
    victim.app.clock.advance((1_743_424_800 - NOW) * 1000);
    victim
        .assert_refused("in its time", &victim.sign(&victim.header, PAYLOAD))
        .await;
}
