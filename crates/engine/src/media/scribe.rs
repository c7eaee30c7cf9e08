//! What is said on a stream, written down while the sound goes on.

use crate::calls::Calls;
use call::CallId;
use call::dialogue::Line;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Writes down what is said on one call, in order.
pub(super) struct Scribe {
    call: CallId,
    lines: mpsc::Sender<(Line, Option<Duration>)>,
    task: JoinHandle<()>,
}

impl Scribe {
    /// One for this call.
    pub(super) fn new(calls: &Calls, call: CallId) -> Scribe {
        let (lines, mut said) = mpsc::channel(LINES_MAX);
        let calls = calls.clone();
        let task = tokio::spawn(async move {
            while let Some((line, after)) = said.recv().await {
                calls.spoken(call, line, after).await;
            }
        });
        Scribe { call, lines, task }
    }

    /// Has this written down. Nobody waits for it: the disk may be slow, and sound may not.
    pub(super) fn note(&self, line: Line, after: Option<Duration>) {
        if self.lines.try_send((line, after)).is_err() {
            tracing::warn!(call = %self.call, "more is said than can be kept; a sentence is not in the transcript");
        }
    }

    /// Waits until all is written down.
    pub(super) async fn finish(self) {
        drop(self.lines);
        // A panic was told where it was.
        let _ = self.task.await;
    }
}

/// So many sentences may wait for the disk.
const LINES_MAX: usize = 64;
