//! How server functions answer, where several answer alike.

use crate::app::routes::{ADMIN, CONFIRM, LOGIN, PROFILE, SESSIONS, admin_user, form_of};
use crate::domain::error::AppError;
use crate::domain::user::UserId;
use crate::server::accounts::{Accounts, By, Confirmation};
use crate::server::request::Request;
use crate::server::request::flash::{Flash, Notice};
use crate::server::tokens::AccessClaims;

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

/// What a form asks, for the case that the password must be given before it is done.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The path of its action.
    pub action: &'a str,
    /// Its fields but the password.
    pub fields: &'a [(&'a str, &'a str)],
    /// As typed; empty when it was not asked for.
    pub password: &'a str,
}

/// Whether the password was given of late, or is given now, as what is sensitive needs it. If not, the answer asks for it and keeps
/// what was asked: nothing is to be done yet.
///
/// # Errors
/// [`AppError::StaleAuthentication`], or why the password is refused, for a caller that is not an HTML form.
pub async fn confirmed(
    request: &Request,
    claims: &AccessClaims,
    asked: Asked<'_>,
) -> Result<bool, AppError> {
    if !request.accounts.is_stale(claims) {
        return Ok(true);
    }
    let given = Confirmation {
        user: claims.sub,
        session: claims.sid,
        password: asked.password,
        source: &request.source,
    };
    let again = match asked.password {
        "" => Err(AppError::StaleAuthentication),
        _ => request.accounts.authenticate_again(given).await,
    };
    match again {
        Ok(session) => {
            request.open_session(&session);
            Ok(true)
        }
        Err(error) => {
            let flash = Flash::for_page(CONFIRM).asking(asked.action, asked.fields);
            request.refuse(error, &form_of(CONFIRM, ""), flash)?;
            Ok(false)
        }
    }
}

/// Does what only an administrator may do with a user, and goes back to that user's page with the good news, or with
/// what was wrong and what had been typed.
pub async fn administrate(
    asked: Asked<'_>,
    user_id: &str,
    notice: Notice,
    change: impl AsyncFnOnce(&Accounts, By, UserId) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let request = Request::current();
    let by = match request.administrator() {
        Ok(claims) => {
            let mut fields = vec![("user_id", user_id)];
            fields.extend_from_slice(asked.fields);
            let whole = Asked {
                fields: &fields,
                ..asked
            };
            if !confirmed(&request, claims, whole).await? {
                return Ok(());
            }
            By::administrator(claims.sub, &request.source)
        }
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
            let typed = asked.fields.iter();
            let flash = typed.fold(flash, |flash, (name, value)| flash.keeping(name, value));
            request.refuse(error, &page, flash)
        }
    }
}
