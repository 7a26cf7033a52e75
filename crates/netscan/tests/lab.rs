//! Whole scans, from the command line to the wire, of a network that is known to the last port.
//!
//! The program runs in the scanner's namespace of a lab (`lab/README.md`). Needs root, and what
//! `scripts/install test` installs.
#![expect(clippy::disallowed_methods, reason = "a test drives programs from outside")]

mod lab {
    mod boundary;
    mod differences;
    mod difficult;
    mod masscan;
    mod nmap_tools;
    mod privileges;
    mod rate;
    mod site;
    mod truth;
    mod two_passes;
}
