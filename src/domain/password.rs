//! Passwords as people choose and give them: normalised alike, never shown, wiped when dropped.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::email::Email;
use super::error::{Field, Problem, Reason};

/// Longest password in bytes, as sent and as normalised: it bounds the work that a stranger can cause.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A local part shorter than this occurs in good passwords by chance.
const MIN_LOCAL_PART: usize = 4;

/// What the operator asks of new passwords.
#[derive(Clone, Copy, Debug)]
pub struct PasswordRules {
    /// Fewest code points, counted after normalisation.
    pub min: u16,
    /// Whether a lower-cased password is among the common ones.
    pub is_common: fn(&str) -> bool,
}

/// A password somebody has chosen and the rules allow. Wiped when dropped, hidden in `Debug`, never serialised.
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// Reads a chosen password for the account of `email`; problems are put at `field`.
    ///
    /// More than 1024 bytes are refused before any other work. Then NFC (as RFC 8265 section 4.2 has it), so that
    /// the same keys pressed on another system give the same password. Nothing is trimmed or cut off; spaces and
    /// emoji count like anything else. Control characters are refused: keyboards do not type them, so they
    /// come from an accident that the person could not repeat at sign-in.
    pub fn parse(
        raw: &str,
        field: Field,
        rules: &PasswordRules,
        email: &Email,
    ) -> Result<NewPassword, Problem> {
        Self::parse_for(raw, field, rules, Some(email))
    }

    /// [`NewPassword::parse`] for a form whose e-mail may itself have been refused.
    pub fn parse_for(
        raw: &str,
        field: Field,
        rules: &PasswordRules,
        email: Option<&Email>,
    ) -> Result<NewPassword, Problem> {
        let refuse = |reason| Err(Problem::new(field, reason));
        if raw.is_empty() {
            return refuse(Reason::Required);
        }
        let Some(password) = normalise(raw) else {
            return refuse(Reason::TooLong {
                max: MAX_PASSWORD_BYTES as u16,
            });
        };
        if password.chars().any(char::is_control) {
            return refuse(Reason::ForbiddenCharacter);
        }
        if password.chars().count() < usize::from(rules.min) {
            return refuse(Reason::TooShort { min: rules.min });
        }
        let lower = lower_case(&password);
        if email.is_some_and(|email| contains_email(&lower, email)) {
            return refuse(Reason::ContainsEmail);
        }
        if (rules.is_common)(&lower) {
            return refuse(Reason::Common);
        }
        Ok(NewPassword(password))
    }

    /// The password itself, to be hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What is to be said of a password while it is being chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// It would be refused, for this reason.
    Refused(Reason),
    /// It would be refused because it is guessed at once, for this reason.
    Guessed(Weakness),
    /// It may be chosen, and somebody who tries for long guesses it, for this reason.
    Weak(Weakness),
    /// Nobody guesses it who has not stolen its hash.
    Good,
    /// Nobody guesses it.
    VeryGood,
}

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Keys that lie side by side.
    Keyboard,
    /// The same again and again.
    Repeats,
    /// Much like what many others have chosen.
    Common,
    /// What follows from what stands before it, as in abcd.
    Sequence,
    /// Dates and years.
    Dates,
    /// One word.
    Word,
    /// Names.
    Names,
    /// Nothing in particular.
    Short,
}

impl Advice {
    /// From 1, the worst, to 4.
    pub fn level(self) -> u8 {
        match self {
            Self::Refused(_) | Self::Guessed(_) => 1,
            Self::Weak(_) => 2,
            Self::Good => 3,
            Self::VeryGood => 4,
        }
    }
}

/// A password given to prove who one is; not held to today's rules, since it may be older than they are.
/// Wiped when dropped, hidden in `Debug`, never serialised.
pub struct PasswordAttempt(Zeroizing<String>);

impl PasswordAttempt {
    /// Normalises like [`NewPassword::parse`]. `None` if it is empty or too long to be anybody's password.
    pub fn parse(raw: &str) -> Option<PasswordAttempt> {
        if raw.is_empty() {
            return None;
        }
        normalise(raw).map(PasswordAttempt)
    }

    /// The password itself, to be verified.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// NFC, or `None` above the limit, before or after.
fn normalise(raw: &str) -> Option<Zeroizing<String>> {
    if raw.len() > MAX_PASSWORD_BYTES {
        return None;
    }
    let password = collect_secret(raw.len(), raw.nfc());
    (password.len() <= MAX_PASSWORD_BYTES).then_some(password)
}

fn lower_case(password: &str) -> Zeroizing<String> {
    collect_secret(
        password.len(),
        password.chars().flat_map(char::to_lowercase),
    )
}

/// Collects without growing, as a reallocation would leave an unwiped copy behind. Neither NFC nor lower-casing
/// makes UTF-8 more than three times as long (the tests try every character).
fn collect_secret(source_bytes: usize, chars: impl Iterator<Item = char>) -> Zeroizing<String> {
    let mut secret = Zeroizing::new(String::with_capacity(source_bytes * 3));
    // Not `extend`: it reserves by the iterator's lower bound, which may move the text.
    for c in chars {
        secret.push(c);
    }
    secret
}

fn contains_email(lower: &str, email: &Email) -> bool {
    let local = email.local_part();
    lower.contains(email.as_str()) || (local.len() >= MIN_LOCAL_PART && lower.contains(local))
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

impl fmt::Debug for PasswordAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordAttempt(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: PasswordRules = PasswordRules {
        min: 12,
        is_common: |lower| lower == "correct horse",
    };

    fn parse(raw: &str) -> Result<NewPassword, Reason> {
        let email = Email::parse("Annabel@example.org").unwrap();
        NewPassword::parse(raw, Field::NewPassword, &RULES, &email).map_err(|problem| {
            assert_eq!(problem.field, Field::NewPassword);
            problem.reason
        })
    }

    fn reason(raw: &str) -> Reason {
        parse(raw).unwrap_err()
    }

    #[test]
    fn keeps_everything_typed() {
        for raw in [
            "  spaces around  ",
            "🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊",
            "江山代有才人出各领风骚数百年",
            "Quote\"'<&\\%00;--",
        ] {
            assert_eq!(parse(raw).unwrap().expose(), raw);
        }
    }

    #[test]
    fn length_is_counted_in_code_points_after_nfc() {
        let too_short = Reason::TooShort { min: 12 };
        assert!(parse("twelve chars").is_ok());
        assert_eq!(reason("eleven char"), too_short);
        assert_eq!(reason("🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊"), too_short);
        assert_eq!(reason(&"e\u{301}".repeat(11)), too_short);
        assert_eq!(
            parse(&"e\u{301}".repeat(12)).unwrap().expose(),
            "é".repeat(12)
        );
        assert_eq!(reason(""), Reason::Required);
    }

    #[test]
    fn at_most_1024_bytes_before_and_after_nfc() {
        let too_long = Reason::TooLong { max: 1024 };
        assert!(parse(&"x".repeat(1024)).is_ok());
        assert_eq!(reason(&"x".repeat(1025)), too_long);
        assert_eq!(reason(&"x".repeat(1 << 20)), too_long);
        // 2 bytes become 4: U+0344 decomposes and is excluded from composition.
        assert_eq!(reason(&"\u{344}".repeat(512)), too_long);
        // Its NFC would fit, but the work is not done to find out.
        assert_eq!(reason(&"e\u{301}".repeat(400)), too_long);
        assert!(PasswordAttempt::parse(&"x".repeat(1024)).is_some());
        assert!(PasswordAttempt::parse(&"x".repeat(1025)).is_none());
        assert!(PasswordAttempt::parse(&"\u{344}".repeat(512)).is_none());
        assert!(PasswordAttempt::parse("").is_none());
    }

    #[test]
    fn refuses_controls_common_ones_and_the_email() {
        for c in ['\0', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}'] {
            assert_eq!(
                reason(&format!("long{c}enough to pass")),
                Reason::ForbiddenCharacter
            );
        }
        assert_eq!(reason("CORRECT Horse"), Reason::Common);
        assert_eq!(reason("my ANNABEL password"), Reason::ContainsEmail);
        assert_eq!(reason("x annabel@example.org x"), Reason::ContainsEmail);

        let short = Email::parse("ann@example.org").unwrap();
        let parse = |raw| NewPassword::parse(raw, Field::Password, &RULES, &short);
        assert!(parse("anniversary of the planning").is_ok());
        assert_eq!(
            parse("ann@example.org").unwrap_err().reason,
            Reason::ContainsEmail
        );
    }

    #[test]
    fn debug_is_redacted() {
        let shown = format!(
            "{:?} {:?}",
            parse("open sesame please").unwrap(),
            PasswordAttempt::parse("open sesame please").unwrap()
        );
        assert_eq!(shown, "NewPassword(…) PasswordAttempt(…)");
    }

    proptest! {
        #[test]
        fn an_attempt_in_any_normal_form_matches_what_was_chosen(raw in "\\PC{12,40}") {
            if let Ok(chosen) = parse(&raw) {
                for form in [raw.nfc().collect::<String>(), raw.nfd().collect(), raw] {
                    if let Some(attempt) = PasswordAttempt::parse(&form) {
                        prop_assert_eq!(attempt.expose(), chosen.expose());
                    }
                }
            }
        }

        #[test]
        fn secrets_are_not_reallocated(raw in any::<String>()) {
            for secret in [collect_secret(raw.len(), raw.nfc()), lower_case(&raw)] {
                prop_assert!(secret.len() <= raw.len() * 3);
            }
        }
    }

    #[test]
    fn no_character_grows_more_than_threefold() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert!(collect_secret(text.len(), text.nfc()).len() <= text.len() * 3);
            assert!(lower_case(&text).len() <= text.len() * 3);
        }
    }
}
