//! The events of a call in words, for a person at night.

use super::view::rfc3339;
use call::call::{
    AnsweredBy, CommandReply, Event, Found, HangUpReply, Input, News, Performed, Progress, Recorded,
    Sighting, Source, Speaks, StreamEnd, Unknown, UnknownWhy, Verb, Waits,
};
use call::dialogue::Speaker;
use call::gate::{Heard, Passed};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::KeptEvent;

/// One line of a call's story.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventLine {
    /// Its place in the log of its call, from 1.
    version: u64,
    at: String,
    /// What it is, in a word.
    kind: &'static str,
    /// Who said so.
    #[schemars(extend("enum" = ["api", "webhook", "look_up", "listing", "reply", "agent", "gateway", "import"]))]
    source: &'static str,
    /// What it is, in a sentence.
    pub(super) summary: String,
    /// What was believed of the call after it: a state.
    pub(super) state: Option<&'static str>,
    /// As it is kept.
    event: Value,
}

/// One line of a call's story, as far as it stands in the log.
pub(crate) fn line(kept: &KeptEvent) -> EventLine {
    let event = &kept.event;
    EventLine {
        version: kept.version,
        at: rfc3339(event.at),
        kind: event.news.word(),
        source: source(event.source),
        summary: summary(event),
        state: None,
        event: serde_json::to_value(&event.news).unwrap_or(Value::Null),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Api => "api",
        Source::Webhook => "webhook",
        Source::LookUp => "look_up",
        Source::Listing => "listing",
        Source::Reply => "reply",
        Source::Agent => "agent",
        Source::Gateway => "gateway",
        Source::Import => "import",
    }
}

fn summary(event: &Event) -> String {
    match &event.news {
        News::Asked(facts) => format!(
            "a call to {} was asked for, from {} over {}",
            facts.to.as_str(),
            facts.from.as_str(),
            facts.carrier
        ),
        News::Offered(facts, leg) => format!("{} calls {} ({leg})", facts.from.as_str(), facts.to.as_str()),
        News::Imported(_, state) if event.source != Source::Import => {
            format!("it lives at the carrier, by its mark is ours, and was not known here: {}", state.word())
        }
        News::Imported(_, state) => {
            format!("taken over from another gateway, which believed: {}", state.word())
        }
        News::Admitted { send_by, gate } => {
            let passed = gate.as_deref().map(|passed| format!("; {}", self::passed(passed)));
            let send_by = rfc3339(*send_by);
            format!("a place was free{}; its request may leave until {send_by}", passed.unwrap_or_default())
        }
        News::GateRefused(refused) => format!("it is not placed: {refused} ({})", refused.rule().word()),
        News::OptedOut(Heard::Key(key)) => {
            format!("the other side pressed {key}: the number is on the do-not-call list")
        }
        News::OptedOut(Heard::Words(words)) => {
            format!("the other side said \"{words}\": the number is on the do-not-call list")
        }
        News::Placed { leg, .. } => format!("the carrier took it, as {leg}"),
        News::PlaceRefused { code, reason } => format!("the carrier refused it: {reason} ({code})"),
        News::PlaceDeferred { why, .. } => format!("nothing was dialled ({why}); it goes back to the queue"),
        News::PlaceInDoubt { why } => {
            format!("the request may have reached the carrier ({why}); it is looked for, not repeated")
        }
        News::Found(found) => self::found(found),
        News::Progressed { progress, .. } => format!("the carrier says: {}", word(*progress)),
        News::Over { ending, .. } => format!("the carrier says that it is over: {}", ending.code),
        News::Unread { what, .. } => format!("the carrier said something unknown ({what}); it is asked"),
        News::Sighted { leg, sighting } => sighted(leg.as_str(), sighting),
        News::HangUpRequested { cause, .. } => format!("it is to end: {cause}"),
        News::AnswerRequested => "it is answered".to_owned(),
        News::Declined { cause, .. } => format!("it is declined: {cause}"),
        News::Named { leg, was } => format!("the carrier has two names for it: {leg} and {was}"),
        News::CommandAsked(verb) => format!("asked of it: {}", asked(verb)),
        News::CommandReplied { id, reply } => format!("command {id}: {}", replied(reply)),
        News::StopAsked(id) => format!("command {id} is to end before its time"),
        News::AgentLeft { failed } => left(failed.as_deref()),
        News::Spoken { by, text, after_ms, waits, talk_over_ms, .. } => {
            format!("{} said \"{text}\"{}", side(*by), timed(*after_ms, waits.as_ref(), *talk_over_ms))
        }
        News::ToolAsked { tool, arguments, .. } => format!("the agent uses {tool} with {arguments}"),
        News::ToolReplied { output, .. } => format!("the tool replied: {output}"),
        News::StreamAttached { id, .. } => format!("command {id}: its stream has come"),
        News::StreamOver { id, end, .. } => match end {
            StreamEnd::Ended => format!("command {id}: its stream is over"),
            StreamEnd::Failed { code } => format!("command {id}: its stream cannot go on: {code}"),
            StreamEnd::Lost => format!("command {id}: its stream broke; it is asked for again"),
        },
        News::StopReplied { id, reply } => format!("command {id}, told to end: {}", replied(reply)),
        News::CommandHeard { id, performed, .. } => format!("command {id}: {}", self::performed(performed)),
        News::DigitsHeard { digits, .. } => format!("the other side pressed {digits}"),
        News::AnsweredBy { by, .. } => picked_up(*by).to_owned(),
        News::Recording(news) => recorded(news),
        News::AnswerReplied { reply, .. } => format!("told to answer: {}", replied(reply)),
        News::HangUpReplied { reply, .. } => hung_up(reply),
        News::CheckDue => "its time had come".to_owned(),
    }
}

fn left(failed: Option<&str>) -> String {
    match failed {
        None => "its agent is done".to_owned(),
        Some(why) => format!("its agent can't go on: {why}"),
    }
}

fn recorded(news: &Recorded) -> String {
    match news {
        Recorded::Begun => "its sound is recorded from here on".to_owned(),
        Recorded::Ended { ms, failed: None, .. } => format!("its recording has {} now", seconds(*ms)),
        Recorded::Ended { ms, failed: Some(why), .. } => {
            format!("its recording has {} now, and lacks the rest: {why}", seconds(*ms))
        }
        Recorded::Deleted { why } => format!("its recording is deleted: {why}"),
        Recorded::Replied { reply, .. } => format!("its carrier, asked to record it: {}", replied(reply)),
        Recorded::StopReplied { reply } => {
            format!("its carrier, told to record it no longer: {}", replied(reply))
        }
        Recorded::Told { .. } => "its carrier says that its recording is over".to_owned(),
        Recorded::NotFetched { why, .. } => {
            format!("what its carrier recorded could not be fetched yet: {why}")
        }
        Recorded::Dropped { is_left: false } => "what its carrier recorded is deleted there".to_owned(),
        Recorded::Dropped { is_left: true } => "what its carrier recorded is left there".to_owned(),
        Recorded::NotDropped { why } => {
            format!("what its carrier recorded could not be deleted there yet: {why}")
        }
    }
}

fn picked_up(by: AnsweredBy) -> &'static str {
    match by {
        AnsweredBy::Human => "a person picked up",
        AnsweredBy::Machine => "an answering machine picked up",
        AnsweredBy::Recording => "an answering machine picked up, and its greeting is over",
        AnsweredBy::Fax => "a fax picked up",
        AnsweredBy::Unknown => "who picked up, the carrier could not tell",
    }
}

fn passed(passed: &Passed) -> String {
    let Passed { clock, attempts_hour, attempts_day, minutes_day } = passed;
    let clock = clock.as_ref().map(|clock| format!("{clock}, ")).unwrap_or_default();
    let calls = format!("{attempts_hour} other calls in the hour and {attempts_day} in the day");
    let minutes = minutes_day.map(|minutes| format!(", {minutes} minutes of talk today")).unwrap_or_default();
    format!("the gate let it pass ({clock}{calls}{minutes})")
}

/// What a reply was waited for.
fn waited(waits: &Waits) -> String {
    let Waits { turn_ms, recognizer_ms, model_ms, synthesizer_ms, playout_ms } = *waits;
    let [turn, recognizer, model, synthesizer, playout] =
        [turn_ms, recognizer_ms, model_ms, synthesizer_ms, playout_ms].map(seconds);
    format!(
        " (their silence {turn}, recognizer {recognizer}, model {model}, synthesizer {synthesizer}, playout {playout})"
    )
}

fn side(by: Speaker) -> &'static str {
    match by {
        Speaker::Agent => "the agent",
        Speaker::Remote => "the other side",
    }
}

/// How long words were waited for, and what for, and how long they were said over the other side's.
fn timed(after_ms: Option<u64>, waits: Option<&Waits>, talk_over_ms: Option<u64>) -> String {
    let after = after_ms.map(|ms| format!(", {} after them", seconds(ms))).unwrap_or_default();
    let parts = waits.map(waited).unwrap_or_default();
    let over = talk_over_ms.map(|ms| format!(", {} of it over the agent's words", seconds(ms)));
    format!("{after}{parts}{}", over.unwrap_or_default())
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1_000.0)
}

fn asked(verb: &Verb) -> String {
    match verb {
        Verb::Say { text } => format!("say \"{text}\""),
        Verb::Ask { text, input: Input::Digits { .. }, .. } => format!("ask for keys: \"{text}\""),
        Verb::Ask { text, .. } if text.is_empty() => "listen".to_owned(),
        Verb::Ask { text, input: Input::Speech | Input::Any, .. } => format!("ask: \"{text}\""),
        Verb::SendDigits { digits } => format!("press {digits}"),
        Verb::Play { url, .. } => format!("play {url}"),
        Verb::Transfer { to } => format!("put it through to {to}"),
        Verb::Stream { url, speaks: Speaks::Carrier } => format!("stream to {url}"),
        Verb::Stream { speaks: Speaks::Echo, .. } => "let them hear themselves".to_owned(),
        Verb::Stream { url, speaks: Speaks::Twilio | Speaks::Realtime | Speaks::Words } => {
            format!("stream through the gateway to {url}")
        }
    }
}

fn replied(reply: &CommandReply) -> String {
    match reply {
        CommandReply::Taken { .. } => "the carrier took it".to_owned(),
        CommandReply::Refused { code, reason } => format!("the carrier refused it: {reason} ({code})"),
        CommandReply::InDoubt { why } => format!("it may have reached the carrier ({why}); not repeated"),
    }
}

fn performed(performed: &Performed) -> String {
    match performed {
        Performed::Begun => "begun".to_owned(),
        Performed::Failed { code } => format!("failed: {code}"),
        Performed::Finished(outcome) => {
            let heard =
                |what: &str, text: &Option<String>| text.as_ref().map(|text| format!("{what} {text}"));
            let parts = [
                heard("pressed", &outcome.digits),
                heard("said", &outcome.speech),
                heard("the other leg ended", &outcome.transfer),
            ];
            let told = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            if told.is_empty() { "done".to_owned() } else { format!("done: {told}") }
        }
    }
}

fn found(found: &Found) -> String {
    match found {
        Found::Leg { leg, sighting } => format!("found by its numbers: {}", sighted(leg.as_str(), sighting)),
        Found::Nothing => "the carrier lists no such call".to_owned(),
        Found::Several(n) => format!("{n} calls at the carrier fit; waiting for a mark"),
        Found::SeveralOver(n) => format!("the carrier has {n} calls that fit, all of them over"),
        Found::Unknown(unknown) => format!("the carrier could not be searched: {}", shown(unknown)),
    }
}

fn sighted(leg: &str, sighting: &Sighting) -> String {
    match sighting {
        Sighting::Live { progress, lasted: Some(lasted) } => {
            format!("asked: {leg} is {}, for {} s", word(*progress), lasted.as_secs())
        }
        Sighting::Live { progress, lasted: None } => format!("asked: {leg} is {}", word(*progress)),
        Sighting::Over(ending) => format!("asked: {leg} is over, {}", ending.code),
        Sighting::Unknown(unknown) => {
            format!("asked, and learnt nothing: {}; kept, and asked about again", shown(unknown))
        }
    }
}

fn hung_up(reply: &HangUpReply) -> String {
    match reply {
        HangUpReply::Accepted => "hung up; a look will verify it".to_owned(),
        HangUpReply::NothingToEnd { code } => {
            format!("the carrier sees nothing to hang up ({code}); a look will verify it")
        }
        HangUpReply::Failed(unknown) => format!("the hang-up failed: {}; tried again", shown(unknown)),
    }
}

fn shown(unknown: &Unknown) -> String {
    let why = why(unknown.why);
    if unknown.detail.is_empty() { why.to_owned() } else { format!("{why} ({})", unknown.detail) }
}

/// Why the carrier told nothing, as one says it.
fn why(why: UnknownWhy) -> &'static str {
    match why {
        UnknownWhy::Unreachable => "no connection to it",
        UnknownWhy::TimedOut => "it did not answer in time",
        UnknownWhy::Unauthorized => "it does not accept our credentials",
        UnknownWhy::Forbidden => "it forbids us to ask",
        UnknownWhy::NotFound => "it says that it has no such call, which proves no end",
        UnknownWhy::RateLimited => "it wants to be asked less often",
        UnknownWhy::CarrierError => "an error of its own",
        UnknownWhy::UnknownStatus => "a status that nobody here knows",
        UnknownWhy::Unreadable => "an answer that can't be read",
        UnknownWhy::NotConfigured => "it is not in the configuration any more",
    }
}

fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Initiated => "initiated",
        Progress::Ringing => "ringing",
        Progress::InProgress => "in progress",
    }
}
