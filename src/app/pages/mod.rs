//! The pages, one file each.

mod account;
mod admin;
mod audit;
mod confirm;
mod email;
mod first_administrator;
mod forgot;
mod home;
mod login;
mod mailbox;
mod password;
mod profile;
mod register;
mod reset;
mod sessions;
mod trouble;
mod verify;

pub use account::account;
pub use admin::{user, users};
pub use audit::{AuditQuery, audit_trail};
pub use confirm::confirm;
pub use email::email;
pub use first_administrator::first_administrator;
pub use forgot::forgot;
pub use home::home;
pub use login::login;
pub use mailbox::mailbox;
pub use password::password;
pub use profile::profile;
pub use register::register;
pub use reset::reset;
pub use sessions::sessions;
pub use trouble::{Trouble, in_words};
pub use verify::verify;
