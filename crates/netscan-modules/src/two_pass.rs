//! One attempt in two passes: this program finds the open ports, or masscan does, and nmap looks at
//! those only.
//!
//! ```text
//!  first pass ──▶ host ─┬─ nothing more to be asked of it ─────────────────────────────▶ told
//!                       └─ open ports ─▶ groups by ports ─▶ nmaps side by side ─▶ joined ─▶ told
//! ```
//!
//! What it tells is what [`crate::nmap::run`] tells, so whoever listens need not know which of
//! the two it is. nmap's service pass waits for silent services for as long whatever their number,
//! so its runs wait beside each other and not one after another.

mod first;
mod group;
mod join;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::Address;
use netscan_model::batch::Outcome;
use netscan_model::observation::Host;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::discover::{Found, HostSeen};
use crate::nmap::options::NmapOptions;
use crate::nmap::run::{self, AttemptEnd, NmapJob, Observation, Stop};
use crate::nmap::services::Services;
use crate::nmap::xml::Progress;
use first::FirstEnd;
use group::Group;

pub use first::FirstPass;

/// nmaps that run at a time for one batch. Each of them reads its tables first, which takes a core
/// some hundred milliseconds, and mostly waits then.
const SIDE_BY_SIDE: usize = 8;
/// Hosts and lines of one nmap that wait to be joined.
const BACKLOG: usize = 256;

/// What is to be done, and within which bounds.
#[derive(Clone, Debug)]
pub struct TwoPass {
    /// The first pass.
    pub first: FirstPass,
    /// What was asked for. What of it is left for nmap follows from the open ports.
    pub options: NmapOptions,
    /// Names of ports that nmap is not asked about.
    pub services: Arc<Services>,
    /// What the runs of nmap have in common; its targets and arguments follow from the first pass.
    pub nmap: NmapJob,
}

/// Does both passes, to their end or to the end of someone's patience.
///
/// Hosts wait for room in `out`; drop the receiver to abandon the attempt. Dropping the future
/// ends discovery and kills nmap.
pub async fn run(job: TwoPass, out: mpsc::Sender<Observation>, stop: Stop) -> AttemptEnd {
    let argv = job.first.argv(job.options.arguments());
    let mut passes = Passes {
        started_at: Timestamp::now(),
        deadline: job.nmap.batch_timeout.map(|limit| Instant::now() + limit),
        waiting: Vec::new(),
        job,
        out,
        stop,
    };
    passes.tell(Observation::Started { pid: std::process::id(), argv }).await;
    let first = passes.find_ports().await;
    passes.tell(Observation::Line(first.summary.clone())).await;
    if first.outcome != Outcome::Succeeded || passes.waiting.is_empty() {
        return passes.end_of_first(first);
    }
    passes.look_closer(first).await
}

struct Passes {
    job: TwoPass,
    out: mpsc::Sender<Observation>,
    stop: Stop,
    started_at: Timestamp,
    deadline: Option<Instant>,
    /// Hosts that nmap is to look at.
    waiting: Vec<Host>,
}

impl Passes {
    /// Waits for room. That nobody listens any more is seen elsewhere.
    async fn tell(&self, observation: Observation) {
        let _ = self.out.send(observation).await;
    }

    /// The first pass. Hosts of which nothing more is asked are told.
    async fn find_ports(&mut self) -> FirstEnd {
        let (sender, mut heard) = mpsc::channel(BACKLOG);
        let halt = Stop::new();
        let running = tokio::spawn(self.job.first.clone().run(sender, halt.clone()));
        let (stop, out) = (self.stop.clone(), self.out.clone());
        let mut is_late = false;
        let mut is_halted = false;
        loop {
            let past_time = tokio::time::sleep_until(self.deadline.unwrap_or_else(Instant::now));
            tokio::select! {
                found = heard.recv() => match found {
                    Some(found) => self.take(found).await,
                    None => break,
                },
                reason = stop.requested(), if !is_halted => {
                    is_halted = true;
                    halt.now(reason);
                }
                () = out.closed(), if !is_halted => {
                    is_halted = true;
                    halt.now("nobody takes what is found");
                }
                () = past_time, if self.deadline.is_some() && !is_halted => {
                    (is_halted, is_late) = (true, true);
                    halt.now(self.out_of_time());
                }
            }
        }
        let mut end = running.await.unwrap_or_else(|error| {
            FirstEnd::broken(format!("the discovery of ports broke down: {error}"))
        });
        if is_late && end.outcome == Outcome::Killed {
            end.outcome = Outcome::TimedOut;
        }
        end
    }

    fn out_of_time(&self) -> String {
        let seconds = self.job.nmap.batch_timeout.unwrap_or_default().as_secs_f64();
        format!("it was stopped after {seconds} s without finishing")
    }

    async fn take(&mut self, found: Found) {
        match found {
            Found::Host(seen) => self.take_host(*seen).await,
            Found::Down { address, reason } => {
                self.tell(Observation::Down { address, reason: reason.to_owned() }).await;
            }
            Found::Progress(progress) => {
                let progress = Progress {
                    task: "Port discovery".to_owned(),
                    percent: progress.percent(),
                    ..Progress::default()
                };
                self.tell(Observation::Progress(progress)).await;
            }
        }
    }

    async fn take_host(&mut self, seen: HostSeen) {
        // Of a host that answers everywhere nothing is learned by asking further.
        let is_worth_it = seen.suspect.is_none() && !seen.timed_out;
        let mut host = seen.into_host();
        let (tcp, udp) = group::open_ports(&host);
        self.job.services.name_ports(&mut host);
        if is_worth_it && self.job.options.second_pass(&tcp, &udp).is_some() {
            self.waiting.push(host);
        } else {
            self.tell(Observation::Host(Box::new(host))).await;
        }
    }

    /// The second pass, and the end of both.
    async fn look_closer(mut self, first: FirstEnd) -> AttemptEnd {
        let hosts = std::mem::take(&mut self.waiting);
        let mut groups = group::of(hosts, self.job.nmap.max_hostgroup).into_iter().enumerate();
        let mut running = JoinSet::new();
        let at_once = self.at_once(groups.len());
        let mut end = self.end_of_first(first);
        loop {
            while running.len() < at_once && end.outcome == Outcome::Succeeded {
                let Some((number, group)) = groups.next() else { break };
                let job = self.nmap_job(number, &group, at_once);
                running.spawn(look(job, group, self.out.clone(), self.stop.clone()));
            }
            let Some(looked) = running.join_next().await else { return end };
            end = joined(end, looked);
        }
    }

    /// How many nmaps share the packets that the attempt may send.
    fn at_once(&self, groups: usize) -> usize {
        let by_rate = self.job.options.max_rate().map_or(SIDE_BY_SIDE, |rate| rate.get() as usize);
        groups.min(SIDE_BY_SIDE).min(by_rate).max(1)
    }

    fn nmap_job(&self, number: usize, group: &Group, at_once: usize) -> NmapJob {
        let mut options = group.options(&self.job.options);
        if let Some(rate) = self.job.options.max_rate() {
            let share = rate.get() / u32::try_from(at_once).expect("they are few");
            options = options.with_max_rate(NonZeroU32::new(share).unwrap_or(NonZeroU32::MIN));
        }
        let common = &self.job.nmap;
        NmapJob {
            arguments: options.arguments(),
            targets: group.addresses(),
            run: u32::try_from(number + 1).ok(),
            // Whatever has the token of an nmap that has ended is killed.
            token: format!("{}:{}", common.token, number + 1),
            batch_timeout: self.deadline.map(|end| {
                end.saturating_duration_since(Instant::now()).max(Duration::from_secs(1))
            }),
            ..common.clone()
        }
    }

    fn end_of_first(&self, first: FirstEnd) -> AttemptEnd {
        AttemptEnd {
            outcome: first.outcome,
            is_started: true,
            reason: first.reason,
            exit_code: None,
            signal: None,
            started_at: self.started_at,
            ended_at: Timestamp::now(),
            scan_types: first.scan_types,
            nmap_version: None,
            stats: None,
            stderr_tail: String::new(),
            artifacts: first.artifacts,
            artifact_error: first.artifact_error,
        }
    }
}

/// One nmap of the second pass: each host of the group is told, joined with what is known of it,
/// as soon as nmap is done with it.
async fn look(
    job: NmapJob,
    group: Group,
    out: mpsc::Sender<Observation>,
    stop: Stop,
) -> AttemptEnd {
    let (sender, mut heard) = mpsc::channel(BACKLOG);
    let mut known: HashMap<Address, Host> = group.hosts();
    let running = run::run(job, sender, stop);
    let listening = async move {
        while let Some(observation) = heard.recv().await {
            let told = match observation {
                // The attempt as a whole has told that it began.
                Observation::Started { .. } => continue,
                Observation::Host(host) => match known.remove(&host.address) {
                    Some(first) => Observation::Host(Box::new(join::joined(first, *host))),
                    None => Observation::Stray(host),
                },
                // It was there a moment ago.
                Observation::Down { address, reason } => match known.remove(&address) {
                    Some(first) => Observation::Host(Box::new(first)),
                    None => Observation::Down { address, reason },
                },
                other => other,
            };
            if out.send(told).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(running, listening).0
}

/// The end of the attempt so far, with that of one more nmap. The first failure counts.
fn joined(mut end: AttemptEnd, looked: Result<AttemptEnd, JoinError>) -> AttemptEnd {
    end.ended_at = Timestamp::now();
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) => {
            end.outcome = Outcome::Crashed;
            end.reason = format!("netscan itself failed while it ran nmap: {error}");
            return end;
        }
    };
    if end.outcome == Outcome::Succeeded {
        (end.outcome, end.reason) = (looked.outcome, looked.reason);
        (end.exit_code, end.signal) = (looked.exit_code, looked.signal);
        end.is_started = looked.is_started;
        end.stderr_tail = looked.stderr_tail;
    }
    end.nmap_version = end.nmap_version.or(looked.nmap_version);
    end.artifacts.extend(looked.artifacts);
    end.artifact_error = end.artifact_error.or(looked.artifact_error);
    end
}
