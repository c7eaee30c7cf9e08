//! Sessions of older clients, which outlive the gateway that began them.
//!
//! Nothing of a session is needed to serve it: each request shows its token, and the tools remember nothing. So
//! one that is not known any more, since the gateway was started again or it was silent for long, is begun anew
//! under its name, and not refused. Few clients begin another one when they are told to.

use rmcp::model::{ClientCapabilities, Implementation, InitializeRequestParams, ProtocolVersion};
use rmcp::transport::streamable_http_server::session::{SessionState, SessionStore, SessionStoreError};

/// Knows every session that could have been one.
pub(super) struct Remembered;

#[async_trait::async_trait]
impl SessionStore for Remembered {
    async fn load(&self, name: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let could_be =
            name.len() == NAME_LENGTH && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let client = Implementation::new("unknown", "0");
        let begun = InitializeRequestParams::new(ClientCapabilities::default(), client)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE);
        Ok(could_be.then(|| SessionState::new(begun)))
    }

    async fn store(&self, _: &str, _: &SessionState) -> Result<(), SessionStoreError> {
        Ok(())
    }

    async fn delete(&self, _: &str) -> Result<(), SessionStoreError> {
        Ok(())
    }
}

/// The library names them by UUIDs.
const NAME_LENGTH: usize = 36;
