//! `scope`: shows and changes what the project may touch.

use anyhow::Context as _;
use netscan_model::scope::{Effect, Rule, Scope, Subject};
use netscan_store::Store;
use uuid::Uuid;

use crate::arguments::inventory::{self, Rules};
use crate::ending::{Exit, Fault};
use crate::output::{Table, data};
use crate::wire::Context;

pub(super) async fn execute(
    context: &Context,
    arguments: inventory::Scope,
) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let before = current(context, &store).await?;
    let mut scope = before.clone();
    match arguments {
        inventory::Scope::Show => {}
        inventory::Scope::Allow(rules) => add(&mut scope, Effect::Allow, &rules)?,
        inventory::Scope::Deny(rules) => add(&mut scope, Effect::Deny, &rules)?,
        inventory::Scope::Remove { subjects } => remove(&mut scope, &subjects)?,
    }
    if scope != before {
        store.ensure_project(context.project(), Uuid::now_v7(), context.by()).await?;
        let (before, after) = (serde_json::to_value(&before)?, serde_json::to_value(&scope)?);
        store.change_scope(context.project(), &before, &after, context.by()).await?;
    }
    show(context, &scope)?;
    Ok(Exit::Done)
}

async fn current(context: &Context, store: &Store) -> anyhow::Result<Scope> {
    let Some(project) = store.project(context.project()).await? else {
        return Ok(Scope::default());
    };
    serde_json::from_value(project.scope)
        .with_context(|| format!("cannot read the scope of project {}", context.project()))
}

fn add(scope: &mut Scope, effect: Effect, rules: &Rules) -> Result<(), Fault> {
    for subject in subjects(&rules.subjects)? {
        let is_there = |rule: &Rule| rule.effect == effect && rule.subject == subject;
        if !scope.rules.iter().any(is_there) {
            scope.rules.push(Rule { effect, subject, note: rules.note.clone() });
        }
    }
    Ok(())
}

fn remove(scope: &mut Scope, texts: &[String]) -> Result<(), Fault> {
    for subject in subjects(texts)? {
        let count = scope.rules.len();
        scope.rules.retain(|rule| rule.subject != subject);
        if scope.rules.len() == count {
            return Err(Fault::new(format!("there is no rule about {subject}")));
        }
    }
    Ok(())
}

fn subjects(texts: &[String]) -> Result<Vec<Subject>, Fault> {
    let read = |text: &String| {
        text.parse().map_err(|error: netscan_model::scope::InvalidSubject| {
            Fault::new(error.to_string()).of_usage()
        })
    };
    texts.iter().map(read).collect()
}

fn show(context: &Context, scope: &Scope) -> anyhow::Result<()> {
    if context.is_json() {
        return data::print_json(scope);
    }
    if scope.rules.is_empty() {
        context.talk.note(
            "There are no rules: everything may be scanned but loopback, link-local, multicast and \
             reserved addresses, which must be named outright",
        );
        return Ok(());
    }
    let mut table = Table::new(&["Rule", "Subject", "Note"]);
    for Rule { effect, subject, note } in &scope.rules {
        table.row([effect.to_string(), subject.to_string(), note.clone().unwrap_or_default()]);
    }
    data::print_table(&table)
}
