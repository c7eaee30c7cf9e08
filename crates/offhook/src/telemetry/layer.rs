//! Makes spans and log records of what `tracing` tells.

use call::CallId;
use engine::TRACED;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Tells of every span of ours, and of every event at the usual level: in neither is a number, speech or a secret.
pub(crate) struct Telling {
    spans: Arc<BatchSpanProcessor>,
    logger: SdkLogger,
    scope: InstrumentationScope,
}

/// A span that isn't over.
struct Open {
    id: SpanId,
    /// The trace that it is in unless it is about a call.
    trace: TraceId,
    since: SystemTime,
    fields: Fields,
}

/// What a span or an event says.
#[derive(Default)]
struct Fields {
    call: Option<CallId>,
    since: Option<SystemTime>,
    message: String,
    values: Vec<KeyValue>,
}

impl Telling {
    pub(super) fn new(spans: Arc<BatchSpanProcessor>, logs: &SdkLoggerProvider) -> Telling {
        let scope = InstrumentationScope::builder("offhook").with_version(env!("CARGO_PKG_VERSION")).build();
        Telling { spans, logger: logs.logger_with_scope(scope.clone()), scope }
    }
}

/// Of what is told: spans of ours, and events at the usual level.
pub(crate) fn told<S>() -> impl Filter<S> {
    filter_fn(|metadata| {
        // MCP's library logs what servers tell, which may be what was said on a call, and whisper.cpp each step.
        let is_meant = match metadata.is_span() {
            true => metadata.target() == TRACED,
            false => !["rmcp", "whisper_rs"].iter().any(|other| metadata.target().starts_with(other)),
        };
        is_meant && *metadata.level() <= Level::INFO
    })
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Telling {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above = span.parent().and_then(|above| above.extensions().get::<Open>().map(|above| above.trace));
        let trace = above.unwrap_or_else(|| TraceId::from(rand::random::<u128>()));
        let id = SpanId::from(rand::random::<u64>());
        span.extensions_mut().insert(Open { id, trace, since: SystemTime::now(), fields });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = context.event_span(event);
        let call = fields.call.or_else(|| span.as_ref().and_then(call_of));
        let mut record = self.logger.create_log_record();
        let level = event.metadata().level();
        record.set_timestamp(SystemTime::now());
        record.set_severity_text(level.as_str());
        record.set_severity_number(severity(*level));
        record.set_target(event.metadata().target());
        record.set_body(fields.message.into());
        record.add_attributes(fields.values.into_iter().map(|one| (one.key, one.value.to_string())));
        let within =
            span.as_ref().and_then(|span| span.extensions().get::<Open>().map(|open| (open.id, open.trace)));
        let place = match (call, within) {
            (Some(call), Some((id, _))) if span.as_ref().and_then(call_of) == Some(call) => {
                Some((trace_of(call), id))
            }
            (Some(call), _) => Some((trace_of(call), root_of(call))),
            (None, Some((id, trace))) => Some((trace, id)),
            (None, None) => None,
        };
        if let Some((trace, span)) = place {
            record.set_trace_context(trace, span, Some(TraceFlags::SAMPLED));
        }
        self.logger.emit(record);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let call = call_of(&span);
        let above = span.parent().and_then(|above| {
            let is_of_it = call_of(&above) == call;
            above.extensions().get::<Open>().filter(|_| is_of_it).map(|above| above.id)
        });
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        // The span of the call's whole life is above all others of it.
        let is_root = open.fields.since.is_some();
        let (id, parent) = match call {
            Some(call) if is_root => (root_of(call), SpanId::INVALID),
            Some(call) => (open.id, above.unwrap_or_else(|| root_of(call))),
            None => (open.id, above.unwrap_or(SpanId::INVALID)),
        };
        let trace = call.map_or(open.trace, trace_of);
        self.spans.on_end(SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::default()),
            parent_span_id: parent,
            parent_span_is_remote: false,
            span_kind: kind(span.name()),
            name: span.name().into(),
            start_time: open.fields.since.unwrap_or(open.since),
            end_time: SystemTime::now(),
            attributes: open.fields.values,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        });
    }
}

/// Which call a span is about, or the next one above it that says so.
fn call_of<'s, R: LookupSpan<'s>>(span: &SpanRef<'s, R>) -> Option<CallId> {
    span.scope().find_map(|span| span.extensions().get::<Open>().and_then(|open| open.fields.call))
}

/// The trace of a call: its id, so that whoever knows the one finds the other.
fn trace_of(call: CallId) -> TraceId {
    TraceId::from(call.bits())
}

/// The span of a call's whole life. The second half of an id is drawn by chance.
fn root_of(call: CallId) -> SpanId {
    let [.., a, b, c, d, e, f, g, h] = call.bits().to_be_bytes();
    SpanId::from_bytes([a, b, c, d, e, f, g, h])
}

fn kind(name: &str) -> SpanKind {
    match name {
        "http.request" => SpanKind::Server,
        "carrier.request" | "model.reply" | "tool.use" => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warn,
        Level::INFO => Severity::Info,
        Level::DEBUG => Severity::Debug,
        Level::TRACE => Severity::Trace,
    }
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.values.push(KeyValue::new(field.name(), value));
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        match (field.name(), u64::try_from(value)) {
            ("since_ms", Ok(millis)) => {
                self.since = Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
            }
            _ => self.add(field, value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => return self.message = text,
            "call" => self.call = text.parse().ok(),
            _ => {}
        }
        self.add(field, text);
    }
}
