//! The configuration file of a test's gateway: what every test has, and its own settings over it.

use super::{API_TOKEN, Face, OURS};
use std::net::SocketAddr;
use std::path::Path;
use toml::{Table, Value};

/// How the gateway is connected to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// `kind = "twilio"`, with a public address: webhooks come.
    Webhooks,
    /// `kind = "twilio"`, without a public address: the fate of a call is learnt by looking.
    LooksOnly,
    /// `kind = "simulated"`.
    Simulated,
    /// The kind of this carrier, with a public address: webhooks come.
    On(Face),
}

/// Writes the file. The carrier's name is `line` whatever its kind.
pub(crate) fn write(
    line: Line,
    network: SocketAddr,
    gateway: SocketAddr,
    folder: &Path,
    settings: &str,
) -> String {
    let store = folder.join("store/offhook.db");
    let usual = format!(
        r#"
        listen = "{gateway}"
        log = "debug"
        store.url = "sqlite://{}"
        api.token = "{API_TOKEN}"
        calls.ring_max = "30s"
        calls.duration_max = "5m"
        numbers."{OURS}" = {{ carrier = "line", inbound = "open" }}
        "#,
        store.display(),
    );
    let public = format!("public_url = 'http://{gateway}'\n");
    let carrier = match line {
        Line::Webhooks => public + &Face::Twilio.section("line", network),
        Line::LooksOnly => Face::Twilio.section("line", network),
        Line::Simulated => Face::Twilio.section("line", network).replace("'twilio'", "'simulated'"),
        Line::On(face) => public + &face.section("line", network),
    };
    let mut whole = Table::new();
    for part in [&usual, &carrier, settings] {
        lay_over(&mut whole, part.parse().unwrap_or_else(|error| panic!("{error}: {part}")));
    }
    whole.to_string()
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
