//! The runner lock: of all processes that open a database, one runs its batches.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Held while this process runs batches. The kernel lets go of it when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct RunnerLock {
    _file: File,
}

/// Why this process may not run batches.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process does.
    #[error("another netscan{} runs the scans of this database; control it with `netscan pause`, `resume` or `stop`, or wait until it has finished", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held {
        /// Which, if it said so.
        pid: Option<u32>,
    },
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
        let options =
            File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(LockError::Held { pid: holder(&mut file) });
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        write_holder(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// Whether another process runs the batches of the database in `database` just now.
    #[must_use]
    pub fn is_held(database: &Path) -> bool {
        let file = File::options().read(true).write(true).open(lock_path(database));
        file.is_ok_and(|file| file.try_lock().is_err())
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_held_by_one_and_names_its_holder() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("netscan.db");

        let first = RunnerLock::take(&database).unwrap();
        let second = RunnerLock::take(&database).unwrap_err();

        assert!(matches!(second, LockError::Held { pid: Some(pid) } if pid == std::process::id()));
        assert!(RunnerLock::is_held(&database));
        drop(first);
        assert!(!RunnerLock::is_held(&database));
        RunnerLock::take(&database).unwrap();
    }
}
