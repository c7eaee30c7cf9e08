//! What a start found unfinished, what the carrier said of it, and what was decided: read off the
//! log, so that it can't say anything else than what happened.

use call::call::{ConfirmedBy, EndedBy, Event, Found, News, Progress, Sighting, Source};
use call::{Call, CallState, Timestamp};
use std::collections::BTreeMap;
use store::{History, KeptEvent, Recovered, StoreError};

/// What the last start found and decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryReport {
    /// When the gateway started.
    pub started_at: Option<Timestamp>,
    /// The calls that were unfinished then, the oldest first, at most 1,000.
    pub lines: Vec<RecoveryLine>,
    /// How many there were.
    pub unfinished: u64,
    /// Of how many of them nothing was heard yet.
    pub pending: u64,
}

/// One call that a start found unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryLine {
    /// The call as it is now.
    pub call: Call,
    /// What was believed of it at the start: the word for its state.
    pub believed: String,
    /// What the carrier said last, in its own or the shared words; `None` if nothing yet.
    pub carrier: Option<String>,
    /// What was decided.
    pub decision: Decision,
    /// Why, in a sentence.
    pub why: String,
}

/// What was decided of a call that a start found unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// It waits in the queue as before.
    Queued,
    /// Nothing was heard of it yet.
    Pending,
    /// The carrier couldn't say: it is kept, and asked about again.
    AskedAgain,
    /// It lives, and goes on.
    Kept,
    /// Its leg was found, and it goes on.
    Adopted,
    /// It is to end, and is being hung up.
    HungUp,
    /// It is over.
    Closed,
}

impl Decision {
    /// All of them.
    pub const ALL: [Decision; 7] = [
        Decision::Queued,
        Decision::Pending,
        Decision::AskedAgain,
        Decision::Kept,
        Decision::Adopted,
        Decision::HungUp,
        Decision::Closed,
    ];

    /// Whether the carrier may still say something else than was known at the start.
    pub fn is_open(self) -> bool {
        matches!(self, Decision::Pending | Decision::AskedAgain)
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Queued => "queued",
            Decision::Pending => "pending",
            Decision::AskedAgain => "asked_again",
            Decision::Kept => "kept",
            Decision::Adopted => "adopted",
            Decision::HungUp => "hung_up",
            Decision::Closed => "closed",
        }
    }
}

/// Reads off the log what the last start found and decided.
///
/// # Errors
/// The store can't be read.
pub(crate) fn report(history: &mut dyn History) -> Result<RecoveryReport, StoreError> {
    // Counted before the lines are read: what is heard meanwhile makes the lines say more, never less,
    // than the count.
    let (unfinished, pending) = history.unheard()?;
    let (started_at, recovered) = history.recovered(LINES_MAX)?;
    let mut lines = Vec::with_capacity(recovered.len());
    for one in recovered {
        let events = history.events(one.kept.call.facts.id, one.version, EVENTS_READ)?;
        lines.push(line(one, &events));
    }
    Ok(RecoveryReport { started_at, lines, unfinished, pending })
}

/// Counts, by kind, what the last start decided of all calls that it found unfinished.
///
/// # Errors
/// The store can't be read.
pub(crate) fn decisions(history: &mut dyn History) -> Result<BTreeMap<Decision, u64>, StoreError> {
    let (_, recovered) = history.recovered(usize::MAX)?;
    let mut decisions = BTreeMap::new();
    for one in recovered {
        let events = history.events(one.kept.call.facts.id, one.version, EVENTS_READ)?;
        *decisions.entry(line(one, &events).decision).or_default() += 1;
    }
    Ok(decisions)
}

/// What was decided of one call, by what was heard of it since the start.
pub(crate) fn line(recovered: Recovered, events: &[KeptEvent]) -> RecoveryLine {
    let call = recovered.kept.call;
    let adopted = recovered.believed == "placing" && call.leg().is_some();
    // What became of a call later, that was found to live and not ended by us, was not decided then.
    let was_to_end = recovered.believed == "hanging_up" || is_ended_by_gateway(&call);
    let seen = events.iter().find(|kept| is_seen_live(&kept.event)).filter(|_| !was_to_end);
    let carrier = match seen {
        Some(kept) => carriers_word(&kept.event),
        None => events.iter().rev().find_map(|kept| carriers_word(&kept.event)),
    };
    let decision = match &call.state {
        _ if seen.is_some() && adopted => Decision::Adopted,
        _ if seen.is_some() => Decision::Kept,
        CallState::Ended(_) => Decision::Closed,
        CallState::HangingUp(_) => Decision::HungUp,
        CallState::Queued(_) => Decision::Queued,
        _ if adopted => Decision::Adopted,
        _ => match events.iter().rev().find_map(|kept| verdict(&kept.event)) {
            Some(true) => Decision::Kept,
            Some(false) => Decision::AskedAgain,
            None => Decision::Pending,
        },
    };
    let why = why(&call, decision, carrier.as_deref());
    RecoveryLine { call, believed: recovered.believed, carrier, decision, why }
}

fn why(call: &Call, decision: Decision, carrier: Option<&str>) -> String {
    let said = carrier.unwrap_or("nothing yet");
    match (&call.state, decision) {
        (_, Decision::Kept) => format!("the carrier says {said}; its timers run on with what remains"),
        (_, Decision::Adopted) => format!("its leg was found ({said}); not dialled again"),
        (CallState::Ended(over), _) if over.ending.confirmed_by == ConfirmedBy::Nobody => {
            "the carrier has no such call, asked again and again until the stated bound".to_owned()
        }
        (CallState::Ended(over), _) if over.ending.confirmed_by == ConfirmedBy::Gateway => {
            format!("nothing had been sent: {}", over.ending.cause)
        }
        (CallState::Ended(over), _) => {
            let word = over.ending.carrier_code.as_deref().unwrap_or(said);
            match over.ending.by {
                EndedBy::Gateway => {
                    format!("{}: hung up, and the carrier confirms: {word}", over.ending.cause)
                }
                EndedBy::Agent => format!("{}: the carrier confirms: {word}", over.ending.cause),
                EndedBy::Remote | EndedBy::Carrier => format!("the carrier says {word}"),
            }
        }
        (CallState::HangingUp(hanging), _) => {
            format!("{}; hung up until the carrier confirms", hanging.cause)
        }
        (_, Decision::AskedAgain) => format!("{said} is no proof of an end; kept, and asked about again"),
        (_, Decision::Queued) => "it waits for a free place".to_owned(),
        _ => "the carrier has not answered yet".to_owned(),
    }
}

/// Whether the carrier, asked, said that it lives.
fn is_seen_live(event: &Event) -> bool {
    matches!(
        &event.news,
        News::Sighted { sighting: Sighting::Live { .. }, .. }
            | News::Found(Found::Leg { sighting: Sighting::Live { .. }, .. })
    )
}

fn is_ended_by_gateway(call: &Call) -> bool {
    match &call.state {
        CallState::HangingUp(hanging) => hanging.by == EndedBy::Gateway,
        CallState::Ended(over) => over.ending.by == EndedBy::Gateway,
        _ => false,
    }
}

/// Whether the event is a carrier's word that the call lives (`true`), or a fruitless look.
fn verdict(event: &Event) -> Option<bool> {
    match &event.news {
        News::Sighted { sighting: Sighting::Live { .. }, .. }
        | News::Progressed { .. }
        | News::Placed { .. } => Some(true),
        News::Sighted { sighting: Sighting::Unknown(_), .. }
        | News::Found(Found::Nothing | Found::Several(_) | Found::SeveralOver(_) | Found::Unknown(_)) => {
            Some(false)
        }
        _ => None,
    }
}

fn carriers_word(event: &Event) -> Option<String> {
    let shown = |sighting: &Sighting| match sighting {
        Sighting::Live { progress, .. } => word(*progress).to_owned(),
        Sighting::Over(ending) => ending.code.clone(),
        Sighting::Unknown(unknown) => unknown.why.word().to_owned(),
    };
    match (&event.news, event.source) {
        (News::Sighted { sighting, .. } | News::Found(Found::Leg { sighting, .. }), _) => {
            Some(shown(sighting))
        }
        (News::Found(Found::Nothing), _) => Some("no such call".to_owned()),
        (News::Found(Found::Several(n)), _) => Some(format!("{n} calls fit")),
        (News::Found(Found::SeveralOver(n)), _) => Some(format!("{n} calls fit, all of them over")),
        (News::Found(Found::Unknown(unknown)), _) => Some(unknown.why.word().to_owned()),
        (News::Progressed { progress, .. }, Source::Webhook) => Some(word(*progress).to_owned()),
        (News::Over { ending, .. }, _) => Some(ending.code.clone()),
        _ => None,
    }
}

fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Initiated => "initiated",
        Progress::Ringing => "ringing",
        Progress::InProgress => "in_progress",
    }
}

/// So many calls a report speaks of.
const LINES_MAX: usize = 1_000;
/// So many events after the start are read for each.
const EVENTS_READ: usize = 32;
