//! The NSE scripts that this machine has: their names, their categories, and what makes some dangerous.
//!
//! A script is Lua with the rights of nmap and no sandbox. Nothing but a name from this catalogue
//! ever reaches nmap: no path, no category, no wildcard, no expression. The file is read as text
//! and never run; a [`Danger`] is a word found in it, so it errs on the careful side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use netscan_model::named;

/// The scripts of one nmap installation.
#[derive(Clone, Debug, Default)]
pub struct ScriptCatalogue {
    scripts: BTreeMap<ScriptName, Script>,
}

/// One script, as `script.db` and its own text describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What `--script` calls it.
    pub name: ScriptName,
    /// What its authors filed it under.
    pub categories: BTreeSet<Category>,
    /// What its text can do beyond talking to the host that is scanned.
    pub dangers: BTreeSet<Danger>,
}

/// The name of a script: lower-case letters, digits, `-` and `.`, so that nmap cannot read it as a
/// path, a wildcard or an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScriptName(Arc<str>);

/// A category of nmap's own (nmap(1), "Nmap Scripting Engine").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Deals with credentials, or goes around them.
    Auth,
    /// Talks to everybody on the local network.
    Broadcast,
    /// Guesses passwords.
    Brute,
    /// What `-sC` runs.
    Default,
    /// Asks for more about the network.
    Discovery,
    /// May stop a service.
    Dos,
    /// Uses a vulnerability.
    Exploit,
    /// Tells third parties what is scanned.
    External,
    /// Sends random input.
    Fuzzer,
    /// May crash the host, or look like an attack.
    Intrusive,
    /// Looks for infections.
    Malware,
    /// Meant to do no harm.
    Safe,
    /// Extends version detection.
    Version,
    /// Looks for vulnerabilities.
    Vuln,
}

named!(Category, "script category", {
    Auth = "auth", Broadcast = "broadcast", Brute = "brute", Default = "default", Discovery = "discovery",
    Dos = "dos", Exploit = "exploit", External = "external", Fuzzer = "fuzzer", Intrusive = "intrusive",
    Malware = "malware", Safe = "safe", Version = "version", Vuln = "vuln",
});

impl Category {
    /// Whether scripts of this category are kept from the clean set.
    #[must_use]
    pub fn is_dangerous(self) -> bool {
        !matches!(self, Self::Default | Self::Discovery | Self::Safe | Self::Version)
    }
}

/// What a script can do beyond talking to the host that is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Danger {
    /// Reads or writes files of this machine, or runs its programs.
    TouchesFiles,
    /// Adds targets that nobody asked for.
    AddsTargets,
    /// Runs before the scan, for no target at all.
    RunsBeforeTargets,
    /// Runs a command of the user's on the target.
    TakesCommand,
}

named!(Danger, "script danger", {
    TouchesFiles = "it reads or writes files or runs programs on this machine",
    AddsTargets = "it can add targets that nobody asked for",
    RunsBeforeTargets = "it runs before the scan, outside its targets",
    TakesCommand = "it runs commands on the target",
});

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the nmap scripts in {}: is nmap installed with its data files?", directory.display())]
pub struct CatalogueError {
    /// Where they were looked for.
    pub directory: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl ScriptCatalogue {
    /// Reads `script.db` and the scripts it names from `directory`, usually `/usr/share/nmap/scripts`.
    ///
    /// A script without a file, with a name that nmap could misread, or with a category that is
    /// not known here is left out: what cannot be classified cannot be allowed.
    ///
    /// # Errors
    ///
    /// Fails when `script.db` cannot be read.
    pub fn load(directory: &Path) -> Result<Self, CatalogueError> {
        let database = std::fs::read_to_string(directory.join("script.db"))
            .map_err(|source| CatalogueError { directory: directory.to_owned(), source })?;

        let scripts = database.lines().filter_map(|line| {
            let (name, categories) = read_entry(line)?;
            let text = std::fs::read(directory.join(format!("{name}.nse"))).ok()?;
            let dangers = dangers_of(&String::from_utf8_lossy(&text));
            Some((name.clone(), Script { name, categories, dangers }))
        });
        Ok(Self { scripts: scripts.collect() })
    }

    /// The script of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Script> {
        self.scripts.get(&ScriptName::parse(name)?)
    }

    /// Every script, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Script> {
        self.scripts.values()
    }

    /// The scripts that any operator may use: see [`Script::is_clean`].
    pub fn clean_set(&self) -> impl Iterator<Item = &Script> {
        self.iter().filter(|script| script.is_clean())
    }

    /// How many scripts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scripts.len()
    }

    /// Whether there are none, as on a machine without nmap's data files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty()
    }
}

impl Script {
    /// No dangerous category, and nothing in its text that reaches beyond the host that is scanned.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.dangers.is_empty() && !self.categories.iter().any(|category| category.is_dangerous())
    }
}

impl ScriptName {
    /// The name, if it is one that nmap can only read as a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_name_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let starts_well = text.bytes().next().is_some_and(is_name_byte);
        let goes_on_well =
            text.bytes().all(|byte| is_name_byte(byte) || matches!(byte, b'-' | b'.'));
        let is_name = starts_well && goes_on_well && text.len() <= 64 && !text.contains("..");
        is_name.then(|| Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScriptName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// Reads `Entry { filename = "banner.nse", categories = { "discovery", "safe", } }`.
fn read_entry(line: &str) -> Option<(ScriptName, BTreeSet<Category>)> {
    let rest = line.strip_prefix("Entry { filename = \"")?;
    let (name, rest) = rest.split_once(".nse\"")?;
    let (_, list) = rest.split_once("categories = {")?;
    let words = list.split('"').skip(1).step_by(2);
    let categories: Result<_, _> = words.map(str::parse).collect();
    Some((ScriptName::parse(name)?, categories.ok()?))
}

/// The words that give a danger away.
const SIGNS: &[(Danger, &[&str])] = &[
    (
        Danger::TouchesFiles,
        &["io.open", "io.lines", "io.popen", "os.execute", "os.remove", "os.rename"],
    ),
    (Danger::TouchesFiles, &["loadfile", "dofile"]),
    (Danger::AddsTargets, &["target.add"]),
];

fn dangers_of(text: &str) -> BTreeSet<Danger> {
    let signs = SIGNS.iter().filter(|(_, words)| words.iter().any(|word| has_word(text, word)));
    let mut dangers: BTreeSet<Danger> = signs.map(|(danger, _)| *danger).collect();
    if has_prerule(text) {
        dangers.insert(Danger::RunsBeforeTargets);
    }
    if takes_command(text) {
        dangers.insert(Danger::TakesCommand);
    }
    dangers
}

/// Whether `word` stands in `text` and is not the end of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].bytes().next_back();
        !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn has_prerule(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("local ").unwrap_or(line);
        let line = line.strip_prefix("function ").unwrap_or(line);
        line.starts_with("prerule")
    })
}

/// Whether a script argument is named `cmd`, `command` or `commands`.
fn takes_command(text: &str) -> bool {
    let names_command = |arguments: &str| {
        let mut words = arguments.split(['"', '\'', '.', ' ', ',']);
        words.any(|word| matches!(word, "cmd" | "command" | "commands"))
    };
    let calls = text.split("get_script_args").skip(1);
    calls.filter_map(|call| call.split_once(')')).any(|(arguments, _)| names_command(arguments))
}
