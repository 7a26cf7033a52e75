//! Who may do what, and who did what: sessions, users, tokens, organisations, the audit log.

use uuid::Uuid;

use super::{Client, ClientError, NOTHING};
use crate::audit::{AuditBody, AuditVerdict};
use crate::organisation::{CreateOrganisation, OrganisationBody};
use crate::page::Page;
use crate::query::{ListAudit, VerifyAudit};
use crate::session::{SessionBody, Ticket};
use crate::token::{CreateToken, NewToken, TokenBody};
use crate::user::{CreateUser, UpdateUser, UserBody};

/// Each fails as [`Client::get`] does.
impl Client {
    /// Who one is.
    pub async fn session(&self) -> Result<SessionBody, ClientError> {
        self.get(&["session"], NOTHING).await
    }

    /// Leave to open one WebSocket.
    pub async fn ticket(&self) -> Result<Ticket, ClientError> {
        self.post(&["session", "ticket"], NOTHING).await
    }

    /// All users of the organisation.
    pub async fn users(&self) -> Result<Vec<UserBody>, ClientError> {
        self.all(&["users"], NOTHING).await
    }

    /// Makes a user.
    pub async fn create_user(&self, body: &CreateUser) -> Result<UserBody, ClientError> {
        self.post(&["users"], body).await
    }

    /// Changes a user.
    pub async fn update_user(&self, id: Uuid, body: &UpdateUser) -> Result<UserBody, ClientError> {
        self.put(&["users", &id.to_string()], body).await
    }

    /// Takes a user out of the organisation.
    pub async fn delete_user(&self, id: Uuid) -> Result<(), ClientError> {
        self.delete(&["users", &id.to_string()]).await
    }

    /// All tokens that one may see.
    pub async fn tokens(&self) -> Result<Vec<TokenBody>, ClientError> {
        self.all(&["tokens"], NOTHING).await
    }

    /// Makes a token.
    pub async fn create_token(&self, body: &CreateToken) -> Result<NewToken, ClientError> {
        self.post(&["tokens"], body).await
    }

    /// Revokes a token.
    pub async fn delete_token(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&["tokens", id]).await
    }

    /// All organisations that one may see.
    pub async fn organisations(&self) -> Result<Vec<OrganisationBody>, ClientError> {
        self.all(&["organisations"], NOTHING).await
    }

    /// Makes an organisation.
    pub async fn create_organisation(
        &self,
        body: &CreateOrganisation,
    ) -> Result<OrganisationBody, ClientError> {
        self.post(&["organisations"], body).await
    }

    /// A page of the audit log, newest first.
    pub async fn audit(&self, query: &ListAudit) -> Result<Page<AuditBody>, ClientError> {
        self.get(&["audit"], query).await
    }

    /// Whether the audit log is as it was written.
    pub async fn verify_audit(&self, query: &VerifyAudit) -> Result<AuditVerdict, ClientError> {
        self.get(&["audit", "verify"], query).await
    }
}
