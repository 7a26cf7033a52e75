//! The connections of a server: how many there are at a time, how long each may take to say what it
//! wants and to read what it asked for, and how they end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use super::placed::Placed;

/// Connections at a time: four times the clients that a server is built for.
const MOST: usize = 4_096;
/// Files that are kept for the database, the pipes of nmap and what it leaves.
const OTHER_FILES: u64 = 256;
/// How long a connection may take to send the head of a request; as long, one may be idle.
const HEAD: Duration = Duration::from_secs(30);
/// The largest head of a request in bytes, and what is buffered of an answer.
const LARGEST_HEAD: usize = 64 * 1024;
/// How long nothing of an answer may be read: whoever looks at a download page by page is let.
const UNREAD: Duration = Duration::from_mins(5);
/// How long the listener rests when the machine has no more room for connections.
const REST: Duration = Duration::from_secs(1);
/// How often it is told that there is no place.
const TOLD: Duration = Duration::from_mins(1);

/// What connections are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    places: usize,
    head: Duration,
    unread: Duration,
}

impl Bounds {
    /// As many as the process may have beside its other files, and the usual times.
    pub(super) fn of_this_machine() -> Self {
        Self { places: places(open_files()), head: HEAD, unread: UNREAD }
    }
}

/// How many connections a process has places for that may open so many files.
fn places(open_files: u64) -> usize {
    let left = open_files.saturating_sub(OTHER_FILES).max(open_files / 4);
    usize::try_from(left).unwrap_or(MOST).clamp(1, MOST)
}

/// How many files the process may open, after it has asked for as many as it may have: it begins
/// with 1,024 in many places, which is for programs of another time.
fn open_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(MOST).unwrap_or(u64::MAX) + OTHER_FILES;
    let possible = maximum.map_or(wanted, |most| most.min(wanted));
    match current {
        Some(current) if current < possible => {
            let raised = Rlimit { current: Some(possible), maximum };
            if setrlimit(Resource::Nofile, raised).is_ok() { possible } else { current }
        }
        current => current.unwrap_or(u64::MAX),
    }
}

/// Answers what comes in until `shutdown`, and then what is being answered. Connections that are
/// not at an end when this is no longer waited for are cut off.
///
/// # Errors
///
/// Why the listener failed for good.
pub(super) async fn answer(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let mut door = Door::new(listener, bounds.places);
    let mut connections = JoinSet::new();
    let ended = loop {
        tokio::select! {
            () = shutdown.cancelled() => break Ok(()),
            Some(_) = connections.join_next() => {}
            next = door.next() => match next {
                Ok(arrival) => {
                    let answered = one(arrival, router.clone(), bounds, shutdown.clone());
                    connections.spawn(answered);
                }
                Err(error) => break Err(error),
            },
        }
    };
    drop(door);
    while connections.join_next().await.is_some() {}
    ended
}

/// A connection that has just come in, and its place.
struct Arrival {
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
}

/// Where connections come in, one by one, as long as there are places.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    most: usize,
    told: Option<Instant>,
}

impl Door {
    fn new(listener: TcpListener, most: usize) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(most)), most, told: None }
    }

    /// The next connection. Those for which there is no place wait in the queue of the machine.
    async fn next(&mut self) -> io::Result<Arrival> {
        if self.places.available_permits() == 0 {
            self.tell_of_crowd();
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    send_at_once(&stream);
                    return Ok(Arrival { stream, peer, place });
                }
                Err(error) if is_for_good(&error) => return Err(error),
                Err(error) if is_the_peers(&error) => {
                    debug!(%error, "a connection did not come in");
                }
                Err(error) => {
                    warn!(%error, "cannot take a connection, trying again in a moment");
                    sleep(REST).await;
                }
            }
        }
    }

    fn tell_of_crowd(&mut self) {
        if self.told.is_none_or(|told| told.elapsed() >= TOLD) {
            self.told = Some(Instant::now());
            let most = self.most;
            warn!(connections = most, "all {most} connections are taken, others have to wait");
        }
    }
}

/// Whether the listener itself is at fault.
fn is_for_good(error: &io::Error) -> bool {
    let fatal = [Errno::BADF, Errno::INVAL, Errno::NOTSOCK];
    error.raw_os_error().is_some_and(|code| fatal.contains(&Errno::from_raw_os_error(code)))
}

/// Whether it concerns the one connection only.
fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}

/// Events are small and shall not wait for more of them to fill a packet.
fn send_at_once(connection: &TcpStream) {
    if let Err(error) = connection.set_nodelay(true) {
        warn!(%error, "a connection will be slower than it could be");
    }
}

/// Answers the requests of one connection. It keeps its place when it becomes a WebSocket.
async fn one(arrival: Arrival, router: Router, bounds: Bounds, shutdown: CancellationToken) {
    let Arrival { stream, peer, place } = arrival;
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(Placed::new(stream, place, bounds.unread)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A client that goes, or takes too long: nobody here has to do anything about it.
        debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::WebSocketUpgrade;
    use axum::extract::ws::WebSocket;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;
    use tokio_tungstenite::client_async;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

    use super::*;

    /// Longer than anything here takes when it is right.
    const LONG: Duration = Duration::from_secs(20);
    /// Long enough to see that nothing comes.
    const SHORT: Duration = Duration::from_millis(200);

    const USUAL: Bounds = Bounds { places: 4, head: LONG, unread: LONG };

    struct Listening {
        address: SocketAddr,
        shutdown: CancellationToken,
        server: tokio::task::JoinHandle<io::Result<()>>,
    }

    impl Listening {
        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }
    }

    async fn listening(bounds: Bounds) -> Listening {
        let hold = |mut socket: WebSocket| async move { while socket.recv().await.is_some() {} };
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/long", get(async || "x".repeat(64 * 1024 * 1024)))
            .route("/ws", get(async move |upgrade: WebSocketUpgrade| upgrade.on_upgrade(hold)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let end = shutdown.clone();
        let server = tokio::spawn(async move { answer(listener, router, bounds, &end).await });
        Listening { address, shutdown, server }
    }

    async fn ask(stream: &mut TcpStream, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Whether an answer begins to come in time.
    async fn is_answered(stream: &mut TcpStream, time: Duration) -> bool {
        let mut begin = [0; 12];
        matches!(timeout(time, stream.read_exact(&mut begin)).await, Ok(Ok(_)))
            && begin == *b"HTTP/1.1 200"
    }

    #[tokio::test]
    async fn who_does_not_say_what_they_want_is_sent_away() {
        let it = listening(Bounds { head: Duration::from_millis(50), ..USUAL }).await;
        let (mut silent, mut slow) = (it.connect().await, it.connect().await);
        slow.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();

        for stream in [&mut silent, &mut slow] {
            let mut rest = Vec::new();
            let ended = timeout(LONG, stream.read_to_end(&mut rest)).await;
            assert!(ended.is_ok(), "it is still connected");
        }
    }

    #[tokio::test]
    async fn a_connection_is_kept_open_for_the_next_request() {
        let it = listening(USUAL).await;
        let mut stream = it.connect().await;

        for _ in 0..2 {
            ask(&mut stream, "/").await;
            assert!(is_answered(&mut stream, LONG).await);
            let mut rest = Vec::new();
            while !rest.ends_with(b"here") {
                assert!(stream.read_buf(&mut rest).await.unwrap() > 0, "{rest:?}");
            }
        }
    }

    #[tokio::test]
    async fn who_finds_no_place_waits_until_another_goes() {
        let it = listening(Bounds { places: 1, ..USUAL }).await;
        let mut first = it.connect().await;
        ask(&mut first, "/").await;
        assert!(is_answered(&mut first, LONG).await);
        let mut second = it.connect().await;
        ask(&mut second, "/").await;

        assert!(!is_answered(&mut second, SHORT).await, "there is one place, and it is taken");
        drop(first);
        assert!(is_answered(&mut second, LONG).await);
    }

    #[tokio::test]
    async fn a_websocket_has_a_place_as_long_as_it_is_open() {
        let it = listening(Bounds { places: 1, ..USUAL }).await;
        let request = format!("ws://{}/ws", it.address).into_client_request().unwrap();
        let (socket, _) = client_async(request, it.connect().await).await.unwrap();
        let mut second = it.connect().await;
        ask(&mut second, "/").await;

        assert!(!is_answered(&mut second, SHORT).await, "there is one place, and it is taken");
        drop(socket);
        assert!(is_answered(&mut second, LONG).await);
    }

    #[tokio::test]
    async fn who_does_not_read_the_answer_is_sent_away() {
        let unread = Duration::from_millis(50);
        let it = listening(Bounds { places: 1, unread, ..USUAL }).await;
        let mut first = it.connect().await;
        ask(&mut first, "/long").await;
        assert!(is_answered(&mut first, LONG).await);
        let mut second = it.connect().await;
        ask(&mut second, "/").await;

        assert!(is_answered(&mut second, LONG).await, "the first one keeps its place");
    }

    #[tokio::test]
    async fn a_server_that_ends_waits_for_nobody_who_is_silent() {
        let it = listening(USUAL).await;
        let (_silent, mut idle) = (it.connect().await, it.connect().await);
        ask(&mut idle, "/").await;
        assert!(is_answered(&mut idle, LONG).await);

        it.shutdown.cancel();

        timeout(Duration::from_secs(5), it.server).await.unwrap().unwrap().unwrap();
        assert!(TcpStream::connect(it.address).await.is_err());
    }

    #[test]
    fn files_are_kept_for_the_database_and_nmap() {
        assert_eq!((places(1_000_000), places(u64::MAX)), (MOST, MOST));
        assert_eq!((places(1_024), places(100), places(0)), (768, 25, 1));
    }
}
