//! The loop behind the socket: what a connection may send, and how the program ends.

use crate::app::TestApp;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use vestibule::server::web::Connections;

/// No answer takes that long; without a bound a fault would hang the whole run.
const PATIENCE: Duration = Duration::from_secs(20);

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

async fn serve(app: &TestApp) -> Served {
    serve_at_most(app, 1000).await
}

async fn serve_at_most(app: &TestApp, connections: usize) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(vestibule::server::web::serve(
        listener,
        app.router.clone(),
        Connections::at_most(connections),
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
async fn whoever_holds_connections_keeps_nobody_else_out() {
    const SLOW: usize = 500;
    let app = TestApp::sqlite().await;
    let ada = app.signed_in("ada@example.org").await;
    // Two descriptors a connection: both of its ends are in this process.
    assert!(vestibule::server::web::possible_connections(3 * SLOW) > 2 * SLOW);
    let served = serve(&app).await;
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream
            .write_all(b"GET /profile HTTP/1.1\r\nHost: app")
            .await
            .unwrap();
        slow.push(stream);
    }
    let cookie = format!("Cookie: __Host-at={}\r\n", ada.access_token());
    let profile = request(&cookie);
    let profile = String::from_utf8(profile)
        .unwrap()
        .replace("/healthz", "/profile");
    let answer = exchange(served.address, profile.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:.200}");
    assert!(answer.contains("Your profile"));
    // Each is still waited for, until its time is over.
    slow[0]
        .write_all(b".example\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut late = Vec::new();
    timeout(PATIENCE, slow[0].read_to_end(&mut late))
        .await
        .expect("an answer")
        .unwrap();
    assert!(late.starts_with(b"HTTP/1.1 303 "));
}

#[tokio::test]
async fn beyond_so_many_connections_the_next_waits_for_a_place() {
    let app = TestApp::sqlite().await;
    let served = serve_at_most(&app, 2).await;
    let one = TcpStream::connect(served.address).await.unwrap();
    let two = TcpStream::connect(served.address).await.unwrap();
    let mut third = TcpStream::connect(served.address).await.unwrap();
    third.write_all(&request("")).await.unwrap();
    let mut answer = Vec::new();
    // Nothing is answered while both places are taken; there is no moment at which that is proved, so some are looked at.
    let early = timeout(Duration::from_millis(300), third.read_to_end(&mut answer)).await;
    assert!(early.is_err() && answer.is_empty());
    drop(one);
    timeout(PATIENCE, third.read_to_end(&mut answer))
        .await
        .expect("an answer")
        .unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    drop(two);
    // The program can be stopped while it is full.
    let _one = TcpStream::connect(served.address).await.unwrap();
    let _two = TcpStream::connect(served.address).await.unwrap();
    served.stop.send(()).unwrap();
    timeout(PATIENCE, served.task)
        .await
        .expect("the program ends")
        .unwrap()
        .unwrap();
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

/// The head of a form whose body is still to come.
const UNFINISHED: &[u8] =
    b"POST /action/login HTTP/1.1\r\nHost: app.example\r\nSec-Fetch-Site: same-origin\r\n\
    Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nemail";

/// Whoever waits for nothing but time gets it at once from here on: no test waits for a deadline to pass.
async fn unfinished_form(served: &Served) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(UNFINISHED).await.unwrap();
    // A first answer on another connection: by then this one was accepted.
    exchange(served.address, &request("")).await;
    tokio::time::pause();
    stream
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_only_so_long() {
    let app = TestApp::sqlite().await;
    let served = serve(&app).await;
    let begun = tokio::time::Instant::now();
    let mut stream = unfinished_form(&served).await;
    let mut answer = [0; 13];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, *b"HTTP/1.1 408 ");
    let waited = begun.elapsed().as_secs();
    assert!((30..40).contains(&waited), "{waited}");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_waited_for_only_so_long() {
    let app = TestApp::sqlite().await;
    let served = serve(&app).await;
    let begun = tokio::time::Instant::now();
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /profile HTT").await.unwrap();
    exchange(served.address, &request("")).await;
    tokio::time::pause();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await; // closed, whether in order or not
    assert_eq!(String::from_utf8_lossy(&answer), "");
    let waited = begun.elapsed().as_secs();
    assert!((10..20).contains(&waited), "{waited}");
}

#[tokio::test]
async fn the_program_ends_though_somebody_does_not() {
    let app = TestApp::sqlite().await;
    let served = serve(&app).await;
    let begun = tokio::time::Instant::now();
    let _stream = unfinished_form(&served).await;
    served.stop.send(()).unwrap();
    served.task.await.unwrap().unwrap();
    let waited = begun.elapsed().as_secs();
    assert!((10..20).contains(&waited), "{waited}");
}
