//! A project's targets, and what it may touch.

use anyhow::Context as _;
use netscan_api::target::{AddTargets, RemoveTargets, TagTarget, TargetBody, Targets};
use netscan_model::scope::Scope;
use netscan_model::target::{TargetEntry, TargetList};
use netscan_store::InventoryTarget;
use uuid::Uuid;

use super::errors::unless_missing;
use super::{Desk, Place, records};

/// Targets that are sent to a server at a time.
const MOST_AT_A_TIME: usize = 10_000;

impl Desk<'_> {
    /// The project's targets, the oldest first; none when there is no such project.
    pub(crate) async fn targets(&self) -> anyhow::Result<Vec<TargetBody>> {
        match &self.place {
            Place::Here(realm) => {
                let targets = realm.targets(self.project()).await?;
                Ok(targets.into_iter().map(records::target).collect())
            }
            Place::There(client) => {
                let Some(project) = client.find_project(self.project()).await? else {
                    return Ok(Vec::new());
                };
                Ok(client.targets(project.id).await?)
            }
        }
    }

    /// Adds what is new to the project, which is made if there is none, and says how much was new
    /// and how much was not.
    pub(crate) async fn add_targets(&self, list: &TargetList) -> anyhow::Result<(u64, u64)> {
        let project = self.ensure_project().await?;
        let signed = || {
            let targets = list.targets.iter().map(|entry| ("", entry));
            targets.chain(list.excludes.iter().map(|entry| ("!", entry)))
        };
        match &self.place {
            Place::Here(realm) => {
                let by = self.by();
                let entry = |(sign, entry): (&str, &TargetEntry)| InventoryTarget {
                    target: format!("{sign}{}", entry.target),
                    kind: match sign {
                        "" => entry.target.kind().to_string(),
                        _ => "exclude".into(),
                    },
                    tags: Vec::new(),
                    added_at: by.now,
                };
                let entries: Vec<_> = signed().map(entry).collect();
                let all = u64::try_from(entries.len()).unwrap_or(u64::MAX);
                let new = realm.add_targets(self.project(), &entries, by).await?;
                Ok((new, all.saturating_sub(new)))
            }
            Place::There(client) => {
                let texts: Vec<String> =
                    signed().map(|(sign, entry)| format!("{sign}{}", entry.target)).collect();
                let (mut new, mut duplicates) = (0, 0);
                for part in texts.chunks(MOST_AT_A_TIME) {
                    let targets = Targets::List(part.to_vec());
                    let body = AddTargets { targets, tags: Vec::new(), strict: true };
                    let added = client.add_targets(project, &body).await?;
                    new += added.new;
                    duplicates += added.duplicates;
                }
                Ok((new, duplicates))
            }
        }
    }

    /// Says which words the target carries. Nothing comes back when it is not there.
    pub(crate) async fn tag_target(
        &self,
        target: &str,
        tags: &[String],
    ) -> anyhow::Result<Option<TargetBody>> {
        match &self.place {
            Place::Here(realm) => {
                if !realm.tag_target(self.project(), target, tags, self.by()).await? {
                    return Ok(None);
                }
                let all = realm.targets(self.project()).await?;
                Ok(all.into_iter().find(|entry| entry.target == target).map(records::target))
            }
            Place::There(client) => {
                let Some(project) = client.find_project(self.project()).await? else {
                    return Ok(None);
                };
                let body = TagTarget { target: target.to_owned(), tags: tags.to_vec() };
                Ok(unless_missing(client.tag_target(project.id, &body).await)?)
            }
        }
    }

    /// Takes a target out of the project, and says whether it was there.
    pub(crate) async fn remove_target(&self, target: &str) -> anyhow::Result<bool> {
        match &self.place {
            Place::Here(realm) => {
                Ok(realm.remove_target(self.project(), target, self.by()).await?)
            }
            Place::There(client) => {
                let Some(project) = client.find_project(self.project()).await? else {
                    return Ok(false);
                };
                let body = RemoveTargets { targets: vec![target.to_owned()] };
                Ok(client.remove_targets(project.id, &body).await?.missing.is_empty())
            }
        }
    }

    /// What the project may touch; an empty scope when there is no such project.
    pub(crate) async fn scope(&self) -> anyhow::Result<Scope> {
        match &self.place {
            Place::Here(realm) => {
                let Some(project) = realm.project(self.project()).await? else {
                    return Ok(Scope::default());
                };
                serde_json::from_value(project.scope)
                    .with_context(|| format!("cannot read the scope of project {}", self.project()))
            }
            Place::There(client) => {
                let project = client.find_project(self.project()).await?;
                Ok(project.map(|project| project.scope).unwrap_or_default())
            }
        }
    }

    /// Changes what the project may touch, unless somebody else changed it meanwhile.
    pub(crate) async fn change_scope(&self, before: &Scope, after: &Scope) -> anyhow::Result<()> {
        let project = self.ensure_project().await?;
        match &self.place {
            Place::Here(realm) => {
                let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
                realm.change_scope(self.project(), &before, &after, self.by()).await?;
            }
            Place::There(client) => {
                client.set_scope(project, after).await?;
            }
        }
        Ok(())
    }

    /// The id of the project, which is made if there is none.
    async fn ensure_project(&self) -> anyhow::Result<Uuid> {
        match &self.place {
            Place::Here(realm) => {
                Ok(realm.ensure_project(self.project(), Uuid::now_v7(), self.by()).await?.id)
            }
            Place::There(client) => match client.find_project(self.project()).await? {
                Some(project) => Ok(project.id),
                None => Ok(self.create_project(self.project(), "").await?.id),
            },
        }
    }
}
