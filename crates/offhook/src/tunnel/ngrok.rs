//! Whether ngrok runs on this machine and leads to the gateway: its agent tells by an API of its own.
//!
//! Source: <https://ngrok.com/docs/agent/api>, `GET /api/tunnels`.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use url::Url;

#[derive(Debug, Deserialize)]
struct Tunnels {
    tunnels: Vec<Tunnel>,
}

#[derive(Debug, Deserialize)]
struct Tunnel {
    public_url: String,
    config: Config,
}

#[derive(Debug, Deserialize)]
struct Config {
    addr: String,
}

/// What an agent of ngrok's says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ngrok {
    /// None answers.
    Away,
    /// It leads here.
    Leads(String),
    /// It runs, and leads elsewhere: to these addresses.
    Elsewhere(Vec<String>),
}

/// Asks the agent at `api`, such as `http://127.0.0.1:4040`.
pub(super) async fn ask(api: &str, listen: SocketAddr) -> Ngrok {
    match tokio::time::timeout(WITHIN, page(api)).await {
        Ok(Some(page)) => read(&page, listen),
        Ok(None) | Err(_) => Ngrok::Away,
    }
}

async fn page(api: &str) -> Option<Bytes> {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let url = format!("{}/api/tunnels", api.trim_end_matches('/'));
    let request = Request::get(url).header("accept", "application/json").body(Empty::new()).ok()?;
    let reply = client.request(request).await.ok().filter(|reply| reply.status().is_success())?;
    Some(Limited::new(reply.into_body(), LENGTH_MAX).collect().await.ok()?.to_bytes())
}

/// What its answer says of the gateway that listens there.
fn read(page: &[u8], listen: SocketAddr) -> Ngrok {
    let Ok(Tunnels { tunnels }) = serde_json::from_slice(page) else { return Ngrok::Away };
    let is_public = |tunnel: &&Tunnel| tunnel.public_url.starts_with("https://");
    if let Some(ours) = tunnels.iter().filter(is_public).find(|tunnel| leads(&tunnel.config.addr, listen)) {
        return Ngrok::Leads(ours.public_url.clone());
    }
    match tunnels.is_empty() {
        true => Ngrok::Away,
        false => Ngrok::Elsewhere(tunnels.into_iter().map(|tunnel| tunnel.config.addr).collect()),
    }
}

/// Whether what is forwarded to `addr`, such as `http://localhost:4060`, arrives at `listen`.
fn leads(addr: &str, listen: SocketAddr) -> bool {
    let whole = if addr.contains("://") { addr.to_owned() } else { format!("http://{addr}") };
    let Ok(url) = Url::parse(&whole) else { return false };
    let is_here = match url.host_str().unwrap_or_default().trim_matches(['[', ']']) {
        "localhost" => listen.ip().is_loopback() || listen.ip().is_unspecified(),
        host => host.parse().is_ok_and(|ip: std::net::IpAddr| {
            ip == listen.ip() || (listen.ip().is_unspecified() && ip.is_loopback())
        }),
    };
    is_here && url.port_or_known_default() == Some(listen.port())
}

/// It is on this machine, and answers at once or not at all.
const WITHIN: Duration = Duration::from_secs(2);
/// A tunnel is some hundred bytes.
const LENGTH_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::{Ngrok, leads, read};

    #[test]
    fn a_tunnel_is_ours_where_it_leads_to_where_we_listen() {
        let listen = "127.0.0.1:4060".parse().expect("is an address");
        for (addr, expected) in [
            ("http://localhost:4060", true),
            ("localhost:4060", true),
            ("http://127.0.0.1:4060", true),
            ("http://127.0.0.1:80", false),
            ("http://10.0.0.1:4060", false),
            ("https://localhost", false),
            ("", false),
        ] {
            assert_eq!(leads(addr, listen), expected, "{addr}");
        }
        let everywhere = "0.0.0.0:4060".parse().expect("is an address");
        assert!(leads("http://localhost:4060", everywhere) && leads("127.0.0.1:4060", everywhere));
    }

    #[test]
    fn what_the_agent_says_is_read() {
        let listen = "127.0.0.1:4060".parse().expect("is an address");
        let tunnel = |url: &str, addr: &str| {
            format!(
                r#"{{"name":"a","public_url":"{url}","proto":"https","config":{{"addr":"{addr}","inspect":true}}}}"#
            )
        };
        let of =
            |tunnels: &[String]| format!(r#"{{"tunnels":[{}],"uri":"/api/tunnels"}}"#, tunnels.join(","));
        let ours = tunnel("https://a.ngrok.app", "http://localhost:4060");
        let plain = tunnel("tcp://1.tcp.ngrok.io:1", "localhost:4060");
        let other = tunnel("https://b.ngrok.app", "http://localhost:80");
        for (page, expected) in [
            (of(&[other.clone(), ours]), Ngrok::Leads("https://a.ngrok.app".to_owned())),
            (of(&[other]), Ngrok::Elsewhere(vec!["http://localhost:80".to_owned()])),
            (of(&[plain]), Ngrok::Elsewhere(vec!["localhost:4060".to_owned()])),
            (of(&[]), Ngrok::Away),
            ("<html>".to_owned(), Ngrok::Away),
        ] {
            assert_eq!(read(page.as_bytes(), listen), expected, "{page}");
        }
    }
}
