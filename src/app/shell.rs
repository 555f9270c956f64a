//! The document around every page: head, header, footer.

use crate::app::routes::{
    ADMIN, HOME, LOGIN, PASSWORD, PROFILE, Page, REGISTER, SESSIONS, form_of, mailed,
};
use crate::app::words::{appearance, text};
use crate::brand;
use crate::domain::appearance::Appearance;
use crate::domain::session::SessionId;
use crate::language::Text;
use crate::server::request::{AssetPaths, Request};
use crate::server::tokens::AccessClaims;
use leptos::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

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
    let token = request.asked("token");
    let back = match token.is_empty() {
        true => form_of(&request.path, next),
        // Whoever came by a letter's link comes back to what it opens.
        false => mailed(&request.path, &token),
    };
    let back = back.to_string();
    let look = chosen_look();
    let watch = claims.map(|claims| view! { <SessionWatch session=claims.sid here /> });
    view! {
        <!DOCTYPE html>
        <html lang=text().tag() dir=text().direction() data-appearance=look>
            <Head title=text().say(page.title) assets=request.assets.clone()>
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
                <Toast />
            </body>
        </html>
    }
}

/// A page that stands alone: for what goes wrong outside the application's own pages.
pub fn bare_page(
    assets: &Arc<AssetPaths>,
    title: Cow<'static, str>,
    rank: Rank,
    body: impl IntoView,
) -> impl IntoView {
    let look = chosen_look();
    view! {
        <!DOCTYPE html>
        <html lang=text().tag() dir=text().direction() data-appearance=look>
            <Head title assets=assets.clone() />
            <body>
                <Header>
                    <AccountNav rank here="" />
                </Header>
                <main id="main" class="page" tabindex="-1">
                    {body}
                </main>
                <Footer back=HOME.to_owned() />
                <Toast />
            </body>
        </html>
    }
}

#[component]
fn Head(
    title: Cow<'static, str>,
    assets: Arc<AssetPaths>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let brand = brand::name();
    let full_title = if title == brand {
        title.into_owned()
    } else {
        format!("{title} – {brand}")
    };
    view! {
        <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content=color_scheme() />
            <meta name="description" content=text().say("description") />
            <title>{full_title}</title>
            <link rel="stylesheet" href=assets.css.clone() />
            <script type="module" src=assets.script.clone()></script>
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
                    <span class="brand__mark" aria-hidden="true" inner_html=brand::logo()></span>
                    <span>{brand::name()}</span>
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

/// The appearance, for the style sheet, if one was chosen.
fn chosen_look() -> Option<&'static str> {
    Some(appearance())
        .filter(|look| *look != Appearance::System)
        .map(Appearance::name)
}

/// In which colours the browser draws before it has the style sheet.
fn color_scheme() -> &'static str {
    match appearance() {
        Appearance::System => "light dark",
        Appearance::Light => "light",
        Appearance::Dark => "dark",
    }
}

/// With the choices of a language and of an appearance: `back` is where they lead.
#[component]
fn Footer(back: String) -> impl IntoView {
    let text = text();
    let languages = Text::all()
        .map(|language| {
            let is_this = language.tag() == text.tag();
            view! {
                <button
                    class="choice"
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
    let looks = Appearance::ALL
        .map(|look| {
            let name = text.say(match look {
                Appearance::System => "appearance-system",
                Appearance::Light => "appearance-light",
                Appearance::Dark => "appearance-dark",
            });
            let is_this = look == appearance();
            view! {
                <button
                    class="choice"
                    type="submit"
                    name="appearance"
                    value=look.name()
                    aria-current=is_this.then_some("true")
                >
                    {name}
                </button>
            }
        })
        .collect_view();
    view! {
        <footer class="site-footer">
            <p>{text.say("footer-line")}</p>
            <form method="post" action="/action/set_language" class="choices" aria-label=text.say("footer-language")>
                <input type="hidden" name="back" value=back.clone() />
                {languages}
            </form>
            <form method="post" action="/action/set_appearance" class="choices" aria-label=text.say("footer-appearance")>
                <input type="hidden" name="back" value=back />
                {looks}
            </form>
        </footer>
    }
}

/// Where the script says what has happened, for those who see it and those who hear it. It is there from the beginning, because
/// screen readers announce what changes.
#[component]
fn Toast() -> impl IntoView {
    view! { <p class="visually-hidden" id="toast" role="status"></p> }
}

/// Where an open tab is told that its session has ended. Nothing is shown until then, nor without script.
#[component]
fn SessionWatch(session: SessionId, here: String) -> impl IntoView {
    view! {
        <div class="session-ended" id="session-ended" role="alert" hidden data-session=session.to_string()>
            <p></p>
            <p>
                {text().say("session-over-typed")} " "
                <a href=form_of(LOGIN, &here).to_string()>{text().say("session-over-again")}</a>
            </p>
        </div>
    }
}
