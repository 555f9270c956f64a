//! The sessions: where one is signed in, and how to end that.

use crate::app::components::{FormState, Outcome};
use crate::app::pages::audit::{FEW_RECORDS, OwnActivity, before};
use crate::app::routes::SESSIONS;
use crate::app::words::{self, text};
use crate::domain::error::AppError;
use crate::domain::session::{Audience, SessionId};
use crate::domain::user::UserId;
use crate::server::accounts::LiveSession;
use crate::server::request::Request;
use leptos::prelude::*;

/// Lists the live sessions of whoever is signed in.
pub async fn sessions(request: Request) -> Result<impl IntoView, AppError> {
    let claims = request.visitor.signed_in()?;
    let (this, owner) = (claims.sid, claims.sub);
    let before = before(&request)?;
    let sessions = request.accounts.sessions(owner).await?;
    let activity = request
        .accounts
        .activity(owner, before, FEW_RECORDS)
        .await?;
    let state = FormState::of(&request);
    Ok(view! {
        <section class="card">
            <Sessions this sessions state />
            <OwnActivity page=activity owner here=SESSIONS />
        </section>
    })
}

#[component]
fn Sessions(this: SessionId, sessions: Vec<LiveSession>, state: FormState) -> impl IntoView {
    let text = text();
    let others = sessions.iter().filter(|session| session.id != this).count();
    let items = sessions
        .into_iter()
        .map(|session| {
            let is_this = session.id == this;
            view! { <Session is_this session action="/action/end_session" /> }
        })
        .collect::<Vec<_>>();
    view! {
            <h1>{text.say("sessions-title")}</h1>
            <p class="lede">{text.say("sessions-lede")}</p>
            <Outcome state />
            <div id="sessions" data-changed=text.say("sessions-changed")>
                <ul class="sessions">{items}</ul>
                {(others > 0)
                    .then(|| {
                        view! {
                            <form
                                class="sessions__all"
                                method="post"
                                action="/action/end_other_sessions"
                            >
                                <button class="button button--quiet" type="submit">
                                    {text.say("sessions-end-others")}
                                </button>
                            </form>
                        }
                    })}
            </div>
    }
}

/// A session, and the form that ends it, unless it is the one that asks.
#[component]
pub fn Session(
    is_this: bool,
    session: LiveSession,
    /// Where the form is sent.
    action: &'static str,
    /// Whose session it is, if somebody else may end it.
    #[prop(optional)]
    owner: Option<UserId>,
) -> impl IntoView {
    let text = text();
    let device = words::device(text, &session.device.words());
    // Two on one device are told apart by when they began.
    let facts = format!("session-{}", session.id);
    let is_api = session.audience == Audience::Api;
    let end_label = text.say_with("session-end-of", &[("device", device.as_str().into())]);
    let network = session.device.network().map(|network| {
        view! {
            <div>
                <dt>{text.say("session-network")}</dt>
                <dd>{network.to_string()}</dd>
            </div>
        }
    });
    view! {
        <li class="session" class:session--this=is_this>
            <div class="session__head">
                <h2 class="session__device">{device}</h2>
                {is_this.then(|| view! { <span class="badge">{text.say("session-this")}</span> })}
                {is_api.then(|| view! { <span class="badge badge--quiet">{text.say("session-api")}</span> })}
            </div>
            <dl class="session__facts" id=facts.clone()>
                <div>
                    <dt>{text.say("session-signed-in")}</dt>
                    <dd>
                        <Minute at=session.created_at />
                    </dd>
                </div>
                <div>
                    <dt>{text.say("session-last-seen")}</dt>
                    <dd>
                        <Minute at=session.rotated_at />
                    </dd>
                </div>
                {network}
            </dl>
            {(!is_this)
                .then(|| {
                    view! {
                        <form method="post" action=action>
                            {owner
                                .map(|owner| {
                                    view! { <input type="hidden" name="user_id" value=owner.to_string() /> }
                                })}
                            <input type="hidden" name="session_id" value=session.id.to_string() />
                            <button
                                class="button button--quiet"
                                type="submit"
                                aria-label=end_label
                                aria-describedby=facts
                            >
                                {text.say("session-end")}
                            </button>
                        </form>
                    }
                })}
        </li>
    }
}

/// A minute in UTC.
#[component]
pub fn Minute(at: i64) -> impl IntoView {
    view! { <time datetime=words::minute_for_programs(at)>{words::minute(text(), at)}</time> }
}
