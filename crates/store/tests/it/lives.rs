//! Calls to store: made up, but moved by the real `step`.

use call::call::{
    CarrierEnding, Direction, EndedBy, EndingKind, Facts, Limits, Progress, Roll, Source, born, step,
};
use call::{Call, CallId, CarrierCallId, CarrierName, Event, News, Party, Sighting, Timestamp};
use std::time::Duration;
use store::{Page, StoreError};

/// A time, in seconds after some morning.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp(1_790_000_000_000 + second * 1000)
}

/// The n-th id: later ones sort after earlier ones.
pub(crate) fn id(n: u64) -> CallId {
    CallId::from_bits((1_790_000_000_000_u128 << 80) + u128::from(n))
}

/// The n-th leg of the only carrier.
pub(crate) fn leg(n: u64) -> CarrierCallId {
    CarrierCallId::new(format!("CA{n:032}")).unwrap()
}

pub(crate) fn carrier() -> CarrierName {
    CarrierName("twilio".to_owned())
}

pub(crate) fn us() -> Party {
    Party::read("+12025550100")
}

pub(crate) fn them() -> Party {
    Party::read("+12025550123")
}

pub(crate) fn facts(n: u64, created_at: Timestamp) -> Facts {
    Facts {
        id: id(n),
        direction: Direction::Outbound,
        from: us(),
        to: them(),
        carrier: carrier(),
        account: None,
        say: Some("Your table is booked.".to_owned()),
        created_at,
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: None,
        placed_by: None,
        limits: Limits {
            queue_max: Duration::from_secs(60),
            ring_max: Duration::from_secs(60),
            duration_max: Duration::from_secs(3600),
            find_max: Duration::from_secs(120),
            settle: Duration::from_secs(30),
            look_unanswered: Duration::from_secs(10),
            look_talking: Duration::from_secs(60),
        },
    }
}

/// Some news, heard at `second`.
pub(crate) fn event(second: i64, news: News) -> Event {
    Event { at: at(second), roll: Roll(500), source: Source::Webhook, news }
}

pub(crate) fn asked(n: u64, second: i64) -> Event {
    event(second, News::Asked(Box::new(facts(n, at(second)))))
}

pub(crate) fn offered(n: u64, second: i64, its: CarrierCallId) -> Event {
    let facts = Facts { direction: Direction::Inbound, from: them(), to: us(), ..facts(n, at(second)) };
    event(second, News::Offered(Box::new(facts), its))
}

pub(crate) fn admitted(second: i64) -> Event {
    event(second, News::Admitted { send_by: at(second + 5), gate: None })
}

pub(crate) fn progressed(second: i64, its: CarrierCallId, progress: Progress) -> Event {
    event(second, News::Progressed { leg: its, progress })
}

pub(crate) fn ended(second: i64, its: CarrierCallId) -> Event {
    event(second, News::Over { leg: its, ending: ending() })
}

pub(crate) fn sighted(second: i64, its: CarrierCallId, sighting: Sighting) -> Event {
    event(second, News::Sighted { leg: its, sighting })
}

pub(crate) fn ending() -> CarrierEnding {
    CarrierEnding {
        kind: EndingKind::Completed,
        code: "completed".to_owned(),
        by: Some(EndedBy::Remote),
        ended_at: None,
        duration: Some(Duration::from_secs(15)),
    }
}

/// What the event makes of the call, as the engine would write it.
pub(crate) fn next(call: Option<&Call>, event: &Event) -> Call {
    match call {
        Some(call) => step(call, event).call,
        None => born(event).unwrap(),
    }
}

/// Reads the n-th call, moves it by the event and writes it.
pub(crate) fn hear(page: &mut dyn Page, n: u64, event: &Event) -> Result<(), StoreError> {
    let kept = page.call(id(n))?;
    let moved = next(kept.as_ref().map(|kept| &kept.call), event);
    page.write(&moved, event, kept.as_ref())
}
