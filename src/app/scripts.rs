//! The script of every page: what HTML cannot do and is too little for an island. Every page is complete without it.

/// One module of several files, a behaviour each; the first ones are used by the others.
pub const SCRIPT: &str = concat!(
    include_str!("scripts/toast.js"),
    include_str!("scripts/forms.js"),
    include_str!("scripts/upload.js"),
    include_str!("scripts/copy.js"),
    include_str!("scripts/caps.js"),
    include_str!("scripts/session.js"),
);
