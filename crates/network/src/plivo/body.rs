//! The JSON body of a request, read key by key with Plivo's own complaints.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use url::Url;

use super::call::Hook;
use super::error::ApiError;

/// A body that is a JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// Reads a body; an empty one, and `null`, have no keys.
    pub(crate) fn read(raw: &[u8]) -> Result<Body, ApiError> {
        if raw.iter().all(u8::is_ascii_whitespace) {
            return Ok(Body::default());
        }
        match serde_json::from_slice(raw) {
            Ok(Value::Object(keys)) => Ok(Body(keys)),
            Ok(Value::Null) => Ok(Body::default()),
            Ok(_) | Err(_) => Err(ApiError::bad("the request body is no JSON object")),
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The text under a key, numbers and booleans written out; an empty one counts as none.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let text = match self.0.get(key)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The text that must be under a key.
    pub(crate) fn needed(&self, key: &str) -> Result<String, ApiError> {
        self.text(key).ok_or_else(|| ApiError::missing(key))
    }

    /// One of these words under a key.
    pub(crate) fn word(&self, key: &str, words: &[&'static str]) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let word = words.iter().find(|word| word.eq_ignore_ascii_case(&text));
        word.map(|word| Some(*word)).ok_or_else(|| ApiError::invalid(key))
    }

    /// The whole number under a key, which must lie in the range.
    pub(crate) fn number(&self, key: &str, range: &RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| ApiError::invalid(key))
    }

    /// A URL under one key, with its method under another.
    pub(crate) fn hook(&self, url_key: &str, method_key: &str) -> Result<Option<Hook>, ApiError> {
        let method = self.word(method_key, &["GET", "POST"])?.unwrap_or("POST");
        let Some(url) = self.text(url_key) else { return Ok(None) };
        if is_url(&url, &["http", "https"]) {
            Ok(Some(Hook::new(&url, method)))
        } else {
            Err(ApiError::invalid(url_key))
        }
    }
}

/// Whether a text is an absolute URL.
pub(crate) fn is_url(text: &str, schemes: &[&str]) -> bool {
    Url::parse(text).is_ok_and(|url| url.has_host() && schemes.contains(&url.scheme()))
}

/// A number in E.164, which Plivo takes with and without its plus.
pub(crate) fn number(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches('+');
    let is_plausible = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plausible.then(|| format!("+{digits}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_numbers_and_as_texts() {
        let body = Body::read(br#"{"a":60,"b":"60","c":"x","d":null,"e":""}"#).unwrap();
        assert_eq!(body.number("a", &(0..=100)), Ok(Some(60)));
        assert_eq!(body.number("b", &(0..=100)), Ok(Some(60)));
        assert!(body.number("c", &(0..=100)).is_err());
        assert!(body.number("a", &(0..=10)).is_err());
        assert_eq!((body.text("d"), body.text("e"), body.text("f")), (None, None, None));
        assert!(Body::read(b"[]").is_err());
        assert_eq!(Body::read(b"null"), Ok(Body::default()));
    }

    #[test]
    fn a_plus_may_be_left_out() {
        for (text, expected) in [
            ("+15555550006", Some("+15555550006")),
            ("15555550006", Some("+15555550006")),
            ("sip:a@b", None),
            ("1 555 5555", None),
            ("", None),
        ] {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }
}
