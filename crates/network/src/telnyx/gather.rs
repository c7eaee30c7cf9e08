//! Gathering the digits that a subscriber presses.

use serde_json::json;

use super::body::Body;
use super::error::ApiError;
use super::sound::{speech_ms, spoken};
use super::{Alarm, Face, uuid};
use crate::time::Millis;
use crate::world::{Entry, LegId, Sound, World};

/// The most digits, and the longest wait for them in milliseconds, that may be asked for.
const DIGITS_MAX: u64 = 128;
const WAIT_MS_MAX: u64 = 3_600_000;

/// The longest id of a gathering, in characters.
const GATHER_ID_MAX: usize = 40;

/// Digits being gathered.
#[derive(Debug)]
pub(crate) struct Gathering {
    wish: Wish,
    pressed: String,
    tries_left: u64,
    /// When it is over, however many digits come.
    over_at: Option<Millis>,
    alarm: Entry,
    /// When its prompt has been spoken, and what happens then.
    prompted_at: Millis,
    prompt_alarm: Option<Entry>,
}

/// What is to be gathered.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Given back with what was gathered.
    gather_id: Option<String>,
    /// Spoken before, and again where nothing is pressed.
    prompt: Option<String>,
    /// Spoken before the prompt comes again after digits that don't do.
    complaint: Option<String>,
    tries: u64,
    first_ms: u64,
    between_ms: u64,
    /// How long all digits may take together.
    all_ms: Option<u64>,
    least: u64,
    most: u64,
    terminator: Option<char>,
    valid: String,
}

impl Wish {
    /// What `gather` asks for.
    pub(crate) fn silent(world: &mut World, body: &Body) -> Result<Wish, ApiError> {
        let wait = |key: &str, otherwise: u64| {
            Ok::<u64, ApiError>(body.number(key, &(0..=WAIT_MS_MAX))?.unwrap_or(otherwise))
        };
        let gather_id = body.text("gather_id")?;
        if gather_id.is_some_and(|id| id.chars().count() > GATHER_ID_MAX) {
            return Err(ApiError::outside("gather_id", &(1..=40)));
        }
        let all_ms = wait("timeout_millis", 60_000)?;
        Ok(Wish {
            gather_id: Some(gather_id.map_or_else(|| uuid(world), str::to_owned)),
            first_ms: wait("initial_timeout_millis", 5_000)?.min(all_ms),
            all_ms: Some(all_ms),
            ..Wish::of_both(body)?
        })
    }

    /// What `gather_using_speak` asks for.
    pub(crate) fn spoken(body: &Body) -> Result<Wish, ApiError> {
        let prompt = spoken(body)?.to_owned();
        let first_ms = body.number("timeout_millis", &(0..=WAIT_MS_MAX))?.unwrap_or(60_000);
        let tries = body.number("maximum_tries", &(1..=DIGITS_MAX))?.unwrap_or(3);
        let complaint = body.text("invalid_payload")?.map(str::to_owned);
        Ok(Wish { prompt: Some(prompt), complaint, tries, first_ms, ..Wish::of_both(body)? })
    }

    fn of_both(body: &Body) -> Result<Wish, ApiError> {
        let number = |key: &str, otherwise: u64| {
            Ok::<u64, ApiError>(body.number(key, &(1..=DIGITS_MAX))?.unwrap_or(otherwise))
        };
        let between_ms = body.number("inter_digit_timeout_millis", &(0..=WAIT_MS_MAX))?;
        let terminator = body.text("terminating_digit")?.unwrap_or("#").chars().next();
        let valid = body.text("valid_digits")?.unwrap_or("0123456789#*").to_owned();
        Ok(Wish {
            gather_id: None,
            prompt: None,
            complaint: None,
            tries: 1,
            first_ms: 0,
            between_ms: between_ms.unwrap_or(5_000),
            all_ms: None,
            least: number("minimum_digits", 1)?,
            most: number("maximum_digits", DIGITS_MAX)?,
            terminator,
            valid,
        })
    }
}

impl Gathering {
    /// Takes a key, and says whether it was the last one.
    fn take(&mut self, key: char) -> bool {
        if self.wish.terminator == Some(key) {
            return true;
        }
        self.pressed.push(key);
        u64::try_from(self.pressed.chars().count()).unwrap_or(u64::MAX) >= self.wish.most
    }

    fn strike(&self, world: &mut World) {
        for alarm in [Some(self.alarm), self.prompt_alarm].into_iter().flatten() {
            world.agenda.strike(alarm);
        }
    }

    fn status(&self) -> &'static str {
        let n_pressed = u64::try_from(self.pressed.chars().count()).unwrap_or(u64::MAX);
        let all_valid = self.pressed.chars().all(|key| self.wish.valid.contains(key));
        if all_valid && n_pressed >= self.wish.least { "valid" } else { "invalid" }
    }
}

impl Face {
    /// Begins to gather; what was being gathered is given up.
    pub(super) fn gather(&mut self, world: &mut World, id: LegId, wish: Wish) {
        self.stop_gathering(world, id, "cancelled");
        let tries_left = wish.tries;
        self.prompt(world, id, wish, tries_left, false);
    }

    fn prompt(&mut self, world: &mut World, id: LegId, wish: Wish, tries: u64, complains: bool) {
        let complaint = wish.complaint.as_ref().filter(|_| complains);
        let mut prompt_ms: u64 = 0;
        for text in complaint.into_iter().chain(&wish.prompt) {
            prompt_ms = prompt_ms.saturating_add(speech_ms(text));
            world.play(id, Sound::Say(text.clone()));
        }
        let prompt_alarm = (prompt_ms > 0).then(|| {
            world.keep_listening(id);
            Face::remind(world, prompt_ms, Alarm::PromptEnds { leg: id })
        });
        let first_ms = wish.first_ms.saturating_add(prompt_ms);
        let prompted_at = world.now + prompt_ms;
        let over_at = wish.all_ms.map(|ms| world.now + ms);
        let alarm = Face::remind(world, first_ms, Alarm::GatherEnds { leg: id });
        let tries_left = tries.saturating_sub(1);
        if let Some(call) = self.calls.get_mut(&id) {
            let pressed = String::new();
            call.gathering =
                Some(Gathering { wish, pressed, tries_left, over_at, alarm, prompted_at, prompt_alarm });
        }
        world.ask_for_digits(id);
    }

    /// The subscriber pressed keys: each is told, and gathered if that is asked for.
    pub(super) fn pressed(&mut self, world: &mut World, id: LegId, keys: &str) {
        for key in keys.chars() {
            let Some(call) = self.calls.get(&id) else { return };
            let mut payload = call.payload_with_numbers();
            payload.insert("digit".to_owned(), json!(key.to_string()));
            self.tell(world, id, "call.dtmf.received", payload);
            self.gather_key(world, id, key);
        }
    }

    fn gather_key(&mut self, world: &mut World, id: LegId, key: char) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(gathering) = &mut call.gathering else { return };
        if gathering.take(key) {
            return self.judge(world, id);
        }
        // A key ends the prompt.
        gathering.prompted_at = world.now;
        let left_ms = gathering.over_at.map_or(u64::MAX, |at| at.since(world.now));
        let wait_ms = gathering.wish.between_ms.min(left_ms);
        world.agenda.strike(gathering.alarm);
        gathering.alarm = Face::remind(world, wait_ms, Alarm::GatherEnds { leg: id });
    }

    /// No more digits came in time.
    pub(super) fn gather_ends(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(gathering) = &call.gathering else { return };
        if !gathering.pressed.is_empty() {
            return self.judge(world, id);
        }
        if gathering.tries_left == 0 {
            return self.stop_gathering(world, id, "timeout");
        }
        let (wish, tries_left) = (gathering.wish.clone(), gathering.tries_left);
        self.prompt(world, id, wish, tries_left, false);
    }

    /// Digits came: they are told, or asked for again with a complaint if they don't do.
    fn judge(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(gathering) = &call.gathering else { return };
        let status = gathering.status();
        if status == "valid" || gathering.wish.complaint.is_none() || gathering.tries_left == 0 {
            return self.stop_gathering(world, id, status);
        }
        let (wish, tries_left) = (gathering.wish.clone(), gathering.tries_left);
        gathering.strike(world);
        self.prompt(world, id, wish, tries_left, true);
    }

    /// Whether a gathering's prompt is being spoken.
    pub(super) fn is_prompting(&self, world: &World, id: LegId) -> bool {
        let gathering = self.calls.get(&id).and_then(|call| call.gathering.as_ref());
        gathering.is_some_and(|gathering| world.now < gathering.prompted_at)
    }

    /// Tells what was gathered, if anything was asked for.
    pub(super) fn stop_gathering(&mut self, world: &mut World, id: LegId, status: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(gathering) = call.gathering.take() else { return };
        gathering.strike(world);
        let mut payload = call.payload_with_numbers();
        payload.insert("digits".to_owned(), json!(gathering.pressed));
        payload.insert("status".to_owned(), json!(status));
        if let Some(gather_id) = &gathering.wish.gather_id {
            payload.insert("gather_id".to_owned(), json!(gather_id));
        }
        self.tell(world, id, "call.gather.ended", payload);
    }
}
