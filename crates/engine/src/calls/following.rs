//! The log of all calls, as it grows.

use super::{Calls, EngineError};
use call::CallId;
use store::{LogLine, LogSpan};
use tokio::sync::watch;

impl Calls {
    /// The log of all calls, or of one, in the order in which it was committed, from after the place
    /// `after` on, at most `limit` lines.
    ///
    /// # Errors
    /// The store failed.
    pub async fn follow(
        &self,
        call: Option<CallId>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogLine>, EngineError> {
        self.read(move |history| history.log(call, after, limit)).await
    }

    /// From where to where that log goes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn log_span(&self) -> Result<LogSpan, EngineError> {
        self.read(|history| history.log_span()).await
    }

    /// Changes whenever something was committed. Whoever looks at it before reading the log, and waits
    /// for the next change after, misses nothing. It ends when the gateway stops.
    pub fn commits(&self) -> watch::Receiver<()> {
        self.inner.commits.clone()
    }
}
