//! The properties that the fuzz targets look for, on a stable compiler and in seconds: over the kept corpus, and over
//! good inputs that are bent in a few thousand ways.

#[path = "../../fuzz/properties.rs"]
mod properties;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use vestibule::server::clock::Clock;
use vestibule::server::random::Random;
use vestibule::server::tokens::{AccessClaims, AccessTokens, Audience, Keyring, Secret};

const NOW: i64 = 1_900_000_000;

/// The kept inputs of a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = std::fs::read_dir(folder.join(target)).expect("a corpus");
    let inputs = files.map(|file| std::fs::read(file.expect("an entry").path()).expect("a file"));
    inputs.collect()
}

fn corpus_file(target: &str, name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    std::fs::read(folder.join(target).join(name)).expect("a kept input")
}

fn corpus_text(target: &str, name: &str) -> String {
    String::from_utf8(corpus_file(target, name)).expect("UTF-8")
}

/// Things that parsers have choked on.
const NASTY: &[&str] = &[
    "",
    "null",
    "true",
    "-0",
    "0",
    "1.0",
    "1e2",
    "1e400",
    "-1",
    "18446744073709551615",
    "9223372036854775808",
    "\"\"",
    "\"1\"",
    "\"\\u0061\"",
    "\"\\ud800\"",
    "\"\u{0}\"",
    "[]",
    "{}",
    "[[[[]]]]",
    "[\"editor\",\"editor\"]",
    "[\"Editor\"]",
    "\u{feff}",
    "\"https://app.example/api\"",
    "\"https://app.example\"",
    "\"api\"",
    "\"at+jwt\"",
    "\"HS256\"",
    "\"none\"",
    ",",
    ":",
    "}",
    "{",
    "\\",
    "\u{c}",
    " ",
    "/**/",
    "\"crit\":[],",
    "\"ver\":1,",
    ".",
    "%2E",
    "; ",
    "=",
    "at=",
    "/..",
    "//",
    "+1",
    "01",
];

/// One way to bend an input: where, how much of it, and what comes there instead.
#[derive(Clone, Debug)]
struct Bend {
    at: prop::sample::Index,
    takes: usize,
    gives: Vec<u8>,
}

fn bend() -> impl Strategy<Value = Bend> {
    let nasty = select(NASTY).prop_map(|text| text.as_bytes().to_vec());
    let bytes = prop::collection::vec(any::<u8>(), 0..3);
    let digits = "[0-9]{1,3}".prop_map(String::into_bytes);
    let gives = prop_oneof![3 => nasty, 2 => bytes, 1 => digits];
    (any::<prop::sample::Index>(), 0_usize..12, gives).prop_map(|(at, takes, gives)| Bend {
        at,
        takes,
        gives,
    })
}

/// A kept input, bent once or a few times.
fn bent(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    (select(corpus(target)), prop::collection::vec(bend(), 1..4)).prop_map(|(mut input, bends)| {
        for bend in bends {
            let from = bend.at.index(input.len() + 1);
            let to = (from + bend.takes).min(input.len());
            input.splice(from..to, bend.gives);
        }
        input
    })
}

/// The members of a good token, as they are written.
const HEADER: [(&str, &str); 3] = [
    ("alg", "\"HS256\""),
    ("typ", "\"at+jwt\""),
    ("kid", "\"N43JhDazu8FE\""),
];
const PAYLOAD: [(&str, &str); 12] = [
    ("iss", "\"https://app.example\""),
    ("aud", "\"https://app.example/web\""),
    ("sub", "\"AAAAAAAAAAAAAAAAAAAAAA\""),
    ("sid", "\"BBBBBBBBBBBBBBBBBBBBBA\""),
    ("jti", "\"j\""),
    ("client_id", "\"web\""),
    ("iat", "1900000000"),
    ("nbf", "1900000000"),
    ("exp", "1900000300"),
    ("auth_time", "1899999940"),
    ("ver", "1"),
    ("roles", "[\"editor\"]"),
];

/// What may stand where a claim's value stood; some of it is a good value of some claim.
const VALUES: &[&str] = &[
    "null",
    "true",
    "-0",
    "0",
    "2",
    "1.0",
    "1900000000.0",
    "1e2",
    "19E8",
    "1e400",
    "-1",
    "01",
    "+1",
    "0x1",
    "1_0",
    "NaN",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "1 2",
    "1\u{feff}",
    "\u{feff}1",
    "1/**/",
    "",
    "\"\"",
    "\"1\"",
    "'web'",
    "\"web\"",
    "\"api\"",
    "\"WEB\"",
    "\"\\u0077eb\"",
    "\"web\\u0000\"",
    "\"web\\x00\"",
    "\"\\/\"",
    "\"\t\"",
    "\"\\ud83e\\udd8a\"",
    "\"\\ud83e\"",
    "\"\\udd8a\\ud83e\"",
    "\"https://app.example\"",
    "\"https://app.example/\"",
    "\"https://app.example/web\"",
    "\"https://app.example/api\"",
    "\"https:\\/\\/app.example\\/web\"",
    "[\"https://app.example/web\"]",
    "\"AAAAAAAAAAAAAAAAAAAAAB\"",
    "\"AAAAAAAAAAAAAAAAAAAAAA==\"",
    "\"AAAAAAAAAAAAAAAAAAAAA\"",
    "\"AAAAAAAAAAAAAAAAAAAAAAA\"",
    "\"_-_-_-_-_-_-_-_-_-_-_w\"",
    "\"+/+/+/+/+/+/+/+/+/+/+w\"",
    "\"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj\"",
    "\"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj\"",
    "\"\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\"",
    "[]",
    "[,]",
    "[\"editor\",]",
    "[\"editor\",\"editor\"]",
    "[\"writer\",\"editor\"]",
    "[\"Editor\"]",
    "[\"\\u0065ditor\"]",
    "[\"1st\"]",
    "[\"a_b-1\"]",
    "[\"\"]",
    "[null]",
    "[[\"editor\"]]",
    "[\"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\"]",
    "[\"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\"]",
    "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"a\"]",
    "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"q\"]",
    "{}",
    "{\"a\":1,\"a\":2}",
    "\"at+JWT\"",
    "\"application/at+jwt\"",
    "\"Application/at+jwt\"",
    "\"JWT\"",
    "\"hs256\"",
    "\"HS512\"",
    "\"none\"",
];

/// One way to change one member of a header or a payload.
#[derive(Clone, Debug)]
enum Change {
    Value(&'static str),
    /// A time so many seconds from now.
    Time(i64),
    Dropped,
    Twice,
    TwiceInOtherLetters,
    TwiceWith(&'static str),
    NameInOtherLetters,
    SpaceAround(&'static str),
    ToTheEnd,
    More(&'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let edges = &[
        -301_i64, -300, -299, -60, -6, -5, -1, 0, 1, 4, 5, 6, 10, 11, 299, 300, 301, 305, 306,
    ];
    prop_oneof![
        6 => select(VALUES).prop_map(Change::Value),
        6 => select(&edges[..]).prop_map(Change::Time),
        1 => Just(Change::Dropped),
        1 => Just(Change::Twice),
        1 => Just(Change::TwiceInOtherLetters),
        1 => select(VALUES).prop_map(Change::TwiceWith),
        2 => Just(Change::NameInOtherLetters),
        2 => select(&[" ", "\t\r\n", "\u{b}", "\u{a0}", "\u{feff}", "\0", "//\n"][..])
            .prop_map(Change::SpaceAround),
        2 => Just(Change::ToTheEnd),
        1 => select(VALUES).prop_map(Change::More),
    ]
}

/// The name with its first letter as an escape, which is the same name.
fn in_other_letters(name: &str) -> String {
    format!("\\u{:04x}{}", u32::from(name.as_bytes()[0]), &name[1..])
}

fn apply(members: &mut Vec<(String, String)>, at: usize, change: &Change) {
    let (name, value) = members[at].clone();
    match change {
        Change::Value(value) => members[at].1 = (*value).to_owned(),
        Change::Time(from_now) => members[at].1 = (NOW + from_now).to_string(),
        Change::Dropped => drop(members.remove(at)),
        Change::Twice => members.push((name, value)),
        Change::TwiceInOtherLetters => members.push((in_other_letters(&name), value)),
        Change::TwiceWith(value) => members.insert(at, (name, (*value).to_owned())),
        Change::NameInOtherLetters => members[at].0 = in_other_letters(&name),
        Change::SpaceAround(space) => members[at].1 = format!("{space}{value}{space}"),
        Change::ToTheEnd => {
            let member = members.remove(at);
            members.push(member);
        }
        Change::More(value) => members.push(("admin".to_owned(), (*value).to_owned())),
    }
}

/// A good token for one door or the other, of which one member was changed or a few.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let place = (any::<prop::sample::Index>(), change());
    let changes = prop::collection::vec(place, 1..4);
    (any::<bool>(), changes).prop_map(|(is_api, changes)| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut header: Vec<_> = HEADER.iter().map(owned).collect();
        let mut payload: Vec<_> = PAYLOAD.iter().map(owned).collect();
        if is_api {
            payload[1].1 = "\"https://app.example/api\"".to_owned();
            payload[5].1 = "\"api\"".to_owned();
        }
        for (place, change) in changes {
            let at = place.index(header.len() + payload.len());
            match at.checked_sub(header.len()) {
                None => apply(&mut header, at, &change),
                Some(at) => apply(&mut payload, at, &change),
            }
        }
        [json(&header), json(&payload)].join(&0xff)
    })
}

fn json(members: &[(String, String)]) -> Vec<u8> {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// The same inputs every time.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn holds(target: &str, cases: u32, property: fn(&[u8])) {
    for input in corpus(target) {
        property(&input);
    }
    let outcome = runner(cases).run(&bent(target), |input| {
        property(&input);
        Ok(())
    });
    outcome.expect("the property holds");
}

#[test]
fn nothing_that_is_bent_passes_for_an_access_token() {
    holds("access_token", 3_000, properties::access_token);
}

#[test]
fn the_check_and_the_rules_own_reading_agree() {
    holds("differential", 3_000, properties::differential);
}

/// The same of tokens that are changed by whole members, so that many are still good.
#[test]
fn the_check_and_the_rules_own_reading_agree_on_every_member() {
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let outcome = runner(6_000).run(&changed(), |input| {
        properties::differential(&input);
        let token = properties::token_of(&input).expect("a header and a payload");
        let at_some_door = [Audience::Web, Audience::Api]
            .iter()
            .any(|audience| properties::verify(&token, *audience).is_some());
        let count = if at_some_door { &accepted } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    outcome.expect("the property holds");
    assert!(accepted.get() > 600, "{accepted:?} were accepted");
    assert!(refused.get() > 600, "{refused:?} were refused");
}

/// 4096 bytes are not too many, and one more is.
#[test]
fn the_check_and_the_rules_own_reading_agree_on_the_length() {
    let input = corpus_file("differential", "good-web");
    let mut lengths = Vec::new();
    for in_header in 0..3 {
        for in_payload in 2_600..2_800 {
            let mut input = input.clone();
            input.splice(0..0, std::iter::repeat_n(b' ', in_header));
            input.extend(std::iter::repeat_n(b' ', in_payload));
            properties::differential(&input);
            let token = properties::token_of(&input).expect("a header and a payload");
            let is_accepted = properties::verify(&token, Audience::Web).is_some();
            lengths.push((token.len(), is_accepted));
        }
    }
    assert!(lengths.contains(&(4096, true)) && lengths.contains(&(4097, false)));
}

#[test]
fn a_refresh_token_is_written_in_one_way() {
    holds("refresh_token", 3_000, properties::refresh_token);
}

#[test]
fn a_cookie_is_found_once_or_not_at_all() {
    holds("cookies", 4_000, properties::cookies);
}

#[test]
fn a_path_leads_nowhere_else() {
    holds("local_path", 4_000, properties::local_path);
}

/// The good ones among the kept inputs are good, or all the agreement would be about refusals.
#[test]
fn some_are_accepted() {
    for (name, audience) in [
        ("good-web", Audience::Web),
        ("good-api", Audience::Api),
        ("typ-in-full", Audience::Web),
        ("edges", Audience::Web),
    ] {
        let token = corpus_text("access_token", name);
        assert!(properties::verify(&token, audience).is_some(), "{name}");
    }
    let parts = corpus_text("access_token", "parts-good-web");
    assert!(properties::verify(&properties::signed(&parts), Audience::Web).is_some());
    assert!(properties::is_refresh_token(&corpus_text(
        "refresh_token",
        "whole-ours"
    )));
}

/// A reader of a time, a life and an issuer that may be others than the rules'.
fn reader(
    now: i64,
    life: i64,
    issuer: &str,
) -> impl Fn(&str, Audience) -> Option<AccessClaims> + use<> {
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    assert_eq!(keyring.access.current().kid, properties::kid());
    let clock = Clock::set_to(now * 1000);
    let tokens = AccessTokens::new(&keyring.access, issuer, life, clock, Random::system());
    move |token, audience| tokens.verify(token, audience).ok()
}

/// The token as somebody would sign it who has read its parts with `read`.
fn rewritten(token: &str, read: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<String> {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        Some(URL_SAFE_NO_PAD.encode(read(&bytes)?))
    });
    let (header, payload) = (parts.next()??, parts.next()??);
    Some(properties::signed(&format!("{header}.{payload}")))
}

fn is_found_out(input: &[u8], reader: impl Fn(&str, Audience) -> Option<AccessClaims>) -> bool {
    let token = properties::token_of(input).expect("a header and a payload");
    let agrees = || properties::agree(&token, reader);
    catch_unwind(AssertUnwindSafe(agrees)).is_err()
}

/// Readers with one fault each are found out by some of the changed tokens, and the faultless one by none of them.
#[test]
fn disagreement_is_seen() {
    const ISSUER: &str = "https://app.example";
    type Reader = Box<dyn Fn(&str, Audience) -> Option<AccessClaims>>;
    let at_any_door = |token: &str, _: Audience| {
        [Audience::Web, Audience::Api]
            .iter()
            .find_map(|audience| properties::verify(token, *audience))
    };
    let last_of_two = |token: &str, audience| {
        let read = |bytes: &[u8]| {
            let value: Value = serde_json::from_slice(bytes).ok()?;
            serde_json::to_vec(&value).ok()
        };
        properties::verify(&rewritten(token, read)?, audience)
    };
    let whole_floats = |token: &str, audience| {
        let read = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok()?;
            Some(text.replace(".0", "").replace("19E8", "1900000000").into())
        };
        properties::verify(&rewritten(token, read)?, audience)
    };
    let any_case = |token: &str, audience| {
        let read = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok()?;
            Some(text.replace("JWT", "jwt").into())
        };
        properties::verify(&rewritten(token, read)?, audience)
    };
    let without_roles = |token: &str, audience| {
        let mut claims = properties::verify(token, audience)?;
        claims.roles = Default::default();
        Some(claims)
    };
    let readers: [(&str, Reader); 10] = [
        ("any audience", Box::new(at_any_door)),
        ("the last of two of one name", Box::new(last_of_two)),
        ("whole floats", Box::new(whole_floats)),
        ("any case", Box::new(any_case)),
        ("no roles", Box::new(without_roles)),
        ("a second early", Box::new(reader(NOW - 1, 300, ISSUER))),
        ("a second late", Box::new(reader(NOW + 1, 300, ISSUER))),
        ("a longer life", Box::new(reader(NOW, 301, ISSUER))),
        ("a shorter life", Box::new(reader(NOW, 299, ISSUER))),
        (
            "another issuer",
            Box::new(reader(NOW, 300, "https://app.example/")),
        ),
    ];
    let mut runner = runner(0);
    let inputs: Vec<Vec<u8>> = (0..6_000)
        .map(|_| {
            let tree = changed().new_tree(&mut runner).expect("a token");
            tree.current()
        })
        .collect();
    for (fault, reader) in readers {
        assert!(
            inputs.iter().any(|input| is_found_out(input, &reader)),
            "a reader with this fault agrees: {fault}"
        );
    }
    let faultless = reader(NOW, 300, ISSUER);
    assert!(!inputs.iter().any(|input| is_found_out(input, &faultless)));
}
