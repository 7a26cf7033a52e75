//! Rules on scans: storing, finding, commanding, settling.

use std::num::NonZeroU64;

use netscan_model::batch::StateName;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::scan::{Command, Desired, Limits, Priority, Scan, State, TemplateVersion};
use netscan_store::{
    Definition, LimitChanges, NewScan, NoAddress, Pulse, Reclaim, ResolvedName, Store, StoreError,
};
use serde_json::json;
use uuid::Uuid;

use super::given::{
    PROJECT, at, by, complete, created, leased, limits, new_scan, plan, realm, run_dry, set, size,
    started, states, told,
};

fn detailed() -> NewScan {
    let found = ResolvedName { name: "web.test".into(), outcome: Ok(set("10.0.0.2 10.0.0.3")) };
    let lost = ResolvedName {
        name: "gone.test".into(),
        outcome: Err(NoAddress::Unresolved("no such name".into())),
    };
    NewScan {
        series: Some(Uuid::from_u128(77)),
        name: "Weekly".into(),
        description: "The edge".into(),
        notes: "ask first".into(),
        recursion_depth: 2,
        template: Some(TemplateVersion { id: Uuid::from_u128(8), version: 3 }),
        definition: Definition {
            targets: vec!["10.0.0.1-9".into(), "web.test".into(), "gone.test".into()],
            excludes: vec!["10.0.0.9".into()],
            seed: u64::MAX,
            is_ascending: true,
            opens_outright: false,
        },
        limits: Limits {
            max_rate: Some(size(500)),
            host_timeout_ms: NonZeroU64::new(9_000_000_000),
            batch_timeout_ms: NonZeroU64::new(60_000),
            priority: Priority::High,
            max_duration_ms: NonZeroU64::new(3_600_000),
            max_results: NonZeroU64::new(u64::from(u32::MAX)),
            ..limits()
        },
        left_out: vec![CoverageRange {
            addresses: "10.0.0.9".parse().unwrap(),
            state: CoverageState::Excluded,
            reason: "by the user".into(),
        }],
        names: vec![lost, found],
        ..new_scan(1, "10.0.0.1-10.0.0.8")
    }
}

pub(crate) async fn a_scan_that_was_accepted_is_there_in_full(store: Store) {
    let new = detailed();

    let scan = created(&store, &new).await;

    let expected = Scan {
        id: new.id,
        number: 1,
        name: "Weekly".into(),
        description: "The edge".into(),
        notes: "ask first".into(),
        owner: "user:mara".into(),
        organisation: "default".into(),
        organisation_id: netscan_store::DEFAULT_ORGANISATION,
        project: PROJECT.into(),
        project_id: realm(&store).await.project(PROJECT).await.unwrap().unwrap().id,
        series: Uuid::from_u128(77),
        status: State::Created,
        desired: Desired::Run,
        progress: 0.0,
        targets: new.definition.targets.clone(),
        modules: new.modules.clone(),
        recursion_depth: 2,
        template: new.template,
        options: "-sT".into(),
        limits: new.limits.clone(),
        created_at: at(0),
        updated_at: at(0),
        started_at: None,
        completed_at: None,
        reason: None,
    };
    assert_eq!(scan, expected);
    assert_eq!(store.scan(new.id).await.unwrap(), expected);
    assert_eq!(realm(&store).await.scans(PROJECT).await.unwrap(), [expected]);
    assert_eq!(store.definition(new.id).await.unwrap(), new.definition);
    assert_eq!(store.names(new.id).await.unwrap(), new.names);
    let coverage =
        Coverage { planned: 10, excluded: 1, unresolved: 1, pending: 8, ..Coverage::default() };
    assert_eq!(store.coverage(new.id).await.unwrap(), coverage);
    let batches = store.batches(new.id).await.unwrap();
    let stored: Vec<_> =
        batches.iter().map(|batch| (batch.number, batch.addresses.clone())).collect();
    assert_eq!(stored, [(1, set("10.0.0.1-10.0.0.4")), (2, set("10.0.0.5-10.0.0.8"))]);
}

pub(crate) async fn scans_are_numbered_without_gaps_whoever_creates_them(store: Store) {
    let creating = (1..=8_u128).map(|id| {
        let store = store.clone();
        tokio::spawn(async move { created(&store, &new_scan(id, "10.0.0.1")).await.number })
    });
    let mut numbers = Vec::new();
    for task in creating.collect::<Vec<_>>() {
        numbers.push(task.await.unwrap());
    }

    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    let other = NewScan { project: "other".into(), ..new_scan(9, "10.0.0.1") };
    assert_eq!(created(&store, &other).await.number, 1);
}

pub(crate) async fn a_scan_is_found_by_id_prefix_number_or_as_the_latest(store: Store) {
    let first = created(&store, &new_scan(0xabcd_0000 << 96, "10.0.0.1")).await.id;
    let second = created(&store, &new_scan(0xabce_0000 << 96, "10.0.0.1")).await.id;
    let find = async |reference: &str| {
        realm(&store).await.find_scan(PROJECT, reference).await.map(|scan| scan.map(|scan| scan.id))
    };

    assert_eq!(find("1").await.unwrap(), Some(first));
    assert_eq!(find("latest").await.unwrap(), Some(second));
    assert_eq!(find(&second.to_string()).await.unwrap(), Some(second));
    assert_eq!(find("abcd").await.unwrap(), Some(first));
    assert_eq!(find("ABCE").await.unwrap(), Some(second));
    // No part of a reference is a pattern.
    for nothing in ["", "%", "abc_", "abcd%", "ABC*", "3", "-1", "é", "' OR ''='"] {
        assert_eq!(find(nothing).await.unwrap(), None, "{nothing:?}");
    }
    assert_eq!(realm(&store).await.find_scan("other", "1").await.unwrap(), None);
    let refusal = find("abc").await.unwrap_err().to_string();
    assert_eq!(refusal, r#""abc" may mean 2 scans; write more of the id, or the number"#);
}

pub(crate) async fn a_scan_is_cut_anew_until_it_is_started(store: Store) {
    let scan = created(&store, &new_scan(1, "10.0.0.1-10.0.0.8")).await.id;
    let split = async |batch_size| {
        let cut = |addresses: netscan_model::AddressSet, _: &Definition| {
            plan(&addresses, batch_size).into_iter()
        };
        store.split_scan(scan, size(batch_size), cut, by(1)).await
    };

    assert_eq!(split(3).await.unwrap().limits.batch_size, size(3));

    let batches = store.batches(scan).await.unwrap();
    let stored: Vec<_> = batches.iter().map(|batch| (batch.number, batch.address_count)).collect();
    assert_eq!(stored, [(1, 3), (2, 3), (3, 2)]);
    store.command(scan, Command::Start, by(2)).await.unwrap();
    assert!(matches!(split(2).await, Err(StoreError::Started { number: 1 })));
    assert_eq!(store.batches(scan).await.unwrap().len(), 3);
}

pub(crate) async fn a_pause_holds_when_nothing_runs_and_a_resume_lets_go(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;

    let pausing = store.command(scan, Command::Pause, by(2)).await.unwrap();
    assert_eq!((pausing.status, pausing.desired), (State::Running, Desired::Pause));
    let renewal = store.renew(&lease, super::given::LEASE, at(3)).await.unwrap();
    assert_eq!(renewal.desired, Desired::Pause);
    complete(&store, &lease, 4).await;

    assert_eq!(store.scan(scan).await.unwrap().status, State::Paused);
    assert_eq!(store.lease_next(&super::given::request("w"), at(5)).await.unwrap(), None);
    let resumed = store.command(scan, Command::Resume, by(6)).await.unwrap();
    assert_eq!((resumed.status, resumed.desired), (State::Queued, Desired::Run));
    run_dry(&store, 7).await;
    let done = store.scan(scan).await.unwrap();
    assert_eq!(
        (done.status, done.started_at, done.completed_at),
        (State::Completed, Some(at(0)), Some(at(7)))
    );
}

pub(crate) async fn stop_beats_pause_and_cancels_what_waits(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.12").await;
    let lease = leased(&store, 1).await;
    store.command(scan, Command::Pause, by(2)).await.unwrap();

    let stopping = store.command(scan, Command::Stop, by(3)).await.unwrap();
    let refusal = store.command(scan, Command::Resume, by(4)).await.unwrap_err();

    assert_eq!((stopping.status, stopping.desired), (State::Running, Desired::Stop));
    assert_eq!(refusal.to_string(), "cannot resume a scan that is being stopped");
    let (leased, cancelled) = (StateName::Leased, StateName::Cancelled);
    assert_eq!(states(&store, scan).await, [leased, cancelled, cancelled]);
    // What runs may still hand in what it has found.
    store.record_hosts(&lease, &[super::given::up("10.0.0.1")], &[], at(5)).await.unwrap();
    let back = netscan_store::AttemptReport {
        verdict: netscan_store::Verdict::HandBack,
        ..super::given::report(netscan_model::batch::Outcome::Killed)
    };
    store.finish_attempt(&lease, &back, at(6)).await.unwrap();
    let stopped = store.scan(scan).await.unwrap();
    assert_eq!((stopped.status, stopped.completed_at), (State::Cancelled, Some(at(6))));
    let coverage = Coverage { planned: 12, up: 1, cancelled: 11, ..Coverage::default() };
    assert_eq!(store.coverage(scan).await.unwrap(), coverage);
    assert_eq!(store.command(scan, Command::Stop, by(7)).await.unwrap(), stopped);
}

pub(crate) async fn a_scan_with_nothing_to_do_has_ended_when_it_starts(store: Store) {
    let left_out = detailed().left_out;
    let excluded = NewScan { left_out, is_started: true, ..new_scan(1, "") };
    let names = vec![ResolvedName {
        name: "gone.test".into(),
        outcome: Err(NoAddress::Unresolved("no such name".into())),
    }];
    let unresolved = NewScan { names, is_started: true, ..new_scan(2, "") };

    assert_eq!(created(&store, &excluded).await.status, State::Partial);
    assert_eq!(created(&store, &unresolved).await.status, State::Failed);
}

pub(crate) async fn limits_change_while_a_scan_runs(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let changes = LimitChanges {
        concurrency: Some(size(1)),
        max_rate: Some(Some(size(100))),
        priority: Some(Priority::Low),
        ..LimitChanges::default()
    };

    let slower = store.change_limits(scan, &changes, by(1)).await.unwrap().limits;
    let lifted = LimitChanges { max_rate: Some(None), ..LimitChanges::default() };
    let without = store.change_limits(scan, &lifted, by(2)).await.unwrap().limits;

    let expected = Limits {
        concurrency: size(1),
        max_rate: Some(size(100)),
        priority: Priority::Low,
        ..limits()
    };
    assert_eq!(slower, expected);
    assert_eq!(without, Limits { max_rate: None, ..expected });
    leased(&store, 3).await;
    assert_eq!(store.lease_next(&super::given::request("w"), at(3)).await.unwrap(), None);
}

pub(crate) async fn a_reason_is_told_once(store: Store) {
    let scan = started(&store, "10.0.0.1").await;
    let before = told(&store, scan).await.len();

    store.explain(scan, Some("outside its hours"), at(1)).await.unwrap();
    store.explain(scan, Some("outside its hours"), at(2)).await.unwrap();

    assert_eq!(store.scan(scan).await.unwrap().reason.as_deref(), Some("outside its hours"));
    let events = store.events(scan, 0, 99).await.unwrap();
    assert_eq!(events.len(), before + 1);
    let body = json!({ "status": "queued", "reason": "outside its hours" });
    assert_eq!(events[before].body, body);
    store.explain(scan, None, at(3)).await.unwrap();
    assert_eq!(store.scan(scan).await.unwrap().reason, None);
}

pub(crate) async fn settling_what_is_settled_changes_nothing(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    created(&store, &new_scan(2, "10.0.0.1")).await;
    let lease = leased(&store, 1).await;
    store.command(scan, Command::Pause, by(2)).await.unwrap();
    let before = (realm(&store).await.scans(PROJECT).await.unwrap(), told(&store, scan).await);

    store.settle(scan, at(3)).await.unwrap();

    assert_eq!(
        (realm(&store).await.scans(PROJECT).await.unwrap(), told(&store, scan).await),
        before
    );
    complete(&store, &lease, 4).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Paused);
}

pub(crate) async fn a_pulse_tells_what_a_runner_must_know(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    leased(&store, 1).await;
    let one = LimitChanges { concurrency: Some(size(1)), ..LimitChanges::default() };
    store.change_limits(scan, &one, by(2)).await.unwrap();
    store.command(scan, Command::Pause, by(3)).await.unwrap();

    let pulse = store.pulse(scan).await.unwrap();

    let limits = Limits { concurrency: size(1), ..limits() };
    let expected =
        Pulse { scan, status: State::Running, desired: Desired::Pause, limits, rate: None };
    assert_eq!(pulse, expected);
    assert_eq!(store.pulses().await.unwrap(), [expected]);
}

pub(crate) async fn a_scan_that_is_given_up_fails_what_no_worker_has(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;

    store.give_up(scan, "no such option", at(2)).await.unwrap();

    let coverage = Coverage { planned: 8, failed: 4, pending: 4, ..Coverage::default() };
    assert_eq!(store.coverage(scan).await.unwrap(), coverage);
    complete(&store, &lease, 3).await;
    let ended = store.scan(scan).await.unwrap();
    assert_eq!((ended.status, ended.reason.as_deref()), (State::Partial, Some("no such option")));
}

pub(crate) async fn what_was_interrupted_rests_and_says_why(store: Store) {
    let focus = started(&store, "10.0.0.1-10.0.0.4").await;
    leased(&store, 1).await;
    let other = created(&store, &NewScan { is_started: true, ..new_scan(2, "10.0.0.9") }).await.id;
    leased(&store, 1).await;
    store.reclaim(Reclaim::All, at(2)).await.unwrap();

    assert_eq!(store.interrupt(focus, at(3)).await.unwrap(), 1);

    assert_eq!(store.scan(focus).await.unwrap().status, State::Running);
    let resting = store.scan(other).await.unwrap();
    assert_eq!((resting.status, resting.desired), (State::Paused, Desired::Pause));
    assert!(resting.reason.unwrap().contains("has ended"));
    let resumed = store.command(other, Command::Resume, by(4)).await.unwrap();
    assert_eq!((resumed.status, resumed.reason), (State::Queued, None));
}

pub(crate) async fn an_unknown_scan_is_named(store: Store) {
    let refusal = store.scan(Uuid::from_u128(9)).await.unwrap_err();

    assert_eq!(refusal.to_string(), "there is no scan 00000000-0000-0000-0000-000000000009");
}
