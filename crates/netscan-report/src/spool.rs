//! What has to wait until the end of a report: in memory while it is small, then in a file.
//!
//! The file has no name, lies in the system's temporary directory (`TMPDIR`), and is gone with the
//! report, however that ends. What waited is read back piece by piece.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

/// Bytes that wait in memory before they go to a file.
const IN_MEMORY: usize = 256 * 1024;
/// Bytes that are read back at a time.
pub(crate) const PIECE: usize = 16 * 1024;

/// Bytes that wait.
pub(crate) struct Spool(SpooledTempFile);

impl Spool {
    pub(crate) fn new() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Spool {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}

/// The end of a report, which is handed on piece by piece.
#[derive(Default)]
pub(crate) struct Tail(VecDeque<Box<dyn Read + Send>>);

impl Tail {
    /// Appends what waited.
    pub(crate) fn append(&mut self, mut spool: Spool) -> io::Result<()> {
        spool.0.rewind()?;
        self.0.push_back(Box::new(spool.0));
        Ok(())
    }

    /// Appends `bytes`.
    pub(crate) fn append_bytes(&mut self, bytes: Vec<u8>) {
        self.0.push_back(Box::new(io::Cursor::new(bytes)));
    }

    /// Adds the next piece to `page`; whether there was one.
    pub(crate) fn next(&mut self, page: &mut Vec<u8>) -> io::Result<bool> {
        while let Some(part) = self.0.front_mut() {
            if part.take(PIECE as u64).read_to_end(page)? > 0 {
                return Ok(true);
            }
            self.0.pop_front();
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waited_comes_back_in_pieces_and_in_order() {
        let mut spool = Spool::new();
        let long = vec![7; IN_MEMORY + 5];
        spool.write_all(&long).unwrap();
        let mut tail = Tail::default();
        tail.append_bytes(vec![1, 2]);
        tail.append(spool).unwrap();
        tail.append_bytes(Vec::new());
        tail.append_bytes(vec![3]);

        let (mut all, mut page) = (Vec::new(), Vec::new());
        while tail.next(&mut page).unwrap() {
            assert!(page.len() <= PIECE);
            all.append(&mut page);
        }

        assert_eq!(all, [&[1, 2][..], &long, &[3]].concat());
    }
}
