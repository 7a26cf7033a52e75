//! `scope`: shows and changes what the project may touch, and says by whose leave.

use jiff::Timestamp;
use netscan_model::scope::{Authorisation, Effect, Rule, Scope, Subject};

use crate::arguments::inventory::{self, Authorise, Rules};
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(
    context: &Context,
    arguments: inventory::Scope,
) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let before = desk.scope().await?;
    let mut scope = before.clone();
    match arguments {
        inventory::Scope::Show => {}
        inventory::Scope::Allow(rules) => add(&mut scope, Effect::Allow, &rules)?,
        inventory::Scope::Deny(rules) => add(&mut scope, Effect::Deny, &rules)?,
        inventory::Scope::Remove { subjects } => remove(&mut scope, &subjects)?,
        inventory::Scope::Authorise(leave) => authorise(&mut scope, leave)?,
    }
    if scope != before {
        desk.change_scope(&before, &scope).await?;
    }
    show(context, &scope)?;
    Ok(Exit::Done)
}

/// Adds rules. One that is there already holds from now on as long as is said now.
fn add(scope: &mut Scope, effect: Effect, rules: &Rules) -> Result<(), Fault> {
    let (from, until) = (rules.from, rules.until);
    in_order(from, until)?;
    for subject in subjects(&rules.subjects)? {
        let is_it = |rule: &&mut Rule| rule.effect == effect && rule.subject == subject;
        match scope.rules.iter_mut().find(is_it) {
            Some(rule) if from.is_some() || until.is_some() => {
                (rule.from, rule.until) = (from, until);
            }
            Some(_) => {}
            None => {
                let rule = Rule::new(effect, subject, rules.note.clone());
                scope.rules.push(Rule { from, until, ..rule });
            }
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

fn authorise(scope: &mut Scope, leave: Authorise) -> Result<(), Fault> {
    let Authorise { by, ticket, from, until, nobody } = leave;
    in_order(from, until)?;
    scope.authorisation = by.filter(|_| !nobody).map(|authorised_by| Authorisation {
        authorised_by,
        ticket,
        valid_from: from,
        valid_until: until,
    });
    Ok(())
}

fn in_order(from: Option<Timestamp>, until: Option<Timestamp>) -> Result<(), Fault> {
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        return Err(Fault::new("--until must be later than --from").of_usage());
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
    if let Some(authorisation) = &scope.authorisation {
        context.talk.note(allowed_by(authorisation));
    }
    if scope.rules.is_empty() {
        context.talk.note(
            "There are no rules: everything may be scanned but loopback, link-local, multicast and \
             reserved addresses, which must be named outright",
        );
        return Ok(());
    }
    let mut table = Table::new(&["Rule", "Subject", "From", "Until", "Note"]);
    let time = |at: &Option<Timestamp>| at.map_or_else(String::new, words::moment);
    for Rule { effect, subject, note, from, until } in &scope.rules {
        table.row([
            effect.to_string(),
            subject.to_string(),
            time(from),
            time(until),
            note.clone().unwrap_or_default(),
        ]);
    }
    data::print_table(&table)
}

/// By whose leave the project is scanned, in a sentence.
fn allowed_by(authorisation: &Authorisation) -> String {
    let Authorisation { authorised_by, ticket, valid_from, valid_until } = authorisation;
    let mut text = format!("Allowed by {}", netscan_report::sanitise(authorised_by));
    let mut add = |word: &str, value: Option<String>| {
        text.extend(value.map(|value| format!(" {word} {value}")));
    };
    add("under", ticket.as_ref().map(|ticket| netscan_report::sanitise(ticket).into_owned()));
    add("from", valid_from.map(words::moment));
    add("until", valid_until.map(words::moment));
    text
}
