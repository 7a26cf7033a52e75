//! The server as those who ask it see it: the whole router over a temporary database.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails the test")]

#[path = "server/audit.rs"]
mod audit;
#[path = "server/authorisation.rs"]
mod authorisation;
#[path = "server/batches.rs"]
mod batches;
#[path = "server/bounds.rs"]
mod bounds;
#[path = "server/compat.rs"]
mod compat;
#[path = "server/csrf.rs"]
mod csrf;
#[path = "server/differences.rs"]
mod differences;
#[path = "server/document.rs"]
mod document;
#[path = "server/given.rs"]
mod given;
#[path = "server/health.rs"]
mod health;
#[path = "server/hosts.rs"]
mod hosts;
#[path = "server/idempotency.rs"]
mod idempotency;
#[path = "server/imports.rs"]
mod imports;
#[path = "server/limits.rs"]
mod limits;
#[path = "server/live.rs"]
mod live;
#[path = "server/map.rs"]
mod map;
#[path = "server/oidc.rs"]
mod oidc;
#[path = "server/people.rs"]
mod people;
#[path = "server/projects.rs"]
mod projects;
#[path = "server/ran.rs"]
mod ran;
#[path = "server/reports.rs"]
mod reports;
#[path = "server/results.rs"]
mod results;
#[path = "server/scans.rs"]
mod scans;
#[path = "server/searches.rs"]
mod searches;
#[path = "server/sessions.rs"]
mod sessions;
#[path = "server/setup.rs"]
mod setup;
#[path = "server/targets.rs"]
mod targets;
#[path = "server/templates.rs"]
mod templates;
#[path = "server/tokens.rs"]
mod tokens;
#[path = "server/ui.rs"]
mod ui;
