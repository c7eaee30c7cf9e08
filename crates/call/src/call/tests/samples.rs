//! One call in each state that matters, and one event of each kind.

use crate::call::*;
use crate::gate;
use crate::{CallId, CarrierCallId, CarrierName, Party, Timestamp};
use std::time::Duration;

/// When the sample calls were made.
pub(super) const BORN: Timestamp = Timestamp(1_000_000);
/// When their events happen: within every deadline.
pub(super) const NOW: Timestamp = Timestamp(1_010_000);
/// Past every deadline and bound.
pub(super) const LATE: Timestamp = Timestamp(9_000_000);

pub(super) fn limits() -> Limits {
    Limits {
        queue_max: Duration::from_secs(60),
        ring_max: Duration::from_secs(45),
        duration_max: Duration::from_secs(600),
        find_max: Duration::from_secs(120),
        settle: Duration::from_secs(15),
        look_unanswered: Duration::from_secs(5),
        look_talking: Duration::from_secs(30),
    }
}

pub(super) fn facts(direction: Direction) -> Facts {
    Facts {
        id: CallId::from_bits(7),
        direction,
        from: Party::read("+12025550100"),
        to: Party::read("+12025550143"),
        carrier: CarrierName("main".to_owned()),
        account: Some("AC1".to_owned()),
        say: None,
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        created_at: BORN,
        record: false,
        imported_id: None,
        placed_by: None,
        limits: limits(),
    }
}

pub(super) fn leg() -> CarrierCallId {
    CarrierCallId::new("CA1").unwrap()
}

pub(super) fn other_leg() -> CarrierCallId {
    CarrierCallId::new("CA2").unwrap()
}

pub(super) fn at(at: Timestamp, source: Source, news: News) -> Event {
    Event { at, roll: Roll(500), source, news }
}

pub(super) fn asked() -> Call {
    born(&at(BORN, Source::Api, News::Asked(Box::new(facts(Direction::Outbound))))).unwrap()
}

pub(super) fn offered() -> Call {
    let facts = Box::new(facts(Direction::Inbound));
    born(&at(BORN, Source::Webhook, News::Offered(facts, leg()))).unwrap()
}

pub(super) fn after(call: Call, news: impl IntoIterator<Item = News>) -> Call {
    news.into_iter().fold(call, |call, news| step(&call, &at(BORN, Source::Reply, news)).call)
}

pub(super) fn admitted() -> News {
    News::Admitted { send_by: BORN + Duration::from_secs(5), gate: None }
}

pub(super) fn placed() -> News {
    News::Placed { leg: leg(), also: None }
}

pub(super) fn progressed(progress: Progress) -> News {
    News::Progressed { leg: leg(), progress }
}

pub(super) fn want_end() -> News {
    News::HangUpRequested { by: EndedBy::Agent, cause: "hangup_requested".to_owned() }
}

pub(super) fn ending(kind: EndingKind, code: &str) -> CarrierEnding {
    CarrierEnding { kind, code: code.to_owned(), by: None, ended_at: None, duration: None }
}

pub(super) fn unknown(why: UnknownWhy) -> Unknown {
    Unknown { why, detail: String::new(), retry_after: None }
}

pub(super) fn sighted(sighting: Sighting) -> News {
    News::Sighted { leg: leg(), sighting }
}

pub(super) fn live(progress: Progress) -> Sighting {
    Sighting::Live { progress, lasted: None }
}

pub(super) fn question() -> News {
    let (text, input) = ("How many?".to_owned(), Input::Digits { n_max: Some(1) });
    News::CommandAsked(Verb::Ask { text, input, timeout: Duration::from_secs(5) })
}

pub(super) fn replied(reply: CommandReply) -> News {
    News::CommandReplied { id: CommandId(1), reply }
}

pub(super) fn stop_replied(reply: CommandReply) -> News {
    News::StopReplied { id: CommandId(1), reply }
}

pub(super) fn taken(lasts: Option<Duration>) -> CommandReply {
    CommandReply::Taken { lasts }
}

pub(super) fn refused() -> CommandReply {
    CommandReply::Refused { code: "21220".to_owned(), reason: "not in progress".to_owned() }
}

pub(super) fn performed(id: u32, performed: Performed) -> News {
    News::CommandHeard { leg: leg(), id: CommandId(id), performed }
}

pub(super) fn answer(digits: &str) -> Outcome {
    Outcome { digits: Some(digits.to_owned()), ..Outcome::default() }
}

pub(super) fn digits(digits: &str, event_id: Option<&str>) -> News {
    News::DigitsHeard { leg: leg(), digits: digits.to_owned(), event_id: event_id.map(str::to_owned) }
}

/// An inbound call at a carrier that is told by commands what to do.
pub(super) fn offered_by_command() -> Call {
    let facts = Facts { by_command: true, say: Some("Hello.".to_owned()), ..facts(Direction::Inbound) };
    born(&at(BORN, Source::Webhook, News::Offered(Box::new(facts), leg()))).unwrap()
}

/// Such a call that was answered: its greeting is sent.
pub(super) fn greeting() -> Call {
    after(offered_by_command(), [News::AnswerRequested, progressed(Progress::InProgress)])
}

/// One call in each state that matters, with its name in the table.
pub(super) fn calls() -> Vec<(&'static str, Call)> {
    let placing = after(asked(), [admitted()]);
    let ringing = after(placing.clone(), [placed(), progressed(Progress::Ringing)]);
    let talking = after(ringing.clone(), [progressed(Progress::InProgress)]);
    let hanging_up = after(talking.clone(), [want_end()]);
    let lost = lost(&placing);
    let begun = News::Recording(Recorded::Replied { reply: taken(None), name: None });
    let asked_to_record = after(to_be_recorded(ringing.clone()), [progressed(Progress::InProgress)]);
    let recorded = after(asked_to_record.clone(), [begun]);
    let completed = || News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    vec![
        ("Queued", asked()),
        ("Placing", placing.clone()),
        ("Placing, in doubt", after(placing.clone(), [News::PlaceInDoubt { why: "broken".to_owned() }])),
        ("Placing, unwanted", after(placing.clone(), [want_end()])),
        ("Initiated", after(placing, [placed()])),
        ("Ringing", ringing),
        ("Offered", offered()),
        ("Answering", after(offered(), [News::AnswerRequested])),
        ("Answering, by command", after(offered_by_command(), [News::AnswerRequested])),
        ("InProgress", talking.clone()),
        ("InProgress, asked to record", asked_to_record),
        ("InProgress, recorded", recorded.clone()),
        ("InProgress, greeting by command", greeting()),
        ("InProgress, asking", after(talking.clone(), [question(), question()])),
        ("InProgress, asking, taken", after(talking.clone(), [question(), question(), replied(taken(None))])),
        (
            "InProgress, asking, stopping",
            after(
                talking.clone(),
                [question(), question(), replied(taken(None)), News::StopAsked(CommandId(1))],
            ),
        ),
        (
            "InProgress, blind for a while",
            after(
                talking.clone(),
                (0..4).map(|_| sighted(Sighting::Unknown(unknown(UnknownWhy::Unreachable)))),
            ),
        ),
        ("HangingUp", hanging_up),
        ("Ended", after(talking, [completed()])),
        ("Ended, recorded", after(recorded, [completed()])),
        ("Ended, not found", lost.clone()),
        (
            "Ended, with a stray",
            after(lost, [News::Progressed { leg: other_leg(), progress: Progress::Ringing }]),
        ),
    ]
}

/// By its carrier.
fn to_be_recorded(mut call: Call) -> Call {
    call.facts.record = true;
    call
}

fn not_fetched() -> News {
    News::Recording(Recorded::NotFetched { why: "not there".to_owned(), is_missing: true })
}

fn lost(placing: &Call) -> Call {
    let nothing = || at(LATE, Source::Listing, News::Found(Found::Nothing));
    let once = step(placing, &nothing()).call;
    step(&once, &nothing()).call
}

/// One event of each kind, with its name in the table. The same list is heard in time and late.
pub(super) fn news() -> Vec<(&'static str, News)> {
    let mut all = of_placing();
    all.extend(of_recordings());
    all.extend(of_the_call());
    all.extend(of_names_and_commands());
    all
}

fn of_names_and_commands() -> Vec<(&'static str, News)> {
    vec![
        ("AnswerReplied", News::AnswerReplied { leg: leg(), reply: taken(None) }),
        ("Named(own leg)", News::Named { leg: other_leg(), was: leg() }),
        ("CommandAsked", question()),
        ("CommandReplied(Taken)", replied(taken(None))),
        ("CommandReplied(Taken for 2 s)", replied(taken(Some(Duration::from_secs(2))))),
        ("CommandReplied(Refused)", replied(refused())),
        ("CommandReplied(InDoubt)", replied(CommandReply::InDoubt { why: "broken".to_owned() })),
        ("StopAsked(1)", News::StopAsked(CommandId(1))),
        ("StopAsked(2)", News::StopAsked(CommandId(2))),
        ("StopReplied(Taken)", stop_replied(taken(None))),
        ("StopReplied(Refused)", stop_replied(refused())),
        ("CommandHeard(Begun)", performed(1, Performed::Begun)),
        ("CommandHeard(Finished)", performed(1, Performed::Finished(answer("1")))),
        ("CommandHeard(Failed)", performed(1, Performed::Failed { code: "busy".to_owned() })),
        ("CommandHeard(greeting Finished)", performed(0, Performed::Finished(Outcome::default()))),
        ("DigitsHeard", digits("5", Some("e1"))),
        ("AnsweredBy(Machine)", News::AnsweredBy { leg: leg(), by: AnsweredBy::Machine }),
        ("AnsweredBy(Recording)", News::AnsweredBy { leg: leg(), by: AnsweredBy::Recording }),
    ]
}

fn of_placing() -> Vec<(&'static str, News)> {
    vec![
        ("CheckDue", News::CheckDue),
        ("Admitted", News::Admitted { send_by: NOW + Duration::from_secs(5), gate: None }),
        ("GateRefused", News::GateRefused(Box::new(gate::Refused::Paused { reason: "night".to_owned() }))),
        ("OptedOut", News::OptedOut(gate::Heard::Key("9".to_owned()))),
        ("Placed", placed()),
        ("PlaceRefused", News::PlaceRefused { code: "21211".to_owned(), reason: "invalid to".to_owned() }),
        ("PlaceDeferred", News::PlaceDeferred { why: "rate_limited".to_owned(), retry_after: None }),
        ("PlaceInDoubt", News::PlaceInDoubt { why: "broken".to_owned() }),
        (
            "Found(Leg, Live(Ringing))",
            News::Found(Found::Leg { leg: leg(), sighting: live(Progress::Ringing) }),
        ),
        (
            "Found(Leg, Over)",
            News::Found(Found::Leg {
                leg: leg(),
                sighting: Sighting::Over(ending(EndingKind::Busy, "busy")),
            }),
        ),
        ("Found(Nothing)", News::Found(Found::Nothing)),
        ("Found(Several)", News::Found(Found::Several(2))),
        ("StreamAttached(1)", News::StreamAttached { id: CommandId(1), number: 0, run: 5 }),
        ("StreamOver(1)", News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Lost }),
    ]
}

fn of_recordings() -> Vec<(&'static str, News)> {
    vec![
        ("Recording(Begun)", News::Recording(Recorded::Begun)),
        ("Recording(Replied)", News::Recording(Recorded::Replied { reply: taken(None), name: None })),
        ("Recording(Refused)", News::Recording(Recorded::Replied { reply: refused(), name: None })),
        ("Recording(StopReplied)", News::Recording(Recorded::StopReplied { reply: taken(None) })),
        ("Recording(Told)", News::Recording(Recorded::Told { name: None })),
        ("Recording(NotFetched)", not_fetched()),
        ("Recording(Ended)", News::Recording(Recorded::Ended { ms: 1_000, bytes: 16_000, failed: None })),
        ("Recording(Deleted)", News::Recording(Recorded::Deleted { why: "asked".to_owned() })),
        ("Recording(Dropped)", News::Recording(Recorded::Dropped { is_left: false })),
        ("Recording(NotDropped)", News::Recording(Recorded::NotDropped { why: "broken".to_owned() })),
    ]
}

fn of_the_call() -> Vec<(&'static str, News)> {
    let completed = ending(EndingKind::Completed, "completed");
    let vanished = || unknown(UnknownWhy::NotFound);
    vec![
        ("Found(SeveralOver)", News::Found(Found::SeveralOver(2))),
        ("Found(Unknown)", News::Found(Found::Unknown(unknown(UnknownWhy::CarrierError)))),
        ("Progressed(Initiated)", progressed(Progress::Initiated)),
        ("Progressed(Ringing)", progressed(Progress::Ringing)),
        ("Progressed(InProgress)", progressed(Progress::InProgress)),
        ("Progressed(other leg)", News::Progressed { leg: other_leg(), progress: Progress::Ringing }),
        ("Unread", News::Unread { leg: leg(), what: "teleported".to_owned() }),
        ("Over(Completed)", News::Over { leg: leg(), ending: completed.clone() }),
        ("Over(Busy)", News::Over { leg: leg(), ending: ending(EndingKind::Busy, "busy") }),
        ("Over(other leg)", News::Over { leg: other_leg(), ending: completed.clone() }),
        ("Sighted(Live(Ringing))", sighted(live(Progress::Ringing))),
        ("Sighted(Live(InProgress))", sighted(live(Progress::InProgress))),
        ("Sighted(Over(Completed))", sighted(Sighting::Over(completed))),
        ("Sighted(Unknown(NotFound))", sighted(Sighting::Unknown(vanished()))),
        ("Sighted(Unknown(RateLimited))", sighted(Sighting::Unknown(unknown(UnknownWhy::RateLimited)))),
        (
            "Sighted(other leg, Live)",
            News::Sighted { leg: other_leg(), sighting: live(Progress::InProgress) },
        ),
        (
            "Sighted(other leg, Unknown)",
            News::Sighted { leg: other_leg(), sighting: Sighting::Unknown(vanished()) },
        ),
        ("HangUpRequested", want_end()),
        ("AnswerRequested", News::AnswerRequested),
        ("Declined", News::Declined { cause: "not_allowed".to_owned(), how: Decline::Reject }),
        (
            "Declined(parting)",
            News::Declined { cause: "full".to_owned(), how: Decline::Say("Full.".to_owned()) },
        ),
        ("Declined(ring out)", News::Declined { cause: "not_allowed".to_owned(), how: Decline::RingOut }),
        ("HangUpReplied(Accepted)", News::HangUpReplied { leg: leg(), reply: HangUpReply::Accepted }),
        (
            "HangUpReplied(NothingToEnd)",
            News::HangUpReplied { leg: leg(), reply: HangUpReply::NothingToEnd { code: "21220".to_owned() } },
        ),
        (
            "HangUpReplied(Failed)",
            News::HangUpReplied { leg: leg(), reply: HangUpReply::Failed(unknown(UnknownWhy::CarrierError)) },
        ),
    ]
}
