//! By whose leave: nothing is scanned outside the time that was allowed, nor outside of what was
//! accepted, whatever the database says by then.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::scan::State;
use netscan_model::scope::NotAuthorised;
use netscan_model::target::TargetList;
use netscan_orchestrator::submit::{self, Question, Request, SubmitError, Wishes};
use netscan_store::{HostCursor, Store};
use netscan_testkit::FakeNmap;
use serde_json::{Value, json};

use crate::bench::{Bench, batches_of, by, until};

fn allowed_until(end: Timestamp) -> Value {
    json!({ "rules": [], "authorisation": { "authorised_by": "Mara", "valid_until": end } })
}

async fn change_scope(bench: &Bench, after: &Value) {
    bench.realm.ensure_project("default", uuid::Uuid::now_v7(), by()).await.unwrap();
    let before = bench.realm.project("default").await.unwrap().unwrap().scope;
    bench.realm.change_scope("default", &before, after, by()).await.unwrap();
}

async fn out_of_scope(bench: &Bench, scan: &netscan_model::scan::Scan) -> Vec<(String, String)> {
    let lines = bench.store.coverage_ranges(scan.id, CoverageState::OutOfScope).await.unwrap();
    lines.into_iter().map(|line| (line.addresses.to_string(), line.reason)).collect()
}

#[tokio::test]
async fn nothing_is_accepted_after_the_time_that_was_allowed() {
    let bench = Bench::with_real_nmap().await;
    let end = Timestamp::now() - SignedDuration::from_secs(1);
    change_scope(&bench, &allowed_until(end)).await;

    let refusal = bench.submit("127.0.0.0/29", Wishes::default()).await.unwrap_err();

    assert!(
        matches!(refusal, SubmitError::NotAuthorised(NotAuthorised::NoLonger { until }) if until == end),
        "{refusal}"
    );
    assert!(refusal.is_users_fault());
    assert!(bench.realm.scans("default").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_preview_counts_and_does_not_resolve() {
    let bench = Bench::with_real_nmap().await;
    change_scope(&bench, &json!({ "rules": [{ "effect": "deny", "subject": "10.0.0.2" }] })).await;
    let targets = TargetList::parse("10.0.0.0/29 !10.0.0.1 nowhere.invalid 127.0.0.1 10.0.0.0/33");
    let question = Question {
        project: "default",
        targets: &targets,
        address_limit: 100,
        opens_outright: false,
        first: 2,
    };

    let expansion = submit::expand(&bench.realm, &question, Timestamp::now()).await.unwrap();

    let counts = (expansion.count, expansion.excluded, expansion.out_of_scope);
    assert_eq!(counts, (6, 2, 1));
    let addresses: Vec<_> = expansion.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.0", "10.0.0.3"]);
    assert_eq!(expansion.names, ["nowhere.invalid"]);
    assert_eq!(expansion.rejected[0].text, "10.0.0.0/33");
    assert_eq!(expansion.not_authorised, None);
    let few = Question { address_limit: 4, ..question };
    let refusal = submit::expand(&bench.realm, &few, Timestamp::now()).await.unwrap_err();
    assert_eq!(refusal.field(), Some("/targets"));
}

#[tokio::test]
async fn naming_an_address_outright_opens_it_only_for_whoever_answers_for_the_machine() {
    let bench = Bench::with_real_nmap().await;
    let request = |opens_outright| Request {
        opens_outright,
        ..Bench::request("127.0.0.1", Wishes::default())
    };

    let refusal = submit::submit(&bench.realm, &request(false), by()).await.unwrap_err();

    assert!(matches!(refusal, SubmitError::Nothing { .. }), "{refusal}");
    submit::submit(&bench.realm, &request(true), by()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_project_may_no_longer_be_scanned_for_is_withheld() {
    let bench = Bench::with(FakeNmap::new()).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    change_scope(&bench, &allowed_until(Timestamp::now())).await;

    bench.run(&scan).await;

    let expected = Coverage { planned: 8, out_of_scope: 8, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
    let (_, reason) = out_of_scope(&bench, &scan).await.remove(0);
    assert!(reason.starts_with("the project may not be scanned since"), "{reason}");
    assert_eq!(bench.events(&scan, "security").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealed_time_holds_even_if_the_scope_says_otherwise_later() {
    let bench = Bench::with(FakeNmap::new()).await;
    let end = Timestamp::now() + SignedDuration::from_millis(600);
    change_scope(&bench, &allowed_until(end)).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(8, 1)).await.unwrap();
    change_scope(&bench, &json!({ "rules": [] })).await;
    until("its time is over", async || Timestamp::now() >= end).await;

    bench.run(&scan).await;

    let expected = Coverage { planned: 8, out_of_scope: 8, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_somebody_widened_is_scanned_no_further_than_was_accepted() {
    let mut bench = Bench::with(FakeNmap::new()).await;
    let scan = bench.submit("127.0.0.0/29", batches_of(4, 1)).await.unwrap();
    bench.store.close().await;
    replace_in(&bench.database(), "127.0.0.4-127.0.0.7", "127.0.0.6-127.0.0.9");
    bench.store = Store::open(&bench.database()).await.unwrap();
    bench.realm = bench.store.default_realm().await.unwrap();

    bench.run(&scan).await;

    let withheld = out_of_scope(&bench, &scan).await;
    let reason = "outside what the scan was accepted for".to_owned();
    assert_eq!(withheld, [("127.0.0.8-127.0.0.9".to_owned(), reason.clone())]);
    let hosts = bench.store.hosts(scan.id, &HostCursor::default(), 100).await.unwrap();
    let hosts: Vec<_> = hosts.iter().map(|host| host.address.to_string()).collect();
    let accepted = ["127.0.0.0", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.6", "127.0.0.7"];
    assert_eq!(hosts, accepted);
    let told = bench.events(&scan, "security").await;
    assert_eq!(told[0].body["reason"], json!(reason), "{told:?}");
    let attempts = bench.store.attempts(scan.id).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert_ne!(bench.scan(&scan).await.status, State::Running);
}

/// Changes a text in the file itself, behind the store's back.
fn replace_in(file: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(file).unwrap();
    let places: Vec<_> = (0..bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "the file does not hold {from}");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    std::fs::write(file, bytes).unwrap();
}
