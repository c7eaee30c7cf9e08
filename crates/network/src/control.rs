//! The network's own interface, under `/network/`: JSON, without credentials, for whoever runs it.
//!
//! | request | does |
//! |---|---|
//! | `GET /network/health` | `{"status": "ok", "live": 3, "now": …}` |
//! | `GET /network/calls` | the truth: `{"calls": [CallTruth…]}`, the oldest first; `?live=true`, `?to=`, `?from=`. What was played to the subscriber is under `heard`, what the subscriber pressed and said under `pressed` and `spoken`, its media streams under `streams`: each with `id`, `url`, `state` (`opening`, `open`, `closed`, `failed`), `frames_sent` and `frames_received` of 20 ms, `marks`, `understood` (the words of tones that carry them), `clears` and `error`, [`StreamTruth`](crate::StreamTruth) |
//! | `GET /network/calls/{id}` | one call |
//! | `POST /network/calls` | `{"from", "to", "behaviour"?}`: a subscriber calls one of the customer's numbers; 201 with the call |
//! | `POST /network/calls/{id}/hangup` | the subscriber hangs up |
//! | `POST /network/calls/{id}/answer` | the subscriber picks up |
//! | `POST /network/calls/{id}/digits` | `{"digits": "12"}`: the subscriber presses keys |
//! | `POST /network/calls/{id}/speech` | `{"words": "seven people"}`: the subscriber says something |
//! | `POST /network/seed` | `{"count", "from", "to_base", "behaviour"?, "answered_ago_ms"?, "time_limit_s"?, "status_callback"?, "carrier"?}`: that many calls in progress at once, to `to_base` and the numbers after it; 201 with `{"sids": […]}`. Without a behaviour they last until somebody hangs up |
//! | `GET`, `PUT /network/numbers/{+E164}` | one of the customer's numbers at Twilio, [`Number`] |
//! | `GET`, `PUT /network/telnyx/numbers/{+E164}` | one at Telnyx, `{"connection_id": "…"}` |
//! | `GET`, `PUT /network/telnyx/connections/{id}` | a Call Control App at Telnyx, [`Connection`](crate::Connection) |
//! | `GET /network/telnyx/public_key` | `{"public_key": "…"}`: what Telnyx's signatures are checked with |
//! | `GET`, `PUT /network/plivo/numbers/{+E164}` | one at Plivo, [`Application`](crate::Application) |
//! | `GET /network/plivo/account_hangups` | `{"account_hangups": 0}`: how often Plivo was asked to hang up every call of the account |
//! | `PUT /network/credentials/{carrier}` | `{"token": "…"}`: from now on this alone opens the API of `twilio`, `telnyx` or `plivo`, and signs Twilio's and Plivo's webhooks |
//! | `GET`, `PUT`, `DELETE /network/subscribers/{+E164}` | how a subscriber behaves, [`Behaviour`] |
//! | `GET /network/requests` | what was asked of the carriers' APIs: `total`, `by_operation`, `by_second` (Unix seconds, the last 120 in which there was any), `unknown_parameters`, and the `last` 1,000 |
//! | `GET`, `POST`, `DELETE /network/faults`, `DELETE /network/faults/{id}` | [`Fault`]s in force |
//! | `POST /network/reset` | forgets everything |
//!
//! What can't be done is answered with a status of 4xx and `{"error": "…"}`.

mod credentials;
mod plivo;
mod telnyx;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::network::Network;
use crate::settings::Number;
use crate::wire::{WireRequest, WireResponse, unescaped};
use crate::world::{Behaviour, CallTruth, EndedBy, Established, Fault, Incoming, LegId, Stage};

const ROOT: &str = "network";

/// The most calls that can be made at once.
const SEED_MAX: u64 = 1_000_000;

/// Why a request is not carried out.
struct Refusal {
    status: u16,
    why: String,
}

type Answer = Result<WireResponse, Refusal>;

/// Whether a path belongs to the control interface.
pub(crate) fn owns(path: &str) -> bool {
    path.trim_start_matches('/').split('/').next() == Some(ROOT)
}

/// The answer where nobody owns a path.
pub(crate) fn no_such_path() -> WireResponse {
    refusal(404, "there is nothing at this path")
}

/// Carries out a request.
pub(crate) fn respond(network: &mut Network, request: &WireRequest) -> WireResponse {
    let path = request.path().trim_start_matches('/');
    let parts: Vec<String> = path.split('/').skip(1).map(unescaped).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let answer = match (&request.method, parts.as_slice()) {
        (&Method::GET, ["health"]) => Ok(health(network)),
        (&Method::POST, ["reset"]) => {
            network.reset();
            Ok(WireResponse::empty(204))
        }
        (&Method::GET, ["requests"]) => Ok(WireResponse::json(200, &network.world.journal)),
        (&Method::POST, ["seed"]) => seed(network, request),
        (_, ["calls", rest @ ..]) => calls(network, request, rest),
        (_, ["numbers", number]) => numbers(network, request, number),
        (_, ["subscribers", number]) => subscribers(network, request, number),
        (_, ["faults", rest @ ..]) => faults(network, request, rest),
        (&Method::PUT, ["credentials", carrier]) => credentials::rotate(network, request, carrier),
        (_, ["telnyx", rest @ ..]) => telnyx::respond(network, request, rest),
        (_, ["plivo", rest @ ..]) => plivo::respond(network, request, rest),
        _ => Ok(no_such_path()),
    };
    answer.unwrap_or_else(|refused| refusal(refused.status, &refused.why))
}

fn refusal(status: u16, why: &str) -> WireResponse {
    WireResponse::json(status, &json!({ "error": why }))
}

fn refuse<T>(status: u16, why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { status, why: why.into() })
}

fn read<T: DeserializeOwned>(request: &WireRequest) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body)
        .map_err(|error| Refusal { status: 400, why: format!("cannot read the body: {error}") })
}

fn health(network: &Network) -> WireResponse {
    let body = json!({ "status": "ok", "live": network.n_live(), "now": network.world.now });
    WireResponse::json(200, &body)
}

fn calls(network: &mut Network, request: &WireRequest, rest: &[&str]) -> Answer {
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(list(network, request.query())),
        (&Method::POST, []) => call_in(network, request),
        (&Method::GET, [id]) => {
            let id = leg(network, id)?;
            written(network, id, 200)
        }
        (&Method::POST, [id, verb]) => {
            let id = leg(network, id)?;
            act(network, request, id, verb)?;
            network.settle_news();
            written(network, id, 200)
        }
        _ => refuse(405, "there is no such request"),
    }
}

fn list(network: &Network, query: &str) -> WireResponse {
    let wanted: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let is = |name: &str, value: &str| {
        wanted.iter().filter(|(key, _)| key == name).all(|(_, wanted)| {
            // A plus in a query is a space to most who write one.
            wanted.trim_start() == value || wanted.trim_start() == value.trim_start_matches('+')
        })
    };
    let journal = &network.world.journal;
    let calls: Vec<CallTruth> = network
        .world
        .legs()
        .filter(|(_, leg)| {
            let live = if leg.end().is_none() { "true" } else { "false" };
            is("live", live) && is("to", &leg.to) && is("from", &leg.from)
        })
        .map(|(_, leg)| CallTruth::of(leg, journal))
        .collect();
    WireResponse::json(200, &json!({ "calls": calls }))
}

fn leg(network: &Network, id: &str) -> Result<LegId, Refusal> {
    let known = network.leg_of(id);
    known.ok_or_else(|| Refusal { status: 404, why: format!("there is no call {id}") })
}

fn written(network: &Network, id: LegId, status: u16) -> Answer {
    match network.world.leg(id) {
        Some(leg) => Ok(WireResponse::json(status, &CallTruth::of(leg, &network.world.journal))),
        None => refuse(404, "the call is forgotten"),
    }
}

fn act(network: &mut Network, request: &WireRequest, id: LegId, verb: &str) -> Result<(), Refusal> {
    let stage = network.world.leg(id).map(|leg| leg.stage);
    match (verb, stage) {
        ("hangup" | "answer" | "digits" | "speech", Some(Stage::Ended(_)) | None) => {
            refuse(409, "the call is over")
        }
        ("hangup", _) => {
            network.world.hang_up(id, EndedBy::Remote);
            Ok(())
        }
        ("answer", _) => {
            network.world.answer(id);
            Ok(())
        }
        ("digits", Some(Stage::Talking)) => {
            let Digits { digits } = read(request)?;
            network.world.press(id, digits);
            Ok(())
        }
        ("speech", Some(Stage::Talking)) => {
            let Speech { words } = read(request)?;
            network.world.speak(id, words);
            Ok(())
        }
        ("digits" | "speech", _) => refuse(409, "the call is not answered"),
        _ => refuse(404, "there is no such request"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Digits {
    digits: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallIn {
    from: String,
    to: String,
    #[serde(default)]
    behaviour: Option<Behaviour>,
}

fn call_in(network: &mut Network, request: &WireRequest) -> Answer {
    let CallIn { from, to, behaviour } = read(request)?;
    let incoming = Incoming { from, to: to.clone(), behaviour };
    let sid = if network.telnyx.account.numbers.contains_key(&to) {
        network.telnyx.call_in(&mut network.world, incoming)
    } else if network.plivo.account.numbers.contains_key(&to) {
        network.plivo.call_in(&mut network.world, incoming)
    } else {
        network.twilio.call_in(&mut network.world, incoming)
    };
    network.settle_news();
    match sid.and_then(|sid| network.leg_of(&sid)) {
        Some(id) => written(network, id, 201),
        None => refuse(
            404,
            format!(
                "{to} is none of the customer's numbers; set it with PUT /network/numbers/{to}, /network/telnyx/numbers/{to} or /network/plivo/numbers/{to}"
            ),
        ),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    count: u64,
    from: String,
    to_base: String,
    #[serde(default)]
    behaviour: Option<Behaviour>,
    #[serde(default)]
    answered_ago_ms: u64,
    #[serde(default)]
    time_limit_s: Option<u64>,
    #[serde(default)]
    status_callback: Option<String>,
    #[serde(default)]
    carrier: Carrier,
}

/// Whose calls are meant.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Carrier {
    #[default]
    Twilio,
    Telnyx,
    Plivo,
}

fn seed(network: &mut Network, request: &WireRequest) -> Answer {
    let wanted: Seed = read(request)?;
    if wanted.count > SEED_MAX {
        return refuse(400, format!("{} calls are more than {SEED_MAX}", wanted.count));
    }
    let Ok(base) = wanted.to_base.trim_start_matches('+').parse::<u64>() else {
        return refuse(400, format!("to_base is no number: {}", wanted.to_base));
    };
    let silent = Behaviour::Silent { answer_after_ms: 0 };
    let behaviour = wanted.behaviour.unwrap_or(silent);
    let mut sids = Vec::new();
    for index in 0..wanted.count {
        let call = Established {
            from: wanted.from.clone(),
            to: format!("+{}", base.saturating_add(index)),
            behaviour: Some(behaviour.clone()),
            answered_ago_ms: wanted.answered_ago_ms,
            time_limit_s: wanted.time_limit_s,
            status_callback: wanted.status_callback.clone(),
        };
        let world = &mut network.world;
        sids.extend(match wanted.carrier {
            Carrier::Twilio => network.twilio.establish(world, call),
            Carrier::Telnyx => network.telnyx.establish(world, call),
            Carrier::Plivo => network.plivo.establish(world, call),
        });
    }
    Ok(WireResponse::json(201, &json!({ "sids": sids })))
}

fn numbers(network: &mut Network, request: &WireRequest, number: &str) -> Answer {
    match request.method {
        Method::GET => match network.twilio.numbers.get(number) {
            Some(number) => Ok(WireResponse::json(200, number)),
            None => refuse(404, format!("{number} is none of the customer's numbers")),
        },
        Method::PUT => {
            let set: Number = read(request)?;
            network.twilio.numbers.insert(number.to_owned(), set.clone());
            Ok(WireResponse::json(200, &set))
        }
        _ => refuse(405, "there is no such request"),
    }
}

fn subscribers(network: &mut Network, request: &WireRequest, number: &str) -> Answer {
    match request.method {
        Method::GET => Ok(WireResponse::json(200, &network.world.behaviour_of(number))),
        Method::PUT => {
            let behaviour: Behaviour = read(request)?;
            network.world.subscribers.insert(number.to_owned(), behaviour.clone());
            Ok(WireResponse::json(200, &behaviour))
        }
        Method::DELETE => {
            network.world.subscribers.remove(number);
            Ok(WireResponse::empty(204))
        }
        _ => refuse(405, "there is no such request"),
    }
}

fn faults(network: &mut Network, request: &WireRequest, rest: &[&str]) -> Answer {
    let faults = &mut network.world.faults;
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(WireResponse::json(200, &json!({ "faults": faults.all() }))),
        (&Method::POST, []) => {
            let fault: Fault = read(request)?;
            if let Err(why) = fault.check() {
                return refuse(400, why);
            }
            Ok(WireResponse::json(201, &json!({ "id": faults.add(fault) })))
        }
        (&Method::DELETE, []) => {
            faults.clear();
            Ok(WireResponse::empty(204))
        }
        (&Method::DELETE, [id]) => {
            if id.parse().is_ok_and(|id| faults.remove(id)) {
                Ok(WireResponse::empty(204))
            } else {
                refuse(404, format!("there is no fault {id}"))
            }
        }
        _ => refuse(405, "there is no such request"),
    }
}
