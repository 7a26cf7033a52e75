//! Where a test sits: a directory of its own, the program, and patience.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// Options of a scan that takes two seconds for each address.
pub(crate) const SLOW: [&str; 6] =
    ["--nmap", "-sT -Pn -p1-400 --max-rate 200", "--batch-size", "1", "--concurrency", "1"];

/// A place of its own for one test.
pub(crate) struct Desk {
    directory: TempDir,
}

/// What a session came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A session that goes on in the background.
pub(crate) struct Session {
    child: Child,
    /// What it says goes to files, so that it can be read while the session goes on.
    words: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().expect("a temporary directory can be made") }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file and gives its path as an argument.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file of the test can be written");
        path.to_string_lossy().into_owned()
    }

    /// The program, with nothing of the tester's own environment that could matter.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netscan"));
        command.args(arguments).current_dir(self.directory.path());
        let ours = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("NETSCAN_") || name.starts_with("XDG_") || name == "NO_COLOR"
        });
        ours.for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.env("HOME", self.directory.path()).env("NETSCAN_DATA_DIR", self.data());
        command
    }

    pub(crate) fn netscan(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments).stdin(Stdio::null()))
    }

    pub(crate) fn netscan_reading(&self, arguments: &[&str], input: &str) -> Outcome {
        finish_reading(self.command(arguments), input)
    }

    /// The JSON that a command prints, which must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.netscan(&[arguments, &["--json"]].concat());
        assert_eq!(outcome.status, Some(0), "{arguments:?}: {outcome:?}");
        outcome.json()
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Session {
        start(self.command(arguments))
    }

    /// Starts another program, in the place of ours.
    pub(crate) fn start_program(&self, program: &str, arguments: &[&str]) -> Session {
        let ours = self.command(&[]);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.directory.path());
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        start(command)
    }

    /// The scan as `status` shows it, or null.
    pub(crate) fn scan(&self, reference: &str) -> Value {
        let outcome = self.netscan(&["status", reference, "--json"]);
        if outcome.status == Some(0) { outcome.json()["scans"][0].clone() } else { Value::Null }
    }
    /// Waits until the scan is where it should be, and gives it.
    pub(crate) fn wait_for_scan(
        &self,
        reference: &str,
        is_there: impl Fn(&Value) -> bool,
    ) -> Value {
        wait_for(&format!("scan {reference}"), || {
            let scan = self.scan(reference);
            is_there(&scan).then_some(scan)
        })
    }
}

impl Outcome {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not JSON ({error}): {self:?}"))
    }

    /// Asserts that the session failed with this status, and said one thing about it: that one.
    #[track_caller]
    pub(crate) fn refused(&self, status: i32, sentence: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let told = self.stderr.lines().next().unwrap_or_default();
        assert!(told.starts_with("error: ") && told.contains(sentence), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
    }
}

impl Session {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("process ids are small");
        kill(Pid::from_raw(pid), signal).expect("the session has not ended");
    }

    /// Waits until it has said this on standard error.
    pub(crate) fn wait_for_words(&self, words: &str) {
        wait_for(words, || self.said("stderr").contains(words).then_some(()));
    }

    pub(crate) fn finish(mut self) -> Outcome {
        wait_for("the session to end", || self.child.try_wait().expect("it is our child"));
        let status = self.child.wait().expect("it has ended").code();
        Outcome { status, stdout: self.said("stdout"), stderr: self.said("stderr") }
    }

    pub(crate) fn said(&self, name: &str) -> String {
        std::fs::read_to_string(self.words.path().join(name)).expect("the program writes UTF-8")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl From<std::process::Output> for Outcome {
    fn from(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

pub(crate) fn start(mut command: Command) -> Session {
    let words = TempDir::new().expect("a temporary directory can be made");
    let file = |name| File::create(words.path().join(name)).expect("a file can be made");
    command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
    let child = command.spawn().expect("the program is there");
    Session { child, words }
}

pub(crate) fn finish(command: &mut Command) -> Outcome {
    command.output().expect("the program is built").into()
}

/// Lets it read `input`, and gives what it came to.
pub(crate) fn finish_reading(mut command: Command, input: &str) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program is built");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    stdin.write_all(input.as_bytes()).expect("the program reads its input");
    drop(stdin);
    child.wait_with_output().expect("the program ends").into()
}

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "gave up waiting for {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// A service on a port of 127.0.0.1 that accepts connections as long as it is kept.
pub(crate) fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

/// The Python that `make test` has prepared.
pub(crate) fn python() -> PathBuf {
    let otherwise = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    std::env::var_os("NETSCAN_TEST_PYTHON").map_or_else(otherwise, PathBuf::from)
}

/// The names of the files in a directory, in order.
pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("it can be read").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}
