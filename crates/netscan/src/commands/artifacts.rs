//! `artifacts`: copies what nmap itself wrote in each attempt.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use netscan_store::{Artifact, AttemptRecord};
use serde_json::json;

use crate::arguments::reading::Artifacts;
use crate::ending::{Exit, Fault};
use crate::output::{data, file, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Artifacts) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let mut attempts = store.attempts(scan.id).await?;
    if let Some(reference) = &arguments.batch {
        let number = store.batch_number(scan.id, reference).await?.ok_or_else(|| {
            Fault::new(format!("there is no batch {reference} in scan {}", scan.number))
        })?;
        attempts.retain(|attempt| attempt.batch_number == number);
    }
    let mut written = Vec::new();
    for attempt in &attempts {
        copy_attempt(context, attempt, &arguments.output, &mut written)?;
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
fn copy_attempt(
    context: &Context,
    attempt: &AttemptRecord,
    output: &Path,
    written: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let directory = output
        .join(format!("batch-{}", attempt.batch_number))
        .join(format!("attempt-{}", attempt.number));
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let argv = directory.join("argv.json");
    file::write(&argv, &serde_json::to_vec_pretty(&json!({ "argv": attempt.detail.argv }))?)?;
    written.push(argv);
    for artifact in &attempt.detail.artifacts {
        let Some(name) = plain_name(artifact).filter(|name| name != Path::new("argv.json")) else {
            continue;
        };
        let target = directory.join(name);
        let root = &context.configuration.artifacts_dir.value;
        match copy(root, artifact, &target)? {
            Some(()) => written.push(target),
            None => context.talk.warning(format_args!("{} is no longer there", artifact.path)),
        }
    }
    Ok(())
}

/// The file's name without `.gz`, if it is one that cannot lead out of a directory.
fn plain_name(artifact: &Artifact) -> Option<PathBuf> {
    let path = Path::new(&artifact.path);
    let stays_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    let name = path.file_name()?.to_str()?;
    stays_below.then(|| name.strip_suffix(".gz").unwrap_or(name).into())
}

/// Copies and unpacks a file. Nothing comes back when it is gone.
fn copy(root: &Path, artifact: &Artifact, target: &Path) -> anyhow::Result<Option<()>> {
    let source = match File::open(root.join(&artifact.path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(|| format!("cannot read {}", artifact.path))?,
    };
    let mut out = file::Replacement::begin(target)?;
    let failed = || format!("cannot copy {} to {}", artifact.path, target.display());
    if Path::new(&artifact.path).extension().is_some_and(|extension| extension == "gz") {
        copy_what_is_whole(&mut MultiGzDecoder::new(source), &mut out).with_context(failed)?;
    } else {
        io::copy(&mut io::BufReader::new(source), &mut out).with_context(failed)?;
    }
    out.finish()?;
    Ok(Some(()))
}

/// An attempt that was killed leaves a stream without an end. What is there is worth having.
fn copy_what_is_whole(source: &mut impl io::Read, out: &mut impl io::Write) -> io::Result<()> {
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
