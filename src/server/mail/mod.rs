//! Mail: how letters are written, and how they are handed to an SMTP server (RFC 5321).

mod letter;
mod smtp;

pub use letter::{Letter, Paragraph};
pub use smtp::{MailFrom, Post, PostError, SmtpUrl};
