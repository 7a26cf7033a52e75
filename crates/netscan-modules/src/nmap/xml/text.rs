//! Text as XML writes it, turned into text as people mean it, and no more of it than is kept.
//!
//! Nothing here fails: a reference to a character that XML forbids, such as `&#0;`, becomes
//! U+FFFD, and a reference to an entity that is not one of the five stays as it was written.

/// Whether a raw line break or tab is one, or stands for a space.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In an attribute, where XML 1.0 (section 3.3.3) makes them spaces.
    Attribute,
    /// Between tags.
    Content,
}

/// Appends `raw` to `out`, decoded, until `out` is `limit` bytes long. Tells whether something
/// had to be left out.
pub(super) fn decode(raw: &str, place: Place, limit: usize, out: &mut String) -> bool {
    let mut rest = raw;
    while let Some(at) = rest.bytes().position(|byte| byte == b'&' || byte < b' ') {
        if push(&rest[..at], limit, out) {
            return true;
        }
        let (decoded, length) = special(&rest[at..], place);
        let mut utf8 = [0; 4];
        if push(decoded.encode_utf8(&mut utf8), limit, out) {
            return true;
        }
        rest = &rest[at + length..];
    }
    push(rest, limit, out)
}

/// The character that a reference without its `&` and `;` stands for, if there is such a one.
pub(super) fn referenced(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => numbered(name.strip_prefix('#')?),
    }
}

/// Appends as much of `text` as there is room for, and tells whether there was too little.
fn push(text: &str, limit: usize, out: &mut String) -> bool {
    let room = limit.saturating_sub(out.len());
    let is_cut = text.len() > room;
    out.push_str(if is_cut { &text[..text.floor_char_boundary(room)] } else { text });
    is_cut
}

/// What the reference or control character at the front of `text` stands for, and its length.
fn special(text: &str, place: Place) -> (char, usize) {
    match text.as_bytes()[0] {
        b'\t' | b'\n' | b'\r' if place == Place::Attribute => (' ', 1),
        control @ (b'\t' | b'\n' | b'\r') => (char::from(control), 1),
        b'&' => reference(text).unwrap_or(('&', 1)),
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}

fn reference(text: &str) -> Option<(char, usize)> {
    /// The longest name of a character with a sane number of leading zeros.
    const LONGEST: usize = 16;

    let window = &text.as_bytes()[1..text.len().min(LONGEST + 2)];
    let length = window.iter().position(|byte| *byte == b';')?;
    Some((referenced(&text[1..=length])?, length + 2))
}

fn numbered(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) && !hex.is_empty() => {
            u32::from_str_radix(hex, 16)
        }
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() => {
            digits.parse()
        }
        _ => return None,
    };
    let is_legal = |character: &char| match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => *other >= ' ',
    };
    let character = number.ok().and_then(char::from_u32).filter(is_legal);
    Some(character.unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str) -> String {
        let mut out = String::new();
        assert!(!decode(raw, Place::Attribute, usize::MAX, &mut out));
        out
    }

    #[test]
    fn references_become_characters_and_illegal_ones_do_not_take_the_text_with_them() {
        assert_eq!(decoded("a&lt;b&gt;&amp;&quot;&apos;&#45;&#x1F600;"), "a<b>&\"'-\u{1f600}");
        assert_eq!(decoded("x&#0;y&#x1b;z"), "x\u{fffd}y\u{fffd}z");
        assert_eq!(decoded("&#xD800;&#99999999999;&#xfffe;"), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(decoded("\u{1}\n"), "\u{fffd} ");
        assert_eq!(decoded("a&#xa;b"), "a\nb");
    }

    #[test]
    fn what_is_no_reference_stays_as_it_was_written() {
        for raw in ["&lol9;", "&", "a & b", "&#;", "&#x;", "&#xg;", "&#12", "&\u{e4};", "&&"] {
            assert_eq!(decoded(raw), raw);
        }
        assert_eq!(decoded("&&amp;"), "&&");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let mut out = String::new();

        assert!(decode("ab\u{e4}cd", Place::Content, 3, &mut out));

        assert_eq!(out, "ab");
    }
}
