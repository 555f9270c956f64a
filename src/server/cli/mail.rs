//! `vestibule mail …`: whether mail goes out.

use super::{Failure, print};
use crate::brand;
use crate::domain::email::Email;
use crate::language::Text;
use crate::server::config::{Config, MailConfig};
use crate::server::mail::{Letter, Paragraph, Post};
use crate::server::random::Random;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;

/// What can be done with mail.
#[derive(Subcommand)]
pub enum MailCommand {
    /// Send a letter to this address, and say whether the server has taken it
    Test {
        /// Whose mailbox
        address: String,
    },
}

pub async fn run(command: MailCommand) -> Result<(), Failure> {
    let MailCommand::Test { address } = command;
    let config = Config::from_environment()?;
    let Some(MailConfig::Smtp { server, from }) = config.mail else {
        return Err("There is no VESTIBULE_SMTP_URL, so no mail goes out.".into());
    };
    let Ok(to) = Email::parse(&address) else {
        return Err(format!("{address} is no e-mail address.").into());
    };
    let text = Text::english();
    let id = URL_SAFE_NO_PAD.encode(Random::system().bytes::<16>()?);
    let subject = text.say_with("mail-test-subject", &[("brand", brand::name().into())]);
    let words = text.say_with("mail-test", &[("origin", config.origin.as_str().into())]);
    let letter = Letter::new(to, id, text, subject, vec![Paragraph::Words(words)]);
    Post::new(&server, from)?.send(&letter).await?;
    print("The server has taken a letter.\n")?;
    Ok(())
}
