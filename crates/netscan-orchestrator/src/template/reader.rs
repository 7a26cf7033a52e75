//! From a tree to what a template asks for: every field is known, and of the right form.
//!
//! What depends on parameters is passed over as if it were right, so that the form of a template
//! can be looked at before it is filled.

use std::num::{NonZeroU32, NonZeroU64};
use std::str::FromStr;

use netscan_model::scan::{
    MOST_ATTEMPTS, MOST_BATCH_SIZE, MOST_CONCURRENCY, MOST_DEPTH, MOST_RATE, MOST_RESULTS,
    ModuleChoice,
};
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::Profile;
use serde_json::Value;

use crate::submit::Wishes;
use crate::template::source::{Content, Field, Node, object, refuse_doubles};
use crate::template::{Filled, ParameterKind, Problems, pointer};

const FIELDS: &[&str] = &[
    "name",
    "description",
    "notes",
    "parameters",
    "targets",
    "excludes",
    "modules",
    "options",
    "profile",
    "ports",
    "top_ports",
    "udp",
    "configuration",
];
const CONFIGURATION: &[&str] = &[
    "max_duration",
    "max_results",
    "max_rate",
    "priority",
    "recursion_depth",
    "chunk_size",
    "concurrency",
    "host_timeout",
    "batch_timeout",
    "attempts",
];
/// The longest time that can be written: nmap knows none beyond 500 hours.
const LONGEST_MS: u64 = 500 * 3_600_000;

/// What the template with this root asks for.
pub(super) fn read(root: &Node, problems: &mut Problems) -> Filled {
    let root = At { node: root, path: String::new() };
    let Some(fields) = root.fields(FIELDS, problems) else { return Filled::default() };
    let mut filled = Filled {
        name: fields.get("name").and_then(|at| at.text(problems)),
        description: fields.get("description").and_then(|at| at.text(problems)),
        notes: fields.get("notes").and_then(|at| at.text(problems)),
        targets: fields.get("targets").map(|at| at.targets(problems)).unwrap_or_default(),
        excludes: fields.get("excludes").map(|at| at.targets(problems)).unwrap_or_default(),
        modules: fields.get("modules").map(|at| modules(&at, problems)).unwrap_or_default(),
        options: options(&fields, problems),
        has_profile: fields.get("options").is_none(),
        ..Filled::default()
    };
    if let Some(at) = fields.get("configuration") {
        configure(&mut filled, &at, problems);
    }
    filled
}

fn configure(filled: &mut Filled, at: &At<'_>, problems: &mut Problems) {
    let Some(fields) = at.fields(CONFIGURATION, problems) else { return };
    let number = |name, least, most, problems: &mut Problems| {
        let number = fields.get(name).and_then(|at| at.whole(least..=most, problems))?;
        u32::try_from(number).ok()
    };
    filled.recursion_depth = number("recursion_depth", 0, MOST_DEPTH, problems);
    let count = |name, most, problems: &mut Problems| {
        number(name, 1, most, problems).and_then(NonZeroU32::new)
    };
    let time = |name, problems: &mut Problems| fields.get(name).and_then(|at| at.time(problems));
    filled.wishes = Wishes {
        batch_size: count("chunk_size", MOST_BATCH_SIZE, problems),
        concurrency: count("concurrency", MOST_CONCURRENCY, problems),
        max_rate: count("max_rate", MOST_RATE, problems),
        host_timeout_ms: time("host_timeout", problems),
        batch_timeout_ms: time("batch_timeout", problems),
        attempts: count("attempts", MOST_ATTEMPTS, problems),
        priority: fields.get("priority").and_then(|at| at.name(problems)).unwrap_or_default(),
        max_duration_ms: time("max_duration", problems),
        max_results: fields
            .get("max_results")
            .and_then(|at| at.whole(1..=MOST_RESULTS, problems))
            .and_then(NonZeroU64::new),
    };
}

/// nmap's options: as they are written, or as a profile and ports come to them.
fn options(fields: &Fields<'_>, problems: &mut Problems) -> Option<String> {
    let profile = fields.get("profile");
    let (ports, top_ports, udp) = (fields.get("ports"), fields.get("top_ports"), fields.get("udp"));
    let name = profile.as_ref().and_then(|at| at.name::<Profile>(problems));
    let text = ports.as_ref().and_then(|at| at.text(problems));
    let most = top_ports.as_ref().and_then(|at| at.whole(1..=u16::MAX, problems));
    let with_udp = udp.as_ref().and_then(|at| at.boolean(problems)).unwrap_or(false);
    let others = [("profile", profile), ("ports", ports), ("top_ports", top_ports), ("udp", udp)];
    if let Some(at) = fields.get("options") {
        for (name, other) in others {
            let message = format!("options say all that {name} would; write one of the two");
            if let Some(other) = other {
                other.complain(message, problems);
            }
        }
        return at.text(problems);
    }
    let (_, first) = others.into_iter().find(|(_, at)| at.is_some())?;
    match name.unwrap_or_default().options_with(text.as_deref(), most, with_udp) {
        Ok(options) => Some(options.canonical()),
        Err(error) => {
            let at = fields.get("ports").or(first)?;
            at.complain(error.to_string(), problems);
            None
        }
    }
}

fn modules(at: &At<'_>, problems: &mut Problems) -> Vec<ModuleChoice> {
    at.items(problems).iter().filter_map(|at| module(at, problems)).collect()
}

fn module(at: &At<'_>, problems: &mut Problems) -> Option<ModuleChoice> {
    let fields = at.fields(&["id", "enabled", "config"], problems)?;
    let Some(id) = fields.get("id") else {
        at.complain("a module needs an id, such as nmap", problems);
        return None;
    };
    let config = fields.get("config").map(|at| {
        if let Content::Map(fields) = &at.node.content {
            return object(fields);
        }
        at.unless_open("write the module's settings by name", problems);
        serde_json::Map::new()
    });
    Some(ModuleChoice {
        id: id.text(problems)?,
        enabled: fields.get("enabled").and_then(|at| at.boolean(problems)).unwrap_or(true),
        config: config.unwrap_or_default(),
    })
}

/// A value, and the way to it.
pub(super) struct At<'n> {
    pub(super) node: &'n Node,
    pub(super) path: String,
}

/// The fields of a map.
pub(super) struct Fields<'n> {
    fields: &'n [Field],
    path: String,
}

impl<'n> Fields<'n> {
    /// The field of that name, if something is written there.
    pub(super) fn get(&self, name: &str) -> Option<At<'n>> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        let at = At { node: &field.value, path: pointer(&self.path, name) };
        (!at.node.is_null()).then_some(at)
    }
}

impl<'n> At<'n> {
    pub(super) fn complain(&self, message: impl Into<String>, problems: &mut Problems) {
        problems.add(self.node.place, &self.path, message);
    }

    /// Complains, unless what is there depends on parameters that are not known yet.
    fn unless_open(&self, message: impl Into<String>, problems: &mut Problems) {
        if !self.node.is_open() {
            self.complain(message, problems);
        }
    }

    /// Its fields, of which only `known` ones may be there.
    pub(super) fn fields(&self, known: &[&str], problems: &mut Problems) -> Option<Fields<'n>> {
        let Content::Map(fields) = &self.node.content else {
            let message = match self.path.as_str() {
                "" => "write fields, as in `targets: 10.0.0.0/24`".to_owned(),
                _ => format!("write fields here: {}", known.join(", ")),
            };
            self.complain(message, problems);
            return None;
        };
        refuse_doubles(fields, &self.path, problems);
        for Field { name, place, .. } in fields {
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                let message = format!("there is no field {name:?} here; known are {known}");
                problems.add(*place, &pointer(&self.path, name), message);
            }
        }
        Some(Fields { fields, path: self.path.clone() })
    }

    /// The items of a list.
    fn items(&self, problems: &mut Problems) -> Vec<Self> {
        let Content::List(nodes) = &self.node.content else {
            self.unless_open("write a list", problems);
            return Vec::new();
        };
        let item = |(index, node)| At { node, path: format!("{}/{index}", self.path) };
        let is_there = |(_, node): &(usize, &Node)| !node.is_null();
        nodes.iter().enumerate().filter(is_there).map(item).collect()
    }

    pub(super) fn text(&self, problems: &mut Problems) -> Option<String> {
        let Content::Scalar { text, .. } = &self.node.content else {
            self.unless_open("write a text", problems);
            return None;
        };
        Some(text.clone())
    }

    /// Targets: one text or a list of them. What cannot be read is complained about.
    fn targets(&self, problems: &mut Problems) -> Vec<String> {
        let texts = match &self.node.content {
            Content::List(_) => {
                let items = self.items(problems);
                items.iter().filter_map(|at| Some((at.text(problems)?, at.place()))).collect()
            }
            _ => self.text(problems).map(|text| vec![(text, self.place())]).unwrap_or_default(),
        };
        for (text, (place, path)) in &texts {
            for rejected in TargetList::parse(text).rejected {
                let message = format!("{:?} {}", rejected.text, rejected.reason);
                problems.add(*place, path, message);
            }
        }
        texts.into_iter().map(|(text, _)| text).collect()
    }

    fn place(&self) -> (crate::template::source::Place, String) {
        (self.node.place, self.path.clone())
    }

    pub(super) fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        let value = self.node.to_json().as_bool();
        if value.is_none() {
            self.unless_open("write true or false", problems);
        }
        value
    }

    /// A whole number in `range`.
    fn whole<T: TryFrom<u64> + Into<u64> + Copy>(
        &self,
        range: std::ops::RangeInclusive<T>,
        problems: &mut Problems,
    ) -> Option<T> {
        let (least, most) = ((*range.start()).into(), (*range.end()).into());
        let number = self.node.to_json().as_u64().filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.unless_open(format!("write a whole number from {least} to {most}"), problems);
        }
        T::try_from(number?).ok()
    }

    /// One of the names of an enumeration.
    pub(super) fn name<T: FromStr<Err: std::fmt::Display>>(
        &self,
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(problems)?;
        text.parse().map_err(|error: T::Err| self.complain(error.to_string(), problems)).ok()
    }

    /// A length of time in milliseconds: with a unit, or in seconds.
    fn time(&self, problems: &mut Problems) -> Option<NonZeroU64> {
        let text = self.text(problems)?;
        let time = milliseconds(&text);
        if time.is_none() {
            let message = "write a whole number from 1 and a unit, as in 1500ms, 30s, 5m, 2h or 1d, \
                           or seconds (500h at most)";
            self.complain(message, problems);
        }
        time
    }

    /// Its value as a parameter of `kind` takes it: a number where a text is wanted is one.
    pub(super) fn json(&self, kind: ParameterKind) -> Value {
        match (kind, &self.node.content) {
            (ParameterKind::String | ParameterKind::Targets, Content::Scalar { text, .. }) => {
                Value::String(text.clone())
            }
            (ParameterKind::Targets, Content::List(nodes)) => {
                let json = |node| At { node, path: String::new() }.json(ParameterKind::String);
                nodes.iter().map(json).collect()
            }
            _ => self.node.to_json(),
        }
    }
}

fn milliseconds(text: &str) -> Option<NonZeroU64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let product = number.parse::<u64>().ok()?.checked_mul(unit)?;
    NonZeroU64::new(product).filter(|product| product.get() <= LONGEST_MS)
}
