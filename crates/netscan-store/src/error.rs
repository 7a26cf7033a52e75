//! Why the store could not do a step, in the words of whoever has to act on it.

use std::path::PathBuf;

use netscan_model::batch::InvalidTransition;
use netscan_model::scan::{Refusal, State};
use uuid::Uuid;

use crate::sqlite::primary_code;

/// Why a step was not done. Nothing of it is stored then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("cannot open the database {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file holds something else.
    #[error("{} is not a netscan database", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error(
        "the database has schema version {found}, this program knows {known}: use a newer netscan"
    )]
    TooNew {
        /// The file's version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Someone else holds the write lock for too long.
    #[error("the database is locked by another program; try again when it has finished")]
    Busy,
    /// No room is left.
    #[error("the disk that holds the database is full; free some space and try again")]
    Full,
    /// It may be read but not written.
    #[error("the database is read-only; check the permissions of its file and directory")]
    ReadOnly,
    /// The batch has been given to someone else, or is over: this report comes too late.
    #[error("the lease of batch {batch} is gone")]
    Stale {
        /// Which batch.
        batch: String,
    },
    /// Somebody else changed it between the look and the change.
    #[error("the {what} was changed by someone else meanwhile; look at it again")]
    Changed {
        /// What.
        what: &'static str,
    },
    /// The scan's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The batch's state does not allow it.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// More than one thing goes by this name.
    #[error("{reference:?} may mean {count} {things}; write more of the id, or the number")]
    Ambiguous {
        /// What was written.
        reference: String,
        /// How many it fits.
        count: usize,
        /// What they are.
        things: &'static str,
    },
    /// No batch has this id.
    #[error("there is no batch {id}")]
    NoBatch {
        /// The id.
        id: Uuid,
    },
    /// Something else has this name already.
    #[error("there is a {what} {name:?} already")]
    Taken {
        /// What.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Something was to be called as only ids are written.
    #[error("{name:?} is an id, and no {what} is called like one; give it another name")]
    NamedLikeId {
        /// What.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The first user was to be made once more.
    #[error("the set-up has been done; sign in instead")]
    SetUp,
    /// The one-time secret for the set-up is not the one that was offered last, or has ended.
    #[error("the set-up link does not hold any more; restart the server to get a new one")]
    SetupRefused,
    /// Nobody would be left who may say who belongs to the organisation.
    #[error("{organisation:?} would be left without an admin; make somebody else one first")]
    LastAdmin {
        /// The organisation's name.
        organisation: String,
    },
    /// What is to be changed of a user is not one organisation's alone.
    #[error("{name:?} belongs to other organisations too; only their role in this one can change")]
    Shared {
        /// The user's name.
        name: String,
    },
    /// A scan was to be removed that is not over.
    #[error("scan {number} is {state} and cannot be removed; stop it first")]
    ScanRuns {
        /// Its number.
        number: u64,
        /// Where it is.
        state: State,
    },
    /// A project was to be removed that has scans that are not over.
    #[error("project {name:?} has {scans} scans that have not ended; stop them first")]
    InUse {
        /// Its name.
        name: String,
        /// How many scans.
        scans: u64,
    },
    /// A batch was to be tried again of which nothing is left to scan.
    #[error("nothing of batch {number} is left to be scanned")]
    NothingLeft {
        /// Its number.
        number: u64,
    },
    /// No project has this name.
    #[error("there is no project {name:?}")]
    NoProject {
        /// The name.
        name: String,
    },
    /// No saved search has this name.
    #[error("there is no saved search {name:?}")]
    NoSearch {
        /// The name.
        name: String,
    },
    /// No scan has this id.
    #[error("there is no scan {id}")]
    NoScan {
        /// The id.
        id: Uuid,
    },
    /// A scan was to be cut again after it was started.
    #[error(
        "scan {number} has been started and cannot be split again; use `netscan resplit` on a batch"
    )]
    Started {
        /// Its number.
        number: u64,
    },
    /// A scan was to be run that was read from a file.
    #[error(
        "scan {number} was imported and cannot be run; `netscan scan TARGET` makes one of your own"
    )]
    Imported {
        /// Its number.
        number: u64,
    },
    /// A stored value is not what this program writes.
    #[error("the database holds {value:?} as {what}, which this program never writes")]
    Damaged {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// Anything else that the database says.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy | Self::Full)
    }

    /// Whether what the step was about is not there, or not for whoever asked.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::NoScan { .. }
                | Self::NoBatch { .. }
                | Self::NoProject { .. }
                | Self::NoSearch { .. }
        )
    }

    /// Whether things are not so that the step could be done now. The message says why.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::Transition(_)
                | Self::Started { .. }
                | Self::Imported { .. }
                | Self::Changed { .. }
                | Self::Taken { .. }
                | Self::NamedLikeId { .. }
                | Self::SetUp
                | Self::LastAdmin { .. }
                | Self::Shared { .. }
                | Self::InUse { .. }
                | Self::ScanRuns { .. }
                | Self::NothingLeft { .. }
        )
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy;
        }
        match primary_code(&error) {
            Some(5 | 6) => Self::Busy,
            Some(13) => Self::Full,
            Some(8) => Self::ReadOnly,
            _ => Self::Database(error),
        }
    }
}
