//! Ready-made options: how thorough, in one word.

use std::collections::BTreeSet;

use netscan_model::named;

use super::ports::PortSpec;
use super::settings::{Flag, Number, Scan, Technique, TimingTemplate};
use super::{NmapOptions, OptionError, conflicts};

/// How thorough a scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The 100 most common ports.
    Quick,
    /// The 1,000 most common ports, with the versions of the open ones.
    #[default]
    Default,
    /// All ports, with versions.
    Full,
}

named!(Profile, "profile", { Quick = "quick", Default = "default", Full = "full" });

impl Profile {
    /// What nmap is asked to do.
    #[must_use]
    pub fn options(self) -> NmapOptions {
        let mut options =
            NmapOptions { timing: Some(TimingTemplate::Aggressive), ..NmapOptions::default() };
        match self {
            Self::Quick => options.numbers.extend([(Number::TopPorts, 100)]),
            Self::Default => options.numbers.extend([(Number::TopPorts, 1_000)]),
            Self::Full => options.ports = PortSpec::parse("1-65535").ok(),
        }
        if self != Self::Quick {
            options.flags.insert(Flag::Services);
        }
        options
    }

    /// The same with other ports, and with UDP beside TCP.
    ///
    /// `ports` takes the place of the profile's ports. So does `top_ports`; with both, the most
    /// common among `ports` are scanned, as nmap does.
    ///
    /// # Errors
    ///
    /// Returns [`OptionError`] when `ports` cannot be read, names a protocol that is not scanned,
    /// or when `top_ports` is zero.
    pub fn options_with(
        self,
        ports: Option<&str>,
        top_ports: Option<u16>,
        udp: bool,
    ) -> Result<NmapOptions, OptionError> {
        let refused = |option, why| OptionError::Value { option, why };
        let mut options = self.options();
        if ports.is_some() || top_ports.is_some() {
            options.ports = None;
            options.numbers.remove(&Number::TopPorts);
        }
        if let Some(text) = ports {
            options.ports = Some(PortSpec::parse(text).map_err(|why| refused("-p", why))?);
        }
        match top_ports {
            Some(0) => {
                return Err(refused("--top-ports", "0 is out of range: write 1 to 65535".into()));
            }
            Some(count) => options.numbers.extend([(Number::TopPorts, count.into())]),
            None => {}
        }
        if udp {
            options.scan = Scan::Ports(BTreeSet::from([Technique::Syn, Technique::Udp]));
        }
        conflicts::check(&options)?;
        Ok(options)
    }
}
