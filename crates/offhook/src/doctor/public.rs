//! Whether the public address leads to this very gateway, as far as that can be told from here.
//!
//! What answers there is known by the `instance` in its `/healthz`, which each gateway draws anew
//! when it starts. It is asked over the way that carriers come, by the sender that speaks TLS.

use std::net::ToSocketAddrs as _;
use std::time::{Duration, Instant};

use carrier::send::Sender;
use carrier::{Operation, Reply, Request, SendError};
use serde::Deserialize;
use url::Url;

use super::finding::Finding;
use super::{WITHIN, shown};
use crate::config::settings::BaseUrl;

#[derive(Deserialize)]
struct Health {
    instance: String,
}

/// Asks at the public address. `here` is the gateway that answers on this machine.
pub(super) async fn examine(sender: &Sender, url: &BaseUrl, here: Option<&str>) -> Finding {
    if !has_address(url.as_str()).await {
        return Finding::failed(
            "reach",
            format!("{url}: the name has no address, as seen from here"),
            "mend public_url, or the entry in the DNS",
        );
    }
    let request = Request {
        operation: Operation::LookUp,
        method: http::Method::GET,
        url: format!("{url}/healthz"),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        body: Vec::new(),
    };
    let since = Instant::now();
    let reply = sender.send(&request, WITHIN).await;
    judge(url.as_str(), reply, here, since.elapsed())
}

/// What a reply from the public address, or none, says.
pub(super) fn judge(
    url: &str,
    reply: Result<Reply, SendError>,
    here: Option<&str>,
    took: Duration,
) -> Finding {
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => return unanswered(url, &error),
    };
    let health: Option<Health> = serde_json::from_slice(&reply.body).ok();
    match (reply.status, health, here) {
        (200, Some(there), Some(here)) if there.instance == here => {
            Finding::ok("reach", format!("{url} leads to this gateway, in {} ms", took.as_millis()))
        }
        (200, Some(_), Some(_)) => Finding::failed(
            "reach",
            format!("{url} leads to another offhook gateway: this one hears no webhook"),
            "point the proxy or tunnel at this gateway's listen address, or stop the other gateway",
        ),
        (200, Some(_), None) => Finding::note(
            "reach",
            format!("{url} leads to a gateway; whether to yours can't be told, since none was met here"),
            "start yours, or name it with --url, and ask again",
        ),
        (200 | 500.., _, _) => elsewhere(url, reply.status),
        (300..=399, _, _) => Finding::failed(
            "reach",
            format!("{url} answers with a redirect: carriers don't follow it, or sign another address"),
            "set public_url to the address that it redirects to",
        ),
        (status, _, _) => Finding::warning(
            "reach",
            format!("{url}/healthz answers HTTP {status}: who answers can't be told"),
            "if the proxy lets only /webhooks/ through that is right; else point it at this gateway",
        ),
    }
}

fn elsewhere(url: &str, status: u16) -> Finding {
    let what = match status {
        200 => format!("{url} leads to something that is no offhook gateway, or one of another version"),
        _ => format!("{url} leads to a proxy that doesn't reach the gateway: HTTP {status}"),
    };
    let way_out = "point the proxy or tunnel at this gateway's listen address, and see that it runs";
    Finding::failed("reach", what, way_out)
}

fn unanswered(url: &str, error: &SendError) -> Finding {
    let text = shown(error);
    if text.contains("certificate") {
        return Finding::failed(
            "reach",
            format!("{url}: {text}; carriers refuse it too"),
            "get a certificate that a public authority signed for this name, with its chain",
        );
    }
    Finding::note(
        "reach",
        format!(
            "{url} is not reached from here ({text}), which proves nothing: many networks can't reach themselves"
        ),
        format!("ask from outside, with a phone off the Wi-Fi: {url}/healthz"),
    )
}

/// Whether the name stands for any address.
async fn has_address(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let Some(host) = url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned()) else {
        return false;
    };
    let port = url.port_or_known_default().unwrap_or(443);
    let asked = tokio::task::spawn_blocking(move || (host, port).to_socket_addrs());
    match tokio::time::timeout(WITHIN, asked).await {
        Ok(Ok(found)) => found.is_ok_and(|mut addresses| addresses.next().is_some()),
        _ => false,
    }
}
