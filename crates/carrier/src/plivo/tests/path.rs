//! Addresses: one call is one segment of a path, or it isn't asked about.

use super::*;
use crate::plivo::path::Name;
use crate::samples::performance;
use call::call::{CommandReply, HangUpReply, Performance, Sighting, Verb};
use proptest::prelude::*;

/// Names that somebody on the way could read as none, as another one, or as two.
const HOSTILE: [&str; 22] = [
    ".",
    "..",
    "...",
    "/",
    "//",
    "a/b",
    "a/",
    "/a",
    "?",
    "a?status=live",
    "#",
    "a#b",
    "%2F",
    "%2e",
    "%2e%2e",
    "%00",
    "a%20b",
    "\\",
    "..\\",
    ";",
    "a;b",
    "@evil.example",
];

fn saying() -> Performance {
    performance(Verb::Say { text: "Hello".to_owned() })
}

/// All requests that a leg's exchanges write while everything is answered with 404.
fn written(leg: &Leg) -> Vec<Request> {
    let mut requests = Vec::new();
    let plivo = plivo();
    let mut replies = Vec::new();
    while let Next::Ask(request) = plivo.look_up(leg, &replies) {
        requests.push(request);
        replies.push(not_found());
    }
    replies.clear();
    while let Next::Ask(request) = plivo.hang_up(leg, &replies) {
        requests.push(request);
        replies.push(not_found());
    }
    replies.clear();
    while let Next::Ask(request) = plivo.perform(leg, &saying(), &replies) {
        requests.push(request);
        replies.push(not_found());
    }
    requests
}

/// Holds that a request can only be about the account's calls, and, where it changes anything, about
/// one that is named.
fn assert_harmless(request: &Request) {
    let uri: http::Uri = request.url.parse().unwrap();
    assert_eq!((uri.scheme_str(), uri.host()), (Some("https"), Some("api.plivo.com")), "{}", request.url);
    let segments: Vec<&str> = uri.path().split('/').collect();
    assert_eq!(&segments[..4], ["", "v1", "Account", ACCOUNT], "{}", request.url);
    let is_name = |text: &&str| Name::read(text).is_some();
    let fits = match (request.method.as_str(), &segments[4..]) {
        ("GET", ["Call", ""]) => true,
        ("GET" | "POST" | "DELETE", ["Call", name, ""]) | ("DELETE", ["Request", name, ""]) => is_name(name),
        _ => false,
    };
    assert!(fits, "{} {}", request.method, request.url);
}

#[test]
fn a_name_that_is_no_whole_segment_is_asked_nothing_about() {
    for text in HOSTILE {
        assert!(Name::read(text).is_none(), "{text}");
        let leg = known(&[text]);
        assert_eq!(written(&leg), [], "{text}");
        let seen = done(plivo().look_up(&leg, &[]));
        assert!(matches!(seen.sighting, Sighting::Unknown(unknown) if unknown.why == UnknownWhy::Unreadable));
        assert!(matches!(done(plivo().hang_up(&leg, &[])), HangUpReply::Failed(_)), "{text}");
        let told = done(plivo().perform(&leg, &saying(), &[]));
        assert!(matches!(told, CommandReply::Refused { .. }), "{text}");
        // A good name beside it is asked about all the same.
        assert!(!written(&known(&[text, LEG])).is_empty());
    }
    assert!(Name::read("").is_none());
    assert!(Name::read(&"a".repeat(65)).is_none());
    assert!(Name::read(LEG).is_some());
}

#[test]
fn an_account_that_is_none_is_one_segment_too() {
    let plivo = Plivo::new(PlivoConfig { auth_id: "../x?y".to_owned(), ..config() });
    let request = asked(plivo.hang_up(&known(&[LEG]), &[]));
    assert_eq!(request.url, format!("https://api.plivo.com/v1/Account/%2E%2E%2Fx%3Fy/Call/{LEG}/"));
}

proptest! {
    #[test]
    fn no_name_makes_a_request_about_all_calls(names in prop::collection::vec("[!-~]{1,64}", 1..4)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for request in written(&known(&names)) {
            assert_harmless(&request);
        }
    }

    #[test]
    fn nor_does_one_that_is_nearly_a_name(name in "[-_A-Za-z0-9./?#%\\\\]{1,12}") {
        for request in written(&known(&[&name])) {
            assert_harmless(&request);
        }
        if let Some(read) = Name::read(&name) {
            prop_assert_eq!(read.as_str(), &name);
            prop_assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        }
    }

    /// What a list names is asked about alone only if it is a name.
    #[test]
    fn nor_does_what_a_list_holds(listed: String) {
        let page = serde_json::json!({ "calls": [listed] }).to_string();
        let mut replies = vec![not_found(), not_found(), not_found(), reply(200, &page)];
        while let Next::Ask(request) = plivo().look_up(&known(&[REQUEST]), &replies) {
            assert_harmless(&request);
            replies.push(not_found());
        }
        let mut replies = vec![reply(200, &page)];
        while let Next::Ask(request) = plivo().find(&sought(), &replies) {
            assert_harmless(&request);
            replies.push(not_found());
        }
    }
}
