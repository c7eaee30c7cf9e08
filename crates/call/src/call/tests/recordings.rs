//! News of recordings.

use super::samples::*;
use crate::call::*;

fn begun() -> News {
    News::Recording(Recorded::Begun)
}

fn ended(ms: u64, failed: Option<&str>) -> News {
    News::Recording(Recorded::Ended { ms, bytes: ms * 16, failed: failed.map(str::to_owned) })
}

fn deleted() -> News {
    News::Recording(Recorded::Deleted { why: "asked".to_owned() })
}

/// Every sample call, as one that is to be recorded.
fn to_be_recorded() -> impl Iterator<Item = Call> {
    calls().into_iter().map(|(_, mut call)| {
        call.facts.record = true;
        call
    })
}

fn heard(call: &Call, news: News) -> Call {
    step(call, &at(NOW, Source::Gateway, news)).call
}

#[test]
fn whatever_a_call_does_news_of_its_recording_change_nothing_else_and_owe_nothing_of_their_own() {
    for call in to_be_recorded() {
        for news in [begun(), ended(20, None), deleted()] {
            let told = step(&call, &at(NOW, Source::Gateway, news.clone()));
            let other = step(
                &call,
                &at(
                    NOW,
                    Source::Gateway,
                    News::Spoken {
                        by: crate::dialogue::Speaker::Agent,
                        text: "Hello.".to_owned(),
                        after_ms: None,
                        waits: None,
                    },
                ),
            );
            let without = Call { recording: other.call.recording.clone(), ..told.call };
            assert_eq!((without, told.effects), (other.call, other.effects), "{news:?}");
        }
    }
}

#[test]
fn only_what_is_to_be_recorded_is() {
    for (name, call) in calls().into_iter().filter(|(_, call)| !call.facts.record) {
        assert_eq!(heard(&call, begun()).recording, None, "{name}");
        assert!(!call.is_to_be_recorded());
    }
}

#[test]
fn parts_are_counted_and_what_is_missing_is_remembered() {
    for call in to_be_recorded() {
        let call = heard(&call, begun());
        let going = call.recording.clone().unwrap();
        assert_eq!((going.parts, going.state, going.begun_at), (1, RecordingState::Recording, NOW));
        let call = heard(&heard(&call, ended(40, Some("disk_full"))), begun());
        let call = heard(&call, ended(100, None));
        let kept = call.recording.clone().unwrap();
        assert_eq!((kept.parts, kept.state, kept.ms, kept.bytes), (2, RecordingState::Kept, 100, 1_600));
        assert_eq!(kept.failed.as_deref(), Some("disk_full"));
    }
}

#[test]
fn what_is_deleted_stays_so_whoever_tells_what_afterwards() {
    for call in to_be_recorded() {
        let call = heard(&heard(&call, begun()), deleted());
        assert!(!call.is_to_be_recorded());
        for news in [begun(), ended(100, None), ended(0, Some("deleted"))] {
            let recording = heard(&call, news).recording.unwrap();
            assert_eq!((recording.state, recording.bytes), (RecordingState::Deleted, 0));
        }
    }
}
