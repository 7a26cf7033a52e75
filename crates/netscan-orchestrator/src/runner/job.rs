//! From a lease to what nmap is told: options are read again, fitted to this machine and shared out.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use netscan_modules::nmap::capabilities::{Capabilities, NmapProgram};
use netscan_modules::nmap::options::{NmapOptions, Policy};
use netscan_modules::nmap::run::NmapJob;
use netscan_store::Lease;

use crate::runner::{RunnerError, Shared};

/// Hosts that nmap scans side by side at most. Results come when such a group ends, so this bounds
/// what a killed nmap loses; it is the size that nmap itself begins with for most scans.
const HOST_GROUP: NonZeroU32 = NonZeroU32::new(64).expect("not zero");

/// nmap on this machine, and what it may be told.
pub(super) struct Scanner {
    nmap: NmapProgram,
    capabilities: Capabilities,
    policy: Policy,
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
        let catalogue =
            nmap.scripts().map_err(|error| RunnerError::Unable { reason: error.to_string() })?;
        // What is stored was checked against the policy of whoever asked for it when it came in.
        // Reading it again is for its form: no policy that anybody has is wider than this one.
        let policy = Policy::local(Arc::new(catalogue));
        Ok(Self { nmap, capabilities, policy })
    }

    pub(super) fn version(&self) -> &str {
        &self.nmap.version
    }

    pub(super) fn has_raw_sockets(&self) -> bool {
        self.capabilities.raw_sockets
    }

    /// What nmap is to be told for the batch of `lease`, and where that is not what was asked for.
    ///
    /// # Errors
    ///
    /// A sentence that says why it cannot be run here at all.
    pub(super) fn prepare(
        &self,
        shared: &Shared,
        lease: &Lease,
    ) -> Result<(NmapJob, Vec<String>), String> {
        let options = NmapOptions::parse(&lease.options, &self.policy);
        let options = options.map_err(|error| error.to_string())?;
        let (options, fallbacks) = self.fitted(&options)?;
        let options = limited(options, lease);
        let token = format!("{}:{}", shared.instance, lease.attempt);
        let job = NmapJob {
            datadir: self.nmap.datadir.clone(),
            arguments: options.arguments(),
            has_raw_sockets: self.capabilities.raw_sockets,
            max_hostgroup: HOST_GROUP,
            artifacts: Some(shared.settings.artifacts.join(artifact_directory(lease))),
            batch_timeout: lease.limits.batch_timeout_ms.map(|ms| Duration::from_millis(ms.get())),
            silence_limit: shared.settings.silence_limit,
            ..NmapJob::new(&self.nmap.path, lease.addresses.clone(), token)
        };
        Ok((job, fallbacks))
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
        options = options.with_host_timeout(Duration::from_millis(limit.get()));
    }
    if let Some(rate) = lease.rate {
        options = options.with_max_rate(rate);
    }
    options
}

/// `scan-id/batch-number/attempt-number`, below the directory of artifacts.
fn artifact_directory(lease: &Lease) -> PathBuf {
    PathBuf::from(lease.scan.to_string())
        .join(format!("batch-{}", lease.batch_number))
        .join(format!("attempt-{}", lease.attempt_number))
}
