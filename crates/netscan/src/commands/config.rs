//! `config show`: the settings in force, and where they come from.

use serde_json::json;

use crate::ending::Exit;
use crate::output::{Table, data};
use crate::wire::Context;

pub(super) fn execute(context: &Context) -> anyhow::Result<Exit> {
    let rows = context.configuration.rows();
    if context.is_json() {
        let settings: Vec<_> = rows
            .iter()
            .map(|[key, value, origin]| json!({ "key": key, "value": value, "origin": origin }))
            .collect();
        data::print_json(&settings)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Setting", "Value", "Comes from"]);
    for row in rows {
        table.row(row);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}
