//! From a lease to what nmap is told: options are read again, fitted to this machine and shared out.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use netscan_model::scan::ModuleChoice;
use netscan_modules::discover::{DiscoverJob, Ping};
use netscan_modules::masscan::{self, Way, run::MasscanJob};
use netscan_modules::nmap::capabilities::{Capabilities, NmapProgram};
use netscan_modules::nmap::options::{self, NmapOptions, Policy};
use netscan_modules::nmap::run::{self, AttemptEnd, NmapJob, Observation, Stop};
use netscan_modules::nmap::scripts::ScriptCatalogue;
use netscan_modules::nmap::services::Services;
use netscan_modules::two_pass::{self, FirstPass, TwoPass};
use netscan_store::Lease;
use tokio::sync::mpsc;

use crate::runner::{RunnerError, Shared};

/// Hosts that nmap scans side by side at most. Results come when such a group ends, so this bounds
/// what a killed nmap loses; it is the size that nmap itself begins with for most scans.
const HOST_GROUP: NonZeroU32 = NonZeroU32::new(64).expect("not zero");

/// What an attempt does.
pub(super) enum Job {
    /// nmap does all of it.
    Nmap(Box<NmapJob>),
    /// Something faster finds the open ports, and nmap looks at those.
    TwoPass(Box<TwoPass>),
}

impl Job {
    /// Does it, to its end or to the end of someone's patience.
    pub(super) async fn run(self, out: mpsc::Sender<Observation>, stop: Stop) -> AttemptEnd {
        match self {
            Self::Nmap(job) => run::run(*job, out, stop).await,
            Self::TwoPass(job) => two_pass::run(*job, out, stop).await,
        }
    }
}

/// nmap on this machine, and what it may be told.
pub(super) struct Scanner {
    nmap: NmapProgram,
    capabilities: Capabilities,
    /// Hundreds of files, which are read when options first name scripts.
    scripts: OnceLock<Arc<ScriptCatalogue>>,
    /// Or why there is no table of them.
    services: Result<Arc<Services>, String>,
}

impl Scanner {
    /// Looks what this machine has: `program`, or the nmap on the path.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Unable`] when there is no nmap that could be run safely.
    pub(super) fn probe(program: Option<&Path>) -> Result<Self, RunnerError> {
        let capabilities = Capabilities::probe(program);
        if let Some(problem) = capabilities.problems.first() {
            return Err(RunnerError::Unable { reason: problem.clone() });
        }
        let Some(nmap) = capabilities.nmap.clone() else {
            return Err(RunnerError::Unable { reason: "there is no nmap".into() });
        };
        let services = Services::read(&nmap.datadir).map(Arc::new);
        Ok(Self { nmap, capabilities, scripts: OnceLock::new(), services })
    }

    pub(super) fn version(&self) -> &str {
        &self.nmap.version
    }

    pub(super) fn has_raw_sockets(&self) -> bool {
        self.capabilities.raw_sockets
    }

    /// What is to be done for the batch of `lease`, and where that is not what was asked for.
    ///
    /// # Errors
    ///
    /// A sentence that says why it cannot be run here at all.
    pub(super) fn prepare(
        &self,
        shared: &Shared,
        lease: &Lease,
    ) -> Result<(Job, Vec<String>), String> {
        let options = NmapOptions::parse(&lease.options, &self.policy(&lease.options)?);
        let options = options.map_err(|error| error.to_string())?;
        let (options, mut fallbacks) = self.fitted(&options)?;
        let options = limited(options, lease);
        let token = format!("{}:{}", shared.instance, lease.attempt);
        let nmap = NmapJob {
            datadir: self.nmap.datadir.clone(),
            arguments: options.arguments(),
            has_raw_sockets: self.capabilities.raw_sockets,
            max_hostgroup: HOST_GROUP,
            artifacts: Some(shared.settings.artifacts.join(artifact_directory(lease))),
            batch_timeout: lease.limits.batch_timeout_ms.map(|ms| patient(ms, lease)),
            silence_limit: shared.settings.silence_limit,
            ..NmapJob::new(&self.nmap.path, lease.addresses.clone(), token)
        };
        if !lease.modules.iter().any(ModuleChoice::is_first_pass) {
            return Ok((Job::Nmap(Box::new(nmap)), fallbacks));
        }
        match self.two_passes(options, &nmap, lease, &mut fallbacks) {
            Ok(job) => Ok((Job::TwoPass(Box::new(job)), fallbacks)),
            Err(obstacle) => {
                fallbacks.push(format!("nmap found the ports itself: only it can do {obstacle}"));
                Ok((Job::Nmap(Box::new(nmap)), fallbacks))
            }
        }
    }

    /// What is stored was checked against the policy of whoever asked for it when it came in. Reading
    /// it again is for its form: no policy that anybody has is wider than this one.
    fn policy(&self, options: &str) -> Result<Policy, String> {
        if !options.contains("--script") {
            return Ok(Policy::local(Arc::default()));
        }
        if let Some(scripts) = self.scripts.get() {
            return Ok(Policy::local(scripts.clone()));
        }
        let read = self.nmap.scripts().map_err(|error| error.to_string())?;
        Ok(Policy::local(self.scripts.get_or_init(|| Arc::new(read)).clone()))
    }

    fn two_passes(
        &self,
        options: NmapOptions,
        nmap: &NmapJob,
        lease: &Lease,
        fallbacks: &mut Vec<String>,
    ) -> Result<TwoPass, String> {
        let services = self.services.as_ref().map_err(Clone::clone)?;
        let asked = options.first_pass(services)?;
        let first = if lease.modules.iter().any(|module| module.runs(ModuleChoice::MASSCAN)) {
            match self.masscan(&asked, &options, nmap, lease) {
                Ok(job) => FirstPass::Masscan(job),
                Err(obstacle) => {
                    fallbacks.push(format!("{obstacle}; discover found the ports"));
                    FirstPass::Discover(self.discover(asked, &options, lease))
                }
            }
        } else {
            FirstPass::Discover(self.discover(asked, &options, lease))
        };
        Ok(TwoPass { first, options, services: services.clone(), nmap: nmap.clone() })
    }

    fn discover(
        &self,
        first: options::FirstPass,
        options: &NmapOptions,
        lease: &Lease,
    ) -> DiscoverJob {
        DiscoverJob {
            udp_ports: first.udp,
            udp_payloads: Some(self.nmap.datadir.join("nmap-payloads")),
            ping: if first.pings { Ping::All } else { Ping::Skip },
            max_rate: options.max_rate(),
            host_timeout: options.host_timeout(),
            raw_sockets: self.capabilities.raw_sockets && first.by_syn,
            seed: lease.attempt.as_u64_pair().1,
            ..DiscoverJob::new(lease.addresses.clone(), first.tcp)
        }
    }

    /// What masscan is to do, or else why it cannot.
    fn masscan(
        &self,
        first: &options::FirstPass,
        options: &NmapOptions,
        nmap: &NmapJob,
        lease: &Lease,
    ) -> Result<MasscanJob, String> {
        if !self.capabilities.raw_sockets {
            return Err("masscan needs raw sockets".to_owned());
        }
        if !first.by_syn {
            return Err("masscan knows no connect scan (-sT)".to_owned());
        }
        Ok(MasscanJob {
            program: masscan::run::find()?,
            targets: lease.addresses.clone(),
            ports: first.tcp.clone(),
            udp_ports: first.udp.clone(),
            pings: first.pings,
            max_rate: options.max_rate(),
            way: Way::to(&lease.addresses)?,
            seed: lease.attempt.as_u64_pair().1,
            token: format!("{}:masscan", nmap.token),
            artifacts: nmap.artifacts.clone(),
            silence_limit: nmap.silence_limit,
        })
    }

    fn fitted(&self, options: &NmapOptions) -> Result<(NmapOptions, Vec<String>), String> {
        if self.capabilities.raw_sockets {
            return Ok((options.with_raw_sockets(), Vec::new()));
        }
        let (options, fallbacks) =
            options.without_raw_sockets().map_err(|error| error.to_string())?;
        Ok((options, fallbacks.iter().map(ToString::to_string).collect()))
    }
}

/// The options with the scan's own limits, and with the share of the packets that the lease grants.
fn limited(mut options: NmapOptions, lease: &Lease) -> NmapOptions {
    if let (Some(limit), None) = (lease.limits.host_timeout_ms, options.host_timeout()) {
        options = options.with_host_timeout(patient(limit, lease));
    }
    if let Some(rate) = lease.rate {
        options = options.with_max_rate(rate);
    }
    options
}

/// A limit of the scan, as far as it holds for this batch.
fn patient(limit_ms: NonZeroU64, lease: &Lease) -> Duration {
    Duration::from_millis(limit_ms.get()).saturating_mul(lease.patience.get())
}

/// `scan-id/batch-number/attempt-number`, below the directory of artifacts.
fn artifact_directory(lease: &Lease) -> PathBuf {
    PathBuf::from(lease.scan.to_string())
        .join(format!("batch-{}", lease.batch_number))
        .join(format!("attempt-{}", lease.attempt_number))
}
