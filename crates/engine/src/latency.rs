//! How long the other side waited for replies, for what, and for whom: read off the log.

use call::call::{News, Vendors, Waits, Work};
use call::dialogue::Speaker;
use call::{CallId, CarrierName};
use std::collections::BTreeMap;
use store::{CallQuery, History, StoreError};

/// How long replies were waited for on some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latencies {
    /// How many calls were read.
    pub n_calls: usize,
    /// By agent and carrier.
    pub agents: Vec<Latency>,
    /// By those who understand, write and speak.
    pub vendors: Vec<VendorLatency>,
}

/// How long one of those took who understand, write and speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorLatency {
    /// What it did: `recognizer`, `model` or `synthesizer`, or, of a model that hears and speaks, the `whole`.
    pub part: &'static str,
    /// Its name in the configuration.
    pub vendor: String,
    /// From when it was asked until the first of its work was there; of the whole, as of replies.
    pub spread: Spread,
}

/// How long one agent's replies were waited for at one carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The agent's name.
    pub agent: String,
    /// Who carried the calls.
    pub carrier: CarrierName,
    /// From when the other side was silent until the reply was heard to begin.
    pub whole: Spread,
    /// What that was made of, where the gateway's own recognizer and synthesizer were at work.
    pub parts: Vec<(&'static str, Spread)>,
    /// How long the other side talked over the agent, of the times that it did.
    pub talk_over: Option<Spread>,
}

/// How some times are spread, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How many there are.
    pub n: usize,
    /// Half of them are no longer.
    pub p50_ms: u64,
    /// Of a hundred, 95 are no longer.
    pub p95_ms: u64,
    /// Of a hundred, 99 are no longer.
    pub p99_ms: u64,
}

/// What was measured of an agent's talk.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// How long each reply was waited for, in milliseconds, and for what.
    pub(crate) replies: Vec<(u64, Option<Waits>)>,
    /// How long the other side talked over it, each time that it did, in milliseconds.
    talk_over: Vec<u64>,
    /// How long somebody took: for what, who, and milliseconds.
    works: Vec<(&'static str, String, u64)>,
}

/// Reads the last so many calls.
pub(crate) fn latencies(history: &mut dyn History, n_calls: usize) -> Result<Latencies, StoreError> {
    let mut measured: BTreeMap<(String, CarrierName), Measured> = BTreeMap::new();
    let mut works: BTreeMap<(&'static str, String), Vec<u64>> = BTreeMap::new();
    let (mut n_read, mut before) = (0, None);
    while n_read < n_calls {
        let limit = PAGE.min(n_calls - n_read);
        let page = history.calls(&CallQuery { before, limit, ..CallQuery::default() })?;
        let Some(last) = page.last() else { break };
        before = Some(last.call.facts.id);
        n_read += page.len();
        for kept in page {
            let facts = kept.call.facts;
            let Some(agent) = facts.agent else { continue };
            let all = measured.entry((agent.name, facts.carrier)).or_default();
            let of_call = self::measured(history, facts.id)?;
            all.replies.extend(of_call.replies);
            all.talk_over.extend(of_call.talk_over);
            for (part, vendor, ms) in of_call.works {
                works.entry((part, vendor)).or_default().push(ms);
            }
        }
    }
    let of = |((agent, carrier), one): ((String, CarrierName), Measured)| {
        let Measured { replies, talk_over, .. } = one;
        let whole = spread(replies.iter().map(|(ms, _)| *ms))?;
        let waits: Vec<Waits> = replies.iter().filter_map(|(_, waits)| *waits).collect();
        Some(Latency {
            agent,
            carrier,
            whole,
            parts: parts(&waits),
            talk_over: spread(talk_over.into_iter()),
        })
    };
    let of_vendor = |((part, vendor), times): ((&'static str, String), Vec<u64>)| {
        Some(VendorLatency { part, vendor, spread: spread(times.into_iter())? })
    };
    let agents = measured.into_iter().filter_map(of).collect();
    Ok(Latencies { n_calls: n_read, agents, vendors: works.into_iter().filter_map(of_vendor).collect() })
}

/// What was measured of the talk of a call's agent, in order.
pub(crate) fn measured(history: &mut dyn History, call: CallId) -> Result<Measured, StoreError> {
    let mut measured = Measured::default();
    for line in history.events(call, 0, EVENTS_MAX)? {
        let News::Spoken { by, after_ms, waits, talk_over_ms, vendors, .. } = line.event.news else {
            continue;
        };
        match by {
            Speaker::Remote => measured.talk_over.extend(talk_over_ms),
            Speaker::Agent => measured.replies.extend(after_ms.map(|ms| (ms, waits))),
        }
        measured.works.extend(vendors.into_iter().flat_map(|vendors| works(*vendors, after_ms)));
    }
    Ok(measured)
}

/// How long those took whose work words are. A model that nobody speaks for hears and speaks itself: of it
/// the whole was waited for.
fn works(
    Vendors { recognizer, model, synthesizer }: Vendors,
    after_ms: Option<u64>,
) -> Vec<(&'static str, String, u64)> {
    let model = model.map(|work| match synthesizer {
        Some(_) => ("model", work),
        None => ("whole", Work { ms: after_ms, ..work }),
    });
    let all =
        [recognizer.map(|work| ("recognizer", work)), model, synthesizer.map(|work| ("synthesizer", work))];
    all.into_iter().flatten().filter_map(|(part, Work { by, ms })| Some((part, by, ms?))).collect()
}

/// What waits are made of, in order.
fn parts(waits: &[Waits]) -> Vec<(&'static str, Spread)> {
    let of = |of: fn(&Waits) -> u64| spread(waits.iter().map(of));
    let parts = [
        ("turn", of(|waits| waits.turn_ms)),
        ("recognizer", of(|waits| waits.recognizer_ms)),
        ("model", of(|waits| waits.model_ms)),
        ("synthesizer", of(|waits| waits.synthesizer_ms)),
        ("playout", of(|waits| waits.playout_ms)),
    ];
    parts.into_iter().filter_map(|(name, spread)| Some((name, spread?))).collect()
}

/// How these are spread; nothing is of none.
pub(crate) fn spread(times: impl Iterator<Item = u64>) -> Option<Spread> {
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    // The nearest rank: the least that so many of a hundred don't exceed.
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).max(1) - 1).copied();
    Some(Spread { n: times.len(), p50_ms: at(50)?, p95_ms: at(95)?, p99_ms: at(99)? })
}

/// So many calls are read at once.
const PAGE: usize = 200;
/// So much of a call's log is read.
const EVENTS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_the_nearest_ranks() {
        assert_eq!(spread([].into_iter()), None);
        let one = Spread { n: 1, p50_ms: 7, p95_ms: 7, p99_ms: 7 };
        assert_eq!(spread([7].into_iter()), Some(one));
        let hundred = Spread { n: 100, p50_ms: 50, p95_ms: 95, p99_ms: 99 };
        assert_eq!(spread((1..=100).rev()), Some(hundred));
        assert_eq!(spread([3, 1, 2].into_iter()).map(|spread| (spread.p50_ms, spread.p99_ms)), Some((2, 3)));
    }
}
