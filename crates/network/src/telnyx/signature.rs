//! The signature of a webhook: Ed25519 over the timestamp, a bar, and the raw body.
//!
//! Source: <https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};

/// The key pair of one account.
#[derive(Clone)]
pub(crate) struct Keys(SigningKey);

impl Keys {
    pub(crate) fn new(seed: &[u8; 32]) -> Keys {
        Keys(SigningKey::from_bytes(seed))
    }

    /// The public key, in Base64.
    pub(crate) fn public(&self) -> String {
        STANDARD.encode(self.0.verifying_key().as_bytes())
    }

    /// Signs a body that leaves at this second; a garbled signature fits nothing.
    pub(crate) fn sign(&self, unix_seconds: i64, body: &[u8], garbled: bool) -> String {
        let mut message = format!("{unix_seconds}|").into_bytes();
        message.extend_from_slice(body);
        let mut signature = self.0.sign(&message).to_bytes();
        if garbled {
            signature[0] ^= 1;
        }
        STANDARD.encode(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{DEFAULT_TELNYX_PUBLIC_KEY, TelnyxAccount};

    #[test]
    fn the_public_key_that_is_written_down_is_the_default_one() {
        let keys = Keys::new(&TelnyxAccount::default().signing_seed);
        assert_eq!(keys.public(), DEFAULT_TELNYX_PUBLIC_KEY);
    }

    #[test]
    fn a_garbled_signature_is_another_one_of_the_same_length() {
        let keys = Keys::new(&[1; 32]);
        let (proper, garbled) = (keys.sign(5, b"{}", false), keys.sign(5, b"{}", true));
        assert_ne!(proper, garbled);
        assert_eq!(proper.len(), garbled.len());
    }
}
