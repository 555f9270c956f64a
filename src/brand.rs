//! The brand: what `style/brand.css` says besides the colours, the name and the logo, for pages and mails.

use std::sync::LazyLock;

const FILE: &str = include_str!("../style/brand.css");

static NAME: LazyLock<&str> = LazyLock::new(|| value("--brand-name", '"'));
static LOGO: LazyLock<&str> = LazyLock::new(|| value("--brand-logo", '\''));

/// What the application is called.
pub fn name() -> &'static str {
    &NAME
}

/// A drawing (SVG), for the header of every page and as the browser's icon.
pub fn logo() -> &'static str {
    &LOGO
}

/// What stands behind a custom property's name, in these quotes; a test sees to it that something does.
fn value(property: &str, quote: char) -> &'static str {
    let declaration = FILE.split_once(&format!("{property}: {quote}"));
    let value = declaration.and_then(|(_, rest)| rest.split_once(quote));
    value.map_or("", |(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_it_all() {
        assert!(
            !name().is_empty() && !name().contains(['\n', ';', '{']),
            "{}",
            name()
        );
        assert!(
            logo().starts_with("<svg ") && logo().ends_with("</svg>"),
            "{}",
            logo()
        );
        assert!(logo().contains("viewBox") && logo().contains("xmlns"));
    }
}
