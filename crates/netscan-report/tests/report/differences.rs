//! What changed between two scans, in every format, for people to read.

use insta::assert_snapshot;
use netscan_model::coverage::CoverageState;
use netscan_model::difference::{Change, Difference, Seen, Wanted};
use netscan_model::observation::{Port, PortState, Protocol, Service};
use netscan_report::{DifferenceFormat, DifferenceHead, DifferenceWriter};
use serde_json::Value;

use crate::samples::scan;

fn head(wanted: &Wanted) -> DifferenceHead {
    let mut after = scan("office", "partial");
    after.number = 13;
    DifferenceHead { before: scan("office", "completed"), after, wanted: wanted.clone() }
}

fn port(version: &str) -> Seen {
    let service = Service {
        name: "http".into(),
        product: Some("<b>|nginx\u{202e}".into()),
        version: Some(version.into()),
        ..Service::default()
    };
    Seen::Port(Box::new(Port {
        port: 443,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: None,
        reason_address: None,
        service: Some(service),
        scripts: Vec::new(),
    }))
}

fn of_port(change: Change, before: Seen, after: Seen) -> Difference {
    Difference {
        change,
        address: "10.0.0.5".parse().expect("an address"),
        port: Some(443),
        protocol: Some(Protocol::Tcp),
        before,
        after,
    }
}

fn of_host(change: Change, address: &str, before: Seen, after: Seen) -> Difference {
    let address = address.parse().expect("an address");
    Difference { change, address, port: None, protocol: None, before, after }
}

fn all() -> Vec<Difference> {
    let state = Seen::Address;
    vec![
        of_port(Change::Opened, Seen::Nothing, port("1.0")),
        of_port(Change::Closed, port("1.0"), Seen::Nothing),
        of_port(Change::Changed, port("1.0"), port("2.0")),
        of_port(Change::NotScanned, port("1.0"), Seen::Nothing),
        of_host(Change::New, "10.0.0.6", state(CoverageState::Down), state(CoverageState::Up)),
        of_host(Change::Gone, "10.0.0.7", state(CoverageState::Up), state(CoverageState::Down)),
        of_host(Change::NotScanned, "fe80::1%eth0", Seen::Nothing, state(CoverageState::Up)),
    ]
}

fn only(only: &[Change]) -> Wanted {
    Wanted { only: only.to_vec(), has_suspects: false }
}

fn written(format: DifferenceFormat, kinds: &[Change], differences: &[Difference]) -> String {
    written_as(format, &only(kinds), differences)
}

fn written_as(format: DifferenceFormat, wanted: &Wanted, differences: &[Difference]) -> String {
    let mut writer = DifferenceWriter::begin(format, &head(wanted)).expect("memory takes all");
    for difference in differences {
        writer.difference(difference).expect("memory takes all");
    }
    writer.finish().expect("memory takes all");
    String::from_utf8(writer.take()).expect("reports are UTF-8")
}

#[test]
fn text_has_a_line_for_each_difference_and_ends_with_the_counts() {
    assert_snapshot!(written(DifferenceFormat::Text, &[], &all()), @r##"
    From: Scan 12 "office" of project default, completed 2026-11-21 08:10:06 UTC
    To: Scan 13 "office" of project default, partial 2026-11-21 08:10:06 UTC

    opened       10.0.0.5         443/tcp    not open -> open http <b>|nginx<U+202E> 1.0
    closed       10.0.0.5         443/tcp    open http <b>|nginx<U+202E> 1.0 -> not open
    changed      10.0.0.5         443/tcp    open http <b>|nginx<U+202E> 1.0 -> open http <b>|nginx<U+202E> 2.0
    not_scanned  10.0.0.5         443/tcp    open http <b>|nginx<U+202E> 1.0 -> not scanned
    new          10.0.0.6                    down -> up
    gone         10.0.0.7                    up -> down
    not_scanned  fe80::1%eth0                not asked for -> up

    From scan 12 to scan 13: 1 opened, 1 closed, 1 changed, 1 new, 1 gone, 2 not scanned in both
    "##);
}

#[test]
fn nothing_that_differs_is_said_so() {
    let only = [Change::Opened, Change::NotScanned];

    assert_snapshot!(written(DifferenceFormat::Text, &only, &[]), @r##"
    From: Scan 12 "office" of project default, completed 2026-11-21 08:10:06 UTC
    To: Scan 13 "office" of project default, partial 2026-11-21 08:10:06 UTC
    Only: opened, not scanned

    From scan 12 to scan 13: nothing differs where both looked
    "##);
}

/// Two hosts that are left out, and nothing else.
fn suspects() -> [Difference; 2] {
    let up = || Seen::Address(CoverageState::Up);
    ["10.0.0.8", "10.0.0.9"].map(|address| of_host(Change::Suspect, address, up(), up()))
}

#[test]
fn what_is_left_out_is_counted_and_said_in_every_format_and_not_listed() {
    let note = "2 hosts are left out, because something seems to answer in their place: \
                netscan diff --suspects compares them too";
    let said = |format| written(format, &[], &suspects());

    assert!(said(DifferenceFormat::Text).ends_with(&format!("both looked\n{note}\n")));
    assert!(said(DifferenceFormat::Markdown).ends_with(&format!("both looked\n\n{note}\n")));
    let page = said(DifferenceFormat::Html);
    assert!(page.contains(&format!("<p>{note}</p>")) && !page.contains("table>"), "{page}");
    assert_eq!(said(DifferenceFormat::Jsonl), "");
    let document: Value = serde_json::from_str(&said(DifferenceFormat::Json)).expect("it is JSON");
    assert_eq!(document["changes"], serde_json::json!([]));
    assert_eq!(document["summary"]["suspect"], 2);
}

#[test]
fn what_is_left_out_is_listed_when_it_is_asked_for() {
    let text = written(DifferenceFormat::Text, &[Change::Suspect], &suspects());
    let lines = written(DifferenceFormat::Jsonl, &[Change::Suspect], &suspects());

    assert!(text.contains("\nsuspect      10.0.0.8                    up -> up\n"), "{text}");
    assert_eq!(lines.lines().count(), 2);
}

#[test]
fn that_suspects_are_compared_is_said() {
    let wanted = Wanted { has_suspects: true, ..Wanted::default() };

    let text = written_as(DifferenceFormat::Text, &wanted, &[]);

    assert!(text.contains("\nSuspects: compared as any other host\n"), "{text}");
}

#[test]
fn markdown_is_a_table() {
    assert_snapshot!(written(DifferenceFormat::Markdown, &[], &all()), @r##"
    # Changes from scan 12 to scan 13

    - From: Scan 12 "office" of project default, completed 2026-11-21 08:10:06 UTC
    - To: Scan 13 "office" of project default, partial 2026-11-21 08:10:06 UTC

    | Change | Address | Port | Before | After |
    |---|---|---|---|---|
    | opened | 10.0.0.5 | 443/tcp | not open | open http &lt;b&gt;\|nginx&lt;U+202E&gt; 1.0 |
    | closed | 10.0.0.5 | 443/tcp | open http &lt;b&gt;\|nginx&lt;U+202E&gt; 1.0 | not open |
    | changed | 10.0.0.5 | 443/tcp | open http &lt;b&gt;\|nginx&lt;U+202E&gt; 1.0 | open http &lt;b&gt;\|nginx&lt;U+202E&gt; 2.0 |
    | not scanned | 10.0.0.5 | 443/tcp | open http &lt;b&gt;\|nginx&lt;U+202E&gt; 1.0 | not scanned |
    | new | 10.0.0.6 |  | down | up |
    | gone | 10.0.0.7 |  | up | down |
    | not scanned | fe80::1%eth0 |  | not asked for | up |

    From scan 12 to scan 13: 1 opened, 1 closed, 1 changed, 1 new, 1 gone, 2 not scanned in both
    "##);
}

#[test]
fn a_page_escapes_what_hosts_say_and_has_no_script() {
    let page = written(DifferenceFormat::Html, &[], &all());

    assert!(page.contains("<td>open http &lt;b&gt;|nginx&lt;U+202E&gt; 2.0</td>"), "{page}");
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"), "{page}");
    assert!(!page.contains("<b>") && !page.contains("<script"), "{page}");
    assert_eq!(page.matches("<tr>").count(), 1 + all().len());
    let empty = written(DifferenceFormat::Html, &[], &[]);
    assert!(
        !empty.contains("<table>") && empty.ends_with("</main>\n</body>\n</html>\n"),
        "{empty}"
    );
}

#[test]
fn json_reads_back_as_what_was_written() {
    let document = written(DifferenceFormat::Json, &[], &all());
    let lines = written(DifferenceFormat::Jsonl, &[], &all());

    let read: Value = serde_json::from_str(&document).expect("it is JSON");
    let changes: Vec<Difference> =
        serde_json::from_value(read["changes"].clone()).expect("they are differences");
    assert_eq!(changes, all());
    assert_eq!((read["from"].as_u64(), read["to"].as_u64()), (Some(12), Some(13)));
    assert_eq!(read["summary"]["not_scanned"], 2);
    let of_lines = lines.lines().map(|line| serde_json::from_str(line).expect("it is JSON"));
    assert_eq!(of_lines.collect::<Vec<Difference>>(), all());
    let empty: Value =
        serde_json::from_str(&written(DifferenceFormat::Json, &[], &[])).expect("it is JSON");
    assert_eq!(empty["changes"], serde_json::json!([]));
    assert!(!document.contains('\u{202e}') && !lines.contains('\u{202e}'));
}
