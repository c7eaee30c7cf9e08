//! One call in each state that matters, and one event of each kind.

use crate::call::*;
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
        created_at: BORN,
        imported_id: None,
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
    News::Admitted { send_by: BORN + Duration::from_secs(5) }
}

pub(super) fn placed() -> News {
    News::Placed { leg: leg() }
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

/// One call in each state that matters, with its name in the table.
pub(super) fn calls() -> Vec<(&'static str, Call)> {
    let placing = after(asked(), [admitted()]);
    let ringing = after(placing.clone(), [placed(), progressed(Progress::Ringing)]);
    let talking = after(ringing.clone(), [progressed(Progress::InProgress)]);
    let hanging_up = after(talking.clone(), [want_end()]);
    let lost = lost(&placing);
    vec![
        ("Queued", asked()),
        ("Placing", placing.clone()),
        ("Placing, in doubt", after(placing.clone(), [News::PlaceInDoubt { why: "broken".to_owned() }])),
        ("Placing, unwanted", after(placing.clone(), [want_end()])),
        ("Initiated", after(placing, [placed()])),
        ("Ringing", ringing),
        ("Offered", offered()),
        ("Answering", after(offered(), [News::AnswerRequested])),
        ("InProgress", talking.clone()),
        (
            "InProgress, blind for a while",
            after(
                talking.clone(),
                (0..4).map(|_| sighted(Sighting::Unknown(unknown(UnknownWhy::Unreachable)))),
            ),
        ),
        ("HangingUp", hanging_up),
        (
            "Ended",
            after(talking, [News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") }]),
        ),
        ("Ended, not found", lost.clone()),
        (
            "Ended, with a stray",
            after(lost, [News::Progressed { leg: other_leg(), progress: Progress::Ringing }]),
        ),
    ]
}

fn lost(placing: &Call) -> Call {
    let nothing = || at(LATE, Source::Listing, News::Found(Found::Nothing));
    let once = step(placing, &nothing()).call;
    step(&once, &nothing()).call
}

/// One event of each kind, with its name in the table. The same list is heard in time and late.
pub(super) fn news() -> Vec<(&'static str, News)> {
    let completed = ending(EndingKind::Completed, "completed");
    let vanished = || unknown(UnknownWhy::NotFound);
    vec![
        ("CheckDue", News::CheckDue),
        ("Admitted", News::Admitted { send_by: NOW + Duration::from_secs(5) }),
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
        ("Declined", News::Declined { cause: "not_allowed".to_owned() }),
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
