//! What we read in a target is what nmap scans: our addresses against `nmap -sL -n`, which lists
//! addresses and sends no packet.

use std::fmt::Write as _;
use std::io::{Seek, Write as _};
use std::net::IpAddr;
use std::process::{Command, Stdio};

use netscan_model::target::{Target, TargetKind, TargetList};

/// Ends the addresses of one target in a list. No target of these tests holds it.
const MARK: [&str; 2] = ["192.0.2.1", "2001:db8:ffff::1"];

/// The IPv4 forms that need not be met by chance.
const BY_HAND: &[&str] = &[
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "127.0.0.1/32",
    "127.0.0.1/31",
    "127.0.0.255/24",
    "169.254.169.254/30",
    "127.0.0.1-50",
    "127.0.0.7-7",
    "127.0.0.-3",
    "127.0.0.250-",
    "127.0.0.-",
    "127.0.0.*",
    "127.0-1.0.1",
    "127.0.0.1,3",
    "127.0.0.3,1",
    "127.0.0.1,1,1-2,2",
    "127.0.0.-1,254-",
    "10.0.0-3.1,5",
    "1,2.3.4.5",
    "-1.0.0.1",
    "254-.255.255.255",
    "*.255.255.1",
    "9.-1.0,255.-,7",
    "10.0-255.3.250-",
    "127.0.0.0-127.0.1.2",
    "127.0.0.255-127.0.1.0",
    "255.255.255.250-255.255.255.255",
    "::ffff:127.0.0.1",
    "::ffff:127.0.0.0/125",
];

const IPV6: &[&str] = &[
    "::",
    "::1",
    "2001:DB8::0001",
    "2001:db8:0:0:1::",
    "::1.2.3.4",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
    "2001:db8::ff/120",
    "2001:db8::1/127",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124",
    "2001:db8::fffe-2001:db8::1:3",
    "fe80::1%lo",
    "fe80::7%lo/126",
];

/// The addresses that nmap lists for each of `spellings`, in its order.
fn listed_by_nmap(spellings: &[String], is_ipv6: bool) -> Vec<Vec<IpAddr>> {
    let mark = MARK[usize::from(is_ipv6)];
    let mut list = tempfile::tempfile().expect("a temporary file can be made");
    for spelling in spellings {
        writeln!(list, "{spelling}\n{mark}").expect("a temporary file takes text");
    }
    list.rewind().expect("a file can be rewound");

    let output = Command::new("nmap")
        .args(["-sL", "-n", "-oG", "-", "-iL", "-"])
        .args(is_ipv6.then_some("-6"))
        .stdin(Stdio::from(list))
        .output()
        .expect("nmap is installed and on the PATH");

    let stdout = String::from_utf8(output.stdout).expect("nmap writes ASCII");
    let hosts = stdout.lines().filter_map(|line| line.strip_prefix("Host: ")?.split(' ').next());
    let mark: IpAddr = mark.parse().expect("the mark is an address");
    let mut groups = vec![vec![]];
    for host in hosts {
        let ip: IpAddr = host.parse().expect("nmap writes literals");
        if ip == mark {
            groups.push(vec![]);
        } else {
            groups.last_mut().expect("begun with one").push(ip);
        }
    }
    assert_eq!(groups.pop(), Some(vec![]), "nmap stopped early: {:?}", output.stderr);
    assert_eq!(groups.len(), spellings.len());
    groups
}

/// The addresses that we read in `spelling`, which is to be one target.
fn listed_by_us(spelling: &str) -> Vec<IpAddr> {
    let list = TargetList::parse(spelling);
    assert_eq!((list.targets.len(), list.rejected.as_slice()), (1, [].as_slice()), "{spelling}");
    let addresses = list.addresses(100_000).expect("the corpus has small targets");
    addresses.iter().map(netscan_model::Address::ip).collect()
}

/// Our addresses as nmap is given them: literals, one to a line, with their zone.
fn literals(spelling: &str) -> String {
    let list = TargetList::parse(spelling);
    let addresses = list.addresses(100_000).expect("the corpus has small targets");
    addresses.iter().fold(String::new(), |mut text, address| {
        writeln!(text, "{address}").expect("a string takes text");
        text
    })
}

fn assert_same(spellings: &[String], given: &[String], is_ipv6: bool) {
    let theirs = listed_by_nmap(given, is_ipv6);
    for (spelling, theirs) in spellings.iter().zip(theirs) {
        assert_eq!(listed_by_us(spelling), theirs, "{spelling}");
    }
}

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }

    /// An octet with few values.
    fn octet(&mut self) -> String {
        let first = self.below(256);
        match self.below(8) {
            0 => format!("{first}-{}", (first + self.below(4)).min(255)),
            1 => format!("-{}", self.below(3)),
            2 => format!("{}-", 253 + self.below(3)),
            3 => format!("{first},{}", self.below(256)),
            4 => format!("{first},{}-{}", self.below(100), 100 + self.below(3)),
            _ => first.to_string(),
        }
    }

    /// A target in one of the forms that nmap knows too.
    fn spelling(&mut self) -> String {
        let (a, b, c) = (self.below(256), self.below(256), self.below(256));
        match self.below(6) {
            0 => format!("127.{a}.{b}.{c}/{}", 25 + self.below(8)),
            1 => format!("127.{a}.{b}.{}-{}", c.min(200), c.min(200) + self.below(56)),
            2 => format!(
                "127.{a}.{b}.{}",
                ["*", "-", "0-255", "1,3,5-9"][usize::try_from(c % 4).expect("below 4")]
            ),
            3 => format!("127.{a}.{}.{}", self.octet(), self.octet()),
            4 => format!("{}.{a}.{}.{b}", self.octet(), self.octet()),
            _ => format!("{}.{b}.{c}.{}", self.octet(), self.octet()),
        }
    }

    /// A range between two addresses in full, which nmap does not know.
    fn full_range(&mut self) -> String {
        let (a, b, c) = (self.below(256), self.below(255), self.below(256));
        format!("127.{a}.{b}.{c}-127.{a}.{}.{}", b + 1, self.below(40))
    }
}

fn corpus() -> Vec<String> {
    let mut numbers = Numbers(20_260_101);
    let mut corpus: Vec<String> = BY_HAND.iter().map(ToString::to_string).collect();
    corpus.extend((0..1_100).map(|_| numbers.spelling()));
    corpus.extend((0..100).map(|_| numbers.full_range()));
    corpus
}

/// Whether nmap knows the form, too: not full ranges, and mapped addresses only with `-6`.
fn is_known_to_nmap(spelling: &str) -> bool {
    let is_full_range = spelling.matches('.').count() > 3;
    !is_full_range && !spelling.contains(':')
}

#[test]
fn nmap_scans_the_literals_that_we_give_it_and_nothing_else() {
    let spellings = corpus();
    assert!(spellings.len() >= 1_000);

    let given: Vec<String> = spellings.iter().map(|spelling| literals(spelling)).collect();

    assert_same(&spellings, &given, false);
}

#[test]
fn nmap_scans_the_ipv6_literals_that_we_give_it_and_nothing_else() {
    let spellings: Vec<String> = IPV6.iter().map(ToString::to_string).collect();

    let given: Vec<String> = spellings.iter().map(|spelling| literals(spelling)).collect();

    assert_same(&spellings, &given, true);
}

#[test]
fn forms_that_nmap_knows_mean_the_same_to_us() {
    let spellings: Vec<String> =
        corpus().into_iter().filter(|text| is_known_to_nmap(text)).collect();
    let kinds = |kind| {
        let is_of =
            |text: &&String| text.parse::<Target>().is_ok_and(|target| target.kind() == kind);
        spellings.iter().filter(is_of).count()
    };
    assert!(spellings.len() >= 1_000);
    assert!(
        [TargetKind::Cidr, TargetKind::Range, TargetKind::Octets]
            .map(kinds)
            .iter()
            .all(|count| *count > 100)
    );

    assert_same(&spellings, &spellings, false);
}

#[test]
fn canonical_texts_that_nmap_knows_mean_the_same_to_it() {
    let mut spellings = corpus();
    spellings.retain(|text| is_known_to_nmap(text));
    let canonical = |text: &String| text.parse::<Target>().expect("one target").to_string();
    let pairs = spellings.iter().map(|text| (text.clone(), canonical(text)));
    let (spellings, given): (Vec<_>, Vec<_>) =
        pairs.filter(|(_, canonical)| is_known_to_nmap(canonical)).unzip();

    assert_same(&spellings, &given, false);
}

#[test]
fn ipv6_networks_mean_the_same_to_us() {
    let is_known = |text: &&&str| !text.contains('-') && !text.contains("%lo/");
    let spellings: Vec<String> = IPV6.iter().filter(is_known).map(ToString::to_string).collect();

    assert_same(&spellings, &spellings, true);
}
