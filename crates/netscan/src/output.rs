//! What the program says: data on standard output, talk on standard error.

pub(crate) mod data;
pub(crate) mod file;
pub(crate) mod logs;
pub(crate) mod progress;
pub(crate) mod spinner;
mod table;
mod talk;
pub(crate) mod traces;
pub(crate) mod words;

pub(crate) use table::Table;
pub(crate) use talk::Talk;
