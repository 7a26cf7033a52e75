//! The bus against a history in memory: what everyone who watches may rely on.

#![expect(clippy::unwrap_used, reason = "Clippy does not count what tests share among the tests")]

#[path = "bus/feeds.rs"]
mod feeds;
#[path = "bus/given.rs"]
mod given;
#[path = "bus/lines.rs"]
mod lines;
#[path = "bus/projects.rs"]
mod projects;
#[path = "bus/watching.rs"]
mod watching;
