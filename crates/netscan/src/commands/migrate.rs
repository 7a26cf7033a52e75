//! `migrate`: brings the database's schema up to date.

use serde_json::json;

use crate::ending::Exit;
use crate::output::data;
use crate::wire::Context;

pub(super) async fn execute(context: &Context) -> anyhow::Result<Exit> {
    // Opening a database is what migrates it.
    let store = context.store().await?;
    let (version, newest) = store.schema_versions().await?;
    let database = context.configuration.database.value.display().to_string();
    if context.is_json() {
        data::print_json(&json!({ "database": database, "version": version, "newest": newest }))?;
    } else {
        data::print(&format!("{database} has schema version {version}, the newest there is"))?;
    }
    Ok(Exit::Done)
}
