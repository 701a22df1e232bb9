//! What the server says of itself: log lines to standard error, and traces where there is somebody who collects them.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use axum::http::{HeaderMap, HeaderName};
use opentelemetry::{global, propagation::Extractor, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};
use url::Url;

use crate::config::LogFormat;

/// The header by which a client says which trace its request is a part of.
const TRACE_PARENT: &str = "traceparent";

/// Where an exporter of OTLP over HTTP sends traces, below its endpoint.
const TRACES: &str = "v1/traces";

/// The traces that are still to be sent.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends what is left. Takes a while where the collector is away.
    pub fn finish(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Starts writing log lines.
pub fn start(format: LogFormat) {
    tracing_subscriber::registry().with(lines(format)).init();
}

/// Starts writing log lines and, where somebody collects them, sending traces.
pub fn start_with_traces(
    format: LogFormat,
    collector: Option<&Url>,
) -> anyhow::Result<Option<Traces>> {
    let Some(collector) = collector else {
        start(format);
        return Ok(None);
    };
    let provider = provider(collector).context("traces can't be sent to DAYBOOK_OTLP_ENDPOINT")?;
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("daybook"))
        .with_filter(Targets::new().with_target("daybook", LevelFilter::DEBUG));
    global::set_text_map_propagator(TraceContextPropagator::new());
    tracing_subscriber::registry()
        .with(lines(format))
        .with(spans)
        .init();
    Ok(Some(Traces(provider)))
}

/// Makes what a request does a part of the trace that its headers name.
pub(crate) fn follow(span: &Span, headers: &HeaderMap) {
    if !headers.contains_key(TRACE_PARENT) {
        return;
    }
    let parent =
        global::get_text_map_propagator(|propagator| propagator.extract(&Carrier(headers)));
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "the trace of a request is not followed");
    }
}

fn lines(format: LogFormat) -> impl Layer<Registry> {
    // What is worth knowing of the bus between processes is said by the server, once.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sea_orm_migration=warn,async_nats=off"));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    }
    .with_filter(filter)
}

fn provider(collector: &Url) -> anyhow::Result<SdkTracerProvider> {
    let endpoint = format!("{}/{TRACES}", collector.as_str().trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint)
        .build()?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("daybook").build())
        .build())
}

/// The headers of a request, as propagators read them.
struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
