//! The only crate that starts programs or talks to scan targets.
//!
//! A module turns inputs into observations: [`nmap`] runs nmap, [`discover`] finds open ports by
//! itself, and [`two_pass`] lets one work for the other; there, [`masscan`] may be the one that finds. What
//! others have run and written to a file is read by [`files`]. [`chromium`] prints reports.

pub mod chromium;
pub mod discover;
pub mod files;
pub mod masscan;
pub mod nmap;
pub mod program;
pub mod resolve;
pub mod two_pass;
