//! Who is there: host discovery, before ports are asked for.
//!
//! On our own links the kernel asks for hardware addresses, and whoever gives one is there, whatever
//! it filters. Behind a router it takes an answer: to an echo, to the question for the time, to a
//! SYN on 443 or an ACK on 80, as nmap does.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::exchange::{Exchange, Probe, Question, Seen, Sender, What};
use super::neighbours;
use super::order::Order;
use super::tally::Tally;
use super::targets::{Reach, Targets};

/// Addresses of a link that the kernel asks for at a time: its table holds 1,024.
const MOST_UNRESOLVED: usize = 384;
/// How long each round waits at least: slow hosts answer, and the kernel asks again after a second.
const PATIENCE: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(350)];
/// The same on a link, where our own questions follow the kernel's.
const NEAR_PATIENCE: [Duration; 3] =
    [Duration::from_millis(150), Duration::from_millis(250), Duration::from_millis(350)];
/// How long the kernel takes to ask a link twice, where we cannot ask ourselves.
const LINK_PATIENCE: Duration = Duration::from_millis(1_300);
/// Packets that the kernel makes of an echo to an address that nobody has: it asks the link for it.
const PACKETS_OF_A_LINK: usize = 3;
/// How often the table of hardware addresses is looked at.
const LOOK: Duration = Duration::from_millis(8);

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Everyone,
    /// Only where the kernel must find a hardware address anyway.
    OnLink,
}

/// What hosts have answered, for the listener alone, and who they are, for both.
struct Census<'a> {
    tallies: &'a mut [Tally],
    is_found: &'a [AtomicBool],
    missing: &'a AtomicU32,
}

/// Asks who is there. `tallies` has a place for every target.
pub(super) fn ping(
    exchange: Exchange<'_>,
    sender: &mut Sender<'_>,
    tallies: &mut [Tally],
    who: Who,
    seed: u64,
) {
    let targets = exchange.targets.list();
    for (tally, target) in tallies.iter_mut().zip(targets) {
        if target.reach == Reach::Local {
            tally.is_up("localhost-response", None, None);
        }
    }
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for (place, target) in (0_u32..).zip(targets) {
        match target.reach {
            Reach::OnLink => near.push(place),
            Reach::Routed if who == Who::Everyone => far.push(place),
            Reach::Local | Reach::Routed => {}
        }
    }
    for part in near.chunks(MOST_UNRESOLVED) {
        ask(exchange, sender, tallies, part, true, seed);
    }
    if !far.is_empty() {
        ask(exchange, sender, tallies, &far, false, seed);
    }
}

/// Asks some targets, and again those that stay silent.
fn ask(
    exchange: Exchange<'_>,
    sender: &mut Sender<'_>,
    tallies: &mut [Tally],
    asked: &[u32],
    is_near: bool,
    seed: u64,
) {
    // Late answers of those who are not asked now must not be counted.
    let is_found: Vec<AtomicBool> = tallies.iter().map(|_| AtomicBool::new(true)).collect();
    let silent = asked.iter().filter(|place| tallies[**place as usize].up.is_none());
    let missing = silent.map(|place| is_found[*place as usize].store(false, Relaxed)).count();
    let missing = AtomicU32::new(u32::try_from(missing).expect("a part holds fewer"));
    let mut census = Census { tallies, is_found: &is_found, missing: &missing };
    exchange.run(
        |seen| note(exchange, &mut census, seen),
        || {
            let is_complete = || missing.load(Relaxed) == 0;
            let patience = if is_near { &NEAR_PATIENCE[..] } else { &PATIENCE };
            for (round, least) in patience.iter().copied().enumerate() {
                let silent: Vec<u32> = asked
                    .iter()
                    .copied()
                    .filter(|place| !is_found[*place as usize].load(Relaxed))
                    .collect();
                send(exchange, sender, &silent, is_near, round, seed);
                let wait = || exchange.ring.patience().max(least);
                if is_near {
                    sender.wait(wait, look(exchange, asked, &is_found, &missing));
                } else {
                    sender.wait(wait, is_complete);
                }
                let left = missing.load(Relaxed);
                // A third question only where the second one was of use: packets get lost there.
                let is_settled = round > 0 && left as usize == silent.len();
                if is_complete() || sender.is_halted() || is_settled {
                    break;
                }
            }
            let is_kernels = |place: &u32| {
                !is_found[*place as usize].load(Relaxed) && !exchange.can_ask_link(*place)
            };
            if is_near && !sender.is_halted() && asked.iter().any(is_kernels) {
                sender.wait(|| LINK_PATIENCE, look(exchange, asked, &is_found, &missing));
            }
        },
    );
    if is_near {
        note_neighbours(exchange.targets, asked, tallies, |place| exchange.can_ask_link(place));
    }
}

/// Takes for present who has given a hardware address just now; or ever, where the kernel would
/// need too long to ask again.
pub(super) fn note_neighbours(
    targets: &Targets,
    asked: &[u32],
    tallies: &mut [Tally],
    must_be_fresh: impl Fn(u32) -> bool,
) {
    let neighbours = neighbours::read();
    for place in asked {
        let target = targets.at(*place);
        let neighbour = neighbours.get(&(target.ip, target.scope));
        if neighbour.is_some_and(|neighbour| neighbour.is_fresh || !must_be_fresh(*place)) {
            let reason = if target.ip.is_ipv4() { "arp-response" } else { "nd-response" };
            tallies[*place as usize].is_up(reason, None, None);
        }
    }
}

/// Counts those who have given the kernel their hardware address, every now and then.
fn look<'a>(
    exchange: Exchange<'a>,
    asked: &'a [u32],
    is_found: &'a [AtomicBool],
    missing: &'a AtomicU32,
) -> impl FnMut() -> bool + 'a {
    let mut looked_at = None::<Instant>;
    move || {
        if looked_at.is_none_or(|at| at.elapsed() > LOOK) {
            let neighbours = neighbours::read();
            for place in asked {
                let target = exchange.targets.at(*place);
                let neighbour = neighbours.get(&(target.ip, target.scope));
                let is_there = neighbour.is_some_and(|neighbour| neighbour.is_fresh);
                if is_there && !is_found[*place as usize].swap(true, Relaxed) {
                    missing.fetch_sub(1, Relaxed);
                }
            }
            looked_at = Some(Instant::now());
        }
        missing.load(Relaxed) == 0
    }
}

fn send(
    exchange: Exchange<'_>,
    sender: &mut Sender<'_>,
    places: &[u32],
    is_near: bool,
    round: usize,
    seed: u64,
) {
    let order = Order::new(places.len() as u64, seed.wrapping_add(round as u64));
    let targets =
        || order.iter().map(|place| places[usize::try_from(place).expect("below their number")]);
    if is_near {
        let is_ours = |target: &u32| round > 0 && exchange.can_ask_link(*target);
        let of = |question| move |target| Probe { target, question };
        // As many as for the kernel's: what it still asks must fit under the limit, too.
        sender.send(targets().filter(is_ours).map(of(Question::Link)), PACKETS_OF_A_LINK);
        let kernels = targets().filter(|target| !is_ours(target));
        sender.send(kernels.map(of(Question::Echo)), PACKETS_OF_A_LINK);
        return;
    }
    let questions = [Question::Echo, Question::Port(443), Question::Ack(80), Question::Timestamp];
    for question in questions {
        let is_answerable = |target: &u32| {
            question != Question::Timestamp || exchange.targets.at(*target).ip.is_ipv4()
        };
        sender.send(targets().filter(is_answerable).map(|target| Probe { target, question }), 1);
    }
}

fn note(exchange: Exchange<'_>, census: &mut Census<'_>, seen: Seen) {
    let tally = &mut census.tallies[seen.target as usize];
    let reason = match seen.what {
        What::SynAck { .. } => "syn-ack",
        What::Reset { .. } | What::ResetOfAck => "reset",
        What::EchoReply => "echo-reply",
        What::TimestampReply => "timestamp-reply",
        // Who refuses for itself is there.
        What::Unreachable { by, reason, .. } if by == exchange.targets.at(seen.target).ip => reason,
        What::Unreachable { reason, .. } => {
            tally.obstacle.get_or_insert(reason);
            return;
        }
    };
    tally.is_up(reason, seen.ttl, seen.rtt);
    if !census.is_found[seen.target as usize].swap(true, Relaxed) {
        census.missing.fetch_sub(1, Relaxed);
    }
}
