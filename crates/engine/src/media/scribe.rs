//! What is said on a stream, written down while the sound goes on.

use crate::calls::Calls;
use call::CallId;
use call::call::Timing;
use call::dialogue::Line;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Writes down what is said on one call, in order.
pub(super) struct Scribe {
    call: CallId,
    notes: mpsc::Sender<Note>,
    task: JoinHandle<()>,
}

enum Note {
    Said(Line, Timing),
    /// The agent wished for this tool in vain: with what, and why.
    Refused(String, String, String),
    /// Whoever waits for this waits for all before it.
    Until(oneshot::Sender<()>),
}

impl Scribe {
    /// One for this call.
    pub(super) fn new(calls: &Calls, call: CallId) -> Scribe {
        let (notes, mut noted) = mpsc::channel(NOTES_MAX);
        let calls = calls.clone();
        let task = tokio::spawn(async move {
            while let Some(note) = noted.recv().await {
                match note {
                    Note::Said(line, timing) => calls.spoken(call, line, timing).await,
                    Note::Refused(tool, arguments, why) => {
                        calls.refused(call, tool, arguments, &why).await;
                    }
                    Note::Until(reached) => drop(reached.send(())),
                }
            }
        });
        Scribe { call, notes, task }
    }

    /// Has this written down, and when it was said. Nobody waits for the disk, which may be slow, and sound may
    /// not.
    pub(super) fn note(&self, line: Line, timing: Timing) {
        self.send(Note::Said(line, timing));
    }

    /// Has this written down, so that the agent's model knows of it.
    pub(super) fn refuse(&self, tool: String, arguments: String, why: String) {
        self.send(Note::Refused(tool, arguments, why));
    }

    fn send(&self, note: Note) {
        if self.notes.try_send(note).is_err() {
            tracing::warn!(call = %self.call, "more is said than can be kept; a sentence is not in the transcript");
        }
    }

    /// Waits until all that was noted by now is written down.
    pub(super) fn written(&self) -> impl Future<Output = ()> + Send + 'static {
        let notes = self.notes.clone();
        async move {
            let (reached, until) = oneshot::channel();
            if notes.send(Note::Until(reached)).await.is_ok() {
                let _ = until.await;
            }
        }
    }

    /// Waits until all is written down.
    pub(super) async fn finish(self) {
        drop(self.notes);
        // A panic was told where it was.
        let _ = self.task.await;
    }
}

/// So many sentences may wait for the disk.
const NOTES_MAX: usize = 64;
