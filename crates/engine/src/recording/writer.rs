//! The thread that writes one part of a recording.

use super::Note;
use super::shelf::{Shelf, n_sound, whole};
use audio::tape::{HEADER_BYTES, SILENCE, Tape, n_bytes};
use call::CallId;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The file is there.
pub(super) struct Opened;

/// What became of a part.
pub(super) struct Written {
    /// How much the whole recording has; `None` if there is nothing to be told of.
    pub(super) n_bytes: Option<u64>,
    /// Why the end is missing, if it is.
    pub(super) failed: Option<String>,
}

/// Writes what comes until nothing more does. It begins when it is told how long ago the first part did, and if
/// nobody tells, it leaves nothing behind.
pub(super) fn run(
    (shelf, call): (&Shelf, CallId),
    opened: oneshot::Sender<Opened>,
    begin: oneshot::Receiver<Duration>,
    (noted, since): (&Receiver<Note>, Instant),
) -> Written {
    let file = match taken(shelf, call) {
        Ok(taken) => taken,
        Err(error) => return Written { n_bytes: None, failed: Some(why(&error)) },
    };
    let _ = opened.send(Opened);
    let Ok(lasted) = begin.blocking_recv() else {
        shelf.close(call);
        return Written { n_bytes: None, failed: None };
    };
    let failed = written(&file, lasted, since, noted).err().map(|error| why(&error));
    // What can't be mended now is at the next start.
    let n_bytes = whole(&file).or_else(|_| file.metadata().map(|file| n_sound(file.len())));
    Written { n_bytes: Some(n_bytes.unwrap_or_default()), failed }
}

/// The part before may still be about to be told of.
fn taken(shelf: &Shelf, call: CallId) -> io::Result<File> {
    let until = Instant::now() + TAKEN_WITHIN;
    loop {
        match shelf.take(call) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && Instant::now() < until => {
                sleep(TAKEN_AGAIN_AFTER);
            }
            taken => return taken,
        }
    }
}

fn written(file: &File, lasted: Duration, since: Instant, noted: &Receiver<Note>) -> io::Result<()> {
    let (mut tape, mut ready) = (Tape::default(), Vec::new());
    let mut end = HEADER_BYTES as u64 + n_sound(file.metadata()?.len());
    // What nobody said between two parts is silence.
    let begins = HEADER_BYTES as u64 + n_bytes(lasted);
    let gap = begins.saturating_sub(end).min(n_bytes(GAP_MAX));
    ready.resize(usize::try_from(gap).unwrap_or_default(), SILENCE);
    let mut put = |ready: &mut Vec<u8>| -> io::Result<()> {
        file.write_all_at(ready, end)?;
        end += ready.len() as u64;
        ready.clear();
        // Whoever deleted it wants no more of it.
        if file.metadata()?.nlink() == 0 { Err(ErrorKind::NotFound.into()) } else { Ok(()) }
    };
    let mut written_at = since;
    loop {
        let note = noted.recv_timeout(WRITTEN_EVERY);
        match note {
            Ok(Note::Heard(codes, at)) => tape.heard(&codes, at),
            Ok(Note::Said(codes, at)) => tape.said(&codes, at),
            Ok(Note::Cut(at)) => tape.cut(at),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if written_at.elapsed() >= WRITTEN_EVERY {
            written_at = Instant::now();
            tape.settled(since.elapsed(), &mut ready);
            put(&mut ready)?;
        }
    }
    tape.rest(since.elapsed(), &mut ready);
    put(&mut ready)
}

/// Why it could not be written, in a short word.
fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "disk_full",
        ErrorKind::NotFound => "deleted",
        _ => "cannot_write",
    }
    .to_owned()
}

/// How often what can't change any more is written.
const WRITTEN_EVERY: Duration = Duration::from_millis(250);
/// How long the part before may take to be told of.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);
const TAKEN_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// So much silence between two parts is kept; a gateway that is away for longer leaves less.
const GAP_MAX: Duration = Duration::from_secs(600);
