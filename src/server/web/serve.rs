//! The loop that accepts connections, and how it ends.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// How long a client may take to send a request's head. One that takes longer holds a socket on
/// purpose.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// From here on hyper answers 431 to a request's head that has not ended, in bytes. What one read
/// brings may exceed it, up to about twice as much.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How many header lines a request may have; beyond it hyper answers 431.
const MAX_HEADERS: usize = 64;
/// How long requests that have begun may take to end when the program stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// File descriptors that are no connection: the database, the built files, the log.
const OTHER_DESCRIPTORS: usize = 128;

/// How many connections this process can hold, at most `wanted`: as many as the system gives it file descriptors,
/// which it asks for.
pub fn possible_connections(wanted: usize) -> usize {
    let descriptors = rlimit::increase_nofile_limit((wanted + OTHER_DESCRIPTORS) as u64);
    let descriptors = descriptors.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    // Where there are hardly any, half of them.
    let possible = descriptors.saturating_sub(OTHER_DESCRIPTORS.min(descriptors / 2));
    possible.clamp(1, wanted.max(1))
}

/// The places for connections. Cloning it shares them.
#[derive(Clone)]
pub struct Connections {
    places: Arc<Semaphore>,
    at_most: usize,
}

impl Connections {
    /// So many places.
    pub fn at_most(at_most: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_most));
        Self { places, at_most }
    }

    /// How many are taken.
    pub fn open(&self) -> usize {
        self.at_most - self.places.available_permits()
    }

    async fn wait_for_a_place(&self) {
        drop(self.places.acquire().await); // it is taken once somebody has come
    }
}

/// Serves until `stop` resolves, then lets what has begun come to its end. While no place is free, whoever comes waits at
/// the door, in the system's queue.
///
/// # Errors
/// Never on a single connection's account; only when the listener itself is of no use.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    places: Connections,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut connections = http1::Builder::new();
    connections
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    let graceful = GracefulShutdown::new();
    let begin = |stream: TcpStream, peer, place| {
        let _ = stream.set_nodelay(true); // only an optimisation
        let service = TowerToHyperService::new(router.clone().map_request(
            move |request: hyper::Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                request
            },
        ));
        let connection =
            graceful.watch(connections.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            let _place = place; // until the connection has ended
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = places.wait_for_a_place() => {}
            () = &mut stop => break,
        }
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let place = Arc::clone(&places.places).acquire_owned().await;
                begin(stream, peer, place);
            }
            // Out of file descriptors, or a client that went away: neither ends the service.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    // Whoever stands in the system's queue has been let in, as far as they know.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        let Ok(place) = Arc::clone(&places.places).try_acquire_owned() else {
            break; // full to the last
        };
        begin(stream, peer, Ok(place));
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}
