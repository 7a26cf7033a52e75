//! Probes out, answers in: one thread sends, another listens, and a ring of slices joins them.
//!
//! The source port of a probe is its slice's place in the ring. So an answer tells how long it took
//! and to which slice it belongs, and nothing has to be kept for a probe that is on its way.

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use nix::cmsg_space;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, recvmmsg,
};
use rustix::io::Errno;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use socket2::Socket;

use super::cookie::Cookies;
use super::link::Links;
use super::pace::{Bucket, Change, Pace, SLICE, Slice};
use super::packet::{self, Answer, Kind, LONGEST_ANSWER, Packet, Path, Quoted};
use super::sockets::{SOURCE_PORTS, Sockets};
use super::targets::Targets;

/// Packets that are handed to the kernel, or taken from it, at a time.
const HANDFUL: usize = 64;
/// Waking up costs more than sending: less is not slept.
const NAP: Duration = Duration::from_millis(1);
/// How long the listener sleeps when little came, so that more comes together.
const LISTENERS_NAP: Duration = Duration::from_millis(1);
/// So many packets may stand in a queue without any harm.
const FEW_PACKETS: f64 = 256.0;
/// Slices over which answers are counted to see how many come per second.
const DELIVERY_SLICES: usize = 6;
/// How much later answers may come before they are missing: everyone is busy at times.
const MORE_TIME: Duration = Duration::from_millis(40);
/// The longest pause for queues to run empty.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
const PLACES: usize = SOURCE_PORTS as usize;

/// What is asked of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) target: u32,
    pub(super) question: Question,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether a port is open: a SYN, a connection, or whatever its protocol has.
    Port(u16),
    Ack(u16),
    Echo,
    Timestamp,
    /// Its hardware address. Only where [`Exchange::can_ask_link`].
    Link,
}

/// What a target is known to have answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) target: u32,
    pub(super) ttl: Option<u8>,
    /// How long it took, if that can be told.
    pub(super) rtt: Option<Duration>,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    SynAck {
        port: u16,
        window: u16,
    },
    Reset {
        port: u16,
    },
    /// The answer to an ACK: whoever sent it is up, and its port may be anything.
    ResetOfAck,
    EchoReply,
    TimestampReply,
    Unreachable {
        port: Option<u16>,
        by: IpAddr,
        reason: &'static str,
    },
}

/// What the two threads share.
#[derive(Debug)]
pub(super) struct Ring {
    epoch: Instant,
    began_us: [AtomicU64; PLACES],
    answered: [AtomicU32; PLACES],
    usual_rtt_us: AtomicU64,
    /// The usual time when nothing stood in a queue: the shortest that the usual one has been.
    base_rtt_us: AtomicU64,
    /// Answers that slices are judged by.
    heard: AtomicU64,
    /// Whatever had come until then has been heard.
    listened_us: AtomicU64,
    longest_rtt_us: AtomicU64,
    /// Resets that the kernel has sent for us since they were last paid for.
    kernel_resets: AtomicU32,
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            began_us: std::array::from_fn(|_| AtomicU64::new(0)),
            answered: std::array::from_fn(|_| AtomicU32::new(0)),
            usual_rtt_us: AtomicU64::new(0),
            base_rtt_us: AtomicU64::new(u64::MAX),
            heard: AtomicU64::new(0),
            listened_us: AtomicU64::new(0),
            longest_rtt_us: AtomicU64::new(0),
            kernel_resets: AtomicU32::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        }
    }

    /// How long the run has taken.
    pub(super) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// How long to wait for answers after the last probe.
    pub(super) fn patience(&self) -> Duration {
        self.patience_for(Duration::from_micros(self.longest_rtt_us.load(Relaxed)))
    }

    /// The same when it is known how far away the farthest host is.
    pub(super) fn patience_for(&self, longest: Duration) -> Duration {
        (longest * 3 / 2 + self.queueing() + Duration::from_millis(25))
            .clamp(Duration::from_millis(50), Duration::from_secs(1))
    }

    /// How long after its end a slice is judged.
    fn delay_of_judgement(&self) -> Duration {
        (self.base_rtt() * 2 + Duration::from_millis(20)).min(Duration::from_millis(350))
    }

    fn base_rtt(&self) -> Duration {
        match self.base_rtt_us.load(Relaxed) {
            u64::MAX => Duration::from_millis(10),
            base => Duration::from_micros(base),
        }
    }

    /// How long packets stand in queues: what answers take longer now than at their best.
    fn queueing(&self) -> Duration {
        Duration::from_micros(self.usual_rtt_us.load(Relaxed)).saturating_sub(self.base_rtt())
    }

    fn begin(&self, place: usize, now: Duration) {
        self.answered[place].store(0, Relaxed);
        self.began_us[place].store(micros(now), Relaxed);
    }

    /// Counts an answer to the slice at `place`, and tells how long it took.
    fn count(&self, place: usize, now: Duration) -> Duration {
        self.answered[place].fetch_add(1, Relaxed);
        let rtt = micros(now).saturating_sub(self.began_us[place].load(Relaxed));
        // Time in queues says nothing of the way, and is over when the queues are empty.
        let queueing = micros(self.queueing());
        self.longest_rtt_us.fetch_max(rtt.saturating_sub(queueing), Relaxed);
        // Only the listener writes these.
        let usual = self.usual_rtt_us.load(Relaxed);
        let usual = if usual == 0 { rtt } else { (usual * 15 + rtt) / 16 };
        self.usual_rtt_us.store(usual, Relaxed);
        self.base_rtt_us.fetch_min(usual, Relaxed);
        self.heard.fetch_add(1, Relaxed);
        Duration::from_micros(rtt)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Everything that a run of raw probes works with.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a> {
    pub(super) sockets: &'a Sockets,
    pub(super) links: &'a Links,
    pub(super) targets: &'a Targets,
    pub(super) cookies: &'a Cookies,
    pub(super) ring: &'a Ring,
    /// Set from outside when it is to end early.
    pub(super) halt: &'a AtomicBool,
}

impl Exchange<'_> {
    /// Whether we can ask for the hardware address of the target at `place`.
    pub(super) fn can_ask_link(self, place: u32) -> bool {
        let target = self.targets.at(place);
        target.ip.is_ipv4() && self.links.holds(target.link)
    }

    /// Asks for it.
    fn ask_link(self, place: u32) {
        let target = self.targets.at(place);
        if let (IpAddr::V4(source), IpAddr::V4(ip)) = (target.source, target.ip)
            && self.links.ask(target.link, source, ip)
        {
            self.ring.sent.fetch_add(1, Relaxed);
        }
    }

    /// Lets `send` send while `hear` hears every answer that is ours, on a thread of its own.
    pub(super) fn run<T>(self, hear: impl FnMut(Seen) + Send, send: impl FnOnce() -> T) -> T {
        let is_over = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _ends = EndOnDrop(is_over);
            scope.spawn(move || self.listen(is_over, hear));
            send()
        })
    }

    fn listen(self, is_over: &AtomicBool, mut hear: impl FnMut(Seen)) {
        let pairs = [&self.sockets.v4, &self.sockets.v6];
        let sockets: Vec<&Socket> = pairs
            .iter()
            .filter_map(|pair| pair.as_ref())
            .flat_map(|pair| [&pair.tcp, &pair.icmp])
            .collect();
        let mut waiting: Vec<PollFd> =
            sockets.iter().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)).collect();
        let mut mailbox = Mailbox::new();
        while !is_over.load(Relaxed) {
            let is_any = matches!(poll(&mut waiting, PollTimeout::from(10_u8)), Ok(1..));
            let now = self.ring.now();
            if !is_any {
                self.ring.listened_us.store(micros(now), Relaxed);
                continue;
            }
            let mut taken = 0;
            if let Some(pair) = &self.sockets.v4 {
                for socket in [&pair.tcp, &pair.icmp] {
                    taken += mailbox.take_v4(socket, |answer| self.pass(&answer, 0, &mut hear));
                }
            }
            if let Some(pair) = &self.sockets.v6 {
                for (socket, protocol) in [(&pair.tcp, packet::TCP), (&pair.icmp, packet::ICMPV6)] {
                    taken += mailbox.take_v6(socket, protocol, |answer, scope| {
                        self.pass(&answer, scope, &mut hear);
                    });
                }
            }
            self.ring.listened_us.store(micros(now), Relaxed);
            if taken < HANDFUL / 2 {
                thread::sleep(LISTENERS_NAP);
            }
        }
    }

    fn pass(self, answer: &Answer, scope: u32, hear: &mut impl FnMut(Seen)) {
        if let Some(seen) = self.identify(answer, scope) {
            self.ring.received.fetch_add(1, Relaxed);
            if matches!(seen.what, What::SynAck { .. }) {
                self.ring.kernel_resets.fetch_add(1, Relaxed);
            }
            hear(seen);
        }
    }

    /// Whose answer it is, if it answers a probe of ours.
    fn identify(self, answer: &Answer, scope: u32) -> Option<Seen> {
        let (who, place, what) = match answer.kind {
            Kind::SynAck(segment) => {
                let place = self.place(segment.source_port)?;
                let cookie = self.cookies.of(answer.from, segment.port, segment.source_port);
                let what = What::SynAck { port: segment.port, window: segment.window };
                (segment.acknowledged == cookie.wrapping_add(1)).then_some((
                    answer.from,
                    Some(place),
                    what,
                ))
            }
            Kind::Reset(segment) => {
                let place = self.place(segment.source_port)?;
                let cookie = self.cookies.of(answer.from, segment.port, segment.source_port);
                if segment.acknowledged == cookie.wrapping_add(1) {
                    Some((answer.from, Some(place), What::Reset { port: segment.port }))
                } else {
                    (segment.sequence == cookie).then_some((
                        answer.from,
                        Some(place),
                        What::ResetOfAck,
                    ))
                }
            }
            Kind::EchoReply(token) => {
                let place = self.place_of_echo(answer.from, token)?;
                Some((answer.from, Some(place), What::EchoReply))
            }
            Kind::TimestampReply(token) => {
                let place = self.place_of_echo(answer.from, token)?;
                Some((answer.from, Some(place), What::TimestampReply))
            }
            Kind::Unreachable { target, reason, probe } => {
                let port = match probe {
                    Quoted::Tcp { source_port, port, sequence } => {
                        self.place(source_port)?;
                        (sequence == self.cookies.of(target, port, source_port))
                            .then_some(Some(port))?
                    }
                    Quoted::Echo(token) => self.place_of_echo(target, token).map(|_| None)?,
                };
                Some((target, None, What::Unreachable { port, by: answer.from, reason }))
            }
        }?;
        let target = self.targets.find(who, scope)?;
        // An ICMP message may come from anywhere and at any pace: no slice is judged by it.
        let rtt = place.map(|place| self.ring.count(place, self.ring.now()));
        Some(Seen { target, ttl: answer.ttl, rtt, what })
    }

    fn place(self, source_port: u16) -> Option<usize> {
        let place = source_port.checked_sub(self.sockets.first_port)?;
        (place < SOURCE_PORTS).then_some(usize::from(place))
    }

    /// The place is in the last bits of what an echo carries, the others are a cookie.
    fn place_of_echo(self, ip: IpAddr, token: [u8; 4]) -> Option<usize> {
        let expected = self.echo_token(ip, 0);
        let place = token[3] & 0x3f;
        let is_ours = expected[..3] == token[..3] && expected[3] == token[3] & !0x3f;
        is_ours.then_some(usize::from(place))
    }

    fn echo_token(self, ip: IpAddr, place: usize) -> [u8; 4] {
        let mut token = self.cookies.of_echo(ip);
        token[3] = (token[3] & !0x3f) | u8::try_from(place).expect("below 64");
        token
    }

    /// The probe as bytes. A link is asked in frames of its own.
    fn packet(self, probe: Probe, place: usize) -> Option<Packet> {
        let target = self.targets.at(probe.target);
        let source_port = self.sockets.first_port + u16::try_from(place).expect("below 64");
        let path = |port| Path { source: target.source, source_port, target: target.ip, port };
        let cookie = |port| self.cookies.of(target.ip, port, source_port);
        Some(match probe.question {
            Question::Port(port) => packet::syn(path(port), cookie(port)),
            Question::Ack(port) => packet::ack(path(port), cookie(port)),
            Question::Echo => packet::echo(path(0), self.echo_token(target.ip, place)),
            Question::Timestamp => packet::timestamp(self.echo_token(target.ip, place)),
            Question::Link => return None,
        })
    }
}

/// Ends the listener when the sender is done, however that comes about.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Sends probes at the pace that they are answered at.
pub(super) struct Sender<'a> {
    exchange: Exchange<'a>,
    pace: &'a mut Pace,
    bucket: &'a mut Bucket,
    outboxes: [Outbox<'a>; 4],
    slice: Open,
    unjudged: VecDeque<(Duration, Open)>,
    changed_at: u64,
    /// Answers that had been heard at the end of the last slices.
    heard: VecDeque<(Duration, u64)>,
    /// Until when nothing is sent, so that queues run empty.
    paused_until: Duration,
}

/// The slice that is being sent.
#[derive(Clone, Copy, Default)]
struct Open {
    number: u64,
    began: Duration,
    sent: u32,
}

impl Open {
    fn place(self) -> usize {
        usize::try_from(self.number % u64::from(SOURCE_PORTS)).expect("below 64")
    }
}

impl<'a> Sender<'a> {
    /// A sender whose slices follow those that were sent before on the same ring.
    pub(super) fn new(exchange: Exchange<'a>, pace: &'a mut Pace, bucket: &'a mut Bucket) -> Self {
        let sockets = exchange.sockets;
        let tcp = |pair: &'a Option<super::sockets::Pair>| pair.as_ref().map(|pair| &pair.tcp);
        let icmp = |pair: &'a Option<super::sockets::Pair>| pair.as_ref().map(|pair| &pair.icmp);
        let outboxes = [tcp(&sockets.v4), icmp(&sockets.v4), tcp(&sockets.v6), icmp(&sockets.v6)];
        let began = exchange.ring.now();
        exchange.ring.begin(0, began);
        pace.begin_round();
        Self {
            exchange,
            pace,
            bucket,
            outboxes: outboxes.map(Outbox::new),
            slice: Open { number: 0, began, sent: 0 },
            unjudged: VecDeque::new(),
            changed_at: 0,
            heard: VecDeque::new(),
            paused_until: Duration::ZERO,
        }
    }

    /// Whether it is to end early.
    pub(super) fn is_halted(&self) -> bool {
        self.exchange.halt.load(Relaxed)
    }

    /// Goes on at half the rate: so much was lost that it was asked for again and again.
    pub(super) fn ease(&mut self) {
        self.pace.ease();
    }

    /// Sends all probes, or until it is halted. `cost` is how many packets one makes.
    pub(super) fn send(&mut self, probes: impl Iterator<Item = Probe>, cost: usize) {
        self.pace.begin_round();
        let mut probes = probes.peekable();
        while probes.peek().is_some() && !self.is_halted() {
            // Where fewer may go at once than one probe makes, it goes all the same, on credit.
            let room = self.turn().div_ceil(cost);
            if room == 0 {
                thread::sleep(self.bucket.wait(self.pace.rate()).max(NAP));
                continue;
            }
            let mut taken = 0;
            for probe in probes.by_ref().take(room.min(HANDFUL)) {
                self.put(probe);
                taken += 1;
            }
            self.bucket.take(taken * cost);
            self.flush();
        }
    }

    /// Waits until `is_done`, or for so long.
    pub(super) fn wait(
        &mut self,
        patience: impl Fn() -> Duration,
        mut is_done: impl FnMut() -> bool,
    ) {
        let began = self.exchange.ring.now();
        while !self.is_halted() && !is_done() {
            if self.exchange.ring.now().saturating_sub(began) >= patience() {
                return;
            }
            self.turn();
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Begins a new slice when the old one is long enough, judges those whose answers must be
    /// here, and tells how many packets may go.
    fn turn(&mut self) -> usize {
        let now = self.exchange.ring.now();
        if now.saturating_sub(self.slice.began) >= SLICE {
            let is_used = self.slice.sent > 0;
            let number = self.slice.number + u64::from(is_used);
            if is_used {
                self.unjudged.push_back((now, self.slice));
            }
            self.slice = Open { number, began: now, sent: 0 };
            self.heard.push_back((now, self.exchange.ring.heard.load(Relaxed)));
            if self.heard.len() > DELIVERY_SLICES {
                self.heard.pop_front();
            }
            self.exchange.ring.begin(self.slice.place(), now);
        }
        // A few packets on the way are no queue: at a low rate they take long.
        let few = Duration::from_secs_f64((FEW_PACKETS / self.pace.rate()).min(0.2));
        let delay = self.exchange.ring.delay_of_judgement() + few;
        let listened = Duration::from_micros(self.exchange.ring.listened_us.load(Relaxed));
        let mut is_listener_late = false;
        while let Some((ended, slice)) = self.unjudged.front().copied() {
            let due = ended + delay;
            // A listener that gets no time is no sign of loss.
            let is_heard = listened >= due || now >= due + MORE_TIME;
            if due > now || !is_heard {
                // It looks up every 10 ms at least when it has time.
                is_listener_late = due + 2 * SLICE <= now;
                break;
            }
            let answered = self.exchange.ring.answered[slice.place()].load(Relaxed);
            let is_current = slice.number > self.changed_at;
            let judged = Slice::new(slice.sent, answered, is_current);
            let is_late = now >= due + MORE_TIME;
            if !is_late && self.pace.is_worth_waiting(judged) {
                break;
            }
            self.unjudged.pop_front();
            self.pace.note_sent(slice.sent, ended.saturating_sub(slice.began));
            self.judge(if is_late { judged.after_more_time() } else { judged }, now);
        }
        let resets = self.exchange.ring.kernel_resets.swap(0, Relaxed);
        self.bucket.take(resets as usize);
        let room = self.bucket.fill(self.pace.rate(), now);
        // Without a listener's word on the last slices, more of them would only fill queues.
        if now < self.paused_until || is_listener_late { 0 } else { room }
    }

    fn judge(&mut self, slice: Slice, now: Duration) {
        let ring = self.exchange.ring;
        match self.pace.judge(slice, self.answers_per_second(now)) {
            Change::None => return,
            Change::Faster => {}
            // What stands in queues is answered meanwhile, so nothing is lost by the pause.
            Change::Slower => self.paused_until = now + ring.queueing().min(LONGEST_PAUSE),
        }
        self.changed_at = self.slice.number;
    }

    fn answers_per_second(&self, now: Duration) -> f64 {
        let Some((since, before)) = self.heard.front() else { return 0.0 };
        let heard = self.exchange.ring.heard.load(Relaxed) - before;
        let count = u32::try_from(heard).unwrap_or(u32::MAX);
        f64::from(count) / now.saturating_sub(*since).as_secs_f64().max(0.001)
    }

    fn put(&mut self, probe: Probe) {
        let Some(packet) = self.exchange.packet(probe, self.slice.place()) else {
            self.exchange.ask_link(probe.target);
            return;
        };
        let target = self.exchange.targets.at(probe.target);
        let is_tcp = matches!(probe.question, Question::Port(_) | Question::Ack(_));
        let outbox = usize::from(!is_tcp) + if target.ip.is_ipv4() { 0 } else { 2 };
        let to = match target.ip {
            IpAddr::V4(ip) => SocketAddrV4::new(ip, 0).into(),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, 0, 0, target.scope).into(),
        };
        self.outboxes[outbox].packets.push((packet, to));
    }

    fn flush(&mut self) {
        for outbox in &mut self.outboxes {
            let flushed = outbox.flush(self.exchange.halt);
            self.slice.sent += u32::try_from(flushed.sent).expect("a handful");
            self.exchange.ring.sent.fetch_add(flushed.sent as u64, Relaxed);
            if flushed.is_held_up {
                self.pace.slow_down();
                self.changed_at = self.slice.number;
            }
        }
    }
}

/// Packets on their way to one socket.
struct Outbox<'a> {
    socket: Option<&'a Socket>,
    packets: Vec<(Packet, SocketAddrAny)>,
}

struct Flushed {
    sent: usize,
    /// Whether the kernel had no room for a while.
    is_held_up: bool,
}

impl<'a> Outbox<'a> {
    fn new(socket: Option<&'a Socket>) -> Self {
        Self { socket, packets: Vec::with_capacity(HANDFUL) }
    }

    fn flush(&mut self, halt: &AtomicBool) -> Flushed {
        let mut flushed = Flushed { sent: 0, is_held_up: false };
        let Some(socket) = self.socket else { return flushed };
        let slices: Vec<[IoSlice; 1]> =
            self.packets.iter().map(|(packet, _)| [IoSlice::new(packet.bytes())]).collect();
        let mut rest = 0;
        while rest < slices.len() && !halt.load(Relaxed) {
            let mut controls: Vec<_> =
                (rest..slices.len()).map(|_| SendAncillaryBuffer::default()).collect();
            let mut messages: Vec<MMsgHdr> = self.packets[rest..]
                .iter()
                .zip(&slices[rest..])
                .zip(&mut controls)
                .map(|(((_, to), slice), control)| MMsgHdr::new_with_addr(to, slice, control))
                .collect();
            match sendmmsg(socket, &mut messages, SendFlags::empty()) {
                Ok(sent) => {
                    rest += sent.max(1);
                    flushed.sent += sent;
                }
                Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM | Errno::INTR) => {
                    flushed.is_held_up = true;
                    thread::sleep(Duration::from_millis(1));
                }
                // There is no way to this one, or it is forbidden: it stays unanswered.
                Err(_) => rest += 1,
            }
        }
        self.packets.clear();
        flushed
    }
}

/// Room for a handful of answers.
struct Mailbox {
    buffers: Vec<[u8; LONGEST_ANSWER]>,
    headers: MultiHeaders<SockaddrIn>,
}

impl Mailbox {
    fn new() -> Self {
        Self {
            buffers: vec![[0; LONGEST_ANSWER]; HANDFUL],
            headers: MultiHeaders::preallocate(HANDFUL, None),
        }
    }

    /// Takes everything that has come to a socket of IPv4, and tells how much that was.
    fn take_v4(&mut self, socket: &Socket, mut hear: impl FnMut(Answer)) -> usize {
        let mut all = 0;
        loop {
            let letters = receive(socket, &mut self.buffers, &mut self.headers);
            for (buffer, (length, ..)) in self.buffers.iter().zip(&letters) {
                if let Some(answer) = packet::parse_ipv4(&buffer[..*length]) {
                    hear(answer);
                }
            }
            all += letters.len();
            if letters.len() < HANDFUL {
                return all;
            }
        }
    }

    /// The same of IPv6, with the interface that it came by.
    fn take_v6(
        &mut self,
        socket: &Socket,
        protocol: u8,
        mut hear: impl FnMut(Answer, u32),
    ) -> usize {
        let mut all = 0;
        loop {
            // The room for control messages is used up by every call.
            let mut headers =
                MultiHeaders::<SockaddrIn6>::preallocate(HANDFUL, Some(cmsg_space!(i32)));
            let letters = receive(socket, &mut self.buffers, &mut headers);
            for (buffer, (length, from, ttl)) in self.buffers.iter().zip(&letters) {
                let Some(from) = from else { continue };
                let answer = packet::parse_ipv6(protocol, &buffer[..*length], from.ip(), *ttl);
                if let Some(answer) = answer {
                    hear(answer, from.scope_id());
                }
            }
            all += letters.len();
            if letters.len() < HANDFUL {
                return all;
            }
        }
    }
}

/// Takes up to a handful: the length of each, who sent it, and how many hops it had left.
fn receive<S: SockaddrLike + Copy>(
    socket: &Socket,
    buffers: &mut [[u8; LONGEST_ANSWER]],
    headers: &mut MultiHeaders<S>,
) -> Vec<(usize, Option<S>, Option<u8>)> {
    let mut slices: Vec<[IoSliceMut; 1]> =
        buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
    let received = recvmmsg(socket.as_raw_fd(), headers, &mut slices, MsgFlags::MSG_DONTWAIT, None);
    let Ok(received) = received else { return Vec::new() };
    let letters = received.map(|letter| {
        let ttl = letter.cmsgs().ok().and_then(|mut notes| {
            notes.find_map(|note| match note {
                ControlMessageOwned::Ipv6HopLimit(limit) => u8::try_from(limit).ok(),
                _ => None,
            })
        });
        (letter.bytes, letter.address, ttl)
    });
    letters.collect()
}
