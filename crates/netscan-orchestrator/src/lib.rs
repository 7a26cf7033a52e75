//! Plans, hands out, supervises, recovers and finishes scans.
//!
//! [`submit`] turns a request into a stored scan; [`runner`] runs what is stored, one process per
//! database at a time ([`lock`]). Decisions are the model's, storage is the store's, programs are
//! the modules'; here they are brought together.

pub mod lock;
pub mod quick;
pub mod runner;
pub mod submit;
pub mod template;
