//! What happened since the start, counted for those who watch, in the text form that Prometheus
//! reads. It stands beside the crank as [`Health`] does: the pure core knows
//! nothing of it.
//!
//! Labels are words of ours or names from the configuration: never a number, never a call.

mod shown;

use self::shown::Gauges;
use crate::driver::{Moved, Turned};
use crate::health::Health;
use crate::heard::Heard;
use crate::recovery::Decision;
use call::call::{Direction, EndingKind, Found, HangUpReply, News, Sighting};
use call::{CallState, CarrierName, Timestamp};
use carrier::WebhookError;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use store::Pulse;

/// What happened since the start.
pub(crate) struct Metrics {
    carriers: RwLock<Vec<CarrierName>>,
    calls_begun: Counted<2>,
    calls_ended: Counted<2>,
    look_ups: Counted<3>,
    searches: Counted<2>,
    hang_ups: Counted<2>,
    orphans_ended: Counted<1>,
    webhooks: Counted<2>,
    webhook_seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    turn_size: Histogram,
    commit_seconds: Histogram,
    turns_failed: Counter,
    /// The registry, and what is set only when somebody asks.
    shown: Mutex<(Registry, Gauges)>,
}

/// What was read off the store for one scrape.
pub(crate) struct Snapshot {
    pub(crate) pulse: Pulse,
    pub(crate) now: Timestamp,
    pub(crate) paused: bool,
    pub(crate) live_max: u64,
    pub(crate) errands: usize,
}

type Labels<const N: usize> = [(&'static str, String); N];
type Counted<const N: usize> = Family<Labels<N>, Counter>;

impl Metrics {
    /// Begins at nothing, with a line for everything that can be counted at these carriers: what
    /// never happened yet is 0, not absent.
    pub(crate) fn new(carriers: Vec<CarrierName>, started_at: Timestamp) -> Metrics {
        let mut registry = Registry::with_prefix("offhook");
        let gauges = Gauges::register(&mut registry, started_at);
        let webhook_seconds = Family::new_with_constructor(webhook_seconds as fn() -> Histogram);
        let metrics = Metrics {
            carriers: RwLock::default(),
            calls_begun: Family::default(),
            calls_ended: Family::default(),
            look_ups: Family::default(),
            searches: Family::default(),
            hang_ups: Family::default(),
            orphans_ended: Family::default(),
            webhooks: Family::default(),
            webhook_seconds,
            turn_size: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            commit_seconds: Histogram::new(exponential_buckets(0.000_5, 2.0, 14)),
            turns_failed: Counter::default(),
            shown: Mutex::new((Registry::default(), gauges)),
        };
        metrics.register(&mut registry);
        metrics.begin_at_zero(carriers);
        metrics.shown().0 = registry;
        metrics
    }

    /// A turn was committed, or was not.
    pub(crate) fn note_turn(&self, n_heard: usize, took: Duration, turned: Option<&Turned>) {
        let Some(turned) = turned else {
            self.turns_failed.inc();
            return;
        };
        // A turn that only read waited for no disk, and most of those only find that nothing is due.
        if turned.wrote {
            #[expect(clippy::cast_precision_loss, reason = "a batch has some hundreds at most")]
            self.turn_size.observe(n_heard as f64);
            self.commit_seconds.observe(took.as_secs_f64());
        }
        for moved in &turned.moved {
            self.note_move(moved);
        }
        for carrier in &turned.orphans_ended {
            self.orphans_ended.get_or_create(&[at(carrier)]).inc();
        }
    }

    fn note_move(&self, Moved { was, call }: &Moved) {
        let carrier = at(&call.facts.carrier);
        if was.is_none() {
            let direction = direction(call.facts.direction);
            self.calls_begun.get_or_create(&[carrier.clone(), label("direction", direction)]).inc();
        }
        if let CallState::Ended(over) = &call.state {
            let ending = label("ending", over.ending.kind.word());
            self.calls_ended.get_or_create(&[carrier, ending]).inc();
        }
    }

    /// An errand at this carrier came back.
    pub(crate) fn note_errand(&self, heard: &Heard, carrier: &CarrierName) {
        match heard {
            Heard::Seen { seen, .. } => self.note_sighting(&seen.sighting, carrier),
            Heard::News { news: News::Sighted { sighting, .. }, .. } => {
                self.note_sighting(sighting, carrier);
            }
            Heard::Candidates { candidates, .. } => {
                let found = match candidates.len() {
                    0 => "nothing",
                    1 => "one",
                    _ => "several",
                };
                self.searches.get_or_create(&[at(carrier), label("found", found)]).inc();
            }
            Heard::News { news: News::Found(Found::Unknown(_)), .. } => {
                self.searches.get_or_create(&[at(carrier), label("found", "unknown")]).inc();
            }
            Heard::News { news: News::HangUpReplied { reply, .. }, .. } => {
                let reply = match reply {
                    HangUpReply::Accepted => "accepted",
                    HangUpReply::NothingToEnd { .. } => "nothing_to_end",
                    HangUpReply::Failed(_) => "failed",
                };
                self.hang_ups.get_or_create(&[at(carrier), label("reply", reply)]).inc();
            }
            _ => {}
        }
    }

    fn note_sighting(&self, sighting: &Sighting, carrier: &CarrierName) {
        let (verdict, why) = match sighting {
            Sighting::Live { .. } => ("live", ""),
            Sighting::Over(_) => ("over", ""),
            Sighting::Unknown(unknown) => ("unknown", unknown.why.word()),
        };
        let labels = [at(carrier), label("verdict", verdict), label("why", why)];
        self.look_ups.get_or_create(&labels).inc();
    }

    /// A webhook was answered after so long. One of a carrier that nobody configured isn't counted:
    /// anybody can make up names.
    pub(crate) fn note_webhook(&self, carrier: &str, took: Duration, failed: Option<&WebhookFailure>) {
        let known = self.carriers();
        let Some(carrier) = known.iter().find(|known| known.as_str() == carrier) else { return };
        let outcome = match failed {
            None => "heard",
            Some(WebhookFailure::Refused(WebhookError::Unreadable(_))) => "unreadable",
            Some(WebhookFailure::Refused(_)) => "refused",
            Some(WebhookFailure::NotKept) => "not_kept",
        };
        self.webhooks.get_or_create(&[at(carrier), label("outcome", outcome)]).inc();
        self.webhook_seconds.get_or_create(&[at(carrier)]).observe(took.as_secs_f64());
    }

    /// What the last start decided, by kind.
    pub(crate) fn note_recovery(&self, decisions: &BTreeMap<Decision, u64>) {
        self.shown().1.set_recovery(decisions);
    }

    /// All of it as text, after what the store and the health say now.
    pub(crate) fn text(&self, snapshot: &Snapshot, health: &Health) -> String {
        let mut shown = self.shown();
        let (registry, gauges) = &mut *shown;
        gauges.set(snapshot, health, &self.carriers());
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, registry).expect("a string takes every line");
        text
    }

    fn carriers(&self) -> Vec<CarrierName> {
        self.carriers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn shown(&self) -> MutexGuard<'_, (Registry, Gauges)> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, to: &mut Registry) {
        to.register(
            "calls_begun",
            "Calls that were asked for, offered or imported",
            self.calls_begun.clone(),
        );
        to.register("calls_ended", "Calls that are over, by how they ended", self.calls_ended.clone());
        to.register(
            "look_ups",
            "Answers to the question how a call stands, by verdict",
            self.look_ups.clone(),
        );
        to.register(
            "searches",
            "Searches for a placement in doubt, by what was found",
            self.searches.clone(),
        );
        to.register("hang_ups", "Requests to end a call, by the carrier's reply", self.hang_ups.clone());
        to.register(
            "orphans_ended",
            "Legs that rang because of us without being a call's own, hung up and seen to be over",
            self.orphans_ended.clone(),
        );
        to.register(
            "webhooks",
            "Webhooks of configured carriers, by what became of them",
            self.webhooks.clone(),
        );
        to.register(
            "webhook_seconds",
            "From a webhook's arrival until what it says is on disk and can be answered",
            self.webhook_seconds.clone(),
        );
        to.register("turn_size", "How many things were heard in one turn that wrote", self.turn_size.clone());
        to.register(
            "commit_seconds",
            "From the beginning of a turn that wrote until it was durable",
            self.commit_seconds.clone(),
        );
        to.register("turns_failed", "Turns that the store did not take", self.turns_failed.clone());
    }

    /// Has a line for everything that can be counted at these carriers. What was counted stays.
    pub(crate) fn begin_at_zero(&self, carriers: Vec<CarrierName>) {
        for carrier in &carriers {
            for direction in [Direction::Inbound, Direction::Outbound] {
                let direction = label("direction", self::direction(direction));
                drop(self.calls_begun.get_or_create(&[at(carrier), direction]));
            }
            for ending in EndingKind::ALL {
                drop(self.calls_ended.get_or_create(&[at(carrier), label("ending", ending.word())]));
            }
            for verdict in ["live", "over"] {
                let labels = [at(carrier), label("verdict", verdict), label("why", "")];
                drop(self.look_ups.get_or_create(&labels));
            }
            for found in ["nothing", "one", "several", "unknown"] {
                drop(self.searches.get_or_create(&[at(carrier), label("found", found)]));
            }
            for reply in ["accepted", "nothing_to_end", "failed"] {
                drop(self.hang_ups.get_or_create(&[at(carrier), label("reply", reply)]));
            }
            drop(self.orphans_ended.get_or_create(&[at(carrier)]));
            for outcome in ["heard", "refused", "unreadable", "not_kept"] {
                drop(self.webhooks.get_or_create(&[at(carrier), label("outcome", outcome)]));
            }
            drop(self.webhook_seconds.get_or_create(&[at(carrier)]));
        }
        *self.carriers.write().unwrap_or_else(PoisonError::into_inner) = carriers;
    }
}

/// Why a webhook was not heard.
pub(crate) enum WebhookFailure<'a> {
    /// It was not believed, or not understood.
    Refused(&'a WebhookError),
    /// It could not be put on disk.
    NotKept,
}

fn label(name: &'static str, value: &str) -> (&'static str, String) {
    (name, value.to_owned())
}

fn at(carrier: &CarrierName) -> (&'static str, String) {
    label("carrier", carrier.as_str())
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

/// 1 ms to 16 s: carriers give a webhook up after 5 to 15 s.
fn webhook_seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}
