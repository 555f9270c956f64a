//! Light or dark: what a visitor chose for the pages in this browser.

/// How pages look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Appearance {
    /// As everything else on the visitor's device does.
    #[default]
    System,
    /// Dark on light, whatever the device prefers.
    Light,
    /// Light on dark, whatever the device prefers.
    Dark,
}

impl Appearance {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its name in forms and cookies.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The reverse of [`Appearance::name`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for appearance in Appearance::ALL {
            assert_eq!(Appearance::parse(appearance.name()), Some(appearance));
        }
        assert_eq!(Appearance::parse("Dark"), None);
    }
}
