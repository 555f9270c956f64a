//! The files that cargo-leptos built: where they are and what they are called.

use crate::app::scripts::SCRIPT;
use crate::brand;
use crate::server::request::AssetPaths;
use crate::server::web::router::Application;
use crate::server::web::security_headers::FOR_EVER;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_config_from_str, get_configuration};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const OPTIONS_FILE: &str = "Leptos.toml";
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// The built site.
#[derive(Clone, Debug)]
pub struct Site {
    /// For Leptos' own use.
    pub options: LeptosOptions,
    /// The folder that is served.
    pub root: PathBuf,
    /// The paths of its files, hashes included.
    pub paths: Arc<AssetPaths>,
}

/// The site was not built, or is somewhere else.
#[derive(Debug, thiserror::Error)]
pub enum AssetsMissing {
    /// `Leptos.toml` cannot be read.
    #[error("Leptos.toml: {0}")]
    Options(String),
    /// There is no such file.
    #[error(
        "the site's file {} is not there. Build it with `cargo leptos build --release`, start the \
         program in the project's folder, or say where the site is with LEPTOS_SITE_ROOT", .0.display()
    )]
    File(PathBuf),
}

impl Site {
    /// Reads `Leptos.toml` in the current folder, or the copy that was compiled in; `LEPTOS_*` variables
    /// win over either. Then the hashes that the build left beside the program.
    ///
    /// # Errors
    /// When the site's files are not there.
    pub fn load(program: &Path) -> Result<Self, AssetsMissing> {
        let failed = |error: LeptosConfigError| AssetsMissing::Options(error.to_string());
        let options = if Path::new(OPTIONS_FILE).exists() {
            get_configuration(Some(OPTIONS_FILE))
                .map_err(failed)?
                .leptos_options
        } else {
            get_config_from_str(include_str!("../../../Leptos.toml")).map_err(failed)?
        };
        let hashes = if options.hash_files {
            let file = program.with_file_name(options.hash_file.as_ref());
            std::fs::read_to_string(&file).map_err(|_| AssetsMissing::File(file))?
        } else {
            String::new()
        };
        let site = Self::new(options, &hashes);
        for path in [&site.paths.css, &site.paths.js, &site.paths.wasm] {
            let file = site.root.join(path.trim_start_matches('/'));
            if !file.is_file() {
                return Err(AssetsMissing::File(file));
            }
        }
        Ok(site)
    }

    /// A site whose build left these lines: `css: HASH`, `js: HASH`, `wasm: HASH`.
    pub fn new(options: LeptosOptions, hashes: &str) -> Self {
        let hash_of = |kind: &str| {
            let lines = hashes.lines().filter_map(|line| line.split_once(':'));
            let hash = lines
                .filter(|(name, _)| name.trim() == kind)
                .map(|(_, hash)| hash.trim())
                .next();
            hash.map_or(String::new(), |hash| format!(".{hash}"))
        };
        let path = |kind: &str| {
            format!(
                "/{}/{}{}.{kind}",
                options.site_pkg_dir,
                options.output_name,
                hash_of(kind)
            )
        };
        let paths = AssetPaths {
            css: path("css"),
            js: path("js"),
            wasm: path("wasm"),
            script: script_path(),
        };
        let root = PathBuf::from(options.site_root.as_ref());
        Self {
            options,
            root,
            paths: Arc::new(paths),
        }
    }
}

/// Where the script of every page is: its content is part of the program and of its name.
fn script_path() -> String {
    const HASH_BYTES: usize = 12;
    let hash = digest(&SHA256, SCRIPT.as_bytes());
    let hash = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..HASH_BYTES]);
    format!("/scripts/{hash}.js")
}

/// The script of every page. Under another name, that of another release, there is nothing.
pub async fn script(State(application): State<Arc<Application>>, uri: Uri) -> Response {
    if uri.path() != application.site.paths.script {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/javascript; charset=utf-8"),
        ),
        (CACHE_CONTROL, FOR_EVER),
    ];
    (headers, SCRIPT).into_response()
}

/// The brand's logo, as the icon of browsers' tabs.
pub async fn icon() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (CACHE_CONTROL, A_DAY),
    ];
    (headers, brand::logo()).into_response()
}

/// Answers 404 to a name that no file system holds: looking for it would be an error of ours.
pub async fn refuse_endless_names(request: Request, next: Next) -> Response {
    const LONGEST_NAME: usize = 255;
    const LONGEST_PATH: usize = 1024;
    let path = request.uri().path();
    if path.len() > LONGEST_PATH || path.split('/').any(|name| name.len() > LONGEST_NAME) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_hashes_of_the_build() {
        let options = LeptosOptions::builder().output_name("vestibule").build();
        let site = Site::new(options.clone(), "js: abc\nwasm: def\ncss: ghi\n");
        assert_eq!(site.paths.css, "/pkg/vestibule.ghi.css");
        assert_eq!(site.paths.wasm, "/pkg/vestibule.def.wasm");
        assert_eq!(Site::new(options, "").paths.js, "/pkg/vestibule.js");
    }
}
