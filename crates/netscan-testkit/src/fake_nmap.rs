//! A fake nmap, put into a directory with a script of what it shall do.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the fake comes to an end before its time.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// It says and does nothing more.
    Hang,
    /// It stops itself with SIGSTOP, and goes on when it is continued.
    Stop,
    /// It dies of SIGSEGV.
    Crash,
    /// It dies of SIGABRT.
    Abort,
    /// It dies of SIGKILL.
    Kill,
    /// It exits with this code.
    Exit(u8),
}

impl Act {
    fn word(self) -> String {
        match self {
            Self::Hang => "hang".to_owned(),
            Self::Stop => "STOP".to_owned(),
            Self::Crash => "SEGV".to_owned(),
            Self::Abort => "abort".to_owned(),
            Self::Kill => "KILL".to_owned(),
            Self::Exit(code) => format!("exit {code}"),
        }
    }
}

/// A fake nmap to be. Unless told otherwise it reports every target as up with port 80 open, and
/// succeeds.
#[derive(Clone, Debug, Default)]
pub struct FakeNmap {
    script: Vec<String>,
    raw: Option<Vec<u8>>,
}

impl FakeNmap {
    /// A fake without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, word: &str, value: impl std::fmt::Display) -> Self {
        self.script.push(format!("{word} {value}"));
        self
    }

    /// The version that it says it is.
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        self.with("version", version)
    }

    /// It reports the first `hosts` targets and forgets the others.
    #[must_use]
    pub fn only(self, hosts: usize) -> Self {
        self.with("only", hosts)
    }

    /// It waits before each host.
    #[must_use]
    pub fn delay(self, pause: Duration) -> Self {
        self.with("delay_ms", pause.as_millis())
    }

    /// Its XML ends at this byte, although it runs to its end.
    #[must_use]
    pub fn cut_at(self, byte: usize) -> Self {
        self.with("cut_at", byte)
    }

    /// It does this when it has reported so many hosts.
    #[must_use]
    pub fn after(self, hosts: usize, act: Act) -> Self {
        self.with("after", format!("{hosts} {}", act.word()))
    }

    /// Its exit code.
    #[must_use]
    pub fn exit(self, code: u8) -> Self {
        self.with("exit", code)
    }

    /// It writes so many bytes to its standard output first.
    #[must_use]
    pub fn flood_stdout(self, bytes: usize) -> Self {
        self.with("flood_stdout", bytes)
    }

    /// It writes so many bytes to its standard error first.
    #[must_use]
    pub fn flood_stderr(self, bytes: usize) -> Self {
        self.with("flood_stderr", bytes)
    }

    /// It reports an address that may not be among its targets.
    #[must_use]
    pub fn stray(self, address: &str) -> Self {
        self.with("stray", address)
    }

    /// It reports this target as down.
    #[must_use]
    pub fn down(self, address: &str) -> Self {
        self.with("down", address)
    }

    /// It reports every host twice.
    #[must_use]
    pub fn twice(self) -> Self {
        self.with("twice", "yes")
    }

    /// It writes these bytes instead of XML of its own.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.raw = Some(bytes.to_owned());
        self.with("raw", "fake-nmap.raw")
    }

    /// It does this whenever `address` is among its targets.
    #[must_use]
    pub fn poison(self, address: &str, act: Act) -> Self {
        self.with("poison", format!("{address} {}", act.word()))
    }

    /// It does this the first so many times that it is started in its directory.
    #[must_use]
    pub fn fail_first(self, attempts: usize, act: Act) -> Self {
        self.with("fail_first", format!("{attempts} {}", act.word()))
    }

    /// It starts so many programs that outlive it.
    #[must_use]
    pub fn children(self, count: usize) -> Self {
        self.with("children", count)
    }

    /// It starts so many programs that outlive it, each in a session of its own.
    #[must_use]
    pub fn runaways(self, count: usize) -> Self {
        self.with("runaways", count)
    }

    /// It says this on its standard error. One line.
    #[must_use]
    pub fn stderr(self, text: &str) -> Self {
        self.with("stderr", text)
    }

    /// It ends with an error and this message, which is XML text without quotes.
    #[must_use]
    pub fn error(self, message: &str) -> Self {
        self.with("error", message)
    }

    /// It claims to have looked at so many hosts.
    #[must_use]
    pub fn total(self, hosts: usize) -> Self {
        self.with("total", hosts)
    }

    /// Puts the fake into `directory` and returns the path to call it by.
    ///
    /// # Panics
    ///
    /// If the directory cannot be written to, or has a fake already.
    #[must_use]
    pub fn install(&self, directory: &Path) -> PathBuf {
        let program = directory.join("nmap");
        symlink(env!("FAKE_NMAP"), &program).expect("a link can be made in the directory");
        fs::write(directory.join("fake-nmap.script"), self.script.join("\n"))
            .expect("the script can be written");
        if let Some(raw) = &self.raw {
            fs::write(directory.join("fake-nmap.raw"), raw).expect("the bytes can be written");
        }
        program
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_fake_says_the_version_that_it_was_given() {
        let directory = tempfile::tempdir().unwrap();
        let program = FakeNmap::new().version("7.10").install(directory.path());

        let output = Command::new(program).arg("--version").env_clear().output().unwrap();

        assert!(output.stdout.starts_with(b"Nmap version 7.10 ( "));
    }
}
