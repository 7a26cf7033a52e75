//! One office in every format, for people to read.

use insta::assert_snapshot;
use netscan_report::{Format, WriteOptions};

use crate::samples::{office, report, tarpit};

fn shown(format: Format, options: WriteOptions) -> String {
    let (head, hosts) = office();
    report(format, &head, &hosts, options)
}

fn plain(format: Format) -> String {
    shown(format, WriteOptions::default())
}

#[test]
fn table_lists_ports_as_nmap_does_and_ends_with_coverage() {
    assert_snapshot!(plain(Format::Table), @r##"
    10.0.0.5 (www.lan) is up, latency 0.21 ms
    MAC: 52:54:00:12:34:56 (QEMU virtual NIC)
    OS: Linux 5.0 - 6.2 (100 %)
    Up for: 1 day 3 h
    Distance: 1 hop
    PORT    STATE         SERVICE  VERSION
    22/tcp  open          ssh      OpenSSH 9.2p1 Debian 2 (protocol 2.0)
    25/tcp  filtered      smtp
    443/tcp open          ssl/http nginx 1.22/deb
    53/udp  open|filtered
      443/tcp http-title:
        =HYPERLINK("http://evil") | <script>alert(1)</script>
        \x1b[2J `done`
      clock-skew:
        mean: 2s
    Not shown: 996 closed ports

    10.0.0.7 timed out: what is missing here may still be there

    10.0.0.9 is down

    fe80::1%eth0 is up
    Not shown: 1 closed port

    Scan 12 "office" of project default: partial
    248 addresses planned: 2 up, 240 down, 1 timed out, 1 unresolved, 4 failed
    Not fully scanned:
      10.0.0.7             timed out   host timeout of 30 s
      10.0.0.12-10.0.0.15  failed      nmap crashed 3 times
      nosuch.example       unresolved  no such name
    "##);
}

/// A report of one host that is suspect.
fn suspect(format: Format) -> String {
    report(format, &office().0, &[tarpit(900)], WriteOptions::default())
}

#[test]
fn a_table_says_who_is_suspect_and_why_and_shows_few_of_the_ports() {
    let table = suspect(Format::Table);

    let host = table.split("\n\n").next().unwrap();
    assert_snapshot!(host, @r"
    10.0.0.66 is up
    Suspect: 900 of the 1000 ports that were asked are open
    PORT   STATE SERVICE VERSION
    1/tcp  open
    2/tcp  open
    3/tcp  open
    4/tcp  open
    5/tcp  open
    6/tcp  open
    7/tcp  open
    8/tcp  open
    9/tcp  open
    10/tcp open
    … and 890 more
    ");
}

#[test]
fn every_report_for_people_says_who_is_suspect_and_why() {
    let evidence = "900 of the 1000 ports that were asked are open";

    for (format, badge) in [
        (Format::Text, "\nSuspect: "),
        (Format::Markdown, "| up, suspect |"),
        (Format::Html, "<td>up <span class=\"severity\">suspect</span></td>"),
        (Format::Csv, ",suspect\r\n"),
        (Format::Xml, "<script id=\"netscan-suspect\" output=\""),
        (Format::Jsonl, "\"suspect\":\""),
    ] {
        let report = suspect(format);
        assert!(report.contains(evidence), "{format}: {report}");
        assert!(report.contains(badge), "{format}: {report}");
    }
}

#[test]
fn a_summary_doubts_the_ports_of_who_is_suspect() {
    let doubt = "Of the open ports, 900 are those of 1 host that is suspect, and may not be real.";

    for format in [Format::Markdown, Format::Html] {
        assert!(suspect(format).contains(doubt), "{format}");
        assert!(!plain(format).contains("suspect"), "{format}");
    }
}

#[test]
fn narrow_table_of_open_ports_wraps_versions() {
    let options = WriteOptions { width: Some(50), open_only: true, ..WriteOptions::default() };

    assert_snapshot!(shown(Format::Table, options), @r##"
    10.0.0.5 (www.lan) is up, latency 0.21 ms
    MAC: 52:54:00:12:34:56 (QEMU virtual NIC)
    OS: Linux 5.0 - 6.2 (100 %)
    Up for: 1 day 3 h
    Distance: 1 hop
    PORT    STATE         SERVICE  VERSION
    22/tcp  open          ssh      OpenSSH 9.2p1 Debian
                                   2 (protocol 2.0)
    443/tcp open          ssl/http nginx 1.22/deb
    53/udp  open|filtered
      443/tcp http-title:
        =HYPERLINK("http://evil") | <script>alert(1)</script>
        \x1b[2J `done`
      clock-skew:
        mean: 2s
    Not shown: 996 closed, 1 filtered ports

    10.0.0.7 timed out: what is missing here may still be there

    10.0.0.9 is down

    fe80::1%eth0 is up
    Not shown: 1 closed port

    Scan 12 "office" of project default: partial
    248 addresses planned: 2 up, 240 down, 1 timed out, 1 unresolved, 4 failed
    Not fully scanned:
      10.0.0.7             timed out   host timeout of 30 s
      10.0.0.12-10.0.0.15  failed      nmap crashed 3 times
      nosuch.example       unresolved  no such name
    "##);
}

#[test]
fn text_has_everything_in_sections() {
    assert_snapshot!(plain(Format::Text), @r##"
    Scan 12 "office" of project default
    ===================================
    Status: partial
    Targets: 10.0.0.0/24
    Command: nmap -sS -sV --top-ports 1000 10.0.0.0/24
    nmap: 7.93
    Started: 2026-11-21 08:08:36 UTC
    Ended: 2026-11-21 08:10:06 UTC
    Coverage: 248 addresses planned: 2 up, 240 down, 1 timed out, 1 unresolved, 4 failed

    Not fully scanned
    -----------------
    10.0.0.7: timed out (host timeout of 30 s)
    10.0.0.12-10.0.0.15: failed (nmap crashed 3 times)
    nosuch.example: unresolved (no such name)

    Host 10.0.0.5
    -------------
    Name: www.lan (PTR)
    Status: up (arp-response)
    Latency: 0.21 ms
    MAC: 52:54:00:12:34:56 (QEMU virtual NIC)
    OS: Linux 5.0 - 6.2 (100 %)
    Up for: 1 day 3 h
    Distance: 1 hop
    Ports:
      22/tcp  open  ssh  OpenSSH 9.2p1 Debian 2 (protocol 2.0) (syn-ack)
      25/tcp  filtered  smtp (no-response)
      443/tcp  open  ssl/http  nginx 1.22/deb  cpe:/a:igor_sysoev:nginx:1.22 (syn-ack)
      53/udp  open|filtered (no-response)
    Not shown: 996 closed ports
    Scripts:
      443/tcp http-title:
        =HYPERLINK("http://evil") | <script>alert(1)</script>
        \x1b[2J `done`
      clock-skew:
        mean: 2s
    Route:
      1  10.0.0.5  www.lan  0.21 ms

    Host 10.0.0.7
    -------------
    Status: timed out: what is missing here may still be there (echo-reply)

    Host 10.0.0.9
    -------------
    Status: down (no-response)

    Host fe80::1%eth0
    -----------------
    Status: up (nd-response)
    Not shown: 1 closed port
    "##);
}

#[test]
fn markdown_is_escaped() {
    assert_snapshot!(plain(Format::Markdown), @r##"
    # Scan 12 "office" of project default

    - Status: partial
    - Ran: 2026-11-21 08:08:36 UTC, 1 min 30 s

    ## Coverage

    Of 248 addresses, 242 were scanned to the end: 2 answered, 240 did not. 6 were not, so what this report does not show of them may still be there.

    248 addresses planned: 2 up, 240 down, 1 timed out, 1 unresolved, 4 failed.

    | What | How many |
    |---|---|
    | hosts that answered | 2 |
    | open ports | 2 |
    | findings | 0 |
    | certificates | 0 |
    | not fully scanned | 6 |

    ## Changes since last time

    Since scan 11 "office" of project default, completed 2026-10-21 08:12:00 UTC: 1 opened, 1 closed, 1 gone. 1 cannot be compared, as one of the two did not look there.

    | Change | Address | Port | Before | After |
    |---|---|---|---|---|
    | closed | 10.0.0.5 | 25/tcp | open smtp | closed smtp |
    | opened | 10.0.0.5 | 443/tcp | not open | open ssl/http nginx 1.22/deb (office) |
    | gone | 10.0.0.9 |  | up | down |

    ## Ports and services

    | Open port | Hosts |
    |---|---|
    | 22/tcp | 1 |
    | 443/tcp | 1 |

    | Service | Open ports |
    |---|---|
    | ssh | 1 |
    | ssl/http | 1 |

    ## Not fully scanned

    | Address | State | Reason |
    |---|---|---|
    | 10.0.0.7 | timed out | host timeout of 30 s |
    | 10.0.0.12-10.0.0.15 | failed | nmap crashed 3 times |
    | nosuch.example | unresolved | no such name |

    ## Method

    - Targets: 10.0.0.0/24
    - Module: nmap -sS -sV
    - nmap: 7.93
    - Probed: tcp syn: 1000 ports (1-1000)
    - Started: 2026-11-21 08:08:36 UTC
    - Ended: 2026-11-21 08:10:06 UTC
    - Pace: 30 s for a host at most, 3 tries for a batch at most
    - Made by: local
    - Scan: 018f0000-0000-7000-8000-000000000001

    Command:

        nmap -sS -sV --top-ports 1000 10.0.0.0/24

    ### Leave

    - Allowed by: Ines Roth, IT
    - Ticket: SEC-231
    - Until: 2027-05-01 00:00:00 UTC

    ## Hosts

    | Address | Names | Status | OS | Open ports | Findings |
    |---|---|---|---|---|---|
    | 10.0.0.5 | www\.lan | up | Linux 5.0 - 6.2 | 22/tcp, 443/tcp |  |
    | 10.0.0.7 |  | timed out |  |  |  |
    | 10.0.0.9 |  | down |  |  |  |
    | fe80::1%eth0 |  | up |  |  |  |

    ### 10.0.0.5 (www\.lan)

    - Status: up (arp-response)
    - Latency: 0.21 ms
    - MAC: 52:54:00:12:34:56 (QEMU virtual NIC)
    - OS: Linux 5.0 - 6.2 (100 %)
    - Up for: 1 day 3 h
    - Distance: 1 hop
    - Not shown: 996 closed ports

    | Port | State | Service | Version | Reason |
    |---|---|---|---|---|
    | 22/tcp | open | ssh | OpenSSH 9.2p1 Debian 2 (protocol 2.0) | syn-ack |
    | 25/tcp | filtered | smtp |  | no-response |
    | 443/tcp | open | ssl/http | nginx 1.22/deb | syn-ack |
    | 53/udp | open\|filtered |  |  | no-response |

    **443/tcp http-title**

        =HYPERLINK("http://evil") | <script>alert(1)</script>
        \x1b[2J `done`

    **clock-skew**

        mean: 2s

    ### 10.0.0.7

    - Status: timed out: what is missing here may still be there (echo-reply)

    ### 10.0.0.9

    - Status: down (no-response)

    ### fe80::1%eth0

    - Status: up (nd-response)
    - Not shown: 1 closed port
    "##);
}

#[test]
fn csv_has_a_row_per_port() {
    assert_snapshot!(plain(Format::Csv).replace("\r\n", "\n"), @r##"
    address,hostname,status,mac,vendor,os,protocol,port,state,reason,service,tunnel,product,version,extra_info,cpe,scripts,suspect
    10.0.0.5,www.lan,up,52:54:00:12:34:56,"QEMU virtual NIC","Linux 5.0 - 6.2",tcp,22,open,syn-ack,ssh,,OpenSSH,"9.2p1 Debian 2","protocol 2.0",,,
    10.0.0.5,www.lan,up,52:54:00:12:34:56,"QEMU virtual NIC","Linux 5.0 - 6.2",tcp,25,filtered,no-response,smtp,,,,,,,
    10.0.0.5,www.lan,up,52:54:00:12:34:56,"QEMU virtual NIC","Linux 5.0 - 6.2",tcp,443,open,syn-ack,http,ssl,nginx,1.22/deb,,cpe:/a:igor_sysoev:nginx:1.22,"http-title: =HYPERLINK(""http://evil"") | <script>alert(1)</script>
    \x1b[2J `done`",
    10.0.0.5,www.lan,up,52:54:00:12:34:56,"QEMU virtual NIC","Linux 5.0 - 6.2",udp,53,open|filtered,no-response,,,,,,,,
    10.0.0.7,,timed_out,,,,,,,,,,,,,,,
    10.0.0.9,,down,,,,,,,,,,,,,,,
    fe80::1%eth0,,up,,,,,,,,,,,,,,,
    "##);
}

#[test]
fn grepable_lines_are_as_nmap_writes_them() {
    assert_snapshot!(plain(Format::Gnmap).replace('\t', "<tab>"), @r##"
    # Nmap 7.93 scan initiated Sat Nov 21 08:08:36 2026 as: nmap -sS -sV --top-ports 1000 10.0.0.0/24
    Host: 10.0.0.5 (www.lan)<tab>Status: Up
    Host: 10.0.0.5 (www.lan)<tab>Ports: 22/open/tcp//ssh//OpenSSH 9.2p1 Debian 2 (protocol 2.0)/, 25/filtered/tcp//smtp///, 443/open/tcp//ssl|http//nginx 1.22|deb/, 53/open|filtered/udp/////<tab>Ignored State: closed (996)<tab>OS: Linux 5.0 - 6.2<tab>Seq Index: 261<tab>IP ID Seq: All zeros
    Host: 10.0.0.7 ()<tab>Status: Timeout
    Host: 10.0.0.9 ()<tab>Status: Down
    Host: fe80::1%eth0 ()<tab>Status: Up
    Host: fe80::1%eth0 ()<tab>Ports: <tab>Ignored State: closed (1)
    # Nmap done at Sat Nov 21 08:10:06 2026 -- 243 IP addresses (3 hosts up) scanned in 90.25 seconds
    "##);
}

#[test]
fn lines_of_json_are_hosts() {
    assert_snapshot!(plain(Format::Jsonl));
}

#[test]
fn json_is_one_document() {
    assert_snapshot!(shown(Format::Json, WriteOptions { pretty: true, ..WriteOptions::default() }));
}

#[test]
fn xml_is_as_nmap_writes_it() {
    assert_snapshot!(plain(Format::Xml));
}

#[test]
fn html_is_a_page_of_its_own() {
    let page = plain(Format::Html);
    let (front, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();

    assert_snapshot!(format!("{front}<style></style>{rest}"));
}
