//! Compiles the fake nmap, so that the library can say where it is.
//!
//! Cargo builds a package's programs for that package's own tests only. The program uses nothing
//! but the standard library, so the compiler can be called directly.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    const SOURCE: &str = "src/bin/fake-nmap.rs";

    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let program = PathBuf::from(variable("OUT_DIR")).join("fake-nmap");
    let status = Command::new(variable("RUSTC"))
        .args([SOURCE, "--edition=2024", "--crate-name=fake_nmap", "-Copt-level=1", "--target"])
        .arg(variable("TARGET"))
        .arg("-o")
        .arg(&program)
        .status()
        .expect("the compiler that compiled this can be started");
    assert!(status.success(), "cannot compile {SOURCE}");
    println!("cargo::rustc-env=FAKE_NMAP={}", program.display());
}
