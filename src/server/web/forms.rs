//! What a form must be before a server function sees it. Leptos takes any content type and lets its
//! decoder choose between duplicates; here each field stands once, in UTF-8, under a plain name.

use crate::server::web::content_type;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashSet;

/// The body limit's layer, further out, stops at fewer.
const MAX_BYTES: usize = super::router::MAX_BODY_BYTES;
/// More fields than any form of ours has.
const MAX_FIELDS: usize = 32;

/// Answers 415 to another content type, 413 to a body that is too long, and 400 to one that is not
/// a plain form.
pub async fn read_strictly(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await; // the router answers 405
    }
    if !is_form(request.headers()) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if !is_plain_form(&body) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn is_form(headers: &HeaderMap) -> bool {
    content_type::is(headers, "application/x-www-form-urlencoded")
}

fn is_plain_form(body: &[u8]) -> bool {
    let mut names = HashSet::new();
    for pair in body
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let is_plain_name = name
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
        if !is_plain_name
            || names.len() == MAX_FIELDS
            || !names.insert(name)
            || !is_utf8_when_decoded(value)
        {
            return false;
        }
    }
    true
}

/// Whether every `%` begins two hexadecimal digits and what they stand for is UTF-8.
fn is_utf8_when_decoded(value: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let (Some(digits), Some(tail)) = (rest.get(..2), rest.get(2..)) else {
            return false;
        };
        let hex = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        };
        let (Some(high), Some(low)) = (hex(digits[0]), hex(digits[1])) else {
            return false;
        };
        decoded.push(high << 4 | low);
        rest = tail;
    }
    std::str::from_utf8(&decoded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_TYPE;

    #[test]
    fn a_plain_form() {
        for (body, expected) in [
            ("", true),
            ("email=a%40b.c&password=%F0%9F%97%9D+x", true),
            ("a=1&b", true),
            ("a=1&a=2", false),
            ("a=1&a", false),
            ("a[]=1", false),
            ("a%5B0%5D=1", false),
            ("a=%", false),
            ("a=%4", false),
            ("a=%zz", false),
            ("a=%ff", false),
            ("a=\u{fffd}", true),
        ] {
            assert_eq!(is_plain_form(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn the_content_type() {
        for (content_type, expected) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
            ("application/x-www-form-urlencoded; charset=utf-16", false),
            ("text/plain", false),
            ("multipart/form-data; boundary=x", false),
            ("application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(is_form(&headers), expected, "{content_type}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }
}
