//! Rules on what is told and what is written down.

use netscan_model::scan::Command;
use netscan_store::{AuditRecord, EventRecord, InventoryTarget, LimitChanges, RetryOf, Store};
use serde_json::json;
use uuid::Uuid;

use super::given::{
    PROJECT, at, by, complete, created, leased, new_scan, plan, realm, size, started, told, up,
};

pub(crate) async fn events_are_numbered_without_gaps_and_read_on_from_anywhere(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.40").await;
    let runners = (0..4).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { super::given::run_dry(&store, 1).await })
    });
    for runner in runners.collect::<Vec<_>>() {
        runner.await.unwrap();
    }

    let all = store.events(scan, 0, 10_000).await.unwrap();

    let numbers: Vec<_> = all.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(store.events(scan, 5, 3).await.unwrap(), all[5..8]);
    assert_eq!(store.events(scan, u64::MAX, 3).await.unwrap(), []);
}

pub(crate) async fn the_story_of_a_scan_is_told_in_order(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.2")], &[], at(2)).await.unwrap();
    complete(&store, &lease, 3).await;

    let expected = [
        "status",
        "status",
        "batch_start",
        "status",
        "host",
        "batch_complete",
        "progress",
        "progress",
        "status",
        "scan_complete",
    ];
    assert_eq!(told(&store, scan).await, expected);
    let events = store.events(scan, 0, 99).await.unwrap();
    let body = json!({
        "batch_id": lease.batch, "address": "10.0.0.2", "status": "up", "open_ports": 1,
        "timed_out": false,
    });
    let host = EventRecord { seq: 5, ts: at(2), event: "host".into(), body };
    assert_eq!(events[4], host);
    assert_eq!(events[5].body["summary"], json!({ "hosts_up": 1, "open_ports": 1 }));
    assert_eq!(events[9].body, json!({ "scan_id": scan, "status": "completed" }));
}

pub(crate) async fn every_change_is_audited(store: Store) {
    let id = created(&store, &new_scan(1, "10.0.0.1-10.0.0.8")).await.id;
    let target = InventoryTarget {
        target: "10.0.0.1".into(),
        kind: "address".into(),
        tags: vec![],
        added_at: at(0),
    };
    let cut = |size| move |addresses: netscan_model::AddressSet| plan(&addresses, size).into_iter();

    realm(&store).await.ensure_project("other", Uuid::from_u128(9), by(1)).await.unwrap();
    let none = json!({ "rules": [] });
    realm(&store).await.change_scope(PROJECT, &none, &none, by(2)).await.unwrap();
    realm(&store).await.add_targets(PROJECT, &[target], by(3)).await.unwrap();
    realm(&store).await.tag_target(PROJECT, "10.0.0.1", &["web".into()], by(4)).await.unwrap();
    realm(&store).await.remove_target(PROJECT, "10.0.0.1", by(5)).await.unwrap();
    store.split_scan(id, size(2), |addresses, _| cut(2)(addresses), by(6)).await.unwrap();
    store.command(id, Command::Start, by(7)).await.unwrap();
    let limits = LimitChanges { max_rate: Some(None), ..LimitChanges::default() };
    store.change_limits(id, &limits, by(8)).await.unwrap();
    realm(&store).await.split_batch(PROJECT, "1/1", size(1), by(9)).await.unwrap();
    store.command(id, Command::Stop, by(10)).await.unwrap();
    store.retry(id, RetryOf::Everything, cut(4), by(11)).await.unwrap();

    let rows = store.audited(99).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    let expected = [
        "project.create",
        "scan.create",
        "project.create",
        "scope.change",
        "targets.add",
        "targets.tag",
        "targets.remove",
        "scan.split",
        "scan.start",
        "scan.set",
        "batch.split",
        "scan.stop",
        "scan.end",
        "scan.retry",
    ];
    assert_eq!(actions, expected);
    let whose = |row: &AuditRecord| if row.action == "scan.end" { "netscan" } else { "test" };
    assert!(rows.iter().all(|row| row.actor == whose(row)));
    assert_eq!((rows[9].ts, rows[9].subject.as_str()), (at(8), id.to_string().as_str()));
    assert_eq!(rows[9].detail, json!({ "max_rate": null }));
    assert_eq!(store.audited(2).await.unwrap(), rows[12..]);
}
