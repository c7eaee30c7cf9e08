//! When an alarm is told: once when it is raised, and once when it is over.

use super::notice::{Key, Notice, State};
use call::Timestamp;
use engine::Alarm;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is amiss, since when, and what of it was told.
pub(super) struct Watch {
    after: Duration,
    /// Since when each alarm that is there now has been there.
    seen: BTreeMap<Key, Timestamp>,
    /// What was told and isn't over.
    raised: BTreeMap<Key, Notice>,
    /// Until then an alarm from before the start is not over: nobody looked yet.
    patient_until: Timestamp,
}

impl Watch {
    /// Begins with what was told before this start.
    pub(super) fn new(after: Duration, known: BTreeMap<Key, Timestamp>, now: Timestamp) -> Watch {
        let raised = known.into_iter().map(|(key, since)| {
            let notice = Notice {
                key: key.clone(),
                state: State::Raised,
                since,
                calls: Vec::new(),
                texts: Vec::new(),
                gateway: String::new(),
            };
            (key, notice)
        });
        Watch { after, seen: BTreeMap::new(), raised: raised.collect(), patient_until: now + PATIENCE }
    }

    /// From now on something must be amiss for so long.
    pub(super) fn set_after(&mut self, after: Duration) {
        self.after = after;
    }

    /// What must be told, now that these alarms are there.
    pub(super) fn look(&mut self, alarms: Vec<Alarm>, now: Timestamp, gateway: &str) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut there = BTreeMap::new();
        for alarm in alarms {
            let key = Key::of(&alarm);
            let since = self.seen.get(&key).copied().unwrap_or(now);
            there.insert(key.clone(), since);
            if let Some(told) = self.raised.get_mut(&key) {
                told.calls = alarm.calls;
            } else if key.is_urgent() || now.since(since) >= self.after {
                let notice = Notice::raised(&alarm, since, gateway);
                self.raised.insert(key, notice.clone());
                notices.push(notice);
            }
        }
        self.seen = there;
        if now >= self.patient_until {
            let over: Vec<Key> =
                self.raised.keys().filter(|key| !self.seen.contains_key(key)).cloned().collect();
            for key in over {
                let told = self.raised.remove(&key);
                notices.extend(told.map(|told| Notice {
                    state: State::Cleared,
                    gateway: gateway.to_owned(),
                    ..told
                }));
            }
        }
        notices
    }
}

/// Within this a start has asked about every call that it found, and knows what is amiss.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use call::CallId;
    use engine::AlarmKind;

    fn alarm(kind: AlarmKind) -> Alarm {
        let texts = vec!["+12025550143 can't be hung up".to_owned()];
        Alarm { kind, carrier: None, calls: vec![CallId::from_bits(7)], texts }
    }

    /// What is told at these seconds, where the alarms are there at those of them that are `true`.
    fn told(kind: AlarmKind, known: &[&str], looks: &[(u64, bool)]) -> Vec<(u64, &'static str)> {
        let known = known.iter().map(|key| (key.parse().unwrap(), Timestamp(1))).collect();
        let mut watch = Watch::new(Duration::from_secs(60), known, Timestamp(0));
        let mut all = Vec::new();
        for (second, is_there) in looks {
            let alarms = if *is_there { vec![alarm(kind)] } else { Vec::new() };
            let now = Timestamp(0) + Duration::from_secs(*second);
            let notices = watch.look(alarms, now, "http://gw");
            all.extend(notices.iter().map(|notice| (*second, notice.state.word())));
        }
        all
    }

    #[test]
    fn what_passes_by_itself_is_told_when_it_does_not() {
        let looks = [(0, true), (30, true), (40, false), (50, true), (109, true)];
        assert_eq!(told(AlarmKind::CallsUnknown, &[], &looks), []);
        let looks = [(0, true), (60, true), (61, true), (70, false), (71, false)];
        assert_eq!(told(AlarmKind::CallsUnknown, &[], &looks), [(60, "raised"), (70, "cleared")]);
    }

    #[test]
    fn a_hang_up_that_fails_is_told_at_once() {
        let looks = [(100, true), (101, true), (102, false)];
        assert_eq!(told(AlarmKind::HangUpFails, &[], &looks), [(100, "raised"), (102, "cleared")]);
    }

    #[test]
    fn a_start_neither_tells_again_nor_forgets_to_say_that_it_is_over() {
        let known = ["hang_up_fails"];
        let still = [(0, false), (5, true), (90, true)];
        assert_eq!(told(AlarmKind::HangUpFails, &known, &still), []);
        let over = [(0, false), (59, false), (60, false), (61, false)];
        assert_eq!(told(AlarmKind::HangUpFails, &known, &over), [(60, "cleared")]);
    }

    #[test]
    fn no_whole_number_is_told() {
        let notice = Notice::raised(&alarm(AlarmKind::HangUpFails), Timestamp(0), "http://gw");
        for text in [notice.letter(), notice.json().to_string()] {
            assert!(!text.contains("2025550143") && text.contains("c_00000000000000000000000007"), "{text}");
        }
    }
}
