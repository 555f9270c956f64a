//! How the API refuses: a status, one shape of body, and for whom the token is at fault the challenge of RFC 6750.

use crate::domain::error::AppError;
use crate::language::Text;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// The content type of every body here.
pub const JSON: &str = "application/json";

/// The body of every refusal.
#[derive(Serialize, ToSchema)]
pub struct Failure {
    error: FailureDetails,
}

/// What was refused, and why.
#[derive(Serialize, ToSchema)]
struct FailureDetails {
    /// For programs.
    #[schema(schema_with = codes)]
    code: &'static str,
    /// For people.
    message: String,
    /// The fields at fault, if fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<FieldFailure>,
}

/// A field at fault.
#[derive(Serialize, ToSchema)]
struct FieldFailure {
    /// Its name in the body.
    #[schema(example = "nickname")]
    field: &'static str,
    /// For programs.
    #[schema(schema_with = field_codes)]
    code: &'static str,
    /// For people.
    message: String,
}

/// Every code there is here.
fn codes() -> Schema {
    one_of(&[
        "bad_request",
        "busy",
        "email_not_verified",
        "email_taken",
        "forbidden",
        "internal",
        "invalid",
        "invalid_link",
        "last_administrator",
        "method_not_allowed",
        "not_found",
        "not_signed_in",
        "own_account",
        "payload_too_large",
        "registration_closed",
        "stale_authentication",
        "timed_out",
        "too_many_failures",
        "too_many_requests",
        "unavailable",
        "unexpected_fields",
        "unsupported_media_type",
        "wrong_credentials",
        "wrong_current_password",
    ])
}

/// Every code that a field can have.
fn field_codes() -> Schema {
    one_of(&[
        "common",
        "contains_email",
        "forbidden_character",
        "malformed",
        "required",
        "same_as_current",
        "taken",
        "too_long",
        "too_many_bytes",
        "too_many_pixels",
        "too_short",
        "unchanged",
        "unknown",
        "unknown_format",
        "wrong_code",
        "wrong_credentials",
        "wrong_current_password",
    ])
}

fn one_of(codes: &[&str]) -> Schema {
    let codes = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes.iter().copied()));
    Schema::Object(codes.build())
}

impl From<&AppError> for Failure {
    fn from(error: &AppError) -> Self {
        let problems = error.problems();
        let fields = problems.iter().map(|problem| FieldFailure {
            field: problem.field.name(),
            code: problem.code(),
            message: Text::english().problem(problem),
        });
        Self {
            error: FailureDetails {
                code: error.code(),
                message: Text::english().error(error).into_owned(),
                fields: fields.collect(),
            },
        }
    }
}

/// What is wrong with how the caller authenticates (RFC 6750, section 3.1).
#[derive(Clone, Copy, Debug)]
pub enum Challenge {
    /// No access token came along; no `error` is due.
    NoToken,
    /// The request is malformed.
    InvalidRequest,
    /// The token is not good here and now. Which of the many reasons, nobody is told.
    InvalidToken,
    /// The token is good, and its holder may not do this.
    InsufficientScope,
    /// The token is good, and the password was given too long ago (RFC 9470, section 3).
    InsufficientUserAuthentication,
}

impl Challenge {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::NoToken => r#"Bearer realm="vestibule""#,
            Self::InvalidRequest => r#"Bearer realm="vestibule", error="invalid_request""#,
            Self::InvalidToken => r#"Bearer realm="vestibule", error="invalid_token""#,
            Self::InsufficientScope => r#"Bearer realm="vestibule", error="insufficient_scope""#,
            Self::InsufficientUserAuthentication => {
                // As old as `accounts::RECENT_SECONDS` says; a test holds the two together.
                r#"Bearer realm="vestibule", error="insufficient_user_authentication", max_age="300""#
            }
        })
    }
}

/// A refusal on its way to the caller.
#[derive(Debug)]
pub struct Refusal {
    error: AppError,
    challenge: Option<Challenge>,
}

impl Refusal {
    /// With a challenge of its own.
    pub fn with(error: AppError, challenge: Challenge) -> Self {
        let challenge = Some(challenge);
        Self { error, challenge }
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        let challenge = match error {
            AppError::WrongCredentials => Some(Challenge::NoToken),
            // The token was read and believed; what it speaks of is gone.
            AppError::NotSignedIn => Some(Challenge::InvalidToken),
            AppError::Forbidden => Some(Challenge::InsufficientScope),
            AppError::StaleAuthentication => Some(Challenge::InsufficientUserAuthentication),
            _ => None,
        };
        Self { error, challenge }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.error.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::Json(Failure::from(&self.error));
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.header());
        }
        if let Some(seconds) = self.error.retry_after_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The body for a failure that came from around the handlers (no such path, too large, too late, a panic); `None`
/// where a handler gave it one.
pub fn failure(response: &Response) -> Option<String> {
    let content_type = response.headers().get(CONTENT_TYPE);
    if content_type.is_some_and(|content_type| content_type == JSON) {
        return None;
    }
    let error = match response.status() {
        StatusCode::NOT_FOUND => AppError::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => AppError::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => AppError::TimedOut,
        StatusCode::SERVICE_UNAVAILABLE => AppError::Unavailable,
        StatusCode::PAYLOAD_TOO_LARGE => AppError::PayloadTooLarge,
        status if status.is_client_error() => AppError::BadRequest,
        _ => AppError::Internal,
    };
    serde_json::to_string(&Failure::from(&error)).ok()
}
