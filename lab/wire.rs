//! The lab's wire: carries Ethernet frames between two TAP devices, late and not always.
//!
//! ```text
//!   scanner (stdin)  ──▶ read ─ lose? ─ due = now + delay ──▶ queue ──▶ write ──▶  hosts (stdout)
//!   scanner (stdin)  ◀── write ◀── queue ◀── due = now + delay + slow ─ lose? ─ read ◀──  hosts (stdout)
//! ```
//!
//! `lab.py` opens the devices and hands them over as standard input and output, so this program
//! needs no privilege, no unsafe code and no crate. It ends when a device goes away.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "wire [--delay-us N] [--loss PERCENT] [--seed N] [--slow ADDRESS=MS]…";
/// A read that took longer than this had to wait for its frame.
const IDLE: Duration = Duration::from_micros(20);
const LONGEST_TICK: Duration = Duration::from_micros(50);
const LARGEST_FRAME: usize = 2048;
/// What a switch would hold before it drops: far above what a scan has on its way in one delay.
const LONGEST_QUEUE: usize = 262_144;

/// What the wire does to frames of one direction.
#[derive(Clone)]
struct Manner {
    /// How long every frame is on its way.
    delay: Duration,
    /// How much longer, by the IPv4 address that sent it.
    slow: HashMap<Ipv4Addr, Duration>,
    /// Frames lost of 2^32.
    loss: u64,
    /// What decides which.
    seed: u64,
}

impl Manner {
    /// How far frames may be moved in time so that they can be carried together.
    fn tick(&self) -> Duration {
        LONGEST_TICK.min(self.delay / 10)
    }
}

fn main() {
    if let Err(error) = run(env::args().skip(1)) {
        let _ = writeln!(io::stderr(), "wire: {error}");
        process::exit(1);
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let manner = parse(arguments)?;
    let scanner = || io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let hosts = || io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let outbound = Manner { slow: HashMap::new(), ..manner.clone() };
    let inbound = Manner { seed: manner.seed.wrapping_add(1), ..manner };

    let threads = [carry(scanner()?, hosts()?, outbound), carry(hosts()?, scanner()?, inbound)];

    for thread in threads.into_iter().flatten() {
        let _ = thread.join();
    }
    Ok(())
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Manner, Box<dyn Error>> {
    let mut manner = Manner { delay: Duration::ZERO, slow: HashMap::new(), loss: 0, seed: 0 };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--delay-us" => manner.delay = Duration::from_micros(value.parse()?),
            "--loss" => manner.loss = loss_of_2_32(value.parse()?),
            "--seed" => manner.seed = value.parse()?,
            "--slow" => {
                let (address, ms) = value.split_once('=').ok_or(USAGE)?;
                manner.slow.insert(address.parse()?, Duration::from_millis(ms.parse()?));
            }
            _ => return Err(USAGE.into()),
        }
    }
    Ok(manner)
}

fn loss_of_2_32(percent: f64) -> u64 {
    // In hundred-thousandths of a percent, so that the cast is exact enough and never negative.
    let parts = (percent.clamp(0.0, 100.0) * 1e5).round();
    format!("{parts:.0}").parse::<u64>().map_or(0, |parts| (parts << 32) / 10_000_000)
}

/// Starts the two threads of one direction: one reads and stamps, one waits and writes.
fn carry(from: File, to: File, manner: Manner) -> [thread::JoinHandle<()>; 2] {
    let queue = Arc::new(Queue::default());
    let filled = Arc::clone(&queue);
    let tick = manner.tick();
    [
        thread::spawn(move || read_frames(from, &filled, &manner)),
        thread::spawn(move || write_frames(to, &queue, tick)),
    ]
}

fn read_frames(mut from: File, queue: &Queue, manner: &Manner) {
    let mut chance = Chance(manner.seed);
    let mut bytes = [0; LARGEST_FRAME];
    let mut number = 0;
    loop {
        let asked = Instant::now();
        let Ok(length @ 1..) = from.read(&mut bytes) else { break };
        let arrived = Instant::now();
        if chance.next() >> 32 >= manner.loss {
            let frame = &bytes[..length];
            let due = arrived + manner.delay + extra_delay(frame, &manner.slow);
            number += 1;
            queue.push(Frame { due, number, bytes: frame.into() });
        }
        if arrived - asked > IDLE {
            // Waking up costs more than carrying a frame: the next ones are read together.
            thread::sleep(manner.tick());
        }
    }
    // A device that went away: the namespace is gone, and so is what the wire is for.
    process::exit(0);
}

fn write_frames(mut to: File, queue: &Queue, tick: Duration) {
    let mut due = Vec::new();
    loop {
        queue.take_due(&mut due, tick);
        for frame in due.drain(..) {
            // A device that is down takes nothing. That is a lost frame, as on any other wire.
            let _ = to.write(&frame.bytes);
        }
    }
}

/// ARP is slowed down as IPv4 is: a scanner learns from it how long to wait.
fn extra_delay(frame: &[u8], slow: &HashMap<Ipv4Addr, Duration>) -> Duration {
    let source = match frame.get(12..14) {
        _ if slow.is_empty() => None,
        Some([0x08, 0x00]) => frame.get(26..30),
        Some([0x08, 0x06]) => frame.get(28..32),
        _ => None,
    };
    let source = source.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    source.and_then(|source| slow.get(&source.into()).copied()).unwrap_or_default()
}

/// A frame on its way, ordered so that the one due first is the greatest.
struct Frame {
    due: Instant,
    /// Keeps frames that are due together in the order they came.
    number: u64,
    bytes: Box<[u8]>,
}

impl Ord for Frame {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl PartialOrd for Frame {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Frame {}

/// The frames on their way in one direction.
#[derive(Default)]
struct Queue {
    frames: Mutex<BinaryHeap<Frame>>,
    earlier: Condvar,
}

impl Queue {
    fn push(&self, frame: Frame) {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if frames.len() >= LONGEST_QUEUE {
            return;
        }
        let is_first = frames.peek().is_none_or(|first| frame.due < first.due);
        frames.push(frame);
        drop(frames);
        if is_first {
            self.earlier.notify_one();
        }
    }

    /// Waits until a frame is due, then moves to `due` all that are, or will be within a `tick`.
    fn take_due(&self, due: &mut Vec<Frame>, tick: Duration) {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        while due.is_empty() {
            let now = Instant::now();
            while frames.peek().is_some_and(|first| first.due <= now + tick) {
                due.extend(frames.pop());
            }
            let Some(first) = frames.peek() else {
                if due.is_empty() {
                    frames = self.earlier.wait(frames).unwrap_or_else(PoisonError::into_inner);
                }
                continue;
            };
            if due.is_empty() {
                let pause = first.due - now;
                let waited = self.earlier.wait_timeout(frames, pause);
                frames = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

/// `SplitMix64`: small, seeded, and good enough to lose frames by.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
