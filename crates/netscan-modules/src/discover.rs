//! Which hosts are there and which of their ports are open, found out by this program itself.
//!
//! ```text
//!  addresses ─▶ parts ─▶ who is there (ping) ─▶ which ports answer (ports, or connect) ─▶ udp
//!                              │                        │
//!                              └── tallies, one a host ─┴─▶ tarpits judged ─▶ Found, host by host
//! ```
//!
//! With raw sockets, probes are sent by one thread and answers are heard by another, and nothing is
//! kept for a probe that is on its way but one bit ([`exchange`]). Without them the kernel connects
//! ([`connect`]). Nothing is ever sent to an address that is not among the job's.
//!
//! [`discover`] never fails: whatever happens is a [`DiscoverEnd`] with a reason.

mod connect;
mod cookie;
mod exchange;
pub(crate) mod link;
mod neighbours;
mod order;
mod pace;
mod packet;
mod payloads;
mod ping;
mod ports;
mod sockets;
pub(crate) mod tally;
pub(crate) mod targets;
pub mod tarpit;
mod udp;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use netscan_model::batch::Outcome;
use netscan_model::observation::{ExtraPorts, Host, Port, Protocol, ScanInfo, Times};
use netscan_model::{Address, AddressSet};
use tokio::sync::{mpsc, oneshot};

use crate::nmap::run::Stop;
use cookie::Cookies;
use exchange::{Exchange, Ring, Sender};
use link::Links;
use neighbours::Neighbours;
use pace::{Bucket, Pace};
use payloads::Payloads;
use ping::Who;
use ports::{Book, Rounds};
use sockets::Sockets;
use tally::{Tally, Wording};
use targets::{Reach, Target, Targets};

/// More addresses than these are asked in parts.
const MOST_HOSTS: u128 = 65_536;
/// More probes than these are sent in parts: a bit of memory each.
const MOST_PROBES: u128 = 1 << 28;
/// More addresses than these are no job for one attempt.
const MOST_ADDRESSES: u128 = 1 << 24;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// What is to be looked for, and within which bounds.
#[derive(Clone, Debug)]
pub struct DiscoverJob {
    /// Where. Nothing is sent to any other address.
    pub targets: AddressSet,
    /// Which TCP ports.
    pub ports: Vec<u16>,
    /// Which UDP ports.
    pub udp_ports: Vec<u16>,
    /// nmap's file of what is said to UDP ports. Without it, only a few services are spoken to.
    pub udp_payloads: Option<PathBuf>,
    /// Whether hosts must show that they are there before their ports are asked for.
    pub ping: Ping,
    /// Packets sent in any second at most, those that the kernel sends for us included.
    pub max_rate: Option<NonZeroU32>,
    /// How long ports of one host may be asked for. What was learned until then is kept.
    pub host_timeout: Option<Duration>,
    /// Whether raw sockets may be used. If they cannot be had, the kernel connects.
    pub raw_sockets: bool,
    /// What decides the order of probes.
    pub seed: u64,
}

impl DiscoverJob {
    /// A job within the usual bounds.
    #[must_use]
    pub fn new(targets: AddressSet, ports: Vec<u16>) -> Self {
        Self {
            targets,
            ports,
            udp_ports: Vec::new(),
            udp_payloads: None,
            ping: Ping::All,
            max_rate: None,
            host_timeout: None,
            raw_sockets: true,
            seed: 0,
        }
    }
}

/// Whether hosts must show that they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ping {
    /// As nmap does it by default: echo, timestamp, SYN on 443 and ACK on 80; connections to 80 and
    /// 443 without raw sockets.
    All,
    /// Every address is asked for its ports (`-Pn`), but for those of our own links that have no
    /// hardware address: nothing can be sent to them.
    Skip,
}

/// What is told while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A host that answered, complete.
    Host(Box<HostSeen>),
    /// An address that did not answer anything.
    Down {
        /// Which.
        address: Address,
        /// How that is known, in nmap's words.
        reason: &'static str,
    },
    /// How far it has come. Not every step arrives.
    Progress(Progress),
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Packets sent so far.
    pub sent: u64,
    /// Answers received so far.
    pub received: u64,
    /// Probes of a first round that need not be sent any more, of `probes`.
    pub done: u64,
    /// Probes of a first round in all.
    pub probes: u64,
}

impl Progress {
    /// The same in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        let tenths = (self.done.saturating_mul(1_000) / self.probes.max(1)).min(1_000);
        u32::try_from(tenths).map_or(100.0, |tenths| f64::from(tenths) / 10.0)
    }
}

/// A host that answered.
#[derive(Clone, Debug, PartialEq)]
pub struct HostSeen {
    /// Where it is, with the zone that it was asked for with.
    pub address: Address,
    /// How it is known to be up, in nmap's words.
    pub reason: &'static str,
    /// The hops that this answer had left.
    pub reason_ttl: Option<u8>,
    /// Its hardware address, if it is on one of our links.
    pub hardware: Option<[u8; 6]>,
    /// Its open ports, and those in states that few ports are in.
    pub ports: Vec<Port>,
    /// The others, counted by state.
    pub extra_ports: Vec<ExtraPorts>,
    /// The shortest time to an answer; up to 10 ms too long.
    pub rtt: Option<Duration>,
    /// Why its open ports may not be real, if that is likely.
    pub suspect: Option<Suspicion>,
    /// Whether its time was over before each port had been asked for.
    pub timed_out: bool,
}

impl HostSeen {
    /// The same in the product's words. Whoever knows names of services adds them.
    #[must_use]
    pub fn into_host(self) -> Host {
        let mut host = Host::at(self.address);
        self.reason.clone_into(&mut host.reason);
        host.reason_ttl = self.reason_ttl.map(u32::from);
        host.timed_out = self.timed_out;
        host.mac = self.hardware.map(|bytes| bytes.map(|byte| format!("{byte:02X}")).join(":"));
        host.ports = self.ports;
        host.extra_ports = self.extra_ports;
        host.details.suspect = self.suspect.map(|suspicion| suspicion.evidence);
        host.details.times = self.rtt.map(|rtt| {
            let micros = i64::try_from(rtt.as_micros()).unwrap_or(i64::MAX);
            Times { srtt: micros, rttvar: micros, to: (micros * 4).max(100_000) }
        });
        host
    }
}

/// Why a host's open ports may not be real.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// What speaks for it, as a clause for people.
    pub evidence: String,
}

/// How ports were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// By SYN over raw sockets.
    #[default]
    Syn,
    /// By connections of the kernel.
    Connect,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct DiscoverEnd {
    /// What became of it.
    pub outcome: Outcome,
    /// Why, for people.
    pub reason: String,
    /// How ports were asked for.
    pub method: Method,
    /// Why there were no raw sockets, if they were wanted.
    pub without_raw_sockets: Option<String>,
    /// Packets sent, without those of the kernel.
    pub packets_sent: u64,
    /// Answers to them.
    pub answers: u64,
    /// The highest rate that was tried, in packets per second.
    pub fastest: u32,
    /// How often it had to slow down.
    pub slowdowns: u32,
    /// How often ports without an answer were asked for, at most.
    pub rounds: u32,
    /// Ports that only a second or later probe got an answer from: the loss that was made good.
    pub found_late: u64,
    /// Those of them that the last round found. Zero means that nothing was left to be found.
    pub found_last: u64,
    /// How long it took.
    pub took: Duration,
    /// What was looked for, in nmap's words.
    pub scan_types: Vec<ScanInfo>,
}

/// Finds out which hosts are there and which of their ports are open.
///
/// Hosts wait for room in `out`; drop the receiver to abandon the run. Dropping the future ends it.
pub async fn discover(job: DiscoverJob, out: mpsc::Sender<Found>, stop: Stop) -> DiscoverEnd {
    let shared = Arc::new(Shared::new());
    let _halts = HaltOnDrop(Arc::clone(&shared));
    let began = Instant::now();
    let (done, mut end) = oneshot::channel();
    let run = Run { job, out: out.clone(), shared: Arc::clone(&shared) };
    let started = thread::Builder::new().name("discover".to_owned()).spawn(move || {
        let _ = done.send(run.run());
    });
    if let Err(error) = started {
        return DiscoverEnd::without(
            Outcome::Crashed,
            format!("cannot start a thread: {error}"),
            began,
        );
    }
    let mut clock = tokio::time::interval(TELL_EVERY);
    let mut stopped = None;
    loop {
        tokio::select! {
            biased;
            result = &mut end => {
                let mut end = result.unwrap_or_else(|_| {
                    DiscoverEnd::without(Outcome::Crashed, "discovery broke down".into(), began)
                });
                if let Some(reason) = stopped {
                    (end.outcome, end.reason) = (Outcome::Killed, reason);
                }
                end.took = began.elapsed();
                return end;
            }
            reason = stop.requested(), if stopped.is_none() => {
                stopped = Some(reason);
                shared.halt.store(true, Relaxed);
            }
            () = out.closed(), if stopped.is_none() => {
                stopped = Some("nobody wants to know any more".to_owned());
                shared.halt.store(true, Relaxed);
            }
            _ = clock.tick() => {
                // Whoever is slow to take hosts need not be told how far it has come.
                let _ = out.try_send(Found::Progress(shared.progress()));
            }
        }
    }
}

/// What the run and those who watch it share.
struct Shared {
    halt: AtomicBool,
    ring: Ring,
    done: AtomicU64,
    probes: AtomicU64,
}

impl Shared {
    fn new() -> Self {
        Self {
            halt: AtomicBool::new(false),
            ring: Ring::new(),
            done: AtomicU64::new(0),
            probes: AtomicU64::new(0),
        }
    }

    fn progress(&self) -> Progress {
        let sent = self.ring.sent.load(Relaxed);
        let probes = self.probes.load(Relaxed);
        Progress {
            sent,
            received: self.ring.received.load(Relaxed),
            // Those of the part that is under way are known by what was sent.
            done: self.done.load(Relaxed).max(sent.min(probes)),
            probes,
        }
    }
}

/// Ends the threads when nobody waits for them any more.
struct HaltOnDrop(Arc<Shared>);

impl Drop for HaltOnDrop {
    fn drop(&mut self) {
        self.0.halt.store(true, Relaxed);
    }
}

impl DiscoverEnd {
    pub(crate) fn without(outcome: Outcome, reason: String, began: Instant) -> Self {
        Self {
            outcome,
            reason,
            method: Method::default(),
            without_raw_sockets: None,
            packets_sent: 0,
            answers: 0,
            fastest: 0,
            slowdowns: 0,
            rounds: 0,
            found_late: 0,
            found_last: 0,
            took: began.elapsed(),
            scan_types: Vec::new(),
        }
    }

    /// How it went, as a line for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let how = match self.method {
            Method::Syn => "by SYN",
            Method::Connect => "by connections",
        };
        let seconds = self.took.as_secs_f64().max(0.001);
        let slowdowns = match self.slowdowns {
            0 => "never slowed down".to_owned(),
            1 => "slowed down once".to_owned(),
            times => format!("slowed down {times} times"),
        };
        format!(
            "Port discovery {how}: {} packets in {seconds:.1} s, {} answers, at most {} a second, \
             {slowdowns}; {} ports were heard only when asked again",
            self.packets_sent, self.answers, self.fastest, self.found_late
        )
    }

    fn add(&mut self, rounds: Rounds) {
        self.rounds = self.rounds.max(rounds.count);
        self.found_late += rounds.found_late;
        self.found_last += rounds.found_last;
    }
}

/// A run on its own thread.
struct Run {
    job: DiscoverJob,
    out: mpsc::Sender<Found>,
    shared: Arc<Shared>,
}

/// What is carried on from one part to the next.
struct Gait {
    sockets: Option<Sockets>,
    links: Links,
    cookies: Cookies,
    pace: Pace,
    bucket: Bucket,
    payloads: Payloads,
}

impl Run {
    fn run(mut self) -> DiscoverEnd {
        let mut end = DiscoverEnd::without(Outcome::Succeeded, String::new(), Instant::now());
        for ports in [&mut self.job.ports, &mut self.job.udp_ports] {
            ports.sort_unstable();
            ports.dedup();
        }
        let count = self.job.targets.count();
        if count > MOST_ADDRESSES {
            end.outcome = Outcome::Refused;
            end.reason =
                format!("{count} addresses are more than {MOST_ADDRESSES}: cut them into batches");
            return end;
        }
        let mut gait = self.gait(&mut end);
        let ports_of_each = (self.job.ports.len() + self.job.udp_ports.len()) as u128;
        let probes = count * ports_of_each;
        self.shared.probes.store(u64::try_from(probes).unwrap_or(u64::MAX), Relaxed);
        let step = self.hosts_of_a_part();
        let mut offset = 0;
        while offset < count && !self.is_halted() {
            let part = self.job.targets.slice(offset, step);
            offset += step;
            self.run_part(&part, &mut gait, &mut end);
            let done = offset.min(count) * ports_of_each;
            self.shared.done.store(u64::try_from(done).unwrap_or(u64::MAX), Relaxed);
        }
        end.packets_sent = self.shared.ring.sent.load(Relaxed);
        end.answers = self.shared.ring.received.load(Relaxed);
        end.fastest = gait.pace.fastest();
        end.slowdowns = gait.pace.slowdowns();
        end.scan_types = self.scan_types(end.method);
        if self.is_halted() {
            end.outcome = Outcome::Killed;
        }
        end
    }

    fn is_halted(&self) -> bool {
        self.shared.halt.load(Relaxed)
    }

    /// How many hosts are asked together: as many as memory has room for, and as can be asked
    /// within half of a host's time at the highest rate that is allowed.
    fn hosts_of_a_part(&self) -> u128 {
        let ports = (self.job.ports.len().max(self.job.udp_ports.len()) as u128).max(1);
        let by_memory = MOST_HOSTS.min(MOST_PROBES / ports);
        let by_time = self
            .job
            .host_timeout
            .zip(self.job.max_rate)
            .map(|(limit, rate)| limit.as_millis() * u128::from(rate.get()) / 2_000 / ports);
        by_memory.min(by_time.unwrap_or(by_memory)).max(1)
    }

    fn gait(&self, end: &mut DiscoverEnd) -> Gait {
        let sockets = if self.job.raw_sockets {
            let is_any = |is_ipv6| !self.job.targets.of_family(is_ipv6).is_empty();
            Sockets::open(is_any(false), is_any(true), self.job.seed)
                .map_err(|error| end.without_raw_sockets = Some(error.to_string()))
                .ok()
        } else {
            None
        };
        end.method = if sockets.is_some() { Method::Syn } else { Method::Connect };
        // The file is long, and only UDP says anything.
        let payloads = self.job.udp_payloads.as_deref();
        let payloads = payloads.filter(|_| !self.job.udp_ports.is_empty());
        Gait {
            sockets,
            links: if end.method == Method::Syn { Links::open() } else { Links::default() },
            cookies: Cookies::default(),
            pace: Pace::new(self.job.max_rate),
            bucket: Bucket::new(self.shared.ring.now()),
            payloads: Payloads::read(payloads),
        }
    }

    fn run_part(&self, part: &AddressSet, gait: &mut Gait, end: &mut DiscoverEnd) {
        let (targets, unreachable) = Targets::look_up(part);
        let mut tallies = vec![Tally::default(); targets.list().len()];
        let finding = match &gait.sockets {
            Some(sockets) => {
                let exchange = Exchange {
                    sockets,
                    links: &gait.links,
                    targets: &targets,
                    cookies: &gait.cookies,
                    ring: &self.shared.ring,
                    halt: &self.shared.halt,
                };
                self.exchange(exchange, &mut gait.pace, &mut gait.bucket, &mut tallies)
            }
            None => self.connect(&targets, gait, &mut tallies),
        };
        end.add(finding.rounds);
        let mut udp_tallies = vec![Tally::default(); targets.list().len()];
        let udp = self.speak(&targets, gait, &tallies, &mut udp_tallies, end);
        if self.is_halted() {
            return;
        }
        for (address, reason) in unreachable {
            self.tell(Found::Down { address, reason });
        }
        let told = Told {
            tallies: &tallies,
            finding: &finding,
            udp_tallies: &udp_tallies,
            udp: udp.as_ref(),
        };
        self.tell_part(&targets, &told, end.method);
    }

    fn exchange(
        &self,
        exchange: Exchange<'_>,
        pace: &mut Pace,
        bucket: &mut Bucket,
        tallies: &mut [Tally],
    ) -> Finding {
        let who = if self.job.ping == Ping::All { Who::Everyone } else { Who::OnLink };
        let mut sender = Sender::new(exchange, pace, bucket);
        ping::ping(exchange, &mut sender, tallies, who, self.job.seed);
        let asked = self.to_be_asked(exchange.targets, tallies);
        let book = Book::new(self.job.ports.clone(), asked, exchange.targets.len());
        let rounds = if self.job.ports.is_empty() || self.is_halted() {
            Rounds { is_complete: true, ..Rounds::default() }
        } else {
            ports::scan(exchange, &mut sender, &book, tallies, self.job.seed, self.deadline())
        };
        Finding { rounds, book }
    }

    fn connect(&self, targets: &Targets, gait: &mut Gait, tallies: &mut [Tally]) -> Finding {
        let mut connector = connect::Connector {
            targets,
            ring: &self.shared.ring,
            halt: &self.shared.halt,
            bucket: &mut gait.bucket,
            max_rate: self.job.max_rate,
        };
        connector.ping(tallies, self.job.ping == Ping::All, self.job.seed);
        let asked = self.to_be_asked(targets, tallies);
        let book = Book::new(self.job.ports.clone(), asked, targets.len());
        let rounds = if self.job.ports.is_empty() || self.is_halted() {
            Rounds { is_complete: true, ..Rounds::default() }
        } else {
            connector.scan(&book, tallies, self.job.seed, self.deadline())
        };
        Finding { rounds, book }
    }

    fn speak(
        &self,
        targets: &Targets,
        gait: &mut Gait,
        tallies: &[Tally],
        udp_tallies: &mut [Tally],
        end: &mut DiscoverEnd,
    ) -> Option<Finding> {
        if self.job.udp_ports.is_empty() || self.is_halted() {
            return None;
        }
        let asked = self.to_be_asked(targets, tallies);
        let book = Book::new(self.job.udp_ports.clone(), asked, targets.len());
        let mut speaker = udp::Speaker {
            targets,
            payloads: &gait.payloads,
            ring: &self.shared.ring,
            halt: &self.shared.halt,
            bucket: &mut gait.bucket,
            max_rate: self.job.max_rate,
        };
        match speaker.scan(&book, udp_tallies, self.job.seed, self.deadline()) {
            Ok(rounds) => Some(Finding { rounds, book }),
            Err(error) => {
                end.outcome = Outcome::Crashed;
                end.reason = format!("cannot open a UDP socket: {error}");
                None
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.job.host_timeout.map(|limit| Instant::now() + limit)
    }

    /// The targets whose ports are asked for.
    fn to_be_asked(&self, targets: &Targets, tallies: &[Tally]) -> Vec<u32> {
        let may_be_there = |place: &u32| {
            let is_known = tallies[*place as usize].up.is_some();
            let is_routed = targets.at(*place).reach == Reach::Routed;
            is_known || (self.job.ping == Ping::Skip && is_routed)
        };
        (0..targets.len()).filter(may_be_there).collect()
    }

    fn tell(&self, found: Found) {
        if self.out.blocking_send(found).is_err() {
            self.shared.halt.store(true, Relaxed);
        }
    }

    fn tell_part(&self, targets: &Targets, told: &Told<'_>, method: Method) {
        let is_any_near = targets.list().iter().any(|target| target.reach == Reach::OnLink);
        let neighbours = if is_any_near { neighbours::read() } else { Neighbours::new() };
        let alike = alike(targets, told.tallies, &neighbours);
        let wording = if method == Method::Syn { Wording::SYN } else { Wording::CONNECT };
        for (place, target) in targets.list().iter().enumerate() {
            let (tally, udp_tally) = (&told.tallies[place], &told.udp_tallies[place]);
            let Some((reason, reason_ttl)) = tally.up.or(udp_tally.up) else {
                let reason = tally.obstacle.unwrap_or("no-response");
                self.tell(Found::Down { address: target.address, reason });
                continue;
            };
            let suspect =
                told.finding.suspicion(place, tally).or_else(|| alike.get(&place).cloned());
            let (mut ports, mut extra_ports) =
                told.finding.ports(place, target, tally, wording, &self.job.ports);
            if let Some(udp) = told.udp {
                let (more, more_extra) =
                    udp.ports(place, target, udp_tally, Wording::UDP, &self.job.udp_ports);
                ports.extend(more);
                extra_ports.extend(more_extra);
            }
            let is_complete = |finding: &Finding| finding.rounds.is_complete;
            self.tell(Found::Host(Box::new(HostSeen {
                address: target.address,
                reason,
                reason_ttl,
                hardware: hardware_of(&neighbours, target),
                ports,
                extra_ports,
                rtt: tally.rtt,
                suspect: suspect.map(|evidence| Suspicion { evidence }),
                timed_out: !is_complete(told.finding) || !told.udp.is_none_or(is_complete),
            })));
        }
    }

    fn scan_types(&self, method: Method) -> Vec<ScanInfo> {
        let tcp = if method == Method::Syn { "syn" } else { "connect" };
        let asked =
            [(tcp, Protocol::Tcp, &self.job.ports), ("udp", Protocol::Udp, &self.job.udp_ports)];
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

/// Everything that is known of a part.
struct Told<'a> {
    tallies: &'a [Tally],
    finding: &'a Finding,
    udp_tallies: &'a [Tally],
    udp: Option<&'a Finding>,
}

/// What asking for ports came to.
struct Finding {
    rounds: Rounds,
    book: Book,
}

impl Finding {
    /// After how many ports a target was asked no more, since it answers everything.
    fn cut_after(&self, target: usize) -> Option<u32> {
        self.book.cut_after(self.book.place_of(target)?)
    }

    fn ports(
        &self,
        place: usize,
        target: &Target,
        tally: &Tally,
        wording: Wording,
        asked: &[u16],
    ) -> (Vec<Port>, Vec<ExtraPorts>) {
        let Some(host) = self.book.place_of(place) else { return Default::default() };
        let is_whole = self.rounds.is_complete && self.cut_after(place).is_none();
        let is_answered = |port| self.book.has_answer(host, port);
        tally.ports(target.ip, wording, asked, is_answered, is_whole)
    }

    fn suspicion(&self, target: usize, tally: &Tally) -> Option<String> {
        let open = u32::try_from(tally.open.len()).expect("there are 65,536 ports");
        let all = self.book.port_count();
        let cut_after = self.cut_after(target);
        let is_one = cut_after.is_some() || tarpit::is_tarpit(open, all, all);
        is_one.then(|| tarpit::evidence_of_host(open, cut_after.unwrap_or(all).max(open), all))
    }
}

fn hardware_of(neighbours: &Neighbours, target: &Target) -> Option<[u8; 6]> {
    neighbours.get(&(target.ip, target.scope)).map(|neighbour| neighbour.hardware)
}

/// The evidence against hosts whose whole network answers alike, by their place.
fn alike(
    targets: &Targets,
    tallies: &[Tally],
    neighbours: &Neighbours,
) -> std::collections::HashMap<usize, String> {
    let address = |(target, tally): (&Target, &Tally)| {
        let mut open: Vec<u16> = tally.open.iter().map(|(port, _)| *port).collect();
        open.sort_unstable();
        let ttl = tally.open.first().and_then(|(_, ttl)| *ttl);
        let signature =
            (!open.is_empty()).then_some(tarpit::Signature { open, ttl, window: tally.window });
        let hardware = hardware_of(neighbours, target);
        tarpit::Address { ip: target.ip, hardware, signature }
    };
    // All addresses of this machine answer alike, and nobody wonders.
    let of_others = targets.list().iter().zip(tallies).enumerate();
    let (places, asked): (Vec<usize>, Vec<_>) = of_others
        .filter(|(_, (target, _))| target.reach != Reach::Local)
        .map(|(place, one)| (place, address(one)))
        .unzip();
    let evidence = tarpit::alike(&asked).into_iter();
    evidence.map(|(place, evidence)| (places[place], evidence)).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use netscan_model::observation::PortState;

    use super::*;

    fn job(targets: &str, ports: Vec<u16>) -> DiscoverJob {
        let job = DiscoverJob::new(targets.parse().unwrap(), ports);
        DiscoverJob { raw_sockets: false, ..job }
    }

    /// Everything that is found, but for progress.
    async fn run(job: DiscoverJob, stop: Stop) -> (Vec<Found>, DiscoverEnd) {
        let (out, mut heard) = mpsc::channel(4);
        let running = tokio::spawn(discover(job, out, stop));
        let mut found = Vec::new();
        while let Some(one) = heard.recv().await {
            if !matches!(one, Found::Progress(_)) {
                found.push(one);
            }
        }
        (found, running.await.unwrap())
    }

    #[tokio::test]
    async fn a_listening_port_of_this_machine_is_open_and_the_others_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap().port();
        let ports: Vec<u16> = (1..=100).chain([open]).collect();

        let (found, end) = run(job("127.0.0.1", ports), Stop::new()).await;

        let [Found::Host(host)] = &found[..] else { panic!("{found:?}") };
        let state = |port| host.ports.iter().find(|one| one.port == port).map(|one| one.state);
        assert_eq!(state(open), Some(PortState::Open));
        assert_eq!(host.reason, "localhost-response");
        assert_eq!((end.outcome, end.method), (Outcome::Succeeded, Method::Connect));
        assert_eq!(end.scan_types[0].services, format!("1-100,{open}"));
    }

    #[tokio::test]
    async fn a_stop_ends_the_run_with_its_reason_and_tells_no_host() {
        let stop = Stop::new();
        stop.now("paused");
        let slow =
            DiscoverJob { max_rate: NonZeroU32::new(1), ..job("127.0.0.1", vec![1, 2, 3, 4]) };

        let (found, end) = run(slow, stop).await;

        assert!(found.is_empty(), "{found:?}");
        assert_eq!((end.outcome, end.reason.as_str()), (Outcome::Killed, "paused"));
    }

    #[tokio::test]
    async fn a_host_whose_time_is_over_is_told_as_timed_out() {
        let slow = DiscoverJob {
            max_rate: NonZeroU32::new(10),
            host_timeout: Some(Duration::from_millis(300)),
            ..job("127.0.0.1", (1..=1000).collect())
        };

        let (found, end) = run(slow, Stop::new()).await;

        let [Found::Host(host)] = &found[..] else { panic!("{found:?}") };
        assert!(host.timed_out);
        assert_eq!(end.outcome, Outcome::Succeeded);
    }

    #[tokio::test]
    async fn whoever_stops_listening_ends_the_run() {
        let (out, heard) = mpsc::channel(1);
        drop(heard);
        let slow =
            DiscoverJob { max_rate: NonZeroU32::new(1), ..job("127.0.0.1", vec![1, 2, 3, 4]) };

        let end = discover(slow, out, Stop::new()).await;

        assert_eq!(end.outcome, Outcome::Killed);
    }

    #[tokio::test]
    async fn more_addresses_than_an_attempt_can_hold_are_refused() {
        let (found, end) = run(job("::-ffff::", vec![80]), Stop::new()).await;

        assert!(found.is_empty());
        assert_eq!(end.outcome, Outcome::Refused);
    }

    #[test]
    fn hosts_asked_together_fit_into_memory_and_into_a_hosts_time() {
        let of = |ports: u16, max_rate, limit: Option<u64>| {
            let job = DiscoverJob {
                max_rate: NonZeroU32::new(max_rate),
                host_timeout: limit.map(Duration::from_secs),
                ..job("10.0.0.0-10.255.255.255", (1..=ports).collect())
            };
            let run = Run { job, out: mpsc::channel(1).0, shared: Arc::new(Shared::new()) };
            run.hosts_of_a_part()
        };

        assert_eq!(of(100, 0, None), MOST_HOSTS);
        assert_eq!(of(u16::MAX, 0, None), 4_096);
        assert_eq!(of(1_000, 100, Some(60)), 3);
        assert_eq!(of(u16::MAX, 100, Some(60)), 1);
    }
}
