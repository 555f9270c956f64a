//! The properties that the fuzz targets look for, on a stable compiler and in seconds: over the kept corpus, and over
//! good inputs that are bent in a few thousand ways.

#[path = "../../fuzz/properties.rs"]
mod properties;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::panic::catch_unwind;
use std::path::Path;
use vestibule::server::clock::Clock;
use vestibule::server::random::Random;
use vestibule::server::tokens::{AccessTokens, Audience, Keyring, Secret};

const NOW: i64 = 1_900_000_000;

/// The kept inputs of a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = std::fs::read_dir(folder.join(target)).expect("a corpus");
    let inputs = files.map(|file| std::fs::read(file.expect("an entry").path()).expect("a file"));
    inputs.collect()
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
    holds("differential", 6_000, properties::differential);
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
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    assert_eq!(keyring.access.current().kid, properties::kid());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/access_token");
    let tokens = AccessTokens::new(
        &keyring.access,
        "https://app.example",
        300,
        Clock::set_to(NOW * 1000),
        Random::system(),
    );
    for (name, audience) in [
        ("good-web", Audience::Web),
        ("good-api", Audience::Api),
        ("typ-in-full", Audience::Web),
        ("edges", Audience::Web),
    ] {
        let token = std::fs::read_to_string(folder.join(name)).expect("a token");
        assert!(tokens.verify(&token, audience).is_ok(), "{name}");
    }
}

/// A reader that does not look at the audience is found out.
#[test]
fn disagreement_is_seen() {
    let keyring = Keyring::new(&Secret::from_random([9; 32]), &[]);
    let tokens = AccessTokens::new(
        &keyring.access,
        "https://app.example",
        300,
        Clock::set_to(NOW * 1000),
        Random::system(),
    );
    let careless = |token: &str, _: Audience| {
        let at_any_door = [Audience::Web, Audience::Api];
        at_any_door
            .iter()
            .find_map(|audience| tokens.verify(token, *audience).ok())
    };
    let found_out = corpus("differential").iter().any(|input| {
        let agrees = || properties::agree(input, careless);
        catch_unwind(std::panic::AssertUnwindSafe(agrees)).is_err()
    });
    assert!(found_out);
}
