//! One stream, joined to a model of words: what the line says is understood and told it, and what it replies
//! is said.

use super::bridge::{Over, PATIENCE, TELEPHONE};
use super::ear::{Ear, IsLong};
use super::line::{KEYS_WITHIN, Line, OnLine, sound_of_keys};
use super::scribe::Scribe;
use super::speaking::{Activity, Speech, audible_since, hears_speech, silent_since};
use super::voice::Voice;
use crate::calls::Calls;
use crate::settings::SoundSettings;
use crate::talk::{Asked, Thought, next_piece};
use crate::tap::Tap;
use agent::cascade::{Act, Cascade, Failing, Leave, Settings};
use agent::model::TRANSFER;
use audio::Frame;
use audio::beep::Beep;
use audio::g711::Law;
use call::call::{AnsweredBy, Direction, OnMachine, Verb};
use call::dialogue::{Entry, Line as Words, Speaker};
use call::number::without_numbers;
use call::{Call, CallId};
use carrier::media::Began;
use futures::StreamExt as _;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;

/// What is needed to talk on a call.
pub(crate) struct Plan {
    asked: Asked,
    sound: SoundSettings,
    is_owed: bool,
}

impl Plan {
    /// A model that is asked so, and speaks and hears so, on a call on which this was said already; its sound
    /// comes for the first time or `again`.
    pub(crate) fn new(
        asked: Asked,
        mut sound: SoundSettings,
        (call, said): (&Call, &[Entry]),
        again: bool,
    ) -> Plan {
        let is_own = |entry: &Entry| matches!(entry, Entry::Said(Words { by: Speaker::Agent, .. }));
        // A machine picks up, and greets once; what was left on it isn't left again.
        let is_machine = matches!(call.answered_by, Some(AnsweredBy::Machine | AnsweredBy::Recording));
        let may_be_one = call.facts.direction == Direction::Outbound && (!again || is_machine);
        let is_left = |message: &String| {
            said.iter()
                .any(|entry| is_own(entry) && matches!(entry, Entry::Said(line) if line.text == *message))
        };
        sound.voicemail = sound.voicemail.filter(|_| may_be_one).map(|voicemail| match voicemail {
            OnMachine::Leave(message) if is_left(&message) => OnMachine::HangUp,
            voicemail => voicemail,
        });
        let is_owed = again || said.last().is_some_and(|last| !is_own(last));
        Plan { asked, sound, is_owed }
    }
}

/// What those tell that work for a talk.
pub(crate) enum Part {
    /// Somebody who speaks says words.
    Words,
    /// They are done, the recognizer says, and said this.
    Turn(String),
    /// What somebody said is understood by this recognizer, or by another of whom this is told later.
    UnderstoodBy(String),
    /// What somebody said, or why nobody knows.
    Understood(Result<String, String>),
    /// An utterance is spoken by this synthesizer, or by another of whom this is told later.
    SpokenBy(u64, String),
    /// Some of an utterance's sound: µ-law at 8 kHz.
    Sound(u64, Vec<u8>),
    /// All of an utterance's sound was told, or why there is no more.
    SoundOver(u64, Result<(), String>),
}

/// A model's talk with whoever is on the line.
struct Talk<'t> {
    cascade: Cascade,
    ear: Ear,
    activity: Activity,
    /// Who listens for an answering machine, as long as one may greet.
    beep: Option<Beep>,
    pause: Duration,
    /// How long of it is silence that the activity waits for.
    silence: Duration,
    /// Since when somebody who speaks is silent, and whether they said words, where the recognizer judges when
    /// they are done.
    paused_at: Option<Instant>,
    has_words: bool,
    /// When a frame of sound came last.
    sound_at: Instant,
    hands: Hands<'t>,
    /// When it began.
    since: Instant,
    /// When a key was pressed last that the model doesn't know of.
    pressed_at: Option<Instant>,
    is_finishing: bool,
}

/// What does as a conversation says.
struct Hands<'t> {
    calls: &'t Calls,
    call: &'t Call,
    line: Line,
    voice: Voice,
    scribe: &'t Scribe,
    asked: Asked,
    /// It was read from the configuration anew.
    is_renewed: bool,
    thought: Option<Thought>,
    /// Keys whose sound is to be told.
    pressed: Vec<(u64, Vec<u8>)>,
    leave: Option<Leave>,
    over: Option<Over>,
}

/// Talks on a line that has begun, until it is over.
pub(super) async fn converse<S>(
    (calls, call): (&Calls, &Call),
    Plan { asked, sound, is_owed }: Plan,
    (mut socket, began, tap): (WebSocketStream<S>, Began, Tap),
) -> Over
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (mut finishing, mut picked_up) = (calls.finishing(), calls.picked_up());
    let scribe = Scribe::new(calls, call.facts.id);
    let (tell, mut parts) = mpsc::channel(PARTS_MAX);
    let SoundSettings { recognizers, synthesizers, pause, barge_in, voicemail } = sound;
    let settings = Settings {
        model: asked.settings.model.clone(),
        fallback: asked.settings.fallback.clone(),
        silence: asked.settings.silence.clone(),
        barge_in,
        voicemail,
    };
    let beep = settings.voicemail.is_some().then(Beep::default);
    let ear = Ear::new(calls, recognizers, tell.clone());
    let silence = if ear.judges_turns() { pause.min(SILENCE_JUDGED) } else { pause };
    let mut talk = Talk {
        cascade: Cascade::new(settings, is_owed),
        ear,
        activity: hears_speech(silence),
        beep,
        pause,
        silence,
        paused_at: None,
        has_words: false,
        sound_at: Instant::now(),
        hands: Hands {
            calls,
            call,
            line: Line::new(began, tap),
            voice: Voice::new(calls, synthesizers, tell),
            scribe: &scribe,
            asked,
            is_renewed: false,
            thought: None,
            pressed: Vec::new(),
            leave: None,
            over: None,
        },
        since: Instant::now(),
        pressed_at: None,
        is_finishing: false,
    };
    let over = talk.hold(&mut socket, &mut parts, &mut finishing, &mut picked_up).await;
    talk.hear_last_words(&mut parts).await;
    talk.cascade.end(&mut |act| talk.hands.act(act));
    drop(talk);
    let _ = timeout(PATIENCE.slow, socket.close(None)).await;
    scribe.finish().await;
    over
}

impl Talk<'_> {
    async fn hold<S>(
        &mut self,
        socket: &mut WebSocketStream<S>,
        parts: &mut mpsc::Receiver<Part>,
        finishing: &mut watch::Receiver<bool>,
        picked_up: &mut broadcast::Receiver<(CallId, AnsweredBy)>,
    ) -> Over
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        self.does(Cascade::open);
        // What was told before anybody listened here.
        let mut has_missed_it = true;
        loop {
            if std::mem::take(&mut has_missed_it)
                && let Some(by) = self.hands.calls.answered_by(self.hands.call.facts.id).await
            {
                self.is_answered_by(by);
            }
            if let Some(over) = self.hands.line.pay(socket).await {
                return over;
            }
            if let Some(over) = self.hands.over.take() {
                return over;
            }
            if let Some(over) = self.leave().await {
                return over;
            }
            let due_at = self.due_at();
            tokio::select! {
                message = socket.next() => match self.hands.line.hear(message) {
                    Ok(heard) => heard.into_iter().for_each(|one| self.hear(one)),
                    Err(over) => return over,
                },
                Some(part) = parts.recv() => self.take(part),
                piece = next_piece(&mut self.hands.thought) => {
                    self.does(|cascade, now, acts| cascade.piece(piece, now, acts));
                }
                Ok(_) = finishing.wait_for(|finishing| *finishing), if !self.is_finishing => {
                    self.is_finishing = true;
                    self.does(Cascade::finish);
                }
                told = picked_up.recv() => match told {
                    Ok((call, by)) if call == self.hands.call.facts.id => self.is_answered_by(by),
                    Ok(_) => {}
                    Err(_) => has_missed_it = true,
                },
                () = sleep_until(due_at) => self.time_is_up(),
            }
        }
    }

    /// A machine is not talked with; whoever it was told of before, this changes nothing.
    fn is_answered_by(&mut self, by: AnsweredBy) {
        match by {
            AnsweredBy::Machine => self.does(Cascade::machine),
            AnsweredBy::Recording => self.does(Cascade::recorded),
            AnsweredBy::Unknown | AnsweredBy::Human | AnsweredBy::Fax => {}
        }
    }

    /// Has something happen in the conversation, and does what is to be done then.
    fn does(&mut self, what: impl FnOnce(&mut Cascade, Duration, agent::cascade::Acts<'_>)) {
        let now = self.since.elapsed();
        what(&mut self.cascade, now, &mut |act| self.hands.act(act));
        if std::mem::take(&mut self.hands.is_renewed) {
            self.cascade.renew(self.hands.asked.settings.model.clone());
        }
        while let Some((utterance, sound)) = self.hands.pressed.pop() {
            self.cascade.sound_of_keys(utterance, &sound, now, &mut |act| self.hands.act(act));
        }
    }

    fn hear(&mut self, one: OnLine) {
        match one {
            OnLine::Sound(frame) => self.hear_sound(frame),
            OnLine::Key(key) => {
                self.pressed_at = Some(Instant::now());
                self.does(|cascade, now, acts| cascade.key(key, now, acts));
            }
            OnLine::Played(mark) => self.does(|cascade, now, acts| cascade.played(mark, now, acts)),
        }
    }

    fn hear_sound(&mut self, frame: Frame) {
        let speech = self.activity.hear(&frame).speech;
        if self.since.elapsed() > GREETING_MAX {
            self.beep = None;
        }
        if self.beep.as_mut().is_some_and(|beep| beep.hear(&frame)) {
            self.beep = None;
            tracing::info!(call = %self.hands.call.facts.id, "an answering machine beeped");
            self.does(Cascade::beeped);
        }
        self.sound_at = Instant::now();
        match (speech, self.ear.hear(&frame)) {
            // They were silent for a moment, and not done.
            (Speech::Started, _) if self.ear.is_spoken_to() => self.paused_at = None,
            (Speech::Started, _) => {
                self.has_words = false;
                self.ear.begin();
                self.does(|cascade, now, acts| cascade.speech_began(audible_since(now), now, acts));
            }
            (Speech::Ended, _) if self.ear.judges_turns() => self.paused_at = Some(Instant::now()),
            (Speech::Ended, _) => self.speech_is_over(),
            (Speech::Going, IsLong::Yes) => {
                self.ear.end();
                self.ear.begin();
                self.does(Cascade::speech_goes_on);
            }
            (Speech::Going, IsLong::No) | (Speech::Quiet, _) => {}
        }
    }

    fn speech_is_over(&mut self) {
        self.ear.end();
        self.turn_is_over();
    }

    /// Nobody speaks any more, and what they said will be known.
    fn turn_is_over(&mut self) {
        let paused = self.paused_at.take().map_or(Duration::ZERO, |at| at.elapsed());
        let silence = self.silence + paused;
        self.does(|cascade, now, acts| cascade.speech_over(silent_since(now, silence), now, acts));
    }

    /// The recognizer says that they are done. Whom it alone heard spoke softly.
    fn is_told_of_turn(&mut self, words: String) {
        match (self.ear.is_spoken_to(), self.paused_at) {
            (false, _) if words.is_empty() => return,
            (false, _) => self.does(|cascade, now, acts| cascade.speech_began(now, now, acts)),
            // The activity is to notice when they begin again.
            (true, None) => self.activity = hears_speech(self.silence),
            (true, Some(_)) => {}
        }
        self.ear.turn_is_over();
        self.turn_is_over();
        self.does(|cascade, now, acts| cascade.understood(Ok(words), now, acts));
    }

    /// When somebody is done of whom the recognizer doesn't say so.
    fn gives_up_at(&self) -> Option<Instant> {
        let longest = if self.has_words { UNJUDGED_MAX } else { self.pause.saturating_sub(self.silence) };
        self.paused_at.map(|at| at + longest)
    }

    /// When somebody who spoke last is done, whose line carries no sound any more.
    fn breaks_off_at(&self) -> Option<Instant> {
        self.ear.is_spoken_to().then(|| self.sound_at + self.pause + SOUNDLESS_MAX)
    }

    /// Writes down what was said last: whoever hangs up may have said that they want no more calls.
    async fn hear_last_words(&mut self, parts: &mut mpsc::Receiver<Part>) {
        if self.ear.is_spoken_to() {
            self.speech_is_over();
        }
        let until = Instant::now() + LAST_WORDS_MAX;
        while self.cascade.awaits_words() {
            match timeout_at(until, parts.recv()).await {
                Ok(Some(Part::Understood(Ok(words)) | Part::Turn(words))) => {
                    self.cascade.last_words(&words, &mut |act| self.hands.act(act));
                }
                Ok(Some(Part::Understood(Err(_)))) => {
                    self.cascade.last_words("", &mut |act| self.hands.act(act));
                }
                Ok(Some(Part::UnderstoodBy(recognizer))) => {
                    self.cascade.understood_by(recognizer, self.since.elapsed());
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
    }

    fn take(&mut self, part: Part) {
        match part {
            Part::Words => self.has_words = true,
            Part::Turn(words) => self.is_told_of_turn(words),
            Part::UnderstoodBy(recognizer) => {
                self.cascade.understood_by(recognizer, self.since.elapsed());
            }
            Part::SpokenBy(utterance, synthesizer) => {
                self.cascade.spoken_by(utterance, synthesizer, self.since.elapsed());
            }
            Part::Understood(words) => {
                self.does(|cascade, now, acts| cascade.understood(words, now, acts));
            }
            Part::Sound(utterance, sound) => {
                self.does(|cascade, now, acts| cascade.sound(utterance, &sound, now, acts));
            }
            Part::SoundOver(utterance, whole) => {
                self.does(|cascade, now, acts| cascade.sound_over(utterance, whole, now, acts));
            }
        }
    }

    fn due_at(&self) -> Instant {
        let silent_at = self.hands.line.silent_at();
        let asked_at = self.cascade.due_at().map(|due_at| self.since + due_at);
        let keys_at = self.pressed_at.map(|at| at + KEYS_WITHIN);
        [asked_at, keys_at, self.breaks_off_at(), self.gives_up_at()]
            .into_iter()
            .flatten()
            .fold(silent_at, Instant::min)
    }

    fn time_is_up(&mut self) {
        if self.pressed_at.is_some_and(|at| at.elapsed() >= KEYS_WITHIN) {
            self.pressed_at = None;
            self.does(Cascade::keys_over);
        }
        if self.breaks_off_at().is_some_and(|at| at <= Instant::now()) {
            self.activity = hears_speech(self.silence);
            self.speech_is_over();
        }
        if self.gives_up_at().is_some_and(|at| at <= Instant::now()) {
            self.speech_is_over();
        }
        self.does(Cascade::time_is_up);
        if let Some(over) = self.hands.line.silence() {
            self.hands.over = Some(over);
        }
    }

    /// The model leaves, if it wishes to.
    async fn leave(&mut self) -> Option<Over> {
        let Leave::Transfer(to) = self.hands.leave.take()? else { return Some(Over::Program) };
        let (calls, call) = (self.hands.calls, self.hands.call);
        let arguments = self.hands.asked.settings.model.asks_for(&to);
        match calls.command_by_agent(call.facts.id, Verb::Transfer { to }).await {
            Ok(()) => Some(Over::Program),
            Err(error) => {
                let why = without_numbers(&error.to_string());
                tracing::warn!(call = %call.facts.id, why, "a model can't put its call through");
                self.hands.scribe.refuse(TRANSFER.to_owned(), arguments, error.to_string());
                self.does(Cascade::refuse);
                None
            }
        }
    }
}

impl Hands<'_> {
    fn act(&mut self, act: Act<'_>) {
        let call = self.call.facts.id;
        match act {
            Act::Ask => {
                // As is configured now: a key that is replaced may be good for nothing.
                let agent = self.call.facts.agent.as_ref();
                if let Some(asked) = agent.and_then(|agent| self.calls.asked_of(&agent.name)) {
                    (self.asked, self.is_renewed) = (asked, true);
                }
                let written = self.scribe.written();
                self.thought = Some(Thought::after(written, self.calls, self.call, &self.asked));
            }
            Act::Forget => self.thought = None,
            Act::Say { utterance, text } => self.voice.say(utterance, text),
            Act::Press { utterance, keys } => {
                let mut sound = Vec::new();
                sound_of_keys(&keys).for_each(|frame| Law::Mu.write(&frame, &mut sound));
                self.pressed.push((utterance, sound));
            }
            Act::Hush => self.voice.hush(),
            Act::Play(sound) => {
                for codes in sound.chunks(TELEPHONE.frame_samples()) {
                    match Law::Mu.read(codes) {
                        Ok(frame) => self.line.play(frame),
                        Err(error) => tracing::debug!(%call, %error, "a piece of sound is passed over"),
                    }
                }
            }
            Act::Mark(number) => self.line.mark(number),
            Act::Clear(number) => {
                self.line.clear();
                self.line.mark(number);
            }
            Act::Said(line, timing) => self.scribe.note(line, timing),
            Act::Leave(leave) => self.leave = Some(leave),
            Act::HandOver => self.over = Some(Over::PassedOn),
            Act::Refused { tool, arguments, why } => {
                tracing::warn!(%call, tool, "a model asked for something that it can't have");
                self.scribe.refuse(tool, arguments, why);
            }
            Act::Warn(what, why) => {
                tracing::warn!(%call, what, "a conversation has trouble");
                tracing::debug!(%call, why, "what was told of it");
            }
            Act::GiveUp(failing) => {
                self.over = Some(Over::Broke(match failing {
                    Failing::Recognizer => "recognizer_failed",
                    Failing::Model => "model_silent",
                    Failing::Synthesizer => "synthesizer_failed",
                }));
            }
        }
    }
}

/// How long a silence is noticed after, where the recognizer judges what it means.
const SILENCE_JUDGED: Duration = Duration::from_millis(200);
/// How long a recognizer that judges may leave somebody who said words, and is silent, unanswered: longer than it
/// waits itself.
const UNJUDGED_MAX: Duration = Duration::from_millis(3_500);
/// How long an answering machine greets.
const GREETING_MAX: Duration = Duration::from_secs(90);
/// How long, beyond a pause, a line may carry no sound while somebody speaks.
const SOUNDLESS_MAX: Duration = Duration::from_secs(1);
/// How long what was said last is waited for when the line is gone.
const LAST_WORDS_MAX: Duration = Duration::from_secs(5);
/// So much may wait to be heard of those who work for a talk.
const PARTS_MAX: usize = 64;
