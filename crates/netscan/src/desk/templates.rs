//! Templates: what scans are made from again and again.

use netscan_api::template::{
    CreateTemplate, TemplateBody, UpdateTemplate, ValidateTemplate, Validation,
};
use netscan_orchestrator::template::Template;
use netscan_server::bodies;
use netscan_store::{NewTemplate, TemplateChanges};
use uuid::Uuid;

use super::{Desk, Place};
use crate::ending::Fault;

/// Templates that are read at a time.
const PAGE: u32 = 500;

impl Desk<'_> {
    /// All templates at their newest versions, by name.
    pub(crate) async fn templates(&self) -> anyhow::Result<Vec<TemplateBody>> {
        let realm = match &self.place {
            Place::Here(realm) => realm,
            Place::There(client) => return Ok(client.templates().await?),
        };
        let (mut templates, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = realm.templates(after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(templates) };
            after = Some(last.name.clone());
            for overview in page {
                if let Some(template) = realm.template(overview.id, None).await? {
                    templates.push(bodies::template_body(realm, template).await?);
                }
            }
        }
    }

    /// The template of that name or id, at one version or at its newest.
    pub(crate) async fn template(
        &self,
        reference: &str,
        version: Option<u32>,
    ) -> anyhow::Result<TemplateBody> {
        let is_it = |template: &TemplateBody| {
            template.name == reference || template.id.to_string() == reference.to_lowercase()
        };
        let found = self.templates().await?.into_iter().find(is_it);
        let missing = || {
            Fault::new(format!("there is no template {reference}"))
                .hint("`netscan template list` lists them")
        };
        let newest = found.ok_or_else(missing)?;
        let Some(version) = version else { return Ok(newest) };
        let no_version = || {
            let sentence = format!("template {reference} has no version {version}");
            Fault::new(sentence).hint(format!("its newest is {}", newest.newest))
        };
        if !newest.versions.iter().any(|known| known.version == version) {
            return Err(no_version().into());
        }
        match &self.place {
            Place::Here(realm) => {
                let template = realm.template(newest.id, Some(version)).await?;
                let template = template.ok_or_else(no_version)?;
                Ok(bodies::template_body(realm, template).await?)
            }
            Place::There(client) => Ok(client.template_at(newest.id, version).await?),
        }
    }

    /// What is wrong with the text of a template.
    pub(crate) async fn validate_template(&self, body: &str) -> anyhow::Result<Validation> {
        if let Place::There(client) = &self.place {
            return Ok(client
                .validate_template(&ValidateTemplate { body: body.to_owned() })
                .await?);
        }
        Ok(match Template::parse(body) {
            Ok(template) => {
                let parameters = template.parameters.into_iter().map(|parameter| parameter.name);
                Validation { valid: true, problems: Vec::new(), parameters: parameters.collect() }
            }
            Err(problems) => {
                let problems = problems.into_iter().map(bodies::template_problem).collect();
                Validation { valid: false, problems, parameters: Vec::new() }
            }
        })
    }

    pub(crate) async fn create_template(
        &self,
        new: CreateTemplate,
    ) -> anyhow::Result<TemplateBody> {
        match &self.place {
            Place::Here(realm) => {
                let CreateTemplate { name, description, body } = new;
                let description = description.unwrap_or_default();
                let new = NewTemplate { id: Uuid::now_v7(), name, description, body };
                let template = realm.create_template(&new, self.by()).await?;
                Ok(bodies::template_body(realm, template).await?)
            }
            Place::There(client) => Ok(client.create_template(&new).await?),
        }
    }

    pub(crate) async fn change_template(
        &self,
        before: &TemplateBody,
        changes: UpdateTemplate,
    ) -> anyhow::Result<TemplateBody> {
        match &self.place {
            Place::Here(realm) => {
                let UpdateTemplate { name, description, body } = changes;
                let seen = Some(before.newest);
                let changes = TemplateChanges { seen, name, description, body };
                let template = realm.change_template(before.id, &changes, self.by()).await?;
                let gone = || Fault::new(format!("template {} is gone", before.name));
                Ok(bodies::template_body(realm, template.ok_or_else(gone)?).await?)
            }
            Place::There(client) => Ok(client.update_template(before.id, &changes).await?),
        }
    }

    pub(crate) async fn remove_template(&self, template: &TemplateBody) -> anyhow::Result<()> {
        match &self.place {
            Place::Here(realm) => {
                realm.remove_template(template.id, self.by()).await?;
            }
            Place::There(client) => client.delete_template(template.id).await?,
        }
        Ok(())
    }
}
