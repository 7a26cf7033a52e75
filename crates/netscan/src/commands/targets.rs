//! `targets`: shows and changes the project's targets.

use netscan_api::target::TargetBody;
use netscan_model::target::Target;

use crate::arguments::inventory::Targets;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Targets) -> anyhow::Result<Exit> {
    match arguments {
        Targets::List { tag } => list(context, tag.as_deref()).await,
        Targets::Tag { target, tags } => tag(context, target, tags).await,
        Targets::Remove { targets } => remove(context, targets).await,
    }
}

async fn list(context: &Context, tag: Option<&str>) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let mut targets = desk.targets().await?;
    targets.retain(|target| tag.is_none_or(|tag| target.tags.iter().any(|own| own == tag)));
    if context.is_json() {
        data::print_json(&targets)?;
        return Ok(Exit::Done);
    }
    if targets.is_empty() {
        let ingest = context.command("ingest FILE");
        context.talk.note(format_args!("There are no targets; {ingest} adds them"));
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Target", "Kind", "Added", "Tags"]);
    for TargetBody { target, kind, tags, added_at } in targets {
        table.row([target, kind, words::moment(added_at), tags.join(", ")]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

async fn tag(context: &Context, target: &str, tags: &[String]) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let target = canonical(target);
    let Some(tagged) = desk.tag_target(&target, tags).await? else {
        return Err(missing(context, &target).into());
    };
    if context.is_json() {
        data::print_json(&tagged)?;
    } else if tags.is_empty() {
        data::print(&format!("{target} has no tags"))?;
    } else {
        data::print(&format!("{target} has the tags {}", tags.join(", ")))?;
    }
    Ok(Exit::Done)
}

async fn remove(context: &Context, targets: &[String]) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let mut removed = Vec::new();
    for target in targets.iter().map(|target| canonical(target)) {
        if !desk.remove_target(&target).await? {
            return Err(missing(context, &target).into());
        }
        removed.push(target);
    }
    if context.is_json() {
        data::print_json(&removed)?;
    } else {
        data::print(&format!("Removed {}", removed.join(", ")))?;
    }
    Ok(Exit::Done)
}

/// The spelling under which the inventory has it.
fn canonical(text: &str) -> String {
    let (sign, target) = text.strip_prefix('!').map_or(("", text), |target| ("!", target));
    target.parse::<Target>().map_or_else(|_| text.to_owned(), |target| format!("{sign}{target}"))
}

fn missing(context: &Context, target: &str) -> Fault {
    let sentence = format!("there is no target {target} in project {}", context.project());
    Fault::new(sentence).hint(format!("`{}` lists them", context.command("targets list")))
}
