//! Terminal sessions with the program as it is built: what is typed, what comes out, how it ends.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test drives the program from outside"
)]

mod cli {
    mod bad_input;
    mod control;
    mod desk;
    mod importing;
    mod inventory;
    mod machine;
    mod mcp;
    mod reading;
    mod remote;
    mod running;
    mod scanning;
    mod searching;
    mod watch;
    mod zenmap;
}
