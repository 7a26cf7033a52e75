//! Compares what `ARCHITECTURE.md` says about the crates with what Cargo and the sources say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const TESTKIT: &str = "netscan-testkit";
const NAMES_THAT_SAY_NOTHING: [&str; 8] =
    ["core", "common", "util", "utils", "helper", "helpers", "misc", "types"];

// The tables against Cargo

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let rows: BTreeSet<String> = crate_rows().into_keys().collect();
    let crates: BTreeSet<String> = packages().iter().map(|p| p.name.to_string()).collect();

    assert_eq!(rows, crates, "rows of ARCHITECTURE.md on the left, crates on the right");
}

#[test]
fn a_crate_uses_only_the_crates_its_row_allows() {
    let rows = crate_rows();
    let mut faults = Vec::new();

    for package in packages() {
        let allowed = &rows[package.name.as_str()];
        for used in shipped_dependencies(&package).filter(|used| rows.contains_key(used)) {
            if !allowed.contains(&used) {
                faults.push(format!("{} may not use {used}", package.name));
            }
        }
    }

    assert_none(&faults);
}

#[test]
fn the_testkit_is_never_shipped() {
    let users: Vec<String> = packages()
        .iter()
        .filter(|package| shipped_dependencies(package).any(|used| used == TESTKIT))
        .map(|package| format!("{} ships {TESTKIT}", package.name))
        .collect();

    assert_none(&users);
}

#[test]
fn an_outside_crate_stays_where_its_row_puts_it() {
    let rows = outside_rows();
    let mut faults = Vec::new();

    for package in packages() {
        for used in shipped_dependencies(&package) {
            if rows.get(&used).is_some_and(|users| !users.contains(package.name.as_str())) {
                faults.push(format!("{} may not use {used}", package.name));
            }
        }
    }

    assert_none(&faults);
}

#[test]
fn the_model_has_no_runtime_no_clock_and_no_chance() {
    let package = packages().into_iter().find(|p| p.name == "netscan-model").expect("it has a row");
    let refused =
        ["tokio", "async-std", "smol", "futures", "rand", "fastrand", "getrandom", "socket2"];
    let mut faults: Vec<String> = shipped_dependencies(&package)
        .filter(|used| refused.iter().any(|name| used.starts_with(name)))
        .map(|used| format!("netscan-model may not use {used}"))
        .collect();
    let phrases = [
        "async fn ",
        "async move ",
        ".await",
        "tokio::",
        "Timestamp::now",
        "Zoned::now",
        "SystemTime::now",
        "Instant::now",
        "now_v7(",
        "new_v4(",
        "std::fs",
        "std::env",
        "std::process",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
    ];
    faults.extend(phrases.iter().flat_map(|phrase| {
        shipped_sources()
            .into_iter()
            .filter(|s| s.is_in("netscan-model"))
            .flat_map(|s| s.places(phrase))
    }));

    assert_none(&faults);
}

// The sources

#[test]
fn no_crate_file_or_module_has_a_name_that_says_nothing() {
    let mut faults = Vec::new();
    for package in packages() {
        if package.name.split('-').any(|word| NAMES_THAT_SAY_NOTHING.contains(&word)) {
            faults.push(format!("the crate {}", package.name));
        }
    }
    for source in all_sources() {
        let inside =
            source.path.strip_prefix(root().join("crates")).expect("all sources are there");
        let names = inside.with_extension("");
        if names.iter().any(|name| NAMES_THAT_SAY_NOTHING.iter().any(|refused| name == *refused)) {
            faults.push(format!("the file {}", inside.display()));
        }
        for name in NAMES_THAT_SAY_NOTHING {
            faults.extend(source.places(&format!("mod {name} {{")));
            faults.extend(source.places(&format!("mod {name};")));
        }
    }

    assert_none(&faults);
}

#[test]
fn a_module_stands_beside_its_folder() {
    let faults: Vec<String> = shipped_sources()
        .iter()
        .filter(|source| source.path.ends_with("mod.rs"))
        .map(Source::shown)
        .collect();

    assert_none(&faults);
}

#[test]
fn every_source_file_opens_by_saying_what_it_is() {
    let faults: Vec<String> = all_sources()
        .iter()
        .filter(|source| source.is_under_src() && !source.text.starts_with("//! "))
        .map(|source| format!("{} does not begin with //!", source.shown()))
        .collect();

    assert_none(&faults);
}

#[test]
fn unsafe_code_stands_only_where_nmap_is_started() {
    let home = root().join("crates/netscan-modules/src/nmap/process");
    let forms = [
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
        "unsafe trait",
        "unsafe extern",
        "unsafe(",
        "(unsafe_code",
    ];

    let faults: Vec<String> = all_sources()
        .iter()
        .filter(|source| {
            !source.path.with_extension("").starts_with(&home) && source.path != this_file()
        })
        .flat_map(|source| forms.iter().flat_map(|form| source.places(form)))
        .collect();

    assert_none(&faults);
}

#[test]
fn only_the_program_reads_the_environment() {
    let forms = ["env::var(", "env::var_os(", "env::vars(", "env::vars_os(", "env::*"];

    let faults: Vec<String> = shipped_sources()
        .iter()
        .filter(|source| !source.is_in("netscan") && !source.is_in(TESTKIT))
        .flat_map(|source| forms.iter().flat_map(|form| source.places(form)))
        .collect();

    assert_none(&faults);
}

#[test]
fn only_the_modules_start_programs() {
    let forms = ["Command::new(", "process::Command", "posix_spawn", "execve", "fork("];

    let faults: Vec<String> = shipped_sources()
        .iter()
        .filter(|source| !source.is_in("netscan-modules") && !source.is_in(TESTKIT))
        .flat_map(|source| forms.iter().flat_map(|form| source.places(form)))
        .filter(|place| !place.contains("clap::Command"))
        .collect();

    assert_none(&faults);
}

/// Where the server reaches the whole database: to find out who asks, and for what is the server's.
const WHOLE_DATABASE: [&str; 10] = [
    "audit/verify.rs",
    "caller.rs",
    "health/",
    "limits/",
    "live/guest.rs",
    "organisations/",
    "serve.rs",
    "session/",
    "setup/",
    // Whether somebody belongs to other organisations too.
    "users/update.rs",
];

#[test]
fn an_operation_reaches_data_by_its_callers_realm_only() {
    let is_exempt = |source: &Source| {
        let inside = source.inside_its_crate();
        let inside = inside.strip_prefix("src").unwrap_or(&inside).display().to_string();
        WHOLE_DATABASE.iter().any(|place| inside.starts_with(place))
    };

    let faults: Vec<String> = shipped_sources()
        .iter()
        .filter(|source| source.is_in("netscan-server") && !is_exempt(source))
        .flat_map(|source| source.places(".store()"))
        .collect();

    assert_none(&faults);
}

// Reading ARCHITECTURE.md

/// Each crate with the crates it may use.
fn crate_rows() -> BTreeMap<String, BTreeSet<String>> {
    let table = table("| crate | its one job | may use |");
    let names: BTreeSet<String> = table.iter().flat_map(|row| words(&row[0])).collect();

    let may_use = |row: &[String]| match row[2].as_str() {
        "nothing" => BTreeSet::new(),
        "all" => names.iter().filter(|name| *name != TESTKIT).cloned().collect(),
        some => words(some).iter().map(|word| full_name(word)).collect(),
    };
    table.iter().map(|row| (words(&row[0]).remove(0), may_use(row))).collect()
}

/// Each outside crate that has a row, with the crates that may use it.
fn outside_rows() -> BTreeMap<String, BTreeSet<String>> {
    let crates = crate_rows();
    let mut rows = BTreeMap::new();
    for row in table("| outside crate | only these may use it | because |") {
        let users: BTreeSet<String> = match row[1].as_str() {
            "nothing" => BTreeSet::new(),
            some => words(some).iter().map(|word| full_name(word)).collect(),
        };
        for user in &users {
            assert!(
                crates.contains_key(user),
                "the row of {} names {user}, which is no crate",
                row[0]
            );
        }
        rows.extend(words(&row[0]).into_iter().map(|outside| (outside, users.clone())));
    }
    rows
}

/// The cells of the rows below the header `header`.
fn table(header: &str) -> Vec<Vec<String>> {
    let text = read(&root().join("ARCHITECTURE.md"));
    let rows: Vec<Vec<String>> = text
        .lines()
        .skip_while(|line| *line != header)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(!rows.is_empty(), "ARCHITECTURE.md has no table {header}");
    rows
}

fn words(cell: &str) -> Vec<String> {
    cell.split(',').map(|word| word.trim().trim_matches('`').to_owned()).collect()
}

/// The tables say `model` for `netscan-model`.
fn full_name(word: &str) -> String {
    if word == "netscan" { word.to_owned() } else { format!("netscan-{word}") }
}

// Reading Cargo and the sources

fn packages() -> Vec<Package> {
    let metadata: Metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes this workspace");
    metadata.packages
}

/// What `package` uses outside its tests.
fn shipped_dependencies(package: &Package) -> impl Iterator<Item = String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.clone())
}

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn is_in(&self, package: &str) -> bool {
        self.path.starts_with(root().join("crates").join(package))
    }

    fn is_under_src(&self) -> bool {
        self.inside_its_crate().starts_with("src")
    }

    fn is_a_test(&self) -> bool {
        !self.is_under_src()
            || self.inside_its_crate().with_extension("").iter().any(|n| n == "tests")
    }

    fn inside_its_crate(&self) -> PathBuf {
        let inside = self.path.strip_prefix(root().join("crates")).expect("all sources are there");
        inside.iter().skip(1).collect()
    }

    /// Where `phrase` stands, comments aside.
    fn places(&self, phrase: &str) -> Vec<String> {
        let code = |line: &str| !line.trim_start().starts_with("//");
        let lines = self.text.lines().enumerate();
        lines
            .filter(|(_, line)| code(line) && line.contains(phrase))
            .map(|(at, line)| format!("{}:{}: {}", self.shown(), at + 1, line.trim()))
            .collect()
    }

    fn shown(&self) -> String {
        self.path.strip_prefix(root()).expect("all sources are there").display().to_string()
    }
}

/// Every Rust file of every crate, tests too.
fn all_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of this workspace can be read") {
            let path = entry.expect("a folder of this workspace can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source { text: read(&path), path });
            }
        }
    }
    assert!(!sources.is_empty(), "there are no sources below {}", root().display());
    sources
}

/// The Rust files that end up in the program, without the tests at their end.
fn shipped_sources() -> Vec<Source> {
    let mut sources = all_sources();
    sources.retain(|source| !source.is_a_test());
    for source in &mut sources {
        source.text = without_tests(&source.text);
    }
    sources
}

/// `text` without its test modules, line numbers kept.
fn without_tests(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut shipped = String::new();
    let mut is_test = false;
    for (at, line) in lines.iter().enumerate() {
        let is_for_tests = *line == "#[cfg(test)]" || line.starts_with("#[cfg(all(test");
        is_test |= is_for_tests && item_below(&lines[at..]).starts_with("mod ");
        if !is_test {
            shipped.push_str(line);
        }
        shipped.push('\n');
        // A test module stands at the left margin, and so does the brace that closes it.
        is_test &= *line != "}" && !(line.starts_with("mod ") && line.ends_with(';'));
    }
    shipped
}

/// The line that an attribute at the left margin belongs to.
fn item_below<'a>(lines: &[&'a str]) -> &'a str {
    let begins_an_item = |line: &&&str| line.starts_with(|c: char| c.is_ascii_alphabetic());
    lines.iter().find(begins_an_item).copied().unwrap_or_default()
}

#[test]
fn code_after_a_test_module_still_counts() {
    let text = "one\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n    two\n}\nthree\n";

    assert_eq!(without_tests(text), "one\n\n\n\n\n\nthree\n");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/netscan").to_owned()
}

/// This file names what others may not contain.
fn this_file() -> PathBuf {
    root().join("crates/netscan/tests/architecture.rs")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "ARCHITECTURE.md does not allow:\n  {}", faults.join("\n  "));
}
