//! Starts attempts and looks at what they leave behind.

use std::path::Path;
use std::time::{Duration, Instant};

use netscan_modules::nmap::run::{AttemptEnd, NmapJob, Observation, Stop, run};
use netscan_testkit::FakeNmap;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Longer than anything here may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A fake nmap with a directory of its own.
pub(crate) struct Installed {
    pub(crate) directory: TempDir,
    pub(crate) instance: String,
}

pub(crate) fn installed(fake: &FakeNmap) -> Installed {
    let directory = tempfile::tempdir().unwrap();
    let _ = fake.install(directory.path());
    Installed { directory, instance: instance() }
}

/// A name that no other test has.
pub(crate) fn instance() -> String {
    format!("test-{}", uuid::Uuid::now_v7())
}

impl Installed {
    pub(crate) fn job(&self, targets: &str) -> NmapJob {
        let program = self.directory.path().join("nmap");
        NmapJob::new(program, targets.parse().unwrap(), format!("{}:1", self.instance))
    }
}

/// An attempt under way.
pub(crate) struct Running {
    pub(crate) seen: mpsc::Receiver<Observation>,
    pub(crate) stop: Stop,
    pub(crate) end: tokio::task::JoinHandle<AttemptEnd>,
}

pub(crate) fn started(job: NmapJob) -> Running {
    let (out, seen) = mpsc::channel(64);
    let stop = Stop::new();
    let end = tokio::spawn(run(job, out, stop.clone()));
    Running { seen, stop, end }
}

impl Running {
    /// Waits for the first observation that `is_it`.
    pub(crate) async fn until(&mut self, is_it: impl Fn(&Observation) -> bool) -> Observation {
        let search = async {
            loop {
                let next = self.seen.recv().await.expect("it comes before the end");
                if is_it(&next) {
                    return next;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.expect("it comes in time")
    }

    /// Takes the rest, and then what it came to.
    pub(crate) async fn finish(mut self) -> (Vec<Observation>, AttemptEnd) {
        let mut rest = Vec::new();
        let all = async {
            while let Some(next) = self.seen.recv().await {
                rest.push(next);
            }
            self.end.await.unwrap()
        };
        let end = tokio::time::timeout(PATIENCE, all).await.expect("it ends in time");
        (rest, end)
    }
}

pub(crate) async fn completed(job: NmapJob) -> (Vec<Observation>, AttemptEnd) {
    started(job).finish().await
}

/// The addresses of the hosts that were found.
pub(crate) fn hosts(seen: &[Observation]) -> Vec<String> {
    let address = |observation: &Observation| match observation {
        Observation::Host(host) => Some(host.address.to_string()),
        _ => None,
    };
    seen.iter().filter_map(address).collect()
}

/// Waits until `is_so`, and says whether it ever was.
pub(crate) fn eventually(is_so: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    true
}

/// The processes that belong to `instance`, zombies not counted: they have no environment.
pub(crate) fn processes_of(instance: &str) -> Vec<u32> {
    let token = format!("NETSCAN_ATTEMPT={instance}:");
    let is_ours = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(token.as_bytes()))
    };
    let entries = std::fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(is_ours).collect()
}

pub(crate) fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

pub(crate) fn pid_of(started: &Observation) -> u32 {
    match started {
        Observation::Started { pid, .. } => *pid,
        other => panic!("{other:?} comes before the start"),
    }
}

pub(crate) fn is_start(observation: &Observation) -> bool {
    matches!(observation, Observation::Started { .. })
}

pub(crate) fn is_host(observation: &Observation) -> bool {
    matches!(observation, Observation::Host(_))
}
