//! What isn't counted but read when somebody asks: how the store and the health stand.

use super::{Labels, Snapshot, at, label};
use crate::health::{AlarmKind, Health};
use crate::recovery::Decision;
use call::{CarrierName, Timestamp};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

/// What is set when somebody asks.
pub(super) struct Gauges {
    calls: Family<Labels<2>, Gauge>,
    live_max: Gauge,
    due_backlog: Gauge,
    reconcile_lag: Gauge<f64, AtomicU64>,
    errands: Gauge,
    unknown_calls: Family<Labels<2>, Gauge>,
    alarms: Family<Labels<1>, Gauge>,
    recovery: Family<Labels<1>, Gauge>,
    paused: Gauge,
    ready: Gauge,
}

impl Gauges {
    /// Registers what is read, and what never changes.
    pub(super) fn register(to: &mut Registry, started_at: Timestamp) -> Gauges {
        let gauges = Gauges {
            calls: Family::default(),
            live_max: Gauge::default(),
            due_backlog: Gauge::default(),
            reconcile_lag: Gauge::default(),
            errands: Gauge::default(),
            unknown_calls: Family::default(),
            alarms: Family::default(),
            recovery: Family::default(),
            paused: Gauge::default(),
            ready: Gauge::default(),
        };
        to.register("calls", "Calls that are not over, by state and carrier", gauges.calls.clone());
        to.register("live_max", "How many calls may be live at once", gauges.live_max.clone());
        to.register(
            "due_backlog",
            "Calls whose time to be looked at has come, and which nobody has taken up",
            gauges.due_backlog.clone(),
        );
        to.register(
            "reconcile_lag_seconds",
            "How long the longest of the due backlog has waited",
            gauges.reconcile_lag.clone(),
        );
        to.register(
            "errands",
            "Exchanges with carriers that are under way or wait for their turn",
            gauges.errands.clone(),
        );
        to.register(
            "unknown_calls",
            "Calls of which the carrier could not be asked the last time, by why",
            gauges.unknown_calls.clone(),
        );
        to.register(
            "alarms",
            "How many calls or carriers each alarm is about; 0 is well",
            gauges.alarms.clone(),
        );
        to.register("recovery_decisions", "What the last start decided, by kind", gauges.recovery.clone());
        to.register("paused", "Whether outbound calls are paused", gauges.paused.clone());
        to.register("ready", "Whether what is heard can be put on disk", gauges.ready.clone());
        let start: Gauge<f64, AtomicU64> = Gauge::default();
        start.set(seconds(started_at.as_millis()));
        to.register("start_time_seconds", "When the gateway started, in Unix time", start);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        to.register("build", "What runs here", version);
        gauges.set_recovery(&BTreeMap::new());
        gauges
    }

    /// What the last start decided.
    pub(super) fn set_recovery(&self, decisions: &BTreeMap<Decision, u64>) {
        for decision in Decision::ALL {
            let n_calls = decisions.get(&decision).copied().unwrap_or(0);
            self.recovery.get_or_create(&[label("decision", decision.word())]).set(signed(n_calls));
        }
    }

    /// How it stands now.
    pub(super) fn set(&self, snapshot: &Snapshot, health: &Health, carriers: &[CarrierName]) {
        let Snapshot { pulse, now, paused, live_max, errands } = snapshot;
        self.calls.clear();
        for carrier in carriers {
            drop(self.calls.get_or_create(&[label("state", "in_progress"), at(carrier)]));
        }
        for (state, carrier, n_calls) in &pulse.unfinished {
            self.calls.get_or_create(&[label("state", state), at(carrier)]).set(signed(*n_calls));
        }
        self.live_max.set(signed(*live_max));
        self.due_backlog.set(signed(pulse.overdue));
        let lag_ms = pulse.overdue_since.map_or(0, |since| (now.as_millis() - since.as_millis()).max(0));
        self.reconcile_lag.set(seconds(lag_ms));
        self.errands.set(i64::try_from(*errands).unwrap_or(i64::MAX));
        self.paused.set(i64::from(*paused));
        self.ready.set(i64::from(health.report().ready));
        self.set_health(health, carriers);
    }

    fn set_health(&self, health: &Health, carriers: &[CarrierName]) {
        self.unknown_calls.clear();
        for carrier in carriers {
            drop(self.unknown_calls.get_or_create(&[at(carrier), label("why", "unreachable")]));
        }
        for ((carrier, why), n_calls) in health.unknown_calls() {
            self.unknown_calls.get_or_create(&[at(&carrier), label("why", why.word())]).set(signed(n_calls));
        }
        let mut raised: BTreeMap<AlarmKind, u64> = BTreeMap::new();
        for alarm in health.alarms() {
            *raised.entry(alarm.kind).or_default() += (alarm.calls.len() as u64).max(1);
        }
        for kind in AlarmKind::ALL {
            let about = raised.get(&kind).copied().unwrap_or(0);
            self.alarms.get_or_create(&[label("alarm", kind.word())]).set(signed(about));
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this age fit, and of others nearly")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}
