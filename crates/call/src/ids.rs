//! Names of calls: ours, made before anything is sent, and the carrier's, learnt afterwards.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Our name for a call: `c_` and 26 letters of Crockford's base 32.
///
/// It is made (from a UUID version 7, so that ids sort by age) before anything is sent, and
/// travels in callback URLs, so that a carrier's first webhook can name the intent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CallId(u128);

/// A text that is no call id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no call id; one looks like c_01jd3v6p9nf4q8s0t2x5z7a9bc")]
pub struct NoCallId(String);

impl CallId {
    /// Names a call by 128 bits that nothing else is named by.
    pub fn from_bits(bits: u128) -> CallId {
        CallId(bits)
    }

    /// The 128 bits behind the name.
    pub fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"c_00000000000000000000000000";
        let mut rest = self.0;
        for place in text[2..].iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CallId {
    type Err = NoCallId;

    fn from_str(text: &str) -> Result<CallId, NoCallId> {
        let refuse = || NoCallId(text.chars().take(64).collect());
        let letters = text.strip_prefix("c_").ok_or_else(refuse)?.as_bytes();
        // 26 letters hold 130 bits: the first one may carry three.
        if letters.len() != 26 || letters[0] > b'7' {
            return Err(refuse());
        }
        let mut bits = 0u128;
        for letter in letters {
            let value = ALPHABET.iter().position(|a| a == letter).ok_or_else(refuse)?;
            bits = bits << 5 | value as u128;
        }
        Ok(CallId(bits))
    }
}

impl From<CallId> for String {
    fn from(id: CallId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for CallId {
    type Error = NoCallId;

    fn try_from(text: String) -> Result<CallId, NoCallId> {
        text.parse()
    }
}

/// The carrier's name for a leg: Twilio's `CallSid`, Telnyx's `call_control_id`, Plivo's UUID.
///
/// Never empty: at Plivo a hang-up of the empty id ends every call of the account
/// (<https://www.plivo.com/docs/voice/detailed-reference/api/call/hangup-a-call/>, 2026-11-22).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CarrierCallId(String);

/// A text that can't be a carrier's name for a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a carrier's call id must have 1 to 256 visible ASCII letters, not {0:?}")]
pub struct NoCarrierCallId(String);

impl CarrierCallId {
    /// Takes a carrier's id as it came: 1 to 256 visible ASCII letters.
    ///
    /// # Errors
    /// [`NoCarrierCallId`] for anything else: the reply that held it is unreadable.
    pub fn new(text: impl Into<String>) -> Result<CarrierCallId, NoCarrierCallId> {
        let text = text.into();
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(CarrierCallId(text)) } else { Err(NoCarrierCallId(text.chars().take(64).collect())) }
    }

    /// The id as the carrier writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CarrierCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CarrierCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CarrierCallId> for String {
    fn from(id: CarrierCallId) -> String {
        id.0
    }
}

impl TryFrom<String> for CarrierCallId {
    type Error = NoCarrierCallId;

    fn try_from(text: String) -> Result<CarrierCallId, NoCarrierCallId> {
        CarrierCallId::new(text)
    }
}

/// The name that the configuration gives a carrier account, as in `[carriers.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CarrierName(pub String);

impl CarrierName {
    /// The name as written in the configuration.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CarrierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Crockford's base 32, in lower case (<https://www.crockford.com/base32.html>).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_itself(bits: u128) {
            let id = CallId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse::<CallId>().unwrap(), id);
        }

        #[test]
        fn ids_sort_as_their_text_does(a: u128, b: u128) {
            let (a, b) = (CallId::from_bits(a), CallId::from_bits(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }

    #[test]
    fn a_name_is_written_as_it_is() {
        let id: CallId = "c_01jd3v6p9nf4q8s0t2x5z7a9bc".parse().unwrap();
        assert_eq!(format!("{id:?}"), "c_01jd3v6p9nf4q8s0t2x5z7a9bc");
        assert_eq!(CallId::from_bits(7).bits(), 7);
        let leg = CarrierCallId::new("CA1").unwrap();
        assert_eq!((leg.as_str(), format!("{leg} {leg:?}")), ("CA1", "CA1 CA1".to_owned()));
        let carrier = CarrierName("main".to_owned());
        assert_eq!((carrier.as_str(), carrier.to_string()), ("main", "main".to_owned()));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "c_",
            "01jd3v6p9nf4q8s0t2x5z7a9bc",
            "c_81jd3v6p9nf4q8s0t2x5z7a9bc",
            "c_01jd3v6p9nf4q8s0t2x5z7a9bu",
            "c_é",
        ] {
            assert!(text.parse::<CallId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_empty_carrier_id_cannot_be_made() {
        for text in ["", " ", "a b", "a\n", "é"] {
            assert!(CarrierCallId::new(text).is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<CarrierCallId>("\"\"").is_err());
    }
}
