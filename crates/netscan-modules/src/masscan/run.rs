//! masscan as the one that finds open ports: it is started, fed, listened to and ended.
//!
//! ```text
//!  targets ──▶ stdin ┐            ┌─ stdout: JSON ─▶ gathered, told when it has ended
//!                    │  masscan ──┤
//!                    └            └─ stderr: how far it is ─▶ progress, and when to help it end
//! ```
//!
//! Its order is random over all hosts, so that none is complete before the last packet. When it has
//! listened long enough it waits in libpcap for one more packet before it sees that it may end. Where
//! nothing is going on there is none; so the router is asked who it is, and its answer is one.

use std::io::{self, BufWriter, Read, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use netscan_model::AddressSet;
use netscan_model::batch::Outcome;
use netscan_model::observation::{Protocol, ScanInfo};
use nix::net::if_::if_nametoindex;
use nix::unistd::{AccessFlags, access};
use tokio::sync::{mpsc, oneshot, watch};

use super::gather::{Asked, Heard};
use super::way::Way;
use super::words::{Status, Words};
use crate::discover::link::Links;
use crate::discover::{Found, Progress, tally};
use crate::nmap::capabilities;
use crate::nmap::process::{Launch, Supervised, spawn};
use crate::nmap::run::artifact::{self, Artifact};
use crate::nmap::run::{ArtifactFile, ArtifactKind, Stop};

/// Where masscan is looked for.
const DIRECTORIES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// Packets per second when nobody says how many. At a higher rate it loses answers unnoticed.
const USUAL_RATE: NonZeroU32 = NonZeroU32::new(10_000).expect("not zero");
/// How long it listens when all is sent, in seconds.
const LISTENS_S: u32 = 3;
/// How often it asks again. It does not know which ports have answered, and asks all.
const RETRIES: u32 = 1;
/// How long after its time it may take to end, in seconds. Then it is ended, and has said enough.
const LATE_S: i64 = 5;
/// How long it has between being asked to end and being made to.
const GRACE: Duration = Duration::from_secs(1);
/// Port ranges in one argument: a word of a command line may have 128 KiB.
const RANGES_IN_A_WORD: usize = 4_096;
/// How much of what it writes is kept, in bytes before compression.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;

/// The masscan of this machine, or else why there is none that could be run.
///
/// # Errors
///
/// A clause for people.
pub fn find() -> Result<PathBuf, String> {
    find_in(&DIRECTORIES)
}

fn find_in(directories: &[&str]) -> Result<PathBuf, String> {
    let mut candidates = directories.iter().map(|directory| Path::new(directory).join("masscan"));
    let is_program = |path: &PathBuf| path.is_file() && access(path, AccessFlags::X_OK).is_ok();
    let program = candidates.find(is_program).ok_or_else(|| {
        format!("masscan was not found in {}: install it", directories.join(", "))
    })?;
    match capabilities::refusal(&program) {
        Some(refusal) => Err(refusal),
        None => Ok(program),
    }
}

/// What is to be looked for, and within which bounds.
#[derive(Clone, Debug)]
pub struct MasscanJob {
    /// Where masscan is.
    pub program: PathBuf,
    /// Where to look. It is given no other address.
    pub targets: AddressSet,
    /// Which TCP ports, ascending.
    pub ports: Vec<u16>,
    /// Which UDP ports, ascending.
    pub udp_ports: Vec<u16>,
    /// Whether hosts are asked for an echo, too: that shows them where no port is open.
    pub pings: bool,
    /// Packets per second at most; 10,000 if nothing is said.
    pub max_rate: Option<NonZeroU32>,
    /// How its packets leave this machine.
    pub way: Way,
    /// What decides the order of probes.
    pub seed: u64,
    /// `instance:attempt:masscan`, unlike that of any other program.
    pub token: String,
    /// Where its output is kept: a directory for this attempt alone, made if need be.
    pub artifacts: Option<PathBuf>,
    /// How long it may say nothing.
    pub silence_limit: Duration,
}

impl MasscanJob {
    /// Its command line, the program first.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        [vec![self.program.display().to_string()], self.arguments()].concat()
    }

    fn rate(&self) -> NonZeroU32 {
        self.max_rate.unwrap_or(USUAL_RATE)
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["-iL".to_owned(), "/dev/stdin".to_owned()];
        let tcp = ranges(&self.ports).into_iter();
        let udp = ranges(&self.udp_ports).into_iter().map(|range| format!("U:{range}"));
        for word in tcp.chain(udp).collect::<Vec<_>>().chunks(RANGES_IN_A_WORD) {
            arguments.extend(["-p".to_owned(), word.join(",")]);
        }
        let settings = [
            ("--rate", self.rate().to_string()),
            ("--wait", LISTENS_S.to_string()),
            ("--retries", RETRIES.to_string()),
            ("-e", self.way.interface.clone()),
            ("--adapter-ip", self.way.source.to_string()),
            ("--router-ip", self.way.router.to_string()),
            ("--seed", self.seed.to_string()),
            ("-oJ", "-".to_owned()),
        ];
        for (name, value) in settings {
            arguments.extend([name.to_owned(), value]);
        }
        if self.pings {
            arguments.push("--ping".to_owned());
        }
        arguments
    }

    fn asked(&self) -> Asked {
        Asked {
            targets: self.targets.clone(),
            tcp: self.ports.clone(),
            udp: self.udp_ports.clone(),
        }
    }

    fn scan_types(&self) -> Vec<ScanInfo> {
        let asked = [("syn", Protocol::Tcp, &self.ports), ("udp", Protocol::Udp, &self.udp_ports)];
        let asked = asked.into_iter().filter(|(.., ports)| !ports.is_empty());
        asked
            .map(|(kind, protocol, ports)| ScanInfo {
                kind: kind.to_owned(),
                protocol: Some(protocol),
                service_count: u32::try_from(ports.len()).expect("there are 65,536 ports"),
                services: tally::ranges(ports),
                scan_flags: None,
            })
            .collect()
    }
}

fn ranges(ports: &[u16]) -> Vec<String> {
    let text = tally::ranges(ports);
    text.split(',').filter(|range| !range.is_empty()).map(str::to_owned).collect()
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct MasscanEnd {
    /// What became of it.
    pub outcome: Outcome,
    /// Why, for people. Holds words of masscan's own.
    pub reason: String,
    /// How it went, as a line for people.
    pub summary: String,
    /// What was looked for, in nmap's words.
    pub scan_types: Vec<ScanInfo>,
    /// What was kept of its output.
    pub artifacts: Vec<ArtifactFile>,
    /// Why some of its output could not be kept.
    pub artifact_error: Option<String>,
}

/// Runs masscan to its end, or to the end of someone's patience.
///
/// Hosts wait for room in `out` and come when it has ended; drop the receiver to abandon the run.
/// Dropping the future kills masscan. One that is stopped has no host that is complete, and tells none.
pub async fn run(job: MasscanJob, out: mpsc::Sender<Found>, stop: Stop) -> MasscanEnd {
    let began = Instant::now();
    let mut running = match Running::start(&job).await {
        Ok(running) => running,
        Err(reason) => return end(&job, Outcome::Crashed, reason, String::new(), Vec::new()),
    };
    let halt = running.watch(&job, &out, &stop).await;
    let status = match halt {
        Halt::Exited => running.child.wait().await,
        _ => running.child.stop(GRACE).await,
    };
    let Ok((heard, kept_output)) = running.heard.await else {
        let reason = "netscan itself failed while it read what masscan wrote".to_owned();
        return end(&job, Outcome::Crashed, reason, String::new(), Vec::new());
    };
    let (words, kept_words) = running.words.await.unwrap_or_default();
    let (outcome, reason) = judge(halt, status, &heard, words);
    let summary = format!(
        "Port discovery by masscan: {} open ports on {} hosts in {:.1} s, at most {} packets a \
         second; {} entries were strange",
        heard.port_count(),
        heard.host_count(),
        began.elapsed().as_secs_f64(),
        job.rate(),
        heard.strange,
    );
    if outcome == Outcome::Succeeded {
        for found in heard.told(&job.asked()) {
            if out.send(found).await.is_err() {
                break;
            }
        }
    }
    end(&job, outcome, reason, summary, kept_output.into_iter().chain(kept_words).collect())
}

fn end(
    job: &MasscanJob,
    outcome: Outcome,
    reason: String,
    summary: String,
    kept: Vec<Artifact>,
) -> MasscanEnd {
    let (files, errors): (Vec<_>, Vec<_>) = kept.into_iter().map(Artifact::finish).unzip();
    MasscanEnd {
        outcome,
        reason,
        summary,
        scan_types: job.scan_types(),
        artifacts: files.into_iter().flatten().collect(),
        artifact_error: errors.into_iter().flatten().next(),
    }
}

/// Why it is not waited for any longer.
#[derive(Debug, PartialEq, Eq)]
enum Halt {
    /// It has ended by itself.
    Exited,
    /// It has done all that it had to, and does not see that it may end.
    Late,
    /// It says nothing any more.
    Hung(Duration),
    /// Somebody wants it to end, or nobody wants to know.
    Stopped(String),
}

fn judge(halt: Halt, status: ExitStatus, heard: &Heard, words: Words) -> (Outcome, String) {
    match halt {
        Halt::Stopped(reason) => (Outcome::Killed, reason),
        Halt::Hung(limit) => {
            (Outcome::Hung, format!("masscan said nothing for {} s", limit.as_secs()))
        }
        Halt::Exited if !status.success() => {
            let said = words.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
            (Outcome::Crashed, format!("masscan ended with {status}{said}"))
        }
        Halt::Exited | Halt::Late => match &heard.malformed {
            Some(reason) => (Outcome::Crashed, format!("masscan did not write JSON: {reason}")),
            None => (Outcome::Succeeded, String::new()),
        },
    }
}

/// masscan under way, and what the threads that serve it will have read.
struct Running {
    child: Supervised,
    status: watch::Receiver<Status>,
    heard: oneshot::Receiver<(Heard, Option<Artifact>)>,
    words: oneshot::Receiver<(Words, Option<Artifact>)>,
}

impl Running {
    async fn start(job: &MasscanJob) -> Result<Self, String> {
        let shown = job.program.display();
        let failed = |error: io::Error| format!("cannot start {shown}: {error}");
        let directory = match &job.artifacts {
            Some(directory) => artifact::create_directory(directory).map(|()| Some(directory))?,
            None => None,
        };
        let artifact = |kind| Some(Artifact::begin(directory?, None, kind, KEPT_BYTES));
        let mut child = spawn(Launch {
            program: job.program.clone(),
            arguments: job.arguments(),
            token: job.token.clone(),
            inherited: Vec::new(),
            address_space_bytes: None,
            file_size_bytes: 0,
        })
        .await
        .map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let (tell, status) = watch::channel(Status::default());
        feed(stdin, job.targets.clone()).map_err(failed)?;
        let kept = artifact(ArtifactKind::Stdout);
        let heard = listen(stdout, job.asked(), kept).map_err(failed)?;
        let kept = artifact(ArtifactKind::Stderr);
        let words = follow(stderr, tell, kept).map_err(failed)?;
        Ok(Self { child, status, heard, words })
    }

    /// Waits for the first reason to end, tells how far it is, and helps it to see its own end.
    async fn watch(&mut self, job: &MasscanJob, out: &mpsc::Sender<Found>, stop: &Stop) -> Halt {
        let router = RouterSide::of(&job.way);
        let mut are_words_over = false;
        loop {
            tokio::select! {
                biased;
                reason = stop.requested() => return Halt::Stopped(reason),
                _ = self.child.wait() => return Halt::Exited,
                () = out.closed() => {
                    return Halt::Stopped("nobody takes what is found".to_owned());
                }
                changed = self.status.changed(), if !are_words_over => match changed {
                    Ok(()) => {
                        let status = *self.status.borrow_and_update();
                        // Whoever is slow to take hosts need not be told how far it has come.
                        let _ = out.try_send(Found::Progress(progress(status)));
                        match status.waits {
                            Some(seconds) if seconds <= -LATE_S => return Halt::Late,
                            Some(_) => router.ask(),
                            None => {}
                        }
                    }
                    Err(_) => are_words_over = true,
                },
                () = tokio::time::sleep(job.silence_limit) => {
                    return Halt::Hung(job.silence_limit);
                }
            }
        }
    }
}

fn progress(status: Status) -> Progress {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within 0 and 1,000"
    )]
    let done = (status.percent.clamp(0.0, 100.0) * 10.0) as u64;
    Progress { sent: 0, received: status.found, done, probes: 1_000 }
}

/// The side of us that its router is on.
struct RouterSide {
    links: Links,
    index: u32,
    way: Way,
}

impl RouterSide {
    fn of(way: &Way) -> Self {
        let index = if_nametoindex(way.interface.as_str()).unwrap_or(0);
        Self { links: Links::open(), index, way: way.clone() }
    }

    /// Has the router say who it is, for masscan to hear something.
    fn ask(&self) {
        self.links.ask(self.index, self.way.source, self.way.router);
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Writes the targets, and closes the pipe.
fn feed(stdin: ChildStdin, targets: AddressSet) -> io::Result<()> {
    thread("masscan-targets", move || {
        let mut stdin = BufWriter::new(stdin);
        for range in targets.ranges() {
            // One that does not read them has ended, and that is seen elsewhere.
            if writeln!(stdin, "{}-{}", range.first(), range.last()).is_err() {
                return;
            }
        }
        let _ = stdin.flush();
    })
}

/// Gathers what it writes.
fn listen(
    stdout: ChildStdout,
    asked: Asked,
    kept: Option<Artifact>,
) -> io::Result<oneshot::Receiver<(Heard, Option<Artifact>)>> {
    let (done, heard) = oneshot::channel();
    thread("masscan-output", move || {
        let mut copied = Copied { source: stdout, kept };
        let heard = Heard::of(&mut copied, &asked);
        let _ = done.send((heard, copied.kept));
    })?;
    Ok(heard)
}

/// Reads what it says of itself, and tells how far it is each time that it does.
fn follow(
    stderr: ChildStderr,
    tell: watch::Sender<Status>,
    kept: Option<Artifact>,
) -> io::Result<oneshot::Receiver<(Words, Option<Artifact>)>> {
    let (done, words) = oneshot::channel();
    thread("masscan-words", move || {
        let mut copied = Copied { source: stderr, kept };
        let mut words = Words::default();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            match copied.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    if let Some(status) = words.take(&buffer[..count]) {
                        tell.send_replace(status);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = done.send((words, copied.kept));
    })?;
    Ok(words)
}

/// A stream of which a copy is kept.
struct Copied<R> {
    source: R,
    kept: Option<Artifact>,
}

impl<R: Read> Read for Copied<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        if let Some(kept) = &mut self.kept {
            kept.write(&buffer[..count]);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn job(program: &Path) -> MasscanJob {
        MasscanJob {
            program: program.to_owned(),
            targets: "10.0.0.0-10.0.0.2,10.0.0.9".parse().unwrap(),
            ports: vec![22, 80, 81, 82],
            udp_ports: vec![53, 123],
            pings: true,
            max_rate: None,
            way: Way {
                interface: "eth9".into(),
                source: [10, 1, 0, 1].into(),
                router: [10, 1, 0, 254].into(),
            },
            seed: 7,
            token: format!("test:{}", uuid::Uuid::now_v7()),
            artifacts: None,
            silence_limit: Duration::from_mins(1),
        }
    }

    /// Something that is called masscan and does what `script` says.
    fn program(directory: &TempDir, script: &str) -> PathBuf {
        let path = directory.path().join("masscan");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    async fn run_script(script: &str, stop: Stop) -> (MasscanEnd, Vec<Found>) {
        let directory = TempDir::new().unwrap();
        let (out, mut heard) = mpsc::channel(64);
        let end = run(job(&program(&directory, script)), out, stop).await;
        let mut found = Vec::new();
        while let Some(one) = heard.recv().await {
            if !matches!(one, Found::Progress(_)) {
                found.push(one);
            }
        }
        (end, found)
    }

    const ENTRY: &str = r#"{ "ip": "10.0.0.9", "timestamp": "1", "ports": [ {"port": 80, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 60} ] }"#;

    #[test]
    fn it_is_told_ports_and_its_way_and_nothing_else() {
        assert_eq!(
            job(Path::new("/usr/bin/masscan")).argv().join(" "),
            "/usr/bin/masscan -iL /dev/stdin -p 22,80-82,U:53,U:123 --rate 10000 --wait 3 \
             --retries 1 -e eth9 --adapter-ip 10.1.0.1 --router-ip 10.1.0.254 --seed 7 -oJ - --ping"
        );
    }

    #[test]
    fn no_word_of_its_command_line_is_too_long() {
        let every_other: Vec<u16> = (1..=u16::MAX).step_by(2).collect();
        let job = MasscanJob { ports: every_other.clone(), ..job(Path::new("/usr/bin/masscan")) };

        let arguments = job.arguments();

        assert!(arguments.iter().all(|word| word.len() < 128 * 1024));
        let words = arguments.windows(2).filter(|pair| pair[0] == "-p").map(|pair| &pair[1]);
        let ports: usize = words.map(|word| word.split(',').count()).sum();
        assert_eq!(ports, every_other.len() + 2);
    }

    #[test]
    fn where_there_is_none_it_is_said_where_it_was_looked_for() {
        let directory = TempDir::new().unwrap();
        let place = directory.path().to_str().unwrap();

        let missing = find_in(&[place]).unwrap_err();

        assert_eq!(missing, format!("masscan was not found in {place}: install it"));
        let path = program(&directory, "true");
        assert_eq!(find_in(&[place]), Ok(path.clone()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(find_in(&[place]).is_err());
    }

    #[tokio::test]
    async fn it_reads_the_targets_and_what_it_writes_becomes_hosts() {
        let script = format!(
            "read one; read two; read rest; test \"$one $two $rest\" = \
             '10.0.0.0-10.0.0.2 10.0.0.9-10.0.0.9 ' || exit 9; echo '[ {ENTRY} ]'"
        );

        let (end, found) = run_script(&script, Stop::new()).await;

        assert_eq!((end.outcome, end.reason.as_str()), (Outcome::Succeeded, ""));
        assert!(end.summary.starts_with("Port discovery by masscan: 1 open ports on 1 hosts"));
        assert_eq!(found.len(), 4);
        assert!(matches!(&found[3], Found::Host(host) if host.address.to_string() == "10.0.0.9"));
        let kinds: Vec<_> = end.scan_types.iter().map(|info| info.kind.as_str()).collect();
        assert_eq!(kinds, ["syn", "udp"]);
    }

    #[tokio::test]
    async fn one_that_fails_says_why_and_tells_of_no_host() {
        let script = "echo '[-] FAIL: failed to detect router' >&2; exit 1";

        let (end, found) = run_script(script, Stop::new()).await;

        assert_eq!(end.outcome, Outcome::Crashed);
        let reason = "masscan ended with exit status: 1: FAIL: failed to detect router";
        assert_eq!(end.reason, reason);
        assert_eq!(found, []);
    }

    #[tokio::test]
    async fn one_that_does_not_see_its_own_end_is_ended_and_has_said_enough() {
        let script = format!(
            "echo '[ {ENTRY} ,'; printf 'rate: 0.00-kpps, 100.00%% done, waiting -5-secs, \
             found=1   \\r' >&2; exec sleep 600"
        );

        let (end, found) = run_script(&script, Stop::new()).await;

        assert_eq!((end.outcome, found.len()), (Outcome::Succeeded, 4), "{end:?}");
    }

    #[tokio::test]
    async fn one_that_is_stopped_tells_of_no_host() {
        let stop = Stop::new();
        stop.now("the scan was stopped");

        let (end, found) = run_script(&format!("echo '[ {ENTRY} ,'; exec sleep 600"), stop).await;

        assert_eq!((end.outcome, end.reason.as_str()), (Outcome::Killed, "the scan was stopped"));
        assert_eq!(found, []);
    }

    #[tokio::test]
    async fn what_is_no_json_is_no_result() {
        let (end, found) = run_script("echo 'Segmentation fault'", Stop::new()).await;

        assert_eq!(end.outcome, Outcome::Crashed);
        assert!(end.reason.starts_with("masscan did not write JSON: "), "{}", end.reason);
        assert_eq!(found, []);
    }
}
