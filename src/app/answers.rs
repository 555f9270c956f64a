//! How server functions answer, where several answer alike.

use crate::app::routes::{ADMIN, LOGIN, PROFILE, SESSIONS, admin_user, form_of};
use crate::domain::error::AppError;
use crate::domain::user::UserId;
use crate::server::accounts::{Accounts, By};
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

/// Signs out: ends the session, takes its tokens away, and goes to the sign-in form. If the session could not be ended, nobody
/// is told that it was.
pub async fn sign_out(request: &Request) -> Result<(), AppError> {
    if let Err(error) = request.end_presented_session().await {
        let profile = form_of(PROFILE, "");
        return request.refuse(error, &profile, Flash::for_page(PROFILE));
    }
    request.close_session();
    let notice = Flash::for_page(LOGIN).with_notice(Notice::SignedOut);
    request.go_to(&form_of(LOGIN, ""), Some(&notice));
    Ok(())
}

/// Changes something of the profile for its `owner`, for whom the form was rendered, and for nobody else; then goes back to it with
/// the good news, or with what was wrong.
pub async fn back_to_profile(
    request: &Request,
    owner: &str,
    notice: Notice,
    change: impl AsyncFnOnce(UserId) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let (page, flash) = (form_of(PROFILE, ""), Flash::for_page(PROFILE));
    let changed = match request.signed_in_as(owner) {
        Ok(claims) => change(claims.sub).await,
        Err(AppError::NotSignedIn) => return sign_in_first(request, PROFILE, owner, flash),
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => {
            request.go_to(&page, Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => request.refuse(error, &page, flash),
    }
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

/// Does what only an administrator may do with a user, and goes back to that user's page with the good news, or with
/// what was wrong and what had been typed.
pub async fn administrate(
    user_id: &str,
    notice: Notice,
    typed: &[(&str, &str)],
    change: impl AsyncFnOnce(&Accounts, By, UserId) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let request = Request::current();
    let by = match request.administrator() {
        Ok(claims) => By::administrator(claims.sub, &request.source),
        Err(AppError::NotSignedIn) => {
            return sign_in_first(&request, ADMIN, "", Flash::for_page(ADMIN));
        }
        Err(error) => return request.refuse(error, &form_of(ADMIN, ""), Flash::for_page(ADMIN)),
    };
    let Some(user) = UserId::parse(user_id) else {
        let flash = Flash::for_page(ADMIN);
        return request.refuse(AppError::NotFound, &form_of(ADMIN, ""), flash);
    };
    let page = form_of(&admin_user(user), "");
    let flash = Flash::for_page(page.as_str());
    match change(&request.accounts, by, user).await {
        Ok(()) => {
            request.go_to(&page, Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => {
            let typed = typed.iter();
            let flash = typed.fold(flash, |flash, (name, value)| flash.keeping(name, value));
            request.refuse(error, &page, flash)
        }
    }
}
