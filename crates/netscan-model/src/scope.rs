//! What may be scanned: rules that allow or deny addresses and names, and blocks that are closed
//! unless someone names them outright.
//!
//! Deny beats allow. Without an allow rule everything is allowed that is not denied; with one, only
//! what the allow rules cover. An IPv6 address that leads to an IPv4 address (mapped, NAT64, 6to4)
//! is denied where that IPv4 address is. A rule without a zone holds in every zone.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{Address, AddressRange, AddressSet, Space, Zone};
use crate::named;
use crate::target::{InvalidTarget, OctetPattern, Target, TargetEntry, TargetList};

/// What a project, or one scan, may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// In the order in which they were made. The order does not matter.
    pub rules: Vec<Rule>,
    /// By whose leave anything of this may be scanned at all, when that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<Authorisation>,
}

/// Who allowed the scans of a project, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Authorisation {
    /// Who allowed it, such as a person's name and office.
    pub authorised_by: String,
    /// Where that can be looked up, such as the number of a ticket or a contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Nothing may be scanned before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Nothing may be scanned from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Nothing may be scanned at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthorised {
    /// The time that was allowed has not begun.
    #[error("the project may not be scanned before {from}; an admin can change that in its scope")]
    NotYet {
        /// When it begins.
        from: Timestamp,
    },
    /// It is over.
    #[error("the project may not be scanned since {until}; an admin can renew that in its scope")]
    NoLonger {
        /// When it ended.
        until: Timestamp,
    },
}

impl Authorisation {
    /// Whether `now` is within the time that was allowed.
    ///
    /// # Errors
    ///
    /// [`NotAuthorised`], with the time when that begins or has ended.
    pub fn check(&self, now: Timestamp) -> Result<(), NotAuthorised> {
        match (self.valid_from, self.valid_until) {
            (Some(from), _) if now < from => Err(NotAuthorised::NotYet { from }),
            (_, Some(until)) if now >= until => Err(NotAuthorised::NoLonger { until }),
            _ => Ok(()),
        }
    }
}

/// One rule of a [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it does with its subject.
    pub effect: Effect,
    /// What it is about.
    #[cfg_attr(feature = "schema", schema(value_type = String, min_length = 1, max_length = 1000, examples("10.0.0.0/8", "*.example.com")))]
    pub subject: Subject,
    /// Why it is there, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// It does not hold before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// It does not hold from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Rule {
    /// A rule that always holds.
    #[must_use]
    pub fn new(effect: Effect, subject: Subject, note: Option<String>) -> Self {
        Self { effect, subject, note, from: None, until: None }
    }

    /// Whether it holds at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// Whether a rule lets something in or keeps it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The subject may be scanned.
    Allow,
    /// The subject may not be scanned, whatever other rules say.
    Deny,
}

named!(Effect, "effect of a rule", { Allow = "allow", Deny = "deny" });

/// What a rule is about. Its text is that of a target, or `*.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Addresses without a gap: an address, a CIDR or a range.
    Addresses(AddressRange),
    /// IPv4 addresses with gaps.
    Octets(OctetPattern),
    /// One name, in lower case.
    Name(String),
    /// Every name below this one, at any depth, but not this name itself.
    NamesBelow(String),
}

/// A text that no rule can be about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubject {
    /// It is not a target either.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// It is a URL, an email address or a pattern of names.
    #[error("{text:?} is neither addresses nor a name: write a name, *.example.com or addresses")]
    NeitherAddressesNorName {
        /// What was read.
        text: String,
    },
}

/// What became of requested addresses. The three sets are disjoint, and together they are what
/// was requested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// May be scanned.
    pub to_scan: AddressSet,
    /// Excluded by the user, or denied by a rule.
    pub excluded: AddressSet,
    /// Not covered by any allow rule, or in a block that is closed unless opened.
    pub out_of_scope: AddressSet,
}

impl Scope {
    /// What of it holds at `now`: rules with dates that lie elsewhere are left out.
    ///
    /// An allow rule whose time is over allows nothing any more, but it does not turn a scope with
    /// allow rules into one without, which would allow everything: see [`Scope::divide`].
    ///
    /// # Errors
    ///
    /// [`NotAuthorised`] outside the time that was allowed.
    pub fn in_force(&self, now: Timestamp) -> Result<Self, NotAuthorised> {
        if let Some(authorisation) = &self.authorisation {
            authorisation.check(now)?;
        }
        let mut rules: Vec<_> =
            self.rules.iter().filter(|rule| rule.is_in_force(now)).cloned().collect();
        let allows = |rules: &[Rule]| rules.iter().any(|rule| rule.effect == Effect::Allow);
        if allows(&self.rules) && !allows(&rules) {
            let everything = [network("0.0.0.0", 0), network("::", 0)];
            let deny = |range| Rule::new(Effect::Deny, Subject::Addresses(range), None);
            rules.extend(everything.map(deny));
        }
        Ok(Self { rules, authorisation: self.authorisation.clone() })
    }

    /// Divides what was requested into what may be scanned and what may not.
    ///
    /// `excludes` are the user's own; `opened` are addresses that may be scanned although they are
    /// [`never_by_default`], such as those of [`opened_outright`]. Allow rules that lie wholly in
    /// one of those blocks open it too. Nothing opens what is excluded or denied.
    #[must_use]
    pub fn divide(
        &self,
        requested: &AddressSet,
        excludes: &AddressSet,
        opened: &AddressSet,
    ) -> Division {
        let zones = zones(requested);
        let denied = self.addresses(Effect::Deny).union(excludes);
        let allowed = self.addresses(Effect::Allow);
        let opened = in_zones(&opened.union(&self.opened()), &zones);
        let closed = in_zones(&never_by_default(), &zones).subtract(&opened);

        let kept_out = requested.intersect(&in_zones(&with_embeddings(&denied), &zones));
        let rest = requested.subtract(&kept_out);
        let covered = if self.has(Effect::Allow) {
            rest.intersect(&in_zones(&allowed, &zones))
        } else {
            rest.clone()
        };
        let to_scan = covered.subtract(&closed);
        Division { out_of_scope: rest.subtract(&to_scan), to_scan, excluded: kept_out }
    }

    /// Whether `address` may be scanned by these rules alone, with nothing else opened.
    #[must_use]
    pub fn permits(&self, address: Address) -> bool {
        let nothing = AddressSet::new();
        let division = self.divide(&AddressSet::from_iter([address]), &nothing, &nothing);
        !division.to_scan.is_empty()
    }

    /// Whether `name` may be resolved and asked about. Its addresses are judged on their own.
    ///
    /// No deny rule may match it. If there are allow rules for names, one of them must.
    #[must_use]
    pub fn permits_name(&self, name: &str) -> bool {
        let allows_names = self
            .rules
            .iter()
            .any(|rule| rule.effect == Effect::Allow && rule.subject.is_of_names());
        !self.matches_name(Effect::Deny, name)
            && (!allows_names || self.matches_name(Effect::Allow, name))
    }

    /// Allows the addresses that `name` was resolved to, if a rule allows that very name.
    ///
    /// Addresses that are [`never_by_default`] are left out: who answers for a name must not
    /// decide that this machine's own services are scanned.
    pub fn admit_resolved(&mut self, name: &str, resolved: &AddressSet) {
        if !self.matches_name(Effect::Allow, name) || self.matches_name(Effect::Deny, name) {
            return;
        }
        let closed = in_zones(&never_by_default(), &zones(resolved));
        let note = Some(format!("resolved from {name}"));
        self.rules.extend(
            resolved
                .subtract(&closed)
                .ranges()
                .iter()
                .map(|range| Rule::new(Effect::Allow, Subject::Addresses(*range), note.clone())),
        );
    }

    fn has(&self, effect: Effect) -> bool {
        self.rules.iter().any(|rule| rule.effect == effect)
    }

    fn subjects(&self, effect: Effect) -> impl Iterator<Item = &Subject> {
        self.rules.iter().filter(move |rule| rule.effect == effect).map(|rule| &rule.subject)
    }

    fn addresses(&self, effect: Effect) -> AddressSet {
        self.subjects(effect).flat_map(Subject::ranges).collect()
    }

    fn matches_name(&self, effect: Effect, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        self.subjects(effect).any(|subject| subject.matches_name(&name))
    }

    /// What the allow rules name that lies wholly in a block that is closed by default.
    fn opened(&self) -> AddressSet {
        let is_outright = |subject: &&Subject| subject.hull().is_some_and(is_in_closed_block);
        self.subjects(Effect::Allow).filter(is_outright).flat_map(Subject::ranges).collect()
    }
}

impl Subject {
    fn is_of_names(&self) -> bool {
        matches!(self, Subject::Name(_) | Subject::NamesBelow(_))
    }

    fn matches_name(&self, name: &str) -> bool {
        match self {
            Subject::Name(own) => name == own,
            Subject::NamesBelow(own) => name
                .strip_suffix(own.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            Subject::Addresses(_) | Subject::Octets(_) => false,
        }
    }

    fn ranges(&self) -> impl Iterator<Item = AddressRange> {
        let (range, octets) = match self {
            Subject::Addresses(range) => (Some(*range), None),
            Subject::Octets(pattern) => (None, Some(pattern.ranges())),
            Subject::Name(_) | Subject::NamesBelow(_) => (None, None),
        };
        range.into_iter().chain(octets.into_iter().flatten())
    }

    fn hull(&self) -> Option<AddressRange> {
        match self {
            Subject::Addresses(range) => Some(*range),
            Subject::Octets(pattern) => Some(pattern.hull()),
            Subject::Name(_) | Subject::NamesBelow(_) => None,
        }
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `*.0.0.1` begins like this as well.
        let is_of_octets = |c: char| c.is_ascii_digit() || ".-*,".contains(c);
        let below = text.strip_prefix("*.").filter(|rest| !rest.chars().all(is_of_octets));
        let (is_below, rest) = below.map_or((false, text), |rest| (true, rest));
        let neither = || InvalidSubject::NeitherAddressesNorName { text: text.to_owned() };
        match rest.parse()? {
            Target::Addresses(range) if !is_below => Ok(Subject::Addresses(range)),
            Target::Octets(pattern) if !is_below => Ok(Subject::Octets(pattern)),
            Target::Names(pattern) => {
                let name = pattern.as_name().ok_or_else(neither)?.to_owned();
                Ok(if is_below { Subject::NamesBelow(name) } else { Subject::Name(name) })
            }
            _ => Err(neither()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Addresses(range) => write!(out, "{}", Target::Addresses(*range)),
            Subject::Octets(pattern) => write!(out, "{pattern}"),
            Subject::Name(name) => out.write_str(name),
            Subject::NamesBelow(name) => write!(out, "*.{name}"),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The addresses that are not scanned unless someone names them outright: this network, loopback,
/// link-local (where clouds keep their credentials), multicast and reserved, also as embedded in
/// IPv6. No zone is in it; what is in it, is closed in every zone.
#[must_use]
pub fn never_by_default() -> AddressSet {
    closed_blocks().into_iter().collect()
}

/// What is opened by being named outright: targets that are addresses and lie wholly within one
/// block of [`never_by_default`]. `127.0.0.0/24` opens itself, `0.0.0.0/0` opens nothing.
#[must_use]
pub fn opened_outright(targets: &TargetList) -> AddressSet {
    let is_outright = |target: &&Target| match target {
        Target::Octets(pattern) => is_in_closed_block(pattern.hull()),
        other => other.ranges().next().is_some_and(is_in_closed_block),
    };
    let named = targets.targets.iter().map(|TargetEntry { target, .. }| target);
    named.filter(is_outright).flat_map(Target::ranges).collect()
}

/// What is opened by the name that was resolved: the loopback addresses of `localhost` and of the
/// names below it (RFC 6761, section 6.3), and nothing for any other name.
#[must_use]
pub fn opened_by_name(name: &str, resolved: &AddressSet) -> AddressSet {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_local = name == "localhost" || name.ends_with(".localhost");
    let loopback = [network("127.0.0.0", 8), network("::1", 128)].into_iter().collect();
    if is_local { resolved.intersect(&loopback) } else { AddressSet::new() }
}

fn closed_blocks() -> Vec<AddressRange> {
    let ipv4 = [
        network("0.0.0.0", 8),
        network("127.0.0.0", 8),
        network("169.254.0.0", 16),
        network("224.0.0.0", 4),
        network("240.0.0.0", 4),
    ];
    let ipv6 =
        [network("::", 128), network("::1", 128), network("fe80::", 10), network("ff00::", 8)];
    let embedded = ipv4.into_iter().flat_map(embeddings);
    ipv4.into_iter().chain(ipv6).chain(embedded).collect()
}

fn network(address: &str, prefix: u32) -> AddressRange {
    let address = address.parse().expect("an address of this file");
    AddressRange::network(address, prefix).expect("a prefix of this file")
}

fn is_in_closed_block(range: AddressRange) -> bool {
    let (first, last) = (range.first().with_zone(None), range.last().with_zone(None));
    closed_blocks().iter().any(|block| block.contains(first) && block.contains(last))
}

/// The IPv6 ranges through which IPv4 addresses are reached: mapped (RFC 4291), NAT64 (RFC 6052)
/// and 6to4 (RFC 3056). Nothing for an IPv6 range.
fn embeddings(range: AddressRange) -> Vec<AddressRange> {
    if range.space() != Space::V4 {
        return vec![];
    }
    let (first, last) = (range.first().bits(), range.last().bits());
    let at = |bits| Address::new(Space::V6(None), bits);
    let embedding = |prefix: u128, shift: u32| {
        let end = prefix | (last << shift) | ((1 << shift) - 1);
        AddressRange::new(at(prefix | (first << shift)), at(end)).expect("the range ascends")
    };
    vec![embedding(0xffff << 32, 0), embedding(0x64_ff9b << 96, 0), embedding(0x2002 << 112, 80)]
}

fn with_embeddings(set: &AddressSet) -> AddressSet {
    let ranges = set.ranges().iter().copied();
    ranges.clone().chain(ranges.flat_map(embeddings)).collect()
}

fn zones(set: &AddressSet) -> BTreeSet<Zone> {
    set.ranges().iter().filter_map(|range| range.first().zone()).collect()
}

/// The set, with its IPv6 addresses without a zone also as seen from each of `zones`.
fn in_zones(set: &AddressSet, zones: &BTreeSet<Zone>) -> AddressSet {
    let seen_from = |zone: Zone| {
        set.ranges().iter().filter(|range| range.space() == Space::V6(None)).map(move |range| {
            let zone = Some(zone);
            AddressRange::new(range.first().with_zone(zone), range.last().with_zone(zone))
                .expect("both ends change alike")
        })
    };
    set.ranges().iter().copied().chain(zones.iter().copied().flat_map(seen_from)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> AddressSet {
        TargetList::parse(text).addresses(u128::MAX).unwrap()
    }

    /// Rules from lines such as `allow 10.0.0.0/8`.
    fn scope(rules: &[&str]) -> Scope {
        let rule = |text: &&str| {
            let (effect, subject) = text.split_once(' ').unwrap();
            Rule::new(effect.parse().unwrap(), subject.parse().unwrap(), None)
        };
        Scope { rules: rules.iter().map(rule).collect(), authorisation: None }
    }

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_with_dates_holds_between_them() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let mut scope = scope(&["deny 10.0.0.1"]);
        scope.rules[0].from = Some(second(10));
        scope.rules[0].until = Some(second(20));
        let permits = |time| scope.in_force(second(time)).unwrap().permits(address("10.0.0.1"));

        assert_eq!([9, 10, 19, 20].map(permits), [true, false, false, true]);
    }

    #[test]
    fn an_allow_rule_whose_time_is_over_does_not_allow_everything() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let mut scope = scope(&["allow 10.0.0.1"]);
        scope.rules[0].until = Some(second(20));
        let permits = |time, host| scope.in_force(second(time)).unwrap().permits(address(host));

        assert!(permits(19, "10.0.0.1"));
        assert!(!permits(20, "10.0.0.1"));
        assert!(!permits(20, "10.0.0.2"));
    }

    #[test]
    fn requested_addresses_are_divided_by_excludes_rules_and_closed_blocks() {
        let scope = scope(&["allow 10.0.0.0/24", "allow 127.0.0.0-128.0.0.5", "deny 10.0.0.8-15"]);

        let division = scope.divide(
            &set("10.0.0.0/28 10.0.1.0 127.0.0.1-2 128.0.0.1"),
            &set("10.0.0.0 10.0.1.9"),
            &set("127.0.0.2"),
        );

        assert_eq!(
            division,
            Division {
                to_scan: set("10.0.0.1-7 127.0.0.2 128.0.0.1"),
                excluded: set("10.0.0.0 10.0.0.8-15"),
                out_of_scope: set("10.0.1.0 127.0.0.1"),
            }
        );
    }

    #[test]
    fn closed_blocks_are_closed_in_every_spelling_and_zone() {
        let closed = [
            "0.0.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "febf::1",
            "fe80::1%eth0",
            "::1%lo",
            "ff02::1%eth0",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:a9fe:a9fe:1::5",
            "2002:e000::1",
            "::ffff:127.0.0.1%eth0",
        ];
        let open = [
            "1.0.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.0.1",
            "223.255.255.255",
            "::2",
            "fec0::1",
            "fe7f::1",
            "2001:db8::1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
            "2001:db8::1%eth0",
        ];

        let permits = |text: &&str| Scope::default().permits(address(text));
        assert_eq!(closed.iter().filter(|text| permits(text)).collect::<Vec<_>>(), [&""; 0]);
        assert_eq!(open.iter().filter(|text| !permits(text)).collect::<Vec<_>>(), [&""; 0]);
    }

    #[test]
    fn only_what_is_named_outright_opens_itself() {
        let opened = |text| opened_outright(&TargetList::parse(text));

        let outright = "127.0.0.1 127.0.0.0/24 127.0.1.* 127.0-1.5.1,3 169.254.1.1-9 ::1 fe80::1%eth0 \
                        http://127.9.9.9/ ::ffff:127.8.8.8 64:ff9b::7f00:1 224.0.0.0/4";
        assert_eq!(opened(outright), set(outright));
        let wide = "0.0.0.0/0 ::/0 126.0.0.0-127.0.0.5 224.0.0.0/3 *.0.0.1,3 126-127.0.0.1,3 fe00::/8 \
                    10.0.0.1 localhost a@localhost http://localhost/ !127.0.0.1";
        assert_eq!(opened(wide), AddressSet::new());
    }

    #[test]
    fn what_is_opened_may_be_scanned_and_nothing_beside_it() {
        let list =
            TargetList::parse("127.0.0.1 fe80::1%eth0 ::ffff:127.0.0.1 0.0.0.0/0 fe80::2%eth0/127");
        let requested = list.addresses(u128::MAX).unwrap();

        let division =
            Scope::default().divide(&requested, &AddressSet::new(), &opened_outright(&list));

        assert!(division.to_scan.contains(address("127.0.0.1")));
        assert!(division.to_scan.contains(address("fe80::1%eth0")));
        assert!(division.out_of_scope.contains(address("127.0.0.2")));
        let refused = never_by_default().of_family(false).subtract(&set("127.0.0.1"));
        assert_eq!(division.out_of_scope, refused);
    }

    #[test]
    fn localhost_opens_loopback_and_no_other_name_opens_anything() {
        let resolved = set("127.0.0.1 127.0.1.1 ::1 10.0.0.1 169.254.169.254");

        for name in ["localhost", "LOCALHOST.", "app.localhost"] {
            assert_eq!(opened_by_name(name, &resolved), set("127.0.0.1 127.0.1.1 ::1"));
        }
        for name in ["notlocalhost", "localhost.evil.com", "evil.com"] {
            assert_eq!(opened_by_name(name, &resolved), AddressSet::new());
        }
    }

    #[test]
    fn an_allow_rule_opens_a_closed_block_only_if_it_is_about_that_block() {
        let about_it = scope(&["allow 127.0.0.0/8", "allow fe80::/10", "deny 127.0.0.2"]);
        let far_wider = scope(&["allow 0.0.0.0/0", "allow ::/0"]);

        assert!(about_it.permits(address("127.0.0.1")));
        assert!(about_it.permits(address("fe80::1%eth0")));
        assert!(!about_it.permits(address("127.0.0.2")));
        assert!(!about_it.permits(address("10.0.0.1")));
        assert!(!far_wider.permits(address("127.0.0.1")));
        assert!(!far_wider.permits(address("fe80::1%eth0")));
        assert!(far_wider.permits(address("10.0.0.1")));
    }

    #[test]
    fn a_denied_ipv4_address_is_denied_through_ipv6_and_zones_do_not_evade() {
        let scope = scope(&["deny 10.0.0.0/8", "deny 2001:db8::/32", "deny 9.0-3.0.1,5"]);
        let denied = [
            "10.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1:2::3",
            "2001:db8::1",
            "2001:db8::1%eth0",
            "64:ff9b::10.0.0.1%eth0",
            "9.2.0.5",
            "64:ff9b::9.2.0.5",
        ];

        assert!(denied.iter().all(|text| !scope.permits(address(text))));
        assert!(scope.permits(address("64:ff9b::11.0.0.1")));
        assert!(scope.permits(address("9.2.0.4")));
        let excludes = set("8.8.8.8");
        let division = Scope::default().divide(&set("64:ff9b::8.8.8.8"), &excludes, &excludes);
        assert_eq!(division.excluded, set("64:ff9b::8.8.8.8"));
    }

    #[test]
    fn an_allowed_ipv4_address_does_not_allow_the_ipv6_address_that_embeds_it() {
        assert!(!scope(&["allow 10.0.0.0/8"]).permits(address("64:ff9b::10.0.0.1")));
    }

    #[test]
    fn names_are_matched_whole_or_below_in_any_case() {
        let scope = scope(&["allow *.example.com", "allow example.org", "deny db.example.com"]);

        for name in ["www.example.com", "A.B.EXAMPLE.com.", "example.org"] {
            assert!(scope.permits_name(name), "{name}");
        }
        for name in [
            "example.com",
            ".example.com",
            "badexample.com",
            "db.example.com",
            "a.example.org",
            "x",
        ] {
            assert!(!scope.permits_name(name), "{name}");
        }
    }

    #[test]
    fn without_an_allow_rule_for_names_every_name_may_be_asked_about_that_is_not_denied() {
        let scope = scope(&["allow 10.0.0.0/8", "deny *.example.com"]);

        assert!(scope.permits_name("printer.lan"));
        assert!(!scope.permits_name("www.example.com"));
    }

    #[test]
    fn an_allowed_name_lets_its_addresses_in_but_opens_no_closed_block() {
        let mut scope = scope(&["allow *.example.com", "deny 9.9.9.9", "deny db.example.com"]);
        assert!(!scope.permits(address("8.8.8.8")));

        scope.admit_resolved(
            "www.example.com",
            &set("8.8.8.8 9.9.9.9 169.254.169.254 fe80::1%eth0"),
        );
        scope.admit_resolved("evil.org", &set("7.7.7.7"));
        scope.admit_resolved("db.example.com", &set("6.6.6.6"));

        let requested = set("6.6.6.6 7.7.7.7 8.8.8.8 9.9.9.9 169.254.169.254 fe80::1%eth0");
        let nothing = AddressSet::new();
        assert_eq!(scope.divide(&requested, &nothing, &nothing).to_scan, set("8.8.8.8"));
        assert_eq!(scope.rules[3].note.as_deref(), Some("resolved from www.example.com"));
    }

    #[test]
    fn rules_are_json_with_their_text() {
        let json = r#"{"rules":[{"effect":"allow","subject":"10.0.0.0/8","note":"office"},{"effect":"deny","subject":"*.example.com"},{"effect":"deny","subject":"10.0.0-3.1,5"}]}"#;

        let scope: Scope = serde_json::from_str(json).unwrap();

        assert_eq!(serde_json::to_string(&scope).unwrap(), json);
        assert_eq!(scope.rules[1].subject, Subject::NamesBelow("example.com".to_owned()));
    }

    #[test]
    fn a_rule_is_about_addresses_or_one_name() {
        let refusal = |text: &str| text.parse::<Subject>().unwrap_err().to_string();

        for text in ["*.0.0.*", "10.0.0.0/8", "::1", "a.lan", "*.a.lan", "*.web1"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        assert_eq!(refusal("10.0.0.0/33"), "\"10.0.0.0/33\" has a mask longer than 32 bits");
        for text in ["http://a/", "a@b", "h[1-2].lan", "*.h[1-2].lan"] {
            assert_eq!(
                refusal(text),
                format!(
                    "{text:?} is neither addresses nor a name: write a name, *.example.com or \
                     addresses"
                )
            );
        }
    }

    /// Ranges among a few hundred addresses around the edge of 127.0.0.0/8.
    fn some_addresses() -> impl Strategy<Value = AddressSet> {
        let range = (0..200_u32, 0..60_u32).prop_map(|(first, length)| {
            let at = |offset| Address::new(Space::V4, u128::from(0x7eff_ff9c + first + offset));
            AddressRange::new(at(0), at(length)).unwrap()
        });
        prop::collection::vec(range, 0..4).prop_map(AddressSet::from_iter)
    }

    fn rules(effect: Effect, set: &AddressSet) -> impl Iterator<Item = Rule> + '_ {
        set.ranges().iter().map(move |range| Rule::new(effect, Subject::Addresses(*range), None))
    }

    proptest! {
        #[test]
        fn a_division_obeys_its_laws_for_every_address(
            requested in some_addresses(),
            excludes in some_addresses(),
            opened in some_addresses(),
            allowed in some_addresses(),
            denied in some_addresses(),
        ) {
            let scope = Scope {
                rules: rules(Effect::Allow, &allowed).chain(rules(Effect::Deny, &denied)).collect(),
                authorisation: None,
            };

            let Division { to_scan, excluded, out_of_scope } =
                scope.divide(&requested, &excludes, &opened);

            let sum = to_scan.count() + excluded.count() + out_of_scope.count();
            prop_assert_eq!(sum, requested.count());
            prop_assert_eq!(to_scan.union(&excluded).union(&out_of_scope), requested.clone());
            for address in requested.iter() {
                let is_loopback = address >= self::address("127.0.0.0");
                let is_ours = allowed.ranges().iter().any(|range| {
                    range.contains(address) && range.first() >= self::address("127.0.0.0")
                });
                let is_excluded = excludes.contains(address) || denied.contains(address);
                let is_covered = allowed.is_empty() || allowed.contains(address);
                let is_open = !is_loopback || opened.contains(address) || is_ours;
                prop_assert_eq!(excluded.contains(address), is_excluded);
                prop_assert_eq!(to_scan.contains(address), !is_excluded && is_covered && is_open);
            }
        }
    }
}
