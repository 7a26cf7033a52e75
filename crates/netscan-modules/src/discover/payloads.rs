//! What is said to a UDP port, so that its service answers: nmap's own file `nmap-payloads`.

use std::collections::HashMap;
use std::path::Path;

/// Longer lines are left out, as nmap does.
const LONGEST_LINE: usize = 1024;
/// A datagram that goes through any link whole.
const LONGEST_PAYLOAD: usize = 1_400;

/// Said when there is no file: the status of a DNS server, the time, and an SNMP system's name.
const BUILT_IN: &str = r#"
udp 53,5353 "\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00"
udp 123
  "\xe3\x00\x04\xfa\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\xc5\x4f\x23\x4b\x71\xb1\x52\xf3"
udp 161
  "\x30\x26\x02\x01\x00\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00"
  "\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x05\x00\x05\x00"
"#;

/// Payloads by port. A port may have several, which are all sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Payloads(HashMap<u16, Vec<Vec<u8>>>);

impl Payloads {
    /// Those of nmap's file, or a few of our own where there is none.
    pub(super) fn read(file: Option<&Path>) -> Self {
        let text = file.and_then(|file| std::fs::read(file).ok());
        match text {
            Some(bytes) => Self::parse(&String::from_utf8_lossy(&bytes)),
            None => Self::parse(BUILT_IN),
        }
    }

    /// What is said to `port`: nothing at all if nothing better is known, but that once.
    pub(super) fn of(&self, port: u16) -> Vec<&[u8]> {
        match self.0.get(&port) {
            Some(payloads) => payloads.iter().map(Vec::as_slice).collect(),
            None => vec![&[]],
        }
    }

    /// Reads the file's language: `udp 53,69 "…" "…"`, over several lines, and `#` before comments.
    fn parse(text: &str) -> Self {
        let mut payloads = Self::default();
        let mut ports: Vec<u16> = Vec::new();
        let mut payload = Vec::new();
        let mut expects_ports = false;
        for word in text.lines().filter(|line| line.len() <= LONGEST_LINE).flat_map(words) {
            match word {
                Word::Text(bytes) => payload.extend(bytes),
                Word::Bare("udp") => {
                    payloads.add(&ports, &mut payload);
                    ports.clear();
                    expects_ports = true;
                }
                Word::Bare(list) if expects_ports => {
                    ports = parse_ports(list);
                    expects_ports = false;
                }
                // A source port, which nmap does not honour either, or something newer.
                Word::Bare(_) => {}
            }
        }
        payloads.add(&ports, &mut payload);
        payloads
    }

    fn add(&mut self, ports: &[u16], payload: &mut Vec<u8>) {
        let payload = std::mem::take(payload);
        if payload.is_empty() || payload.len() > LONGEST_PAYLOAD {
            return;
        }
        for port in ports {
            self.0.entry(*port).or_default().push(payload.clone());
        }
    }
}

fn parse_ports(list: &str) -> Vec<u16> {
    let range = |item: &str| {
        let (from, to) = item.split_once('-').unwrap_or((item, item));
        Some(from.parse::<u16>().ok()?..=to.parse::<u16>().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

enum Word<'a> {
    Bare(&'a str),
    Text(Vec<u8>),
}

/// The words of a line, up to its comment.
fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        if let Some(quoted) = rest.strip_prefix('"') {
            let Some((bytes, after)) = unquote(quoted) else { return words };
            words.push(Word::Text(bytes));
            rest = after;
        } else {
            let end = rest.find(|character: char| character.is_whitespace() || character == '"');
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            words.push(Word::Bare(word));
            rest = after;
        }
        rest = rest.trim_start();
    }
    words
}

/// The bytes up to the closing quote, and what stands behind it.
fn unquote(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut bytes = Vec::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((bytes, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'x' => {
                    let (high, low) = (characters.next()?.1, characters.next()?.1);
                    let byte = high.to_digit(16)? * 16 + low.to_digit(16)?;
                    bytes.push(u8::try_from(byte).ok()?);
                }
                '0' => bytes.push(0),
                'a' => bytes.push(7),
                'b' => bytes.push(8),
                't' => bytes.push(b'\t'),
                'n' => bytes.push(b'\n'),
                'v' => bytes.push(11),
                'f' => bytes.push(12),
                'r' => bytes.push(b'\r'),
                other => bytes.extend(other.to_string().bytes()),
            },
            other => bytes.extend(other.to_string().bytes()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_may_span_lines_and_hold_for_several_ports() {
        let payloads = Payloads::parse(
            "# A comment with \"quotes\" and udp 1\n\
             udp 53,69-70 \"\\x00\\x10\" # DNS\n  \"a\\r\\n\\\"\\\\\" source 500\n\n\
             udp 7\n  \"\\x0D\"\n",
        );

        assert_eq!(payloads.of(53), [b"\x00\x10a\r\n\"\\"]);
        assert_eq!(payloads.of(70), payloads.of(53));
        assert_eq!(payloads.of(7), [b"\r"]);
    }

    #[test]
    fn a_port_with_several_payloads_is_sent_all_of_them_and_one_without_an_empty_one() {
        let payloads = Payloads::parse("udp 53 \"a\"\nudp 53,54 \"b\"");

        assert_eq!(payloads.of(53), [b"a", b"b"]);
        assert_eq!(payloads.of(99), [b""]);
    }

    #[test]
    fn whatever_cannot_be_read_is_left_out() {
        let payloads = Payloads::parse("udp x,9 \"\\xZZ\"\nudp 9 \"open\nudp 8 \"ok\"");

        assert_eq!(payloads.of(9), [b""]);
        assert_eq!(payloads.of(8), [b"ok"]);
    }

    #[test]
    fn the_built_in_ones_are_whole() {
        let payloads = Payloads::parse(BUILT_IN);

        assert_eq!([53, 123, 161].map(|port| payloads.of(port)[0].len()), [12, 48, 40]);
    }

    #[test]
    fn nmaps_own_file_has_more() {
        let file = Path::new("/usr/share/nmap/nmap-payloads");
        // Newer versions of nmap come without it.
        let expected = if file.exists() { 2 } else { 1 };

        assert_eq!(Payloads::read(Some(file)).of(53).len(), expected);
    }
}
