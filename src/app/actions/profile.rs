//! What a person says of themselves.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Replaces the profile and goes back to it with the good news.
///
/// # Errors
/// What [`Accounts::update_profile`](crate::server::accounts::Accounts::update_profile) refuses.
#[server(prefix = "/action", endpoint = "update_profile")]
pub async fn update_profile(
    #[server(default)] nickname: String,
    #[server(default)] signature: String,
    #[server(default)] avatar_url: String,
) -> Result<(), AppError> {
    use crate::app::routes::{PROFILE, form_of};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let updated = match request.visitor.signed_in() {
        Ok(claims) => {
            request
                .accounts
                .update_profile(claims.sub, &nickname, &signature, &avatar_url)
                .await
        }
        Err(error) => Err(error),
    };
    let flash = Flash::for_page(PROFILE);
    match updated {
        Ok(()) => {
            request.go_to(
                &form_of(PROFILE, ""),
                Some(&flash.with_notice(Notice::ProfileSaved)),
            );
            Ok(())
        }
        Err(error) => {
            let typed = flash
                .keeping("nickname", &nickname)
                .keeping("signature", &signature)
                .keeping("avatar_url", &avatar_url);
            request.refuse(error, &form_of(PROFILE, ""), typed)
        }
    }
}
