//! The rules of the house, read from the sources: who may use whom, and which crate has one door.

use std::path::{Path, PathBuf};

/// Words of which each may stand only below these paths.
const DOORS: &[(&str, &[&str])] = &[
    ("sqlx", &["server/storage"]),
    ("jsonwebtoken", &["server/tokens"]),
    ("argon2", &["server/accounts/password_hash.rs"]),
    ("leptos", &["app", "server/request", "server/web", "lib.rs"]),
    ("leptos_axum", &["app", "server/request", "server/web"]),
    ("axum", &["server/request", "server/web"]),
    ("clap", &["server/cli"]),
    ("zxcvbn", &["server/accounts/common_passwords.rs"]),
    ("prometheus_client", &["server/metrics.rs"]),
    ("fluent_bundle", &["language"]),
    ("image", &["server/accounts/pictures.rs"]),
    ("lettre", &["server/mail"]),
];

struct Source {
    /// Below `src`, with slashes.
    path: String,
    text: String,
    /// Without comments and tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                let path = path
                    .strip_prefix(&root)
                    .expect("below")
                    .to_str()
                    .expect("UTF-8")
                    .replace('\\', "/");
                let code = text
                    .split("\n#[cfg(test)]\n")
                    .next()
                    .unwrap_or("")
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .collect::<Vec<_>>()
                    .join("\n");
                sources.push(Source { path, text, code });
            }
        }
    }
    assert!(sources.len() > 30, "the sources were found");
    sources
}

/// `server::tokens` for `server/tokens/keys.rs`, `app` for anything in `app`.
fn module_of(path: &str) -> String {
    let mut parts = path.trim_end_matches(".rs").split('/');
    match (parts.next(), parts.next()) {
        (Some("server"), Some(inner)) => format!("server::{inner}"),
        (Some(top), _) => top.to_owned(),
        (None, _) => String::new(),
    }
}

/// The modules that `code` names by `crate::`, braces included.
fn used_modules(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let first = word(rest);
        if first != "server" {
            used.push(first.to_owned());
            continue;
        }
        let inner = rest["server".len()..].trim_start_matches("::");
        if let Some(group) = inner.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or("");
            used.extend(
                group
                    .split(',')
                    .map(|one| format!("server::{}", word(one.trim()))),
            );
        } else {
            used.push(format!("server::{}", word(inner)));
        }
    }
    used
}

fn word(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

/// The modules of the table in `src/lib.rs`, the lowest first: each may use those in the rows before
/// its own.
fn rows() -> Vec<Vec<String>> {
    let lib = sources().into_iter().find(|source| source.path == "lib.rs");
    let lib = lib.expect("lib.rs").text;
    lib.lines()
        .filter_map(|line| line.strip_prefix("//! | `")?.split('`').next())
        .map(|cell| match cell.split_once("::{") {
            Some((parent, group)) => group
                .trim_end_matches('}')
                .split(',')
                .map(|one| format!("{parent}::{}", one.trim()))
                .collect(),
            None => vec![cell.to_owned()],
        })
        .collect()
}

fn row_of(rows: &[Vec<String>], module: &str) -> Option<usize> {
    rows.iter()
        .position(|row| row.iter().any(|one| one == module))
}

/// Whether a crate's name stands in the code as a path or in a `use`.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let starts = before.is_none_or(|c| {
            !c.is_alphanumeric() && c != '_' && c != ':' && c != '/' && c != '"' && c != '-'
        });
        starts
            && (after.starts_with("::")
                || code[..at].ends_with("use ") && after.starts_with([';', ' ']))
    })
}

#[test]
fn arrows_point_down() {
    let rows = rows();
    let mut wrong = Vec::new();
    for source in sources() {
        let module = module_of(&source.path);
        // `main` and the command line stand above all, `lib` beside them.
        let Some(row) = row_of(&rows, &module) else {
            assert!(
                matches!(
                    module.as_str(),
                    "main" | "lib" | "server::cli" | "server::mod"
                ),
                "{module} is in the table"
            );
            continue;
        };
        for used in used_modules(&source.code) {
            if used != module && row_of(&rows, &used).is_none_or(|other| other >= row) {
                wrong.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_was_read() {
    let rows = rows();
    let [lowest, .., highest] = &rows[..] else {
        panic!("rows in {rows:?}")
    };
    assert_eq!(
        (lowest[0].as_str(), highest[0].as_str()),
        ("domain", "server::web")
    );
    let above = |upper: &str, lower: &str| row_of(&rows, upper) > row_of(&rows, lower);
    assert!(above("server::accounts", "server::storage"));
    assert!(above("server::accounts", "server::tokens"));
    assert!(above("server::storage", "server::clock"));
    assert!(above("app", "server::accounts"));
}

#[test]
fn each_crate_has_its_door() {
    let mut wrong = Vec::new();
    let sources = sources();
    for (name, doors) in DOORS {
        let mut used = false;
        for source in sources
            .iter()
            .filter(|source| names_crate(&source.code, name))
        {
            used = true;
            let allowed = doors
                .iter()
                .any(|door| source.path == *door || source.path.starts_with(&format!("{door}/")));
            if !allowed {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
        assert!(used, "{name} is used somewhere, so the search works");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn domain_has_neither_clock_nor_framework_nor_machine() {
    for source in sources()
        .into_iter()
        .filter(|source| source.path.starts_with("domain/"))
    {
        for foreign in [
            "tokio",
            "axum",
            "leptos",
            "sqlx",
            "std::fs",
            // An address is a value; a socket is not.
            "TcpStream",
            "UdpSocket",
            "ToSocketAddrs",
            "std::env",
            "std::time",
            "tracing",
        ] {
            assert!(
                !source.code.contains(foreign),
                "{} names {foreign}",
                source.path
            );
        }
    }
}

#[test]
fn features_are_named_in_one_file() {
    for source in sources() {
        let names_one = source.code.contains("feature = \"");
        assert_eq!(names_one, source.path == "lib.rs", "{}", source.path);
    }
}

#[test]
fn nothing_is_unsafe() {
    for source in sources() {
        let uses = source.code.match_indices("unsafe").any(|(at, _)| {
            let after = source.code[at + "unsafe".len()..].trim_start();
            after.starts_with('{')
                || after.starts_with("fn")
                || after.starts_with("impl")
                || after.starts_with("extern")
        });
        assert!(!uses, "{}", source.path);
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{}", source.path);
    }
}

#[test]
fn the_environment_and_the_clock_have_one_door_each() {
    for source in sources() {
        let asks_time = source.code.contains("SystemTime::now");
        assert_eq!(
            asks_time,
            source.path == "server/clock.rs",
            "{}",
            source.path
        );
        let asks_environment = source.code.contains("env::var");
        assert_eq!(
            asks_environment,
            source.path == "server/config.rs",
            "{}",
            source.path
        );
    }
}

#[test]
fn the_search_itself_works() {
    let code = "use crate::server::{clock::Clock, web};\nuse crate::domain::x;\nlet y = crate::server::tokens::Z;";
    assert_eq!(
        used_modules(code),
        ["server::clock", "server::web", "domain", "server::tokens"]
    );
    assert!(
        names_crate("use leptos::prelude::*;", "leptos")
            && names_crate("fn f() { leptos::x() }", "leptos")
    );
    assert!(!names_crate("leptos_axum::x", "leptos") && !names_crate("\"leptos::\"", "leptos"));
    assert_eq!(module_of("server/tokens/keys.rs"), "server::tokens");
    assert_eq!(module_of("server/clock.rs"), "server::clock");
    assert_eq!(module_of("app/pages/home.rs"), "app");
}

#[test]
fn no_page_waits_inside_its_view() {
    // It would show nothing: see docs/decisions/0018.
    for source in sources() {
        let waits = ["Suspend", "Suspense", "Transition", "Await"].into_iter();
        let mut waits = waits.filter(|name| used_words(&source.code).any(|word| word == *name));
        let found = waits.next();
        assert!(found.is_none(), "{} names {found:?}", source.path);
    }
}

fn used_words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}
