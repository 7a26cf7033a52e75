//! Many people at once stop, pause and resume scans that are about to end by themselves.

use std::time::{Duration, Instant};

use netscan_model::batch::{Outcome, StateName};
use netscan_model::scan::{Command, Scan, State};
use netscan_store::{Realm, StoreError};
use netscan_testkit::FakeNmap;
use tokio::task::JoinSet;

use crate::bench::{Bench, batches_of, by, until};

const RACES: usize = 1_000;
/// Races that are run side by side.
const FIELD: usize = 250;

/// A small generator of numbers that repeat from run to run (Steele and others, `SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What the people of one race saw.
#[derive(Default)]
struct Seen {
    /// The number of the last event when a stop of a scan that was not over had been accepted.
    stopped_at: Option<u64>,
}

/// One of the people: a few commands, with pauses between them.
async fn meddle(realm: Realm, scan: Scan, seed: u64) -> Seen {
    let mut chance = Chance(seed);
    let mut noted = Seen::default();
    for _ in 0..4 {
        let pause = Duration::from_millis(chance.below(60));
        tokio::time::sleep(pause).await;
        let command = match chance.below(5) {
            0 => Command::Stop,
            1 | 2 => Command::Pause,
            _ => Command::Resume,
        };
        match realm.command(scan.id, command, by()).await {
            Ok(after) if command == Command::Stop => {
                let is_first = noted.stopped_at.is_none() && after.status != State::Completed;
                if is_first {
                    noted.stopped_at = Some(realm.head(scan.id).await.unwrap());
                }
            }
            Ok(_) | Err(StoreError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    noted
}

/// Runs one race to its end and says what is wrong with how it went, if anything is.
async fn race(realm: Realm, scan: Scan, seed: u64) -> Result<(), String> {
    let mut people = JoinSet::new();
    for person in 0..3 {
        people.spawn(meddle(realm.clone(), scan.clone(), seed * 3 + person));
    }
    let noted = people.join_all().await;
    let stopped_at = noted.iter().filter_map(|person| person.stopped_at).min();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let now = realm.scan(scan.id).await.unwrap();
        match now.status {
            state if state.is_terminal() => break,
            // Whoever paused it last may have left it so.
            State::Paused => drop(realm.command(scan.id, Command::Resume, by()).await),
            state => assert!(Instant::now() < deadline, "a race is still {state}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    judge(&realm, &scan, stopped_at).await
}

async fn judge(realm: &Realm, scan: &Scan, stopped_at: Option<u64>) -> Result<(), String> {
    let ended = realm.scan(scan.id).await.unwrap();
    let events = realm.events(scan.id, 0, 10_000).await.unwrap();
    let mut state = None;
    for (event, place) in events.iter().zip(1..) {
        if event.seq != place {
            return Err(format!("event {} stands at {place}", event.seq));
        }
        match event.event.as_str() {
            "status" => {
                let next: State = serde_json::from_value(event.body["status"].clone()).unwrap();
                if !is_legal(state, next) {
                    return Err(format!("{state:?} was followed by {next}"));
                }
                state = Some(next);
            }
            "batch_start" if is_over(state) => return Err(format!("a batch began when {state:?}")),
            "batch_start" if stopped_at.is_some_and(|stop| event.seq > stop) => {
                return Err("a batch began after a stop".into());
            }
            "host" if is_over(state) => return Err(format!("a host came when {state:?}")),
            _ => {}
        }
    }
    if state != Some(ended.status) {
        return Err(format!("it is {}, and its events say {state:?}", ended.status));
    }
    let state = ended.status;
    let batches = realm.batches(scan.id).await.unwrap();
    if let Some(open) = batches.iter().find(|batch| is_open(batch.status)) {
        return Err(format!("batch {} is {} when {state}", open.number, open.status));
    }
    let attempts = realm.attempts(scan.id).await.unwrap();
    if attempts.iter().any(|attempt| attempt.outcome == Outcome::Running) {
        return Err(format!("an attempt runs when {state}"));
    }
    let coverage = realm.coverage(scan.id).await.unwrap();
    // A stop that came when every address was accounted for stopped nothing.
    let is_whole = coverage.up == coverage.planned;
    match (stopped_at, state) {
        (Some(_), State::Cancelled) | (None, State::Completed) => Ok(()),
        (Some(_), State::Completed) if is_whole => Ok(()),
        (stopped, state) => Err(format!("stopped: {}, and {state}", stopped.is_some())),
    }
}

fn is_open(state: StateName) -> bool {
    matches!(state, StateName::Waiting | StateName::Leased)
}

fn is_over(state: Option<State>) -> bool {
    state.is_some_and(State::is_terminal)
}

/// The lifecycle as the model's `scan` module draws it, for scans of which nothing can fail.
fn is_legal(from: Option<State>, to: State) -> bool {
    use State::{Cancelled, Completed, Created, Paused, Queued, Running};
    match from {
        None => to == Created,
        Some(Created) => to == Queued,
        Some(Queued) => matches!(to, Running | Paused | Cancelled),
        Some(Running) => matches!(to, Paused | Completed | Cancelled),
        Some(Paused) => matches!(to, Queued | Running | Cancelled),
        Some(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_races_end_as_they_should() {
    let bench = Bench::with(FakeNmap::new()).await;
    let server = bench.serve(bench.settings()).await;
    let mut wrong = Vec::new();
    let mut completed = 0;

    let began = Instant::now();
    for field in 0..RACES / FIELD {
        let mut races = JoinSet::new();
        for lane in 0..FIELD {
            let scan = bench.submit("127.0.0.0/31", batches_of(1, 2)).await.unwrap();
            let seed = u64::try_from(field * FIELD + lane).unwrap();
            races.spawn(race(bench.realm.clone(), scan, seed));
        }
        eprintln!("submitted {:?}", began.elapsed());
        wrong.extend(races.join_all().await.into_iter().filter_map(Result::err));
    }
    for scan in bench.realm.scans("default").await.unwrap() {
        completed += usize::from(scan.status == State::Completed);
    }

    let mut n = 0;
    let mut k = 0;
    for scan in bench.realm.scans("default").await.unwrap() {
        for a in bench.store.attempts(scan.id).await.unwrap() {
            n += 1;
            if a.outcome == Outcome::Killed {
                k += 1;
            }
        }
    }
    eprintln!("{:?} attempts {n} killed {k} completed {completed}", began.elapsed());
    assert!(wrong.is_empty(), "{} of {RACES}: {:?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    // Both ways to end are in the races, or they are none.
    assert!((RACES / 20..RACES * 19 / 20).contains(&completed), "{completed} completed");
    until("nothing runs", async || server.runner.activity().is_empty()).await;
    assert_eq!(bench.programs(), 0);
    server.end().await;
}
