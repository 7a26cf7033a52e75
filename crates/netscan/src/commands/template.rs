//! `template`: what scans are made from again and again.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use netscan_api::template::{CreateTemplate, TemplateBody, UpdateTemplate, Validation};

use super::plan;
use super::request;
use crate::arguments::plan::{How, Label, Pace};
use crate::arguments::projects::Template;
use crate::desk::{Desk, Order};
use crate::ending::{Exit, Fault};
use crate::input;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: Template) -> anyhow::Result<Exit> {
    if let Template::Plan { template, targets } = &arguments {
        return cost(context, template, targets).await;
    }
    let desk = &Desk::open(context).await?;
    match arguments {
        Template::List => list(context, desk.templates().await?),
        Template::Show { template, version } => {
            let template = desk.template(&template, version).await?;
            if context.is_json() {
                data::print_json(&template)?;
            } else {
                data::print(netscan_report::sanitise_lines(&template.body).trim_end())?;
            }
            Ok(Exit::Done)
        }
        Template::Create { name, file, description } => {
            let body = checked(desk, &file).await?;
            let new = CreateTemplate { name, description, body };
            show(context, &desk.create_template(new).await?, "was made")
        }
        Template::Update(update) => {
            let before = desk.template(&update.template, None).await?;
            let body = match &update.file {
                Some(file) => Some(checked(desk, file).await?),
                None => None,
            };
            let (name, description) = (update.rename, update.description);
            let changes = UpdateTemplate { name, description, body };
            show(context, &desk.change_template(&before, changes).await?, "was changed")
        }
        Template::Remove { template } => {
            let template = desk.template(&template, None).await?;
            desk.remove_template(&template).await?;
            show(context, &template, "was removed")
        }
        Template::Validate { file } => {
            validate(context, &file, &desk.validate_template(&read(&file)?).await?)
        }
        Template::Plan { .. } => unreachable!("it is done above"),
    }
}

fn list(context: &Context, templates: Vec<TemplateBody>) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(&templates)?;
        return Ok(Exit::Done);
    }
    if templates.is_empty() {
        context
            .talk
            .note("There are no templates; `netscan template create NAME -f FILE` makes one");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Template", "#Version", "Changed", "Parameters", "Description"]);
    for template in templates {
        let parameters: Vec<_> =
            template.parameters.into_iter().map(|parameter| parameter.name).collect();
        table.row([
            template.name,
            template.version.to_string(),
            words::moment(template.updated_at),
            parameters.join(", "),
            template.description,
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

fn show(context: &Context, template: &TemplateBody, what: &str) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(template)?;
    } else {
        let name = netscan_report::sanitise(&template.name);
        data::print(&format!("Template {name}, version {}, {what}", template.version))?;
    }
    Ok(Exit::Done)
}

fn validate(context: &Context, file: &Path, validation: &Validation) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(validation)?;
    } else if validation.valid {
        data::print(&format!("{} is a template", file.display()))?;
    } else {
        return Err(objections(file, validation).into());
    }
    Ok(if validation.valid { Exit::Done } else { Exit::Error })
}

/// The text of a template in which nothing is wrong.
async fn checked(desk: &Desk<'_>, file: &Path) -> anyhow::Result<String> {
    let text = read(file)?;
    let validation = desk.validate_template(&text).await?;
    if validation.valid { Ok(text) } else { Err(objections(file, &validation).into()) }
}

fn objections(file: &Path, validation: &Validation) -> Fault {
    let sentence = |problem: &netscan_api::template::TemplateProblem| {
        format!("{}:{}:{}: {}", file.display(), problem.line, problem.column, problem.message)
    };
    Fault::all(validation.problems.iter().map(sentence).collect())
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file != Path::new("-") {
        let failed = || format!("cannot read {}", file.display());
        return std::fs::read_to_string(file).with_context(failed);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    Ok(text)
}

/// Says what a scan from the template would cost.
async fn cost(context: &Context, template: &str, targets: &[String]) -> anyhow::Result<Exit> {
    let choice = request::choice(context, Some(template)).await?;
    let targets = input::named_or_of_template(targets, choice.as_ref())?;
    let options = request::read(context, &How::default(), choice.as_ref())?;
    let order = Order {
        targets,
        how: &How::default(),
        pace: &Pace::default(),
        label: &Label::default(),
        template: choice,
        is_started: false,
    };
    let desk = Desk::open(context).await?;
    let cost = desk.preview(&order, options.as_ref().map(|(options, _)| options)).await?;
    if context.is_json() {
        data::print_json(&cost)?;
    } else {
        data::print_table(&plan::costs(&cost))?;
    }
    Ok(Exit::Done)
}
