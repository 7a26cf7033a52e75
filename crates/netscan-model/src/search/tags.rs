//! The tags of targets, and what has them.

use std::collections::{BTreeMap, HashSet};

use super::expression::TextTest;
use super::pattern::Border;
use crate::address::{AddressRange, AddressSet};
use crate::observation::Host;
use crate::target::{Target, UrlHost};

/// The most names of one pattern that are looked at for tags.
const MOST_NAMES: usize = 65_536;

/// The targets of a project by their tags.
#[derive(Clone, Debug, Default)]
pub struct Tags(Vec<Tagged>);

/// What has one tag.
#[derive(Clone, Debug)]
pub struct Tagged {
    tag: String,
    addresses: AddressSet,
    /// In lower case.
    names: HashSet<String>,
}

impl Tags {
    /// The tags of these targets, as they are written. What cannot be read was no target.
    pub fn of<'a>(targets: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Self {
        let mut by_tag: BTreeMap<&str, (Vec<AddressRange>, HashSet<String>)> = BTreeMap::new();
        for (text, tags) in targets {
            if tags.is_empty() {
                continue;
            }
            let Ok(target) = text.parse::<Target>() else { continue };
            for tag in tags {
                let (ranges, names) = by_tag.entry(tag).or_default();
                ranges.extend(target.ranges());
                names.extend(names_of(&target));
            }
        }
        let tagged = |(tag, (ranges, names)): (&str, (Vec<AddressRange>, HashSet<String>))| {
            Tagged { tag: tag.to_owned(), addresses: ranges.into_iter().collect(), names }
        };
        Self(by_tag.into_iter().map(tagged).collect())
    }

    /// The tags of the targets that a host belongs to.
    #[must_use]
    pub fn of_host(&self, host: &Host) -> Vec<String> {
        self.0.iter().filter(|tagged| tagged.has(host)).map(|tagged| tagged.tag.clone()).collect()
    }

    /// What has a tag that is like that.
    pub fn that_fit(&self, test: &TextTest) -> impl Iterator<Item = &Tagged> {
        self.0.iter().filter(|tagged| test.fits(&tagged.tag, Border::Blank))
    }
}

impl Tagged {
    /// Its addresses.
    #[must_use]
    pub fn addresses(&self) -> &AddressSet {
        &self.addresses
    }

    /// Its names, in lower case.
    #[must_use]
    pub fn names(&self) -> &HashSet<String> {
        &self.names
    }

    fn has(&self, host: &Host) -> bool {
        self.addresses.contains(host.address)
            || self.addresses.contains(host.address.with_zone(None))
            || host.hostnames.iter().any(|it| self.names.contains(&it.name.to_ascii_lowercase()))
    }
}

fn names_of(target: &Target) -> Vec<String> {
    match target {
        Target::Names(pattern) => pattern.names().take(MOST_NAMES).collect(),
        Target::Url { host: UrlHost::Name(name), .. } => vec![name.clone()],
        Target::Addresses(_) | Target::Octets(_) | Target::Url { .. } | Target::Email { .. } => {
            Vec::new()
        }
    }
}
