//! The whole way from the set-up link to a diff, with the server killed between any two steps.

use std::process::Stdio;

use netscan_testkit::lab::Lab;
use tempfile::TempDir;

use super::served::{python, script};

#[test]
fn nothing_is_lost_when_the_server_is_killed_between_any_two_steps() {
    let is_root = nix::unistd::geteuid().is_root();
    assert!(is_root, "the lab makes network namespaces: run its tests as root");
    let lab = Lab::up("small", 20_261_121);
    let directory = TempDir::new().expect("a temporary directory can be made");
    let truth = directory.path().join("truth.json");
    std::fs::write(&truth, lab.truth_text()).expect("a file of the test can be written");

    let journey = lab
        .command(python())
        .arg(script("journey.py"))
        .args([env!("CARGO_BIN_EXE_netscan").as_ref(), directory.path()])
        .env("LAB_TRUTH", &truth)
        .stdin(Stdio::null())
        .output()
        .expect("the namespace and its Python are there");

    let said = String::from_utf8_lossy(&journey.stdout);
    let complaint = String::from_utf8_lossy(&journey.stderr);
    let log = std::fs::read_to_string(directory.path().join("server.log")).unwrap_or_default();
    assert!(journey.status.success(), "{said}\n{complaint}\nthe server's log:\n{log}");
    assert!(said.ends_with("15 steps, 18 kills\n"), "{said}");
}
