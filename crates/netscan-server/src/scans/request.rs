//! From what a caller writes to a request that the orchestrator takes: project, template, targets,
//! options and limits, each mistake with the field at fault.
//!
//! What the caller says goes before what the template says, and that before what is usual.

mod options;
mod targets;
mod template;

use netscan_api::coverage::UnresolvedBody;
use netscan_api::scan::{CreateScan, ScanConfiguration};
use netscan_api::span::Span;
use netscan_api::template::CostBody;
use netscan_model::access::Permission;
use netscan_model::scan::{Scan, TemplateVersion};
use netscan_modules::nmap::options::Policy;
use netscan_orchestrator::submit::{self, Cost, Request, SubmitError, Wishes};
use netscan_orchestrator::template::Filled;
use netscan_store::Realm;

use crate::app::App;
use crate::caller::Caller;
use crate::projects;
use crate::refusal::Refusal;

pub(super) use options::parsed;
pub(crate) use template::hold;

/// The scan that `asked` describes, stored.
pub(super) async fn submitted(
    app: &App,
    caller: &Caller,
    realm: &Realm,
    asked: CreateScan,
) -> Result<Scan, Refusal> {
    let has_one_target = asked.target.is_some();
    let request = of(app, caller, realm, asked).await?;
    let submitted = submit::submit(realm, &request, caller.by()).await;
    let (scan, _) = submitted.map_err(|error| not_accepted(error, has_one_target))?;
    Ok(scan)
}

fn not_accepted(error: SubmitError, has_one_target: bool) -> Refusal {
    let refusal = Refusal::from(error);
    if has_one_target { refusal.renamed("/targets", "/target/value") } else { refusal }
}

/// What the orchestrator is to be asked for.
pub(crate) async fn of(
    app: &App,
    caller: &Caller,
    realm: &Realm,
    asked: CreateScan,
) -> Result<Request, Refusal> {
    let (version, filled) = match &asked.template {
        Some(choice) => {
            let (version, filled) = template::chosen(realm, choice).await?;
            (Some(version), filled)
        }
        None => (None, Filled::default()),
    };
    over(app, caller, realm, asked, version, filled).await
}

/// The same over what a template says, which need not be a stored one.
async fn over(
    app: &App,
    caller: &Caller,
    realm: &Realm,
    asked: CreateScan,
    version: Option<TemplateVersion>,
    filled: Filled,
) -> Result<Request, Refusal> {
    let project = project(realm, &asked).await?;
    let policy = app.policy(caller.record().grant.role);
    let modules = options::modules(&asked, &filled)?;
    let options = options::of(&asked, &filled, &policy)?;
    let targets = targets::of(realm, &project, &asked, &filled).await?;
    let configuration = asked.configured();
    Ok(Request {
        name: asked.name.or(filled.name).unwrap_or_default(),
        description: asked.description.or(filled.description).unwrap_or_default(),
        notes: asked.notes.or(filled.notes).unwrap_or_default(),
        owner: owner(caller),
        modules,
        recursion_depth: configuration
            .recursion_depth
            .or(filled.recursion_depth)
            .unwrap_or_default(),
        template: version,
        wishes: wishes(&configuration, filled.wishes, &policy)?,
        address_limit: app.settings().address_limit,
        opens_outright: opens_outright(caller),
        is_started: asked.start,
        ..Request::new(&project, targets, &options)
    })
}

/// Whose a scan is that `caller` asks for: the person's, also when a program asks with their token.
pub(crate) fn owner(caller: &Caller) -> String {
    let record = caller.record();
    let user = record.user.as_ref().map(|user| format!("user:{}", user.name));
    user.unwrap_or_else(|| record.actor.clone())
}

/// Whether naming loopback and the like outright is leave enough: for those who may say what may be
/// scanned.
pub(crate) fn opens_outright(caller: &Caller) -> bool {
    caller.record().grant.allows(Permission::Scope)
}

/// The name of the project. One that is named has to be there; the usual one is made.
async fn project(realm: &Realm, asked: &CreateScan) -> Result<String, Refusal> {
    match asked.project_reference() {
        None | Some(projects::USUAL) => Ok(projects::USUAL.to_owned()),
        Some(reference) => Ok(projects::existing(realm, reference).await?.name),
    }
}

fn wishes(asked: &ScanConfiguration, usual: Wishes, policy: &Policy) -> Result<Wishes, Refusal> {
    let milliseconds = |span: Option<Span>| span.map(Span::milliseconds);
    let wishes = Wishes {
        batch_size: asked.size_of_a_batch().or(usual.batch_size),
        concurrency: asked.concurrency.or(usual.concurrency),
        max_rate: asked.max_rate.or(usual.max_rate),
        host_timeout_ms: milliseconds(asked.host_timeout).or(usual.host_timeout_ms),
        batch_timeout_ms: milliseconds(asked.batch_timeout).or(usual.batch_timeout_ms),
        attempts: asked.attempts.or(usual.attempts),
        priority: asked.priority.unwrap_or(usual.priority),
        max_duration_ms: milliseconds(asked.max_duration).or(usual.max_duration_ms),
        max_results: asked.max_results.or(usual.max_results),
    };
    allow_rate("/configuration/max_rate", wishes.max_rate, policy)?;
    Ok(wishes)
}

/// Refuses a rate that whoever asks may not ask for.
pub(super) fn allow_rate(
    field: &str,
    rate: Option<std::num::NonZeroU32>,
    policy: &Policy,
) -> Result<(), Refusal> {
    let most = policy.max_rate_limit;
    if rate.is_some_and(|rate| rate > most) {
        let message = format!("must be {most} packets per second at most for a role like yours");
        return Err(Refusal::field(field, message));
    }
    Ok(())
}

/// What a scan of `options` would cost.
pub(crate) fn cost_body(cost: Cost, options: &str) -> CostBody {
    let Cost { addresses, excluded, out_of_scope, unresolved, batches, packets, forecast_ms } =
        cost;
    let unresolved = unresolved.into_iter().map(|(name, reason)| UnresolvedBody { name, reason });
    CostBody {
        addresses,
        excluded,
        out_of_scope,
        unresolved: unresolved.collect(),
        batches,
        packets,
        forecast_ms,
        options: options.to_owned(),
    }
}
