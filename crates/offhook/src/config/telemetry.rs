//! Reads who is told of traces and logs.

use super::section::Section;
use super::settings::BaseUrl;
use super::values;

/// Reads `[telemetry]`.
pub(super) fn telemetry(section: &mut Section<'_, '_>) -> Option<BaseUrl> {
    let endpoint = section.optional("otlp_endpoint", values::base_url);
    if endpoint.is_some() && !IS_BUILT_IN {
        section.wrong(format!("`{}` {NOT_BUILT_IN}", section.full_name("otlp_endpoint")));
    }
    section.finish();
    endpoint
}

/// Every setting is read in the tests of this crate.
const IS_BUILT_IN: bool = cfg!(any(feature = "otel", test));
const NOT_BUILT_IN: &str = "is set, and this offhook was built without OpenTelemetry; leave it out, or build one with \
                            it: cargo install --path crates/offhook --features otel";
