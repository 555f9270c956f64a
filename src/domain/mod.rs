//! The rules of Vestibule's subject: no I/O, no clock, no randomness, no framework; compiled for server and browser.

pub mod appearance;
pub mod audit;
pub mod avatar;
pub mod device;
pub mod email;
pub mod error;
pub mod local_path;
pub mod mailed_link;
pub mod password;
pub mod role;
pub mod session;
pub mod user;
