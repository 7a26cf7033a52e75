//! Options that are good alone and do not go together: nmap would quit, or silently do nothing.

use netscan_model::observation::Protocol;

use super::settings::{Flag, IcmpPing, Number, PortPing, Scan, Technique, Time, TimingTemplate};
use super::{Discovery, NmapOptions, OptionError};

/// A combination that is refused, and the sentence that says so.
struct Rule {
    is_broken: fn(&NmapOptions) -> bool,
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        is_broken: |options| !options.scans_ports() && chooses_ports(options),
        why: "-sL and -sn scan no ports: leave out -p, -F, --top-ports and --port-ratio, or the -sL or -sn",
    },
    Rule {
        is_broken: |options| !options.scans_ports() && options.has(Flag::Services),
        why: "-sV looks at open ports, and -sL and -sn scan none: leave one of them out",
    },
    Rule {
        is_broken: |options| !options.scans_ports() && options.has(Flag::OsDetection),
        why: "-O needs a port scan, and -sL and -sn do none: leave one of them out",
    },
    Rule {
        is_broken: |options| options.is_list_only() && sends_something(options),
        why: "-sL sends nothing to the targets: leave out pings, scripts and --traceroute, or use -sn",
    },
    Rule {
        is_broken: |options| options.has(Flag::Fast) && options.ports.is_some(),
        why: "-F and -p both choose the ports: keep one, or use --top-ports with -p",
    },
    Rule {
        is_broken: |options| ways_to_choose_common_ports(options) > 1,
        why: "-F, --top-ports and --port-ratio all choose common ports: keep one",
    },
    Rule {
        is_broken: |options| {
            has_number(options, Number::VersionIntensity) && !options.has(Flag::Services)
        },
        why: "the version intensity does nothing without -sV: add -sV",
    },
    Rule {
        is_broken: |options| tunes_os_detection(options) && !options.has(Flag::OsDetection),
        why: "--osscan-limit, --osscan-guess and --max-os-tries do nothing without -O: add -O",
    },
    Rule {
        is_broken: |options| {
            options.has(Flag::DefeatRstRatelimit) && !options.techniques().contains(&Technique::Syn)
        },
        why: "--defeat-rst-ratelimit works only with a SYN scan: add -sS, or leave it out",
    },
    Rule {
        is_broken: |options| {
            exceeds(options.number(Number::MinParallelism), max_parallelism(options))
        },
        why: "--min-parallelism is more than --max-parallelism, which is 1 with -T0, -T1 and -T2: raise one or lower the other",
    },
    Rule {
        is_broken: |options| {
            exceeds(options.number(Number::MinRate), options.number(Number::MaxRate))
        },
        why: "--min-rate is more than --max-rate: raise one or lower the other",
    },
    Rule {
        is_broken: |options| {
            exceeds(options.time(Time::MinRttTimeout), options.time(Time::MaxRttTimeout))
        },
        why: "--min-rtt-timeout is more than --max-rtt-timeout: raise one or lower the other",
    },
    Rule {
        is_broken: |options| has_number(options, Number::Mtu) && !can_fragment(options),
        why: "nothing that is sent can be fragmented: use a raw TCP scan such as -sS, or TCP pings, or leave out -f and --mtu",
    },
];

/// Checks that all options go together.
pub(super) fn check(options: &NmapOptions) -> Result<(), OptionError> {
    if let Some(rule) = RULES.iter().find(|rule| (rule.is_broken)(options)) {
        return Err(OptionError::Contradiction { why: rule.why.into() });
    }
    PORT_RULES.iter().try_for_each(|(protocol, letter, technique)| {
        check_ports(options, *protocol, *letter, *technique)
    })
}

/// Each protocol with its letter in `-p` and the scan type to advise.
const PORT_RULES: [(Protocol, char, Technique); 3] = [
    (Protocol::Tcp, 'T', Technique::Syn),
    (Protocol::Udp, 'U', Technique::Udp),
    (Protocol::Sctp, 'S', Technique::SctpInit),
];

/// Nmap only warns here, and then skips ports that the user believes scanned.
fn check_ports(
    options: &NmapOptions,
    protocol: Protocol,
    letter: char,
    technique: Technique,
) -> Result<(), OptionError> {
    let Some(ports) = &options.ports else { return Ok(()) };
    let is_scanned = options.techniques().iter().any(|technique| technique.protocol() == protocol);
    let excluded =
        options.excluded_ports.as_ref().map(|ports| ports.of(protocol)).unwrap_or_default();
    let why = if !is_scanned && !ports.named_only(protocol).is_empty() {
        format!(
            "-p names ports with {letter}:, and no {protocol} scan is asked for: add {technique}, or leave them out"
        )
    } else if is_scanned && ports.of(protocol).without(&excluded).is_empty() {
        format!(
            "a {protocol} scan is asked for, and -p leaves no {protocol} port: add some with {letter}:, or leave the scan type out"
        )
    } else {
        return Ok(());
    };
    Err(OptionError::Contradiction { why })
}

fn has_number(options: &NmapOptions, number: Number) -> bool {
    options.number(number).is_some()
}

fn chooses_ports(options: &NmapOptions) -> bool {
    options.ports.is_some() || ways_to_choose_common_ports(options) > 0
}

fn ways_to_choose_common_ports(options: &NmapOptions) -> usize {
    let ways = [
        options.has(Flag::Fast),
        has_number(options, Number::TopPorts),
        options.port_ratio.is_some(),
    ];
    ways.into_iter().filter(|is_used| *is_used).count()
}

fn sends_something(options: &NmapOptions) -> bool {
    let pings = matches!(options.discovery, Discovery::Pings { .. });
    pings || !options.scripts.is_empty() || options.has(Flag::Traceroute)
}

fn tunes_os_detection(options: &NmapOptions) -> bool {
    let flags = options.has(Flag::OsscanLimit) || options.has(Flag::OsscanGuess);
    flags || has_number(options, Number::MaxOsTries)
}

fn max_parallelism(options: &NmapOptions) -> Option<u32> {
    let polite = (options.timing() <= TimingTemplate::Polite).then_some(1);
    options.number(Number::MaxParallelism).or(polite)
}

fn exceeds<T: PartialOrd>(least: Option<T>, most: Option<T>) -> bool {
    matches!((least, most), (Some(least), Some(most)) if least > most)
}

/// Nmap's own rule (`NmapOps::ValidateOptions`): some packet must be of a kind that it fragments.
fn can_fragment(options: &NmapOptions) -> bool {
    let size = options.number(Number::Mtu).unwrap_or(0);
    let is_raw_tcp = |technique: &Technique| {
        technique.protocol() == Protocol::Tcp && *technique != Technique::Connect
    };
    let discovery = &options.discovery;
    let usual_pings = *discovery == Discovery::Usual && options.scan != Scan::ListOnly;

    options.techniques().iter().any(is_raw_tcp)
        || usual_pings
        || discovery.has_port_ping(PortPing::Syn)
        || discovery.has_port_ping(PortPing::Ack)
        || discovery.has_icmp(IcmpPing::Timestamp)
        || (size == 8 && discovery.has_icmp(IcmpPing::Mask))
        || options.number(Number::DataLength).is_some_and(|length| length + 8 > size)
}
