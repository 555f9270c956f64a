//! The home page: says who you are, or invites you in.

use crate::app::components::{FormState, Outcome};
use crate::app::routes::{LOGIN, PASSWORD, PROFILE, REGISTER};
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::server::request::Request;
use leptos::prelude::*;

/// Open to everybody.
pub async fn home(request: Request) -> Result<impl IntoView, AppError> {
    let state = FormState::of(&request);
    if request.visitor.claims().is_none() {
        return Ok(view! { <Invitation state /> }.into_any());
    }
    let profile = request.profile().await?;
    let text = text();
    let hello = text.say_with("home-hello", &[("name", profile.nickname.as_str().into())]);
    let who = text.say_with(
        "home-signed-in-as",
        &[("email", profile.email.as_str().into())],
    );
    Ok(view! {
        <section class="hero hero--known">
            <div class="hero__text">
                <Outcome state />
                <h1>{hello}</h1>
                <p class="lede">{text.say("home-open")}</p>
                <p class="actions">
                    <a class="button" href=PROFILE>
                        {text.say("home-profile")}
                    </a>
                    " "
                    <a class="button button--quiet" href=PASSWORD>
                        {text.say("home-password")}
                    </a>
                </p>
                <p class="hero__who">{who}</p>
            </div>
            <Door open=true />
        </section>
    }
    .into_any())
}

#[component]
fn Invitation(state: FormState) -> impl IntoView {
    let text = text();
    view! {
        <section class="hero">
            <div class="hero__text">
                <Outcome state />
                <h1>{text.say("home-stranger-title")}</h1>
                <p class="lede">{text.say("home-stranger-lede")}</p>
                <p class="actions">
                    <a class="button" href=REGISTER>
                        {text.say("home-create")}
                    </a>
                    " "
                    <a class="button button--quiet" href=LOGIN>
                        {text.say("sign-in")}
                    </a>
                </p>
                <p class="hero__note">{text.say("home-note")}</p>
            </div>
            <Door open=false />
        </section>
    }
}

/// The door, ajar for a stranger and open for whoever is known here.
#[component]
fn Door(open: bool) -> impl IntoView {
    let (spill, doorway) = if open {
        let spill = "M64 614h232l64 62H0z";
        let doorway = view! {
            <path class="door__reveal" d="M64 194h232v406H64z" />
            <path class="door__wall" d="M104 222h152v290H104z" />
            <path class="door__floor" d="M64 600l40-88h152l40 88z" />
            <path class="door__frame" d="M138 512V330a42 42 0 0 1 84 0v182z" />
            <path class="door__beyond" d="M146 512V330a34 34 0 0 1 68 0v182z" />
            <path class="door__wall" d="M162 498V356a18 18 0 0 1 36 0v142z" />
            <path class="door__beyond" d="M168 498V358a12 12 0 0 1 24 0v140z" />
            <g class="door__swing">
                <path class="door__leaf" d="M64 194L122 236L122 560L64 600z" />
                <path class="door__panel" d="M71.8 223.3L93.4 237.1L93.4 288.2L71.8 278.6zM99.1 240.8L116.8 252.1L116.8 298.5L99.1 290.7zM71.8 302.3L93.4 310L93.4 419.4L71.8 420.8zM99.1 312.1L116.8 318.4L116.8 417.8L99.1 419zM71.8 468.2L93.4 463.1L93.4 554.2L71.8 567zM99.1 461.8L116.8 457.6L116.8 540.4L99.1 550.9z" />
                <circle class="door__knob" cx="119.4" cy="437.3" r="4" />
            </g>
        };
        (spill, doorway.into_any())
    } else {
        let spill = "M262 614h34l44 62h-116z";
        let doorway = view! {
            <path class="door__light" d="M64 194h232v406H64z" />
            <g class="door__swing">
                <path class="door__leaf" d="M64 194L284 202L284 591L64 600z" />
                <path class="door__panel" d="M89.1 219.2L165.3 221.6L165.3 277.3L89.1 275.7zM187.3 222.3L260.7 224.6L260.7 279.3L187.3 277.8zM89.1 300L165.3 301.2L165.3 420.7L89.1 421.2zM187.3 301.6L260.7 302.8L260.7 420L187.3 420.5zM89.1 469.7L165.3 468.4L165.3 568L89.1 570.7zM187.3 468.1L260.7 466.9L260.7 564.6L187.3 567.2z" />
                <circle class="door__knob" cx="270.4" cy="443.3" r="6" />
            </g>
        };
        (spill, doorway.into_any())
    };
    view! {
        <div class="hero__door">
            <svg viewBox="0 0 360 676" aria-hidden="true">
                <defs>
                    <linearGradient id="door-spill" x1="0" y1="0" x2="0" y2="1">
                        <stop class="door__spill-near" offset="0" />
                        <stop class="door__spill-far" offset="1" />
                    </linearGradient>
                </defs>
                <path class="door__spill" fill="url(#door-spill)" d=spill />
                <path class="door__frame" d="M40 600V180a140 140 0 0 1 280 0V600z" />
                <path class="door__light" d="M64 180a116 116 0 0 1 232 0z" />
                <path class="door__bar" d="M180 180L280.5 122M180 180L238 79.5M180 180L180 64M180 180L122 79.5M180 180L79.5 122M108 180a72 72 0 0 1 144 0" />
                <path class="door__hub" d="M156 180a24 24 0 0 1 48 0z" />
                {doorway}
                <path class="door__transom" d="M56 180h248v14H56z" />
                <path class="door__step" d="M24.5 600.5h311v14h-311z" />
            </svg>
        </div>
    }
}
