//! Scans that are asked for: what they are to be, and how they come to be.

use std::num::{NonZeroU16, NonZeroU32};

use anyhow::Context as _;
use netscan_api::Client;
use netscan_api::scan::{
    CreateScan, Options, PinnedTemplate, Profile, RerunScan, ScanConfiguration, TemplateChoice,
};
use netscan_api::span::Span;
use netscan_api::template::{CostBody, TemplateBody};
use netscan_model::scan::{Scan, TemplateVersion};
use netscan_model::target::{TargetEntry, TargetList};
use netscan_modules::nmap::options::NmapOptions;
use netscan_orchestrator::submit::{self, Request, Rerun, SubmitError, Wishes};
use netscan_orchestrator::template::{Filled, Template, TemplateProblem};
use serde_json::{Map, Value};

use super::{Desk, Place, records};
use crate::arguments::Span as Typed;
use crate::arguments::plan::{How, Label, Pace};
use crate::ending::Fault;
use crate::output::spinner::Spinner;

/// A mistake of ours: on this machine options are read before anything is asked for.
const NOT_READ: &str = "what nmap is to do was not read";

/// A scan that is asked for. What it says goes before what its template says.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) targets: TargetList,
    /// What nmap is to do, as it was typed.
    pub(crate) how: &'a How,
    pub(crate) pace: &'a Pace,
    pub(crate) label: &'a Label,
    pub(crate) template: Option<Choice>,
    pub(crate) is_started: bool,
}

/// A template, with the values of its parameters.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) template: TemplateBody,
    pub(crate) parameters: Map<String, Value>,
}

impl Choice {
    /// What the template asks for.
    pub(crate) fn filled(&self) -> Result<Filled, Fault> {
        let told = |problems: Vec<TemplateProblem>| {
            let name = &self.template.name;
            let sentences = problems.iter().map(|problem| format!("template {name}: {problem}"));
            Fault::all(sentences.collect())
        };
        let template = Template::parse(&self.template.body).map_err(told)?;
        template.fill(&self.parameters).map_err(told)
    }
}

impl Desk<'_> {
    /// Makes the scan. `options` are what nmap is to do, as they were read on this machine; a server
    /// reads them itself.
    pub(crate) async fn order(
        &self,
        order: &Order<'_>,
        options: Option<&NmapOptions>,
    ) -> anyhow::Result<Scan> {
        let _waiting = Spinner::start(&self.context.talk, "Planning");
        match &self.place {
            Place::Here(realm) => {
                let request = self.request(order, options)?;
                let submitted = submit::submit(realm, &request, self.by()).await;
                Ok(submitted.map_err(not_accepted)?.0)
            }
            Place::There(client) => {
                self.existing_project(client).await?;
                Ok(client.create_scan(&self.body(order)?).await?)
            }
        }
    }

    /// Makes the scan, and says what it will cost.
    pub(crate) async fn plan(
        &self,
        order: &Order<'_>,
        options: Option<&NmapOptions>,
    ) -> anyhow::Result<(Scan, CostBody)> {
        let _waiting = Spinner::start(&self.context.talk, "Planning");
        match &self.place {
            Place::Here(realm) => {
                let request = self.request(order, options)?;
                let submitted = submit::submit(realm, &request, self.by()).await;
                let (scan, cost) = submitted.map_err(not_accepted)?;
                Ok((scan, records::cost(cost, &request.options)))
            }
            Place::There(client) => {
                self.existing_project(client).await?;
                let body = self.body(order)?;
                let cost = client.plan_scan(&body).await?;
                Ok((client.create_scan(&body).await?, cost))
            }
        }
    }

    /// What the scan would cost. Nothing is stored.
    pub(crate) async fn preview(
        &self,
        order: &Order<'_>,
        options: Option<&NmapOptions>,
    ) -> anyhow::Result<CostBody> {
        let _waiting = Spinner::start(&self.context.talk, "Planning");
        match &self.place {
            Place::Here(realm) => {
                let request = self.request(order, options)?;
                let cost = submit::preview(realm, &request, self.by().now).await;
                Ok(records::cost(cost.map_err(not_accepted)?, &request.options))
            }
            Place::There(client) => {
                self.existing_project(client).await?;
                Ok(client.plan_scan(&self.body(order)?).await?)
            }
        }
    }

    /// Makes the scan again, as a new one of the same series, and has it start. `options` are as for
    /// [`Desk::order`].
    pub(crate) async fn rerun(
        &self,
        scan: &Scan,
        options: Option<&NmapOptions>,
    ) -> anyhow::Result<Scan> {
        let _waiting = Spinner::start(&self.context.talk, "Planning");
        match &self.place {
            Place::Here(realm) => {
                let options = options.context(NOT_READ)?;
                let how = Rerun {
                    ports_per_host: options.port_count_estimate(),
                    address_limit: self.context.configuration.address_limit.value.into(),
                    opens_outright: true,
                    is_started: true,
                    owner: self.by().actor.to_owned(),
                };
                Ok(submit::rerun(realm, scan, how, self.by()).await.map_err(not_accepted)?.0)
            }
            Place::There(client) => {
                Ok(client.rerun_scan(scan.id, &RerunScan { start: true }).await?)
            }
        }
    }

    /// A server makes no project unasked but the usual one.
    pub(super) async fn existing_project(&self, client: &Client) -> anyhow::Result<()> {
        let is_there =
            self.project() == "default" || client.find_project(self.project()).await?.is_some();
        if is_there { Ok(()) } else { Err(self.no_project().into()) }
    }

    /// The order as the orchestrator takes it.
    fn request(&self, order: &Order<'_>, options: Option<&NmapOptions>) -> anyhow::Result<Request> {
        let options = options.context(NOT_READ)?;
        let filled = match &order.template {
            Some(choice) => choice.filled()?,
            None => Filled::default(),
        };
        let or = |said: &str, filled: Option<String>| {
            if said.is_empty() { filled.unwrap_or_default() } else { said.to_owned() }
        };
        let usual = Request::new(self.project(), order.targets.clone(), options);
        let named = order.how.modules()?;
        let modules = if named.is_empty() { filled.modules_with(order.how.said()) } else { named };
        let template = order.template.as_ref().map(|choice| &choice.template);
        let version = |it: &TemplateBody| TemplateVersion { id: it.id, version: it.version };
        Ok(Request {
            name: or(&order.label.name, filled.name),
            description: or(&order.label.description, filled.description),
            notes: or(&order.label.notes, filled.notes),
            owner: self.by().actor.to_owned(),
            modules,
            recursion_depth: filled.recursion_depth.unwrap_or_default(),
            template: template.map(version),
            wishes: wishes(&self.said(order), filled.wishes),
            address_limit: self.context.configuration.address_limit.value.into(),
            // Whoever sits at the machine may name what is closed to others.
            opens_outright: true,
            is_started: order.is_started,
            ..usual
        })
    }

    /// How the scan is to be run, as far as anybody said so. The settings of this machine are for
    /// scans that no template describes.
    fn said(&self, order: &Order<'_>) -> ScanConfiguration {
        let (pace, usual) = (order.pace, &self.context.configuration);
        let holds = order.template.is_none();
        let span = |typed: Option<Typed>| Span::from_millis(typed?.milliseconds().get()).ok();
        let or = |typed: Option<NonZeroU32>, usual: Option<NonZeroU32>| {
            typed.or(usual.filter(|_| holds))
        };
        let host_timeout = pace.host_timeout.or(usual.host_timeout.value.filter(|_| holds));
        let batch_timeout = pace.batch_timeout.or(usual.batch_timeout.value.filter(|_| holds));
        ScanConfiguration {
            max_duration: span(pace.max_duration),
            max_results: pace.max_results.map(Into::into),
            priority: pace.priority,
            recursion_depth: None,
            chunk_size: or(pace.batch_size, usual.batch_size.value),
            batch_size: None,
            concurrency: or(pace.concurrency, usual.concurrency.value),
            max_rate: or(pace.max_rate, usual.max_rate.value),
            host_timeout: span(host_timeout),
            batch_timeout: span(batch_timeout),
            attempts: or(pace.attempts, usual.attempts.value),
        }
    }

    /// The order as a server takes it.
    fn body(&self, order: &Order<'_>) -> anyhow::Result<CreateScan> {
        let texts = |entries: &[TargetEntry]| {
            entries.iter().map(|entry| entry.target.to_string()).collect()
        };
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let How { profile, ports, top_ports, udp, nmap, modules: _ } = order.how;
        Ok(CreateScan {
            name: said(&order.label.name),
            description: said(&order.label.description),
            notes: said(&order.label.notes),
            project: Some(self.project().to_owned()),
            targets: texts(&order.targets.targets),
            excludes: texts(&order.targets.excludes),
            modules: order.how.modules()?,
            configuration: Some(self.said(order)),
            options: nmap.clone().map(Options::Line),
            profile: profile.and_then(|profile| profile.to_string().parse::<Profile>().ok()),
            ports: ports.clone(),
            top_ports: top_ports.and_then(NonZeroU16::new),
            udp: *udp,
            template: order.template.as_ref().map(|Choice { template, parameters }| {
                TemplateChoice::Pinned(PinnedTemplate {
                    id: template.id.to_string(),
                    version: NonZeroU32::new(template.version),
                    parameters: parameters.clone(),
                })
            }),
            start: order.is_started,
            ..CreateScan::default()
        })
    }
}

/// How the scan is to be run: as was said, or else as the template says.
fn wishes(said: &ScanConfiguration, template: Wishes) -> Wishes {
    let milliseconds = |span: Option<Span>| span.map(Span::milliseconds);
    Wishes {
        batch_size: said.size_of_a_batch().or(template.batch_size),
        concurrency: said.concurrency.or(template.concurrency),
        max_rate: said.max_rate.or(template.max_rate),
        host_timeout_ms: milliseconds(said.host_timeout).or(template.host_timeout_ms),
        batch_timeout_ms: milliseconds(said.batch_timeout).or(template.batch_timeout_ms),
        attempts: said.attempts.or(template.attempts),
        priority: said.priority.unwrap_or(template.priority),
        max_duration_ms: milliseconds(said.max_duration).or(template.max_duration_ms),
        max_results: said.max_results.or(template.max_results),
    }
}

/// Why a scan was not accepted, with what to do about it.
pub(crate) fn not_accepted(error: SubmitError) -> anyhow::Error {
    let hint = match &error {
        SubmitError::TooManyAddresses(_) | SubmitError::TooManyNames(_) => {
            "address_limit in netscan.toml, or NETSCAN_ADDRESS_LIMIT, raises the limit"
        }
        SubmitError::Nothing { .. } => "`netscan scope show` tells what the project may touch",
        _ => return error.into(),
    };
    Fault::new(error.to_string()).hint(hint).into()
}
