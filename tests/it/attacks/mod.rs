//! The corpus of attacks: what has been tried on others, as data, each with what becomes of it here.

mod requests;
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

/// Whether there is a function of that name in that file, of these tests, of the browser's, or of the sources.
fn is_a_test(test: &str) -> bool {
    let (file, name) = test.split_once("::").expect("a file and a name");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/it", "end2end/tests", "src"];
    let mut files = folders.iter().map(|folder| root.join(folder).join(file));
    let Some(text) = files.find_map(|file| std::fs::read_to_string(file).ok()) else {
        return false;
    };
    text.contains(&format!("fn {name}("))
        || text.contains(&format!("test('{name}"))
        || text.contains(&format!("test(\"{name}"))
}
