//! A document that is cut anywhere gives every host that was whole, no other, and never passes
//! for a complete one.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use netscan_model::Host;
use netscan_modules::nmap::xml::{DocumentEnd, Limits, XmlEvent, XmlReader};

const DOCUMENTS: [&str; 8] = [
    include_str!("fixtures/everything.xml"),
    include_str!("fixtures/failed.xml"),
    include_str!("fixtures/ip-protocols.xml"),
    include_str!("fixtures/ipv6.xml"),
    include_str!("fixtures/list.xml"),
    include_str!("fixtures/sctp.xml"),
    include_str!("fixtures/timed-out.xml"),
    include_str!("fixtures/udp-and-scripts.xml"),
];

fn read(bytes: &[u8]) -> (Vec<Host>, bool, DocumentEnd) {
    let mut reader = XmlReader::new(bytes, Limits::default());
    let (mut hosts, mut is_finished) = (Vec::new(), false);
    loop {
        match reader.next_event() {
            XmlEvent::Host(host) => hosts.push(*host),
            XmlEvent::Finished(_) => is_finished = true,
            XmlEvent::End(end) => return (hosts, is_finished, end),
            _ => {}
        }
    }
}

fn check_every_cut(document: &str) {
    let (whole, _, _) = read(document.as_bytes());
    let ends_of_hosts: Vec<usize> =
        document.match_indices("</host>").map(|(at, tag)| at + tag.len()).collect();
    let end_of_stats = document.find("</runstats>").unwrap() + "</runstats>".len();
    let end_of_root = document.find("</nmaprun>").unwrap() + "</nmaprun>".len();

    for cut in 0..=document.len() {
        let (hosts, is_finished, end) = read(&document.as_bytes()[..cut]);

        let expected = ends_of_hosts.iter().filter(|end| **end <= cut).count();
        assert_eq!(hosts, whole[..expected], "cut at byte {cut}");
        assert_eq!(is_finished, cut >= end_of_stats, "cut at byte {cut}");
        assert_eq!(end.is_complete(), cut >= end_of_root, "cut at byte {cut}: {end}");
        let is_truncated =
            matches!(end, DocumentEnd::Truncated { offset, .. } if offset == cut as u64);
        assert_eq!(is_truncated, cut < end_of_root, "cut at byte {cut}: {end}");
    }
}

#[test]
fn a_cut_document_gives_its_whole_hosts_and_is_never_complete() {
    std::thread::scope(|scope| {
        for document in DOCUMENTS {
            scope.spawn(move || check_every_cut(document));
        }
    });
}

#[test]
fn a_document_of_nothing_is_not_complete() {
    for nothing in ["", " \n", "<?xml version=\"1.0\"?>\n", "<!DOCTYPE nmaprun>", "<!-- -->"] {
        let (_, _, end) = read(nothing.as_bytes());

        assert!(matches!(end, DocumentEnd::Truncated { depth: 0, .. }), "{nothing:?}: {end}");
    }
}

#[test]
fn what_follows_the_root_makes_a_document_malformed() {
    let after = |rest: &str| read(format!("<nmaprun></nmaprun>{rest}").as_bytes()).2;

    assert!(after(" \n<!-- end -->").is_complete());
    for rest in ["x", "<nmaprun/>", "<host/>", "</nmaprun>", "&amp;", "<![CDATA[x]]>"] {
        assert!(matches!(after(rest), DocumentEnd::Malformed { .. }), "{rest}");
    }
    assert!(matches!(after("<"), DocumentEnd::Truncated { .. }));
}
