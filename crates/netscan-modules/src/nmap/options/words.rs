//! Splits a text of options into words, as a shell would, without expanding anything.

use super::{OptionError, Place};

/// The longest text of options that is read. Every script by name takes about 12,000.
const MOST_CHARACTERS: usize = 65_536;

/// One word, and where it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Place,
}

/// Splits at blanks. Single and double quotes keep blanks together; a backslash means nothing.
pub(super) fn split(text: &str) -> Result<Vec<Word>, OptionError> {
    check_characters(text, Place::Column)?;
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote: Option<(char, Place)> = None;

    for (index, character) in text.chars().enumerate() {
        let place = Place::Column(index + 1);
        match quote {
            Some((mark, _)) if character == mark => quote = None,
            None if character.is_ascii_whitespace() => words.extend(word.take()),
            _ => {
                let word = word.get_or_insert_with(|| Word { text: String::new(), place });
                let opens = quote.is_none() && matches!(character, '"' | '\'');
                if opens {
                    quote = Some((character, place));
                } else {
                    word.text.push(character);
                }
            }
        }
    }
    if let Some((_, place)) = quote {
        return Err(OptionError::UnclosedQuote { place });
    }
    words.extend(word);
    Ok(words)
}

/// Takes words that someone else has split, such as a JSON array.
pub(super) fn adopt(words: &[String]) -> Result<Vec<Word>, OptionError> {
    let adopted = words.iter().enumerate().map(|(index, text)| {
        let place = Place::Word(index + 1);
        check_characters(text, |_| place)?;
        Ok(Word { text: text.clone(), place })
    });
    adopted.collect()
}

/// Only printable ASCII and blanks: no look-alikes, no terminal sequences, no NUL.
fn check_characters(text: &str, place: impl Fn(usize) -> Place) -> Result<(), OptionError> {
    if text.len() > MOST_CHARACTERS {
        return Err(OptionError::TooLong { limit: MOST_CHARACTERS });
    }
    let is_good = |character: char| {
        character.is_ascii_graphic() || matches!(character, ' ' | '\t' | '\n' | '\r')
    };
    match text.chars().enumerate().find(|(_, character)| !is_good(*character)) {
        Some((index, character)) => {
            Err(OptionError::Character { character, place: place(index + 1) })
        }
        None => Ok(()),
    }
}
