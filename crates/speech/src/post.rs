//! Requests by POST, and what may stand in their addresses and headers.

use serde::Serialize;
use std::fmt;

/// A request by POST: where, and with what. Its debug form tells neither a key nor what is said.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    /// Where under the vendor's base address, with its query; without a slash before it.
    pub path: String,
    /// Names in lower case, and values that may stand in a header.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
}

impl Post {
    /// One whose body is JSON.
    pub(crate) fn json(path: String, key: Option<(String, String)>, body: &impl Serialize) -> Post {
        let body = serde_json::to_vec(body).expect("settings and texts are always JSON");
        Post { path, headers: with_key("application/json", key), body }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "Post({}, {names:?}, {} bytes)", self.path, self.body.len())
    }
}

/// The headers of a request: of what type its body is, and by whose key it comes.
pub(crate) fn with_key(content_type: &str, key: Option<(String, String)>) -> Vec<(String, String)> {
    [header("content-type", content_type)].into_iter().chain(key).collect()
}

/// A header whose value may stand there: what is neither a visible letter of ASCII nor a space is left
/// out, like the line's end that a file of a key has.
pub(crate) fn header(name: &str, value: &str) -> (String, String) {
    let value: String = value.chars().filter(|letter| matches!(letter, ' '..='~')).collect();
    (name.to_owned(), value.trim().to_owned())
}

/// A path with its query, whose values are encoded.
pub(crate) fn address<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut address = path.to_owned();
    for (name, value) in query {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        address.push_str(&encoded(value));
    }
    address
}

/// A value as a part of an address: all but RFC 3986's unreserved letters are written as `%` and their
/// bytes.
pub(crate) fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_more_than_a_part_of_an_address() {
        assert_eq!(encoded("aura-2_thalia.en~"), "aura-2_thalia.en~");
        assert_eq!(encoded("../a b&c=d?e#f%"), "..%2Fa%20b%26c%3Dd%3Fe%23f%25");
        assert_eq!(encoded("Zoë"), "Zo%C3%AB");
        assert_eq!(address("v1/listen", [("a", "1"), ("b", "&")]), "v1/listen?a=1&b=%26");
        assert_eq!(address("v1/listen", []), "v1/listen");
    }

    #[test]
    fn a_key_cannot_add_a_header() {
        let (_, value) = header("authorization", "Bearer sk-1\r\nx-evil: ë1\n");
        assert_eq!(value, "Bearer sk-1x-evil: 1");
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = header("authorization", "Bearer secret");
        let post = Post::json("v1/speak".to_owned(), Some(key), &"my number is");
        let shown = format!("{post:?}");
        assert_eq!(shown, r#"Post(v1/speak, ["content-type", "authorization"], 14 bytes)"#);
    }
}
