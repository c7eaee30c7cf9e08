//! Who may use the API, and what each did.

use super::{Calls, EngineError, unexpected};
use crate::access::{Asker, Ledger};
use crate::heard::{Answer, Heard, TokenChange};
use call::Timestamp;
use std::sync::Arc;
use store::{AccessLine, AccessQuery, KeptLine, KeptToken};

impl Calls {
    /// The same gateway, as this one asks it: what is done is on record with it.
    #[must_use]
    pub fn asked_by(&self, asker: Arc<Asker>) -> Calls {
        Calls { inner: Arc::clone(&self.inner), asker: Some(asker) }
    }

    /// The tokens of the API, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tokens(&self) -> Result<Vec<KeptToken>, EngineError> {
        self.read(|history| history.tokens()).await
    }

    /// Changes the tokens: it is on disk when this returns.
    ///
    /// # Errors
    /// There is no such token, or one too many; or the store failed.
    pub async fn change_token(&self, change: TokenChange) -> Result<KeptToken, EngineError> {
        match self.hear(Heard::Token(change)).await? {
            Answer::Token(token) => Ok(*token),
            Answer::Refused(refusal) => Err(refusal.into()),
            other => Err(unexpected(&other)),
        }
    }

    /// What was asked for through the API, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn access_lines(&self, query: AccessQuery) -> Result<Vec<KeptLine>, EngineError> {
        self.read(move |history| history.access_lines(&query)).await
    }

    /// Puts something on record within a second or so.
    pub fn note_access(&self, line: AccessLine) {
        self.ledger().note(line);
    }

    /// Puts on record within a minute or so when a token was last shown.
    pub fn note_use(&self, token: &str, at: Timestamp) {
        self.ledger().note_use(token, at);
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }
}
