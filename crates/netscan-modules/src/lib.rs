//! The only crate that starts programs or talks to scan targets.
//!
//! A module turns inputs into observations. Nmap is the first of them: [`nmap`].

pub mod nmap;
pub mod program;
pub mod resolve;
