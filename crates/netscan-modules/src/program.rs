//! Programs of our own that outlive the one that starts them.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts `program` in the background, with nothing to read and its words going to `log`, and says
/// under which id it runs.
///
/// It leaves the session of our terminal by itself, as soon as it runs.
///
/// # Errors
///
/// Fails when the program cannot be started.
pub fn start_detached(program: &Path, arguments: &[OsString], log: File) -> io::Result<u32> {
    let words = log.try_clone()?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(words)
        .stderr(log)
        .spawn()?;
    Ok(child.id())
}
