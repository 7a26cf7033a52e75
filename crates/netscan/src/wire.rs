//! Joins the parts: configuration, store, lock, runner and the policy on nmap's options.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use netscan_api::Client;
use netscan_model::scan::Scan;
use netscan_modules::nmap::capabilities::Capabilities;
use netscan_modules::nmap::options::Policy;
use netscan_modules::nmap::scripts::ScriptCatalogue;
use netscan_orchestrator::lock::{Holder, LockError, RunnerLock};
use netscan_orchestrator::runner::{Runner, Settings};
use netscan_store::{By, Realm, Store};
use tokio::sync::OnceCell;

use crate::arguments::Global;
use crate::configuration::{Configuration, Origin, Secret};
use crate::ending::Fault;
use crate::output::traces::Traces;
use crate::output::{Talk, logs};

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) configuration: Configuration,
    pub(crate) flags: Global,
    pub(crate) talk: Talk,
    actor: String,
    store: OnceCell<Store>,
    /// Sends the last spans when everything else is done.
    _traces: Option<Traces>,
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
        let filter = by_verbosity.or(configuration.log.value.as_deref());
        let traces = configuration.otlp_endpoint.value.as_deref().map(Traces::to).transpose()?;
        if filter.is_some() || traces.is_some() {
            logs::show(filter, configuration.log_format.value, &talk, traces.as_ref())?;
        }
        let store = OnceCell::new();
        Ok(Self { configuration, flags, talk, actor: actor(), store, _traces: traces })
    }

    pub(crate) fn is_json(&self) -> bool {
        self.flags.json
    }

    pub(crate) fn project(&self) -> &str {
        &self.configuration.project.value
    }

    /// Who acts now.
    pub(crate) fn by(&self) -> By<'_> {
        By { actor: &self.actor, remote: None, now: Timestamp::now() }
    }

    /// The server to work on, if one is named. A database that is named on the command line goes
    /// before a server that is named elsewhere.
    pub(crate) fn server(&self) -> Option<&str> {
        let Global { data_dir, database, db_path, .. } = &self.flags;
        let is_database_named = data_dir.is_some() || database.is_some() || db_path.is_some();
        let server = &self.configuration.server;
        let holds = !is_database_named || matches!(server.origin, Origin::Flag(_));
        server.value.as_deref().filter(|_| holds)
    }

    /// Who speaks to the server, if one is named.
    pub(crate) fn client(&self) -> anyhow::Result<Option<Client>> {
        let Some(url) = self.server() else { return Ok(None) };
        let token = self.configuration.token.value.as_ref().map(|Secret(token)| token.as_str());
        let client = Client::new(url, token)?;
        if token.is_some() && client.is_exposed() {
            self.talk.warning(
                "The token and all results go to the server unprotected: use https:// unless the \
                 network in between is your own",
            );
        }
        Ok(Some(client))
    }

    /// What belongs to whoever sits at this machine: the first organisation of the database.
    pub(crate) async fn realm(&self) -> anyhow::Result<Realm> {
        Ok(self.store().await?.default_realm().await?)
    }

    /// The whole database, opened once, and made when this is the first time.
    pub(crate) async fn store(&self) -> anyhow::Result<&Store> {
        self.store.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> anyhow::Result<Store> {
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
    pub(crate) async fn runner(&self, lock: RunnerLock, scan: &Scan) -> anyhow::Result<Runner> {
        let store = self.store().await?.clone();
        Ok(Runner::start(store, lock, self.runner_settings(), scan.id).await?)
    }

    /// How batches are run on this machine.
    pub(crate) fn runner_settings(&self) -> Settings {
        let artifacts = self.configuration.artifacts_dir.value.clone();
        let usual = Settings::new(worker(), artifacts);
        Settings {
            program: self.configuration.nmap_path.value.clone(),
            grace: self.configuration.pause_grace.value.duration(),
            places: self.configuration.serving.places.value.unwrap_or(usual.places),
            ..usual
        }
    }

    /// What this machine and its nmap can do.
    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities::probe(self.configuration.nmap_path.value.as_deref())
    }

    /// How to call netscan from here for the same project, for hints.
    pub(crate) fn command(&self, words: &str) -> String {
        let mut command = format!("netscan {words}");
        if let Some(server) = &self.flags.server {
            command.push_str(" --server ");
            command.push_str(server);
        }
        match self.project() {
            "default" => command,
            project => format!("{command} --project {project}"),
        }
    }
}

/// What may be asked of the nmap of `capabilities` by whoever sits at this machine.
pub(crate) fn policy(capabilities: &Capabilities) -> anyhow::Result<Policy> {
    Ok(Policy::local(scripts(capabilities)?))
}

/// The scripts of the nmap of `capabilities`; none without an nmap.
pub(crate) fn scripts(capabilities: &Capabilities) -> anyhow::Result<Arc<ScriptCatalogue>> {
    let catalogue = match &capabilities.nmap {
        Some(nmap) => nmap.scripts()?,
        None => ScriptCatalogue::default(),
    };
    Ok(Arc::new(catalogue))
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
