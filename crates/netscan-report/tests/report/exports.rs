//! What a spreadsheet library makes of XLSX, and the official schema of SARIF.

use std::fs;
use std::path::{Path, PathBuf};

use netscan_model::observation::Host;
use netscan_report::{Format, ReportHead, WriteOptions};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::programs::{run_python, said};
use crate::samples::{any_head, any_host, bytes, hostile, office, report, tarpit, weak};

fn file(directory: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, content).expect("a temporary directory can be written to");
    path
}

/// The sheets of the workbook as a spreadsheet library reads them.
fn workbook(head: &ReportHead, hosts: &[Host]) -> Value {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let written = bytes(Format::Xlsx, head, hosts, WriteOptions::default());
    let path = file(&directory, "report.xlsx", &written);
    let output = run_python("read_workbook.py", &[path.to_str().expect("a UTF-8 path")]);
    serde_json::from_str(&said(&output)).expect("JSON")
}

/// The value of each cell of a row.
fn values(row: &Value) -> Vec<Value> {
    row.as_array().expect("a row").iter().map(|cell| cell[1].clone()).collect()
}

#[test]
fn a_workbook_has_hosts_ports_and_coverage() {
    let (head, hosts) = office();

    let read = workbook(&head, &hosts);

    let sheets: Vec<_> = read.as_object().unwrap().keys().collect();
    assert_eq!(sheets, ["Coverage", "Hosts", "Ports"]);
    let addresses: Vec<_> =
        read["Hosts"].as_array().unwrap().iter().map(|row| row[0][1].clone()).collect();
    assert_eq!(addresses, ["Address", "10.0.0.5", "10.0.0.7", "10.0.0.9", "fe80::1%eth0"]);
    assert_eq!(read["Ports"].as_array().unwrap().len(), 1 + 4);
    assert_eq!(
        values(&read["Ports"][1])[..10],
        json!([
            "10.0.0.5",
            "www.lan",
            "tcp",
            22,
            "open",
            "syn-ack",
            "ssh",
            null,
            "OpenSSH",
            "9.2p1 Debian 2"
        ])
        .as_array()
        .unwrap()[..]
    );
    let coverage: Vec<_> = read["Coverage"].as_array().unwrap().iter().map(values).collect();
    assert_eq!(coverage[1], json!(["All", "up", null, 2]).as_array().unwrap()[..]);
    assert_eq!(
        coverage[7],
        json!(["10.0.0.12-10.0.0.15", "failed", "nmap crashed 3 times", 4]).as_array().unwrap()[..]
    );
}

#[test]
fn a_workbook_says_which_hosts_are_suspect() {
    let read = workbook(&office().0, &[tarpit(900)]);

    assert_eq!(values(&read["Hosts"][0])[10], "Suspect");
    assert_eq!(values(&read["Hosts"][1])[10], "900 of the 1000 ports that were asked are open");
}

#[test]
fn no_cell_of_a_workbook_is_a_formula() {
    for payload in ["=HYPERLINK(\"http://a\",\"b\")", "+1+1", "@SUM(A1)", "{=1}", "\t=1"] {
        let (head, hosts) = hostile(payload);

        let read = workbook(&head, &hosts);

        let cells = read.as_object().unwrap().values().flat_map(|sheet| sheet.as_array().unwrap());
        let cells: Vec<_> = cells.flat_map(|row| row.as_array().unwrap()).collect();
        assert!(cells.iter().any(|cell| cell[1] == payload), "{payload} is nowhere");
        for cell in cells {
            assert!(cell[0] == "n" || cell[0] == "s" || cell[0] == "inlineStr", "{cell}");
        }
    }
}

#[test]
fn a_workbook_is_the_same_each_time() {
    let (head, hosts) = office();
    let written = || bytes(Format::Xlsx, &head, &hosts, WriteOptions::default());

    assert_eq!(written(), written());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_spreadsheet_library_reads_whatever_strangers_say(
        head in any_head(), hosts in vec(any_host(), 0..12),
    ) {
        let read = workbook(&head, &hosts);

        prop_assert_eq!(read["Hosts"].as_array().unwrap().len(), 1 + hosts.len());
    }

    #[test]
    fn every_sarif_document_is_valid_by_the_schema(
        head in any_head(), hosts in vec(any_host(), 0..12),
    ) {
        validate(&report(Format::Sarif, &head, &hosts, WriteOptions::default()));
    }
}

fn validate(document: &str) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = file(&directory, "report.sarif", document.as_bytes());
    let schema = "tests/report/schemas/sarif-2.1.0-rtm.5.json";
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(schema);
    let paths = [&schema, &path].map(|path| path.to_str().expect("a UTF-8 path"));
    said(&run_python("validate_sarif.py", &paths));
}

fn sarif(hosts: &[Host]) -> Value {
    let document = report(Format::Sarif, &office().0, hosts, WriteOptions::default());
    validate(&document);
    serde_json::from_str(&document).expect("JSON")
}

#[test]
fn sarif_has_a_result_per_weakness_and_place() {
    let read = sarif(&[office().1[0].clone(), weak()]);

    let run = &read["runs"][0];
    let results = run["results"].as_array().unwrap();
    let told: Vec<_> = results
        .iter()
        .map(|result| (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("CVE-2023-38408", "error"), ("CVE-2018-15473", "warning"), ("CVE-2014-3566", "warning")]
    );
    let location = &results[0]["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "host/10.0.0.6/22/tcp");
    assert_eq!(
        results[0]["partialFingerprints"]["place/v1"],
        "10.0.0.6 22/tcp vulners CVE-2023-38408"
    );
    assert_eq!(
        results[2]["message"]["text"],
        "10.0.0.6 (old.lan) port 443/tcp is vulnerable to CVE-2014-3566 \
         (SSL POODLE \\[information\\](http://leak) {{0}}), as the script ssl-poodle tells"
    );
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 3);
    assert_eq!(rules[2]["properties"]["security-severity"], "9.8");
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"][0]["message"]["text"],
        "248 addresses planned: 2 up, 240 down, 1 timed out, 1 unresolved, 4 failed"
    );
}

#[test]
fn sarif_without_findings_is_valid_and_so_is_a_hostile_one() {
    assert_eq!(sarif(&office().1)["runs"][0]["results"], json!([]));

    let (_, hosts) = hostile("\x1b[2J</script>[x](javascript:1) {0} %0a \u{202e}");
    assert_eq!(sarif(&hosts)["runs"][0]["results"].as_array().unwrap().len(), 3);
}
