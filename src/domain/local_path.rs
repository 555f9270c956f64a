//! Where a form may send a person next: a page of this site and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Position, Url};

/// Stands for our origin while a path is resolved; `.invalid` is nobody's (RFC 2606 section 2).
const ORIGIN: &str = "https://vestibule.invalid";

/// Longest path in bytes.
const MAX_BYTES: usize = 1024;

/// First segments that lead to no page: landing there would only show an error.
const NOT_PAGES: [&str; 2] = ["action", "api"];

/// A path of this origin with an optional query, safe in a `Location` header and in a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct LocalPath(String);

impl LocalPath {
    /// Accepts a path only if it is written the one way that every reader understands alike.
    ///
    /// One leading `/` and not two, visible ASCII, no backslash, no fragment, at most 1024 bytes; and the
    /// WHATWG URL parser, which is the browser's, must resolve it to our origin *unchanged*: what it would
    /// rewrite (dot segments, `%2e`, dropped tabs and newlines) is refused rather than mended. Percent escapes
    /// are not decoded: `/%2F%2Fevil.example` is an odd path of ours.
    pub fn parse(raw: &str) -> Option<LocalPath> {
        let is_written_safely = raw.len() <= MAX_BYTES
            && raw.starts_with('/')
            && !raw.starts_with("//")
            && raw
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#');
        if !is_written_safely {
            return None;
        }
        if is_plain(raw) {
            return Some(LocalPath(raw.to_owned()));
        }
        let origin = Url::parse(ORIGIN).ok()?;
        let resolved = origin.join(raw).ok()?;
        let is_ours_unchanged =
            resolved.origin() == origin.origin() && &resolved[Position::BeforePath..] == raw;
        let first_segment = resolved.path_segments()?.next()?;
        (is_ours_unchanged && !NOT_PAGES.contains(&first_segment))
            .then(|| LocalPath(raw.to_owned()))
    }

    /// [`LocalPath::parse`], or the front page for anything it refuses.
    pub fn parse_or_root(raw: &str) -> LocalPath {
        Self::parse(raw).unwrap_or_else(Self::root)
    }

    /// The front page.
    pub fn root() -> LocalPath {
        LocalPath("/".to_owned())
    }

    /// Path and query, beginning with one `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether it is one segment of letters that leads to a page, with nothing odd in its query: most are, and no parser reads
/// those in another way.
fn is_plain(raw: &str) -> bool {
    let (path, query) = raw.split_once('?').unwrap_or((raw, ""));
    let segment = path.strip_prefix('/').unwrap_or(path);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"=&/_-".contains(&byte);
    segment.bytes().all(|byte| byte.is_ascii_lowercase())
        && !NOT_PAGES.contains(&segment)
        && query.bytes().all(is_plain)
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for LocalPath {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        LocalPath::parse(&raw).ok_or("not a path of this site")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_paths_of_ours() {
        for raw in [
            "/",
            "/profile",
            "/profile/",
            "/sessions?page=2&sort=a%20b",
            "/?next=//evil.example",
            "/?a=../..&b=https://evil.example/",
            "/%2F%2Fevil.example",
            "/%5Cevil.example",
            "/%E4%BE%8B",
            "/@evil.example",
            "/a//b",
            "/...",
            "/a;b=c",
            "/a:b",
            "/evil.example",
            "/actions",
            "/apiary",
            "/a/action/b",
        ] {
            assert_eq!(
                LocalPath::parse(raw).map(|path| path.0).as_deref(),
                Some(raw)
            );
        }
    }

    #[test]
    fn refuses_evil_example_and_its_cousins() {
        for raw in [
            "",
            " ",
            "profile",
            "?next=/",
            "#",
            ".",
            "..",
            "//evil.example",
            "//evil.example/%2f..",
            "///evil.example",
            "////evil.example",
            "//evil.example@vestibule.invalid",
            "//vestibule.invalid/profile",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "/a\\b",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "/\r\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            " /profile",
            "/profile ",
            "/ /evil.example",
            "/\0/evil.example",
            "/\u{b}/evil.example",
            "/./evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/a/../../evil.example",
            "/%2e//evil.example",
            "/%2E%2e//evil.example",
            "/.%2e//evil.example",
            "/%2e%2e/%2e%2e//evil.example",
            "/a/%2e%2e//evil.example",
            "/a/.",
            "/a/..",
            "/profile\r\nSet-Cookie: at=x",
            "/profile\nLocation: //evil.example",
            "/profile#top",
            "/#//evil.example",
            "https://evil.example",
            "HTTPS://evil.example",
            "https:evil.example",
            "https:/evil.example",
            "http://vestibule.invalid/",
            "https://vestibule.invalid/",
            "https://vestibule.invalid@evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "/\u{FF0F}evil.example",
            "\u{FF0F}\u{FF0F}evil.example",
            "/\u{2215}evil.example",
            "/\u{202E}elpmaxe.live",
            "/\u{200B}/evil.example",
            "\u{FEFF}//evil.example",
            "/例",
            "/\"onmouseover=\"x",
            "/<script>",
            "/action",
            "/action/logout",
            "/action?x",
            "/action/../action/logout",
            "/x/../action/logout",
            "/api",
            "/api/v1/tokens",
        ] {
            assert_eq!(LocalPath::parse(raw), None, "{raw:?}");
            assert_eq!(LocalPath::parse_or_root(raw), LocalPath::root());
        }
    }

    #[test]
    fn at_most_1024_bytes() {
        assert!(LocalPath::parse(&format!("/{}", "a".repeat(1023))).is_some());
        assert!(LocalPath::parse(&format!("/{}", "a".repeat(1024))).is_none());
    }

    #[test]
    fn it_shows_itself_whole() {
        let path = LocalPath::parse("/a?b=c").unwrap();
        assert_eq!(path.to_string(), "/a?b=c");
    }

    #[test]
    fn json_is_a_checked_string() {
        assert_eq!(serde_json::to_string(&LocalPath::root()).unwrap(), "\"/\"");
        assert!(serde_json::from_str::<LocalPath>("\"//evil.example\"").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn never_leaves_the_origin(
            raw in prop_oneof![any::<String>(), "[/\\\\.:@?#%2eEfF5cC\t\n\rax ]{0,12}", "/[!-~]{0,20}"],
        ) {
            let path = LocalPath::parse_or_root(&raw);
            let origin = Url::parse("http://127.0.0.1:3000/a/b").unwrap();
            let landed = origin.join(path.as_str()).unwrap();
            prop_assert_eq!(landed.origin(), origin.origin());
            prop_assert!(!landed.path().starts_with("//"));
            prop_assert!(path.as_str().bytes().all(|b| b.is_ascii_graphic()));
            prop_assert_eq!(LocalPath::parse(path.as_str()), Some(path));
        }
    }
}
