//! A store that goes back in time, or is lost, while calls live at the carrier; and calls of others on
//! the same account. Drawn from chance of its own, so that the rest of a seed's history doesn't depend
//! on it.

use super::{Plan, UserAct, pick};
use engine::OrphanPolicy;
use network::Behaviour;
use network::world::{Act, Trick};
use rand::Rng;
use rand::rngs::StdRng;

/// What becomes of the store, and who else is there.
#[derive(Clone, Debug)]
pub(crate) struct Losses {
    /// When a backup is made, and when it is put back; `None` for a store that is lost altogether.
    pub(crate) at: Vec<(Option<i64>, i64)>,
    pub(crate) orphans: OrphanPolicy,
    pub(crate) sweep_every_ms: i64,
    /// When others place calls, whether they sign them, and whether their carrier tells us of them.
    pub(crate) strangers: Vec<(i64, Stranger)>,
}

/// A call of others on the same account.
#[derive(Clone, Debug)]
pub(crate) struct Stranger {
    pub(crate) to: String,
    pub(crate) behaviour: Behaviour,
    /// Whether it carries another installation's name, or none.
    pub(crate) signed: bool,
    /// Whether the carrier tells our gateway of it.
    pub(crate) astray: bool,
}

impl Plan {
    /// Draws what becomes of the store.
    pub(super) fn draw_losses(&mut self, rng: &mut StdRng) {
        let mut at = Vec::new();
        let ordered = self.acts.iter().filter(|(_, act)| matches!(act, UserAct::Order { .. }));
        let ordered: Vec<i64> = ordered.map(|(at, _)| *at).collect();
        for _ in 0..rng.random_range(1..3u32) {
            let longest = *pick(rng, &[3_000, 40_000, 300_000]);
            // Often it was made just when somebody asked for a call.
            let backup = match rng.random_bool(0.5) {
                true => pick(rng, &ordered) + rng.random_range(10..3_000),
                false => rng.random_range(self.chaos_ms / 8..self.chaos_ms * 3 / 4),
            };
            let lost_at = (backup + rng.random_range(500..longest)).min(self.chaos_ms - 1);
            let backup = rng.random_bool(0.6).then_some(backup);
            at.push((backup, lost_at));
            // Somebody sees what happened, and lets calls go on.
            self.acts.push((lost_at + rng.random_range(1_000..90_000), UserAct::Resume));
        }
        at.sort_by_key(|(_, lost_at)| *lost_at);
        let chaos_ms = self.chaos_ms;
        let strangers = (0..rng.random_range(0..4)).map(|n| {
            let (signed, answers) = (rng.random_bool(0.6), rng.random_bool(0.7));
            let behaviour = match answers {
                true => Behaviour::Talk { answer_after_ms: 2_000, talk_ms: rng.random_range(5_000..900_000) },
                false => Behaviour::Never,
            };
            let to = format!("{STRANGERS}{n:03}");
            let astray = signed && rng.random_bool(0.4);
            (rng.random_range(0..chaos_ms), Stranger { to, behaviour, signed, astray })
        });
        let strangers: Vec<_> = strangers.collect();
        self.losses = Some(Losses {
            at,
            orphans: *pick(rng, &[OrphanPolicy::HangUp, OrphanPolicy::Adopt, OrphanPolicy::Report]),
            sweep_every_ms: rng.random_range(5_000..30_000),
            strangers,
        });
        // What was asked of a call since the backup is asked again of the one that went back; and a
        // carrier that forgets its own limits would let a call live that nobody can know of.
        self.acts.retain(|(_, act)| !matches!(act, UserAct::Wish(_)));
        self.faults.retain(|fault| fault.act != Act::Trick(Trick::ForgetLimits));
        self.acts.sort_by_key(|(at, _)| *at);
    }
}

/// The numbers that others call, but for their last three digits.
const STRANGERS: &str = "+12025558";
