//! Who may do what, and who did what: users, tokens, the audit log.

use jiff::Timestamp;
use netscan_api::audit::{AuditBody, AuditVerdict};
use netscan_api::organisation::OrganisationName;
use netscan_api::query::{ListAudit, VerifyAudit};
use netscan_api::token::{CreateToken, TokenBody};
use netscan_api::user::{CreateUser, UpdateUser, UserBody};
use netscan_model::access::{Grant, Permission, Role};
use netscan_server::{MadeToken, bodies};
use netscan_store::{AuditFilter, Member, NewUser, Organisation, Realm, User, UserChanges};
use uuid::Uuid;

use super::errors::unless_missing;
use super::{Desk, Place};
use crate::ending::Fault;

impl Desk<'_> {
    /// All users of the organisation, by name.
    pub(crate) async fn users(&self) -> anyhow::Result<Vec<UserBody>> {
        match &self.place {
            Place::Here(realm) => {
                let organisation = realm.organisation().await?;
                let members = realm.users().await?.into_iter();
                Ok(members.map(|member| user(&organisation, member)).collect())
            }
            Place::There(client) => Ok(client.users().await?),
        }
    }

    /// The user with this name.
    pub(crate) async fn user(&self, name: &str) -> anyhow::Result<UserBody> {
        let found = self.users().await?.into_iter().find(|user| user.name == name.to_lowercase());
        let missing = || {
            Fault::new(format!("there is no user {name}")).hint("`netscan user list` lists them")
        };
        Ok(found.ok_or_else(missing)?)
    }

    pub(crate) async fn create_user(&self, new: CreateUser) -> anyhow::Result<UserBody> {
        let realm = match &self.place {
            Place::Here(realm) => realm,
            Place::There(client) => return Ok(client.create_user(&new).await?),
        };
        let password = hashed(&new.name, new.password)?;
        let new = NewUser {
            id: Uuid::now_v7(),
            name: new.name,
            display_name: new.display_name.unwrap_or_default(),
            password,
            identity: None,
            role: new.role,
        };
        let member = realm.create_user(&new, self.by()).await?;
        Ok(user(&realm.organisation().await?, member))
    }

    pub(crate) async fn change_user(
        &self,
        before: &UserBody,
        changes: UpdateUser,
    ) -> anyhow::Result<UserBody> {
        let realm = match &self.place {
            Place::Here(realm) => realm,
            Place::There(client) => return Ok(client.update_user(before.id, &changes).await?),
        };
        let UpdateUser { role, is_disabled, display_name, password, has_totp } = changes;
        let password = hashed(&before.name, password)?;
        let drops_totp = has_totp == Some(false) && before.has_totp;
        let changes = UserChanges { role, is_disabled, display_name, password, drops_totp };
        realm.change_user(before.id, &changes, self.by()).await?;
        self.user_by_id(realm, before).await
    }

    async fn user_by_id(&self, realm: &Realm, before: &UserBody) -> anyhow::Result<UserBody> {
        let member = realm.user(before.id).await?;
        let member = member.ok_or_else(|| Fault::new(format!("user {} is gone", before.name)))?;
        Ok(user(&realm.organisation().await?, member))
    }

    /// Takes a user out of the organisation.
    pub(crate) async fn remove_user(&self, user: &UserBody) -> anyhow::Result<()> {
        match &self.place {
            Place::Here(realm) => {
                realm.remove_user(user.id, self.by()).await?;
            }
            Place::There(client) => client.delete_user(user.id).await?,
        }
        Ok(())
    }

    /// All tokens that one may see, newest first.
    pub(crate) async fn tokens(&self) -> anyhow::Result<Vec<TokenBody>> {
        match &self.place {
            Place::Here(realm) => {
                Ok(realm.tokens(None).await?.into_iter().map(bodies::token_body).collect())
            }
            Place::There(client) => Ok(client.tokens().await?),
        }
    }

    /// Makes a token, and gives its id and, for this once, all of it.
    pub(crate) async fn create_token(
        &self,
        name: &str,
        role: Role,
        scopes: &[Permission],
        ends_at: Option<Timestamp>,
    ) -> anyhow::Result<(String, String)> {
        match &self.place {
            // Whoever may write the database may do everything anyway.
            Place::Here(realm) => {
                let grant = Grant { role, scopes: scopes.to_vec() };
                let made = MadeToken::new(name, grant, ends_at, None);
                let record = realm.create_token(&made.record, self.by()).await?;
                let record =
                    record.expect("a token without an owner has none who could be missing");
                Ok((record.id, made.secret()))
            }
            Place::There(client) => {
                let (role, scopes) = (Some(role), scopes.to_vec());
                let (name, expires_in_seconds) = (name.to_owned(), None);
                let expires_at = ends_at;
                let new = CreateToken { name, role, scopes, expires_in_seconds, expires_at };
                let made = client.create_token(&new).await?;
                Ok((made.about.id, made.token))
            }
        }
    }

    /// Revokes a token, and says whether it was there.
    pub(crate) async fn revoke_token(&self, id: &str) -> anyhow::Result<bool> {
        match &self.place {
            Place::Here(realm) => Ok(realm.revoke_token(id, self.by()).await?),
            Place::There(client) => Ok(unless_missing(client.delete_token(id).await)?.is_some()),
        }
    }

    /// The newest rows of the audit log that fit, newest first.
    pub(crate) async fn audit(&self, query: ListAudit) -> anyhow::Result<Vec<AuditBody>> {
        match &self.place {
            Place::Here(realm) => {
                let limit = query.paging().limit();
                let filter = AuditFilter {
                    actor: query.actor,
                    action: query.action,
                    since: query.from,
                    until: query.until,
                    ..AuditFilter::default()
                };
                let rows = realm.audited(&filter, limit).await?;
                Ok(rows.into_iter().map(bodies::audit_body).collect())
            }
            Place::There(client) => Ok(client.audit(&query).await?.items),
        }
    }

    /// Whether the audit log is as it was written.
    pub(crate) async fn verify_audit(&self, query: VerifyAudit) -> anyhow::Result<AuditVerdict> {
        match &self.place {
            Place::Here(_) => {
                let anchor = query.anchor.map(bodies::audit_head);
                let found = self.context.store().await?.verify_audit(anchor.as_ref()).await?;
                Ok(bodies::audit_verdict(found))
            }
            Place::There(client) => Ok(client.verify_audit(&query).await?),
        }
    }
}

/// What is kept of a password that is good enough.
fn hashed(name: &str, password: Option<String>) -> Result<Option<String>, Fault> {
    let Some(password) = password else { return Ok(None) };
    netscan_server::check_password(name, &password).map_err(|weak| Fault::new(weak.to_string()))?;
    Ok(Some(netscan_server::hash_password(&password)))
}

fn user(organisation: &Organisation, member: Member) -> UserBody {
    let Member { user, role } = member;
    let User {
        id,
        name,
        display_name,
        has_password,
        has_totp,
        has_identity: _,
        is_disabled,
        created_at,
        last_seen_at,
    } = user;
    UserBody {
        id,
        name,
        display_name,
        role,
        organisation: OrganisationName { id: organisation.id, name: organisation.name.clone() },
        is_disabled,
        has_totp,
        has_password,
        created_at,
        last_seen_at,
    }
}
