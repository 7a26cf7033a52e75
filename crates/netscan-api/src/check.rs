//! What a request must be beyond what its types say, and what is told when it is not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::Rule;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Where it is, as a JSON pointer (RFC 6901); empty for the request as a whole.
    #[schema(examples("/targets/0"))]
    pub field: String,
    /// What is wrong with it, and what to write instead.
    #[schema(examples("\"10.0.0.0/33\" has a mask longer than 32 bits"))]
    pub message: String,
}

impl FieldProblem {
    /// `message` about the field at the pointer `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A request that can be checked.
pub trait Check {
    /// Writes down everything that is wrong with it.
    fn examine(&self, findings: &mut Findings);

    /// Whether it can be acted upon.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order of its fields.
    fn check(&self) -> Result<(), Vec<FieldProblem>> {
        let mut findings = Findings::default();
        self.examine(&mut findings);
        if findings.0.is_empty() { Ok(()) } else { Err(findings.0) }
    }
}

/// What is wrong with a request, found so far. Fields are named by their JSON pointers.
#[derive(Debug, Default)]
pub struct Findings(Vec<FieldProblem>);

/// More is not told of one list: the first ones show what is wrong.
const MOST_OF_A_LIST: usize = 100;

impl Findings {
    /// Adds `message` about `field`.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem::new(field, message));
    }

    /// Adds `message` about `field` if `is_wrong`.
    pub fn add_if(&mut self, is_wrong: bool, field: &str, message: &str) {
        if is_wrong {
            self.add(field, message);
        }
    }

    /// Holds `text` against the rule `R`.
    pub fn text<R: Rule>(&mut self, field: &str, text: &str) {
        if let Some(objection) = R::objection(text) {
            self.add(field, objection);
        }
    }

    /// Holds `text`, if there is one, against the rule `R`.
    pub fn some_text<R: Rule>(&mut self, field: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text::<R>(field, text);
        }
    }

    /// Holds each of `texts` against the rule `R`, and their number against `most`.
    pub fn texts<R: Rule>(&mut self, field: &str, texts: &[String], most: usize) {
        self.count(field, texts.len(), most);
        let objections = texts.iter().enumerate().filter_map(|(place, text)| {
            Some(FieldProblem::new(format!("{field}/{place}"), R::objection(text)?))
        });
        self.0.extend(objections.take(MOST_OF_A_LIST));
    }

    /// Holds the number of entries of a list against `most`.
    pub fn count(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            self.add(field, format!("has {count} entries, more than the {most} that it may have"));
        }
    }

    /// Holds a number against `most`.
    pub fn at_most(&mut self, field: &str, number: Option<u64>, most: u64) {
        if number.is_some_and(|number| number > most) {
            self.add(field, format!("must be {most} at most"));
        }
    }

    /// Two spellings of one thing may not both be there.
    pub fn one_of(&mut self, fields: [&str; 2], are_there: [bool; 2]) {
        if are_there == [true, true] {
            let other = fields[0].rsplit('/').next().unwrap_or_default();
            self.add(fields[1], format!("says the same as {other}: write one of the two"));
        }
    }
}

/// One step of a JSON pointer.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Name, TargetText};

    #[test]
    fn a_problem_names_the_entry_of_the_list() {
        let mut findings = Findings::default();

        findings.texts::<TargetText>("/targets", &["a.lan".to_owned(), String::new()], 10);

        assert_eq!(findings.0, [FieldProblem::new("/targets/1", "must have 1 character at least")]);
    }

    #[test]
    fn a_list_of_a_thousand_mistakes_is_told_in_part() {
        let mut findings = Findings::default();

        findings.texts::<Name>("/tags", &vec![String::new(); 1_000], 10);

        assert_eq!(findings.0.len(), 1 + MOST_OF_A_LIST);
        assert_eq!(findings.0[0].message, "has 1000 entries, more than the 10 that it may have");
    }

    #[test]
    fn a_key_in_a_pointer_is_escaped() {
        assert_eq!(escape("a/b~c"), "a~1b~0c");
    }
}
