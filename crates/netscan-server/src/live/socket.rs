//! One open WebSocket, from its greeting to its close code.
//!
//! Nothing is queued for a client but what one flush carries: when it does not read, what it has
//! not seen waits in the ring or in the store.

use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures::stream::{SplitSink, SplitStream};
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use netscan_api::frame::Frame;
use netscan_broker::{Frame as Given, ProjectWatcher, Watcher};
use netscan_store::StoreError;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tracing::{debug, warn};
use uuid::Uuid;

use super::guest::{Guest, ticket_protocol};
use super::history::StoredHistory;
use crate::app::App;
use crate::refusal::Refusal;

/// The subprotocol that is spoken, for clients that ask for one.
const PROTOCOL: &str = "netscan.v1";
/// How long one flush may take. Whoever does not read for so long is sent away.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often whoever says nothing is asked whether they are still there.
const PING: Duration = Duration::from_secs(20);
/// Whoever has not answered for so long is gone.
const SILENCE: Duration = Duration::from_mins(1);
/// How long a client is given to read why the connection ends.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often in a row the events may fail to be read, a second apart.
const MOST_FAILURES: u32 = 10;
/// The most bytes of frames that are flushed together.
const MOST_BYTES: usize = 32 * 1024;
/// The largest message that a client may send. Nothing that it says is needed.
const LARGEST_MESSAGE: usize = 64 * 1024;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client has gone.
    Left,
    /// The server ends.
    Shutdown,
    /// The client may no longer watch.
    ShutOut,
    /// The client does not read.
    Stalled,
    /// The events cannot be read.
    Broken,
}

impl End {
    fn farewell(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Left => return None,
            Self::Shutdown => (close_code::AWAY, "the server ends; connect again in a moment"),
            Self::ShutOut => (close_code::POLICY, "you may no longer watch this"),
            Self::Stalled => (close_code::AGAIN, "not read for too long; connect again with since"),
            Self::Broken => (close_code::ERROR, "the events cannot be read; connect again later"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

/// What is watched.
pub(super) enum Watched {
    Scan(Uuid, Watcher<StoredHistory>),
    Project(ProjectWatcher<StoredHistory>),
}

impl Watched {
    /// The next frame, as soon as there is one. Nothing is lost when it is not waited for.
    async fn next(&mut self) -> Result<Utf8Bytes, StoreError> {
        match self {
            Self::Scan(scan, watcher) => Ok(match watcher.next().await? {
                Given::Stored { text, .. } | Given::Line { text } => (&*text).into(),
                Given::Gap { from, to } => {
                    let ts = Timestamp::now();
                    Frame::Gap { scan_id: *scan, from, to, ts }.text().into()
                }
            }),
            Self::Project(watcher) => Ok((&*watcher.next().await?.text).into()),
        }
    }
}

/// What somebody is told who came to a WebSocket without wanting one.
pub(super) fn not_asked_for(rejection: &WebSocketUpgradeRejection) -> Refusal {
    let status = rejection.status();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        return Refusal::new(status, rejection.body_text());
    }
    Refusal::new(StatusCode::UPGRADE_REQUIRED, "connect with a WebSocket client (RFC 6455)")
}

/// Answers the request, and tells the client from then on what happens.
pub(super) fn open(
    upgrade: WebSocketUpgrade,
    parts: &Parts,
    app: App,
    guest: Guest,
    greeting: Frame,
    watched: Watched,
) -> Response {
    // Browsers hang up when none of the subprotocols that they offer is taken.
    let ticket = ticket_protocol(&parts.headers).map(str::to_owned);
    let protocols = [PROTOCOL.to_owned()].into_iter().chain(ticket);
    let sockets = app.sockets().clone();
    let upgrade = upgrade
        .protocols(protocols)
        .max_message_size(LARGEST_MESSAGE)
        .max_frame_size(LARGEST_MESSAGE)
        .read_buffer_size(4 * 1024)
        .write_buffer_size(8 * 1024)
        .on_failed_upgrade(|error| debug!(%error, "a WebSocket was not opened after all"));
    let serve = move |socket| sockets.track_future(tell(socket, app, guest, greeting, watched));
    upgrade.on_upgrade(serve).into_response()
}

/// Tells the client what happens, until one of the two ends it.
async fn tell(socket: WebSocket, app: App, guest: Guest, greeting: Frame, watched: Watched) {
    let (mut sink, stream) = socket.split();
    let end = tokio::select! {
        () = app.shutdown().cancelled() => End::Shutdown,
        () = guest.until_shut_out(&app) => End::ShutOut,
        end = hear(stream) => end,
        end = send_all(&mut sink, greeting, watched) => end,
    };
    // A client that has gone meanwhile needs no farewell.
    let _ = timeout(FAREWELL, part(&mut sink, end)).await;
}

/// Says why the connection ends, and ends it.
async fn part(sink: &mut SplitSink<WebSocket, Message>, end: End) -> Result<(), axum::Error> {
    if let Some(farewell) = end.farewell() {
        debug!(code = farewell.code, "a WebSocket is closed: {}", farewell.reason);
        sink.send(Message::Close(Some(farewell))).await?;
    }
    sink.close().await
}

/// Hears the client out. Pings are answered on the way, and nothing else that it says matters.
async fn hear(mut stream: SplitStream<WebSocket>) -> End {
    loop {
        match timeout(SILENCE, stream.next()).await {
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return End::Left,
            Ok(Some(Ok(_))) => {}
            Err(_) => return End::Stalled,
        }
    }
}

async fn send_all(
    sink: &mut SplitSink<WebSocket, Message>,
    greeting: Frame,
    mut watched: Watched,
) -> End {
    let greeted = send(sink, Message::text(greeting.text())).await;
    if let Err(end) = greeted {
        return end;
    }
    let mut pings = interval_at(Instant::now() + PING, PING);
    let mut failures = 0;
    loop {
        let sent = tokio::select! {
            next = watched.next() => match next {
                Ok(first) => {
                    failures = 0;
                    send_batch(sink, first, &mut watched).await
                }
                Err(error) => {
                    failures += 1;
                    wait_after(&error, failures).await
                }
            },
            _ = pings.tick() => send(sink, Message::Ping("".into())).await,
        };
        if let Err(end) = sent {
            return end;
        }
    }
}

/// Sends `first` and what else is there already, in one flush.
async fn send_batch(
    sink: &mut SplitSink<WebSocket, Message>,
    first: Utf8Bytes,
    watched: &mut Watched,
) -> Result<(), End> {
    let flushed = async {
        let mut bytes = first.len();
        sink.feed(Message::Text(first)).await?;
        while bytes < MOST_BYTES {
            // An error comes again when it is waited for.
            let Some(Ok(next)) = watched.next().now_or_never() else { break };
            bytes += next.len();
            sink.feed(Message::Text(next)).await?;
        }
        sink.flush().await
    };
    in_time(flushed).await
}

async fn send(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> Result<(), End> {
    in_time(sink.send(message)).await
}

async fn in_time(sent: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
    match timeout(PATIENCE, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Left),
        Err(_) => Err(End::Stalled),
    }
}

/// Waits before the events are asked for again, if they still are.
async fn wait_after(error: &StoreError, failures: u32) -> Result<(), End> {
    if failures == 1 {
        warn!(%error, "a client cannot be told what happens, trying again");
    }
    if failures >= MOST_FAILURES {
        return Err(End::Broken);
    }
    sleep(Duration::from_secs(1)).await;
    Ok(())
}
