//! What a body says of itself.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// Whether the one content type is this one, with or without a charset of UTF-8.
pub fn is(headers: &HeaderMap, expected: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(Ok(content_type)), None) = (types.next().map(|value| value.to_str()), types.next())
    else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case(expected))
        && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}
