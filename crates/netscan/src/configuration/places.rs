//! Where data lies: the data directory, the database in it, and the artifacts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::layers::Layers;
use super::{Origin, Setting};
use crate::arguments::Global;
use crate::ending::Fault;

/// The variables that matter here. A variable without text counts as not set.
#[derive(Debug, Default)]
pub(super) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    pub(super) fn of_process() -> Self {
        let matters =
            |name: &str| name.starts_with("NETSCAN_") || name.starts_with("XDG_") || name == "HOME";
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, value)| matters(name) && !value.is_empty());
        Self(variables.collect())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| value.to_string_lossy().into_owned())
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).map(PathBuf::from)
    }

    pub(super) fn configuration_dir(&self) -> Option<PathBuf> {
        self.xdg("XDG_CONFIG_HOME", ".config")
    }

    fn data_dir(&self) -> Option<PathBuf> {
        self.xdg("XDG_DATA_HOME", ".local/share")
    }

    /// The XDG specification has relative paths ignored.
    fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let named = self.path(variable).filter(|path| path.is_absolute());
        let base = named.or_else(|| self.home().map(|home| home.join(below_home)))?;
        Some(base.join("netscan"))
    }

    fn home(&self) -> Option<PathBuf> {
        let of_user = || nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
        self.path("HOME")
            .or_else(|| of_user().map(|user| user.dir))
            .filter(|path| path.is_absolute())
    }
}

/// The data directory and the database. In each layer, a database beats the data directory: a
/// `--data-dir` holds against a `NETSCAN_DATABASE`.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) data_dir: Setting<PathBuf>,
    pub(super) database: Setting<PathBuf>,
    is_database_said: bool,
}

impl Places {
    /// What flags and environment say.
    pub(super) fn new(flags: &Global, environment: &Environment) -> anyhow::Result<Self> {
        let by_flag = flags.data_dir.clone().map(|path| (path, Origin::Flag("--data-dir")));
        let by_variable = || {
            let name = "NETSCAN_DATA_DIR";
            environment.path(name).map(|path| (path, Origin::Variable(name.into())))
        };
        let by_custom = || environment.data_dir().map(|path| (path, Origin::BuiltIn));
        let (value, origin) = by_flag.or_else(by_variable).or_else(by_custom).context(
            "cannot tell where the data directory is, since there is no home: use --data-dir",
        )?;
        let data_dir = Setting { value: absolute(&value)?, origin };
        let said = database_of_flags(flags)?.or(match data_dir.origin {
            Origin::Flag(_) => None,
            _ => database_of_environment(environment)?,
        });
        let is_database_said = said.is_some();
        let database = said.unwrap_or_else(|| database_in(&data_dir.value));
        Ok(Self { data_dir, database, is_database_said })
    }

    /// Takes up what the file says, where nothing above it said anything.
    pub(super) fn heed(&mut self, layers: &Layers<'_>) -> anyhow::Result<()> {
        let Some(file) = layers.file else { return Ok(()) };
        let origin = || Origin::File(file.path.clone());
        if self.data_dir.origin != Origin::BuiltIn {
            return Ok(());
        }
        if let Some(path) = &file.content.data_dir {
            let value = absolute(&file.resolve(path))?;
            self.data_dir = Setting { value, origin: origin() };
            if !self.is_database_said {
                self.database = database_in(&self.data_dir.value);
            }
        }
        if let (Some(url), false) = (&file.content.database, self.is_database_said) {
            let value = absolute(&file.resolve(&path_of_url(url)?))?;
            self.database = Setting { value, origin: origin() };
        }
        Ok(())
    }
}

fn database_in(data_dir: &Path) -> Setting<PathBuf> {
    Setting { value: data_dir.join("netscan.db"), origin: Origin::Follows("data_dir") }
}

fn database_of_flags(flags: &Global) -> anyhow::Result<Option<Setting<PathBuf>>> {
    if let Some(path) = &flags.db_path {
        return Ok(Some(Setting { value: absolute(path)?, origin: Origin::Flag("--db-path") }));
    }
    let Some(url) = &flags.database else { return Ok(None) };
    let value = absolute(&path_of_url(url).map_err(Fault::of_usage)?)?;
    Ok(Some(Setting { value, origin: Origin::Flag("--database") }))
}

fn database_of_environment(environment: &Environment) -> anyhow::Result<Option<Setting<PathBuf>>> {
    let name = "NETSCAN_DATABASE";
    let Some(url) = environment.text(name) else { return Ok(None) };
    let value = absolute(&path_of_url(&url)?)?;
    Ok(Some(Setting { value, origin: Origin::Variable(name.into()) }))
}

/// The file that a URL of a database names.
fn path_of_url(url: &str) -> Result<PathBuf, Fault> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        // The URL may hold a password, so it is not repeated.
        return Err(Fault::new(
            "this version of netscan knows only SQLite databases, no PostgreSQL",
        )
        .hint("write sqlite:///PATH, or --db-path FILE"));
    }
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some(path) if !path.is_empty() && !path.contains('?') => Ok(PathBuf::from(path)),
        _ => Err(Fault::new("cannot read the URL of the database")
            .hint("write sqlite:///PATH, or --db-path FILE")),
    }
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))
}

/// Where the files of attempts lie: in the data directory with its own database, and beside any
/// other database under its name.
pub(super) fn artifacts_dir(
    said: Setting<Option<PathBuf>>,
    data_dir: &Setting<PathBuf>,
    database: &Setting<PathBuf>,
) -> Setting<PathBuf> {
    if let Some(value) = said.value {
        return Setting { value, origin: said.origin };
    }
    if database.value == data_dir.value.join("netscan.db") {
        let value = data_dir.value.join("artifacts");
        return Setting { value, origin: Origin::Follows("data_dir") };
    }
    let mut name = database.value.file_stem().unwrap_or_default().to_owned();
    name.push("-artifacts");
    Setting { value: database.value.with_file_name(name), origin: Origin::Follows("database") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment(variables.iter().map(|(name, value)| ((*name).into(), value.into())).collect())
    }

    fn places(flags: &Global, variables: &[(&str, &str)]) -> Places {
        Places::new(flags, &environment(variables)).unwrap()
    }

    #[test]
    fn data_lies_where_xdg_says_and_else_below_home() {
        let home = [("HOME", "/home/a")];
        let xdg = [("HOME", "/home/a"), ("XDG_DATA_HOME", "/data")];
        let relative = [("HOME", "/home/a"), ("XDG_DATA_HOME", "data")];

        let database = |variables| places(&Global::default(), variables).database.value;

        assert_eq!(database(&home), Path::new("/home/a/.local/share/netscan/netscan.db"));
        assert_eq!(database(&xdg), Path::new("/data/netscan/netscan.db"));
        assert_eq!(database(&relative), database(&home));
    }

    #[test]
    fn a_flag_for_the_directory_holds_against_a_database_in_the_environment() {
        let flags = Global { data_dir: Some("/flag".into()), ..Global::default() };
        let variables = [("NETSCAN_DATABASE", "sqlite:///elsewhere/x.db"), ("HOME", "/home/a")];

        assert_eq!(places(&flags, &variables).database.value, Path::new("/flag/netscan.db"));
        assert_eq!(
            places(&Global::default(), &variables).database.value,
            Path::new("/elsewhere/x.db")
        );
    }

    #[test]
    fn artifacts_lie_beside_a_database_of_another_name() {
        let flags = Global { db_path: Some("/tmp/lab.db".into()), ..Global::default() };
        let places = places(&flags, &[("HOME", "/home/a")]);
        let nothing = Setting { value: None, origin: Origin::BuiltIn };

        let directory = artifacts_dir(nothing, &places.data_dir, &places.database);

        assert_eq!(directory.value, Path::new("/tmp/lab-artifacts"));
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        let fault = path_of_url("postgres://me:secret@db/netscan").unwrap_err();

        assert!(!fault.to_string().contains("secret"));
        assert!(path_of_url("netscan.db").is_err());
        assert_eq!(path_of_url("sqlite:///a/b.db").unwrap(), Path::new("/a/b.db"));
    }
}
