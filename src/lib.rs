//! Vestibule: sign-in for a web application, rendered on the server.
//!
//! | module | what is in it | may use |
//! |---|---|---|
//! | `domain` | rules, without I/O, clock or framework | nothing else here |
//! | `brand` | the name and the logo | `domain` |
//! | `language` | what people are told, in their language | the above |
//! | `server::{clock, random}` | what the machine gives | `domain` |
//! | `server::metrics` | what is counted | the above |
//! | `server::mail` | letters, and the way to an SMTP server | the above |
//! | `server::{tokens, storage}` | signatures; the database | the above |
//! | `server::accounts` | the use cases | the above |
//! | `server::config` | the environment, read into the types of the above | the above |
//! | `server::request` | one request, as pages and actions see it | the above |
//! | `app` | pages, components, islands, server functions | the above |
//! | `server::web` | routes and layers, from socket to page | everything |
//!
//! This is the only file that names a build feature: `ssr` builds the server, `hydrate` the islands.

pub mod domain;

/// What the visitor sees.
pub mod app {
    pub mod actions;
    pub mod islands;

    #[cfg(feature = "ssr")]
    pub mod answers;
    #[cfg(feature = "ssr")]
    pub mod audit_file;
    #[cfg(feature = "ssr")]
    pub mod components;
    #[cfg(feature = "ssr")]
    pub mod letters;
    #[cfg(feature = "ssr")]
    pub mod pages;
    #[cfg(feature = "ssr")]
    pub mod routes;
    #[cfg(feature = "ssr")]
    pub mod scripts;
    #[cfg(feature = "ssr")]
    pub mod shell;
    #[cfg(feature = "ssr")]
    pub mod words;
}

#[cfg(feature = "ssr")]
pub mod brand;

#[cfg(feature = "ssr")]
pub mod language;

#[cfg(feature = "ssr")]
pub mod server;

/// Where the browser's script begins: wakes the islands of a page, if it has any.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
