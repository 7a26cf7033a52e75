//! `artifacts`: copies what nmap itself wrote in each attempt.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use netscan_api::batch::{ArtifactBody, AttemptBody};
use serde_json::json;
use tokio::runtime::Handle;

use crate::arguments::reading::Artifacts;
use crate::desk::{Desk, Source};
use crate::ending::{Exit, Fault};
use crate::output::{data, file, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Artifacts) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let mut attempts = desk.attempts(&scan).await?;
    if let Some(reference) = &arguments.batch {
        let number = desk.batch_number(&scan, reference).await?.ok_or_else(|| {
            Fault::new(format!("there is no batch {reference} in scan {}", scan.number))
        })?;
        attempts.retain(|attempt| attempt.batch_number == number);
    }
    let mut written = Vec::new();
    for attempt in &attempts {
        copy_attempt(context, &desk, attempt, &arguments.output, &mut written).await?;
    }
    if context.is_json() {
        data::print_json(&written)?;
    } else {
        let files = u64::try_from(written.len()).unwrap_or(u64::MAX);
        let files = words::plural(files, "file", "files");
        data::print(&format!("Wrote {files} to {}", arguments.output.display()))?;
    }
    Ok(Exit::Done)
}

/// Copies the files of one attempt to `batch-N/attempt-M` below `output`.
async fn copy_attempt(
    context: &Context,
    desk: &Desk<'_>,
    attempt: &AttemptBody,
    output: &Path,
    written: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let directory = output
        .join(format!("batch-{}", attempt.batch_number))
        .join(format!("attempt-{}", attempt.number));
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let argv = directory.join("argv.json");
    file::write(&argv, &serde_json::to_vec_pretty(&json!({ "argv": attempt.argv }))?)?;
    written.push(argv);
    for artifact in &attempt.artifacts {
        let Some(name) = plain_name(artifact).filter(|name| name != Path::new("argv.json")) else {
            continue;
        };
        let target = directory.join(name);
        match desk.artifact(attempt, artifact).await? {
            Some(source) => {
                tokio::task::block_in_place(|| copy(source, &artifact.name, &target))?;
                written.push(target);
            }
            None => context.talk.warning(format_args!(
                "{} of batch {} is no longer there",
                netscan_report::sanitise(&artifact.name),
                attempt.batch_number
            )),
        }
    }
    Ok(())
}

/// The file's name without `.gz`, if it is one that cannot lead out of a directory.
fn plain_name(artifact: &ArtifactBody) -> Option<PathBuf> {
    let mut parts = Path::new(&artifact.name).components();
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else { return None };
    let name = name.to_str()?;
    Some(name.strip_suffix(".gz").unwrap_or(name).into())
}

/// Copies and unpacks a file.
fn copy(source: Source, name: &str, target: &Path) -> anyhow::Result<()> {
    let mut out = file::Replacement::begin(target)?;
    let failed = || format!("cannot copy {name} to {}", target.display());
    let mut pieces = Pieces { source, piece: io::Cursor::default() };
    if Path::new(name).extension().is_some_and(|extension| extension == "gz") {
        copy_what_is_whole(&mut MultiGzDecoder::new(pieces), &mut out).with_context(failed)?;
    } else {
        io::copy(&mut pieces, &mut out).with_context(failed)?;
    }
    out.finish()
}

/// An attempt that was killed leaves a stream without an end. What is there is worth having.
fn copy_what_is_whole(source: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => out.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// A file, read piece by piece by a thread that may wait.
struct Pieces {
    source: Source,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.piece.read(buffer)? {
            0 => {
                let next = Handle::current().block_on(self.source.next());
                self.piece = io::Cursor::new(next.map_err(io::Error::other)?.unwrap_or_default());
                self.piece.read(buffer)
            }
            count => Ok(count),
        }
    }
}
