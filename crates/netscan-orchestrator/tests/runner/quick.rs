//! Quick scans: asked for and answered in one step.

use std::time::Duration;

use netscan_model::scan::State;
use netscan_orchestrator::quick::{Quick, QuickError, quick_scan};
use netscan_orchestrator::submit::SubmitError;
use netscan_testkit::{Act, FakeNmap};

use crate::bench::{Bench, batches_of, by};

fn quick<'a>(artifacts: &'a std::path::Path, targets: &str, deadline: Duration) -> Quick<'a> {
    Quick { request: Bench::request(targets, batches_of(4, 1)), artifacts, deadline }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_scan_answers_with_hosts_and_nmaps_own_words() {
    let bench = Bench::with_real_nmap().await;
    let server = bench.serve(bench.settings()).await;
    let artifacts = bench.artifacts();
    let asked = quick(&artifacts, "127.0.0.1-3", Duration::from_mins(1));

    let answer = quick_scan(&bench.realm, asked, by()).await.unwrap();

    assert_eq!((answer.scan.status, answer.scan.name.as_str()), (State::Completed, "quick"));
    assert_eq!(answer.exit_code, Some(0));
    assert_eq!(answer.hosts.len(), 3);
    assert!(answer.stdout.contains("Nmap scan report for 127.0.0.2"), "{}", answer.stdout);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_scan_that_takes_too_long_ends_with_what_it_has() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    let server = bench.serve(bench.patient()).await;
    let artifacts = bench.artifacts();
    let asked = quick(&artifacts, "127.0.0.1-3", Duration::from_secs(1));

    let answer = quick_scan(&bench.realm, asked, by()).await.unwrap();

    assert!(answer.scan.status.is_terminal(), "{:?}", answer.scan);
    assert_eq!((answer.hosts.len(), answer.exit_code), (1, None));
    assert_eq!(bench.programs(), 0);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_scan_is_small() {
    let bench = Bench::with_real_nmap().await;
    let artifacts = bench.artifacts();
    let asked = quick(&artifacts, "127.0.0.0/23", Duration::from_secs(1));

    let refusal = quick_scan(&bench.realm, asked, by()).await.unwrap_err();

    assert!(matches!(refusal, QuickError::Submit(SubmitError::TooManyAddresses(_))), "{refusal}");
    assert!(bench.realm.scans("default").await.unwrap().is_empty());
}
