//! Rules on what the bus holds, for how long, and what it tells of itself.

use netscan_broker::{Bus, Counts, Limits};
use tokio::task::yield_now;

use super::given::{
    Memory, NEVER, OTHER_SCAN, PROJECT, SCAN, limits, next_stored, say, size, soon, stored, until,
};

#[tokio::test]
async fn a_scan_is_followed_no_longer_than_it_is_watched() {
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), limits());
    let (mut one, two) = (bus.watch(SCAN, 0), bus.watch(SCAN, 0));
    assert_eq!(stored(&mut one).await, 1);

    drop(one);
    let asked = memory.asked();
    until("it is still followed", || memory.asked() > asked + 5).await;
    assert_eq!(bus.counts().scans, 1);
    drop(two);

    until("it is no longer followed", || bus.counts().scans == 0).await;
    assert_eq!(bus.counts(), Counts::default());
}

#[tokio::test]
async fn a_scan_is_followed_a_while_longer_for_who_comes_back() {
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), Limits { linger: NEVER, ..limits() });
    assert_eq!(stored(&mut bus.watch(SCAN, 0)).await, 1);

    memory.store(SCAN, 5);
    until("it is read on", || bus.counts().held == 6).await;

    assert_eq!(next_stored(&mut bus.watch(SCAN, 1), 5).await, [2, 3, 4, 5, 6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_as_a_feed_ends_misses_nothing() {
    let memory = Memory::default();
    let bus = Bus::new(memory.clone(), limits());

    for seq in 1..=100 {
        memory.store(SCAN, 1);
        assert_eq!(stored(&mut bus.watch(SCAN, seq - 1)).await, seq);
        for _ in 0..seq % 50 {
            yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_project_is_followed_no_longer_than_it_is_watched() {
    let bus = Bus::new(Memory::default(), limits());
    let watcher = soon(bus.watch_project(PROJECT)).await;
    assert_eq!((bus.counts().projects, bus.counts().watchers), (1, 1));

    drop(watcher);

    until("it is no longer followed", || bus.counts() == Counts::default()).await;
}

#[tokio::test]
async fn what_is_held_has_a_bound_however_many_stall() {
    let memory = Memory::default();
    let limits = Limits { event_bytes: 2_000, line_bytes: 900, page: size(500), ..limits() };
    let bus = Bus::new(memory.clone(), limits);
    let stalled: Vec<_> = (0..50).map(|_| bus.watch(SCAN, 0)).collect();
    let mut watcher = bus.watch(SCAN, 0);

    for _ in 0..20 {
        memory.store(SCAN, 100);
        for _ in 0..100 {
            say(&bus, &"x".repeat(200));
            let counts = bus.counts();
            assert!(counts.held <= 64 + 8 && counts.held_bytes <= 2_900, "{counts:?}");
        }
        while soon(watcher.next()).await.is_ok_and(
            |frame| !matches!(frame, netscan_broker::Frame::Stored { seq, .. } if seq % 100 == 0),
        ) {}
    }

    let counts = bus.counts();
    assert!(counts.held_bytes > 2_000, "both rings are full: {counts:?}");
    assert_eq!((counts.watchers, counts.worst_lag), (stalled.len() + 1, 2_000));
    drop(stalled);
    assert_eq!((bus.counts().watchers, bus.counts().worst_lag), (1, 0));
}

#[tokio::test]
async fn each_scan_has_its_own_feed() {
    let memory = Memory::with(SCAN, 3);
    let bus = Bus::new(memory.clone(), limits());
    let (mut one, mut other) = (bus.watch(SCAN, 0), bus.watch(OTHER_SCAN, 0));
    assert_eq!(next_stored(&mut one, 3).await, [1, 2, 3]);

    memory.store(OTHER_SCAN, 1);

    let frame = soon(other.next()).await.unwrap();
    assert_eq!(super::given::seq_of(&frame, OTHER_SCAN), 1);
    assert_eq!(bus.counts().scans, 2);
}

#[tokio::test]
async fn news_takes_time_and_the_past_does_not_count() {
    let memory = Memory::with(SCAN, 3);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = bus.watch(SCAN, 0);
    next_stored(&mut watcher, 3).await;
    assert!(bus.counts().worst_delay.is_zero());

    // These tests' events all happened in 1970.
    memory.store(SCAN, 1);
    next_stored(&mut watcher, 1).await;

    assert!(bus.counts().worst_delay.as_secs() > 50 * 365 * 86_400);
}

#[tokio::test]
async fn a_change_of_access_is_told_to_all() {
    let bus = Bus::new(Memory::default(), limits());
    let (mut one, mut two) = (bus.access_changes(), bus.clone().access_changes());
    assert!(!one.has_changed().unwrap());

    bus.access_changed();

    soon(one.changed()).await.unwrap();
    soon(two.changed()).await.unwrap();
    assert_eq!(*two.borrow_and_update(), 1);
    assert!(!two.has_changed().unwrap());
}
