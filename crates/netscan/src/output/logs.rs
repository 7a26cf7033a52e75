//! Log records on standard error, for those who ask for them.

use std::io;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::talk::Talk;
use crate::configuration::LogFormat;

/// Shows log records from `filter` on, such as `info` or `netscan_store=debug`.
pub(crate) fn show(filter: &str, format: LogFormat, talk: &Talk) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("cannot read the log filter {filter:?}"))?;
    let records =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(Writer(talk.clone()));
    let shown = match format {
        LogFormat::Text => records.with_target(false).try_init(),
        LogFormat::Json => records.json().flatten_event(true).try_init(),
    };
    shown.map_err(|_| anyhow::anyhow!("the log is shown already"))
}

/// Hands each record to [`Talk`], which strips the colours where nobody sees them.
#[derive(Clone)]
struct Writer(Talk);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.raw(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
