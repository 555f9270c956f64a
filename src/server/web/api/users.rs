//! `/api/v1/users`: registering, and what administrators do with users.

use super::bearer::Administrator;
use super::body::Json;
use super::refusal::{Failure, Refusal};
use crate::app::words;
use crate::domain::audit::Source;
use crate::domain::error::AppError;
use crate::domain::role::Roles;
use crate::domain::user::UserId;
use crate::server::accounts::{By, NewAccount, Registered, UserRow};
use crate::server::tokens::AccessClaims;
use crate::server::web::api::user::User;
use crate::server::web::identity::ThisSource;
use crate::server::web::router::Application;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

/// Who is to have an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(format = "password", value_type = String)]
    password: Zeroizing<String>,
    /// The name that others see.
    #[schema(example = "Ada")]
    nickname: String,
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// How their e-mail begins; nothing for all.
    #[serde(default)]
    query: String,
    /// The `next_page` of the page before.
    page: Option<UserIdText>,
}

/// Parsed here, so that nonsense is refused with the other fields.
#[derive(Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String)]
struct UserIdText(UserId);

impl TryFrom<String> for UserIdText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        UserId::try_from(text).map(Self)
    }
}

/// A page of the list of users.
#[derive(Serialize, ToSchema)]
pub struct UserList {
    /// At most 50, by e-mail.
    users: Vec<ListedUser>,
    /// The `page` to ask for next, if there are more.
    next_page: Option<String>,
}

/// A user in the list.
#[derive(Serialize, ToSchema)]
struct ListedUser {
    id: String,
    email: String,
    nickname: String,
    roles: Vec<String>,
    /// Whether the account is closed.
    disabled: bool,
    #[schema(format = "date-time", example = "2026-01-02T03:04:05.678Z")]
    created_at: String,
}

impl From<&UserRow> for ListedUser {
    fn from(user: &UserRow) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            nickname: user.nickname.to_string(),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            disabled: user.disabled_at.is_some(),
            created_at: words::instant(user.created_at),
        }
    }
}

/// What a user may do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoles {
    /// All of them: at most 16, each a lower-case letter and then up to 31 of a-z, 0-9, _ and -.
    #[schema(value_type = Vec<String>, example = json!(["editor"]))]
    roles: Roles,
}

/// Whether the account is closed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    disabled: bool,
}

/// Register
///
/// Creates an account and opens no session.
#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
    request_body = NewUser,
    responses(
        (status = 201, body = User),
        (status = 202, description = "Where addresses are proved first (`VESTIBULE_REGISTRATION=verified`): a letter is on its way. \
            Whether the e-mail has an account already, its owner is told and nobody else"),
        (status = 403, body = Failure, description = "Nobody may register here"),
        (status = 409, body = Failure, description = "The e-mail has an account"),
        (status = 429, body = Failure, description = "Too often from one network; try again after `Retry-After` seconds"),
        (status = 503, body = Failure, description = "Too many wait, or the database cannot be reached; try again after `Retry-After` seconds"),
    ),
)]
pub async fn register(
    State(application): State<Arc<Application>>,
    ThisSource(source): ThisSource,
    Json(user): Json<NewUser>,
) -> Result<Response, Refusal> {
    let accounts = &application.accounts;
    let new = NewAccount {
        email: &user.email,
        password: &user.password,
        nickname: &user.nickname,
        language: None,
    };
    match accounts.register_only(new, &source).await? {
        Registered::Created(id) => {
            let profile = accounts.profile(id).await?;
            let user = axum::Json(User::new(profile, &application.origin));
            Ok((StatusCode::CREATED, user).into_response())
        }
        Registered::SignedIn(_) | Registered::LetterSent => {
            Ok(StatusCode::ACCEPTED.into_response())
        }
    }
}

/// List users
///
/// By e-mail, 50 a page.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    security(("bearer" = [])),
    params(Search),
    responses(
        (status = 200, body = UserList),
        (status = 403, body = Failure, description = "Not an administrator"),
        (status = 422, body = Failure, description = "A parameter is unknown, given twice, or no page"),
    ),
)]
pub async fn list(
    State(application): State<Arc<Application>>,
    _: Administrator,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<axum::Json<UserList>, Refusal> {
    let Query(search) = search.map_err(|_| AppError::UnexpectedFields)?;
    let after = search.page.map(|UserIdText(user)| user);
    let page = application.accounts.users(&search.query, after).await?;
    Ok(axum::Json(UserList {
        users: page.users.iter().map(ListedUser::from).collect(),
        next_page: page.next.map(|user| user.to_string()),
    }))
}

/// Sign a user out everywhere
#[utoipa::path(
    delete,
    path = "/users/{id}/sessions",
    tag = "users",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "As the list has it")),
    responses(
        (status = 204, description = "Every session of the user has ended"),
        (status = 403, body = Failure, description = "Not an administrator"),
        (status = 404, body = Failure, description = "There is no such user"),
    ),
)]
pub async fn sign_out_everywhere(
    State(application): State<Arc<Application>>,
    Administrator(claims): Administrator,
    ThisSource(source): ThisSource,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    accounts
        .sign_out_everywhere(by(&claims, &source), user(&id)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a user's roles
///
/// They count from the user's next request on: access tokens that say otherwise are taken back.
#[utoipa::path(
    put,
    path = "/users/{id}/roles",
    tag = "users",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "As the list has it")),
    request_body = NewRoles,
    responses(
        (status = 204, description = "These and no others"),
        (status = 403, body = Failure, description = "Not an administrator"),
        (status = 404, body = Failure, description = "There is no such user"),
        (status = 409, body = Failure, description = "Nobody would remain to administrate"),
        (status = 422, body = Failure, description = "A role that does not exist here, or no list of roles"),
    ),
)]
pub async fn set_roles(
    State(application): State<Arc<Application>>,
    Administrator(claims): Administrator,
    ThisSource(source): ThisSource,
    Path(id): Path<String>,
    Json(new): Json<NewRoles>,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    accounts
        .set_roles(by(&claims, &source), user(&id)?, new.roles)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Close an account, or open it again
///
/// Closing ends every session of the user.
#[utoipa::path(
    put,
    path = "/users/{id}/disabled",
    tag = "users",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "As the list has it")),
    request_body = Disabled,
    responses(
        (status = 204, description = "It is so now"),
        (status = 403, body = Failure, description = "Not an administrator"),
        (status = 404, body = Failure, description = "There is no such user"),
        (status = 409, body = Failure, description = "One's own account, or nobody would remain to administrate"),
    ),
)]
pub async fn set_disabled(
    State(application): State<Arc<Application>>,
    Administrator(claims): Administrator,
    ThisSource(source): ThisSource,
    Path(id): Path<String>,
    Json(new): Json<Disabled>,
) -> Result<StatusCode, Refusal> {
    let accounts = &application.accounts;
    accounts
        .set_disabled(by(&claims, &source), user(&id)?, new.disabled)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn by(claims: &AccessClaims, source: &Source) -> By {
    By::administrator(claims.sub, source)
}

fn user(id: &str) -> Result<UserId, AppError> {
    UserId::parse(id).ok_or(AppError::NotFound)
}
