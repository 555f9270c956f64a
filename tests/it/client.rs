//! A browser without a screen: keeps cookies, sends forms, and reads what comes back.

use crate::html::Element;
use crate::output::Searched;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tower::ServiceExt;

/// Sends requests to a router as a browser does; clones have jars of their own.
#[derive(Clone)]
pub struct Client {
    router: Router,
    /// Values by name.
    pub cookies: BTreeMap<String, String>,
    headers: HeaderMap,
    address: Option<SocketAddr>,
    searched: Arc<Searched>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// The same where it is no text.
    pub bytes: Bytes,
}

/// A cookie that an answer sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    pub name: String,
    pub value: String,
    /// As written, in order.
    pub attributes: Vec<String>,
}

impl SetCookie {
    fn parse(line: &str) -> Self {
        let mut parts = line.split("; ");
        let (name, value) = parts
            .next()
            .and_then(|pair| pair.split_once('='))
            .expect("a name and a value");
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            attributes: parts.map(str::to_owned).collect(),
        }
    }

    pub fn max_age(&self) -> Option<i64> {
        let seconds = self
            .attributes
            .iter()
            .find_map(|attribute| attribute.strip_prefix("Max-Age="))?;
        Some(seconds.parse().expect("seconds"))
    }

    pub fn is_expiry(&self) -> bool {
        self.value.is_empty() && self.max_age() == Some(0)
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().expect("visible ASCII");
        assert!(values.next().is_none(), "{name} stands once");
        Some(value)
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
            .unwrap_or_else(|| panic!("a Location in {self:?}"))
    }

    pub fn set_cookies(&self) -> Vec<SetCookie> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines
            .map(|line| SetCookie::parse(line.to_str().expect("ASCII")))
            .collect()
    }

    /// The cookie of that name, which the answer sets at most once.
    pub fn set_cookie(&self, name: &str) -> Option<SetCookie> {
        let mut found = self
            .set_cookies()
            .into_iter()
            .filter(|cookie| cookie.name == name);
        let cookie = found.next()?;
        assert!(found.next().is_none(), "{name} is set once");
        Some(cookie)
    }

    pub fn page(&self) -> Element {
        assert_eq!(
            self.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        Element::parse(&self.body)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON in {self:?}"))
    }

    /// That it is a 303 to there.
    #[track_caller]
    pub fn assert_sees_other(&self, location: &str) {
        assert_eq!(
            (self.status, self.header("location")),
            (303, Some(location)),
            "{self:?}"
        );
    }

    /// That it is a page with this heading.
    #[track_caller]
    pub fn assert_page(&self, heading: &str) {
        assert_eq!(self.status, 200, "{self:?}");
        let headings: Vec<_> = self
            .page()
            .named("h1")
            .into_iter()
            .map(Element::text)
            .collect();
        assert_eq!(headings, [heading]);
    }

    /// That the page says at the field, and in the summary with a link to the field, what is wrong.
    #[track_caller]
    pub fn assert_says_at(&self, field: &str, sentence: &str) {
        let page = self.page();
        let error = page
            .by_id(&format!("{field}-error"))
            .unwrap_or_else(|| panic!("an error at {field}: {}", self.body));
        assert_eq!(error.text(), sentence);
        let input = page.by_id(field).expect("the field");
        assert_eq!(input.attribute("aria-invalid"), Some("true"));
        let described_by = input.attribute("aria-describedby").expect("a description");
        assert!(
            described_by
                .split(' ')
                .any(|id| id == format!("{field}-error")),
            "{described_by}"
        );
        for id in described_by.split(' ') {
            assert!(page.by_id(id).is_some(), "{id} is on the page");
        }
        let summary = page.by_id("error-summary").expect("a summary");
        assert_eq!(summary.attribute("role"), Some("alert"));
        let link = summary
            .named("a")
            .into_iter()
            .find(|link| link.attribute("href") == Some(&format!("#{field}")))
            .unwrap_or_else(|| panic!("a link to {field}"));
        assert_eq!(link.text(), sentence);
    }

    /// That the page shows this notice, or none.
    #[track_caller]
    pub fn assert_notice(&self, notice: Option<&str>) {
        assert_eq!(
            self.page().by_class("notice").map(Element::text).as_deref(),
            notice
        );
    }
}

impl Client {
    /// As a browser's own form or link does: same-origin, wants HTML.
    pub fn new(router: Router, searched: Arc<Searched>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"),
        );
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static("Testing/1.0 (in Rust)"),
        );
        Self {
            router,
            cookies: BTreeMap::new(),
            headers,
            address: None,
            searched,
        }
    }

    /// Calling from this address.
    pub fn calling_from(mut self, address: &str) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        self.address = Some(SocketAddr::new(address, 4711));
        self
    }

    /// A caller that does not read HTML, from our origin all the same.
    pub fn wanting_json(mut self) -> Self {
        self.headers
            .insert(ACCEPT, HeaderValue::from_static("application/json"));
        self
    }

    /// With this header in every request, instead of the usual one.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        self.headers.insert(
            name,
            HeaderValue::from_str(value).expect("a header's value"),
        );
        self
    }

    /// With this cookie in the jar.
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The access token in the jar.
    pub fn access_token(&self) -> &str {
        self.cookies.get("__Host-at").expect("signed in")
    }

    /// The refresh token in the jar.
    pub fn refresh_token(&self) -> &str {
        self.cookies.get("__Host-rt").expect("signed in")
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_body(path, "application/x-www-form-urlencoded", encode(fields))
            .await
    }

    /// As a form with a file in it (RFC 7578).
    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(
            b"--X\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"../../me.png\"\r\n\
            Content-Type: image/png\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--X--\r\n");
        self.post_body(path, "multipart/form-data; boundary=X", body)
            .await
    }

    pub async fn post_body(
        &mut self,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Answer {
        self.send(Method::POST, path, Some(content_type), body.into())
            .await
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(body)
            .expect("a request");
        *request.headers_mut() = self.headers.clone();
        if let Some(content_type) = content_type {
            request.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_str(content_type).expect("a header's value"),
            );
        }
        if !self.cookies.is_empty() && !self.headers.contains_key(COOKIE) {
            let pairs: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let cookies = HeaderValue::from_str(&pairs.join("; ")).expect("a header's value");
            request.headers_mut().insert(COOKIE, cookies);
        }
        self.send_request(request).await
    }

    /// Sends this request as it is, without the usual headers and cookies.
    pub async fn send_request(&mut self, mut request: Request<Body>) -> Answer {
        if let Some(address) = self.address {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let request = self.note_secrets(request).await;
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router always answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            bytes,
        };
        answer.assert_headers_of_every_answer();
        self.searched.note_headers(&answer.headers);
        self.searched.note_body(answer.body.as_bytes());
        for cookie in answer.set_cookies() {
            if cookie.max_age() == Some(0) {
                self.cookies.remove(&cookie.name);
            } else {
                self.cookies.insert(cookie.name, cookie.value);
            }
        }
        answer
    }
}

impl Client {
    /// What this request holds must not be found in any log. A body that is still to be made is left alone.
    async fn note_secrets(&self, request: Request<Body>) -> Request<Body> {
        let (parts, body) = request.into_parts();
        self.searched.note_headers(&parts.headers);
        self.searched.note_query(&parts.uri);
        if body.size_hint().exact().is_none() {
            return Request::from_parts(parts, body);
        }
        let bytes = body.collect().await.expect("a body").to_bytes();
        self.searched.note_body(&bytes);
        Request::from_parts(parts, Body::from(bytes))
    }
}

impl Answer {
    /// What the contract asks of every answer, so that no test has to think of it.
    #[track_caller]
    fn assert_headers_of_every_answer(&self) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(self.header(name), Some(value), "{name} in {self:?}");
        }
        for name in [
            "content-security-policy",
            "permissions-policy",
            "cache-control",
        ] {
            assert!(
                self.header(name).is_some_and(|value| !value.is_empty()),
                "{name} in {self:?}"
            );
        }
        if self.headers.contains_key(SET_COOKIE) {
            assert_eq!(
                self.header("cache-control"),
                Some("no-store"),
                "an answer with cookies is kept by nobody"
            );
        }
        if let Some(location) = self.header("location") {
            let stays = location.starts_with('/')
                && !location.starts_with("//")
                && !location.contains('\\');
            assert!(stays, "a redirect leaves: {location}");
        }
    }
}

/// As `application/x-www-form-urlencoded`.
pub fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
