//! The gateway's HTTP: its API for programs, the carriers' webhooks, and its health. It says the
//! verbs of [`engine::Calls`] and knows nothing of how they are done.

mod api;
mod audit;
mod auth;
mod book;
mod caller;
mod commands;
mod decided;
mod drain;
mod feed;
mod figures;
mod gate;
mod health;
mod latency;
mod list;
mod mcp;
mod metrics;
mod network;
mod notices;
mod openapi;
mod pace;
mod problem;
mod reading;
mod recording;
mod reload;
mod request_id;
mod rows;
mod sound;
mod stop;
mod story;
mod streams;
mod tokens;
mod transcript;
mod view;
mod webhooks;

use crate::serve::notices::Notices;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, delete, get, post};
use engine::Calls;
use std::sync::Arc;
use tokio::sync::watch;

pub(crate) use book::Book;
pub(crate) use decided::lines as event_lines;
pub(crate) use pace::Rate;
pub(crate) use problem::{Problem, no_such_page};
pub(crate) use reload::{Asked, ReloadError, Reloaded, Reloads};
#[cfg(test)]
pub(crate) use rows::ROWS;
pub(crate) use view::{CallView, command as command_view, recovered, rfc3339};

/// What every page needs.
#[derive(Clone)]
pub(crate) struct Pages {
    /// The gateway.
    pub(crate) calls: Calls,
    /// The address that carriers were told to call: scheme, host, and a path before ours if any.
    pub(crate) public_url: Arc<str>,
    /// What a reload may change.
    pub(crate) terms: watch::Receiver<Arc<Terms>>,
    /// Has the configuration read anew.
    pub(crate) reloads: Reloads,
    /// Becomes true when the gateway is about to stop: whoever listens without an end is let go.
    pub(crate) closing: watch::Receiver<bool>,
    /// Tells others of calls.
    pub(crate) notices: Notices,
    /// The tokens that are good.
    pub(crate) book: Arc<Book>,
}

/// What the configuration in force says of the pages.
pub(crate) struct Terms {
    /// The owner's bearer token.
    pub(crate) token: String,
    /// How fast each token may be used; without it as fast as anybody likes.
    pub(crate) rate: Option<Rate>,
    /// Whether the metrics are shown without a token.
    pub(crate) open_metrics: bool,
    /// Finds the carrier of an imported call.
    pub(crate) import: crate::import::Mapping,
    /// The carriers on the simulated network, and where each finds it.
    pub(crate) networks: Vec<(String, String)>,
}

impl Pages {
    /// What the configuration in force says.
    fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms.borrow())
    }
}

/// All pages.
pub(crate) fn router(pages: Pages) -> Router {
    let api = Router::new()
        .route("/calls", get(list::list).post(api::place))
        .route("/calls/{id}", get(api::get))
        .route("/calls/{id}/events", get(api::events))
        .route("/calls/{id}/transcript", get(transcript::get))
        .route("/calls/{id}/recording", get(recording::get).delete(recording::delete))
        .route("/calls/{id}/sound", get(sound::listen))
        .route("/calls/{id}/hangup", post(api::hang_up))
        .route("/calls/{id}/say", post(commands::say))
        .route("/calls/{id}/ask", post(commands::ask))
        .route("/calls/{id}/digits", post(commands::digits))
        .route("/calls/{id}/transfer", post(commands::transfer))
        .route("/calls/{id}/play", post(commands::play))
        .route("/calls/{id}/stream", post(commands::stream))
        .route("/calls/{id}/stop", post(stop::stop))
        .route("/calls/{id}/commands/{command}", get(commands::get))
        .route("/events", get(feed::follow))
        .route("/levels", get(sound::levels))
        .route("/recovery", get(api::recovery))
        .route("/latency", get(latency::get))
        .route("/notices", get(notices::list))
        .route("/notices/{name}/replay", post(notices::replay))
        .route("/figures", get(figures::get))
        .route("/network", get(network::people))
        .route("/network/calls/{id}", get(network::truth))
        .route("/pause", get(api::paused).post(api::pause))
        .route("/resume", post(api::resume))
        .route("/reload", post(reload::reload))
        .route("/drain", get(drain::get).post(drain::begin).delete(drain::cancel))
        .route("/dnc", get(gate::list).post(gate::add))
        .route("/dnc/{number}", delete(gate::remove))
        .route("/dnc/import", post(gate::import).layer(DefaultBodyLimit::max(IMPORT_MAX)))
        .route("/gate/audit", get(gate::audit))
        .route("/tokens", get(tokens::list).post(tokens::add))
        .route("/tokens/{name}", delete(tokens::remove))
        .route("/tokens/{name}/rotate", post(tokens::rotate))
        .route("/access/audit", get(audit::list))
        .route("/import", post(api::import).layer(DefaultBodyLimit::max(IMPORT_MAX)))
        .method_not_allowed_fallback(problem::wrong_method)
        .fallback(problem::no_such_page)
        .layer(middleware::from_fn_with_state(pages.clone(), auth::check));
    let metrics = Router::new()
        .route("/metrics", get(metrics::metrics))
        .route_layer(middleware::from_fn_with_state(pages.clone(), auth::check_metrics));
    let all = Router::new()
        .nest("/v1", api.clone())
        .merge(metrics)
        .merge(mcp::face(&pages, api))
        .merge(crate::page::router())
        .route("/webhooks/{carrier}/{*rest}", any(webhooks::hear))
        .route("/streams/{ticket}", get(streams::attach))
        .route("/openapi.json", get(openapi::get))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .method_not_allowed_fallback(problem::wrong_method)
        .fallback(problem::no_such_page)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::map_response(problem::too_large))
        .layer(middleware::from_fn(request_id::name));
    // A proxy may hand on the path of the public address or cut it off: both arrive.
    let prefix = path_of(&pages.public_url).to_owned();
    let all = if prefix.is_empty() {
        all
    } else {
        all.clone().nest(&prefix, all).merge(crate::page::below(&prefix))
    };
    all.with_state(pages)
}

/// The path of an address, without a slash at its end; empty for none.
pub(crate) fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    match url[after_scheme..].find('/') {
        Some(at) => url[after_scheme + at..].trim_end_matches('/'),
        None => "",
    }
}

/// No webhook or request of ours is larger: a carrier's form has some two kilobytes.
const BODY_MAX: usize = 256 * 1024;
/// A `calls.jsonl` of 100,000 calls with short transcripts.
const IMPORT_MAX: usize = 256 * 1024 * 1024;

#[cfg(test)]
mod tests;
