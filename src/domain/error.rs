//! Everything a person may be told when something is refused: closed lists, fixed sentences, no free text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A form field that a problem can be attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The address to sign in with.
    Email,
    /// The password of a registration or a sign-in.
    Password,
    /// The password in force, given to allow a change.
    CurrentPassword,
    /// The password to replace it.
    NewPassword,
    /// The name others see.
    Nickname,
    /// The few lines about oneself.
    Signature,
    /// The picture.
    Avatar,
    /// The code from a letter.
    Code,
    /// What somebody may do.
    Roles,
}

impl Field {
    /// All of them.
    pub const ALL: [Field; 9] = [
        Field::Email,
        Field::Password,
        Field::CurrentPassword,
        Field::NewPassword,
        Field::Nickname,
        Field::Signature,
        Field::Avatar,
        Field::Code,
        Field::Roles,
    ];

    /// The field's `name` in forms and JSON, which is also its element id.
    pub fn name(self) -> &'static str {
        match self {
            Field::Email => "email",
            Field::Password => "password",
            Field::CurrentPassword => "current_password",
            Field::NewPassword => "new_password",
            Field::Nickname => "nickname",
            Field::Signature => "signature",
            Field::Avatar => "avatar",
            Field::Code => "code",
            Field::Roles => "roles",
        }
    }
}

/// Why a field's value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing was entered.
    Required,
    /// It does not have the form that the field needs.
    Malformed,
    /// Fewer than `min` code points.
    TooShort {
        /// The fewest allowed.
        min: u16,
    },
    /// More than `max` code points; bytes for e-mails (which are ASCII) and passwords.
    TooLong {
        /// The most allowed.
        max: u16,
    },
    /// A control character, a bidirectional control or another invisible one.
    ForbiddenCharacter,
    /// The file is larger than it may be.
    TooManyBytes,
    /// The picture has more pixels than it may have.
    TooManyPixels,
    /// It is none of the kinds of files that are taken.
    UnknownFormat,
    /// The password is in the list of common ones.
    Common,
    /// The password contains the person's e-mail or its local part.
    ContainsEmail,
    /// The new password is the current one.
    SameAsCurrent,
    /// The current password was not given correctly.
    WrongCurrentPassword,
    /// It is what stands there already.
    Unchanged,
    /// Another account uses this e-mail.
    Taken,
    /// It is not the code from the newest letter, or that is good no more. Never says which.
    WrongCode,
    /// There is no such thing here.
    Unknown,
    /// No account matches this e-mail and password. Never says which of the two is wrong.
    WrongCredentials,
}

#[cfg(test)]
impl Reason {
    /// One of each.
    pub(crate) const EXAMPLES: [Reason; 17] = [
        Reason::Required,
        Reason::Malformed,
        Reason::TooShort { min: 12 },
        Reason::TooLong { max: 50 },
        Reason::ForbiddenCharacter,
        Reason::TooManyBytes,
        Reason::TooManyPixels,
        Reason::UnknownFormat,
        Reason::Common,
        Reason::ContainsEmail,
        Reason::SameAsCurrent,
        Reason::WrongCurrentPassword,
        Reason::Unchanged,
        Reason::Taken,
        Reason::WrongCode,
        Reason::Unknown,
        Reason::WrongCredentials,
    ];
}

/// One refused field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Problem {
    /// Which field.
    pub field: Field,
    /// What is wrong with it.
    pub reason: Reason,
}

impl Problem {
    /// A problem of that field.
    pub fn new(field: Field, reason: Reason) -> Self {
        Problem { field, reason }
    }

    /// The reason's name in the API: a closed list.
    pub fn code(&self) -> &'static str {
        match self.reason {
            Reason::Required => "required",
            Reason::Malformed => "malformed",
            Reason::TooShort { .. } => "too_short",
            Reason::TooLong { .. } => "too_long",
            Reason::ForbiddenCharacter => "forbidden_character",
            Reason::TooManyBytes => "too_many_bytes",
            Reason::TooManyPixels => "too_many_pixels",
            Reason::UnknownFormat => "unknown_format",
            Reason::Common => "common",
            Reason::ContainsEmail => "contains_email",
            Reason::SameAsCurrent => "same_as_current",
            Reason::WrongCurrentPassword => "wrong_current_password",
            Reason::Unchanged => "unchanged",
            Reason::Taken => "taken",
            Reason::WrongCode => "wrong_code",
            Reason::Unknown => "unknown",
            Reason::WrongCredentials => "wrong_credentials",
        }
    }
}

/// The field's name and the reason's.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field.name(), self.code())
    }
}

/// Everything that a caller, person or program, may learn about a failure.
///
/// It carries neither secrets nor free text, so that it can go to a page, a sealed cookie or JSON as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// Some fields were refused; at least one problem.
    Invalid(Vec<Problem>),
    /// Sign-in failed.
    WrongCredentials,
    /// Registration with an e-mail that has an account.
    EmailTaken,
    /// A change that needs the current password was given a wrong one.
    WrongCurrentPassword,
    /// The password is right, and the address is not proved yet to be theirs: a letter is on its way to it.
    EmailNotVerified,
    /// A link from a letter that is not ours, or good no more: used, replaced by a newer one, or too old. Never says which.
    InvalidLink,
    /// There is no valid session.
    NotSignedIn,
    /// There is one, but the password was given too long ago for this.
    StaleAuthentication,
    /// Somebody else is signed in than when the form was opened.
    OtherAccount,
    /// It would leave nobody to administrate.
    LastAdministrator,
    /// Administrators do not do this to themselves.
    OwnAccount,
    /// Signed in or not, this is not allowed.
    Forbidden,
    /// The operator does not let people register.
    RegistrationClosed,
    /// Too much work is waiting; try again after this many seconds (`Retry-After`).
    Busy {
        /// In seconds, at least 1.
        retry_after_seconds: u32,
    },
    /// Too many requests from one network; try again after this many seconds (`Retry-After`).
    TooManyRequests {
        /// In seconds, at least 1.
        retry_after_seconds: u32,
    },
    /// Too many wrong passwords for this account from this place; try again after this many seconds (`Retry-After`).
    TooManyFailures {
        /// In seconds, at least 1.
        retry_after_seconds: u32,
    },
    /// The database cannot be reached, or has no room; what was asked may not have been done.
    Unavailable,
    /// The body's content type is not the expected one.
    UnsupportedMediaType,
    /// The body is above the limit.
    PayloadTooLarge,
    /// The request cannot be understood.
    BadRequest,
    /// It is understood, but has other fields than those that are taken, or values of other kinds.
    UnexpectedFields,
    /// There is no such thing, or not for this caller.
    NotFound,
    /// The thing is there, but not for this method.
    MethodNotAllowed,
    /// The request took too long to arrive or to answer.
    TimedOut,
    /// A fault of ours; the details are in the log only.
    Internal,
}

/// How long a caller is told to wait for the database: a restart takes about as long.
const UNAVAILABLE_SECONDS: u32 = 5;

impl AppError {
    /// The HTTP status (RFC 9110 section 15).
    pub fn status(&self) -> u16 {
        match self {
            AppError::BadRequest | AppError::InvalidLink => 400,
            AppError::WrongCredentials | AppError::NotSignedIn | AppError::StaleAuthentication => {
                401
            }
            AppError::Forbidden | AppError::RegistrationClosed | AppError::EmailNotVerified => 403,
            AppError::NotFound => 404,
            AppError::MethodNotAllowed => 405,
            AppError::TimedOut => 408,
            AppError::EmailTaken
            | AppError::OtherAccount
            | AppError::LastAdministrator
            | AppError::OwnAccount => 409,
            AppError::PayloadTooLarge => 413,
            AppError::UnsupportedMediaType => 415,
            // The caller is signed in and stays so: 401 would tell API clients to drop their token.
            AppError::Invalid(_) | AppError::WrongCurrentPassword | AppError::UnexpectedFields => {
                422
            }
            AppError::TooManyRequests { .. } | AppError::TooManyFailures { .. } => 429,
            AppError::Internal => 500,
            AppError::Busy { .. } | AppError::Unavailable => 503,
        }
    }

    /// The error's name in the API: a closed list.
    pub fn code(&self) -> &'static str {
        match self {
            AppError::Invalid(_) => "invalid",
            AppError::WrongCredentials => "wrong_credentials",
            AppError::EmailTaken => "email_taken",
            AppError::WrongCurrentPassword => "wrong_current_password",
            AppError::EmailNotVerified => "email_not_verified",
            AppError::InvalidLink => "invalid_link",
            AppError::NotSignedIn => "not_signed_in",
            AppError::StaleAuthentication => "stale_authentication",
            AppError::OtherAccount => "other_account",
            AppError::LastAdministrator => "last_administrator",
            AppError::OwnAccount => "own_account",
            AppError::Forbidden => "forbidden",
            AppError::RegistrationClosed => "registration_closed",
            AppError::Busy { .. } => "busy",
            AppError::TooManyRequests { .. } => "too_many_requests",
            AppError::TooManyFailures { .. } => "too_many_failures",
            AppError::Unavailable => "unavailable",
            AppError::UnsupportedMediaType => "unsupported_media_type",
            AppError::PayloadTooLarge => "payload_too_large",
            AppError::BadRequest => "bad_request",
            AppError::UnexpectedFields => "unexpected_fields",
            AppError::NotFound => "not_found",
            AppError::MethodNotAllowed => "method_not_allowed",
            AppError::TimedOut => "timed_out",
            AppError::Internal => "internal",
        }
    }

    /// The fields this concerns, for the form to mark; empty when it concerns none.
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            AppError::Invalid(problems) => problems.clone(),
            AppError::WrongCredentials => {
                vec![Problem::new(Field::Email, Reason::WrongCredentials)]
            }
            AppError::StaleAuthentication => {
                vec![Problem::new(Field::CurrentPassword, Reason::Required)]
            }
            AppError::EmailTaken => vec![Problem::new(Field::Email, Reason::Taken)],
            AppError::WrongCurrentPassword => vec![Problem::new(
                Field::CurrentPassword,
                Reason::WrongCurrentPassword,
            )],
            _ => Vec::new(),
        }
    }

    /// After how many seconds it may be tried again, if that is what is wrong.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            AppError::Busy {
                retry_after_seconds,
            }
            | AppError::TooManyRequests {
                retry_after_seconds,
            }
            | AppError::TooManyFailures {
                retry_after_seconds,
            } => Some(*retry_after_seconds),
            AppError::Unavailable => Some(UNAVAILABLE_SECONDS),
            _ => None,
        }
    }
}

/// Its name in the API: what people are told is a matter of their language.
impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for AppError {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn every_error() -> Vec<AppError> {
        vec![
            AppError::Invalid(vec![Problem::new(Field::Email, Reason::Required)]),
            AppError::WrongCredentials,
            AppError::EmailTaken,
            AppError::WrongCurrentPassword,
            AppError::EmailNotVerified,
            AppError::InvalidLink,
            AppError::NotSignedIn,
            AppError::StaleAuthentication,
            AppError::OtherAccount,
            AppError::LastAdministrator,
            AppError::OwnAccount,
            AppError::Forbidden,
            AppError::RegistrationClosed,
            AppError::Busy {
                retry_after_seconds: 2,
            },
            AppError::TooManyRequests {
                retry_after_seconds: 2,
            },
            AppError::TooManyFailures {
                retry_after_seconds: 2,
            },
            AppError::Unavailable,
            AppError::UnsupportedMediaType,
            AppError::PayloadTooLarge,
            AppError::BadRequest,
            AppError::UnexpectedFields,
            AppError::NotFound,
            AppError::MethodNotAllowed,
            AppError::TimedOut,
            AppError::Internal,
        ]
    }

    #[test]
    fn field_names_are_their_json_names() {
        for field in Field::ALL {
            let json = serde_json::to_string(&field).unwrap();
            assert_eq!(json, format!("\"{}\"", field.name()));
        }
    }

    #[test]
    fn every_problem_survives_json() {
        for field in Field::ALL {
            for reason in Reason::EXAMPLES {
                let problem = Problem::new(field, reason);
                let json = serde_json::to_string(&problem).unwrap();
                assert!(json.contains(&format!("\"{}\"", problem.code())));
                assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), problem);
            }
        }
    }

    #[test]
    fn codes_are_distinct_and_are_the_json_tags() {
        let errors = every_error();
        let codes: HashSet<_> = errors.iter().map(AppError::code).collect();
        assert_eq!(codes.len(), errors.len());
        for error in errors {
            let json = serde_json::to_string(&error).unwrap();
            assert!(json.contains(&format!("\"{}\"", error.code())), "{json}");
            assert_eq!(serde_json::from_str::<AppError>(&json).unwrap(), error);
        }
    }

    #[test]
    fn statuses() {
        let statuses: Vec<_> = every_error().iter().map(AppError::status).collect();
        let expected = [
            422, 401, 409, 422, 403, 400, 401, 401, 409, 409, 409, 403, 403, 503, 429, 429, 503,
            415, 413, 400, 422, 404, 405, 408, 500,
        ];
        assert_eq!(statuses, expected);
    }

    #[test]
    fn errors_about_one_field_are_problems_of_it() {
        for (error, field) in [
            (AppError::WrongCredentials, Field::Email),
            (AppError::EmailTaken, Field::Email),
            (AppError::WrongCurrentPassword, Field::CurrentPassword),
        ] {
            let problems = error.problems();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].field, field);
        }
        assert!(AppError::Internal.problems().is_empty());
    }
}
