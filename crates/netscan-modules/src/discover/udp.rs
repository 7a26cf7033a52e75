//! Which UDP ports answer: each is told what its service understands, and the kernel collects both
//! answers and refusals on one socket.
//!
//! An answer means open, a refusal by the target itself closed, any other refusal filtered, and
//! silence after three tries open or filtered. Targets refuse a few times per second at most, so all
//! of them are asked in turn and none is waited for.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use nix::cmsg_space;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrLike, recvmsg, setsockopt,
    sockopt,
};
use socket2::{Domain, SockAddr, Socket, Type};

use super::exchange::{Probe, Question, Ring};
use super::pace::Bucket;
use super::packet;
use super::payloads::Payloads;
use super::ports::{self, Book, Rounds};
use super::tally::Tally;
use super::targets::Targets;

/// Three tries at least; more while closed ports still turn up, for refusals are rationed.
const ROUNDS: RangeInclusive<u32> = 3..=8;
/// Datagrams per second at most: above it, little but refusals that never come is gained.
const MOST_PER_SECOND: f64 = 20_000.0;
/// How long each round waits at least: services think before they answer.
const SHORTEST_PATIENCE: Duration = Duration::from_millis(500);
/// How much of an answer is looked at: that there is one.
const ANSWER: usize = 64;
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// Datagrams that are sent before answers are looked for.
const HANDFUL: usize = 64;

/// What UDP ports are asked with.
pub(super) struct Speaker<'a> {
    pub(super) targets: &'a Targets,
    pub(super) payloads: &'a Payloads,
    pub(super) ring: &'a Ring,
    pub(super) halt: &'a AtomicBool,
    pub(super) bucket: &'a mut Bucket,
    pub(super) max_rate: Option<NonZeroU32>,
}

/// What came back from a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Answer,
    Refusal { by: IpAddr, reason: &'static str },
}

/// One socket a family.
struct Line {
    socket: Socket,
    is_ipv6: bool,
}

impl Speaker<'_> {
    /// Asks for every port of the book. `tallies` has a place for every target.
    ///
    /// # Errors
    ///
    /// Returns why there is no socket. Nothing was sent then.
    pub(super) fn scan(
        &mut self,
        book: &Book,
        tallies: &mut [Tally],
        seed: u64,
        deadline: Option<Instant>,
    ) -> io::Result<Rounds> {
        book.begin(tallies);
        let is_any =
            |is_ipv6| self.targets.list().iter().any(|target| target.ip.is_ipv6() == is_ipv6);
        let lines: Vec<Line> = [false, true]
            .into_iter()
            .filter(|is_ipv6| is_any(*is_ipv6))
            .map(Line::open)
            .collect::<io::Result<_>>()?;
        Ok(book.in_rounds(seed, deadline, ROUNDS, |questions, _| {
            self.ask(questions, &lines, book, tallies);
            !self.halt.load(Relaxed)
        }))
    }

    fn ask(
        &mut self,
        questions: &mut dyn Iterator<Item = Probe>,
        lines: &[Line],
        book: &Book,
        tallies: &mut [Tally],
    ) {
        let rate = self
            .max_rate
            .map_or(MOST_PER_SECOND, |rate| f64::from(rate.get()).min(MOST_PER_SECOND));
        let mut questions = questions.peekable();
        while questions.peek().is_some() && !self.halt.load(Relaxed) {
            let room = self.bucket.fill(rate, self.ring.now());
            if room == 0 {
                thread::sleep(self.bucket.wait(rate).max(Duration::from_millis(1)));
            }
            let mut sent = 0;
            while sent < room.min(HANDFUL)
                && let Some(probe) = questions.next()
            {
                sent += self.say(lines, probe);
            }
            self.bucket.take(sent);
            self.ring.sent.fetch_add(sent as u64, Relaxed);
            self.hear(lines, book, tallies);
        }
        let until = Instant::now() + self.ring.patience().max(SHORTEST_PATIENCE);
        while Instant::now() < until && !book.is_done() && !self.halt.load(Relaxed) {
            thread::sleep(Duration::from_millis(2));
            self.hear(lines, book, tallies);
        }
    }

    /// Sends all that is said to a port, and tells how many datagrams that was.
    fn say(&self, lines: &[Line], probe: Probe) -> usize {
        let Question::Port(port) = probe.question else { return 0 };
        let target = self.targets.at(probe.target);
        let Some(line) = lines.iter().find(|line| line.is_ipv6 == target.ip.is_ipv6()) else {
            return 0;
        };
        let to: SocketAddr = match target.ip {
            IpAddr::V4(ip) => SocketAddrV4::new(ip, port).into(),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, target.scope).into(),
        };
        let payloads = self.payloads.of(port);
        payloads.iter().filter(|payload| line.send(payload, &to.into())).count()
    }

    fn hear(&self, lines: &[Line], book: &Book, tallies: &mut [Tally]) {
        for line in lines {
            let mut note = |from: SocketAddr, heard| {
                let scope = if let SocketAddr::V6(from) = from { from.scope_id() } else { 0 };
                if let Some(target) = self.targets.find(from.ip(), scope) {
                    self.ring.received.fetch_add(1, Relaxed);
                    let ip = self.targets.at(target).ip;
                    note(book, &mut tallies[target as usize], target, (ip, from.port()), heard);
                }
            };
            if line.is_ipv6 {
                line.receive::<SockaddrIn6>(&mut note);
            } else {
                line.receive::<SockaddrIn>(&mut note);
            }
        }
    }
}

fn note(book: &Book, tally: &mut Tally, target: u32, (ip, port): (IpAddr, u16), heard: Heard) {
    let reason = match heard {
        Heard::Answer => Some("udp-response"),
        Heard::Refusal { by, reason } => (by == ip).then_some(reason),
    };
    if let Some(reason) = reason {
        tally.is_up(reason, None, None);
    }
    let Some(host) = book.place_of(target as usize) else { return };
    let host = u32::try_from(host).expect("a part holds fewer");
    if !ports::is_first(book, host, port, true) {
        return;
    }
    match heard {
        Heard::Answer => tally.open.push((port, None)),
        Heard::Refusal { by, reason: "port-unreach" } if by == ip => tally.closed(None),
        Heard::Refusal { by, reason } => tally.refused(port, reason, by, None),
    }
}

impl Line {
    fn open(is_ipv6: bool) -> io::Result<Self> {
        let domain = if is_ipv6 { Domain::IPV6 } else { Domain::IPV4 };
        let socket = Socket::new(domain, Type::DGRAM.nonblocking(), None)?;
        if is_ipv6 {
            setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?;
        } else {
            setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?;
            socket.set_broadcast(true)?;
        }
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        Ok(Self { socket, is_ipv6 })
    }

    /// Sends a datagram, and tells whether it went.
    fn send(&self, payload: &[u8], to: &SockAddr) -> bool {
        for _ in 0..HANDFUL {
            match self.socket.send_to(payload, to) {
                Ok(_) => return true,
                Err(error) if is_congestion(&error) => thread::sleep(Duration::from_millis(1)),
                // A refusal of an earlier datagram is told to the next. It is read elsewhere.
                Err(_) => {}
            }
        }
        false
    }

    /// Takes every answer and every refusal that has come.
    fn receive<S: SockaddrLike + Copy + Into<Peer>>(
        &self,
        note: &mut impl FnMut(SocketAddr, Heard),
    ) {
        let mut bytes = [0; ANSWER];
        loop {
            let mut slices = [IoSliceMut::new(&mut bytes)];
            let answer =
                recvmsg::<S>(self.socket.as_raw_fd(), &mut slices, None, MsgFlags::MSG_DONTWAIT);
            match answer {
                Ok(answer) => {
                    if let Some(from) = answer.address {
                        note(from.into().0, Heard::Answer);
                    }
                }
                Err(nix::Error::EAGAIN) => break,
                // A refusal that comes in between is told here, too, once.
                Err(_) => {}
            }
        }
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        loop {
            let mut slices = [IoSliceMut::new(&mut bytes)];
            let mut notes = cmsg_space!([u8; 64]);
            let refusal =
                recvmsg::<S>(self.socket.as_raw_fd(), &mut slices, Some(&mut notes), flags);
            let Ok(refusal) = refusal else { return };
            let Some(to) = refusal.address else { continue };
            let Ok(mut words) = refusal.cmsgs() else { continue };
            if let Some((by, reason)) = words.find_map(|word| refusal_of(&word)) {
                note(to.into().0, Heard::Refusal { by, reason });
            }
        }
    }
}

/// Who refused, and why.
fn refusal_of(word: &ControlMessageOwned) -> Option<(IpAddr, &'static str)> {
    const ICMP: u8 = 2;
    const ICMPV6: u8 = 3;
    match word {
        ControlMessageOwned::Ipv4RecvErr(error, Some(by)) if error.ee_origin == ICMP => {
            let by = IpAddr::from(by.sin_addr.s_addr.to_ne_bytes());
            Some((by, packet::refusal(error.ee_type, error.ee_code)?))
        }
        ControlMessageOwned::Ipv6RecvErr(error, Some(by)) if error.ee_origin == ICMPV6 => {
            let by = IpAddr::from(by.sin6_addr.s6_addr);
            Some((by, packet::refusal_v6(error.ee_type, error.ee_code)?))
        }
        _ => None,
    }
}

fn is_congestion(error: &io::Error) -> bool {
    const NO_BUFFER_SPACE: i32 = nix::errno::Errno::ENOBUFS as i32;
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(NO_BUFFER_SPACE)
}

/// An address of either family, in the standard library's words.
struct Peer(SocketAddr);

impl From<SockaddrIn> for Peer {
    fn from(address: SockaddrIn) -> Self {
        Self(SocketAddrV4::new(address.ip(), address.port()).into())
    }
}

impl From<SockaddrIn6> for Peer {
    fn from(address: SockaddrIn6) -> Self {
        Self(SocketAddrV6::new(address.ip(), address.port(), 0, address.scope_id()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn only_the_target_itself_can_say_that_a_port_is_closed() {
        let book = Book::new(vec![7, 8, 9], vec![0], 1);
        let mut tally = Tally::default();
        let refusal = |by: [u8; 4], reason| Heard::Refusal { by: by.into(), reason };

        note(&book, &mut tally, 0, (IP, 7), refusal([127, 0, 0, 1], "port-unreach"));
        note(&book, &mut tally, 0, (IP, 8), refusal([10, 0, 0, 1], "port-unreach"));
        note(&book, &mut tally, 0, (IP, 9), Heard::Answer);

        let is_answered = |place| book.has_answer(0, place);
        let (ports, _) =
            tally.ports(IP, super::super::tally::Wording::UDP, &[7, 8, 9], is_answered, true);
        let told: Vec<_> = ports.iter().map(|port| (port.port, port.state.name())).collect();
        assert_eq!(told, [(7, "closed"), (8, "filtered"), (9, "open")]);
    }

    #[test]
    fn a_port_of_this_machine_answers_or_refuses() {
        let service = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = service.local_addr().unwrap().port();
        let closed = {
            let gone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            gone.local_addr().unwrap().port()
        };
        let answering = thread::spawn(move || {
            let (_, from) = service.recv_from(&mut [0; 16]).unwrap();
            service.send_to(b"yes", from).unwrap();
        });
        let (targets, _) = Targets::look_up(&"127.0.0.1".parse().unwrap());
        let mut asked = vec![port, closed];
        asked.sort_unstable();
        let book = Book::new(asked, vec![0], 1);
        let mut tallies = [Tally::default()];
        let (ring, halt) = (Ring::new(), AtomicBool::new(false));
        let mut speaker = Speaker {
            targets: &targets,
            payloads: &Payloads::default(),
            ring: &ring,
            halt: &halt,
            bucket: &mut Bucket::new(Duration::ZERO),
            max_rate: None,
        };

        let rounds = speaker.scan(&book, &mut tallies, 1, None).unwrap();
        answering.join().unwrap();

        assert!(rounds.is_complete);
        assert_eq!(tallies[0].open, [(port, None)]);
        assert_eq!(tallies[0].closed, 1);
    }
}
