//! A template: how scans of one kind are made, with parameters for what differs from one to the next.
//!
//! Its text is YAML with the fields of a request for a scan:
//!
//! ```yaml
//! name: Weekly scan of ${site}
//! parameters:
//!   site: {type: string, required: true}
//!   network: {type: targets, default: [192.0.2.0/24]}
//!   rate: {type: integer, default: 500}
//! targets: ${network}
//! profile: quick
//! configuration:
//!   max_rate: ${rate}
//!   max_duration: 2h
//! ```
//!
//! `${name}` stands for a parameter. A text that is nothing else takes the parameter's value with
//! its type; inside a longer text the value is written out. `$${` is a plain `${`. There is no
//! expression language, and what a parameter holds is never read as YAML.

mod parameters;
mod reader;
mod source;

use std::fmt;

use netscan_model::named;
use netscan_model::scan::ModuleChoice;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::submit::Wishes;
use crate::template::source::{Filling, Node, Place};

/// Bytes of a template at most.
pub const LONGEST_TEXT: usize = 64 * 1024;
/// Bytes that all placeholders of a template together may be written out to: more than any list of
/// targets that is worth a template, and little enough for many at a time.
pub const LONGEST_FILLED: usize = 1024 * 1024;
/// Of more mistakes, the first ones show what is wrong.
const MOST_PROBLEMS: usize = 1_000;

/// A template whose every field is known and has the right form, as far as that can be told without
/// its parameters.
#[derive(Clone, Debug)]
pub struct Template {
    /// What differs from one scan to the next, in the order of the text.
    pub parameters: Vec<Parameter>,
    body: Node,
}

/// What differs from one scan to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// What it holds when nothing is given.
    pub default: Option<Value>,
    /// What it is for.
    pub description: String,
    /// Whether something must be given. If neither that nor a default is there, a field that is
    /// nothing but this parameter counts as not written.
    #[serde(rename = "required")]
    pub is_required: bool,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// Targets: a text or a list of texts.
    Targets,
}

named!(ParameterKind, "parameter type", {
    String = "string", Integer = "integer", Boolean = "boolean", Targets = "targets",
});

/// Something wrong with a template, or with what was given for its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateProblem {
    /// The line of the text, from 1; 0 for a parameter that was given and stands in no text.
    pub line: usize,
    /// The column, from 1, in characters; 0 where the line is.
    pub column: usize,
    /// Which field, as a JSON pointer.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, path, message } = self;
        match line {
            0 => write!(out, "{path}: {message}"),
            _ => write!(out, "line {line}, column {column}: {message}"),
        }
    }
}

/// What a template asks for once its parameters are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// What the scan is to be called.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What is noted about it.
    pub notes: Option<String>,
    /// What to scan.
    pub targets: Vec<String>,
    /// What to leave out.
    pub excludes: Vec<String>,
    /// The modules; none are named when the list is empty.
    pub modules: Vec<ModuleChoice>,
    /// nmap's options as someone wrote them: they are still to be held against the policy of
    /// whoever makes the scan.
    pub options: Option<String>,
    /// Whether these options are a profile's, and not somebody's own.
    pub has_profile: bool,
    /// How far what one module finds is taken up by others.
    pub recursion_depth: Option<u32>,
    /// How it is to be run.
    pub wishes: Wishes,
}

/// In which form somebody said beside a template what nmap is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Not at all.
    Nothing,
    /// By a profile and ports.
    Profile,
    /// By nmap's own options.
    Options,
}

impl Filled {
    /// The modules that the scan runs: those that are named, or what the form of the options means.
    /// Whoever writes nmap's own options wants nmap to do all of it; a profile is done in two passes.
    #[must_use]
    pub fn modules_with(&self, said: Said) -> Vec<ModuleChoice> {
        if !self.modules.is_empty() {
            return self.modules.clone();
        }
        let has_own_options = match said {
            Said::Nothing => self.options.is_some() && !self.has_profile,
            Said::Profile => false,
            Said::Options => true,
        };
        if has_own_options { ModuleChoice::nmap_alone() } else { ModuleChoice::two_passes() }
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, in the order of the text. A text that is not YAML has one problem.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateProblem>> {
        let mut problems = Problems::default();
        let root = source::parse(text, &mut problems).map_err(|problem| vec![problem])?;
        let parameters = parameters::declared(&root, &mut problems);
        parameters::check_references(&root, &parameters, &mut problems);
        // What it comes to is known only with the parameters; here its form is looked at.
        reader::read(&root, &mut problems);
        problems.or(Self { parameters, body: root })
    }

    /// What the template asks for with these values for its parameters.
    ///
    /// # Errors
    ///
    /// Values that are missing, unknown or of the wrong type, fields that make no sense with them,
    /// and what would be longer than [`LONGEST_FILLED`].
    pub fn fill(&self, given: &Map<String, Value>) -> Result<Filled, Vec<TemplateProblem>> {
        let mut problems = Problems::default();
        let values = parameters::values(&self.parameters, given, &mut problems);
        let values = problems.or(values)?;
        let body =
            self.body.filled(&mut Filling::with(&values)).map_err(|problem| vec![problem])?;
        let mut problems = Problems::default();
        let filled = reader::read(&body, &mut problems);
        problems.or(filled)
    }
}

/// What is wrong so far.
#[derive(Debug, Default)]
struct Problems(Vec<TemplateProblem>);

impl Problems {
    fn add(&mut self, place: Place, path: &str, message: impl Into<String>) {
        if self.0.len() >= MOST_PROBLEMS {
            return;
        }
        let Place { line, column } = place;
        self.0.push(TemplateProblem { line, column, path: path.into(), message: message.into() });
    }

    /// `value`, if nothing is wrong.
    fn or<T>(mut self, value: T) -> Result<T, Vec<TemplateProblem>> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.0.sort_by_key(|problem| (problem.line, problem.column));
        self.0.dedup();
        Err(self.0)
    }
}

/// The JSON pointer to the field `name` of what `path` points to.
fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroU64};

    use netscan_model::scan::Priority;
    use serde_json::json;

    use super::*;

    fn problems_of(text: &str) -> Vec<String> {
        Template::parse(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    fn filled(text: &str, given: Value) -> Filled {
        let Value::Object(given) = given else { panic!("parameters are an object") };
        Template::parse(text).unwrap().fill(&given).unwrap()
    }

    fn refused(text: &str, given: Value) -> Vec<String> {
        let Value::Object(given) = given else { panic!("parameters are an object") };
        let problems = Template::parse(text).unwrap().fill(&given).unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    }

    const WEEKLY: &str = "\
name: Weekly scan of ${site}
description: \"$${site} is ${site}\"
parameters:
  site: {type: string, required: true, description: Which site}
  network: {type: targets, default: [192.0.2.0/24, 198.51.100.7]}
  rate: {type: integer, default: 500}
  udp: {type: boolean, default: false}
  depth: {type: integer}
targets: ${network}
excludes: [192.0.2.1]
profile: quick
udp: ${udp}
modules:
  - id: nmap
  - {id: whois, enabled: false, config: {deep: true, level: 3, servers: [a, b]}}
configuration:
  max_rate: ${rate}
  max_duration: 2h
  max_results: 10
  priority: HIGH
  recursion_depth: ${depth}
  chunk_size: 8
  concurrency: 2
  host_timeout: 90
  batch_timeout: 1500ms
  attempts: 5
";

    #[test]
    fn a_template_is_filled_with_its_parameters() {
        let filled = filled(WEEKLY, json!({ "site": "Bern", "rate": 77 }));

        let config = json!({ "deep": true, "level": 3, "servers": ["a", "b"] });
        let module = |id: &str, enabled, config: Value| ModuleChoice {
            id: id.into(),
            enabled,
            config: config.as_object().unwrap().clone(),
        };
        let expected = Filled {
            name: Some("Weekly scan of Bern".into()),
            description: Some("${site} is Bern".into()),
            notes: None,
            targets: vec!["192.0.2.0/24".into(), "198.51.100.7".into()],
            excludes: vec!["192.0.2.1".into()],
            modules: vec![module("nmap", true, json!({})), module("whois", false, config)],
            options: Some("-T4 --top-ports=100".into()),
            has_profile: true,
            recursion_depth: None,
            wishes: Wishes {
                batch_size: NonZeroU32::new(8),
                concurrency: NonZeroU32::new(2),
                max_rate: NonZeroU32::new(77),
                host_timeout_ms: NonZeroU64::new(90_000),
                batch_timeout_ms: NonZeroU64::new(1_500),
                attempts: NonZeroU32::new(5),
                priority: Priority::High,
                max_duration_ms: NonZeroU64::new(7_200_000),
                max_results: NonZeroU64::new(10),
            },
        };
        assert_eq!(filled, expected);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let text = "\
nmae: x
targets: [10.0.0.0/33, 10.0.0.1]
options: -sS
profile: slow
configuration:
  max_rate: 0
  priority: ${urgency}
  max_duration: 3 days
";

        assert_eq!(
            problems_of(text),
            [
                "line 1, column 1: there is no field \"nmae\" here; known are name, description, \
                 notes, parameters, targets, excludes, modules, options, profile, ports, \
                 top_ports, udp, configuration",
                "line 2, column 11: \"10.0.0.0/33\" has a mask longer than 32 bits",
                "line 4, column 10: \"slow\" is not a profile; it is one of quick, default, full",
                "line 4, column 10: options say all that profile would; write one of the two",
                "line 6, column 13: write a whole number from 1 to 10000000",
                "line 7, column 13: there is no parameter \"urgency\"",
                "line 8, column 17: write a whole number from 1 and a unit, as in 1500ms, 30s, 5m, \
                 2h or 1d, or seconds (500h at most)",
            ]
        );
    }

    #[test]
    fn what_is_given_must_be_known_and_of_the_right_type() {
        let given = json!({ "rate": "fast", "network": [7], "sites": "Bern" });

        assert_eq!(
            refused(WEEKLY, given),
            [
                "/parameters/sites: there is no parameter \"sites\"",
                "/parameters/site: a value is required",
                "/parameters/network: write targets: a text or a list of texts",
                "/parameters/rate: write a whole number",
            ]
        );
    }

    #[test]
    fn a_value_that_makes_no_sense_is_told_where_it_is_used() {
        let given = json!({ "site": "Bern", "rate": 0, "network": "10.0.0.1/33" });

        assert_eq!(
            refused(WEEKLY, given),
            [
                "line 9, column 10: \"10.0.0.1/33\" has a mask longer than 32 bits",
                "line 17, column 13: write a whole number from 1 to 10000000",
            ]
        );
    }

    #[test]
    fn a_value_is_never_read_as_yaml_or_as_a_placeholder() {
        let text = "parameters: {x: {type: string}}\nname: ${x}\nnotes: a ${x}";

        let filled = filled(text, json!({ "x": "{targets: ${x}}" }));

        assert_eq!(filled.name.as_deref(), Some("{targets: ${x}}"));
        assert_eq!(filled.notes.as_deref(), Some("a {targets: ${x}}"));
        assert!(filled.targets.is_empty());
    }

    #[test]
    fn a_short_template_does_not_become_an_enormous_one() {
        let many = |reference: &str| {
            let head = "parameters: {x: {type: targets}}\nmodules:\n- {id: nmap, config: {a: [";
            Template::parse(&format!("{head}{}]}}}}\n", format!("{reference}, ").repeat(5_000)))
                .unwrap()
        };
        let refusal = |reference: &str, value: Value| {
            let given = json!({ "x": value });
            many(reference).fill(given.as_object().unwrap()).unwrap_err().remove(0).to_string()
        };
        let complaint = "line 3, column";

        for (reference, value) in [
            ("\"${x}\"", json!("a".repeat(1_000))),
            ("\"-${x}\"", json!("a".repeat(1_000))),
            ("\"${x}\"", json!(vec![""; 100])),
            ("\"${x} ${x}\"", json!(vec!["a"; 500])),
        ] {
            let refusal = refusal(reference, value);
            assert!(refusal.starts_with(complaint), "{refusal}");
            assert!(refusal.contains("longer than 1048576 bytes"), "{refusal}");
        }
        let given = json!({ "x": "a" });
        assert!(many("\"${x}\"").fill(given.as_object().unwrap()).is_ok());
    }

    #[test]
    fn of_many_mistakes_the_first_are_told() {
        let lines: Vec<String> = (0..2_000).map(|number| format!("x{number}: 1")).collect();

        assert_eq!(problems_of(&lines.join("\n")).len(), MOST_PROBLEMS);
    }

    #[test]
    fn a_template_asks_for_no_more_than_a_request_may() {
        let refused =
            |field: &str, value: &str| problems_of(&format!("configuration: {{{field}: {value}}}"));

        for (field, most) in [
            ("chunk_size", 65_536),
            ("concurrency", 1_000),
            ("max_rate", 10_000_000),
            ("attempts", 100),
            ("max_results", 1_000_000_000),
        ] {
            let complaint = format!("write a whole number from 1 to {most}");
            assert!(refused(field, &(most + 1).to_string())[0].ends_with(&complaint), "{field}");
        }
        assert!(refused("recursion_depth", "11")[0].ends_with("from 0 to 10"));
        assert!(refused("host_timeout", "501h")[0].ends_with("(500h at most)"));
        assert!(Template::parse("configuration: {attempts: 100, host_timeout: 500h}").is_ok());
    }

    #[test]
    fn parameters_must_be_declared_in_full_and_once() {
        let text = "\
parameters:
  1st: {type: string}
  a: {type: number}
  b: {default: 1}
  c: {type: integer, default: many}
  d: {type: string, required: true, default: x}
  d: {type: string}
name: ${a} and ${
";

        assert_eq!(
            problems_of(text),
            [
                "line 2, column 3: \"1st\" cannot be a parameter's name: write letters, digits and \
                 _, a letter first",
                "line 3, column 13: \"number\" is not a parameter type; it is one of string, integer, \
                 boolean, targets",
                "line 4, column 6: a parameter needs a type: string, integer, boolean, targets",
                "line 5, column 31: write a whole number",
                "line 6, column 31: what has a default is never required; write one of the two",
                "line 7, column 3: \"d\" is written twice",
                "line 8, column 7: \"${\" has no \"}\"; a plain \"${\" is written \"$${\"",
            ]
        );
    }

    #[test]
    fn what_is_not_plain_yaml_is_refused() {
        for (text, complaint) in [
            ("", "line 1, column 1: the template is empty"),
            ("- a", "line 1, column 1: write fields, as in `targets: 10.0.0.0/24`"),
            ("a: &x 1\nb: *x", "line 1, column 4: anchors and aliases have no place in a template"),
            ("name: !!str 1", "line 1, column 7: tags have no place in a template"),
            ("name: a\n---\nname: b", "line 2, column 1: a template is one document"),
        ] {
            assert_eq!(problems_of(text), [complaint], "{text}");
        }
        assert!(problems_of("name: [a").len() == 1);
        let deep = format!("name: {}{}", "[".repeat(100), "]".repeat(100));
        assert!(problems_of(&deep)[0].contains("deep"), "{:?}", problems_of(&deep));
        assert!(problems_of(&"#".repeat(LONGEST_TEXT + 1))[0].contains("65536 bytes"));
    }
}
