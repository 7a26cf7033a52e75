//! Reads a query.
//!
//! ```text
//! query       = alternative { "or" alternative }
//! alternative = part { ["and"] part }
//! part        = ("-" | "not ") part | "(" query ")" | term
//! term        = word | quoted | "~" values | field ("." script)? operator values
//! values      = value { "," value }
//! ```

use std::ops::Range;

use super::error::{QueryError, Reason};
use super::expression::{Comparison, Expression, How, Term, TextTest};
use super::field::{Field, Kind, TextField};
use super::pattern::{ESCAPED, Pattern};
use super::value::{self, Item, Operator, Question};
use crate::observation::{PortState, Protocol};

/// The most characters of a query.
pub(super) const LONGEST: usize = 2_000;
/// The most groups and negations within one another.
const DEEPEST: usize = 30;

/// What begins the value of a field.
const OPERATORS: &[char] = &[':', '~', '<', '>', '='];

/// Reads a query.
pub(super) fn query(text: &str) -> Result<Expression, QueryError> {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        return Err(QueryError::new(text, end..text.len(), Reason::TooLong { most: LONGEST }));
    }
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser.skip_blanks();
    if parser.rest().is_empty() {
        return parser.fail(0..0, Reason::Empty);
    }
    let expression = parser.alternatives()?;
    // Only a parenthesis ends alternatives before the end of the text.
    if parser.rest().is_empty() {
        return Ok(expression);
    }
    parser.fail(parser.at..parser.at + 1, Reason::UnopenedGroup)
}

struct Parser<'a> {
    text: &'a str,
    /// Where it reads on, in bytes.
    at: usize,
    /// How many groups and negations it is in.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail<T>(&self, at: Range<usize>, reason: Reason) -> Result<T, QueryError> {
        Err(QueryError::new(self.text, at, reason))
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Goes past `character` if it is next.
    fn take(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        if is_next {
            self.at += character.len_utf8();
        }
        is_next
    }

    /// Where the word ends that begins here: at a blank, a parenthesis or a quote.
    fn end_of_word(&self) -> usize {
        let ends = |character: char| character.is_whitespace() || "()\"".contains(character);
        self.rest().find(ends).map_or(self.text.len(), |length| self.at + length)
    }

    /// Where `keyword` stands, if it is next.
    fn keyword(&self, keyword: &str) -> Option<Range<usize>> {
        let word = self.at..self.end_of_word();
        let is_quoted = self.text[word.end..].starts_with('"');
        (!is_quoted && self.text[word.clone()].eq_ignore_ascii_case(keyword)).then_some(word)
    }

    /// Goes past `keyword` and the blanks behind it if it is next.
    fn take_keyword(&mut self, keyword: &str) -> Option<Range<usize>> {
        let word = self.keyword(keyword)?;
        self.at = word.end;
        self.skip_blanks();
        Some(word)
    }

    fn is_at_end_of_part(&self) -> bool {
        matches!(self.peek(), None | Some(')')) || self.keyword("or").is_some()
    }

    fn nothing_before<T>(&self, word: Range<usize>) -> Result<T, QueryError> {
        let reason = Reason::NothingBefore { word: self.text[word.clone()].to_owned() };
        self.fail(word, reason)
    }

    fn nothing_behind<T>(&self, word: Range<usize>) -> Result<T, QueryError> {
        let reason = Reason::NothingBehind { word: self.text[word.clone()].to_owned() };
        self.fail(word, reason)
    }

    fn alternatives(&mut self) -> Result<Expression, QueryError> {
        let mut arms = Vec::new();
        let mut or = None;
        loop {
            if self.is_at_end_of_part() {
                return self.missing_part(or);
            }
            arms.push(self.conjunction()?);
            or = self.take_keyword("or");
            if or.is_none() {
                return Ok(Expression::any(arms));
            }
        }
    }

    /// Why there is nothing where something should begin.
    fn missing_part<T>(&self, or: Option<Range<usize>>) -> Result<T, QueryError> {
        if let Some(word) = or {
            return self.nothing_behind(word);
        }
        if let Some(word) = self.keyword("or") {
            return self.nothing_before(word);
        }
        match self.peek() {
            Some(_) if self.depth == 0 => self.fail(self.at..self.at + 1, Reason::UnopenedGroup),
            Some(_) => self.fail(self.at..self.at + 1, Reason::EmptyGroup),
            None => self.fail(self.at..self.at, Reason::UnclosedGroup),
        }
    }

    /// One part at least, up to where no more follow.
    fn conjunction(&mut self) -> Result<Expression, QueryError> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.part()?);
            self.skip_blanks();
            let and = self.take_keyword("and");
            if !self.is_at_end_of_part() {
                continue;
            }
            return match and {
                Some(word) => self.nothing_behind(word),
                None => Ok(Expression::all(parts)),
            };
        }
    }

    fn part(&mut self) -> Result<Expression, QueryError> {
        let begin = self.at;
        if self.take('-') {
            let is_alone = self.peek().is_none_or(|next| next.is_whitespace() || next == ')');
            if is_alone {
                return self.nothing_behind(begin..self.at);
            }
        } else if let Some(word) = self.take_keyword("not") {
            if self.is_at_end_of_part() {
                return self.nothing_behind(word);
            }
        } else if self.peek() == Some('(') {
            return self.deeper(Self::group);
        } else {
            return self.term().map(Expression::Term);
        }
        self.deeper(Self::part).map(Expression::not)
    }

    /// What `read` reads, one level down.
    fn deeper(
        &mut self,
        read: fn(&mut Self) -> Result<Expression, QueryError>,
    ) -> Result<Expression, QueryError> {
        if self.depth == DEEPEST {
            let width = self.peek().map_or(0, char::len_utf8);
            return self.fail(self.at..self.at + width, Reason::TooDeep { most: DEEPEST });
        }
        self.depth += 1;
        let expression = read(self)?;
        self.depth -= 1;
        Ok(expression)
    }

    fn group(&mut self) -> Result<Expression, QueryError> {
        let open = self.at..self.at + 1;
        self.take('(');
        self.skip_blanks();
        if self.rest().is_empty() {
            return self.fail(open, Reason::UnclosedGroup);
        }
        let inner = self.alternatives()?;
        if !self.take(')') {
            return self.fail(open, Reason::UnclosedGroup);
        }
        Ok(inner.group())
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        if self.peek() == Some('"') {
            let item = self.quoted()?;
            self.end_term()?;
            return Ok(Term::Words(words(&item)));
        }
        if self.peek() == Some('~') {
            return self.question(None)?.text(Field::Title).map(Term::Words);
        }
        let word = self.at..self.end_of_word();
        if let Some(word) = self.keyword("and").or_else(|| self.keyword("or")) {
            return self.nothing_before(word);
        }
        let is_followed_by_quote = self.text[word.end..].starts_with('"');
        if !is_followed_by_quote && let Ok(addresses) = value::addresses(&self.text[word.clone()]) {
            self.at = word.end;
            return Ok(Term::Net(addresses));
        }
        if let Some(length) = self.text[word.clone()].find(OPERATORS) {
            return self.field_term(word.start..word.start + length);
        }
        let item = self.bare(word.end);
        self.end_term()?;
        Ok(Term::Words(words(&item)))
    }

    /// A term whose field's name stands at `name`, with an operator behind it.
    fn field_term(&mut self, name: Range<usize>) -> Result<Term, QueryError> {
        let written = &self.text[name.clone()];
        let (word, script) = match written.split_once('.') {
            Some((word, script)) => (word, Some(script)),
            None => (written, None),
        };
        let field = self.field(name.start..name.start + word.len(), name.clone())?;
        self.at = name.end;
        let question = self.question(Some(field))?;
        let term = match (field, script) {
            (Field::Script, Some(script)) => {
                let at = name.end - script.len()..name.end;
                Term::Output { script: self.script(at)?, says: question.text(field)? }
            }
            (_, Some(_)) => {
                return self.fail(name.start + word.len()..name.end, Reason::NoParts { field });
            }
            (_, None) => term(field, &question)?,
        };
        Ok(term)
    }

    fn field(&self, at: Range<usize>, name: Range<usize>) -> Result<Field, QueryError> {
        let word = &self.text[at.clone()];
        if let Ok(field) = word.parse() {
            return Ok(field);
        }
        if word.is_empty() {
            let operator = self.text[name.end..].chars().take(1).collect();
            return self.fail(name, Reason::MissingField { operator });
        }
        let reason = Reason::UnknownField { name: word.to_owned(), nearest: Field::nearest(word) };
        self.fail(at, reason)
    }

    fn script(&self, at: Range<usize>) -> Result<Pattern, QueryError> {
        let text = &self.text[at.clone()];
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
        if text.is_empty() || !text.bytes().all(is_legal) {
            return self.fail(at, Reason::NoScript);
        }
        let pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
        Ok(Pattern::of(&pieces))
    }

    /// The operator that is next, and the values behind it.
    fn question(&mut self, field: Option<Field>) -> Result<Question<'a>, QueryError> {
        let begin = self.at;
        let operator = self.operator();
        let at = begin..self.at;
        let mut items = vec![self.item(field)?];
        while self.take(',') {
            items.push(self.item(field)?);
        }
        self.end_term()?;
        Ok(Question { query: self.text, at, operator, items })
    }

    /// Goes past the operator that is next.
    fn operator(&mut self) -> Operator {
        let signs = [
            ("<=", Operator::Compare(Comparison::AtMost)),
            (">=", Operator::Compare(Comparison::AtLeast)),
            ("<", Operator::Compare(Comparison::Less)),
            (">", Operator::Compare(Comparison::Greater)),
            ("~", Operator::Contains),
            (":", Operator::Is),
        ];
        let is_next = |(sign, _): &&(&str, Operator)| self.rest().starts_with(sign);
        let (sign, operator) =
            signs.iter().find(is_next).copied().unwrap_or(("=", Operator::Equals));
        self.at += sign.len();
        operator
    }

    fn item(&mut self, field: Option<Field>) -> Result<Item, QueryError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let word = self.at..self.end_of_word();
        let end = self.text[word.clone()].find(',').map_or(word.end, |length| word.start + length);
        if end == self.at {
            return self.fail(end..end, Reason::MissingValue { field });
        }
        Ok(self.bare(end))
    }

    /// A text without quotes, up to `end`.
    fn bare(&mut self, end: usize) -> Item {
        let at = self.at..end;
        self.at = end;
        let text = self.text[at.clone()].to_owned();
        let pieces = text.split('*').map(str::to_owned).collect();
        Item { at, text, pieces }
    }

    /// A text in quotes.
    fn quoted(&mut self) -> Result<Item, QueryError> {
        let begin = self.at;
        self.take('"');
        let (mut text, mut pieces) = (String::new(), vec![String::new()]);
        while let Some(character) = self.peek() {
            let at = self.at;
            self.at += character.len_utf8();
            let literal = match character {
                '"' if text.is_empty() => return self.fail(begin..self.at, Reason::EmptyText),
                '"' => return Ok(Item { at: begin..self.at, text, pieces }),
                '*' => {
                    text.push('*');
                    pieces.push(String::new());
                    continue;
                }
                '\\' => match self.peek().filter(|next| ESCAPED.contains(*next)) {
                    Some(next) => {
                        self.at += next.len_utf8();
                        next
                    }
                    None => return self.fail(at..self.at, Reason::WrongEscape),
                },
                other => other,
            };
            text.push(literal);
            pieces.last_mut().expect("there is a first piece").push(literal);
        }
        self.fail(begin..begin + 1, Reason::UnclosedQuote)
    }

    /// Behind a term stands a blank, a parenthesis, or nothing.
    fn end_term(&self) -> Result<(), QueryError> {
        match self.peek() {
            None | Some('(' | ')') => Ok(()),
            Some(next) if next.is_whitespace() => Ok(()),
            Some(_) => self.fail(self.at..self.at, Reason::MissingBlank),
        }
    }
}

/// Text in anything that a host said.
fn words(item: &Item) -> TextTest {
    TextTest { how: How::Whole, any_of: vec![Pattern::of(&item.pieces)] }
}

fn term(field: Field, question: &Question<'_>) -> Result<Term, QueryError> {
    Ok(match field.kind() {
        Kind::Text(TextField::Cve) => Term::Text(TextField::Cve, question.cve()?),
        Kind::Text(text) => Term::Text(text, question.text(field)?),
        Kind::Number(number) => Term::Number(number, question.number(number)?),
        Kind::Time(time) => Term::Time(time, question.time(field)?),
        Kind::Protocol => Term::Protocol(question.names(field, Protocol::ALL)?),
        Kind::State => Term::State(question.names(field, PortState::ALL)?),
        Kind::Net => Term::Net(question.net()?),
    })
}
