//! `plan`: a scan over the project's targets that is not started, and what it will cost.

use std::time::Duration;

use netscan_model::scan::Scan;
use netscan_model::target::TargetList;
use netscan_orchestrator::submit::{self, Cost};
use netscan_report::sanitise;
use serde_json::json;

use super::request;
use crate::arguments::plan::Plan;
use crate::ending::{Exit, Fault};
use crate::output::spinner::Spinner;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Plan) -> anyhow::Result<Exit> {
    let capabilities = context.capabilities();
    let options = request::options(&arguments.how, &capabilities)?;
    let store = context.store().await?;
    let inventory = store.targets(context.project()).await?;
    let lines: Vec<&str> = inventory.iter().map(|entry| entry.target.as_str()).collect();
    let targets = TargetList::parse(&lines.join("\n"));
    if targets.is_empty() {
        let sentence = format!("project {} has no targets to plan over", context.project());
        let hint = format!("`{}` adds them", context.command("ingest FILE"));
        return Err(Fault::new(sentence).hint(hint).into());
    }
    let request = request::request(context, targets, &options, &arguments.pace, &arguments.label);
    let waiting = Spinner::start(&context.talk, "Planning");
    let submitted = submit::submit(&store, &request, context.by()).await;
    drop(waiting);
    let (scan, cost) = submitted.map_err(request::not_accepted)?;

    if context.is_json() {
        data::print_json(&json!({ "scan": scan, "cost": cost }))?;
    } else {
        data::print_table(&table(&scan, &cost))?;
        for (name, reason) in &cost.unresolved {
            let (name, reason) = (sanitise(name), sanitise(reason));
            context.talk.warning(format_args!("{name} cannot be resolved: {reason}"));
        }
        let run = context.command(&format!("run {}", scan.number));
        context.talk.note(format_args!("Start it with: {run}"));
    }
    Ok(Exit::Done)
}

fn table(scan: &Scan, cost: &Cost) -> Table {
    let mut table = Table::of_facts();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("Scan", scan.number.to_string());
    row("Id", scan.id.to_string());
    row("Options", shorten(&scan.options));
    row("Addresses", words::grouped(cost.addresses));
    row("Excluded", words::grouped(cost.excluded));
    row("Out of scope", words::grouped(cost.out_of_scope));
    row("Unresolved", cost.unresolved.len().to_string());
    row("Batches", words::grouped(cost.batches));
    row("Packets", format!("{} at least, if every host is up", words::grouped(cost.packets)));
    let forecast = words::duration(Duration::from_millis(cost.forecast_ms));
    row("Forecast", format!("about {forecast}"));
    table
}

/// Options with many scripts fill pages.
fn shorten(options: &str) -> String {
    const MOST: usize = 120;
    if options.chars().count() <= MOST {
        return options.to_owned();
    }
    format!("{}…", options.chars().take(MOST).collect::<String>())
}
