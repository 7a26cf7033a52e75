//! Ports by connections of the kernel, for those who may not open raw sockets.
//!
//! Many sockets connect at once; epoll tells which have an answer. A refused socket connects again
//! to the next port, so that a closed port costs two system calls and no new socket.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{Resource, getrlimit};
use socket2::{Domain, SockAddr, Socket, Type};

use super::exchange::{Probe, Question, Ring};
use super::order::Order;
use super::pace::Bucket;
use super::ping;
use super::ports::{self, Book, Rounds};
use super::tally::Tally;
use super::targets::{Reach, Target, Targets};

/// How many connect at once to begin with.
const FIRST_WIDTH: usize = 512;
/// How many do at most: more only wait for each other.
const MOST_WIDTH: usize = 8_192;
const FEWEST_WIDTH: usize = 16;
/// Descriptors that are left for the rest of the program.
const SPARED: u64 = 128;
/// How often the width is thought about.
const THINK_EVERY: Duration = Duration::from_millis(20);
/// An answer that takes this much longer than the usual one means that too many connect at once.
const LATE: Duration = Duration::from_millis(30);
/// The longest that the kernel is waited for: it asks a second time after a second.
const LONGEST_PATIENCE: Duration = Duration::from_secs(1);
const SHORTEST_PATIENCE: Duration = Duration::from_millis(200);
/// Packets that the kernel sends besides the SYN when it is answered: an ACK and a reset.
const PACKETS_OF_A_CONNECTION: usize = 2;
/// What unprivileged pings connect to, as nmap does.
const PING_PORTS: [u16; 2] = [80, 443];
/// Addresses that are pinged at a time: the kernel's table of hardware addresses holds 1,024.
const PING_PART: usize = 384;
/// Connections that are begun before answers are looked for.
const HANDFUL: usize = 256;
/// A rate that nothing reaches.
const UNLIMITED: f64 = 1e9;

/// What connections are made with.
pub(super) struct Connector<'a> {
    pub(super) targets: &'a Targets,
    pub(super) ring: &'a Ring,
    pub(super) halt: &'a AtomicBool,
    pub(super) bucket: &'a mut Bucket,
    pub(super) max_rate: Option<NonZeroU32>,
}

/// What became of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Open,
    Closed,
    Refused(&'static str),
}

impl Connector<'_> {
    /// Finds out who is there, by connections and by hardware addresses.
    pub(super) fn ping(&mut self, tallies: &mut [Tally], is_everyone: bool, seed: u64) {
        let targets = self.targets;
        for (tally, target) in tallies.iter_mut().zip(targets.list()) {
            if target.reach == Reach::Local {
                tally.is_up("localhost-response", None, None);
            }
        }
        let is_asked = |target: &Target| match target.reach {
            Reach::Local => false,
            Reach::OnLink => true,
            Reach::Routed => is_everyone,
        };
        let asked: Vec<u32> =
            (0..targets.len()).filter(|place| is_asked(targets.at(*place))).collect();
        let ports = PING_PORTS.len() as u64;
        for part in asked.chunks(PING_PART) {
            for round in 0..2 {
                let silent: Vec<u32> = part
                    .iter()
                    .copied()
                    .filter(|place| tallies[*place as usize].up.is_none())
                    .collect();
                let order = Order::new(silent.len() as u64 * ports, seed.wrapping_add(round));
                let mut probes = order.into_iter().map(|number| {
                    let place = usize::try_from(number / ports).expect("below their number");
                    let port = PING_PORTS[usize::try_from(number % ports).expect("below two")];
                    Probe { target: silent[place], question: Question::Port(port) }
                });
                self.ask(&mut probes, |probe, answer, rtt| {
                    note_up(&mut tallies[probe.target as usize], answer, rtt);
                });
                ping::note_neighbours(self.targets, part, tallies, |_| false);
            }
        }
    }

    /// Asks for every port of the book.
    pub(super) fn scan(
        &mut self,
        book: &Book,
        tallies: &mut [Tally],
        seed: u64,
        deadline: Option<Instant>,
    ) -> Rounds {
        book.begin(tallies);
        let targets = self.targets;
        book.in_rounds(seed, deadline, ports::ROUNDS, |questions, _| {
            self.ask(questions, |probe, answer, rtt| {
                let tally = &mut tallies[probe.target as usize];
                note(targets.at(probe.target), book, tally, probe, answer, rtt);
            });
            !self.halt.load(Relaxed)
        })
    }

    /// Asks all of it, and hears every answer until the last is given up.
    fn ask(
        &mut self,
        probes: &mut dyn Iterator<Item = Probe>,
        mut hear: impl FnMut(Probe, Answer, Duration),
    ) {
        let Ok(mut lanes) = Lanes::open() else { return };
        let mut probes = probes.peekable();
        let mut answers = Vec::new();
        while !self.halt.load(Relaxed) {
            self.start_some(&mut probes, &mut lanes, &mut answers);
            if lanes.busy == 0 && answers.is_empty() && probes.peek().is_none() {
                return;
            }
            lanes.take(&mut answers);
            lanes.give_up();
            lanes.think();
            self.ring.received.fetch_add(answers.len() as u64, Relaxed);
            for (probe, answer, rtt) in answers.drain(..) {
                if answer == Answer::Open {
                    self.bucket.take(PACKETS_OF_A_CONNECTION);
                }
                hear(probe, answer, rtt);
            }
        }
    }

    fn start_some(
        &mut self,
        probes: &mut std::iter::Peekable<&mut dyn Iterator<Item = Probe>>,
        lanes: &mut Lanes,
        answers: &mut Vec<(Probe, Answer, Duration)>,
    ) {
        let rate = self.max_rate.map_or(UNLIMITED, |rate| f64::from(rate.get()));
        let room = self.bucket.fill(rate, self.ring.now());
        for _ in 0..room.min(HANDFUL) {
            if !lanes.has_room() {
                return;
            }
            let Some(probe) = probes.peek().copied() else { return };
            match lanes.start(self.targets.at(probe.target), probe) {
                Started::Waits => {}
                Started::Answered(answer, rtt) => answers.push((probe, answer, rtt)),
                Started::NoRoom => return,
            }
            probes.next();
            self.bucket.take(1);
            self.ring.sent.fetch_add(1, Relaxed);
        }
    }
}

fn note_up(tally: &mut Tally, answer: Answer, rtt: Duration) {
    match answer {
        Answer::Open => tally.is_up("syn-ack", None, Some(rtt)),
        Answer::Closed => tally.is_up("conn-refused", None, Some(rtt)),
        Answer::Refused(reason) => {
            tally.obstacle.get_or_insert(reason);
        }
    }
}

fn note(
    target: &Target,
    book: &Book,
    tally: &mut Tally,
    probe: Probe,
    answer: Answer,
    rtt: Duration,
) {
    note_up(tally, answer, rtt);
    let Question::Port(port) = probe.question else { return };
    let Some(host) = book.place_of(probe.target as usize) else { return };
    let host = u32::try_from(host).expect("a part holds fewer");
    let is_proof = !matches!(answer, Answer::Refused(_));
    if !ports::is_first(book, host, port, is_proof) {
        return;
    }
    match answer {
        Answer::Open => {
            tally.open.push((port, None));
            ports::cut_tarpit(book, host, tally);
        }
        Answer::Closed => tally.closed(None),
        Answer::Refused(reason) => tally.refused(port, reason, target.ip, None),
    }
}

/// How a connection began.
enum Started {
    Waits,
    Answered(Answer, Duration),
    /// The machine has too few descriptors or ports at present.
    NoRoom,
}

/// A socket, and what it is connecting to.
struct Lane {
    socket: Socket,
    to: SockAddr,
    probe: Probe,
    began: Instant,
    /// Tells one connection of the lane from the next.
    number: u64,
    is_busy: bool,
}

/// All sockets of a scan.
struct Lanes {
    epoll: Epoll,
    all: Vec<Lane>,
    free: [Vec<usize>; 2],
    busy: usize,
    width: usize,
    most: usize,
    /// Connections in the order in which they began.
    begun: VecDeque<(Instant, usize, u64)>,
    number: u64,
    watch: Watch,
    thought_at: Instant,
    was_full: bool,
}

/// How long answers take.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    shortest: Option<Duration>,
    usual: Duration,
    longest: Duration,
}

impl Watch {
    fn note(&mut self, rtt: Duration) {
        self.usual = if self.shortest.is_none() { rtt } else { (self.usual * 15 + rtt) / 16 };
        self.shortest = Some(self.shortest.map_or(rtt, |shortest| shortest.min(rtt)));
        self.longest = self.longest.max(rtt);
    }

    fn patience(self) -> Duration {
        if self.shortest.is_none() {
            return LONGEST_PATIENCE;
        }
        (self.longest * 3 / 2 + Duration::from_millis(75))
            .clamp(SHORTEST_PATIENCE, LONGEST_PATIENCE)
    }

    fn is_late(self) -> bool {
        self.shortest.is_some_and(|shortest| self.usual > shortest * 4 + LATE)
    }
}

impl Lanes {
    fn open() -> io::Result<Self> {
        let most = spare_descriptors();
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            all: Vec::new(),
            free: [Vec::new(), Vec::new()],
            busy: 0,
            width: FIRST_WIDTH.min(most),
            most,
            begun: VecDeque::new(),
            number: 0,
            watch: Watch::default(),
            thought_at: Instant::now(),
            was_full: false,
        })
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.busy < self.width;
        self.was_full |= !has_room;
        has_room
    }

    fn start(&mut self, target: &Target, probe: Probe) -> Started {
        let Question::Port(port) = probe.question else { return Started::Waits };
        let mut to = SocketAddr::new(target.ip, port);
        if let SocketAddr::V6(to) = &mut to {
            to.set_scope_id(target.scope);
        }
        let to = SockAddr::from(to);
        let Ok(place) = self.free_lane(&to, probe) else {
            self.narrow();
            return Started::NoRoom;
        };
        let began = Instant::now();
        self.number += 1;
        let lane = &mut self.all[place];
        (lane.to, lane.probe, lane.began, lane.number) = (to, probe, began, self.number);
        let answer = match judge(&lane.socket.connect(&lane.to)) {
            Judged::Waits => {
                lane.is_busy = true;
                self.busy += 1;
                self.begun.push_back((began, place, self.number));
                return Started::Waits;
            }
            Judged::NoRoom => {
                self.release(place);
                self.narrow();
                return Started::NoRoom;
            }
            Judged::Answered(answer) => answer,
        };
        self.end(place, answer);
        Started::Answered(answer, began.elapsed())
    }

    /// A lane that is not used, or a new one.
    fn free_lane(&mut self, to: &SockAddr, probe: Probe) -> io::Result<usize> {
        if let Some(place) = self.free[usize::from(to.is_ipv6())].pop() {
            return Ok(place);
        }
        let domain = to.domain();
        if self.all.len() >= self.most
            && let Some(place) = self.free[usize::from(to.is_ipv4())].pop()
        {
            self.renew(place, domain)?;
            return Ok(place);
        }
        let place = self.all.len();
        let socket = self.socket(domain, place)?;
        let began = Instant::now();
        self.all.push(Lane { socket, to: to.clone(), probe, began, number: 0, is_busy: false });
        Ok(place)
    }

    fn socket(&self, domain: Domain, place: usize) -> io::Result<Socket> {
        let socket = Socket::new(domain, Type::STREAM.nonblocking(), None)?;
        let flags = EpollFlags::EPOLLOUT | EpollFlags::EPOLLET;
        self.epoll.add(&socket, EpollEvent::new(flags, place as u64))?;
        Ok(socket)
    }

    fn renew(&mut self, place: usize, domain: Domain) -> io::Result<()> {
        self.all[place].socket = self.socket(domain, place)?;
        Ok(())
    }

    /// Makes a lane ready for the next connection.
    fn end(&mut self, place: usize, answer: Answer) {
        if answer == Answer::Open {
            // Reset, not closed: nothing is left waiting, here or there.
            let _ = self.all[place].socket.set_linger(Some(Duration::ZERO));
            let _ = self.renew(place, self.all[place].to.domain());
        }
        self.release(place);
    }

    fn release(&mut self, place: usize) {
        let lane = &mut self.all[place];
        self.busy -= usize::from(lane.is_busy);
        lane.is_busy = false;
        self.free[usize::from(lane.to.is_ipv6())].push(place);
    }

    /// Waits a moment for answers, and takes them.
    fn take(&mut self, answers: &mut Vec<(Probe, Answer, Duration)>) {
        let mut events = [EpollEvent::empty(); 256];
        let pause = u8::from(answers.is_empty());
        let ready = self.epoll.wait(&mut events, EpollTimeout::from(pause)).unwrap_or(0);
        for event in &events[..ready] {
            let place = usize::try_from(event.data()).expect("we gave it");
            let lane = &self.all[place];
            if !lane.is_busy {
                continue;
            }
            // Asking again to connect gives the result, and makes a refused socket usable again.
            let Judged::Answered(answer) = judge(&lane.socket.connect(&lane.to)) else { continue };
            let (probe, rtt) = (lane.probe, lane.began.elapsed());
            self.watch.note(rtt);
            self.end(place, answer);
            answers.push((probe, answer, rtt));
        }
    }

    /// Ends connections that were waited for long enough.
    fn give_up(&mut self) {
        let patience = self.watch.patience();
        while let Some((began, place, number)) = self.begun.front().copied() {
            let lane = &self.all[place];
            let is_over = !lane.is_busy || lane.number != number;
            if !is_over && began.elapsed() < patience {
                return;
            }
            self.begun.pop_front();
            if !is_over {
                let domain = lane.to.domain();
                if self.renew(place, domain).is_ok() {
                    self.release(place);
                }
            }
        }
    }

    /// Widens while answers come as fast as ever.
    fn think(&mut self) {
        if self.thought_at.elapsed() < THINK_EVERY {
            return;
        }
        self.thought_at = Instant::now();
        if self.watch.is_late() {
            self.width = (self.width * 7 / 8).max(FEWEST_WIDTH);
        } else if self.was_full {
            self.width = (self.width * 3 / 2).min(self.most);
        }
        self.was_full = false;
    }

    fn narrow(&mut self) {
        self.width = (self.width / 2).max(FEWEST_WIDTH);
    }
}

/// What an attempt to connect came to.
enum Judged {
    Waits,
    NoRoom,
    Answered(Answer),
}

fn judge(result: &io::Result<()>) -> Judged {
    let error = match result {
        Ok(()) => return Judged::Answered(Answer::Open),
        Err(error) => Errno::from_raw(error.raw_os_error().unwrap_or_default()),
    };
    Judged::Answered(match error {
        Errno::EINPROGRESS | Errno::EALREADY | Errno::EINTR => return Judged::Waits,
        Errno::EADDRNOTAVAIL | Errno::EAGAIN | Errno::ENOBUFS | Errno::ENOMEM => {
            return Judged::NoRoom;
        }
        Errno::EISCONN => Answer::Open,
        Errno::ECONNREFUSED | Errno::ECONNRESET => Answer::Closed,
        Errno::ENETUNREACH => Answer::Refused("net-unreach"),
        Errno::EACCES | Errno::EPERM => Answer::Refused("admin-prohibited"),
        Errno::EHOSTUNREACH | Errno::EHOSTDOWN => Answer::Refused("host-unreach"),
        _ => Answer::Refused("dest-unreach"),
    })
}

/// How many descriptors one scan may take: half of what the program has left, for there may be
/// others.
fn spare_descriptors() -> usize {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(1_024, |(soft, _)| soft);
    let used = std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
    let spare = limit.saturating_sub(used + SPARED) / 2;
    usize::try_from(spare).unwrap_or(MOST_WIDTH).clamp(FEWEST_WIDTH, MOST_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_nmaps() {
        let judged = |error: Errno| judge(&Err(io::Error::from_raw_os_error(error as i32)));

        for (error, expected) in [
            (Errno::ECONNREFUSED, Answer::Closed),
            (Errno::EISCONN, Answer::Open),
            (Errno::EHOSTUNREACH, Answer::Refused("host-unreach")),
            (Errno::ENETUNREACH, Answer::Refused("net-unreach")),
        ] {
            assert!(matches!(judged(error), Judged::Answered(answer) if answer == expected));
        }
        assert!(matches!(judged(Errno::EINPROGRESS), Judged::Waits));
        assert!(matches!(judged(Errno::EADDRNOTAVAIL), Judged::NoRoom));
    }

    #[test]
    fn patience_follows_the_longest_answer() {
        let mut watch = Watch::default();
        assert_eq!(watch.patience(), LONGEST_PATIENCE);

        watch.note(Duration::from_millis(1));
        assert_eq!(watch.patience(), SHORTEST_PATIENCE);

        watch.note(Duration::from_millis(300));
        assert_eq!(watch.patience(), Duration::from_millis(525));
    }
}
