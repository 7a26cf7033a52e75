//! Turns stored results into files that people and tools read.
//!
//! A [`ReportWriter`] takes one host after the other and keeps none of them, so that a report over
//! 100,000 hosts costs as much memory as its largest host. What a format has to put behind something
//! that is only known at the end waits in a temporary file. Everything written comes from strangers'
//! machines: no format lets a control character or a hidden change of direction through, and each
//! escapes what its readers would take for markup or for a formula.

mod certificates;
mod changes;
mod csv;
mod difference;
mod findings;
mod gnmap;
mod html;
mod json;
mod markdown;
mod method;
mod sanitise;
mod sarif;
mod spool;
mod statement;
mod table;
mod tally;
mod template;
mod text;
mod words;
mod writer;
mod xlsx;
mod xml;

pub use changes::ChangesSince;
pub use difference::{DifferenceFormat, DifferenceHead, DifferenceWriter};
pub use findings::{Certainty, Finding, Score, Severity, of_host as findings_of};
pub use json::json_text;
pub use sanitise::{sanitise, sanitise_lines};
pub use template::{Template, TemplateError};
pub use words::coverage_sentence;
pub use writer::{Format, Method, ReportFormat, ReportHead, ReportWriter, WriteOptions};
