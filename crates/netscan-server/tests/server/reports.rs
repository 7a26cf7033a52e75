//! Reports for people: in every form, with what changed, and printed by one Chromium at a time.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use netscan_model::observation::{Host, Protocol, ScanInfo};
use netscan_report::ReportFormat;
use netscan_store::AttemptDetail;
use serde_json::json;
use tempfile::TempDir;

use crate::given::{Answer, Given, get, server, server_with};
use crate::ran::{id, operator, run_dry, run_dry_with, started, stranger, up};

/// A scan of these hosts in 192.0.2.0/28.
async fn scan_of(given: &Given, token: &str, hosts: &[Host]) -> String {
    let scan = id(&started(given, token, &["192.0.2.0/28"]).await);
    let info = ScanInfo {
        kind: "connect".into(),
        protocol: Some(Protocol::Tcp),
        service_count: 1_000,
        services: "1-1000".into(),
        scan_flags: None,
    };
    let detail = AttemptDetail { scan_infos: vec![info], ..AttemptDetail::default() };
    run_dry_with(&given.store, hosts, &detail).await;
    scan
}

async fn report(given: &Given, token: &str, scan: &str, format: &str) -> Answer {
    let path = format!("/api/v1/scans/{scan}/report?format={format}");
    given.send(get(&path).token(token)).await
}

#[tokio::test]
async fn a_report_comes_in_every_form_and_says_what_it_is() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = scan_of(&given, &token, &[up("192.0.2.1", &[80])]).await;

    for (format, media, beginning) in [
        ("html", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("md", "text/markdown; charset=utf-8", "# Scan 1"),
        ("JSON", "application/json", "{\"scan\":"),
        ("pdf", "application/pdf", "%PDF-"),
    ] {
        let answer = report(&given, &token, &scan, format).await;

        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(media)));
        assert!(answer.body.starts_with(beginning.as_bytes()), "{format}");
        let name = format!("inline; filename=\"report-1.{}\"", format.to_lowercase());
        assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
    }
    let path = format!("/api/v1/scans/{scan}/report");
    let html = given.send(get(&path).token(&token)).await;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    assert_eq!(html.header("content-security-policy"), Some(policy));
    let same = given.send(get(&format!("/api/v1/scans/{scan}/results?format=html")).token(&token));
    assert!(html.body == same.await.body, "`results` and `report` write the same page");
    let wrong = report(&given, &token, &scan, "csv").await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "/format");
    let stranger = stranger(&given).await;
    for format in ReportFormat::NAMES {
        report(&given, &stranger, &scan, format).await.refused(404);
    }
}

#[tokio::test]
async fn a_report_tells_what_changed_since_the_last_scan_of_the_same_addresses() {
    let given = server().await;
    let token = operator(&given).await;
    let first = scan_of(&given, &token, &[up("192.0.2.1", &[80]), up("192.0.2.2", &[])]).await;
    scan_of(&given, &token, &[up("192.0.2.1", &[80, 443])]).await;
    let other = id(&started(&given, &token, &["198.51.100.1"]).await);
    run_dry(&given.store, &[]).await;
    let third = scan_of(&given, &token, &[up("192.0.2.1", &[443]), up("192.0.2.3", &[])]).await;

    let given_to_template = report(&given, &token, &third, "json").await.expect(200);
    let markdown = report(&given, &token, &third, "md").await.text();
    let filtered = format!("/api/v1/scans/{third}/results?format=md&where=port:443");
    let filtered = given.send(get(&filtered).token(&token)).await.text();

    let changes = &given_to_template["changes"];
    assert_eq!((&changes["since"], &changes["rows_left_out"]), (&json!(2), &json!(0)));
    let rows = changes["rows"].as_array().unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| [&row["change"], &row["address"], &row["port"]]).collect();
    let closed = [&json!("closed"), &json!("192.0.2.1"), &json!("80/tcp")];
    assert_eq!(told, [closed, [&json!("new"), &json!("192.0.2.3"), &json!("")]]);
    assert!(markdown.contains("\n## Changes since last time\n\nSince scan 2"), "{markdown}");
    assert!(!filtered.contains("## Changes"), "{filtered}");
    for scan in [first, other] {
        let document = report(&given, &token, &scan, "json").await.expect(200);
        assert_eq!(document["changes"], json!(null));
        let page = report(&given, &token, &scan, "html").await.text();
        assert!(page.contains("nothing to compare with"), "{page}");
    }
}

#[tokio::test]
async fn a_report_is_printed_whole() {
    let given = server().await;
    let token = operator(&given).await;
    let hosts: Vec<_> = (0..16).map(|last| up(&format!("192.0.2.{last}"), &[80])).collect();
    let scan = scan_of(&given, &token, &hosts).await;

    let pdf = report(&given, &token, &scan, "pdf").await;

    // Each host has a heading, and each heading a place in the outline.
    let pdf = String::from_utf8_lossy(&pdf.body).into_owned();
    for last in 0..16 {
        let heading = format!("/Title (192.0.2.{last})");
        assert!(pdf.contains(&heading), "{last} is not in the outline");
    }
}

/// A server whose Chromium is this script; its last argument is the page.
async fn printing_with(script: &str) -> (Given, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chromium");
    fs::write(&path, format!("#!/bin/sh\ncd {}\n{script}\n", directory.path().display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (server_with(|settings| settings.chromium = Some(path)).await, directory)
}

#[tokio::test]
async fn one_report_is_printed_at_a_time() {
    // Who comes while another is there leaves a mark; the other stays until one had time to come.
    let script = "mkdir busy || touch crowd; \
        i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; \
        for page; do :; done; cp $page ${page%.html}.pdf; rmdir busy";
    let (given, directory) = printing_with(script).await;
    let token = operator(&given).await;
    let scan = scan_of(&given, &token, &[up("192.0.2.1", &[80])]).await;
    let ask = || report(&given, &token, &scan, "pdf");

    let answers = tokio::join!(ask(), ask(), ask());

    for answer in [answers.0, answers.1, answers.2] {
        assert_eq!(answer.status, 200);
        assert!(answer.text().ends_with("</html>\n"));
    }
    assert!(!directory.path().join("crowd").exists(), "two were printed at a time");
}

#[tokio::test]
async fn a_server_without_chromium_says_so_and_a_broken_one_says_nothing_of_it() {
    let nowhere = PathBuf::from("/nowhere/chromium");
    let without = server_with(|settings| settings.chromium = Some(nowhere)).await;
    let (broken, _directory) = printing_with("echo secret >&2; exit 1").await;

    for (given, status, told) in [
        (without, 422, "there is no Chromium at /nowhere/chromium"),
        (broken, 500, "the server failed"),
    ] {
        let token = operator(&given).await;
        let scan = scan_of(&given, &token, &[]).await;

        let problem = report(&given, &token, &scan, "pdf").await.refused(status);

        assert!(problem.contains(told) && !problem.contains("secret"), "{problem}");
    }
}
