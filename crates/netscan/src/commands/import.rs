//! `import`: makes scans of files that nmap or masscan wrote.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::Context as _;
use netscan_api::import::{ImportBody, ImportFile};
use netscan_report::sanitise;

use crate::arguments::inventory::Import;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{data, words};
use crate::wire::Context;

/// More characters of a file's name are not taken for the scan's.
const LONGEST_NAME: usize = 200;

pub(super) async fn execute(context: &Context, arguments: &Import) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let mut exit = Exit::Done;
    for path in &arguments.files {
        let shown = shown(path);
        let file = open(path).with_context(|| format!("cannot read {shown}"))?;
        let name = file_name(path);
        let said = ImportFile {
            project: Some(context.project().to_owned()),
            name: arguments.name.clone().or(name.clone()),
            notes: None,
            file: name,
            format: arguments.format,
        };
        let imported = desk.import(file, &shown, said).await?;
        if imported.truncated {
            exit = Exit::Partial;
            let reason = imported.scan.reason.as_deref().unwrap_or("it is not whole");
            context.talk.warning(sanitise(&format!("{shown}: {reason}")));
        }
        print(context, &shown, &imported)?;
    }
    Ok(exit)
}

fn print(context: &Context, shown: &str, imported: &ImportBody) -> anyhow::Result<()> {
    if context.is_json() {
        return data::print_json(imported);
    }
    let ImportBody { scan, hosts, ports, skipped, .. } = imported;
    let (hosts, ports) =
        (words::plural(*hosts, "host", "hosts"), words::plural(*ports, "port", "ports"));
    let left_out = match skipped {
        0 => String::new(),
        skipped => {
            let entries = words::plural(*skipped, "entry", "entries");
            format!(", {entries} left out that could not be read")
        }
    };
    let number = scan.number;
    data::print(&sanitise(&format!("{shown} is scan {number}: {hosts}, {ports}{left_out}")))
}

/// The file, or standard input for `-`.
fn open(path: &Path) -> io::Result<File> {
    if path == Path::new("-") {
        return Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(file)
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// What the file is called, made fit for the name of a scan.
fn file_name(path: &Path) -> Option<String> {
    let name = path.file_name().filter(|_| path != Path::new("-"))?;
    let name = sanitise(&name.to_string_lossy()).chars().take(LONGEST_NAME).collect();
    Some(name)
}
