//! What a person says of themselves.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Replaces the profile and goes back to it with the good news. `owner` is the user for whom the form was rendered:
/// for nobody else is it saved, and to nobody else is it shown again.
///
/// # Errors
/// What [`Accounts::update_profile`](crate::server::accounts::Accounts::update_profile) refuses.
#[server(prefix = "/action", endpoint = "update_profile")]
pub async fn update_profile(
    #[server(default)] nickname: String,
    #[server(default)] signature: String,
    #[server(default)] owner: String,
) -> Result<(), AppError> {
    use crate::app::answers::sign_in_first;
    use crate::app::routes::{PROFILE, form_of};
    use crate::domain::user::ProfileUpdate;
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let flash = Flash::for_page(PROFILE);
    let typed = flash
        .clone()
        .keeping("nickname", &nickname)
        .keeping("signature", &signature);
    let updated = match request.signed_in_as(&owner) {
        Ok(claims) => {
            let (nickname, signature) = (Some(&*nickname), Some(&*signature));
            match ProfileUpdate::parse(nickname, signature) {
                Ok(update) => {
                    let (accounts, source) = (&request.accounts, &request.source);
                    accounts.update_profile(claims.sub, &update, source).await
                }
                Err(error) => Err(error),
            }
        }
        Err(AppError::NotSignedIn) => return sign_in_first(&request, PROFILE, &owner, typed),
        // The values are somebody else's.
        Err(error) => return request.refuse(error, &form_of(PROFILE, ""), flash),
    };
    match updated {
        Ok(()) => {
            request.go_to(
                &form_of(PROFILE, ""),
                Some(&flash.with_notice(Notice::ProfileSaved)),
            );
            Ok(())
        }
        Err(error) => request.refuse(error, &form_of(PROFILE, ""), typed),
    }
}
