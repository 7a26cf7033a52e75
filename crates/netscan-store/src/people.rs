//! Who belongs to an organisation, and what is each one's own: password, second factor, sessions
//! and tokens.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::StoreError;
use crate::records::{
    Member, NewToken, NewUser, Organisation, SessionRecord, TokenRecord, UserChanges,
};
use crate::sqlite::Connection;
use crate::steps::people::{Admins, MemberRow, UserRow};
use crate::steps::{access, audit, credentials, people};
use crate::{By, Realm};

impl Realm {
    /// The organisation itself.
    pub async fn organisation(&self) -> Result<Organisation, StoreError> {
        let mut step = self.store.database.read().await?;
        people::organisation(&mut step, self.organisation_key).await
    }

    /// Gives the organisation another name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when another one has it.
    pub async fn rename_organisation(
        &self,
        name: &str,
        by: By<'_>,
    ) -> Result<Organisation, StoreError> {
        let mut step = self.store.database.write().await?;
        people::rename_organisation(&mut step, self.organisation_key, name).await?;
        self.note(&mut step, by, "organisation.change", name, json!({})).await?;
        let organisation = people::organisation(&mut step, self.organisation_key).await?;
        step.commit().await?;
        Ok(organisation)
    }

    // Users

    /// Everybody who belongs to the organisation, by name.
    pub async fn users(&self) -> Result<Vec<Member>, StoreError> {
        let mut step = self.store.database.read().await?;
        people::members(&mut step, self.organisation_key).await
    }

    /// One of them.
    pub async fn user(&self, id: Uuid) -> Result<Option<Member>, StoreError> {
        let mut step = self.store.database.read().await?;
        let row = people::member_by_id(&mut step, self.organisation_key, id).await?;
        row.map(MemberRow::member).transpose()
    }

    /// One of them, by name.
    pub async fn user_named(&self, name: &str) -> Result<Option<Member>, StoreError> {
        let mut step = self.store.database.read().await?;
        let Some(user_key) = people::user_key_by_name(&mut step, name).await? else {
            return Ok(None);
        };
        let row = people::member(&mut step, self.organisation_key, user_key).await?;
        row.map(MemberRow::member).transpose()
    }

    /// Makes a user who belongs to the organisation.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when somebody has the name, here or elsewhere, or the identity.
    pub async fn create_user(&self, new: &NewUser, by: By<'_>) -> Result<Member, StoreError> {
        let mut step = self.store.database.write().await?;
        let user_key = people::create_user(&mut step, new, by.now).await?;
        people::add_member(&mut step, self.organisation_key, user_key, new.role).await?;
        let member = self.existing_member(&mut step, user_key).await?;
        let detail = json!({ "id": new.id, "role": new.role });
        self.note(&mut step, by, "user.create", &member.user.name, detail).await?;
        step.commit().await?;
        Ok(member)
    }

    /// Changes a user. Whoever gets another password or is kept out loses all sessions.
    ///
    /// # Errors
    ///
    /// [`StoreError::LastAdmin`] when nobody would be left who may do such things, and
    /// [`StoreError::Shared`] when more than the role is to be changed of a user who belongs to
    /// other organisations too.
    pub async fn change_user(
        &self,
        id: Uuid,
        changes: &UserChanges,
        by: By<'_>,
    ) -> Result<Option<Member>, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, id).await? else {
            return Ok(None);
        };
        let user_key = row.user.user_key;
        if !changes.is_role_only() && people::membership_count(&mut step, user_key).await? > 1 {
            return Err(StoreError::Shared { name: row.user.user_name });
        }
        let admins = people::admins(&mut step, self.organisation_key).await?;
        self.apply(&mut step, user_key, changes).await?;
        self.require_admin(&mut step, admins).await?;
        access::changed(&mut step).await?;
        self.note(&mut step, by, "user.change", &row.user.user_name, changes.detail()).await?;
        if changes.drops_totp && credentials::drop_totp(&mut step, user_key).await? {
            self.note(&mut step, by, "user.totp_off", &row.user.user_name, json!({})).await?;
        }
        let member = self.existing_member(&mut step, user_key).await?;
        step.commit().await?;
        Ok(Some(member))
    }

    /// Takes a user out of the organisation, with their sessions and tokens there, and says whether
    /// they belonged to it. Who belongs nowhere any more is forgotten.
    ///
    /// # Errors
    ///
    /// [`StoreError::LastAdmin`] when nobody would be left who may do such things.
    pub async fn remove_user(&self, id: Uuid, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, id).await? else {
            return Ok(false);
        };
        let UserRow { user_key, user_name, .. } = row.user;
        let admins = people::admins(&mut step, self.organisation_key).await?;
        people::remove_member(&mut step, self.organisation_key, user_key, by.now).await?;
        self.require_admin(&mut step, admins).await?;
        if people::membership_count(&mut step, user_key).await? == 0 {
            people::forget_user(&mut step, user_key).await?;
        }
        access::changed(&mut step).await?;
        self.note(&mut step, by, "user.remove", &user_name, json!({ "id": id })).await?;
        step.commit().await?;
        Ok(true)
    }

    // What is a user's own

    /// Gives a user another password, in PHC format, and ends all their sessions but one.
    pub async fn set_password(
        &self,
        user: Uuid,
        phc: &str,
        keep_session: Option<Uuid>,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, user).await? else {
            return Ok(false);
        };
        people::set_password(&mut step, row.user.user_key, phc).await?;
        credentials::end_sessions(&mut step, row.user.user_key, keep_session).await?;
        access::changed(&mut step).await?;
        self.note(&mut step, by, "user.password", &row.user.user_name, json!({})).await?;
        step.commit().await?;
        Ok(true)
    }

    /// Begins to set up a second factor, and says whether it was begun: not when one is on already.
    pub async fn set_totp(&self, user: Uuid, secret: &str, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, user).await? else {
            return Ok(false);
        };
        let is_done = credentials::set_totp(&mut step, row.user.user_key, secret).await?;
        if is_done {
            self.note(&mut step, by, "user.totp_begin", &row.user.user_name, json!({})).await?;
        }
        step.commit().await?;
        Ok(is_done)
    }

    /// Turns the second factor on that is being set up, once a code of time step `step` has proved
    /// that its user has `secret`, and says whether there was one to turn on: not when another
    /// secret has taken the place of this one meanwhile.
    pub async fn confirm_totp(
        &self,
        user: Uuid,
        secret: &str,
        time_step: u64,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, user).await? else {
            return Ok(false);
        };
        let is_done =
            credentials::confirm_totp(&mut step, row.user.user_key, secret, time_step).await?;
        if is_done {
            self.note(&mut step, by, "user.totp_on", &row.user.user_name, json!({})).await?;
        }
        step.commit().await?;
        Ok(is_done)
    }

    /// Takes a user's second factor away, and says whether there was one.
    pub async fn drop_totp(&self, user: Uuid, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, user).await? else {
            return Ok(false);
        };
        let is_done = credentials::drop_totp(&mut step, row.user.user_key).await?;
        if is_done {
            self.note(&mut step, by, "user.totp_off", &row.user.user_name, json!({})).await?;
        }
        step.commit().await?;
        Ok(is_done)
    }

    /// A user's sessions in the organisation that have not ended, newest first.
    pub async fn sessions(
        &self,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let mut step = self.store.database.read().await?;
        match people::user_key(&mut step, user).await? {
            Some(user_key) => {
                credentials::sessions(&mut step, self.organisation_key, user_key, now).await
            }
            None => Ok(Vec::new()),
        }
    }

    /// Ends one of a user's sessions, and says whether there was such one.
    pub async fn end_session(
        &self,
        user: Uuid,
        session: Uuid,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, user).await? else {
            return Ok(false);
        };
        let user_key = row.user.user_key;
        let is_ended =
            credentials::end_session(&mut step, self.organisation_key, user_key, session).await?;
        if is_ended {
            access::changed(&mut step).await?;
            let detail = json!({ "session": session });
            self.note(&mut step, by, "session.end", &row.user.user_name, detail).await?;
        }
        step.commit().await?;
        Ok(is_ended)
    }

    /// Ends a user's sessions, here and elsewhere, but for one, and says how many these were.
    pub async fn end_other_sessions(
        &self,
        user: Uuid,
        keep: Uuid,
        by: By<'_>,
    ) -> Result<u64, StoreError> {
        let mut step = self.store.database.write().await?;
        let Some(row) = people::member_by_id(&mut step, self.organisation_key, user).await? else {
            return Ok(0);
        };
        let count = credentials::end_sessions(&mut step, row.user.user_key, Some(keep)).await?;
        if count > 0 {
            access::changed(&mut step).await?;
            let detail = json!({ "sessions": count });
            self.note(&mut step, by, "session.end", &row.user.user_name, detail).await?;
        }
        step.commit().await?;
        Ok(count)
    }

    // Tokens

    /// The organisation's tokens that are not revoked, or those of one user, newest first.
    pub async fn tokens(&self, owner: Option<Uuid>) -> Result<Vec<TokenRecord>, StoreError> {
        let mut step = self.store.database.read().await?;
        credentials::tokens(&mut step, self.organisation_key, owner).await
    }

    /// One of them.
    pub async fn token(&self, id: &str) -> Result<Option<TokenRecord>, StoreError> {
        let mut step = self.store.database.read().await?;
        credentials::token(&mut step, self.organisation_key, id).await
    }

    /// Makes a token. Nothing comes back when its owner does not belong to the organisation, or the
    /// token that makes it does not hold any more.
    pub async fn create_token(
        &self,
        new: &NewToken,
        by: By<'_>,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let mut step = self.store.database.write().await?;
        let mut user_key = None;
        if let Some(user) = new.user {
            let row = people::member_by_id(&mut step, self.organisation_key, user).await?;
            let Some(row) = row else { return Ok(None) };
            user_key = Some(row.user.user_key);
        }
        if let Some(maker) = &new.made_by {
            let key = self.organisation_key;
            if !credentials::is_token_alive(&mut step, key, maker, by.now).await? {
                return Ok(None);
            }
        }
        credentials::create_token(&mut step, self.organisation_key, user_key, new, by.now).await?;
        let detail = json!({
            "id": new.id, "role": new.role, "scopes": new.scopes, "ends_at": new.ends_at,
            "user": new.user, "made_by": new.made_by,
        });
        self.note(&mut step, by, "token.create", &new.name, detail).await?;
        let token = credentials::token(&mut step, self.organisation_key, &new.id).await?;
        step.commit().await?;
        Ok(token)
    }

    /// Revokes a token for ever, with all that were made by it, and says whether there was such one.
    pub async fn revoke_token(&self, id: &str, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.store.database.write().await?;
        let revoked =
            credentials::revoke_token(&mut step, self.organisation_key, id, by.now).await?;
        if revoked.is_empty() {
            return Ok(false);
        }
        access::changed(&mut step).await?;
        for (revoked, name) in revoked {
            self.note(&mut step, by, "token.revoke", &name, json!({ "id": revoked })).await?;
        }
        step.commit().await?;
        Ok(true)
    }

    async fn apply(
        &self,
        step: &mut Connection,
        user_key: i64,
        changes: &UserChanges,
    ) -> Result<(), StoreError> {
        if let Some(role) = changes.role {
            people::set_role(step, self.organisation_key, user_key, role).await?;
        }
        if let Some(display_name) = &changes.display_name {
            people::set_display_name(step, user_key, display_name).await?;
        }
        if let Some(is_disabled) = changes.is_disabled {
            people::set_disabled(step, user_key, is_disabled).await?;
        }
        if let Some(phc) = &changes.password {
            people::set_password(step, user_key, phc).await?;
        }
        if changes.password.is_some() || changes.is_disabled == Some(true) {
            credentials::end_sessions(step, user_key, None).await?;
        }
        Ok(())
    }

    /// Refuses a step that leaves no admin where there were some, or none who can sign in.
    async fn require_admin(&self, step: &mut Connection, before: Admins) -> Result<(), StoreError> {
        if !people::admins(step, self.organisation_key).await?.is_end_of(before) {
            return Ok(());
        }
        let organisation = people::organisation(step, self.organisation_key).await?.name;
        Err(StoreError::LastAdmin { organisation })
    }

    async fn existing_member(
        &self,
        step: &mut Connection,
        user_key: i64,
    ) -> Result<Member, StoreError> {
        let row = people::member(step, self.organisation_key, user_key).await?;
        row.expect("they belong to it in this transaction").member()
    }

    async fn note(
        &self,
        step: &mut Connection,
        by: By<'_>,
        action: &str,
        subject: &str,
        detail: Value,
    ) -> Result<(), StoreError> {
        audit::write(step, self.organisation_key, by, action, subject, &detail).await
    }
}

impl UserChanges {
    /// Whether nothing is changed but what the user is to one organisation.
    fn is_role_only(&self) -> bool {
        let Self { role: _, is_disabled, display_name, password, drops_totp } = self;
        is_disabled.is_none() && display_name.is_none() && password.is_none() && !drops_totp
    }

    /// What the audit log says of them: of a password, only that there is another.
    fn detail(&self) -> Value {
        let mut detail = serde_json::Map::new();
        if let Some(role) = self.role {
            detail.insert("role".into(), json!(role));
        }
        if let Some(is_disabled) = self.is_disabled {
            detail.insert("is_disabled".into(), json!(is_disabled));
        }
        if let Some(display_name) = &self.display_name {
            detail.insert("display_name".into(), json!(display_name));
        }
        if self.password.is_some() {
            detail.insert("has_new_password".into(), json!(true));
        }
        Value::Object(detail)
    }
}
