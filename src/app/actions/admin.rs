//! What administrators do with users. Each begins with the one line that lets nobody else in.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Ends every session of a user.
///
/// # Errors
/// For whoever is no administrator, and when there is no such user.
#[server(prefix = "/action", endpoint = "admin_sign_out")]
pub async fn admin_sign_out(
    #[server(default)] user_id: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, administrate};
    use crate::server::request::flash::Notice;

    let asked = Asked {
        action: "/action/admin_sign_out",
        fields: &[],
        password: &current_password,
    };
    let notice = Notice::SignedOutEverywhere;
    administrate(asked, &user_id, notice, async |accounts, by, user| {
        accounts.sign_out_everywhere(by, user).await
    })
    .await
}

/// Ends one session of a user.
///
/// # Errors
/// For whoever is no administrator, and when the user has no such live session.
#[server(prefix = "/action", endpoint = "admin_end_session")]
pub async fn admin_end_session(
    #[server(default)] user_id: String,
    #[server(default)] session_id: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, administrate};
    use crate::domain::session::SessionId;
    use crate::server::request::flash::Notice;

    let asked = Asked {
        action: "/action/admin_end_session",
        fields: &[("session_id", &session_id)],
        password: &current_password,
    };
    administrate(
        asked,
        &user_id,
        Notice::SessionEnded,
        async |accounts, by, user| {
            let session = SessionId::parse(&session_id).ok_or(AppError::NotFound)?;
            accounts.end_session_of(by, user, session).await
        },
    )
    .await
}

/// Closes a user's account.
///
/// # Errors
/// For whoever is no administrator, for one's own account, and when nobody would remain to administrate.
#[server(prefix = "/action", endpoint = "admin_disable")]
pub async fn admin_disable(
    #[server(default)] user_id: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, administrate};
    use crate::server::request::flash::Notice;

    let asked = Asked {
        action: "/action/admin_disable",
        fields: &[],
        password: &current_password,
    };
    let notice = Notice::AccountDisabled;
    administrate(asked, &user_id, notice, async |accounts, by, user| {
        accounts.set_disabled(by, user, true).await
    })
    .await
}

/// Opens a user's account again.
///
/// # Errors
/// For whoever is no administrator, and when there is no such user.
#[server(prefix = "/action", endpoint = "admin_enable")]
pub async fn admin_enable(
    #[server(default)] user_id: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, administrate};
    use crate::server::request::flash::Notice;

    let asked = Asked {
        action: "/action/admin_enable",
        fields: &[],
        password: &current_password,
    };
    let notice = Notice::AccountEnabled;
    administrate(asked, &user_id, notice, async |accounts, by, user| {
        accounts.set_disabled(by, user, false).await
    })
    .await
}

/// Gives a user these roles and no others.
///
/// # Errors
/// For whoever is no administrator, for names that are none, and when nobody would remain to administrate.
#[server(prefix = "/action", endpoint = "admin_set_roles")]
pub async fn admin_set_roles(
    #[server(default)] user_id: String,
    #[server(default)] roles: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, administrate};
    use crate::domain::role::Roles;
    use crate::server::request::flash::Notice;

    let asked = Asked {
        action: "/action/admin_set_roles",
        fields: &[("roles", &roles)],
        password: &current_password,
    };
    administrate(
        asked,
        &user_id,
        Notice::RolesSet,
        async |accounts, by, user| {
            let roles = Roles::parse(&roles).map_err(|problem| AppError::Invalid(vec![problem]))?;
            accounts.set_roles(by, user, roles).await
        },
    )
    .await
}

/// Makes whoever is signed in and holds the invitation the first administrator.
///
/// # Errors
/// When nobody is signed in, or the invitation is worth nothing.
#[server(prefix = "/action", endpoint = "first_administrator")]
pub async fn first_administrator(
    #[server(default)] invitation: String,
    #[server(default)] current_password: String,
) -> Result<(), AppError> {
    use crate::app::answers::{Asked, confirmed, sign_in_first};
    use crate::app::routes::{ADMIN, HOME, form_of};
    use crate::server::request::Request;
    use crate::server::request::flash::{Flash, Notice};

    let request = Request::current();
    let Ok(claims) = request.visitor.signed_in() else {
        return sign_in_first(&request, HOME, "", Flash::for_page(HOME));
    };
    let asked = Asked {
        action: "/action/first_administrator",
        fields: &[("invitation", &invitation)],
        password: &current_password,
    };
    if !confirmed(&request, claims, asked).await? {
        return Ok(());
    }
    let (accounts, source) = (&request.accounts, &request.source);
    match accounts
        .accept_invitation(claims.sub, &invitation, source)
        .await
    {
        Ok(()) => {
            let notice = Flash::for_page(ADMIN).with_notice(Notice::FirstAdministrator);
            request.go_to(&form_of(ADMIN, ""), Some(&notice));
            Ok(())
        }
        Err(error) => request.refuse(error, &form_of(HOME, ""), Flash::for_page(HOME)),
    }
}
