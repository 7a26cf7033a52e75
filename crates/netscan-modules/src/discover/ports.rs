//! Which TCP ports answer a SYN: every port of every host, in rounds, until nothing more is found.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::exchange::{Exchange, Probe, Question, Seen, Sender, What};
use super::order::Order;
use super::tally::Tally;
use super::tarpit;

/// How often every port is asked at least, unless it answers, for one probe may always get lost;
/// and how often at most.
pub(super) const ROUNDS: RangeInclusive<u32> = 2..=10;
/// After so many rounds each is slower than the one before: what they find was lost, not late.
const UNEASED_ROUNDS: u32 = 2;
/// How long the last round waits while some hosts have not answered at all: they may be far away.
const LAST_PATIENCE: Duration = Duration::from_millis(150);
/// No place: the port was not asked for.
const NOWHERE: u32 = u32::MAX;

/// What has been answered: one bit for every port of every host that is asked.
pub(super) struct Book {
    ports: Vec<u16>,
    /// The place of a port among those asked.
    port_places: Vec<u32>,
    /// Which targets are asked.
    hosts: Vec<u32>,
    /// The place of a target among those asked.
    host_places: Vec<u32>,
    answered: Vec<AtomicU64>,
    /// Probes of hosts that are not cut short, without an answer.
    unanswered: AtomicU64,
    /// Answers that a target gave itself; ICMP comes late and seldom, and proves no loss.
    answers: AtomicU64,
    /// Hosts that answer everything are asked no more: after how many ports. Zero for all others.
    cut_after: Vec<AtomicU32>,
    /// Probes sent in the first round, which is how many ports of a host were asked.
    asked: AtomicU64,
    /// Hosts that have said nothing.
    silent_hosts: AtomicU64,
    /// The shortest time to an answer of each host, which no queue has a part in. At first none.
    rtt_us: Vec<AtomicU32>,
}

impl Book {
    /// An empty book of `ports` at each of `hosts`, which are places of `target_count` targets.
    pub(super) fn new(ports: Vec<u16>, hosts: Vec<u32>, target_count: u32) -> Self {
        let mut port_places = vec![NOWHERE; 1 << 16];
        for (place, port) in (0..).zip(&ports) {
            port_places[usize::from(*port)] = place;
        }
        let mut host_places = vec![NOWHERE; target_count as usize];
        for (place, host) in (0..).zip(&hosts) {
            host_places[*host as usize] = place;
        }
        let count = ports.len() * hosts.len();
        Self {
            port_places,
            host_places,
            answered: (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            unanswered: AtomicU64::new(count as u64),
            answers: AtomicU64::new(0),
            cut_after: hosts.iter().map(|_| AtomicU32::new(0)).collect(),
            asked: AtomicU64::new(0),
            silent_hosts: AtomicU64::new(0),
            rtt_us: hosts.iter().map(|_| AtomicU32::new(u32::MAX)).collect(),
            ports,
            hosts,
        }
    }

    /// Learns who has answered already, before ports are asked for.
    pub(super) fn begin(&self, tallies: &[Tally]) {
        let silent = self.hosts.iter().filter(|host| tallies[**host as usize].up.is_none());
        self.silent_hosts.store(silent.count() as u64, Relaxed);
        for (place, host) in (0..).zip(&self.hosts) {
            if let Some(rtt) = tallies[*host as usize].rtt {
                self.note_rtt(place, rtt);
            }
        }
    }

    fn note_rtt(&self, host: u32, rtt: Duration) {
        let micros = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX);
        self.rtt_us[host as usize].fetch_min(micros, Relaxed);
    }

    /// How far away the farthest host is that has answered.
    fn longest_rtt(&self) -> Duration {
        let known = self.rtt_us.iter().map(|micros| micros.load(Relaxed));
        let longest = known.filter(|micros| *micros != u32::MAX).max();
        Duration::from_micros(longest.unwrap_or(0).into())
    }

    fn count(&self) -> u64 {
        self.ports.len() as u64 * self.hosts.len() as u64
    }

    /// The bit of `port` of the host at `host`.
    fn bit(&self, host: u32, port: u16) -> Option<u64> {
        let place = self.port_places[usize::from(port)];
        (place != NOWHERE).then(|| u64::from(host) * self.ports.len() as u64 + u64::from(place))
    }

    fn is_answered(&self, bit: u64) -> bool {
        let (word, mask) = at(bit);
        self.answered[word].load(Relaxed) & mask != 0
    }

    /// The place of a target among those that are asked, if it is.
    pub(super) fn place_of(&self, target: usize) -> Option<usize> {
        let place = self.host_places[target];
        (place != NOWHERE).then_some(place as usize)
    }

    /// Whether the port at `port` of the host at `host`, both as places, was answered for.
    pub(super) fn has_answer(&self, host: usize, port: usize) -> bool {
        self.is_answered((host * self.ports.len() + port) as u64)
    }

    /// After how many ports it was recognised that a host answers everything, if it was.
    pub(super) fn cut_after(&self, host: usize) -> Option<u32> {
        let asked = self.cut_after[host].load(Relaxed);
        (asked > 0).then_some(asked)
    }

    /// How many ports of each host have been asked, on average.
    pub(super) fn asked_of_each(&self) -> u32 {
        let share = self.asked.load(Relaxed) / (self.hosts.len() as u64).max(1);
        u32::try_from(share).expect("there are 65,536 ports").min(self.port_count())
    }

    pub(super) fn port_count(&self) -> u32 {
        u32::try_from(self.ports.len()).expect("there are 65,536 ports")
    }

    /// Marks a bit, and tells whether it was not yet.
    fn mark(&self, bit: u64) -> bool {
        let (word, mask) = at(bit);
        self.answered[word].fetch_or(mask, Relaxed) & mask == 0
    }

    /// The probes that have no answer, in the order that `seed` stands for.
    fn open_questions(&self, seed: u64, is_first: bool) -> impl Iterator<Item = Probe> {
        let order = Order::new(self.count(), seed);
        let ports = self.ports.len() as u64;
        order.into_iter().filter_map(move |bit| {
            if is_first {
                self.asked.fetch_add(1, Relaxed);
            }
            let host = usize::try_from(bit / ports).expect("below the number of hosts");
            if self.is_answered(bit) || self.cut_after(host).is_some() {
                return None;
            }
            let port = self.ports[usize::try_from(bit % ports).expect("below the number of ports")];
            Some(Probe { target: self.hosts[host], question: Question::Port(port) })
        })
    }

    /// Whether every port of every host has been answered for.
    pub(super) fn is_done(&self) -> bool {
        self.unanswered.load(Relaxed) == 0
    }

    /// Has `ask` ask what is open, round after round, until a round finds nothing more. `ask` is
    /// told whether the round may be the last, waits for answers, and says whether to go on.
    pub(super) fn in_rounds(
        &self,
        seed: u64,
        deadline: Option<Instant>,
        limits: RangeInclusive<u32>,
        mut ask: impl FnMut(&mut dyn Iterator<Item = Probe>, bool) -> bool,
    ) -> Rounds {
        let is_late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut rounds = Rounds::default();
        let mut answers_before = 0;
        while rounds.count < *limits.end() {
            let is_first = rounds.count == 0;
            let questions = self.open_questions(seed.wrapping_add(rounds.count.into()), is_first);
            let may_be_last = rounds.count + 1 >= *limits.start();
            let goes_on = ask(&mut questions.take_while(|_| !is_late()), may_be_last);
            let answers = self.answers.load(Relaxed);
            rounds.count += 1;
            rounds.found_last = if is_first { 0 } else { answers - answers_before };
            rounds.found_late += rounds.found_last;
            answers_before = answers;
            let was_all_asked = self.asked.load(Relaxed) == self.count();
            rounds.is_complete = rounds.is_complete || (was_all_asked && goes_on);
            let is_over = self.is_done() || (may_be_last && rounds.found_last == 0);
            if is_over || is_late() || !goes_on {
                break;
            }
        }
        rounds
    }
}

fn at(bit: u64) -> (usize, u64) {
    (usize::try_from(bit / 64).expect("the book is in memory"), 1 << (bit % 64))
}

/// What the rounds came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rounds {
    pub(super) count: u32,
    /// Ports that only a second or later probe got an answer from.
    pub(super) found_late: u64,
    /// What the last of them found: zero means that nothing was left to be found.
    pub(super) found_last: u64,
    /// Whether every port was asked at least once.
    pub(super) is_complete: bool,
}

/// Asks all of them. `tallies` has a place for every target.
pub(super) fn scan(
    exchange: Exchange<'_>,
    sender: &mut Sender<'_>,
    book: &Book,
    tallies: &mut [Tally],
    seed: u64,
    deadline: Option<Instant>,
) -> Rounds {
    book.begin(tallies);
    let hear = |seen| note(exchange, book, tallies, seen);
    exchange.run(hear, || send(exchange, sender, book, seed, deadline))
}

fn send(
    exchange: Exchange<'_>,
    sender: &mut Sender<'_>,
    book: &Book,
    seed: u64,
    deadline: Option<Instant>,
) -> Rounds {
    let mut rounds = 0;
    book.in_rounds(seed, deadline, ROUNDS, |questions, may_be_last| {
        if rounds >= UNEASED_ROUNDS {
            sender.ease();
        }
        rounds += 1;
        sender.send(questions, 1);
        sender.wait(
            || {
                let is_any_silent = may_be_last && book.silent_hosts.load(Relaxed) > 0;
                let least = if is_any_silent { LAST_PATIENCE } else { Duration::ZERO };
                exchange.ring.patience_for(book.longest_rtt()).max(least)
            },
            || book.is_done(),
        );
        !sender.is_halted()
    })
}

/// Writes down an answer, the first for each port.
fn note(exchange: Exchange<'_>, book: &Book, tallies: &mut [Tally], seen: Seen) {
    let tally = &mut tallies[seen.target as usize];
    let is_by_itself = |by| by == exchange.targets.at(seen.target).ip;
    let was_silent = tally.up.is_none();
    match seen.what {
        What::SynAck { window, .. } => {
            tally.is_up("syn-ack", seen.ttl, seen.rtt);
            tally.window.get_or_insert(window);
        }
        What::Reset { .. } => tally.is_up("reset", seen.ttl, seen.rtt),
        What::Unreachable { by, reason, .. } if is_by_itself(by) => {
            tally.is_up(reason, seen.ttl, seen.rtt);
        }
        _ => {}
    }
    let host = book.host_places[seen.target as usize];
    if host == NOWHERE {
        return;
    }
    if let Some(rtt) = seen.rtt {
        book.note_rtt(host, rtt);
    }
    if was_silent && tally.up.is_some() {
        book.silent_hosts.fetch_sub(1, Relaxed);
    }
    match seen.what {
        What::SynAck { port, .. } if is_first(book, host, port, true) => {
            tally.open.push((port, seen.ttl));
            cut_tarpit(book, host, tally);
        }
        What::Reset { port } if is_first(book, host, port, true) => {
            tally.closed(seen.ttl);
        }
        What::Unreachable { port: Some(port), by, reason } => {
            // Our own kernel says so when a neighbour did not answer it in time, and may be wrong.
            let is_our_own = by == exchange.targets.at(seen.target).source && !is_by_itself(by);
            if !is_our_own && is_first(book, host, port, false) {
                tally.refused(port, reason, by, seen.ttl);
                tally.obstacle.get_or_insert(reason);
            }
        }
        _ => {}
    }
}

pub(super) fn is_first(book: &Book, host: u32, port: u16, is_proof: bool) -> bool {
    let is_new = book.bit(host, port).is_some_and(|bit| book.mark(bit));
    if is_new {
        if is_proof {
            book.answers.fetch_add(1, Relaxed);
        }
        if book.cut_after(host as usize).is_none() {
            book.unanswered.fetch_sub(1, Relaxed);
        }
    }
    is_new
}

/// Stops asking a host on which nearly everything is open.
pub(super) fn cut_tarpit(book: &Book, host: u32, tally: &Tally) {
    let open = u32::try_from(tally.open.len()).expect("there are 65,536 ports");
    if !tarpit::is_tarpit(open, book.asked_of_each(), book.port_count()) {
        return;
    }
    let asked = book.asked_of_each().max(open);
    if book.cut_after[host as usize].swap(asked, Relaxed) == 0 {
        let first = u64::from(host) * book.ports.len() as u64;
        let bits = first..first + book.ports.len() as u64;
        let left = bits.filter(|bit| !book.is_answered(*bit)).count() as u64;
        book.unanswered.fetch_sub(left, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_round_asks_only_what_was_not_answered() {
        let (ports, hosts) = ([22, 80, 443], [4, 7]);
        let book = Book::new(ports.to_vec(), hosts.to_vec(), 8);
        let asked = |book: &Book, seed| {
            let mut probes: Vec<_> = book
                .open_questions(seed, false)
                .map(|probe| match probe.question {
                    Question::Port(port) => (probe.target, port),
                    _ => unreachable!("only ports are asked"),
                })
                .collect();
            probes.sort_unstable();
            probes
        };
        assert_eq!(asked(&book, 1).len(), 6);

        is_first(&book, 0, 80, true);
        is_first(&book, 1, 443, true);

        assert_eq!(asked(&book, 2), [(4, 22), (4, 443), (7, 22), (7, 80)]);
    }

    #[test]
    fn an_answer_counts_once_and_a_port_that_was_not_asked_never() {
        let (ports, hosts) = ([22, 80], [0]);
        let book = Book::new(ports.to_vec(), hosts.to_vec(), 1);

        let counted = [22, 22, 443].map(|port| is_first(&book, 0, port, true));

        assert_eq!(counted, [true, false, false]);
        assert_eq!(book.unanswered.load(Relaxed), 1);
    }

    #[test]
    fn a_tarpit_is_cut_and_nothing_more_is_awaited_of_it() {
        let ports: Vec<u16> = (1..=1_000).collect();
        let hosts = [0, 1];
        let book = Book::new(ports.clone(), hosts.to_vec(), 2);
        book.asked.store(2 * 70, Relaxed);
        let mut tally = Tally::default();

        for port in 1..=70 {
            is_first(&book, 0, port, true);
            tally.open.push((port, None));
            cut_tarpit(&book, 0, &tally);
        }

        assert_eq!([book.cut_after(0), book.cut_after(1)], [Some(70), None]);
        assert_eq!(book.unanswered.load(Relaxed), 1_000);
        assert!(book.open_questions(1, false).all(|probe| probe.target == 1));
    }
}
