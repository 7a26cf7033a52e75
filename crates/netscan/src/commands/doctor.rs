//! `doctor`: what this machine can do.

use std::path::Path;

use netscan_modules::chromium::Chromium;
use netscan_modules::nmap::capabilities::{Capabilities, Privilege};
use netscan_store::Store;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};
use serde::Serialize;
use serde_json::json;

use crate::desk::{self, Desk};
use crate::ending::Exit;
use crate::output::{Table, data};
use crate::wire::Context;

/// Less room than this is worth a warning.
const LEAST_ROOM_BYTES: u64 = 1 << 30;
/// Files that a few nmaps and the database need.
const LEAST_OPEN_FILES: u64 = 1_024;

pub(super) async fn execute(context: &Context) -> anyhow::Result<Exit> {
    let capabilities = context.capabilities();
    let mut checks = of_nmap(&capabilities);
    checks.extend(of_limits(&capabilities));
    checks.push(of_chromium(context));
    checks.extend(of_places(context));
    checks.push(of_database(context).await);
    checks.push(of_runner(context));
    checks.extend(of_server(context).await);
    let can_scan = checks.iter().all(|check| check.state != State::Failed);
    if context.is_json() {
        data::print_json(&json!({ "can_scan": can_scan, "checks": checks }))?;
    } else {
        let mut table = Table::new(&["Check", "State", "Detail"]);
        for Check { about, state, detail } in &checks {
            table.row([(*about).to_owned(), state.name().to_owned(), detail.clone()]);
        }
        data::print_table(&table)?;
        let verdict =
            if can_scan { "This machine can run scans" } else { "This machine cannot run scans" };
        context.talk.note(verdict);
    }
    Ok(if can_scan { Exit::Done } else { Exit::Error })
}

#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    about: &'static str,
    state: State,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Good,
    Warning,
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

fn check(about: &'static str, state: State, detail: impl Into<String>) -> Check {
    Check { about, state, detail: detail.into() }
}

fn of_nmap(capabilities: &Capabilities) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(nmap) = &capabilities.nmap {
        checks.push(check(
            "nmap",
            State::Good,
            format!("{} {}", nmap.path.display(), nmap.version),
        ));
    }
    checks
        .extend(capabilities.problems.iter().map(|problem| check("nmap", State::Failed, problem)));
    let file = if capabilities.has_file_capabilities { "yes" } else { "none, as it should be" };
    let state = if capabilities.has_file_capabilities { State::Failed } else { State::Good };
    checks.push(check("file capabilities", state, file));
    checks.push(match (capabilities.raw_sockets, capabilities.privilege) {
        (true, Privilege::Root) => check("raw sockets", State::Good, "yes, as root"),
        (true, _) => {
            check("raw sockets", State::Good, "yes, by the ambient capability CAP_NET_RAW")
        }
        (false, _) => check(
            "raw sockets",
            State::Warning,
            "no: scans use TCP connections, without UDP and OS detection; run netscan as root, or \
             give it CAP_NET_RAW as an ambient capability",
        ),
    });
    checks
}

/// What prints reports. Scans do without.
fn of_chromium(context: &Context) -> Check {
    match Chromium::find(context.configuration.chromium_path.value.as_deref()) {
        Ok(chromium) => check("chromium", State::Good, chromium.program().display().to_string()),
        Err(missing) => check("chromium", State::Warning, missing.to_string()),
    }
}

fn of_limits(capabilities: &Capabilities) -> Vec<Check> {
    let files = capabilities.open_files;
    let state = if files < LEAST_OPEN_FILES { State::Warning } else { State::Good };
    let number =
        |limit: u64| if limit == u64::MAX { "no limit".to_owned() } else { limit.to_string() };
    vec![
        check("open files", state, number(files)),
        check("processes", State::Good, number(capabilities.processes)),
    ]
}

fn of_places(context: &Context) -> Vec<Check> {
    let database = &context.configuration.database.value;
    let directory = database.parent().unwrap_or(Path::new("/"));
    // What is not there yet will be made.
    let existing = directory.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let shown = directory.display();
    let writable = match access(existing, AccessFlags::W_OK | AccessFlags::X_OK) {
        Ok(()) if existing.is_dir() => check("data directory", State::Good, format!("{shown}")),
        Ok(()) => {
            let detail = format!("{shown}: {} is not a directory", existing.display());
            check("data directory", State::Failed, detail)
        }
        Err(error) => check("data directory", State::Failed, format!("{shown}: {}", error.desc())),
    };
    let room = match statvfs(existing) {
        Ok(disk) => {
            let free = disk.blocks_available().saturating_mul(disk.fragment_size());
            let state = if free < LEAST_ROOM_BYTES { State::Warning } else { State::Good };
            check("free disk", state, format!("{} MiB", free >> 20))
        }
        Err(error) => check("free disk", State::Warning, error.desc()),
    };
    vec![writable, room]
}

async fn of_database(context: &Context) -> Check {
    let database = &context.configuration.database.value;
    if !database.exists() {
        return check("database", State::Good, "will be made at first use");
    }
    let versions = match Store::open(database).await {
        Ok(store) => store.schema_versions().await,
        Err(error) => Err(error),
    };
    match versions {
        Ok((version, _)) => {
            let detail = format!("{}, schema version {version}", database.display());
            check("database", State::Good, detail)
        }
        Err(error) => check("database", State::Failed, format!("{:#}", anyhow::Error::from(error))),
    }
}

/// Whether the server that is named can be reached, and knows who asks.
async fn of_server(context: &Context) -> Option<Check> {
    let server = context.server()?;
    let answer = async { anyhow::Ok(Desk::open(context).await?.who().await?) }.await;
    Some(match answer {
        Ok(who) => check("server", State::Good, format!("{server}, {who}")),
        Err(error) => {
            let error = desk::explain(context, error);
            check("server", State::Warning, error.to_string())
        }
    })
}

fn of_runner(context: &Context) -> Check {
    let detail = match context.holder() {
        Some(holder) => format!("{holder} runs scans now"),
        None => "nobody runs scans now".into(),
    };
    check("runner", State::Good, detail)
}
