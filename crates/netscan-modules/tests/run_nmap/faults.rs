//! Whatever nmap does, the outcome says so, and what it had found is kept.

use std::time::{Duration, Instant};

use netscan_model::batch::Outcome;
use netscan_modules::nmap::run::{Observation, Stop, run};
use netscan_testkit::{Act, FakeNmap};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::mpsc;

use super::attempt::{
    completed, exists, hosts, installed, is_host, is_start, pid_of, processes_of, started,
};

const FOUR: &str = "10.0.0.1-10.0.0.4";

#[tokio::test]
async fn every_target_is_given_to_nmap_and_every_host_comes_back() {
    let nmap = installed(&FakeNmap::new().down("10.0.0.2").twice());

    let (seen, end) = completed(nmap.job("10.0.0.1-10.0.0.3")).await;

    assert!(is_start(&seen[0]));
    assert_eq!(hosts(&seen), ["10.0.0.1", "10.0.0.1", "10.0.0.3", "10.0.0.3"]);
    let down = Observation::Down {
        address: "10.0.0.2".parse().unwrap(),
        reason: "no-response".to_owned(),
    };
    assert!(seen.contains(&down));
    assert!(seen.contains(&Observation::Line("Nmap scan report for 10.0.0.3".to_owned())));
    assert_eq!((end.outcome, end.exit_code, end.signal), (Outcome::Succeeded, Some(0), None));
    assert_eq!(end.nmap_version.as_deref(), Some("7.93"));
    assert_eq!(end.scan_types[0].kind, "connect");
    assert_eq!(end.stats.unwrap().total, 3);
    assert!(end.ended_at >= end.started_at);
}

#[tokio::test]
async fn zones_go_out_and_come_back() {
    let nmap = installed(&FakeNmap::new());

    let (seen, end) = completed(nmap.job("fe80::1%eth0-fe80::2%eth0,fe80::9%eth1")).await;

    assert_eq!(hosts(&seen), ["fe80::1%eth0", "fe80::2%eth0", "fe80::9%eth1"]);
    assert_eq!(end.outcome, Outcome::Succeeded, "{}", end.reason);
    let Observation::Started { argv, .. } = &seen[0] else { panic!("{:?}", seen[0]) };
    assert!(argv.contains(&"-6".to_owned()), "{argv:?}");
}

#[tokio::test]
async fn a_host_that_nobody_asked_for_is_set_apart_and_spoils_the_attempt() {
    let nmap = installed(&FakeNmap::new().stray("192.0.2.7"));

    let (seen, end) = completed(nmap.job(FOUR)).await;

    assert_eq!(hosts(&seen).len(), 4);
    let strays: Vec<_> = seen
        .iter()
        .filter_map(|observation| match observation {
            Observation::Stray(host) => Some(host.address.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(strays, ["192.0.2.7"]);
    assert_eq!(end.outcome, Outcome::Truncated);
    assert_eq!(end.reason, "nmap reported 1 addresses that it was not asked for");
}

#[tokio::test]
async fn a_document_that_stops_early_is_not_a_success_although_nmap_says_so() {
    let nmap = installed(&FakeNmap::new().cut_at(1_200));

    let (seen, end) = completed(nmap.job(FOUR)).await;

    assert_eq!(hosts(&seen), ["10.0.0.1", "10.0.0.2"]);
    assert_eq!((end.outcome, end.exit_code), (Outcome::Truncated, Some(0)));
    assert!(end.reason.contains("the XML ends after 1200 bytes"), "{}", end.reason);
}

#[tokio::test]
async fn fewer_addresses_than_given_are_not_a_success() {
    let nmap = installed(&FakeNmap::new().only(3));

    let (_, end) = completed(nmap.job(FOUR)).await;

    let end = (end.outcome, end.reason.as_str());
    assert_eq!(end, (Outcome::Truncated, "nmap reported 3 of 4 addresses"));
}

#[tokio::test]
async fn what_is_not_xml_is_read_to_its_end() {
    let garbage = [&b"<nmaprun><html></nope>\xff\0"[..], &vec![b'x'; 300_000]].concat();
    let nmap = installed(&FakeNmap::new().raw(&garbage));

    let (_, end) = completed(nmap.job(FOUR)).await;

    assert_eq!((end.outcome, end.exit_code), (Outcome::Truncated, Some(0)));
    assert!(end.reason.contains("malformed"), "{}", end.reason);
}

#[tokio::test]
async fn a_crash_keeps_what_was_found() {
    for (act, reason) in
        [(Act::Crash, "nmap died of SIGSEGV"), (Act::Abort, "nmap died of SIGABRT")]
    {
        let nmap = installed(&FakeNmap::new().after(2, act));

        let (seen, end) = completed(nmap.job(FOUR)).await;

        assert_eq!(hosts(&seen).len(), 2);
        assert_eq!((end.outcome, end.reason.as_str()), (Outcome::Crashed, reason));
    }
}

#[tokio::test]
async fn a_kill_from_outside_keeps_what_was_found() {
    let nmap = installed(&FakeNmap::new().after(2, Act::Hang));
    let mut running = started(nmap.job(FOUR));
    let pid = pid_of(&running.until(is_start).await);
    running.until(is_host).await;
    running.until(is_host).await;

    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap();

    let (_, end) = running.finish().await;
    assert_eq!((end.outcome, end.signal), (Outcome::Killed, Some(9)));
    assert_eq!(end.reason, "nmap was killed from outside by SIGKILL");
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_stopped_nmap_is_found_out_and_removed() {
    let nmap = installed(&FakeNmap::new().after(2, Act::Stop));
    let mut job = nmap.job(FOUR);
    job.silence_limit = Duration::from_millis(400);

    let (seen, end) = completed(job).await;

    assert_eq!(hosts(&seen).len(), 2);
    assert_eq!((end.outcome, end.signal), (Outcome::Hung, Some(9)));
    assert_eq!(end.reason, "nmap said nothing for 0.4 s");
    assert!(processes_of(&nmap.instance).is_empty());
}

#[tokio::test]
async fn a_stop_ends_nmap_and_its_reason_is_told() {
    let nmap = installed(&FakeNmap::new().after(1, Act::Hang));
    let mut running = started(nmap.job(FOUR));
    let pid = pid_of(&running.until(is_start).await);
    running.until(is_host).await;

    running.stop.now("stopped by alice");
    running.stop.now("too late");

    let (_, end) = running.finish().await;
    assert_eq!((end.outcome, end.reason.as_str()), (Outcome::Killed, "stopped by alice"));
    assert_eq!(end.signal, Some(15));
    assert!(!exists(pid));
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_cut() {
    let nmap = installed(&FakeNmap::new().after(1, Act::Hang));
    let mut job = nmap.job(FOUR);
    job.batch_timeout = Some(Duration::from_millis(500));

    let (seen, end) = completed(job).await;

    assert_eq!(hosts(&seen).len(), 1);
    assert_eq!(end.outcome, Outcome::TimedOut);
    assert_eq!(end.reason, "nmap was stopped after 0.5 s without finishing");
}

#[tokio::test]
async fn an_attempt_that_nobody_listens_to_is_ended() {
    let nmap = installed(&FakeNmap::new().after(1, Act::Hang));
    let (out, mut seen) = mpsc::channel(4);
    let attempt = tokio::spawn(run(nmap.job(FOUR), out, Stop::new()));
    let pid = pid_of(&seen.recv().await.unwrap());

    drop(seen);

    let end = attempt.await.unwrap();
    assert_eq!(
        (end.outcome, end.reason.as_str()),
        (Outcome::Killed, "nobody takes what nmap finds")
    );
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_refusal_of_nmap_is_told_in_its_words() {
    let fake = FakeNmap::new().stderr("Invalid argument to -p.").after(0, Act::Exit(255));
    let nmap = installed(&fake);

    let (_, end) = completed(nmap.job(FOUR)).await;

    assert_eq!((end.outcome, end.reason.as_str()), (Outcome::Refused, "Invalid argument to -p."));
    assert_eq!(end.stderr_tail, "Invalid argument to -p.");
}

#[tokio::test]
async fn an_error_at_the_end_of_the_document_is_told() {
    let nmap = installed(&FakeNmap::new().error("no &#xa; route").exit(1));

    let (seen, end) = completed(nmap.job(FOUR)).await;

    assert_eq!(hosts(&seen).len(), 4);
    let end = (end.outcome, end.reason.as_str());
    assert_eq!(end, (Outcome::Crashed, "nmap exited with code 1: no route"));
}

#[tokio::test]
async fn there_is_no_attempt_without_a_program_or_targets() {
    let nmap = installed(&FakeNmap::new());
    let mut missing = nmap.job(FOUR);
    missing.program = nmap.directory.path().join("no-nmap");
    let mut not_a_program = nmap.job(FOUR);
    not_a_program.program = nmap.directory.path().join("fake-nmap.script");

    for (job, reason) in [
        (missing, "no-nmap: is nmap installed, and may it be executed?"),
        (not_a_program, "is nmap installed, and may it be executed?"),
        (nmap.job(""), "there is no address to scan"),
        (nmap.job("10.0.0.1,::1"), "nmap scans IPv4 or IPv6, not both at once"),
    ] {
        let (seen, end) = completed(job).await;

        assert_eq!((seen, end.outcome), (vec![], Outcome::Refused));
        assert!(end.reason.contains(reason), "{}", end.reason);
    }
}

#[tokio::test]
async fn a_poison_host_spoils_only_the_attempts_that_it_is_in() {
    let nmap = installed(&FakeNmap::new().poison("10.0.0.3", Act::Crash));

    let (_, with) = completed(nmap.job(FOUR)).await;
    let (_, without) = completed(nmap.job("10.0.0.1-10.0.0.2,10.0.0.4")).await;

    assert_eq!((with.outcome, without.outcome), (Outcome::Crashed, Outcome::Succeeded));
}

#[tokio::test]
async fn an_nmap_that_fails_twice_can_succeed_the_third_time() {
    let nmap = installed(&FakeNmap::new().fail_first(2, Act::Kill));
    let mut outcomes = Vec::new();

    for _ in 0..3 {
        outcomes.push(completed(nmap.job(FOUR)).await.1.outcome);
    }

    assert_eq!(outcomes, [Outcome::Killed, Outcome::Killed, Outcome::Succeeded]);
}

#[tokio::test]
async fn a_flood_of_lines_that_nobody_takes_holds_up_nothing() {
    let fake = FakeNmap::new().flood_stdout(64 << 20).flood_stderr(16 << 20);
    let nmap = installed(&fake);
    let (out, mut seen) = mpsc::channel(64);
    let begin = Instant::now();

    let end = run(nmap.job("10.0.0.1-10.0.0.20"), out, Stop::new()).await;

    let mut taken = Vec::new();
    while let Ok(next) = seen.try_recv() {
        taken.push(next);
    }
    assert_eq!((end.outcome, hosts(&taken).len()), (Outcome::Succeeded, 20));
    assert!(taken.iter().any(|seen| matches!(seen, Observation::Gap { lines } if *lines > 0)));
    assert!(begin.elapsed() < super::attempt::PATIENCE);
}
