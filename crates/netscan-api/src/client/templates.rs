//! Templates.

use uuid::Uuid;

use super::{Client, ClientError, NOTHING};
use crate::template::{
    CostBody, CreateTemplate, PlanTemplate, TemplateBody, UpdateTemplate, ValidateTemplate,
    Validation,
};

/// Each fails as [`Client::get`] does.
impl Client {
    /// All templates at their newest versions.
    pub async fn templates(&self) -> Result<Vec<TemplateBody>, ClientError> {
        self.all(&["templates"], NOTHING).await
    }

    /// Makes a template.
    pub async fn create_template(
        &self,
        body: &CreateTemplate,
    ) -> Result<TemplateBody, ClientError> {
        self.post(&["templates"], body).await
    }

    /// Shows a template at its newest version.
    pub async fn template(&self, id: Uuid) -> Result<TemplateBody, ClientError> {
        self.get(&["templates", &id.to_string()], NOTHING).await
    }

    /// Shows a template at one version.
    pub async fn template_at(&self, id: Uuid, version: u32) -> Result<TemplateBody, ClientError> {
        let query = std::collections::BTreeMap::from([("version", version)]);
        self.get(&["templates", &id.to_string()], &query).await
    }

    /// Changes a template; a new text is a new version.
    pub async fn update_template(
        &self,
        id: Uuid,
        body: &UpdateTemplate,
    ) -> Result<TemplateBody, ClientError> {
        self.put(&["templates", &id.to_string()], body).await
    }

    /// Removes a template. Scans that were made from it stay.
    pub async fn delete_template(&self, id: Uuid) -> Result<(), ClientError> {
        self.delete(&["templates", &id.to_string()]).await
    }

    /// What is wrong with a template.
    pub async fn validate_template(
        &self,
        body: &ValidateTemplate,
    ) -> Result<Validation, ClientError> {
        self.post(&["templates", "validate"], body).await
    }

    /// What a scan from a template would cost.
    pub async fn plan_template(&self, body: &PlanTemplate) -> Result<CostBody, ClientError> {
        self.post(&["templates", "plan"], body).await
    }
}
