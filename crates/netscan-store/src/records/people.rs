//! Organisations, who belongs to them, and with what people and programs say who they are.
//!
//! No secret is among these in clear: passwords come in PHC format, all other secrets as SHA-256
//! in hexadecimal. What holds one does not serialize.

use jiff::Timestamp;
use netscan_model::access::{Grant, Permission, Role};
use serde::Serialize;
use uuid::Uuid;

/// Those who share projects, scans and templates, and see nothing of anybody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Organisation {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Organisation {
    /// The id of the one that every database begins with. Whoever uses the database without a
    /// server belongs to it, and its admins are those of the server.
    pub const FIRST: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

    /// Whether it is the one that every database begins with.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.id == Self::FIRST
    }
}

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and any may hold")]
pub struct User {
    /// Their id.
    pub id: Uuid,
    /// As they write it when they sign in, in lower case; unique.
    pub name: String,
    /// As others read it.
    pub display_name: String,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// Whether they are asked for a second factor.
    pub has_totp: bool,
    /// Whether somebody else vouches for them (`OpenID` Connect).
    pub has_identity: bool,
    /// Whether they are kept out.
    pub is_disabled: bool,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they last did something, to the minute.
    pub last_seen_at: Option<Timestamp>,
}

/// A user as one of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Who.
    #[serde(flatten)]
    pub user: User,
    /// What they are to the organisation.
    pub role: Role,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their id.
    pub id: Uuid,
    /// As they will write it when they sign in; kept in lower case.
    pub name: String,
    /// As others will read it.
    pub display_name: String,
    /// In PHC format; none for those who sign in elsewhere only.
    pub password: Option<String>,
    /// Who vouches for them, if somebody does.
    pub identity: Option<Identity>,
    /// What they are to the organisation.
    pub role: Role,
}

/// Who vouches for a user, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer of `OpenID` Connect.
    pub issuer: String,
    /// What the issuer calls the user, for ever.
    pub subject: String,
}

/// What is to be changed of a user. Nothing stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    /// What they are to the organisation.
    pub role: Option<Role>,
    /// Whether they are kept out.
    pub is_disabled: Option<bool>,
    /// As others read it.
    pub display_name: Option<String>,
    /// In PHC format. All their sessions end with the old one.
    pub password: Option<String>,
    /// Whether their second factor is taken away, if they have one.
    pub drops_totp: bool,
}

/// Whether the first user is still to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupState {
    /// Whether nobody has been through the set-up yet.
    pub is_needed: bool,
    /// Whether there is a one-time secret for it that still holds.
    pub is_offered: bool,
}

/// What a person who signs in is held against.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who.
    pub user: User,
    /// In PHC format, if they have one.
    pub password: Option<String>,
    /// The second factor, if they have one or are about to.
    pub totp: Option<Totp>,
    /// Where they belong, the oldest organisation first.
    pub memberships: Vec<Membership>,
}

/// A second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totp {
    /// As whoever set it up handed it in.
    pub secret: String,
    /// Whether it was confirmed: only then is it asked for.
    pub is_on: bool,
    /// The last time step whose code was used.
    pub last: u64,
}

/// Where a user belongs, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The organisation's id.
    pub organisation_id: Uuid,
    /// Its name.
    pub organisation: String,
    /// What they are to it.
    pub role: Role,
}

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of the secret in the cookie.
    pub hash: String,
    /// Its id, which is no secret.
    pub id: Uuid,
    /// Whose.
    pub user: Uuid,
    /// Where they act.
    pub organisation: Uuid,
    /// The address they come from.
    pub remote: String,
    /// What their browser calls itself.
    pub agent: String,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

/// A session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRecord {
    /// Its id, which is no secret.
    pub id: Uuid,
    /// The address it was opened from.
    pub remote: String,
    /// What the browser called itself.
    pub agent: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The part of it that is no secret.
    pub id: String,
    /// SHA-256 of the part that is.
    pub hash: String,
    /// What people call it.
    pub name: String,
    /// What it is to the organisation, as long as its owner is no less.
    pub role: Role,
    /// The only permissions of the role that hold; empty for all of them.
    pub scopes: Vec<Permission>,
    /// When it ends, if it does.
    pub ends_at: Option<Timestamp>,
    /// Whose it is; none when it is made at the database itself.
    pub user: Option<Uuid>,
    /// The id of the token that makes it, if one does: revoked with that one.
    pub made_by: Option<String>,
}

/// A token as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRecord {
    /// The part of it that is no secret.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is to the organisation, as long as its owner is no less.
    pub role: Role,
    /// The only permissions of the role that hold; empty for all of them.
    pub scopes: Vec<Permission>,
    /// Whose it is; none when it was made at the database itself.
    pub user: Option<Uuid>,
    /// Their name.
    pub user_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub ends_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// With what a caller said who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// The cookie of a session.
    Session,
    /// A token.
    Token,
}

/// Someone who calls, and what they may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRecord {
    /// With what they said who they are.
    pub kind: CallerKind,
    /// The id of their session or token.
    pub id: String,
    /// As the audit log names them: `user:NAME`, or `token:NAME#ID`, since tokens share names.
    pub actor: String,
    /// Whose session or token it is; none for a token that was made at the database itself.
    pub user: Option<User>,
    /// Where they act.
    pub organisation: Organisation,
    /// What they may do there.
    pub grant: Grant,
    /// When their session or token ends at the latest, if it does.
    pub ends_at: Option<Timestamp>,
}

impl CallerRecord {
    /// What people call the token that they come with; nothing for a session.
    #[must_use]
    pub fn token_name(&self) -> Option<&str> {
        let named = self.actor.strip_prefix("token:")?;
        named.strip_suffix(&self.id)?.strip_suffix('#')
    }
}

/// What has become of a request that may come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first of its key: carry it out, then finish or drop it.
    New,
    /// It was answered before, in these words.
    Again {
        /// The status of the answer.
        status: u16,
        /// The answer, as it was handed in.
        answer: String,
    },
    /// The first of its key is still being answered.
    Running,
    /// The key was used for another request.
    Other,
}
