//! Every JSON body, problem and WebSocket frame that crosses the network, and the client for them.
//!
//! The server and the command line use the same types, so what one writes the other reads. Each
//! request says what serde cannot: [`Check::check`] finds what is too long, missing or contradicts
//! itself, with the place of it. The schemas derived here are what the API's document is made of.

pub mod audit;
pub mod batch;
pub mod check;
pub mod client;
pub mod coverage;
pub mod diff;
pub mod frame;
pub mod health;
pub mod host;
pub mod import;
pub mod limits;
pub mod map;
pub mod module;
pub mod organisation;
pub mod page;
pub mod problem;
pub mod project;
pub mod query;
pub mod quick;
pub mod scan;
pub mod search;
pub mod session;
pub mod setup;
pub mod span;
pub mod status;
pub mod target;
pub mod template;
pub mod text;
pub mod token;
pub mod user;
pub mod worker;

pub use check::{Check, FieldProblem};
pub use client::{Client, ClientError};
pub use page::Page;
pub use problem::Problem;
