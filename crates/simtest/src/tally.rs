//! What was gone through, counted, so that a green run can be seen to have been a hard one.

use crate::scene::Kind;
use std::collections::BTreeMap;
use std::fmt;

/// Counts over one seed, or many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Seeds.
    pub seeds: u64,
    /// Seeds, by their carrier.
    pub carriers: BTreeMap<&'static str, u64>,
    /// Things that happened.
    pub steps: u64,
    /// Turns of the crank.
    pub turns: u64,
    /// Calls that were asked for or came in.
    pub calls: u64,
    /// Legs that the network really had.
    pub legs: u64,
    /// Requests that reached the network.
    pub requests: u64,
    /// Webhooks that the network sent.
    pub webhooks: u64,
    /// Deaths of the gateway, by where it was then.
    pub kills: BTreeMap<&'static str, u64>,
    /// What went wrong, by its name.
    pub faults: BTreeMap<String, u64>,
    /// How calls ended.
    pub endings: BTreeMap<&'static str, u64>,
    /// What was asked of calls, and what came of it.
    pub commands: BTreeMap<String, u64>,
    /// Virtual time, in seconds.
    pub virtual_s: u64,
}

impl Tally {
    /// A seed of which nothing is counted yet.
    pub(crate) fn of(carrier: Kind) -> Tally {
        Tally { seeds: 1, carriers: BTreeMap::from([(carrier.word(), 1)]), ..Tally::default() }
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: &Tally) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.turns += other.turns;
        self.calls += other.calls;
        self.legs += other.legs;
        self.requests += other.requests;
        self.webhooks += other.webhooks;
        self.virtual_s += other.virtual_s;
        merge(&mut self.kills, &other.kills);
        merge(&mut self.faults, &other.faults);
        merge(&mut self.endings, &other.endings);
        merge(&mut self.carriers, &other.carriers);
        merge(&mut self.commands, &other.commands);
    }

    pub(crate) fn fault(&mut self, name: &str) {
        self.faults_of(name, 1);
    }

    pub(crate) fn command(&mut self, name: &str) {
        *self.commands.entry(name.to_owned()).or_default() += 1;
    }

    pub(crate) fn faults_of(&mut self, name: &str, n_times: u64) {
        match self.faults.get_mut(name) {
            Some(count) => *count += n_times,
            None if n_times > 0 => {
                self.faults.insert(name.to_owned(), n_times);
            }
            None => {}
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_kills: u64 = self.kills.values().sum();
        let n_faults: u64 = self.faults.values().sum();
        writeln!(
            f,
            "{} seeds ({}), {} steps, {} turns, {} calls, {} legs, {} requests, {} webhooks, {} kills, {} faults, {} h of virtual time",
            self.seeds,
            listed(&self.carriers),
            self.steps,
            self.turns,
            self.calls,
            self.legs,
            self.requests,
            self.webhooks,
            n_kills,
            n_faults,
            self.virtual_s / 3600
        )?;
        writeln!(f, "kills:   {}", listed(&self.kills))?;
        writeln!(f, "faults:  {}", listed(&self.faults))?;
        writeln!(f, "commands: {}", listed(&self.commands))?;
        write!(f, "endings: {}", listed(&self.endings))
    }
}

fn merge<K: Ord + Clone>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
    for (name, count) in from {
        *into.entry(name.clone()).or_default() += count;
    }
}

fn listed<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
