//! What never reaches the browser.

pub mod accounts;
pub mod cli;
pub mod clock;
pub mod config;
pub mod mail;
pub mod metrics;
pub mod random;
pub mod request;
pub mod storage;
pub mod tokens;
pub mod web;
