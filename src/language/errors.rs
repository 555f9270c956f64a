//! What people are told when something is refused.

use super::Text;
use crate::domain::error::{AppError, Field, Problem, Reason};
use crate::domain::password::{Advice, Weakness};
use std::borrow::Cow;

impl Text {
    /// What the person is told above the form, or instead of the page.
    pub fn error(self, error: &AppError) -> Cow<'static, str> {
        self.say(match error {
            AppError::Invalid(_) => "error-invalid",
            AppError::WrongCredentials => "problem-wrong-credentials",
            AppError::EmailTaken => "problem-taken",
            AppError::WrongCurrentPassword => "problem-wrong-current-password",
            AppError::EmailNotVerified => "error-email-not-verified",
            AppError::InvalidLink => "error-invalid-link",
            AppError::NotSignedIn => "error-not-signed-in",
            AppError::StaleAuthentication => "error-stale-authentication",
            AppError::OtherAccount => "error-other-account",
            AppError::LastAdministrator => "error-last-administrator",
            AppError::OwnAccount => "error-own-account",
            AppError::Forbidden => "error-forbidden",
            AppError::RegistrationClosed => "error-registration-closed",
            AppError::Busy { .. } => "error-busy",
            AppError::TooManyRequests { .. } => "error-too-many-requests",
            AppError::TooManyFailures {
                retry_after_seconds,
            } => {
                let minutes = retry_after_seconds.div_ceil(60);
                return self
                    .say_with("error-too-many-failures", &[("minutes", minutes.into())])
                    .into();
            }
            AppError::Unavailable => "error-unavailable",
            AppError::UnsupportedMediaType => "error-unsupported-media-type",
            AppError::PayloadTooLarge => "error-payload-too-large",
            AppError::BadRequest => "error-bad-request",
            AppError::UnexpectedFields => "error-unexpected-fields",
            AppError::NotFound => "error-not-found",
            AppError::MethodNotAllowed => "error-method-not-allowed",
            AppError::TimedOut => "error-timed-out",
            AppError::Internal => "error-internal",
        })
    }

    /// What the person is told at the field.
    pub fn problem(self, problem: &Problem) -> String {
        let limit = match problem.reason {
            Reason::TooShort { min } => min,
            Reason::TooLong { max } => max,
            _ => 0,
        };
        let id = match (problem.reason, problem.field) {
            (Reason::Required, Field::Email) => "problem-required-email",
            (Reason::Required, Field::Password) => "problem-required-password",
            (Reason::Required, Field::CurrentPassword) => "problem-required-current-password",
            (Reason::Required, Field::NewPassword) => "problem-required-new-password",
            (Reason::Required, Field::Nickname) => "problem-required-nickname",
            (Reason::Required, Field::Signature) => "problem-required-signature",
            (Reason::Required, Field::Avatar) => "problem-required-avatar",
            (Reason::Required, Field::Code) => "problem-required-code",
            (Reason::Required, Field::Roles) => "problem-required-roles",
            (Reason::Malformed, Field::Email) => "problem-malformed-email",
            (Reason::Malformed, Field::Nickname) => "problem-malformed-nickname",
            (Reason::Malformed, Field::Avatar) => "problem-malformed-avatar",
            (Reason::Malformed, Field::Roles) => "problem-malformed-roles",
            (Reason::TooLong { .. }, Field::Roles) => "problem-too-many-roles",
            (Reason::TooShort { .. }, _) => "problem-too-short",
            (
                Reason::TooLong { .. },
                Field::Password | Field::CurrentPassword | Field::NewPassword,
            ) => "problem-too-many-bytes",
            (Reason::Common, _) => "problem-common",
            (Reason::ContainsEmail, _) => "problem-contains-email",
            (Reason::SameAsCurrent, _) => "problem-same-as-current",
            (Reason::WrongCurrentPassword, _) => "problem-wrong-current-password",
            (Reason::Unknown, Field::Roles) => "problem-unknown-roles",
            (Reason::Unchanged, _) => "problem-unchanged",
            (Reason::Taken, _) => "problem-taken",
            (Reason::WrongCode, _) => "problem-wrong-code",
            (Reason::WrongCredentials, _) => "problem-wrong-credentials",
            (Reason::Malformed, _) => "problem-malformed",
            (Reason::TooLong { .. }, _) => "problem-too-long",
            (Reason::ForbiddenCharacter, _) => "problem-forbidden-character",
            (Reason::TooManyBytes, _) => "problem-too-many-megabytes",
            (Reason::TooManyPixels, _) => "problem-too-many-pixels",
            (Reason::UnknownFormat, _) => "problem-unknown-format",
            (Reason::Unknown, _) => "problem-unknown",
        };
        let field = self.say(field_name(problem.field));
        self.say_with(id, &[("field", field.into()), ("limit", limit.into())])
    }
}

impl Text {
    /// What the person is told of a password while it is being chosen.
    pub fn advice(self, advice: Advice) -> Cow<'static, str> {
        self.say(match advice {
            Advice::Refused(reason) => {
                return self
                    .problem(&Problem::new(Field::NewPassword, reason))
                    .into();
            }
            Advice::Guessed(weakness) | Advice::Weak(weakness) => match weakness {
                Weakness::Keyboard => "advice-keyboard",
                Weakness::Repeats => "advice-repeats",
                Weakness::Common => "advice-common",
                Weakness::Sequence => "advice-sequence",
                Weakness::Dates => "advice-dates",
                Weakness::Word => "advice-word",
                Weakness::Names => "advice-names",
                Weakness::Short => "advice-short",
            },
            Advice::Good => "advice-good",
            Advice::VeryGood => "advice-very-good",
        })
    }
}

/// What a field is called in the midst of a sentence.
fn field_name(field: Field) -> &'static str {
    match field {
        Field::Email => "field-email",
        Field::Password => "field-password",
        Field::CurrentPassword => "field-current-password",
        Field::NewPassword => "field-new-password",
        Field::Nickname => "field-nickname",
        Field::Signature => "field-signature",
        Field::Avatar => "field-avatar",
        Field::Code => "field-code",
        Field::Roles => "field-roles",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_pages_and_their_tests_quote() {
        for (field, reason, sentence) in [
            (
                Field::Password,
                Reason::TooShort { min: 12 },
                "Use at least 12 characters.",
            ),
            (
                Field::Nickname,
                Reason::TooLong { max: 50 },
                "The nickname cannot be longer than 50 characters.",
            ),
            (
                Field::Password,
                Reason::TooLong { max: 1024 },
                "The password cannot be longer than 1024 bytes.",
            ),
            (Field::Email, Reason::Required, "Enter your e-mail."),
            (
                Field::NewPassword,
                Reason::Required,
                "Enter a new password.",
            ),
            (
                Field::Avatar,
                Reason::TooManyBytes,
                "The picture cannot be larger than 2 MB.",
            ),
        ] {
            assert_eq!(
                Text::english().problem(&Problem::new(field, reason)),
                sentence
            );
        }
    }

    #[test]
    fn every_problem_has_a_sentence_in_every_language() {
        for text in Text::all() {
            for field in Field::ALL {
                for reason in Reason::EXAMPLES {
                    let sentence = text.problem(&Problem::new(field, reason));
                    assert!(sentence.ends_with(['.', '。']), "{sentence}");
                    assert!(
                        !sentence.contains("  ") && !sentence.contains(['{', '$']),
                        "{sentence}"
                    );
                }
            }
        }
    }

    #[test]
    fn waiting_is_told_in_minutes() {
        for (retry_after_seconds, said) in [(1, "1 minute."), (60, "1 minute."), (61, "2 minutes.")]
        {
            let error = AppError::TooManyFailures {
                retry_after_seconds,
            };
            let sentence = Text::english().error(&error);
            assert!(sentence.ends_with(said), "{sentence}");
        }
    }

    #[test]
    fn errors_about_one_field_say_the_same_at_the_field() {
        for error in [
            AppError::WrongCredentials,
            AppError::EmailTaken,
            AppError::WrongCurrentPassword,
        ] {
            let problems = error.problems();
            assert_eq!(
                Text::english().problem(&problems[0]),
                Text::english().error(&error)
            );
        }
    }
}
