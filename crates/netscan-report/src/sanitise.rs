//! Makes text from strangers harmless to look at.
//!
//! A terminal obeys control characters, and most screens obey characters that turn the direction
//! of writing. Here both become visible text instead. Doing it twice changes nothing.

use std::borrow::Cow;

/// `text` as one line without a character that a terminal obeys or that nobody can see.
///
/// Control characters come out as `\n`, `\t`, `\r` and `\x1b`, the others as `<U+202E>`.
#[must_use]
pub fn sanitise(text: &str) -> Cow<'_, str> {
    escape(text, is_treacherous)
}

/// As [`sanitise`], but line ends and tabs stay.
#[must_use]
pub fn sanitise_lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| is_treacherous(character) && !matches!(character, '\n' | '\t'))
}

/// Whether a screen obeys `character` instead of showing it: the control characters C0 and C1,
/// the bidirectional controls, the Unicode line ends, and the invisible ones that hide text.
pub(crate) fn is_treacherous(character: char) -> bool {
    let is_invisible = matches!(character,
        '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}');
    let turns_direction = matches!(character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    character.is_control()
        || turns_direction
        || is_invisible
        || matches!(character, '\u{2028}' | '\u{2029}')
}

fn escape(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_bad) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len() + 16);
    safe.push_str(&text[..first]);
    for character in text[first..].chars() {
        if is_bad(character) {
            safe.push_str(&visible(character));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// The spelling by which `character` can be seen.
pub(crate) fn visible(character: char) -> String {
    match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\0'..='\u{ff}' => format!("\\x{:02x}", u32::from(character)),
        _ => format!("<U+{:04X}>", u32::from(character)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_becomes_visible() {
        assert_eq!(
            sanitise("a\x1b[31mred\x07\x7f\u{9b}2J\0"),
            "a\\x1b[31mred\\x07\\x7f\\x9b2J\\x00"
        );
        assert_eq!(sanitise("exe.\u{202e}txt\u{2066}\u{feff}"), "exe.<U+202E>txt<U+2066><U+FEFF>");
        assert_eq!(sanitise("two\r\n\tlines"), "two\\r\\n\\tlines");
        assert_eq!(sanitise_lines("two\r\n\tlines\u{2028}"), "two\\r\n\tlines<U+2028>");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text = "Größe 10 µm, 日本語, שלום, 👩\u{200d}👩, <b> & \\x";

        assert!(matches!(sanitise(text), Cow::Borrowed(same) if same == text));
    }

    proptest! {
        #[test]
        fn nothing_treacherous_comes_out_and_twice_is_once(text in any::<String>()) {
            let once = sanitise(&text).into_owned();

            prop_assert!(!once.contains(is_treacherous), "{once:?}");
            prop_assert_eq!(sanitise(&once).into_owned(), once);
        }
    }
}
