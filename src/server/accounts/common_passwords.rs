//! Which passwords an attacker tries first.

use crate::domain::password::{Advice, Weakness};
use zeroize::Zeroizing;
use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

/// Only so much of a password is looked at: nobody's list of common ones holds longer words, and the
/// search costs more than linear time.
const LOOKED_AT: usize = 64;

/// Whether a password is in zxcvbn's lists of the most common ones, or so near to one (a word
/// repeated, a row of keys, a year behind it) that a million guesses find it.
pub fn is_common(password: &str) -> bool {
    if password.chars().count() > LOOKED_AT {
        return false;
    }
    zxcvbn(password, &[]).guesses() < 1_000_000
}

/// What is to be said of a password that is long enough. An attacker would know these words about its owner.
pub fn advise(password: &str, known: &[&str]) -> Advice {
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let looked_at = Zeroizing::new(looked_at);
    let guessed = zxcvbn(&looked_at, known);
    match guessed.score() {
        Score::Four => Advice::VeryGood,
        Score::Three => Advice::Good,
        _ => {
            let warning = guessed.feedback().and_then(|feedback| feedback.warning());
            Advice::Weak(warning.map_or(Weakness::Short, weakness))
        }
    }
}

fn weakness(warning: Warning) -> Weakness {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess
        | Warning::ShortKeyboardPatternsAreEasyToGuess => Weakness::Keyboard,
        Warning::RepeatsLikeAaaAreEasyToGuess
        | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => Weakness::Repeats,
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => Weakness::Common,
        Warning::SequencesLikeAbcAreEasyToGuess => Weakness::Sequence,
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => Weakness::Dates,
        Warning::AWordByItselfIsEasyToGuess => Weakness::Word,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => Weakness::Names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_about_what_was_typed() {
        for (password, advice) in [
            ("abcabcabcabcabc", Advice::Weak(Weakness::Repeats)),
            ("abcdefghijklmnop 1", Advice::Weak(Weakness::Sequence)),
            ("1234567890 9876", Advice::Weak(Weakness::Common)),
            ("elizabeth1", Advice::Weak(Weakness::Names)),
            ("internationalisation", Advice::Weak(Weakness::Short)),
            ("kettle harbour", Advice::Good),
            ("correct horse battery staple", Advice::VeryGood),
            // Of a long one its beginning counts.
            (&"a".repeat(900), Advice::Weak(Weakness::Repeats)),
        ] {
            assert_eq!(advise(password, &[]), advice, "{password:.40}");
        }
        let told = advise("ballantyneshire", &["ballantyneshire"]).level();
        assert!(
            told < advise("ballantyneshire", &[]).level(),
            "what is known of the owner counts"
        );
    }

    #[test]
    fn the_first_guesses_of_an_attacker() {
        for common in [
            "password1234",
            "123456789012",
            "qwertyuiop123",
            "iloveyou1234",
            "aaaaaaaaaaaa",
            "passwordpassword",
            "1q2w3e4r5t6y",
            "administrator",
            "unbelievable",
            "qwertyuiopasdfghjkl",
        ] {
            assert!(is_common(common), "{common}");
        }
    }

    #[test]
    fn what_people_may_use() {
        for fine in [
            "correct horse battery staple",
            "Tr0ub4dor&3-und-mehr",
            "江山代有才人出各领风骚数百年",
            "vX9-kd2-Lq8-mm1",
        ] {
            assert!(!is_common(fine), "{fine}");
        }
    }
}
