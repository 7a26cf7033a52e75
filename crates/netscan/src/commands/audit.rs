//! `audit`: who did what, and whether that is as it was written.

use netscan_api::audit::{Anchor, AuditVerdict};
use netscan_api::query::{self, VerifyAudit};

use crate::arguments::people::{Audit, ListAudit};
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: Audit) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    match arguments {
        Audit::List(which) => list(context, &desk, which).await,
        Audit::Verify { anchor } => {
            verify(context, &desk.verify_audit(VerifyAudit { anchor }).await?)
        }
    }
}

async fn list(context: &Context, desk: &Desk<'_>, which: ListAudit) -> anyhow::Result<Exit> {
    let ListAudit { actor, action, from, until, limit } = which;
    let limit = Some(limit);
    let rows =
        desk.audit(query::ListAudit { actor, action, from, until, cursor: None, limit }).await?;
    if context.is_json() {
        data::print_json(&rows)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["#Row", "Time", "Who", "What", "Subject", "From"]);
    for row in rows {
        table.row([
            row.seq.to_string(),
            words::moment(row.at),
            row.actor,
            row.action,
            row.subject,
            row.address.unwrap_or_default(),
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

fn verify(context: &Context, verdict: &AuditVerdict) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(verdict)?;
    } else {
        data::print(&sentence(verdict))?;
    }
    Ok(if verdict.is_intact { Exit::Done } else { Exit::Error })
}

fn sentence(verdict: &AuditVerdict) -> String {
    let rows = words::plural(verdict.rows, "row", "rows");
    let Some(bad) = verdict.first_bad else {
        let anchor = Anchor { seq: verdict.rows, hash: verdict.head.clone() };
        return format!(
            "The audit log is whole: {rows}\nTo see later that none was cut off, keep this elsewhere, for --anchor: {anchor}"
        );
    };
    let why = verdict.why.as_deref().unwrap_or("it is not what was written");
    format!(
        "Row {bad} of the audit log is not right: {why}. The {rows} before it are as they were written"
    )
}
