//! What the probe finds out about a machine, it says in a sentence that helps.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use netscan_model::batch::Outcome;
use netscan_modules::nmap::capabilities::{Capabilities, Privilege};
use netscan_testkit::FakeNmap;

use super::attempt::{completed, installed};

/// The only problem with `program`.
fn problem(program: &Path) -> String {
    let found = Capabilities::probe(Some(program));
    assert_eq!((found.nmap, found.problems.len()), (None, 1), "{:?}", found.problems);
    found.problems[0].clone()
}

#[test]
fn the_nmap_of_this_machine_is_found() {
    let found = Capabilities::probe(None);

    let nmap = found.nmap.unwrap_or_else(|| panic!("{:?}", found.problems));
    assert!(nmap.datadir.join("nmap-services").exists());
    assert!(nmap.version.starts_with("7."));
    assert_eq!((found.problems, found.has_file_capabilities), (vec![], false));
    assert!(found.open_files > 0 && found.processes > 0);
}

#[test]
fn each_thing_that_is_wrong_with_a_program_is_called_by_its_name() {
    let old = installed(&FakeNmap::new().version("7.80"));
    let path = old.directory.path();
    let script = path.join("fake-nmap.script");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o644)).unwrap();

    let too_old = problem(&path.join("nmap"));
    assert!(too_old.ends_with("/nmap is nmap 7.80; 7.93 or later is needed"), "{too_old}");
    let missing = problem(&path.join("none"));
    assert!(missing.contains("/none: No such file"), "{missing}");
    assert!(problem(&script).ends_with("is not a program that may be executed"));
    assert!(problem(path).ends_with("is not a program that may be executed"));
    let other = problem(Path::new("/bin/true"));
    assert_eq!(other, "/bin/true does not say that it is nmap: is it another program?");
}

#[tokio::test]
async fn a_program_that_gains_privileges_is_not_run() {
    let nmap = installed(&FakeNmap::new());
    let program = nmap.directory.path().join("own-nmap");
    std::fs::copy(nmap.directory.path().join("nmap"), &program).unwrap();
    let setcap = Command::new("setcap").arg("cap_net_raw+eip").arg(&program).output();
    let is_set = setcap.is_ok_and(|output| output.status.success());
    let mut job = nmap.job("10.0.0.1");
    job.program.clone_from(&program);

    let found =
        tokio::task::spawn_blocking(move || Capabilities::probe(Some(&program))).await.unwrap();
    let (_, end) = completed(job).await;

    // Only root can give capabilities to a file. Without them, nothing may be refused.
    assert_eq!(is_set, nix::unistd::geteuid().is_root());
    assert_eq!((found.has_file_capabilities, end.outcome == Outcome::Refused), (is_set, is_set));
    assert_eq!(end.reason.contains("run `setcap -r "), is_set, "{}", end.reason);
}

/// Tells the second life of this test binary what it is to find.
const EXPECTED: &str = "NETSCAN_TEST_PRIVILEGE";

/// Runs the probe in a process with other privileges.
fn under(setpriv: &[&str], expected: Privilege) {
    let output = Command::new("setpriv")
        .args(setpriv)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "capabilities::raw_sockets_are_there_when_nmap_will_have_them"])
        .env(EXPECTED, expected.name())
        .output()
        .unwrap();
    assert!(output.status.success(), "{setpriv:?}: {}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself, and has no other way in")]
fn raw_sockets_are_there_when_nmap_will_have_them() {
    let found = Capabilities::probe(None);
    assert_eq!(found.raw_sockets, found.privilege != Privilege::None);
    if let Ok(expected) = std::env::var(EXPECTED) {
        assert_eq!(found.privilege.name(), expected);
        return;
    }
    if nix::unistd::geteuid().is_root() {
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        let ambient = ["--inh-caps=+net_raw", "--ambient-caps=+net_raw"];
        under(&["--bounding-set=-net_raw"], Privilege::None);
        under(&nobody, Privilege::None);
        under(&[&nobody[..], &ambient].concat(), Privilege::Ambient);
    } else {
        under(&["--inh-caps=-all", "--ambient-caps=-all"], Privilege::None);
    }
}
