//! Rules on lines: never waited for, lost by who is slow, and who is slow is told which.

use netscan_broker::{Bus, Frame, Limits, Watcher};
use serde_json::Value;

use super::given::{Memory, SCAN, limits, say, soon, stored};

/// What was said, in the next frame.
async fn heard(watcher: &mut Watcher<Memory>) -> String {
    match soon(watcher.next()).await.unwrap() {
        Frame::Line { text } => {
            let body: Value = serde_json::from_str(&text).unwrap();
            body["line"].as_str().unwrap().to_owned()
        }
        other => panic!("{other:?} is not a line"),
    }
}

#[tokio::test]
async fn lines_reach_everyone_in_order() {
    let bus = Bus::new(Memory::default(), limits());
    let (mut one, mut two) = (bus.watch(SCAN, 0), bus.watch(SCAN, 0));

    say(&bus, "first");
    say(&bus, "second");

    for watcher in [&mut one, &mut two] {
        assert_eq!([heard(watcher).await, heard(watcher).await], ["first", "second"]);
    }
}

#[tokio::test]
async fn who_is_slow_is_told_exactly_which_lines_are_gone() {
    let bus = Bus::new(Memory::default(), limits());
    let mut watcher = bus.watch(SCAN, 0);
    say(&bus, "line 1");
    assert_eq!(heard(&mut watcher).await, "line 1");

    (2..=20).for_each(|number| say(&bus, &format!("line {number}")));

    // Eight are held.
    assert_eq!(soon(watcher.next()).await, Ok(Frame::Gap { from: 2, to: 12 }));
    for number in 13..=20 {
        assert_eq!(heard(&mut watcher).await, format!("line {number}"));
    }
    say(&bus, "line 21");
    assert_eq!(heard(&mut watcher).await, "line 21");
    assert_eq!(bus.counts().lines_dropped, 11);
}

#[tokio::test]
async fn lines_begin_when_somebody_watches() {
    let bus = Bus::new(Memory::default(), limits());
    say(&bus, "to nobody");
    assert_eq!(bus.counts().held, 0);
    let mut early = bus.watch(SCAN, 0);
    say(&bus, "to one");
    let mut late = bus.watch(SCAN, 0);
    say(&bus, "to both");

    assert_eq!([heard(&mut early).await, heard(&mut early).await], ["to one", "to both"]);
    assert_eq!(heard(&mut late).await, "to both");
}

#[tokio::test]
async fn a_scan_that_was_just_watched_keeps_no_lines() {
    let bus = Bus::new(Memory::default(), Limits { linger: super::given::NEVER, ..limits() });
    drop(bus.watch(SCAN, 0));

    say(&bus, "to nobody");

    assert_eq!((bus.counts().scans, bus.counts().held), (1, 0));
}

#[tokio::test]
async fn stored_events_go_first_and_lines_still_get_through() {
    let memory = Memory::with(SCAN, 60);
    let bus = Bus::new(memory, limits());
    let mut watcher = bus.watch(SCAN, 0);
    // All of them are in the ring when the first is there to be taken from its end.
    assert_eq!(stored(&mut bus.watch(SCAN, 59)).await, 60);
    (1..=3).for_each(|number| say(&bus, &format!("line {number}")));

    let mut order = String::new();
    for _ in 0..63 {
        order.push(match soon(watcher.next()).await.unwrap() {
            Frame::Stored { .. } => 's',
            Frame::Line { .. } => 'L',
            Frame::Gap { .. } => 'G',
        });
    }

    let turn = "s".repeat(16) + "L";
    assert_eq!(order, turn.repeat(3) + &"s".repeat(12));
}
