//! Server functions: each takes a form, calls one use case and translates what came of it.
//!
//! They are public whatever guards a page has, so each authorises itself. A browser's form is always
//! answered with 303; any other caller gets the status and the error as JSON.

mod account;
mod addresses;
mod admin;
mod appearance;
mod avatar;
mod language;
mod profile;
mod recovery;
mod sessions;

pub use account::{
    AdvisePassword, ChangePassword, DeleteAccount, Login, Logout, Register, advise_password,
    change_password, delete_account, login, logout, register,
};
pub use addresses::{
    ChangeEmail, SendVerification, SetNotices, Verify, change_email, send_verification,
    set_notices, verify,
};
pub use admin::{
    AdminDisable, AdminEnable, AdminEndSession, AdminSetRoles, AdminSignOut, FirstAdministrator,
    admin_disable, admin_enable, admin_end_session, admin_set_roles, admin_sign_out,
    first_administrator,
};
pub use appearance::{SetAppearance, set_appearance};
pub use avatar::{RemoveAvatar, SetAvatar, remove_avatar, set_avatar};
pub use language::{SetLanguage, set_language};
pub use profile::{UpdateProfile, update_profile};
pub use recovery::{Forgot, NotMe, Reset, forgot, not_me, reset};
pub use sessions::{EndOtherSessions, EndSession, end_other_sessions, end_session};

use crate::domain::error::AppError;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}
