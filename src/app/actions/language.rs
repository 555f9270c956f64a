//! The language of the pages.

#![allow(missing_docs)] // of the structs that #[server] makes: their fields are the form's

use crate::domain::error::AppError;
use leptos::prelude::*;

/// Shows pages in the language with this tag from now on, and goes to `back`. A language that there is not changes nothing.
///
/// # Errors
/// When the database fails.
#[server(prefix = "/action", endpoint = "set_language")]
pub async fn set_language(
    #[server(default)] language: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    use crate::domain::local_path::LocalPath;
    use crate::language::Text;
    use crate::server::request::Request;
    use crate::server::request::flash::Flash;

    let request = Request::current();
    let back = LocalPath::parse_or_root(&back);
    let chosen = match Text::of(&language) {
        Some(text) => request.choose_language(text).await,
        None => Ok(()),
    };
    match chosen {
        Ok(()) => {
            request.go_to(&back, None);
            Ok(())
        }
        Err(error) => request.refuse(error, &back, Flash::for_page(back.as_str())),
    }
}
