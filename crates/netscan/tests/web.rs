//! The pages, walked through by Chromium against the real program in a lab of its own.
//!
//! The walks stand in `web/e2e`, and Playwright takes them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use netscan_testkit::lab::Lab;
use tempfile::TempDir;

fn web() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "web"].iter().collect()
}

/// Takes the walk of that name. Whatever it scans is in the lab's namespace.
fn walk(name: &str) {
    let is_root = nix::unistd::geteuid().is_root();
    assert!(is_root, "the lab makes network namespaces: run its tests as root");
    let playwright = web().join("node_modules/.bin/playwright");
    assert!(
        playwright.exists(),
        "there is no Playwright in web/node_modules: `make test` installs it"
    );
    let lab = Lab::up("small", 20_261_121);
    let directory = TempDir::new().expect("a temporary directory can be made");
    let truth = directory.path().join("truth.json");
    std::fs::write(&truth, lab.truth_text()).expect("a file of the test can be written");

    let walk = lab
        .command(&playwright)
        .args(["test", &format!("{name}.spec.ts")])
        .current_dir(web())
        .env("NETSCAN_PROGRAM", Path::new(env!("CARGO_BIN_EXE_netscan")))
        .env("E2E_OUTPUT", directory.path().join("output"))
        .env("LAB_TRUTH", &truth)
        .stdin(Stdio::null())
        .output()
        .expect("the namespace and its Playwright are there");

    let said = String::from_utf8_lossy(&walk.stdout);
    let complaint = String::from_utf8_lossy(&walk.stderr);
    assert!(walk.status.success(), "{said}\n{complaint}");
    assert!(said.contains(" passed"), "no walk was taken: {said}");
}

#[test]
fn one_walks_from_the_setup_link_to_an_export() {
    walk("journey");
}

#[test]
fn every_page_is_accessible_and_says_nothing_in_the_console() {
    walk("pages");
}

#[test]
fn a_hostile_host_runs_nothing_and_breaks_nothing() {
    walk("hostile");
}

#[test]
fn two_browsers_see_the_same_and_come_back_after_a_restart() {
    walk("together");
}
