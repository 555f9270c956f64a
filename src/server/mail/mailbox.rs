//! The development mailbox: letters that would have been sent if there were an SMTP server, kept in memory.

use crate::server::mail::Letter;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept; older ones are forgotten.
const MOST: usize = 50;

/// Keeps letters instead of sending them. Cloning it shares it.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<VecDeque<Letter>>>);

impl Mailbox {
    /// Puts a letter in.
    pub fn keep(&self, letter: Letter) {
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push_front(letter);
        letters.truncate(MOST);
    }

    /// What is in it, the newest first.
    pub fn letters(&self) -> Vec<Letter> {
        let letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        letters.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::Email;
    use crate::language::Text;

    #[test]
    fn the_newest_fifty_are_kept() {
        let mailbox = Mailbox::default();
        let to = Email::parse("ada@example.org").expect("an e-mail");
        for number in 0..60 {
            let subject = number.to_string();
            let letter = Letter::new(
                to.clone(),
                String::new(),
                Text::english(),
                subject,
                Vec::new(),
            );
            mailbox.clone().keep(letter);
        }
        let subjects: Vec<_> = (mailbox.letters().into_iter())
            .map(|letter| letter.subject)
            .collect();
        assert_eq!(subjects.len(), 50);
        assert_eq!((&*subjects[0], &*subjects[49]), ("59", "10"));
    }
}
