//! Traces and logs, told to a receiver of OpenTelemetry's (OTLP, protobuf over HTTP).
//!
//! A call's trace is named by its id, whose 128 bits they share: so all that is about a call is one trace, over
//! restarts too, and nothing of it need be kept. Its log lines are in it where they name the call.
//!
//! What is told waits in a bounded queue, and what doesn't fit is dropped: no call waits for a receiver.

mod layer;
mod post;

use crate::config::settings::{BaseUrl, Config};
use anyhow::Context as _;
use layer::Telling;
pub(crate) use layer::told;
use opentelemetry_otlp::{LogExporter, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanProcessor as _};
use post::Post;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// What is told to a receiver.
pub(crate) struct Telemetry {
    spans: Arc<BatchSpanProcessor>,
    logs: SdkLoggerProvider,
    /// On which it is sent: the gateway's own is gone when the last of it is.
    runtime: Runtime,
}

impl Telemetry {
    /// Tells the receiver that the configuration names, or the standard variables of the environment; none if
    /// neither does.
    ///
    /// # Errors
    /// A variable can't be read.
    pub(crate) fn of(config: &Config) -> anyhow::Result<Option<Telemetry>> {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let endpoint = config.otlp_endpoint.as_ref().map(BaseUrl::as_str);
        let is_off = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|word| word.eq_ignore_ascii_case("true"));
        if is_off || endpoint.is_none() && !ENDPOINTS.iter().any(is_set) {
            return Ok(None);
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let post = Arc::new(Post::new(runtime.handle().clone()));
        let mut to_spans = SpanExporter::builder().with_http().with_shared_http_client(post.clone());
        let mut to_logs = LogExporter::builder().with_http().with_shared_http_client(post);
        if let Some(endpoint) = endpoint {
            to_spans = to_spans.with_endpoint(format!("{endpoint}/v1/traces"));
            to_logs = to_logs.with_endpoint(format!("{endpoint}/v1/logs"));
        }
        let unset = "telemetry can't be exported as the variables OTEL_… say";
        let to_spans = to_spans.with_protocol(Protocol::HttpBinary).build().context(unset)?;
        let to_logs = to_logs.with_protocol(Protocol::HttpBinary).build().context(unset)?;
        let mut spans = BatchSpanProcessor::builder(to_spans).build();
        spans.set_resource(&resource());
        let logs =
            SdkLoggerProvider::builder().with_batch_exporter(to_logs).with_resource(resource()).build();
        Ok(Some(Telemetry { spans: Arc::new(spans), logs, runtime }))
    }

    /// What hears of spans and events.
    pub(crate) fn layer(&self) -> Telling {
        Telling::new(Arc::clone(&self.spans), &self.logs)
    }

    /// Tells what waits, for five seconds each at most.
    pub(crate) fn end(self) {
        for ended in [
            self.spans.shutdown_with_timeout(FLUSHED_WITHIN),
            self.logs.shutdown_with_timeout(FLUSHED_WITHIN),
        ] {
            if let Err(error) = ended {
                eprintln!("offhook: not all traces and logs were told to their receiver: {error}");
            }
        }
        self.runtime.shutdown_background();
    }
}

/// Who tells: as OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say, else the program.
fn resource() -> Resource {
    let builder = Resource::builder();
    let is_named = std::env::var_os("OTEL_SERVICE_NAME").is_some()
        || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|text| text.contains("service.name="));
    if is_named { builder.build() } else { builder.with_service_name("offhook").build() }
}

/// The variables that name a receiver.
const ENDPOINTS: [&str; 3] =
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];
const FLUSHED_WITHIN: Duration = Duration::from_secs(5);
