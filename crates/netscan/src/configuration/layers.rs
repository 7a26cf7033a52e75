//! One setting out of several layers.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use super::file::{Content, Located};
use super::places::Environment;
use super::{Origin, Setting};
use crate::ending::Fault;

/// What may be said below the command line.
pub(super) struct Layers<'a> {
    pub(super) environment: &'a Environment,
    pub(super) file: Option<&'a Located>,
}

impl Layers<'_> {
    /// The value that the uppermost layer gives, if any does.
    pub(super) fn choose<T>(
        &self,
        flag: Option<(T, &'static str)>,
        key: &str,
        in_file: impl Fn(&Content) -> &Option<T>,
    ) -> Result<Setting<Option<T>>, Fault>
    where
        T: FromStr<Err: Display> + Clone,
    {
        if let Some((value, flag)) = flag {
            return Ok(Setting { value: Some(value), origin: Origin::Flag(flag) });
        }
        let variable = variable(key);
        if let Some(text) = self.environment.text(&variable) {
            let value = text
                .parse()
                .map_err(|error| Fault::new(format!("cannot use {variable}={text:?}: {error}")))?;
            return Ok(Setting { value: Some(value), origin: Origin::Variable(variable) });
        }
        let found = self.file.and_then(|file| Some((in_file(&file.content).clone()?, file)));
        Ok(match found {
            Some((value, file)) => {
                Setting { value: Some(value), origin: Origin::File(file.path.clone()) }
            }
            None => Setting { value: None, origin: Origin::BuiltIn },
        })
    }

    /// The path that the uppermost layer gives, if any does.
    pub(super) fn path(
        &self,
        key: &str,
        in_file: impl Fn(&Content) -> &Option<PathBuf>,
    ) -> Setting<Option<PathBuf>> {
        let variable = variable(key);
        if let Some(path) = self.environment.path(&variable) {
            return Setting { value: Some(path), origin: Origin::Variable(variable) };
        }
        let found = self.file.and_then(|file| Some((in_file(&file.content).as_ref()?, file)));
        match found {
            Some((path, file)) => {
                Setting { value: Some(file.resolve(path)), origin: Origin::File(file.path.clone()) }
            }
            None => Setting { value: None, origin: Origin::BuiltIn },
        }
    }
}

fn variable(key: &str) -> String {
    format!("NETSCAN_{}", key.to_ascii_uppercase())
}
