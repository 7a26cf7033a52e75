//! From words to options: each word is one spelling of one option, or it is refused.

use std::collections::BTreeSet;

use netscan_model::observation::Protocol;

use super::policy::{Policy, Role};
use super::ports::{PortSet, PortSpec};
use super::settings::{
    Flag, IcmpPing, Number, PortPing, PortRatio, Scan, Technique, Time, TimingTemplate,
};
use super::span::TimeSpan;
use super::words::Word;
use super::{Discovery, Interface, NmapOptions, OptionError, conflicts, refused, script_arguments};
use crate::nmap::scripts::{Category, Script};

/// The end of a sentence that begins with the option: what is wrong and what to do.
type Why = String;

/// Reads all words, then checks that they agree with each other.
pub(super) fn parse(words: Vec<Word>, policy: &Policy) -> Result<NmapOptions, OptionError> {
    let mut reader = Reader { options: NmapOptions::default(), given: BTreeSet::new(), policy };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let refuse = |why| OptionError::refused(&word, why);
        let (option, attached) = recognise(&word.text).map_err(refuse)?;
        let value = match (option.takes(), attached) {
            (Takes::Value, None) => words.next().map(|next| next.text),
            (_, attached) => attached.map(str::to_owned),
        };
        let value = match (option.takes(), value) {
            (Takes::Value, None) => {
                Err(refuse("it needs a value: write it after the option".into()))
            }
            (_, value) => Ok(value.unwrap_or_default()),
        }?;
        reader.apply(option, &value).map_err(refuse)?;
    }
    conflicts::check(&reader.options)?;
    Ok(reader.options)
}

/// What a word asks for.
#[derive(Clone, Copy)]
enum Opt {
    /// Accepted and dropped: netscan decides it.
    Implied,
    /// `-A`.
    Everything,
    /// The letters after `-s`, which stand in the value.
    ScanLetters,
    SkipDiscovery,
    Icmp(IcmpPing),
    Ping(PortPing),
    Ports,
    ExcludePorts,
    Ratio,
    Flag(Flag),
    Number(Number),
    /// A number under another name: `--version-light`.
    Preset(Number, u32),
    Time(Time),
    Template,
    Scripts,
    ScriptArguments,
    ScanFlags,
    /// `-f`: 8 bytes per fragment, and 8 more when given again.
    Fragment,
    Interface,
}

/// How an option takes its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// In the same word, or in the next.
    Value,
    /// In the same word, or not at all.
    Attached,
}

/// Options whose spelling is not that of a setting: by their whole word.
const WORDS: &[(&str, Opt)] = &[
    ("-n", Opt::Implied),
    ("-v", Opt::Implied),
    ("-6", Opt::Implied),
    ("-A", Opt::Everything),
    ("-Pn", Opt::SkipDiscovery),
    ("-f", Opt::Fragment),
    ("-ff", Opt::Preset(Number::Mtu, 16)),
    ("--version-light", Opt::Preset(Number::VersionIntensity, 2)),
    ("--version-all", Opt::Preset(Number::VersionIntensity, 9)),
];

/// Long options with a value that is no plain number or time.
const LONG: &[(&str, Opt)] = &[
    ("--exclude-ports", Opt::ExcludePorts),
    ("--port-ratio", Opt::Ratio),
    ("--script", Opt::Scripts),
    ("--script-args", Opt::ScriptArguments),
    ("--scanflags", Opt::ScanFlags),
];

/// Short options that a value may follow in the same word.
const SHORT: &[(&str, Opt)] = &[
    ("-s", Opt::ScanLetters),
    ("-p", Opt::Ports),
    ("-T", Opt::Template),
    ("-g", Opt::Number(Number::SourcePort)),
    ("-e", Opt::Interface),
    ("-PS", Opt::Ping(PortPing::Syn)),
    ("-PA", Opt::Ping(PortPing::Ack)),
    ("-PU", Opt::Ping(PortPing::Udp)),
    ("-PY", Opt::Ping(PortPing::Sctp)),
    ("-PO", Opt::Ping(PortPing::Protocol)),
];

/// What `word` asks for, and the value in the same word.
fn recognise(word: &str) -> Result<(Opt, Option<&str>), Why> {
    if !word.starts_with('-') || matches!(word, "-" | "--") {
        return Err("targets are given to netscan, not in the nmap options".into());
    }
    if let Some(option) = find(WORDS, word).or_else(|| whole_word(word)) {
        return Ok((option, None));
    }
    let found = if word.starts_with("--") { recognise_long(word) } else { recognise_short(word) };
    found.ok_or_else(|| refused::why(word))
}

fn recognise_long(word: &str) -> Option<(Opt, Option<&str>)> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let setting = || {
        let number = named(Number::ALL, Number::name, name).map(Opt::Number);
        number.or_else(|| named(Time::ALL, Time::name, name).map(Opt::Time))
    };
    find(LONG, name).or_else(setting).map(|option| (option, value))
}

fn recognise_short(word: &str) -> Option<(Opt, Option<&str>)> {
    if refused::is_long_in_disguise(word) {
        return None;
    }
    let (stem, option) = SHORT.iter().find(|(stem, _)| word.starts_with(stem))?;
    let value = word.strip_prefix(stem).filter(|value| !value.is_empty());
    let is_known = !matches!(option, Opt::ScanLetters) || value.is_some_and(are_scan_letters);
    is_known.then_some((*option, value))
}

fn whole_word(word: &str) -> Option<Opt> {
    let flag = named(Flag::ALL, Flag::name, word).map(Opt::Flag);
    flag.or_else(|| named(IcmpPing::ALL, IcmpPing::name, word).map(Opt::Icmp))
}

fn find(table: &[(&str, Opt)], name: &str) -> Option<Opt> {
    table.iter().find(|(known, _)| *known == name).map(|(_, option)| *option)
}

fn named<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> Option<T> {
    all.iter().copied().find(|value| name_of(*value) == name)
}

fn are_scan_letters(letters: &str) -> bool {
    letters.bytes().all(|letter| b"STAWMNFXUYZnLVC".contains(&letter))
}

impl Opt {
    fn takes(self) -> Takes {
        match self {
            Self::Implied
            | Self::Everything
            | Self::SkipDiscovery
            | Self::Icmp(_)
            | Self::Flag(_)
            | Self::Preset(..)
            | Self::Fragment => Takes::Nothing,
            Self::ScanLetters | Self::Ping(_) => Takes::Attached,
            _ => Takes::Value,
        }
    }
}

/// The options so far, and which of them are settled.
struct Reader<'a> {
    options: NmapOptions,
    given: BTreeSet<&'static str>,
    policy: &'a Policy,
}

impl Reader<'_> {
    fn apply(&mut self, option: Opt, value: &str) -> Result<(), Why> {
        match option {
            Opt::Implied => Ok(()),
            Opt::Everything => self.everything(),
            Opt::ScanLetters => value.chars().try_for_each(|letter| self.scan_letter(letter)),
            Opt::SkipDiscovery => self.skip_discovery(),
            Opt::Icmp(ping) => self.icmp_ping(ping),
            Opt::Ping(ping) => self.port_ping(ping, value),
            Opt::Ports => self.ports(value),
            Opt::ExcludePorts => self.exclude_ports(value),
            Opt::Ratio => self.ratio(value),
            Opt::Flag(flag) => self.flag(flag),
            Opt::Number(number) => self.number(number, value),
            Opt::Preset(number, value) => self.set_number(number, value),
            Opt::Time(time) => self.time(time, value),
            Opt::Template => self.template(value),
            Opt::Scripts => value.split(',').try_for_each(|name| self.script(name)),
            Opt::ScriptArguments => {
                script_arguments::read(value, &mut self.options.script_arguments)
            }
            Opt::ScanFlags => self.scan_flags(value),
            Opt::Fragment => self.fragment(),
            Opt::Interface => self.interface(value),
        }
    }

    /// Nmap lets the last of several win, or quits. Here a second one is a question.
    fn once(&mut self, name: &'static str) -> Result<(), Why> {
        if self.given.insert(name) { Ok(()) } else { Err(format!("{name} is set twice: keep one")) }
    }

    fn admin_only(&self) -> Result<(), Why> {
        match self.policy.role {
            Role::Admin => Ok(()),
            Role::Operator => {
                Err("only administrators may use it: ask one, or leave it out".into())
            }
        }
    }

    fn everything(&mut self) -> Result<(), Why> {
        self.options.flags.extend([Flag::Services, Flag::OsDetection, Flag::Traceroute]);
        self.script("default")
    }

    fn scan_letter(&mut self, letter: char) -> Result<(), Why> {
        match letter {
            'V' => self.flag(Flag::Services),
            'C' => self.script("default"),
            'n' => self.whole_scan(Scan::PingOnly),
            'L' => self.whole_scan(Scan::ListOnly),
            _ => {
                let technique = named(Technique::ALL, Technique::name, &format!("-s{letter}"));
                self.technique(
                    technique.expect("`are_scan_letters` has let only known letters through"),
                )
            }
        }
    }

    fn whole_scan(&mut self, scan: Scan) -> Result<(), Why> {
        if self.options.scan != Scan::default() && self.options.scan != scan {
            return Err("-sL and -sn cannot be combined with another scan type: keep one".into());
        }
        self.options.scan = scan;
        Ok(())
    }

    fn technique(&mut self, technique: Technique) -> Result<(), Why> {
        let Scan::Ports(techniques) = &mut self.options.scan else {
            return Err("-sL and -sn cannot be combined with another scan type: keep one".into());
        };
        let is_rival =
            |other: &&Technique| **other != technique && other.protocol() == Protocol::Tcp;
        if technique.protocol() == Protocol::Tcp
            && let Some(rival) = techniques.iter().find(is_rival)
        {
            return Err(format!(
                "nmap does one type of TCP scan at a time: keep {rival} or {technique}"
            ));
        }
        techniques.insert(technique);
        Ok(())
    }

    fn skip_discovery(&mut self) -> Result<(), Why> {
        if matches!(self.options.discovery, Discovery::Pings { .. }) {
            return Err("it skips host discovery, and pings are asked for too: keep one".into());
        }
        self.options.discovery = Discovery::Skip;
        Ok(())
    }

    fn icmp_ping(&mut self, ping: IcmpPing) -> Result<(), Why> {
        let (icmp, _) = self.options.discovery.pings().ok_or(SKIPPED)?;
        icmp.insert(ping);
        Ok(())
    }

    fn port_ping(&mut self, ping: PortPing, list: &str) -> Result<(), Why> {
        self.once(ping.name())?;
        let ports = if list.is_empty() { PortSet::default() } else { parse_plain_ports(list)? };
        if ping == PortPing::Protocol && ports.last() > Some(255) {
            return Err("IP protocols are 0 to 255".into());
        }
        let (_, pings) = self.options.discovery.pings().ok_or(SKIPPED)?;
        pings.insert(ping, ports);
        let probes: u32 = pings.values().map(|ports| ports.len().max(1)).sum();
        if probes > MOST_PINGS {
            return Err(format!(
                "{probes} pings for each host are more than {MOST_PINGS}: name fewer ports"
            ));
        }
        Ok(())
    }

    fn ports(&mut self, text: &str) -> Result<(), Why> {
        self.once("-p")?;
        self.options.ports = Some(parse_ports(text)?);
        Ok(())
    }

    fn exclude_ports(&mut self, text: &str) -> Result<(), Why> {
        self.once("--exclude-ports")?;
        self.options.excluded_ports = Some(parse_ports(text)?);
        Ok(())
    }

    fn ratio(&mut self, text: &str) -> Result<(), Why> {
        self.once("--port-ratio")?;
        let ratio = PortRatio::parse(text);
        let ratio =
            ratio.ok_or("write a number between 0 and 1 with up to six decimals, as in 0.01")?;
        self.options.port_ratio = Some(ratio);
        Ok(())
    }

    fn flag(&mut self, flag: Flag) -> Result<(), Why> {
        if flag == Flag::BadChecksum {
            self.admin_only()?;
        }
        self.options.flags.insert(flag);
        Ok(())
    }

    fn number(&mut self, number: Number, text: &str) -> Result<(), Why> {
        self.set_number(number, parse_number(text)?)
    }

    fn set_number(&mut self, number: Number, value: u32) -> Result<(), Why> {
        if number >= Number::Mtu {
            self.admin_only()?;
        }
        self.once(number.name())?;
        let (least, most) = number.limits();
        let most = match number {
            Number::MinRate | Number::MaxRate => self.policy.max_rate_limit.get(),
            _ => most,
        };
        if !(least..=most).contains(&value) {
            return Err(format!("{value} is out of range: write {least} to {most}"));
        }
        if number == Number::Mtu && !value.is_multiple_of(8) {
            return Err(format!("{value} is not a multiple of 8"));
        }
        self.options.numbers.insert(number, value);
        Ok(())
    }

    fn fragment(&mut self) -> Result<(), Why> {
        let before = self.options.numbers.get(&Number::Mtu).copied();
        let is_first_or_second =
            if self.given.contains("-f") { before == Some(8) } else { before.is_none() };
        if !is_first_or_second {
            return Err("the size of fragments is set twice: keep one".into());
        }
        self.given.insert("-f");
        self.given.remove(Number::Mtu.name());
        self.set_number(Number::Mtu, before.unwrap_or(0) + 8)
    }

    fn time(&mut self, time: Time, text: &str) -> Result<(), Why> {
        self.once(time.name())?;
        let span = TimeSpan::parse(text)?;
        let (shortest, longest) = time.limits();
        if !(shortest..=longest).contains(&span) {
            return Err(format!("{span} is out of range: write {shortest} to {longest}"));
        }
        self.options.times.insert(time, span);
        Ok(())
    }

    fn template(&mut self, text: &str) -> Result<(), Why> {
        self.once("-T")?;
        let template = TimingTemplate::parse(text);
        let template = template.ok_or_else(|| {
            format!("write a level from 0 to 5, or a name: {}", TimingTemplate::NAMES.join(", "))
        })?;
        if template == TimingTemplate::Insane {
            self.admin_only()?;
        }
        self.options.timing = Some(template);
        Ok(())
    }

    fn script(&mut self, word: &str) -> Result<(), Why> {
        match word {
            "default" => self.script_category(Category::Default),
            "safe" => self.script_category(Category::Safe),
            "version" => self.script_category(Category::Version),
            "discovery" => self.script_category(Category::Discovery),
            name => self.script_name(name),
        }
    }

    /// Takes those scripts of a category that the policy allows.
    fn script_category(&mut self, category: Category) -> Result<(), Why> {
        let (policy, role) = (&self.policy.scripts, self.policy.role);
        let is_taken = |script: &&Script| {
            script.categories.contains(&category) && policy.check(script, role).is_ok()
        };
        let names = policy.catalogue.iter().filter(is_taken).map(|script| script.name.clone());
        self.options.scripts.extend(names);
        if self.options.scripts.is_empty() {
            return Err(format!(
                "no {category} script is known here: install nmap's scripts, or leave it out"
            ));
        }
        Ok(())
    }

    fn script_name(&mut self, name: &str) -> Result<(), Why> {
        let short: String = name.chars().take(40).collect();
        let script = self.policy.scripts.catalogue.find(name).ok_or_else(|| {
            format!(
                "there is no script {short:?}: write names from nmap's own scripts, or default, safe, version or \
                 discovery; paths, wildcards and expressions are not passed on"
            )
        })?;
        let allowed = self.policy.scripts.check(script, self.policy.role);
        allowed.map_err(|why| format!("the script {name} is not allowed: {why}"))?;
        self.options.scripts.insert(script.name.clone());
        Ok(())
    }

    fn scan_flags(&mut self, text: &str) -> Result<(), Why> {
        let flags = parse_scan_flags(text);
        let flags = flags.ok_or(
            "write TCP flags as in SYNFIN (URG, ACK, PSH, RST, SYN, FIN, ECE, CWR), or 0 to 255",
        )?;
        self.set_number(Number::ScanFlags, flags)
    }

    fn interface(&mut self, name: &str) -> Result<(), Why> {
        self.admin_only()?;
        self.once("-e")?;
        let interface = Interface::parse(name).filter(|_| self.policy.interfaces.contains(name));
        self.options.interface =
            Some(interface.ok_or("it is not an interface that may be used here")?);
        Ok(())
    }
}

/// The most pings that one host may get.
const MOST_PINGS: u32 = 64;
const SKIPPED: &str = "it asks for a ping, and -Pn skips host discovery: keep one";

fn parse_ports(text: &str) -> Result<PortSpec, Why> {
    refuse_equals(text)?;
    PortSpec::parse(text)
}

fn parse_plain_ports(text: &str) -> Result<PortSet, Why> {
    refuse_equals(text)?;
    PortSet::parse(text)
}

fn refuse_equals(text: &str) -> Result<(), Why> {
    match text.strip_prefix('=') {
        Some(_) => Err("nmap reads the = as part of the value: leave it out, as in -p80".into()),
        None => Ok(()),
    }
}

fn parse_number(text: &str) -> Result<u32, Why> {
    let is_number = matches!(text.len(), 1..=9) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { text.parse().ok() } else { None };
    number.ok_or_else(|| "it needs a whole number".into())
}

/// The bits of `SYNFIN`, in the order of the TCP header.
fn parse_scan_flags(text: &str) -> Option<u32> {
    const BITS: [(&str, u32); 8] = [
        ("FIN", 1),
        ("SYN", 2),
        ("RST", 4),
        ("PSH", 8),
        ("ACK", 16),
        ("URG", 32),
        ("ECE", 64),
        ("CWR", 128),
    ];
    if let Ok(number) = parse_number(text) {
        return Some(number);
    }
    let text = text.to_ascii_uppercase();
    let chunks = text.as_bytes().chunks(3);
    let bit_of =
        |chunk: &[u8]| BITS.iter().find(|(name, _)| name.as_bytes() == chunk).map(|(_, bit)| *bit);
    let bits: Option<Vec<u32>> = chunks.map(bit_of).collect();
    bits.filter(|bits| !bits.is_empty()).map(|bits| bits.into_iter().fold(0, |all, bit| all | bit))
}
