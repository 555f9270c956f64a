//! What a JSON body must be before a handler sees it: declared as JSON, not too long, and an object with exactly
//! the fields that are asked for, each once.

use super::refusal::{JSON, Refusal};
use crate::domain::error::AppError;
use crate::server::web::content_type;
use crate::server::web::router::MAX_BODY_BYTES;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A body that was read strictly. `T` must refuse unknown fields.
pub struct Json<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(AppError::UnsupportedMediaType.into());
        }
        let body = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
        let body = body.map_err(|_| AppError::PayloadTooLarge)?;
        Ok(Self(read(&body)?))
    }
}

/// `application/json`, with or without a charset of UTF-8, which is the only one that JSON has (RFC 8259, section 8.1).
/// Nothing is decompressed.
fn is_json(headers: &HeaderMap) -> bool {
    content_type::is(headers, JSON) && !headers.contains_key(CONTENT_ENCODING)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    let read = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => AppError::UnexpectedFields,
        Category::Io | Category::Syntax | Category::Eof => AppError::BadRequest,
    })?;
    // A derived reader takes an array for an object, field by field.
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') {
        Ok(read)
    } else {
        Err(AppError::UnexpectedFields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_TYPE;
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Point {
        x: i64,
        y: i64,
    }

    #[test]
    fn an_object_with_exactly_these_fields() {
        let read = |body: &str| read::<Point>(body.as_bytes());
        assert_eq!(read(r#" {"y":2, "x":1}"#), Ok(Point { x: 1, y: 2 }));
        for body in [
            r#"{"x":1}"#,
            r#"{"x":1,"y":2,"z":3}"#,
            r#"{"x":1,"x":1,"y":2}"#,
            r#"{"x":1,"y":"2"}"#,
            r#"{"x":1,"y":null}"#,
            "[1,2]",
            "null",
            "3",
        ] {
            assert_eq!(read(body), Err(AppError::UnexpectedFields), "{body}");
        }
        for body in ["", "{", r#"{"x":1,"y":2}x"#, r#"{"x":1,"y":2,}"#, "x"] {
            assert_eq!(read(body), Err(AppError::BadRequest), "{body}");
        }
        assert_eq!(super::read::<Point>(b"\"\xff\""), Err(AppError::BadRequest));
    }

    #[test]
    fn the_content_type() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=utf-16", false),
            ("application/json-patch+json", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(is_json(&headers), expected, "{content_type}");
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            assert!(!is_json(&headers), "{content_type}, compressed");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
