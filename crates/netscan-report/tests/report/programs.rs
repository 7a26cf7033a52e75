//! The programs that reports are shown to: nmap, ndiff, a browser, and a Python with libraries.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where nmap keeps its DTD.
pub(crate) const DTD: &str = "/usr/share/nmap/nmap.dtd";

/// Runs a program to its end.
#[expect(clippy::disallowed_methods, reason = "these tests are about other programs")]
pub(crate) fn run(program: impl AsRef<Path>, arguments: &[&str]) -> Output {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()))
}

/// What a program said, when it was content.
pub(crate) fn said(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// Runs one of our scripts with a Python that has what they import.
pub(crate) fn run_python(script: &str, arguments: &[&str]) -> Output {
    let script = here().join(script);
    let arguments = [&[script.to_str().expect("a UTF-8 path")], arguments].concat();
    run(python(), &arguments)
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report")
}

/// The Python that `make test` has prepared, or else one that is prepared here and now.
#[expect(clippy::disallowed_methods, reason = "`make test` says where Python is")]
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let venv = target.join("python");
    let python = std::env::var_os("NETSCAN_TEST_PYTHON")
        .map_or_else(|| venv.join("bin/python"), PathBuf::from);
    // Tests run side by side, in one process or in many.
    fs::create_dir_all(&target).expect("target can be made");
    let lock = File::create(target.join("python.lock")).expect("target can be written to");
    lock.lock().expect("files can be locked");
    let is_ready = || {
        python.exists()
            && run(&python, &["-c", "import jsonschema, libnmap, lxml, openpyxl"]).status.success()
    };
    if is_ready() {
        return python;
    }
    if !python.exists() {
        said(&run("python3", &["-m", "venv", venv.to_str().expect("a UTF-8 path")]));
    }
    let requirements = here().join("requirements.txt");
    let requirements = requirements.to_str().expect("a UTF-8 path");
    said(&run(&python, &["-m", "pip", "install", "--quiet", "-r", requirements]));
    python
}
