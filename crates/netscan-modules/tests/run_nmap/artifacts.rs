//! What is kept of an attempt can be read, is bounded, and is never more important than the scan.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::GzDecoder;
use netscan_model::batch::Outcome;
use netscan_modules::nmap::run::{ArtifactKind, AttemptEnd};
use netscan_testkit::FakeNmap;

use super::attempt::{completed, hosts, installed};

fn text(end: &AttemptEnd, kind: ArtifactKind) -> String {
    let file = end.artifacts.iter().find(|file| file.kind == kind).unwrap();
    let bytes = std::fs::read(&file.path).unwrap();
    assert_eq!(file.size_bytes, bytes.len() as u64);
    let mut text = String::new();
    match kind {
        ArtifactKind::Argv => text = String::from_utf8(bytes).unwrap(),
        _ => drop(GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap()),
    }
    text
}

#[tokio::test]
async fn all_output_is_kept_for_our_eyes_only() {
    let nmap = installed(&FakeNmap::new().stderr("careful"));
    let directory = nmap.directory.path().join("attempts/1");
    let mut job = nmap.job("10.0.0.1-10.0.0.2");
    job.artifacts = Some(directory.clone());
    job.arguments = vec!["-p80".to_owned()];

    let (_, end) = completed(job).await;

    assert_eq!((end.outcome, &end.artifact_error), (Outcome::Succeeded, &None));
    assert!(text(&end, ArtifactKind::Xml).ends_with("</nmaprun>\n"));
    assert!(text(&end, ArtifactKind::Stdout).contains("Nmap scan report for 10.0.0.2\n"));
    assert_eq!(text(&end, ArtifactKind::Stderr), "careful\n");
    assert!(text(&end, ArtifactKind::Argv).contains("\"-p80\""));
    assert_eq!(end.artifacts.len(), ArtifactKind::ALL.len());
    assert!(end.artifacts.iter().all(|file| !file.truncated));
    for path in end.artifacts.iter().map(|file| &file.path).chain([&directory]) {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o077, 0);
    }
}

#[tokio::test]
async fn what_is_too_much_is_cut_and_marked() {
    let nmap = installed(&FakeNmap::new().flood_stdout(100_000));
    let mut job = nmap.job("10.0.0.1-10.0.0.9");
    job.artifacts = Some(nmap.directory.path().join("attempt"));
    job.xml_bytes = 1_000;
    job.log_bytes = 50_000;

    let (seen, end) = completed(job).await;

    assert_eq!((end.outcome, hosts(&seen).len()), (Outcome::Succeeded, 9));
    assert_eq!(text(&end, ArtifactKind::Xml).len(), 1_000);
    assert_eq!(text(&end, ArtifactKind::Stdout).len(), 50_000);
    let mut cut: Vec<_> =
        end.artifacts.iter().filter(|file| file.truncated).map(|file| file.kind.name()).collect();
    cut.sort_unstable();
    assert_eq!(cut, ["stdout", "xml"]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_to_costs_no_host() {
    let nmap = installed(&FakeNmap::new());
    let mut job = nmap.job("10.0.0.1-10.0.0.9");
    job.artifacts = Some(nmap.directory.path().join("fake-nmap.script/attempt"));

    let (seen, end) = completed(job).await;

    assert_eq!((end.outcome, hosts(&seen).len()), (Outcome::Succeeded, 9));
    assert!(end.artifacts.is_empty());
    assert!(end.artifact_error.unwrap().starts_with("cannot create /"));
}

/// Makes it a file system with next to no room.
fn fill(directory: &Path) {
    let size = Some("size=8k");
    let flags = nix::mount::MsFlags::empty();
    nix::mount::mount(Some("tmpfs"), directory, Some("tmpfs"), flags, size).unwrap();
}

#[tokio::test]
async fn a_full_disk_costs_no_host() {
    let nmap = installed(&FakeNmap::new().flood_stdout(1 << 20));
    let directory = nmap.directory.path().join("full");
    std::fs::create_dir(&directory).unwrap();
    let is_root = nix::unistd::geteuid().is_root();
    if is_root {
        fill(&directory);
    } else {
        // Whoever may not mount gets the same error from a directory that is not theirs.
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o500)).unwrap();
    }
    let mut job = nmap.job("10.0.0.0-10.0.15.255");
    job.artifacts = Some(directory.clone());

    let (seen, end) = completed(job).await;

    if is_root {
        // Another test may be about to start a program, which has our files open until it runs.
        nix::mount::umount2(&directory, nix::mount::MntFlags::MNT_DETACH).unwrap();
    }
    assert_eq!((end.outcome, hosts(&seen).len()), (Outcome::Succeeded, 4_096));
    assert!(end.artifact_error.unwrap().starts_with("cannot write /"));
    assert!(end.artifacts.iter().all(|file| file.truncated || file.size_bytes < 8_192));
}
