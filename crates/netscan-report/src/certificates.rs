//! Certificates: what the script `ssl-cert` tells of those that services showed.

use jiff::civil::Date;
use netscan_model::address::Address;
use netscan_model::observation::{Host, PortKey, Script};

use crate::findings::{text, under};
use crate::words::{self, clean};

/// A certificate that a service showed. It sorts by the day it expires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Certificate {
    /// The last day that it is valid.
    pub(crate) expires: Date,
    /// Who showed it.
    pub(crate) address: Address,
    /// On which port.
    pub(crate) port: PortKey,
    /// Whom it is for.
    pub(crate) subject: String,
    /// Who vouches for that; the same as the subject when nobody else does.
    pub(crate) issuer: String,
    /// Its key, such as `rsa 2048`.
    pub(crate) key: String,
    /// How it is signed.
    pub(crate) signature: String,
}

/// The certificates that `host` showed.
pub(crate) fn of_host(host: &Host) -> impl Iterator<Item = Certificate> {
    let scripts = host
        .ports
        .iter()
        .flat_map(|port| port.scripts.iter().map(|script| (words::key(port), script)));
    let certificates = scripts.filter(|(_, script)| script.id == "ssl-cert");
    certificates.filter_map(|(port, script)| read(host.address, port, script))
}

fn read(address: Address, port: PortKey, script: &Script) -> Option<Certificate> {
    let data = &script.data;
    let of = |table: &str, key: &str| text(under(data, table), key).map(clean);
    let name = |table: &str| of(table, "commonName").or_else(|| of(table, "organizationName"));
    let key = [of("pubkey", "type"), of("pubkey", "bits")];
    // nmap writes `2026-11-21T08:00:00`, and some versions a zone behind that.
    let expires = text(under(data, "validity"), "notAfter")?.get(..10)?.parse().ok()?;
    Some(Certificate {
        expires,
        address,
        port,
        subject: name("subject").unwrap_or_default(),
        issuer: name("issuer").unwrap_or_default(),
        key: key.into_iter().flatten().collect::<Vec<_>>().join(" "),
        signature: text(data, "sig_algo").map(clean).unwrap_or_default(),
    })
}

impl Certificate {
    /// Who vouches for it, in words.
    pub(crate) fn issuer_words(&self) -> &str {
        if self.issuer == self.subject { "itself" } else { &self.issuer }
    }

    /// When it expires, as seen from the day of the scan: `expired 12 days before the scan`.
    pub(crate) fn expiry(&self, day: Option<Date>) -> String {
        // Between dates, a span is in days.
        let days = day.map(|day| i64::from((self.expires - day).get_days()));
        match days {
            Some(days @ ..0) => {
                let days = words::counted(days.unsigned_abs(), "day", "days");
                format!("expired {days} before the scan")
            }
            Some(days @ 0..=30) => {
                let days = words::counted(days.unsigned_abs(), "day", "days");
                format!("expires {days} after the scan")
            }
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::{Protocol, ScriptNode, ScriptValue};

    use super::*;

    fn leaf(key: &str, text: &str) -> ScriptNode {
        ScriptNode { key: Some(key.into()), value: ScriptValue::Text(text.into()) }
    }

    fn table(key: &str, rows: Vec<ScriptNode>) -> ScriptNode {
        ScriptNode { key: Some(key.into()), value: ScriptValue::Table(rows) }
    }

    fn until(not_after: &str) -> Option<Certificate> {
        let data = vec![
            table("subject", vec![leaf("commonName", "www\x1b.lan")]),
            table("issuer", vec![leaf("organizationName", "Example CA")]),
            table("pubkey", vec![leaf("type", "rsa"), leaf("bits", "2048")]),
            table("validity", vec![leaf("notAfter", not_after)]),
            leaf("sig_algo", "sha256WithRSAEncryption"),
        ];
        let script = Script { id: "ssl-cert".into(), data, ..Script::default() };
        let port = PortKey { protocol: Protocol::Tcp, port: 443 };
        read("192.0.2.1".parse().unwrap(), port, &script)
    }

    #[test]
    fn a_certificate_is_read_as_nmap_writes_it() {
        let read = until("2026-11-21T08:00:00+00:00").unwrap();

        assert_eq!((read.subject.as_str(), read.issuer.as_str()), ("www\\x1b.lan", "Example CA"));
        assert_eq!(
            (read.key.as_str(), read.expires.to_string()),
            ("rsa 2048", "2026-11-21".into())
        );
        for wrong in ["", "soon", "2026-13-01T00:00:00", "20é6-11-21"] {
            assert_eq!(until(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_expired_or_soon_will_is_told() {
        let on = |day: &str| until("2026-11-21T08:00:00").unwrap().expiry(day.parse().ok());

        assert_eq!(on("2027-11-22"), "expired 366 days before the scan");
        assert_eq!(on("2026-11-20"), "expires 1 day after the scan");
        assert_eq!(on("2026-10-01"), "");
    }
}
