//! Rules on the address space cell by cell, and on the pace of a scan.

use std::num::NonZeroU32;

use netscan_model::batch::Outcome;
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_store::{NewScan, PacePoint, Store};
use uuid::Uuid;

use super::given::{
    at, by, complete, created, down, leased, new_scan, realm, report, run_dry, silent, size,
    started, up,
};

/// The cells of the scan's map: the index, the counts in words, and how many addresses run.
async fn cells(store: &Store, scan: Uuid, within: Option<&str>, most: u32) -> Vec<String> {
    let within = within.map(|text| text.parse().unwrap());
    let map = realm(store).await.map(scan, within, size(most)).await.unwrap();
    let cells = map.cells.iter().map(|cell| {
        let states = CoverageState::ALL.iter().filter(|state| cell.count(**state) > 0);
        let counts = states.map(|state| format!(" {}={}", state.name(), cell.count(*state)));
        format!("{}:{} running={}", cell.index, counts.collect::<String>(), cell.running)
    });
    cells.collect()
}

pub(crate) async fn a_map_counts_each_address_in_its_cell(store: Store) {
    let left_out = CoverageRange {
        addresses: "10.0.0.12-10.0.0.13".parse().unwrap(),
        state: CoverageState::Excluded,
        reason: "excluded".into(),
    };
    let new = new_scan(1, "10.0.0.0-10.0.0.11 10.0.0.14-10.0.0.15");
    let new = NewScan { left_out: vec![left_out], is_started: true, ..new };
    let scan = created(&store, &new).await.id;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();

    let expected = [
        "0: pending=1 up=1 running=1",
        "1: pending=2 running=2",
        "2: pending=2 running=0",
        "3: pending=2 running=0",
        "4: pending=2 running=0",
        "5: pending=2 running=0",
        "6: excluded=2 running=0",
        "7: pending=2 running=0",
    ];
    assert_eq!(cells(&store, scan, None, 8).await, expected);
    assert_eq!(cells(&store, scan, None, 1).await, ["0: pending=13 up=1 excluded=2 running=3"]);
    // More cells than addresses are one address each.
    assert_eq!(cells(&store, scan, None, 1_024).await.len(), 16);
}

pub(crate) async fn a_line_of_the_ledger_is_cut_where_cells_end(store: Store) {
    let new = NewScan { is_started: true, ..new_scan(1, "10.0.0.0-10.0.0.15") };
    let scan = created(&store, &new).await.id;
    store.give_up(scan, "it broke", at(1)).await.unwrap();

    let lines = store.coverage_ranges(scan, CoverageState::Failed).await.unwrap();
    assert_eq!(lines.len(), 1, "one line is over all cells");
    let cells = async |within, most| cells(&store, scan, within, most).await;
    assert_eq!(
        cells(None, 4).await,
        [
            "0: failed=4 running=0",
            "1: failed=4 running=0",
            "2: failed=4 running=0",
            "3: failed=4 running=0"
        ]
    );
    assert_eq!(
        cells(Some("10.0.0.4-10.0.0.7"), 2).await,
        ["0: failed=2 running=0", "1: failed=2 running=0"]
    );
    assert_eq!(cells(Some("10.0.0.8-10.0.0.9"), 1).await, ["0: failed=2 running=0"]);
    assert_eq!(cells(Some("10.0.1.0-10.0.1.255"), 4).await, Vec::<String>::new());
    assert_eq!(cells(Some("0.0.0.0-255.255.255.255"), 2).await, ["0: failed=16 running=0"]);
}

pub(crate) async fn what_is_withheld_is_not_pending_any_more(store: Store) {
    let scan = started(&store, "10.0.0.0-10.0.0.3").await;
    let lease = leased(&store, 1).await;
    let withheld = CoverageRange {
        addresses: "10.0.0.0-10.0.0.1".parse().unwrap(),
        state: CoverageState::OutOfScope,
        reason: "denied since".into(),
    };

    store.withhold(&lease, &[withheld], at(2)).await.unwrap();

    let expected = ["0: pending=2 out_of_scope=2 running=2"];
    assert_eq!(cells(&store, scan, None, 1).await, expected);
}

pub(crate) async fn a_map_of_one_zone_shows_no_other(store: Store) {
    let both = "fe80::%eth0-fe80::3%eth0 fe80::%wlan0-fe80::3%wlan0";
    let scan = started(&store, both).await;
    run_dry(&store, 1).await;

    let of_eth0 = cells(&store, scan, Some("fe80::%eth0-fe80::f%eth0"), 4).await;
    let of_no_zone = cells(&store, scan, Some("fe80::-fe80::f"), 4).await;
    let first = cells(&store, scan, None, 1).await;

    assert_eq!(of_eth0, ["0: down=4 running=0"]);
    assert_eq!(of_no_zone, Vec::<String>::new());
    assert_eq!(first, ["0: down=4 running=0"]);
}

pub(crate) async fn a_map_may_be_of_all_there_is(store: Store) {
    let scan = started(&store, "10.0.0.1 2001:db8::1").await;
    run_dry(&store, 1).await;

    let all = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_eq!(cells(&store, scan, Some(all), 4_096).await, ["512: down=1 running=0"]);
    assert_eq!(cells(&store, scan, None, 4).await, ["0: down=1 running=0"]);
}

pub(crate) async fn a_batch_counts_in_the_interval_in_which_it_ended(store: Store) {
    let new = NewScan { is_started: true, ..new_scan(1, "10.0.0.0-10.0.0.11") };
    let scan = created(&store, &new).await.id;
    let pace = async |most, now| {
        let most = NonZeroU32::new(most).unwrap();
        let pace = realm(&store).await.pace(scan, most, at(now)).await.unwrap().unwrap();
        (pace.interval_ms, pace.points)
    };
    let none = PacePoint::default();
    let four = PacePoint { addresses: 4, ..none };
    assert_eq!(pace(10, 0).await, (1_000, vec![none]));

    let first = leased(&store, 1).await;
    let hosts = [up("10.0.0.0"), down("10.0.0.1")];
    store.record_hosts(&first, &hosts, &[silent("10.0.0.2-10.0.0.3", "")], at(2)).await.unwrap();
    store.finish_attempt(&first, &report(Outcome::Succeeded), at(2)).await.unwrap();
    let second = leased(&store, 3).await;
    complete(&store, &second, 8).await;

    let found = PacePoint { hosts_up: 1, open_ports: 1, ..four };
    assert_eq!(pace(5, 10).await, (2_000, vec![none, found, none, none, four]));
    assert_eq!(pace(1, 10).await, (10_000, vec![PacePoint { addresses: 8, ..found }]));
    let third = leased(&store, 8).await;
    complete(&store, &third, 10).await;
    assert_eq!(
        pace(5, 99).await,
        (2_000, vec![none, found, none, none, PacePoint { addresses: 8, ..none }])
    );
}

pub(crate) async fn a_batch_that_was_cut_leaves_the_rest_to_its_parts(store: Store) {
    let scan = started(&store, "10.0.0.0-10.0.0.3").await;
    let batch = store.batches(scan).await.unwrap()[0].id;
    realm(&store).await.split_batch_by_id(batch, size(2), by(1)).await.unwrap();
    let first = leased(&store, 2).await;
    complete(&store, &first, 3).await;

    let waits = created(&store, &new_scan(2, "10.1.0.0")).await.id;
    let realm = realm(&store).await;
    let pace = async |scan| realm.pace(scan, size(1), at(10)).await.unwrap();

    let cut = pace(scan).await.unwrap();
    assert_eq!(cut.points, [PacePoint { addresses: 2, ..PacePoint::default() }]);
    assert_eq!(pace(waits).await, None);
}
