//! Reports by templates of one's own: what they see, what they cannot do, and how mistakes are told.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use netscan_model::observation::Host;
use netscan_report::{ReportHead, Template, sanitise_lines};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::samples::{any_head, any_host, hostile, material, office, weak};

fn filled(name: &str, source: &str, head: &ReportHead, hosts: &[Host]) -> Result<String, String> {
    let template = Template::read(name, source.to_owned()).map_err(|error| error.to_string())?;
    let mut report = Vec::new();
    template
        .render(material(head, hosts).as_slice(), &mut report)
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8(report).expect("reports are UTF-8"))
}

fn of_office(name: &str, source: &str) -> Result<String, String> {
    let (head, mut hosts) = office();
    hosts.push(weak());
    filled(name, source, &head, &hosts)
}

/// What is shown in the manual.
fn of_manual() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide.md");
    let guide = fs::read_to_string(path).expect("there is a manual");
    let (_, rest) = guide.split_once("```jinja\n").expect("it shows a template");
    rest.split_once("```").expect("the template ends").0.to_owned()
}

#[test]
fn the_template_of_the_manual_makes_a_report() {
    let report = of_office("summary.md.j2", &of_manual()).unwrap();

    assert_snapshot!(report, @r##"
    # Scan 12 "office" of project default

    Of 248 addresses, 242 were scanned to the end: 2 answered, 240 did not. 6 were not, so what this report does not show of them may still be there.

    Since scan 11 "office" of project default, completed 2026-10-21 08:12:00 UTC: 1 opened, 1 closed, 1 gone. 1 cannot be compared, as one of the two did not look there.

    ## What to mend first

    * **CVE-2023-38408** (critical 9.8) at 10.0.0.622/tcp 

    ## Who answers

    | Address | Names | Open ports |
    |---|---|---|
    | 10.0.0.5 | www\.lan | 22/tcp, 443/tcp |
    | 10.0.0.6 | old.lan | 22/tcp, 443/tcp |
    "##);
}

#[test]
fn a_template_is_given_what_the_manual_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide.md");
    let guide = fs::read_to_string(path).unwrap();
    let (head, mut hosts) = office();
    hosts.push(weak());
    let given: Value = serde_json::from_slice(&material(&head, &hosts)).unwrap();

    for (name, value) in given.as_object().unwrap() {
        let row = guide.lines().find(|line| {
            let first = line.split('|').nth(1).unwrap_or_default();
            line.starts_with("| `") && first.contains(&format!("`{name}`"))
        });
        let row = row.unwrap_or_else(|| panic!("{name} is not in the manual"));
        let one = value.get(0).unwrap_or(value);
        for field in one.as_object().into_iter().flat_map(|fields| fields.keys()) {
            assert!(row.contains(&format!("`{field}`")), "{name}.{field} is not in the manual");
        }
    }
}

#[test]
fn what_is_put_into_markup_is_escaped_and_else_is_not() {
    let (head, hosts) = hostile("<b>&\"'");
    let source = "{{ scan.name }} {{ hosts[0].ports[0].service }}";

    for name in ["a.html", "a.htm", "a.xml", "a.html.j2", "a.xml.jinja"] {
        let report = filled(name, source, &head, &hosts).unwrap();
        assert!(report.starts_with("&lt;b&gt;&amp;") && !report.contains('<'), "{name}: {report}");
    }
    for name in ["a.md", "a.txt", "a", "a.md.j2"] {
        let report = filled(name, source, &head, &hosts).unwrap();
        assert!(report.starts_with("<b>&\"'"), "{name}: {report}");
    }
    let report = filled("a.md", "{{ scan.name|md }}", &head, &hosts).unwrap();
    assert_eq!(report, "&lt;b&gt;&amp;\"'");
}

#[test]
fn a_server_that_sends_control_characters_does_not_get_them_to_a_terminal() {
    let template = Template::read("a.txt", "{{ a }}|{{ b }}|{{ a|safe }}".to_owned()).unwrap();
    let mut report = Vec::new();

    let given = r#"{"a": "x\u001b[2J\u202ey", "b": ["\u0007"]}"#;
    template.render(given.as_bytes(), &mut report).unwrap();

    let report = String::from_utf8(report).unwrap();
    assert_eq!(sanitise_lines(&report), report.as_str());
    assert!(report.starts_with("x\\x1b[2J<U+202E>y|"), "{report}");
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (source, told) in [
        ("one\n{{ scan.nme }}", "a.md, line 2: undefined value: `scan.nme` is undefined"),
        ("{{ scann.name }}", "a.md, line 1: undefined value: `scann` is undefined"),
        (
            "\n\n{% for host in hosts %}",
            "a.md, line 3: syntax error: unexpected end of input, expected end of block",
        ),
        ("{{ scan.name|shout }}", "a.md, line 1: unknown filter: filter shout is unknown"),
        ("{% include \"/etc/passwd\" %}", "a.md, line 1: syntax error: unknown statement include"),
    ] {
        assert_eq!(of_office("a.md", source).unwrap_err(), told, "{source}");
    }
}

#[test]
fn a_template_that_does_too_much_is_ended() {
    let many = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";

    let told = of_office("a.md", many).unwrap_err();

    assert_eq!(told, "a.md, line 1: it takes more than 100000000 steps");
}

#[test]
fn a_template_is_given_some_of_very_many_hosts_and_told_how_many_are_left_out() {
    let (head, hosts) = office();
    let many: Vec<Host> = std::iter::repeat_n(hosts[2].clone(), 10_007).collect();
    let source = "{{ hosts|length }} {{ hosts_left_out }} {{ summary.hosts }}";

    assert_eq!(filled("a.txt", source, &head, &many).unwrap(), "10000 7 10007");
}

proptest! {
    #[test]
    fn what_a_template_is_given_is_harmless(
        head in any_head(), hosts in vec(any_host(), 0..3),
    ) {
        let material = material(&head, &hosts);
        let given: Value = serde_json::from_slice(&material).unwrap();

        prop_assert_eq!(given["hosts"].as_array().unwrap().len(), hosts.len());
        let text = String::from_utf8(material).unwrap();
        prop_assert_eq!(sanitise_lines(&text), text.as_str());
        prop_assert!(all_harmless(&given), "{}", text);
    }
}

fn all_harmless(value: &Value) -> bool {
    match value {
        Value::String(text) => sanitise_lines(text) == text.as_str(),
        Value::Array(values) => values.iter().all(all_harmless),
        Value::Object(fields) => fields.values().all(all_harmless),
        _ => true,
    }
}
