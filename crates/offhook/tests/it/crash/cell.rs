//! One cell: a gateway is brought to a step and dies there, things happen to the call, recoveries
//! die too where the cell says so, and at last a gateway is started that may live.

use super::matrix::{Cell, Death, Found, Meanwhile, News, Way};
use crate::world::{Face, Line, OURS, SOON, World, number, wait_for, wait_until, word};
use engine::crash::Point;
use serde_json::{Value, json};

/// A small world with one call of the gateway's in it, and calls of others.
pub(super) struct Story {
    /// Which cell it is.
    pub(super) cell: Cell,
    /// The network and the gateway.
    pub(super) world: World,
    /// Who is called, or who calls.
    pub(super) other: String,
    /// Live calls on the same account that the gateway didn't make.
    pub(super) foreign: Vec<String>,
}

impl Story {
    /// The world before anything happens: one place, and two calls that are none of the gateway's
    /// business, one of them with the very subscriber.
    pub(super) fn begin(cell: Cell) -> Story {
        let world = World::without_gateway(Line::On(cell.face), SETTINGS);
        let other = world.sleeper(1);
        world.connect_our_number();
        let mut foreign = world.seed_many(cell.face, 1, &number(80));
        foreign.extend(world.seed_from(cell.face, NOBODYS, 1, &other));
        Story { cell, world, other, foreign }
    }

    /// All deaths, and what happens meanwhile. A gateway runs when this returns.
    pub(super) fn die_and_recover(&mut self) {
        self.die();
        self.world.lift_faults();
        // Where instructions are asked for while nobody is there to give any, the carrier ends the
        // call. They are asked for late, so that there is a call that was answered meanwhile.
        self.world.fault(&json!({"on": "voice", "do": {"delay_ms": 12_000}}));
        let recoveries = self.cell.deaths_in_recovery();
        if !recoveries.is_empty() {
            // Only a look may tell: a webhook could heal the call before the recovery gets to its step.
            self.world.fault(&json!({"on": "status-callback", "do": "drop"}));
        }
        for (nth, point) in recoveries.iter().enumerate() {
            if nth + 1 == recoveries.len() {
                self.meanwhile();
            }
            self.world.start_gateway_to_die(point.word());
            self.world.wait_for_death();
        }
        if recoveries.is_empty() {
            self.meanwhile();
        }
        self.world.lift_faults();
        self.world.start_gateway();
    }

    /// The first death.
    fn die(&mut self) {
        match self.cell.death {
            Death::Placing(point) => {
                self.world.fault(&json!({"on": "status-callback", "do": "drop"}));
                self.start_armed(point);
                self.place();
                self.world.wait_for_death();
            }
            Death::PlaceSent
            | Death::Recovery(Found::InDoubt, _)
            | Death::RecoveryTwice(Found::InDoubt, ..) => self.die_in_doubt(),
            Death::Hearing(News::First, point) => {
                self.world.fault(&json!({"on": "create", "do": "stall-after"}));
                self.start_armed(point);
                self.call();
                self.world.wait_for_death();
            }
            Death::Hearing(News::Answer, point) => {
                let leg = self.known_to_one_who_dies_at(point);
                self.world.answers(&leg);
                self.world.wait_for_death();
            }
            Death::Hearing(News::End, point) => {
                let leg = self.known_to_one_who_dies_at(point);
                self.world.remote_hangs_up(&leg);
                self.world.wait_for_death();
            }
            Death::HangingUp(point) => {
                self.start_armed(point);
                let id = self.make_known();
                // It may die before it answers.
                let _ = self.world.try_ask("POST", &format!("/v1/calls/{id}/hangup"), None);
                self.world.wait_for_death();
            }
            Death::HangUpSent | Death::Recovery(Found::ToEnd, _) | Death::RecoveryTwice(Found::ToEnd, ..) => {
                self.die_hanging_up();
            }
            Death::Recovery(Found::Known, _) | Death::RecoveryTwice(Found::Known, ..) => {
                self.world.start_gateway();
                self.make_known();
                self.world.kill_dash_nine();
            }
        }
    }

    /// The request is at the carrier and isn't answered.
    fn die_in_doubt(&mut self) {
        let never = self.cell.meanwhile == Meanwhile::NeverPlaced;
        let act = if never { "stall-before" } else { "stall-after" };
        self.world.fault(&json!({"on": "create", "do": act}));
        self.world.fault(&json!({"on": "status-callback", "do": "drop"}));
        self.world.start_gateway();
        self.place();
        wait_until("the request is at the carrier", SOON, || self.world.requests("create").len() == 1);
        if !never {
            self.wait_for_leg();
        }
        self.world.kill_dash_nine();
    }

    /// The hang-up is at the carrier and isn't answered. It ends the call only where the cell says
    /// that the call ends.
    fn die_hanging_up(&mut self) {
        self.world.start_gateway();
        let id = self.make_known();
        let done = self.cell.death == Death::HangUpSent && self.cell.meanwhile == Meanwhile::Ended;
        let act = if done { "stall-after" } else { "stall-before" };
        self.world.fault(&json!({"on": "update", "do": act}));
        // The news of the end would be an answer.
        self.world.fault(&json!({"on": "status-callback", "do": "drop"}));
        let n_before = self.world.n_requests(self.cell.face.hang_ups());
        self.world.hang_up(&id);
        wait_until("the hang-up is at the carrier", SOON, || {
            self.world.n_requests(self.cell.face.hang_ups()) > n_before
        });
        self.world.kill_dash_nine();
    }

    fn start_armed(&mut self, point: Point) {
        self.world.start_gateway_to_die(point.word());
        self.world.wait_until_ready();
    }

    /// A gateway that will die at this step knows the call, and nothing more is to be told of it.
    fn known_to_one_who_dies_at(&mut self, point: Point) -> String {
        self.world.start_gateway();
        let id = self.make_known();
        let leg = self.world.wait_for_leg(&id);
        self.world.kill_dash_nine();
        self.start_armed(point);
        leg
    }

    /// Makes a call whose leg the gateway knows, and all of which it was told. Its id.
    fn make_known(&self) -> String {
        self.call();
        let settled = match (self.cell.way, self.cell.face) {
            // Telnyx tells nobody that a phone rings.
            (Way::Outbound, Face::Telnyx) => ("initiated", "ringing"),
            (Way::Outbound, Face::Twilio | Face::Plivo) => ("ringing", "ringing"),
            (Way::Inbound, _) => ("in_progress", "in-progress"),
        };
        wait_for("the gateway knows all of the call", SOON, || {
            let (calls, legs) = (self.calls(), self.legs());
            let ([call], [leg]) = (calls.as_slice(), legs.as_slice()) else { return None };
            let is_told = leg["webhooks_sent"] == leg["webhooks_answered_2xx"];
            let is_known = call["carrier_call_id"] == leg["id"];
            let stand = (word(call, "state"), word(leg, "status"));
            (is_told && is_known && stand == settled).then(|| word(call, "id").to_owned())
        })
    }

    fn call(&self) {
        match self.cell.way {
            Way::Outbound => self.place(),
            Way::Inbound => {
                let holds = json!({"does": "silent", "answer_after_ms": 0});
                self.world.subscriber(&self.other, &holds);
                self.world.call_in(&self.other);
            }
        }
    }

    /// Asks for the call, of a gateway that may die of it.
    fn place(&self) {
        let _ = self.world.try_place_under(KEY, &self.wish());
    }

    /// What is asked for, under [`KEY`].
    pub(super) fn wish(&self) -> Value {
        json!({ "to": self.other })
    }

    fn wait_for_leg(&self) -> String {
        wait_for("the phone rings", SOON, || {
            let legs = self.legs();
            let leg = legs.first().filter(|leg| word(leg, "status") == "ringing")?;
            Some(word(leg, "id").to_owned())
        })
    }

    /// What happens to the call while no gateway runs.
    fn meanwhile(&self) {
        let what = match self.cell.meanwhile {
            Meanwhile::LivesOn | Meanwhile::NeverPlaced => return,
            Meanwhile::Ended => "hangup",
            Meanwhile::Answered => "answer",
        };
        for leg in self.legs() {
            self.world.does_if_it_lives(word(&leg, "id"), what);
        }
    }

    /// The legs of the gateway's call, as they truly are. One is right.
    pub(super) fn legs(&self) -> Vec<Value> {
        let is_ours = |leg: &Value| {
            (leg["to"] == self.other.as_str() || leg["from"] == self.other.as_str())
                && !self.foreign.iter().any(|foreign| leg["id"] == foreign.as_str())
        };
        self.world.truth().into_iter().filter(is_ours).collect()
    }

    /// The calls with the subscriber that the gateway knows.
    pub(super) fn calls(&self) -> Vec<Value> {
        let all = self.world.get("/v1/calls");
        let all = all["calls"].as_array().expect("a list of calls");
        let with = |call: &&Value| call["to"] == self.other.as_str() || call["from"] == self.other.as_str();
        all.iter().filter(with).cloned().collect()
    }
}

/// The key of the one call that is asked for.
pub(super) const KEY: &str = "the one intent";
/// Another number of the account, which the gateway doesn't know.
const NOBODYS: &str = "+12025550177";
/// One place, so that a phantom is seen; a placement is given up as soon as it may be.
const SETTINGS: &str = "calls.live_max = 1\ncalls.find_max = '1s'\ncalls.ring_max = '2m'\n\
    numbers.'+12025550100'.hold = true";

#[test]
fn the_settings_speak_of_our_number() {
    assert!(SETTINGS.contains(OURS));
}
