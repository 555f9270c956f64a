//! The way to an SMTP server: TLS always, unless it is this very machine.

use crate::server::mail::Letter;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::time::Duration;
use url::{Host, Url};

/// How long a server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nobody who is on holiday is to answer (RFC 3834, section 5).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Where an SMTP server is, and what it knows us by. Its `Debug` shows no password.
#[derive(Clone)]
pub struct SmtpUrl(Url);

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://…@{}",
            self.0.scheme(),
            self.0.host_str().unwrap_or_default()
        )
    }
}

impl SmtpUrl {
    /// `smtps://` speaks TLS from the first byte (RFC 8314, section 3.3); `smtp://` asks for it (STARTTLS, RFC 3207) and goes no
    /// further without, but for a server on this machine.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err("begins with neither smtps:// nor smtp://");
        }
        let is_bare =
            matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if url.host_str().is_none_or(str::is_empty) || !is_bare {
            return Err("is not scheme, user, password, host and port, and nothing else");
        }
        if url.username().is_empty() != url.password().is_none() {
            return Err("has a user without a password, or the other way round");
        }
        Ok(Self(url))
    }

    fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            // A scheme that is not the web's leaves the host as it was written.
            Some(Host::Domain(name)) => {
                name == "localhost"
                    || name
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|address| address.is_loopback())
            }
            None => false,
        }
    }
}

/// Whom letters are from: `Vestibule <no-reply@example.org>`, or an address alone.
#[derive(Clone, Debug)]
pub struct MailFrom(Mailbox);

impl MailFrom {
    /// Reads it.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mailbox = text
            .parse()
            .map_err(|_| "is not an e-mail address, with or without a name before it")?;
        Ok(Self(mailbox))
    }
}

/// Hands letters to the server, over connections that it keeps for the next.
#[derive(Clone)]
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: MailFrom,
}

/// A letter was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The server cannot be reached, or says that it may take it later.
    #[error("the SMTP server does not take mail now: {0}")]
    Later(lettre::transport::smtp::Error),
    /// The server will never take it.
    #[error("the SMTP server refuses: {0}")]
    Never(lettre::transport::smtp::Error),
    /// It is no letter that could be sent.
    #[error("the letter cannot be written: {0}")]
    Unwritable(#[from] lettre::error::Error),
    /// The address is none that SMTP has.
    #[error("the letter cannot be addressed: {0}")]
    Unaddressable(#[from] lettre::address::AddressError),
}

impl From<lettre::transport::smtp::Error> for PostError {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        match error.is_permanent() {
            true => Self::Never(error),
            false => Self::Later(error),
        }
    }
}

impl PostError {
    /// What the log may say of it: of an answer only its number, since servers repeat addresses in their words. The command line, which
    /// was given the address, says it all.
    pub fn without_words(&self) -> String {
        match self {
            Self::Later(error) | Self::Never(error) => match error.status() {
                Some(status) => format!("the SMTP server answers {status}"),
                None => error.to_string(),
            },
            Self::Unwritable(_) | Self::Unaddressable(_) => "it cannot be written".to_owned(),
        }
    }
}

impl Post {
    /// To this server, from this sender. Nothing is opened yet.
    ///
    /// # Errors
    /// When no certificates can be checked here.
    pub fn new(url: &SmtpUrl, from: MailFrom) -> Result<Self, PostError> {
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let SmtpUrl(server) = url;
        // `parse` has seen to it; brackets belong to the URL and not to the address.
        let host = server.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut builder = match server.scheme() {
            "smtps" => Transport::relay(host)?,
            _ if url.is_loopback() => Transport::builder_dangerous(host),
            _ => Transport::starttls_relay(host)?,
        };
        if let Some(port) = server.port() {
            builder = builder.port(port);
        }
        if let Some(password) = server.password() {
            let plain = |text| percent_decode(text);
            builder =
                builder.credentials(Credentials::new(plain(server.username()), plain(password)));
        }
        Ok(Self {
            transport: builder.timeout(Some(PATIENCE)).build(),
            from,
        })
    }

    /// Whether the server answers, speaks TLS where it must, and knows us.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe(&self) -> Result<(), PostError> {
        self.transport.test_connection().await?;
        Ok(())
    }

    /// Hands one letter over. Afterwards it is the server's to deliver.
    ///
    /// # Errors
    /// When the server does not take it now, or never will.
    pub async fn send(&self, letter: &Letter) -> Result<(), PostError> {
        let MailFrom(from) = &self.from;
        let domain = from.email.domain();
        let to = Mailbox::new(None, letter.to.as_str().parse()?);
        let content = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        let message = Message::builder()
            .from(from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .raw_header(HeaderValue::new(
                AUTO_SUBMITTED,
                "auto-generated".to_owned(),
            ))
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .multipart(content)?;
        self.transport.send(message).await?;
        Ok(())
    }
}

fn percent_decode(text: &str) -> String {
    form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_mail_may_go() {
        for (text, loopback) in [
            ("smtps://user:secret@mail.example.org", false),
            ("smtp://mail.example.org:587", false),
            ("smtp://127.0.0.1:2525", true),
            ("smtp://localhost:25", true),
            ("smtp://[::1]:25", true),
            ("smtp://127.0.0.1.example.org", false),
        ] {
            let url = SmtpUrl::parse(text).expect(text);
            assert_eq!(url.is_loopback(), loopback, "{text}");
            assert!(!format!("{url:?}").contains("secret"));
        }
        for text in [
            "",
            "mail.example.org",
            "https://mail.example.org",
            "smtp://",
            "smtp://user@host",
            "smtp://host/inbox",
            "smtp://host?tls=none",
        ] {
            assert!(SmtpUrl::parse(text).is_err(), "{text}");
        }
        assert_eq!(percent_decode("a%40b+c%2F"), "a@b+c/");
        for from in ["no-reply@example.org", "Vestibule <no-reply@example.org>"] {
            assert!(MailFrom::parse(from).is_ok(), "{from}");
        }
        for from in ["", "nobody", "a@b\r\nBcc: x@example.org"] {
            assert!(MailFrom::parse(from).is_err(), "{from}");
        }
    }
}
