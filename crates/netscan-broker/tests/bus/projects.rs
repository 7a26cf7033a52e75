//! Rules on watching a whole project.

use std::collections::HashMap;
use std::time::Duration;

use netscan_broker::{Bus, Limits, ProjectWatcher};
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use uuid::Uuid;

use super::given::{Dice, Memory, NEVER, OTHER_SCAN, PROJECT, SCAN, limits, soon, text, until};

/// The scan and number of the next event, which has the text that belongs to it.
async fn next(watcher: &mut ProjectWatcher<Memory>) -> (Uuid, u64) {
    let frame = soon(watcher.next()).await.unwrap();
    assert_eq!(*frame.text, *text(frame.scan, frame.seq));
    (frame.scan, frame.seq)
}

#[tokio::test]
async fn a_project_is_watched_from_now_on_with_the_scans_it_gets() {
    let memory = Memory::with(SCAN, 30);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = soon(bus.watch_project(PROJECT)).await;

    memory.store(SCAN, 1);
    let of_an_old_scan = next(&mut watcher).await;
    memory.store(OTHER_SCAN, 2);
    let of_a_new_scan = [next(&mut watcher).await, next(&mut watcher).await];

    assert_eq!(of_an_old_scan, (SCAN, 31));
    assert_eq!(of_a_new_scan, [(OTHER_SCAN, 1), (OTHER_SCAN, 2)]);
}

#[tokio::test]
async fn a_ring_for_a_scan_is_heard_by_who_watches_its_project() {
    let memory = Memory::default();
    let bus = Bus::new(memory.clone(), Limits { poll: NEVER, ..limits() });
    let mut watcher = soon(bus.watch_project(PROJECT)).await;

    memory.store(SCAN, 1);
    bus.ring(Some(SCAN));

    assert_eq!(next(&mut watcher).await, (SCAN, 1));
}

#[tokio::test]
async fn who_comes_later_to_a_project_sees_what_comes_later() {
    let memory = Memory::default();
    let bus = Bus::new(memory.clone(), limits());
    let mut early = soon(bus.watch_project(PROJECT)).await;
    memory.store(SCAN, 100);
    until("all is read", || bus.counts().worst_lag == 100).await;
    for seq in 1..=100 {
        assert_eq!(next(&mut early).await, (SCAN, seq));
    }
    assert_eq!(bus.counts().worst_lag, 0);

    let mut late = soon(bus.watch_project(PROJECT)).await;
    memory.store(SCAN, 1);

    assert_eq!(next(&mut late).await, (SCAN, 101));
}

#[tokio::test]
async fn a_project_is_watched_once_its_history_can_be_read() {
    let memory = Memory::with(SCAN, 5);
    memory.is_down(true);
    let bus = Bus::new(memory.clone(), limits());

    assert!(timeout(Duration::from_millis(20), bus.watch_project(PROJECT)).await.is_err());
    memory.is_down(false);
    let mut watcher = soon(bus.watch_project(PROJECT)).await;
    memory.store(SCAN, 1);

    assert_eq!(next(&mut watcher).await, (SCAN, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_each_scan_everyone_sees_every_event_once_and_in_order() {
    const SCANS: u64 = 10;
    const EVENTS: u64 = 5_000;
    let memory = Memory::default();
    let bus = Bus::new(memory.clone(), limits());
    let written = watch::Sender::new(0);
    let mut watchers = JoinSet::new();
    for seed in 0..20 {
        let mut watcher = soon(bus.watch_project(PROJECT)).await;
        let mut written = written.subscribe();
        let mut dice = Dice::new(seed);
        watchers.spawn(async move {
            let mut seen = HashMap::<Uuid, u64>::new();
            for count in 0..EVENTS {
                if dice.below(500) == 0 {
                    // Stalls until the ring is far away, if the writer has that much left.
                    let later = (count + dice.below(1_000)).min(EVENTS);
                    soon(written.wait_for(|written| *written >= later)).await.unwrap();
                }
                let (scan, seq) = next(&mut watcher).await;
                let before = seen.insert(scan, seq).unwrap_or(0);
                assert_eq!(seq, before + 1, "watcher {seed}, scan {scan}");
            }
            assert!(timeout(Duration::from_millis(20), watcher.next()).await.is_err());
        });
    }

    let mut dice = Dice::new(4_711);
    for count in 1..=EVENTS {
        memory.store(Uuid::from_u128(dice.below(SCANS).into()), 1);
        bus.ring(None);
        written.send_replace(count);
        yield_now().await;
    }

    while let Some(watched) = watchers.join_next().await {
        watched.unwrap();
    }
}
