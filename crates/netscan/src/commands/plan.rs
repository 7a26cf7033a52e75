//! `plan`: a scan over the project's targets that is not started, and what it will cost.

use std::time::Duration;

use netscan_api::coverage::UnresolvedBody;
use netscan_api::template::CostBody;
use netscan_model::scan::Scan;
use netscan_model::target::TargetList;
use netscan_report::sanitise;
use serde_json::json;

use super::request;
use crate::arguments::plan::Plan;
use crate::desk::{Desk, Order};
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Plan) -> anyhow::Result<Exit> {
    let options = request::read(context, &arguments.how, None)?;
    let options = options.as_ref().map(|(options, _)| options);
    let desk = Desk::open(context).await?;
    let inventory = desk.targets().await?;
    let lines: Vec<&str> = inventory.iter().map(|entry| entry.target.as_str()).collect();
    let targets = TargetList::parse(&lines.join("\n"));
    if targets.is_empty() {
        let sentence = format!("project {} has no targets to plan over", context.project());
        let hint = format!("`{}` adds them", context.command("ingest FILE"));
        return Err(Fault::new(sentence).hint(hint).into());
    }
    let order = Order {
        targets,
        how: &arguments.how,
        pace: &arguments.pace,
        label: &arguments.label,
        template: None,
        is_started: false,
    };
    let (scan, cost) = desk.plan(&order, options).await?;

    if context.is_json() {
        data::print_json(&json!({ "scan": scan, "cost": cost }))?;
    } else {
        data::print_table(&table(&scan, &cost))?;
        for UnresolvedBody { name, reason } in &cost.unresolved {
            let (name, reason) = (sanitise(name), sanitise(reason));
            context.talk.warning(format_args!("{name} cannot be resolved: {reason}"));
        }
        let run = context.command(&format!("run {}", scan.number));
        context.talk.note(format_args!("Start it with: {run}"));
    }
    Ok(Exit::Done)
}

fn table(scan: &Scan, cost: &CostBody) -> Table {
    let mut table = Table::of_facts();
    table.row(["Scan".to_owned(), scan.number.to_string()]);
    table.row(["Id".to_owned(), scan.id.to_string()]);
    add_costs(&mut table, cost);
    table
}

/// What a scan would cost.
pub(super) fn costs(cost: &CostBody) -> Table {
    let mut table = Table::of_facts();
    add_costs(&mut table, cost);
    table
}

fn add_costs(table: &mut Table, cost: &CostBody) {
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("Options", shorten(&cost.options));
    row("Addresses", words::grouped(cost.addresses));
    row("Excluded", words::grouped(cost.excluded));
    row("Out of scope", words::grouped(cost.out_of_scope));
    row("Unresolved", cost.unresolved.len().to_string());
    row("Batches", words::grouped(cost.batches));
    row("Packets", format!("{} at least, if every host is up", words::grouped(cost.packets)));
    let forecast = words::duration(Duration::from_millis(cost.forecast_ms));
    row("Forecast", format!("about {forecast}"));
}

/// Options with many scripts fill pages.
fn shorten(options: &str) -> String {
    const MOST: usize = 120;
    if options.chars().count() <= MOST {
        return options.to_owned();
    }
    format!("{}…", options.chars().take(MOST).collect::<String>())
}
