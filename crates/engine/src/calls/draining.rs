//! A gateway that is to end when its calls have: it takes no new one, in or out.
//!
//! It is kept in memory alone: a gateway that is started again takes calls.

use super::{Calls, EngineError};
use crate::heard::Heard;
use call::Timestamp;
use std::time::Duration;
use tokio::time::sleep;

/// How long a gateway takes no new call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// Since when.
    pub since: Timestamp,
    /// When it ends, whatever lives; `None` to wait for the last call.
    pub until: Option<Timestamp>,
}

impl Calls {
    /// Takes no new call from here on, until [`go_on`](Calls::go_on). The time that is given last counts.
    ///
    /// # Errors
    /// The store failed: calls are taken as before.
    pub async fn drain(&self, within: Option<Duration>) -> Result<Drain, EngineError> {
        self.hear(Heard::Drain(true)).await?;
        let now = self.now();
        let since = self.draining().map_or(now, |drain| drain.since);
        let drain = Drain { since, until: within.map(|within| now + within) };
        self.inner.drain.send_replace(Some(drain));
        tracing::info!("no new call is taken; the gateway ends when those that live are over");
        Ok(drain)
    }

    /// Takes calls again.
    ///
    /// # Errors
    /// The store failed: none is taken still.
    pub async fn go_on(&self) -> Result<(), EngineError> {
        self.hear(Heard::Drain(false)).await?;
        if self.inner.drain.send_replace(None).is_some() {
            tracing::info!("new calls are taken again");
        }
        Ok(())
    }

    /// Since when no new call is taken, if so.
    pub fn draining(&self) -> Option<Drain> {
        *self.inner.drain.borrow()
    }

    /// Waits until the gateway drains and no call lives any more, or the time for that is over. One whose store
    /// can't be read waits on.
    pub async fn drained(&self) {
        let mut told = self.inner.drain.subscribe();
        loop {
            let drain = told.wait_for(Option::is_some).await.ok().and_then(|drain| *drain);
            let is_late = drain.and_then(|drain| drain.until).is_some_and(|until| until <= self.now());
            let is_over = is_late || self.live().await.is_ok_and(|n_live| n_live == 0);
            // It may have been taken back meanwhile.
            if is_over && self.draining().is_some() {
                return;
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// How often it is looked whether a call lives.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
