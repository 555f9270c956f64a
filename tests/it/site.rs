//! The two files that say where the site is.

use std::path::Path;

fn table(file: &str, path: &[&str]) -> toml::Table {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
    let mut table: toml::Table = text.parse().expect(file);
    for key in path {
        table = table
            .remove(*key)
            .and_then(|value| value.as_table().cloned())
            .unwrap_or_else(|| panic!("{key} in {file}"));
    }
    table
}

/// cargo-leptos builds by the one, the running program reads the other.
#[test]
fn they_agree() {
    let built = table("Cargo.toml", &["package", "metadata", "leptos"]);
    let read = table("Leptos.toml", &["package", "metadata", "leptos"]);
    assert!(read.len() >= 5);
    for (key, value) in &read {
        assert_eq!(built.get(key), Some(value), "{key}");
    }
    for key in ["output-name", "site-root", "site-pkg-dir", "hash-files"] {
        assert!(read.contains_key(key), "{key}");
    }
}
