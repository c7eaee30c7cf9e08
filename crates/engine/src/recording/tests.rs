#![allow(clippy::unwrap_used)]

use super::*;
use audio::SampleRate;
use audio::tape::{HEADER_BYTES, SILENCE, header};
use std::fs;
use tempfile::TempDir;

const FRAME_BYTES: u64 = 320;

fn call() -> CallId {
    CallId::from_bits(7)
}

fn shelf() -> (TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(folder.path().join("recordings"));
    (folder, shelf)
}

/// Writes a part that begins so long after the first, of so many frames.
fn part(shelf: &Shelf, lasted: Duration, n_frames: u8) -> Written {
    let (notes, noted) = sync_channel(usize::from(n_frames));
    for n in 1..=n_frames {
        notes.send(Note::Heard([n; 160], Duration::from_millis(20 * u64::from(n)))).unwrap();
    }
    drop(notes);
    let (tell, _opened) = oneshot::channel();
    let (go, begin) = oneshot::channel();
    go.send(lasted).unwrap();
    let written = writer::run((shelf, call()), tell, begin, (&noted, Instant::now()));
    shelf.close(call());
    written
}

fn file(shelf: &Shelf) -> Vec<u8> {
    let found = shelf.find(call()).unwrap().unwrap();
    assert!(!found.is_open);
    fs::read(found.path).unwrap()
}

#[test]
fn two_parts_are_one_file_with_the_silence_between_them() {
    let (_folder, shelf) = shelf();
    let first = part(&shelf, Duration::ZERO, 5);
    assert_eq!((first.n_bytes, first.failed), (Some(5 * FRAME_BYTES), None));

    let second = part(&shelf, Duration::from_secs(1), 2);

    let n_bytes = 16_000 + 2 * FRAME_BYTES;
    assert_eq!((second.n_bytes, second.failed), (Some(n_bytes), None));
    let file = file(&shelf);
    assert_eq!(file[..HEADER_BYTES], header(n_bytes));
    let left: Vec<u8> = file[HEADER_BYTES..].iter().step_by(2).copied().collect();
    assert_eq!((left[0], left[4 * 160], left[5 * 160]), (1, 5, SILENCE));
    assert_eq!((left[7_999], left[8_000], left[8_160]), (SILENCE, 1, 2));
}

/// A clock that was set back, or a first part that lasted longer than it says.
#[test]
fn a_part_never_begins_within_the_one_before() {
    let (_folder, shelf) = shelf();
    part(&shelf, Duration::ZERO, 5);
    assert_eq!(part(&shelf, Duration::ZERO, 1).n_bytes, Some(6 * FRAME_BYTES));
}

#[test]
fn what_a_dead_process_left_is_made_whole() {
    let (_folder, shelf) = shelf();
    fs::create_dir(shelf.folder()).unwrap();
    let left = shelf.folder().join(format!("{}.wav.open", call()));
    let torn = [&header(0)[..], &[1; 2_001]].concat();
    fs::write(&left, torn).unwrap();
    fs::write(shelf.folder().join("notes.txt"), "none of ours").unwrap();
    let found = shelf.list().unwrap();
    assert_eq!((found.len(), found[0].call, found[0].is_open), (1, call(), true));

    assert_eq!(shelf::mend(&left).unwrap(), 2_000);
    shelf.close(call());

    let file = file(&shelf);
    assert_eq!((&file[..HEADER_BYTES], file.len()), (&header(2_000)[..], HEADER_BYTES + 2_000));
}

#[test]
fn whoever_deletes_a_recording_ends_it_and_one_that_never_began_leaves_nothing() {
    let (_folder, shelf) = shelf();
    let (notes, noted) = sync_channel(1);
    let (tell, opened) = oneshot::channel();
    let (go, begin) = oneshot::channel();
    go.send(Duration::ZERO).unwrap();
    let files = shelf.clone();
    let writes =
        std::thread::spawn(move || writer::run((&files, call()), tell, begin, (&noted, Instant::now())));
    opened.blocking_recv().unwrap();
    assert!(shelf.delete(call()).unwrap());
    let written = writes.join().unwrap();
    assert_eq!(written.failed.as_deref(), Some("deleted"));
    drop(notes);

    let (_notes, noted) = sync_channel(1);
    let (tell, _opened) = oneshot::channel();
    let (go, begin) = oneshot::channel::<Duration>();
    drop(go);
    let written = writer::run((&shelf, call()), tell, begin, (&noted, Instant::now()));
    assert_eq!((written.n_bytes, written.failed), (None, None));
    assert!(shelf.list().unwrap().is_empty());
}

#[test]
fn a_disk_that_cannot_be_written_is_told_and_one_that_is_too_slow_is_not_waited_for() {
    let (folder, _) = shelf();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let written = part(&Shelf::new(file), Duration::ZERO, 1);
    assert_eq!((written.n_bytes, written.failed.as_deref()), (None, Some("cannot_write")));

    let (notes, noted) = sync_channel(2);
    let is_too_slow = Arc::new(AtomicBool::new(false));
    let mut recorder =
        Recorder { notes: Some(notes), since: Instant::now(), is_too_slow: Arc::clone(&is_too_slow) };
    let frame = Frame::silence(SampleRate::Hz8000);
    (0..5).for_each(|_| recorder.heard(&frame));
    assert!(is_too_slow.load(Ordering::Relaxed));
    assert_eq!(noted.iter().count(), 2, "whoever writes is told that nothing more comes");
}
