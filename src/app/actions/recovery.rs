//! The ways back into an account.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Sends a link and a code to whoever has this address and goes to the form for them, whether there is such an account or not.
///
/// # Errors
/// What [`Accounts::request_password_reset`](crate::server::accounts::Accounts::request_password_reset) refuses.
#[server(prefix = "/action", endpoint = "forgot")]
pub async fn forgot(#[server(default)] email: String) -> Result<(), AppError> {
    use crate::app::routes::{FORGOT, RESET, form_of};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let accounts = &request.accounts;
    let asked = accounts
        .request_password_reset(&email, &request.source)
        .await;
    match asked {
        Ok(()) => {
            let flash = Flash::for_page(RESET).keeping("email", email.trim());
            request.go_to(
                &form_of(RESET, ""),
                Some(&flash.with_notice(Notice::LetterSent)),
            );
            Ok(())
        }
        Err(error) => {
            let typed = Flash::for_page(FORGOT).keeping("email", &email);
            request.refuse(error, &form_of(FORGOT, ""), typed)
        }
    }
}

/// Sets a new password for whoever has a link, or an address and its code, and goes to the sign-in form.
///
/// # Errors
/// What [`Accounts::reset_password`](crate::server::accounts::Accounts::reset_password) refuses.
#[server(prefix = "/action", endpoint = "reset")]
pub async fn reset(
    #[server(default)] token: String,
    #[server(default)] email: String,
    #[server(default)] code: String,
    #[server(default)] new_password: String,
) -> Result<(), AppError> {
    use crate::app::routes::{LOGIN, PROFILE, RESET, form_of, mailed};
    use crate::server::accounts::Proof;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let (email, code) = (&*email, &*code);
    let proof = match &*token {
        "" => Proof::Code { email, code },
        token => Proof::Link(token),
    };
    let (accounts, source) = (&request.accounts, &request.source);
    let done = async {
        let done = accounts
            .reset_password(proof, &new_password, source)
            .await?;
        request.after_reset(done.user)?;
        Ok(done)
    };
    match done.await {
        Ok(done) => {
            // Where somebody else is signed in, the sign-in form is not shown.
            let visitor = request.visitor.claims();
            let is_another = visitor.is_some_and(|claims| claims.sub != done.user);
            let (page, notice) = match is_another {
                true => (PROFILE, Notice::OtherPasswordReset),
                false => (LOGIN, Notice::PasswordReset),
            };
            let flash = Flash::for_page(page).keeping("email", done.email.as_str());
            request.go_to(&form_of(page, ""), Some(&flash.with_notice(notice)));
            Ok(())
        }
        Err(error) => {
            let typed = Flash::for_page(RESET)
                .keeping("email", email)
                .keeping("code", code);
            request.refuse(error, &mailed(RESET, &token), typed)
        }
    }
}

/// Ends every session of an account whose owner says that it was not them, and goes to the form for a new password.
///
/// # Errors
/// What [`Accounts::disown`](crate::server::accounts::Accounts::disown) refuses.
#[server(prefix = "/action", endpoint = "not_me")]
pub async fn not_me(#[server(default)] token: String) -> Result<(), AppError> {
    use crate::app::routes::{RESET, VERIFY, mailed};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let flash = Flash::for_page(RESET);
    match request.accounts.disown(&token, &request.source).await {
        Ok(disowned) => {
            if (request.visitor.claims()).is_some_and(|claims| claims.sub == disowned.user) {
                request.close_session();
            }
            request.go_to(
                &mailed(RESET, &disowned.token),
                Some(&flash.with_notice(Notice::Disowned)),
            );
            Ok(())
        }
        // An address that was to be brought back.
        Err(error @ AppError::EmailTaken) => {
            request.refuse(error, &mailed(VERIFY, &token), Flash::for_page(VERIFY))
        }
        Err(error) => request.refuse(error, &mailed(RESET, &token), flash),
    }
}
