//! Where a letter's link leads that proves or changes an address.

use crate::app::components::{FormState, IslandScripts, Outcome, Password, Username};
use crate::app::pages::reset::spent;
use crate::app::routes::LOGIN;
use crate::app::words::text;
use crate::domain::error::AppError;
use crate::domain::mailed_link::Purpose;
use crate::server::accounts::MailedLink;
use crate::server::request::Request;
use leptos::prelude::*;

/// Shows what the link is for; to look at it uses up nothing.
pub async fn verify(request: Request) -> Result<impl IntoView, AppError> {
    if !request.accounts.policy().sends_mail {
        return Err(AppError::NotFound);
    }
    let token = request.asked("token");
    if token.is_empty() {
        return Ok(sent(request).into_any());
    }
    let purposes = [
        Purpose::VerifyEmail,
        Purpose::ChangeEmail,
        Purpose::UndoEmail,
    ];
    match request.accounts.mailed_link(&token, &purposes).await {
        Ok((Purpose::ChangeEmail, link)) => Ok(change(request, token, &link).into_any()),
        Ok((Purpose::UndoEmail, link)) => Ok(undo(request, token, &link).into_any()),
        Ok((_, link)) => Ok(confirm(request, token, &link).into_any()),
        Err(AppError::InvalidLink) => Ok(spent(LOGIN, "sign-in").into_any()),
        Err(error) => Err(error),
    }
}

/// For whoever has just registered, or may not sign in yet.
fn sent(request: Request) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    view! {
        <section class="card">
            <h1>{text.say("verify-sent-title")}</h1>
            <Outcome state />
            <p class="lede">{text.say("verify-sent-lede")}</p>
            <p class="form__aside">
                <a href=LOGIN>{text.say("sign-in")}</a>
            </p>
        </section>
    }
}

fn confirm(request: Request, token: String, link: &MailedLink) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    let email = link.email.to_string();
    let is_signed_in = (request.visitor.claims()).is_some_and(|claims| claims.sub == link.user);
    let password = (!is_signed_in).then(|| {
        view! {
            <Username email=email.clone() />
            <Password name="password" label="label-password" state=state.clone() />
        }
    });
    let scripts = (!is_signed_in).then(|| view! { <IslandScripts request=request.clone() /> });
    let send = if is_signed_in {
        "verify-confirm"
    } else {
        "verify-sign-in"
    };
    view! {
        <section class="card">
            <h1>{text.say("verify-title")}</h1>
            <p class="lede">{text.say_with("verify-lede", &[("email", email.clone().into())])}</p>
            <Outcome state=state.clone() />
            <form class="form" method="post" action="/action/verify" novalidate>
                <input type="hidden" name="token" value=token.clone() />
                {password}
                <button class="button" type="submit">
                    {text.say(send)}
                </button>
            </form>
            <h2>{text.say("verify-not-mine")}</h2>
            <p class="lede">{text.say("verify-not-mine-lede")}</p>
            <form class="form" method="post" action="/action/not_me">
                <input type="hidden" name="token" value=token />
                <button class="button button--quiet" type="submit">
                    {text.say("verify-take")}
                </button>
            </form>
        </section>
        {scripts}
    }
}

fn change(request: Request, token: String, link: &MailedLink) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    let said = [
        ("mailbox", link.mailbox.to_string().into()),
        ("email", link.email.to_string().into()),
    ];
    view! {
        <section class="card">
            <h1>{text.say("change-title")}</h1>
            <p class="lede">{text.say_with("change-lede", &said)}</p>
            <Outcome state />
            <form class="form" method="post" action="/action/verify">
                <input type="hidden" name="token" value=token />
                <button class="button" type="submit">
                    {text.say("change-confirm")}
                </button>
            </form>
        </section>
    }
}

fn undo(request: Request, token: String, link: &MailedLink) -> impl IntoView + use<> {
    let text = text();
    let state = FormState::of(&request);
    let said = [("mailbox", link.mailbox.to_string().into())];
    view! {
        <section class="card">
            <h1>{text.say("undo-title")}</h1>
            <p class="lede">{text.say_with("undo-lede", &said)}</p>
            <Outcome state />
            <form class="form" method="post" action="/action/not_me">
                <input type="hidden" name="token" value=token />
                <button class="button" type="submit">
                    {text.say("undo-confirm")}
                </button>
            </form>
        </section>
    }
}
