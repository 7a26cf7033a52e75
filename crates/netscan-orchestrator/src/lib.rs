//! Plans, hands out, supervises, recovers and finishes scans.
//!
//! [`submit`] turns a request into a stored scan; [`runner`] runs what is stored, one process per
//! database at a time ([`lock`]); [`difference`] compares what two scans found. Decisions are the
//! model's, storage is the store's, programs are the modules'; here they are brought together.

pub mod difference;
pub mod import;
pub mod leave;
pub mod lock;
pub mod quick;
pub mod runner;
pub mod submit;
pub mod template;
