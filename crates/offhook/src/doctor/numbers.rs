//! One's own numbers: who may call them, what callers hear, and who is asked when their carrier
//! refuses a call.

use super::finding::Finding;
use crate::config::settings::{Config, Inbound, Number};

/// Examines the numbers of a configuration.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    if config.numbers.is_empty() {
        return vec![Finding::warning(
            "numbers",
            "none: no call can be placed, and none comes in",
            "add [numbers.\"+…\"] with the carrier that the number is with",
        )];
    }
    let those = |is_so: fn(&Number) -> bool| {
        let found = config.numbers.iter().filter(move |(_, number)| is_so(number));
        found.map(|(digits, _)| digits.as_str()).collect::<Vec<_>>()
    };
    let mut findings = vec![Finding::ok("numbers", listed(&those(|_| true)))];
    let answers = "if callers are to be answered, set inbound to \"open\" or to a list of callers";
    let rejecting = those(|number| number.inbound == Inbound::Deny && !number.ring_out);
    let ringing = those(|number| number.inbound == Inbound::Deny && number.ring_out);
    for (denied, what) in [(rejecting, "is rejected"), (ringing, "hears it ring, and is never answered")] {
        if !denied.is_empty() {
            findings.push(Finding::note(
                "numbers",
                format!("whoever calls {} {what}", listed(&denied)),
                answers,
            ));
        }
    }
    let is_silent = |number: &Number| {
        number.inbound != Inbound::Deny && number.greeting.is_none() && !number.hold && number.agent.is_none()
    };
    let silent = those(is_silent);
    if !silent.is_empty() {
        findings.push(Finding::warning(
            "numbers",
            format!("whoever calls {} hears that nobody is available, and is hung up on", listed(&silent)),
            "set a greeting, or hold = true to hold the line for what is asked of the call",
        ));
    }
    findings.extend(config.numbers.iter().filter_map(fallback));
    findings
}

fn fallback((digits, number): (&String, &Number)) -> Option<Finding> {
    let carriers = number.fallback.join(", then ");
    (!carriers.is_empty()).then(|| {
        let what = format!("a call from {digits} that {} refuses goes to {carriers}", number.carrier);
        let way_out = format!("see that {carriers} lets you call from {digits}: as a verified caller id");
        Finding::note("numbers", what, way_out)
    })
}

/// The first few, and how many more there are.
fn listed(numbers: &[&str]) -> String {
    let shown = numbers.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    match numbers.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        n_more => format!("{shown} and {n_more} more"),
    }
}

/// A line holds so many numbers.
const SHOWN_MAX: usize = 3;
