//! Targets as they come in: from arguments, from files, from standard input.

use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use netscan_model::target::{InvalidTarget, Rejected, TargetList};

use crate::arguments::plan::Scan;
use crate::desk::Choice;
use crate::ending::Fault;
use crate::output::Talk;

/// What `scan` is to scan and to leave out.
///
/// What is wrong among the arguments, or among what is to be left out, stops everything. What is
/// wrong in a file of targets is told and left out, unless the operator is strict.
pub(crate) fn targets(arguments: &Scan, talk: &Talk) -> anyhow::Result<TargetList> {
    let mut list = from_arguments(&arguments.targets, "argument")?;
    for path in &arguments.files {
        let mut part = read(path)?;
        let rejected = std::mem::take(&mut part.rejected);
        tell_or_refuse(path, &rejected, arguments.strict, talk)?;
        list.append(part);
    }
    list.append(from_arguments(&arguments.excludes, "--exclude")?.into_excludes());
    for path in &arguments.exclude_files {
        let part = read(path)?.into_excludes();
        tell_or_refuse(path, &part.rejected, true, talk)?;
        list.append(part);
    }
    Ok(list)
}

/// What is to be scanned of `texts`, or without any what the template says.
pub(crate) fn named_or_of_template(
    texts: &[String],
    template: Option<&Choice>,
) -> anyhow::Result<TargetList> {
    let mut targets = from_arguments(texts, "argument")?;
    complete(&mut targets, template)?;
    Ok(targets)
}

/// Adds what a template says: its targets if there are none, and what it leaves out in any case.
pub(crate) fn complete(targets: &mut TargetList, template: Option<&Choice>) -> Result<(), Fault> {
    if let Some(choice) = template {
        let filled = choice.filled()?;
        if targets.targets.is_empty() {
            targets.append(TargetList::parse(&filled.targets.join("\n")));
        }
        targets.append(TargetList::parse(&filled.excludes.join("\n")).into_excludes());
        if let Some(rejected) = targets.rejected.first() {
            let name = &choice.template.name;
            return Err(Fault::new(format!("template {name}: {}", what_is_wrong(rejected))));
        }
    }
    if targets.is_empty() {
        return Err(Fault::new("there is nothing to scan: no target is left"));
    }
    Ok(())
}

/// The list in a file, or on standard input for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<TargetList> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        Fault::new(format!("cannot read {}: byte {place} is not UTF-8 text", path.display()))
    })?;
    Ok(TargetList::parse(&text))
}

/// `file:line:column: "text" what is wrong with it`.
pub(crate) fn in_file(path: &Path, rejected: &Rejected) -> String {
    let Rejected { line, column, .. } = rejected;
    let name =
        if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    format!("{name}:{line}:{column}: {}", what_is_wrong(rejected))
}

/// Each argument is a list of its own, so that places in it are what the operator typed.
fn from_arguments(arguments: &[String], name: &str) -> Result<TargetList, Fault> {
    let mut all = TargetList::default();
    let mut faults = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        let mut list = TargetList::parse(argument);
        for rejected in list.rejected.drain(..) {
            let Rejected { line, column, .. } = rejected;
            let line =
                if argument.contains('\n') { format!(", line {line}") } else { String::new() };
            let place = format!("{name} {}{line}, column {column}", index + 1);
            faults.push(format!("{place}: {}", what_is_wrong(&rejected)));
        }
        all.append(list);
    }
    if faults.is_empty() { Ok(all) } else { Err(Fault::all(faults).of_usage()) }
}

fn tell_or_refuse(
    path: &Path,
    rejected: &[Rejected],
    is_strict: bool,
    talk: &Talk,
) -> Result<(), Fault> {
    let must_stop = is_strict || rejected.iter().any(|rejected| rejected.was_exclude);
    let sentences: Vec<String> = rejected.iter().map(|rejected| in_file(path, rejected)).collect();
    if must_stop && !sentences.is_empty() {
        return Err(
            Fault::all(sentences).hint("nothing was scanned; correct the file and try again")
        );
    }
    for sentence in sentences {
        talk.warning(netscan_report::sanitise(&sentence));
    }
    Ok(())
}

fn what_is_wrong(rejected: &Rejected) -> InvalidTarget {
    InvalidTarget { text: rejected.text.clone(), reason: rejected.reason.clone() }
}
