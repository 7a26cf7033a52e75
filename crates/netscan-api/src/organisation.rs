//! Organisations: everything belongs to one, and none sees another's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::text::Name;

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganisationBody {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganisationName {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// Makes an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOrganisation {
    /// Its name.
    #[schema(value_type = Name)]
    pub name: String,
}

impl Check for CreateOrganisation {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Name>("/name", &self.name);
    }
}
