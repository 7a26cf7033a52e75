//! The fields that a query may ask about, and what kind of value each has.

use crate::named;

/// Something about a host that a query may ask for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The number of a port.
    Port,
    /// The protocol of a port.
    Protocol,
    /// The state of a port.
    State,
    /// The service on a port.
    Service,
    /// The program behind a port.
    Product,
    /// That program's version.
    Version,
    /// A CPE name of a port's program or of the operating system.
    Cpe,
    /// What a port's state was concluded from.
    Reason,
    /// The title of a web page.
    Title,
    /// A script that said something.
    Script,
    /// A CVE id in what a script said.
    Cve,
    /// The address.
    Net,
    /// A name of the host.
    Host,
    /// The operating system.
    Os,
    /// The hardware address.
    Mac,
    /// The maker of the network card.
    Vendor,
    /// Why its open ports may not be real.
    Suspect,
    /// A tag of the target.
    Tag,
    /// How many ports are open.
    Ports,
    /// When it was last seen.
    Seen,
    /// When it was first seen.
    First,
    /// The number of the scan.
    Scan,
}

named!(Field, "field", {
    Port = "port", Protocol = "protocol", State = "state", Service = "service", Product = "product",
    Version = "version", Cpe = "cpe", Reason = "reason", Title = "title", Script = "script",
    Cve = "cve", Net = "net", Host = "host", Os = "os", Mac = "mac", Vendor = "vendor",
    Suspect = "suspect", Tag = "tag", Ports = "ports", Seen = "seen", First = "first", Scan = "scan",
});

/// A field whose values are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextField {
    /// See [`Field::Service`].
    Service,
    /// See [`Field::Product`].
    Product,
    /// See [`Field::Version`].
    Version,
    /// See [`Field::Cpe`].
    Cpe,
    /// See [`Field::Reason`].
    Reason,
    /// See [`Field::Title`].
    Title,
    /// See [`Field::Script`].
    Script,
    /// See [`Field::Cve`].
    Cve,
    /// See [`Field::Host`].
    Host,
    /// See [`Field::Os`].
    Os,
    /// See [`Field::Mac`].
    Mac,
    /// See [`Field::Vendor`].
    Vendor,
    /// See [`Field::Suspect`].
    Suspect,
    /// See [`Field::Tag`].
    Tag,
}

/// A field whose values are whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberField {
    /// See [`Field::Port`].
    Port,
    /// See [`Field::Ports`].
    Ports,
    /// See [`Field::Scan`].
    Scan,
}

/// A field whose values are moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// See [`Field::Seen`].
    Seen,
    /// See [`Field::First`].
    First,
}

/// What kind of value a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text(TextField),
    Number(NumberField),
    Time(TimeField),
    Protocol,
    State,
    Net,
}

impl Field {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Port => Kind::Number(NumberField::Port),
            Self::Protocol => Kind::Protocol,
            Self::State => Kind::State,
            Self::Service => Kind::Text(TextField::Service),
            Self::Product => Kind::Text(TextField::Product),
            Self::Version => Kind::Text(TextField::Version),
            Self::Cpe => Kind::Text(TextField::Cpe),
            Self::Reason => Kind::Text(TextField::Reason),
            Self::Title => Kind::Text(TextField::Title),
            Self::Script => Kind::Text(TextField::Script),
            Self::Cve => Kind::Text(TextField::Cve),
            Self::Net => Kind::Net,
            Self::Host => Kind::Text(TextField::Host),
            Self::Os => Kind::Text(TextField::Os),
            Self::Mac => Kind::Text(TextField::Mac),
            Self::Vendor => Kind::Text(TextField::Vendor),
            Self::Suspect => Kind::Text(TextField::Suspect),
            Self::Tag => Kind::Text(TextField::Tag),
            Self::Ports => Kind::Number(NumberField::Ports),
            Self::Seen => Kind::Time(TimeField::Seen),
            Self::First => Kind::Time(TimeField::First),
            Self::Scan => Kind::Number(NumberField::Scan),
        }
    }

    /// A term with this field, for messages and documents.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Port => "port:80,443,8000-8100",
            Self::Protocol => "protocol:udp",
            Self::State => "state:filtered",
            Self::Service => "service:http",
            Self::Product => "product:nginx",
            Self::Version => "version:7.4*",
            Self::Cpe => "cpe:*openssh*",
            Self::Reason => "reason:syn-ack",
            Self::Title => "title~\"login\"",
            Self::Script => "script:ssl-cert",
            Self::Cve => "cve:CVE-2021-44228",
            Self::Net => "net:10.0.0.0/8",
            Self::Host => "host:*.example.com",
            Self::Os => "os:linux",
            Self::Mac => "mac:52:54:00:*",
            Self::Vendor => "vendor:cisco",
            Self::Suspect => "suspect:*",
            Self::Tag => "tag:lab",
            Self::Ports => "ports>10",
            Self::Seen => "seen>7d",
            Self::First => "first>=2026-11-01",
            Self::Scan => "scan:12",
        }
    }

    /// The field that `name` was probably meant to be: with two slips of the keyboard at most.
    pub(super) fn nearest(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let begins = |field: &&Self| name.len() > 2 && field.name().starts_with(&name);
        let distance = |field: &&Self| edits(field.name(), &name);
        let nearest = Self::ALL.iter().min_by_key(distance)?;
        let is_near = distance(&nearest) <= 2.min(nearest.name().len() / 2);
        Self::ALL.iter().find(begins).or(is_near.then_some(nearest)).copied()
    }
}

impl TextField {
    /// The field that it is.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Self::Service => Field::Service,
            Self::Product => Field::Product,
            Self::Version => Field::Version,
            Self::Cpe => Field::Cpe,
            Self::Reason => Field::Reason,
            Self::Title => Field::Title,
            Self::Script => Field::Script,
            Self::Cve => Field::Cve,
            Self::Host => Field::Host,
            Self::Os => Field::Os,
            Self::Mac => Field::Mac,
            Self::Vendor => Field::Vendor,
            Self::Suspect => Field::Suspect,
            Self::Tag => Field::Tag,
        }
    }
}

impl NumberField {
    /// The field that it is.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Self::Port => Field::Port,
            Self::Ports => Field::Ports,
            Self::Scan => Field::Scan,
        }
    }
}

impl TimeField {
    /// The field that it is.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Self::Seen => Field::Seen,
            Self::First => Field::First,
        }
    }
}

/// How many letters have to be put in, taken out or changed to make one word of the other.
fn edits(one: &str, other: &str) -> usize {
    // Longer words are no slips, and are not worth the time.
    if other.len() > 20 {
        return usize::MAX;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (place, second) in other.iter().enumerate() {
            let change = corner + usize::from(letter != *second);
            corner = row[place + 1];
            row[place + 1] = change.min(corner + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_put_right() {
        for (typed, meant) in [
            ("prot", Some(Field::Protocol)),
            ("prt", Some(Field::Port)),
            ("hsot", Some(Field::Host)),
            ("PRODUKT", Some(Field::Product)),
            ("x", None),
            ("http", None),
            ("", None),
        ] {
            assert_eq!(Field::nearest(typed), meant, "{typed}");
        }
    }

    #[test]
    fn a_field_of_a_kind_is_the_field_of_that_kind() {
        for field in Field::ALL {
            let same = match field.kind() {
                Kind::Text(text) => text.field(),
                Kind::Number(number) => number.field(),
                Kind::Time(time) => time.field(),
                Kind::Protocol => Field::Protocol,
                Kind::State => Field::State,
                Kind::Net => Field::Net,
            };
            assert_eq!(same, *field);
        }
    }
}
