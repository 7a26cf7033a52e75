//! What is measured while the server works.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use netscan_store::{Counts, Store, StoreError};
use tokio::time::{MissedTickBehavior, interval};

use super::exposition::{Exposition, Kind};
use super::histogram::Histogram;
use crate::app::App;

/// How often the database is asked how it is.
const PING: Duration = Duration::from_secs(5);

/// How old counts of the database may be when they are told: whoever asks for them may be anybody,
/// and counting goes through all scans.
const FRESH: Duration = Duration::from_secs(5);

/// What was measured since the server began.
#[derive(Default)]
pub(crate) struct Measures {
    counts: tokio::sync::Mutex<Option<(Instant, Counts)>>,
    requests: Mutex<BTreeMap<RequestKind, Histogram>>,
    database: Mutex<Histogram>,
}

/// Requests that are counted together. There are as many kinds as there are operations and
/// statuses, whatever callers write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RequestKind {
    route: String,
    method: &'static str,
    status: u16,
}

impl Measures {
    /// Asks the database whether it is there, and tells how long the answer took.
    pub(super) async fn ping(&self, store: &Store) -> Result<Duration, StoreError> {
        let began = Instant::now();
        store.ping().await?;
        let took = began.elapsed();
        locked(&self.database).add(took);
        Ok(took)
    }

    /// How much there is in the database. Many who ask at a time wait for one count.
    pub(super) async fn counts(&self, store: &Store) -> Result<Counts, StoreError> {
        let mut kept = self.counts.lock().await;
        if let Some((_, counts)) = kept.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(counts.clone());
        }
        let counts = store.counts().await?;
        *kept = Some((Instant::now(), counts.clone()));
        Ok(counts)
    }

    fn note(&self, kind: RequestKind, took: Duration) {
        locked(&self.requests).entry(kind).or_default().add(took);
    }

    pub(super) fn write(&self, page: &mut Exposition) {
        page.family(
            "netscan_http_request_duration_seconds",
            Kind::Histogram,
            "Time until the head of an answer, by route, method and status.",
        );
        for (kind, histogram) in locked(&self.requests).iter() {
            let RequestKind { route, method, status } = kind;
            let status = status.to_string();
            let labels = [("route", route.as_str()), ("method", method), ("status", &status)];
            page.histogram(&labels, histogram);
        }
        page.family(
            "netscan_database_ping_duration_seconds",
            Kind::Histogram,
            "Time that the database takes to answer the simplest question.",
        );
        page.histogram(&[], &locked(&self.database));
    }
}

/// Measures every request.
pub(crate) async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let (route, method) = (route.unwrap_or_else(|| "none".into()), known(request.method()));
    let began = Instant::now();
    let response = next.run(request).await;
    let kind = RequestKind { route, method, status: response.status().as_u16() };
    app.measures().note(kind, began.elapsed());
    response
}

/// Asks the database every few seconds how it is. Never ends.
pub(crate) async fn watch_database(app: &App) {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pings.tick().await;
        if let Err(error) = app.measures().ping(app.store()).await {
            tracing::warn!(%error, "the database does not answer");
        }
    }
}

/// The method as one of few words: callers may invent others.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic can leave nothing half done in there.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
