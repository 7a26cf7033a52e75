//! `project`: named sets of targets, scope and scans.

use netscan_api::project::{ProjectBody, ProjectLimits, UpdateProject};

use crate::arguments::projects::{Project, SetProject};
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: Project) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    match arguments {
        Project::List => list(context, desk.projects().await?),
        Project::Create { name, description } => {
            show(context, &desk.create_project(&name, &description).await?, "was made")
        }
        Project::Remove { name } => {
            let project = desk.named_project(&name).await?;
            desk.remove_project(project.id).await?;
            show(context, &project, "was removed")
        }
        Project::Set(changes) => set(context, desk, changes).await,
    }
}

async fn set(context: &Context, desk: &Desk<'_>, set: SetProject) -> anyhow::Result<Exit> {
    let SetProject { name, rename, description, max_scans, max_batches, max_rate } = set;
    let before = desk.named_project(&name).await?;
    let limits = ProjectLimits {
        max_scans: max_scans.map_or(before.limits.max_scans, |limit| limit.0),
        max_batches: max_batches.map_or(before.limits.max_batches, |limit| limit.0),
        max_rate: max_rate.map_or(before.limits.max_rate, |limit| limit.0),
    };
    let limits = (limits != before.limits).then_some(limits);
    let changes = UpdateProject { name: rename, description, limits };
    show(context, &desk.change_project(before.id, changes).await?, "was changed")
}

fn list(context: &Context, projects: Vec<ProjectBody>) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(&projects)?;
        return Ok(Exit::Done);
    }
    let heads = [
        "Project",
        "#Scans",
        "#Targets",
        "#Most scans",
        "#Most batches",
        "#Most rate",
        "Description",
    ];
    let mut table = Table::new(&heads);
    let limit = |limit: Option<std::num::NonZeroU32>| {
        limit.map_or_else(|| "none".to_owned(), |limit| words::grouped(limit.get().into()))
    };
    for project in projects {
        table.row([
            project.name,
            words::grouped(project.scans),
            words::grouped(project.targets),
            limit(project.limits.max_scans),
            limit(project.limits.max_batches),
            limit(project.limits.max_rate),
            project.description,
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

fn show(context: &Context, project: &ProjectBody, what: &str) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(project)?;
    } else {
        data::print(&format!("Project {} {what}", netscan_report::sanitise(&project.name)))?;
    }
    Ok(Exit::Done)
}
