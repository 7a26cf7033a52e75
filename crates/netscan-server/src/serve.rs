//! A server from its first connection to its last, and the tasks that go on beside it.

mod connections;
mod placed;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use crate::app::App;
use crate::health;
use crate::live;
use crate::router::router;
use crate::serve::connections::Bounds;

/// How long requests that are being answered may take once the server is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// How long WebSockets may take to say farewell.
const LAST_FRAMES: Duration = Duration::from_secs(2);
/// How often what nobody needs any more is cleared away.
const CLEARANCE: Duration = Duration::from_mins(10);
/// How often it is looked whether scans have found anything that the inventory does not have.
const INVENTORY: Duration = Duration::from_secs(1);

/// Why a server ended before it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("the server cannot go on listening")]
pub struct ServeError(#[from] std::io::Error);

/// Answers requests on `listener` until the app's shutdown is asked for; then it takes no new ones,
/// closes live connections, and gives those that are being answered a few seconds: seven at most.
/// Meanwhile it passes on what the runner says, tells those who watch when their access has
/// changed, and clears away what has ended.
///
/// # Errors
///
/// [`ServeError`] when the listener fails for good.
pub async fn serve(app: App, listener: TcpListener) -> Result<(), ServeError> {
    // Dropped at the end, and the tasks with it.
    let _beside = start_beside(&app);
    let (shutdown, sockets) = (app.shutdown().clone(), app.sockets().clone());
    let bounds = Bounds::of_this_machine();
    let served = connections::answer(listener, router(app), bounds, &shutdown);
    let too_long = async {
        shutdown.cancelled().await;
        sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        served = served => served?,
        () = too_long => warn!("some requests were not answered in time and were cut off"),
    }
    sockets.close();
    if timeout(LAST_FRAMES, sockets.wait()).await.is_err() {
        warn!("some WebSockets were not closed in time and were cut off");
    }
    Ok(())
}

fn start_beside(app: &App) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    if let Some(runner) = app.runner().map(Arc::clone) {
        let bus = app.bus().clone();
        tasks.spawn(async move { live::follow_runner(&bus, &runner).await });
    }
    let (bus, store) = (app.bus().clone(), app.store().clone());
    tasks.spawn(async move { live::follow_access(&bus, &store).await });
    let measured = app.clone();
    tasks.spawn(async move { health::watch_database(&measured).await });
    let found = app.clone();
    tasks.spawn(async move { keep_up(&found).await });
    let cleared = app.clone();
    tasks.spawn(async move { clear_away(&cleared).await });
    tasks
}

/// Removes sessions that have ended and answers that nobody will ask for again. Never ends.
async fn clear_away(app: &App) {
    let mut times = interval(CLEARANCE);
    loop {
        times.tick().await;
        if let Err(error) = app.store().prune(Timestamp::now()).await {
            warn!(%error, "cannot clear away what has ended, trying again later");
        }
    }
}

/// Takes what scans find into the inventory as it comes. Never ends.
async fn keep_up(app: &App) {
    let mut times = interval(INVENTORY);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        if let Err(error) = app.store().catch_up().await {
            warn!(%error, "cannot take what was found into the inventory, trying again");
        }
    }
}
