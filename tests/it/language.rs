//! In which language people are told things: what the account says, then what the browser keeps, then what it asks for.

use crate::app::{PASSWORD, on_both_databases};
use crate::client::Client;

const CHINESE: &str = "zh-Hans";

/// The language of a page, and its heading.
async fn told(client: &mut Client, page: &str) -> (String, String) {
    let page = client.get(page).await.page();
    let html = &page.named("html")[0];
    let language = html.attribute("lang").expect("a language").to_owned();
    (language, page.named("h1")[0].text())
}

async fn choose(client: &mut Client, language: &str, back: &str) -> String {
    let form = [("language", language), ("back", back)];
    let answer = client.post("/action/set_language", &form).await;
    assert_eq!(answer.status, 303);
    answer.location().to_owned()
}

fn pair(language: &str, heading: &str) -> (String, String) {
    (language.to_owned(), heading.to_owned())
}

on_both_databases! {
    async fn a_browser_is_answered_in_what_it_asks_for(app: TestApp) {
        for (asks, language, heading) in [
            ("en-GB,en;q=0.9", "en", "Sign in"),
            ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE, "登录"),
            ("fr", "en", "Sign in"),
        ] {
            let mut client = app.client().with_header("accept-language", asks);
            assert_eq!(told(&mut client, "/login").await, pair(language, heading));
            // What goes wrong is told in it too, wherever it does.
            let missing = client.get("/nowhere").await;
            assert_eq!(missing.status, 404);
            let heading = &missing.page().named("h1")[0].text();
            assert_eq!(heading == "这里没有页面", language == CHINESE, "{heading}");
        }
    }

    async fn what_was_chosen_counts_more_and_leads_back(app: TestApp) {
        let mut client = app.client().with_header("accept-language", "zh-CN");
        assert_eq!(choose(&mut client, "en", "/register?next=/password").await, "/register?next=/password");
        assert_eq!(told(&mut client, "/login").await, pair("en", "Sign in"));
        // What there is not changes nothing; nor does a cookie that is none of ours.
        for nonsense in ["xx", "", "en; Path=/", "../en"] {
            choose(&mut client, nonsense, "/").await;
            assert_eq!(client.cookies["__Host-lang"], "en");
        }
        client.cookies.insert("__Host-lang".to_owned(), "<b>".to_owned());
        assert_eq!(told(&mut client, "/login").await, pair(CHINESE, "登录"));
        for elsewhere in ["//evil.example", "https://evil.example/", "javascript:alert(1)"] {
            assert_eq!(choose(&mut client, "en", elsewhere).await, "/");
        }
    }

    async fn an_account_keeps_its_language_in_every_browser(app: TestApp) {
        let mut here = app.signed_in("ada@example.org").await;
        choose(&mut here, CHINESE, "/profile").await;
        assert_eq!(told(&mut here, "/profile").await, pair(CHINESE, "个人资料"));

        // From the sign-in on, whatever that browser said before.
        let mut there = app.client().with_header("accept-language", "en");
        choose(&mut there, "en", "/login").await;
        there.post("/action/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.assert_sees_other("/profile");
        assert_eq!(told(&mut there, "/profile").await, pair(CHINESE, "个人资料"));

        // Another change is known there when the session is renewed, within minutes.
        choose(&mut here, "en", "/profile").await;
        app.clock.advance(301_000);
        there.get("/profile").await;
        assert_eq!(told(&mut there, "/profile").await, pair("en", "Your profile"));
        // Somebody else's account has none.
        let (mut other, answer) = {
            app.signed_in("grace@example.org").await;
            app.sign_in("grace@example.org", PASSWORD).await
        };
        answer.assert_sees_other("/profile");
        assert!(!other.cookies.contains_key("__Host-lang"));
        assert_eq!(told(&mut other, "/profile").await.0, "en");
    }

    async fn what_is_wrong_is_told_in_the_readers_language(app: TestApp) {
        let mut client = app.client().with_header("accept-language", "zh-CN");
        client.post("/action/register", &[("email", "x"), ("nickname", ""), ("password", "kestrel")]).await.assert_sees_other("/register");
        let form = client.get("/register").await;
        form.assert_says_at("email", "请输入电子邮箱地址，例如 name@example.org。");
        form.assert_says_at("nickname", "请输入昵称。");
        form.assert_says_at("password", "请至少使用 12 个字符。");
        // Programs are answered in one language.
        let refused = client.get("/api/v1/me").await;
        assert!(refused.body.contains("Sign in"), "{}", refused.body);
    }

    async fn light_or_dark_is_chosen_and_stays(app: TestApp) {
        let mut client = app.client();
        let chosen = async |client: &mut Client, page: &str| {
            let answer = client.get(page).await;
            let page = answer.page();
            let look = page.named("html")[0].attribute("data-appearance").map(str::to_owned);
            let scheme = page.all().into_iter().find(|element| element.attribute("name") == Some("color-scheme"));
            (look, scheme.and_then(|meta| meta.attribute("content")).map(str::to_owned))
        };
        assert_eq!(chosen(&mut client, "/login").await, (None, Some("light dark".to_owned())));
        for (look, expected) in [("dark", Some("dark")), ("nonsense", Some("dark")), ("light", Some("light")), ("system", None)] {
            let fields = [("appearance", look), ("back", "/login?next=/password")];
            let answer = client.post("/action/set_appearance", &fields).await;
            answer.assert_sees_other("/login?next=/password");
            let scheme = expected.unwrap_or("light dark").to_owned();
            for page in ["/login", "/", "/nowhere"] {
                assert_eq!(chosen(&mut client, page).await, (expected.map(str::to_owned), Some(scheme.clone())), "{page}");
            }
        }
        for elsewhere in ["//evil.example", "https://evil.example/"] {
            client.post("/action/set_appearance", &[("appearance", "dark"), ("back", elsewhere)]).await.assert_sees_other("/");
        }
        client.cookies.insert("__Host-appearance".to_owned(), "\"><b>".to_owned());
        assert_eq!(chosen(&mut client, "/login").await.0, None);
    }
}
