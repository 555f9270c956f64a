//! The audit trail as a file: CSV (RFC 4180) for people and their spreadsheets, JSON lines for programs.

use crate::app::words;
use crate::server::accounts::AuditRow;
use serde_json::json;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFile {
    /// A header, then a record a line. A cell that a spreadsheet would take for a formula begins with an apostrophe.
    Csv,
    /// A JSON object a line, every value as it is.
    JsonLines,
}

const COLUMNS: [&str; 12] = [
    "seq",
    "at",
    "event",
    "actor",
    "actor_email",
    "user",
    "user_email",
    "session",
    "detail",
    "user_agent",
    "network",
    "request",
];

impl AuditFile {
    /// What its name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    /// The media type (RFC 7111 for CSV; JSON lines have none of their own).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    /// What stands before the first record.
    pub fn header(self) -> String {
        match self {
            Self::Csv => csv_line(COLUMNS.map(str::to_owned)),
            Self::JsonLines => String::new(),
        }
    }

    /// A record, with the end of its line.
    pub fn line(self, record: &AuditRow) -> String {
        let values = values(record);
        match self {
            Self::Csv => csv_line(values.map(|value| harmless(value.unwrap_or_default()))),
            Self::JsonLines => {
                let members = COLUMNS.into_iter().zip(values).skip(1);
                let members = members.map(|(name, value)| (name.to_owned(), json!(value)));
                let seq = ("seq".to_owned(), json!(record.seq));
                let object: serde_json::Map<_, _> = std::iter::once(seq).chain(members).collect();
                format!("{}\n", serde_json::Value::Object(object))
            }
        }
    }
}

fn values(record: &AuditRow) -> [Option<String>; 12] {
    let network = record.device.network();
    [
        Some(record.seq.to_string()),
        Some(words::instant(record.at)),
        record.event.map(|event| event.as_str().to_owned()),
        record.actor.to_stored(),
        record.actor_email.as_ref().map(ToString::to_string),
        record.user.map(|user| user.to_string()),
        record.email.as_ref().map(ToString::to_string),
        record.session.map(|session| session.to_string()),
        Some(record.detail.clone()),
        Some(record.device.user_agent().to_owned()),
        network.map(|network| network.to_string()),
        record.request.clone(),
    ]
}

fn csv_line(cells: [String; 12]) -> String {
    let mut line = Vec::new();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut line);
    let _ = writer.write_record(cells); // writing to memory does not fail
    drop(writer); // writes what it still holds
    String::from_utf8(line).unwrap_or_default() // text in, text out
}

/// Spreadsheets take what begins with one of these for a formula and run it, quoted or not.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Actor, AuditEvent};
    use crate::domain::device::Device;

    fn record(user_agent: &str) -> AuditRow {
        AuditRow {
            seq: 7,
            at: 0,
            event: Some(AuditEvent::SignInRefused),
            actor: Actor::Operator,
            actor_email: None,
            user: None,
            email: None,
            session: None,
            detail: String::new(),
            device: Device::new(user_agent, None),
            request: None,
        }
    }

    fn cells(line: &str) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line.as_bytes());
        let record = reader.records().next().expect("a line").expect("CSV");
        record.iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_spreadsheet_finds_no_formula() {
        let file = AuditFile::Csv;
        assert_eq!(cells(&file.header()), COLUMNS);
        for (user_agent, shown) in [
            ("=HYPERLINK(\"//evil\")", "'=HYPERLINK(\"//evil\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("a,\"b\"", "a,\"b\""),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            let line = file.line(&record(user_agent));
            assert!(line.ends_with("\r\n"));
            assert_eq!(cells(&line)[9], shown);
            assert_eq!(
                cells(&line)[..4],
                [
                    "7",
                    "1970-01-01T00:00:00.000Z",
                    "sign_in_refused",
                    "operator"
                ]
            );
        }
    }

    #[test]
    fn a_program_finds_what_is() {
        let line = AuditFile::JsonLines.line(&record("=1\n"));
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(
            (&read["seq"], &read["user_agent"]),
            (&json!(7), &json!("=1\n"))
        );
        assert_eq!((&read["user"], &read["detail"]), (&json!(null), &json!("")));
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(AuditFile::JsonLines.header(), "");
    }
}
