//! The loop behind the socket: what a connection may send, and how the program ends.

use crate::app::TestApp;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// No answer takes that long; without a bound a fault would hang the whole run.
const PATIENCE: Duration = Duration::from_secs(20);

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

async fn serve(app: &TestApp) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(vestibule::server::web::serve(
        listener,
        app.router.clone(),
        async move {
            let _ = stopped.await;
        },
    ));
    Served {
        address,
        stop,
        task,
    }
}

/// Sends `request` and reads to the end of the connection.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("the server ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(extra: &str) -> Vec<u8> {
    format!("GET /healthz HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n{extra}\r\n")
        .into_bytes()
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused_and_the_next_is_served() {
    let app = TestApp::sqlite().await;
    let served = serve(&app).await;
    let endless_cookie = format!("Cookie: at={}\r\n", "x".repeat(40_000));
    let many_lines = "X-Line: 1\r\n".repeat(100);
    for extra in [endless_cookie, many_lines] {
        let answer = exchange(served.address, &request(&extra)).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:.200}");
    }
    let answer = exchange(served.address, &request("")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_refused() {
    let app = TestApp::sqlite().await;
    let served = serve(&app).await;
    for ambiguous in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length : 5\r\n",
        "Bad\x01Name: 1\r\n",
    ] {
        let answer = exchange(served.address, &request(ambiguous)).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 "),
            "{ambiguous:?}: {answer:.200}"
        );
    }
}

#[tokio::test]
async fn what_has_begun_is_finished_before_the_program_ends() {
    let app = TestApp::sqlite().await;
    let served = serve(&app).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let form = "email=ada%40example.org&password=wrong&next=";
    let head = format!(
        "POST /action/login HTTP/1.1\r\nHost: app.example\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A first answer on another connection: by then the first one was accepted.
    exchange(served.address, &request("")).await;
    served.stop.send(()).unwrap();
    stream.write_all(form.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("an answer")
        .unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer:.200}");
    timeout(PATIENCE, served.task)
        .await
        .expect("the program ends")
        .unwrap()
        .unwrap();
    assert!(
        TcpStream::connect(served.address).await.is_err(),
        "the door is closed"
    );
}
