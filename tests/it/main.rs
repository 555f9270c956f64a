//! How the whole service behaves: through the real router, on both databases, at a time of our choosing.

// Clippy knows single tests as such, but not that all of this program is one; a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod app;
mod client;
mod html;
mod output;
mod post;

mod account;
mod addresses;
mod admin;
mod api;
mod architecture;
mod attacks;
mod audit;
mod avatars;
mod command_line;
mod concurrency;
mod confirm;
mod csrf;
mod failures;
mod forms;
mod fuzzed;
mod guard;
mod guessing;
mod hashing;
mod headers;
mod health;
mod hot_path;
mod instances;
mod kill;
mod language;
mod mail;
mod metrics;
mod migrations;
mod notices;
mod operator;
mod password;
mod postgres;
mod profile;
mod recovery;
mod registration;
mod renewal;
mod sessions;
mod signing_in;
mod signing_out;
mod site;
mod sockets;
mod storage;
mod systemd;
mod throttling;
mod tokens;
mod xss;
