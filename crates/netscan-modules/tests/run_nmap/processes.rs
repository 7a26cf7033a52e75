//! Nothing that was started outlives the attempt, the handle, or us.

use std::collections::BTreeSet;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use netscan_model::batch::Outcome;
use netscan_modules::nmap::process::{Launch, spawn, spawn_blocking, sweep_orphans};
use netscan_modules::nmap::run::{Stop, run};
use netscan_testkit::{Act, FakeNmap};
use tokio::sync::mpsc;

use super::attempt::{
    PATIENCE, completed, eventually, exists, installed, instance, is_host, is_start, pid_of,
    processes_of, started,
};

fn shell(instance: &str, script: &str) -> Launch {
    Launch {
        program: "/bin/sh".into(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        token: format!("{instance}:1"),
        inherited: Vec::new(),
        address_space_bytes: None,
        file_size_bytes: 0,
    }
}

async fn output(launch: Launch) -> String {
    let mut child = spawn(launch).await.unwrap();
    drop(child.stdin.take());
    let stdout = child.stdout.take().unwrap();
    let read = tokio::task::spawn_blocking(|| std::io::read_to_string(stdout).unwrap());
    let text = tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    assert!(child.wait().await.success());
    text
}

#[tokio::test]
async fn a_program_sees_nothing_of_us() {
    let name = instance();
    let script = "env | grep -v ^PWD= | sort; ls -A; ulimit -c; ulimit -f; ulimit -n";

    let seen = output(shell(&name, script)).await;

    let expected = format!(
        "HOME=/nonexistent\nLANG=C\nNETSCAN_ATTEMPT={name}:1\nPATH=/usr/bin:/bin\n0\n0\n4096\n"
    );
    let seen: String =
        seen.lines().filter(|line| !line.starts_with("_=")).flat_map(|line| [line, "\n"]).collect();
    assert_eq!(seen.replace("OLDPWD=\n", "").replace("SHLVL=0\n", ""), expected);
}

#[tokio::test]
async fn a_program_leads_a_session_which_has_no_terminal() {
    let script = r#"read -r pid _ _ _ _ session _ </proc/$$/stat
        [ "$session" = "$pid" ] && echo leads; (: </dev/tty) 2>/dev/null || echo none"#;

    assert_eq!(output(shell(&instance(), script)).await, "leads\nnone\n");
}

#[tokio::test]
async fn a_program_has_the_files_open_that_it_was_given_and_no_others() {
    let (_read, write) = std::io::pipe().unwrap();
    let (_other_read, other) = std::io::pipe().unwrap();
    // As if someone had opened it without CLOEXEC.
    let leaked = nix::unistd::dup(&other).unwrap();
    let number = write.as_raw_fd();
    let mut launch = shell(&instance(), "for file in /proc/$$/fd/*; do echo ${file##*/}; done");
    launch.inherited = vec![OwnedFd::from(write)];

    let seen = output(launch).await;

    let open: BTreeSet<i32> = seen.lines().map(|line| line.parse().unwrap()).collect();
    let the_listing_itself = 3;
    let expected = BTreeSet::from([0, 1, 2, the_listing_itself, number]);
    assert_eq!(open, expected, "{leaked:?} is not among them");
}

#[tokio::test]
async fn a_program_that_outgrows_its_memory_fails() {
    let mut launch = shell(&instance(), "x=xxxxxxxx; while :; do x=$x$x; done");
    launch.address_space_bytes = Some(64 << 20);

    let mut child = spawn(launch).await.unwrap();

    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap();
    assert!(!status.success());
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_an_error() {
    let mut launch = shell(&instance(), "");
    launch.program = "/no/such/program".into();

    assert_eq!(spawn(launch).await.unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn dropping_the_handle_kills_all_of_the_group() {
    let name = instance();
    let child = spawn_blocking(shell(&name, "sleep 1000 & sleep 1000 & wait")).unwrap();
    assert!(eventually(|| processes_of(&name).len() == 3));

    drop(child);

    assert!(eventually(|| processes_of(&name).is_empty()));
}

#[tokio::test]
async fn dropping_the_attempt_kills_nmap() {
    let nmap = installed(&FakeNmap::new().after(0, Act::Hang).children(3));
    let mut running = started(nmap.job("10.0.0.1"));
    let pid = pid_of(&running.until(is_start).await);

    running.end.abort();

    assert!(running.end.await.unwrap_err().is_cancelled());
    assert!(eventually(|| !exists(pid) && processes_of(&nmap.instance).is_empty()));
}

#[tokio::test]
async fn an_attempt_leaves_no_descendants_and_no_zombie() {
    for fake in [
        FakeNmap::new().children(100),
        FakeNmap::new().runaways(10),
        FakeNmap::new().children(10).after(1, Act::Crash),
    ] {
        let nmap = installed(&fake);

        let (seen, _) = completed(nmap.job("10.0.0.1-10.0.0.2")).await;

        assert!(!exists(pid_of(&seen[0])));
        assert!(eventually(|| processes_of(&nmap.instance).is_empty()));
    }
}

#[tokio::test]
async fn a_descendant_that_holds_the_pipes_does_not_hold_up_the_end() {
    // It has neither the group nor the token, so that nobody finds it.
    let script = "env -i setsid sleep 1000 & echo $! >&2";
    let nmap = installed(&FakeNmap::new());
    let program = nmap.directory.path().join("holds-on");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\ncat >/dev/null\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&program, mode).unwrap();
    let mut job = nmap.job("10.0.0.1");
    job.program = "/bin/sh".into();
    job.arguments = vec![program.display().to_string()];

    let (_, end) = completed(job).await;

    assert_eq!((end.outcome, end.exit_code), (Outcome::Truncated, Some(0)));
    let pid = end.stderr_tail.lines().last().unwrap().parse().unwrap();
    let pid = nix::unistd::Pid::from_raw(pid);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[test]
fn a_sweep_kills_what_an_earlier_life_left_and_nothing_else() {
    let (ours, other) = (instance(), instance());
    let sleeper = |token: String| {
        Command::new("sleep")
            .arg("1000")
            .env("NETSCAN_ATTEMPT", token)
            .process_group(0)
            .spawn()
            .unwrap()
    };
    let mut orphans = [sleeper(format!("{ours}:1")), sleeper(format!("{ours}:2"))];
    let mut others = [sleeper(format!("{other}:1")), sleeper(format!("{ours}-b:1"))];
    assert!(eventually(|| processes_of(&ours).len() == 2));

    assert_eq!(sweep_orphans(&ours), 2);

    for orphan in &mut orphans {
        assert!(!orphan.wait().unwrap().success());
    }
    for other in &mut others {
        assert_eq!(other.try_wait().unwrap(), None);
        other.kill().unwrap();
        other.wait().unwrap();
    }
}

/// Tells the second life of this test binary what to do.
const ROLE: &str = "NETSCAN_TEST_SCAN_WITH";

/// Runs an attempt that never ends.
fn scan_for_ever(program: &str, instance: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let attempt = async {
        let targets = "127.0.0.1-127.0.0.4".parse().unwrap();
        let mut job =
            netscan_modules::nmap::run::NmapJob::new(program, targets, format!("{instance}:1"));
        job.arguments = ["-sT", "-Pn", "-p1-65535", "--max-rate", "5"].map(str::to_owned).to_vec();
        let (out, mut seen) = mpsc::channel(64);
        tokio::spawn(run(job, out, Stop::new()));
        while seen.recv().await.is_some() {}
    };
    runtime.block_on(attempt);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself, and has no other way in")]
fn nmap_dies_with_us_even_if_we_are_killed() {
    if let Ok(role) = std::env::var(ROLE) {
        let (program, instance) = role.split_once(' ').unwrap();
        return scan_for_ever(program, instance);
    }
    let fake = installed(&FakeNmap::new().after(1, Act::Hang).children(5));
    let fake_program = fake.directory.path().join("nmap");
    for program in ["/usr/bin/nmap", fake_program.to_str().unwrap()] {
        let name = instance();
        let mut helper = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::nmap_dies_with_us_even_if_we_are_killed", "--nocapture"])
            .env(ROLE, format!("{program} {name}"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        assert!(eventually(|| !processes_of(&name).is_empty()), "{program} was not started");

        helper.kill().unwrap();
        helper.wait().unwrap();

        // What nmap started does not die with it. The next life sweeps it away.
        let is_nmap = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|comm| comm.trim() == "nmap")
        };
        assert!(eventually(|| !processes_of(&name).iter().any(is_nmap)), "{program} scans on");
        let _ = sweep_orphans(&name);
        assert!(eventually(|| processes_of(&name).is_empty()));
    }
}

#[tokio::test]
async fn a_process_id_is_not_signalled_after_its_end() {
    let mut child = spawn(shell(&instance(), "exit 3")).await.unwrap();

    let first = child.wait().await;
    let again = child.stop(std::time::Duration::ZERO).await;

    assert_eq!((first.code(), again.code()), (Some(3), Some(3)));
}

#[tokio::test]
async fn hosts_arrive_while_nmap_still_runs() {
    let nmap = installed(&FakeNmap::new().after(1, Act::Hang));
    let mut running = started(nmap.job("10.0.0.1-10.0.0.2"));
    let pid = pid_of(&running.until(is_start).await);

    running.until(is_host).await;

    assert!(exists(pid));
    running.stop.now("seen enough");
    running.finish().await;
}
