//! Figures of many calls over time: counted by the store, and how long replies were waited for, read
//! off the logs of some of them.

use crate::latency::{Spread, measured, spread};
use call::gate::Money;
use call::{CarrierName, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;
use store::{History, StoreError, Stretches, Tally};

/// What there is to say of the calls that began in one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// When it begins.
    pub from: Timestamp,
    /// How many came in.
    pub n_inbound: u64,
    /// How many were placed.
    pub n_outbound: u64,
    /// How many were answered.
    pub n_answered: u64,
    /// How long they talked, all together.
    pub talked: Duration,
    /// How many ended in each way, by its word.
    pub endings: BTreeMap<String, u64>,
    /// What the outbound talk cost at the carriers that have a price; `None` if none has.
    pub cost: Option<Money>,
    /// How long replies were waited for, of the calls whose log was read; `None` if there were none.
    pub replies: Option<Spread>,
}

/// Figures for each of the stretches, and of how many calls in each the log is read at most.
pub(crate) fn figures(
    history: &mut dyn History,
    stretches: &Stretches,
    prices: &BTreeMap<CarrierName, Money>,
    now: Timestamp,
) -> Result<(usize, Vec<Figures>), StoreError> {
    let n = usize::try_from(stretches.n).unwrap_or(usize::MAX).max(1);
    let calls_each = (CALLS_READ_MAX / n).clamp(1, CALLS_EACH_MAX);
    let cost = (!prices.is_empty()).then_some(Money(0));
    let none = |number| Figures {
        from: stretches.begin(number),
        n_inbound: 0,
        n_outbound: 0,
        n_answered: 0,
        talked: Duration::ZERO,
        endings: BTreeMap::new(),
        cost,
        replies: None,
    };
    let mut all: Vec<Figures> = (0..stretches.n).map(none).collect();
    for tally in history.tallies(stretches, now)? {
        if let Some(figures) = usize::try_from(tally.stretch).ok().and_then(|at| all.get_mut(at)) {
            figures.add(tally, prices);
        }
    }
    for figures in all.iter_mut().filter(|figures| figures.n_answered > 0) {
        let until = figures.from + stretches.each;
        let mut waited = Vec::new();
        for kept in history.answered(figures.from, until, calls_each)? {
            if kept.call.facts.agent.is_some() {
                let replies = measured(history, kept.call.facts.id)?.replies;
                waited.extend(replies.into_iter().map(|(ms, _)| ms));
            }
        }
        figures.replies = spread(waited.into_iter());
    }
    Ok((calls_each, all))
}

impl Figures {
    fn add(&mut self, tally: Tally, prices: &BTreeMap<CarrierName, Money>) {
        if tally.outbound {
            self.n_outbound += tally.n_calls;
            let price = prices.get(&tally.carrier).map_or(0, |price| price.0);
            self.cost = self.cost.map(|cost| Money(cost.0 + price.saturating_mul(tally.minutes)));
        } else {
            self.n_inbound += tally.n_calls;
        }
        self.n_answered += tally.n_answered;
        self.talked += tally.talked;
        if let Some(ending) = tally.ending {
            *self.endings.entry(ending).or_default() += tally.n_calls;
        }
    }
}

/// The logs of so many calls are read at most for all stretches together.
const CALLS_READ_MAX: usize = 1_000;
/// And of so many for one.
const CALLS_EACH_MAX: usize = 100;
