//! The runner lock: of all processes that open a database, one runs its batches.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use netscan_model::scan::Scan;
use uuid::Uuid;

/// Held while this process runs batches. The kernel lets go of it when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct RunnerLock {
    file: File,
}

/// Who has the lock, as far as it said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: Option<u32>,
    /// The scan that it was started for. It runs others too that want to run.
    pub scan: Option<Uuid>,
    /// That scan's number within its project.
    pub scan_number: Option<u64>,
    /// Whether it is a server, which was started for no scan in particular and ends with none.
    pub is_server: bool,
}

/// What a server writes where others write their scan.
const SERVER: &str = "serve";

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, self.scan_number) {
            (Some(pid), _) if self.is_server => write!(out, "a netscan server (process {pid})"),
            (None, _) => write!(out, "another netscan"),
            (Some(pid), None) => write!(out, "another netscan (process {pid})"),
            (Some(pid), Some(scan)) => {
                write!(out, "another netscan (process {pid}, started for scan {scan})")
            }
        }
    }
}

/// Why this process may not run batches.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process does.
    #[error(
        "{0} runs the scans of this database; control it with `netscan pause`, `resume` or `stop`, \
         or wait until it has finished"
    )]
    Held(Holder),
    /// The lock file cannot be used.
    #[error("cannot lock {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl RunnerLock {
    /// Takes the lock that belongs to the database in `database`, at once or not at all.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] when another process has it.
    pub fn take(database: &Path) -> Result<Self, LockError> {
        let path = lock_path(database);
        let failed = |source| LockError::File { path: path.clone(), source };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(read_holder(&mut file))),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let lock = Self { file };
        lock.write_holder("").map_err(failed)?;
        Ok(lock)
    }

    /// Says for all to read which scan this process was started for.
    pub fn announce(&self, scan: &Scan) {
        // Whoever reads nothing is told less, and that is all.
        let _ = self.write_holder(&format!(" {} {}", scan.id, scan.number));
    }

    /// Says for all to read that this process is a server.
    pub fn announce_server(&self) {
        // As above.
        let _ = self.write_holder(&format!(" {SERVER}"));
    }

    /// Who runs the batches of the database in `database` just now, if anyone does.
    #[must_use]
    pub fn holder(database: &Path) -> Option<Holder> {
        let mut file = File::options().read(true).open(lock_path(database)).ok()?;
        // A shared lock is had unless a runner has its own. It is let go of at once.
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read_holder(&mut file)),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    fn write_holder(&self, purpose: &str) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}{purpose}", std::process::id())
    }
}

/// Beside the database itself, not beside a link to it: who locks one locks the other.
fn lock_path(database: &Path) -> PathBuf {
    let mut path = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
    path.push(".lock");
    path.into()
}

fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    if file.read_to_string(&mut text).is_err() {
        return Holder::default();
    }
    let mut words = text.split_whitespace();
    let pid = words.next().and_then(|word| word.parse().ok());
    let purpose = words.next();
    let scan = purpose.and_then(|word| word.parse().ok());
    let scan_number = words.next().and_then(|word| word.parse().ok());
    Holder { pid, scan, scan_number, is_server: purpose == Some(SERVER) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_held_by_one_and_names_its_holder() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("netscan.db");

        let first = RunnerLock::take(&database).unwrap();
        let scan = Uuid::from_u128(7);
        first.write_holder(&format!(" {scan} 12")).unwrap();
        let second = RunnerLock::take(&database).unwrap_err();

        let pid = Some(std::process::id());
        let holder = Holder { pid, scan: Some(scan), scan_number: Some(12), is_server: false };
        assert!(matches!(second, LockError::Held(who) if who == holder), "{second}");
        assert_eq!(RunnerLock::holder(&database), Some(holder));
        drop(first);
        assert_eq!(RunnerLock::holder(&database), None);
        RunnerLock::take(&database).unwrap();
    }

    #[test]
    fn a_server_is_called_one() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("netscan.db");

        let lock = RunnerLock::take(&database).unwrap();
        lock.announce_server();

        let holder = RunnerLock::holder(&database).unwrap();
        let pid = std::process::id();
        assert!(holder.is_server);
        assert_eq!(holder.to_string(), format!("a netscan server (process {pid})"));
    }

    #[test]
    fn a_link_to_the_database_leads_to_the_same_lock() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("netscan.db");
        File::create(&database).unwrap();
        let link = directory.path().join("link.db");
        std::os::unix::fs::symlink(&database, &link).unwrap();

        let _first = RunnerLock::take(&database).unwrap();

        assert!(matches!(RunnerLock::take(&link), Err(LockError::Held(_))));
    }
}
