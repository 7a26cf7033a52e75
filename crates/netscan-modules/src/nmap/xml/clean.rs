//! Bytes from anyone, made fit for an XML parser: valid UTF-8, and no piece that is too long to
//! be held in memory.

use std::io::{self, BufRead, Read};

/// How much is read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// The longest stretch without a quote or an angle bracket that is passed on; what follows is
/// left out. It is longer than any text that is kept, even with each character as a reference.
pub(super) const LONGEST_STRETCH: usize = 2 * 1024 * 1024;

/// The longest single piece (a tag with its attributes, a comment) that a parser may ask for.
const LONGEST_PIECE: usize = 16 * 1024 * 1024;

/// U+FFFD, which stands for what is not UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// A reader whose bytes are valid UTF-8 whatever its source holds.
///
/// Nothing is copied: what is sound is passed on as slices of the one buffer.
pub(super) struct Clean<R> {
    source: R,
    buffer: Box<[u8]>,
    /// The next byte to pass on.
    start: usize,
    /// The end of what may be passed on as it is.
    passed: usize,
    /// The end of what was read.
    filled: usize,
    /// What is passed on before anything else.
    pending: &'static [u8],
    /// Bytes since the last quote or angle bracket.
    stretch: usize,
    /// Bytes passed on since [`Clean::begin_piece`].
    piece: usize,
    /// Bytes of the source that were read and are no longer in the buffer, or skipped.
    offset: u64,
    is_at_end: bool,
}

impl<R: Read> Clean<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            passed: 0,
            filled: 0,
            pending: &[],
            stretch: 0,
            piece: 0,
            offset: 0,
            is_at_end: false,
        }
    }

    /// How many bytes of the source have been used.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the source has no more to give.
    pub(super) fn is_exhausted(&self) -> bool {
        self.is_at_end && self.start == self.filled
    }

    /// Allows the parser another piece of full length.
    pub(super) fn begin_piece(&mut self) {
        self.piece = 0;
    }

    /// The source, for what follows the document.
    pub(super) fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Leaves out the next `length` bytes.
    fn skip(&mut self, length: usize) {
        self.start += length;
        self.passed = self.start;
        self.offset += length as u64;
    }

    /// Moves the rest to the front and reads behind it.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        (self.start, self.passed) = (0, 0);
        let count = loop {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.filled += count;
        self.is_at_end = count == 0;
        Ok(())
    }

    /// Decides what may be passed on of the bytes that follow.
    fn examine(&mut self) -> io::Result<()> {
        match std::str::from_utf8(&self.buffer[self.start..self.filled]) {
            Ok(sound) => self.admit(sound.len()),
            Err(error) if error.valid_up_to() > 0 => self.admit(error.valid_up_to()),
            Err(error) => match error.error_len() {
                // The rest of this character has not arrived yet.
                None if !self.is_at_end => self.refill()?,
                length => {
                    self.skip(length.unwrap_or(self.filled - self.start));
                    self.pending = REPLACEMENT;
                }
            },
        }
        Ok(())
    }

    /// Passes on the next `length` bytes, which are valid, but for what makes a stretch too long.
    fn admit(&mut self, length: usize) {
        let bytes = &self.buffer[self.start..self.start + length];
        let first = memchr::memchr3(b'"', b'<', b'>', bytes).unwrap_or(length);
        let allowed = LONGEST_STRETCH.saturating_sub(self.stretch);
        if first > allowed {
            let text = std::str::from_utf8(bytes).expect("validated by examine");
            let kept = text.floor_char_boundary(allowed);
            self.stretch = LONGEST_STRETCH;
            if kept == 0 {
                self.skip(first);
            } else {
                self.passed = self.start + kept;
            }
            return;
        }
        self.stretch = match memchr::memrchr3(b'"', b'<', b'>', bytes) {
            Some(last) => length - last - 1,
            None => self.stretch + length,
        };
        self.passed = self.start + length;
    }
}

impl<R: Read> Read for Clean<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Clean<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece > LONGEST_PIECE {
            return Err(io::Error::other("a tag or comment is longer than 16 MiB"));
        }
        while self.pending.is_empty() && self.start == self.passed {
            if self.start < self.filled {
                self.examine()?;
            } else if self.is_at_end {
                return Ok(&[]);
            } else {
                self.refill()?;
            }
        }
        match self.pending {
            [] => Ok(&self.buffer[self.start..self.passed]),
            pending => Ok(pending),
        }
    }

    fn consume(&mut self, count: usize) {
        self.piece += count;
        if self.pending.is_empty() {
            self.start += count;
            self.offset += count as u64;
        } else {
            self.pending = &self.pending[count..];
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives its bytes away in pieces of the sizes asked for.
    struct Pieces<'a> {
        bytes: &'a [u8],
        sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let size = *self.sizes.next().unwrap();
            let count = size.min(out.len()).min(self.bytes.len());
            out[..count].copy_from_slice(&self.bytes[..count]);
            self.bytes = &self.bytes[count..];
            Ok(count)
        }
    }

    fn cleaned(bytes: &[u8], sizes: &[usize]) -> String {
        let mut clean = Clean::new(Pieces { bytes, sizes: sizes.iter().cycle() });
        let mut text = String::new();
        clean.read_to_string(&mut text).unwrap();
        assert_eq!(clean.offset(), bytes.len() as u64);
        text
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_come_out_as_the_standard_library_has_them(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            sizes in prop::collection::vec(1_usize..5, 1..5),
        ) {
            prop_assert_eq!(cleaned(&bytes, &sizes), String::from_utf8_lossy(&bytes).into_owned());
        }
    }

    #[test]
    fn a_character_may_lie_across_the_end_of_the_buffer() {
        for shift in 0..4 {
            let text = "x".repeat(BUFFER_BYTES - shift) + "\u{1f600}<\u{fffd}>";

            assert_eq!(cleaned(text.as_bytes(), &[usize::MAX]), text);
        }
    }

    #[test]
    fn an_endless_stretch_is_cut_and_the_markup_behind_it_is_kept() {
        let text = "<a b=\"".to_owned() + &"\u{e4}".repeat(5 << 20) + "\"/>";

        let cut = cleaned(text.as_bytes(), &[usize::MAX]);

        assert!(cut.len() <= LONGEST_STRETCH + 10, "{}", cut.len());
        assert!(cut.starts_with("<a b=\"\u{e4}") && cut.ends_with("\u{e4}\"/>"));
    }

    #[test]
    fn a_piece_without_end_is_refused() {
        let endless = io::repeat(b'"');
        let mut clean = Clean::new(endless);

        let refused = io::copy(&mut clean, &mut io::sink()).unwrap_err();

        assert_eq!(refused.to_string(), "a tag or comment is longer than 16 MiB");
    }
}
