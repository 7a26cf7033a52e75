//! The rule over all rules: whatever happens in whatever order, the books balance.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use netscan_model::address::{AddressRange, AddressSet};
use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{Host, HostStatus};
use netscan_model::scan::{Command, State};
use netscan_store::{
    AttemptReport, By, HostCursor, Lease, LimitChanges, NewScan, Reclaim, RetryOf, Silence, Store,
    StoreError, Verdict,
};
use uuid::Uuid;

use super::given::{
    LEASE, PROJECT, at, created, new_scan, open, plan, realm, report, request, size,
};

const SEEDS: std::ops::Range<u64> = 0..12;
const STEPS: usize = 120;
/// Two families, and a hole between batches.
const TARGETS: &str = "10.0.0.1-10.0.0.20 10.0.0.30-10.0.0.41 fe80::1%eth0-fe80::7%eth0";

pub(crate) async fn coverage_always_adds_up_to_the_plan(store: Store) {
    let mut met = BTreeMap::new();
    for seed in SEEDS {
        println!("seed {seed}");
        let mut walk = Walk::begin(&store, seed).await;
        for _ in 0..STEPS {
            let step = walk.step().await;
            *met.entry(step).or_insert(0) += 1;
            walk.check(step).await;
        }
        walk.end().await;
    }
    // A walk that never came there has shown nothing.
    for step in [
        "lease",
        "record",
        "replay",
        "succeed",
        "fail",
        "hand back",
        "cut",
        "lapse",
        "restart",
        "stale",
        "split",
        "pause",
        "resume",
        "stop",
        "retry",
        "withhold",
        "limits",
        "refused",
    ] {
        assert!(met.contains_key(step), "{step} never happened: {met:?}");
    }
}

/// Chance that is the same every time (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % limit as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn some(&mut self, addresses: &AddressSet) -> AddressSet {
        let kept: Vec<_> = addresses.iter().filter(|_| self.below(2) == 0).collect();
        kept.into_iter().map(AddressRange::from).collect()
    }
}

struct Walk<'a> {
    store: &'a Store,
    chance: Chance,
    scan: Uuid,
    planned: AddressSet,
    second: i64,
    /// Also those that have been taken back: workers do not know.
    leases: Vec<Lease>,
    last_report: Option<(Lease, Vec<Host>, Vec<Silence>)>,
}

impl<'a> Walk<'a> {
    async fn begin(store: &'a Store, seed: u64) -> Self {
        let left_out = vec![CoverageRange {
            addresses: "10.0.0.50-10.0.0.54".parse().unwrap(),
            state: CoverageState::Excluded,
            reason: "by the user".into(),
        }];
        let new = NewScan {
            left_out,
            is_started: !seed.is_multiple_of(4),
            ..new_scan(u128::from(seed) + 1, TARGETS)
        };
        let scan = created(store, &new).await.id;
        let planned = new.addresses.clone();
        Self {
            store,
            chance: Chance(seed),
            scan,
            planned,
            second: 0,
            leases: Vec::new(),
            last_report: None,
        }
    }

    fn now(&self) -> Timestamp {
        at(self.second)
    }

    fn by(&self) -> By<'static> {
        By { actor: "walk", remote: None, now: self.now() }
    }

    /// Takes one step, and says which.
    async fn step(&mut self) -> &'static str {
        self.second += i64::try_from(self.chance.below(4)).unwrap();
        let (name, done) = match self.chance.below(20) {
            0..=4 => ("lease", self.lease().await),
            5..=8 => ("record", self.record().await),
            9 => ("replay", self.replay().await),
            10..=13 => self.finish().await,
            14 => self.reclaim().await,
            15 => ("split", self.split().await),
            16 => ("withhold", self.withhold().await),
            17 => ("limits", self.change_limits().await),
            _ => self.command().await,
        };
        match done {
            Ok(()) => name,
            Err(StoreError::Stale { .. }) => "stale",
            Err(StoreError::Refused(_) | StoreError::Transition(_)) => "refused",
            Err(error) => panic!("{name}: {error:?}"),
        }
    }

    async fn lease(&mut self) -> Result<(), StoreError> {
        let worker = format!("w{}", self.chance.below(3));
        let request = netscan_store::LeaseRequest { only: Some(self.scan), ..request(&worker) };
        self.leases.extend(self.store.lease_next(&request, self.now()).await?);
        Ok(())
    }

    fn any_lease(&mut self) -> Option<Lease> {
        let place = self.chance.below(self.leases.len().max(1));
        self.leases.get(place).cloned()
    }

    async fn record(&mut self) -> Result<(), StoreError> {
        let Some(lease) = self.any_lease() else { return Ok(()) };
        let found = self.chance.some(&lease.addresses);
        let hosts: Vec<_> = self.chance.some(&found).iter().map(|at| self.host(at)).collect();
        let silent =
            |addresses: &_| Silence { addresses: *addresses, reason: "no-response".into() };
        let silences: Vec<_> = found.ranges().iter().map(silent).collect();
        self.last_report = Some((lease.clone(), hosts.clone(), silences.clone()));
        self.store.record_hosts(&lease, &hosts, &silences, self.now()).await?;
        self.store.renew(&lease, LEASE, self.now()).await?;
        Ok(())
    }

    fn host(&mut self, at: netscan_model::Address) -> Host {
        let status = self.chance.one_of(&[HostStatus::Up, HostStatus::Up, HostStatus::Down]);
        let timed_out = status == HostStatus::Up && self.chance.below(4) == 0;
        let ports = (0..self.chance.below(3)).map(|port| open(u16::try_from(port).unwrap()));
        Host { status, timed_out, ports: ports.collect(), ..Host::at(at) }
    }

    async fn replay(&mut self) -> Result<(), StoreError> {
        let Some((lease, hosts, silences)) = self.last_report.clone() else { return Ok(()) };
        self.store.record_hosts(&lease, &hosts, &silences, self.now()).await
    }

    async fn finish(&mut self) -> (&'static str, Result<(), StoreError>) {
        let Some(lease) = self.any_lease() else { return ("nothing", Ok(())) };
        self.leases.retain(|held| held.attempt != lease.attempt);
        let (name, report) = match self.chance.below(4) {
            0 => (
                "hand back",
                AttemptReport { verdict: Verdict::HandBack, ..report(Outcome::Killed) },
            ),
            1 => ("cut", AttemptReport { verdict: Verdict::Cut(3), ..report(Outcome::Killed) }),
            2 => ("succeed", report(Outcome::Succeeded)),
            _ => {
                let outcomes =
                    [Outcome::Crashed, Outcome::TimedOut, Outcome::Refused, Outcome::Hung];
                ("fail", report(self.chance.one_of(&outcomes)))
            }
        };
        (name, self.store.finish_attempt(&lease, &report, self.now()).await.map(|_| ()))
    }

    async fn reclaim(&mut self) -> (&'static str, Result<(), StoreError>) {
        let (name, which) =
            self.chance.one_of(&[("lapse", Reclaim::Lapsed), ("restart", Reclaim::All)]);
        self.second += 25;
        (name, self.store.reclaim(which, self.now()).await.map(|_| ()))
    }

    async fn split(&mut self) -> Result<(), StoreError> {
        let batches = self.store.batches(self.scan).await?;
        let batch = batches[self.chance.below(batches.len())].id.to_string();
        let parts = size(u32::try_from(1 + self.chance.below(3)).unwrap());
        realm(self.store).await.split_batch(PROJECT, &batch, parts, self.by()).await.map(|_| ())
    }

    async fn withhold(&mut self) -> Result<(), StoreError> {
        let Some(lease) = self.any_lease() else { return Ok(()) };
        let (state, reason) = (CoverageState::OutOfScope, "denied since".to_owned());
        let line =
            |addresses: &_| CoverageRange { addresses: *addresses, state, reason: reason.clone() };
        let lines: Vec<_> = lease.addresses.slice(1, 1).ranges().iter().map(line).collect();
        self.store.withhold(&lease, &lines, self.now()).await
    }

    async fn change_limits(&mut self) -> Result<(), StoreError> {
        let concurrency = Some(size(u32::try_from(1 + self.chance.below(5)).unwrap()));
        let changes = LimitChanges { concurrency, ..LimitChanges::default() };
        self.store.change_limits(self.scan, &changes, self.by()).await.map(|_| ())
    }

    async fn command(&mut self) -> (&'static str, Result<(), StoreError>) {
        let command = match self.chance.below(12) {
            0..=2 => Command::Start,
            3 | 4 => Command::Pause,
            5..=7 => Command::Resume,
            8 => Command::Stop,
            _ => return ("retry", self.retry().await),
        };
        let done = self.store.command(self.scan, command, self.by()).await;
        (command.name(), done.map(|_| ()))
    }

    async fn retry(&mut self) -> Result<(), StoreError> {
        let what = self.chance.one_of(&[RetryOf::Everything, RetryOf::Failed, RetryOf::Difficult]);
        let cut = |addresses: AddressSet| plan(&addresses, 3).into_iter();
        self.store.retry(self.scan, what, cut, self.by()).await.map(|_| ())
    }

    /// Runs everything to its end.
    async fn end(mut self) {
        self.store.reclaim(Reclaim::All, self.now()).await.unwrap();
        let status = self.store.scan(self.scan).await.unwrap().status;
        if !status.is_terminal() {
            // A scan that is being stopped is over already, now that nothing is leased.
            self.store.command(self.scan, Command::Start, self.by()).await.unwrap();
        }
        self.second += 100;
        super::given::run_dry(self.store, self.second).await;
        self.check("end").await;
        let scan = self.store.scan(self.scan).await.unwrap();
        assert!(scan.status.is_terminal(), "{scan:?}");
        assert_eq!(self.store.coverage(self.scan).await.unwrap().pending, 0);
    }

    async fn check(&self, step: &str) {
        let known = self.check_ledger(step).await;
        self.check_batches(step, &known).await;
        self.check_hosts(step, &known).await;
        self.check_events(step).await;
    }

    /// Every address has one line or none, the lines are the counters, and what is in no line is
    /// pending.
    async fn check_ledger(&self, step: &str) -> BTreeMap<&'static str, AddressSet> {
        let coverage = self.store.coverage(self.scan).await.unwrap();
        let mut known = BTreeMap::new();
        let mut all = AddressSet::new();
        for state in CoverageState::ALL {
            let lines = self.store.coverage_ranges(self.scan, *state).await.unwrap();
            let addresses: AddressSet = lines.iter().map(|line| line.addresses).collect();
            let sum: u128 = lines.iter().map(|line| line.addresses.count()).sum();
            assert_eq!(sum, addresses.count(), "{step}: lines of {state} overlap");
            assert_eq!(sum, u128::from(coverage.count(*state)), "{step}: {state}");
            assert!(all.intersect(&addresses).is_empty(), "{step}: {state} has what another has");
            all = all.union(&addresses);
            known.insert(state.name(), addresses);
        }
        let excluded: AddressSet = "10.0.0.50-10.0.0.54".parse().unwrap();
        assert_eq!(all, self.planned.union(&excluded), "{step}");
        known
    }

    /// What is pending is in one open batch, and no batch runs twice.
    async fn check_batches(&self, step: &str, known: &BTreeMap<&str, AddressSet>) {
        let batches = self.store.batches(self.scan).await.unwrap();
        let attempts = self.store.attempts(self.scan).await.unwrap();
        let pending = &known["pending"];
        let mut open = AddressSet::new();
        for (place, batch) in batches.iter().enumerate() {
            assert_eq!(batch.number, place as u64 + 1, "{step}");
            assert_eq!(u128::from(batch.address_count), batch.addresses.count(), "{step}");
            let running: Vec<_> = attempts
                .iter()
                .filter(|one| one.batch_id == batch.id && one.outcome == Outcome::Running)
                .collect();
            let is_leased = batch.status == StateName::Leased;
            assert_eq!(running.len(), usize::from(is_leased), "{step}: batch {batch:?}");
            assert_eq!(batch.worker.is_some(), is_leased, "{step}");
            if is_leased || batch.status == StateName::Waiting {
                let rest = batch.addresses.intersect(pending);
                assert!(open.intersect(&rest).is_empty(), "{step}: two batches scan {rest}");
                open = open.union(&rest);
            }
        }
        assert_eq!(&open, pending, "{step}: what is pending is in a batch");
        let epochs: BTreeSet<_> = attempts.iter().map(|one| (one.batch_id, one.epoch)).collect();
        assert_eq!(epochs.len(), attempts.len(), "{step}: an epoch was given twice");
        let is_ended = |one: &&netscan_store::AttemptRecord| one.outcome != Outcome::Running;
        assert!(attempts.iter().filter(is_ended).all(|one| one.ended_at.is_some()), "{step}");
        self.check_leases(step, &attempts).await;
    }

    /// A lease is good for a report if and only if its attempt is the one that runs.
    async fn check_leases(&self, step: &str, attempts: &[netscan_store::AttemptRecord]) {
        for lease in &self.leases {
            let attempt = attempts.iter().find(|one| one.id == lease.attempt).unwrap();
            // Writes what is there already, so that looking changes nothing.
            let note = self.store.note_attempt(lease, &attempt.detail).await;
            assert_eq!(note.is_ok(), attempt.outcome == Outcome::Running, "{step}: {attempt:?}");
        }
    }

    /// A host is there once, and the ledger agrees with it.
    async fn check_hosts(&self, step: &str, known: &BTreeMap<&str, AddressSet>) {
        let hosts = self.store.hosts(self.scan, &HostCursor::default(), 999).await.unwrap();
        assert!(hosts.is_sorted_by(|one, other| one.address < other.address), "{step}");
        for host in &hosts {
            let is_in = |state: &str| known[state].contains(host.address);
            let agrees = match host.status {
                // It may have been taken up again since.
                HostStatus::Up if host.timed_out => !is_in("up"),
                HostStatus::Up => is_in("up"),
                _ => is_in("down"),
            };
            assert!(agrees, "{step}: {host:?}");
        }
        let up: AddressSet = hosts
            .iter()
            .filter(|host| host.status == HostStatus::Up && !host.timed_out)
            .map(|host| AddressRange::from(host.address))
            .collect();
        assert_eq!(up, known["up"], "{step}: every address that is up has a host");
    }

    /// Events are numbered from 1 without a gap, each end is told once, and hosts are told as often
    /// as they are counted.
    async fn check_events(&self, step: &str) {
        let events = self.store.events(self.scan, 0, 100_000).await.unwrap();
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event.seq, place as u64 + 1, "{step}");
        }
        let ends = |event: &&netscan_store::EventRecord| {
            let status = event.body["status"].as_str().unwrap_or_default();
            event.event == "status" && status.parse().is_ok_and(State::is_terminal)
        };
        let told = |name: &str| events.iter().filter(|event| event.event == name).count();
        assert_eq!(told("scan_complete"), events.iter().filter(ends).count(), "{step}");
        let last = events.iter().rfind(|event| event.event == "status").unwrap();
        let status = self.store.scan(self.scan).await.unwrap().status;
        assert_eq!(last.body["status"], status.name(), "{step}");
        let batches = self.store.batches(self.scan).await.unwrap();
        let counted: u64 = batches.iter().map(|batch| batch.hosts_up).sum();
        assert_eq!(told("host") as u64, counted, "{step}");
    }
}
