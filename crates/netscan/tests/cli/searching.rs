//! `search`: what all scans know, on the database and on a server over it.

use serde_json::{Value, json};

use super::desk::{Desk, listener, names_in};
use super::remote::Server;

/// Three hosts with a web server each, the last of which has a name.
fn file(second: u64) -> String {
    let host = |number: u64, name: &str| {
        format!(
            r#"<host endtime="{second}"><status state="up" reason="syn-ack"/><address addr="127.0.7.{number}" addrtype="ipv4"/><hostnames>{name}</hostnames><ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/><service name="http" product="=nginx" version="1.{number}" method="probed" conf="10"/></port></ports></host>"#
        )
    };
    let named = r#"<hostname name="www.example.com" type="PTR"/>"#;
    let hosts = [host(1, ""), host(2, ""), host(3, named)].concat();
    format!(
        r#"<nmaprun scanner="nmap" args="nmap -sV -p 80 127.0.7.1-3" start="{second}" version="7.93"><scaninfo type="syn" protocol="tcp" numservices="1" services="80"/>{hosts}<runstats><finished time="{second}" exit="success"/><hosts up="3" down="0" total="3"/></runstats></nmaprun>"#
    )
}

fn addresses(found: &Value) -> Vec<&str> {
    let hosts = found["hosts"].as_array().unwrap();
    hosts.iter().map(|host| host["address"].as_str().unwrap()).collect()
}

#[test]
fn what_is_known_is_found_here_as_there() {
    let desk = Desk::new();
    desk.netscan(&["import", &desk.file("a.xml", &file(1_700_000_000))]);
    let here = |arguments: &[&str]| desk.netscan(arguments);

    let json = desk.json(&["search", "port:80 version:1.2", "--facets", "port,net"]);
    assert_eq!((addresses(&json), &json["total"]), (vec!["127.0.7.2"], &json!(1)));
    assert_eq!(json["facets"][1]["values"], json!([{ "value": "127.0.7.0/24", "count": 1 }]));
    let table = here(&["search", "host:www.*"]);
    assert!(
        table.stdout.contains("127.0.7.3") && table.stdout.contains("80/tcp =nginx"),
        "{table:?}"
    );
    let few = here(&["search", "--limit", "2"]);
    assert!(few.stderr.contains("2 of 3 hosts are shown"), "{few:?}");
    let none = here(&["search", "port:99"]);
    assert_eq!((none.status, none.stdout.as_str()), (Some(0), ""), "{none:?}");
    let wrong = here(&["search", "port:443 prot:tcp"]);
    assert_eq!(wrong.status, Some(2));
    assert!(wrong.stderr.contains("           ^^^^"), "{wrong:?}");
    let before = desk.json(&["search", "--as-of", "2023-01-01"]);
    assert_eq!(addresses(&before), [""; 0]);

    let server = Server::start(&desk);
    for arguments in [
        vec!["search", "port:80 version:1.2", "--facets", "port,net", "--json"],
        vec!["search", "nginx", "--format", "csv"],
        vec!["search", "nginx", "--format", "jsonl"],
        vec!["search", "nginx", "--format", "xml"],
        vec!["search", "--as-of", "2024-01-01", "--format", "jsonl"],
        vec!["search", "--limit", "2"],
        vec!["search", "port:443 prot:tcp"],
        vec!["search", "@none"],
        vec!["search", "port:80", "--save", "web"],
        vec!["search", "@web"],
    ] {
        let (here, there) = (here(&arguments), server.netscan(&arguments));
        assert_eq!(here.stdout.replace("cli:root", ""), there.stdout, "{arguments:?} {there:?}");
        assert_eq!(here.status, there.status, "{arguments:?} {here:?} {there:?}");
    }
    let csv = server.netscan(&["search", "nginx", "--format", "csv"]).stdout;
    assert!(csv.contains("'=nginx"), "{csv}");
    assert_eq!(here(&["search", "--saved", "--json"]).json()[0]["name"], "web");
    assert_eq!(server.netscan(&["search", "--remove", "web"]).status, Some(0));
    assert_eq!(here(&["search", "--remove", "web"]).status, Some(1));
    server.stop();
}

#[test]
fn a_minus_in_the_place_of_a_file_is_standard_output() {
    let desk = Desk::new();
    desk.netscan(&["import", &desk.file("a.xml", &file(1_700_000_000))]);
    let before = names_in(desk.directory());
    let commands: [&[&str]; 4] = [
        &["search", "port:80", "--format", "csv"],
        &["results", "1", "--format", "csv"],
        &["report", "1", "--format", "md"],
        &["diff", "1", "1"],
    ];

    for command in commands {
        let plain = desk.netscan(command);
        let told = desk.netscan(&[command, &["-o", "-"]].concat());

        assert_eq!((plain.status, told.status), (Some(0), Some(0)), "{command:?}: {told:?}");
        assert!(!told.stdout.is_empty(), "{command:?}: {told:?}");

        assert_eq!(told.stdout, plain.stdout, "{command:?}");
    }
    assert_eq!(names_in(desk.directory()), before);
}

#[test]
fn what_is_found_is_scanned() {
    let desk = Desk::new();
    let (_service, port) = listener();
    let nmap = format!("-sT -p{port}");
    let first = desk.netscan(&["scan", "127.0.0.1", "127.0.0.2", "--nmap", &nmap]);
    assert_eq!(first.status, Some(0), "{first:?}");

    let query = format!("port:{port} net:127.0.0.1");
    let again = desk.json(&["scan", "--search", &query, "--nmap", &nmap]);
    let nothing = desk.netscan(&["scan", "--search", "port:9 port:10", "--nmap", &nmap]);

    assert_eq!(again["scan"]["targets"], json!(["127.0.0.1"]));
    let known = desk.json(&["search", &query]);
    assert_eq!(known["hosts"][0]["scan_number"], 2);
    assert_eq!(nothing.status, Some(1));
    assert!(nothing.stderr.contains("means no host that is known"), "{nothing:?}");
}
