//! What is set by hand in a carrier's own console, so that it reaches the gateway: which address goes
//! where.

use crate::config::settings::{CarrierKind, Config};
use crate::serve::callback_base;

/// An address that a carrier's console wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsoleEntry {
    /// The carrier's name in the configuration.
    pub(crate) carrier: String,
    /// Where in its console.
    pub(crate) place: &'static str,
    /// The address.
    pub(crate) url: String,
}

/// What the consoles of all carriers want where the gateway is reached at `public_url`. A simulated
/// network is told by the gateway itself.
pub(crate) fn entries(config: &Config, public_url: &str) -> Vec<ConsoleEntry> {
    let mut entries = Vec::new();
    for (name, carrier) in &config.carriers {
        let base = callback_base(public_url, name);
        let places: &[(&str, &str)] = match carrier.kind {
            CarrierKind::Twilio(_) => &TWILIO,
            CarrierKind::Telnyx(_) => &TELNYX,
            CarrierKind::Plivo(_) => &PLIVO,
            CarrierKind::Simulated(_) => &[],
        };
        entries.extend(places.iter().map(|(place, page)| ConsoleEntry {
            carrier: name.clone(),
            place,
            url: format!("{base}/{page}"),
        }));
    }
    entries
}

const TWILIO: [(&str, &str); 1] = [("the number's \"A call comes in\" (webhook, HTTP POST)", "voice")];
const TELNYX: [(&str, &str); 1] =
    [("the Call Control application's webhook address (webhook API version 2)", "events")];
const PLIVO: [(&str, &str); 2] = [
    ("the application's answer address (POST)", "voice"),
    ("the application's hangup address (POST)", "status"),
];
