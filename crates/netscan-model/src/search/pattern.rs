//! A text to look for: in any case, and with `*` for whatever stands there.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// A text to look for. Two patterns that differ in case alone are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// What stands between the stars, in lower case: never empty, but at the ends.
    pieces: Vec<String>,
}

/// Where a pattern may begin and end within a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Border {
    /// Anywhere.
    Nowhere,
    /// At the ends of the text, and beside a blank.
    Blank,
    /// At the ends of the text, and where no letters or digits are cut apart.
    Word,
    /// At the ends of the text.
    End,
}

impl Pattern {
    /// The pattern with these texts between its stars: a single one when it has none.
    pub(super) fn of(pieces: &[String]) -> Self {
        let last = pieces.len().saturating_sub(1);
        // Two stars in a row say no more than one.
        let counts =
            |place: usize, piece: &String| place == 0 || place == last || !piece.is_empty();
        let kept = pieces.iter().enumerate().filter(|(place, piece)| counts(*place, piece));
        Self { pieces: kept.map(|(_, piece)| folded(piece).into_owned()).collect() }
    }

    /// The texts between its stars, in lower case; the first or the last is empty when a star
    /// stands at that end. A single one when there is no star.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Whether any text at all fits: `*`.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Whether it is in `text`, which is [`folded`], from one such border to another.
    pub(super) fn is_in(&self, text: &str, border: Border) -> bool {
        let is_border = |at: usize| is_border(text, at, border);
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            let [only] = self.pieces.as_slice() else { return false };
            return places(text, only, 0).any(|at| is_border(at) && is_border(at + only.len()));
        };
        // The leftmost place of each piece leaves the most room for the next.
        let begin = if first.is_empty() {
            Some(0)
        } else {
            places(text, first, 0).find(|at| is_border(*at))
        };
        let Some(begin) = begin else { return false };
        let mut from = begin + first.len();
        for piece in middle {
            let Some(at) = text[from..].find(piece.as_str()) else { return false };
            from += at + piece.len();
        }
        last.is_empty() || places(text, last, from).any(|at| is_border(at + last.len()))
    }

    /// Writes it: as it is when it has only characters that are `plain`, or else in quotes.
    pub(super) fn write(
        &self,
        out: &mut fmt::Formatter<'_>,
        plain: fn(char) -> bool,
    ) -> fmt::Result {
        if self.pieces.iter().all(|piece| piece.chars().all(plain)) {
            return out.write_str(&self.pieces.join("*"));
        }
        self.write_quoted(out)
    }

    /// Writes it in quotes.
    pub(super) fn write_quoted(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_char('"')?;
        for (place, piece) in self.pieces.iter().enumerate() {
            if place > 0 {
                out.write_char('*')?;
            }
            for character in piece.chars() {
                if ESCAPED.contains(character) {
                    out.write_char('\\')?;
                }
                out.write_char(character)?;
            }
        }
        out.write_char('"')
    }
}

/// What a `\` stands before, within quotes.
pub(super) const ESCAPED: &str = "\"\\*";

/// All places of `piece` in `text` from `from` on, also those that overlap.
fn places<'a>(text: &'a str, piece: &'a str, from: usize) -> impl Iterator<Item = usize> + 'a {
    let step = piece.chars().next().map_or(1, char::len_utf8);
    let mut from = from;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(piece)?;
        from = at + step;
        Some(at)
    })
}

fn is_border(text: &str, at: usize, border: Border) -> bool {
    let (before, behind) = (text[..at].chars().next_back(), text[at..].chars().next());
    let (Some(before), Some(behind)) = (before, behind) else { return true };
    match border {
        Border::Nowhere => true,
        Border::Blank => before.is_whitespace() || behind.is_whitespace(),
        Border::Word => !before.is_alphanumeric() || !behind.is_alphanumeric(),
        Border::End => false,
    }
}

/// The text in lower case, character by character, so that it is the same for any part of it.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        let pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
        Pattern::of(&pieces)
    }

    #[test]
    fn a_pattern_is_found_between_blanks_in_any_case() {
        for (looked_for, text, is_there) in [
            ("nginx", "nginx", true),
            ("NGINX", "Nginx", true),
            ("apache", "Apache httpd", true),
            ("apache httpd", "Apache httpd", true),
            ("http", "http-proxy", false),
            ("http*", "http-proxy", true),
            ("*proxy", "http-proxy", true),
            ("7.4*", "7.4p1 Debian 10", true),
            ("h*d", "Apache httpd", true),
            ("h*a", "Apache httpd", false),
            ("aa", "aaa aa", true),
            ("*aa", "aaa", true),
            ("größe", "Die GRÖSSE GRÖßE", true),
            ("*", "", true),
        ] {
            let found = pattern(looked_for).is_in(&folded(text), Border::Blank);

            assert_eq!(found, is_there, "{looked_for:?} in {text:?}");
        }
    }

    #[test]
    fn a_border_says_where_a_pattern_may_begin_and_end() {
        let fits = |text: &str, looked_for: &str| {
            [Border::Nowhere, Border::Word, Border::Blank, Border::End]
                .map(|border| pattern(looked_for).is_in(text, border))
        };

        assert_eq!(fits("nginx", "nginx"), [true, true, true, true]);
        assert_eq!(fits("by nginx", "nginx"), [true, true, true, false]);
        assert_eq!(fits("nginx/1.18", "nginx"), [true, true, false, false]);
        assert_eq!(fits("mynginx", "nginx"), [true, false, false, false]);
        assert_eq!(fits("apache", "nginx"), [false, false, false, false]);
    }

    /// What fits a pattern from end to end, one character after the other.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                naive(rest, text) || (!text.is_empty() && naive(pattern, &text[1..]))
            }
            ([one, pattern @ ..], [other, text @ ..]) => one == other && naive(pattern, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_agrees_with_a_search_by_hand(looked_for in "[ab*]{1,6}", text in "[ab]{0,9}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let by_hand = naive(&characters(&looked_for), &characters(&text));

            prop_assert_eq!(pattern(&looked_for).is_in(&text, Border::End), by_hand);
            let anywhere = format!("*{looked_for}*");
            let by_hand = naive(&characters(&anywhere), &characters(&text));
            prop_assert_eq!(pattern(&looked_for).is_in(&text, Border::Nowhere), by_hand);
        }

        #[test]
        fn lower_case_stays_as_it_is(text in any::<String>()) {
            let once = folded(&text).into_owned();

            prop_assert_eq!(folded(&once), once.as_str());
        }
    }
}
