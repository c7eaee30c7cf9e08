//! Servers of tools that speak MCP, the Model Context Protocol, over streamable HTTP or as a program on this
//! machine; and [`face`], the gateway's own server of tools.
//!
//! What is told of them are plain values: [`Tool`]s, and the [`Answer`] of one. The protocol is spoken by its
//! official library, which nothing outside this crate names; what it sends over HTTP is sent as all other
//! requests are, by [`carrier::send::Sender`].
//!
//! Source: <https://modelcontextprotocol.io/specification/2025-11-25> (2026-11-28).

mod connection;
mod content;
pub mod face;
mod http;
mod program;
mod server;

use carrier::Secret;
use carrier::send::Sender;
use connection::Connection;
use std::time::Duration;
use tokio::time::timeout;

pub use server::Server;

/// Where a server is.
#[derive(Clone, Debug)]
pub enum Address {
    /// There, by streamable HTTP.
    Url {
        /// Its endpoint.
        url: String,
        /// The token that it is shown, if any.
        token: Option<Secret>,
    },
    /// A program on this machine and its arguments, which is spoken with over its standard input and output.
    Command(Vec<String>),
}

/// A tool, as its server tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The server's name for it.
    pub name: String,
    /// What it is for; at most [`DESCRIPTION_MAX`] letters.
    pub description: String,
    /// What it takes, as a JSON schema; at most [`SCHEMA_MAX`] bytes.
    pub schema: String,
}

/// What came of a use of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the tool says that it failed.
    pub is_error: bool,
    /// What it says. What is no text is named.
    pub text: String,
}

/// What a server has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its tools; at most [`TOOLS_MAX`].
    pub tools: Vec<Tool>,
    /// What else it has that can't be used, and why.
    pub left_out: Vec<String>,
}

impl Address {
    /// Whether both lead to one server, which is shown the same token.
    pub fn is(&self, other: &Address) -> bool {
        match (self, other) {
            (Address::Url { url, token }, Address::Url { url: other, token: theirs }) => {
                let shown = |token: &Option<Secret>| token.as_ref().map(|token| token.expose().to_owned());
                url == other && shown(token) == shown(theirs)
            }
            (Address::Command(words), Address::Command(other)) => words == other,
            (Address::Url { .. }, Address::Command(_)) | (Address::Command(_), Address::Url { .. }) => false,
        }
    }
}

/// Connects to a server, asks for its tools, and leaves.
///
/// # Errors
/// It can't be had within this time, and why; this may quote what it answered.
pub async fn look(address: &Address, sender: &Sender, within: Duration) -> Result<Listing, String> {
    let looking = async { Connection::open(address, sender).await?.leave_with_tools().await };
    timeout(within, looking).await.unwrap_or_else(|_| Err(format!("no answer within {within:?}")))
}

/// So many tools of one server are known.
pub const TOOLS_MAX: usize = 64;
/// So many letters of a description are told.
pub const DESCRIPTION_MAX: usize = 1_000;
/// A tool whose schema has more bytes isn't known: a model reads it again at each reply.
pub const SCHEMA_MAX: usize = 8_000;
/// No message of a server is larger.
const MESSAGE_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_token_is_another_address() {
        let at = |url: &str, token: Option<&str>| Address::Url {
            url: url.to_owned(),
            token: token.map(Secret::new),
        };
        assert!(at("https://a", Some("x")).is(&at("https://a", Some("x"))));
        assert!(!at("https://a", Some("x")).is(&at("https://a", Some("y"))));
        assert!(!at("https://a", None).is(&at("https://b", None)));
        assert!(!at("a", None).is(&Address::Command(vec!["a".to_owned()])));
    }
}
