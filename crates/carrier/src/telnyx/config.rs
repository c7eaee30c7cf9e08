//! A Telnyx Call Control application as configured.

use super::media::StreamCodec;
use crate::mark::Installation;
use crate::secret::Secret;
use crate::send::REQUEST_WITHIN;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::CarrierName;
use ed25519_dalek::VerifyingKey;
use std::str::FromStr;
use std::time::Duration;

/// A Call Control application as configured. Start from [`TelnyxConfig::new`] and set what differs.
#[derive(Clone, Debug)]
pub struct TelnyxConfig {
    /// The name in the configuration.
    pub name: CarrierName,
    /// Where the API is, version and all. Default: `https://api.telnyx.com/v2`.
    pub base_url: Option<String>,
    /// The API key that signs requests in, `KEY…`.
    pub api_key: Secret,
    /// The account's public key, by which webhooks are checked.
    pub public_key: PublicKey,
    /// The Call Control application that calls run on.
    pub connection_id: String,
    /// Where Telnyx reaches us, such as `https://gw.example/webhooks/telnyx`. Without it the
    /// webhooks of a call go where the application says.
    pub callback_base: Option<String>,
    /// How long one request may take. Default: [`REQUEST_WITHIN`].
    pub request_timeout: Duration,
    /// The codec of media streams. Default: µ-law.
    pub stream_codec: StreamCodec,
    /// Who signs our marks. Default: nobody, and no signed mark is ours.
    pub installation: Option<Installation>,
}

/// The key that Telnyx's portal shows: 32 bytes of Ed25519 in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("public_key is no Ed25519 key in base64; copy it from Keys & Credentials in the Telnyx portal")]
pub struct NoPublicKey;

impl TelnyxConfig {
    /// An application with every other setting at its default.
    pub fn new(
        name: CarrierName,
        api_key: Secret,
        public_key: PublicKey,
        connection_id: String,
    ) -> TelnyxConfig {
        TelnyxConfig {
            name,
            base_url: None,
            api_key,
            public_key,
            connection_id,
            callback_base: None,
            request_timeout: REQUEST_WITHIN,
            stream_codec: StreamCodec::default(),
            installation: None,
        }
    }

    /// Where the API is, without a slash at the end.
    pub(super) fn base(&self) -> String {
        self.base_url.as_deref().unwrap_or(HOME).trim_end_matches('/').to_owned()
    }

    /// The key as a bearer token (RFC 6750, section 2.1).
    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.api_key.expose())
    }
}

impl PublicKey {
    /// Whether the owner of this key signed this text. Strict: of a text and a key there is one
    /// signature that passes in any of its spellings.
    pub(super) fn signed(&self, text: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(text, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = NoPublicKey;

    fn from_str(text: &str) -> Result<PublicKey, NoPublicKey> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| NoPublicKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| NoPublicKey)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NoPublicKey)?;
        // Anybody could sign for a weak one.
        if key.is_weak() { Err(NoPublicKey) } else { Ok(PublicKey(key)) }
    }
}

/// Telnyx's own host.
const HOME: &str = "https://api.telnyx.com/v2";
