//! Files of other scanners, and of our own, brought in by `import`.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::desk::{Desk, listener};
use super::remote::Server;

/// Two hosts by nmap, one of them down.
pub(crate) const NMAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -sV -p 22,80 192.0.2.0/30" start="1700000000" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="2" services="22,80"/>
<host starttime="1700000001" endtime="1700000009"><status state="up" reason="echo-reply" reason_ttl="64"/>
<address addr="192.0.2.1" addrtype="ipv4"/>
<hostnames><hostname name="www.example.com" type="PTR"/></hostnames>
<ports><port protocol="tcp" portid="22"><state state="closed" reason="reset" reason_ttl="64"/></port>
<port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="http" product="nginx" version="1.25" method="probed" conf="10"><cpe>cpe:/a:nginx:nginx:1.25</cpe></service><script id="http-title" output="Welcome"/></port></ports>
</host>
<host><status state="down" reason="no-response" reason_ttl="0"/><address addr="192.0.2.2" addrtype="ipv4"/></host>
<runstats><finished time="1700000010" elapsed="10.00" exit="success"/><hosts up="1" down="1" total="2"/></runstats>
</nmaprun>
"#;

const MASSCAN: &str = r#"[
{   "ip": "192.0.2.1",   "timestamp": "1700000100", "ports": [ {"port": 443, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 57} ] },
{   "ip": "192.0.2.3",   "timestamp": "1700000101", "ports": [ {"port": 80, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 57} ] },
{   "ip": "192.0.2.1",   "timestamp": "1700000102", "ports": [ {"port": 80, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 57} ] },
{   "ip": "192.0.2.1",   "timestamp": "1700000103", "ports": [ {"port": 80, "proto": "tcp", "service": {"name": "http", "banner": "HTTP/1.1 200 OK"} } ] },
{finished: 1}
]
"#;

const MASSCAN_XML: &str = r#"<?xml version="1.0"?>
<!-- masscan v1.0 scan -->
<nmaprun scanner="masscan" start="1700000100" version="1.0-BETA"  xmloutputversion="1.03">
<scaninfo type="syn" protocol="tcp" />
<host endtime="1700000100"><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="57"/></port></ports></host>
<host endtime="1700000101"><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="57"/><service name="ssh" banner="SSH-2.0-x"></service></port></ports></host>
<runstats>
<finished time="1700000110" timestr="2023-11-14 22:15:10" elapsed="10" />
<hosts up="2" down="0" total="2" />
</runstats>
</nmaprun>
"#;

/// Address and open ports of each host.
fn open_ports(results: &Value) -> Vec<(String, Vec<u64>)> {
    let ports = |host: &Value| {
        let ports = host["ports"].as_array().unwrap().iter();
        ports
            .filter(|port| port["state"] == "open")
            .map(|port| port["port"].as_u64().unwrap())
            .collect()
    };
    let hosts = results["hosts"].as_array().unwrap().iter();
    hosts.map(|host| (host["address"].as_str().unwrap().to_owned(), ports(host))).collect()
}

#[test]
fn a_file_of_nmap_becomes_a_scan_that_every_command_reads() {
    let desk = Desk::new();
    let file = desk.file("office.xml", NMAP);

    let imported = desk.json(&["import", &file]);
    let again = desk.netscan(&["import", &file, "--name", "later"]);

    assert_eq!(imported["scan"]["name"], "office.xml");
    assert_eq!(imported["scan"]["status"], "completed");
    assert_eq!(imported["scan"]["started_at"], "2023-11-14T22:13:20Z");
    assert_eq!(imported["scan"]["completed_at"], "2023-11-14T22:13:30Z");
    for (key, value) in [
        ("hosts", json!(1)),
        ("ports", json!(2)),
        ("skipped", json!(0)),
        ("truncated", json!(false)),
    ] {
        assert_eq!(imported[key], value, "{key}");
    }
    assert_eq!(again.stdout, format!("{file} is scan 2: 1 host, 2 ports\n"), "{again:?}");
    let status = desk.netscan(&["status", "1"]).stdout;
    assert!(
        status.contains("office.xml") && status.contains("2 addresses planned: 1 up, 1 down"),
        "{status}"
    );
    let coverage = desk.json(&["coverage", "1"]);
    assert_eq!(coverage["coverage"]["planned"], 2, "{coverage}");
    let diff = desk.json(&["diff", "1", "2"]);
    assert_eq!(diff["changes"], json!([]));
    let history = desk.netscan(&["history", "192.0.2.1"]);
    assert!(history.stdout.contains("80/tcp"), "{history:?}");
    for format in ["table", "json", "jsonl", "csv", "md", "html", "txt", "xml", "gnmap"] {
        let results = desk.netscan(&["results", "1", "--format", format]);
        assert_eq!(results.status, Some(0), "{format}: {results:?}");
        assert!(
            results.stdout.contains("192.0.2.1") && results.stdout.contains("nginx"),
            "{format}: {results:?}"
        );
    }
    let xml = desk.netscan(&["results", "1", "--format", "xml"]).stdout;
    assert!(
        xml.contains(r#"args="nmap -sV -p 22,80 192.0.2.0/30""#) && xml.contains("7.93"),
        "{xml}"
    );
}

#[test]
fn what_is_exported_as_xml_comes_back_the_same() {
    let desk = Desk::new();
    let (_service, port) = listener();
    let nmap = format!("-sT -p{port},1");
    let scanned =
        desk.netscan(&["scan", "127.0.0.1-2", "--nmap", &nmap, "--format", "xml", "-o", "out.xml"]);

    let imported = desk.netscan(&["import", "out.xml"]);

    assert_eq!((scanned.status, imported.status), (Some(0), Some(0)), "{imported:?}");
    let (here, back) = (
        desk.json(&["results", "1", "--format", "json"]),
        desk.json(&["results", "2", "--format", "json"]),
    );
    assert_eq!(here["hosts"].as_array().map(Vec::len), Some(2));
    assert_eq!(back["hosts"], here["hosts"]);
    assert_eq!(back["coverage"], here["coverage"]);
    assert_eq!(desk.json(&["diff", "1", "2"])["changes"], json!([]));
}

#[test]
fn what_was_imported_goes_out_and_comes_back_the_same() {
    let desk = Desk::new();
    let file = desk.file("office.xml", NMAP);
    desk.netscan(&["import", &file]);
    desk.netscan(&["results", "1", "--format", "xml", "-o", "out.xml"]);

    let imported = desk.json(&["import", "out.xml"]);

    assert_eq!((&imported["hosts"], &imported["ports"]), (&json!(1), &json!(2)));
    let (first, back) = (desk.json(&["results", "1"]), desk.json(&["results", "2"]));
    assert_eq!(back["hosts"], first["hosts"]);
    assert_eq!(back["scan"]["started_at"], first["scan"]["started_at"]);
    assert_eq!(back["scan"]["completed_at"], first["scan"]["completed_at"]);
}

#[test]
fn masscan_lists_a_port_at_a_time_and_a_host_is_whole_all_the_same() {
    let desk = Desk::new();
    let xml = desk.file("m.xml", MASSCAN_XML);

    let outcome = desk.netscan_reading(&["import", "-", "--json"], MASSCAN);
    let of_xml = desk.json(&["import", &xml]);

    let imported = outcome.json();
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!((&imported["hosts"], &imported["ports"]), (&json!(2), &json!(3)));
    assert_eq!((&of_xml["hosts"], &of_xml["ports"]), (&json!(1), &json!(2)));
    let results = desk.json(&["results", "1"]);
    let expected = [("192.0.2.1".to_owned(), vec![80, 443]), ("192.0.2.3".to_owned(), vec![80])];
    assert_eq!(open_ports(&results), expected);
    let web = &results["hosts"][0]["ports"][0];
    assert_eq!(
        (&web["service"]["name"], &web["scripts"][0]["output"]),
        (&json!("http"), &json!("HTTP/1.1 200 OK"))
    );
    let of_xml = desk.json(&["results", "2"]);
    assert_eq!(open_ports(&of_xml), [("192.0.2.1".to_owned(), vec![22, 443])]);
    assert_eq!(of_xml["hosts"][0]["ports"][0]["scripts"][0]["output"], "SSH-2.0-x");
    assert_eq!(of_xml["scan"]["modules"][0]["config"]["format"], "masscan-xml");
}

#[test]
fn a_file_that_breaks_off_is_a_partial_scan_of_what_was_whole() {
    let desk = Desk::new();
    let end = NMAP.find("<host><status state=\"down\"").unwrap() + 20;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&NMAP.as_bytes()[..end]).unwrap();
    std::fs::write(desk.path("cut.xml.gz"), packed.finish().unwrap()).unwrap();

    let outcome = desk.netscan(&["import", "cut.xml.gz", "--json"]);
    let text = desk.netscan(&["import", "cut.xml.gz"]);

    assert_eq!(outcome.status, Some(3), "{outcome:?}");
    let imported = outcome.json();
    assert_eq!((&imported["truncated"], &imported["hosts"]), (&json!(true), &json!(1)));
    assert_eq!(imported["scan"]["status"], "partial");
    let reason = format!("the file breaks off after {end} bytes");
    assert_eq!(imported["scan"]["reason"], reason);
    assert_eq!(
        (text.status, text.stdout.as_str()),
        (Some(3), "cut.xml.gz is scan 2: 1 host, 2 ports\n")
    );
    assert!(text.stderr.contains(&format!("cut.xml.gz: {reason}")), "{text:?}");
}

#[test]
fn what_is_no_such_file_is_refused_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let (empty, notes) = (desk.file("empty.xml", ""), desk.file("notes.txt", "# Nmap 7.93 scan"));
    let bomb = desk.file(
        "bomb.xml",
        r#"<!DOCTYPE nmaprun [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><nmaprun args="&b;"/>"#,
    );
    let page = desk.file("page.xml", "<html></html>");

    desk.netscan(&["import", "nowhere.xml"]).refused(1, "cannot read nowhere.xml");
    desk.netscan(&["import", "."]).refused(1, "cannot read .: is a directory");
    desk.netscan(&["import", &empty]).refused(1, "empty.xml: the file is empty");
    desk.netscan(&["import", &notes]).refused(1, "is neither XML nor JSON");
    desk.netscan(&["import", &bomb]).refused(1, "without declarations is allowed");
    desk.netscan(&["import", &page]).refused(1, "the root element is <html>, not <nmaprun>");
    desk.netscan(&["import", &page, "--format", "masscan-json"]).refused(1, "the file is XML");
    assert_eq!(desk.netscan(&["import", &page, "--format", "csv"]).status, Some(2));
    assert_eq!(desk.json(&["status"])["scans"], json!([]));
}

#[test]
fn an_imported_scan_is_not_run_from_here() {
    let desk = Desk::new();
    let file = desk
        .file("office.xml", &NMAP.replace("<host starttime", "<host timedout=\"true\" starttime"));
    desk.netscan(&["import", &file]);

    let rerun = desk.netscan(&["rerun", "1"]);
    let retry = desk.netscan(&["retry", "1"]);
    let difficult = desk.json(&["difficult"]);

    rerun.refused(1, "scan 1 was imported and cannot be run");
    retry.refused(1, "scan 1 was imported and cannot be run");
    assert_eq!(difficult[0]["addresses"], "192.0.2.1", "{difficult}");
    assert_eq!(desk.scan("1")["status"], "partial");
}

#[test]
fn a_server_imports_what_its_machine_would() {
    let (here, there) = (Desk::new(), Desk::new());
    let (nmap, empty) = (here.file("office.xml", NMAP), here.file("empty.xml", ""));
    let (cut, list) = (here.file("cut.xml", &NMAP[..900]), here.file("list.json", MASSCAN));
    let server = Server::start(&there);
    let commands: [&[&str]; 9] = [
        &["import", &nmap, &list],
        &["import", &cut],
        &["import", &empty],
        &["import", "nowhere.xml"],
        &["coverage", "1"],
        &["results", "1"],
        &["results", "2", "--format", "csv"],
        &["coverage", "2"],
        &["rerun", "1"],
    ];

    let of_server = commands.map(|arguments| (arguments, server.netscan(arguments)));
    server.stop();

    for (arguments, there) in of_server {
        let here = here.netscan(arguments);
        assert_eq!(there.status, here.status, "{arguments:?}: {there:?} {here:?}");
        assert_eq!(there.stdout, here.stdout, "{arguments:?}");
        assert_eq!(there.stderr, here.stderr, "{arguments:?}");
    }
}
