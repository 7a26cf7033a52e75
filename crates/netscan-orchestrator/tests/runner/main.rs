//! Scans run to their end, on the real nmap where it can be made to do what is asked, and on the
//! fake one where it cannot: failing hosts, floods, lies.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod bench;
mod leave;
mod limits;
mod one_scan;
mod quick;
mod races;
mod server;
