//! `user`: who may sign in to a server.

use std::io::{self, BufRead, IsTerminal};

use anyhow::Context as _;
use netscan_api::user::{CreateUser, UpdateUser, UserBody};

use crate::arguments::people::{Password, SetUser, User};
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: User) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    match arguments {
        User::List => list(context, desk.users().await?),
        User::Create { name, role, display_name, password } => {
            let password = Some(read(context, &password)?);
            let new = CreateUser { name, password, role, display_name };
            show(context, &desk.create_user(new).await?, "was made")
        }
        User::Set(changes) => set(context, desk, changes).await,
        User::Remove { name } => {
            let user = desk.user(&name).await?;
            desk.remove_user(&user).await?;
            show(context, &user, "was removed")
        }
    }
}

async fn set(context: &Context, desk: &Desk<'_>, set: SetUser) -> anyhow::Result<Exit> {
    let SetUser { name, role, display_name, disable, enable, drop_totp, password } = set;
    let before = desk.user(&name).await?;
    let password = if password.password_stdin { Some(read(context, &password)?) } else { None };
    let is_disabled = (disable || enable).then_some(disable);
    let has_totp = drop_totp.then_some(false);
    let changes = UpdateUser { role, is_disabled, display_name, password, has_totp };
    show(context, &desk.change_user(&before, changes).await?, "was changed")
}

fn list(context: &Context, users: Vec<UserBody>) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(&users)?;
        return Ok(Exit::Done);
    }
    if users.is_empty() {
        context.talk.note("There are no users; `netscan user create NAME` makes one");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["User", "Role", "State", "Second factor", "Last seen", "Name"]);
    for user in users {
        table.row([
            user.name,
            user.role.to_string(),
            if user.is_disabled { "disabled".into() } else { "active".into() },
            if user.has_totp { "yes".into() } else { "no".into() },
            user.last_seen_at.map_or_else(|| "never".into(), words::moment),
            user.display_name,
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

fn show(context: &Context, user: &UserBody, what: &str) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(user)?;
    } else {
        data::print(&format!("User {} ({}) {what}", user.name, user.role))?;
    }
    Ok(Exit::Done)
}

/// The password: a line of standard input. A person at a terminal is asked for it.
fn read(context: &Context, how: &Password) -> anyhow::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() && !how.password_stdin {
        return ask(context);
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("cannot read the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        let fault = Fault::new("there is no password on standard input");
        return Err(fault.hint("write it on the first line").of_usage().into());
    }
    Ok(password.to_owned())
}

/// Asks at the terminal, which shows nothing of what is typed.
fn ask(context: &Context) -> anyhow::Result<String> {
    use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

    let stdin = io::stdin();
    let before = tcgetattr(&stdin).context("cannot ask for the password")?;
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO);
    context.talk.raw(b"Password: ");
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &quiet).context("cannot ask for the password")?;
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &before).context("cannot restore the terminal")?;
    context.talk.raw(b"\n");
    read.context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
