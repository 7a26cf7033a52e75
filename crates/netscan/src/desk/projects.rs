//! Projects, and the limits of the whole.

use netscan_api::limits::{Politeness, ServerLimits};
use netscan_api::project::{CreateProject, ProjectBody, ProjectLimits, UpdateProject};
use netscan_store::{NewProject, ProjectChanges};
use uuid::Uuid;

use super::{Desk, Place, records};
use crate::ending::Fault;

impl Desk<'_> {
    /// All projects, by name.
    pub(crate) async fn projects(&self) -> anyhow::Result<Vec<ProjectBody>> {
        match &self.place {
            Place::Here(realm) => {
                let projects = realm.projects().await?.into_iter().map(records::project);
                Ok(projects.collect::<Result<_, _>>()?)
            }
            Place::There(client) => Ok(client.projects().await?),
        }
    }

    /// The project with this name.
    pub(crate) async fn named_project(&self, name: &str) -> anyhow::Result<ProjectBody> {
        let found = match &self.place {
            Place::Here(realm) => realm.project(name).await?.map(records::project).transpose()?,
            Place::There(client) => client.find_project(name).await?,
        };
        let missing = || {
            Fault::new(format!("there is no project {name}"))
                .hint("`netscan project list` lists them")
        };
        Ok(found.ok_or_else(missing)?)
    }

    pub(crate) async fn create_project(
        &self,
        name: &str,
        description: &str,
    ) -> anyhow::Result<ProjectBody> {
        match &self.place {
            Place::Here(realm) => {
                let (id, name) = (Uuid::now_v7(), name.to_owned());
                let new = NewProject { id, name, description: description.to_owned() };
                Ok(records::project(realm.create_project(&new, self.by()).await?)?)
            }
            Place::There(client) => {
                let description = (!description.is_empty()).then(|| description.to_owned());
                let new = CreateProject { name: name.to_owned(), description, limits: None };
                Ok(client.create_project(&new).await?)
            }
        }
    }

    pub(crate) async fn change_project(
        &self,
        id: Uuid,
        changes: UpdateProject,
    ) -> anyhow::Result<ProjectBody> {
        match &self.place {
            Place::Here(realm) => {
                let UpdateProject { name, description, limits } = changes;
                let limits = limits.map(stored);
                let changes = ProjectChanges { name, description, limits };
                Ok(records::project(realm.change_project(id, &changes, self.by()).await?)?)
            }
            Place::There(client) => Ok(client.update_project(id, &changes).await?),
        }
    }

    pub(crate) async fn remove_project(&self, id: Uuid) -> anyhow::Result<()> {
        match &self.place {
            Place::Here(realm) => Ok(realm.remove_project(id, self.by()).await?),
            Place::There(client) => Ok(client.delete_project(id).await?),
        }
    }

    /// How much may run at a time over all projects.
    pub(crate) async fn limits(&self) -> anyhow::Result<ServerLimits> {
        match &self.place {
            Place::Here(_) => {
                let limits = self.context.store().await?.server_limits().await?;
                let netscan_store::ServerLimits { max_batches, max_rate, politeness } = limits;
                let netscan_store::Politeness { address_rate, network_rate } = politeness;
                let politeness = Politeness { address_rate, network_rate };
                Ok(ServerLimits { max_batches, max_rate, politeness })
            }
            Place::There(client) => Ok(client.limits().await?),
        }
    }

    pub(crate) async fn set_limits(&self, limits: ServerLimits) -> anyhow::Result<()> {
        match &self.place {
            Place::Here(_) => {
                let ServerLimits { max_batches, max_rate, politeness } = limits;
                let Politeness { address_rate, network_rate } = politeness;
                let politeness = netscan_store::Politeness { address_rate, network_rate };
                let limits = netscan_store::ServerLimits { max_batches, max_rate, politeness };
                self.context.store().await?.set_server_limits(&limits, self.by()).await?;
            }
            Place::There(client) => {
                client.set_limits(&limits).await?;
            }
        }
        Ok(())
    }
}

fn stored(limits: ProjectLimits) -> netscan_store::ProjectLimits {
    let ProjectLimits { max_scans, max_batches, max_rate } = limits;
    netscan_store::ProjectLimits { max_scans, max_batches, max_rate }
}
