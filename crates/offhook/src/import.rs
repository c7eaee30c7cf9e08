//! `calls.jsonl` of the gateway that this one replaces: one JSON snapshot of a call per line, the
//! last line of each call counts. Nothing in it is believed of a call that is not over: its
//! carrier is asked like for any other. Nor is a recent end that the other gateway may have taken
//! from a failed look or its own clock.

pub(crate) mod numbers;

use call::call::{
    ConfirmedBy, Direction, EndedBy, Ending, EndingKind, Facts, Limits, Over, Placing, Talk, Unanswered,
    Watch,
};
use call::{CallState, CarrierCallId, CarrierName, Party, PhoneNumber, Timestamp};
use engine::{ImportedCall, new_id};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Finds the carrier of an imported call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping {
    /// The configured carriers of each kind.
    pub(crate) by_kind: BTreeMap<String, Vec<CarrierName>>,
    /// The carrier of each of one's own numbers.
    pub(crate) numbers: BTreeMap<PhoneNumber, CarrierName>,
    /// How long an imported call may take over what.
    pub(crate) limits: Option<Limits>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The calls, in the order of their lines.
    pub(crate) calls: Vec<ImportedCall>,
    /// The lines that can't be read.
    pub(crate) skipped: Vec<SkippedLine>,
}

/// A line that can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SkippedLine {
    /// Its number, from 1.
    pub(crate) line: usize,
    /// Why.
    pub(crate) reason: String,
}

/// A snapshot of a call; whatever else a line has is left alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    call_id: String,
    #[serde(default)]
    provider_call_id: Option<String>,
    provider: String,
    direction: String,
    state: String,
    from: String,
    to: String,
    started_at: i64,
    #[serde(default)]
    answered_at: Option<i64>,
    #[serde(default)]
    ended_at: Option<i64>,
    #[serde(default)]
    end_reason: Option<String>,
}

/// How far the other gateway believed a call to be.
enum Believed {
    Dialled,
    Rings,
    Talks,
    Over(&'static str),
}

/// Reads the file. A line that can't be read costs nobody else.
pub(crate) fn read(text: &str, mapping: &Mapping, now: Timestamp) -> Read {
    let mut read = Read::default();
    let mut last: BTreeMap<String, (usize, Snapshot)> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match snapshot(line).map_err(|error| error.to_string()).and_then(checked) {
            Ok(snapshot) => {
                last.insert(snapshot.call_id.clone(), (index + 1, snapshot));
            }
            Err(reason) => read.skipped.push(SkippedLine { line: index + 1, reason }),
        }
    }
    let mut snapshots: Vec<_> = last.into_values().collect();
    snapshots.sort_by_key(|(line, _)| *line);
    for (line, snapshot) in snapshots {
        match imported(line, &snapshot, mapping, now) {
            Ok(call) => read.calls.push(call),
            Err(reason) => read.skipped.push(SkippedLine { line, reason }),
        }
    }
    read.skipped.sort_by_key(|skipped| skipped.line);
    read
}

impl Snapshot {
    /// The carrier's name for the call, if it was learnt.
    fn leg(&self) -> Result<Option<CarrierCallId>, String> {
        let id = self.provider_call_id.as_deref().filter(|id| !id.is_empty());
        id.map(|id| CarrierCallId::new(id).map_err(|error| error.to_string())).transpose()
    }
}

/// A line is a snapshot, or a wrapper around one.
fn snapshot(line: &str) -> Result<Snapshot, serde_json::Error> {
    #[derive(Deserialize)]
    struct Wrapper {
        call: Snapshot,
    }
    serde_json::from_str(line).or_else(|error| match serde_json::from_str::<Wrapper>(line) {
        Ok(wrapper) => Ok(wrapper.call),
        Err(_) => Err(error),
    })
}

/// Checks all that could keep a line out: only one that is taken takes the place of those before it.
fn checked(snapshot: Snapshot) -> Result<Snapshot, String> {
    if snapshot.call_id.is_empty() {
        return Err("callId is empty".to_owned());
    }
    if !PLAUSIBLE_MS.contains(&snapshot.started_at) {
        return Err(format!("startedAt is {}, no time in milliseconds since 1970", snapshot.started_at));
    }
    if !matches!(snapshot.direction.as_str(), "inbound" | "outbound") {
        return Err(format!("direction is {:?}, neither inbound nor outbound", snapshot.direction));
    }
    snapshot.leg()?;
    if believed(&snapshot).is_none() {
        return Err(format!("state is {:?}, which no {} has", snapshot.state, "calls.jsonl"));
    }
    Ok(snapshot)
}

fn believed(snapshot: &Snapshot) -> Option<Believed> {
    // The reason says more than that it is over.
    let ended = snapshot.state == "completed";
    if let Some(reason) = snapshot.end_reason.as_deref().filter(|_| ended)
        && let Some(end) = ENDS.iter().find(|end| **end == reason)
    {
        return Some(Believed::Over(end));
    }
    let over = |word: &str| ENDS.iter().find(|end| **end == word).map(|end| Believed::Over(end));
    if let Some(end) = over(&snapshot.state) {
        return Some(end);
    }
    if snapshot.ended_at.is_some() {
        return Some(snapshot.end_reason.as_deref().and_then(over).unwrap_or(Believed::Over("completed")));
    }
    match snapshot.state.as_str() {
        "initiated" => Some(Believed::Dialled),
        "ringing" => Some(Believed::Rings),
        "answered" | "active" | "speaking" | "listening" => Some(Believed::Talks),
        _ => None,
    }
}

fn imported(
    line: usize,
    snapshot: &Snapshot,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<ImportedCall, String> {
    let direction = if snapshot.direction == "inbound" { Direction::Inbound } else { Direction::Outbound };
    let (from, to) = (Party::read(&snapshot.from), Party::read(&snapshot.to));
    let ours = if direction == Direction::Inbound { &to } else { &from };
    let (carrier, mut remark) = mapping.carrier(&snapshot.provider, ours);
    let limits = mapping.limits.clone().ok_or("no limits are configured")?;
    let leg = snapshot.leg()?;
    let facts = Facts {
        id: new_id(),
        direction,
        from,
        to,
        carrier,
        account: None,
        say: None,
        created_at: Timestamp(snapshot.started_at),
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: Some(snapshot.call_id.clone()),
        placed_by: None,
        limits,
    };
    let stage = believed(snapshot).ok_or("its state is unknown")?;
    let state = match (stage, leg) {
        (Believed::Over(word), Some(leg)) if is_doubtful(word, snapshot, now) => {
            remark = Some(format!("its end, {word}, was not proved by the carrier, which is asked"));
            let stage = if snapshot.answered_at.is_some() { Believed::Talks } else { Believed::Dialled };
            live(snapshot, &stage, leg, &facts, now)
        }
        (Believed::Over(word), leg) => {
            remark = None;
            CallState::Ended(over(snapshot, word, leg))
        }
        (stage, Some(leg)) => live(snapshot, &stage, leg, &facts, now),
        (_, None) => {
            remark.get_or_insert_with(|| {
                "it has no providerCallId; it is looked for by its numbers".to_owned()
            });
            CallState::Placing(sought(&facts, now))
        }
    };
    Ok(ImportedCall { line, facts, state, remark })
}

/// Whether an end is one that the other gateway wrote without the carrier's word, so lately that the
/// call may live on: it takes a look that finds nothing for an end, and its own time-outs.
fn is_doubtful(word: &str, snapshot: &Snapshot, now: Timestamp) -> bool {
    let unproved = matches!(word, "completed" | "failed" | "error" | "timeout");
    let ended_at = Timestamp(snapshot.ended_at.unwrap_or(snapshot.started_at));
    unproved && now.since(ended_at) < LIFE_MAX
}

impl Mapping {
    /// The configured carrier that a provider's word means: the only one of that kind, or the one
    /// that our number is with. Otherwise a name that no carrier has, so that the call is kept.
    fn carrier(&self, provider: &str, ours: &Party) -> (CarrierName, Option<String>) {
        let kind = if provider == "mock" { "simulated" } else { provider };
        let candidates = self.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default();
        let named = || self.by_kind.values().flatten().find(|name| name.as_str() == kind);
        let by_number = ours.number().and_then(|number| self.numbers.get(number));
        match (candidates, by_number) {
            ([only], _) => (only.clone(), None),
            ([_, ..], Some(carrier)) if candidates.contains(carrier) => (carrier.clone(), None),
            ([], _) if named().is_some() => (CarrierName(kind.to_owned()), None),
            ([], _) => {
                let remark = format!(
                    "no carrier of kind {kind:?} is configured; kept, and verified once there is one named {kind:?}"
                );
                (CarrierName(kind.to_owned()), Some(remark))
            }
            _ => {
                let remark = format!(
                    "several carriers of kind {kind:?} are configured and {} is with none of them; kept",
                    ours.as_str()
                );
                (CarrierName(format!("{kind} (ambiguous)")), Some(remark))
            }
        }
    }
}

fn live(
    snapshot: &Snapshot,
    stage: &Believed,
    leg: CarrierCallId,
    facts: &Facts,
    now: Timestamp,
) -> CallState {
    let limits = &facts.limits;
    let since = facts.created_at;
    let ring_until = since + limits.ring_max;
    let hard_until = ring_until + limits.duration_max;
    let watch = due(now);
    if matches!(stage, Believed::Talks) {
        let answered_at = Timestamp(snapshot.answered_at.unwrap_or(snapshot.started_at));
        let talk_until = (answered_at + limits.duration_max).min(hard_until);
        return CallState::InProgress(Talk { leg, answered_at, talk_until, hard_until, watch });
    }
    let call = Unanswered { leg, since, ring_until, hard_until, watch };
    match (stage, facts.direction) {
        (_, Direction::Inbound) => CallState::Offered(call),
        (Believed::Rings, Direction::Outbound) => CallState::Ringing(call),
        _ => CallState::Initiated(call),
    }
}

/// A call whose carrier's id was never learnt: like any placement in doubt.
fn sought(facts: &Facts, now: Timestamp) -> Placing {
    Placing {
        since: facts.created_at,
        send_by: facts.created_at + DIALLED_WITHIN,
        give_up_at: now + facts.limits.find_max,
        queued_until: now,
        deferred: 0,
        doubt: Some("imported without a carrier's id".to_owned()),
        rounds: 0,
        wish: None,
        watch: due(now),
    }
}

fn over(snapshot: &Snapshot, word: &str, leg: Option<CarrierCallId>) -> Over {
    let answered = snapshot.answered_at.is_some();
    let (kind, by) = match word {
        "hangup-bot" => (EndingKind::Completed, EndedBy::Agent),
        "timeout" if answered => (EndingKind::Completed, EndedBy::Gateway),
        "timeout" => (EndingKind::NoAnswer, EndedBy::Gateway),
        "error" | "failed" => (EndingKind::Failed, EndedBy::Carrier),
        "no-answer" => (EndingKind::NoAnswer, EndedBy::Remote),
        "busy" => (EndingKind::Busy, EndedBy::Remote),
        _ => (EndingKind::Completed, EndedBy::Remote),
    };
    let ended_at = Timestamp(snapshot.ended_at.unwrap_or(snapshot.started_at));
    let answered_at = snapshot.answered_at.map(Timestamp);
    let ending = Ending {
        kind,
        by,
        cause: word.to_owned(),
        carrier_code: None,
        confirmed_by: ConfirmedBy::Import,
        duration: answered_at.map(|at| ended_at.since(at)),
    };
    Over { leg, ending, answered_at, ended_at }
}

fn due(now: Timestamp) -> Watch {
    Watch { due_at: now, not_before: None, blind: 0 }
}

/// The words for an end.
const ENDS: [&str; 9] = [
    "completed",
    "hangup-user",
    "hangup-bot",
    "timeout",
    "error",
    "failed",
    "no-answer",
    "busy",
    "voicemail",
];
/// From 2001 to 2100: what lies outside is in seconds, or no time at all.
const PLAUSIBLE_MS: std::ops::Range<i64> = 1_000_000_000_000..4_102_444_800_000;
/// No carrier lets a call live longer unless it is told to.
const LIFE_MAX: Duration = Duration::from_secs(86_400);
/// The other gateway notes the start of a call and dials within this time.
const DIALLED_WITHIN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
