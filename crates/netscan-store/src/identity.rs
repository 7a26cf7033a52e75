//! Who somebody is, before anything else is known of them: the set-up, signing in, and callers.

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::access::Role;
use serde_json::json;
use uuid::Uuid;

use crate::error::StoreError;
use crate::records::{
    CallerRecord, Credentials, Identity, NewSession, NewUser, Organisation, SetupState, User,
};
use crate::sqlite::Connection;
use crate::steps::{access, audit, credentials, people, requests};
use crate::{By, Store};

/// How much is written down of a name that somebody tried to sign in with.
const LONGEST_NAME: usize = 64;

impl Store {
    // Organisations

    /// All of them, the oldest first.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        people::organisations(&mut *self.database.read().await?).await
    }

    /// Makes an organisation with nobody in it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when another one has the name.
    pub async fn create_organisation(
        &self,
        id: Uuid,
        name: &str,
        by: By<'_>,
    ) -> Result<Organisation, StoreError> {
        let mut step = self.database.write().await?;
        let key = people::create_organisation(&mut step, id, name, by.now).await?;
        audit::write(&mut step, key, by, "organisation.create", name, &json!({ "id": id })).await?;
        let organisation = people::organisation(&mut step, key).await?;
        step.commit().await?;
        Ok(organisation)
    }

    /// Makes a user one of an organisation, and says whether that is new. It is not when there is no
    /// such user or organisation either.
    pub async fn add_member(
        &self,
        organisation: Uuid,
        user: Uuid,
        role: Role,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let Some((key, user_key)) = keys(&mut step, organisation, user).await? else {
            return Ok(false);
        };
        let is_new = people::add_member(&mut step, key, user_key, role).await?;
        if is_new {
            access::changed(&mut step).await?;
            let name = name_of(&mut step, user_key).await?;
            let detail = json!({ "id": user, "role": role });
            audit::write(&mut step, key, by, "user.add", &name, &detail).await?;
        }
        step.commit().await?;
        Ok(is_new)
    }

    // The set-up

    /// Whether the first user is still to be made.
    pub async fn setup_state(&self, now: Timestamp) -> Result<SetupState, StoreError> {
        access::setup_state(&mut *self.database.read().await?, now).await
    }

    /// Offers a one-time secret for the set-up, in place of the one that was offered before. The
    /// store gets its SHA-256.
    ///
    /// # Errors
    ///
    /// [`StoreError::SetUp`] when somebody has been through it.
    pub async fn offer_setup(
        &self,
        hash: &str,
        ends_at: Timestamp,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        access::offer_setup(&mut step, hash, ends_at).await?;
        step.commit().await?;
        Ok(())
    }

    /// Makes the first user, as an admin of the first organisation, and renames that if a name is
    /// given. It is done once, whoever else tries at the same time.
    ///
    /// # Errors
    ///
    /// [`StoreError::SetUp`] when somebody has been through it, [`StoreError::SetupRefused`] when
    /// the secret is wrong or has ended, and [`StoreError::Taken`] when a user or an organisation
    /// has the name already; the secret holds on then.
    pub async fn complete_setup(
        &self,
        hash: &str,
        new: &NewUser,
        organisation_name: Option<&str>,
        by: By<'_>,
    ) -> Result<User, StoreError> {
        let mut step = self.database.write().await?;
        access::take_setup(&mut step, hash, by.now).await?;
        if let Some(name) = organisation_name {
            people::rename_organisation(&mut step, audit::FIRST, name).await?;
        }
        let user_key = people::create_user(&mut step, new, by.now).await?;
        people::add_member(&mut step, audit::FIRST, user_key, Role::Admin).await?;
        let user = credentials::of_user(&mut step, user_key).await?.user;
        let detail = json!({ "id": new.id, "organisation": organisation_name });
        audit::write(&mut step, audit::FIRST, by, "setup", &user.name, &detail).await?;
        step.commit().await?;
        Ok(user)
    }

    // Signing in

    /// What a user who signs in under this name is held against. Users who are kept out, and those
    /// who belong nowhere, are found too.
    pub async fn credentials(&self, name: &str) -> Result<Option<Credentials>, StoreError> {
        let mut step = self.database.read().await?;
        match people::user_key_by_name(&mut step, name).await? {
            Some(user_key) => Ok(Some(credentials::of_user(&mut step, user_key).await?)),
            None => Ok(None),
        }
    }

    /// The same of the user for whom somebody else vouches.
    pub async fn user_by_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<Credentials>, StoreError> {
        let identity = Identity { issuer: issuer.to_owned(), subject: subject.to_owned() };
        let mut step = self.database.read().await?;
        match people::user_key_by_identity(&mut step, &identity).await? {
            Some(user_key) => Ok(Some(credentials::of_user(&mut step, user_key).await?)),
            None => Ok(None),
        }
    }

    /// Writes down who vouches for a user, in place of whoever did before, and says whether there is
    /// such a user.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when somebody else has the identity.
    pub async fn link_identity(
        &self,
        user: Uuid,
        identity: &Identity,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let Some(user_key) = people::user_key(&mut step, user).await? else { return Ok(false) };
        people::link_identity(&mut step, user_key, identity).await?;
        let detail = json!({ "issuer": identity.issuer, "subject": identity.subject });
        note_everywhere(&mut step, user_key, by, "user.identity", &detail).await?;
        step.commit().await?;
        Ok(true)
    }

    /// Uses up the time step of a code, and says whether it may be taken: each is once, in rising
    /// order, and only while the second factor is on.
    pub async fn use_totp_step(&self, user: Uuid, time_step: u64) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let is_used = credentials::use_totp_step(&mut step, user, time_step).await?;
        step.commit().await?;
        Ok(is_used)
    }

    /// Writes down that somebody could not sign in as `name`, and why.
    pub async fn refuse_sign_in(
        &self,
        name: &str,
        why: &str,
        by: By<'_>,
    ) -> Result<(), StoreError> {
        // Whoever guesses names must not fill the disk with them.
        let name = &name[..name.floor_char_boundary(LONGEST_NAME)];
        let detail = json!({ "reason": why });
        let mut step = self.database.write().await?;
        match people::user_key_by_name(&mut step, name).await? {
            Some(key) => note_everywhere(&mut step, key, by, "session.refuse", &detail).await?,
            None => {
                audit::write(&mut step, audit::FIRST, by, "session.refuse", name, &detail).await?;
            }
        }
        step.commit().await?;
        Ok(())
    }

    /// Opens a session, unless the user is kept out or does not belong to the organisation.
    pub async fn open_session(&self, new: &NewSession, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let Some((key, user_key)) = keys(&mut step, new.organisation, new.user).await? else {
            return Ok(false);
        };
        let Some(row) = people::member(&mut step, key, user_key).await? else { return Ok(false) };
        let user = row.user.user()?;
        if user.is_disabled {
            return Ok(false);
        }
        credentials::open_session(&mut step, key, user_key, new, by.now).await?;
        let detail = json!({ "session": new.id, "agent": new.agent });
        audit::write(&mut step, key, by, "session.open", &user.name, &detail).await?;
        step.commit().await?;
        Ok(true)
    }

    /// Ends the session of this hash, and says whether there was one.
    pub async fn close_session(&self, hash: &str, by: By<'_>) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let Some((key, name)) = credentials::close_session(&mut step, hash).await? else {
            return Ok(false);
        };
        access::changed(&mut step).await?;
        audit::write(&mut step, key, by, "session.close", &name, &json!({})).await?;
        step.commit().await?;
        Ok(true)
    }

    // Callers

    /// Whose session it is, if it has neither ended nor been idle for `idle`, and its user is not
    /// kept out and still belongs to the organisation.
    pub async fn caller_by_session(
        &self,
        hash: &str,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Option<CallerRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let found = credentials::session_caller(&mut step, hash, idle, now).await?;
        drop(step);
        if found.as_ref().is_some_and(|found| found.is_due) {
            tolerate(self.touch_session(hash, now).await)?;
        }
        Ok(found.map(|found| found.caller))
    }

    /// The same, without it being written down that anybody was here: for whoever asks again
    /// unasked, such as on behalf of a page that is merely open.
    pub async fn holder_of_session(
        &self,
        hash: &str,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Option<CallerRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let found = credentials::session_caller(&mut step, hash, idle, now).await?;
        Ok(found.map(|found| found.caller))
    }

    /// Who comes with the token of this id, if it holds and `is_right` says so of its hash. They may
    /// never do more than its owner may now.
    pub async fn caller_by_token(
        &self,
        id: &str,
        is_right: impl FnOnce(&str) -> bool,
        now: Timestamp,
    ) -> Result<Option<CallerRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let found = credentials::token_caller(&mut step, id, is_right, now).await?;
        drop(step);
        if found.as_ref().is_some_and(|found| found.is_due) {
            tolerate(self.touch_token(id, now).await)?;
        }
        Ok(found.map(|found| found.caller))
    }

    /// The same of a token whose secret was shown before, without it being written down that it was
    /// in use.
    pub async fn holder_of_token(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<CallerRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let found = credentials::token_caller(&mut step, id, |_| true, now).await?;
        Ok(found.map(|found| found.caller))
    }

    /// How often anybody's rights have changed. Whoever keeps a connection open asks again who is at
    /// its other end when this has grown.
    pub async fn access_version(&self) -> Result<i64, StoreError> {
        access::version(&mut *self.database.read().await?).await
    }

    /// Forgets sessions that have ended and answers that nobody may ask for again, and says how
    /// many these were.
    pub async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut step = self.database.write().await?;
        let sessions = credentials::forget_ended(&mut step, now).await?;
        let answers = requests::forget_old(&mut step, now).await?;
        step.commit().await?;
        Ok(sessions + answers)
    }

    async fn touch_session(&self, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        credentials::touch_session(&mut step, hash, now).await?;
        step.commit().await?;
        Ok(())
    }

    async fn touch_token(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        credentials::touch_token(&mut step, id, now).await?;
        step.commit().await?;
        Ok(())
    }
}

/// That it cannot be written down that somebody was here must not keep them from reading.
fn tolerate(done: Result<(), StoreError>) -> Result<(), StoreError> {
    match done {
        Err(error) if error.is_retryable() || matches!(error, StoreError::ReadOnly) => Ok(()),
        done => done,
    }
}

/// The keys of an organisation and of a user, if there are both.
async fn keys(
    step: &mut Connection,
    organisation: Uuid,
    user: Uuid,
) -> Result<Option<(i64, i64)>, StoreError> {
    let organisation = people::organisation_key(step, organisation).await?;
    let user = people::user_key(step, user).await?;
    Ok(organisation.zip(user))
}

async fn name_of(step: &mut Connection, user_key: i64) -> Result<String, StoreError> {
    Ok(credentials::of_user(step, user_key).await?.user.name)
}

/// Writes down what concerns a user as such, in each organisation that they belong to.
async fn note_everywhere(
    step: &mut Connection,
    user_key: i64,
    by: By<'_>,
    action: &str,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    let Credentials { user, memberships, .. } = credentials::of_user(step, user_key).await?;
    for membership in memberships {
        let key = people::organisation_key(step, membership.organisation_id).await?;
        let key = key.unwrap_or(audit::FIRST);
        audit::write(step, key, by, action, &user.name, detail).await?;
    }
    Ok(())
}
