//! Two scans compared: in every format, of some kinds only, and with the one that nobody named.

use netscan_report::DifferenceFormat;
use netscan_store::AttemptDetail;
use serde_json::{Value, json};

use crate::given::{Given, get, server};
use crate::ran::{id, operator, run_dry_with, started, stranger, up};

/// A scan of these targets, in which hosts with these ports answer.
async fn scanned(given: &Given, token: &str, targets: &[&str], hosts: &[(&str, &[u16])]) -> String {
    let scan = started(given, token, targets).await;
    let hosts: Vec<_> = hosts.iter().map(|(address, ports)| up(address, ports)).collect();
    run_dry_with(&given.store, &hosts, &AttemptDetail::default()).await;
    id(&scan)
}

/// Two scans: a port was opened, a host has gone, and one was not asked for.
async fn two_scans(given: &Given, token: &str) -> [String; 2] {
    let hosts: [(&str, &[u16]); 3] =
        [("192.0.2.1", &[80]), ("192.0.2.2", &[80]), ("192.0.2.3", &[80])];
    let before = scanned(given, token, &["192.0.2.1-3"], &hosts).await;
    let after = scanned(given, token, &["192.0.2.1-2"], &[("192.0.2.1", &[80, 443])]).await;
    [before, after]
}

fn kinds(changes: &Value) -> Vec<&str> {
    changes.as_array().unwrap().iter().map(|change| change["change"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn changes_come_in_every_format() {
    let given = server().await;
    let token = operator(&given).await;
    let [before, after] = two_scans(&given, &token).await;
    let path = format!("/api/v1/scans/{after}/diff?against={before}");

    for (format, media, beginning) in [
        ("text", "text/plain; charset=utf-8", "From: Scan 1"),
        ("JSON", "application/json", "{\"from\":1"),
        ("jsonl", "application/x-ndjson", "{\"change\":\"opened\""),
        ("md", "text/markdown; charset=utf-8", "# Changes"),
        ("html", "text/html; charset=utf-8", "<!DOCTYPE"),
    ] {
        let answer = given.send(get(&format!("{path}&format={format}")).token(&token)).await;

        assert_eq!(answer.status, 200, "{format}");
        assert_eq!(answer.header("content-type"), Some(media));
        assert!(answer.text().starts_with(beginning), "{}", answer.text());
        let format: DifferenceFormat = format.parse().unwrap();
        let name = format!("inline; filename=\"diff-1-2.{}\"", format.extension());
        assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
        let is_page = format == DifferenceFormat::Html;
        assert_eq!(
            answer.header("content-security-policy").is_some_and(|it| it.contains("sandbox")),
            is_page
        );
    }
    let wrong = given.send(get(&format!("{path}&format=csv")).token(&token)).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "/format");
}

#[tokio::test]
async fn changes_of_some_kinds_are_told_and_counted_alone() {
    let given = server().await;
    let token = operator(&given).await;
    let [before, after] = two_scans(&given, &token).await;
    let path = format!("/api/v1/scans/{after}/diff?against={before}");

    let all = given.send(get(&path).token(&token)).await.expect(200);
    let some = given.send(get(&format!("{path}&only=gone,Not_Scanned")).token(&token)).await;
    let some = some.expect(200);

    assert_eq!(kinds(&all["changes"]), ["opened", "gone", "not_scanned"]);
    assert_eq!(kinds(&some["changes"]), ["gone", "not_scanned"]);
    assert_eq!((&some["summary"]["opened"], &some["summary"]["gone"]), (&json!(0), &json!(1)));
    let wrong = given.send(get(&format!("{path}&only=moved")).token(&token)).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "/only");
}

/// Two scans of a host that answers everything, in which other ports do.
async fn two_scans_of_a_tarpit(given: &Given, token: &str) -> [String; 2] {
    let mut ids = Vec::new();
    for ports in [&[80_u16, 443][..], &[80, 8080]] {
        let scan = started(given, token, &["192.0.2.1"]).await;
        let mut host = up("192.0.2.1", ports);
        host.details.suspect = Some("900 of the 1000 ports that were asked are open".to_owned());
        run_dry_with(&given.store, &[host], &AttemptDetail::default()).await;
        ids.push(id(&scan));
    }
    ids.try_into().unwrap()
}

#[tokio::test]
async fn hosts_that_are_suspect_are_left_out_and_counted_unless_they_are_asked_for() {
    let given = server().await;
    let token = operator(&given).await;
    let [before, after] = two_scans_of_a_tarpit(&given, &token).await;
    let asked = async |more: &str| {
        let path = format!("/api/v1/scans/{after}/diff?against={before}{more}");
        given.send(get(&path).token(&token)).await.expect(200)
    };

    let left_out = asked("").await;
    let listed = asked("&only=suspect").await;
    let compared = asked("&suspects=true").await;

    assert_eq!(left_out["changes"], json!([]));
    assert_eq!(left_out["summary"]["suspect"], 1);
    assert_eq!(kinds(&listed["changes"]), ["suspect"]);
    assert_eq!(kinds(&compared["changes"]), ["not_scanned", "not_scanned"]);
    assert_eq!(compared["summary"]["suspect"], 0);
}

#[tokio::test]
async fn the_scan_to_compare_with_is_found_by_what_it_had_to_scan_and_by_time() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let [before, after] = two_scans(&given, &token).await;
    let found = async |query: &str| {
        let path = format!("/api/v1/scans?{query}");
        let body = given.send(get(&path).token(&token)).await.expect(200);
        body["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };

    assert_eq!(found(&format!("previous_of={after}")).await, std::slice::from_ref(&before));
    assert_eq!(found(&format!("previous_of={before}")).await, [""; 0]);
    assert_eq!(found("completed_by=2200-01-01T00:00:00Z").await, std::slice::from_ref(&after));
    assert_eq!(found("completed_by=2001-01-01T00:00:00Z&project=default").await, [""; 0]);
    let path = format!("/api/v1/scans?previous_of={after}");
    given.send(get(&path).token(&stranger)).await.refused(404);
    let path = "/api/v1/scans?completed_by=2200-01-01T00:00:00Z";
    let others = given.send(get(path).token(&stranger)).await.expect(200);
    assert_eq!(others["items"], json!([]));
}
