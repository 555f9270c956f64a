//! Roles: short names that an account carries and that its access tokens repeat.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{Field, Problem, Reason};

/// A role's name: a lower-case letter, then up to 31 of `a-z`, `0-9`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Role(String);

impl Role {
    /// The name of the one role that Vestibule itself gives a meaning to.
    pub const ADMINISTRATOR: &str = "administrator";

    /// Longest name in bytes.
    pub const MAX_BYTES: usize = 32;

    /// `None` unless it is a role's name exactly; nothing is trimmed or lower-cased.
    pub fn parse(raw: &str) -> Option<Role> {
        let is_tail = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let is_name = raw.len() <= Self::MAX_BYTES
            && raw.starts_with(|c: char| c.is_ascii_lowercase())
            && raw.bytes().all(is_tail);
        is_name.then(|| Role(raw.to_owned()))
    }

    /// Takes a name from the database. Trusted: it was parsed when written.
    pub fn from_stored(stored: String) -> Self {
        Role(stored)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        Role::parse(&raw).ok_or("not a role's name")
    }
}

/// An account's roles: sorted, each once, at most 16 so that access tokens stay small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Role>")]
pub struct Roles(Vec<Role>);

impl Roles {
    /// Most roles that one account can have.
    pub const MAX: usize = 16;

    /// `None` if there are more than 16 different ones.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Option<Roles> {
        let roles = Self::sorted(roles);
        (roles.0.len() <= Self::MAX).then_some(roles)
    }

    /// Reads names with spaces or commas between them, as an administrator types them.
    pub fn parse(raw: &str) -> Result<Roles, Problem> {
        let refuse = |reason| Problem::new(Field::Roles, reason);
        let names = raw.split(|c: char| c == ',' || c.is_whitespace());
        let roles = names
            .filter(|name| !name.is_empty())
            .map(|name| Role::parse(name).ok_or(refuse(Reason::Malformed)))
            .collect::<Result<Vec<_>, _>>()?;
        let max = Self::MAX as u16;
        Roles::new(roles).ok_or(refuse(Reason::TooLong { max }))
    }

    /// Takes the form of [`Roles::to_stored`] from the database. Trusted: it was parsed when written.
    pub fn from_stored(stored: &str) -> Self {
        Self::sorted(
            stored
                .split_ascii_whitespace()
                .map(|name| Role::from_stored(name.to_owned())),
        )
    }

    /// The names, separated by single spaces.
    pub fn to_stored(&self) -> String {
        self.0
            .iter()
            .map(Role::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Whether the role of that name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|role| role.as_str() == name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.0.iter()
    }

    fn sorted(roles: impl IntoIterator<Item = Role>) -> Roles {
        let mut roles: Vec<_> = roles.into_iter().collect();
        roles.sort();
        roles.dedup();
        Roles(roles)
    }
}

impl TryFrom<Vec<Role>> for Roles {
    type Error = &'static str;

    fn try_from(roles: Vec<Role>) -> Result<Self, Self::Error> {
        Roles::new(roles).ok_or("too many roles")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        let longest = "a".repeat(32);
        for raw in ["administrator", "a", "editor-2_x", longest.as_str()] {
            assert_eq!(Role::parse(raw).unwrap().as_str(), raw);
        }
        let too_long = "a".repeat(33);
        for raw in [
            "", " a", "a ", "A", "aB", "1a", "-a", "_a", "a b", "ä", "a\0", "a,b", &too_long,
        ] {
            assert_eq!(Role::parse(raw), None, "{raw:?}");
        }
        assert!(Role::parse(Role::ADMINISTRATOR).is_some());
    }

    #[test]
    fn json_is_an_array_of_checked_names() {
        let roles: Roles = serde_json::from_str(r#"["editor","administrator","editor"]"#).unwrap();
        assert_eq!(
            serde_json::to_string(&roles).unwrap(),
            r#"["administrator","editor"]"#
        );
        assert!(roles.contains(Role::ADMINISTRATOR));
        assert!(!roles.contains("admin"));
        assert!(serde_json::from_str::<Roles>(r#"["Editor"]"#).is_err());
        assert!(serde_json::from_str::<Roles>(r#""editor""#).is_err());
    }

    #[test]
    fn as_an_administrator_types_them() {
        let typed = |raw| Roles::parse(raw).map(|roles| roles.to_stored());
        assert_eq!(
            typed(" editor, administrator\neditor"),
            Ok("administrator editor".to_owned())
        );
        assert_eq!(typed(" ,"), Ok(String::new()));
        let reason = |raw: &str| Roles::parse(raw).map_err(|problem| problem.reason);
        assert_eq!(reason("Editor"), Err(Reason::Malformed));
        let many: String = (0..17).map(|n| format!("r{n} ")).collect();
        assert_eq!(reason(&many), Err(Reason::TooLong { max: 16 }));
    }

    #[test]
    fn they_are_counted_and_named() {
        let roles: Roles = serde_json::from_str(r#"["editor","administrator"]"#).unwrap();
        assert!(!roles.is_empty() && Roles::default().is_empty());
        let names: Vec<_> = roles.iter().map(Role::to_string).collect();
        assert_eq!(names, ["administrator", "editor"]);
    }

    #[test]
    fn at_most_sixteen_different_ones() {
        let role = |n: usize| Role::parse(&format!("r{n}")).unwrap();
        assert!(Roles::new((0..16).chain(0..16).map(role)).is_some());
        assert!(Roles::new((0..17).map(role)).is_none());
    }

    proptest! {
        #[test]
        fn storing_loses_nothing(names in prop::collection::vec("[a-z][a-z0-9_-]{0,31}", 0..=16)) {
            let roles = Roles::new(names.iter().filter_map(|name| Role::parse(name))).unwrap();
            prop_assert!(names.iter().all(|name| roles.contains(name)));
            prop_assert!(roles.0.is_sorted());
            prop_assert_eq!(Roles::from_stored(&roles.to_stored()), roles);
        }
    }
}
