//! Mail: how letters are written, and how they are handed to an SMTP server (RFC 5321).

mod letter;
mod mailbox;
mod smtp;

pub use letter::{Letter, Paragraph};
pub use mailbox::Mailbox;
pub use smtp::{MailFrom, Post, PostError, SmtpUrl};

/// Where letters go.
#[derive(Clone)]
pub enum Carrier {
    /// Out, to an SMTP server.
    Smtp(Post),
    /// Nowhere: they are kept for the developer to read.
    Mailbox(Mailbox),
}

impl Carrier {
    /// Hands one letter over.
    ///
    /// # Errors
    /// When the server does not take it now, or never will.
    pub async fn carry(&self, letter: Letter) -> Result<(), PostError> {
        match self {
            Self::Smtp(post) => post.send(&letter).await,
            Self::Mailbox(mailbox) => {
                mailbox.keep(letter);
                Ok(())
            }
        }
    }
}
