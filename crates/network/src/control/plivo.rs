//! The part of the control interface that is Plivo's own: numbers, and how often everything was
//! hung up at once.

use http::Method;
use serde_json::json;

use super::{Answer, read, refuse};
use crate::network::Network;
use crate::settings::Application;
use crate::wire::{WireRequest, WireResponse};

pub(super) fn respond(network: &mut Network, request: &WireRequest, rest: &[&str]) -> Answer {
    match (&request.method, rest) {
        (&Method::GET, ["account_hangups"]) => {
            let n_hangups = network.plivo.account_hangups;
            Ok(WireResponse::json(200, &json!({ "account_hangups": n_hangups })))
        }
        (_, ["numbers", number]) => numbers(network, request, number),
        _ => refuse(404, "there is nothing at this path"),
    }
}

fn numbers(network: &mut Network, request: &WireRequest, number: &str) -> Answer {
    let numbers = &mut network.plivo.account.numbers;
    match request.method {
        Method::GET => match numbers.get(number) {
            Some(application) => Ok(WireResponse::json(200, application)),
            None => refuse(404, format!("{number} is none of the customer's numbers")),
        },
        Method::PUT => {
            let application: Application = read(request)?;
            numbers.insert(number.to_owned(), application.clone());
            Ok(WireResponse::json(200, &application))
        }
        _ => refuse(405, "there is no such request"),
    }
}
