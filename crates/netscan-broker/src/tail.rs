//! The task that follows what is stored of one watched scan or project.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{info, warn};
use uuid::Uuid;

use crate::bus::Shared;
use crate::feed::{Feed, Topic};
use crate::history::History;
use crate::positions::Positions;

/// The longest pause between two tries when the history fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Where a whole project has news is a dearer question than what one scan's news is, so it is asked
/// so many times more seldom under load.
const PROJECT_BREATHS: u32 = 10;

pub(crate) struct Tail<H> {
    shared: Arc<Shared<H>>,
    feed: Arc<Feed>,
    /// That it has been at the end once: what comes now is news.
    is_live: bool,
    failures: u32,
    unwatched_since: Option<Instant>,
}

/// Whether there is more to read than a page held.
#[derive(PartialEq, Eq)]
enum Progress {
    More,
    CaughtUp,
}

impl<H: History> Tail<H> {
    pub(crate) fn new(shared: Arc<Shared<H>>, feed: Arc<Feed>) -> Self {
        Self { shared, feed, is_live: false, failures: 0, unwatched_since: None }
    }

    /// Reads on until nobody has watched for a while.
    pub(crate) async fn run(mut self) {
        loop {
            let began = Instant::now();
            let progress = self.read_on().await;
            if self.is_over() {
                return;
            }
            match progress {
                Ok(progress) => {
                    self.note_success();
                    if progress == Progress::CaughtUp {
                        self.is_live = true;
                        self.wait_for_news(began).await;
                    }
                }
                Err(error) => {
                    self.note_failure(&error);
                    sleep(self.pause()).await;
                }
            }
        }
    }

    async fn read_on(&self) -> Result<Progress, H::Error> {
        if !self.feed.state().is_open {
            self.feed.open(self.start().await?);
        }
        let mut progress = Progress::CaughtUp;
        for scan in self.scans_with_news().await? {
            if self.read_page(scan).await? == Progress::More {
                progress = Progress::More;
            }
        }
        Ok(progress)
    }

    /// Where the ring begins: with what it can hold of a scan, with the present of a project.
    async fn start(&self) -> Result<Positions, H::Error> {
        match self.feed.topic {
            Topic::Scan(scan) => {
                let head = self.shared.history.head(scan).await?;
                let room = self.shared.limits.events as u64;
                Ok(Positions::of_one(scan, head.saturating_sub(room)))
            }
            Topic::Project(project) => {
                let heads = self.shared.history.heads(project).await?;
                Ok(Positions::new(heads.into_iter().collect()))
            }
        }
    }

    async fn scans_with_news(&self) -> Result<Vec<Uuid>, H::Error> {
        let project = match self.feed.topic {
            Topic::Scan(scan) => return Ok(vec![scan]),
            Topic::Project(project) => project,
        };
        let heads = self.shared.history.heads(project).await?;
        let state = self.feed.state();
        let news = heads.into_iter().filter(|(scan, head)| *head > state.read.get(*scan));
        Ok(news.map(|(scan, _)| scan).collect())
    }

    async fn read_page(&self, scan: Uuid) -> Result<Progress, H::Error> {
        let limit = self.shared.limits.page.get();
        let since = self.feed.state().read.get(scan);
        let page = self.shared.history.events(scan, since, limit).await?;
        let is_full = page.len() >= limit as usize;
        if self.is_live
            && let Some(oldest) = page.first()
        {
            self.feed.state().delay = passed_since(oldest.at);
        }
        let added = self.feed.add(scan, page);
        Ok(if is_full && added > 0 { Progress::More } else { Progress::CaughtUp })
    }

    /// Waits for the bell, or for the time to look without one. However often it rings, the
    /// history is asked once per breath.
    async fn wait_for_news(&self, began: Instant) {
        let limits = &self.shared.limits;
        // Time that has run out is no failure: it is what the poll is for.
        let _ = timeout(limits.poll, self.feed.bell.notified()).await;
        let breath = match self.feed.topic {
            Topic::Scan(_) => limits.breath,
            Topic::Project(_) => limits.breath * PROJECT_BREATHS,
        };
        sleep_until(began + breath).await;
    }

    /// Whether nobody has watched for long enough. If so, the feed is closed.
    fn is_over(&mut self) -> bool {
        if self.feed.state().clear_seats() {
            self.unwatched_since = None;
            return false;
        }
        let since = *self.unwatched_since.get_or_insert_with(Instant::now);
        since.elapsed() >= self.shared.limits.linger && self.shared.close(&self.feed)
    }

    fn note_success(&mut self) {
        if self.failures > 0 {
            info!(failures = self.failures, "the events of {} can be read again", self.feed.topic);
        }
        self.failures = 0;
    }

    fn note_failure(&mut self, error: &H::Error) {
        if self.failures == 0 {
            warn!(%error, "the events of {} cannot be read, trying again", self.feed.topic);
        }
        self.failures = self.failures.saturating_add(1);
    }

    /// How long to wait after so many failures in a row.
    fn pause(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        (self.shared.limits.poll * (1 << doublings)).min(LONGEST_PAUSE)
    }
}

/// How long ago that was; nothing if another machine's clock says that it is still to come.
fn passed_since(at: Timestamp) -> Duration {
    Timestamp::now().duration_since(at).try_into().unwrap_or_default()
}
