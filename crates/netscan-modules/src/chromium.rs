//! Chromium, which prints a page to PDF: with a profile of its own that is thrown away, no network,
//! no environment, and not for long.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

use nix::unistd::{AccessFlags, access, geteuid};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::nmap::process::{Launch, spawn};

/// Where Chromium is looked for when nobody says where it is.
const DIRECTORIES: [&str; 5] =
    ["/usr/local/bin", "/usr/bin", "/bin", "/opt/google/chrome", "/snap/bin"];
/// What it may be called.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// How long it may take.
const LIMIT: Duration = Duration::from_mins(1);
/// The largest page that is printed: what a larger one takes of memory is not worth it.
const LARGEST_PAGE: u64 = 32 * 1024 * 1024;
/// The largest file that it may write.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;
/// Bytes of what it complains of that are kept.
const WORDS: usize = 16 * 1024;
/// How long what it has said may take to arrive when it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The Chromium of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chromium {
    program: PathBuf,
    limit: Duration,
}

/// Why a page is not printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// There is no Chromium in the usual places.
    #[error("there is no Chromium to print with: install it, or take the report as html")]
    NotFound,
    /// There is none where it is said to be.
    #[error("there is no Chromium at {}: set chromium_path right, or take the report as html", .0.display())]
    NotThere(PathBuf),
    /// The page is too large.
    #[error("the report has more than {} MiB, which is too much to print: take it as html", LARGEST_PAGE >> 20)]
    TooLarge,
    /// It ran past its time.
    #[error("the report could not be printed within {} s: take it as html", .0.as_secs())]
    TimedOut(Duration),
    /// It ended without having printed.
    #[error("Chromium did not print the report ({status}): {words}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The last line that it said.
        words: String,
    },
    /// It cannot be started, or there is no room for its files.
    #[error("cannot print the report with {}", program.display())]
    Io {
        /// Which Chromium.
        program: PathBuf,
        /// What failed.
        #[source]
        source: io::Error,
    },
}

impl PrintError {
    /// Whether the report can be had in another format all the same, and nothing is broken.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound | Self::NotThere(_) | Self::TooLarge | Self::TimedOut(_) => true,
            Self::Failed { .. } | Self::Io { .. } => false,
        }
    }
}

impl Chromium {
    /// The Chromium at `program`, or the first in the usual places.
    ///
    /// # Errors
    ///
    /// [`PrintError`] when there is none.
    pub fn find(program: Option<&Path>) -> Result<Self, PrintError> {
        let found = match program {
            Some(program) => {
                let is_there = is_executable(program);
                is_there
                    .then(|| program.to_owned())
                    .ok_or_else(|| PrintError::NotThere(program.to_owned()))?
            }
            None => usual_places().find(|path| is_executable(path)).ok_or(PrintError::NotFound)?,
        };
        Ok(Self { program: found, limit: LIMIT })
    }

    /// The same with another limit of time.
    #[must_use]
    pub fn limited_to(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Begins to take a page that is to be printed.
    ///
    /// # Errors
    ///
    /// [`PrintError::Io`] when there is no room for its files.
    pub fn begin(&self) -> Result<Printing, PrintError> {
        let directory = tempfile::Builder::new().prefix("netscan-print-").tempdir();
        let directory = directory.map_err(|source| self.failed(source))?;
        let page = File::create_new(directory.path().join("report.html"));
        let page = page.map_err(|source| self.failed(source))?;
        Ok(Printing { chromium: self.clone(), directory, page, length: 0 })
    }

    fn failed(&self, source: io::Error) -> PrintError {
        PrintError::Io { program: self.program.clone(), source }
    }

    fn launch(&self, directory: &Path) -> Launch {
        let place = |name: &str| directory.join(name).display().to_string();
        let mut arguments: Vec<String> = [
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-extensions",
            "--disable-sync",
            "--disable-crash-reporter",
            "--disable-breakpad",
            "--no-first-run",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            // Nobody listens there, and no name is looked up.
            "--proxy-server=http://127.0.0.1:9",
            "--proxy-bypass-list=<-loopback>",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ]
        .map(str::to_owned)
        .to_vec();
        if geteuid().is_root() {
            // It refuses to run otherwise.
            arguments.push("--no-sandbox".to_owned());
        }
        arguments.push(format!("--user-data-dir={}", place("profile")));
        arguments.push(format!("--print-to-pdf={}", place("report.pdf")));
        arguments.push(place("report.html"));
        Launch {
            program: self.program.clone(),
            arguments,
            token: format!("print:{}", uuid::Uuid::now_v7()),
            inherited: Vec::new(),
            address_space_bytes: None,
            file_size_bytes: LARGEST_FILE,
        }
    }
}

fn usual_places() -> impl Iterator<Item = PathBuf> {
    DIRECTORIES
        .iter()
        .flat_map(|directory| NAMES.iter().map(|name| Path::new(directory).join(name)))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

/// A page that is to be printed, in a directory that goes with it.
#[derive(Debug)]
pub struct Printing {
    chromium: Chromium,
    directory: TempDir,
    page: File,
    length: u64,
}

impl Printing {
    /// Adds a piece of the page.
    ///
    /// # Errors
    ///
    /// [`PrintError`] when the page becomes too large, or there is no room for it.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), PrintError> {
        self.length += piece.len() as u64;
        if self.length > LARGEST_PAGE {
            return Err(PrintError::TooLarge);
        }
        self.page.write_all(piece).map_err(|source| self.chromium.failed(source))
    }

    /// Prints the page. The file has no name any more, and is gone when it is closed.
    ///
    /// # Errors
    ///
    /// [`PrintError`] when Chromium cannot be run, takes too long, or fails. Nothing of it is left.
    pub async fn finish(self) -> Result<File, PrintError> {
        let Self { chromium, directory, page, length: _ } = self;
        drop(page);
        let (status, words) = run(&chromium, directory.path()).await?;
        let printed = File::open(directory.path().join("report.pdf"));
        match printed {
            Ok(file) if status.success() => Ok(file),
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(chromium.failed(source)),
            _ => Err(PrintError::Failed { status, words }),
        }
    }
}

/// Runs it to its end, and gives the last line that it said.
async fn run(chromium: &Chromium, directory: &Path) -> Result<(ExitStatus, String), PrintError> {
    let failed = |source| chromium.failed(source);
    let mut browser = spawn(chromium.launch(directory)).await.map_err(failed)?;
    drop(browser.stdin.take());
    let out = browser.stdout.take().map(last_words).transpose().map_err(failed)?;
    let words = browser.stderr.take().map(last_words).transpose().map_err(failed)?;
    let Ok(status) = timeout(chromium.limit, browser.wait()).await else {
        browser.stop(Duration::ZERO).await;
        return Err(PrintError::TimedOut(chromium.limit));
    };
    drop(out);
    let words = match words {
        Some(words) => timeout(LAST_WORDS, words).await.ok().and_then(Result::ok),
        None => None,
    };
    Ok((status, words.unwrap_or_else(|| "it said nothing".to_owned())))
}

/// Reads all that it says, and keeps the last line.
fn last_words(mut pipe: impl Read + Send + 'static) -> io::Result<oneshot::Receiver<String>> {
    let (done, words) = oneshot::channel();
    let read = move || {
        let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = pipe.read(&mut piece) {
            kept.extend_from_slice(&piece[..length]);
            kept.drain(..kept.len().saturating_sub(WORDS));
        }
        let text = String::from_utf8_lossy(&kept);
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        if let Some(line) = last {
            // Nobody may be waiting for it any more.
            let _ = done.send(line.trim().chars().filter(|it| !it.is_control()).collect());
        }
    };
    thread::Builder::new().name("chromium-words".to_owned()).spawn(read)?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PAGE: &[u8] = b"<!DOCTYPE html><title>A page</title><h1>One</h1><p>Hello";

    /// A program of a few lines in the place of Chromium; its last argument is the page.
    fn pretender(directory: &TempDir, script: &str) -> Chromium {
        let path = directory.path().join("chromium");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Chromium::find(Some(&path)).unwrap()
    }

    async fn print(chromium: &Chromium) -> Result<Vec<u8>, PrintError> {
        let mut printing = chromium.begin().unwrap();
        printing.write(PAGE).unwrap();
        let mut printed = Vec::new();
        printing.finish().await?.read_to_end(&mut printed).unwrap();
        Ok(printed)
    }

    #[tokio::test]
    async fn a_page_is_printed() {
        let printed = print(&Chromium::find(None).unwrap()).await.unwrap();

        assert!(printed.starts_with(b"%PDF-"), "{}", printed.len());
    }

    #[tokio::test]
    async fn what_is_started_sees_nothing_of_ours_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let script =
            "for last; do :; done; env > ${last%.html}.pdf; echo ${last%/*} >> ${last%.html}.pdf";

        let seen = print(&pretender(&directory, script)).await.unwrap();

        let seen = String::from_utf8(seen).unwrap();
        let names: Vec<_> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        let known = ["PATH", "LANG", "HOME", "NETSCAN_ATTEMPT", "PWD", "OLDPWD", "SHLVL", "_"];
        assert!(names.iter().all(|name| known.contains(name)), "{seen}");
        let place = seen.lines().last().unwrap();
        assert!(place.contains("netscan-print-") && !Path::new(place).exists(), "{place}");
    }

    #[tokio::test]
    async fn who_takes_too_long_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let slow = pretender(&directory, "sleep 1000 & wait").limited_to(Duration::from_millis(50));

        let error = print(&slow).await.unwrap_err();

        assert!(matches!(error, PrintError::TimedOut(_)), "{error}");
    }

    #[tokio::test]
    async fn who_fails_is_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let sick = pretender(&directory, "echo first >&2; echo 'no sandbox\x1b[2J' >&2; exit 7");

        let error = print(&sick).await.unwrap_err().to_string();

        assert_eq!(error, "Chromium did not print the report (exit status: 7): no sandbox[2J");
    }

    #[tokio::test]
    async fn no_file_becomes_larger_than_it_may() {
        let directory = tempfile::tempdir().unwrap();
        let script = "for last; do :; done; dd if=/dev/zero of=${last%.html}.pdf bs=1M seek=300 count=1 2>&1";

        let error = print(&pretender(&directory, script)).await.unwrap_err();

        assert!(matches!(error, PrintError::Failed { .. }), "{error}");
    }

    #[test]
    fn a_page_that_is_too_large_is_refused_before_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let mut printing = pretender(&directory, "").begin().unwrap();
        let piece = vec![b' '; 1024 * 1024];

        let refused = (0..100).find_map(|_| printing.write(&piece).err());

        assert!(matches!(refused, Some(PrintError::TooLarge)));
        assert_eq!(printing.page.metadata().unwrap().len(), LARGEST_PAGE);
    }

    #[test]
    fn that_there_is_none_is_said_with_what_to_do() {
        let missing = Chromium::find(Some(Path::new("/nowhere/chromium"))).unwrap_err();
        let directory = Chromium::find(Some(Path::new("/usr"))).unwrap_err();

        assert!(missing.is_refusal() && directory.is_refusal());
        assert!(missing.to_string().starts_with("there is no Chromium at /nowhere/chromium"));
    }
}
