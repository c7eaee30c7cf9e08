//! Why a verb was not done.

use crate::heard::Refusal;
use crate::shell::TurnFailed;
use call::call::command::KEYS_MAX;
use carrier::{ADDRESS_MAX, WebhookError};
use store::StoreError;

/// Why a verb was not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A rule stands against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The number to call from is not one of one's own.
    #[error(
        "{from} is not one of this gateway's numbers; add it under [numbers], or call from one of {known}"
    )]
    NotOurs {
        /// The number.
        from: String,
        /// Those that are.
        known: String,
    },
    /// No number to call from is configured.
    #[error("no number to call from; add one under [numbers] in the configuration, or name one with from")]
    NoNumber,
    /// No agent of this name.
    #[error("there is no agent {name}; {way_out}")]
    NoAgent {
        /// The name.
        name: String,
        /// Which there are, or how to have one.
        way_out: String,
    },
    /// It can't be recorded.
    #[error("the call cannot be recorded: {0}")]
    NotRecorded(String),
    /// The text to be said is too long for a carrier.
    #[error("the text to say has {n_letters} letters, and a carrier takes {allowed}; shorten it")]
    SayTooLong {
        /// How long it is.
        n_letters: usize,
        /// How long it may be.
        allowed: usize,
    },
    /// These are no keys.
    #[error(
        "{0:?} are no keys; they are 0-9, * and #, with w for a pause of half a second, at most {KEYS_MAX}"
    )]
    NoDigits(String),
    /// This is no address that a carrier can reach.
    #[error(
        "{url:?} is no address that a carrier could reach; write {schemes}://HOST/PATH, at most {ADDRESS_MAX} characters"
    )]
    NoAddress {
        /// The address.
        url: String,
        /// How it may begin.
        schemes: String,
    },
    /// No carrier of this name.
    #[error("there is no carrier {0} in the configuration")]
    NoCarrier(String),
    /// The webhook was not believed, or not understood.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The store failed: nothing happened.
    #[error("{0}")]
    Store(String),
}

impl From<TurnFailed> for EngineError {
    fn from(error: TurnFailed) -> EngineError {
        EngineError::Store(error.0)
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> EngineError {
        EngineError::Store(error.to_string())
    }
}
