//! Documents made to hurt are refused or cut down, in bounded time and memory.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::fmt::Write as _;
use std::io::Read;

use netscan_model::Host;
use netscan_model::observation::{ScriptNode, ScriptValue};
use netscan_modules::nmap::xml::{DocumentEnd, Limits, XmlEvent, XmlReader};
use proptest::prelude::*;

const ADDRESS: &str = r#"<address addr="10.0.0.1" addrtype="ipv4"/>"#;

fn read(source: impl Read) -> (Vec<Host>, DocumentEnd) {
    let mut reader = XmlReader::new(source, Limits::default());
    let mut hosts = Vec::new();
    loop {
        match reader.next_event() {
            XmlEvent::Host(host) => hosts.push(*host),
            XmlEvent::End(end) => return (hosts, end),
            _ => {}
        }
    }
}

/// The only host of a document that holds `inside`.
fn host_with(inside: &str) -> Host {
    let document = format!("<nmaprun><host>{ADDRESS}{inside}</host></nmaprun>");
    let (mut hosts, end) = read(document.as_bytes());
    assert_eq!((hosts.len(), end), (1, DocumentEnd::Complete));
    hosts.remove(0)
}

fn refusal(document: &str) -> String {
    match read(document.as_bytes()) {
        (hosts, DocumentEnd::Malformed { reason, .. }) if hosts.is_empty() => reason,
        other => panic!("{document:.80} was read: {other:?}"),
    }
}

#[test]
fn document_types_with_declarations_are_refused() {
    let bombs = [
        r#"<!DOCTYPE nmaprun [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><nmaprun args="&b;"/>"#,
        r#"<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun args="&x;"/>"#,
        r#"<!DOCTYPE nmaprun SYSTEM "x" [<!ENTITY % p SYSTEM "http://127.0.0.1/">%p;]><nmaprun/>"#,
        r"<!DOCTYPE lolz><nmaprun/>",
        r"<!DOCTYPE nmaprun []><nmaprun/>",
    ];
    for bomb in bombs {
        assert_eq!(refusal(bomb), "only <!DOCTYPE nmaprun> without declarations is allowed");
    }
    assert_eq!(
        refusal("<nmaprun><!DOCTYPE nmaprun><host/></nmaprun>"),
        "a document type stands inside of the document"
    );
}

#[test]
fn an_external_document_type_is_accepted_and_never_opened() {
    let old = r#"<!DOCTYPE nmaprun PUBLIC "-//IDN nmap.org//DTD Nmap XML 1.04//EN" "/x.dtd">"#;

    let (_, end) = read(format!("{old}<nmaprun></nmaprun>").as_bytes());

    assert_eq!(end, DocumentEnd::Complete);
}

#[test]
fn entities_that_are_not_the_five_stay_as_they_were_written() {
    let host = host_with(
        r#"<hostscript><script id="&lol9;" output="&lol;"><elem>&lol; &amp;&#33;</elem></script></hostscript>"#,
    );

    let script = &host.scripts[0];
    assert_eq!((script.id.as_str(), script.output.as_str()), ("&lol9;", "&lol;"));
    assert_eq!(
        script.data,
        [ScriptNode { key: None, value: ScriptValue::Text("&lol; &!".into()) }]
    );
}

#[test]
fn another_root_is_refused() {
    assert_eq!(refusal("<html><host/></html>"), "the root element is <html>, not <nmaprun>");
    assert_eq!(refusal("PK\u{3}\u{4}"), "there is text outside of the root element");
}

#[test]
fn five_thousand_nested_tables_become_few_and_can_be_stored() {
    let (open, close) = ("<table key=\"t\">".repeat(5_000), "</table>".repeat(5_000));
    let host = host_with(&format!(
        r#"<hostscript><script id="deep" output="o">{open}<elem key="k">v</elem>{close}</script></hostscript>"#
    ));

    let mut depth = 0;
    let mut nodes = &host.scripts[0].data;
    while let [ScriptNode { value: ScriptValue::Table(inner), .. }] = nodes.as_slice() {
        depth += 1;
        nodes = inner;
    }
    let lifted = ScriptNode { key: Some("k".into()), value: ScriptValue::Text("v".into()) };
    assert_eq!((depth, nodes.as_slice()), (Limits::default().table_depth, &[lifted][..]));
    assert!(host.scripts[0].truncated && host.details.truncated);

    let json = serde_json::to_string(&host).unwrap();
    assert_eq!(serde_json::from_str::<Host>(&json).unwrap(), host);
}

#[test]
fn five_million_nested_elements_of_another_kind_are_refused() {
    let nested = "<nmaprun>".as_bytes().chain(std::io::repeat(b'a').take(0));
    let deep = "<a>".repeat(5_000_000);

    let (_, end) = read(nested.chain(deep.as_bytes()));

    assert!(end.to_string().contains("nested more than 100000 deep"), "{end}");
}

#[test]
fn an_attribute_of_twenty_megabytes_is_cut_and_the_rest_of_the_document_is_kept() {
    for filler in ["a", "\u{e4}", "&#xa;", "&quot;", "&amp;lt;"] {
        let huge = filler.repeat((20 << 20) / filler.len());
        let host = host_with(&format!(
            r#"<hostscript><script id="s" output="{huge}"><elem>{huge}</elem></script></hostscript><distance value="7"/>"#
        ));

        let script = &host.scripts[0];
        assert!(script.truncated && host.details.truncated, "{filler}");
        assert!((256 * 1024 - 4..=256 * 1024).contains(&script.output.len()), "{filler}");
        assert_eq!(host.details.distance, Some(7), "{filler}");
    }
}

#[test]
fn two_gigabytes_in_one_value_do_not_end_up_in_memory() {
    let document = format!("<nmaprun><host>{ADDRESS}<hostscript><script id=\"s\" output=\"");
    let flood = std::io::repeat(b'x').take(2 << 30);
    let rest = "\"/></hostscript></host></nmaprun>";

    let (hosts, end) = read(document.as_bytes().chain(flood).chain(rest.as_bytes()));

    assert_eq!((hosts.len(), end), (1, DocumentEnd::Complete));
    assert!(peak_memory_bytes() < 256 << 20, "{}", peak_memory_bytes());
}

/// The most that this process ever had in memory; other tests run in it, too.
fn peak_memory_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn too_many_of_anything_are_cut_down() {
    let limits = Limits::default();
    let hops = r#"<hop ttl="1"/>"#.repeat(5_000);
    let elements = "<elem>x</elem>".repeat(100_000);
    let scripts = format!(r#"<script id="s" output="{}"/>"#, "x".repeat(200_000)).repeat(30);

    let host = host_with(&format!(
        "<trace>{hops}</trace><hostscript><script id=\"t\" output=\"\">{elements}</script>{scripts}</hostscript>"
    ));

    assert_eq!(host.details.trace.unwrap().hops.len(), limits.items);
    assert!(host.scripts[0].data.len() * 33 <= limits.script_bytes);
    let output: usize = host.scripts.iter().map(|script| script.output.len()).sum();
    assert!(output <= limits.host_bytes, "{output}");
    assert!(host.details.truncated);
}

#[test]
fn forbidden_characters_do_not_take_the_text_with_them() {
    let host = host_with(
        "<hostscript><script id=\"s\" output=\"a&#0;b\0c&#x1b;[31m\"><elem>x&#0;y\u{1}z</elem></script></hostscript>",
    );

    let script = &host.scripts[0];
    assert_eq!(script.output, "a\u{fffd}b\u{fffd}c\u{fffd}[31m");
    let text = ScriptValue::Text("x\u{fffd}y\u{fffd}z".into());
    assert_eq!(script.data, [ScriptNode { key: None, value: text }]);
    assert!(!script.truncated);
}

#[test]
fn a_byte_that_is_not_utf8_hurts_nothing_but_itself() {
    let document = format!(
        r#"<nmaprun><host>{ADDRESS}<hostscript><script id="s" output="text"/></hostscript></host></nmaprun>"#
    );
    for (at, byte) in (0..=document.len()).flat_map(|at| [(at, 0xff), (at, 0xc3), (at, 0xed)]) {
        let mut bytes = document.clone().into_bytes();
        bytes.insert(at, byte);

        let (hosts, end) = read(bytes.as_slice());

        let is_in_the_output = document[..at].ends_with("output=\"");
        if is_in_the_output {
            assert_eq!(end, DocumentEnd::Complete);
            assert_eq!(hosts[0].scripts[0].output, "\u{fffd}text");
        }
        assert!(hosts.len() <= 1);
    }
}

#[test]
fn odd_markup_is_read_as_far_as_it_makes_sense() {
    let odd = format!(
        "\u{feff}<?xml version='1.0'?>\n<nmaprun scanner='masscan'><new thing='1'><host/></new>\
         <host endtime=\"x\" unknown=\"1\"><address addr=\"zzz\"/></host>\
         <host><extra/>{ADDRESS}<ports><port protocol=\"carp\" portid=\"1\"><state state=\"open\"/></port>\
         <port protocol=\"tcp\" portid=\"70000\"/><port protocol=\"TCP\" portid=\"80\"><state state=\"ajar\"/></port>\
         </ports></host></nmaprun>"
    );
    let mut reader = XmlReader::new(odd.as_bytes(), Limits::default());
    let mut hosts = Vec::new();
    let end = loop {
        match reader.next_event() {
            XmlEvent::Host(host) => hosts.push(host),
            XmlEvent::End(end) => break end,
            _ => {}
        }
    };

    assert_eq!(end, DocumentEnd::Complete);
    assert_eq!(reader.hosts_without_address(), 1);
    let ports: Vec<u16> = hosts[0].ports.iter().map(|port| port.port).collect();
    assert_eq!((hosts.len(), ports), (1, vec![80]));
}

fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<nmaprun",
        "<host",
        "<ports>",
        "<port protocol=\"tcp\" portid=\"1\"",
        "<script id='a'",
        "</host>",
        "</nmaprun>",
        "<table",
        "<elem",
        "</",
        "/>",
        ">",
        "<",
        "\"",
        "'",
        "&",
        ";",
        "#",
        "&amp;",
        "&#x0;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        "[",
        "]",
        "<?",
        "?>",
        "=",
        " ",
        "x",
        "\u{e4}",
        "\0",
        "addr=\"10.0.0.1\"",
        "<address ",
        "<service",
        "<cpe>",
        "<os>",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| {
        pieces.into_iter().fold(String::new(), |mut text, piece| {
            write!(text, "{piece}").unwrap();
            text
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn garbage_never_panics_and_always_ends(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        read(bytes.as_slice());
    }

    #[test]
    fn markup_soup_never_panics_and_always_ends(text in soup(), rest in soup()) {
        read(text.as_bytes());
        let inside = format!("<nmaprun><host>{ADDRESS}{text}</host>{rest}</nmaprun>");
        let (hosts, end) = read(inside.as_bytes());
        prop_assert!(!end.is_complete() || inside.contains("</nmaprun>"), "{hosts:?}");
    }
}

#[test]
fn a_host_takes_no_more_memory_than_it_may_whatever_it_is_made_of() {
    const MEMORY: usize = 64 * 1024;
    let port =
        |inside: &str| format!(r#"<ports><port protocol="tcp" portid="1">{inside}</port></ports>"#);
    let name = format!(r#"<hostname name="{}"/>"#, "x".repeat(10_000));
    let made_of = [
        format!("<ports>{}</ports>", r#"<port protocol="tcp" portid="1"/>"#.repeat(10_000)),
        port(&format!(r#"<service name="x">{}</service>"#, "<cpe/>".repeat(1_000_000))),
        port(&r#"<script id=""/>"#.repeat(100_000)),
        format!("<hostnames>{}</hostnames>", name.repeat(500)),
    ];
    for inside in made_of {
        let after = r#"<host><address addr="10.0.0.2" addrtype="ipv4"/><hostnames><hostname name="b"/></hostnames></host>"#;
        let document = format!("<nmaprun><host>{ADDRESS}{inside}</host>{after}</nmaprun>");
        let limits = Limits { memory: MEMORY, items: usize::MAX, ..Limits::default() };
        let mut reader = XmlReader::new(document.as_bytes(), limits);
        let mut hosts = Vec::new();
        loop {
            match reader.next_event() {
                XmlEvent::Host(host) => hosts.push(*host),
                XmlEvent::End(end) => break assert_eq!(end, DocumentEnd::Complete),
                _ => {}
            }
        }

        assert!(serde_json::to_string(&hosts[0]).unwrap().len() < 2 * MEMORY, "{inside:.80}");
        assert!(hosts[0].details.truncated, "{inside:.80}");
        assert_eq!((hosts[1].hostnames[0].name.as_str(), hosts[1].details.truncated), ("b", false));
    }
}
