//! How server functions answer, where several answer alike.

use crate::app::routes::{LOGIN, SESSIONS, form_of};
use crate::domain::error::AppError;
use crate::server::request::Request;
use crate::server::request::flash::{Flash, Notice};

/// Sends whoever is not signed in any more to the sign-in form and from there back to `page`, and keeps what was
/// typed for `owner`.
pub fn sign_in_first(
    request: &Request,
    page: &str,
    owner: &str,
    typed: Flash,
) -> Result<(), AppError> {
    request.sign_in_first(&form_of(LOGIN, page), owner, typed)
}

/// Signs out: ends the session, takes its tokens away, and goes to the sign-in form.
pub async fn sign_out(request: &Request) -> Result<(), AppError> {
    request.end_presented_session().await?;
    request.close_session();
    let notice = Flash::for_page(LOGIN).with_notice(Notice::SignedOut);
    request.go_to(&form_of(LOGIN, ""), Some(&notice));
    Ok(())
}

/// Goes back to the list of sessions with the good news, or with what was wrong.
pub fn back_to_sessions(
    request: &Request,
    outcome: Result<(), AppError>,
    notice: Notice,
) -> Result<(), AppError> {
    let (page, flash) = (form_of(SESSIONS, ""), Flash::for_page(SESSIONS));
    match outcome {
        Ok(()) => {
            request.go_to(&page, Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => request.refuse(error, &page, flash),
    }
}
