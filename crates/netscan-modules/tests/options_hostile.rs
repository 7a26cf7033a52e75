//! No text of a user's reaches nmap: a million hostile texts, judged by a checker that knows nothing of the parser.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use netscan_modules::nmap::options::{NmapOptions, Policy};
use netscan_modules::nmap::scripts::ScriptCatalogue;
use proptest::prelude::*;

// ---- the checker: every word of an argv has one of these shapes, or the argv is bad ----

const EXACT: &[&str] = &[
    "-sS",
    "-sT",
    "-sA",
    "-sW",
    "-sM",
    "-sN",
    "-sF",
    "-sX",
    "-sU",
    "-sY",
    "-sZ",
    "-sn",
    "-sL",
    "-Pn",
    "-PE",
    "-PP",
    "-PM",
    "-F",
    "-r",
    "-sV",
    "-O",
    "-T0",
    "-T1",
    "-T2",
    "-T3",
    "-T4",
    "-T5",
    "--osscan-limit",
    "--osscan-guess",
    "--traceroute",
    "--disable-arp-ping",
    "--defeat-rst-ratelimit",
    "--open",
    "--reason",
    "--badsum",
];
const NUMBERS: &[(&str, u64, u64)] = &[
    ("--top-ports=", 1, 65535),
    ("--version-intensity=", 0, 9),
    ("--max-os-tries=", 1, 5),
    ("--max-retries=", 0, 10),
    ("--min-rate=", 1, 1_000_000),
    ("--max-rate=", 1, 1_000_000),
    ("--min-parallelism=", 1, 256),
    ("--max-parallelism=", 1, 256),
    ("--mtu=", 8, 1480),
    ("--data-length=", 0, 1400),
    ("--ttl=", 0, 255),
    ("--source-port=", 1, 65535),
    ("--scanflags=", 0, 255),
];
const TIMES: &[&str] = &[
    "--host-timeout=",
    "--scan-delay=",
    "--max-scan-delay=",
    "--min-rtt-timeout=",
    "--max-rtt-timeout=",
    "--initial-rtt-timeout=",
    "--script-timeout=",
];

fn is_number(text: &str, least: u64, most: u64) -> bool {
    let plain =
        text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    plain && text.parse().is_ok_and(|number: u64| (least..=most).contains(&number))
}

fn is_time(text: &str) -> bool {
    let unit = ["ms", "s", "m", "h"]
        .iter()
        .find_map(|unit| text.strip_suffix(unit).filter(|rest| is_number(rest, 1, 999_999)));
    unit.is_some()
}

fn are_ports(text: &str, letters: &[&str]) -> bool {
    text.split(',').all(|item| {
        let item = letters.iter().find_map(|letter| item.strip_prefix(letter)).unwrap_or(item);
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        is_number(first, 0, 65535) && is_number(last, 0, 65535)
    })
}

fn are_scripts(text: &str) -> bool {
    let names: &BTreeSet<String> = allowed_names();
    text.split(',').all(|name| names.contains(name))
}

fn are_script_arguments(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
    text.split(',').all(|pair| match pair.split_once('=') {
        Some((key, value)) => {
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            let harmless = [
                "http",
                "tls",
                "banner",
                "smtp-commands.domain",
                "ssh_hostkey",
                "rpc-grind.threads",
            ];
            harmless.iter().any(|stem| key.starts_with(stem))
                && value.is_some_and(|value| !value.is_empty() && value.bytes().all(good))
        }
        None => false,
    })
}

fn is_allowed(word: &str) -> bool {
    let ports_after = |stems: &[&str], letters: &[&str]| {
        stems
            .iter()
            .any(|stem| word.strip_prefix(stem).is_some_and(|rest| are_ports(rest, letters)))
    };
    EXACT.contains(&word)
        || NUMBERS.iter().any(|(name, least, most)| {
            word.strip_prefix(name).is_some_and(|rest| is_number(rest, *least, *most))
        })
        || TIMES.iter().any(|name| word.strip_prefix(name).is_some_and(is_time))
        || ports_after(&["-p", "--exclude-ports="], &["T:", "U:", "S:"])
        || ["-PS", "-PA", "-PU", "-PY", "-PO"].contains(&word)
        || ports_after(&["-PS", "-PA", "-PU", "-PY", "-PO"], &[])
        || word
            .strip_prefix("--port-ratio=0.")
            .is_some_and(|rest| rest.len() <= 6 && rest.bytes().all(|byte| byte.is_ascii_digit()))
        || word.strip_prefix("--script=").is_some_and(are_scripts)
        || word.strip_prefix("--script-args=").is_some_and(are_script_arguments)
}

fn first_bad_word(arguments: &[String]) -> Option<&String> {
    let follows_e = |index: usize| index > 0 && arguments[index - 1] == "-e";
    let is_good = |(index, word): &(usize, &String)| match word.as_str() {
        "-e" => arguments.get(index + 1).is_some(),
        "lo" if follows_e(*index) => true,
        word => is_allowed(word),
    };
    arguments.iter().enumerate().find(|entry| !is_good(entry)).map(|(_, word)| word)
}

// ---- what the checker and the tests stand on ----

fn catalogue() -> Arc<ScriptCatalogue> {
    static LOADED: OnceLock<Arc<ScriptCatalogue>> = OnceLock::new();
    let load =
        || ScriptCatalogue::load(Path::new("/usr/share/nmap/scripts")).expect("nmap is installed");
    LOADED.get_or_init(|| Arc::new(load())).clone()
}

/// The scripts of `script.db` in no forbidden category, read without the catalogue.
fn allowed_names() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let database = std::fs::read_to_string("/usr/share/nmap/scripts/script.db")
            .expect("nmap is installed");
        let forbidden = [
            "\"brute\"",
            "\"dos\"",
            "\"exploit\"",
            "\"external\"",
            "\"broadcast\"",
            "\"fuzzer\"",
            "\"malware\"",
        ];
        let lines = database
            .lines()
            .filter(|line| !forbidden.iter().any(|category| line.contains(category)));
        lines
            .filter_map(|line| Some(line.split('"').nth(1)?.strip_suffix(".nse")?.to_owned()))
            .collect()
    })
}

fn admin() -> Policy {
    Policy { interfaces: BTreeSet::from(["lo".to_owned()]), ..Policy::local(catalogue()) }
}

/// `xorshift64*`: the same texts on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).expect("31 bits fit") % limit
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const REAL: &[&str] = &[
    "-sS",
    "-sT",
    "-sA",
    "-sU",
    "-sSU",
    "-sSV",
    "-sn",
    "-sL",
    "-Pn",
    "-PE",
    "-PP",
    "-PS22,80",
    "-PA",
    "-PU53",
    "-PO1,6",
    "-p80",
    "-p 22,80",
    "-p1-100",
    "-p -100",
    "-pU:53,T:22",
    "-F",
    "--top-ports 10",
    "--top-ports=100",
    "--port-ratio=0.01",
    "--exclude-ports=25",
    "-r",
    "-sV",
    "--version-light",
    "--version-intensity 5",
    "-O",
    "--osscan-guess",
    "--max-os-tries=2",
    "--traceroute",
    "-T4",
    "-T aggressive",
    "-T5",
    "--max-retries 2",
    "--host-timeout 30m",
    "--scan-delay=10ms",
    "--max-rtt-timeout=200ms",
    "--min-rate 10",
    "--max-rate=500",
    "--max-parallelism=10",
    "--open",
    "--reason",
    "--disable-arp-ping",
    "--defeat-rst-ratelimit",
    "--script-timeout 5s",
    "-f",
    "--mtu 16",
    "--data-length=10",
    "--badsum",
    "--ttl 64",
    "-g 53",
    "--scanflags SYNFIN",
    "-e lo",
    "-n",
    "-v",
    "-6",
    "--script banner",
    "--script=ssl-cert,http-title",
    "--script-args http.useragent=a/1",
    "--script-args=tls.servername=\"x.y\"",
];

const HOSTILE: &[&str] = &[
    "-oN",
    "-oX",
    "-oG",
    "-oA",
    "-oNpwn",
    "-o%Y",
    "-mpwn",
    "-m",
    "-opwn",
    "-oN=pwn",
    "-iL",
    "-iL=/etc/passwd",
    "-i/etc/passwd",
    "-i",
    "-iR",
    "-iR=0",
    "--excludef",
    "--excludefile",
    "-excludefile=",
    "-exclude",
    "--stylesh",
    "--stylesheet",
    "--webxml",
    "--resume",
    "--datadir",
    "--data",
    "-datadir=.",
    "--script-args-f",
    "--script-args-file=x",
    "--scrip",
    "-script=/tmp/evil.nse",
    "--script=evil.nse",
    "--script=../evil",
    "--script=all",
    "--script=http-*",
    "--script=+banner",
    "--script 'not safe'",
    "--script=default and safe",
    "--script=http-fetch",
    "--script=ftp-brute",
    "--script-args userdb=/etc/passwd",
    "--script-args=newtargets",
    "--script-args=newtargets=1,http.pipeline=1",
    "--script-args=http.useragent=\"a\\\",userdb=/x\"",
    "--script-args=http.useragent=a,{x=1}",
    "--servicedb",
    "--versiondb=x",
    "-S",
    "-S1.2.3.4",
    "-D",
    "-DRND:5",
    "-sI",
    "-sIzombie",
    "-b",
    "--spoof-mac=0",
    "--proxies=http://x",
    "--proxy",
    "--dns-servers",
    "--ip-options=L",
    "--send-eth",
    "--privileged",
    "--unprivileged",
    "--route-dst",
    "--iflist",
    "-T5x",
    "-T-oX",
    "-p-oX",
    "-p=80",
    "-p*",
    "-p[1-5]",
    "-p1;id",
    "-p`id`",
    "-p$(id)",
    "-e-oX",
    "-eth0",
    "-e=lo",
    "--ttl=-1",
    "--ttl=1e3",
    "--mtu=0x10",
    "--max-rate=1.5",
    "--host-timeout=0",
    "--host-timeout=5",
    "--interactive",
    "10.0.0.1",
    "localhost",
    "/etc/passwd",
    "-",
    "--",
    "-vv",
    "-d9",
    "--packet-trace",
    "--append-output",
    "-A=1",
    "-h",
    "-V",
];

const GLUE: &[&str] = &[
    " ", " ", " ", " ", " ", "=", "", "\t", "\n", "  ", "'", "\"", "\\", "\u{0}", "\u{1b}",
    "\u{2d}", "\u{2010}", "\u{ff0d}", ",", "\u{a0}", "\r\n",
];

fn hostile_text(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..=chance.below(5) {
        let from = if chance.below(3) == 0 { HOSTILE } else { REAL };
        let word = chance.pick(from);
        text.push_str(match chance.below(12) {
            0 => &word[..=chance.below(word.len())],
            1 => &word[chance.below(word.len())..],
            _ => word,
        });
        text.push_str(if chance.below(5) == 0 { chance.pick(GLUE) } else { " " });
    }
    text
}

#[test]
fn whatever_is_accepted_of_a_million_hostile_texts_is_only_allowed_words() {
    let seed = 0x6E65_7473_6361_6E21;
    let (policy, mut chance, mut accepted) = (admin(), Chance(seed), 0);

    for round in 0..1_000_000 {
        let text = hostile_text(&mut chance);
        let Ok(options) = NmapOptions::parse(&text, &policy) else { continue };
        accepted += 1;
        let arguments = options.arguments();
        let bad = first_bad_word(&arguments);
        assert!(bad.is_none(), "seed {seed:#x}, round {round}: {text:?} became {bad:?}");
        if round % 16 == 0 {
            assert_eq!(
                NmapOptions::parse(&options.canonical(), &policy).as_ref(),
                Ok(&options),
                "{text:?}"
            );
        }
    }

    println!("seed {seed:#x}: {accepted} of a million texts were accepted");
    assert!(accepted > 50_000, "the generator no longer reaches the accepting side: {accepted}");
}

#[test]
fn the_checker_itself_knows_bad_words() {
    let bad = [
        "-oX",
        "-p",
        "-p*",
        "-p080",
        "-phttp",
        "--script=all",
        "--script=http-fetch,x",
        "--ttl=256",
        "-eth0",
        "lo",
        "-PS1;",
        "--host-timeout=5",
    ];

    for word in bad {
        assert!(first_bad_word(&[word.to_owned()]).is_some(), "{word}");
    }
}

// ---- every spelling of what is dangerous ----

/// Long options of nmap 7.93: those that are never passed on.
const DANGEROUS_LONG: &[&str] = &[
    "append-output",
    "iL",
    "excludefile",
    "exclude",
    "resume",
    "script-args-file",
    "servicedb",
    "versiondb",
    "datadir",
    "script-updatedb",
    "script-help",
    "script-trace",
    "iR",
    "resolve-all",
    "unique",
    "sI",
    "spoof-mac",
    "proxies",
    "proxy",
    "dns-servers",
    "ip-options",
    "data",
    "data-string",
    "adler32",
    "send-eth",
    "send-ip",
    "privileged",
    "unprivileged",
    "nsock-engine",
    "route-dst",
    "iflist",
    "release-memory",
    "stylesheet",
    "webxml",
    "packet-trace",
    "version-trace",
    "min-hostgroup",
    "max-hostgroup",
    "oN",
    "oX",
    "oG",
    "oS",
    "oA",
    "oM",
    "oH",
    "interactive",
    "log-errors",
    "system-dns",
    "noscript",
    "stats-every",
    "no-stylesheet",
    "randomize-hosts",
    "vv",
    "thc",
    "allports",
    "fuzzy",
    "nogcc",
];

/// And those that are.
const HARMLESS_LONG: &[&str] = &[
    "badsum",
    "data-length",
    "defeat-rst-ratelimit",
    "defeat-icmp-ratelimit",
    "disable-arp-ping",
    "discovery-ignore-rst",
    "exclude-ports",
    "ff",
    "host-timeout",
    "initial-rtt-timeout",
    "max-os-tries",
    "max-parallelism",
    "max-rate",
    "max-retries",
    "max-rtt-timeout",
    "max-scan-delay",
    "min-parallelism",
    "min-rate",
    "min-rtt-timeout",
    "mtu",
    "open",
    "osscan-guess",
    "osscan-limit",
    "port-ratio",
    "reason",
    "scan-delay",
    "scanflags",
    "script",
    "script-args",
    "script-timeout",
    "source-port",
    "top-ports",
    "traceroute",
    "ttl",
    "version-all",
    "version-intensity",
    "version-light",
];

/// The option and every shortening that `getopt_long_only` would take for it and for no other.
fn shortenings(long: &str) -> Vec<&str> {
    let all = || DANGEROUS_LONG.iter().chain(HARMLESS_LONG);
    let is_unambiguous = |stem: &str| all().filter(|other| other.starts_with(stem)).count() == 1;
    (2..=long.len())
        .map(|length| &long[..length])
        .filter(|stem| *stem == long || is_unambiguous(stem))
        .collect()
}

fn spellings(long: &str) -> Vec<String> {
    let under = long.replace('-', "_");
    let names =
        shortenings(long).into_iter().map(str::to_owned).chain([under, long.to_uppercase()]);
    let forms = |name: String| {
        [
            format!("--{name} x"),
            format!("--{name}=x"),
            format!("-{name} x"),
            format!("-{name}=x"),
            format!("--{name}"),
            format!("'-'-{name}"),
        ]
    };
    names.flat_map(forms).collect()
}

#[test]
fn every_spelling_of_every_dangerous_option_is_refused() {
    let policy = admin();
    let short = HOSTILE.iter().flat_map(|word| {
        [(*word).to_owned(), format!("{word} x"), format!("-sT {word}"), format!("'{word}'")]
    });
    let vectors: BTreeSet<String> =
        DANGEROUS_LONG.iter().flat_map(|long| spellings(long)).chain(short).collect();

    for text in &vectors {
        let refused = NmapOptions::parse(text, &policy);
        assert!(refused.is_err(), "{text:?} became {}", refused.unwrap());
    }
    println!("{} spellings", vectors.len());
    assert!(vectors.len() >= 300, "{}", vectors.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_fall_over(text in "[ -~\t\n\u{0}\u{e9}]{0,80}") {
        if let Ok(options) = NmapOptions::parse(&text, &admin()) {
            prop_assert!(first_bad_word(&options.arguments()).is_none());
        }
    }

    #[test]
    fn canonical_text_reads_back_as_the_same_options(picks in prop::collection::vec(0..REAL.len(), 0..6)) {
        let text: Vec<_> = picks.into_iter().map(|index| REAL[index]).collect();
        if let Ok(options) = NmapOptions::parse(&text.join(" "), &admin()) {
            let again = NmapOptions::parse(&options.canonical(), &admin());
            prop_assert_eq!(again.as_ref(), Ok(&options));
            let words = NmapOptions::parse_words(&options.arguments(), &admin());
            prop_assert_eq!(words, Ok(options));
        }
    }
}
