//! The store goes back in time, or is lost; others call on the same account; and the gateway sweeps:
//! what lives at the carrier is held against what it knows.

use super::gateway::{Job, Then};
use super::{CALLBACKS, Happening, World, end};
use crate::check::Breach;
use crate::sabotage::Sabotage;
use call::call::Script;
use call::{CallId, Party};
use carrier::{Carrier, Placement, RawWebhook, Request, SendError};
use engine::{Answer, Wanted};
use http::Method;
use network::{Webhook, WireResponse};
use rand::Rng;
use std::time::Duration;

/// A request of a sweep on its way.
pub(crate) struct Asked {
    request: Request,
    sent_at: i64,
}

impl World {
    pub(super) fn write_losses(&mut self) {
        let Some(losses) = self.plan.losses.clone() else { return };
        for (backup, lost_at) in losses.at {
            if let Some(at) = backup {
                self.agenda.put(self.began_at + at, Happening::BackUp);
            }
            self.agenda.put(self.began_at + lost_at, Happening::Lose { goes_back: backup.is_some() });
        }
        for (n, (at, _)) in losses.strangers.iter().enumerate() {
            self.agenda.put(self.began_at + at, Happening::OthersCall(n));
        }
    }

    /// The store is lost, or the last backup is put back. Either takes a gateway that doesn't run.
    pub(super) fn lose(&mut self, goes_back: bool) {
        self.die("as its store was taken away");
        let backup = self.backup.take().filter(|_| goes_back);
        self.went_back = backup.is_some();
        self.tally.fault(if self.went_back { "store went back" } else { "store lost" });
        self.story.tell(self.now, || {
            if goes_back { "the store goes back" } else { "the store is lost" }.to_owned()
        });
        self.disk.put_back(backup.unwrap_or_default());
        // Whoever lost it asks nobody for the same again.
        self.users.give_up();
        self.store_was_lost();
    }

    /// Others place a call on our account.
    pub(super) fn others_call(&mut self, n: usize) {
        let Some((_, stranger)) =
            self.plan.losses.as_ref().and_then(|losses| losses.strangers.get(n)).cloned()
        else {
            return;
        };
        let body = serde_json::to_string(&stranger.behaviour).unwrap_or_default();
        self.control(Method::PUT, &format!("/subscribers/{}", stranger.to), body);
        let placement = Placement {
            id: CallId::from_bits(u128::MAX / 3 + n as u128),
            from: Party::read(crate::plan::OURS[0]),
            to: Party::read(&stranger.to),
            script: Script::Hold(OTHERS_TALK),
            ring_max: Duration::from_secs(60),
            duration_max: OTHERS_TALK,
            listens: None,
        };
        let n_before = self.network.calls().len();
        let others = self.others(stranger.signed, stranger.astray);
        let request = super::wires::on_the_wire(&others.place(&placement));
        let _ = self.network.request(&request, self.millis());
        let legs = self.network.calls();
        for leg in legs.get(n_before..).unwrap_or_default() {
            self.story.tell(self.now, || format!("others call {}: {}", leg.to, end(&leg.id)));
            self.tally.command("call of others");
            self.checks.stranger(&leg.id);
        }
    }

    /// Another gateway's connector.
    fn others(&self, signed: bool, astray: bool) -> Box<dyn Carrier> {
        let installation = if signed { Some(OTHERS) } else { None };
        let callbacks = if astray { CALLBACKS } else { OTHERS_CALLBACKS };
        super::carriers::connector_of(&self.plan, installation, Some(callbacks))
    }

    /// A webhook for another gateway, which keeps its lines open.
    pub(super) fn others_answer(&self, webhook: &Webhook) -> Option<WireResponse> {
        if !webhook.url.starts_with(OTHERS_CALLBACKS) {
            return None;
        }
        let others = self.others(true, false);
        let raw = RawWebhook {
            method: webhook.method.clone(),
            url: webhook.url.clone(),
            headers: webhook
                .headers
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
                .collect(),
            body: webhook.body.clone(),
        };
        let heard = others.verify(&raw, call::Timestamp(self.now)).and_then(|raw| others.decode(&raw)).ok();
        let asks = heard.is_some_and(|heard| heard.page.is_some());
        let document = asks.then(|| others.document(None, &Script::Hold(OTHERS_TALK)));
        Some(super::wires::answered_with(document))
    }

    /// In the end whoever is on a line that nobody here knows hangs up.
    pub(super) fn let_go(&mut self) {
        for leg in self.network.calls().into_iter().filter(|leg| leg.live) {
            if self.checks.is_nobodys(&leg.id) {
                self.story.tell(self.now, || format!("{} is hung up by its own", end(&leg.id)));
                self.control(Method::POST, &format!("/calls/{}/hangup", leg.id), String::new());
            }
        }
    }

    /// The first sweep after a start, or the next one.
    pub(super) fn book_sweep(&mut self, pause_ms: i64) {
        let life = self.lives;
        if self.plan.losses.is_some() && self.sabotage != Some(Sabotage::NeverSweep) {
            self.agenda.put(self.now + pause_ms, Happening::Sweep { life });
        }
    }

    pub(super) fn sweep(&mut self) -> Result<(), Breach> {
        if let Some(gateway) = &mut self.gateway {
            gateway.sweep.begin();
        }
        self.sweep_on()
    }

    /// The sweep goes on as far as it can.
    pub(super) fn sweep_on(&mut self) -> Result<(), Breach> {
        let (wall, steady) = (self.wall(), self.steady());
        let Some(gateway) = &mut self.gateway else { return Ok(()) };
        match gateway.sweep.next(self.carrier.as_ref(), &self.settings, wall, steady) {
            Wanted::Sent(request) => {
                if self.may_die("in a sweep") {
                    return Ok(());
                }
                let lost = self.plan.unreachable;
                if self.calm_since.is_none() && lost > 0.0 && self.rng.random_bool(lost) {
                    let error = SendError::NotSent("no connection".to_owned());
                    return self.swept(Err(error));
                }
                let (life, sent_at, way) = (self.lives, self.now, self.way());
                let asked = Box::new(Asked { request, sent_at });
                self.agenda.put(self.now + way, Happening::SweepAsks { life, asked });
            }
            Wanted::Heard(heard) => self.hear(Job { heard, then: Then::Sweep, n_tries: 0 }),
            Wanted::Nothing(told) => {
                if let Ok(strangers) = told {
                    let told = strangers.iter().map(|one| one.leg.as_str().to_owned()).collect();
                    self.checks.told_strangers(told);
                }
                let again = self.pause_between_sweeps();
                self.book_sweep(again);
            }
        }
        Ok(())
    }

    fn pause_between_sweeps(&self) -> i64 {
        let every = self.plan.losses.as_ref().map_or(0, |losses| losses.sweep_every_ms);
        let stepped_back = self.disk.tables().settings.contains_key("notice").then_some(AFTER_A_STEP_BACK_MS);
        let again = every.min(stepped_back.unwrap_or(every));
        // Sweeps that can find nothing are left out.
        if self.calm_since.is_some() && self.is_quiet() {
            return QUIET_MS;
        }
        let young = self
            .gateway
            .as_ref()
            .is_some_and(|gateway| gateway.sweep.has_young(&self.settings, self.steady()));
        if young { again.min(super::millis(self.settings.limits.settle)) } else { again }
    }

    fn steady(&self) -> Duration {
        Duration::from_millis((self.now - self.began_at).unsigned_abs())
    }

    /// A request of a sweep reaches the network.
    pub(super) fn sweep_asks(&mut self, asked: &Asked) {
        let wire = super::wires::on_the_wire(&asked.request);
        let reply = self.network.request(&wire, self.millis());
        let reply = self.lagging(reply);
        self.tally.requests += 1;
        let (at, reply) = self.fate_of(reply, asked.sent_at);
        let life = self.lives;
        self.agenda.put(at, Happening::SweepHears { life, reply });
    }

    /// A request of a sweep has its reply, or none.
    pub(super) fn swept(&mut self, reply: Result<carrier::Reply, SendError>) -> Result<(), Breach> {
        let steady = self.steady();
        let Some(gateway) = &mut self.gateway else { return Ok(()) };
        match reply {
            Ok(reply) => gateway.sweep.replied(reply),
            Err(error) => gateway.sweep.unreplied(&error, steady),
        }
        self.sweep_on()
    }

    /// The crank answered a sweep, or could not.
    pub(super) fn sweep_answered(&mut self, answer: Option<Answer>) -> Result<(), Breach> {
        if let Some(gateway) = &mut self.gateway {
            gateway.sweep.answered(answer);
        }
        self.sweep_on()
    }
}

/// The other gateway's installation, and where it is told of its calls.
const OTHERS: &str = "green";
const OTHERS_CALLBACKS: &str = "http://others.test/webhooks/main";
/// For so long others hold their lines.
const OTHERS_TALK: Duration = Duration::from_secs(1_200);
/// How often a gateway sweeps whose store went back, until somebody resumes.
const AFTER_A_STEP_BACK_MS: i64 = 30_000;
/// And how often while nothing lives.
const QUIET_MS: i64 = 600_000;
/// So long after a start the first sweep waits,
pub(super) const SWEEP_AFTER_START_MS: i64 = 3_000;
/// and up to so much longer.
pub(super) const SWEEP_SPREAD_MS: i64 = 2_000;
