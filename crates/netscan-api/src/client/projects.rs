//! Projects, their scopes and their targets.

use netscan_model::scope::Scope;
use uuid::Uuid;

use super::{Client, ClientError, NOTHING};
use crate::page::Page;
use crate::project::{CreateProject, ProjectBody, UpdateProject};
use crate::query::ListProjects;
use crate::target::{
    AddTargets, AddedTargets, ExpandTargets, ExpandedTargets, RemoveTargets, RemovedTargets,
    TagTarget, TargetBody,
};

/// Each fails as [`Client::get`] does.
impl Client {
    /// All projects.
    pub async fn projects(&self) -> Result<Vec<ProjectBody>, ClientError> {
        self.all(&["projects"], NOTHING).await
    }

    /// The project with this name.
    pub async fn find_project(&self, name: &str) -> Result<Option<ProjectBody>, ClientError> {
        let query = ListProjects { name: Some(name.to_owned()), ..ListProjects::default() };
        let page: Page<ProjectBody> = self.get(&["projects"], &query).await?;
        Ok(page.items.into_iter().find(|project| project.name == name))
    }

    /// Makes a project.
    pub async fn create_project(&self, body: &CreateProject) -> Result<ProjectBody, ClientError> {
        self.post(&["projects"], body).await
    }

    /// Shows a project.
    pub async fn project(&self, id: Uuid) -> Result<ProjectBody, ClientError> {
        self.get(&["projects", &id.to_string()], NOTHING).await
    }

    /// Changes a project.
    pub async fn update_project(
        &self,
        id: Uuid,
        body: &UpdateProject,
    ) -> Result<ProjectBody, ClientError> {
        self.put(&["projects", &id.to_string()], body).await
    }

    /// Removes a project.
    pub async fn delete_project(&self, id: Uuid) -> Result<(), ClientError> {
        self.delete(&["projects", &id.to_string()]).await
    }

    /// What a project may touch.
    pub async fn scope(&self, project: Uuid) -> Result<Scope, ClientError> {
        self.get(&["projects", &project.to_string(), "scope"], NOTHING).await
    }

    /// Says what a project may touch: all rules anew.
    pub async fn set_scope(&self, project: Uuid, scope: &Scope) -> Result<Scope, ClientError> {
        self.put(&["projects", &project.to_string(), "scope"], scope).await
    }

    /// The inventory of a project.
    pub async fn targets(&self, project: Uuid) -> Result<Vec<TargetBody>, ClientError> {
        self.all(&["projects", &project.to_string(), "targets"], NOTHING).await
    }

    /// Adds to the inventory of a project.
    pub async fn add_targets(
        &self,
        project: Uuid,
        body: &AddTargets,
    ) -> Result<AddedTargets, ClientError> {
        self.post(&["projects", &project.to_string(), "targets"], body).await
    }

    /// Takes out of the inventory of a project.
    pub async fn remove_targets(
        &self,
        project: Uuid,
        body: &RemoveTargets,
    ) -> Result<RemovedTargets, ClientError> {
        self.post(&["projects", &project.to_string(), "targets", "remove"], body).await
    }

    /// Says which words a target carries.
    pub async fn tag_target(
        &self,
        project: Uuid,
        body: &TagTarget,
    ) -> Result<TargetBody, ClientError> {
        self.post(&["projects", &project.to_string(), "targets", "tag"], body).await
    }

    /// What targets amount to.
    pub async fn expand_targets(
        &self,
        body: &ExpandTargets,
    ) -> Result<ExpandedTargets, ClientError> {
        self.post(&["targets", "expand"], body).await
    }
}
