//! A quick scan: asked for and waited for in one step, with nmap's own words as the answer.
//!
//! It is a scan like any other, with every check and limit, and stays in the project. Somebody has
//! to run it: a [`Runner`](crate::runner::Runner) over the same database.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use netscan_model::observation::Host;
use netscan_model::scan::{Command, Scan};
use netscan_modules::nmap::run::ArtifactKind;
use netscan_store::{AttemptRecord, By, HostCursor, Realm, StoreError};
use tokio::time::Instant;
use tracing::warn;

use crate::submit::{self, Request, SubmitError};

/// Addresses in a quick scan at most.
pub const ADDRESS_LIMIT: u128 = 256;
/// How long someone waits for a quick scan at most.
pub const DEADLINE: Duration = Duration::from_mins(10);
/// What a quick scan is called.
const NAME: &str = "quick";
/// How often its state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a scan that was stopped may take to end.
const STOPPING: Duration = Duration::from_secs(15);
/// Bytes of nmap's output in an answer at most. All of it is among the scan's artifacts.
const MOST_OUTPUT: u64 = 4 * 1024 * 1024;

/// What is to be scanned, and for how long.
#[derive(Clone, Debug)]
pub struct Quick<'a> {
    /// The scan. It is given its name here, and started.
    pub request: Request,
    /// Where attempts leave their files.
    pub artifacts: &'a Path,
    /// How long to wait. The scan ends by then even if nobody waits any more.
    pub deadline: Duration,
}

/// What came of a quick scan.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The scan, at its end.
    pub scan: Scan,
    /// What nmap wrote for people, of each attempt, in order.
    pub stdout: String,
    /// The first exit code that is not 0, or 0; none when nmap was ended by a signal or never began.
    pub exit_code: Option<i32>,
    /// What was found.
    pub hosts: Vec<Host>,
}

/// Why a quick scan has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuickError {
    /// It was not accepted.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// It was accepted, and what became of it cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores and starts the scan, waits for its end, and answers with what was found.
///
/// A scan that is not over by the deadline is ended, and what was found until then is the answer.
///
/// # Errors
///
/// [`QuickError`] when it is not accepted, or the store fails.
pub async fn quick_scan(realm: &Realm, quick: Quick<'_>, by: By<'_>) -> Result<Answer, QuickError> {
    let ends = Instant::now() + quick.deadline;
    let request = bounded(quick.request, quick.deadline);
    let (scan, _) = submit::submit(realm, &request, by).await?;
    let scan = ended(realm, scan, ends, by).await?;
    let attempts = realm.attempts(scan.id).await?;
    Ok(Answer {
        stdout: output_of(&attempts, quick.artifacts),
        exit_code: exit_code(&attempts),
        hosts: hosts(realm, &scan).await?,
        scan,
    })
}

fn bounded(mut request: Request, deadline: Duration) -> Request {
    let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    let deadline_ms = NonZeroU64::new(deadline_ms).unwrap_or(NonZeroU64::MIN);
    let wished = request.wishes.max_duration_ms;
    request.wishes.max_duration_ms = Some(wished.map_or(deadline_ms, |ms| ms.min(deadline_ms)));
    request.address_limit = request.address_limit.min(ADDRESS_LIMIT);
    NAME.clone_into(&mut request.name);
    request.is_started = true;
    request
}

/// The scan at its end. One that is not over when the time is, for want of room to run, is stopped.
async fn ended(realm: &Realm, scan: Scan, ends: Instant, by: By<'_>) -> Result<Scan, StoreError> {
    if waited(realm, &scan, ends).await? {
        return realm.scan(scan.id).await;
    }
    match realm.command(scan.id, Command::Stop, By { now: Timestamp::now(), ..by }).await {
        // It has ended in this very moment.
        Ok(_) | Err(StoreError::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    waited(realm, &scan, Instant::now() + STOPPING).await?;
    realm.scan(scan.id).await
}

/// Waits for the end of the scan, and says whether it came in time.
async fn waited(realm: &Realm, scan: &Scan, ends: Instant) -> Result<bool, StoreError> {
    while !realm.pulse(scan.id).await?.status.is_terminal() {
        if Instant::now() >= ends {
            return Ok(false);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(true)
}

fn exit_code(attempts: &[AttemptRecord]) -> Option<i32> {
    let codes: Option<Vec<_>> = attempts.iter().map(|attempt| attempt.detail.exit_code).collect();
    let codes = codes.filter(|codes| !codes.is_empty())?;
    Some(codes.into_iter().find(|code| *code != 0).unwrap_or(0))
}

async fn hosts(realm: &Realm, scan: &Scan) -> Result<Vec<Host>, StoreError> {
    // More than are scanned: a batch has no more hosts than addresses.
    let most = u32::try_from(ADDRESS_LIMIT).unwrap_or(u32::MAX);
    realm.hosts(scan.id, &HostCursor::default(), most).await
}

fn output_of(attempts: &[AttemptRecord], artifacts: &Path) -> String {
    let mut output = Vec::new();
    for attempt in attempts {
        let normal = attempt
            .detail
            .artifacts
            .iter()
            .find(|artifact| artifact.name == ArtifactKind::Normal.name());
        let Some(normal) = normal else { continue };
        let room = MOST_OUTPUT - output.len() as u64;
        if let Err(error) = read(&artifacts.join(&normal.path), room, &mut output) {
            warn!(%error, path = normal.path, "what nmap wrote cannot be read");
        }
    }
    // Names and banners are whatever hosts say.
    String::from_utf8_lossy(&output).into_owned()
}

fn read(path: &Path, most: u64, output: &mut Vec<u8>) -> io::Result<usize> {
    MultiGzDecoder::new(File::open(path)?).take(most).read_to_end(output)
}
