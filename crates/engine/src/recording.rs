//! Recordings: the sound of calls, kept as files. Where it goes through the gateway it is recorded here, and where
//! it doesn't by the carrier, from which it is fetched (`fetch.rs`).
//!
//! A talk only hands its frames on, to a thread that writes them. Where the disk is too slow for that, or
//! fails, the recording ends and says so in the call's log; the talk notices nothing.

pub(crate) mod fetch;
mod shelf;
mod wave;
mod writer;

pub use shelf::{Found, Shelf};

use crate::calls::{Calls, EngineError};
use crate::heard::{Answer, Heard};
use crate::settings::RecordingSettings;
use audio::Frame;
use audio::tape::{Codes, codes, lasts};
use call::call::{News, Recorded, Source};
use call::{Call, CallId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::sleep;
use writer::{Opened, Written};

/// What a talk hands on.
pub(crate) enum Note {
    /// The other side said this, at this time since the recording began.
    Heard(Codes, Duration),
    /// This is said to it.
    Said(Codes, Duration),
    /// What isn't played yet is not to be.
    Cut(Duration),
}

/// Records a stream for as long as it lives.
pub(crate) struct Recorder {
    /// None once it is given up.
    notes: Option<SyncSender<Note>>,
    since: Instant,
    is_too_slow: Arc<AtomicBool>,
}

impl Recorder {
    /// Records a call whose sound is here, if it is to be. Nothing is waited for.
    pub(crate) fn of(calls: &Calls, call: &Call) -> Option<Recorder> {
        if !call.is_to_be_recorded() {
            return None;
        }
        let (notes, noted) = sync_channel(NOTES_MAX);
        let is_too_slow = Arc::new(AtomicBool::new(false));
        let (shelf, id) = (calls.shelf(), call.facts.id);
        let since = Instant::now();
        let comes = Comes { noted, since, is_too_slow: Arc::clone(&is_too_slow) };
        tokio::spawn(record(calls.clone(), shelf, id, comes));
        Some(Recorder { notes: Some(notes), since, is_too_slow })
    }

    /// The other side says this.
    pub(crate) fn heard(&mut self, frame: &Frame) {
        if let Some(codes) = codes(frame) {
            self.note(Note::Heard(codes, self.since.elapsed()));
        }
    }

    /// This is said to the other side.
    pub(crate) fn said(&mut self, frame: &Frame) {
        if let Some(codes) = codes(frame) {
            self.note(Note::Said(codes, self.since.elapsed()));
        }
    }

    /// What isn't played yet is not to be.
    pub(crate) fn cut(&mut self) {
        self.note(Note::Cut(self.since.elapsed()));
    }

    fn note(&mut self, note: Note) {
        let Some(notes) = &self.notes else { return };
        match notes.try_send(note) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.is_too_slow.store(true, Ordering::Relaxed);
                self.notes = None;
            }
            // It says itself why.
            Err(TrySendError::Disconnected(_)) => self.notes = None,
        }
    }
}

/// What a talk hands on, from when, and whether some of it is lost.
struct Comes {
    noted: Receiver<Note>,
    since: Instant,
    is_too_slow: Arc<AtomicBool>,
}

/// Has one part of a call's recording written, and tells the call.
async fn record(calls: Calls, shelf: Shelf, call: CallId, Comes { noted, since, is_too_slow }: Comes) {
    let came_at = calls.now();
    let (tell, opened) = oneshot::channel();
    let (go, begin) = oneshot::channel();
    let (done, over) = oneshot::channel();
    let files = shelf.clone();
    let begun = std::thread::Builder::new()
        .name("recorder".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || drop(done.send(writer::run((&files, call), tell, begin, (&noted, since)))));
    if let Err(error) = begun {
        return tracing::warn!(%call, %error, "a call is not recorded: no thread can be had");
    }
    if let Ok(Opened) = opened.await {
        match calls.tell_recording(call, Recorded::Begun).await {
            Ok(Some(call)) if call.is_to_be_recorded() => {
                let begun_at = call.recording.as_ref().map_or(came_at, |recording| recording.begun_at);
                let _ = go.send(came_at.since(begun_at));
            }
            // What the log doesn't tell isn't kept.
            Ok(_) => drop(go),
            Err(error) => {
                tracing::warn!(%call, %error, "a call is not recorded: that it is can't be kept");
                drop(go);
            }
        }
    }
    let Ok(Written { n_bytes, failed }) = over.await else { return };
    // Whoever stops the gateway in order waits until this is told.
    let finishing = calls.finishing();
    let failed = if is_too_slow.load(Ordering::Relaxed) { Some("disk_too_slow".to_owned()) } else { failed };
    if let Some(why) = &failed {
        tracing::warn!(%call, why, "a call's recording ended before the call; the call goes on");
        if n_bytes.is_none() {
            // It never began, and the log is to say so.
            let _ = calls.tell_recording(call, Recorded::Begun).await;
        }
    }
    let before = || shelf.find(call).ok().flatten().map_or(0, |found| found.n_bytes);
    let Some(n_bytes) = n_bytes.or_else(|| failed.is_some().then(before)) else { return };
    if calls.tell_recording_ended(call, n_bytes, failed).await {
        shelf.close(call);
    }
    drop(finishing);
}

impl Calls {
    /// Where recordings are kept.
    pub fn shelf(&self) -> Shelf {
        let RecordingSettings { folder, .. } = &self.settings().recording;
        Shelf::new(folder.clone())
    }

    /// Deletes the recording of a call; whatever more is said on it isn't recorded.
    ///
    /// # Errors
    /// The file can't be deleted, or the store failed.
    pub async fn delete_recording(&self, call: CallId, why: &str) -> Result<(), EngineError> {
        let shelf = self.shelf();
        // The file first: what the log says is gone is gone.
        let deleted = tokio::task::spawn_blocking(move || shelf.delete(call)).await;
        let deleted = deleted.map_err(|error| EngineError::Store(error.to_string()))?;
        deleted.map_err(|error| EngineError::Store(format!("the recording can't be deleted: {error}")))?;
        self.tell_recording(call, Recorded::Deleted { why: why.to_owned() }).await?;
        Ok(())
    }

    /// Makes whole what a process left that died: what it left is found before anything else is recorded.
    pub(crate) fn take_up_recordings(&self) {
        let shelf = self.shelf();
        let left: Vec<Found> = match shelf.list() {
            Ok(found) => found.into_iter().filter(|one| one.is_open).collect(),
            Err(error) => return tracing::warn!(%error, "recordings that were cut off can't be found"),
        };
        let calls = self.clone();
        tokio::spawn(async move {
            for Found { call, path, .. } in left {
                let mended = tokio::task::spawn_blocking(move || shelf::mend(&path)).await;
                match mended.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
                    Ok(n_bytes) => {
                        tracing::info!(%call, "a recording that was cut off is whole again");
                        if calls.tell_recording_ended(call, n_bytes, None).await {
                            shelf.close(call);
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%call, %error, "a recording that was cut off can't be mended")
                    }
                }
            }
        });
    }

    /// Deletes recordings that are too old, or too large together.
    pub(crate) async fn shorten_recordings(&self, oldest: CallId) -> Result<(), EngineError> {
        let settings = self.settings().recording;
        let by_age = settings.age.map(|age| crate::shell::keeper::first_at(self.now() - age));
        let (shelf, oldest) = (self.shelf(), by_age.unwrap_or(oldest).max(oldest));
        let listed = tokio::task::spawn_blocking(move || shelf.list()).await;
        let mut found = match listed.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok(found) => found,
            Err(error) => return Err(EngineError::Store(format!("recordings can't be listed: {error}"))),
        };
        found.sort_by_key(|one| one.call);
        let mut n_bytes: u64 = found.iter().map(|one| one.n_bytes).sum();
        for one in found.into_iter().filter(|one| !one.is_open) {
            let is_too_much = settings.bytes.is_some_and(|most| n_bytes > most);
            let why = match (one.call < oldest, is_too_much) {
                (true, _) => "age",
                (false, true) => "size",
                (false, false) => break,
            };
            n_bytes = n_bytes.saturating_sub(one.n_bytes);
            self.delete_recording(one.call, why).await?;
            tracing::info!(call = %one.call, why, "a recording is deleted");
        }
        Ok(())
    }

    /// Tells until it is kept, for as long as one would mend a disk; whether it is.
    async fn tell_recording_ended(&self, call: CallId, n_bytes: u64, failed: Option<String>) -> bool {
        let ms = u64::try_from(lasts(n_bytes).as_millis()).unwrap_or(u64::MAX);
        let ended = Recorded::Ended { ms, bytes: n_bytes, failed };
        for _ in 0..TOLD_MAX {
            match self.tell_recording(call, ended.clone()).await {
                Ok(_) => return true,
                Err(error) => tracing::debug!(%call, %error, "the end of a recording is not on disk yet"),
            }
            sleep(TOLD_AGAIN_AFTER).await;
        }
        false
    }

    /// What the call is then; `None` if it isn't there any more.
    pub(crate) async fn tell_recording(
        &self,
        call: CallId,
        news: Recorded,
    ) -> Result<Option<Call>, EngineError> {
        let news = News::Recording(news);
        match self.hear(Heard::News { call, source: Source::Gateway, news }).await? {
            Answer::Call(call) => Ok(Some(*call)),
            _ => Ok(None),
        }
    }
}

/// So many frames may wait for the disk: some 80 seconds of both sides.
const NOTES_MAX: usize = 8_192;
/// A thread that only copies needs no more.
const STACK_BYTES: usize = 256 * 1024;
/// How often it is tried to tell that a recording is over, and how long after the last time.
const TOLD_MAX: u32 = 3_600;
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
