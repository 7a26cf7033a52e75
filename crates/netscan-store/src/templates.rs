//! The templates of an organisation. What they say is the caller's affair.

use serde_json::json;
use uuid::Uuid;

use crate::error::StoreError;
use crate::records::{NewTemplate, Template, TemplateChanges, TemplateOverview, TemplateVersion};
use crate::sqlite::Connection;
use crate::steps::{audit, templates};
use crate::{By, Realm};

impl Realm {
    /// The next `limit` templates by name, behind the one called `after`.
    pub async fn templates(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<TemplateOverview>, StoreError> {
        let mut step = self.store.database.read().await?;
        templates::list(&mut step, self.organisation_key, after.unwrap_or_default(), limit).await
    }

    /// One version of a template, or the newest.
    pub async fn template(
        &self,
        id: Uuid,
        version: Option<u32>,
    ) -> Result<Option<Template>, StoreError> {
        let mut step = self.store.database.read().await?;
        self.show(&mut step, id, version).await
    }

    /// The versions of a template, newest first; none when there is no such template.
    pub async fn template_versions(&self, id: Uuid) -> Result<Vec<TemplateVersion>, StoreError> {
        let mut step = self.store.database.read().await?;
        match templates::find(&mut step, self.organisation_key, id).await? {
            Some(row) => templates::versions(&mut step, row.template_key).await,
            None => Ok(Vec::new()),
        }
    }

    /// Makes a template in its first version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when another one has the name.
    pub async fn create_template(
        &self,
        new: &NewTemplate,
        by: By<'_>,
    ) -> Result<Template, StoreError> {
        let mut step = self.store.database.write().await?;
        let key = templates::create(&mut step, self.organisation_key, new, by.now).await?;
        templates::add_version(&mut step, key, &new.body, by.actor, by.now).await?;
        let detail = json!({ "id": new.id });
        let organisation = self.organisation_key;
        audit::write(&mut step, organisation, by, "template.create", &new.name, &detail).await?;
        let template = self.show(&mut step, new.id, None).await?;
        step.commit().await?;
        Ok(template.expect("it was made in this transaction"))
    }

    /// Changes a template. Another body becomes another version; those before it stay as they are.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when another one has the new name, and [`StoreError::Changed`] when
    /// there is a newer version than the one that was looked at.
    pub async fn change_template(
        &self,
        id: Uuid,
        changes: &TemplateChanges,
        by: By<'_>,
    ) -> Result<Option<Template>, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(before) = self.show(&mut step, id, None).await? else { return Ok(None) };
        if changes.seen.is_some_and(|seen| seen != before.latest) {
            return Err(StoreError::Changed { what: "template" });
        }
        if self.apply_to_template(&mut step, &before, changes, by).await? {
            let after = self.show(&mut step, id, None).await?;
            let after = after.expect("it was found in this transaction");
            let detail = json!({
                "id": id, "version": after.version,
                "renamed_from": (after.name != before.name).then_some(&before.name),
            });
            let organisation = self.organisation_key;
            audit::write(&mut step, organisation, by, "template.change", &after.name, &detail)
                .await?;
        }
        let template = self.show(&mut step, id, None).await?;
        step.commit().await?;
        Ok(template)
    }

    /// Removes a template, and says whether there was such one. Scans that were made from it stay as
    /// they are, and its name is free again.
    pub async fn remove_template(&self, id: Uuid, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = templates::find(&mut step, self.organisation_key, id).await? else {
            return Ok(false);
        };
        templates::remove(&mut step, row.template_key, by.now).await?;
        let detail = json!({ "id": id });
        let organisation = self.organisation_key;
        audit::write(&mut step, organisation, by, "template.remove", &row.name, &detail).await?;
        step.commit().await?;
        Ok(true)
    }

    /// Changes what differs, and says whether anything does.
    async fn apply_to_template(
        &self,
        step: &mut Connection,
        before: &Template,
        changes: &TemplateChanges,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let Some(row) = templates::find(step, self.organisation_key, before.id).await? else {
            return Ok(false);
        };
        let name = changes.name.as_ref().unwrap_or(&before.name);
        let description = changes.description.as_ref().unwrap_or(&before.description);
        let is_described_anew = *name != before.name || *description != before.description;
        if is_described_anew {
            let (organisation, key) = (self.organisation_key, row.template_key);
            templates::describe(step, organisation, key, name, description, by.now).await?;
        }
        let body = changes.body.as_ref().filter(|body| **body != before.body);
        if let Some(body) = body {
            templates::add_version(step, row.template_key, body, by.actor, by.now).await?;
        }
        Ok(is_described_anew || body.is_some())
    }

    async fn show(
        &self,
        step: &mut Connection,
        id: Uuid,
        version: Option<u32>,
    ) -> Result<Option<Template>, StoreError> {
        match templates::find(step, self.organisation_key, id).await? {
            Some(row) => templates::show(step, row, version).await,
            None => Ok(None),
        }
    }
}
