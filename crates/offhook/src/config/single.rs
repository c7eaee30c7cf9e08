//! One value alone, read as the whole configuration would read it: for whoever asks a person for it
//! before there is a file.

use super::faults::Origin;
use super::section::Rejected;
use super::tree::{Node, Value};
use super::values;

/// Whether this can be `public_url`; what is wrong with it if not.
pub(crate) fn public_url(text: &str) -> Result<String, String> {
    told(values::base_url(&node(text))).map(|url| url.as_str().to_owned())
}

/// Whether this can be a number of one's own.
pub(crate) fn own_number(text: &str) -> Result<String, String> {
    if !values::is_e164(text) {
        return Err("is no telephone number; write + and 7 to 15 digits, such as +15550100000".to_owned());
    }
    text.parse::<call::PhoneNumber>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Whether this can be said on a line.
pub(crate) fn spoken(text: &str) -> Result<String, String> {
    told(values::spoken(&node(text)))
}

/// Whether this is a text at all.
pub(crate) fn text(text: &str) -> Result<String, String> {
    told(values::text(&node(text)))
}

/// Whether this is a public key of Telnyx's.
pub(crate) fn telnyx_key(text: &str) -> Result<String, String> {
    told(super::carriers::key(&node(text))).map(|key| key.written)
}

fn node(text: &str) -> Node {
    Node { value: Value::Text(text.to_owned()), origin: Origin::Default }
}

fn told<T>(read: Result<T, Rejected>) -> Result<T, String> {
    read.map_err(Rejected::into_why)
}
