//! Calls that came in, talked and ended, written as a gateway would have. The benchmarks' pasts are made by
//! this too.

use call::call::{CarrierEnding, Direction, EndedBy, EndingKind, Facts, Limits, Roll, Source, born, step};
use call::{CallId, CarrierCallId, CarrierName, Event, News, Party, Timestamp};
use std::time::Duration;
use store::{Kept, Page, StoreError};

/// A call that is over.
pub(crate) struct Life {
    pub(crate) id: CallId,
    /// The carrier's name for it.
    pub(crate) leg: String,
    pub(crate) from: Party,
    pub(crate) to: Party,
    pub(crate) at: Timestamp,
    /// What was said to whoever called.
    pub(crate) say: &'static str,
}

/// Writes its beginning and its end.
pub(crate) fn live_through(page: &mut dyn Page, life: Life) -> Result<(), StoreError> {
    let leg = CarrierCallId::new(&life.leg).map_err(|error| StoreError::Failed(error.to_string()))?;
    let at = life.at;
    let event = |news| Event { at, roll: Roll(500), source: Source::Webhook, news };
    let offered = event(News::Offered(Box::new(facts(life)), leg.clone()));
    let call = born(&offered).ok_or_else(|| StoreError::Failed("an offer made no call".to_owned()))?;
    page.write(&call, &offered, None)?;
    let ending = CarrierEnding {
        kind: EndingKind::Completed,
        code: "completed".to_owned(),
        by: Some(EndedBy::Remote),
        ended_at: None,
        duration: Some(Duration::from_secs(15)),
    };
    let over = event(News::Over { leg, ending });
    let was = Kept { call, version: 1 };
    page.write(&step(&was.call, &over).call, &over, Some(&was))
}

fn facts(life: Life) -> Facts {
    let seconds = Duration::from_secs;
    Facts {
        id: life.id,
        direction: Direction::Inbound,
        from: life.from,
        to: life.to,
        carrier: CarrierName("line".to_owned()),
        account: None,
        say: Some(life.say.to_owned()),
        created_at: life.at,
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: None,
        placed_by: None,
        limits: Limits {
            queue_max: seconds(60),
            ring_max: seconds(60),
            duration_max: seconds(3600),
            find_max: seconds(120),
            settle: seconds(30),
            look_unanswered: seconds(15),
            look_talking: seconds(60),
        },
    }
}
