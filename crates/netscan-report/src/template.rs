//! Reports by a template of one's own, in the language of Jinja.
//!
//! A template is given what the report of this crate is made of ([`ReportWriter::begin_material`]), and
//! nothing else: it reads no file, knows no time, and ends. What it writes is harmless to look at
//! whatever the hosts say, and what becomes HTML or XML is escaped.
//!
//! [`ReportWriter::begin_material`]: crate::ReportWriter::begin_material

pub(crate) mod material;

use std::io::{self, Read, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::{
    Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use crate::markdown;
use crate::sanitise::{is_treacherous, sanitise_lines};

/// Steps that a template may take: some seconds, and far more than a report of as many hosts as a
/// template is given needs.
const FUEL: u64 = 100_000_000;

/// A template that can be read.
#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    name: String,
}

/// Why there is no report by a template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template asks for what cannot be.
    #[error("{name}, line {line}: {problem}")]
    Mistake {
        /// The name of its file.
        name: String,
        /// Where it is.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It is not told what the report is made of.
    #[error("cannot read what the report is made of")]
    Material(#[source] serde_json::Error),
    /// The report cannot be written.
    #[error("cannot write the report")]
    Write(#[source] io::Error),
}

impl Template {
    /// The template `source` of a file that is called `name`. The ending of the name tells what it
    /// makes: in `.html`, `.htm` and `.xml`, also before `.j2` or `.jinja`, all that is put in is escaped.
    ///
    /// # Errors
    ///
    /// [`TemplateError::Mistake`] when it cannot be read.
    pub fn read(name: &str, source: String) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        // So that a mistake says which name it is about.
        environment.set_debug(true);
        environment.set_syntax(syntax());
        environment.set_formatter(write_harmless);
        environment.add_filter("md", |text: &str| markdown::escape(text));
        environment
            .add_template_owned(name.to_owned(), source)
            .map_err(|error| mistake(name, &error))?;
        Ok(Self { environment, name: name.to_owned() })
    }

    /// Writes the report to `out`; `material` is what [`begin_material`] wrote.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when the template asks for what is not there or never comes to its end, and when
    /// either side fails.
    ///
    /// [`begin_material`]: crate::ReportWriter::begin_material
    pub fn render(&self, material: impl Read, mut out: impl Write) -> Result<(), TemplateError> {
        let material: Value = serde_json::from_reader(material).map_err(TemplateError::Material)?;
        let mistake = |error: &Error| mistake(&self.name, error);
        let template =
            self.environment.get_template(&self.name).map_err(|error| mistake(&error))?;
        template
            .render_captured_to(material, &mut out)
            .map_err(|error| of_writing(&error, mistake))?;
        out.flush().map_err(TemplateError::Write)
    }
}

/// The usual marks; a line with nothing but a block on it leaves no line behind.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    syntax.build().expect("the usual marks differ from one another")
}

/// A failure to write, told from a mistake in the template.
fn of_writing(error: &Error, mistake: impl Fn(&Error) -> TemplateError) -> TemplateError {
    let written = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    match written.map(io::Error::kind) {
        Some(kind) => TemplateError::Write(kind.into()),
        None => mistake(error),
    }
}

/// Writes `value` as the template's kind wants it, with all visible that a screen would obey.
fn write_harmless(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        // Undefined is a mistake, and told as such; nothing known is written as nothing.
        let nothing = Value::from("");
        return escape_formatter(out, state, if value.is_none() { &nothing } else { value });
    }
    let text = value.to_string();
    if !text.contains(is_treacherous) {
        return escape_formatter(out, state, value);
    }
    let harmless = sanitise_lines(&text).into_owned();
    let harmless =
        if value.is_safe() { Value::from_safe_string(harmless) } else { Value::from(harmless) };
    escape_formatter(out, state, &harmless)
}

/// What is wrong, in one sentence with the place.
fn mistake(name: &str, error: &Error) -> TemplateError {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let problem = match error.kind() {
        ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps"),
        kind => format!("{kind}{detail}"),
    };
    let line = error.line().unwrap_or(1);
    let problem = sanitise_lines(&problem).replace('\n', " ");
    TemplateError::Mistake { name: name.to_owned(), line, problem }
}
