//! A letter: one content, as text and as HTML, readable in a plain client, with nothing in it that is fetched or counted.

use crate::domain::email::Email;
use crate::language::Text;
use html_escape::{encode_double_quoted_attribute, encode_text};

/// To one person, in their language.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Whom it is for.
    pub to: Email,
    /// Names it for ever: whoever gets it twice can tell.
    pub id: String,
    /// The language that it is written in.
    pub language: Text,
    /// What it is about, on one line.
    pub subject: String,
    /// What it says.
    pub content: Vec<Paragraph>,
    /// For plain clients.
    pub text: String,
    /// For the others.
    pub html: String,
}

/// A piece of a letter.
#[derive(Clone, Debug)]
pub enum Paragraph {
    /// Words.
    Words(String),
    /// A link, and what opening it does.
    Link {
        /// What it does.
        label: String,
        /// Its address.
        url: String,
    },
    /// A code to be typed.
    Code(String),
}

/// Mail clients know no style sheets; what is written at each element all of them know.
const BODY: &str =
    "margin:0;padding:24px;background:#ffffff;color:#15231e;font:17px/1.5 sans-serif";
const COLUMN: &str = "max-width:36em;margin:0 auto";
const BUTTON: &str = "display:inline-block;padding:12px 22px;border-radius:4px;background:#12493b;color:#ffffff;\
     font-weight:600;text-decoration:none";
const CODE: &str = "font:600 28px/1.2 monospace;letter-spacing:4px";

impl Letter {
    /// Writes both forms.
    pub fn new(
        to: Email,
        id: String,
        language: Text,
        subject: String,
        content: Vec<Paragraph>,
    ) -> Self {
        let text = content.iter().map(as_text).collect::<Vec<_>>();
        let html: String = content.iter().map(as_html).collect();
        let direction = language.direction().unwrap_or("ltr");
        Self {
            to,
            id,
            language,
            text: text.join("\r\n\r\n") + "\r\n",
            html: format!(
                "<!DOCTYPE html><html lang=\"{}\" dir=\"{direction}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
                 <body style=\"{BODY}\"><div style=\"{COLUMN}\">{html}</div></body></html>",
                language.tag(),
                encode_text(&subject),
            ),
            subject,
            content,
        }
    }
}

fn as_text(paragraph: &Paragraph) -> String {
    match paragraph {
        Paragraph::Words(words) => words.clone(),
        // On a line of its own, so that clients that look for addresses find its end.
        Paragraph::Link { label, url } => format!("{label}\r\n{url}"),
        Paragraph::Code(code) => code.clone(),
    }
}

fn as_html(paragraph: &Paragraph) -> String {
    match paragraph {
        Paragraph::Words(words) => format!("<p>{}</p>", encode_text(words)),
        Paragraph::Link { label, url } => format!(
            "<p><a href=\"{}\" style=\"{BUTTON}\">{}</a></p>",
            encode_double_quoted_attribute(url),
            encode_text(label)
        ),
        Paragraph::Code(code) => format!("<p style=\"{CODE}\">{}</p>", encode_text(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same_and_neither_can_be_broken_out_of() {
        let to = Email::parse("ada@example.org").expect("an e-mail");
        let content = [
            Paragraph::Words("<b>Ada</b> & co".to_owned()),
            Paragraph::Link {
                label: "\"Open\"".to_owned(),
                url: "https://app.example/reset?token=a&b=\"><script>".to_owned(),
            },
            Paragraph::Code("123456".to_owned()),
        ];
        let letter = Letter::new(
            to,
            "1".to_owned(),
            Text::english(),
            "<Hello>".to_owned(),
            content.into(),
        );
        assert_eq!(
            letter.text,
            "<b>Ada</b> & co\r\n\r\n\"Open\"\r\nhttps://app.example/reset?token=a&b=\"><script>\r\n\r\n123456\r\n"
        );
        assert!(letter.html.contains("<title>&lt;Hello&gt;</title>"));
        assert!(
            letter
                .html
                .contains("<p>&lt;b&gt;Ada&lt;/b&gt; &amp; co</p>")
        );
        assert!(
            letter
                .html
                .contains("href=\"https://app.example/reset?token=a&amp;b=&quot;")
        );
        assert!(!letter.html.contains("<script>") && !letter.html.contains("<img"));
    }
}
