//! Templates: what scans are made from again and again. A version never changes.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// One version of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Template {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Which version this is.
    pub version: u32,
    /// The newest version.
    pub latest: u32,
    /// What this version says.
    pub body: String,
    /// Who made this version.
    pub created_by: String,
    /// When this version was made.
    pub created_at: Timestamp,
    /// When anything of the template last changed.
    pub updated_at: Timestamp,
}

/// A template without what it says, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateOverview {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The newest version.
    pub latest: u32,
    /// When its first version was made.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

/// A version of a template without what it says, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateVersion {
    /// Its number, from 1.
    pub version: u32,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

/// A template to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTemplate {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What its first version says.
    pub body: String,
}

/// What is to be changed of a template. Nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateChanges {
    /// The version that was looked at before: when there is a newer one, nothing is changed.
    pub seen: Option<u32>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it says: a new version, if it differs.
    pub body: Option<String>,
}
