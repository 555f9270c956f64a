//! Proving that an address is one's own, and getting another one.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Does what a letter's link is for: proves that the account's address is its owner's, who is signed in or gives the password and is
/// signed in by it; or makes a mailbox the account's address.
///
/// # Errors
/// When the link is not good any more, or the password is wrong.
#[server(prefix = "/action", endpoint = "verify")]
pub async fn verify(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    use crate::app::routes::{EMAIL, LOGIN, PROFILE, VERIFY, form_of, mailed};
    use crate::domain::error::{Field, Problem, Reason};
    use crate::domain::mailed_link::Purpose;
    use crate::domain::session::Audience;
    use crate::server::accounts::SignIn;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let (accounts, source) = (&request.accounts, &request.source);
    let visitor = request.visitor.claims().map(|claims| claims.sub);
    let done = async {
        let purposes = [Purpose::VerifyEmail, Purpose::ChangeEmail];
        match accounts.mailed_link(&token, &purposes).await? {
            (Purpose::ChangeEmail, _) => {
                let user = accounts.change_email(&token, source).await?;
                let page = if visitor == Some(user) { EMAIL } else { LOGIN };
                Ok((page, Notice::EmailChanged))
            }
            (_, link) if visitor == Some(link.user) => {
                accounts.verify_email(&token, link.user, source).await?;
                Ok((PROFILE, Notice::EmailVerified))
            }
            (_, link) => {
                let sign_in = SignIn {
                    email: link.email.as_str(),
                    password: &password,
                    remember: false,
                    audience: Audience::Web,
                    known_browser: request.known_browser.as_deref(),
                    confirming: Some(&token),
                    source,
                };
                let signed_in = accounts.sign_in(sign_in).await?;
                request.replace_session(&signed_in.session).await?;
                Ok((PROFILE, Notice::EmailVerified))
            }
        }
    };
    match done.await {
        Ok((page, notice)) => {
            let flash = Flash::for_page(page).with_notice(notice);
            request.go_to(&form_of(page, ""), Some(&flash));
            Ok(())
        }
        Err(error) => {
            // The page has no field for an address.
            let error = match error {
                AppError::WrongCredentials => {
                    let reason = Reason::WrongCurrentPassword;
                    AppError::Invalid(vec![Problem::new(Field::Password, reason)])
                }
                error => error,
            };
            request.refuse(error, &mailed(VERIFY, &token), Flash::for_page(VERIFY))
        }
    }
}

/// Sends another link to whoever is signed in, to prove that the account's address is theirs.
///
/// # Errors
/// What [`Accounts::send_verification`](crate::server::accounts::Accounts::send_verification) refuses.
#[server(prefix = "/action", endpoint = "send_verification")]
pub async fn send_verification() -> Result<(), AppError> {
    use crate::app::answers::sign_in_first;
    use crate::app::routes::{EMAIL, form_of};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let flash = Flash::for_page(EMAIL);
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, EMAIL, "", flash);
    };
    let accounts = &request.accounts;
    match accounts
        .send_verification(claims.sub, &request.source)
        .await
    {
        Ok(()) => {
            let notice = Notice::VerificationSent;
            request.go_to(&form_of(EMAIL, ""), Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => request.refuse(error, &form_of(EMAIL, ""), flash),
    }
}

/// Sends a link to another mailbox, by which it becomes the account's address.
///
/// # Errors
/// What [`Accounts::request_email_change`](crate::server::accounts::Accounts::request_email_change) refuses.
#[server(prefix = "/action", endpoint = "change_email")]
pub async fn change_email(
    #[server(default)] email: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::sign_in_first;
    use crate::app::routes::{EMAIL, form_of};
    use crate::server::accounts::Confirmation;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let flash = Flash::for_page(EMAIL);
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, EMAIL, "", flash);
    };
    let given = Confirmation {
        user: claims.sub,
        session: claims.sid,
        password: &current_password,
        source: &request.source,
    };
    match request.accounts.request_email_change(given, &email).await {
        Ok(()) => {
            let notice = Notice::ChangeSent;
            request.go_to(&form_of(EMAIL, ""), Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => request.refuse(error, &form_of(EMAIL, ""), flash.keeping("email", &email)),
    }
}

/// Sets whether whoever is signed in gets a letter when they sign in from a new device. Switching it off asks for the password, if that
/// was not given of late: a thief would like it.
///
/// # Errors
/// When nobody is signed in.
#[server(prefix = "/action", endpoint = "set_notices")]
pub async fn set_notices(
    #[server(default)] new_device: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, confirmed, sign_in_first};
    use crate::app::routes::{EMAIL, form_of};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let flash = Flash::for_page(EMAIL);
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, EMAIL, "", flash);
    };
    let wants = new_device == "on";
    let asked = Asked {
        action: "/action/set_notices",
        fields: &[("new_device", &new_device)],
        password: &current_password,
    };
    if !wants && !confirmed(&request, claims, asked).await? {
        return Ok(());
    }
    let (accounts, source) = (&request.accounts, &request.source);
    let set = accounts.set_device_notices(claims.sub, wants, source).await;
    match set {
        Ok(()) => {
            let notice = Notice::NoticesSet;
            request.go_to(&form_of(EMAIL, ""), Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => request.refuse(error, &form_of(EMAIL, ""), flash),
    }
}
