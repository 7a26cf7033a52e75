//! Planning ahead and changing one's mind: `plan`, `split`, `resplit`, `run`, `set`, `retry`, `rerun`.

use netscan_testkit::{Act, FakeNmap};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::desk::{Desk, finish};

fn planned(desk: &Desk, targets: &str) {
    let file = desk.file("targets.txt", targets);
    assert_eq!(desk.netscan(&["ingest", &file]).status, Some(0));
    let plan = ["plan", "--options", "-sT -p1", "--batch-size", "4"];
    assert_eq!(desk.netscan(&plan).status, Some(0));
}

#[test]
fn a_plan_tells_its_cost_and_run_carries_it_out() {
    let desk = Desk::new();
    let file = desk.file("targets.txt", "127.0.0.0/29\n!127.0.0.7\n");
    desk.netscan(&["ingest", &file]);

    let plan = desk.json(&["plan", "--options", "-sT -p1-3", "--notes", "for later"]);
    let table = desk.netscan(&["plan", "--profile", "quick"]);
    let run = desk.json(&["run", "1"]);

    assert_eq!(
        (&plan["scan"]["status"], &plan["scan"]["notes"]),
        (&json!("created"), &json!("for later"))
    );
    assert_eq!((&plan["cost"]["addresses"], &plan["cost"]["excluded"]), (&json!(7), &json!(1)));
    assert!(plan["cost"]["packets"].as_u64().is_some_and(|packets| packets >= 21), "{plan}");
    assert!(table.stdout.contains("Forecast") && table.stdout.contains("about"), "{table:?}");
    assert!(table.stderr.contains("Start it with: netscan run 2"), "{table:?}");
    assert_eq!(run["scan"]["status"], "completed");
}

#[test]
fn a_plan_without_targets_says_how_to_add_them() {
    let outcome = Desk::new().netscan(&["plan"]);

    outcome.refused(1, "project default has no targets to plan over");
    assert!(outcome.stderr.contains("hint: `netscan ingest FILE` adds them"), "{outcome:?}");
}

// Splitting twice raised an error, and resplit batches were scanned twice (B19).
#[test]
fn splitting_twice_is_splitting_once() {
    let desk = Desk::new();
    planned(&desk, "127.0.0.1-8");

    let first = desk.netscan(&["split", "1", "--chunk-size", "2"]);
    let batches = desk.json(&["status", "1"])["batches"].clone();
    let second = desk.netscan(&["split", "1", "--chunk-size", "2"]);

    assert_eq!((first.status, &first.stdout), (second.status, &second.stdout));
    assert_eq!(first.stdout, "Scan 1 has 4 batches of at most 2 addresses\n");
    assert_eq!(desk.json(&["status", "1"])["batches"], batches);
}

#[test]
fn resplitting_twice_is_resplitting_once_and_no_address_is_scanned_twice() {
    let desk = Desk::new();
    planned(&desk, "127.0.0.1-4");

    let first = desk.json(&["resplit", "1/1", "--chunk-size", "2"]);
    let second = desk.json(&["resplit", "1/1", "--chunk-size", "2"]);
    desk.json(&["run", "1"]);

    assert_eq!(first["batches"].as_array().map(Vec::len), Some(2));
    assert_eq!((&first["scan"]["number"], &first), (&json!(1), &second));
    let batches = desk.json(&["status", "1"])["batches"].clone();
    let states: Vec<_> = batches.as_array().unwrap().iter().map(|batch| &batch["status"]).collect();
    assert_eq!(states, ["superseded", "succeeded", "succeeded"]);
    assert_eq!(desk.json(&["coverage", "1"])["coverage"]["up"], 4);
}

// A batch that ran was taken from its worker, and its addresses were scanned twice at a time.
#[test]
fn a_batch_that_runs_is_cut_when_what_runs_of_it_has_ended() {
    let desk = Desk::new();
    let slow = ["--nmap", "-sT -Pn -p1-2000 --max-rate 200", "--batch-size", "4"];
    let session = desk.start(&[&["scan", "127.0.0.1-4"], &slow[..]].concat());
    desk.wait_for_scan("1", |scan| scan["status"] == "running");

    let first = desk.json(&["resplit", "1/1", "--chunk-size", "2"]);
    let second = desk.json(&["resplit", "1/1", "--chunk-size", "2"]);
    session.signal(Signal::SIGINT);
    session.finish();

    let counts = |body: &Value| {
        let batches = body["batches"].as_array().unwrap();
        batches.iter().map(|batch| batch["address_count"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(counts(&first), [2, 2]);
    assert_eq!(counts(&second), [2, 2]);
    let parent = &desk.json(&["status", "1"])["batches"][0]["status"];
    assert_eq!(parent, "superseded");
}

#[test]
fn a_batch_that_cannot_be_cut_says_why() {
    let desk = Desk::new();
    planned(&desk, "127.0.0.1-4");

    let small = desk.netscan(&["resplit", "1/1", "--chunk-size", "4"]);
    desk.json(&["run", "1"]);
    let over = desk.netscan(&["resplit", "1/1", "--chunk-size", "2"]);

    assert_eq!(small.status, Some(0), "{small:?}");
    assert_eq!(small.stderr, "Batch 1 has at most 4 addresses left and stays as it is\n");
    over.refused(1, "batch 1 is succeeded: nothing is left of it to cut");
}

#[test]
fn a_scan_that_has_been_started_is_not_split_again() {
    let desk = Desk::new();
    desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    let outcome = desk.netscan(&["split", "1", "--chunk-size", "2"]);

    outcome.refused(1, "scan 1 has been started and cannot be split again");
}

#[test]
fn limits_are_changed_and_shown() {
    let desk = Desk::new();
    planned(&desk, "127.0.0.1");

    let set =
        desk.json(&["set", "1", "--concurrency", "7", "--max-rate", "50", "--priority", "HIGH"]);
    let unlimited = desk.json(&["set", "1", "--max-rate", "none"]);

    let scan = &set["scan"];
    assert_eq!(
        (&scan["concurrency"], &scan["max_rate"], &scan["priority"]),
        (&json!(7), &json!(50), &json!("high"))
    );
    assert_eq!(unlimited["scan"]["max_rate"], json!(null));
    assert_eq!(desk.netscan(&["set", "1"]).status, Some(2));
    desk.json(&["run", "1"]);
    let late = desk.netscan(&["set", "1", "--priority", "low"]);
    late.refused(1, "cannot set how a scan is run that is completed");
}

#[test]
fn a_retry_takes_up_what_failed_and_a_rerun_takes_up_everything() {
    let desk = Desk::new();
    let broken = FakeNmap::new().poison("127.0.0.2", Act::Crash).install(desk.directory());
    let arguments = ["scan", "127.0.0.1-2", "--nmap", "-sT -p1", "--attempts", "1", "--json"];

    let partial = finish(desk.command(&arguments).env("NETSCAN_NMAP_PATH", broken));
    let difficult = desk.json(&["difficult", "1"]);
    let retry = desk.json(&["retry", "1", "--failed"]);
    let nothing = desk.netscan(&["retry", "1"]);
    let rerun = desk.json(&["rerun", "1"]);

    assert_eq!((partial.status, &partial.json()["scan"]["status"]), (Some(3), &json!("partial")));
    assert_eq!(
        (&difficult[0]["addresses"], &difficult[0]["state"]),
        (&json!("127.0.0.2"), &json!("failed"))
    );
    assert_eq!(retry["scan"]["status"], "completed");
    assert!(nothing.stderr.contains("Scan 1 has nothing to take up again"), "{nothing:?}");
    assert_eq!(
        (&rerun["scan"]["number"], &rerun["scan"]["series"]),
        (&json!(2), &retry["scan"]["series"])
    );
}

#[test]
fn what_has_ended_or_not_begun_cannot_be_paused() {
    let desk = Desk::new();
    planned(&desk, "127.0.0.1");

    let early = desk.netscan(&["pause", "1"]);
    desk.netscan(&["run", "1"]);
    let late = desk.netscan(&["pause", "1"]);

    early.refused(1, "cannot pause a scan that has not been started");
    late.refused(1, "cannot pause a scan that is completed");
}
