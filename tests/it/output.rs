//! Everything that the program writes while the whole suite runs, at the most talkative level, and the search in it for every
//! secret that a caller sent or was given. Each application is searched for at its end (`app.rs`), each program too (`kill.rs`).

use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, Uri};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};
use vestibule::server::config::LogFormat;
use vestibule::server::web::start_logging;

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Fields of forms and of JSON that hold what nobody else may learn.
const SECRET_FIELDS: [&str; 9] = [
    "email",
    "password",
    "current_password",
    "new_password",
    "access_token",
    "refresh_token",
    "invitation",
    "token",
    "q",
];

/// Of the program. The parser of pages is the tests' own.
const EVERYTHING: &str = "trace,html5ever=off";

/// Shorter ones stand in every text by chance.
const SHORTEST: usize = 8;

/// What is written from now on, and what must not be found in it.
pub struct Searched {
    from: usize,
    secrets: Mutex<BTreeSet<String>>,
}

impl Searched {
    /// Begins to listen, if nobody did before.
    pub fn begin() -> Self {
        static LISTENING: Once = Once::new();
        LISTENING.call_once(|| start_logging(EVERYTHING, LogFormat::Text, || Collector));
        let from = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).len();
        let secrets = Mutex::default();
        Self { from, secrets }
    }

    /// Notes a secret.
    pub fn note(&self, secret: &str) {
        if secret.trim().len() >= SHORTEST {
            let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
            secrets.insert(secret.to_owned());
        }
    }

    /// Notes the cookies and the tokens that a request or an answer holds.
    pub fn note_headers(&self, headers: &HeaderMap) {
        let texts = |name: HeaderName| {
            headers
                .get_all(name)
                .into_iter()
                .filter_map(|value| value.to_str().ok())
        };
        for cookies in texts(COOKIE) {
            for pair in cookies.split("; ") {
                self.note(pair.split_once('=').map_or(pair, |(_, value)| value));
            }
        }
        for cookie in texts(SET_COOKIE) {
            let pair = cookie.split(';').next().unwrap_or_default();
            self.note(pair.split_once('=').map_or(pair, |(_, value)| value));
        }
        for authorization in texts(AUTHORIZATION) {
            self.note(
                authorization
                    .split_once(' ')
                    .map_or(authorization, |(_, token)| token),
            );
        }
    }

    /// Notes the secret fields of a query.
    pub fn note_query(&self, uri: &Uri) {
        self.note_form(uri.query().unwrap_or_default().as_bytes());
    }

    /// Notes the secret fields of a form or of a JSON text.
    pub fn note_body(&self, body: &[u8]) {
        match serde_json::from_slice(body) {
            Ok(json) => self.note_json(&json),
            Err(_) => self.note_form(body),
        }
    }

    fn note_form(&self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            if SECRET_FIELDS.contains(&&*name) {
                self.note(&value);
            }
        }
    }

    fn note_json(&self, json: &Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if SECRET_FIELDS.contains(&name.as_str()) => {
                            self.note(text)
                        }
                        other => self.note_json(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.note_json(item)),
            _ => {}
        }
    }

    /// That none of the secrets stands in what was written since.
    #[track_caller]
    pub fn assert_nothing_is_told(&self) {
        let written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        let written = written[self.from..].to_vec();
        self.assert_nothing_is_told_in(&String::from_utf8_lossy(&written));
    }

    /// That none of the secrets stands in this text.
    #[track_caller]
    pub fn assert_nothing_is_told_in(&self, text: &str) {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets.iter() {
            if text.contains(secret) {
                let line = text.lines().find(|line| line.contains(secret));
                panic!("{secret:?} is told to whoever reads along: {line:?}");
            }
        }
    }
}

/// Where the suite's log goes.
struct Collector;

impl Write for Collector {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
#[should_panic(expected = "is told to whoever reads along")]
fn a_secret_that_is_logged_is_found() {
    let searched = Searched::begin();
    searched.note_body(b"email=ada%40example.org&password=violet+harbour");
    tracing::trace!(password = "violet harbour", "this is what nobody may do");
    searched.assert_nothing_is_told();
}
