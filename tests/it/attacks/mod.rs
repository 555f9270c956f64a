//! The corpus of attacks: what has been tried on others, as data, each with what becomes of it here.

mod requests;
mod sockets;
mod steps;
mod tokens;

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// What each case says of itself. It is tried in this folder unless one of the last three says otherwise.
#[derive(Deserialize)]
struct Case {
    /// As the corpus has it.
    id: String,
    what: String,
    /// The tests that prove it already: `file.rs::name`.
    #[serde(default)]
    covered_by: Vec<String>,
    /// What it attacks is not there yet.
    not_yet: Option<String>,
    /// It does not apply here, or was decided otherwise.
    not_here: Option<String>,
}

impl Case {
    fn is_tried(&self) -> bool {
        self.covered_by.is_empty() && self.not_yet.is_none() && self.not_here.is_none()
    }
}

/// That each case stands once, says at most one thing of itself, and names only tests that there are.
fn assert_complete<'a>(cases: impl Iterator<Item = &'a Case>) {
    let mut ids = BTreeSet::new();
    for case in cases {
        assert!(ids.insert(&case.id), "{} stands twice", case.id);
        let says = [
            !case.covered_by.is_empty(),
            case.not_yet.is_some(),
            case.not_here.is_some(),
        ];
        let said = says.iter().filter(|says| **says).count();
        assert!(said <= 1, "{} says {said} things", case.id);
        for test in &case.covered_by {
            assert!(is_a_test(test), "{}: there is no {test}", case.id);
        }
    }
}

/// Whether there is a test of that name in that file, of these tests, of the browser's, or of the sources.
fn is_a_test(test: &str) -> bool {
    let (file, name) = test.split_once("::").expect("a file and a name");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/it", "end2end/tests", "src"];
    let mut files = folders.iter().map(|folder| root.join(folder).join(file));
    let Some(text) = files.find_map(|file| std::fs::read_to_string(file).ok()) else {
        return false;
    };
    if file.ends_with(".ts") {
        return ["test('", "test(\""]
            .iter()
            .any(|test| text.contains(&format!("{test}{name}")));
    }
    let Some((before, after)) = text.split_once(&format!("fn {name}(")) else {
        return false;
    };
    // Either `on_both_databases!` makes one of it, or an attribute does, or a test of proptest's holds it.
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    after.starts_with("app: TestApp)")
        || attributes.contains("test]")
        || attributes.contains("test(")
}

#[test]
fn no_case_stands_in_both_lists() {
    let recipes = tokens::recipes();
    let attacks = requests::attacks();
    let cases = recipes.iter().map(|recipe| &recipe.case);
    assert_complete(cases.chain(attacks.iter().map(|attack| &attack.case)));
}

#[test]
fn only_a_test_counts_as_one() {
    for test in [
        "attacks/mod.rs::no_case_stands_in_both_lists",
        "signing_out.rs::a_link_or_an_image_signs_nobody_out",
        "server/tokens/keys.rs::a_secret_must_be_random_enough",
    ] {
        assert!(is_a_test(test), "{test}");
    }
    for other in [
        "attacks/mod.rs::is_a_test",
        "server/tokens/keys.rs::parse",
        "signing_out.rs::nothing",
        "nowhere.rs::nothing",
    ] {
        assert!(!is_a_test(other), "{other}");
    }
}
