//! Results: in every format, compared with those of another scan, and nmap's own files.

use std::fs;
use std::io::Write as _;

use netscan_model::observation::{Host, Hostname, Protocol, ScanInfo};
use netscan_report::{Format, ReportWriter, WriteOptions};
use netscan_server::results;
use netscan_store::{Artifact, AttemptDetail, HostCursor};
use serde_json::{Value, json};

use crate::given::{Given, get, post, server, server_with};
use crate::ran::{id, operator, run_dry, run_dry_with, started, stranger, up};

/// What a writer makes of the scan in one go.
async fn written(given: &Given, scan: &str, format: Format) -> Vec<u8> {
    let scan = given.realm.scan(scan.parse().unwrap()).await.unwrap();
    let head = results::head(&given.realm, &scan).await.unwrap();
    let options = WriteOptions { open_only: format == Format::Table, ..WriteOptions::default() };
    let mut writer = ReportWriter::begin(format, &head, &options, Vec::new()).unwrap();
    let hosts = given.realm.hosts(scan.id, &HostCursor::default(), 10_000).await.unwrap();
    for host in &hosts {
        writer.host(host).unwrap();
    }
    writer.finish().unwrap()
}

/// More hosts than are read at a time.
async fn many(given: &Given, token: &str) -> String {
    let body = json!({
        "targets": ["192.0.2.0/24", "198.51.100.0/24"], "options": "-sT -p80", "start": true,
        "configuration": { "chunk_size": 256 },
    });
    let scan = given.send(post("/api/v1/scans", &body).token(token)).await.expect(202);
    let networks = ["192.0.2", "198.51.100"];
    let addresses =
        networks.iter().flat_map(|network| (0..256).map(move |last| format!("{network}.{last}")));
    let hosts: Vec<Host> = addresses.map(|address| up(&address, &[22, 80])).collect();
    run_dry(&given.store, &hosts).await;
    id(&scan)
}

#[tokio::test]
async fn results_in_every_format_are_what_the_writer_makes_of_them() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = many(&given, &token).await;

    for format in Format::ALL {
        let path = format!("/api/v1/scans/{scan}/results?format={}", format.name().to_uppercase());
        let answer = given.send(get(&path).token(&token)).await;

        assert_eq!(answer.status, 200, "{format}");
        assert!(answer.body[..] == written(&given, &scan, *format).await[..], "{format}");
        let name = format!("inline; filename=\"scan-1.{}\"", format.extension());
        assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
    }
    let plain = given.send(get(&format!("/api/v1/scans/{scan}/results")).token(&token)).await;
    let document = plain.expect(200);
    assert_eq!(document["hosts"].as_array().unwrap().len(), 512);
    assert_eq!((&document["scan"]["id"], &document["coverage"]["up"]), (&json!(scan), &json!(512)));
}

#[tokio::test]
async fn the_accept_header_asks_for_a_format_too_and_the_query_goes_before_it() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.1"]).await);
    run_dry(&given.store, &[up("192.0.2.1", &[80])]).await;
    let path = format!("/api/v1/scans/{scan}/results");
    let media = async |path: &str, accept: &str| {
        let answer = given.send(get(path).header("accept", accept).token(&token)).await;
        answer.header("content-type").unwrap().to_owned()
    };

    assert_eq!(media(&path, "text/csv").await, "text/csv; charset=utf-8");
    assert_eq!(media(&path, "application/sarif+json").await, "application/sarif+json");
    assert_eq!(media(&path, "*/*").await, "application/json");
    assert_eq!(media(&format!("{path}?format=xml"), "text/csv").await, "application/xml");
    let html = given.send(get(&format!("{path}?format=html")).token(&token)).await;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    assert_eq!(html.header("content-security-policy"), Some(policy));
    let wrong = given.send(get(&format!("{path}?format=pdf")).token(&token)).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "/format");
}

/// A server with an attempt that left a file, and what else lies about.
async fn with_file(name: &str) -> (Given, String, String, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let artifacts = directory.path().join("artifacts");
    fs::create_dir_all(artifacts.join("1")).unwrap();
    fs::write(directory.path().join("secret"), "secret").unwrap();
    fs::write(artifacts.join("1/unlisted"), "unlisted").unwrap();
    let mut file = fs::File::create(artifacts.join("1/nmap.xml.gz")).unwrap();
    file.write_all(&vec![7; 200_000]).unwrap();
    std::os::unix::fs::symlink(directory.path().join("secret"), artifacts.join("1/link")).unwrap();
    let given = server_with(|settings| settings.artifacts = artifacts).await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.1"]).await);
    let artifact = |path: &str| Artifact {
        name: "xml".into(),
        path: path.into(),
        size_bytes: 200_000,
        truncated: false,
    };
    let artifacts = ["1/nmap.xml.gz", "1/gone", "1/link", "../secret", name].map(artifact).to_vec();
    let detail = AttemptDetail { artifacts, ..AttemptDetail::default() };
    run_dry_with(&given.store, &[], &detail).await;
    (given, token, scan, directory)
}

#[tokio::test]
async fn a_file_of_an_attempt_is_listed_and_given_out_as_it_is() {
    let (given, token, scan, _directory) = with_file("1/other").await;

    let listed = given.send(get(&format!("/api/v1/scans/{scan}/artifacts")).token(&token)).await;
    let listed = listed.expect(200);
    let first = &listed["items"][0];
    let file = given.send(get(first["href"].as_str().unwrap()).token(&token)).await;

    assert_eq!((&first["name"], &first["size_bytes"]), (&json!("nmap.xml.gz"), &json!(200_000)));
    assert_eq!((file.status.as_u16(), &file.body[..]), (200, &vec![7; 200_000][..]));
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    let name = "attachment; filename=\"nmap.xml.gz\"";
    assert_eq!(file.header("content-disposition"), Some(name));
    assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    let attempts = given.send(get(&format!("/api/v1/scans/{scan}/attempts")).token(&token)).await;
    assert_eq!(attempts.expect(200)["items"][0]["artifacts"], listed["items"]);
}

#[tokio::test]
async fn no_file_is_given_out_that_the_store_does_not_list() {
    let (given, token, scan, _directory) = with_file("1/other").await;
    let listed = given.send(get(&format!("/api/v1/scans/{scan}/artifacts")).token(&token)).await;
    let listed = listed.expect(200);
    let first = listed["items"][0]["href"].as_str().unwrap();
    let attempt = first.strip_suffix("/nmap.xml.gz").unwrap();
    let stranger = stranger(&given).await;

    for name in
        ["unlisted", "gone", "link", "secret", "..%2F..%2Fsecret", "%2Fetc%2Fpasswd", "xml", "."]
    {
        given.send(get(&format!("{attempt}/{name}")).token(&token)).await.refused(404);
    }
    given.send(get(first).token(&stranger)).await.refused(404);
    let other = id(&started(&given, &token, &["192.0.2.1"]).await);
    given.send(get(&first.replace(&scan, &other)).token(&token)).await.refused(404);
    let names: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["nmap.xml.gz", "gone", "link", "other"]);
}

/// A scan that found these hosts, with all ports of a profile probed.
async fn scan_of(
    given: &Given,
    token: &str,
    targets: &[&str],
    hosts: &[Host],
    ports: &str,
) -> String {
    let scan = started(given, token, targets).await;
    let info = ScanInfo {
        kind: "connect".into(),
        protocol: Some(Protocol::Tcp),
        service_count: 1,
        services: ports.into(),
        scan_flags: None,
    };
    let detail = AttemptDetail { scan_infos: vec![info], ..AttemptDetail::default() };
    run_dry_with(&given.store, hosts, &detail).await;
    id(&scan)
}

async fn diff(given: &Given, token: &str, from: &str, to: &str) -> Value {
    let path = format!("/api/v1/scans/{to}/diff?against={from}");
    given.send(get(&path).token(token)).await.expect(200)
}

fn told(diff: &Value) -> Vec<String> {
    let told = |change: &Value| {
        let text = |name: &str| change[name].as_str().unwrap().to_owned();
        format!("{} {} {}", text("change"), text("address"), change["port"])
    };
    diff["changes"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test]
async fn a_difference_is_told_only_where_both_scans_looked() {
    let given = server().await;
    let token = operator(&given).await;
    let mut renamed = up("192.0.2.1", &[22, 443, 80]);
    renamed.ports[2].service.as_mut().unwrap().version = Some("2.0".into());
    let before =
        [up("192.0.2.1", &[80, 8080, 9999]), up("192.0.2.3", &[80]), up("192.0.2.7", &[80])];
    let after = [renamed, up("192.0.2.4", &[]), up("198.51.100.9", &[])];
    let before = scan_of(&given, &token, &["192.0.2.0-7"], &before, "1-10000").await;
    let targets = ["192.0.2.0-5", "198.51.100.9"];
    let after = scan_of(&given, &token, &targets, &after, "1-9000").await;

    let diff = diff(&given, &token, &before, &after).await;

    assert_eq!(
        (&diff["from"], &diff["to"], &diff["truncated"]),
        (&json!(1), &json!(2), &json!(false))
    );
    assert_eq!(
        told(&diff),
        [
            "opened 192.0.2.1 22",
            "changed 192.0.2.1 80",
            "opened 192.0.2.1 443",
            "closed 192.0.2.1 8080",
            "not_scanned 192.0.2.1 9999",
            "gone 192.0.2.3 null",
            "new 192.0.2.4 null",
            "not_scanned 192.0.2.7 null",
            "not_scanned 198.51.100.9 null",
        ]
    );
    let summary = json!({
        "opened": 2, "closed": 1, "changed": 1, "new": 1, "gone": 1, "not_scanned": 3,
        "suspect": 0,
    });
    assert_eq!(diff["summary"], summary);
    let gone = &diff["changes"][5];
    assert_eq!((&gone["before"], &gone["after"]), (&json!("up"), &json!("down")));
    let changed = &diff["changes"][1];
    assert_eq!(changed["after"]["service"]["version"], "2.0");
}

#[tokio::test]
async fn a_scan_does_not_differ_from_itself_however_large_it_is() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let scan = many(&given, &token).await;

    assert_eq!(told(&diff(&given, &token, &scan, &scan).await), [""; 0]);
    let other = scan_of(&given, &token, &["198.51.100.255"], &[], "80").await;
    let told = told(&diff(&given, &token, &scan, &other).await);
    assert_eq!((told.len(), told[0].as_str()), (512, "not_scanned 192.0.2.0 null"));
    assert_eq!(told[511], "gone 198.51.100.255 null");
    let foreign = id(&started(&given, &stranger, &["192.0.2.1"]).await);
    let path = format!("/api/v1/scans/{scan}/diff?against={foreign}");
    given.send(get(&path).token(&token)).await.refused(404);
    let missing = given.send(get(&format!("/api/v1/scans/{scan}/diff")).token(&token)).await;
    missing.expect(422);
}

/// Path and query, with `query` as the parameter `where`.
fn path_where(path: &str, query: &str) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("where", query);
    format!("{path}{}{}", if path.contains('?') { "&" } else { "?" }, parameters.finish())
}

fn addresses(hosts: &Value) -> Vec<&str> {
    hosts.as_array().unwrap().iter().map(|host| host["address"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn results_and_hosts_are_those_that_a_query_means() {
    let given = server().await;
    let token = operator(&given).await;
    let inventory = json!({ "targets": ["192.0.2.2/31", "named.lan"], "tags": ["lab"] });
    let scan = id(&started(&given, &token, &["192.0.2.0/29"]).await);
    let added = post("/api/v1/projects/default/targets", &inventory).token(&token);
    given.send(added).await.expect(200);
    let name = Hostname { name: "Named.lan".into(), kind: "user".into() };
    let named = Host { hostnames: vec![name], ..up("192.0.2.6", &[]) };
    let hosts = [up("192.0.2.1", &[80]), up("192.0.2.2", &[22, 80]), up("192.0.2.5", &[22]), named];
    run_dry(&given.store, &hosts).await;
    let results = format!("/api/v1/scans/{scan}/results");
    let list = format!("/api/v1/scans/{scan}/hosts?status=up");

    for (query, expected) in [
        ("port:80", vec!["192.0.2.1", "192.0.2.2"]),
        ("port:80 service:http -port:22", vec!["192.0.2.1"]),
        ("port:22 service:http", vec![]),
        ("tag:lab", vec!["192.0.2.2", "192.0.2.6"]),
        ("-tag:lab port:*", vec!["192.0.2.1", "192.0.2.5"]),
        ("scan:1 net:192.0.2.5", vec!["192.0.2.5"]),
        ("scan:2 or seen>1h", vec![]),
    ] {
        let document = given.send(get(&path_where(&results, query)).token(&token)).await;
        let document = document.expect(200);
        let page = given.send(get(&path_where(&list, query)).token(&token)).await.expect(200);

        assert_eq!(addresses(&document["hosts"]), expected, "{query}");
        assert_eq!((&document["where"], &document["coverage"]["up"]), (&json!(query), &json!(4)));
        assert_eq!((addresses(&page["items"]), &page["next_cursor"]), (expected, &Value::Null));
    }
    let wrong = given.send(get(&path_where(&results, "port:80 prt:1")).token(&token)).await;
    let message = &wrong.expect(422)["errors"][0];
    assert_eq!(message["field"], "/where");
    assert!(message["message"].as_str().unwrap().starts_with("column 9: there is no field"));
    let wrong = given.send(get(&path_where(&list, "(")).token(&token)).await;
    assert_eq!(wrong.expect(422)["errors"][0]["field"], "/where");
}

#[tokio::test]
async fn hosts_that_match_are_listed_page_by_page_and_each_once() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = many(&given, &token).await;
    let list =
        path_where(&format!("/api/v1/scans/{scan}/hosts?limit=3"), "net:192.0.2.250-198.51.100.1");

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = given.send(get(&format!("{list}{cursor}")).token(&token)).await.expect(200);
        seen.push(addresses(&page["items"]).iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }

    let sizes: Vec<usize> = seen.iter().map(Vec::len).collect();
    assert_eq!(sizes, [3, 3, 2]);
    let ends = (seen.concat().first().cloned(), seen.concat().last().cloned());
    assert_eq!(ends, (Some("192.0.2.250".to_owned()), Some("198.51.100.1".to_owned())));
}
