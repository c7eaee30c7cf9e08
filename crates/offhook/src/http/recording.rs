//! `/v1/calls/{id}/recording`: what is kept of a call's sound.

use super::api::{call_id, no_such_call};
use super::problem::Kind;
use super::view::CallView;
use super::{Pages, Problem};
use audio::tape::{HEADER_BYTES, header};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header as name};
use axum::response::{IntoResponse as _, Response};
use call::Call;
use call::call::RecordingState;
use engine::Found;
use futures::stream;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// `GET /v1/calls/{id}/recording`: a WAV file, whole or a part of it. Of a call that is being recorded it is what
/// there is by now.
pub(crate) async fn get(
    pages: Pages,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = call_id(&id)?;
    let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
    let shelf = pages.calls.shelf();
    let opened = tokio::task::spawn_blocking(move || -> io::Result<Option<(Found, File)>> {
        let Some(found) = shelf.find(id)?.filter(|found| found.n_bytes > 0) else { return Ok(None) };
        let file = File::open(&found.path)?;
        Ok(Some((found, file)))
    });
    let opened = opened.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    let (found, file) = match opened {
        Ok(Some(opened)) => opened,
        Ok(None) => return Err(Problem::new(Kind::NoRecording, why_not(&kept.call))),
        Err(error) => {
            let detail = format!("the recording of {id} cannot be read: {error}");
            return Err(Problem::new(Kind::StoreFailed, detail));
        }
    };
    // Who writes one says how long it is when it is whole.
    let length = file.metadata().map(|file| file.len()).unwrap_or_default();
    let total = if found.is_open { HEADER_BYTES as u64 + found.n_bytes } else { length };
    let written = found.is_open.then(|| header(found.n_bytes));
    let asked = headers.get(name::RANGE).and_then(|range| range.to_str().ok());
    let common = [
        (name::ACCEPT_RANGES, "bytes".to_owned()),
        (name::CONTENT_TYPE, "audio/wav".to_owned()),
        (name::CACHE_CONTROL, "no-store".to_owned()),
        (name::CONTENT_DISPOSITION, format!("inline; filename=\"{id}.wav\"")),
    ];
    Ok(match part(asked, total) {
        Part::Whole => {
            let length = (name::CONTENT_LENGTH, total.to_string());
            (StatusCode::OK, common, [length], sound(file, written, 0..total)).into_response()
        }
        Part::Of(range) => {
            let place = format!("bytes {}-{}/{total}", range.start, range.end - 1);
            let length = (name::CONTENT_LENGTH, (range.end - range.start).to_string());
            let place = [length, (name::CONTENT_RANGE, place)];
            (StatusCode::PARTIAL_CONTENT, common, place, sound(file, written, range)).into_response()
        }
        Part::Beyond => {
            let place = [(name::CONTENT_RANGE, format!("bytes */{total}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, place).into_response()
        }
    })
}

/// `DELETE /v1/calls/{id}/recording`: the call, whose recording is gone.
pub(crate) async fn delete(pages: Pages, Path(id): Path<String>) -> Result<Json<CallView>, Problem> {
    let id = call_id(&id)?;
    let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
    if kept.call.recording.is_none() {
        return Err(Problem::new(Kind::NoRecording, why_not(&kept.call)));
    }
    pages.calls.delete_recording(id, "asked").await?;
    let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
    Ok(Json(CallView::of(&kept.call)))
}

/// Why there is nothing to be heard.
fn why_not(call: &Call) -> String {
    let id = call.facts.id;
    match &call.recording {
        None if call.facts.record => {
            format!("{id} has no recording yet: it begins when whoever is on the line was told so")
        }
        None => {
            format!("{id} is not recorded; ask for it with record: true, or set it for its agent or number")
        }
        Some(recording) => match (recording.state, &recording.failed) {
            (RecordingState::Deleted, _) => format!("the recording of {id} was deleted"),
            (_, Some(why)) => format!("nothing of {id} could be recorded: {why}"),
            (RecordingState::Recording, None) if call.is_recorded_by_carrier() => {
                format!("the recording of {id} is made by the carrier, and fetched when the call is over")
            }
            (RecordingState::Recording, None) => {
                format!("the recording of {id} has only begun; ask again in a few seconds")
            }
            (RecordingState::Awaited, None) => {
                format!(
                    "the recording of {id} is still at the carrier, from which it is being fetched; ask again soon"
                )
            }
            (RecordingState::Kept, None) => format!("the recording of {id} is not where it was kept"),
        },
    }
}

/// What is asked for of a file.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Of(Range<u64>),
    /// Nothing that is there.
    Beyond,
}

/// Reads a `Range`. What asks for several parts, or can't be read, is answered with the whole: RFC 9110, section
/// 14.2, leaves that to the server.
fn part(asked: Option<&str>, total: u64) -> Part {
    let Some((first, last)) = asked.and_then(|asked| asked.strip_prefix("bytes=")?.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>());
    match (first, last, number(first), number(last)) {
        ("", last, _, Some(Ok(n_last))) if !last.is_empty() => match n_last {
            0 => Part::Beyond,
            n_last => Part::Of(total.saturating_sub(n_last)..total),
        },
        (_, "", Some(Ok(first)), _) if first < total => Part::Of(first..total),
        (_, _, Some(Ok(first)), Some(Ok(last))) if first <= last && first < total => {
            Part::Of(first..last.saturating_add(1).min(total))
        }
        (_, "", Some(Ok(_)), _) => Part::Beyond,
        (_, _, Some(Ok(first)), Some(Ok(last))) if first <= last => Part::Beyond,
        _ => Part::Whole,
    }
}

/// The bytes of a recording: those of the file, but that one which is being written has this header before what it
/// has by now.
fn sound(file: File, written: Option<[u8; HEADER_BYTES]>, range: Range<u64>) -> Body {
    let file = Arc::new(file);
    Body::from_stream(stream::unfold(range, move |range| {
        let file = Arc::clone(&file);
        async move {
            let end = range.end.min(range.start + PIECE_BYTES);
            if range.start >= end {
                return None;
            }
            let (piece, rest) = (range.start..end, end..range.end);
            let read = tokio::task::spawn_blocking(move || read(&file, written, piece)).await;
            Some((read.unwrap_or_else(|error| Err(io::Error::other(error))), rest))
        }
    }))
}

fn read(file: &File, written: Option<[u8; HEADER_BYTES]>, piece: Range<u64>) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(piece.end - piece.start).unwrap_or_default()];
    file.read_exact_at(&mut bytes, piece.start)?;
    let begin = usize::try_from(piece.start).unwrap_or(HEADER_BYTES).min(HEADER_BYTES);
    if let Some(header) = written {
        bytes.iter_mut().zip(&header[begin..]).for_each(|(byte, told)| *byte = *told);
    }
    Ok(Bytes::from(bytes))
}

/// So much is read at once.
const PIECE_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_as_http_has_it() {
        for (asked, expected) in [
            (None, Part::Whole),
            (Some("bytes=0-"), Part::Of(0..100)),
            (Some("bytes=0-0"), Part::Of(0..1)),
            (Some("bytes=10-19"), Part::Of(10..20)),
            (Some("bytes=90-1000"), Part::Of(90..100)),
            (Some("bytes=-10"), Part::Of(90..100)),
            (Some("bytes=-1000"), Part::Of(0..100)),
            (Some("bytes=-0"), Part::Beyond),
            (Some("bytes=100-"), Part::Beyond),
            (Some("bytes=100-200"), Part::Beyond),
            (Some("bytes=20-10"), Part::Whole),
            (Some("bytes=0-1,5-6"), Part::Whole),
            (Some("bytes=-"), Part::Whole),
            (Some("bytes=+1-2"), Part::Whole),
            (Some("bytes=1-99999999999999999999"), Part::Whole),
            (Some("seconds=1-2"), Part::Whole),
        ] {
            assert_eq!(part(asked, 100), expected, "{asked:?}");
        }
    }
}
