//! A person's picture.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Makes the uploaded file the picture of `owner`, for whom the form was rendered, and goes back to the profile.
///
/// # Errors
/// What [`Accounts::set_avatar`](crate::server::accounts::Accounts::set_avatar) refuses.
#[server(prefix = "/action", endpoint = "set_avatar")]
pub async fn set_avatar(#[server(default)] owner: String) -> Result<(), AppError> {
    use crate::app::answers::back_to_profile;
    use crate::server::request::Request;
    use crate::server::request::flash::Notice;

    let request = Request::current();
    back_to_profile(&request, &owner, Notice::AvatarSet, async |user| {
        let (accounts, source) = (&request.accounts, &request.source);
        accounts.set_avatar(user, Request::upload(), source).await
    })
    .await
}

/// Takes the picture of `owner` away, and goes back to the profile.
///
/// # Errors
/// What [`Accounts::remove_avatar`](crate::server::accounts::Accounts::remove_avatar) refuses.
#[server(prefix = "/action", endpoint = "remove_avatar")]
pub async fn remove_avatar(#[server(default)] owner: String) -> Result<(), AppError> {
    use crate::app::answers::back_to_profile;
    use crate::server::request::Request;
    use crate::server::request::flash::Notice;

    let request = Request::current();
    back_to_profile(&request, &owner, Notice::AvatarRemoved, async |user| {
        let (accounts, source) = (&request.accounts, &request.source);
        accounts.remove_avatar(user, source).await
    })
    .await
}
