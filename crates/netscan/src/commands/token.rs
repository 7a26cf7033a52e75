//! `token`: what programs speak to a server by.

use serde_json::json;

use crate::arguments::serving::{CreateToken, Token};
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

/// The longest name.
const LONGEST_NAME: usize = 200;

pub(super) async fn execute(context: &Context, arguments: &Token) -> anyhow::Result<Exit> {
    match arguments {
        Token::Create(arguments) => create(context, arguments).await,
        Token::List => list(context).await,
        Token::Revoke { id } => revoke(context, id).await,
    }
}

async fn create(context: &Context, arguments: &CreateToken) -> anyhow::Result<Exit> {
    let name = arguments.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        let sentence = format!("a token has a name of 1 to {LONGEST_NAME} visible characters");
        return Err(Fault::new(sentence).of_usage().into());
    }
    let CreateToken { name: _, role, scopes, expires_in } = arguments;
    let desk = Desk::open(context).await?;
    let ends_at = expires_in.map(|span| context.by().now + span.duration());
    let (id, secret) = desk.create_token(name, *role, scopes, ends_at).await?;
    if context.is_json() {
        data::print_json(&json!({ "id": id, "token": secret }))?;
    } else {
        data::print(&secret)?;
        context.talk.note("This is shown once; whoever has it may do what it allows");
    }
    Ok(Exit::Done)
}

async fn list(context: &Context) -> anyhow::Result<Exit> {
    let tokens = Desk::open(context).await?.tokens().await?;
    if context.is_json() {
        data::print_json(&tokens)?;
        return Ok(Exit::Done);
    }
    if tokens.is_empty() {
        context.talk.note("There are no tokens; `netscan token create NAME` makes one");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Id", "Name", "Role", "Owner", "Last used", "Ends"]);
    for token in tokens {
        table.row([
            token.id,
            token.name,
            token.role.to_string(),
            token.owner.unwrap_or_default(),
            token.last_used_at.map_or_else(|| "never".into(), words::moment),
            token.expires_at.map_or_else(|| "never".into(), words::moment),
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

async fn revoke(context: &Context, id: &str) -> anyhow::Result<Exit> {
    if !Desk::open(context).await?.revoke_token(id).await? {
        let fault = Fault::new(format!("there is no token {id}"));
        return Err(fault.hint("`netscan token list` lists them").into());
    }
    if context.is_json() {
        data::print_json(&json!({ "id": id }))?;
    } else {
        data::print(&format!("Revoked the token {id}"))?;
    }
    Ok(Exit::Done)
}
