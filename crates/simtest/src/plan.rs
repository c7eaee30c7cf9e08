//! What a seed draws before anything happens: the carrier, who calls whom, what goes wrong, and how
//! often the gateway dies.

mod asks;
mod losses;
mod rules;
pub(crate) use asks::{Given, Wish, is_question, keys_of, message_of, transfer_of, wish_of};

pub(crate) use losses::Losses;
pub(crate) use rules::{DialRules, OPT_OUT_KEY, OPT_OUT_WORDS, PRICE};

use crate::scene::{Kind, Scene};
use call::call::Limits;
use engine::Keep;
use network::world::{Act, Target, Trick};
use network::{Behaviour, Fault};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything that is decided beforehand. Times are milliseconds from the beginning.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) carrier: Kind,
    /// For so long things go wrong; after it comes the calm.
    pub(crate) chaos_ms: i64,
    /// Whether the gateway can be reached by webhooks at all.
    pub(crate) told: bool,
    pub(crate) live_max: u64,
    pub(crate) apart_ms: i64,
    pub(crate) attempts_per_hour: u64,
    /// Whether an agent talks on some of the calls that are held.
    pub(crate) agents: bool,
    /// Whom it may call, and when.
    pub(crate) rules: DialRules,
    /// How much of the past is kept.
    pub(crate) keep: Keep,
    /// What becomes of the store, and who else is on the account.
    pub(crate) losses: Option<Losses>,
    pub(crate) limits: Limits,
    /// Whether the line of a caller is held when the greeting was said.
    pub(crate) inbound_hold: bool,
    pub(crate) subscribers: BTreeMap<String, Behaviour>,
    pub(crate) acts: Vec<(i64, UserAct)>,
    /// In force during the chaos.
    pub(crate) faults: Vec<Fault>,
    /// In force from one time to another.
    pub(crate) phases: Vec<(i64, i64, Fault)>,
    /// Deaths at a time, whatever happens then.
    pub(crate) deaths: Vec<i64>,
    /// Deaths at a point of the work: so many may come.
    pub(crate) n_deaths_at_work: u32,
    /// The wall clock is set by so much.
    pub(crate) jumps: Vec<(i64, i64)>,
    /// How likely a turn is to fail.
    pub(crate) store_fails: f64,
    /// How likely a request is to find no connection.
    pub(crate) unreachable: f64,
    /// How likely a request is held up before it leaves, as in a machine that was suspended.
    pub(crate) held_up: f64,
    /// How long the carrier's listing lags behind, in milliseconds.
    pub(crate) listing_lag_ms: i64,
    /// The longest way between the gateway and the network, in milliseconds.
    pub(crate) latency_ms: i64,
}

/// What a user of the gateway, or of a telephone, does.
#[derive(Clone, Debug)]
pub(crate) enum UserAct {
    /// Asks for a call.
    Order { from: &'static str, to: String, say: bool, hold: bool, keyed: bool, asks_again: bool },
    /// Hangs up one of the calls that are known by then.
    HangUp { pick: usize },
    /// Stops outbound calls.
    Pause,
    /// Lets them go on.
    Resume,
    /// A subscriber calls one of our numbers.
    CallIn { from: String, to: &'static str, behaviour: Behaviour },
    /// Asks something of a call that lives.
    Wish(Wish),
    /// Wants what was asked of a call that lives to end: all of it, or one of the open ones.
    Stop { pick: usize, which: Option<usize> },
    /// A subscriber presses or says something.
    Give(Given),
    /// Puts a number on the do-not-call list.
    List { to: String },
    /// Takes it off.
    Unlist { to: String },
    /// Whoever talks to us wants no more calls.
    OptOut { pick: usize, spoken: bool },
    /// Asks again under a key that made a call long ago.
    AskOld { pick: usize },
}

impl Plan {
    /// Draws a plan. `rng` is the seed's; `beginning` is when it begins, to the second.
    pub(crate) fn draw(rng: &mut StdRng, seed: u64, scene: Scene, beginning: i64) -> Plan {
        let mut plan = Plan::draw_calls(rng);
        let mut apart = StdRng::seed_from_u64(!seed);
        let drawn = *pick(&mut apart, &Kind::ALL);
        plan.carrier = scene.carrier.unwrap_or(drawn);
        if plan.carrier == Kind::Plivo && !plan.told {
            // It can place no call without an address of ours.
            plan.told = true;
            plan.limits.look_unanswered = LOOK_UNANSWERED;
            plan.limits.look_talking = LOOK_TALKING;
        }
        if scene.commands && apart.random_bool(0.85) {
            plan.draw_asks(&mut apart);
        }
        plan.agents = scene.agents && StdRng::seed_from_u64(seed ^ AGENTS).random_bool(0.4);
        if scene.rules {
            let mut rng = StdRng::seed_from_u64(seed ^ RULES);
            if rng.random_bool(0.4) {
                plan.draw_rules(&mut rng, beginning);
            }
            if rng.random_bool(0.2) {
                plan.draw_keep(&mut rng);
            }
        }
        // A world that sleeps for days would sweep all the while.
        if scene.losses && plan.chaos_ms < HOUR_MS {
            let mut rng = StdRng::seed_from_u64(seed ^ LOSSES);
            if rng.random_bool(0.15) {
                plan.draw_losses(&mut rng);
            }
        }
        plan
    }

    /// Whether anything stands against some calls.
    pub(crate) fn has_rules(&self) -> bool {
        let rules = &self.rules;
        let for_a_day = rules.attempts_per_day.is_some() || rules.minutes().is_some();
        let paused = !rules.rejected_pause.is_zero() || self.attempts_per_hour < 100;
        rules.quiet.is_some() || for_a_day || paused
    }

    fn draw_calls(rng: &mut StdRng) -> Plan {
        let hard = rng.random_range(0..10u32);
        let chaos_ms = rng.random_range(60_000..900_000);
        let told = rng.random_bool(0.85);
        let subscribers: BTreeMap<String, Behaviour> =
            (0..rng.random_range(2..8u32)).map(|n| (number(n), behaviour(rng))).collect();
        let limits = limits(rng, told);
        let mut plan = Plan {
            carrier: Kind::Twilio,
            chaos_ms,
            told,
            live_max: rng.random_range(1..7),
            apart_ms: *pick(rng, &[0, 200, 1000, 1000]),
            attempts_per_hour: if rng.random_bool(0.1) { 3 } else { 1000 },
            rules: DialRules::default(),
            keep: Keep::default(),
            losses: None,
            limits,
            inbound_hold: false,
            acts: acts(rng, chaos_ms, &subscribers),
            subscribers,
            faults: Vec::new(),
            agents: false,
            phases: Vec::new(),
            deaths: Vec::new(),
            n_deaths_at_work: 0,
            jumps: Vec::new(),
            store_fails: 0.0,
            unreachable: 0.0,
            held_up: 0.0,
            listing_lag_ms: 0,
            latency_ms: *pick(rng, &[10, 60, 400]),
        };
        if hard > 0 {
            plan.go_wrong(rng, hard);
        }
        plan
    }

    fn go_wrong(&mut self, rng: &mut StdRng, hard: u32) {
        if rng.random_bool(0.8) {
            let likely = *pick(rng, &[0.02, 0.1, 0.3]);
            let n_faults = rng.random_range(1..=hard.min(6));
            self.faults = (0..n_faults).map(|_| fault(rng, likely)).collect();
        }
        for _ in 0..rng.random_range(0..3u32) {
            let from = rng.random_range(0..self.chaos_ms);
            let to = from + rng.random_range(1_000..120_000);
            let status = *pick(rng, &[401, 503, 429, 403]);
            let act = Act::Status { status, retry_after_s: None, processed: false };
            self.phases.push((from, to, of(Target::AnyApi, 1.0, act)));
        }
        if rng.random_bool(0.8) {
            let n_deaths = rng.random_range(0..4u32);
            self.deaths = (0..n_deaths).map(|_| rng.random_range(0..self.chaos_ms)).collect();
            self.n_deaths_at_work = rng.random_range(0..5);
        }
        if rng.random_bool(0.15) {
            for _ in 0..rng.random_range(1..3u32) {
                let by = rng.random_range(-HOUR_MS..HOUR_MS);
                self.jumps.push((rng.random_range(0..self.chaos_ms), by));
            }
        }
        self.store_fails = *pick(rng, &[0.0, 0.0, 0.01, 0.1]);
        self.unreachable = *pick(rng, &[0.0, 0.0, 0.02, 0.2]);
        self.held_up = *pick(rng, &[0.0, 0.0, 0.02]);
        self.listing_lag_ms = *pick(rng, &[0, 0, 4_000]);
        if self.told && rng.random_bool(0.1) {
            self.hide_placements(rng);
        }
    }

    /// Replies to placements get lost, the listing doesn't show them, and the webhooks are late:
    /// what is given up turns up after all.
    fn hide_placements(&mut self, rng: &mut StdRng) {
        self.listing_lag_ms = 1_800_000;
        self.limits.duration_max = Duration::from_secs(1_500);
        // A carrier that forgets its own limits would let a call ring that nobody can know of.
        self.faults.retain(|fault| fault.act != Act::Trick(Trick::ForgetLimits));
        self.faults.insert(0, of(Target::Create, 0.6, Act::Trick(Trick::CutAfter)));
        let delay_ms = rng.random_range(100_000..400_000);
        self.faults.insert(0, of(Target::Webhook, 0.9, Act::Delay { delay_ms }));
    }
}

fn limits(rng: &mut StdRng, told: bool) -> Limits {
    let seconds = |rng: &mut StdRng, from: u64, to: u64| Duration::from_secs(rng.random_range(from..to));
    Limits {
        queue_max: seconds(rng, 10, 61),
        ring_max: seconds(rng, 5, 46),
        duration_max: seconds(rng, 20, 300),
        find_max: seconds(rng, 30, 121),
        settle: REQUEST_TIMEOUT + LISTING_LAG,
        look_unanswered: if told { LOOK_UNANSWERED } else { Duration::from_secs(2) },
        look_talking: if told { LOOK_TALKING } else { Duration::from_secs(5) },
    }
}

fn acts(rng: &mut StdRng, chaos_ms: i64, known: &BTreeMap<String, Behaviour>) -> Vec<(i64, UserAct)> {
    let numbers: Vec<&String> = known.keys().collect();
    let mut acts = Vec::new();
    for _ in 0..rng.random_range(1..14u32) {
        let at = rng.random_range(0..chaos_ms * 3 / 4);
        let to = if rng.random_bool(0.8) {
            (*pick(rng, &numbers)).clone()
        } else {
            number(rng.random_range(0..40))
        };
        let order = UserAct::Order {
            from: pick::<&str>(rng, &OURS),
            to,
            say: rng.random_bool(0.5),
            hold: false,
            keyed: rng.random_bool(0.7),
            asks_again: rng.random_bool(0.3),
        };
        acts.push((at, order));
    }
    for _ in 0..rng.random_range(0..4u32) {
        acts.push((rng.random_range(0..chaos_ms), UserAct::HangUp { pick: rng.random_range(0..16) }));
    }
    for _ in 0..rng.random_range(0..4u32) {
        let from = number(rng.random_range(100..140));
        let act = UserAct::CallIn { from, to: pick::<&str>(rng, &OURS), behaviour: behaviour(rng) };
        acts.push((rng.random_range(0..chaos_ms), act));
    }
    if rng.random_bool(0.15) {
        let at = rng.random_range(0..chaos_ms);
        acts.push((at, UserAct::Pause));
        acts.push((at + rng.random_range(1_000..90_000), UserAct::Resume));
    }
    acts.sort_by_key(|(at, _)| *at);
    acts
}

fn behaviour(rng: &mut StdRng) -> Behaviour {
    let answer_after_ms = *pick(rng, &[0, 500, 2_000, 8_000, 20_000]);
    match rng.random_range(0..12u32) {
        0 => Behaviour::Busy,
        1 => Behaviour::Never,
        2 => Behaviour::Unreachable,
        3 => Behaviour::Reject { after_ms: 1_000 },
        4 => Behaviour::Voicemail {
            answer_after_ms: 5_000,
            greeting: "we are out".to_owned(),
            record_ms: 60_000,
        },
        5 => Behaviour::Talk { answer_after_ms, talk_ms: 0 },
        6..=8 => Behaviour::Silent { answer_after_ms },
        _ => Behaviour::Talk { answer_after_ms, talk_ms: rng.random_range(500..400_000) },
    }
}

fn fault(rng: &mut StdRng, likely: f64) -> Fault {
    let status = |status, retry_after_s| Act::Status { status, retry_after_s, processed: false };
    let asking = *pick(rng, &[Target::Fetch, Target::List, Target::Update]);
    let api = *pick(rng, &[Target::Create, Target::Fetch, Target::List, Target::Update, Target::AnyApi]);
    let hook = *pick(rng, &[Target::Webhook, Target::StatusCallback, Target::Voice]);
    let late_ms = *pick(rng, &[1_000, 20_000, 300_000, 2 * 3_600_000]);
    match rng.random_range(0..26u32) {
        0 => of(api, likely, status(503, None)),
        1 => of(api, likely, Act::Status { status: 502, retry_after_s: None, processed: true }),
        2 => of(api, likely, status(429, None)),
        3 => of(api, likely, status(429, Some(rng.random_range(1..200)))),
        4 => of(Target::Fetch, likely, status(404, None)),
        5 => of(Target::Update, likely, status(404, None)),
        6 => of(api, likely, Act::Trick(Trick::CutBefore)),
        7..=9 => of(Target::Create, likely.max(0.2), Act::Trick(Trick::CutAfter)),
        10 => of(api, likely, Act::Trick(Trick::StallBefore)),
        11 => of(api, likely, Act::Trick(Trick::StallAfter)),
        12 => of(api, likely, Act::Trick(Trick::Html)),
        13 => of(api, likely, Act::Trick(Trick::TruncatedJson)),
        14 => of(api, likely, Act::Trick(Trick::BrokenBody)),
        15 => of(api, likely, Act::Trick(Trick::Garbled)),
        16 => of(api, likely, Act::Delay { delay_ms: rng.random_range(500..15_000) }),
        17 => of(asking, likely, Act::Word { word: "teleported".to_owned() }),
        18 => of(Target::Fetch, likely, Act::WrongSid { wrong_sid: true }),
        19 => of(Target::Create, 1.0, Act::Trick(Trick::ForgetLimits)),
        20 => of(hook, likely, Act::Trick(Trick::Drop)),
        21 => of(hook, likely, Act::Trick(Trick::Double)),
        22 => of(Target::StatusCallback, likely, Act::Trick(Trick::Reorder)),
        23 => of(hook, likely, Act::Trick(Trick::GarbleSignature)),
        _ => of(hook, likely, Act::Delay { delay_ms: late_ms }),
    }
}

fn of(on: Target, probability: f64, act: Act) -> Fault {
    Fault { on, to: None, sid: None, probability, times: None, act }
}

fn number(n: u32) -> String {
    // Past 0009 a number has no behaviour of its own but the usual one.
    format!("+1202555{:04}", 1000 + n)
}

pub(crate) fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// Our own numbers.
pub(crate) const OURS: [&str; 2] = ["+12025550100", "+12025550101"];
/// A reply that isn't whole by then is taken for none.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long after its admission a placement may leave.
pub(crate) const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long the carrier's listing may lag behind.
const LISTING_LAG: Duration = Duration::from_secs(5);
/// How long a call is left alone that webhooks tell of.
const LOOK_UNANSWERED: Duration = Duration::from_secs(15);
const LOOK_TALKING: Duration = Duration::from_secs(60);
const HOUR_MS: i64 = 3_600_000;
/// What tells the chance of rules from that of the rest.
const RULES: u64 = 0x7275_6c65_7300_0000;
const AGENTS: u64 = 0x5EED_A6E5_7500_0003;
/// And that of losses.
const LOSSES: u64 = 0x6c6f_7373_0000_0000;
