//! One attempt: nmap is started, fed, listened to and ended, and what it found is sent on while it
//! runs.
//!
//! ```text
//!  targets ──▶ stdin  ┐                      ┌─▶ hosts, at once, bounded, may wait
//!                     │ nmap ── xml pipe ────┤
//!                     │      ── stdout, stderr ─▶ lines, lossy, never wait
//!                     └      ── everything ────▶ artifacts, compressed, up to a limit
//! ```
//!
//! [`run`] never fails: whatever happens is an [`Outcome`] with a reason. What was found before
//! the end counts in any case.

pub(crate) mod artifact;
mod drain;
mod findings;
mod lines;
mod pulse;
mod verdict;

use std::fs;
use std::io::{self, PipeReader, PipeWriter};
use std::num::NonZeroU32;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::observation::Host;
use netscan_model::{Address, AddressSet};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};

use super::capabilities;
use super::process::{self, Launch, Supervised};
use super::xml::{Limits, Progress, RunScript, RunStats, ScanInfo};
use artifact::Artifact;
use drain::{Abandonable, Drain, Drained, Feed, Stream, Voice};
use findings::{Asked, Findings, Outlet, Source};
use lines::Lines;
use pulse::Pulse;
use verdict::{Evidence, Halt};

pub use artifact::{ArtifactFile, ArtifactKind};
pub use netscan_model::batch::Outcome;

/// How long nmap has between being asked to end and being made to.
const GRACE: Duration = Duration::from_secs(2);

/// What nmap is to do, and within which bounds.
#[derive(Clone, Debug)]
pub struct NmapJob {
    /// Where nmap is.
    pub program: PathBuf,
    /// Where its data are.
    pub datadir: PathBuf,
    /// What is to be scanned for, from typed options only.
    pub arguments: Vec<String>,
    /// What is to be scanned: IPv4 or IPv6, not both.
    pub targets: AddressSet,
    /// Whether it may open raw sockets.
    pub has_raw_sockets: bool,
    /// How many hosts it may take on at a time. Their results come together.
    pub max_hostgroup: NonZeroU32,
    /// Where its output is kept: a directory for this attempt alone, made if need be.
    pub artifacts: Option<PathBuf>,
    /// Which of several nmaps of the attempt this is, from 1; none if it is the only one.
    pub run: Option<u32>,
    /// `instance:attempt`, unlike that of any other attempt, for [`process::sweep_orphans`].
    pub token: String,
    /// How long all of it may take.
    pub batch_timeout: Option<Duration>,
    /// How long it may say nothing. It is told to speak every 5 s.
    pub silence_limit: Duration,
    /// How much of its XML is kept in hosts.
    pub limits: Limits,
    /// How much of its XML is kept as an artifact, in bytes before compression.
    pub xml_bytes: u64,
    /// How much of each of its other outputs is kept, in bytes before compression.
    pub log_bytes: u64,
    /// The most memory that it may map.
    pub address_space_bytes: Option<u64>,
}

impl NmapJob {
    /// A job within the usual bounds, without artifacts.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, targets: AddressSet, token: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            datadir: PathBuf::from("/usr/share/nmap"),
            arguments: Vec::new(),
            targets,
            has_raw_sockets: false,
            max_hostgroup: NonZeroU32::new(64).expect("not zero"),
            artifacts: None,
            run: None,
            token: token.into(),
            batch_timeout: None,
            silence_limit: Duration::from_mins(1),
            limits: Limits::default(),
            xml_bytes: 256 * 1024 * 1024,
            log_bytes: 16 * 1024 * 1024,
            address_space_bytes: None,
        }
    }
}

/// What an attempt has to say while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// nmap was started.
    Started {
        /// Its process id.
        pid: u32,
        /// Its command line, the program first.
        argv: Vec<String>,
    },
    /// A host that was asked for, complete, with the zone that it was asked for with.
    Host(Box<Host>),
    /// An address that was asked for and did not answer.
    Down {
        /// Which.
        address: Address,
        /// How nmap knows.
        reason: String,
    },
    /// A host that was never asked for. It is not to be trusted.
    Stray(Box<Host>),
    /// What a script said that ran before or after all hosts.
    Script(RunScript),
    /// How far nmap has come. Not every step arrives.
    Progress(Progress),
    /// A line that nmap wrote for people, without control characters. Not every line arrives.
    Line(String),
    /// So many lines are missing here, because they were not taken fast enough.
    Gap {
        /// How many.
        lines: u64,
    },
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptEnd {
    /// What became of it.
    pub outcome: Outcome,
    /// Whether there was an nmap at all. If not, that says nothing of the targets.
    pub is_started: bool,
    /// Why, for people. Holds words of nmap's own.
    pub reason: String,
    /// The exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal, if one killed it.
    pub signal: Option<i32>,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// What was scanned for, in nmap's words: `connect` tells that there were no raw sockets.
    pub scan_types: Vec<ScanInfo>,
    /// nmap's version.
    pub nmap_version: Option<String>,
    /// nmap's own count, if it got that far.
    pub stats: Option<RunStats>,
    /// The last lines of its standard error, without control characters.
    pub stderr_tail: String,
    /// What was kept of its output.
    pub artifacts: Vec<ArtifactFile>,
    /// Why some of its output could not be kept.
    pub artifact_error: Option<String>,
}

/// Ends an attempt before its time. Clones are the same handle.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<Option<String>>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stop {
    /// A handle that nobody has pulled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the attempt. The first reason counts.
    pub fn now(&self, reason: impl Into<String>) {
        self.0.send_if_modified(|present| {
            let is_first = present.is_none();
            if is_first {
                *present = Some(reason.into());
            }
            is_first
        });
    }

    /// Waits until the attempt is to end, and tells why.
    pub async fn requested(&self) -> String {
        let mut seen = self.0.subscribe();
        let reason = seen.wait_for(Option::is_some).await.expect("we hold the sender");
        reason.clone().expect("waited for")
    }
}

/// Runs nmap to its end, or to the end of someone's patience.
///
/// Hosts wait for room in `out`; drop the receiver to abandon the attempt. Dropping the future
/// kills nmap.
pub async fn run(job: NmapJob, out: mpsc::Sender<Observation>, stop: Stop) -> AttemptEnd {
    let started_at = Timestamp::now();
    let mut attempt = match Attempt::start(&job, out).await {
        Ok(attempt) => attempt,
        Err(NotStarted { outcome, reason }) => return not_started(outcome, reason, started_at),
    };
    let kills_before = memory_kills();
    let halt = attempt.watch(&job, &stop).await;
    let status = match halt {
        Halt::Exited => attempt.child.wait().await,
        _ => attempt.child.stop(GRACE).await,
    };
    let given = attempt.given;
    let mut kept = attempt.kept;
    let (findings, drained) = attempt.readers.finish().await;
    let is_memory_short = memory_kills() > kills_before;
    let stderr = drained.stderr_tail;
    let evidence =
        Evidence { halt, status, findings: &findings, given, stderr: &stderr, is_memory_short };
    let (outcome, reason) = evidence.judge();
    for artifact in drained.artifacts {
        kept.add(artifact.finish());
    }
    AttemptEnd {
        outcome,
        is_started: true,
        reason,
        exit_code: status.code(),
        signal: status.signal(),
        started_at,
        ended_at: Timestamp::now(),
        scan_types: findings.scan_types,
        nmap_version: findings.version,
        stats: findings.stats,
        stderr_tail: stderr.join("\n"),
        artifacts: kept.files,
        artifact_error: kept.error,
    }
}

/// Why there is no attempt.
struct NotStarted {
    outcome: Outcome,
    reason: String,
}

impl NotStarted {
    /// Nothing changes if it is tried again.
    fn refused(reason: String) -> Self {
        Self { outcome: Outcome::Refused, reason }
    }

    /// The machine has too little of something at present.
    fn short_of(what: &str, error: &io::Error) -> Self {
        Self { outcome: Outcome::Crashed, reason: format!("cannot {what}: {error}") }
    }

    fn from_spawn(program: &Path, error: &io::Error) -> Self {
        let shown = program.display();
        match error.kind() {
            // What is not there may be the working directory, too.
            io::ErrorKind::NotFound if program.exists() => {
                Self::short_of(&format!("start {shown}"), error)
            }
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Self::refused(format!(
                "cannot start {shown}: is nmap installed, and may it be executed? ({error})"
            )),
            _ => Self::short_of(&format!("start {shown}"), error),
        }
    }
}

fn not_started(outcome: Outcome, reason: String, started_at: Timestamp) -> AttemptEnd {
    AttemptEnd {
        outcome,
        is_started: false,
        reason,
        exit_code: None,
        signal: None,
        started_at,
        ended_at: Timestamp::now(),
        scan_types: Vec::new(),
        nmap_version: None,
        stats: None,
        stderr_tail: String::new(),
        artifacts: Vec::new(),
        artifact_error: None,
    }
}

/// nmap under way, and the threads that serve it.
struct Attempt {
    child: Supervised,
    readers: Readers,
    out: mpsc::Sender<Observation>,
    pulse: Pulse,
    given: u128,
    kept: Kept,
}

impl Attempt {
    async fn start(job: &NmapJob, out: mpsc::Sender<Observation>) -> Result<Self, NotStarted> {
        let asked = Asked::new(job.targets.clone()).map_err(NotStarted::refused)?;
        if let Some(reason) = capabilities::refusal(&job.program) {
            return Err(NotStarted::refused(reason));
        }
        let no_pipes = |error: io::Error| NotStarted::short_of("open a pipe for nmap", &error);
        let pipes = Pipes::open().map_err(no_pipes)?;
        let (abandoned, held) = io::pipe().map_err(no_pipes)?;
        let arguments = arguments(job, &asked, &pipes);
        let argv = [vec![job.program.display().to_string()], arguments.clone()].concat();
        let kept = Kept::begin(job, &argv);
        let launch = Launch {
            program: job.program.clone(),
            arguments,
            token: job.token.clone(),
            inherited: pipes.inherited,
            address_space_bytes: job.address_space_bytes,
            file_size_bytes: 0,
        };
        let child = process::spawn(launch)
            .await
            .map_err(|error| NotStarted::from_spawn(&job.program, &error))?;
        let pulse = Pulse::new();
        let given = asked.count();
        let serving = Serving { job, out: &out, pulse: &pulse, kept: &kept };
        let (readers, child) = serving
            .readers(child, argv, asked, pipes.read, abandoned, held)
            .map_err(|error| NotStarted::short_of("listen to nmap", &error))?;
        Ok(Self { child, readers, out, pulse, given, kept })
    }

    /// Waits for the first reason to end.
    async fn watch(&mut self, job: &NmapJob, stop: &Stop) -> Halt {
        let past_time = async {
            match job.batch_timeout {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            reason = stop.requested() => Halt::Stopped(reason),
            _ = self.child.wait() => Halt::Exited,
            () = past_time => Halt::TimedOut(job.batch_timeout.unwrap_or_default()),
            () = self.pulse.stops_for(job.silence_limit) => Halt::Hung(job.silence_limit),
            () = self.out.closed() => Halt::Abandoned,
        }
    }
}

/// What is kept of the attempt on disk.
struct Kept {
    directory: Option<PathBuf>,
    run: Option<u32>,
    files: Vec<ArtifactFile>,
    error: Option<String>,
}

impl Kept {
    fn begin(job: &NmapJob, argv: &[String]) -> Self {
        let run = job.run;
        let mut kept = Self { directory: None, run, files: Vec::new(), error: None };
        let Some(directory) = &job.artifacts else { return kept };
        match artifact::create_directory(directory) {
            Ok(()) => {
                kept.directory = Some(directory.clone());
                kept.add(artifact::write_argv(
                    directory,
                    run,
                    &serde_json::json!({ "argv": argv }),
                ));
            }
            Err(error) => kept.error = Some(error),
        }
        kept
    }

    fn artifact(&self, kind: ArtifactKind, limit: u64) -> Option<Artifact> {
        Some(Artifact::begin(self.directory.as_deref()?, self.run, kind, limit))
    }

    fn add(&mut self, (file, error): (Option<ArtifactFile>, Option<String>)) {
        self.files.extend(file);
        if let (None, Some(error)) = (&self.error, error) {
            tracing::warn!(error, "an artifact is not kept: {error}");
            self.error = Some(error);
        }
    }
}

/// The pipes that nmap writes its files to: the XML, then those for people and for grep.
struct Pipes {
    read: [PipeReader; 3],
    inherited: Vec<OwnedFd>,
}

impl Pipes {
    fn open() -> io::Result<Self> {
        let pipes: [(PipeReader, PipeWriter); 3] = [io::pipe()?, io::pipe()?, io::pipe()?];
        let mut inherited = Vec::new();
        let read = pipes.map(|(read, write)| {
            inherited.push(write.into());
            read
        });
        Ok(Self { read, inherited })
    }
}

/// The typed options, then what is not the user's to decide.
fn arguments(job: &NmapJob, asked: &Asked, pipes: &Pipes) -> Vec<String> {
    let mut arguments = job.arguments.clone();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(|word| (*word).to_owned()));
    if asked.is_ipv6() {
        add(&["-6"]);
    }
    add(&[if job.has_raw_sockets { "--privileged" } else { "--unprivileged" }]);
    // Never `--noninteractive`: nmap 7.93 then leaves out what `--stats-every` asks for
    // (`keyWasPressed` in nmap_tty.cc), and is taken for dead. It has no terminal to read keys from.
    add(&["-v", "-n", "--no-stylesheet", "--unique", "--stats-every", "5s"]);
    add(&["--max-hostgroup", &job.max_hostgroup.to_string()]);
    add(&["--datadir", &job.datadir.to_string_lossy()]);
    for (option, file) in ["-oX", "-oN", "-oG"].iter().zip(&pipes.inherited) {
        add(&[option, &format!("/proc/self/fd/{}", file.as_raw_fd())]);
    }
    add(&["-iL", "-"]);
    arguments
}

/// The threads that read what nmap writes.
struct Readers {
    findings: oneshot::Receiver<(Findings, Option<Artifact>)>,
    drained: oneshot::Receiver<(Lines, Drained)>,
    /// Closed when nobody waits any more.
    held: PipeWriter,
}

/// What the threads have in common.
struct Serving<'a> {
    job: &'a NmapJob,
    out: &'a mpsc::Sender<Observation>,
    pulse: &'a Pulse,
    kept: &'a Kept,
}

impl Serving<'_> {
    fn readers(
        &self,
        mut child: Supervised,
        argv: Vec<String>,
        asked: Asked,
        [xml, normal, grepable]: [PipeReader; 3],
        abandoned: PipeReader,
        held: PipeWriter,
    ) -> io::Result<(Readers, Supervised)> {
        let log = |kind| self.kept.artifact(kind, self.job.log_bytes);
        let missing = || io::Error::other("a standard stream is missing");
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let is_announced = Arc::new(AtomicBool::new(false));
        let drain = Drain {
            targets: Feed::new(child.stdin.take().ok_or_else(missing)?, asked.lines())?,
            streams: vec![
                Stream::new(stdout.into(), Voice::Stdout, log(ArtifactKind::Stdout)),
                Stream::new(stderr.into(), Voice::Stderr, log(ArtifactKind::Stderr)),
                Stream::new(normal.into(), Voice::File, log(ArtifactKind::Normal)),
                Stream::new(grepable.into(), Voice::File, log(ArtifactKind::Grepable)),
            ],
            lines: Lines::new(self.out.clone(), Arc::clone(&is_announced)),
            abandoned: abandoned.try_clone()?,
            pulse: self.pulse.clone(),
        };
        let source = Source {
            pipe: Abandonable { pipe: xml, abandoned },
            artifact: self.kept.artifact(ArtifactKind::Xml, self.job.xml_bytes),
            pulse: self.pulse.clone(),
        };
        let outlet = Outlet { out: self.out.clone(), pulse: self.pulse.clone() };
        let (limits, pid) = (self.job.limits, child.pid());
        let findings = answer("nmap-xml", move || {
            outlet.send(Observation::Started { pid, argv });
            is_announced.store(true, Ordering::Release);
            findings::read(source, limits, &asked, &outlet)
        })?;
        let drained = answer("nmap-pipes", || drain.run())?;
        Ok((Readers { findings, drained, held }, child))
    }
}

/// Does `work` on a thread of its own.
fn answer<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<oneshot::Receiver<T>> {
    let (done, result) = oneshot::channel();
    thread::Builder::new().name(name.to_owned()).spawn(move || drop(done.send(work())))?;
    Ok(result)
}

impl Readers {
    /// Takes what the threads have, once nmap is gone. A process that still holds a pipe open is
    /// not waited for.
    async fn finish(mut self) -> (Findings, Drained) {
        let drained = tokio::time::timeout(GRACE, &mut self.drained).await;
        drop(self.held);
        let drained = match drained {
            Ok(drained) => drained,
            Err(_) => self.drained.await,
        };
        let (lines, mut drained) = drained.expect("the thread does not panic");
        let (findings, xml) = self.findings.await.expect("the thread does not panic");
        drained.artifacts.extend(xml);
        // Whoever takes lines takes these, too. Whoever does not is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(1), lines.finish()).await;
        (findings, drained)
    }
}

/// How many processes the kernel has killed for want of memory since the machine was started.
fn memory_kills() -> u64 {
    let counters = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let count = counters.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}
