//! Everything that can be wrong with what is typed and where it is typed: one sentence, no panic.

use std::process::Command;

use super::desk::{Desk, finish};

#[test]
fn a_missing_file_is_named() {
    let desk = Desk::new();

    desk.netscan(&["ingest", "nosuch.txt"]).refused(1, "cannot read nosuch.txt: No such file");
    desk.netscan(&["scan", "-f", "nosuch.txt"]).refused(1, "cannot read nosuch.txt: No such file");
    desk.netscan(&["status", "--config", "n.toml"])
        .refused(1, "cannot read the settings in n.toml");
}

#[test]
fn a_file_that_is_not_text_is_refused() {
    let desk = Desk::new();
    std::fs::write(desk.path("t.bin"), b"10.0.0.1\n\xff\xfe").unwrap();

    desk.netscan(&["ingest", "t.bin"]).refused(1, "byte 10 is not UTF-8 text");
}

#[test]
fn bad_targets_are_told_one_by_one_with_their_argument() {
    let outcome = Desk::new().netscan(&["scan", "127.0.0.1", "127.0.0.1/33", "a,127.0.0.01"]);

    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "error: argument 2, column 1: \"127.0.0.1/33\" has a mask longer than 32 bits"
    );
    assert!(lines[1].starts_with("error: argument 3, column 3: \"127.0.0.01\""), "{outcome:?}");
    assert_eq!(lines.len(), 2);
}

// A target or an option could make nmap read and write files (B20).
#[test]
fn nothing_typed_reaches_nmap_as_an_option_it_should_not_have() {
    let desk = Desk::new();

    for target in ["-iL=/etc/passwd", "-oN=/tmp/x"] {
        let outcome = desk.netscan(&["scan", "--", target]);
        outcome.refused(2, "begins with \"-\"");
    }
    for options in
        ["-oG /tmp/x", "-iL /etc/passwd", "--script /tmp/x.nse", "-sT --datadir /tmp", "--no-such"]
    {
        let outcome = desk.netscan(&["scan", "127.0.0.1", "--nmap", options]);
        outcome.refused(2, "--nmap: ");
    }
}

#[test]
fn a_zero_is_refused_with_what_to_write() {
    let desk = Desk::new();

    for option in ["--batch-size", "--concurrency", "--max-rate", "--attempts"] {
        let outcome = desk.netscan(&["scan", "127.0.0.1", option, "0"]);
        outcome.refused(2, "write a whole number from 1");
    }
    desk.netscan(&["split", "1", "--chunk-size", "0"]).refused(2, "write a whole number from 1");
    desk.netscan(&["scan", "127.0.0.1", "--host-timeout", "90"]).refused(2, "and a unit");
    desk.netscan(&["scan", "127.0.0.1", "--top-ports", "0"]).refused(2, "0 is not in 1..=65535");
}

#[test]
fn options_that_exclude_each_other_and_missing_ones_are_usage() {
    let desk = Desk::new();

    for arguments in [
        &["scan"][..],
        &["scan", "127.0.0.1", "--nmap", "-sT", "--profile", "quick"],
        &["scan", "127.0.0.1", "--format", "pdf"],
        &["status", "--db-path", "a.db", "--database", "sqlite://b.db"],
        &["frobnicate"],
        &[],
    ] {
        assert_eq!(desk.netscan(arguments).status, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_scan_or_batch_that_does_not_exist_is_named_with_a_hint() {
    let desk = Desk::new();

    for command in [
        "run",
        "pause",
        "resume",
        "stop",
        "retry",
        "rerun",
        "results",
        "coverage",
        "status",
        "difficult",
    ] {
        let outcome = desk.netscan(&[command, "99"]);
        outcome.refused(1, "there is no scan 99 in project default");
        assert!(outcome.stderr.ends_with("\n\nhint: `netscan status` lists them\n"), "{outcome:?}");
    }
    desk.netscan(&["resplit", "1/7", "--chunk-size", "2"]).refused(1, "there is no batch 1/7");
}

#[test]
fn a_project_has_a_name_that_can_be_read() {
    let desk = Desk::new();

    for name in ["", " ", "a\u{1b}[2J"] {
        desk.netscan(&["status", "--project", name]).refused(2, "is no name for a project");
    }
}

#[test]
fn a_database_that_is_none_is_left_alone() {
    let desk = Desk::new();
    let file =
        desk.file("notes.txt", "These are notes, and not a database at all. ".repeat(99).as_str());

    desk.netscan(&["status", "--db-path", &file]).refused(1, "is not a netscan database");

    assert!(std::fs::read_to_string(&file).unwrap().starts_with("These are notes"));
}

#[test]
fn other_databases_are_named_and_their_passwords_kept() {
    let desk = Desk::new();

    let outcome = desk.netscan(&["status", "--database", "postgres://me:secret@db/netscan"]);

    outcome.refused(2, "this version of netscan knows only SQLite databases");
    assert!(!outcome.stderr.contains("secret"), "{outcome:?}");
}

#[test]
fn a_place_that_cannot_be_written_to_is_named_before_anything_is_scanned() {
    let desk = Desk::new();
    let below = format!("{}/x", desk.file("file", ""));

    desk.netscan(&["status", "--data-dir", &below]).refused(1, "cannot make the data directory");
    desk.netscan(&["status", "--db-path", &format!("{below}/y.db")])
        .refused(1, "there is no directory");
    let scan = desk.netscan(&["scan", "127.0.0.1", "-o", &format!("{below}/found.csv")]);
    scan.refused(1, "cannot write ");
    assert!(!desk.data().exists());
    let doctor = desk.netscan(&["doctor", "--data-dir", &below]);
    assert_eq!(doctor.status, Some(1), "{doctor:?}");
}

#[test]
fn a_full_disk_is_one_sentence() {
    let desk = Desk::new();
    let mount = desk.path("disk");
    std::fs::create_dir(&mount).unwrap();
    // A file system of its own, which goes with the process.
    let script = "mount -t tmpfs -o size=300k tmpfs \"$1\" || exit 99
        head -c 400k /dev/zero > \"$1/ballast\" 2> /dev/null
        exec \"$2\" scan 127.0.0.1 --data-dir \"$1\"";
    let mut command = Command::new("unshare");
    // Without root, a user namespace gives the right to mount.
    command.arg(if nix::unistd::geteuid().is_root() { "-m" } else { "-rm" });
    command.args(["sh", "-c", script, "sh"]).arg(&mount).arg(env!("CARGO_BIN_EXE_netscan"));

    let outcome = finish(&mut command);

    outcome.refused(1, "the disk that holds the database is full");
}

#[test]
fn a_module_is_one_of_those_there_are() {
    let desk = Desk::new();
    let scan = |how: &[&str]| desk.netscan(&[&["scan", "127.0.0.1"], how].concat());

    let unknown = scan(&["--module", "whois"]);
    unknown.refused(2, "invalid value 'whois' for '--module <ID>'");
    assert!(unknown.stderr.contains("[possible values: nmap, discover, masscan]"), "{unknown:?}");
    scan(&["--module", "nmap", "--nmap", "-sT"]).refused(2, "cannot be used with");
    let both = "--module: discover and masscan both find the open ports: name one";
    scan(&["--module", "discover", "--module", "masscan"]).refused(2, both);
}
