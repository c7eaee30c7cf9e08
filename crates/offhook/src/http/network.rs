//! `/v1/network`: the simulated network as whoever looks at the page may see it, who has no way to
//! the network itself.

use super::{Pages, Problem, api};
use crate::sim::Control;
use axum::Json;
use axum::extract::Path;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The carriers on the simulated network.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Networks {
    networks: Vec<NetworkView>,
}

/// Who is on the simulated network as one carrier has it.
#[derive(Serialize, JsonSchema)]
struct NetworkView {
    carrier: String,
    /// Whether it could be asked.
    up: bool,
    /// Why not.
    why: Option<String>,
    people: Vec<Person>,
}

/// Somebody on the simulated network.
#[derive(Serialize, JsonSchema)]
struct Person {
    number: String,
    /// How they behave, in the network's own words.
    subscriber: Value,
}

/// What really happened on the line of a call.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Truth {
    call: String,
    /// In the network's own words; `null` where the simulated network doesn't carry it, or forgot it.
    truth: Option<Value>,
}

/// `GET /v1/network`: who is there, and how they behave.
pub(crate) async fn people(pages: Pages) -> Json<Networks> {
    let mut networks = Vec::new();
    for (carrier, url) in &pages.terms().networks {
        let (why, people) = match ask_people(url).await {
            Ok(people) => (None, people),
            Err(error) => (Some(format!("{error:#}")), Vec::new()),
        };
        networks.push(NetworkView { carrier: carrier.clone(), up: why.is_none(), why, people });
    }
    Json(Networks { networks })
}

/// `GET /v1/network/calls/{id}`: what really happened on the line of a call, where the simulated
/// network carries it; of any other, nobody knows.
pub(crate) async fn truth(pages: Pages, Path(id): Path<String>) -> Result<Json<Truth>, Problem> {
    let id = api::call_id(&id)?;
    let call = pages.calls.get(id).await?.ok_or_else(|| api::no_such_call(id))?.call;
    let terms = pages.terms();
    let here = terms.networks.iter().find(|(name, _)| name == call.facts.carrier.as_str());
    let (Some((_, url)), Some(leg)) = (here, call.leg()) else {
        return Ok(Json(Truth { call: id.to_string(), truth: None }));
    };
    // It keeps all in memory: of a network that was started anew, the call is unknown.
    let truth = match Control::new(url) {
        Ok(control) => control.get(&["network", "calls", leg.as_str()]).await.ok(),
        Err(_) => None,
    };
    Ok(Json(Truth { call: id.to_string(), truth }))
}

async fn ask_people(url: &str) -> anyhow::Result<Vec<Person>> {
    let control = Control::new(url)?;
    let mut people = Vec::new();
    for digits in PEOPLE {
        let number = format!("{PREFIX}{digits}");
        let subscriber = control.get(&["network", "subscribers", &number]).await?;
        people.push(Person { number, subscriber });
    }
    Ok(people)
}

/// Numbers that belong to nobody: 555 and 01 are kept for stories.
const PREFIX: &str = "+1555010";
/// The last digits that mean something, and one that doesn't: `docs/simulated-network.md`.
const PEOPLE: [&str; 13] =
    ["0042", "0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012"];
