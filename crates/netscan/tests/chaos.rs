//! Kills the program and its nmaps at random while real scans run, resumes each time, and checks
//! that nothing was lost, doubled or left running.
//!
//! `NETSCAN_CHAOS_KILLS` sets how many kills (100), `NETSCAN_CHAOS_SEED` repeats a run.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test starts the program, reads its settings, says what it hit, and ends where \
              something is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use netscan_model::address::AddressSet;
use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::CoverageState;
use netscan_model::observation::PortState;
use netscan_model::scan::State;
use netscan_store::{HostCursor, Store};

/// What every scan covers: loopback addresses, all of which answer.
const TARGETS: &str = "127.77.0.0/26";
/// Kills that one scan goes through before it is left to end.
const KILLS_PER_SCAN: u32 = 10;
/// The promise: this long after any death, nothing of ours runs any more.
const ORPHAN_LIMIT: Duration = Duration::from_secs(5);
/// Longer than any scan here takes, by far.
const DEADLINE: Duration = Duration::from_mins(2);

/// `SplitMix64`: a seed gives the same faults again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Faults that took effect, so that a run in which nothing was hit does not pass.
#[derive(Debug, Default)]
struct Hits {
    program: u32,
    nmap: u32,
    mid_batch: u32,
}

struct Lab {
    directory: tempfile::TempDir,
    listeners: Vec<TcpListener>,
}

impl Lab {
    fn new() -> Self {
        let listener = || TcpListener::bind("0.0.0.0:0").unwrap();
        Self {
            directory: tempfile::tempdir().unwrap(),
            listeners: vec![listener(), listener(), listener()],
        }
    }

    fn database(&self) -> PathBuf {
        self.directory.path().join("netscan.db")
    }

    fn open_ports(&self) -> BTreeSet<u16> {
        self.listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
    }

    fn netscan(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netscan"));
        command.arg("--data-dir").arg(self.directory.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Plans a scan of about three seconds and leaves it to be run.
    fn plan(&self) {
        let ports: Vec<_> = self.open_ports().iter().map(u16::to_string).collect();
        let options = format!("-sT -Pn -T4 -p {},1-120 --max-rate 1500", ports.join(","));
        let list = self.directory.path().join("targets.txt");
        fs::write(&list, TARGETS).unwrap();
        let list = list.to_str().unwrap();
        assert!(self.netscan(&["ingest", list]).status().unwrap().success());
        let limits = ["--batch-size", "4", "--concurrency", "3"];
        let plan = ["plan", "--options", &options];
        assert!(self.netscan(&[&plan[..], &limits[..]].concat()).status().unwrap().success());
    }
}

#[test]
fn a_hundred_kills_lose_nothing_double_nothing_and_leave_nothing_running() {
    let kills = setting("NETSCAN_CHAOS_KILLS", 100);
    let seed = setting("NETSCAN_CHAOS_SEED", 20_261_121);
    println!("{kills} kills, NETSCAN_CHAOS_SEED={seed}");
    let mut chance = Chance(seed);
    let mut hits = Hits::default();

    let mut left = u32::try_from(kills).unwrap();
    while left > 0 {
        let round = left.min(KILLS_PER_SCAN);
        survive(round, &mut chance, &mut hits);
        left -= round;
    }

    println!("{hits:?}");
    let enough = u32::try_from(kills / 10).unwrap();
    assert!(hits.program >= enough && hits.nmap >= enough, "too few faults of one kind: {hits:?}");
    assert!(hits.mid_batch >= enough, "too few faults hit a running batch: {hits:?}");
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("it is a number"))
}

/// One scan through `kills` kills and to its end.
fn survive(kills: u32, chance: &mut Chance, hits: &mut Hits) {
    let lab = Lab::new();
    lab.plan();
    let began = Instant::now();
    let mut program = lab.netscan(&["run", "latest"]).spawn().unwrap();
    for _ in 0..kills {
        std::thread::sleep(Duration::from_millis(50 + chance.below(600)));
        let nmaps = children_of(&program);
        if chance.below(10) < 4 && !nmaps.is_empty() {
            let victim = nmaps[usize::try_from(chance.below(nmaps.len() as u64)).unwrap()];
            hits.nmap += u32::from(kill(victim));
        } else if program.try_wait().unwrap().is_none() {
            hits.program += u32::from(kill(program.id()));
            program.wait().unwrap();
            wait_until(ORPHAN_LIMIT, "an nmap outlived the program", || {
                nmaps.iter().all(|pid| !is_alive(*pid))
            });
            program = lab.netscan(&["run", "latest"]).spawn().unwrap();
        }
    }
    while program.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < DEADLINE, "the scan does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    check(&lab, hits);
}

/// The nmaps that `program` has started.
fn children_of(program: &Child) -> Vec<u32> {
    let parent = program.id().to_string();
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        after_name.split(' ').nth(1) == Some(parent.as_str())
    };
    all_pids().filter(is_child).collect()
}

fn all_pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Whether there was still something to kill.
fn kill(pid: u32) -> bool {
    let was_alive = is_alive(pid);
    let status = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
    was_alive && status.unwrap().success()
}

fn wait_until(limit: Duration, complaint: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + limit;
    while !is_so() {
        assert!(Instant::now() < deadline, "{complaint}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn check(lab: &Lab, hits: &mut Hits) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&lab.database()).await.unwrap();
        let realm = store.default_realm().await.unwrap();
        let scan = realm.find_scan("default", "latest").await.unwrap().unwrap();
        assert!(matches!(scan.status, State::Completed | State::Partial), "{scan:?}");
        let failed = check_coverage(&store, scan.id).await;
        check_hosts(lab, &store, scan.id, &failed).await;
        check_attempts(&store, scan.id, hits).await;
        check_events(&store, scan.id).await;
        assert_eq!(store.quarantined(scan.id).await.unwrap(), 0);
    });
    let instance_is_gone = || all_pids().all(|pid| !is_ours(pid, lab));
    wait_until(ORPHAN_LIMIT, "a program of ours still runs", instance_is_gone);
}

/// Whether a program works in the lab's directory or was started by one that does.
fn is_ours(pid: u32, lab: &Lab) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).into_owned();
    is_alive(pid) && line.contains(lab.directory.path().to_str().unwrap())
}

/// Every planned address is in the ledger once. What comes back are the failed ones.
async fn check_coverage(store: &Store, scan: uuid::Uuid) -> AddressSet {
    let planned: AddressSet = TARGETS_SET.parse().unwrap();
    let counts = store.coverage(scan).await.unwrap();
    assert_eq!(u128::from(counts.planned), planned.count());
    let mut seen = AddressSet::new();
    let mut failed = AddressSet::new();
    for state in CoverageState::ALL {
        let lines = store.coverage_ranges(scan, *state).await.unwrap();
        let here: AddressSet = lines.iter().map(|line| line.addresses).collect();
        assert_eq!(u128::from(counts.count(*state)), here.count(), "{state}");
        assert!(seen.intersect(&here).is_empty(), "{state} repeats {:?}", seen.intersect(&here));
        seen = seen.union(&here);
        if *state == CoverageState::Failed {
            failed = here;
        }
    }
    assert_eq!(seen, planned, "an address was lost");
    assert_eq!(counts.up + counts.failed, counts.planned, "{counts:?}");
    failed
}

/// [`TARGETS`] as a set.
const TARGETS_SET: &str = "127.77.0.0-127.77.0.63";

async fn check_hosts(lab: &Lab, store: &Store, scan: uuid::Uuid, failed: &AddressSet) {
    let planned: AddressSet = TARGETS_SET.parse().unwrap();
    let hosts = store.hosts(scan, &HostCursor::default(), 1_000).await.unwrap();
    let found: Vec<_> = hosts.iter().map(|host| host.address).collect();
    let distinct: AddressSet = found.iter().copied().collect();
    assert_eq!(distinct.count(), found.len() as u128, "a host is there twice");
    assert_eq!(distinct.union(failed), planned);
    for host in hosts {
        let open = host.ports.iter().filter(|port| port.state == PortState::Open);
        let open: Vec<_> = open.map(|port| port.port).collect();
        assert_eq!(open, lab.open_ports().into_iter().collect::<Vec<_>>(), "{}", host.address);
    }
}

/// No two attempts at one batch ran at the same time, and the faults are on record.
async fn check_attempts(store: &Store, scan: uuid::Uuid, hits: &mut Hits) {
    let mut by_batch: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    for attempt in store.attempts(scan).await.unwrap() {
        if matches!(attempt.outcome, Outcome::Lost | Outcome::Killed) {
            hits.mid_batch += 1;
        }
        by_batch.entry(attempt.batch_number).or_default().push(attempt);
    }
    for (batch, attempts) in by_batch {
        for pair in attempts.windows(2) {
            let ended = pair[0].ended_at.expect("an attempt that was followed has ended");
            assert!(pair[0].epoch < pair[1].epoch && ended <= pair[1].started_at, "batch {batch}");
        }
    }
    for batch in store.batches(scan).await.unwrap() {
        let is_open = matches!(batch.status, StateName::Waiting | StateName::Leased);
        assert!(!is_open, "batch {} is {}", batch.number, batch.status);
    }
}

async fn check_events(store: &Store, scan: uuid::Uuid) {
    let events = store.events(scan, 0, 100_000).await.unwrap();
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>(), "a gap in the events");
    let endings = events.iter().filter(|event| event.event == "scan_complete").count();
    assert_eq!(endings, 1);
}
