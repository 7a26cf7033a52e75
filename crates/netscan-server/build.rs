//! Puts the web UI into the program: writes a table of the files in `web/dist`.
//!
//! Without them the program is built all the same, with a page that says how they are made.
#![expect(clippy::disallowed_methods, reason = "cargo tells a build script in variables")]

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/dist");
const ABSENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/absent.html");

fn main() {
    let built = Path::new(BUILT);
    // Cargo asks whether it has changed, and takes what is not there for changed each time.
    let _ = fs::create_dir_all(built);
    println!("cargo::rerun-if-changed={BUILT}");
    println!("cargo::rerun-if-changed=build.rs");

    let mut files =
        files_below(built).unwrap_or_else(|error| panic!("cannot read {BUILT}: {error}"));
    files.sort();
    let table = if files.contains(&built.join("index.html")) {
        table(&files, |file| {
            let inside = file.strip_prefix(built).expect("it is below");
            format!("/{}", inside.to_str().expect("we name our files in ASCII"))
        })
    } else {
        table(&[PathBuf::from(ABSENT)], |_| "/index.html".to_owned())
    };
    let target = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let target = Path::new(&target).join("ui_files.rs");
    fs::write(&target, table)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", target.display()));
}

/// The files in a folder and those in it.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// The files as a Rust expression. What ends in `.br` and `.gz` is another file, packed.
fn table(files: &[PathBuf], address: impl Fn(&Path) -> String) -> String {
    let packed = |file: &Path, ending: &str| {
        let packed = PathBuf::from(format!("{}.{ending}", file.display()));
        if files.contains(&packed) {
            format!("Some(include_bytes!({}))", quoted(&packed))
        } else {
            "None".to_owned()
        }
    };
    let is_packed =
        |file: &Path| file.extension().is_some_and(|ending| ending == "br" || ending == "gz");
    let mut table = String::from("&[\n");
    for file in files.iter().filter(|file| !is_packed(file)) {
        let (brotli, gzip) = (packed(file, "br"), packed(file, "gz"));
        writeln!(
            table,
            "File {{ path: {:?}, plain: include_bytes!({}), brotli: {brotli}, gzip: {gzip} }},",
            address(file),
            quoted(file),
        )
        .expect("a text takes what is written");
    }
    table + "]\n"
}

/// A path as Rust writes a text.
fn quoted(path: &Path) -> String {
    format!("{:?}", path.to_str().expect("the paths of a build are texts"))
}
