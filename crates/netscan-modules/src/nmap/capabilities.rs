//! What nmap can do on this machine, and what it cannot for want of a program or a privilege.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::nmap::scripts::{CatalogueError, ScriptCatalogue};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use nix::unistd::{AccessFlags, access, geteuid};
use serde::{Deserialize, Serialize};

use super::process::{Launch, spawn_blocking};

/// Where nmap is looked for when nobody says where it is.
const DIRECTORIES: &[&str] = &["/usr/local/bin", "/usr/bin", "/bin", "/opt/nmap/bin", "/snap/bin"];

/// The oldest version whose behaviour we know.
const OLDEST: (u32, u32) = (7, 93);

/// `CAP_NET_RAW` as a bit of a set of capabilities.
const NET_RAW: u64 = 1 << 13;

/// What was found out at start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// nmap, if there is one that can be used.
    pub nmap: Option<NmapProgram>,
    /// Whether nmap can open raw sockets: without, there is no SYN or UDP scan and no OS detection.
    pub raw_sockets: bool,
    /// Where that comes from.
    pub privilege: Privilege,
    /// Whether the program file itself gives privileges, in which case it is not run.
    pub has_file_capabilities: bool,
    /// What is wrong, each with what to do about it.
    pub problems: Vec<String>,
    /// How many files we may have open.
    pub open_files: u64,
    /// How many processes our user may have.
    pub processes: u64,
}

/// An nmap that can be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NmapProgram {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, such as `7.93`.
    pub version: String,
    /// Where its data are.
    pub datadir: PathBuf,
}

impl NmapProgram {
    /// The scripts that came with it.
    ///
    /// # Errors
    ///
    /// [`CatalogueError`] when its data directory cannot be read.
    pub fn scripts(&self) -> Result<ScriptCatalogue, CatalogueError> {
        ScriptCatalogue::load(&self.datadir.join("scripts"))
    }
}

/// What lets nmap open raw sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Privilege {
    /// We are root, and so is nmap.
    Root,
    /// We hand `CAP_NET_RAW` on as an ambient capability.
    Ambient,
    /// Nothing does.
    None,
}

netscan_model::named!(Privilege, "privilege", { Root = "root", Ambient = "ambient", None = "none" });

impl Capabilities {
    /// Looks at this machine: at `program`, or at the first nmap in the usual places.
    ///
    /// Runs `nmap --version`, which takes some milliseconds.
    #[must_use]
    pub fn probe(program: Option<&Path>) -> Self {
        let mut problems = Vec::new();
        let path = find(program);
        let nmap = path.as_deref().map_err(String::clone).and_then(inspect);
        let has_file_capabilities = path.as_deref().is_ok_and(gives_privileges);
        let nmap = nmap.map_err(|problem| problems.push(problem)).ok();
        if has_file_capabilities {
            problems.extend(path.as_deref().ok().and_then(refusal));
        }
        let (privilege, raw_sockets) = privilege();
        let limit = |resource| getrlimit(resource).map_or(u64::MAX, |(soft, _)| soft);
        Self {
            nmap,
            raw_sockets,
            privilege,
            has_file_capabilities,
            problems,
            open_files: limit(Resource::RLIMIT_NOFILE),
            processes: limit(Resource::RLIMIT_NPROC),
        }
    }
}

/// Why `program` is not to be run, although it could be.
///
/// A program that gains privileges as it is started does not die with us: the kernel forgets the
/// parent-death signal.
pub(crate) fn refusal(program: &Path) -> Option<String> {
    let path = program.display();
    gives_privileges(program).then(|| {
        format!(
            "{path} has file capabilities or a set-user-ID bit, so it would scan on if netscan \
             died: run `setcap -r {path}` and `chmod u-s,g-s {path}`, and give netscan itself \
             CAP_NET_RAW as an ambient capability"
        )
    })
}

fn gives_privileges(program: &Path) -> bool {
    let has_capabilities =
        rustix::fs::getxattr(program, "security.capability", &mut [0_u8; 64][..]).is_ok();
    let changes_user = fs::metadata(program).is_ok_and(|file| {
        let changes_user = file.mode() & 0o4000 != 0 && file.uid() != geteuid().as_raw();
        let changes_group =
            file.mode() & 0o2010 == 0o2010 && file.gid() != nix::unistd::getegid().as_raw();
        changes_user || changes_group
    });
    has_capabilities || changes_user
}

/// The path to nmap.
fn find(program: Option<&Path>) -> Result<PathBuf, String> {
    if let Some(program) = program {
        return Ok(program.to_owned());
    }
    let candidates = DIRECTORIES.iter().map(|directory| Path::new(directory).join("nmap"));
    candidates.into_iter().find(|path| path.exists()).ok_or_else(|| {
        format!("nmap was not found in {}: install it, or say where it is", DIRECTORIES.join(", "))
    })
}

/// Finds out what is to be known of a program.
fn inspect(path: &Path) -> Result<NmapProgram, String> {
    let shown = path.display();
    let file = fs::metadata(path).map_err(|error| format!("cannot use {shown}: {error}"))?;
    let is_executable = file.permissions().mode() & 0o111 != 0
        && access(path, AccessFlags::X_OK).is_ok()
        && file.is_file();
    if !is_executable {
        return Err(format!("{shown} is not a program that may be executed"));
    }
    let output = version_output(path).map_err(|error| format!("cannot run {shown}: {error}"))?;
    let version = version_in(&output)
        .ok_or_else(|| format!("{shown} does not say that it is nmap: is it another program?"))?;
    if !is_recent(version) {
        let (major, minor) = OLDEST;
        return Err(format!("{shown} is nmap {version}; {major}.{minor} or later is needed"));
    }
    let datadir = datadir(path)
        .ok_or_else(|| format!("the data of {shown} were not found: is nmap-common installed?"))?;
    Ok(NmapProgram { path: path.to_owned(), version: version.to_owned(), datadir })
}

/// What `nmap --version` says within five seconds.
fn version_output(path: &Path) -> io::Result<String> {
    const PATIENCE: Duration = Duration::from_secs(5);

    let mut nmap = spawn_blocking(Launch {
        program: path.to_owned(),
        arguments: vec!["--version".to_owned()],
        token: format!("probe:{}", uuid::Uuid::now_v7()),
        inherited: Vec::new(),
        address_space_bytes: None,
        file_size_bytes: 0,
    })?;
    drop((nmap.stdin.take(), nmap.stderr.take()));
    let stdout = nmap.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (done, output) = mpsc::channel();
    thread::Builder::new().name("nmap-version".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        let result = stdout.take(64 * 1024).read_to_end(&mut bytes);
        let _ = done.send(result.map(|_| String::from_utf8_lossy(&bytes).into_owned()));
    })?;
    output.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn version_in(output: &str) -> Option<&str> {
    output.lines().find_map(|line| line.strip_prefix("Nmap version "))?.split_whitespace().next()
}

/// Whether a version such as `7.94SVN` is one that we know.
fn is_recent(version: &str) -> bool {
    let mut numbers = version
        .split(|character: char| !character.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next()) >= OLDEST
}

/// The directory beside the program, or the usual one.
fn datadir(path: &Path) -> Option<PathBuf> {
    let beside = |path: &Path| Some(path.parent()?.parent()?.join("share/nmap"));
    let real = fs::canonicalize(path).ok();
    let candidates =
        [beside(path), real.as_deref().and_then(beside), Some("/usr/share/nmap".into())];
    candidates.into_iter().flatten().find(|directory| directory.join("nmap-services").is_file())
}

/// What nmap will be allowed when we start it.
fn privilege() -> (Privilege, bool) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let has = |set: &str| capability_set(&status, set) & NET_RAW != 0;
    // Root gets what the bounding set allows, as soon as it starts a program.
    let (privilege, is_promised) = if geteuid().is_root() {
        (Privilege::Root, has("CapBnd"))
    } else {
        (Privilege::Ambient, has("CapAmb"))
    };
    // A capability counts for the network it was given for: root in a container may have none.
    let is_real = !has("CapEff") || can_open_raw_socket();
    if is_promised && is_real { (privilege, true) } else { (Privilege::None, false) }
}

fn can_open_raw_socket() -> bool {
    let (family, kind) = (AddressFamily::Inet, SockType::Raw);
    socket(family, kind, SockFlag::SOCK_CLOEXEC, SockProtocol::Icmp).is_ok()
}

/// A set of capabilities from the text of `/proc/self/status`.
fn capability_set(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for recent in ["7.93", "7.94SVN", "7.100", "8.0", "10.1"] {
            assert!(is_recent(recent), "{recent}");
        }
        for old in ["7.92", "7.9", "7.80", "6.99", "", "x"] {
            assert!(!is_recent(old), "{old}");
        }
    }

    #[test]
    fn a_set_is_read_from_the_line_of_its_name() {
        let status = "CapPrm:\t0000000000000000\nCapEff:\t0000000000002000\n";

        assert_eq!(capability_set(status, "CapEff"), NET_RAW);
        assert_eq!(capability_set(status, "CapPrm"), 0);
        assert_eq!(capability_set(status, "CapAmb"), 0);
    }
}
