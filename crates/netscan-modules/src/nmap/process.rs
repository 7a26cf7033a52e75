//! A program under supervision: it never outlives us, and nothing that it started outlives it.
//!
//! ```text
//!  netscan ── spawner thread ── fork ── nmap          a session and a token of its own,
//!     │                                  │            empty working directory that is unlinked
//!     │  netscan dies ──── SIGKILL ─────▶│            PR_SET_PDEATHSIG
//!     │  Supervised dropped ─ SIGKILL ──▶│            the whole group
//!     └─ waiter thread ◀──── exit ───────┘            then group and token are swept
//! ```
//!
//! `PR_SET_PDEATHSIG` fires when the *thread* that forked ends, so one thread forks for the whole
//! life of our process. What escapes it nevertheless, such as a program with file capabilities,
//! is found by its token: [`sweep_orphans`].

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getppid, setsid};
use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
use tokio::sync::oneshot;

/// The environment variable that tells whose a program is.
const TOKEN: &str = "NETSCAN_ATTEMPT";

/// How many files a program may have open.
const OPEN_FILES: u64 = 4096;

/// A program to be started.
#[derive(Debug)]
pub struct Launch {
    /// Where it is. No search path is looked at.
    pub program: PathBuf,
    /// What it is told.
    pub arguments: Vec<String>,
    /// `instance:attempt`, by which it is found again if we die. No two programs may share one:
    /// when the first ends, everything that has its token is killed.
    pub token: String,
    /// Files that it shall have open under the numbers that they have here.
    pub inherited: Vec<OwnedFd>,
    /// The most memory that it may map.
    pub address_space_bytes: Option<u64>,
    /// The largest file that it may write; nmap writes to its standard output only.
    pub file_size_bytes: u64,
}

/// A program that runs. Dropping it kills it and everything in its process group.
#[derive(Debug)]
pub struct Supervised {
    /// What it reads. Close it when all is written.
    pub stdin: Option<ChildStdin>,
    /// What it writes. Someone has to read it, or the program stands still.
    pub stdout: Option<ChildStdout>,
    /// What it complains of. Someone has to read it, or the program stands still.
    pub stderr: Option<ChildStderr>,
    group: Arc<Group>,
    exit: oneshot::Receiver<ExitStatus>,
    status: Option<ExitStatus>,
}

/// A process group whose leader has not been reaped yet, so that its number is ours.
#[derive(Debug)]
struct Group {
    pid: Pid,
    is_reaped: Mutex<bool>,
}

impl Group {
    /// Sends `signal` to all of the group, if it is still there.
    fn signal(&self, signal: Signal) {
        let is_reaped = self.lock();
        if !*is_reaped {
            // Nobody left to be signalled is what we want.
            let _ = killpg(self.pid, signal);
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_reaped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the leader to end, kills the rest of the group, and only then reaps the leader:
    /// until then its number cannot become another's.
    fn reap(&self, mut child: Child) -> io::Result<ExitStatus> {
        while let Err(error) =
            waitid(Id::Pid(self.pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)
        {
            if error != nix::Error::EINTR {
                break;
            }
        }
        let mut is_reaped = self.lock();
        let _ = killpg(self.pid, Signal::SIGKILL);
        let status = child.wait();
        *is_reaped = true;
        status
    }
}

impl Supervised {
    /// Its process id, which is its group's, too.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.group.pid.as_raw().cast_unsigned()
    }

    /// Waits for its end. When this returns, everything that it started is gone, too, as far as
    /// it is in its group or has its token.
    pub async fn wait(&mut self) -> ExitStatus {
        if let Some(status) = self.status {
            return status;
        }
        let status = (&mut self.exit).await.expect("the waiter thread answers before it ends");
        *self.status.insert(status)
    }

    /// Asks it to end, and makes it end after `grace`. A stopped process does not hear the first.
    pub async fn stop(&mut self, grace: Duration) -> ExitStatus {
        self.group.signal(Signal::SIGTERM);
        if let Ok(status) = tokio::time::timeout(grace, self.wait()).await {
            return status;
        }
        self.group.signal(Signal::SIGKILL);
        self.wait().await
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.group.signal(Signal::SIGKILL);
    }
}

/// What the spawner thread is asked to do.
struct Order {
    launch: Launch,
    answer: Box<dyn FnOnce(io::Result<Supervised>) + Send>,
}

/// The thread that forks. It lives as long as we do, because the channel never closes.
static SPAWNER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (orders, taken) = mpsc::channel::<Order>();
    let fork = move || {
        for order in taken {
            (order.answer)(start(order.launch));
        }
    };
    thread::Builder::new().name("spawner".to_owned()).spawn(fork).expect("a thread can be started");
    orders
});

fn order(launch: Launch, answer: impl FnOnce(io::Result<Supervised>) + Send + 'static) {
    let order = Order { launch, answer: Box::new(answer) };
    SPAWNER.send(order).expect("the spawner never ends");
}

/// Starts a program.
///
/// # Errors
///
/// Returns why it could not be started: there is no such program, it may not be executed, or there
/// are too many processes or open files.
pub async fn spawn(launch: Launch) -> io::Result<Supervised> {
    let (answer, answered) = oneshot::channel();
    // Nobody there to take it: it is dropped here, and with that killed.
    order(launch, |result| drop(answer.send(result)));
    answered.await.expect("the spawner answers every order")
}

/// Starts a program, as [`spawn`] does, from where there is nothing to await with.
///
/// # Errors
///
/// As [`spawn`].
pub fn spawn_blocking(launch: Launch) -> io::Result<Supervised> {
    let (answer, answered) = mpsc::channel();
    order(launch, move |result| drop(answer.send(result)));
    answered.recv().expect("the spawner answers every order")
}

fn start(launch: Launch) -> io::Result<Supervised> {
    let nowhere = tempfile::Builder::new().prefix("netscan-").tempdir()?;
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LANG", "C"), ("HOME", "/nonexistent")])
        .env(TOKEN, &launch.token)
        .current_dir(nowhere.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let inherited = launch.inherited.iter().map(AsRawFd::as_raw_fd).collect();
    restrict(&mut command, inherited, launch.address_space_bytes, launch.file_size_bytes);
    let child = command.spawn()?;
    // The program keeps a directory without a name: nothing can be put there, or left behind.
    drop(nowhere);
    supervise(child, launch.token)
}

/// Arranges what the child does to itself between fork and exec.
#[expect(unsafe_code, reason = "std has no other way to act between fork and exec")]
fn restrict(
    command: &mut Command,
    inherited: Vec<RawFd>,
    address_space_bytes: Option<u64>,
    file_size_bytes: u64,
) {
    let parent = Pid::this();
    let prepare = move || {
        // A session has no terminal, so nothing that is typed reaches the program, and a process group
        // of its own.
        setsid()?;
        set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != parent {
            // We were killed before the line above.
            return Err(nix::Error::ESRCH.into());
        }
        limit(Resource::RLIMIT_CORE, 0)?;
        limit(Resource::RLIMIT_FSIZE, file_size_bytes)?;
        limit(Resource::RLIMIT_NOFILE, OPEN_FILES)?;
        if let Some(bytes) = address_space_bytes {
            limit(Resource::RLIMIT_AS, bytes)?;
        }
        // SAFETY: neither call touches memory. An old kernel does not know the first; then only
        // what others opened without CLOEXEC stays open.
        unsafe {
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
            for file in &inherited {
                libc::fcntl(*file, libc::F_SETFD, 0);
            }
        }
        Ok(())
    };
    // SAFETY: `prepare` makes system calls only. It allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}

/// Lowers a limit to `value`, or leaves it where it is lower already.
fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let (_, highest) = getrlimit(resource)?;
    let value = value.min(highest);
    Ok(setrlimit(resource, value, value)?)
}

fn supervise(mut child: Child, token: String) -> io::Result<Supervised> {
    let pid = Pid::from_raw(child.id().cast_signed());
    let group = Arc::new(Group { pid, is_reaped: Mutex::new(false) });
    let (ended, exit) = oneshot::channel();
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let supervised =
        Supervised { stdin, stdout, stderr, group: Arc::clone(&group), exit, status: None };
    let wait = move || {
        let status = group.reap(child).expect("a child that was not reaped can be waited for");
        sweep(|found| found == token);
        let _ = ended.send(status);
    };
    // If there is no thread, the program is killed here, and reaped by nobody.
    thread::Builder::new().name("waiter".to_owned()).stack_size(256 * 1024).spawn(wait)?;
    Ok(supervised)
}

/// Kills every program that an earlier life of `instance` left behind, and tells how many.
///
/// To be called before the first program is started, since it cannot tell old from new. It sees
/// the processes of our own user, or all of them as root.
#[must_use]
pub fn sweep_orphans(instance: &str) -> usize {
    sweep(|token| token.strip_prefix(instance).is_some_and(|attempt| attempt.starts_with(':')))
}

/// Kills every process with a token that `is_meant`.
fn sweep(is_meant: impl Fn(&str) -> bool) -> usize {
    let Ok(processes) = fs::read_dir("/proc") else { return 0 };
    let pids = processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| pid.cast_unsigned() != std::process::id());
    pids.filter(|pid| kill_if(*pid, &is_meant)).count()
}

/// Kills one process, if its token `is_meant`.
fn kill_if(pid: i32, is_meant: &impl Fn(&str) -> bool) -> bool {
    let has_token = || token_of(pid).is_some_and(|token| is_meant(&token));
    if !has_token() {
        return false;
    }
    // The number may be another's by now. Once there is a handle, it cannot change hands unseen.
    let handle = rustix::process::Pid::from_raw(pid)
        .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    match handle {
        Some(handle) if has_token() => {
            pidfd_send_signal(handle, rustix::process::Signal::KILL).is_ok()
        }
        _ => false,
    }
}

fn token_of(pid: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let is_token = |entry: &&[u8]| entry.starts_with(TOKEN.as_bytes());
    let entry = environment.split(|byte| *byte == 0).find(is_token)?;
    let entry: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(entry);
    entry.to_str()?.strip_prefix(TOKEN)?.strip_prefix('=').map(str::to_owned)
}
