//! The machine and the program: `doctor`, `config`, `migrate`, completions, pages, terminals.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::desk::{Desk, finish, listener, wait_for};

#[test]
fn the_doctor_finds_this_machine_fit() {
    let desk = Desk::new();

    let body = desk.json(&["doctor"]);
    let table = desk.netscan(&["doctor"]);

    assert_eq!(body["can_scan"], true);
    let checks: Vec<_> = body["checks"].as_array().unwrap().iter().map(|c| &c["check"]).collect();
    assert!(checks.contains(&&json!("nmap")) && checks.contains(&&json!("raw sockets")), "{body}");
    assert!(table.stdout.contains("free disk"), "{table:?}");
    assert!(!desk.data().exists(), "looking makes nothing");
}

#[test]
fn the_doctor_says_what_is_missing_and_ends_with_1() {
    let desk = Desk::new();

    let outcome = finish(desk.command(&["doctor"]).env("NETSCAN_NMAP_PATH", "/nowhere/nmap"));
    let scan =
        finish(desk.command(&["scan", "127.0.0.1"]).env("NETSCAN_NMAP_PATH", "/nowhere/nmap"));

    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("/nowhere/nmap"), "{outcome:?}");
    scan.refused(1, "this machine cannot run scans: cannot use /nowhere/nmap");
    assert!(scan.stderr.contains("hint: `netscan doctor`"), "{scan:?}");
}

fn setting(settings: &Value, key: &str) -> (Value, Value) {
    let all = settings.as_array().expect("settings are a list");
    let row = all.iter().find(|row| row["key"] == key).expect("the setting is there");
    (row["value"].clone(), row["origin"].clone())
}

#[test]
fn flags_beat_the_environment_and_that_beats_the_file() {
    let desk = Desk::new();
    let file = desk.file("n.toml", "project = \"file\"\nconcurrency = 2\nattempts = 9\n");
    let mut command =
        desk.command(&["config", "show", "--json", "--config", &file, "--project", "flag"]);

    let settings =
        finish(command.env("NETSCAN_PROJECT", "environment").env("NETSCAN_CONCURRENCY", "7"))
            .json();

    assert_eq!(setting(&settings, "project"), (json!("flag"), json!("--project")));
    assert_eq!(setting(&settings, "concurrency"), (json!("7"), json!("NETSCAN_CONCURRENCY")));
    assert_eq!(setting(&settings, "attempts"), (json!("9"), json!(file)));
    assert_eq!(setting(&settings, "address_limit"), (json!("65536"), json!("built in")));
}

#[test]
fn a_file_in_the_data_directory_is_found_and_obeyed() {
    let desk = Desk::new();
    std::fs::create_dir(desk.data()).unwrap();
    desk.file("data/netscan.toml", "address_limit = 2\n");

    desk.netscan(&["scan", "127.0.0.1-3"]).refused(1, "3 addresses, more than the limit of 2");
}

#[test]
fn an_unknown_setting_is_an_error_with_its_place() {
    let desk = Desk::new();
    let file = desk.file("n.toml", "\nconcurency = 2\n");

    let outcome = desk.netscan(&["status", "--config", &file]);

    outcome.refused(1, "n.toml, line 2, column 1: unknown field `concurency`");
}

#[test]
fn a_database_may_lie_anywhere_even_without_a_directory_part() {
    let desk = Desk::new();

    let scan = desk.netscan(&["--db-path", "lab.db", "scan", "127.0.0.1", "--nmap", "-sT -p1"]);
    let migrate = desk.netscan(&["migrate", "--database", "sqlite://lab.db"]);

    assert_eq!(scan.status, Some(0), "{scan:?}");
    assert!(desk.path("lab.db").exists() && desk.path("lab-artifacts").is_dir());
    assert!(!desk.data().exists());
    assert!(migrate.stdout.contains("lab.db has schema version "), "{migrate:?}");
}

#[test]
fn what_was_found_is_nobody_elses_business() {
    let desk = Desk::new();

    desk.netscan(&["status"]);

    let mode = std::fs::metadata(desk.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn completions_and_the_manual_are_generated() {
    let desk = Desk::new();

    for shell in ["bash", "zsh", "fish"] {
        let outcome = desk.netscan(&["completions", shell]);
        assert!(outcome.stdout.contains("resplit"), "{shell}: {outcome:?}");
    }
    assert!(desk.netscan(&["man"]).stdout.contains(".TH netscan 1"));
    assert_eq!(desk.netscan(&["man", "-o", "pages"]).status, Some(0));
    assert!(desk.path("pages/netscan-scan.1").exists());
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();

    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

#[test]
fn a_full_standard_output_is_an_error() {
    let desk = Desk::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();

    let outcome = finish(desk.command(&["completions", "bash"]).stdout(full));

    outcome.refused(1, "cannot write to standard output: No space left on device");
}

/// What a session in a terminal shows.
fn in_a_terminal(desk: &Desk, line: &str, variables: &[(&str, &str)]) -> String {
    let netscan = env!("CARGO_BIN_EXE_netscan");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{netscan} {line}"), "/dev/null"]).stdin(Stdio::null());
    script.env("NETSCAN_DATA_DIR", desk.data()).env_remove("NO_COLOR").env("TERM", "xterm");
    script.envs(variables.iter().copied());
    finish(&mut script).stdout
}

#[test]
fn a_terminal_gets_colours_unless_it_was_asked_not_to() {
    let desk = Desk::new();
    desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    let coloured = in_a_terminal(&desk, "results 1", &[]);
    let plain = in_a_terminal(&desk, "results 1", &[("NO_COLOR", "1")]);
    let error = in_a_terminal(&desk, "results 9", &[("NO_COLOR", "1")]);

    assert!(coloured.contains("\x1b["), "{coloured:?}");
    assert!(plain.contains("127.0.0.1") && !plain.contains('\x1b'), "{plain:?}");
    assert!(error.contains("error: there is no scan 9") && !error.contains('\x1b'), "{error:?}");
}

#[test]
fn a_terminal_is_not_filled_with_a_pdf() {
    let desk = Desk::new();

    let screen = in_a_terminal(&desk, "report 1 --format pdf", &[("NO_COLOR", "1")]);

    let refusal = "error: cannot show a PDF on a terminal; write it to a file with -o FILE";
    assert!(screen.contains(refusal), "{screen}");
}

#[test]
fn a_terminal_is_not_filled_with_a_workbook() {
    let desk = Desk::new();
    desk.netscan(&["plan", "127.0.0.1"]);

    let screen = in_a_terminal(&desk, "results 1 --format xlsx", &[("NO_COLOR", "1")]);

    assert_eq!(
        screen.trim_end(),
        "error: cannot show a workbook on a terminal; write it to a file with -o FILE"
    );
}

#[test]
fn a_terminal_sees_a_scan_move() {
    let desk = Desk::new();
    let line =
        "scan 127.0.0.1-2 --nmap '-sT -Pn -p1-300 --max-rate 200' --batch-size 1 --concurrency 1";

    let screen = in_a_terminal(&desk, line, &[]);

    assert!(screen.contains("0 of 2 addresses done"), "{screen:?}");
    assert!(
        screen.contains("time left unknown") && screen.contains("slowest: batch 1"),
        "{screen:?}"
    );
    assert!(screen.contains("2 addresses planned: 2 up"), "{screen:?}");
}

/// Answers one request as a collector does, and gives its head and body.
fn collect(listener: &TcpListener) -> (String, Vec<u8>) {
    listener.set_nonblocking(true).unwrap();
    let (mut stream, _) = wait_for("somebody to send spans", || listener.accept().ok());
    stream.set_nonblocking(false).unwrap();
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let head = received.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            if received.len() >= head + 4 + length.unwrap().parse::<usize>().unwrap() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                return (text, received.split_off(head + 4));
            }
        }
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "the request ends early");
        received.extend_from_slice(&piece[..count]);
    }
}

#[test]
fn a_collector_gets_a_span_for_each_attempt() {
    let desk = Desk::new();
    let (listener, port) = listener();
    let collector = std::thread::spawn(move || collect(&listener));

    let mut command = desk.command(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);
    let scan = finish(command.env("NETSCAN_OTLP_ENDPOINT", format!("http://127.0.0.1:{port}/")));

    let (head, body) = collector.join().unwrap();
    assert_eq!((scan.status, scan.stderr.contains("otel")), (Some(0), false), "{scan:?}");
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    for word in ["netscan", "attempt", "batch"] {
        assert!(body.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
}

#[test]
fn a_collector_that_is_no_url_is_refused() {
    let desk = Desk::new();
    let mut command = desk.command(&["status"]);

    let outcome = finish(command.env("NETSCAN_OTLP_ENDPOINT", "collector:4318"));

    outcome.refused(2, "otlp_endpoint: \"collector:4318\" is no URL");
}
