//! Nmap accepts whatever we accept: the installed nmap is run with our arguments against this machine only.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use netscan_modules::nmap::options::{Flag, NmapOptions, Number, Policy, Profile};
use netscan_modules::nmap::scripts::ScriptCatalogue;

/// Written by hand: each option at least once, and the combinations near nmap's own refusals.
const SETS: &[&str] = &[
    "-sS",
    "-sT",
    "-sA",
    "-sW",
    "-sM",
    "-sN",
    "-sF",
    "-sX",
    "-sY",
    "-sZ",
    "-sU",
    "-sSU",
    "-sTU",
    "-sSY",
    "-sYZ",
    "-sSUY",
    "-sn",
    "-sL",
    "-sn -Pn",
    "-sL -Pn",
    "-sn --traceroute",
    "-sn -PE",
    "-sn -PP",
    "-sn -PM",
    "-sn -PS",
    "-sn -PA",
    "-sn -PU",
    "-sn -PY",
    "-sn -PO",
    "-sn -PS22,80",
    "-sn -PA0",
    "-sn -PU1-5",
    "-sn -PY7",
    "-sn -PO0-5,255",
    "-sn -PE -PP -PM -PS1 -PA1 -PU1 -PY1 -PO1",
    "-sn --exclude-ports 80",
    "-sn -f",
    "-sn -PP -f",
    "-sn -PM --mtu 8",
    "-sn -PE --mtu 16 --data-length 20",
    "-p0",
    "-p1,1-2",
    "-pT:1",
    "-sU -pU:1",
    "-sY -pS:1",
    "-sSU -p1,T:2,U:3",
    "-p http",
    "-p-2",
    "-p65535-",
    "-p1-3 --exclude-ports 2",
    "-p1-10 --top-ports 1",
    "-p1 --port-ratio 0.000001",
    "-r -p1",
    "-O -p1",
    "-O --osscan-limit -p1",
    "-O --osscan-limit --osscan-guess --max-os-tries 1 -p1",
    "-sT -O --osscan-limit -p1",
    "-sV -p1",
    "-sV --version-light -p1",
    "-sV --version-all -p1",
    "-sV --version-intensity 0 -p1",
    "--traceroute -p1",
    "-T3",
    "-T4",
    "-T5",
    "-T2 -Pn -p1",
    "-T4 --max-rtt-timeout 5ms",
    "-T4 --min-rtt-timeout 2s --initial-rtt-timeout 1ms",
    "--initial-rtt-timeout 1h",
    "--max-rtt-timeout 1h",
    "--min-rtt-timeout 1h",
    "-T5 --max-rtt-timeout 1h",
    "--scan-delay 1ms",
    "--max-scan-delay 1h",
    "--max-scan-delay 1ms --scan-delay 2ms",
    "--host-timeout 500h",
    "--host-timeout 1ms",
    "--host-timeout 30m",
    "--script-timeout 500h",
    "--max-retries 0",
    "--max-retries 10",
    "--min-rate 1000000 --max-rate 1000000",
    "--min-rate 5000",
    "--max-rate 5000",
    "--min-parallelism 256",
    "--max-parallelism 1",
    "--max-parallelism 256 --min-parallelism 256",
    "-T2 --min-parallelism 5 --max-parallelism 10 -Pn",
    "--scan-delay 1ms --min-parallelism 3",
    "--open",
    "--reason",
    "--disable-arp-ping",
    "--defeat-rst-ratelimit",
    "-sS --defeat-rst-ratelimit",
    "-f",
    "-ff",
    "--mtu 1480",
    "-sT -f",
    "-sU -f",
    "-sU -PE --data-length 50 --mtu 8",
    "--data-length 0",
    "--data-length 1400",
    "-sT --data-length 5",
    "--badsum",
    "-sU --badsum",
    "--ttl 0",
    "--ttl 255",
    "-sT --ttl 5",
    "-g 53",
    "-sT -g 65535",
    "--scanflags 0",
    "--scanflags 255",
    "--scanflags URGACKPSHRSTSYNFINECECWR",
    "-sT --scanflags SYN",
    "-sU --scanflags 1",
    "-e lo",
    "-sT -e lo",
    "-sU -e lo",
    "-A --osscan-limit -p1",
    "--script banner",
    "--script http-robots.txt",
    "-sn --script address-info",
    "-sV --script ssl-cert,http-title --script-args http.useragent=a/1.0:x,http-title.url=/a.b_c-d",
    "--script-args http.max-body-size=1,tls.servername=x.y,ssh_hostkey=full,banner.timeout=5,http.truncated-ok=true",
];

/// No `-sV` here: loading its probes takes nmap most of a second, and it conflicts with little.
const PARTS: &[&[&str]] = &[
    &["", "-sS", "-sT", "-sA", "-sF", "-sSU", "-sY", "-sn", "-sL"],
    &["", "", "-Pn", "-PE", "-PS22", "-PA80 -PP", "-PU53", "-PO1,6"],
    &["", "-p1", "-p22,T:80", "--exclude-ports 22"],
    &["", "", "-r", "--open --reason"],
    &[
        "",
        "-T4",
        "-T5",
        "--max-rate 9000 --min-rate 500",
        "--max-parallelism 20",
        "--max-retries 1 --host-timeout 10s",
    ],
    &[
        "",
        "",
        "-f",
        "--mtu 16",
        "--badsum",
        "--data-length 24",
        "--ttl 9 -g 99",
        "--defeat-rst-ratelimit",
        "--scanflags SYN",
    ],
];

fn admin() -> Policy {
    let catalogue =
        ScriptCatalogue::load(Path::new("/usr/share/nmap/scripts")).expect("nmap is installed");
    Policy { interfaces: BTreeSet::from(["lo".to_owned()]), ..Policy::local(Arc::new(catalogue)) }
}

/// Combinations of [`PARTS`], every so many of them.
fn combinations() -> impl Iterator<Item = String> {
    let all: usize = PARTS.iter().map(|part| part.len()).product();
    (0..all).step_by(149).map(|mut index| {
        let mut pick = |part: &&[&'static str]| {
            let word = part[index % part.len()];
            index /= part.len();
            word
        };
        PARTS.iter().map(&mut pick).collect::<Vec<_>>().join(" ")
    })
}

/// One closed port where the set would scan many: nmap checks its options all the same.
fn kept_short(options: NmapOptions, policy: &Policy) -> NmapOptions {
    let has_few = options.port_count_estimate() <= 70
        || options.has(Flag::Fast)
        || options.number(Number::TopPorts).is_some();
    let short = || NmapOptions::parse(&format!("{} -p1", options.canonical()), policy).ok();
    if has_few { options } else { short().unwrap_or(options) }
}

fn run_nmap(arguments: &[String], privilege: &str) -> (bool, String) {
    let fixed = [
        "-n",
        "--noninteractive",
        "--no-stylesheet",
        "--datadir",
        "/usr/share/nmap",
        privilege,
        "127.0.0.1",
    ];
    let command = Command::new("nmap")
        .args(arguments)
        .args(fixed)
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output();
    let output = command.expect("nmap is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let is_refused = text.contains("QUITTING!")
        || text.contains("Usage: nmap")
        || text.contains("unrecognized option");
    (output.status.success() && !is_refused, text)
}

/// Runs every set, a few at a time: most of their time they wait for nothing to answer.
fn assert_nmap_accepts(sets: &[Vec<String>], privilege: &str) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(arguments) = sets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (is_accepted, text) = run_nmap(arguments, privilege);
            assert!(is_accepted, "nmap {}\n{text}", arguments.join(" "));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(work);
        }
    });
}

fn accepted_sets(policy: &Policy) -> Vec<NmapOptions> {
    let by_hand = SETS.iter().map(|text| {
        NmapOptions::parse(text, policy).unwrap_or_else(|error| panic!("{text}: {error}"))
    });
    let combined = combinations().filter_map(|text| NmapOptions::parse(&text, policy).ok());
    by_hand.chain(combined).map(|options| kept_short(options, policy)).collect()
}

#[test]
fn nmap_accepts_every_set_that_we_accept() {
    let policy = admin();
    let sets: Vec<_> = accepted_sets(&policy).iter().map(NmapOptions::arguments).collect();

    assert!(sets.len() >= 300, "{} sets", sets.len());
    assert_nmap_accepts(&sets, "--privileged");
}

#[test]
fn nmap_without_raw_sockets_accepts_what_fell_back() {
    let sets = accepted_sets(&admin());
    let fallen: Vec<_> =
        sets.iter().filter_map(|options| options.without_raw_sockets().ok()).collect();
    let arguments: Vec<_> =
        fallen.iter().step_by(2).map(|(options, _)| options.arguments()).collect();

    assert!(arguments.len() >= 40, "{} sets", arguments.len());
    assert_nmap_accepts(&arguments, "--unprivileged");
}

#[test]
fn nmap_finds_every_script_that_an_operator_may_name() {
    let policy = admin();
    let names: Vec<_> =
        policy.scripts.catalogue.clean_set().map(|script| script.name.to_string()).collect();
    let options =
        NmapOptions::parse(&format!("-sT -p1 -Pn --script {}", names.join(",")), &policy).unwrap();

    assert_nmap_accepts(&[options.arguments()], "--privileged");
}

#[test]
fn nmap_accepts_the_quick_profile() {
    assert_nmap_accepts(&[Profile::Quick.options().arguments()], "--privileged");
}
