//! Spans of requests and attempts, sent to an OpenTelemetry collector by those who have one.

use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::ending::Fault;

/// How long a collector may take to accept what it is sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to a collector. What has not been sent yet is sent when it is dropped.
#[derive(Debug)]
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to send to a collector that speaks OTLP over HTTP, such as `http://127.0.0.1:4318`
    /// (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>). Whether it is there shows later: a
    /// collector that is away costs spans and nothing else.
    pub(crate) fn to(collector: &str) -> anyhow::Result<Self> {
        if !["http://", "https://"].iter().any(|scheme| collector.starts_with(scheme)) {
            let sentence = format!(
                "otlp_endpoint: {collector:?} is no URL; write one such as http://127.0.0.1:4318"
            );
            return Err(Fault::new(sentence).of_usage().into());
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .context("cannot send to the OpenTelemetry collector")?;
        let service = Resource::builder().with_service_name("netscan").build();
        let provider =
            SdkTracerProvider::builder().with_resource(service).with_batch_exporter(exporter);
        Ok(Self(provider.build()))
    }

    /// What hands spans to the collector.
    pub(crate) fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("netscan"))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // Nobody waits for a collector that is away.
        let _ = self.0.shutdown_with_timeout(PATIENCE);
    }
}
