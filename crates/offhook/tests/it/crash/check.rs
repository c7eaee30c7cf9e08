//! What must hold of every cell, whatever died: the gateway's word against the network's truth.

use super::cell::{KEY, Story};
use super::matrix::{Death, Found, Limit, Meanwhile, Way};
use crate::world::{number, word};
use engine::crash::Point;
use serde_json::Value;
use std::time::{Duration, Instant};

impl Story {
    /// Holds all that is promised against the truth. What the recovery decided, in a word.
    ///
    /// # Errors
    /// What was broken.
    pub(super) fn judge(&self) -> Result<String, String> {
        let judged = self.judge_in_order();
        // Whatever else is broken: this is worse, and mostly its cause.
        self.nobody_rang_twice()?;
        judged
    }

    fn judge_in_order(&self) -> Result<String, String> {
        self.within(HEARD_WITHIN, || self.unheard_of())?;
        self.ask_again_under_the_same_key()?;
        self.within(PATIENCE, || self.disagreement())?;
        let decision = self.decision();
        self.the_fate_is_right()?;
        self.a_live_call_can_be_hung_up()?;
        let ended = self.calls();
        self.its_place_is_free()?;
        self.dials_equal_intents()?;
        self.one_call_has_one_ending(&ended)?;
        self.calls_of_others_are_untouched()?;
        Ok(decision)
    }

    /// Who got no answer asks again. It is the same call, or the first was never there.
    fn ask_again_under_the_same_key(&self) -> Result<(), String> {
        if self.cell.way == Way::Inbound {
            return Ok(());
        }
        let known: Vec<Value> = self.calls();
        let answer = self.world.place_under(KEY, &self.wish());
        let same = known.iter().all(|call| word(call, "id") == word(&answer.json(), "id"));
        let lost = self.cell.death == Death::Placing(Point::OrderUncommitted);
        if answer.status != 202 || !same || known.is_empty() != lost {
            return Err(format!("an order was lost or made twice: knew {known:?}, answered {answer:?}"));
        }
        Ok(())
    }

    /// Where what the gateway believes and what is true differ.
    fn disagreement(&self) -> Option<String> {
        let legs = self.legs();
        let live: Vec<&Value> = legs.iter().filter(|leg| leg["live"] == true).collect();
        let calls = self.calls();
        let lives: Vec<&Value> = calls.iter().filter(|call| word(call, "state") != "ended").collect();
        let carries = |call: &Value, leg: &Value| call["carrier_call_id"] == leg["id"];
        let forgotten = |leg: &&&Value| !lives.iter().any(|call| carries(call, leg)) && !self.is_unheard(leg);
        if let Some(leg) = live.iter().find(forgotten) {
            return Some(format!("a live call is forgotten: {leg}"));
        }
        if let Some(call) = lives.iter().find(|call| !live.iter().any(|leg| carries(call, leg))) {
            return Some(format!("a dead call is kept: {call}"));
        }
        if let Some(call) = lives.first().filter(|_| self.is_to_end()) {
            return Some(format!("a hang-up is forgotten: {call}"));
        }
        let answered = live.iter().any(|leg| !leg["answered_at"].is_null());
        let call = lives.iter().find(|call| answered && word(call, "state") != "in_progress")?;
        Some(format!("an answered call is not known as such: {call}"))
    }

    fn nobody_rang_twice(&self) -> Result<(), String> {
        let legs = self.legs();
        let n_creates = legs.iter().filter_map(|leg| leg["creates"].as_u64()).max().unwrap_or_default();
        if legs.len() > 1 || n_creates > 1 {
            return Err(format!("one intent was dialled {} times: {legs:?}", legs.len()));
        }
        Ok(())
    }

    /// What the recovery has not heard of yet.
    fn unheard_of(&self) -> Option<String> {
        let report = self.world.get("/v1/recovery");
        (report["pending"] != 0).then(|| format!("nobody has looked yet: {report}"))
    }

    /// A caller whom nobody heard, and of whom the carrier tells nobody again.
    fn is_unheard(&self, leg: &Value) -> bool {
        let never_told = leg["answered_at"].is_null() && leg["webhooks_answered_2xx"] == 0;
        self.cell.limit() == Some(Limit::RingsUnheard) && never_told
    }

    /// Whether somebody was promised that it ends.
    fn is_to_end(&self) -> bool {
        match self.cell.death {
            Death::HangingUp(point) => point != Point::HangUpUncommitted,
            Death::HangUpSent | Death::Recovery(Found::ToEnd, _) | Death::RecoveryTwice(Found::ToEnd, ..) => {
                true
            }
            Death::Placing(_)
            | Death::PlaceSent
            | Death::Hearing(..)
            | Death::Recovery(..)
            | Death::RecoveryTwice(..) => false,
        }
    }

    /// What became of the call is what the cell is about, and its end is no guess.
    fn the_fate_is_right(&self) -> Result<(), String> {
        let (legs, calls) = (self.legs(), self.calls());
        let came = match self.cell.meanwhile {
            Meanwhile::LivesOn => true,
            Meanwhile::Ended => legs.iter().all(|leg| leg["live"] == false),
            Meanwhile::Answered => legs.iter().any(|leg| !leg["answered_at"].is_null()) || self.is_to_end(),
            Meanwhile::NeverPlaced => legs.is_empty() != self.is_placed_by_the_second_order(),
        };
        if !came {
            return Err(format!("this cell did not come about: {legs:?}"));
        }
        let may_guess = legs.is_empty() || self.cell.limit() == Some(Limit::EndedUnnamed);
        let guessed = |call: &&Value| word(&call["ending"], "confirmed_by") == "nobody" && !may_guess;
        match calls.iter().find(guessed) {
            Some(call) => Err(format!("an end was guessed: {call}, and truly {legs:?}")),
            None => Ok(()),
        }
    }

    fn is_placed_by_the_second_order(&self) -> bool {
        self.cell.death == Death::Placing(Point::OrderUncommitted)
    }

    fn a_live_call_can_be_hung_up(&self) -> Result<(), String> {
        for call in self.calls().iter().filter(|call| word(call, "state") != "ended") {
            self.world.hang_up(word(call, "id"));
        }
        self.within(PATIENCE, || {
            let calls = self.calls();
            let call = calls.iter().find(|call| word(call, "state") != "ended")?;
            Some(format!("a call can't be hung up: {call}"))
        })?;
        match self.legs().iter().find(|leg| leg["live"] == true && !self.is_unheard(leg)) {
            Some(leg) => Err(format!("it ended here and lives at the carrier: {leg}")),
            None => Ok(()),
        }
    }

    /// There is one place, so one phantom would hold it.
    fn its_place_is_free(&self) -> Result<(), String> {
        let next = self.world.talker(2);
        let id = self.world.dial(&next);
        self.within(PATIENCE, || {
            let call = self.world.call(&id);
            let waits = call["carrier_call_id"].is_null();
            waits.then(|| format!("a place is not free: {call}"))
        })
    }

    /// One dial for the one intent, none where its request can't have left; and one for the call after
    /// it.
    fn dials_equal_intents(&self) -> Result<(), String> {
        let n_placed = match (self.cell.way, self.cell.meanwhile) {
            (Way::Outbound, Meanwhile::NeverPlaced) => usize::from(self.is_placed_by_the_second_order()),
            _ => 1,
        };
        let legs = self.legs();
        if legs.len() != n_placed {
            return Err(format!("{n_placed} dials were due, and these were made: {legs:?}"));
        }
        let left = match (self.cell.way, self.cell.death) {
            (Way::Inbound, _) | (_, Death::Placing(Point::OrderCommitted | Point::PlaceUnsent)) => 0,
            _ => 1,
        };
        let requests = self.world.requests("create");
        if requests.len() != left + 1 {
            return Err(format!("{left} requests and one more were due, and these left: {requests:?}"));
        }
        let next = self.world.truth_to(&number(2));
        if next.len() == 1 { Ok(()) } else { Err(format!("the next call was dialled so often: {next:?}")) }
    }

    fn one_call_has_one_ending(&self, ended: &[Value]) -> Result<(), String> {
        // A caller whom nobody heard of need not be known.
        let n_expected = if self.cell.way == Way::Outbound { 1..=1 } else { 0..=1 };
        if !n_expected.contains(&ended.len()) {
            return Err(format!("one intent has {} calls: {ended:?}", ended.len()));
        }
        let now = self.calls();
        if now != ended {
            return Err(format!("an ended call has changed: {ended:?} became {now:?}"));
        }
        for call in ended {
            let id = word(call, "id");
            let logs = self.world.gateway_logs();
            let n_ends =
                logs.lines().filter(|line| line.contains("a call ended") && line.contains(id)).count();
            // A process that dies after the commit says nothing.
            if n_ends > 1 || call["ending"].is_null() {
                return Err(format!("a call ended {n_ends} times: {call}"));
            }
        }
        Ok(())
    }

    fn calls_of_others_are_untouched(&self) -> Result<(), String> {
        let truth = self.world.truth();
        for foreign in &self.foreign {
            let leg = truth.iter().find(|leg| leg["id"] == foreign.as_str());
            let untouched = leg.is_some_and(|leg| leg["live"] == true && leg["hangups"] == 0);
            if !untouched {
                return Err(format!("a call of somebody else was hung up: {foreign} {leg:?}"));
            }
        }
        let plivos = self.world.ask_network("/network/plivo/account_hangups");
        if plivos["account_hangups"] != 0 {
            return Err("every call of the account was hung up".to_owned());
        }
        Ok(())
    }

    /// What the recovery decided of the call.
    fn decision(&self) -> String {
        let report = self.world.get("/v1/recovery");
        let lines = report["calls"].as_array().cloned().unwrap_or_default();
        let calls = self.calls();
        let line = lines.iter().find(|line| calls.iter().any(|call| call["id"] == line["id"]));
        match (line, calls.first()) {
            (Some(line), _) => word(line, "decision").replace('_', " "),
            // Found at no start: asked for again, heard of since, or over before.
            (None, Some(call)) if call["ending"].is_null() => "new".to_owned(),
            (None, Some(_)) => "was over".to_owned(),
            (None, None) => "unheard".to_owned(),
        }
    }

    /// Waits until nothing is wrong any more; fails with what still is.
    fn within(&self, patience: Duration, wrong: impl Fn() -> Option<String>) -> Result<(), String> {
        let began = Instant::now();
        while let Some(what) = wrong() {
            if began.elapsed() > patience {
                return Err(format!("{what} (after {patience:?})"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// All that is known of the call, for whoever has to find out why.
    pub(super) fn told(&self) -> String {
        let mut told = String::new();
        let calls = self.world.try_ask("GET", "/v1/calls", None).map(|answer| answer.json());
        let calls = calls.map(|calls| calls["calls"].as_array().cloned().unwrap_or_default());
        for call in calls.unwrap_or_default() {
            told += &format!("call {call}\n");
            for event in self.world.events(word(&call, "id")) {
                let [at, source, summary] = ["at", "source", "summary"].map(|field| word(&event, field));
                told += &format!("  {at} {source}: {summary}\n");
            }
        }
        for leg in self.world.truth() {
            told += &format!("truly {leg}\n");
        }
        let logs = self.world.gateway_logs();
        let weighty = logs.lines().filter(|line| !line.contains(" DEBUG "));
        told + &weighty.map(|line| format!("  {line}\n")).collect::<String>()
    }
}

/// How soon a start has heard of all that it found: within two seconds, and a busy machine's delay.
/// Were nobody to look at a start, the next look of a call would come after thirteen.
const HEARD_WITHIN: Duration = Duration::from_secs(12);
/// How long the gateway may take to agree with the carrier. A placement that is nowhere is given up
/// after two whole listings and some twenty seconds.
const PATIENCE: Duration = Duration::from_secs(60);
