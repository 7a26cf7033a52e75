//! A runner that was started for no scan in particular: it runs whatever wants to run, until it is
//! told to end, and nothing else ends it.

use std::num::NonZeroU32;
use std::time::Duration;

use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::Coverage;
use netscan_model::scan::{Command, State};
use netscan_orchestrator::lock::RunnerLock;
use netscan_orchestrator::runner::{Live, Settings};
use netscan_testkit::{Act, FakeNmap};
use tokio::sync::broadcast::error::RecvError;

use crate::bench::{Bench, batches_of, by, until};

#[tokio::test(flavor = "multi_thread")]
async fn every_scan_is_run_those_that_come_later_too() {
    let bench = Bench::with(FakeNmap::new()).await;
    let first = bench.submit("127.0.0.0/28", batches_of(4, 2)).await.unwrap();
    let second = bench.submit("127.0.1.0/28", batches_of(4, 2)).await.unwrap();
    let server = bench.serve(bench.settings()).await;

    bench.reaches(&first, State::Completed).await;
    bench.reaches(&second, State::Completed).await;
    let third = bench.submit("127.0.2.0/28", batches_of(4, 2)).await.unwrap();
    bench.reaches(&third, State::Completed).await;

    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_interrupted_goes_on_with_the_next_server() {
    let bench = Bench::with(FakeNmap::new().after(2, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    let server = bench.serve(bench.patient()).await;
    until("two hosts are stored", async || bench.coverage(&scan).await.up == 2).await;
    server.crash().await;

    let server = bench.serve(bench.settings()).await;

    until("it goes on", async || bench.coverage(&scan).await.up >= 4).await;
    assert_eq!(bench.outcomes(&scan).await[0], Outcome::Lost);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_its_end_a_server_hands_everything_back_in_time() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/28", batches_of(4, 4)).await.unwrap();
    let server = bench.serve(bench.patient()).await;
    until("all four run", async || bench.coverage(&scan).await.up == 4).await;

    let took = server.end().await;

    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(bench.programs(), 0);
    assert_eq!(bench.outcomes(&scan).await, [Outcome::Killed; 4]);
    let batches = bench.store.batches(scan.id).await.unwrap();
    assert!(batches.iter().all(|batch| (batch.status, batch.attempts) == (StateName::Waiting, 0)));
    // It was not stopped: the next server goes on with it.
    assert!(!bench.scan(&scan).await.status.is_terminal());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_nmap_says_so_and_goes_on_when_there_is_one() {
    let bench = Bench::with(FakeNmap::new()).await;
    let program = bench.program.clone().unwrap();
    let hidden = program.with_file_name("hidden");
    std::fs::rename(&program, &hidden).unwrap();
    let scan = bench.submit("127.0.0.0/28", batches_of(4, 2)).await.unwrap();
    let settings = Settings { trouble_pause: Duration::from_millis(20), ..bench.settings() };

    let server = bench.serve(settings).await;

    until("the scan says why it waits", async || bench.scan(&scan).await.reason.is_some()).await;
    let (trouble, reason) = (server.runner.trouble(), bench.scan(&scan).await.reason);
    assert!(trouble.is_some() && trouble == reason, "{trouble:?}, {reason:?}");
    assert_eq!(server.runner.workers()[0].trouble, trouble);
    // Far more often than a runner for one scan would try.
    std::fs::rename(&hidden, &program).unwrap();
    let scan = bench.reaches(&scan, State::Completed).await;
    assert_eq!((scan.reason, server.runner.trouble()), (None, None));
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_nmap_that_goes_missing_fails_no_target_of_a_server() {
    let bench = Bench::with(FakeNmap::new().delay(Duration::from_millis(20))).await;
    let program = bench.program.clone().unwrap();
    let hidden = program.with_file_name("hidden");
    let scan = bench.submit("127.0.0.0/26", batches_of(2, 2)).await.unwrap();
    let server = bench.serve(bench.settings()).await;
    until("it has begun", async || bench.coverage(&scan).await.up > 4).await;

    std::fs::rename(&program, &hidden).unwrap();
    until("it is told", async || server.runner.trouble().is_some()).await;
    std::fs::rename(&hidden, &program).unwrap();

    bench.reaches(&scan, State::Completed).await;
    assert_eq!(
        bench.coverage(&scan).await,
        Coverage { planned: 64, up: 64, ..Coverage::default() }
    );
    let batches = bench.store.batches(scan.id).await.unwrap();
    assert!(batches.iter().all(|batch| batch.attempts <= 1), "{batches:?}");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_scans_share_the_places_of_one_machine() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    for _ in 0..4 {
        bench.submit("127.0.0.0/28", batches_of(4, 4)).await.unwrap();
    }
    let places = NonZeroU32::new(3).unwrap();

    let server = bench.serve(Settings { places, ..bench.patient() }).await;

    let running = async || server.runner.workers()[0].running;
    until("all places are taken", async || running().await == 3).await;
    // A look at what is to be done later there are no more.
    let ticks = tokio::time::Instant::now() + Duration::from_millis(600);
    until("time passes", async || tokio::time::Instant::now() > ticks).await;
    assert_eq!((running().await, server.runner.activity().len()), (3, 3));
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_hears_of_lines_and_changes_by_scan() {
    let bench = Bench::with(FakeNmap::new()).await;
    let server = bench.serve(bench.settings()).await;
    let mut live = server.runner.live();
    let scan = bench.submit("127.0.0.0/30", batches_of(4, 1)).await.unwrap();

    bench.reaches(&scan, State::Completed).await;

    let batch = bench.store.batches(scan.id).await.unwrap()[0].id;
    let (mut changes, mut lines) = (0, Vec::new());
    server.end().await;
    loop {
        match live.recv().await {
            Ok(Live::Changed { scan: of }) if of == Some(scan.id) => changes += 1,
            Ok(Live::Line { scan: of, batch: own, batch_number: 1, line })
                if (of, own) == (scan.id, batch) =>
            {
                lines.push(line);
            }
            Ok(other) => panic!("{other:?}"),
            Err(RecvError::Closed) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(changes >= 3, "start, hosts and end: {changes}");
    assert!(lines.iter().any(|line| line.contains("127.0.0.3")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_batch_is_stopped_and_the_others_go_on() {
    let bench = Bench::with(FakeNmap::new().poison("127.0.0.1", Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(4, 2)).await.unwrap();
    let server = bench.serve(bench.patient()).await;
    until("the second batch is done", async || bench.coverage(&scan).await.up == 4).await;

    let stuck = bench.store.batches(scan.id).await.unwrap()[0].id;
    bench.realm.stop_batch(stuck, by()).await.unwrap();

    until("it has ended", async || bench.scan(&scan).await.status.is_terminal()).await;
    let expected = Coverage { planned: 8, up: 4, cancelled: 4, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
    assert_eq!(bench.programs(), 0);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_a_resume_reach_a_scan_of_a_server() {
    let bench = Bench::with(FakeNmap::new().delay(Duration::from_millis(30))).await;
    let scan = bench.submit("127.0.0.0/27", batches_of(4, 2)).await.unwrap();
    let server = bench.serve(bench.settings()).await;
    until("it has begun", async || bench.coverage(&scan).await.up > 0).await;

    bench.realm.command(scan.id, Command::Pause, by()).await.unwrap();
    bench.reaches(&scan, State::Paused).await;
    assert!(server.runner.activity().is_empty());
    bench.realm.command(scan.id, Command::Resume, by()).await.unwrap();

    bench.reaches(&scan, State::Completed).await;
    assert!(RunnerLock::holder(&bench.database()).unwrap().is_server);
    server.end().await;
}
