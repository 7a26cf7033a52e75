//! A file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Talk;
use super::data::{self, Reader};

/// A file being written beside the one that it takes the place of when it is whole.
#[derive(Debug)]
pub(crate) struct Replacement {
    path: PathBuf,
    /// Nothing when the path is a device or a pipe, which cannot be replaced.
    temporary: Option<PathBuf>,
    file: BufWriter<File>,
}

impl Replacement {
    /// Begins the file, so that a place that cannot be written to is known before the work.
    pub(crate) fn begin(path: &Path) -> anyhow::Result<Self> {
        Self::open(path).with_context(|| format!("cannot write {}", path.display()))
    }

    fn open(path: &Path) -> io::Result<Self> {
        // A link is followed: what it leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = fs::metadata(&path).ok();
        if before.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if before.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            let file = BufWriter::new(File::options().write(true).open(&path)?);
            return Ok(Self { path, temporary: None, file });
        }
        let temporary = beside(&path).ok_or(io::ErrorKind::InvalidFilename)?;
        let file = File::create(&temporary)?;
        let replacement = Self { path, temporary: Some(temporary), file: BufWriter::new(file) };
        if let Some(before) = before {
            replacement.file.get_ref().set_permissions(before.permissions())?;
        }
        Ok(replacement)
    }

    /// Puts the file in its place.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let path = self.path.clone();
        self.settle().with_context(|| format!("cannot write {}", path.display()))
    }

    fn settle(&mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some(temporary) = &self.temporary {
            self.file.get_ref().sync_all()?;
            fs::rename(temporary, &self.path)?;
            self.temporary = None;
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It is incomplete; if it cannot be removed either, nothing more can be done.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Where a command writes: to standard output, or to a file.
#[derive(Debug)]
pub(crate) enum Place {
    Out,
    File(Replacement),
}

impl Place {
    /// Opens the file, if there is to be one, so that a place that cannot be written to is known
    /// before the work. `-` is standard output.
    pub(crate) fn of(path: Option<&Path>) -> anyhow::Result<Self> {
        let path = path.filter(|path| path.as_os_str() != "-");
        Ok(path.map(Replacement::begin).transpose()?.map_or(Self::Out, Self::File))
    }

    pub(crate) fn is_out(&self) -> bool {
        matches!(self, Self::Out)
    }

    /// Writes a piece, and says whether somebody still reads.
    pub(crate) fn write(&mut self, piece: &[u8]) -> anyhow::Result<Reader> {
        let Self::File(file) = self else { return data::write(piece) };
        let written = file.write_all(piece);
        written.with_context(|| format!("cannot write {}", file.path().display()))?;
        Ok(Reader::Here)
    }

    /// Puts the file in its place, and says so.
    pub(crate) fn finish(self, talk: &Talk) -> anyhow::Result<()> {
        let Self::File(file) = self else { return Ok(()) };
        let path = file.path().display().to_string();
        file.finish()?;
        talk.note(format_args!("Wrote {path}"));
        Ok(())
    }
}

/// Writes all of a file at once.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = Replacement::begin(path)?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.finish()
}

/// A name in the same directory that nothing else uses.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    Some(path.with_file_name(format!(".{name}.{}.part", std::process::id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_the_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("found.csv");
        write(&path, b"old").unwrap();

        let mut file = Replacement::begin(&path).unwrap();
        file.write_all(b"ne").unwrap();
        drop(file);

        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        write(Path::new("/dev/null"), b"anything").unwrap();

        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
