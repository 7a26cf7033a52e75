//! Rules on stored events: each once, in order, none left out.

use std::sync::Arc;
use std::time::Duration;

use netscan_broker::{Bus, Frame, Limits};
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use super::given::{Dice, Memory, NEVER, SCAN, limits, next_stored, seq_of, soon, stored, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everyone_sees_every_event_once_and_in_order_however_they_stall() {
    const EVENTS: u64 = 20_000;
    let memory = Memory::default();
    let bus = Bus::new(memory.clone(), limits());
    let written = watch::Sender::new(0);
    let mut watchers = JoinSet::new();
    for seed in 0..100 {
        let mut watcher = bus.watch(SCAN, 0);
        let mut written = written.subscribe();
        let mut dice = Dice::new(seed);
        watchers.spawn(async move {
            for expected in 1..=EVENTS {
                if dice.below(2_000) == 0 {
                    // Stalls until the ring is far away, if the writer has that much left.
                    let later = (expected + dice.below(1_000)).min(EVENTS);
                    soon(written.wait_for(|written| *written >= later)).await.unwrap();
                }
                assert_eq!(stored(&mut watcher).await, expected, "watcher {seed}");
            }
            assert!(timeout(Duration::from_millis(20), watcher.next()).await.is_err());
        });
    }

    let mut dice = Dice::new(4_711);
    let mut stored = 0;
    while stored < EVENTS {
        let more = (1 + dice.below(5)).min(EVENTS - stored);
        memory.store(SCAN, more);
        stored += more;
        bus.ring(Some(SCAN));
        written.send_replace(stored);
        yield_now().await;
    }

    while let Some(watched) = watchers.join_next().await {
        watched.unwrap();
    }
}

#[tokio::test]
async fn since_replays_what_came_after_it_and_goes_on_live() {
    let memory = Memory::with(SCAN, 5);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = bus.watch(SCAN, 2);

    let replayed = next_stored(&mut watcher, 3).await;
    memory.store(SCAN, 2);
    let live = next_stored(&mut watcher, 2).await;

    assert_eq!((replayed, live), (vec![3, 4, 5], vec![6, 7]));
}

#[tokio::test]
async fn since_beyond_the_end_waits_for_what_comes_after_it() {
    let memory = Memory::with(SCAN, 3);
    let bus = Bus::new(memory.clone(), limits());
    let mut early = bus.watch(SCAN, 0);
    let mut late = bus.watch(SCAN, 10);
    let mut never = bus.watch(SCAN, u64::MAX);

    memory.store(SCAN, 9);
    let seen = next_stored(&mut early, 12).await;

    assert_eq!(seen, (1..=12).collect::<Vec<_>>());
    assert_eq!(next_stored(&mut late, 2).await, [11, 12]);
    assert!(timeout(Duration::from_millis(20), never.next()).await.is_err());
}

#[tokio::test]
async fn what_fell_out_of_the_ring_is_read_from_the_history() {
    let memory = Memory::default();
    let bus = Bus::new(memory.clone(), limits());
    let (mut quick, mut slow) = (bus.watch(SCAN, 0), bus.watch(SCAN, 0));
    memory.store(SCAN, 1);
    assert_eq!((stored(&mut quick).await, stored(&mut slow).await), (1, 1));

    memory.store(SCAN, 499);
    assert_eq!(next_stored(&mut quick, 499).await, (2..=500).collect::<Vec<_>>());
    memory.forget_what_was_asked();

    assert_eq!(next_stored(&mut slow, 499).await, (2..=500).collect::<Vec<_>>());
    assert_eq!(memory.oldest_asked(), 2);
}

#[tokio::test]
async fn a_crowd_that_comes_back_reads_from_memory() {
    let memory = Memory::with(SCAN, 1_000);
    let bus = Bus::new(memory.clone(), Limits { poll: NEVER, ..limits() });
    let mut first = bus.watch(SCAN, 999);
    assert_eq!(stored(&mut first).await, 1_000);
    let asked = memory.asked();

    for since in 936..1_000 {
        assert_eq!(stored(&mut bus.watch(SCAN, since)).await, since + 1);
    }

    assert_eq!(memory.asked(), asked);
}

#[tokio::test]
async fn an_event_larger_than_the_ring_reaches_everyone_all_the_same() {
    let memory = Memory::with(SCAN, 3);
    let bus = Bus::new(memory.clone(), Limits { event_bytes: 10, ..limits() });
    let mut watcher = bus.watch(SCAN, 0);

    let replayed = next_stored(&mut watcher, 3).await;
    memory.store(SCAN, 3);

    assert_eq!(replayed, [1, 2, 3]);
    assert_eq!(next_stored(&mut watcher, 3).await, [4, 5, 6]);
    assert_eq!(bus.counts().held, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_is_given_up_loses_and_repeats_nothing() {
    const EVENTS: u64 = 3_000;
    let memory = Memory::with(SCAN, EVENTS / 2);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = bus.watch(SCAN, 0);
    let writer = tokio::spawn(async move {
        for _ in 0..EVENTS / 2 {
            memory.store(SCAN, 1);
            bus.ring(None);
            yield_now().await;
        }
    });
    let mut dice = Dice::new(1);
    let (mut expected, mut given_up) = (1, 0);

    while expected <= EVENTS {
        // The watcher is asked first, so it gets somewhere, and is dropped wherever it waits.
        tokio::select! {
            biased;
            frame = watcher.next() => {
                assert_eq!(seq_of(&frame.unwrap(), SCAN), expected);
                expected += 1;
            }
            () = async { for _ in 0..dice.below(3) { yield_now().await } } => given_up += 1,
        }
    }

    assert!(given_up > 100, "{given_up} waits were given up");
    soon(writer).await.unwrap();
}

#[tokio::test]
async fn a_ring_is_heard_at_once() {
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), Limits { poll: NEVER, ..limits() });
    let mut watcher = bus.watch(SCAN, 0);
    assert_eq!(stored(&mut watcher).await, 1);

    for (ring, seq) in [(Some(SCAN), 2), (None, 3)] {
        memory.store(SCAN, 1);
        bus.ring(ring);

        assert_eq!(stored(&mut watcher).await, seq);
    }
}

#[tokio::test]
async fn what_nobody_rings_for_is_found_all_the_same() {
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = bus.watch(SCAN, 0);
    assert_eq!(stored(&mut watcher).await, 1);

    memory.store(SCAN, 1);

    assert_eq!(stored(&mut watcher).await, 2);
}

#[tokio::test]
async fn a_flood_of_rings_is_answered_once_per_breath() {
    const BREATH: Duration = Duration::from_millis(20);
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), Limits { poll: NEVER, breath: BREATH, ..limits() });
    let mut watcher = bus.watch(SCAN, 0);
    assert_eq!(stored(&mut watcher).await, 1);
    let (began, asked) = (std::time::Instant::now(), memory.asked());

    until("the flood is answered", || {
        bus.ring(Some(SCAN));
        memory.asked() >= asked + 6
    })
    .await;

    // The first answer may come at once.
    assert!(began.elapsed() >= 5 * BREATH, "6 answers in {:?}", began.elapsed());
}

#[tokio::test]
async fn a_watcher_that_keeps_up_waits_while_the_history_fails() {
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = bus.watch(SCAN, 0);
    assert_eq!(stored(&mut watcher).await, 1);

    memory.is_down(true);
    memory.store(SCAN, 2);
    let asked = memory.asked();
    until("it is tried again", || memory.asked() >= asked + 3).await;
    assert!(timeout(Duration::from_millis(1), watcher.next()).await.is_err());
    memory.is_down(false);

    assert_eq!(next_stored(&mut watcher, 2).await, [2, 3]);
}

#[tokio::test]
async fn a_history_that_fails_at_first_is_asked_again() {
    let memory = Memory::with(SCAN, 100);
    memory.is_down(true);
    let bus = Bus::new(memory.clone(), limits());
    let mut watcher = bus.watch(SCAN, 0);

    until("it is tried again", || memory.asked() >= 2).await;
    memory.is_down(false);

    assert_eq!(next_stored(&mut watcher, 100).await, (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_watcher_that_must_read_for_itself_is_told_why_it_cannot_and_goes_on_later() {
    let memory = Memory::with(SCAN, 500);
    let bus = Bus::new(memory.clone(), limits());
    assert_eq!(stored(&mut bus.watch(SCAN, 499)).await, 500);
    let mut watcher = bus.watch(SCAN, 0);

    memory.is_down(true);
    assert_eq!(soon(watcher.next()).await, Err("the disk is full"));
    assert_eq!(soon(watcher.next()).await, Err("the disk is full"));
    memory.is_down(false);

    assert_eq!(next_stored(&mut watcher, 500).await, (1..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_comes_on_while_nobody_waits_for_it() {
    let memory = Memory::with(SCAN, 500);
    let bus = Bus::new(memory.clone(), Limits { readers: 1, poll: NEVER, ..limits() });
    assert_eq!(stored(&mut bus.watch(SCAN, 499)).await, 500);
    let (mut stalled, mut other) = (bus.watch(SCAN, 0), bus.watch(SCAN, 0));
    let asked = memory.asked();

    tokio::select! {
        biased;
        _ = stalled.next() => panic!("nothing is read as fast as that"),
        () = async {} => {}
    }

    // It has the only turn, and gives it back without being asked again.
    assert_eq!(stored(&mut other).await, 1);
    assert_eq!(stored(&mut stalled).await, 1);
    assert_eq!(memory.asked(), asked + 2);
}

#[tokio::test]
async fn only_so_many_read_for_themselves_at_a_time() {
    let memory = Memory::with(SCAN, 500);
    let bus = Bus::new(memory.clone(), Limits { readers: 2, poll: NEVER, ..limits() });
    assert_eq!(stored(&mut bus.watch(SCAN, 499)).await, 500);
    memory.hold_up(true);
    let mut behind = JoinSet::new();
    for _ in 0..10 {
        let mut watcher = bus.watch(SCAN, 0);
        behind.spawn(async move { stored(&mut watcher).await });
    }

    until("two read", || memory.reading() == 2).await;
    for _ in 0..100 {
        yield_now().await;
        assert_eq!(memory.reading(), 2);
    }
    memory.hold_up(false);

    assert_eq!(soon(behind.join_all()).await, [1; 10]);
}

#[tokio::test]
async fn nothing_is_read_for_watchers_that_are_gone() {
    let memory = Memory::with(SCAN, 500);
    let limits = Limits { readers: 1, poll: NEVER, linger: NEVER, ..limits() };
    let bus = Bus::new(memory.clone(), limits);
    assert_eq!(stored(&mut bus.watch(SCAN, 499)).await, 500);
    let asked = memory.asked();
    memory.hold_up(true);
    let mut gone = JoinSet::new();
    for _ in 0..10 {
        let mut watcher = bus.watch(SCAN, 0);
        gone.spawn(async move { stored(&mut watcher).await });
    }
    until("one reads", || memory.reading() == 1).await;

    gone.shutdown().await;
    memory.hold_up(false);

    assert_eq!(stored(&mut bus.watch(SCAN, 0)).await, 1);
    assert_eq!(memory.asked(), asked + 1);
}

#[tokio::test]
async fn what_the_history_has_given_up_is_passed_over() {
    let memory = Memory::with(SCAN, 500);
    let bus = Bus::new(memory.clone(), limits());
    assert_eq!(stored(&mut bus.watch(SCAN, 499)).await, 500);
    let (mut of_some, mut of_none) = (bus.watch(SCAN, 0), bus.watch(SCAN, 0));

    memory.prune(301);
    let some = next_stored(&mut of_some, 200).await;
    memory.prune(1_000);
    let none = next_stored(&mut of_none, 64).await;

    assert_eq!(some, (301..=500).collect::<Vec<_>>());
    // The ring has the last 64 still.
    assert_eq!(none, (437..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_watcher_with_much_to_see_lets_others_run() {
    let memory = Memory::with(SCAN, 2_000);
    let bus = Bus::new(memory, Limits { events: 2_000, poll: NEVER, ..limits() });
    next_stored(&mut bus.watch(SCAN, 0), 2_000).await;
    let mut watcher = bus.watch(SCAN, 0);
    let other = tokio::spawn(async {});

    for _ in 0..2_000 {
        // Without a deadline, which would let others run too.
        watcher.next().await.unwrap();
    }

    assert!(other.is_finished());
}

#[tokio::test]
async fn a_frame_nobody_holds_is_gone_when_it_falls_out_whoever_has_yet_to_see_it() {
    let memory = Memory::with(SCAN, 1);
    let bus = Bus::new(memory.clone(), limits());
    let _stalled = bus.watch(SCAN, 0);
    let mut watcher = bus.watch(SCAN, 0);
    let Frame::Stored { text, .. } = soon(watcher.next()).await.unwrap() else { panic!() };
    let first = Arc::downgrade(&text);
    drop(text);
    assert!(first.upgrade().is_some(), "the ring holds it");

    memory.store(SCAN, 64);
    next_stored(&mut watcher, 64).await;

    assert!(first.upgrade().is_none());
}
