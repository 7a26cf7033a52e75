//! The script arguments that may be given, each with the kind of value it takes.
//!
//! Script arguments can name files, commands and further targets. So this is a table of the few
//! that cannot, and everything else is refused.

use std::collections::BTreeMap;

/// Script arguments by key, each value as it will stand between quotes.
pub(super) type ScriptArguments = BTreeMap<&'static str, String>;

/// What a value may be. No kind admits a quote, a comma, a brace or a blank.
#[derive(Clone, Copy)]
enum Kind {
    /// A whole number up to this one.
    Count(u32),
    /// `true` or `false`.
    Switch,
    /// 1 to 128 of letters, digits and `. _ : / -`.
    Token,
    /// A path on the web server that is scanned: `/` and then a token.
    UrlPath,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

const ARGUMENTS: &[(&str, Kind)] = &[
    ("banner.timeout", Kind::Count(600)),
    ("http-cors.path", Kind::UrlPath),
    ("http-generator.path", Kind::UrlPath),
    ("http-generator.redirects", Kind::Count(10)),
    ("http-headers.path", Kind::UrlPath),
    ("http-headers.useget", Kind::Switch),
    ("http-methods.url-path", Kind::UrlPath),
    ("http-ntlm-info.root", Kind::UrlPath),
    ("http-php-version.path", Kind::UrlPath),
    ("http-security-headers.path", Kind::UrlPath),
    ("http-svn-info.url", Kind::UrlPath),
    ("http-title.url", Kind::UrlPath),
    ("http-trace.path", Kind::UrlPath),
    ("http-traceroute.method", Kind::OneOf(&["GET", "HEAD"])),
    ("http-traceroute.path", Kind::UrlPath),
    ("http-webdav-scan.path", Kind::UrlPath),
    ("http.host", Kind::Token),
    ("http.max-body-size", Kind::Count(16_777_216)),
    ("http.max-cache-size", Kind::Count(16_777_216)),
    ("http.max-pipeline", Kind::Count(100)),
    ("http.pipeline", Kind::Count(100)),
    ("http.truncated-ok", Kind::Switch),
    ("http.useragent", Kind::Token),
    ("httpspider.maxdepth", Kind::Count(10)),
    ("httpspider.maxpagecount", Kind::Count(1_000)),
    ("rpc-grind.threads", Kind::Count(16)),
    ("smtp-commands.domain", Kind::Token),
    ("ssh_hostkey", Kind::OneOf(&["all", "bubble", "full", "visual"])),
    ("tls.servername", Kind::Token),
];

/// Adds `key=value,key="value"` to `arguments`.
pub(super) fn read(text: &str, arguments: &mut ScriptArguments) -> Result<(), String> {
    for pair in text.split(',') {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("{} has no value: write key=value", quoted(pair)))?;
        let (key, kind) = find(key)?;
        let value = unquote(value);
        if !kind.admits(value) {
            return Err(format!("the script argument {key} takes {}", kind.wording()));
        }
        if arguments.insert(key, value.to_owned()).is_some() {
            return Err(format!("the script argument {key} is given twice: keep one"));
        }
    }
    Ok(())
}

fn find(key: &str) -> Result<(&'static str, Kind), String> {
    if matches!(key, "newtargets" | "max-newtargets") {
        return Err(
            "newtargets would scan hosts that nobody asked for: add them as targets of netscan"
                .into(),
        );
    }
    let entry = ARGUMENTS.iter().find(|(known, _)| *known == key).copied();
    entry.ok_or_else(|| {
        format!(
            "the script argument {} is not among those known to be harmless: leave it out",
            quoted(key)
        )
    })
}

fn unquote(value: &str) -> &str {
    let inside = |mark| value.strip_prefix(mark).and_then(|value| value.strip_suffix(mark));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    format!("{short:?}")
}

impl Kind {
    fn admits(self, value: &str) -> bool {
        match self {
            Self::Count(most) => {
                is_number(value) && value.parse().is_ok_and(|count: u32| count <= most)
            }
            Self::Switch => matches!(value, "true" | "false"),
            Self::Token => is_token(value) && !value.starts_with('-'),
            Self::UrlPath => is_token(value) && value.starts_with('/') && !value.starts_with("//"),
            Self::OneOf(words) => words.contains(&value),
        }
    }

    fn wording(self) -> String {
        match self {
            Self::Count(most) => format!("a whole number up to {most}"),
            Self::Switch => "true or false".into(),
            Self::Token => "up to 128 letters, digits and . _ : / -".into(),
            Self::UrlPath => "a path that begins with one /".into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_token(value: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'/' | b'-');
    matches!(value.len(), 1..=128) && value.bytes().all(is_allowed)
}
