//! The pages, one file each.

mod admin;
mod audit;
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

pub use admin::{user, users};
pub use audit::{AuditQuery, audit_trail};
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
