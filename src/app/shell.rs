//! The document around every page: head, header, footer.

use crate::app::components::Mark;
use crate::app::routes::{LOGIN, PASSWORD, PROFILE, Pages, REGISTER, title_of};
use crate::server::request::{AssetPaths, Request};
use leptos::prelude::*;
use std::sync::Arc;

/// A page of the application; with cargo-leptos' reloader while it watches the sources.
pub fn shell(reloading: Option<LeptosOptions>) -> impl IntoView {
    let request = use_context::<Request>();
    let title = request
        .as_ref()
        .map_or("Vestibule", |request| title_of(&request.path));
    let css = request.as_ref().map(|request| request.assets.css.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <Head title css>{reloading.map(|options| view! { <AutoReload options /> })}</Head>
            <body>
                <Header>
                    {request
                        .map(|request| {
                            let is_signed_in = request.visitor.claims().is_some();
                            view! { <AccountNav is_signed_in path=request.path /> }
                        })}
                </Header>
                <main id="main" class="page" tabindex="-1">
                    <Pages />
                </main>
                <Footer />
            </body>
        </html>
    }
}

/// A page that stands alone: for what goes wrong outside the application's own pages.
pub fn bare_page(
    assets: &AssetPaths,
    title: &'static str,
    is_signed_in: bool,
    body: impl IntoView,
) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <Head title css=Some(assets.css.clone()) />
            <body>
                <Header>
                    <AccountNav is_signed_in path=Arc::from("") />
                </Header>
                <main id="main" class="page" tabindex="-1">
                    {body}
                </main>
                <Footer />
            </body>
        </html>
    }
}

#[component]
fn Head(
    title: &'static str,
    css: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let full_title = if title == "Vestibule" {
        title.to_owned()
    } else {
        format!("{title} – Vestibule")
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
            "Skip to content"
        </a>
        <header class="site-header">
            <div class="site-header__inner">
                <a class="brand" href="/">
                    <Mark />
                    <span>"Vestibule"</span>
                </a>
                {children()}
            </div>
        </header>
    }
}

#[component]
fn AccountNav(is_signed_in: bool, path: Arc<str>) -> impl IntoView {
    let here = |page: &'static str| (*path == *page).then_some("page");
    let links = if is_signed_in {
        view! {
            <a href=PROFILE aria-current=here(PROFILE)>
                "Profile"
            </a>
            <a href=PASSWORD aria-current=here(PASSWORD)>
                "Password"
            </a>
            <form method="post" action="/action/logout">
                <button class="button button--quiet" type="submit">
                    "Sign out"
                </button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <a href=LOGIN aria-current=here(LOGIN)>
                "Sign in"
            </a>
            <a class="button button--small" href=REGISTER aria-current=here(REGISTER)>
                "Create account"
            </a>
        }
        .into_any()
    };
    view! {
        <nav class="site-nav" aria-label="Account">
            {links}
        </nav>
    }
}

#[component]
fn Footer() -> impl IntoView {
    view! {
        <footer class="site-footer">
            <p>"Vestibule keeps your session, not your secrets."</p>
        </footer>
    }
}
