//! What each format says of the same hosts, and what other programs make of it.

mod browser;
mod differences;
mod exports;
mod nmap_tools;
mod programs;
mod properties;
mod samples;
mod snapshots;
mod templates;
