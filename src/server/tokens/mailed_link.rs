//! What stands in a link that is sent by mail: `v1.kid.purpose.id.mac`; and the code of six digits beside it. Both are made when
//! the letter is: whoever reads the database, and not the secret, can make neither.

use crate::domain::mailed_link::Purpose;
use crate::server::tokens::keys::Keys;
use crate::server::tokens::stamp::Stamp;

/// The longest we look at, in bytes: ours have 111 at most.
const MAX_BYTES: usize = 128;

/// Makes and reads them.
#[derive(Clone)]
pub struct MailedLinks(Stamp);

impl MailedLinks {
    /// The first of `keys` makes them, all read them.
    pub fn new(keys: &Keys) -> Self {
        Self(Stamp::new(keys))
    }

    /// What stands in the link of this name. A secret.
    pub fn issue(&self, purpose: Purpose, id: &str) -> String {
        self.0.put_on(&format!("{}.{id}", purpose.as_str()))
    }

    /// The link's name, if it is one of ours and for this.
    pub fn read<'t>(&self, token: &'t str, purpose: Purpose) -> Option<&'t str> {
        let (named, id) = self.0.read(token, MAX_BYTES)?.split_once('.')?;
        (Purpose::parse(named) == Some(purpose)).then_some(id)
    }

    /// The code beside the link of this name. A secret.
    pub fn code(&self, purpose: Purpose, id: &str) -> String {
        self.0.digits(&code_of(purpose, id))
    }

    /// Whether this is the code beside it. A space more or less makes no difference.
    pub fn is_code(&self, code: &str, purpose: Purpose, id: &str) -> bool {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        self.0.has_digits(&code_of(purpose, id), &code)
    }
}

/// No link has such a name: a code says nothing of a link, nor a link of a code.
fn code_of(purpose: Purpose, id: &str) -> String {
    format!("code.{}.{id}", purpose.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tokens::{Keyring, Secret};

    const ID: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn a_link_is_for_one_purpose_and_as_it_was_written() {
        let keyring = Keyring::new(&Secret::from_random([7; 32]), &[]);
        let links = MailedLinks::new(&keyring.mailed_link);
        for purpose in Purpose::ALL {
            let token = links.issue(purpose, ID);
            assert!(token.len() <= MAX_BYTES - 16, "{token}");
            for other in Purpose::ALL {
                let expected = (other == purpose).then_some(ID);
                assert_eq!(links.read(&token, other), expected);
            }
            for other in [
                "",
                "....",
                &token[1..],
                &token[..token.len() - 1],
                &format!("{token}="),
                &format!("{token}A"),
                &token.to_ascii_lowercase(),
                &token.replacen("v1", "v2", 1),
            ] {
                assert_eq!(links.read(other, purpose), None, "{other}");
            }
        }
        let token = links.issue(Purpose::ResetPassword, ID);
        let swapped = token.replacen("reset", "not_me", 1);
        assert_eq!(links.read(&swapped, Purpose::NotMe), None);
        let elsewhere = MailedLinks::new(&keyring.invitation).issue(Purpose::ResetPassword, ID);
        assert_eq!(links.read(&elsewhere, Purpose::ResetPassword), None);
    }

    #[test]
    fn a_code_is_six_digits_of_one_link() {
        let old = Secret::from_random([7; 32]);
        let links = MailedLinks::new(&Keyring::new(&old, &[]).mailed_link);
        let purpose = Purpose::ResetPassword;
        let code = links.code(purpose, ID);
        assert!(
            code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
            "{code}"
        );
        assert!(links.is_code(&code, purpose, ID));
        assert!(links.is_code(&format!(" {} {} ", &code[..3], &code[3..]), purpose, ID));
        for (text, purpose, id) in [
            ("", purpose, ID),
            (&code[..5], purpose, ID),
            (&*format!("{code}0"), purpose, ID),
            (&code, Purpose::NotMe, ID),
            (&code, purpose, &ID[1..]),
        ] {
            assert!(!links.is_code(text, purpose, id), "{text} {id}");
        }
        // A letter that was sent before the secret was replaced is still good.
        let new = Keyring::new(&Secret::from_random([8; 32]), &[old]);
        assert!(MailedLinks::new(&new.mailed_link).is_code(&code, purpose, ID));
    }
}
