//! The picture of a person: what may be uploaded, and the name under which what was made of it is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most bytes of a file that is uploaded: 2 MB.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most pixels of a picture that is uploaded, more than most telephones take. It bounds the memory that reading one costs.
pub const MAX_PIXELS: u64 = 16_000_000;
/// How many pixels wide and high the picture is that is kept: three times what pages show.
pub const SIDE: u32 = 264;

/// The name of a picture: SHA-256 of its content, in base64url. So a name never shows anything else, and nobody guesses one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AvatarHash(String);

impl AvatarHash {
    const BYTES: usize = 32;

    /// Of this digest.
    pub fn from_bytes(digest: [u8; Self::BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest))
    }

    /// `None` unless it is what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        // Refused before it is decoded, whatever its size.
        if text.len() != (Self::BYTES * 4).div_ceil(3) {
            return None;
        }
        let digest = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self::from_bytes(digest.try_into().ok()?))
    }

    /// Takes a name from the database. Trusted: we wrote it.
    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    /// Where browsers find the picture.
    pub fn path(&self) -> String {
        format!("/avatars/{self}")
    }
}

impl From<AvatarHash> for String {
    fn from(hash: AvatarHash) -> String {
        hash.0
    }
}

impl TryFrom<String> for AvatarHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a hash of 43 base64url characters")
    }
}

impl fmt::Display for AvatarHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a picture that is kept is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AvatarFormat {
    /// For photographs.
    Jpeg,
    /// For what can be seen through.
    Png,
}

impl AvatarFormat {
    const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    /// Its media type (RFC 2046), as browsers are told and the database keeps it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The reverse of [`AvatarFormat::media_type`].
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        (Self::ALL.into_iter()).find(|format| format.media_type() == media_type)
    }
}

/// A picture as it is kept: square, at most [`SIDE`] pixels wide, without a word on where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Avatar {
    /// Its name.
    pub hash: AvatarHash,
    /// What it is written as.
    pub format: AvatarFormat,
    /// The file.
    pub content: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = AvatarHash::from_bytes([0xfb; 32]);
        assert_eq!(AvatarHash::parse(&hash.to_string()), Some(hash.clone()));
        assert_eq!(hash.path(), format!("/avatars/{hash}"));
        let text = hash.to_string();
        for wrong in [
            "",
            "x",
            &text[1..],
            &format!("{text}A"),
            &text.replace('-', "+"),
        ] {
            assert_eq!(AvatarHash::parse(wrong), None, "{wrong}");
        }
        // The last character has two bits too many.
        let twin = format!("{}x", &text[..text.len() - 1]);
        assert_eq!(AvatarHash::parse(&twin), None, "{twin}");
    }

    #[test]
    fn formats_are_stored_by_their_media_types() {
        for format in AvatarFormat::ALL {
            assert_eq!(
                AvatarFormat::from_media_type(format.media_type()),
                Some(format)
            );
        }
        assert_eq!(AvatarFormat::from_media_type("image/svg+xml"), None);
    }
}
