//! `/api/v1/me`: the profile and the password of whoever calls.

use super::bearer::Bearer;
use super::body::Json;
use super::refusal::{Failure, JSON, Refusal};
use crate::app::words;
use crate::domain::user::{Profile, ProfileUpdate};
use crate::server::accounts::{Confirmation, PasswordChange};
use crate::server::config::Origin;
use crate::server::web::identity::ThisSource;
use crate::server::web::personal_data::{self, PersonalData};
use crate::server::web::router::Application;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// An account as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct User {
    #[schema(example = "3q2-7wAAAAAAAAAAAAAAAA")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "Ada")]
    nickname: String,
    /// A few lines about oneself; may be empty.
    signature: String,
    /// The address of a picture, if there is one.
    avatar_url: Option<String>,
    #[schema(example = json!(["editor"]))]
    roles: Vec<String>,
    #[schema(format = "date-time", example = "2026-01-02T03:04:05.678Z")]
    created_at: String,
}

impl User {
    /// With addresses that begin with this service's origin.
    pub(super) fn new(profile: Profile, origin: &Origin) -> Self {
        Self {
            id: profile.id.to_string(),
            email: profile.email.as_str().to_owned(),
            nickname: profile.nickname.to_string(),
            signature: profile.signature.to_string(),
            avatar_url: profile
                .avatar
                .map(|hash| format!("{}{}", origin.as_str(), hash.path())),
            roles: profile.roles.iter().map(ToString::to_string).collect(),
            created_at: words::instant(profile.created_at_ms),
        }
    }
}

/// What is to be changed; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// 1 to 50 characters on one line.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    nickname: Option<String>,
    /// At most 200 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    signature: Option<String>,
}

/// Tells a field that was given, if only as null, from one that was left out.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// The password in force, and the one to replace it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    #[schema(format = "password", value_type = String)]
    current_password: Zeroizing<String>,
    #[schema(format = "password", value_type = String)]
    new_password: Zeroizing<String>,
}

/// The password in force, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentPassword {
    #[schema(format = "password", value_type = String)]
    current_password: Zeroizing<String>,
}

/// What becomes of the account.
#[derive(Serialize, ToSchema)]
pub struct Deletion {
    /// When it is deleted, unless somebody signs in before.
    #[schema(format = "date-time", example = "2026-01-09T03:04:05.678Z")]
    delete_at: String,
}

/// Read the profile
#[utoipa::path(
    get,
    path = "/me",
    tag = "me",
    security(("bearer" = [])),
    responses((status = 200, body = User)),
)]
pub async fn read(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
) -> Result<axum::Json<User>, Refusal> {
    let profile = application.accounts.profile(claims.sub).await?;
    Ok(axum::Json(User::new(profile, &application.origin)))
}

/// Change the profile
#[utoipa::path(
    patch,
    path = "/me",
    tag = "me",
    security(("bearer" = [])),
    request_body = Changes,
    responses((status = 200, body = User, description = "The whole profile as it is now")),
)]
pub async fn change(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
    Json(changes): Json<Changes>,
) -> Result<axum::Json<User>, Refusal> {
    let update = ProfileUpdate::parse(changes.nickname.as_deref(), changes.signature.as_deref())?;
    let accounts = &application.accounts;
    accounts
        .update_profile(claims.sub, &update, &source)
        .await?;
    let profile = accounts.profile(claims.sub).await?;
    Ok(axum::Json(User::new(profile, &application.origin)))
}

/// Delete the account
///
/// In seven days, with everything that is held about its owner; every session ends at once. Signing in before then keeps it.
#[utoipa::path(
    delete,
    path = "/me",
    tag = "me",
    security(("bearer" = [])),
    request_body = CurrentPassword,
    responses(
        (status = 202, body = Deletion, description = "No token of the user counts any more"),
        (status = 409, body = Failure, description = "Nobody would remain to administrate"),
        (status = 429, body = Failure, description = "Too many wrong passwords; try again after `Retry-After` seconds"),
        (status = 503, body = Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn delete(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
    Json(given): Json<CurrentPassword>,
) -> Result<(StatusCode, axum::Json<Deletion>), Refusal> {
    let given = Confirmation {
        user: claims.sub,
        session: claims.sid,
        password: &given.current_password,
        source: &source,
    };
    let delete_at = application.accounts.request_deletion(given).await?;
    let delete_at = words::instant(delete_at);
    Ok((StatusCode::ACCEPTED, axum::Json(Deletion { delete_at })))
}

/// Take all data away
///
/// Everything that is held about whoever calls. The session must have been opened, with the password, within the last five minutes: sign in
/// again and call at once.
#[utoipa::path(
    get,
    path = "/me/export",
    tag = "me",
    security(("bearer" = [])),
    responses(
        (status = 200, body = PersonalData),
        (status = 401, body = Failure, description = "No access token that counts here and now, or the password was given too long ago"),
    ),
)]
pub async fn export(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
) -> Result<impl IntoResponse, Refusal> {
    let accounts = &application.accounts;
    let export = accounts.export_data_after_sign_in(&claims, &source).await?;
    Ok(([(CONTENT_TYPE, JSON)], personal_data::write(export).await?))
}

/// Change the password
///
/// Every other session of the user ends; this one and its tokens stay good.
#[utoipa::path(
    put,
    path = "/me/password",
    tag = "me",
    security(("bearer" = [])),
    request_body = NewPassword,
    responses(
        (status = 204, description = "The new password counts"),
        (status = 503, body = Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn change_password(
    State(application): State<Arc<Application>>,
    Bearer(claims): Bearer,
    ThisSource(source): ThisSource,
    Json(passwords): Json<NewPassword>,
) -> Result<StatusCode, Refusal> {
    let change = PasswordChange {
        user: claims.sub,
        session: claims.sid,
        current: &passwords.current_password,
        source: &source,
        new: &passwords.new_password,
    };
    application.accounts.change_password_here(change).await?;
    Ok(StatusCode::NO_CONTENT)
}
