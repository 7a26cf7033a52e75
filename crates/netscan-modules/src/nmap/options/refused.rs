//! Why well-known nmap options are not accepted, and what to do instead.
//!
//! This table decides nothing: whatever is not in the grammar is refused anyway. It only makes the
//! refusal useful.

use super::settings::{Flag, Number, Time};

/// The whole spellings, the beginnings that a value may follow (short options), and the reason.
struct Reason {
    names: &'static [&'static str],
    stems: &'static [&'static str],
    why: &'static str,
}

const fn reason(
    names: &'static [&'static str],
    stems: &'static [&'static str],
    why: &'static str,
) -> Reason {
    Reason { names, stems, why }
}

const REASONS: &[Reason] = &[
    reason(
        &["--append-output"],
        &["-oN", "-oX", "-oG", "-oS", "-oA", "-oM", "-oH", "-o", "-m"],
        "netscan keeps XML, normal and grepable output of every attempt itself: see `netscan artifacts`",
    ),
    reason(&[], &["-iL"], "give the file to netscan with -f"),
    reason(
        &[],
        &["-iR"],
        "netscan scans only what was asked for, never random hosts: name the targets",
    ),
    reason(&[], &["-i"], "it reads a file: give the file to netscan with -f"),
    reason(
        &["--exclude"],
        &[],
        "use --exclude of netscan, so that coverage accounts for what was left out",
    ),
    reason(
        &["--excludefile"],
        &[],
        "use --exclude-file of netscan, so that coverage accounts for what was left out",
    ),
    reason(&["--resume"], &[], "netscan resumes scans itself: see `netscan resume`"),
    reason(
        &["--datadir", "--servicedb", "--versiondb"],
        &[],
        "nmap's data files run code and are fixed by the installation: leave it out",
    ),
    reason(
        &["--script-args-file"],
        &[],
        "it reads a file of this machine: write the arguments out with --script-args",
    ),
    reason(
        &["--script-updatedb", "--script-help", "--noscript"],
        &[],
        "netscan manages the scripts itself: choose them with --script",
    ),
    reason(
        &["--packet-trace", "--script-trace", "--version-trace", "--log-errors"],
        &["-d"],
        "debugging output would drown the log of the attempt: leave it out",
    ),
    reason(
        &["-vv"],
        &["-v"],
        "netscan sets how much nmap says: leave it out, or write a single -v",
    ),
    reason(
        &["-R", "--resolve-all", "--system-dns", "--dns-servers", "--unique"],
        &[],
        "netscan resolves names itself, once: leave it out",
    ),
    reason(
        &["--stylesheet", "--webxml", "--no-stylesheet"],
        &[],
        "a stylesheet in the XML could run code where it is opened: use `netscan results --format html`",
    ),
    reason(
        &["--deprecated-xml-osclass", "--stats-every", "--noninteractive", "--interactive"],
        &[],
        "netscan fixes how nmap reports: leave it out",
    ),
    reason(
        &["--spoof-mac"],
        &["-S", "-D"],
        "it puts the blame on other machines: netscan scans only in its own name",
    ),
    reason(
        &["--proxies", "--proxy"],
        &["-sI", "-b"],
        "it scans through other machines: netscan scans only in its own name",
    ),
    reason(
        &["--ip-options", "--data", "--data-string", "--adler32", "--send-eth", "--send-ip"],
        &[],
        "hand-made packets are not supported: leave it out",
    ),
    reason(
        &[
            "--privileged",
            "--unprivileged",
            "--nsock-engine",
            "--route-dst",
            "--iflist",
            "--release-memory",
            "--nogcc",
        ],
        &[],
        "netscan finds out what this machine can do: see `netscan doctor`",
    ),
    reason(
        &["--min-hostgroup", "--max-hostgroup"],
        &[],
        "netscan sets the host group itself, to lose little when nmap is killed: leave it out",
    ),
    reason(
        &["--randomize-hosts", "-rH"],
        &[],
        "netscan already shuffles targets over subnets: leave it out",
    ),
    reason(
        &["--thc", "-I", "-q", "-h", "-V", "--help", "--version"],
        &[],
        "it does no scanning: leave it out",
    ),
    reason(
        &["--allports", "--discovery-ignore-rst", "--defeat-icmp-ratelimit"],
        &[],
        "it is not supported: leave it out",
    ),
    reason(&["--fuzzy"], &[], "write --osscan-guess"),
    reason(&["-sP"], &[], "write -sn"),
    reason(&["-sR"], &[], "write -sV"),
    reason(
        &["-sO"],
        &[],
        "the IP protocol scan is not supported: use -PO to find hosts by protocol",
    ),
    reason(&["-P0", "-PN", "-PD"], &[], "write -Pn"),
    reason(&["-PI"], &[], "write -PE"),
    reason(&["-PR"], &[], "nmap does ARP by itself: leave it out"),
    reason(&[], &["-PT", "-PB"], "write -PS or -PA"),
    reason(&[], &["-M"], "write --max-parallelism"),
    reason(&["-4"], &[], "netscan chooses the address family of each batch: leave it out"),
];

/// Accepted long options that are not the name of a setting.
const OTHER_ACCEPTED: &[&str] = &[
    "--exclude-ports",
    "--port-ratio",
    "--script",
    "--script-args",
    "--version-all",
    "--version-light",
];

/// Why `option`, which is not in the grammar, is refused.
pub(super) fn why(option: &str) -> String {
    let (name, _) = option.split_once('=').unwrap_or((option, ""));
    let known = REASONS.iter().find(|reason| reason.names.contains(&name) || is_stem(reason, name));
    if let Some(reason) = known {
        return reason.why.to_owned();
    }
    match intended(name) {
        Some(long) if accepted().any(|accepted| accepted == long) => {
            format!("options are written in full, with their own dashes: did you mean {long}?")
        }
        Some(long) => format!("nmap would read it as {long}: {}", why(long)),
        None => "it is not an nmap option that netscan passes on: leave it out".to_owned(),
    }
}

/// Whether `word`, written with one dash, is what nmap would take for a long option.
pub(super) fn is_long_in_disguise(word: &str) -> bool {
    let (name, _) = word.split_once('=').unwrap_or((word, ""));
    name.len() > 2 && !name.starts_with("--") && intended(name).is_some()
}

fn is_stem(reason: &Reason, name: &str) -> bool {
    !name.starts_with("--")
        && reason.stems.iter().any(|stem| name.starts_with(stem))
        && !is_long_in_disguise(name)
}

fn accepted() -> impl Iterator<Item = &'static str> {
    let settings = [Flag::NAMES, Number::NAMES, Time::NAMES, OTHER_ACCEPTED];
    settings.into_iter().flatten().copied()
}

/// The long option that nmap would take `name` for: shortened, with one dash, or with underscores.
fn intended(name: &str) -> Option<&'static str> {
    let plain = name.trim_start_matches('-').replace('_', "-");
    let refused = REASONS.iter().flat_map(|reason| reason.names).copied();
    let mut longs =
        accepted().chain(refused).filter_map(|long| Some((long, long.strip_prefix("--")?)));
    let is_it = |bare: &str| plain.len() > 1 && bare.starts_with(&plain);
    longs.find(|(_, bare)| is_it(bare)).map(|(long, _)| long)
}
