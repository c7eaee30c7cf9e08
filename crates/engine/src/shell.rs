//! The moving parts of a running gateway: one writer thread, errand tasks, one ticker.
//!
//! Loops own their channels and hand out the sending halves; every channel is bounded.

pub(crate) mod errands;
pub(crate) mod keeper;
pub(crate) mod lane;
pub(crate) mod lanes;
pub(crate) mod sweep;
pub(crate) mod ticker;
mod turnstile;
pub(crate) mod wire;
pub(crate) mod writer;

use crate::access::Asker;
use crate::driver::Owed;
use crate::heard::{Answer, Heard};
use std::sync::Arc;
use std::time::Instant;
use store::StoreError;
use tokio::sync::{mpsc, oneshot};

/// What the writer is told.
pub(crate) enum Message {
    /// Something to hear.
    Hear(Job),
    /// To close the store and end.
    Stop,
}

/// One thing for the crank to hear, and where its answer goes.
pub(crate) struct Job {
    pub(crate) heard: Heard,
    /// Who asked for it, through the API.
    pub(crate) asker: Option<Arc<Asker>>,
    pub(crate) answer: oneshot::Sender<Result<Answer, TurnFailed>>,
}

/// Why the crank gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TurnFailed(pub(crate) String);

impl From<&StoreError> for TurnFailed {
    fn from(error: &StoreError) -> TurnFailed {
        TurnFailed(error.to_string())
    }
}

/// Something owed, and since when on the clock that nobody can set.
#[derive(Debug)]
pub(crate) struct Errands {
    pub(crate) owed: Vec<Owed>,
    pub(crate) since: Instant,
}

/// Where things go to be heard.
#[derive(Clone)]
pub(crate) struct Ear {
    pub(crate) jobs: mpsc::Sender<Message>,
}

impl Ear {
    /// Has the crank hear something, and waits until what it made of it is on disk.
    pub(crate) async fn hear(&self, heard: Heard) -> Result<Answer, TurnFailed> {
        self.hear_for(heard, None).await
    }

    /// The same, and it is on record who asked for it.
    pub(crate) async fn hear_for(
        &self,
        heard: Heard,
        asker: Option<Arc<Asker>>,
    ) -> Result<Answer, TurnFailed> {
        let (answer, answered) = oneshot::channel();
        let gone = || TurnFailed("the gateway is stopping".to_owned());
        self.jobs.send(Message::Hear(Job { heard, asker, answer })).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// So many things may wait to be heard; who comes then waits for a place.
pub(crate) const JOBS_MAX: usize = 4_096;
/// So many things share one transaction at the most: enough to make one sync serve many, few
/// enough that the last of them doesn't wait long.
pub(crate) const BATCH_MAX: usize = 256;
