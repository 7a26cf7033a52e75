//! One scan, run to its end by a runner that was started for it.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::scan::{Command, Desired, Priority, State};
use netscan_orchestrator::submit::{self, Wishes};
use netscan_store::{HostCursor, LeaseRequest, LimitChanges, RetryOf, Split};
use netscan_testkit::{Act, FakeNmap};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, batches_of, by, until};

#[tokio::test(flavor = "multi_thread")]
async fn every_batch_of_a_scan_is_run_whatever_the_concurrency() {
    let bench = Bench::with_real_nmap().await;
    let scan = bench.submit("127.3.0.0/26", batches_of(4, 6)).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Completed);
    assert_eq!(
        bench.coverage(&scan).await,
        Coverage { planned: 64, up: 64, ..Coverage::default() }
    );
    assert_eq!(bench.outcomes(&scan).await, [Outcome::Succeeded; 16]);
    let hosts = bench.store.hosts(scan.id, &HostCursor::default(), 100).await.unwrap();
    assert_eq!(hosts.len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_that_breaks_the_scanner_fails_alone() {
    let bench = Bench::with(FakeNmap::new().poison("127.0.0.11", Act::Crash)).await;
    let one_attempt = Wishes { attempts: NonZeroU32::new(1), ..batches_of(16, 2) };
    let scan = bench.submit("127.0.0.0/28", one_attempt).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Partial);
    assert_eq!(bench.failed(&scan).await, ["127.0.0.11"]);
    assert_eq!(bench.coverage(&scan).await.up, 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_passes_is_retried() {
    let bench = Bench::with(FakeNmap::new().fail_first(2, Act::Crash)).await;
    let scan = bench.submit("127.0.0.0/28", batches_of(16, 1)).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Completed);
    let expected = [Outcome::Crashed, Outcome::Crashed, Outcome::Succeeded];
    assert_eq!(bench.outcomes(&scan).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_falls_silent_is_ended_and_what_it_found_is_kept() {
    let hang = FakeNmap::new().after(6, Act::Hang);
    let bench = Bench::with(hang).await;
    let one_attempt = Wishes { attempts: NonZeroU32::new(1), ..batches_of(8, 1) };
    let scan = bench.submit("127.0.0.0/29", one_attempt).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Completed);
    assert_eq!(bench.outcomes(&scan).await, [Outcome::Hung, Outcome::Succeeded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_nobody_asked_for_are_set_aside() {
    let bench = Bench::with(FakeNmap::new().stray("127.9.9.9")).await;
    let one_attempt = Wishes { attempts: NonZeroU32::new(1), ..batches_of(8, 1) };
    let scan = bench.submit("127.0.0.0/29", one_attempt).await.unwrap();

    bench.run(&scan).await;

    assert!(bench.store.quarantined(scan.id).await.unwrap() > 0);
    let hosts = bench.store.hosts(scan.id, &HostCursor::default(), 100).await.unwrap();
    assert!(hosts.iter().all(|host| host.address.to_string() != "127.9.9.9"));
}

/// What nmap writes when of 150 ports of 127.0.0.1 this many are open, the first ones.
fn document_with_open_ports(open: u16) -> String {
    let port = |number| {
        format!(
            "<port protocol=\"tcp\" portid=\"{number}\">\
             <state state=\"open\" reason=\"syn-ack\" reason_ttl=\"0\"/></port>"
        )
    };
    let ports: String = (1..=open).map(port).collect();
    let closed = 150 - open;
    format!(
        "<?xml version=\"1.0\"?>\n<nmaprun scanner=\"nmap\" args=\"nmap\" start=\"1\" \
         version=\"7.93\" xmloutputversion=\"1.05\">\n<host><status state=\"up\" \
         reason=\"user-set\" reason_ttl=\"0\"/><address addr=\"127.0.0.1\" addrtype=\"ipv4\"/>\
         <ports><extraports state=\"closed\" count=\"{closed}\"/>{ports}</ports></host>\n\
         <runstats><finished time=\"2\" timestr=\"\" summary=\"\" elapsed=\"1\" \
         exit=\"success\"/><hosts up=\"1\" down=\"0\" total=\"1\"/></runstats>\n</nmaprun>\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_ports_nmap_finds_open_nearly_all_is_suspect() {
    for (open, evidence) in
        [(140, Some("140 of the 150 ports that were asked are open")), (60, None)]
    {
        let document = document_with_open_ports(open);
        let bench = Bench::with(FakeNmap::new().raw(document.as_bytes())).await;
        let scan = bench.submit("127.0.0.1", batches_of(1, 1)).await.unwrap();

        let ended = bench.run(&scan).await;

        assert_eq!(ended.status, State::Completed);
        let hosts = bench.store.hosts(scan.id, &HostCursor::default(), 100).await.unwrap();
        let suspects: Vec<_> = hosts.iter().map(|host| host.details.suspect.as_deref()).collect();
        assert_eq!(suspects, [evidence]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_nmap_refuses_fail_the_scan_with_its_words() {
    let refuse = FakeNmap::new().only(0).error("Failed to initialize the script engine").exit(1);
    let bench = Bench::with(refuse).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(4, 1)).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Failed);
    assert_eq!(bench.outcomes(&scan).await, [Outcome::Refused; 6]);
    let lines = bench.store.coverage_ranges(scan.id, CoverageState::Failed).await.unwrap();
    assert!(lines[0].reason.contains("script engine"), "{}", lines[0].reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_from_elsewhere_ends_the_attempt_without_using_it_up() {
    let bench = Bench::with(FakeNmap::new().after(2, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    let runner = bench.runner(&scan).await;
    let shutdown = CancellationToken::new();
    let running = runner.run(shutdown.clone());

    let control = async {
        until("two hosts are stored", async || bench.coverage(&scan).await.up == 2).await;
        bench.store.command(scan.id, Command::Pause, by()).await.unwrap();
        until("it is paused", async || {
            bench.store.scan(scan.id).await.unwrap().status == State::Paused
        })
        .await;
        shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(running, control);

    assert_eq!(ended.unwrap().unwrap().status, State::Paused);
    let batch = bench.store.batches(scan.id).await.unwrap().remove(0);
    assert_eq!((batch.status, batch.attempts), (StateName::Waiting, 0));
    assert_eq!(bench.outcomes(&scan).await, [Outcome::Killed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_what_runs_and_cancels_what_waits() {
    let bench = Bench::with(FakeNmap::new().after(2, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/28", batches_of(8, 1)).await.unwrap();
    let runner = bench.runner(&scan).await;

    let control = async {
        until("two hosts are stored", async || bench.coverage(&scan).await.up == 2).await;
        bench.store.command(scan.id, Command::Stop, by()).await.unwrap();
    };
    let (ended, ()) = tokio::join!(runner.run(CancellationToken::new()), control);

    assert_eq!(ended.unwrap().unwrap().status, State::Cancelled);
    let expected = Coverage { planned: 16, up: 2, cancelled: 14, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
    assert!(runner.activity().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_straggler_is_cut_when_workers_are_idle() {
    // It goes on for ever with this host, and is quick with all others.
    let bench = Bench::with(FakeNmap::new().poison("127.0.0.7", Act::Hang)).await;
    let wishes = Wishes { attempts: NonZeroU32::new(1), ..batches_of(8, 4) };
    let scan = bench.submit("127.0.0.0/28", wishes).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Partial);
    assert_eq!(bench.failed(&scan).await, ["127.0.0.7"]);
    let batches = bench.store.batches(scan.id).await.unwrap();
    assert!(batches.iter().any(|batch| batch.status == StateName::Superseded));
    let attempts = bench.store.attempts(scan.id).await.unwrap();
    let is_cut = |reason: &String| reason.contains("held up its scan");
    assert!(attempts.iter().filter_map(|attempt| attempt.reason.as_ref()).any(is_cut));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_rate_reaches_the_batch_that_runs() {
    let bench = Bench::with(FakeNmap::new().after(2, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    let runner = bench.runner(&scan).await;
    let shutdown = CancellationToken::new();

    let control = async {
        until("two hosts are stored", async || bench.coverage(&scan).await.up == 2).await;
        let slower =
            LimitChanges { max_rate: Some(NonZeroU32::new(77)), ..LimitChanges::default() };
        bench.store.change_limits(scan.id, &slower, by()).await.unwrap();
        until("it was begun again", async || bench.coverage(&scan).await.up == 4).await;
        shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(runner.run(shutdown.clone()), control);

    ended.unwrap();
    let attempts = bench.store.attempts(scan.id).await.unwrap();
    assert_eq!(attempts[0].reason.as_deref(), Some("how the scan is run was changed"));
    assert!(attempts[1].detail.argv.contains(&"--max-rate=77".to_owned()), "{attempts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_runs_out_of_time_is_halved() {
    let bench = Bench::with(FakeNmap::new().poison("127.0.0.2", Act::Hang)).await;
    let limit = std::num::NonZeroU64::new(400);
    let wishes = Wishes { batch_timeout_ms: limit, ..batches_of(4, 1) };
    let scan = bench.submit("127.0.0.0/30", wishes).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Partial);
    assert_eq!(bench.failed(&scan).await, ["127.0.0.2"]);
    assert_eq!(bench.outcomes(&scan).await[0], Outcome::TimedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_taken_up_again_on_request() {
    let bench = Bench::with(FakeNmap::new().fail_first(1, Act::Crash)).await;
    let one_attempt = Wishes { attempts: NonZeroU32::new(1), ..batches_of(1, 1) };
    let scan = bench.submit("127.0.0.0/31", one_attempt).await.unwrap();
    let first = bench.run(&scan).await;

    let (queued, count) = submit::retry(&bench.realm, &first, RetryOf::Failed, by()).await.unwrap();
    let second = bench.run(&scan).await;

    assert_eq!((first.status, queued.status, count), (State::Partial, State::Queued, 1));
    assert_eq!(second.status, State::Completed);
    assert_eq!(bench.coverage(&scan).await, Coverage { planned: 2, up: 2, ..Coverage::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_made_after_the_plan_keeps_an_address_from_being_scanned() {
    let bench = Bench::with(FakeNmap::new()).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    let deny = serde_json::json!({ "rules": [{ "effect": "deny", "subject": "127.0.0.3" }] });
    let none = serde_json::json!({ "rules": [] });
    bench.realm.change_scope("default", &none, &deny, by()).await.unwrap();

    let ended = bench.run(&scan).await;

    assert_eq!(ended.status, State::Completed);
    let expected = Coverage { planned: 8, up: 7, excluded: 1, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_cannot_start_nmap_fails_no_target() {
    let bench = Bench::with(FakeNmap::new()).await;
    let scan = bench.submit("127.0.0.0/28", batches_of(4, 2)).await.unwrap();
    let runner = bench.runner(&scan).await;
    std::fs::remove_file(bench.program.as_ref().unwrap()).unwrap();

    let error = runner.run(CancellationToken::new()).await.unwrap_err();

    assert!(error.to_string().contains("is nmap installed"), "{error}");
    let expected = Coverage { planned: 16, pending: 16, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
    let batches = bench.store.batches(scan.id).await.unwrap();
    assert!(batches.iter().all(|batch| batch.attempts == 0), "{batches:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_batch_is_cut_when_its_nmap_has_ended() {
    let bench = Bench::with(FakeNmap::new().after(2, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    let runner = bench.runner(&scan).await;
    let shutdown = CancellationToken::new();

    let control = async {
        until("two hosts are stored", async || bench.coverage(&scan).await.up == 2).await;
        let split = bench.realm.split_batch("default", "1/1", NonZeroU32::new(3).unwrap(), by());
        assert_eq!(split.await.unwrap(), Some(Split::Asked));
        until("it is cut", async || bench.store.batches(scan.id).await.unwrap().len() == 3).await;
        shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(runner.run(shutdown.clone()), control);

    ended.unwrap();
    let batches = bench.store.batches(scan.id).await.unwrap();
    assert_eq!(batches[0].status, StateName::Superseded);
    let sizes: Vec<_> = batches[1..].iter().map(|batch| batch.address_count).collect();
    assert_eq!(sizes, [3, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_scans_that_want_to_run_are_run_too_the_most_urgent_first() {
    let bench = Bench::with(FakeNmap::new().delay(Duration::from_millis(20))).await;
    let focus = bench.submit("127.0.0.0/26", batches_of(1, 1)).await.unwrap();
    let urgent = Wishes { priority: Priority::High, ..batches_of(1, 1) };
    let other = bench.submit("127.0.1.0/31", urgent).await.unwrap();

    let ended = bench.run(&focus).await;

    assert_eq!(ended.status, State::Completed);
    assert_eq!(bench.store.scan(other.id).await.unwrap().status, State::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_whose_program_was_killed_does_not_go_on_unasked() {
    let bench = Bench::with(FakeNmap::new()).await;
    let killed = bench.submit("127.0.1.0/30", batches_of(1, 1)).await.unwrap();
    let lease = LeaseRequest {
        worker: "killed".into(),
        only: Some(killed.id),
        duration: Duration::from_secs(30),
    };
    bench.store.lease_next(&lease, Timestamp::now()).await.unwrap().unwrap();
    let focus = bench.submit("127.0.0.0/30", batches_of(4, 1)).await.unwrap();

    bench.run(&focus).await;

    let killed = bench.store.scan(killed.id).await.unwrap();
    assert_eq!((killed.status, killed.desired), (State::Paused, Desired::Pause));
    assert!(killed.reason.unwrap().contains("has ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_scan_is_said_and_not_stored() {
    let bench = Bench::with_real_nmap().await;

    let refusal = bench.submit("127.0.0.1 !127.0.0.0/8", Wishes::default()).await.unwrap_err();

    assert_eq!(refusal.to_string(), "there is nothing to scan: all 1 addresses are excluded");
    assert!(bench.realm.scans("default").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_nowhere_fails_the_scan_and_says_so() {
    let bench = Bench::with_real_nmap().await;
    let scan = bench.submit("nowhere.invalid", Wishes::default()).await.unwrap();

    assert_eq!(scan.status, State::Failed);
    let expected = Coverage { planned: 1, unresolved: 1, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
}
