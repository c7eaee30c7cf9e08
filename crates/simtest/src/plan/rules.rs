//! Whom a world may call and when, and how long it remembers: dial rules, the do-not-call list, and
//! how much of the past is kept. Drawn from chance of its own, so that the rest of a seed's history
//! doesn't depend on it.

use super::{Plan, UserAct, pick};
use engine::Keep;
use network::Behaviour;
use rand::Rng;
use rand::rngs::StdRng;
use std::time::Duration;

/// What the dial gate is told, beside what every plan has.
#[derive(Clone, Debug, Default)]
pub(crate) struct DialRules {
    /// Minutes of the day, on the clock of the one who is called: the first quiet one, and the first
    /// that isn't any more.
    pub(crate) quiet: Option<(i64, i64)>,
    pub(crate) rejected_pause: Duration,
    pub(crate) attempts_per_day: Option<u64>,
    /// Begun minutes of talk.
    pub(crate) minutes_per_day: Option<u64>,
    /// The same as money, at [`PRICE`] a minute.
    pub(crate) spend_per_day: Option<u64>,
    pub(crate) carrier_live_max: Option<u64>,
    /// Whether only one country may be called.
    pub(crate) home_only: bool,
    /// Whether whoever is called can say: never again.
    pub(crate) opt_out: bool,
}

impl Plan {
    /// Draws whom the gateway may call. `began_at` is when the world begins, to the second.
    pub(super) fn draw_rules(&mut self, rng: &mut StdRng, began_at: i64) {
        let chaos_minutes = self.chaos_ms / MINUTE_MS;
        self.send_some_abroad(rng);
        let rules = &mut self.rules;
        if rng.random_bool(0.4) {
            let zone = *pick(rng, &[HOME, ABROAD]);
            let local = minute_there(zone, began_at);
            let from = (local + rng.random_range(-5..=chaos_minutes)).rem_euclid(DAY_MINUTES);
            let to = (from + rng.random_range(1..12)).rem_euclid(DAY_MINUTES);
            rules.quiet = Some((from, to));
        }
        if rng.random_bool(0.5) {
            rules.rejected_pause = Duration::from_secs(rng.random_range(20..600));
            for behaviour in self.subscribers.values_mut() {
                if rng.random_bool(0.4) {
                    *behaviour = Behaviour::Reject { after_ms: 1_000 };
                }
            }
        }
        let rules = &mut self.rules;
        if rng.random_bool(0.3) {
            self.attempts_per_hour = rng.random_range(1..5);
        }
        rules.attempts_per_day = rng.random_bool(0.25).then(|| rng.random_range(1..5));
        rules.minutes_per_day = rng.random_bool(0.15).then(|| rng.random_range(1..6));
        rules.spend_per_day = rng.random_bool(0.15).then(|| rng.random_range(1..6));
        rules.carrier_live_max = rng.random_bool(0.25).then(|| rng.random_range(1..4));
        rules.home_only = rng.random_bool(0.15);
        rules.opt_out = rng.random_bool(0.5);
        self.draw_lists(rng);
    }

    /// Some of those who are called live in another country.
    fn send_some_abroad(&mut self, rng: &mut StdRng) {
        let numbers: Vec<String> = self.subscribers.keys().cloned().collect();
        for number in numbers.iter().filter(|number| number.starts_with(HOME)) {
            if !rng.random_bool(0.3) {
                continue;
            }
            let abroad = format!("{ABROAD}207946{}", &number[number.len() - 4..]);
            if let Some(behaviour) = self.subscribers.remove(number) {
                self.subscribers.insert(abroad.clone(), behaviour);
            }
            for (_, act) in &mut self.acts {
                if let UserAct::Order { to, .. } = act
                    && to == number
                {
                    to.clone_from(&abroad);
                }
            }
        }
    }

    /// Numbers that are put on the do-not-call list, and taken off, by users and by those called.
    fn draw_lists(&mut self, rng: &mut StdRng) {
        let numbers: Vec<String> = self.subscribers.keys().cloned().collect();
        for _ in 0..rng.random_range(0..4u32) {
            let (at, to) = (rng.random_range(0..self.chaos_ms), pick(rng, &numbers).clone());
            self.acts.push((at, UserAct::List { to: to.clone() }));
            if rng.random_bool(0.5) {
                self.acts.push((at + rng.random_range(1_000..200_000), UserAct::Unlist { to }));
            }
        }
        let orders: Vec<i64> = self
            .acts
            .iter()
            .filter_map(|(at, act)| matches!(act, UserAct::Order { .. }).then_some(*at))
            .collect();
        if self.rules.opt_out {
            for began_at in orders {
                let at = began_at + rng.random_range(2_000..40_000);
                let act = UserAct::OptOut { pick: rng.random_range(0..16), spoken: rng.random_bool(0.5) };
                self.acts.push((at, act));
            }
        }
        self.acts.sort_by_key(|(at, _)| *at);
    }

    /// Draws how much of the past is kept, and days in which nothing is asked for.
    pub(super) fn draw_keep(&mut self, rng: &mut StdRng) {
        let days = |n: u64| Duration::from_secs(n * 24 * 3600);
        self.keep = Keep {
            age: rng.random_bool(0.6).then(|| days(rng.random_range(1..5))),
            calls: rng.random_bool(0.6).then(|| rng.random_range(1..8)),
        };
        let at = rng.random_range(self.chaos_ms / 4..self.chaos_ms * 3 / 4);
        self.idle(at, rng.random_range(45..110) * 3_600_000);
        for _ in 0..rng.random_range(1..6u32) {
            let at = rng.random_range(self.chaos_ms - 200_000..self.chaos_ms);
            self.acts.push((at, UserAct::AskOld { pick: rng.random_range(0..16) }));
        }
        self.acts.sort_by_key(|(at, _)| *at);
        // The keeper is at work when everybody wakes.
        if !self.deaths.is_empty() {
            let woken = at + self.chaos_ms.min(60_000);
            self.deaths.push(woken + rng.random_range(0..10_000));
        }
    }

    /// From `at` on nothing happens for so long.
    fn idle(&mut self, at: i64, by_ms: i64) {
        let later = |time: &mut i64| *time += if *time >= at { by_ms } else { 0 };
        self.acts.iter_mut().for_each(|(time, _)| later(time));
        self.deaths.iter_mut().for_each(later);
        self.jumps.iter_mut().for_each(|(time, _)| later(time));
        for (from, to, _) in &mut self.phases {
            if *from >= at {
                (*from, *to) = (*from + by_ms, *to + by_ms);
            }
        }
        self.chaos_ms += by_ms;
    }
}

impl DialRules {
    /// Whether it is quiet for a number when a clock shows `wall`, as milliseconds.
    pub(crate) fn is_quiet(&self, number: &str, wall: i64) -> bool {
        let Some((from, to)) = self.quiet else { return false };
        let there = minute_there(number, wall);
        if from < to { (from..to).contains(&there) } else { there >= from || there < to }
    }

    /// Whether the number is where nobody may be called.
    pub(crate) fn is_too_far(&self, number: &str) -> bool {
        self.home_only && !number.starts_with(HOME)
    }

    /// How many minutes a day has, if that has a limit.
    pub(crate) fn minutes(&self) -> Option<u64> {
        self.minutes_per_day.into_iter().chain(self.spend_per_day).min()
    }
}

/// The minute of the day where a number is: it is winter, and Washington is five hours behind.
fn minute_there(number: &str, wall: i64) -> i64 {
    let behind = if number.starts_with(HOME) { 5 * 60 } else { 0 };
    (wall.div_euclid(MINUTE_MS) - behind).rem_euclid(DAY_MINUTES)
}

/// How all numbers begin that are in Washington, where ours are.
const HOME: &str = "+1";
/// How all others begin.
const ABROAD: &str = "+44";
/// What a minute costs, in millionths.
pub(crate) const PRICE: u64 = 14_000;
/// The key by which somebody wants no more calls; no answer has it.
pub(crate) const OPT_OUT_KEY: &str = "*";
/// The same in words.
pub(crate) const OPT_OUT_WORDS: &str = "stop calling";
const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
