//! What is told of two scans: for every pair of fates that an address can have in them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::batch::Outcome;
use netscan_model::coverage::CoverageState;
use netscan_model::difference::{Change, Difference, Seen, Wanted};
use netscan_model::observation::{ExtraPorts, Host, Port, PortState, Protocol, ScanInfo, Service};
use netscan_model::scan::{Command, Limits, ModuleChoice, Scan, State};
use netscan_model::seal::Seal;
use netscan_orchestrator::difference::{Differences, newest_completed_by, previous};
use netscan_store::{
    AttemptDetail, AttemptReport, By, Definition, Lease, LeaseRequest, NewScan, Realm, Silence,
    Store, Verdict,
};
use tempfile::TempDir;
use uuid::Uuid;

/// What an address can come to in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    UpWithPort,
    UpWithout,
    Down,
    TimedOut,
    NotInPlan,
    Failed,
    Cancelled,
}

const FATES: [Fate; 7] = [
    Fate::UpWithPort,
    Fate::UpWithout,
    Fate::Down,
    Fate::TimedOut,
    Fate::NotInPlan,
    Fate::Failed,
    Fate::Cancelled,
];

/// What is told: a row for each fate in the earlier scan, a letter for each in the later one.
///
/// `.` nothing, `+` new, `-` gone, `?` the host was not scanned, `p` the port was not scanned,
/// `o` opened if the earlier scan probed the port, and else as `p`,
/// `c` closed if the later scan probed the port, and else as `p`.
const TRUTH: [&str; 7] = [
    ". c - p ? ? ?", // up with port
    "o . - ? ? ? ?", // up without
    "+ + . + . . .", // down
    "p ? - . ? ? ?", // timed out
    "? ? . ? . . .", // not in plan
    "? ? . ? . . .", // failed
    "? ? . ? . . .", // cancelled
];

const PORT: u16 = 80;

/// What should be told of an address, and whether of its port.
fn truth(before: usize, after: usize, probed: (bool, bool)) -> Option<(Change, bool)> {
    let letter = TRUTH[before].split(' ').nth(after).unwrap();
    match letter {
        "." => None,
        "+" => Some((Change::New, false)),
        "-" => Some((Change::Gone, false)),
        "?" => Some((Change::NotScanned, false)),
        "o" if probed.0 => Some((Change::Opened, true)),
        "c" if probed.1 => Some((Change::Closed, true)),
        "p" | "o" | "c" => Some((Change::NotScanned, true)),
        other => panic!("{other}"),
    }
}

/// An address for each pair of fates.
fn address(before: usize, after: usize) -> Address {
    format!("192.0.2.{}", before * FATES.len() + after).parse().unwrap()
}

/// A database, and the second at which things happen in it.
struct Bench {
    store: Store,
    realm: Realm,
    _directory: TempDir,
    now: i64,
}

/// How a scan is to come out.
#[derive(Clone)]
struct Course {
    fates: Vec<(Address, Fate)>,
    /// The ports that it probes, as nmap writes them.
    probes: &'static str,
    options: &'static str,
    port: Port,
    /// That its hosts are suspect, with the number of ports that are only counted.
    suspect: Option<u32>,
}

impl Course {
    fn of(fates: Vec<(Address, Fate)>) -> Self {
        let (probes, options) = ("1-1000", "-sT");
        Self { fates, probes, options, port: open(None), suspect: None }
    }

    fn host(&self, address: Address, fate: Fate) -> Host {
        let ports = if fate == Fate::UpWithPort { vec![self.port.clone()] } else { Vec::new() };
        let mut host = Host { timed_out: fate == Fate::TimedOut, ports, ..Host::at(address) };
        if let Some(count) = self.suspect {
            host.details.suspect = Some("900 of the 1000 ports that were asked are open".into());
            let state = PortState::Closed;
            host.extra_ports = vec![ExtraPorts { state, count, reasons: Vec::new() }];
        }
        host
    }

    fn detail(&self) -> AttemptDetail {
        let info = ScanInfo {
            kind: "connect".into(),
            protocol: Some(Protocol::Tcp),
            service_count: 1,
            services: self.probes.into(),
            scan_flags: None,
        };
        AttemptDetail { scan_infos: vec![info], ..AttemptDetail::default() }
    }
}

fn open(version: Option<&str>) -> Port {
    let service =
        Service { name: "http".into(), version: version.map(str::to_owned), ..Service::default() };
    Port {
        port: PORT,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: None,
        reason_address: None,
        service: Some(service),
        scripts: Vec::new(),
    }
}

impl Bench {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("netscan.db")).await.unwrap();
        let realm = store.default_realm().await.unwrap();
        Self { store, realm, _directory: directory, now: 1_790_000_000 }
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_second(self.now).unwrap()
    }

    fn by(&self) -> By<'static> {
        By { actor: "test", remote: None, now: self.at() }
    }

    /// A scan that went this way.
    async fn scanned(&mut self, course: &Course) -> Scan {
        self.now += 10;
        let scan = self.created(course).await;
        while let Some(lease) = self.lease(course).await {
            let address = lease.addresses.iter().next().unwrap();
            let (_, fate) = course.fates.iter().find(|(at, _)| *at == address).unwrap();
            self.carry_out(&lease, &course.host(address, *fate), *fate, course.detail()).await;
        }
        if course.fates.iter().any(|(_, fate)| *fate == Fate::Cancelled) {
            self.realm.command(scan.id, Command::Stop, self.by()).await.unwrap();
        }
        self.realm.scan(scan.id).await.unwrap()
    }

    /// A scan in batches of one address; those that will be cancelled come last.
    async fn created(&self, course: &Course) -> Scan {
        let is_last = |fate: Fate| fate == Fate::Cancelled;
        let mut asked = course.fates.clone();
        asked.retain(|(_, fate)| *fate != Fate::NotInPlan);
        asked.sort_by_key(|(_, fate)| is_last(*fate));
        let addresses: AddressSet = asked.iter().map(|(address, _)| *address).collect();
        let new = NewScan {
            id: Uuid::now_v7(),
            series: None,
            project: "lab".into(),
            name: String::new(),
            description: String::new(),
            notes: String::new(),
            owner: "test".into(),
            modules: vec![ModuleChoice {
                id: "nmap".into(),
                enabled: true,
                config: serde_json::Map::new(),
            }],
            recursion_depth: 0,
            template: None,
            definition: Definition {
                targets: vec![addresses.to_string()],
                ..Definition::default()
            },
            options: course.options.into(),
            limits: Limits::LEAST,
            addresses: addresses.clone(),
            left_out: Vec::new(),
            names: Vec::new(),
            seal: Seal { addresses, authorisation: None },
            is_started: true,
        };
        let batches = asked.iter().map(|(address, _)| std::iter::once(*address).collect());
        self.realm.create_scan(&new, batches, Uuid::from_u128(1), self.by()).await.unwrap()
    }

    /// The next batch, unless only those are left that will be cancelled.
    async fn lease(&self, course: &Course) -> Option<Lease> {
        let counts = course.fates.iter().filter(|(_, fate)| *fate == Fate::Cancelled).count();
        let scan = self.realm.scans("lab").await.unwrap().remove(0);
        let left = self.realm.coverage(scan.id).await.unwrap().pending;
        if left == counts as u64 {
            return None;
        }
        let duration = Duration::from_mins(1);
        let request = LeaseRequest { worker: "w".into(), only: Some(scan.id), duration };
        self.store.lease_next(&request, self.at()).await.unwrap()
    }

    async fn carry_out(&self, lease: &Lease, host: &Host, fate: Fate, detail: AttemptDetail) {
        let silent = Silence { addresses: host.address.into(), reason: "no-response".into() };
        let (hosts, silent): (&[_], &[_]) = match fate {
            Fate::UpWithPort | Fate::UpWithout | Fate::TimedOut => {
                (std::slice::from_ref(host), &[])
            }
            Fate::Down => (&[], std::slice::from_ref(&silent)),
            Fate::NotInPlan | Fate::Failed | Fate::Cancelled => (&[], &[]),
        };
        self.store.record_hosts(lease, hosts, silent, self.at()).await.unwrap();
        let (outcome, reason, detail) = match fate {
            Fate::Failed => (Outcome::Crashed, "it broke", AttemptDetail::default()),
            _ => (Outcome::Succeeded, "", detail),
        };
        let verdict = Verdict::Judge;
        let report = AttemptReport { outcome, reason: reason.into(), verdict, detail };
        self.store.finish_attempt(lease, &report, self.at()).await.unwrap();
    }

    async fn differences(&self, before: &Scan, after: &Scan, only: &[Change]) -> Vec<Difference> {
        let wanted = Wanted { only: only.to_vec(), has_suspects: false };
        self.differences_as(before, after, &wanted).await
    }

    async fn differences_as(
        &self,
        before: &Scan,
        after: &Scan,
        wanted: &Wanted,
    ) -> Vec<Difference> {
        let mut looked_for =
            Differences::between(&self.realm, before, after, wanted).await.unwrap();
        let mut found = Vec::new();
        while let Some(difference) = looked_for.next().await.unwrap() {
            found.push(difference);
        }
        found
    }
}

/// What became of each address in a scan.
type Fates = Vec<(Address, Fate)>;

/// The fates of all addresses, in the earlier scan and in the later one.
fn all_pairs() -> (Fates, Fates) {
    let (mut earlier, mut later) = (Fates::new(), Fates::new());
    for (before, fate_before) in FATES.iter().enumerate() {
        for (after, fate_after) in FATES.iter().enumerate() {
            earlier.push((address(before, after), *fate_before));
            later.push((address(before, after), *fate_after));
        }
    }
    (earlier, later)
}

#[tokio::test]
async fn the_answer_is_right_for_every_pair_of_fates_and_of_probed_ports() {
    let (earlier, later) = all_pairs();
    for probed in [(true, true), (true, false), (false, true), (false, false)] {
        let probes = |has_probed| if has_probed { "80-81" } else { "22,443" };
        let mut bench = Bench::new().await;
        let before = Course { probes: probes(probed.0), ..Course::of(earlier.clone()) };
        let after = Course { probes: probes(probed.1), ..Course::of(later.clone()) };
        let (before, after) = (bench.scanned(&before).await, bench.scanned(&after).await);

        let found = bench.differences(&before, &after, &[]).await;

        let mut told = 0;
        for (row, fate_before) in FATES.iter().enumerate() {
            for (column, fate_after) in FATES.iter().enumerate() {
                let at = address(row, column);
                let of_it: Vec<_> =
                    found.iter().filter(|difference| difference.address == at).collect();
                let said: Vec<_> = of_it
                    .iter()
                    .map(|difference| (difference.change, difference.port.is_some()))
                    .collect();
                let expected: Vec<_> = truth(row, column, probed).into_iter().collect();
                assert_eq!(said, expected, "{fate_before:?} {fate_after:?} {probed:?} {of_it:?}");
                told += said.len();
            }
        }
        assert_eq!(told, found.len());
    }
}

#[tokio::test]
async fn the_fates_are_what_the_ledger_says() {
    let (earlier, _) = all_pairs();
    let mut bench = Bench::new().await;

    let scan = bench.scanned(&Course::of(earlier)).await;

    let coverage = bench.realm.coverage(scan.id).await.unwrap();
    for (state, count) in [
        (CoverageState::Up, 14),
        (CoverageState::Down, 7),
        (CoverageState::TimedOut, 7),
        (CoverageState::Failed, 7),
        (CoverageState::Cancelled, 7),
    ] {
        assert_eq!(coverage.count(state), count, "{state}");
    }
    assert_eq!((coverage.planned, scan.status), (42, State::Cancelled));
}

#[tokio::test]
async fn a_difference_says_what_both_scans_saw() {
    let (one, other) = (address(0, 0), address(0, 1));
    let mut bench = Bench::new().await;
    let before = [(one, Fate::UpWithPort), (other, Fate::UpWithPort)];
    let before = bench.scanned(&Course::of(before.to_vec())).await;
    let after = [(one, Fate::UpWithout), (other, Fate::Down)];
    let after = bench.scanned(&Course::of(after.to_vec())).await;

    let found = bench.differences(&before, &after, &[]).await;

    let closed = Difference {
        change: Change::Closed,
        address: one,
        port: Some(PORT),
        protocol: Some(Protocol::Tcp),
        before: Seen::Port(Box::new(open(None))),
        after: Seen::Nothing,
    };
    let gone = Difference {
        change: Change::Gone,
        address: other,
        port: None,
        protocol: None,
        before: Seen::Address(CoverageState::Up),
        after: Seen::Address(CoverageState::Down),
    };
    assert_eq!(found, [closed, gone.clone()]);
    assert_eq!(bench.differences(&before, &after, &[Change::Gone, Change::New]).await, [gone]);
}

#[tokio::test]
async fn services_are_compared_only_when_both_scans_asked_for_them() {
    let fates = vec![(address(0, 0), Fate::UpWithPort)];
    let mut bench = Bench::new().await;
    let guessed = Course::of(fates);
    let asked =
        |version| Course { options: "-sT -sV", port: open(Some(version)), ..guessed.clone() };
    let (first, second) = (asked("1.0"), asked("2.0"));
    let guess = bench.scanned(&guessed).await;
    let (first, second) = (bench.scanned(&first).await, bench.scanned(&second).await);

    let changed = bench.differences(&first, &second, &[]).await;

    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].change, Change::Changed);
    assert_eq!(bench.differences(&guess, &first, &[]).await, []);
}

#[tokio::test]
async fn a_host_that_either_scan_suspects_is_left_out_unless_it_is_wanted() {
    let fates = [Fate::UpWithPort, Fate::UpWithout, Fate::Down];
    let course = |fate| Course::of(vec![(address(0, 0), fate)]);
    let wanted = Wanted { has_suspects: true, ..Wanted::default() };
    let mut bench = Bench::new().await;
    let mut tarpit = Vec::new();
    let mut host = Vec::new();
    for fate in fates {
        tarpit.push(bench.scanned(&Course { suspect: Some(5), ..course(fate) }).await);
        host.push(bench.scanned(&course(fate)).await);
    }
    let [open_tarpit, bare_tarpit, _] = &tarpit[..] else { panic!("{tarpit:?}") };
    let [open_host, bare_host, down] = &host[..] else { panic!("{host:?}") };

    for (before, after, seen) in [
        (open_tarpit, bare_tarpit, Change::NotScanned),
        (bare_tarpit, open_tarpit, Change::NotScanned),
        (open_tarpit, bare_host, Change::Closed),
        (bare_host, open_tarpit, Change::Opened),
        (open_host, bare_tarpit, Change::NotScanned),
        (down, open_tarpit, Change::New),
        (open_tarpit, down, Change::Gone),
    ] {
        let left_out = bench.differences(before, after, &[]).await;
        let only_new = bench.differences(before, after, &[Change::New]).await;
        let compared = bench.differences_as(before, after, &wanted).await;

        let changes = |found: &[Difference]| -> Vec<_> {
            found.iter().map(|difference| (difference.change, difference.port.is_some())).collect()
        };
        assert_eq!(changes(&left_out), [(Change::Suspect, false)]);
        assert_eq!(left_out, only_new);
        let is_of_port = !matches!(seen, Change::New | Change::Gone);
        assert_eq!(changes(&compared), [(seen, is_of_port)]);
    }
}

#[tokio::test]
async fn a_suspect_that_was_asked_to_the_end_is_compared_as_any_other_host() {
    let course = |fate| Course::of(vec![(address(0, 0), fate)]);
    let wanted = Wanted { has_suspects: true, ..Wanted::default() };
    let mut bench = Bench::new().await;
    let bare = Course { suspect: Some(1000), ..course(Fate::UpWithout) };
    let with_port = Course { suspect: Some(999), ..course(Fate::UpWithPort) };
    let (bare, with_port) = (bench.scanned(&bare).await, bench.scanned(&with_port).await);

    let opened = bench.differences_as(&bare, &with_port, &wanted).await;
    let closed = bench.differences_as(&with_port, &bare, &wanted).await;

    assert_eq!(opened.iter().map(|it| it.change).collect::<Vec<_>>(), [Change::Opened]);
    assert_eq!(closed.iter().map(|it| it.change).collect::<Vec<_>>(), [Change::Closed]);
}

#[tokio::test]
async fn a_scan_is_compared_with_the_last_that_had_all_of_its_addresses() {
    let (one, other) = (address(0, 0), address(0, 1));
    let of = |fates: &[(Address, Fate)]| Course::of(fates.to_vec());
    let mut bench = Bench::new().await;
    let all = bench.scanned(&of(&[(one, Fate::Down), (other, Fate::Failed)])).await;
    let cancelled = bench.scanned(&of(&[(one, Fate::Down), (other, Fate::Cancelled)])).await;
    let part = bench.scanned(&of(&[(one, Fate::Down)])).await;
    let last = bench.scanned(&of(&[(one, Fate::Down), (other, Fate::Down)])).await;
    let found = async |scan: &Scan| previous(&bench.realm, scan).await.unwrap().map(|it| it.number);

    assert_eq!((all.status, cancelled.status), (State::Partial, State::Cancelled));
    assert_eq!(found(&last).await, Some(all.number));
    assert_eq!(found(&part).await, Some(all.number));
    assert_eq!(found(&all).await, None);
}

#[tokio::test]
async fn the_scan_of_a_time_is_the_last_that_was_completed_by_then() {
    let course = |fate| Course::of(vec![(address(0, 0), Fate::Down), (address(0, 1), fate)]);
    let mut bench = Bench::new().await;
    let first = bench.scanned(&course(Fate::Down)).await;
    let second = bench.scanned(&course(Fate::Down)).await;
    bench.scanned(&course(Fate::Cancelled)).await;
    let project = Some(first.project_id);
    let found = async |time: Timestamp| {
        let found = newest_completed_by(&bench.realm, project, time).await.unwrap();
        found.map(|scan| scan.number)
    };

    let end = |scan: &Scan| scan.completed_at.unwrap();
    assert_eq!(found(bench.at()).await, Some(second.number));
    assert_eq!(found(end(&second)).await, Some(second.number));
    assert_eq!(found(end(&second) - Duration::from_secs(1)).await, Some(first.number));
    assert_eq!(found(end(&first) - Duration::from_secs(1)).await, None);
}
