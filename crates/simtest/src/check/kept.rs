//! What is taken out of the store: only what is over, only when its time has come, and never what
//! names it.

use super::{Breach, Promise};
use crate::world::{KEPT_ANYWAY_MS, World, made_at, millis, tail};
use call::{Call, CallId};

impl World {
    /// A call is gone from the store. `known` is how it was last seen.
    pub(super) fn inspect_pruned(&mut self, id: CallId, known: &Call) -> Result<(), Breach> {
        let made = made_at(id).0;
        let age = self.wall().0 - made;
        let keep = self.plan.keep;
        let too_old = keep.age.is_some_and(|age_max| age > millis(age_max));
        let n_newer = self.disk.tables().calls.range(id..).count() as u64;
        let too_many = keep.calls.is_some_and(|n_calls| n_newer >= n_calls);
        let is_over = known.state.is_ended() && known.due_at().is_none();
        if is_over && age > KEPT_ANYWAY_MS && (too_old || too_many) {
            self.checks.pruned.insert(id);
            let legs = known.leg().into_iter().chain(&known.also);
            let legs: Vec<String> = legs.map(|leg| self.checks.real(leg.as_str()).to_owned()).collect();
            self.checks.pruned_legs.extend(legs);
            return Ok(());
        }
        let what = format!(
            "{} is gone after {} s, {n_newer} newer, by {keep:?}: it was {}, due {:?}",
            tail(id),
            age / 1000,
            known.state.word(),
            known.due_at()
        );
        Err(self.breach(Promise::KeptHistory, what))
    }
}
