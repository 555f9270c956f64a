//! Letters as they are written, without a server to carry them: that has tests of its own (`mail.rs`).

use crate::app::{ORIGIN, TestApp};
use vestibule::app::letters::write;
use vestibule::server::mail::{Carrier, Letter, Mailbox, Paragraph};

/// No test connects to it.
const NOWHERE: &str = "smtp://127.0.0.1:1";

impl TestApp {
    /// Another instance on the same database, by which letters are written.
    pub async fn writing_letters(&self) -> TestApp {
        self.writing_letters_and(&[]).await
    }

    /// The same with these variables.
    pub async fn writing_letters_and(&self, variables: &[(&str, &str)]) -> TestApp {
        let mail = [
            ("VESTIBULE_SMTP_URL", NOWHERE),
            ("VESTIBULE_MAIL_FROM", "no-reply@app.example"),
        ];
        self.with_variables(&[&mail, variables].concat()).await
    }

    /// What is in the outbox, as it would be sent, the oldest first; the outbox is empty afterwards.
    pub async fn letters(&self) -> Vec<Letter> {
        let mailbox = Mailbox::default();
        let carrier = Carrier::Mailbox(mailbox.clone());
        let origin = self.config.origin.as_str();
        let sent = self
            .accounts
            .send_letters(&carrier, |outgoing| write(outgoing, origin));
        sent.await.expect("a database");
        let mut letters = mailbox.letters();
        letters.reverse();
        letters
    }

    /// The only letter there is.
    pub async fn letter(&self) -> Letter {
        let letters = self.letters().await;
        let [letter] = &letters[..] else {
            panic!("one letter: {letters:?}")
        };
        letter.clone()
    }
}

/// Where the letter's link leads, without the origin.
pub fn link(letter: &Letter) -> String {
    let mut links = letter
        .content
        .iter()
        .filter_map(|paragraph| match paragraph {
            Paragraph::Link { url, .. } => Some(url),
            _ => None,
        });
    let url = links.next().expect("a link");
    assert!(links.next().is_none(), "one link: {letter:?}");
    url.strip_prefix(ORIGIN).expect("a page of ours").to_owned()
}

/// What stands in the letter's link.
pub fn token(letter: &Letter) -> String {
    let link = link(letter);
    let (_, token) = link.split_once("?token=").expect("a token");
    token.to_owned()
}

/// The letter's code.
pub fn code(letter: &Letter) -> Option<String> {
    letter.content.iter().find_map(|paragraph| match paragraph {
        Paragraph::Code(code) => Some(code.clone()),
        _ => None,
    })
}
