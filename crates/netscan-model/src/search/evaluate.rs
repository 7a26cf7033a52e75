//! Whether a host is what a query looks for.

use jiff::{SignedDuration, Timestamp};

use super::expression::{Expression, How, NumberTest, Subject, Term, TextTest, TimeTest};
use super::field::{NumberField, TextField, TimeField};
use super::pattern::{Border, Pattern, folded};
use crate::observation::{
    ExtraPorts, ExtraReason, Host, OsMatch, Port, PortState, Script, ScriptNode, ScriptValue,
    Service,
};

/// A host, and what is known of it besides what one scan saw.
#[derive(Clone, Copy, Debug)]
pub struct HostView<'a> {
    /// What a scan saw.
    pub host: &'a Host,
    /// The tags of the targets that it belongs to.
    pub tags: &'a [String],
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// The number of the scan that saw it.
    pub scan: Option<u64>,
    /// What time it is, for ages.
    pub now: Timestamp,
}

impl<'a> HostView<'a> {
    /// What one scan saw, and nothing more is known.
    #[must_use]
    pub fn of(host: &'a Host, now: Timestamp) -> Self {
        Self { host, tags: &[], first_seen: None, last_seen: None, scan: None, now }
    }

    pub(super) fn fits(&self, expression: &Expression) -> bool {
        match expression {
            Expression::All(parts) => self.fits_all(parts),
            Expression::Any(arms) => arms.iter().any(|arm| self.fits(arm)),
            Expression::Not(inner) => !self.fits(inner),
            Expression::Term(_) => self.fits_all(std::slice::from_ref(expression)),
        }
    }

    /// Whether all of these hold, and those that are about a port of one and the same.
    fn fits_all(&self, parts: &[Expression]) -> bool {
        let mut of_a_port = Vec::new();
        for part in parts {
            let holds = match part {
                Expression::Term(term) if term.subject() == Subject::Host => self.has(term),
                Expression::Term(term) => {
                    if term.subject() == Subject::Port || !self.has(term) {
                        of_a_port.push(term);
                    }
                    true
                }
                other => self.fits(other),
            };
            if !holds {
                return false;
            }
        }
        of_a_port.is_empty() || self.has_port(&of_a_port)
    }

    /// Whether the term holds of the host as a whole, whatever its ports are.
    #[must_use]
    pub fn has(&self, term: &Term) -> bool {
        match term {
            Term::Words(test) => self.said(test),
            Term::Text(field, test) => self.has_text(*field, test),
            Term::Output { script, says } => has_said(&self.host.scripts, script, says),
            Term::Number(NumberField::Ports, test) => {
                u64::try_from(self.host.open_ports()).is_ok_and(|count| test.fits(count))
            }
            Term::Number(NumberField::Scan, test) => self.scan.is_some_and(|scan| test.fits(scan)),
            Term::Time(TimeField::Seen, test) => test.fits(self.last_seen, self.now),
            Term::Time(TimeField::First, test) => test.fits(self.first_seen, self.now),
            Term::Net(addresses) => {
                // A network that is written without a zone is meant in every zone.
                let address = self.host.address;
                addresses.contains(address) || addresses.contains(address.with_zone(None))
            }
            Term::Number(NumberField::Port, _) | Term::Protocol(_) | Term::State(_) => false,
        }
    }

    fn has_text(&self, field: TextField, test: &TextTest) -> bool {
        let host = self.host;
        let is = |text: &str| test.fits(text, Border::Blank);
        match field {
            TextField::Host => host.hostnames.iter().any(|hostname| is(&hostname.name)),
            TextField::Os => {
                host.os.iter().any(|os| any_text_of_os(os, &is)) || self.names_its_os(&is)
            }
            TextField::Mac => host.mac.as_deref().is_some_and(is),
            TextField::Vendor => host.vendor.as_deref().is_some_and(is),
            TextField::Suspect => host.details.suspect.as_deref().is_some_and(is),
            TextField::Tag => self.tags.iter().any(|tag| is(tag)),
            TextField::Cpe => host.os.iter().any(|os| {
                let of_classes = os.classes.iter().flat_map(|class| &class.cpe);
                os.cpe.iter().chain(of_classes).any(|cpe| is(cpe))
            }),
            TextField::Script => host.scripts.iter().any(|script| is(&script.id)),
            TextField::Cve => host.scripts.iter().any(|script| tells_of_cve(script, test)),
            TextField::Service
            | TextField::Product
            | TextField::Version
            | TextField::Reason
            | TextField::Title => false,
        }
    }

    /// Whether a service on an open port says that it runs on such a system.
    fn names_its_os(&self, is: &impl Fn(&str) -> bool) -> bool {
        let mut services = self.open_ports().filter_map(|port| port.service.as_ref());
        services.any(|service| service.os_type.as_deref().is_some_and(is))
    }

    fn open_ports(&self) -> impl Iterator<Item = &'a Port> {
        self.host.ports.iter().filter(|port| port.state == PortState::Open)
    }

    /// Whether the words are in anything that it said.
    fn said(&self, test: &TextTest) -> bool {
        let is = |text: &str| test.fits(text, Border::Word);
        let in_output = |scripts: &[Script]| scripts.iter().any(|script| is(&script.output));
        let in_service = |service: &Service| {
            let Service { product, version, extra_info, .. } = service;
            is(&service.name)
                || [product, version, extra_info].into_iter().flatten().any(|text| is(text))
        };
        self.host.hostnames.iter().any(|hostname| is(&hostname.name))
            || self.host.os.iter().any(|os| is(&os.name))
            || in_output(&self.host.scripts)
            || self.open_ports().any(|port| {
                port.service.as_ref().is_some_and(in_service) || in_output(&port.scripts)
            })
    }

    /// Whether all of these hold of one port, which is open unless a state is asked for.
    fn has_port(&self, terms: &[&Term]) -> bool {
        let asks_for_state = terms.iter().any(|term| matches!(term, Term::State(_)));
        let is_it = |port: &Port| {
            (asks_for_state || port.state == PortState::Open)
                && terms.iter().all(|term| term.is_of(port))
        };
        self.host.ports.iter().any(is_it)
            || (asks_for_state && self.host.extra_ports.iter().any(|extra| is_among(extra, terms)))
    }
}

impl Term {
    /// Whether it holds of the port.
    #[must_use]
    pub fn is_of(&self, port: &Port) -> bool {
        match self {
            Self::Number(NumberField::Port, test) => test.fits(port.port.into()),
            Self::Protocol(some) => some.contains(&port.protocol),
            Self::State(some) => some.contains(&port.state),
            Self::Text(field, test) => has_text(port, *field, test),
            Self::Output { script, says } => has_said(&port.scripts, script, says),
            Self::Words(_) | Self::Number(..) | Self::Time(..) | Self::Net(_) => false,
        }
    }
}

fn has_text(port: &Port, field: TextField, test: &TextTest) -> bool {
    let is = |text: &str| test.fits(text, Border::Blank);
    let service = port.service.as_ref();
    let is_some = |text: Option<&String>| text.is_some_and(|text| is(text));
    match field {
        TextField::Service => service.is_some_and(|service| is(&service.name)),
        TextField::Product => is_some(service.and_then(|service| service.product.as_ref())),
        TextField::Version => is_some(service.and_then(|service| service.version.as_ref())),
        TextField::Cpe => service.is_some_and(|service| service.cpe.iter().any(|cpe| is(cpe))),
        TextField::Reason => is(&port.reason),
        TextField::Title => port.scripts.iter().filter_map(title_of).any(is),
        TextField::Script => port.scripts.iter().any(|script| is(&script.id)),
        TextField::Cve => port.scripts.iter().any(|script| tells_of_cve(script, test)),
        TextField::Host
        | TextField::Os
        | TextField::Mac
        | TextField::Vendor
        | TextField::Suspect
        | TextField::Tag => false,
    }
}

/// Whether all of these hold of one of the ports that were only counted.
#[must_use]
pub fn is_among(extra: &ExtraPorts, terms: &[&Term]) -> bool {
    let is_state = |term: &&&Term| matches!(term, Term::State(_));
    let has_state = |term: &&Term| matches!(term, Term::State(some) if some.contains(&extra.state));
    if extra.count == 0 || !terms.iter().filter(is_state).all(has_state) {
        return false;
    }
    let rest: Vec<&Term> = terms.iter().filter(|term| !is_state(term)).copied().collect();
    rest.is_empty() || extra.reasons.iter().any(|reason| is_counted_under(reason, &rest))
}

fn is_counted_under(reason: &ExtraReason, terms: &[&Term]) -> bool {
    let mut numbers = Vec::new();
    for term in terms {
        let holds = match term {
            Term::Number(NumberField::Port, test) => {
                numbers.push(test);
                true
            }
            Term::Protocol(some) => reason.protocol.is_some_and(|it| some.contains(&it)),
            Term::Text(TextField::Reason, test) => test.fits(&reason.reason, Border::Blank),
            _ => false,
        };
        if !holds {
            return false;
        }
    }
    let is_it = |port: u16| numbers.iter().all(|test| test.fits(port.into()));
    numbers.is_empty() || ranges(reason).any(|(first, last)| (first..=last).any(is_it))
}

/// The ports that were only counted, as nmap lists them.
fn ranges(reason: &ExtraReason) -> impl Iterator<Item = (u16, u16)> {
    reason.ports.as_deref().unwrap_or_default().split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.parse().ok()?, last.parse().ok()?))
    })
}

/// Whether a script with such a name said that.
fn has_said(scripts: &[Script], name: &Pattern, says: &TextTest) -> bool {
    scripts.iter().any(|script| {
        name.is_in(&folded(&script.id), Border::End) && says.fits(&script.output, Border::Blank)
    })
}

fn any_text_of_os(os: &OsMatch, is: &impl Fn(&str) -> bool) -> bool {
    is(&os.name)
        || os.classes.iter().any(|class| {
            is(&class.family) || is(&class.vendor) || class.device_type.as_deref().is_some_and(is)
        })
}

/// The title of a page, if the script looked for one.
#[must_use]
pub fn title_of(script: &Script) -> Option<&str> {
    if script.id != "http-title" {
        return None;
    }
    let title = script.data.iter().find(|node| node.key.as_deref() == Some("title"));
    match title.map(|node| &node.value) {
        Some(ScriptValue::Text(title)) => Some(title),
        Some(ScriptValue::Table(_)) | None => Some(&script.output),
    }
}

/// Whether a CVE id that fits is in what the script said.
fn tells_of_cve(script: &Script, test: &TextTest) -> bool {
    let is = |text: &str| cves(&folded(text)).any(|id| test.fits(id, Border::End));
    is(&script.output) || any_text_of(&script.data, &is)
}

/// The CVE ids in these, in lower case, each once.
#[must_use]
pub fn cves_of(nodes: &[ScriptNode]) -> Vec<String> {
    let found = std::cell::RefCell::new(std::collections::BTreeSet::new());
    any_text_of(nodes, &|text| {
        found.borrow_mut().extend(cves(&folded(text)).map(str::to_owned));
        false
    });
    found.into_inner().into_iter().collect()
}

/// Whether a key or a text in these holds.
fn any_text_of(nodes: &[ScriptNode], holds: &dyn Fn(&str) -> bool) -> bool {
    nodes.iter().any(|node| {
        let below = match &node.value {
            ScriptValue::Text(text) => holds(text),
            ScriptValue::Table(nodes) => any_text_of(nodes, holds),
        };
        below || node.key.as_deref().is_some_and(holds)
    })
}

/// The CVE ids in a text of lower case, such as `cve-2021-44228`.
fn cves(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("cve-").filter_map(|(at, _)| {
        let id = &text[at..];
        let digits = |from: usize| id[from..].bytes().take_while(u8::is_ascii_digit).count();
        let is_year = digits(4) == 4 && id[8..].starts_with('-');
        let length = if is_year { digits(9) } else { 0 };
        (length >= 4).then(|| &id[..9 + length])
    })
}

impl TextTest {
    /// Whether a text is like that, where whole words have such borders. No text is like nothing.
    pub(super) fn fits(&self, text: &str, whole: Border) -> bool {
        let border = match self.how {
            How::Whole => whole,
            How::Part => Border::Nowhere,
        };
        let text = folded(text);
        !text.is_empty() && self.any_of.iter().any(|pattern| pattern.is_in(&text, border))
    }
}

impl NumberTest {
    /// Whether the number is like that.
    #[must_use]
    pub fn fits(&self, number: u64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(ranges) => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&number))
            }
            Self::Compare(comparison, other) => comparison.holds(&number, other),
        }
    }
}

impl TimeTest {
    /// Whether the moment, if it is known, is like that at this time.
    #[must_use]
    pub fn fits(self, moment: Option<Timestamp>, now: Timestamp) -> bool {
        moment.is_some_and(|moment| match self {
            Self::Any => true,
            Self::Age(comparison, seconds) => {
                let age = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                comparison.holds(&now.duration_since(moment), &age)
            }
            Self::Moment(comparison, other) => comparison.holds(&moment, &other),
        })
    }
}
