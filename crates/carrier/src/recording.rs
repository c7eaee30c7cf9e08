//! What carriers record: how that begins, what there is then, and from where it may be fetched.

use crate::wire::{Operation, Request};
use call::call::CommandReply;
use http::header::AUTHORIZATION;
use http::{Method, Uri};

/// A carrier's answer to the request to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// What it said.
    pub reply: CommandReply,
    /// Its name for the recording, where it tells one.
    pub name: Option<String>,
}

/// What a carrier has of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file: this fetches it.
    File(Request),
    /// It isn't ready yet.
    NotYet,
    /// There is none, and why, in short.
    Nothing(String),
}

/// The request that fetches a file from a link that a carrier gave. It is shown our credentials only where it is
/// at the carrier's own interface.
///
/// `None` for a link that isn't `https`, unless the interface itself is plain: the simulated network is.
pub fn fetch(link: &str, own: &Request) -> Option<Request> {
    let (to, home): (Uri, Uri) = (link.parse().ok()?, own.url.parse().ok()?);
    let origin = |uri: &Uri| (uri.scheme_str().map(str::to_owned), uri.authority().map(ToString::to_string));
    let at_home = origin(&to) == origin(&home);
    let is_open = to.authority().is_none_or(|authority| authority.as_str().contains('@'));
    if is_open || !(to.scheme_str() == Some("https") || at_home) {
        return None;
    }
    let shown = |name: &str| match name {
        "user-agent" => true,
        name => at_home && name == AUTHORIZATION.as_str(),
    };
    let headers = own.headers.iter().filter(|(name, _)| shown(name)).cloned().collect();
    let (operation, url) = (Operation::Recording, link.to_owned());
    Some(Request { operation, method: Method::GET, url, headers, body: Vec::new() })
}

/// The same request where the reply said that the file is: an absolute link, under the same rule.
pub fn redirected(request: &Request, location: &str) -> Option<Request> {
    fetch(location, request)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn own(url: &str) -> Request {
        let headers = [("authorization", "Basic secret"), ("user-agent", "offhook"), ("accept", "text/json")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (operation, url) = (Operation::LookUp, url.to_owned());
        Request { operation, method: Method::GET, url, headers, body: Vec::new() }
    }

    #[test]
    fn only_the_carriers_own_interface_is_shown_our_credentials() {
        let real = own("https://api.carrier.example/v1/Calls/1");
        for (link, is_shown) in [
            ("https://api.carrier.example/v1/Recordings/1.wav", true),
            ("https://api.carrier.example:8443/1.wav", false),
            ("https://api.carrier.example.evil.example/1.wav", false),
            ("https://bucket.example/1.wav?signature=x", false),
        ] {
            let request = fetch(link, &real).unwrap();
            assert_eq!(request.headers.iter().any(|(name, _)| name == "authorization"), is_shown, "{link}");
            assert_eq!((request.url.as_str(), request.body.len()), (link, 0));
            let onwards = redirected(&request, "https://elsewhere.example/1.wav").unwrap();
            assert!(onwards.headers.iter().all(|(name, _)| name != "authorization"));
            assert_eq!(redirected(&onwards, "http://169.254.169.254/latest"), None);
        }
    }

    #[test]
    fn a_plain_link_is_followed_only_to_a_plain_interface_itself() {
        for link in [
            "http://api.carrier.example/1.wav",
            "http://127.0.0.1:4061/1.wav",
            "ftp://api.carrier.example/1.wav",
            "file:///etc/passwd",
            "/v1/Recordings/1.wav",
            "https://user@api.carrier.example/1.wav",
            "",
        ] {
            assert_eq!(fetch(link, &own("https://api.carrier.example/v1")), None, "{link}");
        }
        let simulated = own("http://127.0.0.1:4061/v1/Calls/1");
        assert!(fetch("http://127.0.0.1:4061/1.wav", &simulated).is_some());
        assert_eq!(fetch("http://127.0.0.1:4062/1.wav", &simulated), None);
    }
}
