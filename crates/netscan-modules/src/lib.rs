//! The only crate that starts programs or talks to scan targets.
//!
//! A module turns inputs into observations. Nmap is the first of them: [`nmap`]. What others have
//! run and written to a file is read by [`files`]. [`chromium`] prints reports.

pub mod chromium;
pub mod files;
pub mod masscan;
pub mod nmap;
pub mod program;
pub mod resolve;
