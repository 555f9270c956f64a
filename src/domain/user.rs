//! A person's account as pages and API show it, and the forms that create and change it.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::avatar::AvatarHash;
use super::email::Email;
use super::error::{AppError, Field, Problem, Reason};
use super::password::{NewPassword, PasswordRules};
use super::role::Roles;

/// Defines an identifier of 16 bytes, written as 22 characters of base64url without padding
/// (RFC 4648 section 5). Each kind is a type of its own, so that one cannot be passed for another.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identifier of these bytes, which must be random.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bytes themselves.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// `None` unless it is what `Display` writes; non-zero trailing bits are refused, so that an
            /// identifier has one spelling.
            pub fn parse(text: &str) -> Option<Self> {
                use base64::Engine;
                // Refused before it is decoded, whatever its size.
                if text.len() != 22 {
                    return None;
                }
                let mut bytes = [0; 16];
                let engine = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
                let length = engine.decode_slice(text, &mut bytes).ok()?;
                (length == bytes.len()).then_some(Self(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let engine = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
                base64::display::Base64Display::new(&self.0, engine).fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or("not an identifier of 22 base64url characters")
            }
        }
    };
}
pub(crate) use id_type;

id_type!(
    /// An account's identifier: 16 random bytes, never reused.
    UserId
);

/// Most code points in a nickname.
const MAX_NICKNAME: usize = 50;
/// Most code points in a signature.
const MAX_SIGNATURE: usize = 200;

/// The name others see: 1 to 50 code points, NFC, on one line, not invisible.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Nickname(String);

impl Nickname {
    /// Reads what a person typed; whitespace around it is dropped. It may look like another's nickname: it
    /// identifies nobody.
    pub fn parse(raw: &str) -> Result<Nickname, Problem> {
        let refuse = |reason| Err(Problem::new(Field::Nickname, reason));
        let nickname: String = raw.trim().nfc().collect();
        if nickname.is_empty() {
            return refuse(Reason::Required);
        }
        if nickname.chars().any(is_forbidden) {
            return refuse(Reason::ForbiddenCharacter);
        }
        if nickname.chars().count() > MAX_NICKNAME {
            return refuse(Reason::TooLong {
                max: MAX_NICKNAME as u16,
            });
        }
        if !nickname.chars().any(is_visible) {
            return refuse(Reason::Malformed);
        }
        Ok(Nickname(nickname))
    }

    /// Takes a nickname from the database. Trusted: it was parsed when written.
    pub fn from_stored(stored: String) -> Self {
        Nickname(stored)
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for it in a picture: the first character, as people count them (Unicode, annex 29), of the first word and, of
    /// letters, of the last one.
    pub fn initials(&self) -> String {
        let initial = |word: &str| {
            word.graphemes(true)
                .next()
                .unwrap_or_default()
                .to_uppercase()
        };
        let mut words = self.0.split_whitespace();
        let first = words.next().map(initial).unwrap_or_default();
        let last = words.next_back().map(initial).unwrap_or_default();
        match last.chars().all(char::is_alphabetic) {
            true => first + &last,
            false => first,
        }
    }
}

/// A few lines about oneself: up to 200 code points, NFC, line feeds as the only line breaks; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Signature(String);

impl Signature {
    /// Reads what a person typed. Forms send line breaks as CR LF (WHATWG HTML, form submission): they count once.
    /// Pasted tabs become spaces, and whitespace at the end is dropped.
    pub fn parse(raw: &str) -> Result<Signature, Problem> {
        let refuse = |reason| Err(Problem::new(Field::Signature, reason));
        let text = raw
            .trim_end()
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .replace('\t', " ");
        let signature: String = text.nfc().collect();
        if signature.chars().any(|c| c != '\n' && is_forbidden(c)) {
            return refuse(Reason::ForbiddenCharacter);
        }
        if signature.chars().count() > MAX_SIGNATURE {
            return refuse(Reason::TooLong {
                max: MAX_SIGNATURE as u16,
            });
        }
        Ok(Signature(signature))
    }

    /// Takes a signature from the database. Trusted: it was parsed when written.
    pub fn from_stored(stored: String) -> Self {
        Signature(stored)
    }

    /// The text as it is shown, with line feeds.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that no name or text needs and that mislead its readers: controls, line separators,
/// bidirectional controls (they reorder the text around them), noncharacters, and what Unicode calls
/// `Default_Ignorable_Code_Point`, which shows nothing. Of the last, ZWNJ, ZWJ and the variation selectors stay
/// allowed: Persian, Indic scripts, Mongolian and emoji are written with them. (Tag characters are refused although
/// the flags of England, Scotland and Wales consist of them: they also hide whole messages.)
fn is_forbidden(c: char) -> bool {
    let is_noncharacter = matches!(c, '\u{FDD0}'..='\u{FDEF}') || (u32::from(c) & 0xFFFE) == 0xFFFE;
    c.is_control()
        || is_noncharacter
        || matches!(
            c,
            '\u{AD}'                        // soft hyphen
            | '\u{34F}'                     // combining grapheme joiner
            | '\u{61C}'                     // Arabic letter mark
            | '\u{115F}'..='\u{1160}'       // Hangul fillers
            | '\u{17B4}'..='\u{17B5}'       // Khmer inherent vowels
            | '\u{180E}'                    // Mongolian vowel separator
            | '\u{200B}'                    // zero width space
            | '\u{200E}'..='\u{200F}'       // left-to-right, right-to-left mark
            | '\u{2028}'..='\u{202E}'       // line, paragraph separator; embeddings, overrides
            | '\u{2060}'..='\u{206F}'       // word joiner, invisible operators, isolates
            | '\u{3164}' | '\u{FFA0}'       // Hangul fillers
            | '\u{FEFF}'                    // byte order mark
            | '\u{FFF0}'..='\u{FFFB}'       // interlinear annotation
            | '\u{1BCA0}'..='\u{1BCA3}'     // shorthand format controls
            | '\u{1D173}'..='\u{1D17A}'     // musical format controls
            | '\u{E0000}'..='\u{E00FF}'     // tags
            | '\u{E01F0}'..='\u{E0FFF}'     // reserved, ignorable
        )
}

/// Whether a character that is not forbidden shows by itself; variation selectors are combining marks.
fn is_visible(c: char) -> bool {
    const BRAILLE_BLANK: char = '\u{2800}';
    !c.is_whitespace()
        && !is_combining_mark(c)
        && !matches!(c, '\u{200C}' | '\u{200D}' | BRAILLE_BLANK)
}

impl fmt::Display for Nickname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Nickname {
    type Error = Problem;

    fn try_from(raw: String) -> Result<Self, Problem> {
        Nickname::parse(&raw)
    }
}

impl TryFrom<String> for Signature {
    type Error = Problem;

    fn try_from(raw: String) -> Result<Self, Problem> {
        Signature::parse(&raw)
    }
}

/// For how long after its owner asked for its deletion signing in still keeps an account, in milliseconds.
pub const DELETION_GRACE_MS: i64 = 7 * 86_400_000;

/// An account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Whose it is.
    pub id: UserId,
    /// The address to sign in with; nobody else sees it.
    pub email: Email,
    /// Whether it is proved to be theirs.
    pub is_verified: bool,
    /// The name others see.
    pub nickname: Nickname,
    /// A few lines about oneself; may be empty.
    pub signature: Signature,
    /// A picture, if there is one.
    pub avatar: Option<AvatarHash>,
    /// When the account was created, in epoch milliseconds.
    pub created_at_ms: i64,
    /// What the account may do.
    pub roles: Roles,
}

/// What is to be changed of a profile, accepted. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileUpdate {
    /// The new name.
    pub nickname: Option<Nickname>,
    /// The new text; may be empty.
    pub signature: Option<Signature>,
}

impl ProfileUpdate {
    /// Reads the fields that were given; [`AppError::Invalid`] names every refused one, in the form's order.
    pub fn parse(nickname: Option<&str>, signature: Option<&str>) -> Result<Self, AppError> {
        let mut problems = Vec::new();
        let update = ProfileUpdate {
            nickname: nickname.and_then(|raw| collect_problem(Nickname::parse(raw), &mut problems)),
            signature: signature
                .and_then(|raw| collect_problem(Signature::parse(raw), &mut problems)),
        };
        if problems.is_empty() {
            Ok(update)
        } else {
            Err(AppError::Invalid(problems))
        }
    }
}

/// The registration form, accepted.
#[derive(Debug)]
pub struct Registration {
    /// The address to sign in with, normalised.
    pub email: Email,
    /// The name others will see.
    pub nickname: Nickname,
    /// The password, which the rules allow.
    pub password: NewPassword,
}

impl Registration {
    /// Reads the form's fields; [`AppError::Invalid`] names every refused one, in the form's order. The password
    /// is checked although the e-mail may be wrong, so that one round is enough to mend both.
    pub fn parse(
        email: &str,
        nickname: &str,
        password: &str,
        rules: &PasswordRules,
    ) -> Result<Self, AppError> {
        let mut problems = Vec::new();
        let email = collect_problem(Email::parse(email), &mut problems);
        let nickname = collect_problem(Nickname::parse(nickname), &mut problems);
        let password = collect_problem(
            NewPassword::parse_for(password, Field::Password, rules, email.as_ref()),
            &mut problems,
        );
        match (email, nickname, password) {
            (Some(email), Some(nickname), Some(password)) => Ok(Registration {
                email,
                nickname,
                password,
            }),
            _ => Err(AppError::Invalid(problems)),
        }
    }
}

fn collect_problem<T>(parsed: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    parsed.map_err(|problem| problems.push(problem)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nickname(raw: &str) -> Result<String, Reason> {
        Nickname::parse(raw).map(|n| n.0).map_err(|p| p.reason)
    }

    fn signature(raw: &str) -> Result<String, Reason> {
        Signature::parse(raw).map(|s| s.0).map_err(|p| p.reason)
    }

    #[test]
    fn ids_have_one_spelling() {
        let id = UserId::from_bytes([0; 16]);
        assert_eq!(id.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(format!("{id:?}"), "UserId(AAAAAAAAAAAAAAAAAAAAAA)");
        for text in [
            "",
            "AAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAA+/",
            " AAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAA\u{c4}",
        ] {
            assert_eq!(UserId::parse(text), None, "{text:?}");
        }
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"AAAAAAAAAAAAAAAAAAAAAA\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<UserId>("\"AAAAAAAAAAAAAAAAAAAAAB\"").is_err());
    }

    #[test]
    fn nicknames_of_many_scripts() {
        for raw in [
            "Ann",
            "<script>alert(1)</script>",
            "O'Neil & Söhne",
            "江山",
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "👩\u{200D}💻",
            "❤\u{FE0F}",
            "🇨🇭",
            "שלום",
        ] {
            assert_eq!(nickname(raw).as_deref(), Ok(raw));
        }
        assert_eq!(nickname("\u{3000} Ann\u{a0}\n").as_deref(), Ok("Ann"));
        assert_eq!(nickname("Zoe\u{308}").as_deref(), Ok("Zoë"));
        assert_eq!(Nickname::parse("Ann").unwrap().to_string(), "Ann");
    }

    #[test]
    fn initials() {
        for (nickname, expected) in [
            ("Ada", "A"),
            ("ada king lovelace", "AL"),
            ("江山", "江"),
            ("Éva", "É"),
            ("👩\u{200D}💻 at work", "👩\u{200D}💻W"),
            ("🦊🦊🦊", "🦊"),
            ("🇨🇭 Heidi", "🇨🇭H"),
            ("Ada (she)", "A"),
            ("ßen", "SS"),
            ("क्षमा", "क्ष"),
        ] {
            assert_eq!(Nickname::parse(nickname).unwrap().initials(), expected);
        }
    }

    #[test]
    fn nicknames_that_mislead_are_refused() {
        let forbidden = "\0\t\n\r\u{1b}\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\
            \u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\
            \u{2066}\u{2067}\u{2068}\u{2069}\u{3164}\u{feff}\u{ffa0}\u{fff9}\u{fdd0}\u{ffff}\u{1fffe}\
            \u{10ffff}\u{1d173}\u{e0000}\u{e0041}\u{e007f}";
        for c in forbidden.chars() {
            let reason = Err(Reason::ForbiddenCharacter);
            assert_eq!(nickname(&format!("A{c}n")), reason, "{c:?}");
        }
        for invisible in ["\u{200D}", "\u{FE0F}\u{200C}", "\u{2800}", "\u{301}"] {
            assert_eq!(nickname(invisible), Err(Reason::Malformed), "{invisible:?}");
        }
    }

    #[test]
    fn nickname_limits() {
        assert_eq!(nickname(""), Err(Reason::Required));
        assert_eq!(nickname(" \u{3000}\t"), Err(Reason::Required));
        assert!(nickname(&"🦊".repeat(50)).is_ok());
        assert!(nickname(&"e\u{301}".repeat(50)).is_ok());
        let too_long = Err(Reason::TooLong { max: 50 });
        assert_eq!(nickname(&"🦊".repeat(51)), too_long);
        assert_eq!(nickname(&"x".repeat(1 << 20)), too_long);
    }

    #[test]
    fn signatures() {
        assert_eq!(signature("").as_deref(), Ok(""));
        assert_eq!(signature(" \r\n ").as_deref(), Ok(""));
        assert_eq!(
            signature("one\r\ntwo\rthree\n\tfour \r\n").as_deref(),
            Ok("one\ntwo\nthree\n four")
        );
        assert!(signature(&"a\r\n".repeat(99)).is_ok());
        assert!(signature(&"é".repeat(200)).is_ok());
        assert_eq!(
            signature(&"é".repeat(201)),
            Err(Reason::TooLong { max: 200 })
        );
        let stored = Signature::from_stored("as it is".to_owned());
        assert_eq!(stored.to_string(), "as it is");
        for c in ['\0', '\u{b}', '\u{202e}', '\u{2028}', '\u{feff}'] {
            assert_eq!(
                signature(&format!("a{c}b")),
                Err(Reason::ForbiddenCharacter)
            );
        }
    }

    #[test]
    fn forms_report_every_problem() {
        let fields = |error: AppError| -> Vec<_> {
            let problems = error.problems();
            problems.iter().map(|problem| problem.field).collect()
        };
        let error = ProfileUpdate::parse(Some(""), Some("\0")).unwrap_err();
        assert_eq!(fields(error), [Field::Nickname, Field::Signature]);
        let update = ProfileUpdate::parse(Some("Ann"), Some("")).unwrap();
        assert_eq!(update.signature, Some(Signature::default()));
        let update = ProfileUpdate::parse(None, None).unwrap();
        assert_eq!((update.nickname, update.signature), (None, None));
        let error = ProfileUpdate::parse(None, Some("\0")).unwrap_err();
        assert_eq!(fields(error), [Field::Signature]);

        let rules = PasswordRules {
            min: 12,
            is_common: |_| false,
        };
        let error = Registration::parse("ann", "", "short", &rules).unwrap_err();
        assert_eq!(
            fields(error),
            [Field::Email, Field::Nickname, Field::Password]
        );
        let register = |password| Registration::parse("anna@a.org", "Ann", password, &rules);
        assert_eq!(
            fields(register("my name is anna").unwrap_err()),
            [Field::Password]
        );
        let registration = register("a fine long one").unwrap();
        assert!(!format!("{registration:?}").contains("fine"));
    }

    #[test]
    fn a_profile_survives_json() {
        let profile = Profile {
            id: UserId::from_bytes([7; 16]),
            email: Email::parse("ann@example.org").unwrap(),
            is_verified: true,
            nickname: Nickname::parse("Ann").unwrap(),
            signature: Signature::parse("a\nb").unwrap(),
            avatar: Some(AvatarHash::from_bytes([9; 32])),
            created_at_ms: 1,
            roles: Roles::default(),
        };
        let json = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), profile);
        let forged = json.replace("\"Ann\"", "\"\"");
        assert!(serde_json::from_str::<Profile>(&forged).is_err());
    }

    proptest! {
        #[test]
        fn ids_read_back(bytes in any::<[u8; 16]>()) {
            let id = UserId::from_bytes(bytes);
            prop_assert_eq!(UserId::parse(&id.to_string()), Some(id));
            prop_assert_eq!(id.as_bytes(), &bytes);
        }

        #[test]
        fn only_the_written_form_of_an_id_is_read(text in "[A-Za-z0-9_-]{22}") {
            if let Some(id) = UserId::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn texts_parse_to_themselves(raw in prop_oneof![any::<String>(), "\\PC{0,60}", "[a\r\n\t e\u{301}\u{200D}]{0,12}"]) {
            if let Ok(nickname) = Nickname::parse(&raw) {
                prop_assert!((1..=50).contains(&nickname.as_str().chars().count()));
                prop_assert_eq!(Nickname::parse(nickname.as_str()), Ok(nickname));
            }
            if let Ok(signature) = Signature::parse(&raw) {
                prop_assert!(!signature.as_str().contains(['\r', '\t', '\0']));
                prop_assert_eq!(Signature::parse(signature.as_str()), Ok(signature));
            }
        }
    }
}
