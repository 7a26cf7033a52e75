//! Many addresses: what is refused at once, and what a large scan costs.
#![expect(clippy::disallowed_methods, reason = "a test starts the program and reads its settings")]

use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::net::Ipv4Addr;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How often a program is asked for the most memory it has used. What comes after the last time is
/// not seen.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Longer than any program here takes, by far.
const DEADLINE: Duration = Duration::from_mins(5);

const MIB: u64 = 1 << 20;

/// A place of its own for one test.
struct Desk(TempDir);

/// What a program came to.
struct Ended {
    output: Output,
    took: Duration,
    /// The most memory that was resident at a time, without its children's.
    peak_bytes: u64,
}

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory can be made"))
    }

    /// Writes a file and gives its path as an argument.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a file of the test can be written");
        path.to_string_lossy().into_owned()
    }

    fn netscan(&self, address_limit: Option<u32>, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netscan"));
        command.arg("--data-dir").arg(self.0.path().join("data")).args(arguments);
        command.env_remove("NETSCAN_ADDRESS_LIMIT").env("HOME", self.0.path());
        command.envs(address_limit.map(|limit| ("NETSCAN_ADDRESS_LIMIT", limit.to_string())));
        run(command.stdin(Stdio::null()))
    }

    /// The JSON of a command that must succeed.
    fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.netscan(None, &[arguments, &["--json"]].concat());
        serde_json::from_str(&ended.said()).expect("--json prints JSON")
    }
}

impl Ended {
    fn said(&self) -> String {
        let complaint = String::from_utf8_lossy(&self.output.stderr);
        assert!(self.output.status.success(), "{}: {complaint}", self.output.status);
        String::from_utf8(self.output.stdout.clone()).expect("the program writes UTF-8")
    }
}

/// Runs a program to its end and watches its memory.
fn run(command: &mut Command) -> Ended {
    let began = Instant::now();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program is built");
    let status = format!("/proc/{}/status", child.id());
    let rest = std::thread::spawn(move || child.wait_with_output().expect("the program ends"));
    let mut peak_bytes = 0;
    while !rest.is_finished() {
        assert!(began.elapsed() < DEADLINE, "{command:?} does not end");
        peak_bytes = peak_bytes.max(high_water(&status));
        std::thread::park_timeout(LOOK_EVERY);
    }
    let output = rest.join().expect("the program was waited for");
    Ended { output, took: began.elapsed(), peak_bytes }
}

/// `VmHWM` of a process in bytes, or 0 when it has ended.
fn high_water(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1_024
}

#[test]
fn a_slash_8_is_refused_in_no_time_with_its_count() {
    let desk = Desk::new();

    let ended = desk.netscan(None, &["scan", "10.0.0.0/8"]);

    let told = String::from_utf8_lossy(&ended.output.stderr);
    let refused = "error: the targets hold 16777216 addresses, more than the limit of 65536";
    assert_eq!(ended.output.status.code(), Some(1), "{told}");
    assert!(told.starts_with(refused), "{told}");
    assert!(told.contains("NETSCAN_ADDRESS_LIMIT"), "{told}");
    assert!(ended.took < Duration::from_secs(2), "{:?}", ended.took);
    assert!(ended.peak_bytes < 64 * MIB, "{} bytes", ended.peak_bytes);
}

#[test]
fn a_slash_8_is_planned_in_little_memory() {
    let desk = Desk::new();
    let limit = Some(1 << 24);
    let list = desk.file("targets.txt", "10.0.0.0/8\n");
    desk.netscan(limit, &["ingest", &list]).said();

    let ended = desk.netscan(limit, &["plan", "--options", "-sT -Pn -T4 -p 1"]);

    ended.said();
    println!("planned in {:?} and {} bytes", ended.took, ended.peak_bytes);
    assert!((MIB..64 * MIB).contains(&ended.peak_bytes), "{} bytes", ended.peak_bytes);
    let status = desk.json(&["status", "latest"]);
    let batches = status["batches"].as_array().unwrap();
    assert_eq!(batches.len(), 65_536);
    assert!(batches.iter().all(|batch| batch["address_count"] == 256));
}

#[test]
fn a_hundred_thousand_addresses_are_scanned_once_each_in_bounded_memory() {
    const COUNT: u32 = 100_000;
    let desk = Desk::new();
    let limit = Some(COUNT);
    let first = u32::from(Ipv4Addr::new(127, 0, 0, 0));
    let addresses = (first..first + COUNT).map(Ipv4Addr::from);
    let lines = addresses.clone().fold(String::new(), |mut lines, address| {
        writeln!(lines, "{address}").expect("a string takes all");
        lines
    });
    let list = desk.file("targets.txt", &lines);

    let ingested = desk.netscan(limit, &["ingest", &list]);
    let planned = desk.netscan(limit, &["plan", "--options", "-sT -Pn -T4 -p 1"]);
    ingested.said();
    planned.said();
    let ran = desk.netscan(limit, &["run", "latest", "-q", "-o", "/dev/null"]);

    ran.said();
    let accepted = ingested.took + planned.took;
    println!("accepted in {accepted:?}, done in {:?} and {} bytes", ran.took, ran.peak_bytes);
    assert!(accepted < Duration::from_secs(10), "{accepted:?}");
    for ended in [&ingested, &planned, &ran] {
        assert!((MIB..256 * MIB).contains(&ended.peak_bytes), "{} bytes", ended.peak_bytes);
    }
    let coverage = desk.json(&["coverage", "latest"])["coverage"].take();
    assert_eq!((&coverage["planned"], &coverage["up"]), (&COUNT.into(), &COUNT.into()));
    let lines = desk.netscan(None, &["results", "latest", "--format", "jsonl"]).said();
    let found: Vec<_> = lines.lines().filter_map(address_of_host).collect();
    assert_eq!(found.len(), addresses.len(), "a host is there twice, or not at all");
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), addresses.collect());
}

/// The address, if the line is a host that is up.
fn address_of_host(line: &str) -> Option<Ipv4Addr> {
    let line: Value = serde_json::from_str(line).expect("a line of JSON");
    let is_up = line["status"] == "up";
    is_up.then(|| line["address"].as_str()?.parse().ok()).flatten()
}
