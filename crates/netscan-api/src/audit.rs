//! The audit log: who did what, in a chain that shows when a row was changed.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use utoipa::ToSchema;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditBody {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, such as `user:mara`.
    #[schema(examples("user:mara"))]
    pub actor: String,
    /// What, such as `scan.pause`.
    #[schema(examples("scan.pause"))]
    pub action: String,
    /// To what.
    pub subject: String,
    /// With what.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// From which address, if it was from another machine.
    pub address: Option<String>,
    /// SHA-256 over this row and the hash of the one before, in hexadecimal.
    pub hash: String,
}

/// Whether the audit log is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerdict {
    /// Whether it is.
    pub is_intact: bool,
    /// How many rows were looked at.
    pub rows: u64,
    /// The first row that is not as it was written.
    pub first_bad: Option<u64>,
    /// What is wrong with it.
    pub why: Option<String>,
    /// The hash of the last row that is. With its number before it, and kept elsewhere, it is an
    /// anchor: with it, one can tell later if rows are cut off.
    pub head: String,
}

/// The end of the audit log as it was once, kept elsewhere: `SEQ:HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the row that was the last one; 0 when there was none.
    pub seq: u64,
    /// Its hash: 64 hexadecimal digits, in lower case.
    pub hash: String,
}

/// What is no anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the number of a row, a colon and its hash, as `audit verify` shows them")]
pub struct InvalidAnchor;

/// How long a hash is in hexadecimal.
const HASH_LENGTH: usize = 64;

impl FromStr for Anchor {
    type Err = InvalidAnchor;

    fn from_str(text: &str) -> Result<Self, InvalidAnchor> {
        let (seq, hash) = text.trim().split_once(':').ok_or(InvalidAnchor)?;
        let is_hash =
            hash.len() == HASH_LENGTH && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err(InvalidAnchor);
        }
        let seq = seq.parse().map_err(|_| InvalidAnchor)?;
        Ok(Self { seq, hash: hash.to_ascii_lowercase() })
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.seq, self.hash)
    }
}

impl Serialize for Anchor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Anchor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_read_as_it_is_written_and_nothing_else_is() {
        let written = format!("12:{}", "0a".repeat(32));

        assert_eq!(written.parse::<Anchor>().unwrap().to_string(), written);
        assert_eq!(written.to_uppercase().parse::<Anchor>().unwrap().to_string(), written);
        for text in ["", "12", "12:0a", ":", &written[2..], &format!("{written}0"), "-1:0"] {
            assert_eq!(text.parse::<Anchor>(), Err(InvalidAnchor), "{text}");
        }
    }
}
