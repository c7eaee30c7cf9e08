//! News of recordings.

use super::samples::*;
use crate::Timestamp;
use crate::call::at_carrier::Stage;
use crate::call::*;
use std::time::Duration;

fn begun() -> News {
    News::Recording(Recorded::Begun)
}

fn ended(ms: u64, failed: Option<&str>) -> News {
    News::Recording(Recorded::Ended { ms, bytes: ms * 16, failed: failed.map(str::to_owned) })
}

fn deleted() -> News {
    News::Recording(Recorded::Deleted { why: "asked".to_owned() })
}

/// Every sample call, as one that is to be recorded by the gateway.
fn to_be_recorded() -> impl Iterator<Item = Call> {
    calls().into_iter().map(|(_, mut call)| {
        call.facts.record = true;
        (call.at_carrier, call.recording) = (None, None);
        let (name, does) = ("echo".to_owned(), Does::Echo);
        call.facts.agent = Some(Agent { name, does, gap: None, apology: None, machine: None });
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
                        talk_over_ms: None,
                        vendors: None,
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

/// A call without an agent that was answered: its carrier is asked to record it.
fn asked_of_carrier() -> Call {
    let facts = Facts { record: true, hold: true, ..facts(Direction::Outbound) };
    let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
    after(asked, [admitted(), placed(), progressed(Progress::InProgress)])
}

fn stage(call: &Call) -> &Stage {
    &call.at_carrier.as_ref().unwrap().stage
}

fn recorded(recorded: Recorded) -> News {
    News::Recording(recorded)
}

fn begun_there() -> News {
    recorded(Recorded::Replied { reply: taken(None), name: Some("RE1".to_owned()) })
}

fn over() -> News {
    News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") }
}

fn not_fetched(is_missing: bool) -> News {
    recorded(Recorded::NotFetched { why: "not there".to_owned(), is_missing })
}

/// Hears each of them at this time, and what is owed after the last.
fn owed(call: &Call, when: Timestamp, news: impl IntoIterator<Item = News>) -> (Call, Vec<Effect>) {
    news.into_iter().fold((call.clone(), Vec::new()), |(call, _), news| {
        let step = step(&call, &at(when, Source::Gateway, news));
        (step.call, step.effects)
    })
}

#[test]
fn the_carrier_is_asked_when_the_announcement_was_heard_and_what_follows_waits_for_its_answer() {
    let say = Some("This call is recorded.".to_owned());
    let facts = Facts { record: true, hold: true, say, ..facts(Direction::Inbound) };
    let offered = born(&at(BORN, Source::Webhook, News::Offered(Box::new(facts), leg()))).unwrap();
    let greeting = after(offered, [News::AnswerRequested, progressed(Progress::InProgress), question()]);
    assert_eq!(greeting.at_carrier, None, "it is being told");

    let (asking, effects) = owed(&greeting, BORN + Duration::from_secs(20), [News::CheckDue]);
    assert!(
        effects.contains(&Effect::Record) && !effects.contains(&Effect::Perform(CommandId(1))),
        "{effects:?}"
    );
    assert!(matches!(stage(&asking), Stage::Asked { .. }));
    let (going, effects) = owed(&asking, BORN + Duration::from_secs(21), [begun_there()]);
    assert_eq!(effects, [Effect::Perform(CommandId(1))]);
    assert_eq!(going.recording.unwrap().state, RecordingState::Recording);
}

#[test]
fn whether_the_carrier_records_is_looked_for_where_its_answer_never_came() {
    let asked = asked_of_carrier();
    let late = BORN + Duration::from_secs(16);
    for end in [vec![over()], vec![News::CheckDue, over()]] {
        let (ended, _) = owed(&asked, late, end);
        assert_eq!(ended.recording.as_ref().unwrap().state, RecordingState::Awaited);
        assert_eq!(owed(&ended, late, [News::CheckDue]).1, [Effect::FetchRecording]);
        assert!(ended.due_at().is_some());
        let (given_up, effects) = owed(&ended, late, (0..10).map(|_| not_fetched(true)));
        let recording = given_up.recording.clone().unwrap();
        assert_eq!((recording.failed.as_deref(), given_up.due_at()), (Some("not there"), None));
        assert!(effects.is_empty());
    }
}

#[test]
fn a_carrier_that_refuses_to_record_is_told_of_and_the_talk_goes_on() {
    let no = recorded(Recorded::Replied { reply: refused(), name: None });
    let (call, effects) = owed(&asked_of_carrier(), NOW, [question(), no]);
    assert_eq!(effects, [Effect::Perform(CommandId(1))]);
    assert_eq!(call.recording.unwrap().failed.as_deref(), Some("not in progress (21220)"));
}

#[test]
fn what_the_carrier_recorded_is_fetched_once_however_often_it_is_told() {
    let (going, _) = owed(&asked_of_carrier(), NOW, [begun_there()]);
    let told = recorded(Recorded::Told { name: None });
    let (early, effects) = owed(&going, NOW, [told.clone()]);
    assert_eq!(effects, [Effect::FetchRecording], "it was told before the end of the call");
    assert_eq!(early.at_carrier.as_ref().unwrap().name.as_deref(), Some("RE1"));
    let (here, effects) = owed(&early, NOW, [over(), not_fetched(false), ended(9_000, None)]);
    assert_eq!(effects, [Effect::DropRecording]);
    assert_eq!(here.recording.as_ref().unwrap().state, RecordingState::Kept);
    for news in [told, not_fetched(true), ended(1, None)] {
        let again = owed(&here, NOW, [news]);
        assert!(again.1.is_empty(), "{again:?}");
    }
    let dropped = recorded(Recorded::Dropped { is_left: false });
    let (settled, _) = owed(&here, NOW, [dropped]);
    assert_eq!((stage(&settled), settled.due_at()), (&Stage::Settled, None));
}

#[test]
fn what_is_deleted_before_it_came_is_deleted_at_the_carrier_too() {
    let (going, _) = owed(&asked_of_carrier(), NOW, [begun_there()]);
    let (stopping, effects) = owed(&going, NOW, [deleted()]);
    assert_eq!(effects, [Effect::StopRecording]);
    let stopped = recorded(Recorded::StopReplied { reply: taken(None) });
    assert_eq!(owed(&stopping, NOW, [stopped]).1, [Effect::DropRecording]);
    let (over, _) = owed(&stopping, NOW, [over()]);
    assert_eq!(owed(&over, NOW, [News::CheckDue]).1, [Effect::DropRecording]);
}

#[test]
fn nobody_is_put_through_while_the_carrier_records_of_which_nobody_told_them() {
    let to = "+12025550144".parse().unwrap();
    let transfer = News::CommandAsked(Verb::Transfer { to });
    let (going, _) = owed(&asked_of_carrier(), NOW, [begun_there()]);
    let (stopping, effects) = owed(&going, NOW, [transfer]);
    assert_eq!(effects, [Effect::StopRecording]);
    let stopped = |reply| recorded(Recorded::StopReplied { reply });
    let (_, effects) = owed(&stopping, NOW, [stopped(taken(None))]);
    assert_eq!(effects, [Effect::Perform(CommandId(1))]);
    let (refused, _) = owed(&stopping, NOW, [stopped(refused())]);
    assert!(
        matches!(&refused.commands[0].state, CommandState::Failed { code, .. } if code == "still_recorded")
    );
    let (unheard, effects) = owed(
        &stopping,
        NOW + Duration::from_secs(15),
        [stopped(CommandReply::InDoubt { why: String::new() }), News::CheckDue],
    );
    assert!(effects.contains(&Effect::StopRecording), "{effects:?} {unheard:?}");
}
