//! The pages, one file each.

mod admin;
mod audit;
mod first_administrator;
mod home;
mod login;
mod password;
mod profile;
mod register;
mod sessions;
mod trouble;

pub use admin::{user, users};
pub use audit::{AuditQuery, audit_trail};
pub use first_administrator::first_administrator;
pub use home::home;
pub use login::login;
pub use password::password;
pub use profile::profile;
pub use register::register;
pub use sessions::sessions;
pub use trouble::{Trouble, in_words};
