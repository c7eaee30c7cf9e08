//! Fetches what carriers recorded, and has it deleted there when it is safely here.
//!
//! What is to be fetched stands in the call: whatever is lost here is asked for again.

use super::shelf::Shelf;
use super::wave::{Sound, sound};
use crate::calls::Calls;
use crate::driver::Owed;
use crate::errand::leg_of;
use crate::settings::CarrierCopy;
use call::call::{Effect, Recorded, RecordingState, Unknown};
use call::{Call, CallId};
use carrier::recording::{Found, redirected};
use carrier::roles::EXCHANGE_MAX;
use carrier::send::Opened;
use carrier::{Carrier, Leg, Next, Reply, Request};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

/// Why a file isn't here.
struct NotHere {
    why: String,
    is_missing: bool,
}

impl From<String> for NotHere {
    fn from(why: String) -> NotHere {
        NotHere { why, is_missing: false }
    }
}

/// What is being fetched, and what is being deleted.
type UnderWay = Arc<Mutex<BTreeSet<(CallId, bool)>>>;

/// Fetches and deletes what is owed, some at once and none twice.
pub(crate) async fn run(calls: Calls, mut owed: mpsc::Receiver<Owed>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let under_way = UnderWay::default();
    while let Some(Owed { call, effect }) = owed.recv().await {
        let fetches = effect == Effect::FetchRecording;
        let what = (call.facts.id, fetches);
        if !under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(what) {
            continue;
        }
        let (calls, places, under_way) = (calls.clone(), Arc::clone(&places), Arc::clone(&under_way));
        tokio::spawn(async move {
            let place = places.acquire().await;
            if fetches {
                fetch(&calls, &call).await;
            } else {
                drop_copy(&calls, &call).await;
            }
            drop(place);
            under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&what);
        });
    }
}

/// Fetches one, and tells the call what came of it.
async fn fetch(calls: &Calls, call: &Call) {
    let (id, shelf) = (call.facts.id, calls.shelf());
    let told = match fetched(calls, call, &shelf).await {
        Ok(Sound { n_bytes, ms }) => Recorded::Ended { ms, bytes: n_bytes, failed: None },
        Err(NotHere { why, is_missing }) => {
            tracing::info!(call = %id, why, "what the carrier recorded isn't here yet");
            Recorded::NotFetched { why, is_missing }
        }
    };
    let is_here = matches!(told, Recorded::Ended { .. });
    match calls.tell_recording(id, told).await {
        // Somebody deleted it meanwhile, or the call itself.
        Ok(call) if is_here && !call.as_ref().is_some_and(is_kept) => {
            if let Err(error) = shelf.delete(id) {
                tracing::warn!(call = %id, %error, "a recording that nobody wants can't be deleted");
            }
        }
        Ok(_) if is_here => tracing::info!(call = %id, "what the carrier recorded is here"),
        Ok(Some(call)) if call.recording.as_ref().is_some_and(|one| one.state == RecordingState::Kept) => {
            tracing::warn!(call = %id, "what the carrier recorded is given up");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(call = %id, %error, "what became of a recording can't be kept"),
    }
}

fn is_kept(call: &Call) -> bool {
    call.recording.as_ref().is_some_and(|one| one.state == RecordingState::Kept)
}

/// Finds it at the carrier, and has it in the folder: when this returns it is on the disk.
async fn fetched(calls: &Calls, call: &Call, shelf: &Shelf) -> Result<Sound, NotHere> {
    let (leg, name) = at_carrier(call).ok_or_else(|| "the call has no name at its carrier".to_owned())?;
    let found =
        exchange(calls, call, |carrier, replies| carrier.find_recording(&leg, name.as_deref(), replies));
    let mut request = match found.await? {
        Found::File(request) => request,
        Found::NotYet => return Err("the carrier isn't done with it".to_owned().into()),
        Found::Nothing(why) => return Err(NotHere { why, is_missing: true }),
    };
    let sender = calls.sender();
    for _ in 0..REDIRECTS_MAX {
        let opened = sender.open(&request, HEAD_WITHIN).await.map_err(|error| error.to_string())?;
        match opened.status {
            200 => {
                let kept = downloaded(opened, shelf, call.facts.id).await;
                if kept.is_err() {
                    shelf.drop_copy(call.facts.id);
                }
                return kept;
            }
            301 | 302 | 303 | 307 | 308 => {
                let onwards = opened.header("location").and_then(|location| redirected(&request, location));
                request = onwards.ok_or_else(|| "its link leads where nothing is fetched from".to_owned())?;
            }
            status => return Err(format!("its link answers with HTTP {status}").into()),
        }
    }
    Err("its link leads on and on".to_owned().into())
}

/// Writes what comes into a file of its own, which gets its name when it is whole and on the disk.
async fn downloaded(mut opened: Opened, shelf: &Shelf, call: CallId) -> Result<Sound, NotHere> {
    let on_disk = |error: io::Error| format!("it can't be written: {error}");
    let mut file = shelf.begin_copy(call).map_err(on_disk)?;
    let mut n_bytes = 0;
    loop {
        let piece = timeout(PIECE_WITHIN, opened.next()).await;
        let piece = piece.map_err(|_| "it comes no longer".to_owned())?.map_err(|error| error.to_string())?;
        let Some(piece) = piece else { break };
        n_bytes += piece.len() as u64;
        if n_bytes > FILE_BYTES_MAX {
            return Err(format!("it is larger than {FILE_BYTES_MAX} bytes").into());
        }
        let written = blocking(move || file.write_all(&piece).map(|()| file)).await;
        file = written.map_err(on_disk)?;
    }
    let shelf = shelf.clone();
    let kept = blocking(move || finished(&file, &shelf, call)).await;
    kept.map_err(on_disk)?.map_err(|why| NotHere::from(why.to_owned()))
}

/// Keeps a file that is a recording.
fn finished(file: &File, shelf: &Shelf, call: CallId) -> io::Result<Result<Sound, &'static str>> {
    let sound = sound(file)?;
    if sound.is_ok() {
        file.sync_all()?;
        shelf.keep_copy(call)?;
    }
    Ok(sound)
}

/// Has the carrier delete what it recorded, unless it is to be left there.
async fn drop_copy(calls: &Calls, call: &Call) {
    let id = call.facts.id;
    let told = match calls.settings().recording.carrier_copy {
        CarrierCopy::Keep => Recorded::Dropped { is_left: true },
        CarrierCopy::Delete => match dropped(calls, call).await {
            Ok(()) => Recorded::Dropped { is_left: false },
            Err(NotHere { why, .. }) => {
                tracing::warn!(call = %id, why, "what the carrier recorded can't be deleted there yet");
                Recorded::NotDropped { why }
            }
        },
    };
    if let Err(error) = calls.tell_recording(id, told).await {
        tracing::warn!(call = %id, %error, "that a carrier's recording is settled can't be kept");
    }
}

async fn dropped(calls: &Calls, call: &Call) -> Result<(), NotHere> {
    let (leg, name) = at_carrier(call).ok_or_else(|| "the call has no name at its carrier".to_owned())?;
    let dropped =
        exchange(calls, call, |carrier, replies| carrier.drop_recording(&leg, name.as_deref(), replies));
    dropped.await
}

/// The leg, and the carrier's name for its recording.
fn at_carrier(call: &Call) -> Option<(Box<Leg>, Option<String>)> {
    let name = call.at_carrier.as_ref().and_then(|kept| kept.name.clone());
    Some((leg_of(call, call.leg()?), name))
}

/// Asks the carrier until it has answered.
async fn exchange<T>(
    calls: &Calls,
    call: &Call,
    next: impl Fn(&dyn Carrier, &[Reply]) -> Next<Result<T, Unknown>>,
) -> Result<T, NotHere> {
    let lane = calls.lane_of(call).ok_or_else(|| "the carrier is not configured".to_owned())?;
    let sender = calls.sender();
    let mut replies = Vec::new();
    while replies.len() < EXCHANGE_MAX {
        let request: Request = match next(lane.carrier().as_ref(), &replies) {
            Next::Done(done) => return done.map_err(|unknown| detail(unknown).into()),
            Next::Ask(request) => request,
        };
        replies.push(lane.send(&sender, &request).await.map_err(|error| error.to_string())?);
    }
    Err("the exchange did not come to an end".to_owned().into())
}

fn detail(unknown: Unknown) -> String {
    let Unknown { why, detail, .. } = unknown;
    if detail.is_empty() { why.word().to_owned() } else { detail }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// So many files come at once.
const AT_ONCE: usize = 4;
/// How long a link may take to its first byte, and from each piece to the next.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// So often is a link followed that leads on.
const REDIRECTS_MAX: usize = 4;
/// A WAV file can't tell that it is larger.
const FILE_BYTES_MAX: u64 = u32::MAX as u64;
