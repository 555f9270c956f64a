//! People's pictures: drawn anew from whatever was uploaded, kept by their content, and harmless to whoever looks at them.

use crate::api::{Caller, assert_refused};
use crate::app::{TestApp, on_both_databases};
use crate::client::{Answer, Client};
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request};
use futures::StreamExt;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};
use std::io::Cursor;

const EMAIL: &str = "ada@example.org";
const SET: &str = "/action/set_avatar";
const RED: [u8; 3] = [220, 20, 20];
const BLUE: [u8; 3] = [20, 20, 220];

/// A photograph, its left half red and its right half blue, that a camera took when held sideways, and that tells where.
fn photograph(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, _| {
        Rgb(if x < width / 2 { RED } else { BLUE })
    });
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"taken at the secret place");
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new(&mut file);
    encoder.set_exif_metadata(exif).expect("JPEG has Exif");
    encoder.encode_image(&picture).expect("a file");
    assert!(holds(&file, b"secret place"));
    file
}

/// A drawing that can be seen through, but for a green frame.
fn drawing(format: ImageFormat) -> Vec<u8> {
    let picture = RgbaImage::from_fn(40, 40, |x, y| {
        let inside = (5..35).contains(&x) && (5..35).contains(&y);
        Rgba([0, 200, 0, if inside { 0 } else { 255 }])
    });
    written(picture.into(), format)
}

fn written(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).expect("a file");
    file.into_inner()
}

fn holds(file: &[u8], words: &[u8]) -> bool {
    file.windows(words.len()).any(|window| window == words)
}

async fn shown(client: &mut Client) -> Option<String> {
    let page = client.get("/profile").await.page();
    let picture = page.by_class("avatar").expect("some picture");
    assert_eq!(picture.name == "svg", picture.attribute("src").is_none());
    picture.attribute("src").map(str::to_owned)
}

async fn picture(client: &mut Client, path: &str, media_type: &str) -> DynamicImage {
    let answer = client.get(path).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some(media_type))
    );
    let always = "public, max-age=31536000, immutable";
    assert_eq!(answer.header("cache-control"), Some(always));
    let policy = answer.header("content-security-policy");
    assert_eq!(policy, Some("default-src 'none'; sandbox"));
    image::load_from_memory(&answer.bytes).expect("a picture")
}

async fn assert_refuses(client: &mut Client, file: &[u8], sentence: &str) {
    client
        .upload(SET, &[], file)
        .await
        .assert_sees_other("/profile");
    client
        .get("/profile")
        .await
        .assert_says_at("avatar", sentence);
}

on_both_databases! {
    async fn a_photograph_is_drawn_anew(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        assert_eq!(shown(&mut ada).await, None);
        ada.upload(SET, &[], &photograph(900, 600)).await.assert_sees_other("/profile");
        ada.get("/profile").await.assert_notice(Some("Your picture is saved."));
        let path = shown(&mut ada).await.expect("a picture");
        let drawn = picture(&mut ada, &path, "image/jpeg").await.to_rgb8();
        assert_eq!(drawn.dimensions(), (264, 264), "a square");
        // The camera was turned, so left became top.
        let is_near = |x, y, colour: [u8; 3]| drawn.get_pixel(x, y).0.iter().zip(colour).all(|(one, other)| one.abs_diff(other) < 16);
        assert!(is_near(20, 20, RED) && is_near(244, 20, RED), "{:?}", drawn.get_pixel(20, 20));
        assert!(is_near(20, 244, BLUE) && is_near(244, 244, BLUE));
        let file = ada.get(&path).await.bytes;
        assert!(!holds(&file, b"secret place") && !holds(&file, b"Exif"));
        // Whoever has its name sees it, signed in or not.
        picture(&mut app.client(), &path, "image/jpeg").await;
        // The same picture has the same name.
        ada.upload(SET, &[], &photograph(900, 600)).await.assert_sees_other("/profile");
        assert_eq!(shown(&mut ada).await, Some(path));
    }

    async fn what_can_be_seen_through_stays_so(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            ada.upload(SET, &[], &drawing(format)).await.assert_sees_other("/profile");
            let path = shown(&mut ada).await.expect("a picture");
            let drawn = picture(&mut ada, &path, "image/png").await.to_rgba8();
            assert_eq!(drawn.dimensions(), (40, 40), "nothing is blown up");
            assert_eq!((drawn.get_pixel(1, 1).0[3], drawn.get_pixel(20, 20).0[3]), (255, 0), "{format:?}");
        }
    }

    async fn a_picture_is_replaced_and_taken_away(app: TestApp) {
        let (mut ada, mut grace) = (app.signed_in(EMAIL).await, app.signed_in("grace@example.org").await);
        let (first, second) = (photograph(300, 300), drawing(ImageFormat::Png));
        for client in [&mut ada, &mut grace] {
            client.upload(SET, &[], &first).await.assert_sees_other("/profile");
        }
        let shared = shown(&mut ada).await.expect("a picture");
        assert_eq!(shown(&mut grace).await.as_ref(), Some(&shared));
        ada.upload(SET, &[], &second).await.assert_sees_other("/profile");
        let own = shown(&mut ada).await.expect("a picture");
        picture(&mut grace, &shared, "image/jpeg").await;
        grace.post("/action/remove_avatar", &[]).await.assert_sees_other("/profile");
        grace.get("/profile").await.assert_notice(Some("Your picture is removed."));
        assert_eq!(shown(&mut grace).await, None);
        assert_eq!(grace.get(&shared).await.status, 404, "nobody has it any more");
        picture(&mut grace, &own, "image/png").await;
        // To take away what is not there is no mistake.
        grace.post("/action/remove_avatar", &[]).await.assert_sees_other("/profile");
        assert_eq!(app.count("avatars").await, 1);
    }

    async fn what_is_no_picture_of_ours_is_refused(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        ada.upload(SET, &[], &drawing(ImageFormat::Png)).await.assert_sees_other("/profile");
        let before = shown(&mut ada).await;
        let format = "The picture must be a PNG, JPEG or WebP file.";
        for file in [
            &b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"[..],
            b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            b"GIF89a\x01\0\x01\0\0\0\0;",
            b"BM\x1a\0\0\0",
            b"<!DOCTYPE html><script>alert(1)</script>",
            b"%PDF-1.7",
            b"\0",
        ] {
            assert_refuses(&mut ada, file, format).await;
        }
        assert_refuses(&mut ada, b"", "Choose a picture.").await;
        let broken = "The picture cannot be read: the file is broken.";
        let (photograph, drawing) = (photograph(64, 64), drawing(ImageFormat::WebP));
        for whole in [&photograph, &drawing] {
            assert_refuses(&mut ada, &whole[..whole.len() / 3], broken).await;
        }
        assert_refuses(&mut ada, b"\x89PNG\r\n\x1a\n", broken).await;
        assert_refuses(&mut ada, b"\xff\xd8\xff<script>", broken).await;
        assert_eq!(shown(&mut ada).await, before);
    }

    async fn only_its_owner_changes_a_picture(app: TestApp) {
        let mut ada = app.signed_in(EMAIL).await;
        let grace = app.signed_in("grace@example.org").await;
        let id = app.text("SELECT id FROM users WHERE email = 'grace@example.org'").await;
        let file = drawing(ImageFormat::Png);
        for owner in [id.as_str(), "somebody"] {
            let answer = ada.clone().wanting_json().upload(SET, &[("owner", owner)], &file).await;
            assert_eq!((answer.status, answer.json()), (409, json!("other_account")));
            let answer = ada.clone().wanting_json().post("/action/remove_avatar", &[("owner", owner)]).await;
            assert_eq!((answer.status, answer.json()), (409, json!("other_account")));
        }
        let mut stranger = app.client();
        assert_eq!(stranger.clone().wanting_json().upload(SET, &[], &file).await.status, 401);
        stranger.upload(SET, &[], &file).await.assert_sees_other("/login?next=/profile");
        for from in ["cross-site", "same-site", "none"] {
            let mut elsewhere = ada.clone().with_header("sec-fetch-site", from);
            assert_eq!(elsewhere.upload(SET, &[], &file).await.status, 403, "{from}");
        }
        assert_eq!(app.count("avatars").await, 0);
        ada.upload(SET, &[("owner", "")], &file).await.assert_sees_other("/profile");
        drop(grace);
    }

    async fn programs_have_pictures_too(app: TestApp) {
        let mut ada = Caller::registered(&app, EMAIL).await;
        assert_eq!(ada.get("/api/v1/me").await.json()["avatar_url"], Value::Null);
        let set = ada.put_file("image/webp", &drawing(ImageFormat::WebP)).await.json();
        let url = set["avatar_url"].as_str().expect("an address").to_owned();
        let path = url.strip_prefix("https://app.example").expect("it begins with the origin");
        picture(&mut app.client(), path, "image/png").await;
        assert_eq!(ada.get("/api/v1/me").await.json()["avatar_url"], url);

        let refused = ada.put_file("image/svg+xml", b"<svg/>").await;
        assert_refused(&refused, 415, "unsupported_media_type", None);
        let refused = ada.put_file("image/png", &vec![0; 2 * 1024 * 1024 + 1]).await;
        assert_refused(&refused, 413, "payload_too_large", None);
        for (file, code) in [(&b"<svg/>"[..], "unknown_format"), (b"\x89PNG\r\n\x1a\n", "malformed"), (b"", "required")] {
            let refused = ada.put_file("image/png", file).await;
            assert_refused(&refused, 422, "invalid", None);
            let field = &refused.json()["error"]["fields"][0];
            assert_eq!((&field["field"], &field["code"]), (&json!("avatar"), &json!(code)));
        }
        assert_eq!(ada.get("/api/v1/me").await.json()["avatar_url"], url);
        ada.tokens = None;
        assert_refused(&ada.put_file("image/png", &drawing(ImageFormat::Png)).await, 401, "not_signed_in", Some(""));
        let mut ada = Caller::signed_in(&app, EMAIL).await;
        assert_eq!(ada.delete("/api/v1/me/avatar").await.status, 204);
        assert_eq!(ada.get("/api/v1/me").await.json()["avatar_url"], Value::Null);
        assert_eq!(app.client().get(path).await.status, 404);
    }
}

impl Caller {
    async fn put_file(&mut self, media_type: &str, file: &[u8]) -> Answer {
        let mut request = Request::put("/api/v1/me/avatar").header(CONTENT_TYPE, media_type);
        if self.tokens.is_some() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.access_token()));
        }
        let request = request.body(Body::from(file.to_vec()));
        self.send(request.expect("a request")).await
    }
}

/// A few bytes that claim to be so large.
fn bombs(width: u32, height: u32) -> [Vec<u8>; 3] {
    let mut png = written(RgbImage::new(1, 1).into(), ImageFormat::Png);
    let mut header = b"IHDR".to_vec();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&png[24..29]);
    png[12..29].copy_from_slice(&header);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header);
    png[29..33].copy_from_slice(&hasher.finalize().to_be_bytes());

    let mut jpeg = written(RgbImage::new(8, 8).into(), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]);
    let at = frame.expect("a frame") + 5;
    let short = |size: u32| u16::try_from(size).expect("sixteen bits").to_be_bytes();
    jpeg[at..at + 2].copy_from_slice(&short(height));
    jpeg[at + 2..at + 4].copy_from_slice(&short(width));

    let mut webp = written(RgbImage::new(1, 1).into(), ImageFormat::WebP);
    let at = webp.windows(4).position(|chunk| chunk == b"VP8L");
    let at = at.expect("a chunk") + 9;
    // 14 bits each, one less than the size.
    let bits = (width.min(16_383) - 1) | (height.min(16_383) - 1) << 14;
    webp[at..at + 4].copy_from_slice(&bits.to_le_bytes());
    [png, jpeg, webp]
}

#[tokio::test]
async fn what_would_fill_the_memory_is_refused_before_it_is_read() {
    let app = TestApp::sqlite().await;
    let mut ada = app.signed_in(EMAIL).await;
    for file in bombs(50_000, 50_000) {
        assert!(file.len() < 2000);
        assert_refuses(
            &mut ada,
            &file,
            "The picture cannot have more than 16 megapixels.",
        )
        .await;
    }
    for file in bombs(16_000, 1001) {
        assert_refuses(
            &mut ada,
            &file,
            "The picture cannot have more than 16 megapixels.",
        )
        .await;
    }
    // As many as may be are read, and then found to be missing.
    for file in &bombs(16_000, 1000)[..2] {
        let answer = ada.upload(SET, &[], file).await;
        answer.assert_sees_other("/profile");
        let page = ada.get("/profile").await;
        assert!(!page.body.contains("megapixels."), "{}", page.body);
    }
}

#[tokio::test]
async fn a_file_has_at_most_2_mb() {
    let app = TestApp::sqlite().await;
    let mut ada = app.signed_in(EMAIL).await;
    // A decoder stops at the end of the picture, so what follows makes a good file longer.
    let longer = |bytes: usize| {
        let mut file = photograph(64, 64);
        file.resize(bytes, 0);
        file
    };
    let most = 2 * 1024 * 1024;
    ada.upload(SET, &[], &longer(most))
        .await
        .assert_sees_other("/profile");
    ada.get("/profile")
        .await
        .assert_notice(Some("Your picture is saved."));
    for bytes in [most + 1, 8 * most - 4096] {
        assert_refuses(
            &mut ada,
            &longer(bytes),
            "The picture cannot be larger than 2 MB.",
        )
        .await;
    }
    let answer = ada.upload(SET, &[], &longer(8 * most)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.page().named("h1")[0].text(),
        "That was too much to send at once"
    );
}

#[tokio::test]
async fn so_many_are_on_their_way_at_once() {
    let app = TestApp::sqlite().await;
    let ada = app.signed_in(EMAIL).await;
    let (arrived, mut arrivals) = tokio::sync::mpsc::channel(16);
    let mut slow = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (mut ada, arrived) = (ada.clone(), arrived.clone());
        slow.spawn(async move {
            // Its first bytes come, and the others never.
            let begin = futures::stream::once(async move {
                arrived.send(()).await.expect("somebody counts");
                Ok::<_, std::io::Error>("--X\r\n")
            });
            let body = Body::from_stream(begin.chain(futures::stream::pending()));
            let multipart = "multipart/form-data; boundary=X";
            ada.post_body(SET, multipart, body).await
        });
    }
    for _ in 0..16 {
        arrivals.recv().await.expect("another one");
    }
    let file = drawing(ImageFormat::Png);
    let answer = ada.clone().upload(SET, &[], &file).await;
    assert_eq!(answer.status, 503);
    assert!(answer.header("retry-after").is_some());
    slow.shutdown().await;
    ada.clone()
        .upload(SET, &[], &file)
        .await
        .assert_sees_other("/profile");
}

#[tokio::test]
async fn what_a_stranger_sends_is_thrown_away() {
    let app = TestApp::sqlite().await;
    let login = "/login?next=/profile";
    for body in [b"no form".to_vec(), vec![b'x'; 16 * 1024 * 1024]] {
        let mut stranger = app.client();
        let multipart = "multipart/form-data; boundary=X";
        let answer = stranger.post_body(SET, multipart, body).await;
        answer.assert_sees_other(login);
    }
    let endless = vec![b'x'; 16 * 1024 * 1024 + 1];
    let answer = app.client().post_body(SET, "text/plain", endless).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_form_with_a_file_is_read_strictly() {
    let app = TestApp::sqlite().await;
    let mut ada = app.signed_in(EMAIL).await.wanting_json();
    let part = |name: &str, value: &str| {
        format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = part("avatar", "GIF");
    let multipart = "multipart/form-data; boundary=X";
    for (status, content_type, body) in [
        (
            415,
            "application/x-www-form-urlencoded",
            "owner=".to_owned(),
        ),
        (415, "multipart/form-data", format!("{file}--X--\r\n")),
        (
            415,
            "multipart/mixed; boundary=X",
            format!("{file}--X--\r\n"),
        ),
        (415, "image/png", "GIF".to_owned()),
        (400, multipart, format!("{file}{file}--X--\r\n")),
        (
            400,
            multipart,
            format!("{file}{0}{0}--X--\r\n", part("owner", "")),
        ),
        (
            400,
            multipart,
            format!("{file}{}--X--\r\n", part("owner", &"x".repeat(1025))),
        ),
        (400, multipart, file.clone()),
        (400, multipart, "no form".to_owned()),
        (422, multipart, "--X--\r\n".to_owned()),
        (422, multipart, format!("{file}--X--\r\n")),
        (
            422,
            multipart,
            format!("{file}{}--X--\r\n", part("other", "x")),
        ),
    ] {
        let answer = ada.post_body(SET, content_type, body.clone()).await;
        assert_eq!(answer.status, status, "{content_type}: {body:.200}");
    }
    let answer = ada.send(Method::GET, SET, None, Body::empty()).await;
    assert_eq!(answer.status, 405);
    for name in [
        "",
        "x",
        "../../etc/passwd",
        &"A".repeat(43),
        &"A".repeat(4000),
    ] {
        let answer = app.client().get(&format!("/avatars/{name}")).await;
        assert_eq!(answer.status, 404, "{name}");
    }
}
