//! What the option grammar accepts, what it makes of it, and what it says when it refuses.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use netscan_modules::nmap::options::{
    Fallback, Flag, NmapOptions, OptionError, Place, Policy, Profile, ScriptPolicy, TimingTemplate,
};
use netscan_modules::nmap::scripts::{Category, Danger, ScriptCatalogue};

fn catalogue() -> Arc<ScriptCatalogue> {
    static LOADED: OnceLock<Arc<ScriptCatalogue>> = OnceLock::new();
    let load =
        || ScriptCatalogue::load(Path::new("/usr/share/nmap/scripts")).expect("nmap is installed");
    LOADED.get_or_init(|| Arc::new(load())).clone()
}

fn admin() -> Policy {
    Policy { interfaces: BTreeSet::from(["lo".to_owned()]), ..Policy::local(catalogue()) }
}

fn operator() -> Policy {
    Policy::operator(catalogue(), NonZeroU32::new(10_000).expect("not zero"))
}

fn parse(text: &str) -> NmapOptions {
    NmapOptions::parse(text, &admin()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn canonical(text: &str) -> String {
    parse(text).canonical()
}

fn refusal(text: &str) -> String {
    match NmapOptions::parse(text, &admin()) {
        Ok(options) => panic!("{text} was accepted as {options}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_spelling_becomes_the_canonical_one() {
    let spellings = [
        ("-p80", "-p80"),
        ("-p 80", "-p80"),
        ("-p -100", "-p1-100"),
        ("-p-", "-p1-65535"),
        ("-p 60000-,22,T:http,U:53 -sSU", "-sS -sU -p22,60000-65535,T:80,U:53"),
        ("-p 3,1,2,2-5", "-p1-5"),
        ("--top-ports 100", "--top-ports=100"),
        ("--top-ports=100", "--top-ports=100"),
        ("-T4", "-T4"),
        ("-T aggressive", "-T4"),
        ("-TPolite", "-T2"),
        ("-sSV -Pn", "-sS -Pn -sV"),
        ("-n -v -6 -sT", "-sT"),
        ("-sn -PS22,80 -PE -PA", "-sn -PE -PS22,80 -PA"),
        ("-sV --version-light", "-sV --version-intensity=2"),
        ("-sV --version-all", "-sV --version-intensity=9"),
        (
            "--host-timeout 90s --max-rtt-timeout 100ms",
            "--host-timeout=90s --max-rtt-timeout=100ms",
        ),
        ("--host-timeout=60s", "--host-timeout=1m"),
        ("-f", "--mtu=8"),
        ("-f -f", "--mtu=16"),
        ("-ff", "--mtu=16"),
        ("-g 53", "--source-port=53"),
        ("--source-port=53", "--source-port=53"),
        ("--scanflags SYNFIN", "--scanflags=3"),
        ("-elo", "-e lo"),
        ("--port-ratio 0.010", "--port-ratio=0.01"),
        ("--script 'banner,ssl-cert'", "--script=banner,ssl-cert"),
        ("--script banner --script ssl-cert", "--script=banner,ssl-cert"),
        (
            "--script-args http.useragent='\"a/1.0\"',http.pipeline=3",
            "'--script-args=http.pipeline=\"3\",http.useragent=\"a/1.0\"'",
        ),
        ("  -sT\n\t-F ", "-sT -F"),
        ("", ""),
    ];

    for (text, expected) in spellings {
        assert_eq!(canonical(text), expected, "{text}");
        assert_eq!(parse(expected), parse(text), "{expected} reads back");
    }
}

#[test]
fn words_of_a_json_array_are_read_like_a_text() {
    let words = ["-T4", "-Pn", "-sS"].map(String::from);

    let options = NmapOptions::parse_words(&words, &admin()).unwrap();

    assert_eq!(options, parse("-T4 -Pn -sS"));
}

#[test]
fn everything_at_once_is_spelled_out() {
    let options = parse("-A");

    assert!(
        [Flag::Services, Flag::OsDetection, Flag::Traceroute].iter().all(|flag| options.has(*flag))
    );
    assert_eq!(options, parse("-sV -O -sC --traceroute"));
}

#[test]
fn a_refusal_names_the_option_its_place_and_what_to_do() {
    let error = NmapOptions::parse("-sS -oX out.xml", &admin()).unwrap_err();

    let OptionError::Refused { option, place, .. } = &error else { panic!("{error}") };
    assert_eq!((option.as_str(), *place), ("-oX", Place::Column(5)));
    assert_eq!(
        error.to_string(),
        "-oX at column 5: netscan keeps XML, normal and grepable output of every attempt itself: see `netscan artifacts`"
    );
}

#[test]
fn refusals_say_what_to_do_instead() {
    let sentences = [
        ("-iL hosts.txt", "give the file to netscan with -f"),
        ("--exclude 10.0.0.1", "use --exclude of netscan"),
        ("--excludef x", "use --exclude-file of netscan"),
        ("10.0.0.1", "targets are given to netscan, not in the nmap options"),
        ("-PS 22,80", "targets are given to netscan, not in the nmap options"),
        ("-p=80", "leave it out, as in -p80"),
        ("--top-port 5", "did you mean --top-ports?"),
        ("-top-ports 5", "did you mean --top-ports?"),
        ("--top_ports 5", "did you mean --top-ports?"),
        ("-vv", "a single -v"),
        ("-d", "leave it out"),
        ("-R", "netscan resolves names itself"),
        ("-sP", "write -sn"),
        ("--resume x", "see `netscan resume`"),
        ("--script http-*", "wildcards and expressions are not passed on"),
        ("--script +banner", "there is no script"),
        ("--script=./evil.nse", "there is no script"),
        ("--script=all", "there is no script"),
        ("--script http-brute", "is not allowed"),
        ("--script http-fetch", "reads or writes files"),
        ("--script-args newtargets", "write key=value"),
        ("--script-args newtargets=1", "add them as targets of netscan"),
        ("--script-args userdb=/etc/passwd", "not among those known to be harmless"),
        ("--script-args http.useragent=\"a b\"", "takes up to 128 letters"),
        ("--script-args 'http.useragent=a\"b'", "takes up to 128 letters"),
        ("--script-args http.useragent={a}", "takes up to 128 letters"),
        ("--script-args http.useragent=-a", "takes up to 128 letters"),
        ("--script-args http-title.url=//evil", "a path that begins with one /"),
        ("-PS1-65", "65 pings for each host are more than 64"),
        ("-PS1-60 -PA1-5", "65 pings for each host are more than 64"),
        ("-PO256", "IP protocols are 0 to 255"),
        ("-p 22,", "a port is missing"),
        ("-p 90-80", "runs backwards"),
        ("-p 70000", "ports are 0 to 65535"),
        ("-p nosuch", "write the port number"),
        ("-p http*", "write the port number"),
        ("-p [1-10]", "is not a port"),
        ("-p P:1", "write T:, U: or S:"),
        ("-e eth7", "not an interface"),
        ("--host-timeout 30", "a unit, as in 500ms, 30s"),
        ("--max-rtt-timeout 1ms", "write 5ms to 1h"),
        ("--mtu 12", "not a multiple of 8"),
        ("-T9", "write a level from 0 to 5"),
        ("-p1 -p2", "-p is set twice"),
        ("--max-retries", "it needs a value"),
        ("--open=1", "did you mean --open?"),
        ("'-sS", "the quote at column 1 is never closed"),
        ("-p \u{ff18}\u{ff10}", "the character U+FF18 at column 4"),
        ("-p 80\u{1b}[2J", "the character U+001B"),
    ];

    for (text, expected) in sentences {
        let sentence = refusal(text);
        assert!(sentence.contains(expected), "{text}: {sentence}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let contradictions = [
        "-sS -sT",
        "-sST",
        "-sL -p80",
        "-sL -sS",
        "-sL -sn",
        "-sL -PE",
        "-sL --script banner",
        "-sL --traceroute",
        "-sn -p80",
        "-sn -sV",
        "-sn -O",
        "-sn -F",
        "-sn --top-ports 5",
        "-sn -sU",
        "-sVn -p1",
        "-F -p80",
        "-F --top-ports 10",
        "--top-ports 10 --port-ratio 0.1",
        "-Pn -PE",
        "-PS22 -Pn",
        "-PS22 -PS80",
        "--version-light",
        "-sV --version-light --version-all",
        "--osscan-guess",
        "--max-os-tries 2",
        "-sT --defeat-rst-ratelimit",
        "-sU --defeat-rst-ratelimit",
        "--min-parallelism 9 --max-parallelism 3",
        "-T2 --min-parallelism 5",
        "--min-rate 9 --max-rate 3",
        "--min-rtt-timeout 2s --max-rtt-timeout 1s",
        "-sU -Pn -f",
        "-sT -Pn --mtu 8",
        "-sn -PE -f",
        "-sL -f",
        "-sU -PM --mtu 16",
        "-f -f -f",
        "-f --mtu 16",
        "-p U:53",
        "-sU -p T:53",
        "-sSU -p T:53",
        "-p 80 --exclude-ports 80",
        "-sS -p S:1",
    ];

    for text in contradictions {
        refusal(text);
    }
}

#[test]
fn operators_do_not_get_what_is_for_administrators() {
    let only_admins = [
        "-T5",
        "-f",
        "--mtu 16",
        "--data-length 5",
        "--badsum",
        "--ttl 9",
        "-g 53",
        "--scanflags 2",
        "-e lo",
    ];
    for text in only_admins.into_iter().chain(["--script http-auth", "--script http-git"]) {
        assert!(NmapOptions::parse(text, &operator()).is_err(), "{text} for operators");
        parse(text);
    }

    assert!(NmapOptions::parse("--max-rate 10001", &operator()).is_err());
    assert!(NmapOptions::parse("--max-rate 10000", &operator()).is_ok());
}

#[test]
fn an_interface_is_never_read_out_of_a_long_option_with_one_dash() {
    let policy = Policy { interfaces: BTreeSet::from(["xclude".to_owned()]), ..admin() };

    assert!(NmapOptions::parse("-exclude", &policy).is_err());
    let options = NmapOptions::parse("-e xclude", &policy).unwrap();
    assert_eq!(options.arguments(), ["-e", "xclude"]);
}

#[test]
fn attacks_need_an_administrator_and_the_flag() {
    let with_flag = ScriptPolicy { catalogue: catalogue(), allows_attacks: true };
    let admin_with_flag = Policy { scripts: with_flag.clone(), ..admin() };
    let operator_with_flag = Policy { scripts: with_flag, ..operator() };

    assert!(NmapOptions::parse("--script ftp-brute", &admin()).is_err());
    assert!(NmapOptions::parse("--script ftp-brute", &admin_with_flag).is_ok());
    assert!(NmapOptions::parse("--script ftp-brute", &operator_with_flag).is_err());
    assert!(NmapOptions::parse("--script http-fetch", &admin_with_flag).is_err());
}

#[test]
fn default_scripts_are_spelled_out_as_names_that_the_policy_allows() {
    let clean: BTreeSet<_> = catalogue().clean_set().map(|script| script.name.clone()).collect();

    let options = NmapOptions::parse("-sC", &operator()).unwrap();

    let chosen: BTreeSet<_> = options.scripts().cloned().collect();
    assert!(chosen.len() > 80 && chosen.is_subset(&clean), "{options}");
    assert_eq!(options, NmapOptions::parse("--script default", &operator()).unwrap());
    assert_eq!(options.summary(), format!("--script=({} scripts)", chosen.len()));
}

#[test]
fn default_scripts_without_any_script_here_are_refused() {
    let nothing = Policy::local(Arc::default());

    assert!(NmapOptions::parse("-sC", &nothing).is_err());
}

#[test]
fn the_clean_set_reaches_nothing_but_the_host_that_is_scanned() {
    let catalogue = catalogue();
    let clean = catalogue.clean_set().count();

    assert!((200..=300).contains(&clean), "{clean} of {}", catalogue.len());
    for name in
        ["http-title", "ssl-cert", "banner", "ssh-hostkey", "http-robots.txt", "smtp-commands"]
    {
        assert!(catalogue.find(name).unwrap().is_clean(), "{name}");
    }
    for name in
        ["http-fetch", "targets-xml", "url-snarf", "ssl-known-key", "broadcast-ping", "http-brute"]
    {
        assert!(!catalogue.find(name).unwrap().is_clean(), "{name}");
    }
    let all_with =
        |danger| catalogue.iter().filter(|script| script.dangers.contains(&danger)).count();
    assert!(all_with(Danger::TouchesFiles) >= 58);
    assert_eq!(all_with(Danger::AddsTargets), 43);
    assert!(
        catalogue.find("snmp-interfaces").unwrap().dangers.contains(&Danger::RunsBeforeTargets)
    );
    assert!(catalogue.find("ms-sql-xp-cmdshell").unwrap().dangers.contains(&Danger::TakesCommand));
    assert!(catalogue.find("banner").unwrap().categories.contains(&Category::Discovery));
}

#[test]
fn a_missing_script_directory_says_what_to_do() {
    let error = ScriptCatalogue::load(Path::new("/nonexistent")).unwrap_err();

    assert_eq!(
        error.to_string(),
        "cannot read the nmap scripts in /nonexistent: is nmap installed with its data files?"
    );
}

#[test]
fn without_raw_sockets_a_syn_scan_becomes_a_connect_scan_and_says_so() {
    let (options, fallbacks) = parse("-sS -p80").without_raw_sockets().unwrap();

    assert_eq!(options.canonical(), "-sT -p80");
    assert_eq!(fallbacks, [Fallback::ConnectScan]);
    assert_eq!(
        fallbacks[0].to_string(),
        "SYN scan (-sS) needs raw sockets; connect scan (-sT) was used"
    );
}

#[test]
fn an_open_scan_type_is_made_explicit() {
    let options = parse("-p80");

    assert_eq!(options.with_raw_sockets().canonical(), "-sS -p80");
    let (without, fallbacks) = options.without_raw_sockets().unwrap();
    assert_eq!((without.canonical(), fallbacks), ("-sT -p80".into(), vec![]));
    assert_eq!(parse("-sU -p80").with_raw_sockets().canonical(), "-sU -p80");
    assert_eq!(parse("-sn").with_raw_sockets().canonical(), "-sn");
}

#[test]
fn pings_fall_back_to_connections_as_in_nmap() {
    let pings = [
        ("-sn -PE", "-sn -PS80,443", vec![Fallback::ConnectForIcmpPings]),
        ("-sn -PE -PS22", "-sn -PS22", vec![Fallback::ConnectForIcmpPings]),
        ("-sn -PA443", "-sn -PS443", vec![Fallback::ConnectForAckPings]),
        ("-sn -PA -PS22", "-sn -PS22,80", vec![Fallback::ConnectForAckPings]),
        ("-sn -Pn", "-sn -Pn", vec![]),
        ("-sn", "-sn", vec![]),
    ];

    for (text, expected, expected_fallbacks) in pings {
        let (options, fallbacks) = parse(text).without_raw_sockets().unwrap();
        assert_eq!(
            (options.canonical().as_str(), fallbacks),
            (expected, expected_fallbacks),
            "{text}"
        );
    }
}

#[test]
fn what_has_no_substitute_is_refused_without_raw_sockets() {
    let options = parse("-sSU -O -PU53 -f");

    let error = options.without_raw_sockets().unwrap_err();

    assert_eq!(
        error.to_string(),
        "UDP scan (-sU), UDP ping (-PU), OS detection (-O), fragments (-f, --mtu) need raw sockets, which netscan does \
         not have here: run it as root or with the ambient capability CAP_NET_RAW, or leave these options out"
    );
    assert_eq!(options.needs_raw_sockets()[0], "SYN scan (-sS)");
    assert_eq!(options.ipv4_only(), ["fragments (-f, --mtu)"]);
    assert!(parse("-sT -sV -Pn").needs_raw_sockets().is_empty());
}

#[test]
fn ports_to_probe_are_counted_over_all_protocols() {
    let counts = [
        ("", 1000),
        ("-F", 100),
        ("-sSU -F", 200),
        ("-p-", 65_535),
        ("-p1-100,T:200,U:5300 -sSU", 202),
        ("--top-ports 50", 50),
        ("-p 1-10 --top-ports 50", 10),
        ("-p 1-100 --top-ports 5", 5),
        ("-sn", 0),
        ("-sL", 0),
        ("-sY", 52),
        ("-p1-10 --exclude-ports 3-4", 8),
        ("-sU --port-ratio 0.01", 79),
        ("--top-ports 65535", 8_366),
    ];

    for (text, expected) in counts {
        assert_eq!(parse(text).port_count_estimate(), expected, "{text}");
    }
}

#[test]
fn the_lower_rate_wins_and_the_minimum_stays_below_it() {
    let limit = NonZeroU32::new(500).unwrap();

    assert_eq!(parse("").with_max_rate(limit).canonical(), "--max-rate=500");
    assert_eq!(parse("--max-rate 100").with_max_rate(limit).canonical(), "--max-rate=100");
    assert_eq!(
        parse("--min-rate 900").with_max_rate(limit).canonical(),
        "--min-rate=500 --max-rate=500"
    );
}

#[test]
fn the_sooner_host_timeout_wins() {
    let minutes = Duration::from_mins;

    assert_eq!(parse("").host_timeout(), None);
    assert_eq!(parse("-T5").host_timeout(), Some(minutes(15)));
    assert_eq!(parse("-T5 --host-timeout 1h").host_timeout(), Some(minutes(60)));
    assert_eq!(parse("-T5").with_host_timeout(minutes(30)).canonical(), "-T5 --host-timeout=15m");
    assert_eq!(
        parse("--host-timeout 1h").with_host_timeout(minutes(30)).canonical(),
        "--host-timeout=30m"
    );
    assert_eq!(
        parse("").with_host_timeout(Duration::from_nanos(1)).canonical(),
        "--host-timeout=1ms"
    );
    assert_eq!(
        parse("").with_host_timeout(Duration::from_millis(1_234_567)).canonical(),
        "--host-timeout=1235s"
    );
    assert_eq!(parse("").with_host_timeout(Duration::MAX).canonical(), "--host-timeout=500h");
}

#[test]
fn profiles_are_what_the_manual_says() {
    assert_eq!(Profile::Quick.options(), parse("-T4 --top-ports=100"));
    assert_eq!(Profile::Default.options(), parse("-T4 --top-ports=1000 -sV"));
    assert_eq!(Profile::Full.options(), parse("-T4 -p1-65535 -sV"));
    assert_eq!(Profile::Quick.options().timing(), TimingTemplate::Aggressive);
}

#[test]
fn a_profile_takes_other_ports_and_udp() {
    let with = |ports, top_ports, udp| Profile::Default.options_with(ports, top_ports, udp);

    assert_eq!(with(None, None, false).unwrap(), Profile::Default.options());
    assert_eq!(with(Some("22,80"), None, false).unwrap().canonical(), "-p22,80 -sV -T4");
    assert_eq!(with(None, Some(50), true).unwrap().canonical(), "-sS -sU -sV -T4 --top-ports=50");
    assert_eq!(with(Some("22,U:53"), None, true).unwrap().canonical(), "-sS -sU -p22,U:53 -sV -T4");
    assert!(with(Some("U:53"), None, false).is_err());
    assert!(with(None, Some(0), false).is_err());
    assert_eq!(
        with(Some("nosuch"), None, false).unwrap_err().to_string(),
        "-p: the service name \"nosuch\" is not known here: write the port number"
    );
}
