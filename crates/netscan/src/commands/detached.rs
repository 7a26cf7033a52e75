//! Scans in the background: another process runs them.

use std::ffi::OsString;
use std::fs::File;

use anyhow::Context as _;
use netscan_model::scan::Scan;
use netscan_modules::program;

use crate::ending::Exit;
use crate::wire::Context;

/// Has another process run the scan, and says so.
pub(super) fn start(context: &Context, scan: &Scan) -> anyhow::Result<Exit> {
    run(context, scan)?;
    let status = context.command(&format!("status {}", scan.number));
    context.talk.note(format_args!("It runs in the background; {status} tells how far it is"));
    super::print_state(context, scan)?;
    Ok(Exit::Done)
}

/// Has another process run the scan.
pub(crate) fn run(context: &Context, scan: &Scan) -> anyhow::Result<()> {
    let artifacts = &context.configuration.artifacts_dir.value;
    let failed = || format!("cannot run scan {} in the background", scan.number);
    std::fs::create_dir_all(artifacts).with_context(failed)?;
    let path = artifacts.join(format!("scan-{}.log", scan.number));
    let log = File::options().create(true).append(true).open(path).with_context(failed)?;
    let netscan = std::env::current_exe().with_context(failed)?;
    program::start_detached(&netscan, &words(context, scan), log).with_context(failed)?;
    Ok(())
}

/// Leaves the scan to the server that runs it.
pub(super) fn leave(context: &Context, scan: &Scan) -> anyhow::Result<Exit> {
    let status = context.command(&format!("status {}", scan.number));
    context.talk.note(format_args!("It runs on the server; {status} tells how far it is"));
    super::print_state(context, scan)?;
    Ok(Exit::Done)
}

/// `run ID --wait`, in the same place as this process works.
fn words(context: &Context, scan: &Scan) -> Vec<OsString> {
    let flags = &context.flags;
    let mut words: Vec<OsString> = Vec::new();
    let mut add = |flag: &str, value: Option<OsString>| {
        words.extend(value.into_iter().flat_map(|value| [flag.into(), value]));
    };
    add("--data-dir", flags.data_dir.clone().map(Into::into));
    add("--database", flags.database.clone().map(Into::into));
    add("--db-path", flags.db_path.clone().map(Into::into));
    add("--config", flags.config.clone().map(Into::into));
    add("--project", Some(context.project().into()));
    words.extend(["-q", "run", "--wait", "--detached"].map(OsString::from));
    words.push(scan.id.to_string().into());
    words
}
