//! `mcp`: answers an assistant's questions about results.

use crate::arguments::serving::Mcp;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::mcp::{self, Access};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Mcp) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let access = if arguments.allow_control { Access::Control } else { Access::Read };
    mcp::serve(context, &desk, access).await?;
    Ok(Exit::Done)
}
