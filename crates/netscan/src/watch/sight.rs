//! What is looked at, and what was seen there.

use std::collections::HashSet;
use std::ops::Range;

use jiff::Timestamp;
use netscan_api::batch::{AttemptBody, BatchBody};
use netscan_api::frame::EventBody;
use netscan_model::batch::StateName;
use netscan_model::coverage::Coverage;
use netscan_model::scan::Scan;
use uuid::Uuid;

use crate::commands::status::waiting;
use crate::desk::{Desk, Most, Overview};
use crate::output::progress::Snapshot;

/// Batches and attempts that a screen may have room for.
const MOST_LINES: u32 = 50;
/// Events that are shown of what was before.
const MOST_BEFORE: u64 = 100;

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// The list of scans: around the one that is pointed at, as many as there are rows for.
    Scans { selected: Option<Uuid>, rows: usize, known: HashSet<(Uuid, Timestamp)> },
    /// One scan, and what happened to it behind this event.
    Scan { scan: Box<Scan>, since: Option<u64> },
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
    Scans(Vec<Listed>),
    Scan(Box<Sight>),
}

/// A scan in the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listed {
    pub(super) scan: Scan,
    /// Nothing for those that are far from where is pointed at, and for those that are known.
    pub(super) detail: Option<Detail>,
}

/// What is told of a scan in the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Detail {
    pub(super) coverage: Coverage,
    pub(super) open_ports: u64,
    pub(super) waiting: Option<String>,
}

/// One scan at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sight {
    pub(super) snapshot: Snapshot,
    pub(super) waiting: Vec<String>,
    /// Those with workers.
    pub(super) leased: Vec<BatchBody>,
    pub(super) slowest: Vec<AttemptBody>,
    /// What happened since the last look, or lately when it is the first.
    pub(super) events: Vec<EventBody>,
}

/// Looks at `subject`. Everything that is seen of a scan that has ended stays as it is, so it is
/// read once.
pub(super) async fn look(desk: &Desk<'_>, subject: &Subject) -> anyhow::Result<Seen> {
    match subject {
        Subject::Scans { selected, rows, known } => {
            list(desk, *selected, *rows, known).await.map(Seen::Scans)
        }
        Subject::Scan { scan, since } => Ok(Seen::Scan(Box::new(one(desk, scan, *since).await?))),
    }
}

async fn list(
    desk: &Desk<'_>,
    selected: Option<Uuid>,
    rows: usize,
    known: &HashSet<(Uuid, Timestamp)>,
) -> anyhow::Result<Vec<Listed>> {
    let scans = desk.scans().await?;
    let at = scans.iter().position(|scan| Some(scan.id) == selected).unwrap_or_default();
    let window = window(at, scans.len(), rows);
    let mut listed = Vec::with_capacity(scans.len());
    for (place, scan) in scans.into_iter().enumerate() {
        let is_known = scan.status.is_terminal() && known.contains(&(scan.id, scan.updated_at));
        let detail = if window.contains(&place) && !is_known {
            Some(detail(desk, &scan).await?)
        } else {
            None
        };
        listed.push(Listed { scan, detail });
    }
    Ok(listed)
}

async fn detail(desk: &Desk<'_>, scan: &Scan) -> anyhow::Result<Detail> {
    let (snapshot, overview) = desk.look_closely(scan, Most { slowest: 1, failures: 1 }).await?;
    let Snapshot { coverage, open_ports, scan, .. } = snapshot;
    let waiting = reasons(desk, &scan, &overview).into_iter().next();
    Ok(Detail { coverage, open_ports, waiting })
}

async fn one(desk: &Desk<'_>, scan: &Scan, since: Option<u64>) -> anyhow::Result<Sight> {
    let most = Most { slowest: MOST_LINES, failures: 1 };
    let (snapshot, overview) = desk.look_closely(scan, most).await?;
    let since = match since {
        Some(since) => since,
        None => desk.last_event(scan).await?.saturating_sub(MOST_BEFORE),
    };
    Ok(Sight {
        waiting: reasons(desk, &snapshot.scan, &overview),
        leased: leased(desk, &snapshot.scan).await?,
        slowest: overview.slowest,
        events: desk.events(scan, since).await?,
        snapshot,
    })
}

async fn leased(desk: &Desk<'_>, scan: &Scan) -> anyhow::Result<Vec<BatchBody>> {
    if scan.status.is_terminal() {
        return Ok(Vec::new());
    }
    let batches = desk.batches_in(scan, StateName::Leased, MOST_LINES).await?;
    Ok(batches.into_iter().map(|batch| batch.body).collect())
}

fn reasons(desk: &Desk<'_>, scan: &Scan, overview: &Overview) -> Vec<String> {
    let waiting = waiting::of_scan(scan, overview, desk.holder());
    waiting.into_iter().map(|waiting| waiting.reason).collect()
}

/// Which of `count` lines are shown in `rows`, so that the one `at` this place is among them.
pub(super) fn window(at: usize, count: usize, rows: usize) -> Range<usize> {
    let shown = rows.min(count);
    let first = at.saturating_sub(shown / 2).min(count - shown);
    first..first + shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pointed_at_is_always_shown() {
        assert_eq!(window(0, 3, 10), 0..3);
        assert_eq!(window(0, 0, 10), 0..0);
        for at in 0..20 {
            let shown = window(at, 20, 5);

            assert!(shown.contains(&at) && shown.len() == 5, "{at}: {shown:?}");
        }
    }
}
