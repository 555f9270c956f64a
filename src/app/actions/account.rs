//! Coming in, going out, and the password.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Creates an account, signs its owner in and goes to `next`, or to the profile; to where a letter is spoken of, if the address is to be
/// proved first.
///
/// # Errors
/// What [`Accounts::register`](crate::server::accounts::Accounts::register) refuses.
#[server(prefix = "/action", endpoint = "register")]
pub async fn register(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] nickname: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use crate::app::routes::{REGISTER, VERIFY, destination, form_of};
    use crate::server::accounts::{NewAccount, Registered};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let registered = async {
        let (accounts, source) = (&request.accounts, &request.source);
        let new = NewAccount {
            email: &email,
            password: &password,
            nickname: &nickname,
            language: Some(request.preferences.text.tag()),
        };
        match accounts.register(new, source).await? {
            Registered::SignedIn(session) => {
                request.replace_session(&session).await?;
                Ok(true)
            }
            Registered::Created(_) | Registered::LetterSent => Ok(false),
        }
    };
    match registered.await {
        Ok(false) => {
            let flash = Flash::for_page(VERIFY).with_notice(Notice::VerificationSent);
            request.go_to(&form_of(VERIFY, ""), Some(&flash));
            Ok(())
        }
        Ok(true) => {
            let page = destination(&next);
            request.go_to(
                &page,
                Some(&Flash::for_page(page.as_str()).with_notice(Notice::Welcome)),
            );
            Ok(())
        }
        Err(error) => {
            let typed = Flash::for_page(REGISTER)
                .keeping("email", &email)
                .keeping("nickname", &nickname);
            request.refuse(error, &form_of(REGISTER, &next), typed)
        }
    }
}

/// Opens a session and goes to `next`, or to the profile.
///
/// # Errors
/// What [`Accounts::sign_in`](crate::server::accounts::Accounts::sign_in) refuses.
#[server(prefix = "/action", endpoint = "login")]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] remember: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use crate::app::routes::{LOGIN, VERIFY, destination, form_of};
    use crate::domain::session::Audience;
    use crate::server::accounts::SignIn;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let sign_in = SignIn {
        email: &email,
        password: &password,
        remember: remember == "on",
        audience: Audience::Web,
        known_browser: request.known_browser.as_deref(),
        confirming: None,
        source: &request.source,
    };
    let signed_in = async {
        let signed_in = request.accounts.sign_in(sign_in).await?;
        request.replace_session(&signed_in.session).await?;
        Ok((signed_in.reused, signed_in.keeps_account))
    };
    match signed_in.await {
        Ok((reused, keeps_account)) => {
            let page = destination(&next);
            let flash = || Flash::for_page(page.as_str());
            let mut told = reused.map(|reused| flash().with_ending(reused));
            if keeps_account {
                let flash = told.unwrap_or_else(flash);
                told = Some(flash.with_notice(Notice::DeletionCancelled));
            }
            request.go_to(&page, told.as_ref());
            Ok(())
        }
        Err(error @ AppError::EmailNotVerified) => {
            request.refuse(error, &form_of(VERIFY, ""), Flash::for_page(VERIFY))
        }
        Err(error) => {
            let typed = Flash::for_page(LOGIN)
                .keeping("email", &email)
                .keeping("remember", &remember);
            request.refuse(error, &form_of(LOGIN, &next), typed)
        }
    }
}

/// Ends this session and goes to the sign-in form. Whoever has none is told the same.
///
/// # Errors
/// When the database fails.
#[server(prefix = "/action", endpoint = "logout")]
pub async fn logout() -> Result<(), AppError> {
    crate::app::answers::sign_out(&crate::server::request::Request::current()).await
}

/// Sets a new password, ends every other session and goes back to the form with the good news.
///
/// # Errors
/// What [`Accounts::change_password`](crate::server::accounts::Accounts::change_password) refuses.
#[server(prefix = "/action", endpoint = "change_password")]
pub async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] new_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::sign_in_first;
    use crate::app::routes::{PASSWORD, form_of};
    use crate::server::accounts::PasswordChange;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, PASSWORD, "", Flash::for_page(PASSWORD));
    };
    let change = PasswordChange {
        user: claims.sub,
        session: claims.sid,
        current: &current_password,
        new: &new_password,
        source: &request.source,
    };
    let accounts = &request.accounts;
    let changed = accounts.change_password(change).await;
    let flash = Flash::for_page(PASSWORD);
    match changed {
        Ok(session) => {
            request.open_session(&session);
            request.go_to(
                &form_of(PASSWORD, ""),
                Some(&flash.with_notice(Notice::PasswordChanged)),
            );
            Ok(())
        }
        Err(error) => request.refuse(error, &form_of(PASSWORD, ""), flash),
    }
}

/// Ends every session of whoever knows the password, and has the account deleted in seven days; then goes to the sign-in form, where it
/// says that signing in keeps it. `owner` is for whom the form was rendered: nobody else's account goes.
///
/// # Errors
/// What [`Accounts::request_deletion`](crate::server::accounts::Accounts::request_deletion) refuses.
#[server(prefix = "/action", endpoint = "delete_account")]
pub async fn delete_account(
    #[server(default)] current_password: String,
    #[server(default)] owner: String,
) -> Result<(), AppError> {
    use crate::app::answers::sign_in_first;
    use crate::app::routes::{ACCOUNT, LOGIN, form_of};
    use crate::server::accounts::Confirmation;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let flash = Flash::for_page(ACCOUNT);
    let claims = match request.signed_in_as(&owner) {
        Ok(claims) => claims,
        Err(AppError::NotSignedIn) => return sign_in_first(&request, ACCOUNT, "", flash),
        Err(error) => return request.refuse(error, &form_of(ACCOUNT, ""), flash),
    };
    let given = Confirmation {
        user: claims.sub,
        session: claims.sid,
        password: &current_password,
        source: &request.source,
    };
    match request.accounts.request_deletion(given).await {
        Ok(delete_at_ms) => {
            request.close_session();
            let notice = Notice::DeletionRequested { delete_at_ms };
            let flash = Flash::for_page(LOGIN).with_notice(notice);
            request.go_to(&form_of(LOGIN, ""), Some(&flash));
            Ok(())
        }
        // The session ended meanwhile.
        Err(AppError::NotSignedIn) => sign_in_first(&request, ACCOUNT, "", flash),
        Err(error) => request.refuse(error, &form_of(ACCOUNT, ""), flash),
    }
}

/// What is to be said of a password while it is being chosen: a level from 1 to 4, a space, and a sentence. The field's island asks;
/// nothing of it is kept or logged.
///
/// # Errors
/// [`AppError::Busy`] when too many wait; what cannot be chosen has its sentence too.
#[server(prefix = "/action", endpoint = "advise_password")]
pub async fn advise_password(
    #[server(default)] password: String,
    #[server(default)] email: String,
    #[server(default)] nickname: String,
) -> Result<String, AppError> {
    use crate::server::request::Request;

    let request = Request::current();
    let advice = request
        .accounts
        .advise(&password, &email, &nickname)
        .await?;
    Ok(format!(
        "{} {}",
        advice.level(),
        request.preferences.text.advice(advice)
    ))
}
