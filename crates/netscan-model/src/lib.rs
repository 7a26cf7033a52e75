//! What the product is about, without input or output.
//!
//! Targets and scope, the plan, the lifecycle of scans and batches, what was found and what
//! became of each address. Nothing here reads a clock, a file, a socket or a random source: time,
//! ids and seeds are arguments, so that every rule can be tested in microseconds.

pub mod access;
pub mod address;
pub mod batch;
pub mod coverage;
pub mod difference;
pub mod grid;
pub mod import;
pub mod inventory;
pub mod observation;
pub mod plan;
pub mod reach;
pub mod scan;
pub mod scope;
pub mod seal;
pub mod search;
pub mod target;

pub use address::{Address, AddressRange, AddressSet};
pub use observation::Host;
