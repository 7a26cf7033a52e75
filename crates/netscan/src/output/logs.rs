//! Log records on standard error, for those who ask for them.

use std::io;

use anyhow::Context as _;
use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use super::talk::Talk;
use super::traces::Traces;
use crate::configuration::LogFormat;

/// Shows log records from `filter` on, such as `info` or `netscan_store=debug`, and hands spans to
/// a collector, each if it is wanted.
pub(crate) fn show(
    filter: Option<&str>,
    format: LogFormat,
    talk: &Talk,
    traces: Option<&Traces>,
) -> anyhow::Result<()> {
    let records = filter.map(|filter| records(filter, format, talk)).transpose()?;
    let spans = traces.map(|traces| traces.layer().with_filter(LevelFilter::INFO));
    let shown = tracing_subscriber::registry().with(records).with(spans).try_init();
    shown.context("the log is shown already")
}

fn records<S>(
    filter: &str,
    format: LogFormat,
    talk: &Talk,
) -> anyhow::Result<Box<dyn Layer<S> + Send + Sync>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("cannot read the log filter {filter:?}"))?;
    let records = tracing_subscriber::fmt::layer().with_writer(Writer(talk.clone()));
    Ok(match format {
        LogFormat::Text => records.with_target(false).with_filter(filter).boxed(),
        LogFormat::Json => records.json().flatten_event(true).with_filter(filter).boxed(),
    })
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
