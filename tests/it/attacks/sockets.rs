//! What only a raw connection can send, from `requests.json`: it is read in one way, and leads nowhere.

use super::requests::with;
use crate::app::TestApp;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use vestibule::server::web::Connections;

/// No answer takes that long; without a bound a fault would hang the whole run.
const PATIENCE: Duration = Duration::from_secs(20);

async fn serve(app: &TestApp) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its number");
    let router = app.router.clone();
    tokio::spawn(vestibule::server::web::serve(
        listener,
        router,
        Connections::at_most(1000),
        std::future::pending(),
    ));
    address
}

/// Sends this and reads to the end of the connection, which the server ends.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = ended.expect("the server ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The request that hides in another's body would be the second to be answered.
#[tokio::test]
async fn one_request_gets_one_answer() {
    let app = TestApp::sqlite().await;
    let address = serve(&app).await;
    for (attack, raw) in with(|attack| attack.raw.clone()) {
        let raw = raw.replace("{a*65536}", &"a".repeat(65_536));
        let answer = exchange(address, &raw).await;
        let id = &attack.case.id;
        let status = attack.status.expect("a status");
        let start = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&start), "{id}: {answer:.200}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{id}: {answer}");
    }
}

#[tokio::test]
async fn no_address_leads_to_a_file_around_the_site() {
    const FOREIGN: &str = "none of the site's";
    let app = TestApp::sqlite().await;
    for folder in [".git", "etc"] {
        std::fs::create_dir(app.folder().join(folder)).expect("a folder");
    }
    for file in [
        ".git/config",
        ".env",
        "app.db",
        "hash.txt",
        "Cargo.toml",
        "etc/passwd",
        "x",
    ] {
        std::fs::write(app.folder().join(file), FOREIGN).expect("a file");
    }
    let folder = app.folder().to_str().expect("UTF-8").to_owned();
    let address = serve(&app).await;
    for (attack, path) in with(|attack| attack.path.clone()) {
        let head = "HTTP/1.1\r\nHost: app.example\r\nConnection: close";
        let answer = exchange(address, &format!("GET {path} {head}\r\n\r\n")).await;
        let id = &attack.case.id;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{id}: {answer:.200}");
        assert!(!answer.contains(FOREIGN), "{id}");
        assert!(!answer.contains(&folder), "{id}");
    }
}
