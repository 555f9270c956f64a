//! Pictures that people upload: read with suspicion, and drawn anew, so that of the file itself nothing remains.

use crate::domain::avatar::{Avatar, AvatarFormat, AvatarHash, MAX_BYTES, MAX_PIXELS, SIDE};
use crate::domain::error::{AppError, Field, Problem, Reason};
use aws_lc_rs::digest::{SHA256, digest};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
};
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many may wait for the one that is drawn.
const WAITING: usize = 8;
/// What a caller is told to wait when as many wait as may.
const RETRY_AFTER_SECONDS: u32 = 2;
/// The most bytes of a pixel: four channels of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;
/// The quality at which a photograph of this size shows no traces of compression.
const JPEG_QUALITY: u8 = 88;

/// Draws one picture at a time: a large one takes up to 130 MB of memory and a good part of a second.
pub(super) struct Pictures {
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(1 + WAITING)),
            turn: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Pictures {
    /// Makes an avatar of a file that somebody uploaded.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when it is no PNG, JPEG or WebP, is broken, or is larger than may be; [`AppError::Busy`] when too many
    /// wait.
    pub(super) async fn avatar(&self, file: Vec<u8>) -> Result<Avatar, AppError> {
        let busy = AppError::Busy {
            retry_after_seconds: RETRY_AFTER_SECONDS,
        };
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Err(busy);
        };
        let Ok(turn) = Arc::clone(&self.turn).acquire_owned().await else {
            return Err(busy); // it is never closed
        };
        let drawn = tokio::task::spawn_blocking(move || {
            // Held here and not by the caller: a request that went away ends no drawing.
            let _held = (place, turn);
            draw(&file)
        });
        let drawn = drawn.await;
        // What a decoder trips over is a broken file; the panic hook has logged it.
        let drawn = drawn.unwrap_or(Err(Reason::Malformed));
        drawn.map_err(|reason| AppError::Invalid(vec![Problem::new(Field::Avatar, reason)]))
    }
}

fn draw(file: &[u8]) -> Result<Avatar, Reason> {
    if file.is_empty() {
        return Err(Reason::Required);
    }
    if file.len() > MAX_BYTES {
        return Err(Reason::TooManyBytes);
    }
    let (square, orientation) = read(file)?;
    let mut picture = DynamicImage::ImageRgba8(square);
    picture.apply_orientation(orientation);
    write(picture).map_err(|error| {
        tracing::error!(%error, "a picture could not be written");
        Reason::Malformed
    })
}

/// Its middle, as large as it is shown, and how the camera was held.
fn read(file: &[u8]) -> Result<(image::RgbaImage, Orientation), Reason> {
    // What the browser or the file's name say it is counts for nothing.
    let format = match image::guess_format(file) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        _ => return Err(Reason::UnknownFormat),
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_PIXELS * BYTES_PER_PIXEL);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(reason)?;
    let (width, height) = decoder.dimensions();
    // A few bytes can claim to be a picture that no memory holds.
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Reason::TooManyPixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    let side = width.min(height);
    if side == 0 {
        return Err(Reason::Malformed);
    }
    let middle = picture.view((width - side) / 2, (height - side) / 2, side, side);
    let side = side.min(SIDE);
    let square = imageops::resize(&*middle, side, side, FilterType::Lanczos3);
    Ok((square, orientation))
}

fn reason(error: ImageError) -> Reason {
    match error {
        ImageError::Limits(_) => Reason::TooManyPixels,
        _ => Reason::Malformed,
    }
}

fn write(picture: DynamicImage) -> Result<Avatar, ImageError> {
    let mut content = Vec::new();
    let is_opaque = picture.pixels().all(|(_, _, pixel)| pixel.0[3] == u8::MAX);
    let format = if is_opaque {
        let encoder = JpegEncoder::new_with_quality(&mut content, JPEG_QUALITY);
        picture.to_rgb8().write_with_encoder(encoder)?;
        AvatarFormat::Jpeg
    } else {
        picture.write_to(&mut Cursor::new(&mut content), ImageFormat::Png)?;
        AvatarFormat::Png
    };
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, &content).as_ref());
    Ok(Avatar {
        hash: AvatarHash::from_bytes(bytes),
        format,
        content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_turn_to_the_drawing() {
        let mut file = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(3000, 3000)
            .write_to(&mut file, ImageFormat::Png)
            .expect("a file");
        let pictures = Pictures::default();
        {
            let drawing = pictures.avatar(file.into_inner());
            tokio::pin!(drawing);
            assert!(futures::poll!(&mut drawing).is_pending());
        }
        assert_eq!(pictures.turn.available_permits(), 0, "it still draws");
        assert!(
            pictures.turn.acquire().await.is_ok(),
            "and comes to its end"
        );
    }
}
