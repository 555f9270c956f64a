//! A program that calls the API, and holds every answer against what the API's own document says.

use crate::app::{PASSWORD, TestApp};
use crate::client::{Answer, Client};
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request};
use serde_json::{Value, json};

/// Calls the API of one instance. It has no cookies.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    document: Value,
    /// What it holds, if it is signed in.
    pub tokens: Option<Tokens>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let tokens = answer.json();
        let token = |name: &str| tokens[name].as_str().expect(name).to_owned();
        Self {
            access: token("access_token"),
            refresh: token("refresh_token"),
        }
    }
}

impl Caller {
    /// One that has signed in nowhere yet.
    pub async fn new(app: &TestApp) -> Self {
        let mut client = app.client();
        let document = client.get("/api/v1/openapi.json").await;
        assert_eq!(document.status, 200);
        Self {
            client,
            document: document.json(),
            tokens: None,
        }
    }

    /// One that holds what another got.
    pub async fn holding(app: &TestApp, tokens: Option<Tokens>) -> Self {
        let mut caller = Self::new(app).await;
        caller.tokens = tokens;
        caller
    }

    /// One for somebody who has an account.
    pub async fn signed_in(app: &TestApp, email: &str) -> Self {
        let mut caller = Self::new(app).await;
        let answer = caller.sign_in(email, PASSWORD).await;
        caller.tokens = Some(Tokens::of(&answer));
        caller
    }

    /// One for somebody new.
    pub async fn registered(app: &TestApp, email: &str) -> Self {
        let user = json!({"email": email, "password": PASSWORD, "nickname": "Ada"});
        let mut caller = Self::new(app).await;
        let answer = caller.post("/api/v1/users", user).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::signed_in(app, email).await
    }

    /// Calling from this address.
    pub fn calling_from(mut self, address: &str) -> Self {
        self.client = self.client.calling_from(address);
        self
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    pub fn access_token(&self) -> &str {
        &self.tokens.as_ref().expect("signed in").access
    }

    pub fn refresh_token(&self) -> &str {
        &self.tokens.as_ref().expect("signed in").refresh
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let credentials = json!({"email": email, "password": password});
        self.post("/api/v1/tokens", credentials).await
    }

    /// Renews with the refresh token it holds, and keeps what it gets.
    pub async fn renew(&mut self) -> Answer {
        let body = json!({"refresh_token": self.refresh_token()});
        let answer = self.post("/api/v1/tokens/refresh", body).await;
        if answer.status == 200 {
            self.tokens = Some(Tokens::of(&answer));
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    /// With the access token it holds, if it holds one.
    pub async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(tokens) = &self.tokens {
            request = request.header(AUTHORIZATION, format!("Bearer {}", tokens.access));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a request")).await
    }

    /// This very request. Its answer must be one that the document knows.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request
            .headers_mut()
            .insert("user-agent", HeaderValue::from_static("curl/8.5.0"));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.client.send_request(request).await;
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
        for header in answer.headers.keys() {
            let opens_to_others = header.as_str().starts_with("access-control-");
            assert!(!opens_to_others, "{answer:?}");
        }
        self.assert_documented(&method.as_str().to_lowercase(), &path, &answer);
        answer
    }

    fn assert_documented(&self, method: &str, path: &str, answer: &Answer) {
        let Some(operation) = self.operation(method, path) else {
            // What is not documented is not there.
            assert!(matches!(answer.status, 404 | 405 | 413), "{answer:?}");
            return self.assert_valid(&json!({"$ref": "#/components/schemas/Failure"}), answer);
        };
        let documented = &operation["responses"][answer.status.to_string()];
        assert!(
            documented.is_object(),
            "{method} {path} may answer {}: {answer:?}",
            answer.status
        );
        match &documented["content"]["application/json"]["schema"] {
            Value::Null => assert_eq!(answer.body, ""),
            schema => self.assert_valid(schema, answer),
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object().expect("paths");
        // A name goes before a parameter.
        let item = paths.get(path).or_else(|| {
            let mut items = paths.iter();
            items
                .find(|(template, _)| fits(template, path))
                .map(|(_, item)| item)
        })?;
        item.get(method)
    }

    fn assert_valid(&self, schema: &Value, answer: &Answer) {
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let mut schema = schema.clone();
        // References are to the document.
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        if let Err(error) = validator.validate(&answer.json()) {
            panic!("{error}: {answer:?}");
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(part, value)| part == value || part.starts_with('{'))
}

/// That it is a refusal with this status and code, and with no more challenge than this.
#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, code: &str, challenge: Option<&str>) {
    let told = answer.json();
    let found = (answer.status, told["error"]["code"].as_str());
    assert_eq!(found, (status, Some(code)), "{answer:?}");
    let challenge = challenge.map(|error| match error {
        "" => r#"Bearer realm="vestibule""#.to_owned(),
        error => format!(r#"Bearer realm="vestibule", error="{error}""#),
    });
    assert_eq!(answer.header("www-authenticate"), challenge.as_deref());
}
