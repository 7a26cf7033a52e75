//! REST, WebSocket, authentication and the explorer of the API.
//!
//! A request passes, in this order: the outer layers of [`router()`] (ids, limits, headers,
//! compression), the `Caller` who must be someone, the one permission that the
//! operation names to get a [`Realm`](netscan_store::Realm), and one call into the store or the
//! orchestrator. There is no other way from a handler to the store, so that none can forget to ask.
//!
//! One folder per resource, one file per operation. What an operation answers when it refuses is a
//! problem (RFC 9457); a fault of ours never shows its cause.

pub mod bodies;
pub mod matching;
pub mod results;
pub mod searches;

mod app;
mod audit;
mod batches;
mod browser;
mod caller;
mod document;
mod door;
mod health;
mod hosts;
mod idempotency;
mod imports;
mod input;
mod limits;
mod live;
mod modules;
mod nmap;
mod organisations;
mod projects;
mod refusal;
mod router;
mod scans;
mod serve;
mod session;
mod settings;
mod setup;
mod sizes;
mod targets;
mod templates;
mod tokens;
mod ui;
mod users;
mod workers;

pub use crate::app::{App, Parts};
pub use crate::audit::witness::AuditWitness;
pub use crate::document::openapi;
pub use crate::live::StoredHistory;
pub use crate::router::router;
pub use crate::serve::{ServeError, serve};
pub use crate::session::password::{WeakPassword, check_password, hash_password};
pub use crate::settings::{Oidc, Settings};
pub use crate::setup::offer::offer_setup;
pub use crate::tokens::made::MadeToken;
