//! What is kept of an attempt for people: nmap's own output, compressed, up to a limit.
//!
//! Nothing here can fail an attempt. A disk that is full ends an artifact, and the first such
//! error is reported with the attempt; reading goes on.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

/// What an artifact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// nmap's XML.
    Xml,
    /// nmap's output for people (`-oN`).
    Normal,
    /// nmap's output for grep (`-oG`).
    Grepable,
    /// What nmap wrote to its standard output.
    Stdout,
    /// What nmap wrote to its standard error.
    Stderr,
    /// The command line, as JSON.
    Argv,
}

netscan_model::named!(ArtifactKind, "kind of artifact", {
    Xml = "xml", Normal = "normal", Grepable = "grepable",
    Stdout = "stdout", Stderr = "stderr", Argv = "argv",
});

impl ArtifactKind {
    /// The name of the file, of the nmap with that number if the attempt has several.
    fn file_name(self, run: Option<u32>) -> String {
        let name = match self {
            Self::Xml => "nmap.xml.gz",
            Self::Normal => "nmap.txt.gz",
            Self::Grepable => "nmap.gnmap.gz",
            Self::Stdout => "stdout.log.gz",
            Self::Stderr => "stderr.log.gz",
            Self::Argv => "argv.json",
        };
        run.map_or_else(|| name.to_owned(), |run| format!("{run}-{name}"))
    }
}

/// An artifact that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactFile {
    /// What it holds.
    pub kind: ArtifactKind,
    /// Which of several nmaps of the attempt wrote it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u32>,
    /// Where it is.
    pub path: PathBuf,
    /// How large the file is.
    pub size_bytes: u64,
    /// Whether there was more than it holds.
    pub truncated: bool,
}

impl ArtifactFile {
    /// What it is called: no other file of its attempt is called the same.
    #[must_use]
    pub fn name(&self) -> String {
        match self.run {
            Some(run) => format!("{}-{run}", self.kind),
            None => self.kind.to_string(),
        }
    }
}

/// An artifact that is being written, or one that nobody asked for.
pub(crate) struct Artifact {
    kind: ArtifactKind,
    run: Option<u32>,
    path: PathBuf,
    /// Nothing once writing has failed.
    encoder: Option<GzEncoder<File>>,
    room: u64,
    is_truncated: bool,
    error: Option<String>,
}

impl Artifact {
    /// Begins a file in `directory`, to hold `limit` bytes before compression.
    pub(crate) fn begin(
        directory: &Path,
        run: Option<u32>,
        kind: ArtifactKind,
        limit: u64,
    ) -> Self {
        let path = directory.join(kind.file_name(run));
        let mut artifact =
            Self { kind, run, encoder: None, room: limit, is_truncated: false, error: None, path };
        match create(&artifact.path) {
            Ok(file) => artifact.encoder = Some(GzEncoder::new(file, Compression::fast())),
            Err(error) => artifact.fail(&error),
        }
        artifact
    }

    /// Adds what there is room for.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(usize::try_from(self.room).unwrap_or(usize::MAX));
        self.room -= kept as u64;
        self.is_truncated |= kept < bytes.len();
        if let Some(encoder) = &mut self.encoder
            && let Err(error) = encoder.write_all(&bytes[..kept])
        {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.error = Some(format!("cannot write {}: {error}", self.path.display()));
        self.is_truncated = true;
        self.encoder = None;
    }

    /// Ends the file. What comes back is the file, if there is one, and what went wrong.
    pub(crate) fn finish(mut self) -> (Option<ArtifactFile>, Option<String>) {
        let finished = self.encoder.take().map_or(Ok(()), |encoder| encoder.finish().map(drop));
        if let Err(error) = finished {
            self.fail(&error);
        }
        let file = fs::metadata(&self.path).ok().map(|metadata| ArtifactFile {
            kind: self.kind,
            run: self.run,
            path: self.path,
            size_bytes: metadata.len(),
            truncated: self.is_truncated,
        });
        (file, self.error)
    }
}

/// Makes the directory of an attempt, for our eyes only.
pub(crate) fn create_directory(directory: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| format!("cannot create {}: {error}", directory.display()))
}

/// Writes the command line down.
pub(super) fn write_argv(
    directory: &Path,
    run: Option<u32>,
    argv: &serde_json::Value,
) -> (Option<ArtifactFile>, Option<String>) {
    let path = directory.join(ArtifactKind::Argv.file_name(run));
    let text = format!("{argv:#}\n");
    match create(&path).and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => {
            let (kind, size_bytes) = (ArtifactKind::Argv, text.len() as u64);
            (Some(ArtifactFile { kind, run, path, size_bytes, truncated: false }), None)
        }
        Err(error) => (None, Some(format!("cannot write {}: {error}", path.display()))),
    }
}

fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}
