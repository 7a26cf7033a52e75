//! nmap under supervision: what an attempt tells while it runs, what it comes to, and what it
//! leaves behind.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "run_nmap/artifacts.rs"]
mod artifacts;
#[path = "run_nmap/attempt.rs"]
mod attempt;
#[path = "run_nmap/capabilities.rs"]
mod capabilities;
#[path = "run_nmap/faults.rs"]
mod faults;
#[path = "run_nmap/processes.rs"]
mod processes;
#[path = "run_nmap/real.rs"]
mod real;
