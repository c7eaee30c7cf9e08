//! The ways to all carriers that are configured. A reload replaces all of them at once; an exchange
//! that is under way ends over the lane on which it began, with the credentials that it began with.

use super::lane::{Lane, Line};
use call::CarrierName;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// All lanes, by the names of their carriers.
pub(crate) type All = Arc<BTreeMap<CarrierName, Arc<Lane>>>;

/// The lanes that are in force.
pub(crate) struct Lanes {
    all: RwLock<All>,
}

impl Lanes {
    /// The lanes of these carriers.
    pub(crate) fn new(lines: Vec<Line>) -> Lanes {
        let all = lines.into_iter().map(|line| named(Lane::of(line))).collect();
        Lanes { all: RwLock::new(Arc::new(all)) }
    }

    /// All of them, as they are at this moment.
    pub(crate) fn all(&self) -> All {
        // What a panic elsewhere left behind is still whole: it is only ever replaced.
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lane of this carrier.
    pub(crate) fn get(&self, name: &CarrierName) -> Option<Arc<Lane>> {
        self.all().get(name).cloned()
    }

    /// Of those that are in force, the carriers that these lines leave out, or have with another
    /// account.
    pub(crate) fn gone(&self, lines: &[Line]) -> Vec<CarrierName> {
        let stays = |lane: &Lane| {
            lines.iter().any(|line| {
                let same_name = line.carrier.name() == lane.carrier().name();
                same_name && line.carrier.account() == lane.carrier().account()
            })
        };
        self.all().iter().filter(|(_, lane)| !stays(lane)).map(|(name, _)| name.clone()).collect()
    }

    /// Puts lanes of these carriers in the place of all that there are.
    pub(crate) fn replace(&self, lines: Vec<Line>) {
        let before = self.all();
        let renewed = |line: Line| match before.get(line.carrier.name()) {
            Some(lane) => named(lane.renewed(line)),
            None => named(Lane::of(line)),
        };
        let all = Arc::new(lines.into_iter().map(renewed).collect());
        *self.all.write().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

fn named(lane: Lane) -> (CarrierName, Arc<Lane>) {
    (lane.carrier().name().clone(), Arc::new(lane))
}
