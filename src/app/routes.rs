//! Which pages there are, what they are called, who may open them, and what they show.

use crate::app::pages;
use crate::domain::error::AppError;
use crate::domain::local_path::LocalPath;
use crate::domain::role::Role;
use crate::domain::user::UserId;
use crate::server::request::Request;
use leptos::prelude::*;
use std::pin::Pin;

/// The home page.
pub const HOME: &str = "/";
/// The registration form.
pub const REGISTER: &str = "/register";
/// The sign-in form.
pub const LOGIN: &str = "/login";
/// The form for a forgotten password.
pub const FORGOT: &str = "/forgot";
/// Where links in letters lead, and the form for the code in one.
pub const RESET: &str = "/reset";
/// Where links in letters lead that are about an address.
pub const VERIFY: &str = "/verify";
/// The account's address, and the form for another one.
pub const EMAIL: &str = "/email";
/// Where the password is asked for once more.
pub const CONFIRM: &str = "/confirm";
/// Letters that would have been sent, on a developer's machine.
pub const MAILBOX: &str = "/mailbox";
/// The profile and its form.
pub const PROFILE: &str = "/profile";
/// The list of sessions.
pub const SESSIONS: &str = "/sessions";
/// The form for a new password.
pub const PASSWORD: &str = "/password";
/// Where people take their data away, or delete their account.
pub const ACCOUNT: &str = "/account";
/// Where the form for the data is sent, which is answered with a file.
pub const EXPORT_DATA: &str = "/action/export_data";

/// The list of users.
pub const ADMIN: &str = "/admin";
/// Where the first administrator is made.
pub const FIRST_ADMINISTRATOR: &str = "/first-administrator";
const ADMIN_USER: &str = "/admin/users/{id}";
/// The audit trail.
pub const AUDIT: &str = "/admin/audit";
/// The audit trail as a file, for spreadsheets.
pub const AUDIT_CSV: &str = "/admin/audit.csv";
/// The audit trail as a file, for programs.
pub const AUDIT_JSON_LINES: &str = "/admin/audit.jsonl";

/// The page of one user, for administrators.
pub fn admin_user(user: UserId) -> String {
    ADMIN_USER.replace("{id}", &user.to_string())
}

/// Who may open a page. The guard decides it before anything is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Who is not signed in; anybody else is sent on to where they wanted to go.
    Stranger,
    /// Who is signed in; anybody else is sent to the sign-in form, and back afterwards.
    SignedIn,
    /// Who is signed in and has this role.
    Role(&'static str),
}

/// A page, and what must be known of it before it is rendered.
pub struct Page {
    /// Its route, as axum writes them: `/ledger`, `/ledger/{year}`.
    pub path: &'static str,
    /// The name of its title among the sentences. Nothing a person typed ever stands in a title.
    pub title: &'static str,
    /// Who may open it.
    pub access: Access,
    /// What it shows.
    pub view: fn(Request) -> Content,
}

/// What a page shows, as soon as it has that; or why it shows nothing. A page first gets all that it shows and then shows it:
/// nothing streams, so Leptos' `Suspense` has no place here.
pub type Content = Pin<Box<dyn Future<Output = Result<AnyView, AppError>> + Send>>;

/// The function of a page, as the table has it.
fn content<V: IntoView + 'static>(
    page: impl Future<Output = Result<V, AppError>> + Send + 'static,
) -> Content {
    Box::pin(async { page.await.map(IntoAny::into_any) })
}

/// Every page. There is no other way for a page to get a route, so none is without a guard.
pub static PAGES: &[Page] = &[
    Page {
        path: HOME,
        title: "brand",
        access: Access::Anyone,
        view: |request| content(pages::home(request)),
    },
    Page {
        path: REGISTER,
        title: "register-title",
        access: Access::Stranger,
        view: |request| content(pages::register(request)),
    },
    Page {
        path: LOGIN,
        title: "login-title",
        access: Access::Stranger,
        view: |request| content(pages::login(request)),
    },
    Page {
        path: FORGOT,
        title: "forgot-title",
        access: Access::Anyone,
        view: |request| content(pages::forgot(request)),
    },
    Page {
        path: RESET,
        title: "reset-title",
        access: Access::Anyone,
        view: |request| content(pages::reset(request)),
    },
    Page {
        path: VERIFY,
        title: "verify-title",
        access: Access::Anyone,
        view: |request| content(pages::verify(request)),
    },
    Page {
        path: EMAIL,
        title: "email-title",
        access: Access::SignedIn,
        view: |request| content(pages::email(request)),
    },
    Page {
        path: CONFIRM,
        title: "confirm-title",
        access: Access::SignedIn,
        view: |request| content(pages::confirm(request)),
    },
    Page {
        path: MAILBOX,
        title: "mailbox-title",
        access: Access::Anyone,
        view: |request| content(pages::mailbox(request)),
    },
    Page {
        path: PROFILE,
        title: "profile-title",
        access: Access::SignedIn,
        view: |request| content(pages::profile(request)),
    },
    Page {
        path: SESSIONS,
        title: "sessions-title",
        access: Access::SignedIn,
        view: |request| content(pages::sessions(request)),
    },
    Page {
        path: PASSWORD,
        title: "password-title",
        access: Access::SignedIn,
        view: |request| content(pages::password(request)),
    },
    Page {
        path: ACCOUNT,
        title: "account-title",
        access: Access::SignedIn,
        view: |request| content(pages::account(request)),
    },
    Page {
        path: FIRST_ADMINISTRATOR,
        title: "first-title",
        access: Access::SignedIn,
        view: |request| content(pages::first_administrator(request)),
    },
    Page {
        path: ADMIN,
        title: "users-title",
        access: Access::Role(Role::ADMINISTRATOR),
        view: |request| content(pages::users(request)),
    },
    Page {
        path: ADMIN_USER,
        title: "user-title",
        access: Access::Role(Role::ADMINISTRATOR),
        view: |request| content(pages::user(request)),
    },
    Page {
        path: AUDIT,
        title: "audit-title",
        access: Access::Role(Role::ADMINISTRATOR),
        view: |request| content(pages::audit_trail(request)),
    },
];

/// Where to go after signing in: to `next` if it is a path of ours, to the profile if there is none,
/// home if it is anything else.
pub fn destination(next: &str) -> LocalPath {
    if next.is_empty() {
        LocalPath::parse_or_root(PROFILE)
    } else {
        LocalPath::parse_or_root(next)
    }
}

/// The address of a form's page that remembers where its visitor wanted to go.
pub fn form_of(page: &str, next: &str) -> LocalPath {
    let form = match LocalPath::parse(next) {
        Some(next) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", next.as_str())
                .finish();
            // A slash needs no code in a query (RFC 3986, section 3.4), and people read addresses.
            LocalPath::parse(&format!("{page}?{}", query.replace("%2F", "/")))
        }
        None => None,
    };
    form.unwrap_or_else(|| LocalPath::parse_or_root(page))
}

/// The address of a page that is opened by what stands in a letter's link; of the page alone if there is nothing.
pub fn mailed(page: &str, token: &str) -> LocalPath {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token)
        .finish();
    let opened = match token {
        "" => None,
        _ => LocalPath::parse(&format!("{page}?{query}")),
    };
    opened.unwrap_or_else(|| LocalPath::parse_or_root(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_stay_here() {
        assert_eq!(destination("").as_str(), "/profile");
        assert_eq!(destination("/password?x=1").as_str(), "/password?x=1");
        assert_eq!(destination("//evil.example").as_str(), "/");
        assert_eq!(destination("https://evil.example").as_str(), "/");
    }

    #[test]
    fn forms_remember_where_to_go() {
        assert_eq!(form_of(LOGIN, "").as_str(), "/login");
        assert_eq!(form_of(LOGIN, "//evil.example").as_str(), "/login");
        assert_eq!(
            form_of(LOGIN, "/profile?a=b&c").as_str(),
            "/login?next=/profile%3Fa%3Db%26c"
        );
    }
}
