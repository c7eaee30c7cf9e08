//! The JSON body of a request, read key by key with Telnyx's own complaints.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::Url;

use super::error::ApiError;

/// A body that is a JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// Reads a body; an empty one has no keys.
    pub(crate) fn read(raw: &[u8]) -> Result<Body, ApiError> {
        if raw.iter().all(u8::is_ascii_whitespace) {
            return Ok(Body::default());
        }
        let read = serde_json::from_slice(raw);
        read.map(Body).map_err(|_| ApiError::bad_request("The request body is no JSON object."))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value under a key, unless it is null.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// The text under a key; an empty one counts as none.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| ApiError::wrong_type(key, "string"))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// The text that must be under a key.
    pub(crate) fn needed(&self, key: &str) -> Result<&str, ApiError> {
        self.text(key)?.ok_or_else(|| ApiError::missing(key))
    }

    /// One of these words under a key.
    pub(crate) fn word(&self, key: &str, words: &[&str]) -> Result<Option<&str>, ApiError> {
        let word = self.text(key)?;
        match word {
            Some(word) if !words.contains(&word) => Err(ApiError::none_of(key, words)),
            _ => Ok(word),
        }
    }

    /// The whole number under a key, which must lie in the range.
    pub(crate) fn number(&self, key: &str, range: &RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        if !value.is_i64() && !value.is_u64() {
            return Err(ApiError::wrong_type(key, "integer"));
        }
        let number = value.as_u64().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| ApiError::outside(key, range))
    }

    /// The absolute URL under a key.
    pub(crate) fn url(&self, key: &str, schemes: &[&str]) -> Result<Option<String>, ApiError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let url = Url::parse(text).ok();
        let fits = url.is_some_and(|url| url.has_host() && schemes.contains(&url.scheme()));
        if fits { Ok(Some(text.to_owned())) } else { Err(ApiError::bad_url(key)) }
    }

    /// The phone number that must be under a key, in E.164.
    pub(crate) fn phone_number(&self, key: &str) -> Result<String, ApiError> {
        let number = self.needed(key)?;
        if is_number(number) { Ok(number.to_owned()) } else { Err(ApiError::not_a_number(key)) }
    }

    /// A client state, which must be Base64; it is kept as it is.
    pub(crate) fn client_state(&self, key: &str) -> Result<Option<String>, ApiError> {
        let Some(state) = self.text(key)? else { return Ok(None) };
        match STANDARD.decode(state) {
            Ok(_) => Ok(Some(state.to_owned())),
            Err(_) => Err(ApiError::bad_base64(key)),
        }
    }
}

/// Whether a text is a phone number in E.164.
pub(crate) fn is_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    (7..=15).contains(&digits.len()) && all_digits && !digits.starts_with('0')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_e164_with_its_plus() {
        for (text, fits) in [
            ("+15555550006", true),
            ("15555550006", false),
            ("+1 555 555 0006", false),
            ("+0155555500", false),
            ("sip:a@b", false),
        ] {
            assert_eq!(is_number(text), fits, "{text}");
        }
    }

    #[test]
    fn null_and_empty_count_as_left_out() {
        let body = Body::read(br#"{"a":null,"b":""}"#).unwrap();
        assert_eq!((body.text("a"), body.text("b"), body.text("c")), (Ok(None), Ok(None), Ok(None)));
        assert_eq!(Body::read(b" "), Ok(Body::default()));
        assert!(Body::read(b"[]").is_err());
    }
}
