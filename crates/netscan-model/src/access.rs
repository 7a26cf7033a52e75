//! Who may do what: roles, the permissions they come with, and what narrows them.
//!
//! A person has one role per organisation. A token has a role too, and may be narrowed further to
//! some permissions (its scopes). What someone may do is asked in one place, [`Grant::allows`].

use serde::{Deserialize, Serialize};

use crate::named;

/// What someone is to an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]

pub enum Role {
    /// Sees everything of it, and changes nothing but what is their own.
    Viewer,
    /// Plans, runs and steers scans too.
    Operator,
    /// Says who may do what, and what may be scanned.
    Admin,
}

named!(Role, "role", { Viewer = "viewer", Operator = "operator", Admin = "admin" });

/// A kind of thing that one may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Look at projects, scans and results.
    Read,
    /// Change what is one's own: password, second factor, sessions and tokens.
    Own,
    /// Make, steer and remove scans; add targets and templates.
    Scan,
    /// Make and change projects and their limits.
    Projects,
    /// Say what a project may touch, and by whose leave.
    Scope,
    /// Say who belongs to the organisation, and as what.
    People,
    /// Read the audit log.
    Audit,
    /// Change the limits of the server, for all organisations.
    Settings,
}

named!(Permission, "permission", {
    Read = "read", Own = "own", Scan = "scan", Projects = "projects", Scope = "scope",
    People = "people", Audit = "audit", Settings = "settings",
});

impl Permission {
    /// The least role that comes with it.
    #[must_use]
    pub fn least_role(self) -> Role {
        match self {
            Self::Read | Self::Own => Role::Viewer,
            Self::Scan | Self::Projects => Role::Operator,
            Self::Scope | Self::People | Self::Audit | Self::Settings => Role::Admin,
        }
    }
}

/// What a caller may do: a role, narrowed to some permissions if any are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The only permissions of the role that hold; empty for all of them.
    pub scopes: Vec<Permission>,
}

impl Grant {
    /// All that comes with `role`.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Self { role, scopes: Vec::new() }
    }

    /// Whether it covers `permission`.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        let is_named = self.scopes.is_empty() || self.scopes.contains(&permission);
        is_named && self.role >= permission.least_role()
    }

    /// Whether everything that `other` allows is allowed by this too: nobody gives away more than
    /// they have.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let is_within =
            |permission: &Permission| !other.allows(*permission) || self.allows(*permission);
        other.role <= self.role && Permission::ALL.iter().all(is_within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_all_that_a_lesser_one_may() {
        let allowed = |role| {
            let may = |permission: &&Permission| Grant::of(role).allows(**permission);
            Permission::ALL.iter().filter(may).count()
        };

        assert_eq!([Role::Viewer, Role::Operator, Role::Admin].map(allowed), [2, 4, 8]);
    }

    #[test]
    fn scopes_narrow_a_role_and_never_widen_it() {
        let narrow =
            Grant { role: Role::Viewer, scopes: vec![Permission::Read, Permission::People] };

        assert!(narrow.allows(Permission::Read));
        assert!(!narrow.allows(Permission::Own));
        assert!(!narrow.allows(Permission::People));
    }

    #[test]
    fn nobody_gives_away_more_than_they_have() {
        let reader = Grant { role: Role::Admin, scopes: vec![Permission::Read] };

        assert!(Grant::of(Role::Admin).covers(&reader));
        assert!(!reader.covers(&Grant::of(Role::Viewer)));
        assert!(!Grant::of(Role::Operator).covers(&reader));
    }
}
