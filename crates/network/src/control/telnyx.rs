//! The part of the control interface that is Telnyx's own: numbers, connections, and the key.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, read, refuse};
use crate::network::Network;
use crate::settings::Connection;
use crate::wire::{WireRequest, WireResponse};

/// What a number of the customer's is mapped to.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Mapped {
    connection_id: String,
}

pub(super) fn respond(network: &mut Network, request: &WireRequest, rest: &[&str]) -> Answer {
    match (&request.method, rest) {
        (&Method::GET, ["public_key"]) => {
            Ok(WireResponse::json(200, &json!({ "public_key": network.telnyx.public_key() })))
        }
        (_, ["numbers", number]) => numbers(network, request, number),
        (_, ["connections", id]) => connections(network, request, id),
        _ => refuse(404, "there is nothing at this path"),
    }
}

fn numbers(network: &mut Network, request: &WireRequest, number: &str) -> Answer {
    let account = &mut network.telnyx.account;
    match request.method {
        Method::GET => match account.numbers.get(number) {
            Some(id) => Ok(WireResponse::json(200, &Mapped { connection_id: id.clone() })),
            None => refuse(404, format!("{number} is none of the customer's numbers")),
        },
        Method::PUT => {
            let mapped: Mapped = read(request)?;
            if !account.connections.contains_key(&mapped.connection_id) {
                return refuse(400, format!("there is no connection {}", mapped.connection_id));
            }
            account.numbers.insert(number.to_owned(), mapped.connection_id.clone());
            Ok(WireResponse::json(200, &mapped))
        }
        _ => refuse(405, "there is no such request"),
    }
}

fn connections(network: &mut Network, request: &WireRequest, id: &str) -> Answer {
    let connections = &mut network.telnyx.account.connections;
    match request.method {
        Method::GET => match connections.get(id) {
            Some(connection) => Ok(WireResponse::json(200, connection)),
            None => refuse(404, format!("there is no connection {id}")),
        },
        Method::PUT => {
            let connection: Connection = read(request)?;
            connections.insert(id.to_owned(), connection.clone());
            Ok(WireResponse::json(200, &connection))
        }
        _ => refuse(405, "there is no such request"),
    }
}
