//! The document around every page: head, header, footer.

use crate::app::components::Mark;
use crate::app::routes::{
    ADMIN, HOME, LOGIN, PASSWORD, PROFILE, Page, REGISTER, SESSIONS, form_of,
};
use crate::app::words::text;
use crate::domain::session::SessionId;
use crate::language::Text;
use crate::server::request::{AssetPaths, Request};
use crate::server::tokens::AccessClaims;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use std::borrow::Cow;

/// As what somebody visits: it decides what the header offers, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Nobody we know.
    Stranger,
    /// Who is signed in.
    User,
    /// Who may administrate besides.
    Administrator,
}

impl Rank {
    /// Of the holder of a verified token, if there is one.
    pub fn of(claims: Option<&AccessClaims>) -> Self {
        match claims {
            None => Self::Stranger,
            Some(claims) if claims.is_administrator() => Self::Administrator,
            Some(_) => Self::User,
        }
    }
}

/// The document of a page around its content; with cargo-leptos' reloader in it while that watches the sources.
pub fn shell(
    request: Request,
    page: &'static Page,
    content: AnyView,
    reloading: Option<LeptosOptions>,
) -> impl IntoView {
    let claims = request.visitor.claims();
    let rank = Rank::of(claims);
    let here = request.path.clone();
    // What else stands in the address is not shown again.
    let next = request.next.as_ref().map_or("", |next| next.as_str());
    let back = form_of(&request.path, next).to_string();
    let watch = claims.map(|claims| view! { <SessionWatch session=claims.sid here /> });
    view! {
        <!DOCTYPE html>
        <html lang=text().tag() dir=text().direction()>
            <Head title=text().say(page.title) css=request.assets.css.clone()>
                {reloading.map(|options| view! { <AutoReload options /> })}
            </Head>
            <body>
                <Header>
                    <AccountNav rank here=page.path />
                </Header>
                {watch}
                <main id="main" class="page" tabindex="-1">
                    {content}
                </main>
                <Footer back />
            </body>
        </html>
    }
}

/// A page that stands alone: for what goes wrong outside the application's own pages.
pub fn bare_page(
    assets: &AssetPaths,
    title: Cow<'static, str>,
    rank: Rank,
    body: impl IntoView,
) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang=text().tag() dir=text().direction()>
            <Head title css=assets.css.clone() />
            <body>
                <Header>
                    <AccountNav rank here="" />
                </Header>
                <main id="main" class="page" tabindex="-1">
                    {body}
                </main>
                <Footer back=HOME.to_owned() />
            </body>
        </html>
    }
}

#[component]
fn Head(
    title: Cow<'static, str>,
    css: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let brand = text().say("brand");
    let full_title = if title == brand {
        title.into_owned()
    } else {
        format!("{title} – {brand}")
    };
    view! {
        <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <title>{full_title}</title>
            <link rel="stylesheet" href=css />
            <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
            {children.map(|children| children())}
        </head>
    }
}

#[component]
fn Header(children: Children) -> impl IntoView {
    view! {
        <a class="skip-link" href="#main">
            {text().say("skip")}
        </a>
        <header class="site-header">
            <div class="site-header__inner">
                <a class="brand" href="/">
                    <Mark />
                    <span>{text().say("brand")}</span>
                </a>
                {children()}
            </div>
        </header>
    }
}

#[component]
fn AccountNav(rank: Rank, here: &'static str) -> impl IntoView {
    let text = text();
    let current = |page| (here == page).then_some("page");
    let links = if rank != Rank::Stranger {
        let users = (rank == Rank::Administrator).then(|| {
            view! {
                <a href=ADMIN aria-current=current(ADMIN)>
                    {text.say("nav-users")}
                </a>
            }
        });
        view! {
            <a href=PROFILE aria-current=current(PROFILE)>
                {text.say("nav-profile")}
            </a>
            <a href=SESSIONS aria-current=current(SESSIONS)>
                {text.say("nav-sessions")}
            </a>
            <a href=PASSWORD aria-current=current(PASSWORD)>
                {text.say("nav-password")}
            </a>
            {users}
            <form method="post" action="/action/logout">
                <button class="button button--quiet" type="submit">
                    {text.say("sign-out")}
                </button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <a href=LOGIN aria-current=current(LOGIN)>
                {text.say("sign-in")}
            </a>
            <a class="button button--small" href=REGISTER aria-current=current(REGISTER)>
                {text.say("create-account")}
            </a>
        }
        .into_any()
    };
    view! {
        <nav class="site-nav" aria-label=text.say("nav-account")>
            {links}
        </nav>
    }
}

/// With the choice of a language: `back` is where it leads.
#[component]
fn Footer(back: String) -> impl IntoView {
    let text = text();
    let languages = Text::all()
        .map(|language| {
            let is_this = language.tag() == text.tag();
            view! {
                <button
                    class="language"
                    type="submit"
                    name="language"
                    value=language.tag()
                    lang=language.tag()
                    aria-current=is_this.then_some("true")
                >
                    {language.say("language-name")}
                </button>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <footer class="site-footer">
            <p>{text.say("footer-line")}</p>
            <form method="post" action="/action/set_language" class="languages" aria-label=text.say("footer-language")>
                <input type="hidden" name="back" value=back />
                {languages}
            </form>
        </footer>
    }
}

/// Where an open tab is told that its session has ended. Nothing is shown until then, nor without script.
#[component]
fn SessionWatch(session: SessionId, here: String) -> impl IntoView {
    let nonce = use_nonce();
    view! {
        <div class="session-ended" id="session-ended" role="alert" hidden data-session=session.to_string()>
            <p></p>
            <p>
                {text().say("session-over-typed")} " "
                <a href=form_of(LOGIN, &here).to_string()>{text().say("session-over-again")}</a>
            </p>
        </div>
        <script type="module" nonce=nonce>
            {include_str!("live.js")}
        </script>
    }
}
