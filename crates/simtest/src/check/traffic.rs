//! What goes over the wire: each request that reaches the network, each webhook acknowledged.

use super::{Breach, Promise};
use crate::scene::Kind;
use crate::world::{World, tail};
use call::call::News;
use call::{Call, CallId, CallState, CarrierCallId};
use carrier::{HeardWebhook, Operation};

impl World {
    /// A request reached the network; before it there were `n_before` legs.
    pub(crate) fn inspect_request(
        &mut self,
        id: CallId,
        operation: Operation,
        n_before: usize,
    ) -> Result<(), Breach> {
        self.inspect_budget()?;
        if operation != Operation::Place {
            return Ok(());
        }
        let legs = self.network.calls();
        let [leg] = legs.get(n_before..).unwrap_or_default() else { return Ok(()) };
        let (sid, leg) = (leg.id.clone(), leg.clone());
        self.checks.owner.insert(sid.clone(), id);
        self.checks.created.entry(id).or_default().push(sid.clone());
        if self.checks.lost_a_store() && !self.disk.tables().calls.contains_key(&id) {
            self.checks.lost_on_its_way(&sid);
        }
        self.inspect_rings(id)?;
        self.inspect_places()?;
        self.inspect_dial(id, &leg)?;
        self.inspect_dials()
    }

    fn inspect_rings(&self, id: CallId) -> Result<(), Breach> {
        if self.checks.n_created(id) > 1 {
            let what = format!("{} legs were made for {}", self.checks.n_created(id), tail(id));
            return Err(self.breach(Promise::NoSecondRing, what));
        }
        let asked = self.users.asked.iter().find(|asked| asked.ids.contains(&id));
        let Some(asked) = asked.filter(|asked| asked.key.is_some()) else { return Ok(()) };
        let n_legs: usize = asked.ids.iter().map(|id| self.checks.n_created(*id)).sum();
        if n_legs > 1 {
            let what = format!("{n_legs} legs were made for {:?}", asked.key);
            return Err(self.breach(Promise::NoSecondRing, what));
        }
        Ok(())
    }

    /// So many legs of calls that we admitted live in the network, of those that we did not give up.
    fn inspect_places(&self) -> Result<(), Breach> {
        let tables = self.disk.tables();
        let live = self.network.calls().into_iter().filter(|truth| truth.live);
        let counted = live.filter(|truth| {
            let owner = self.checks.owner.get(&truth.id).and_then(|id| tables.calls.get(id));
            !self.checks.is_lost(&truth.id) && owner.is_some_and(|row| !row.call.state.is_ended())
        });
        let n_live = counted.count() as u64;
        drop(tables);
        let most = self.plan.rules.carrier_live_max.unwrap_or(u64::MAX).min(self.plan.live_max);
        if n_live <= most {
            return Ok(());
        }
        let what = format!("{n_live} legs live, and {most} may");
        Err(self.breach(Promise::LiveMax, what))
    }

    /// Placements reach the network no faster than they may be sent, but for what was on its way.
    fn inspect_dials(&mut self) -> Result<(), Breach> {
        let (now, apart) = (self.now, self.checks.apart_ms);
        self.checks.dialled.push_back(now);
        while self.checks.dialled.front().is_some_and(|at| now - at > WINDOW_MS) {
            self.checks.dialled.pop_front();
        }
        let clock_set = self.checks.clock_set_at.is_some_and(|at| now - at < 2 * WINDOW_MS);
        if apart == 0 || clock_set {
            return Ok(());
        }
        let on_the_way = crate::world::millis(crate::plan::SEND_WITHIN) + self.plan.latency_ms;
        let most = (WINDOW_MS + on_the_way) / apart + 2;
        if i64::try_from(self.checks.dialled.len()).unwrap_or(i64::MAX) <= most {
            return Ok(());
        }
        let what = format!("{} calls within {} s", self.checks.dialled.len(), WINDOW_MS / 1000);
        Err(self.breach(Promise::Pace, what))
    }

    /// The carrier is asked a few times a second, and a little more for each call.
    fn inspect_budget(&mut self) -> Result<(), Breach> {
        let now = self.now;
        self.checks.requests.push_back(now);
        while self.checks.requests.front().is_some_and(|at| now - at > WINDOW_MS) {
            self.checks.requests.pop_front();
        }
        let n_requests = self.checks.requests.len();
        // What Twilio tells in one reply takes two at Telnyx; at Plivo it stands on one of three shelves,
        // under one of two names.
        let each = match self.plan.carrier {
            Kind::Twilio => 1,
            Kind::Telnyx => 2,
            Kind::Plivo => 4,
        };
        if n_requests <= each * REQUESTS_FREE {
            return Ok(());
        }
        let tables = self.disk.tables();
        let n_owed = tables.calls.values().filter(|row| row.due_at.is_some()).count();
        drop(tables);
        // Some of the requests were for calls that have ended since.
        while self.checks.endings.front().is_some_and(|at| now - at > WINDOW_MS) {
            self.checks.endings.pop_front();
        }
        let n_calls = n_owed + self.checks.endings.len();
        if n_requests <= each * (REQUESTS_FREE + n_calls * REQUESTS_EACH) {
            return Ok(());
        }
        let what = format!("{n_requests} requests within {} s for {n_calls} calls", WINDOW_MS / 1000);
        Err(self.breach(Promise::Budget, what))
    }

    /// A webhook is acknowledged: it must stand, if it speaks of a call of ours.
    pub(crate) fn acknowledge(&mut self, heard: &HeardWebhook) {
        self.learn_name(heard.leg.as_str());
        let real = self.checks.real(heard.leg.as_str());
        let made_here = self.checks.owner.contains_key(real);
        let known = self.disk.tables().calls.values().any(|row| self.is_own(&row.call, heard));
        // That a call is over which the store forgot, nobody can keep: whoever takes it in is told again.
        let is_lost = !known && matches!(heard.news, Some(News::Over { .. }));
        if (made_here || known) && !is_lost {
            self.checks.news.push(heard.clone());
        }
        self.note_wishes(heard);
    }

    /// A webhook was acknowledged: its call is at least that far.
    pub(crate) fn inspect_heard(&self, heard: &HeardWebhook) -> Result<(), Breach> {
        let real = self.checks.real(heard.leg.as_str());
        let maker = self.checks.owner.get(real);
        if self.checks.is_strange(real) || self.is_forgotten_leg(real) {
            return Ok(());
        }
        if maker.is_some_and(|id| self.checks.is_pruned(*id)) || self.checks.pruned_legs.contains(real) {
            return Ok(());
        }
        let tables = self.disk.tables();
        let owner = maker.and_then(|id| tables.calls.get(id));
        let row = owner.or_else(|| tables.calls.values().find(|row| self.is_own(&row.call, heard)));
        let reflected = match (row, &heard.news) {
            (_, None) => true,
            (Some(row), Some(news)) => reflects(&row.call, self.is_own(&row.call, heard), heard, news),
            // A call that nobody was offered: it ended before it was ours.
            (None, Some(News::Over { .. })) => true,
            (None, Some(_)) => false,
        };
        if reflected {
            // Keys on a line that was given up, and is hung up, concern nobody.
            let id = row.filter(|row| self.is_own(&row.call, heard)).map(|row| row.call.facts.id);
            drop(tables);
            return id.map_or(Ok(()), |id| self.inspect_keys(id, heard));
        }
        let is = row.map(|row| (tail(row.call.facts.id), row.call.state.word()));
        let what = format!("{:?} was acknowledged, and the call is {is:?}", heard.news);
        drop(tables);
        Err(self.breach(Promise::NoLostNews, what))
    }

    /// Whether a webhook speaks of a call's own leg, by whichever of its names.
    pub(super) fn is_own(&self, call: &Call, heard: &HeardWebhook) -> bool {
        let real = |leg: &CarrierCallId| self.checks.real(leg.as_str()).to_owned();
        call.leg().is_some_and(|leg| real(leg) == real(&heard.leg))
    }

    /// Everything that was ever acknowledged is still there.
    pub(crate) fn inspect_news(&self) -> Result<(), Breach> {
        self.checks.news.iter().try_for_each(|heard| self.inspect_heard(heard))
    }
}

fn reflects(call: &Call, own: bool, heard: &HeardWebhook, news: &News) -> bool {
    let stray = call.strays.iter().any(|stray| stray.leg == heard.leg);
    match news {
        News::Progressed { progress, .. } if own => call.state.progress() >= Some(*progress),
        News::Over { .. } if own => call.state.is_ended(),
        // Of a leg that isn't the call's own, the call is past its placing; the stray may be over.
        News::Progressed { .. } | News::Over { .. } => {
            stray || !matches!(call.state, CallState::Queued(_) | CallState::Placing(_))
        }
        _ => true,
    }
}

/// Over so long the requests are counted.
const WINDOW_MS: i64 = 10_000;
/// So many requests are always right.
const REQUESTS_FREE: usize = 20;
/// And so many for each call that is watched.
const REQUESTS_EACH: usize = 15;
