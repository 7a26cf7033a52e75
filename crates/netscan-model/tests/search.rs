//! The search language from outside: what is read, what is refused and where, and what is found.

use jiff::Timestamp;
use netscan_model::observation::{
    ExtraPorts, ExtraReason, Host, HostDetails, Hostname, OsClass, OsMatch, Port, PortState,
    Protocol, Script, ScriptNode, ScriptValue, Service,
};
use netscan_model::search::{Field, HostView, Query, Reason};
use proptest::prelude::*;

fn query(text: &str) -> Query {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

// What is read

#[test]
fn a_query_has_one_canonical_spelling() {
    for (typed, canonical) in [
        ("port:443", "port:443"),
        ("  PORT:443,80,8000-8100,8101  ", "port:80,443,8000-8101"),
        ("port:443 and service:HTTP", "port:443 service:http"),
        ("not tag:lab NOT -tag:x", "-tag:lab tag:x"),
        ("port:80 OR port:443 service:http", "port:80 or port:443 service:http"),
        ("(port:80 or port:443) service:http", "(port:80 or port:443) service:http"),
        ("((port:80) or (port:443))", "port:80 or port:443"),
        ("(a or b) or c", "a or b or c"),
        ("port:80 (port:443)", "port:80 (port:443)"),
        ("port:80 -(-port:443)", "port:80 (port:443)"),
        ("host:a (host:b)", "host:a host:b"),
        ("-(port:443 service:http)", "-(port:443 service:http)"),
        ("(-port:443)", "-port:443"),
        ("product:\"Apache httpd\",nginx", "product:\"apache httpd\",nginx"),
        ("\"nginx\" \"or\" \"-sV\" \"a b\"", "nginx \"or\" \"-sv\" \"a b\""),
        ("~\"log in\"", "~\"log in\""),
        ("title:a***b title:\"\\*\"", "title:a*b title:\"\\*\""),
        ("net:10.0.0.0-10.255.255.255,10.0.0.1", "net:10.0.0.0/8"),
        ("10.0.0.5", "net:10.0.0.5"),
        ("2001:db8::/32", "net:2001:db8::/32"),
        ("fe80::1%eth0", "net:fe80::1%eth0"),
        ("10.0.0-1.1,3", "net:10.0.0.1,10.0.0.3,10.0.1.1,10.0.1.3"),
        ("\"10.0.0.5\"", "\"10.0.0.5\""),
        ("seen>7d seen<=2w first>90m", "seen>7d seen<=14d first>90m"),
        (
            "seen<2026-11-01 seen>=2026-11-01T12:30:00+02:00",
            "seen<2026-11-01 seen>=2026-11-01T10:30:00Z",
        ),
        ("ports>=10 scan:12 seen:*", "ports>=10 scan:12 seen:*"),
        ("cve:cve-2021-44228", "cve:CVE-2021-44228"),
        ("cve:*", "cve:*"),
        ("state:filtered,Open|Filtered protocol:udp", "state:filtered,open|filtered protocol:udp"),
        ("protocol:*", "protocol:*"),
        ("script.HTTP-title~\"login\"", "script.http-title~login"),
        ("mac:52:54:00:*", "mac:52:54:00:*"),
        ("cpe:cpe:/a:nginx:*", "cpe:cpe:/a:nginx:*"),
    ] {
        let read = query(typed);

        assert_eq!(read.to_string(), canonical, "{typed}");
        assert_eq!(query(canonical), read, "{typed}");
    }
}

#[test]
fn every_field_has_an_example_that_can_be_read() {
    for field in Field::ALL {
        assert!(query(field.example()).asks_for(*field), "{field}");
    }
}

// What is refused

#[test]
fn what_is_refused_is_told_with_its_place_and_what_to_write() {
    for (typed, column, message) in [
        ("", 1, "nothing is looked for: write something such as port:443"),
        (" \t ", 1, "nothing is looked for"),
        ("port:443 prot:tcp", 10, "there is no field \"prot\": did you mean protocol?"),
        ("http://x", 1, "there is no field \"http\"; the fields are port, protocol"),
        ("a :80", 3, "a field is missing before \":\""),
        ("os.x:y", 3, "os has no parts, only script has"),
        ("script.:x", 8, "the name of one script goes here"),
        ("script.a,b:x", 8, "the name of one script goes here"),
        ("port:", 6, "a value is missing here: write one, as in port:80,443,8000-8100"),
        ("port:80, 443", 9, "a value is missing here"),
        ("~", 2, "a value is missing here: write one, as in ~\"login\""),
        ("port=80", 5, "port cannot be asked with \"=\": write it as in port:80"),
        ("port~80", 5, "port cannot be asked with \"~\""),
        ("product>1", 8, "product cannot be asked with \">\": write it as in product:nginx"),
        ("seen:2026-11-01", 5, "seen is compared: write seen>7d for longer ago"),
        ("ports>1,2", 9, "one value is compared with"),
        ("os:\"linux", 4, "the quote is not closed"),
        ("os:\"a\\nb\"", 6, "a \\ stands only before"),
        ("os:\"a\"b", 7, "a blank is missing here"),
        ("a\"b\"", 2, "a blank is missing here"),
        ("(port:80", 1, "the parenthesis is not closed"),
        ("(", 1, "the parenthesis is not closed"),
        ("port:80)", 8, "no parenthesis is open here"),
        (")", 1, "no parenthesis is open here"),
        ("a ()", 4, "the parentheses are empty"),
        ("a or", 3, "something is missing behind \"or\""),
        ("(a or ) b", 4, "something is missing behind \"or\""),
        ("a and", 3, "something is missing behind \"and\""),
        ("a and and b", 7, "something is missing before \"and\""),
        ("or a", 1, "something is missing before \"or\""),
        ("a - b", 3, "something is missing behind \"-\""),
        ("a not", 3, "something is missing behind \"not\""),
        ("ports:x", 7, "\"x\" is not a number: write it as in ports>10"),
        ("port:https", 6, "\"https\" is not a number: write service:https for a service"),
        ("port:80,70000", 9, "70000 is not a port: they end at 65535"),
        ("port:90-80", 6, "the range runs backwards"),
        ("port:+80", 6, "\"+80\" is not a number"),
        ("seen>7x", 6, "\"7x\" is not a time: write an age such as 30m"),
        ("seen>99999999999999999999d", 6, "is not a time"),
        ("protocol:tpc", 10, "\"tpc\" is not a protocol; it is one of ip, tcp, udp, sctp"),
        ("state:opn", 7, "\"opn\" is not a port state"),
        ("net:10.0.0.0/33", 5, "\"10.0.0.0/33\" has a mask longer than 32 bits"),
        ("net:a.lan", 5, "\"a.lan\" is not an address: write an address, a network or a range"),
        ("net:1-254.1-254.1-254.1", 5, "falls apart into"),
        ("cve:2021-44228", 5, "\"2021-44228\" is not a CVE id"),
        ("product:\"\"", 9, "the quotes are empty"),
        ("größe:1 ä:2", 1, "there is no field \"größe\""),
    ] {
        let error = typed.parse::<Query>().expect_err(typed);

        assert_eq!(error.column(), column, "{typed}: {error}");
        assert!(error.to_string().contains(message), "{typed}: {error}");
    }
}

#[test]
fn a_mistake_is_marked_below_the_line() {
    let short = "größe port:80,70000 os:linux".parse::<Query>().unwrap_err();
    let long = format!("{}\tport:x{}", "a ".repeat(60), " b".repeat(60));
    let long = long.parse::<Query>().unwrap_err();

    let expected = [
        "column 15: 70000 is not a port: they end at 65535",
        "",
        "  größe port:80,70000 os:linux",
        "                ^^^^^",
    ];
    assert_eq!(short.drawn(), expected.join("\n"));
    let drawn = long.drawn();
    let lines: Vec<_> = drawn.lines().collect();
    let [.., line, mark] = lines.as_slice() else { panic!("{drawn}") };
    let place = mark.chars().position(|character| character == '^').unwrap();
    assert_eq!(line.chars().nth(place), Some('x'), "{drawn}");
    assert!(line.starts_with("  …") && line.ends_with('…'), "{drawn}");
}

#[test]
fn a_query_without_end_is_refused_before_it_fills_the_stack() {
    let deep = "(".repeat(1_000) + "a" + &")".repeat(1_000);
    let negated = "-".repeat(1_000) + "a";
    let long = "a ".repeat(1_001);

    let reason = |text: &str| text.parse::<Query>().unwrap_err().reason().clone();
    assert_eq!(reason(&deep), Reason::TooLong { most: Query::LONGEST });
    assert_eq!(reason(&deep[500..1_600]), Reason::TooDeep { most: 30 });
    assert_eq!(reason(&negated), Reason::TooDeep { most: 30 });
    assert_eq!(reason(&long), Reason::TooLong { most: Query::LONGEST });
    assert_eq!(
        reason("10.0.0-59.1,3,5,7,9,11,13,15,17,19"),
        Reason::TooLong { most: Query::LONGEST }
    );
}

// What is found

fn port(number: u16, state: PortState, name: &str, product: &str) -> Port {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let service = Service { name: name.to_owned(), product: text(product), ..Service::default() };
    Port {
        port: number,
        protocol: Protocol::Tcp,
        state,
        reason: "syn-ack".to_owned(),
        reason_ttl: None,
        reason_address: None,
        service: Some(service),
        scripts: Vec::new(),
    }
}

fn script(id: &str, output: &str) -> Script {
    Script { id: id.to_owned(), output: output.to_owned(), ..Script::default() }
}

/// A web server that also has SSH, and a telnet port that is closed.
fn server() -> Host {
    let mut ssh = port(22, PortState::Open, "ssh", "OpenSSH");
    let service = ssh.service.get_or_insert_default();
    service.version = Some("7.4p1 Debian 10".to_owned());
    service.cpe = vec!["cpe:/a:openbsd:openssh:7.4p1".to_owned()];
    let mut https = port(443, PortState::Open, "http", "nginx");
    let title = ScriptNode {
        key: Some("title".to_owned()),
        value: ScriptValue::Text("Login - Router".to_owned()),
    };
    https.scripts = vec![
        Script { data: vec![title], ..script("http-title", "Login - Router\nRequested /") },
        script("vulners", "cpe:/a:nginx: \n  CVE-2021-23017 7.7 https://vulners.com"),
    ];
    let counted = ExtraPorts {
        state: PortState::Filtered,
        count: 3,
        reasons: vec![ExtraReason {
            reason: "no-response".to_owned(),
            count: 3,
            protocol: Some(Protocol::Tcp),
            ports: Some("25,110-111".to_owned()),
        }],
    };
    let family =
        OsClass { family: "Linux".to_owned(), vendor: "Linux".to_owned(), ..OsClass::default() };
    Host {
        hostnames: vec![Hostname { name: "www.example.com".into(), kind: "PTR".into() }],
        mac: Some("52:54:00:AB:CD:EF".into()),
        vendor: Some("Cisco Systems".into()),
        details: HostDetails {
            suspect: Some("900 of the 1000 ports that were asked are open".into()),
            ..HostDetails::default()
        },
        os: vec![OsMatch {
            name: "Linux 5.0 - 6.2".into(),
            classes: vec![family],
            ..OsMatch::default()
        }],
        ports: vec![ssh, https, port(23, PortState::Closed, "telnet", "")],
        extra_ports: vec![counted],
        scripts: vec![script("smb-vuln-ms17-010", "State: VULNERABLE\nIDs:  CVE:CVE-2017-0143")],
        ..Host::at("10.0.0.5".parse().expect("an address"))
    }
}

fn is_found(text: &str, host: &Host) -> bool {
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let tags = ["lab".to_owned(), "DMZ".to_owned()];
    let view = HostView {
        tags: &tags,
        first_seen: Some(at("2026-01-01T00:00:00Z")),
        last_seen: Some(at("2026-11-10T00:00:00Z")),
        scan: Some(12),
        ..HostView::of(host, at("2026-11-20T00:00:00Z"))
    };
    query(text).matches(&view)
}

/// Holds each query against whether it finds [`server`].
fn holds(cases: &[(&str, bool)]) {
    let server = server();
    for (text, is_there) in cases {
        assert_eq!(is_found(text, &server), *is_there, "{text}");
    }
}

#[test]
fn a_host_is_found_by_a_port_of_it() {
    holds(&[
        ("port:443", true),
        ("port:80,400-450", true),
        ("port:80", false),
        ("port>1024", false),
        ("port:*", true),
        ("service:http", true),
        ("service:htt", false),
        ("service:htt*", true),
        ("service~tt", true),
        ("product:OPENSSH", true),
        ("version:7.4p1", true),
        ("version:7.4", false),
        ("version:7.*", true),
        ("protocol:tcp", true),
        ("protocol:udp", false),
        ("reason:syn-ack", true),
        ("title:login", true),
        ("title:requested", false),
        ("title~\"n - r\"", true),
    ]);
}

#[test]
fn what_is_asked_in_one_breath_is_asked_of_one_port() {
    holds(&[
        ("port:443 service:http", true),
        ("port:22 service:http", false),
        ("port:22 (service:http)", true),
        ("port:22 product:openssh version:7.4p1", true),
        ("service:http os:linux port:443", true),
        ("(port:22 or port:80) service:http", true),
        ("port:22 service:http or port:443 service:http", true),
        ("port:443 cve:CVE-2021-23017", true),
        ("port:22 cve:CVE-2021-23017", false),
        ("port:22 cve:CVE-2017-0143", true),
        ("port:443 script:http-title", true),
        ("port:22 script:http-title", false),
        ("port:443 script.http-title~login", true),
        ("port:22 script.http-title~login", false),
    ]);
}

#[test]
fn ports_are_open_ones_unless_a_state_is_asked_for() {
    holds(&[
        ("port:23", false),
        ("service:telnet", false),
        ("port:23 state:closed", true),
        ("port:23 state:open", false),
        ("port:22 state:closed", false),
        ("state:closed service:telnet", true),
        ("state:filtered", true),
        ("state:filtered port:25", true),
        ("state:filtered port:111 protocol:tcp reason:no-response", true),
        ("state:filtered port:112", false),
        ("state:filtered port>25 port<110", false),
        ("state:filtered port:25 protocol:udp", false),
        ("state:filtered service:smtp", false),
        ("state:unfiltered", false),
        ("state:*  port:25", true),
    ]);
}

#[test]
fn a_port_term_that_is_denied_holds_of_no_port() {
    holds(&[
        ("-port:80", true),
        ("-port:443", false),
        ("not service:telnet", true),
        ("port:443 -product:openssh", false),
        ("-(port:22 service:http)", true),
        ("-(port:443 service:http)", false),
        ("-(state:closed port:23)", false),
    ]);
}

#[test]
fn a_host_is_found_by_what_it_is() {
    holds(&[
        ("net:10.0.0.0/8", true),
        ("10.0.0.4-10.0.0.6", true),
        ("net:10.0.0.6", false),
        ("host:www.example.com", true),
        ("host:example.com", false),
        ("host:*.example.com", true),
        ("os:linux", true),
        ("os:linux* ", true),
        ("os:windows", false),
        ("mac:52:54:00:*", true),
        ("vendor:cisco", true),
        ("vendor:sys", false),
        ("suspect:*", true),
        ("suspect~\"1000 ports\"", true),
        ("-suspect:*", false),
        ("suspect~alike", false),
        ("tag:LAB", true),
        ("tag:dmz,office", true),
        ("-tag:lab", false),
        ("ports:2", true),
        ("ports>2", false),
        ("ports>=2 ports<3", true),
        ("scan:12", true),
        ("scan:13", false),
        ("cpe:*openssh*", true),
        ("cpe~nginx", false),
        ("script:smb-vuln-*", true),
        ("script:smb-vuln", false),
        ("script.*~vulnerable", true),
        ("script.smb*:vulnerable", true),
        ("script.ssl-cert~a", false),
        ("cve:*", true),
        ("cve:CVE-2017-*", true),
        ("cve:CVE-2021-2301", false),
        ("cve~23017", true),
        ("cve:CVE-1999-0001", false),
    ]);
}

#[test]
fn a_host_is_found_by_when_it_was_seen() {
    holds(&[
        ("seen>7d", true),
        ("seen>10d", false),
        ("seen>=10d", true),
        ("seen<2w", true),
        ("seen>2026-11-01", true),
        ("seen<2026-11-10", false),
        ("seen<=2026-11-10", true),
        ("first<2026-06-01", true),
        ("first<7d", false),
    ]);
}

#[test]
fn words_are_looked_for_in_all_that_a_host_said() {
    holds(&[
        ("nginx", true),
        ("NGIN", false),
        ("ngin*", true),
        ("~gin", true),
        ("example", true),
        ("\"requested /\"", true),
        ("openssh nginx linux", true),
        ("telnet", false),
        ("debian 10", true),
        ("-apache", true),
    ]);
}

#[test]
fn what_is_not_known_is_not_found() {
    let host = Host::at("fe80::1%eth0".parse().unwrap());
    let view = HostView::of(&host, Timestamp::UNIX_EPOCH);
    let found = |text: &str| query(text).matches(&view);

    for field in Field::ALL.iter().filter(|field| **field != Field::Net && **field != Field::Ports)
    {
        assert!(!found(&format!("{field}:*")), "{field}");
        assert!(!found(field.example()), "{field}");
        assert!(found(&format!("-{field}:*")), "{field}");
    }
    assert!(!found("*") && found("ports:0"));
    // A network without a zone is meant in every zone.
    assert!(found("net:fe80::/10") && found("net:fe80::1%eth0") && !found("net:fe80::1%eth1"));
}

#[test]
fn the_cve_ids_in_a_table_are_found_too() {
    let node = |key: &str, value| ScriptNode { key: Some(key.to_owned()), value };
    let state = node("state", ScriptValue::Text("VULNERABLE".to_owned()));
    let data = vec![node("CVE-2014-3566", ScriptValue::Table(vec![state]))];
    let mut https = port(443, PortState::Open, "https", "");
    https.scripts = vec![Script { data, ..script("ssl-poodle", "CVE-20-1 CVE-2014-12 cve-2014-") }];
    let host = Host { ports: vec![https], ..Host::default() };

    assert!(is_found("cve:CVE-2014-3566", &host));
    assert!(!is_found("cve:CVE-2014-12,CVE-20-1", &host));
}

// What always holds

fn any_term() -> impl Strategy<Value = String> {
    let examples: Vec<String> = Field::ALL.iter().map(|field| field.example().to_owned()).collect();
    let few =
        ["port:80", "port:443", "service:http", "service:ssh", "state:closed", "product:nginx"];
    prop_oneof![
        4 => prop::sample::select(few.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(examples),
        1 => "[a-zß*.]{1,6}",
        1 => "(port|ports|scan):[0-9]{1,3}(-[0-9]{4})?(,[0-9]{1,4}){0,3}",
        1 => "(seen|first)(<|<=|>|>=)[0-9]{1,3}(s|m|h|d|w)",
        1 => "(host|os|title|script\\.http-\\*)[:~]\"[^\"\\\\]{1,9}\"",
        1 => "\"([^\"\\\\]|\\\\[\"*\\\\]){1,9}\"",
        1 => "net:[0-9]{1,2}\\.0\\.0\\.0/[1-3][0-2],::[1-9a-f]{1,4}",
    ]
}

/// A query as someone could write it.
fn any_text() -> impl Strategy<Value = String> {
    any_term().prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" ")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|arms| arms.join(" or ")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("-({inner})")),
            any_term().prop_map(|term| format!("not {term}")),
            (inner.clone(), inner).prop_map(|(one, other)| format!("({one}) and -({other})")),
        ]
    })
}

prop_compose! {
    fn any_port()(
        number in prop::sample::select(vec![22, 80, 443]), is_open in any::<bool>(),
        name in prop::sample::select(vec!["http", "ssh", ""]),
        product in prop::sample::select(vec!["nginx", "OpenSSH", ""]),
    ) -> Port {
        port(number, if is_open { PortState::Open } else { PortState::Closed }, name, product)
    }
}

fn any_host() -> impl Strategy<Value = Host> {
    prop::collection::vec(any_port(), 0..4).prop_map(|ports| Host { ports, ..server() })
}

proptest! {
    #[test]
    fn canonical_spelling_reads_back_as_the_same_query(text in any_text()) {
        let read = text.parse::<Query>();
        prop_assume!(read.is_ok());
        let read = read.unwrap();

        let written = read.to_string();

        let again = written.parse::<Query>().map_err(|error| TestCaseError::fail(error.drawn()))?;
        prop_assert_eq!(&again, &read, "{}", written);
        prop_assert_eq!(again.to_string(), written);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "[a-z:~<>=()\"*\\\\, or\\-0-9ä\t]{0,40}") {
        match text.parse::<Query>() {
            Ok(read) => {
                let again = read.to_string().parse::<Query>();
                prop_assert_eq!(again.map_err(|error| error.drawn()), Ok(read));
            }
            Err(error) => {
                prop_assert!(text.get(error.span()).is_some(), "{:?}", error);
                let drawn = error.drawn();
                prop_assert!(drawn.lines().last().unwrap().contains('^'), "{}", drawn);
            }
        }
    }

    #[test]
    fn groups_are_asked_one_by_one(one in any_text(), other in any_text(), host in any_host()) {
        let found = |text: String| text.parse::<Query>().map(|_| is_found(&text, &host));
        let (has_one, has_other) = (found(one.clone()), found(other.clone()));
        prop_assume!(has_one.is_ok() && has_other.is_ok() && one.len() + other.len() < 900);
        let (has_one, has_other) = (has_one.unwrap(), has_other.unwrap());

        prop_assert_eq!(found(format!("({one}) ({other})")), Ok(has_one && has_other));
        prop_assert_eq!(found(format!("({one}) or ({other})")), Ok(has_one || has_other));
        prop_assert_eq!(found(format!("-({one})")), Ok(!has_one));
        prop_assert_eq!(found(format!("-(-({one}))")), Ok(has_one));
    }

    #[test]
    fn terms_in_one_breath_are_about_one_open_port(host in any_host()) {
        let is_it = |port: &Port| {
            let service = port.service.as_ref().expect("each has one");
            port.port == 443 && service.name == "http" && service.product.as_deref() == Some("nginx")
        };
        let open = |port: &Port| port.state == PortState::Open;
        let by_hand = host.ports.iter().any(|port| open(port) && is_it(port));
        let closed_by_hand = host.ports.iter().any(|port| !open(port) && is_it(port));

        let text = "port:443 service:http product:nginx";
        prop_assert_eq!(is_found(text, &host), by_hand);
        prop_assert_eq!(is_found(&format!("{text} state:closed"), &host), closed_by_hand);
        prop_assert_eq!(is_found(&format!("-({text})"), &host), !by_hand);
    }
}
