//! What a form with a file in it must be (RFC 7578) before a server function sees it: the function gets the other fields as it gets
//! those of every form, and the file beside them.

use crate::domain::avatar::MAX_BYTES;
use crate::server::request::{Request as VestibuleRequest, Upload};
use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// More than any file may have: whoever picks one that is too large is told so by the form. What is larger than this gets 413.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// How many forms with files are read at once. The reader of multipart bodies keeps a part's head in memory, however long it is.
const AT_ONCE: usize = 16;
/// The name of the field with the file.
const FILE: &str = "avatar";
/// More fields than any form of ours has.
const MAX_FIELDS: usize = 8;
/// The most bytes of any other field.
const MAX_FIELD_BYTES: usize = 1024;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// For the route, so that what it reads may be longer than a plain form.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_BODY_BYTES)
}

/// A place for each form that is read at the same time.
#[derive(Clone)]
pub struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Answers 415 to another content type, 413 to a body that is too long, 400 to one that is not such a form, and 503 when too many are
/// on their way. What a stranger sends is thrown away as it comes: the server function will send them to sign in.
pub async fn read_strictly(State(places): State<Places>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await; // the router answers 405
    }
    let is_signed_in = (request.extensions().get::<VestibuleRequest>())
        .is_some_and(|visit| visit.visitor.claims().is_some());
    let (mut parts, body) = request.into_parts();
    let read = match is_signed_in {
        true => match places.0.try_acquire() {
            Ok(_place) => read(&parts, body).await,
            Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
        },
        false => discard(body).await.map(|()| (String::new(), Bytes::new())),
    };
    match read {
        Ok((fields, file)) => {
            parts.extensions.insert(Upload(file));
            parts.headers.insert(CONTENT_TYPE, FORM);
            parts.headers.remove(CONTENT_LENGTH);
            next.run(Request::from_parts(parts, Body::from(fields)))
                .await
        }
        Err(status) => status.into_response(),
    }
}

/// The other fields as a plain form, and the file: of one that is too long, one byte more than it may have. All of it is read, since
/// a browser that is answered before it has sent everything shows that the connection broke.
async fn read(parts: &Parts, body: Body) -> Result<(String, Bytes), StatusCode> {
    let whole = Request::from_parts(parts.clone(), body);
    let mut form = (Multipart::from_request(whole, &()).await)
        .map_err(|_| StatusCode::UNSUPPORTED_MEDIA_TYPE)?;
    let mut names = HashSet::new();
    let mut fields = Vec::new();
    let mut file = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(status)? {
        let name = field.name().unwrap_or_default().to_owned();
        if names.len() == MAX_FIELDS || !names.insert(name.clone()) {
            return Err(StatusCode::BAD_REQUEST);
        }
        if name == FILE {
            file = bytes(&mut field, MAX_BYTES).await?;
        } else {
            let value = bytes(&mut field, MAX_FIELD_BYTES).await?;
            match String::from_utf8(value) {
                Ok(value) if value.len() <= MAX_FIELD_BYTES => fields.push((name, value)),
                _ => return Err(StatusCode::BAD_REQUEST),
            }
        }
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    let form = form.extend_pairs(fields).finish();
    Ok((form, file.into()))
}

async fn discard(body: Body) -> Result<(), StatusCode> {
    let mut chunks = body.into_data_stream();
    let mut left = MAX_BODY_BYTES;
    while let Some(chunk) = chunks.next().await {
        let length = chunk.map_err(|_| StatusCode::BAD_REQUEST)?.len();
        left = left
            .checked_sub(length)
            .ok_or(StatusCode::PAYLOAD_TOO_LARGE)?;
    }
    Ok(())
}

/// So many bytes of a field and one more, of however many there are.
async fn bytes(field: &mut Field<'_>, keep: usize) -> Result<Vec<u8>, StatusCode> {
    let mut kept = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(status)? {
        let room = (keep + 1 - kept.len()).min(chunk.len());
        kept.extend_from_slice(&chunk[..room]);
    }
    Ok(kept)
}

fn status(error: MultipartError) -> StatusCode {
    error.status()
}
