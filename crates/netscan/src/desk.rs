//! Where commands are carried out: on this machine's database, or on a server.
//!
//! A [`Desk`] has a method for each thing that a command has to know or to have done, and in each of
//! them the two places stand side by side, so that no command asks where it is. Only the commands
//! that run scans differ: here a process of ours runs them, there the server does.

mod artifacts;
mod batches;
mod differences;
mod errors;
mod events;
mod hosts;
mod import;
mod inventory;
mod machine;
mod orders;
mod people;
mod projects;
mod records;
mod report;
mod results;
mod scans;
mod search;
mod templates;

use netscan_api::Client;
use netscan_store::{By, Realm};

pub(crate) use self::artifacts::Source;
pub(crate) use self::batches::{Batch, Cutting, Most, Overview};
pub(crate) use self::errors::{explain, is_passing};
pub(crate) use self::orders::{Choice, Order, not_accepted};
pub(crate) use self::scans::Names;
use crate::ending::Fault;
use crate::wire::Context;

/// Where commands are carried out, for one project.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    context: &'a Context,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The database of this machine.
    Here(Realm),
    /// A server.
    There(Client),
}

impl<'a> Desk<'a> {
    /// At the server, if one is named, and else at the database, which is opened.
    pub(crate) async fn open(context: &'a Context) -> anyhow::Result<Self> {
        let place = match context.client()? {
            Some(client) => Place::There(client),
            None => Place::Here(context.realm().await?),
        };
        Ok(Self { context, place })
    }

    /// Whether a server runs the scans.
    pub(crate) fn is_there(&self) -> bool {
        matches!(self.place, Place::There(_))
    }

    fn project(&self) -> &str {
        self.context.project()
    }

    fn by(&self) -> By<'_> {
        self.context.by()
    }

    fn no_project(&self) -> Fault {
        let project = self.project();
        let sentence = format!("there is no project {project}");
        let hint = format!("`netscan project create {project}` makes it");
        Fault::new(sentence).hint(hint)
    }
}
