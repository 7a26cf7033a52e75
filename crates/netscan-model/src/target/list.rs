//! Lists of targets: many on a line, comments, excludes, and what was rejected where.
//!
//! Space, tab and line end separate targets; `#` at the beginning of a word starts a comment; `!`
//! makes the one target behind it an exclude.
//!
//! A comma separates targets too, but nmap also writes it between the alternatives of an octet.
//! It is taken so if both sides consist of digits, dots, hyphens and stars, and have at most three
//! dots together: two addresses would have six. Thus `10.0.0-3.1,5` is one target, as for nmap, and
//! `10.0.0.1,10.0.0.5` are two.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::{ControlFlow, Range};

use super::error::Excerpt;
use super::names::NamePattern;
use super::{Target, TargetError, TooManyAddresses, TooManyNames, UrlHost, parse};
use crate::address::{AddressRange, AddressSet, Space};

/// The most separate ranges that the octet patterns of one list may fall apart into, so that a
/// list takes megabytes and not gigabytes.
const MOST_RANGES_OF_A_LIST: u64 = 1 << 20;
/// The most targets and excludes of a list when nobody says less, for the same reason.
const MOST_ENTRIES: usize = 1 << 20;
/// Of more rejected texts, the first show what is wrong; the others are counted.
const MOST_REJECTED: usize = 1_000;

/// What a user wrote, read as far as it could be read.
///
/// Whether a list with something [`TargetList::rejected`] is used all the same is for the caller
/// to decide. A rejected *exclude* should always stop a scan: see [`Rejected::was_exclude`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetList {
    /// What is asked for, in the order of the text.
    pub targets: Vec<TargetEntry>,
    /// What is excluded, in the order of the text.
    pub excludes: Vec<TargetEntry>,
    /// What could not be read, in the order of the text: the first thousand, and in any case
    /// something that was to be excluded, if there is such a thing.
    pub rejected: Vec<Rejected>,
    /// How many more could not be read.
    pub untold: u64,
}

/// A target and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetEntry {
    /// What it means.
    pub target: Target,
    /// How it was written, with the `!` of an exclude.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
    /// The column of its first character, from 1, in characters.
    pub column: usize,
}

/// A text that is not a target, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// How it was written, with the `!` of an exclude.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
    /// The column of its first character, from 1, in characters.
    pub column: usize,
    /// Whether it was meant to keep something from being scanned.
    pub was_exclude: bool,
    /// What is wrong with it.
    pub reason: TargetError,
}

impl fmt::Display for Rejected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, line, column, reason, .. } = self;
        write!(out, "line {line}, column {column}: {} {reason}", Excerpt(text))
    }
}

impl TargetList {
    /// Reads a list. What is wrong with it is in [`TargetList::rejected`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::parse_at_most(text, MOST_ENTRIES)
    }

    /// Reads a list of `most` targets and excludes. Nothing is read behind them: the first text
    /// that is too many is rejected as an exclude, because there may be excludes behind it.
    #[must_use]
    pub fn parse_at_most(text: &str, most: usize) -> Self {
        // Editors on Windows begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader { most: most.min(MOST_ENTRIES), ..Reader::default() };
        for (index, line) in text.lines().enumerate() {
            if reader.read_line(index + 1, line).is_break() {
                break;
            }
        }
        reader.list
    }

    /// How many texts could not be read.
    #[must_use]
    pub fn rejected_count(&self) -> u64 {
        u64::try_from(self.rejected.len()).unwrap_or(u64::MAX).saturating_add(self.untold)
    }

    /// The list with every target made an exclude, for what is said to be excluded without `!`.
    #[must_use]
    pub fn into_excludes(mut self) -> Self {
        self.excludes.append(&mut self.targets);
        self.excludes.sort_by_key(|entry| (entry.line, entry.column));
        self.rejected.iter_mut().for_each(|rejected| rejected.was_exclude = true);
        self
    }

    /// Adds what `other` asks for, excludes and rejects. Lines keep their numbers.
    pub fn append(&mut self, mut other: Self) {
        self.targets.append(&mut other.targets);
        self.excludes.append(&mut other.excludes);
        self.rejected.append(&mut other.rejected);
        self.untold = self.untold.saturating_add(other.untold);
    }

    /// Whether nothing is asked for. There may be excludes, and rejected text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The addresses that the targets say, each once, including those in URLs. Excludes are not
    /// taken off, and names are left to [`TargetList::names`].
    ///
    /// # Errors
    ///
    /// Returns [`TooManyAddresses`] if there are more than `limit`. Counting looks at ranges, so
    /// that `::/0` is refused as fast as two addresses.
    pub fn addresses(&self, limit: u128) -> Result<AddressSet, TooManyAddresses> {
        let addresses = address_set(&self.targets);
        let count = addresses.count();
        if count > limit { Err(TooManyAddresses { count, limit }) } else { Ok(addresses) }
    }

    /// The addresses that the excludes say, including those in URLs. Names are left to
    /// [`TargetList::excluded_names`].
    #[must_use]
    pub fn excluded_addresses(&self) -> AddressSet {
        address_set(&self.excludes)
    }

    /// The names to resolve, each once, in the order of the text: hostnames, the names of
    /// patterns, and the hosts of URLs.
    ///
    /// # Errors
    ///
    /// Returns [`TooManyNames`] if there are more than `limit`, before any pattern is expanded.
    pub fn names(&self, limit: u128) -> Result<Vec<String>, TooManyNames> {
        distinct_names(&self.targets, limit)
    }

    /// The names whose addresses are excluded, each once, in the order of the text.
    ///
    /// # Errors
    ///
    /// Returns [`TooManyNames`] if there are more than `limit`, before any pattern is expanded.
    pub fn excluded_names(&self, limit: u128) -> Result<Vec<String>, TooManyNames> {
        distinct_names(&self.excludes, limit)
    }

    /// The targets that have no address to scan: email addresses.
    pub fn unscannable(&self) -> impl Iterator<Item = &TargetEntry> {
        self.targets.iter().filter(|entry| matches!(entry.target, Target::Email { .. }))
    }

    /// How many targets add nothing to those before them: their addresses were all there, or the
    /// same name, pattern, URL or email address was.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let mut seen = Seen::default();
        self.targets.iter().filter(|entry| !seen.adds(&entry.target)).count()
    }
}

fn address_set(entries: &[TargetEntry]) -> AddressSet {
    entries.iter().flat_map(|entry| entry.target.ranges()).collect()
}

fn distinct_names(entries: &[TargetEntry], limit: u128) -> Result<Vec<String>, TooManyNames> {
    let mut seen_patterns = HashSet::new();
    let patterns: Vec<NamePattern> = entries
        .iter()
        .filter_map(|entry| names_of(&entry.target))
        .filter(|pattern| seen_patterns.insert(pattern.clone()))
        .collect();
    let count = patterns.iter().map(NamePattern::count).fold(0, u128::saturating_add);
    if count > limit {
        return Err(TooManyNames { count, limit });
    }
    let mut seen = HashSet::new();
    let names = patterns.iter().flat_map(NamePattern::names);
    Ok(names.filter(|name| seen.insert(name.clone())).collect())
}

fn names_of(target: &Target) -> Option<NamePattern> {
    match target {
        Target::Names(pattern) => Some(pattern.clone()),
        Target::Url { host: UrlHost::Name(name), .. } => Some(NamePattern::exactly(name.clone())),
        Target::Addresses(_) | Target::Octets(_) | Target::Url { .. } | Target::Email { .. } => {
            None
        }
    }
}

/// What the targets up to here have asked for.
#[derive(Default)]
struct Seen<'a> {
    /// Ranges that neither overlap nor touch: where each begins, and the bits of its last address.
    ranges: BTreeMap<(Space, u128), u128>,
    others: HashSet<&'a Target>,
}

impl<'a> Seen<'a> {
    fn adds(&mut self, target: &'a Target) -> bool {
        match target {
            Target::Addresses(range) => self.adds_range(*range),
            // Every range has to be entered, so `any` will not do.
            Target::Octets(pattern) => {
                pattern.ranges().filter(|range| self.adds_range(*range)).count() > 0
            }
            Target::Names(_) | Target::Url { .. } | Target::Email { .. } => {
                self.others.insert(target)
            }
        }
    }

    fn adds_range(&mut self, range: AddressRange) -> bool {
        let space = range.space();
        let (mut first, mut last) = (range.first().bits(), range.last().bits());
        let before = self.ranges.range((space, 0)..=(space, first)).next_back();
        if let Some((&(_, start), &end)) = before {
            if end >= last {
                return false;
            }
            if end.saturating_add(1) >= first {
                first = start;
            }
        }
        let met = self.ranges.range((space, first)..=(space, last.saturating_add(1)));
        let met: Vec<_> = met.map(|(key, end)| (*key, *end)).collect();
        for (key, end) in met {
            self.ranges.remove(&key);
            last = last.max(end);
        }
        self.ranges.insert((space, first), last);
        true
    }
}

/// Reads lines into a list.
#[derive(Default)]
struct Reader {
    list: TargetList,
    /// How many ranges the octet patterns so far have.
    ranges: u64,
    /// The most targets and excludes.
    most: usize,
    /// Whether something was rejected that was to be excluded.
    has_rejected_exclude: bool,
}

impl Reader {
    fn read_line(&mut self, number: usize, line: &str) -> ControlFlow<()> {
        let mut column = 1;
        for word in line.split([' ', '\t', '\r']) {
            if word.starts_with('#') {
                break;
            }
            self.read_word(number, column, word)?;
            column += word.chars().count() + 1;
        }
        ControlFlow::Continue(())
    }

    fn read_word(&mut self, line: usize, mut column: usize, word: &str) -> ControlFlow<()> {
        let mut at = 0;
        let mut before = "";
        for piece in pieces(word) {
            column += word[at..piece.start].chars().count();
            at = piece.start;
            let text = &word[piece];
            self.read_piece(line, column, text, before)?;
            before = text;
        }
        ControlFlow::Continue(())
    }

    /// Reads one target or exclude; `before` is what a comma parts it from, if anything.
    fn read_piece(
        &mut self,
        line: usize,
        column: usize,
        text: &str,
        before: &str,
    ) -> ControlFlow<()> {
        let rejected = |was_exclude, reason| Rejected {
            text: text.to_owned(),
            line,
            column,
            was_exclude,
            reason,
        };
        if self.list.targets.len() + self.list.excludes.len() >= self.most {
            self.reject(rejected(true, TargetError::ListTooLong { most: self.most }));
            return ControlFlow::Break(());
        }
        let excluded = text.strip_prefix('!');
        let target = match excluded {
            Some("") => Err(TargetError::EmptyExclude),
            _ if might_belong_to_url(before, text) => Err(TargetError::CommaAfterUrl),
            _ => parse::target(excluded.unwrap_or(text)).and_then(|target| self.admit(target)),
        };
        let entry = |target| TargetEntry { target, text: text.to_owned(), line, column };
        match target {
            Err(reason) => self.reject(rejected(excluded.is_some(), reason)),
            Ok(target) if excluded.is_some() => self.list.excludes.push(entry(target)),
            Ok(target) => self.list.targets.push(entry(target)),
        }
        ControlFlow::Continue(())
    }

    /// Keeps what was rejected, or counts it. Callers look for an exclude among what is kept.
    fn reject(&mut self, rejected: Rejected) {
        let is_first_exclude = rejected.was_exclude && !self.has_rejected_exclude;
        self.has_rejected_exclude |= rejected.was_exclude;
        if self.list.rejected.len() < MOST_REJECTED || is_first_exclude {
            self.list.rejected.push(rejected);
        } else {
            self.list.untold += 1;
        }
    }

    fn admit(&mut self, target: Target) -> Result<Target, TargetError> {
        if let Target::Octets(pattern) = &target {
            let (ranges, most) = (self.ranges + pattern.range_count(), MOST_RANGES_OF_A_LIST);
            if ranges > most {
                return Err(TargetError::ListTooScattered { most });
            }
            self.ranges = ranges;
        }
        Ok(target)
    }
}

/// Whether `text` could be the rest of the URL that stands before a comma.
fn might_belong_to_url(before: &str, text: &str) -> bool {
    let has_path = |(_, rest): (&str, &str)| rest.contains(['/', '?', '#']);
    before.split_once("://").is_some_and(has_path) && !text.contains("://")
}

/// Where the targets of `word` are: between the commas that do not belong to an octet.
fn pieces(word: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::with_capacity(1);
    // The dots of the last piece, while it could still be a part of octets.
    let mut dots_before = None;
    let mut start = 0;
    for part in word.split(',') {
        let end = start + part.len();
        let dots = parse::dots_of_octets(part);
        match (dots_before, dots, pieces.last_mut()) {
            (Some(before), Some(dots), Some(piece)) if before + dots <= 3 => {
                piece.end = end;
                dots_before = Some(before + dots);
            }
            _ => {
                if !part.is_empty() {
                    pieces.push(start..end);
                }
                dots_before = parse::dots_of_octets(part.strip_prefix('!').unwrap_or(part));
            }
        }
        start = end + 1;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::address::Address;
    use crate::target::TargetKind;

    /// The canonical targets and excludes of a list, and its rejections as users see them.
    fn read(text: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let list = TargetList::parse(text);
        let written = |entries: &[TargetEntry]| {
            entries.iter().map(|entry| entry.target.to_string()).collect()
        };
        let rejected = list.rejected.iter().map(ToString::to_string).collect();
        (written(&list.targets), written(&list.excludes), rejected)
    }

    fn targets(text: &str) -> Vec<String> {
        let (targets, excludes, rejected) = read(text);
        assert_eq!((excludes, rejected), (vec![], vec![]), "of {text:?}");
        targets
    }

    fn rejection(text: &str) -> String {
        let (targets, excludes, mut rejected) = read(text);
        assert_eq!((targets, excludes, rejected.len()), (vec![], vec![], 1), "of {text:?}");
        rejected.remove(0)
    }

    fn kind(text: &str) -> TargetKind {
        text.parse::<Target>().unwrap().kind()
    }

    fn set(text: &str) -> AddressSet {
        text.parse().unwrap()
    }

    /// What is written, its canonical text, and its kind.
    const FORMS: &[(&str, &str, TargetKind)] = &[
        ("10.0.0.1", "10.0.0.1", TargetKind::Address),
        ("10.0.0.1/32", "10.0.0.1", TargetKind::Address),
        ("2001:DB8::0001", "2001:db8::1", TargetKind::Address),
        ("::1/128", "::1", TargetKind::Address),
        ("fe80::1%eth0", "fe80::1%eth0", TargetKind::Address),
        ("ff02::1%br-lan.7", "ff02::1%br-lan.7", TargetKind::Address),
        ("::ffff:127.0.0.1", "127.0.0.1", TargetKind::Address),
        ("::ffff:7f00:1", "127.0.0.1", TargetKind::Address),
        ("64:ff9b::127.0.0.1", "64:ff9b::7f00:1", TargetKind::Address),
        ("10.0.0.5,5", "10.0.0.5", TargetKind::Address),
        ("10.0.0.77/24", "10.0.0.0/24", TargetKind::Cidr),
        ("0.0.0.0/0", "0.0.0.0/0", TargetKind::Cidr),
        ("::/0", "::/0", TargetKind::Cidr),
        ("2001:db8::7/64", "2001:db8::/64", TargetKind::Cidr),
        ("fe80::9%eth0/126", "fe80::8%eth0/126", TargetKind::Cidr),
        ("::ffff:10.0.0.9/120", "10.0.0.0/24", TargetKind::Cidr),
        ("::ffff:10.0.0.9/90", "::ffc0:0:0/90", TargetKind::Cidr),
        ("10.0.0.*", "10.0.0.0/24", TargetKind::Cidr),
        ("10.0.0-3.-", "10.0.0.0/22", TargetKind::Cidr),
        ("*.*.*.*", "0.0.0.0/0", TargetKind::Cidr),
        ("10.0.0.0-10.0.0.255", "10.0.0.0/24", TargetKind::Cidr),
        ("10.0.0.1-10.0.1.5", "10.0.0.1-10.0.1.5", TargetKind::Range),
        ("2001:db8::1-2001:db8::5", "2001:db8::1-2001:db8::5", TargetKind::Range),
        ("fe80::1%a-b-fe80::2%a-b", "fe80::1%a-b-fe80::2%a-b", TargetKind::Range),
        ("::ffff:10.0.0.1-::ffff:10.0.0.5", "10.0.0.1-10.0.0.5", TargetKind::Range),
        ("10.0.0.1-50", "10.0.0.1-10.0.0.50", TargetKind::Range),
        ("10.0.0.-3", "10.0.0.0/30", TargetKind::Cidr),
        ("10.0.0.250-", "10.0.0.250-10.0.0.255", TargetKind::Range),
        ("10.0.0-3.1,5", "10.0.0-3.1,5", TargetKind::Octets),
        ("10.0.0.5,1-2,3", "10.0.0.1-3,5", TargetKind::Octets),
        ("1,3.2.3.4", "1,3.2.3.4", TargetKind::Octets),
        ("-1,3.0.0.1", "0-1,3.0.0.1", TargetKind::Octets),
        ("10.*.0.1", "10.*.0.1", TargetKind::Octets),
        ("localhost", "localhost", TargetKind::Hostname),
        ("WWW.Example.COM.", "www.example.com", TargetKind::Hostname),
        ("_dmarc.my_host", "_dmarc.my_host", TargetKind::Hostname),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de", TargetKind::Hostname),
        ("3com.4u", "3com.4u", TargetKind::Hostname),
        ("host-[01-20].lan", "host-[01-20].lan", TargetKind::Hostname),
        ("[1-3]x[4-5].lan", "[1-3]x[4-5].lan", TargetKind::Hostname),
        ("HTTPS://Example.com", "https://example.com/", TargetKind::Url),
        ("http://a.b:8080/C?d#e", "http://a.b:8080/C?d#e", TargetKind::Url),
        ("http://a?q", "http://a/?q", TargetKind::Url),
        ("http://10.0.0.1/", "http://10.0.0.1/", TargetKind::Url),
        ("https://[::FFFF:1.2.3.4]:443/", "https://1.2.3.4:443/", TargetKind::Url),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]/", TargetKind::Url),
        ("Some.One+x@Example.com", "Some.One+x@example.com", TargetKind::Email),
    ];

    #[test]
    fn every_form_is_accepted_and_has_a_canonical_text() {
        for (text, canonical, expected) in FORMS {
            assert_eq!(targets(text), [*canonical], "of {text:?}");
            assert_eq!(kind(text), *expected, "of {text:?}");
            assert_eq!(targets(canonical), [*canonical], "of {text:?}");
        }
    }

    /// What is written, and why it is rejected.
    const REASONS: &[(&str, &str)] = &[
        ("0177.0.0.1", "has a leading zero in \"0177\", which some programs read as octal"),
        ("10.0.0.01", "has a leading zero in \"01\", which some programs read as octal"),
        ("10.0.0.1-05", "has a leading zero in \"05\", which some programs read as octal"),
        ("10.0.0.1-10.0.0.05", "has a leading zero in \"05\", which some programs read as octal"),
        ("2130706433", "is a bare number: write an address with four octets, such as 10.0.0.1"),
        ("0x7f000001", "looks like a hexadecimal address: write four decimal octets"),
        ("0x7F.1", "ends like a number, as no name may"),
        ("0x7f.0.0.0x1", "ends like a number, as no name may"),
        ("example.123", "ends like a number, as no name may"),
        ("127.1", "does not have four octets, as an address does"),
        ("127.0.1-5", "does not have four octets, as an address does"),
        ("1-5", "does not have four octets, as an address does"),
        ("*", "does not have four octets, as an address does"),
        ("1.2.3.4.5", "does not have four octets, as an address does"),
        ("10.0..1", "has an empty octet"),
        ("10.0.0.1.", "has an empty octet"),
        ("10.0.0.256", "has the octet 256, above 255"),
        ("10.0.0.1-256", "has the octet 256, above 255"),
        ("10.0.0.99999999999999999999", "has the octet 99999999999999999999, above 255"),
        (
            "10.0.0.1-2-3",
            "has the octet \"1-2-3\": write a number, a range such as 1-5, or a single *",
        ),
        ("10.0.0.**", "has the octet \"**\": write a number, a range such as 1-5, or a single *"),
        ("10.0.0.*,1", "has the octet \"*\": write a number, a range such as 1-5, or a single *"),
        ("10.0.0.5-1", "runs backwards: write the lower end first"),
        ("10.0.0.5-10.0.0.1", "runs backwards: write the lower end first"),
        ("::5-::1", "runs backwards: write the lower end first"),
        ("h[3-1]", "runs backwards: write the lower end first"),
        ("10.0.0.1-::5", "runs from one family or zone into another"),
        ("fe80::1%a-fe80::2%b", "runs from one family or zone into another"),
        ("10.0.0.*-10.0.1.*", "is a range with an end that is not one address"),
        (
            "*.*.*.1",
            "falls apart into 16777216 ranges, more than 262144: write it as CIDRs or in parts",
        ),
        ("10.0.0.1/33", "has a mask longer than 32 bits"),
        ("::1/129", "has a mask longer than 128 bits"),
        ("::1/99999999999", "has a mask longer than 128 bits"),
        ("10.0.0.0/", "has the mask \"\": write the number of bits, such as /24"),
        ("10.0.0.0/+8", "has the mask \"+8\": write the number of bits, such as /24"),
        ("10.0.0.0/08", "has the mask \"08\": write the number of bits, such as /24"),
        ("10.0.0.0/255.0.0.0", "has the mask \"255.0.0.0\": write the number of bits, such as /24"),
        ("localhost/31", "has a mask on a name: write the network with its address"),
        ("10.0.0.1-5/31", "has a mask on a range: write one or the other"),
        ("10.0.0.1-10.0.0.5/31", "has a mask on a range: write one or the other"),
        ("::1-::5/64", "has a mask on a range: write one or the other"),
        ("127.1/8", "does not have four octets, as an address does"),
        ("not/valid", "holds '/', which does not belong into a target"),
        ("[::1]", "has brackets around an address: write it without them"),
        ("[::1]:80", "has brackets around an address: write it without them"),
        (
            "localhost:80",
            "names a port: write the host alone, and the ports as an option of the scan",
        ),
        (
            "10.0.0.1:443",
            "names a port: write the host alone, and the ports as an option of the scan",
        ),
        ("a:b", "holds ':', which does not belong into a target"),
        (":", "is not an IPv6 address"),
        ("::g", "is not an IPv6 address"),
        ("1:2:3", "is not an IPv6 address"),
        ("fe80::1%", "has the zone \"\", which is not the name of an interface"),
        ("fe80::1%-x", "has the zone \"-x\", which is not the name of an interface"),
        ("2001:db8::1%eth0", "has a zone, which only link-local and multicast IPv6 addresses have"),
        ("::1%lo", "has a zone, which only link-local and multicast IPv6 addresses have"),
        ("10.0.0.1%lo", "holds '%', which does not belong into a target"),
        ("-sS", "begins with \"-\", as an option does and no target may"),
        ("-iL=/etc/passwd", "begins with \"-\", as an option does and no target may"),
        ("--", "begins with \"-\", as an option does and no target may"),
        ("-3", "begins with \"-\", as an option does and no target may"),
        ("-a@example.com", "begins with \"-\", as an option does and no target may"),
        ("a\u{0}b", "holds the control character U+0000"),
        ("a\u{b}b", "holds the control character U+000B"),
        ("10.0.0.1\u{7f}", "holds the control character U+007F"),
        ("１27.0.0.1", "holds '１', which is not ASCII: write the name in punycode (xn--…)"),
        ("münchen.de", "holds 'ü', which is not ASCII: write the name in punycode (xn--…)"),
        ("a\u{a0}b", "holds '\\u{a0}', which is not ASCII: write the name in punycode (xn--…)"),
        ("a;id", "holds ';', which does not belong into a target"),
        ("$(id)", "holds '$', which does not belong into a target"),
        ("*.example.com", "holds '*', which does not belong into a target"),
        ("a#b", "holds '#', which does not belong into a target"),
        ("a..b", "has an empty label"),
        (".a", "has an empty label"),
        (".", "has an empty octet"),
        ("a-.b", "has a label that begins or ends with \"-\""),
        ("a.-b", "has a label that begins or ends with \"-\""),
        ("h[1-2", "has a bracket that is not a range of numbers: write it like host-[1-20].lan"),
        ("h1-2]", "has a bracket that is not a range of numbers: write it like host-[1-20].lan"),
        ("h[]", "has a bracket that is not a range of numbers: write it like host-[1-20].lan"),
        ("h[a-c]", "has a bracket that is not a range of numbers: write it like host-[1-20].lan"),
        (
            "h[1-1000000000]",
            "has a bracket that is not a range of numbers: write it like host-[1-20].lan",
        ),
        ("h[01-5]", "has a bracket that is not a range of numbers: write it like host-[1-20].lan"),
        ("h[1-05]", "has a bracket that is not a range of numbers: write it like host-[1-20].lan"),
        (
            "h[1-2][[3-4]",
            "has a bracket that is not a range of numbers: write it like host-[1-20].lan",
        ),
        ("://a/", "has no valid scheme: write a URL like https://example.com/"),
        ("1a://b/", "has no valid scheme: write a URL like https://example.com/"),
        ("file:///etc/passwd", "has no single host: write a URL like https://example.com/"),
        ("http://10.0.0.1-5/", "has no single host: write a URL like https://example.com/"),
        ("http://127.1/", "does not have four octets, as an address does"),
        (
            "http://2130706433/",
            "is a bare number: write an address with four octets, such as 10.0.0.1",
        ),
        ("http://a:0/", "has a port that is not a number from 1 to 65535"),
        ("http://a:65536/", "has a port that is not a number from 1 to 65535"),
        ("http://a:/", "has a port that is not a number from 1 to 65535"),
        ("http://user:pass@a/", "holds a user name or password: leave it out of the URL"),
        ("http://[::1/", "is not an IPv6 address"),
        ("http://[fe80::1%25eth0]/", "is not an IPv6 address"),
        ("http://[1-2].lan/", "is not an IPv6 address"),
        ("http://a\\@b/", "holds a user name or password: leave it out of the URL"),
        ("http://a\\.b/", "holds '\\\\', which does not belong into a target"),
        ("http://a/\\b", "holds '\\\\', which does not belong into a target"),
        ("@a", "is not an email address"),
        ("a@", "has an empty label"),
        ("a..b@c", "is not an email address"),
        ("a@b@c", "is not an email address"),
        ("a@[127.0.0.1]", "holds '[', which does not belong into a target"),
    ];

    #[test]
    fn what_others_read_differently_is_rejected_with_its_reason() {
        for (text, reason) in REASONS {
            assert_eq!(rejection(text), format!("line 1, column 1: {text:?} {reason}"));
        }
    }

    #[test]
    fn a_name_of_253_characters_in_labels_of_63_is_the_longest() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", &label[2..]);
        let reason = |text: String| text.parse::<Target>().map_err(|error| error.reason);

        assert_eq!(targets(&longest), [longest.as_str()]);
        assert_eq!(reason(format!("a{label}")), Err(TargetError::LabelTooLong));
        assert_eq!(reason(format!("{longest}a")), Err(TargetError::NameTooLong));
    }

    #[test]
    fn a_word_of_more_than_1024_characters_is_rejected() {
        let longest = format!("http://a/{}", "x".repeat(1015));

        let reason = |text: String| text.parse::<Target>().map_err(|error| error.reason);

        assert_eq!(reason("1".repeat(1024)), Err(TargetError::BareNumber));
        assert_eq!(reason("1".repeat(1025)), Err(TargetError::TooLong));
        assert_eq!(targets(&longest), [longest.as_str()]);
        assert_eq!(
            rejection(&format!("{longest}x")),
            format!("line 1, column 1: \"{}\"… has more than 1024 characters", &longest[..100])
        );
    }

    #[test]
    fn commas_part_targets_unless_they_can_only_part_octets() {
        assert_eq!(targets("10.0.0-3.1,5"), ["10.0.0-3.1,5"]);
        assert_eq!(targets("10.0.0.1,10.0.0.5"), ["10.0.0.1", "10.0.0.5"]);
        assert_eq!(targets("10.0.0.1,3,10.0.0.5"), ["10.0.0.1,3", "10.0.0.5"]);
        assert_eq!(targets("a.lan,10.0.0.1,3,b.lan"), ["a.lan", "10.0.0.1,3", "b.lan"]);
        assert_eq!(targets("1,3.0,2.0.0,10.0.0.5"), ["1,3.0,2.0.0", "10.0.0.5"]);
        assert_eq!(targets("10.0.0.0/24,::1,,10.0.0.1,"), ["10.0.0.0/24", "::1", "10.0.0.1"]);
        assert_eq!(
            read("10.0.0.1,0.5"),
            (
                vec!["10.0.0.1".to_owned()],
                vec![],
                vec![
                    "line 1, column 10: \"0.5\" does not have four octets, as an address does"
                        .to_owned()
                ]
            )
        );
        let bare = "is a bare number: write an address with four octets, such as 10.0.0.1";
        for text in ["10.0.0.1-10.0.0.9,5", "10.0.0.0/24,5", "10.0.0.1, 5", "10.0.0.1,,5"] {
            let column = text.len();
            assert_eq!(read(text).2, [format!("line 1, column {column}: \"5\" {bare}")]);
        }
    }

    #[test]
    fn a_comma_behind_the_path_of_a_url_is_not_guessed_at() {
        assert_eq!(
            targets("http://a,http://b/,http://c/x"),
            ["http://a/", "http://b/", "http://c/x"]
        );
        assert_eq!(
            read("http://a/x,y.lan"),
            (vec!["http://a/x".to_owned()], vec![], vec![
                "line 1, column 12: \"y.lan\" follows a comma behind a URL: put a space before a new \
                 target, or write %2C for a comma within the URL"
                    .to_owned()
            ])
        );
    }

    #[test]
    fn comments_blank_lines_and_line_ends_of_any_system_are_passed_over() {
        let text = "\u{feff}# all of it\r\n10.0.0.1 # the router, 10.0.0.9\r\n\n\t a.lan\t#b\n  #c\nhttp://d/#e";

        assert_eq!(targets(text), ["10.0.0.1", "a.lan", "http://d/#e"]);
    }

    #[test]
    fn an_exclamation_mark_excludes_the_target_behind_it() {
        let (targets, excludes, rejected) =
            read("10.0.0.0/24,!10.0.0.1,3 !a.lan, !10.0.0.9,10.1.0.9 ! !!b");

        assert_eq!(targets, ["10.0.0.0/24", "10.1.0.9"]);
        assert_eq!(excludes, ["10.0.0.1,3", "a.lan", "10.0.0.9"]);
        assert_eq!(
            rejected,
            [
                "line 1, column 52: \"!\" excludes nothing: write the target right behind the \"!\"",
                "line 1, column 54: \"!!b\" holds '!', which does not belong into a target",
            ]
        );
    }

    #[test]
    fn a_list_of_mistakes_takes_no_more_memory_than_a_thousand_of_them() {
        let list = TargetList::parse(&"01.0.0.1 ".repeat(5_000));

        assert_eq!((list.rejected.len(), list.untold), (MOST_REJECTED, 4_000));
        assert_eq!(list.rejected_count(), 5_000);
        let mut twice = list.clone();
        twice.append(list);
        assert_eq!(twice.rejected_count(), 10_000);
    }

    #[test]
    fn an_exclude_that_cannot_be_read_is_kept_however_many_mistakes_there_are() {
        let list = TargetList::parse(&format!("{}!01.0.0.1 !", "01.0.0.1 ".repeat(5_000)));

        let (exclude, others) = list.rejected.split_last().unwrap();
        assert_eq!((exclude.text.as_str(), exclude.was_exclude), ("!01.0.0.1", true));
        assert!(others.iter().all(|rejected| !rejected.was_exclude));
        assert_eq!(list.rejected_count(), 5_002);
    }

    #[test]
    fn nothing_is_read_behind_the_most_targets_that_a_list_may_have() {
        let list = TargetList::parse_at_most("10.0.0.1 !10.0.0.2\n10.0.0.3 a.lan !10.0.0.1", 3);

        assert_eq!((list.targets.len(), list.excludes.len(), list.rejected.len()), (2, 1, 1));
        let rejected = &list.rejected[0];
        assert!(rejected.was_exclude, "the excludes behind it were not read");
        assert_eq!(
            rejected.to_string(),
            "line 2, column 10: \"a.lan\" is beyond the 3 targets that one list may have: give the \
             rest in another one"
        );
        assert!(TargetList::parse_at_most("10.0.0.1 10.0.0.2", 2).rejected.is_empty());
    }

    #[test]
    fn rejected_text_says_its_line_and_its_column_in_characters() {
        let list = TargetList::parse("ok.lan\n\n  # ü\n 10.0.0.1,münchen.de,10.0.0.1/33 !::1/129");

        let places: Vec<_> = list
            .rejected
            .iter()
            .map(|rejected| {
                (rejected.text.as_str(), rejected.line, rejected.column, rejected.was_exclude)
            })
            .collect();
        assert_eq!(
            places,
            [
                ("münchen.de", 4, 11, false),
                ("10.0.0.1/33", 4, 22, false),
                ("!::1/129", 4, 34, true)
            ]
        );
        assert_eq!(
            list.rejected[1].to_string(),
            "line 4, column 22: \"10.0.0.1/33\" has a mask longer than 32 bits"
        );
    }

    #[test]
    fn overlapping_targets_count_once_and_urls_give_their_host() {
        let list = TargetList::parse(
            "10.0.0.0/30 10.0.0.2-5 10.0.0.1,9 http://10.0.0.9/ http://a.lan/ b@c.lan ::ffff:10.0.0.7",
        );

        assert_eq!(list.addresses(8), Ok(set("10.0.0.0-10.0.0.5,10.0.0.7,10.0.0.9")));
        assert_eq!(list.addresses(7), Err(TooManyAddresses { count: 8, limit: 7 }));
        assert_eq!(
            list.unscannable().map(|entry| entry.text.as_str()).collect::<Vec<_>>(),
            ["b@c.lan"]
        );
    }

    #[test]
    fn names_come_once_in_the_order_of_the_text() {
        let list =
            TargetList::parse("b.lan http://A.lan:80/x h[1-3] B.lan. h[2-4] h[1-3] x@y.lan !h3");

        let names = ["b.lan", "a.lan", "h1", "h2", "h3", "h4"].map(str::to_owned);
        assert_eq!(list.names(8), Ok(names.to_vec()));
        assert_eq!(list.names(7), Err(TooManyNames { count: 8, limit: 7 }));
        assert_eq!(list.excluded_names(1), Ok(vec!["h3".to_owned()]));
        assert_eq!(
            TargetList::parse("[0-999999999][0-999999999].lan x").names(9),
            Err(TooManyNames { count: 10_u128.pow(18) + 1, limit: 9 })
        );
    }

    #[test]
    fn a_list_can_become_excludes_and_be_added_to_another() {
        let mut list = TargetList::parse("10.0.0.0/24");

        list.append(TargetList::parse("10.0.0.1\n!10.0.0.2\n10.0.0.1/99").into_excludes());

        assert_eq!(list.addresses(256), Ok(set("10.0.0.0-10.0.0.255")));
        assert_eq!(list.excluded_addresses(), set("10.0.0.1-10.0.0.2"));
        assert!(list.rejected[0].was_exclude);
        assert!(TargetList::parse("!10.0.0.1").is_empty());
    }

    #[test]
    fn duplicates_are_targets_that_add_nothing() {
        let duplicates = |text| TargetList::parse(text).duplicates();

        assert_eq!(duplicates("10.0.0.1 10.0.0.2 10.0.0.1-2 10.0.0.0/30 10.0.0.3 10.0.0.0,2"), 3);
        assert_eq!(duplicates("10.0.0.1-5 10.0.0.9 10.0.0.4-8 10.0.0.2-9"), 1);
        assert_eq!(
            duplicates("::1 a.lan A.LAN. ::1 0.0.0.1 http://a.lan http://a.lan/ x@y x@Y"),
            4
        );
    }

    #[test]
    fn octet_patterns_cannot_fill_the_memory_together() {
        let lines: Vec<String> = (0..9).map(|n| format!("{n}.0-254.0-254.1,3,5")).collect();

        let list = TargetList::parse(&lines.join("\n"));

        assert_eq!((list.targets.len(), list.rejected.len()), (5, 4));
        assert_eq!(
            list.rejected[0].to_string(),
            "line 6, column 1: \"5.0-254.0-254.1,3,5\" brings the octet patterns of the list to \
             more than 1048576 ranges: write CIDRs, or scan in parts"
        );
    }

    /// Few addresses, so that targets overlap: the text of a target, and what it means.
    fn small_target() -> impl Strategy<Value = (String, Vec<u8>)> {
        let prefix = (0..64_u8, 26..=32_u32).prop_map(|(at, prefix)| {
            let size = 1_u8 << (32 - prefix);
            let first = at / size * size;
            (format!("10.0.0.{at}/{prefix}"), (first..=first + (size - 1)).collect())
        });
        let range = (0..64_u8, 0..20_u8).prop_map(|(first, length)| {
            let last = first + length;
            (format!("10.0.0.{first}-10.0.0.{last}"), (first..=last).collect())
        });
        let octets = (0..32_u8, 0..9_u8, 40..64_u8).prop_map(|(first, length, other)| {
            let last = first + length;
            (format!("10.0.0.{first}-{last},{other}"), (first..=last).chain([other]).collect())
        });
        prop_oneof![prefix, range, octets]
    }

    fn naive(targets: &[(String, Vec<u8>)]) -> BTreeSet<Address> {
        let address = |last: &u8| format!("10.0.0.{last}").parse().unwrap();
        targets.iter().flat_map(|(_, values)| values.iter().map(address)).collect()
    }

    proptest! {
        #[test]
        fn a_list_means_the_union_of_its_targets(
            targets in prop::collection::vec(small_target(), 0..12),
            separator in prop::sample::select(vec![",", " ", "\n", "\r\n\t", ", "]),
        ) {
            let expected = naive(&targets);
            let texts: Vec<_> = targets.iter().map(|(text, _)| text.as_str()).collect();

            let list = TargetList::parse(&texts.join(separator));

            prop_assert_eq!(&list.rejected, &vec![]);
            prop_assert_eq!(list.targets.len(), targets.len());
            let found = list.addresses(256).unwrap();
            prop_assert_eq!(found.iter().collect::<BTreeSet<_>>(), expected);
            let additions =
                (0..targets.len()).filter(|at| naive(&targets[..*at]) != naive(&targets[..=*at]));
            prop_assert_eq!(list.duplicates(), targets.len() - additions.count());
        }

        #[test]
        fn any_text_is_read_without_panic_and_canonical_texts_read_as_themselves(
            text in "[-0-9a-f.:,*/!#%@\\[\\] \n\u{e4}x]{0,40}",
        ) {
            let list = TargetList::parse(&text);

            for entry in list.targets.iter().chain(&list.excludes) {
                let canonical = entry.target.to_string();
                prop_assert_eq!(canonical.parse::<Target>().unwrap(), entry.target.clone());
                let again = TargetList::parse(&canonical);
                prop_assert_eq!(&again.targets[0].target, &entry.target, "{}", canonical);
            }
            for rejected in &list.rejected {
                let line = text.lines().nth(rejected.line - 1).unwrap();
                let from: String = line.chars().skip(rejected.column - 1).collect();
                prop_assert!(from.starts_with(&rejected.text), "{rejected}");
            }
        }

        #[test]
        fn likely_targets_read_as_themselves(
            text in "(([0-9]{1,3}|[0-9]{1,2}-[0-9]{2,3}|\\*|[0-9],[0-9])\\.){3}[0-9]{1,3}(/[0-9]{2}|-[0-9]{3})?|[a-f0-9]{0,4}::[a-f0-9]{1,4}(/[0-9]{2})?|fe80::[1-9]%[a-z]{1,3}|https?://[A-Z]{2}(:[1-9]{2})?(/[a-z?#%]{0,5})?",
        ) {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target.clone()));
                let json = serde_json::to_string(&target).unwrap();
                prop_assert_eq!(serde_json::from_str::<Target>(&json).unwrap(), target);
            }
        }
    }
}
