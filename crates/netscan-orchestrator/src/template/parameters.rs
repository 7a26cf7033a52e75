//! Parameters: how they are declared, and which values they take.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::template::reader::At;
use crate::template::source::{Content, Field, Node, Place, refuse_doubles};
use crate::template::{Parameter, ParameterKind, Problems, pointer};

/// Characters of a parameter's name at most.
const LONGEST_NAME: usize = 64;

/// The parameters that a template declares.
pub(super) fn declared(root: &Node, problems: &mut Problems) -> Vec<Parameter> {
    let Content::Map(fields) = &root.content else { return Vec::new() };
    let Some(field) = fields.iter().find(|field| field.name == "parameters") else {
        return Vec::new();
    };
    let path = "/parameters";
    let Content::Map(declarations) = &field.value.content else {
        problems.add(field.value.place, path, "write parameters by name, each with its type");
        return Vec::new();
    };
    refuse_doubles(declarations, path, problems);
    declarations.iter().filter_map(|field| declaration(field, problems)).collect()
}

fn declaration(field: &Field, problems: &mut Problems) -> Option<Parameter> {
    let path = pointer("/parameters", &field.name);
    if !is_name(&field.name) {
        let name = &field.name;
        let message = format!(
            "{name:?} cannot be a parameter's name: write letters, digits and _, a letter first"
        );
        problems.add(field.place, &path, message);
        return None;
    }
    let at = At { node: &field.value, path };
    let fields = at.fields(&["type", "default", "description", "required"], problems)?;
    let kind = if let Some(kind) = fields.get("type") {
        kind.name::<ParameterKind>(problems)
    } else {
        let kinds = ParameterKind::NAMES.join(", ");
        at.complain(format!("a parameter needs a type: {kinds}"), problems);
        None
    };
    let default = fields.get("default").and_then(|at| default(&at, kind?, problems));
    let is_required = fields.get("required").and_then(|at| at.boolean(problems)).unwrap_or(false);
    if is_required && let Some(at) = fields.get("required").filter(|_| default.is_some()) {
        at.complain("what has a default is never required; write one of the two", problems);
    }
    let description = fields.get("description").and_then(|at| at.text(problems));
    Some(Parameter {
        name: field.name.clone(),
        // A parameter without a type is a problem already; its name is known all the same.
        kind: kind.unwrap_or(ParameterKind::String),
        default,
        description: description.unwrap_or_default(),
        is_required,
    })
}

fn default(at: &At<'_>, kind: ParameterKind, problems: &mut Problems) -> Option<Value> {
    let Some(value) = kind.taken(&at.json(kind)) else {
        at.complain(kind.advice(), problems);
        return None;
    };
    Some(value)
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// Complains about placeholders of parameters that are not declared.
pub(super) fn check_references(root: &Node, parameters: &[Parameter], problems: &mut Problems) {
    root.each_reference(&mut |name, place| {
        if !parameters.iter().any(|parameter| parameter.name == name) {
            problems.add(place, "", format!("there is no parameter {name:?}"));
        }
    });
}

/// What each parameter holds: what was given, or its default, or nothing.
pub(super) fn values(
    parameters: &[Parameter],
    given: &Map<String, Value>,
    problems: &mut Problems,
) -> HashMap<String, Option<Value>> {
    let mut complain = |name: &str, message: String| {
        problems.add(Place::NOWHERE, &pointer("/parameters", name), message);
    };
    for name in given.keys() {
        if !parameters.iter().any(|parameter| parameter.name == *name) {
            complain(name, format!("there is no parameter {name:?}"));
        }
    }
    let mut values = HashMap::new();
    for Parameter { name, kind, default, is_required, .. } in parameters {
        let value = match given.get(name).filter(|value| !value.is_null()) {
            Some(value) => {
                let taken = kind.taken(value);
                if taken.is_none() {
                    complain(name, kind.advice().to_owned());
                }
                taken
            }
            None if *is_required => {
                complain(name, "a value is required".to_owned());
                None
            }
            None => default.clone(),
        };
        values.insert(name.clone(), value);
    }
    values
}

impl ParameterKind {
    /// The value, if a parameter of this type takes it.
    fn taken(self, value: &Value) -> Option<Value> {
        let is_taken = match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64(),
            Self::Boolean => value.is_boolean(),
            Self::Targets => match value {
                Value::Array(values) => values.iter().all(Value::is_string),
                other => other.is_string(),
            },
        };
        is_taken.then(|| value.clone())
    }

    fn advice(self) -> &'static str {
        match self {
            Self::String => "write a text",
            Self::Integer => "write a whole number",
            Self::Boolean => "write true or false",
            Self::Targets => "write targets: a text or a list of texts",
        }
    }
}
