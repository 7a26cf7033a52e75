//! YAML as a tree in which every value knows where it stands.
//!
//! Only plain data is taken: no anchors, no tags, one document. What a scalar means is decided by
//! whoever reads it.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Value};

use crate::template::{LONGEST_FILLED, LONGEST_TEXT, Problems, TemplateProblem};

/// Lists and maps inside each other at most.
const DEEPEST: usize = 32;
/// What a value counts besides its text: a list of empty texts takes memory too.
const BYTES_OF_A_VALUE: usize = 16;

/// A place in the text, from line 1 and column 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// Where values stand that are in no text.
    pub(super) const NOWHERE: Self = Self { line: 0, column: 0 };
    const START: Self = Self { line: 1, column: 1 };
}

impl From<Marker> for Place {
    fn from(marker: Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A text, or what means something else when nothing is around it, such as `7` or `true`.
    Scalar {
        text: String,
        is_quoted: bool,
    },
    /// A text with placeholders.
    Pattern(Vec<Piece>),
    List(Vec<Node>),
    Map(Vec<Field>),
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) value: Node,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    Parameter(String),
}

/// Reads the one document of `text`. Placeholders that cannot be read are left open and complained
/// about.
///
/// # Errors
///
/// Why it is not YAML of the kind that is taken.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Result<Node, TemplateProblem> {
    if text.len() > LONGEST_TEXT {
        return Err(problem(
            Place::START,
            format!("the template is longer than {LONGEST_TEXT} bytes"),
        ));
    }
    let mut builder = Builder { parser: Parser::new_from_str(text), problems };
    let empty = || problem(Place::START, "the template is empty");
    let root = loop {
        match builder.next()? {
            (Event::StreamEnd, _) => return Err(empty()),
            (Event::StreamStart | Event::DocumentStart(_), _) => {}
            (event, span) => break builder.node(event, span, 0)?,
        }
    };
    if root.is_null() {
        return Err(empty());
    }
    loop {
        match builder.next()? {
            (Event::StreamEnd, _) => return Ok(root),
            (Event::DocumentStart(_), span) => {
                return Err(problem(span.start.into(), "a template is one document"));
            }
            _ => {}
        }
    }
}

fn problem(place: Place, message: impl Into<String>) -> TemplateProblem {
    let Place { line, column } = place;
    TemplateProblem { line, column, path: String::new(), message: message.into() }
}

struct Builder<'a, 'p> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    problems: &'p mut Problems,
}

impl<'a> Builder<'a, '_> {
    fn next(&mut self) -> Result<(Event<'a>, Span), TemplateProblem> {
        let broken = |error: &ScanError| {
            problem((*error.marker()).into(), format!("this is not YAML: {}", error.info()))
        };
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(broken(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(
        &mut self,
        event: Event<'_>,
        span: Span,
        depth: usize,
    ) -> Result<Node, TemplateProblem> {
        let place = Place::from(span.start);
        refuse_extras(&event, place)?;
        if depth > DEEPEST {
            return Err(problem(place, format!("more than {DEEPEST} levels deep")));
        }
        let content = match event {
            Event::Scalar(text, style, ..) => {
                self.scalar(text.into_owned(), style != ScalarStyle::Plain, place)
            }
            Event::SequenceStart(..) => Content::List(self.list(depth)?),
            Event::MappingStart(..) => Content::Map(self.map(depth)?),
            other => return Err(problem(place, format!("this is not YAML: {other:?}"))),
        };
        Ok(Node { place, content })
    }

    /// A scalar, or a pattern if there are placeholders in it.
    fn scalar(&mut self, text: String, is_quoted: bool, place: Place) -> Content {
        if !text.contains("${") {
            return Content::Scalar { text, is_quoted };
        }
        match pieces(&text).as_deref() {
            Some([Piece::Text(text)]) => Content::Scalar { text: text.clone(), is_quoted: true },
            Some(pieces) => Content::Pattern(pieces.to_vec()),
            None => {
                let message = "\"${\" has no \"}\"; a plain \"${\" is written \"$${\"";
                self.problems.add(place, "", message);
                Content::Pattern(Vec::new())
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, TemplateProblem> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, span) => nodes.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Field>, TemplateProblem> {
        let mut fields = Vec::new();
        loop {
            let (name, place) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(fields),
                (Event::Scalar(name, ..), span) => (name.into_owned(), span.start.into()),
                (_, span) => return Err(problem(span.start.into(), "a field's name is a text")),
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            fields.push(Field { name, place, value });
        }
    }
}

/// Anchors let a short text stand for a very long one, and tags make of it what nobody asked for.
fn refuse_extras(event: &Event<'_>, place: Place) -> Result<(), TemplateProblem> {
    let (anchor, tag) = match event {
        Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(anchor, tag)
        | Event::MappingStart(anchor, tag) => (*anchor, tag),
        Event::Alias(_) => (1, &None),
        _ => (0, &None),
    };
    match (anchor, tag) {
        (0, None) => Ok(()),
        (_, Some(_)) => Err(problem(place, "tags have no place in a template")),
        (_, None) => Err(problem(place, "anchors and aliases have no place in a template")),
    }
}

/// The text cut at its placeholders; nothing if one of them has no end.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            plain.push_str(before);
            plain.push_str("${");
            rest = after;
            continue;
        }
        plain.push_str(before);
        let (name, after) = after.split_once('}')?;
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Parameter(name.trim().to_owned()));
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Some(pieces)
}

impl Node {
    /// Whether nothing is there.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, is_quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether what it is depends on parameters.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.content, Content::Pattern(_))
    }

    /// The same with a value for every placeholder.
    ///
    /// # Errors
    ///
    /// Where it becomes longer than a template with its parameters may be.
    pub(super) fn filled(&self, filling: &mut Filling<'_>) -> Result<Self, TemplateProblem> {
        let content = match &self.content {
            scalar @ Content::Scalar { .. } => scalar.clone(),
            Content::List(nodes) => {
                let nodes = nodes.iter().map(|node| node.filled(filling));
                Content::List(nodes.collect::<Result<_, _>>()?)
            }
            Content::Map(fields) => {
                let fields = fields.iter().map(|field| field.filled(filling));
                Content::Map(fields.collect::<Result<_, _>>()?)
            }
            Content::Pattern(pieces) => match pieces.as_slice() {
                [Piece::Parameter(name)] => self.content_of(filling.value(name), filling)?,
                pieces => {
                    let mut text = String::new();
                    for piece in pieces {
                        let piece = piece.written(filling);
                        filling.take(piece.len(), self.place)?;
                        text.push_str(&piece);
                    }
                    Content::Scalar { text, is_quoted: true }
                }
            },
        };
        Ok(Self { place: self.place, content })
    }

    /// A parameter's value, at this place. The only values are those of the four types.
    fn content_of(
        &self,
        value: Option<&Value>,
        filling: &mut Filling<'_>,
    ) -> Result<Content, TemplateProblem> {
        let length = value.and_then(Value::as_str).map_or(0, str::len);
        filling.take(length + BYTES_OF_A_VALUE, self.place)?;
        Ok(match value {
            Some(Value::String(text)) => Content::Scalar { text: text.clone(), is_quoted: true },
            Some(Value::Array(values)) => {
                let node = |value| {
                    let content = self.content_of(Some(value), filling)?;
                    Ok(Self { place: self.place, content })
                };
                Content::List(values.iter().map(node).collect::<Result<_, _>>()?)
            }
            Some(value) => Content::Scalar { text: value.to_string(), is_quoted: false },
            None => Content::Scalar { text: String::new(), is_quoted: false },
        })
    }

    /// Its value as JSON. What depends on parameters is null.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            _ if self.is_null() => Value::Null,
            Content::Pattern(_) => Value::Null,
            Content::Scalar { text, is_quoted: true } => Value::String(text.clone()),
            Content::Scalar { text, .. } => plain(text),
            Content::List(nodes) => nodes.iter().map(Self::to_json).collect(),
            Content::Map(fields) => Value::Object(object(fields)),
        }
    }

    /// Tells of every placeholder below it: which parameter, and where.
    pub(super) fn each_reference(&self, tell: &mut impl FnMut(&str, Place)) {
        match &self.content {
            Content::Scalar { .. } => {}
            Content::Pattern(pieces) => {
                for piece in pieces {
                    if let Piece::Parameter(name) = piece {
                        tell(name, self.place);
                    }
                }
            }
            Content::List(nodes) => {
                for node in nodes {
                    node.each_reference(tell);
                }
            }
            Content::Map(fields) => {
                for field in fields {
                    field.value.each_reference(tell);
                }
            }
        }
    }
}

impl Field {
    fn filled(&self, filling: &mut Filling<'_>) -> Result<Self, TemplateProblem> {
        let value = self.value.filled(filling)?;
        Ok(Self { name: self.name.clone(), place: self.place, value })
    }
}

/// The values of the parameters, and how much may still be written of them: many placeholders for
/// one long value would make of a short template one that fills the memory.
pub(super) struct Filling<'v> {
    values: &'v HashMap<String, Option<Value>>,
    left: usize,
}

impl<'v> Filling<'v> {
    pub(super) fn with(values: &'v HashMap<String, Option<Value>>) -> Self {
        Self { values, left: LONGEST_FILLED }
    }

    fn value(&self, name: &str) -> Option<&'v Value> {
        self.values.get(name).and_then(Option::as_ref)
    }

    /// Counts `bytes` that are written at `place`.
    fn take(&mut self, bytes: usize, place: Place) -> Result<(), TemplateProblem> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| {
            let message = format!(
                "the parameters make the template longer than {LONGEST_FILLED} bytes: give \
                 shorter values, or use them less often"
            );
            problem(place, message)
        })?;
        Ok(())
    }
}

impl Piece {
    fn written(&self, filling: &Filling<'_>) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parameter(name) => filling.value(name).map(written).unwrap_or_default(),
        }
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(written).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The fields as a JSON object.
pub(super) fn object(fields: &[Field]) -> Map<String, Value> {
    fields.iter().map(|field| (field.name.clone(), field.value.to_json())).collect()
}

/// What an unquoted scalar means: yes or no, a number, or else a text.
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) if number.is_finite() => number.into(),
            _ => text.into(),
        },
    }
}

/// Complains about fields that are written twice.
pub(super) fn refuse_doubles(fields: &[Field], path: &str, problems: &mut Problems) {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].iter().any(|earlier| earlier.name == field.name) {
            let message = format!("{:?} is written twice", field.name);
            problems.add(field.place, &super::pointer(path, &field.name), message);
        }
    }
}
