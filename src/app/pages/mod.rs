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

pub use admin::{UserPage, UsersPage};
pub use audit::{AuditPage, AuditQuery};
pub use first_administrator::FirstAdministratorPage;
pub use home::HomePage;
pub use login::LoginPage;
pub use password::PasswordPage;
pub use profile::ProfilePage;
pub use register::RegisterPage;
pub use sessions::SessionsPage;
pub use trouble::{Trouble, in_words};
