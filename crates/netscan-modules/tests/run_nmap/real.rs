//! The real nmap, on addresses of this machine only.

use std::io::Write;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::time::Duration;

use netscan_model::batch::Outcome;
use netscan_model::observation::PortState;
use netscan_modules::nmap::run::{NmapJob, Observation};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::attempt::{completed, hosts, instance, is_host, is_start, pid_of, started};

fn job(targets: &str, arguments: &[&str]) -> NmapJob {
    let mut job =
        NmapJob::new("/usr/bin/nmap", targets.parse().unwrap(), format!("{}:1", instance()));
    job.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    job
}

#[tokio::test]
async fn an_open_port_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let mut job = job("127.0.0.1-127.0.0.8", &["-sT", "-Pn", &format!("-p{port}")]);
    job.artifacts = Some(directory.path().join("attempt"));

    let (seen, end) = completed(job).await;

    assert_eq!(end.outcome, Outcome::Succeeded, "{}", end.reason);
    assert_eq!(hosts(&seen).len(), 8);
    let first = seen.iter().find_map(|observation| match observation {
        Observation::Host(host) if host.address.to_string() == "127.0.0.1" => Some(host),
        _ => None,
    });
    let found = &first.unwrap().ports[0];
    assert_eq!((found.port, found.state), (port, PortState::Open));
    assert_eq!(end.scan_types[0].kind, "connect");
    assert!(end.nmap_version.is_some() && end.artifacts.iter().all(|file| file.size_bytes > 0));
}

#[tokio::test]
async fn a_slow_nmap_says_how_far_it_is_and_is_not_taken_for_dead() {
    let mut job = job("127.0.0.1", &["-sT", "-Pn", "-p1-150", "--max-rate=15"]);
    job.silence_limit = Duration::from_secs(8);
    let mut running = started(job);

    let progress = running.until(|seen| matches!(seen, Observation::Progress(_))).await;
    let (seen, end) = running.finish().await;

    let Observation::Progress(progress) = progress else { unreachable!() };
    assert!(progress.percent > 0.0, "{progress:?}");
    assert_eq!(end.outcome, Outcome::Succeeded, "{}", end.reason);
    assert_eq!(hosts(&seen), ["127.0.0.1"]);
}

#[tokio::test]
async fn ipv6_is_scanned() {
    let (seen, end) = completed(job("::1", &["-sT", "-Pn", "-p1"])).await;

    assert_eq!((end.outcome, hosts(&seen)), (Outcome::Succeeded, vec!["::1".to_owned()]));
}

#[tokio::test]
async fn scripts_run_although_the_working_directory_has_no_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            let _ = caller.unwrap().write_all(b"hello\r\n");
        }
    });

    let (seen, end) =
        completed(job("127.0.0.1", &["-sT", "-Pn", "-p", &port, "--script=banner"])).await;

    assert_eq!(end.outcome, Outcome::Succeeded, "{}: {}", end.reason, end.stderr_tail);
    let host = seen.iter().find(|observation| is_host(observation)).unwrap();
    let Observation::Host(host) = host else { unreachable!() };
    assert_eq!(host.ports[0].scripts[0].output, "hello");
}

#[tokio::test]
async fn a_list_of_many_thousands_streams_through() {
    let (seen, end) = completed(job("127.0.0.0-127.0.127.255", &["-sL"])).await;

    assert_eq!(end.outcome, Outcome::Succeeded, "{}", end.reason);
    assert_eq!(hosts(&seen).len(), 32_768);
}

#[tokio::test]
async fn a_killed_nmap_leaves_the_groups_that_it_had_finished() {
    let mut job = job(
        "127.0.0.1-127.0.0.16",
        &["-sT", "-Pn", "-p1-10", "--scan-delay=20ms", "--max-retries=0"],
    );
    job.max_hostgroup = NonZeroU32::MIN;
    let mut running = started(job);
    let pid = pid_of(&running.until(is_start).await);
    running.until(is_host).await;

    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap();

    let (rest, end) = running.finish().await;
    assert!(hosts(&rest).len() < 15);
    assert_eq!((end.outcome, end.signal), (Outcome::Killed, Some(9)));
}

#[tokio::test]
async fn nmap_says_what_it_does_not_like() {
    let (_, end) = completed(job("127.0.0.1", &["-sT", "-p99999"])).await;

    assert_eq!(end.outcome, Outcome::Refused);
    assert!(end.reason.contains("Ports specified must be between 0 and 65535"), "{}", end.reason);

    let (_, end) = completed(job("127.0.0.1", &["-sT", "-p1", "--script=no-such-script"])).await;
    assert_eq!(end.outcome, Outcome::Refused);
    assert!(end.reason.contains("'no-such-script' did not match"), "{}", end.reason);
}

#[tokio::test]
async fn want_of_memory_is_called_by_its_name() {
    let mut job = job("127.0.0.1", &["-sT", "-Pn", "-p1", "--script=banner"]);
    job.address_space_bytes = Some(30_000_000);

    let (_, end) = completed(job).await;

    assert_eq!(end.outcome, Outcome::Crashed, "{}: {}", end.reason, end.stderr_tail);
    assert!(end.reason.starts_with("out of memory"), "{}", end.reason);
}
