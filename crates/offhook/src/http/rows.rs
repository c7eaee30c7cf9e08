//! What each page of the API asks of a token: one row for each, and what has no row is not there.

use axum::http::Method;
use call::access::Scope;

/// A page.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: &'static str,
    /// As it is routed, without what stands before it.
    pub(crate) path: &'static str,
    /// The scope that a token must have.
    pub(crate) scope: Scope,
    /// Whose calls it shows or touches.
    pub(crate) whose: Whose,
    /// The word for it in the audit.
    pub(crate) verb: &'static str,
}

/// Whose calls a page shows or touches, for tokens that have only their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of nobody.
    Nobodys,
    /// That of its path.
    OfPath,
    /// Those that it is asked for, which it looks to itself.
    OfCaller,
    /// Those of everybody.
    Everybodys,
}

impl Row {
    /// Whether it is put on record that it was asked for: it changes something, or somebody listens in.
    pub(crate) fn is_noted(&self) -> bool {
        self.method != "GET" || self.scope == Scope::Listen
    }
}

/// What a request finds.
pub(crate) enum Found {
    /// This page.
    Row(&'static Row),
    /// A page that isn't taken by this method.
    OtherMethod,
    /// Nothing.
    Nothing,
}

/// The row of a request, by the path that was matched.
pub(crate) fn find(method: &Method, matched: Option<&str>) -> Found {
    let Some(path) = matched.map(after_prefix) else { return Found::Nothing };
    // Whoever asks for the head of a page asks for the page.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut found = Found::Nothing;
    for row in ROWS.iter().filter(|row| row.path == path) {
        if row.method == method {
            return Found::Row(row);
        }
        found = Found::OtherMethod;
    }
    found
}

/// A page is found under the path of the public address too.
fn after_prefix(matched: &str) -> &str {
    match matched.rfind("/v1/") {
        Some(at) => &matched[at + 3..],
        None if matched.ends_with("/metrics") => "/metrics",
        None => matched,
    }
}

const fn row(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    whose: Whose,
    verb: &'static str,
) -> Row {
    Row { method, path, scope, whose, verb }
}

use Scope::{Admin, Control, Gate, Listen, Place, Read};
use Whose::{Everybodys, Nobodys, OfCaller, OfPath};

/// All pages that ask for a token.
pub(crate) const ROWS: &[Row] = &[
    row("GET", "/calls", Read, OfCaller, "list"),
    row("POST", "/calls", Place, OfCaller, "place"),
    row("GET", "/calls/{id}", Read, OfPath, "show"),
    row("GET", "/calls/{id}/events", Read, OfPath, "events"),
    row("GET", "/calls/{id}/transcript", Read, OfPath, "transcript"),
    row("GET", "/calls/{id}/recording", Read, OfPath, "recording"),
    row("DELETE", "/calls/{id}/recording", Admin, OfPath, "recording_delete"),
    row("GET", "/calls/{id}/sound", Listen, OfPath, "listen"),
    row("POST", "/calls/{id}/hangup", Control, OfPath, "hang_up"),
    row("POST", "/calls/{id}/say", Control, OfPath, "say"),
    row("POST", "/calls/{id}/ask", Control, OfPath, "ask"),
    row("POST", "/calls/{id}/digits", Control, OfPath, "digits"),
    row("POST", "/calls/{id}/transfer", Control, OfPath, "transfer"),
    row("POST", "/calls/{id}/play", Control, OfPath, "play"),
    row("POST", "/calls/{id}/stream", Control, OfPath, "stream"),
    row("POST", "/calls/{id}/stop", Control, OfPath, "stop"),
    row("GET", "/calls/{id}/commands/{command}", Read, OfPath, "command"),
    row("GET", "/events", Read, OfCaller, "follow"),
    row("GET", "/levels", Read, OfCaller, "levels"),
    row("GET", "/notices", Read, Everybodys, "notices"),
    row("POST", "/notices/{name}/replay", Admin, Nobodys, "notices_replay"),
    row("GET", "/recovery", Read, Everybodys, "recovery"),
    row("GET", "/latency", Read, Everybodys, "latency"),
    row("GET", "/figures", Read, Everybodys, "figures"),
    row("GET", "/network", Read, Nobodys, "network"),
    row("GET", "/network/calls/{id}", Read, OfPath, "network_truth"),
    row("GET", "/pause", Read, Nobodys, "paused"),
    row("POST", "/pause", Gate, Nobodys, "pause"),
    row("POST", "/resume", Gate, Nobodys, "resume"),
    row("POST", "/reload", Admin, Nobodys, "reload"),
    row("GET", "/drain", Read, Nobodys, "draining"),
    row("POST", "/drain", Admin, Nobodys, "drain"),
    row("DELETE", "/drain", Admin, Nobodys, "drain_cancel"),
    row("GET", "/dnc", Read, Everybodys, "dnc_list"),
    row("POST", "/dnc", Gate, Nobodys, "dnc_add"),
    row("DELETE", "/dnc/{number}", Gate, Nobodys, "dnc_remove"),
    row("POST", "/dnc/import", Gate, Nobodys, "dnc_import"),
    row("GET", "/gate/audit", Read, Everybodys, "gate_audit"),
    row("POST", "/import", Admin, Everybodys, "import"),
    row("GET", "/tokens", Admin, Nobodys, "token_list"),
    row("POST", "/tokens", Admin, Nobodys, "token_add"),
    row("DELETE", "/tokens/{name}", Admin, Nobodys, "token_remove"),
    row("POST", "/tokens/{name}/rotate", Admin, Nobodys, "token_rotate"),
    row("GET", "/access/audit", Admin, Everybodys, "access_audit"),
    row("GET", "/metrics", Read, Nobodys, "metrics"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The pages that ask for a token, as they are routed.
    fn routed() -> BTreeSet<(String, String)> {
        let source = include_str!("../http.rs");
        let router = source.split("fn router(").nth(1).expect("the router is where it was");
        let mut pages = BTreeSet::new();
        for route in router.split(".route(").skip(1) {
            let path = route.split('"').nth(1).expect("a route begins with its path");
            let open = ["/webhooks/", "/streams/", "/healthz", "/readyz", "/openapi.json"];
            if open.iter().any(|open| path.starts_with(open)) {
                continue;
            }
            let taken = route.split(".route").next().unwrap_or_default();
            let before = pages.len();
            for method in ["get", "post", "put", "patch", "delete", "any"] {
                let named = |at: usize| taken[..at].chars().next_back().is_some_and(|c| " .\n(".contains(c));
                if taken.match_indices(&format!("{method}(")).any(|(at, _)| named(at)) {
                    pages.insert((method.to_uppercase(), path.to_owned()));
                }
            }
            assert!(pages.len() > before, "no method is read off {path}");
        }
        pages
    }

    #[test]
    fn every_page_has_its_row_and_every_row_its_page() {
        let rows: BTreeSet<(String, String)> =
            ROWS.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
        assert_eq!(rows.len(), ROWS.len(), "a page has two rows");
        assert_eq!(rows, routed());
        let verbs: BTreeSet<&str> = ROWS.iter().map(|row| row.verb).collect();
        assert_eq!(verbs.len(), ROWS.len(), "two pages have one word");
    }

    #[test]
    fn what_touches_one_call_is_held_to_its_owner() {
        for row in ROWS {
            assert_eq!(row.path.contains("/calls/{id}"), row.whose == Whose::OfPath, "{row:?}");
        }
    }

    #[test]
    fn a_page_is_found_wherever_it_is_nested() {
        let found = |method: Method, path: &str| match find(&method, Some(path)) {
            Found::Row(row) => row.verb,
            Found::OtherMethod => "other method",
            Found::Nothing => "nothing",
        };
        assert_eq!(found(Method::GET, "/v1/calls/{id}"), "show");
        assert_eq!(found(Method::HEAD, "/a/v1/v1/calls"), "list");
        assert_eq!(found(Method::DELETE, "/v1/calls"), "other method");
        assert_eq!(found(Method::GET, "/v1/unheard-of"), "nothing");
        assert_eq!(found(Method::GET, "/base/metrics"), "metrics");
    }
}
