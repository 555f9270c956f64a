//! Light or dark.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Shows pages in this browser like this from now on, and goes to `back`. An appearance that there is not changes nothing.
///
/// # Errors
/// None: nothing is asked that could fail.
#[server(prefix = "/action", endpoint = "set_appearance")]
pub async fn set_appearance(
    #[server(default)] appearance: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    use crate::domain::appearance::Appearance;
    use crate::domain::local_path::LocalPath;
    use crate::server::request::Request;

    let request = Request::current();
    if let Some(appearance) = Appearance::parse(&appearance) {
        request.choose_appearance(appearance);
    }
    request.go_to(&LocalPath::parse_or_root(&back), None);
    Ok(())
}
