//! Which passwords an attacker tries first.

use zxcvbn::zxcvbn;

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

#[cfg(test)]
mod tests {
    use super::is_common;

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
