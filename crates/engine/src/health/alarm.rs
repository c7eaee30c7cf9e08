//! What is amiss, as something to be told: to who asks for the health, to who watches the metrics,
//! and to who is woken.

use super::Inner;
use crate::orphan::Stranger;
use call::call::UnknownWhy;
use call::{CallId, CarrierName};
use std::collections::BTreeMap;

/// Something that somebody should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is.
    pub kind: AlarmKind,
    /// At which carrier, where it is one carrier's.
    pub carrier: Option<CarrierName>,
    /// Which calls it is about, the oldest first; none if it isn't about calls.
    pub calls: Vec<CallId>,
    /// What is amiss, in words; never empty.
    pub texts: Vec<String>,
}

/// What an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The store can't be written.
    StoreFails,
    /// Something in the store can't be read.
    StoreDamaged,
    /// A start found something that keeps outbound calls paused until somebody resumes them.
    StartedPaused,
    /// A configuration that was to be reloaded was refused; the one before is in force.
    ConfigurationRefused,
    /// Calls live at the carrier that a store which went back in time doesn't know.
    Strangers,
    /// The carrier can't be asked how calls stand; they are kept.
    CallsUnknown,
    /// The carrier does not accept our credentials.
    CredentialsRefused,
    /// Our clock and the carrier's differ.
    ClockDiffers,
    /// A call was hung up five times, and the carrier does not confirm its end.
    HangUpFails,
}

impl AlarmKind {
    /// All of them.
    pub const ALL: [AlarmKind; 9] = [
        AlarmKind::StoreFails,
        AlarmKind::StoreDamaged,
        AlarmKind::StartedPaused,
        AlarmKind::ConfigurationRefused,
        AlarmKind::Strangers,
        AlarmKind::CallsUnknown,
        AlarmKind::CredentialsRefused,
        AlarmKind::ClockDiffers,
        AlarmKind::HangUpFails,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            AlarmKind::StoreFails => "store_fails",
            AlarmKind::StoreDamaged => "store_damaged",
            AlarmKind::StartedPaused => "started_paused",
            AlarmKind::ConfigurationRefused => "configuration_refused",
            AlarmKind::Strangers => "strangers",
            AlarmKind::CallsUnknown => "calls_unknown",
            AlarmKind::CredentialsRefused => "credentials_refused",
            AlarmKind::ClockDiffers => "clock_differs",
            AlarmKind::HangUpFails => "hang_up_fails",
        }
    }
}

impl Inner {
    /// What is amiss, the worst of the gateway's own first.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let own =
            |kind, text: &String| Alarm { kind, carrier: None, calls: vec![], texts: vec![text.clone()] };
        let mut alarms: Vec<Alarm> = Vec::new();
        alarms.extend(self.store.as_ref().map(|text| own(AlarmKind::StoreFails, text)));
        alarms.extend(self.damage.as_ref().map(|text| own(AlarmKind::StoreDamaged, text)));
        let paused = |text| format!("{text}; outbound calls are paused until 'offhook resume'");
        alarms.extend(self.notice.as_ref().map(paused).map(|text| own(AlarmKind::StartedPaused, &text)));
        let refused = self.configuration.as_ref();
        alarms.extend(refused.map(|text| own(AlarmKind::ConfigurationRefused, text)));
        let of_carrier = |kind, carrier: &CarrierName, text| Alarm {
            kind,
            carrier: Some(carrier.clone()),
            calls: Vec::new(),
            texts: vec![text],
        };
        if self.notice.is_some() {
            alarms.extend(self.with_strangers().map(|(carrier, found)| {
                of_carrier(AlarmKind::Strangers, carrier, strangers_after_a_step_back(carrier, found))
            }));
        }
        alarms.extend(self.calls_unknown());
        alarms.extend(self.locked_out.iter().map(|(carrier, said)| {
            let text = format!(
                "{carrier} refuses calls: {said}; check the account and its token in [carriers.{carrier}]"
            );
            of_carrier(AlarmKind::CredentialsRefused, carrier, text)
        }));
        alarms.extend(self.skewed.iter().map(|(carrier, ahead_s)| {
            let way = if *ahead_s > 0 { "behind" } else { "ahead of" };
            let text = format!(
                "this machine's clock is {} s {way} {carrier}'s; past 300 s Telnyx's webhooks are refused: have the clock set by NTP",
                ahead_s.abs()
            );
            of_carrier(AlarmKind::ClockDiffers, carrier, text)
        }));
        alarms.extend(self.hang_ups_fail());
        alarms
    }

    /// What is worth knowing, and nothing is amiss for it: another program may share the account.
    pub(super) fn notes(&self) -> Vec<String> {
        let note = |(carrier, found): (&CarrierName, &Vec<Stranger>)| {
            let calls = if found.len() == 1 { "call is" } else { "calls are" };
            format!(
                "{} live {calls} at {carrier} that this gateway doesn't know; left alone, see 'offhook ls --recovered'",
                found.len()
            )
        };
        if self.notice.is_some() { Vec::new() } else { self.with_strangers().map(note).collect() }
    }

    fn with_strangers(&self) -> impl Iterator<Item = (&CarrierName, &Vec<Stranger>)> {
        self.strangers.iter().filter(|(_, found)| !found.is_empty())
    }

    /// Which calls can't be asked about, for each carrier with all the reasons there.
    fn calls_unknown(&self) -> Vec<Alarm> {
        let mut groups: BTreeMap<(&CarrierName, UnknownWhy), (Vec<CallId>, &str)> = BTreeMap::new();
        for (call, (carrier, why, detail)) in &self.unseen {
            groups.entry((carrier, *why)).or_insert((Vec::new(), detail)).0.push(*call);
        }
        let mut alarms: BTreeMap<&CarrierName, Alarm> = BTreeMap::new();
        for ((carrier, why), (ids, detail)) in groups {
            let calls = if ids.len() == 1 { "call" } else { "calls" };
            let text = format!(
                "{} {calls} at {carrier} cannot be verified: {} ({detail}); kept, and asked about again{}",
                ids.len(),
                why.word(),
                way_out(why, carrier)
            );
            let alarm = alarms.entry(carrier).or_insert_with(|| Alarm {
                kind: AlarmKind::CallsUnknown,
                carrier: Some(carrier.clone()),
                calls: Vec::new(),
                texts: Vec::new(),
            });
            alarm.texts.push(text);
            alarm.calls.extend(ids);
            alarm.calls.sort();
        }
        alarms.into_values().collect()
    }

    /// Which calls were hung up in vain.
    fn hang_ups_fail(&self) -> Option<Alarm> {
        let mut alike: BTreeMap<&str, Vec<CallId>> = BTreeMap::new();
        for (call, alarm) in &self.alarms {
            alike.entry(alarm).or_default().push(*call);
        }
        let text = |(alarm, calls): (&str, Vec<CallId>)| {
            let others = calls.len().saturating_sub(1);
            let more = if others == 0 { String::new() } else { format!(" and {others} more") };
            let first = calls.first().map(ToString::to_string).unwrap_or_default();
            format!("{first}{more}: {alarm}")
        };
        let texts: Vec<String> = alike.into_iter().map(text).collect();
        let calls = self.alarms.keys().copied().collect();
        (!texts.is_empty()).then_some(Alarm { kind: AlarmKind::HangUpFails, carrier: None, calls, texts })
    }
}

/// So many unknown calls are named.
const SHOWN_MAX: usize = 20;

/// Which calls live at a carrier that a store which went back in time doesn't know, and what can be
/// done about them.
fn strangers_after_a_step_back(carrier: &CarrierName, found: &[Stranger]) -> String {
    let shown: Vec<&str> = found.iter().take(SHOWN_MAX).map(|stranger| stranger.leg.as_str()).collect();
    let more = match found.len().saturating_sub(shown.len()) {
        0 => String::new(),
        n_more => format!(" and {n_more} more"),
    };
    format!(
        "calls live at {carrier} that this store doesn't know: {}{more}; those made since the backup are nobody's here: end them at the carrier, then 'offhook resume'",
        shown.join(", ")
    )
}

/// What a person can do about it, where it is not the carrier's turn.
fn way_out(why: UnknownWhy, carrier: &CarrierName) -> String {
    match why {
        UnknownWhy::Unauthorized | UnknownWhy::Forbidden => {
            format!("; check the account and its token in [carriers.{carrier}]")
        }
        UnknownWhy::NotConfigured => {
            format!(
                "; configure [carriers.{carrier}], or give a call up with 'offhook hangup ID': it is let go when it can't live any longer"
            )
        }
        _ => String::new(),
    }
}
