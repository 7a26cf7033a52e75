//! Joins the parts: configuration, store, lock, runner and the policy on nmap's options.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use netscan_model::scan::Scan;
use netscan_modules::nmap::capabilities::Capabilities;
use netscan_modules::nmap::options::Policy;
use netscan_modules::nmap::scripts::ScriptCatalogue;
use netscan_orchestrator::lock::{Holder, LockError, RunnerLock};
use netscan_orchestrator::runner::{Runner, Settings};
use netscan_store::{By, Store};

use crate::arguments::Global;
use crate::configuration::Configuration;
use crate::ending::Fault;
use crate::output::{Talk, logs};

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) configuration: Configuration,
    pub(crate) flags: Global,
    pub(crate) talk: Talk,
    actor: String,
}

impl Context {
    pub(crate) fn new(flags: Global, talk: Talk) -> anyhow::Result<Self> {
        let configuration = Configuration::load(&flags)?;
        let project = &configuration.project.value;
        if project.trim().is_empty() || project.chars().any(char::is_control) {
            let sentence = format!("{project:?} is no name for a project: write some letters");
            return Err(Fault::new(sentence).of_usage().into());
        }
        let by_verbosity = match flags.verbose {
            0 => None,
            1 => Some("info"),
            2 => Some("debug"),
            _ => Some("trace"),
        };
        if let Some(filter) = by_verbosity.or(configuration.log.value.as_deref()) {
            logs::show(filter, &talk)?;
        }
        Ok(Self { configuration, flags, talk, actor: actor() })
    }

    pub(crate) fn is_json(&self) -> bool {
        self.flags.json
    }

    pub(crate) fn project(&self) -> &str {
        &self.configuration.project.value
    }

    /// Who acts now.
    pub(crate) fn by(&self) -> By<'_> {
        By { actor: &self.actor, now: Timestamp::now() }
    }

    /// Opens the database, and makes it when this is the first time.
    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        let data_dir = &self.configuration.data_dir.value;
        let database = &self.configuration.database.value;
        if database.starts_with(data_dir) {
            // Scan results tell an attacker where to begin: they are nobody else's business.
            DirBuilder::new().recursive(true).mode(0o700).create(data_dir).with_context(|| {
                format!("cannot make the data directory {}", data_dir.display())
            })?;
        }
        let directory = database.parent().filter(|directory| !directory.is_dir());
        if let Some(directory) = directory {
            let sentence =
                format!("cannot open the database: there is no directory {}", directory.display());
            return Err(Fault::new(sentence).into());
        }
        Ok(Store::open(database).await?)
    }

    /// The scan that `reference` means.
    pub(crate) async fn scan(&self, store: &Store, reference: &str) -> anyhow::Result<Scan> {
        let found = store.find_scan(self.project(), reference).await?;
        let missing = || {
            let project = self.project();
            let sentence = match reference {
                "latest" => format!("there is no scan in project {project}"),
                other => format!("there is no scan {other} in project {project}"),
            };
            Fault::new(sentence).hint(format!("`{}` lists them", self.command("status")))
        };
        Ok(found.ok_or_else(missing)?)
    }

    /// The right to run batches, if no other process has it.
    ///
    /// Someone who only looks who has the lock shares it for a moment, so it is tried again for a
    /// little while.
    pub(crate) async fn lock(&self) -> Result<RunnerLock, LockError> {
        let mut tries = 5;
        loop {
            match RunnerLock::take(&self.configuration.database.value) {
                Err(LockError::Held(_)) if tries > 0 => tries -= 1,
                answer => return answer,
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Who runs the batches of this database just now, if anyone does.
    pub(crate) fn holder(&self) -> Option<Holder> {
        RunnerLock::holder(&self.configuration.database.value)
    }

    /// A runner that is started for `scan`.
    ///
    /// It is had before the scan is changed: where nothing can run, nothing is asked for.
    pub(crate) async fn runner(
        &self,
        store: &Store,
        lock: RunnerLock,
        scan: &Scan,
    ) -> anyhow::Result<Runner> {
        let artifacts = self.configuration.artifacts_dir.value.clone();
        let settings = Settings {
            program: self.configuration.nmap_path.value.clone(),
            grace: self.configuration.pause_grace.value.duration(),
            ..Settings::new(worker(), artifacts)
        };
        Ok(Runner::start(store.clone(), lock, settings, scan.id).await?)
    }

    /// What this machine and its nmap can do.
    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities::probe(self.configuration.nmap_path.value.as_deref())
    }

    /// How to call netscan from here for the same project, for hints.
    pub(crate) fn command(&self, words: &str) -> String {
        match self.project() {
            "default" => format!("netscan {words}"),
            project => format!("netscan {words} --project {project}"),
        }
    }
}

/// What may be asked of the nmap of `capabilities` by whoever sits at this machine.
pub(crate) fn policy(capabilities: &Capabilities) -> anyhow::Result<Policy> {
    let catalogue = match &capabilities.nmap {
        Some(nmap) => nmap.scripts()?,
        None => ScriptCatalogue::default(),
    };
    Ok(Policy::local(Arc::new(catalogue)))
}

/// The name under which this process leases batches.
fn worker() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    format!("{}-{}", host.unwrap_or_else(|| "localhost".into()), std::process::id())
}

/// Who is at the terminal, for the audit log.
fn actor() -> String {
    let uid = nix::unistd::getuid();
    let user = nix::unistd::User::from_uid(uid).ok().flatten();
    format!("cli:{}", user.map_or_else(|| uid.to_string(), |user| user.name))
}
