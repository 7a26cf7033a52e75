//! Nmap under control: what it may be told, how it is run, what it says.

pub mod capabilities;
pub mod options;
pub mod process;
pub mod run;
pub mod scripts;
pub mod services;
pub mod xml;
