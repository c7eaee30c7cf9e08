//! Looking for calls among any number of them: what is wanted, and whether a call is like that.

use crate::history::Kept;
use call::call::{Direction, Performed, Verb};
use call::gate::Heard;
use call::{Call, CallId, CallState, News, Timestamp};

/// What calls are looked for, the newest first, by the time at which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallSearch {
    /// Only those that are not over.
    pub unfinished: bool,
    /// In this state, by its word.
    pub state: Option<String>,
    /// Going this way.
    pub direction: Option<Direction>,
    /// To this number, or what else stands there.
    pub to: Option<String>,
    /// From this number, or what else stands there.
    pub from: Option<String>,
    /// Either to it or from it.
    pub number: Option<String>,
    /// At the carrier of this name.
    pub carrier: Option<String>,
    /// With the agent of this name.
    pub agent: Option<String>,
    /// That ended like this, by its word (`EndingKind::word`).
    pub ending: Option<String>,
    /// Made then, or later.
    pub since: Option<Timestamp>,
    /// Made before then.
    pub until: Option<Timestamp>,
    /// That the token of this name asked for.
    pub placed_by: Option<String>,
    /// On which this was said, whatever its case.
    pub said: Option<String>,
    /// Only those after this one in that order: where the last page ended.
    pub after: Option<CallId>,
    /// At most so many.
    pub limit: usize,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallsFound {
    /// The calls.
    pub calls: Vec<Kept>,
    /// Where the search goes on; `None` if there is nothing more. A search that looked at as many calls as
    /// one may at once has a `next` though it found fewer than asked for, or none.
    pub next: Option<CallId>,
}

impl CallSearch {
    /// Whether a call is like what is looked for, as far as the call itself tells: what was said on it is in
    /// its log.
    pub fn fits(&self, call: &Call) -> bool {
        let Call { facts, state, .. } = call;
        let ending = match state {
            CallState::Ended(over) => Some(over.ending.kind.word()),
            _ => None,
        };
        let agent = facts.agent.as_ref().map(|agent| agent.name.as_str());
        let is_party = |number: &String| [facts.to.as_str(), facts.from.as_str()].contains(&number.as_str());
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        !(self.unfinished && state.is_ended())
            && is(&self.state, Some(state.word()))
            && self.direction.is_none_or(|wanted| wanted == facts.direction)
            && is(&self.to, Some(facts.to.as_str()))
            && is(&self.from, Some(facts.from.as_str()))
            && self.number.as_ref().is_none_or(is_party)
            && is(&self.carrier, Some(facts.carrier.as_str()))
            && is(&self.agent, agent)
            && is(&self.ending, ending)
            && is(&self.placed_by, facts.placed_by.as_deref())
            && self.since.is_none_or(|since| facts.created_at >= since)
            && self.until.is_none_or(|until| facts.created_at < until)
    }

    /// Whether what is looked for was said in this event. True where nothing said is looked for.
    pub fn is_said(&self, news: &News) -> bool {
        let Some(wanted) = &self.said else { return true };
        let wanted = wanted.to_lowercase();
        words(news).is_some_and(|words| words.to_lowercase().contains(&wanted))
    }
}

/// What was said, or is to be said, by either side.
fn words(news: &News) -> Option<&str> {
    match news {
        News::Asked(facts) | News::Offered(facts, _) | News::Imported(facts, _) => facts.say.as_deref(),
        News::Spoken { text, .. } => Some(text),
        News::CommandAsked(Verb::Say { text } | Verb::Ask { text, .. }) => Some(text),
        News::CommandHeard { performed: Performed::Finished(outcome), .. } => outcome.speech.as_deref(),
        News::OptedOut(Heard::Words(words)) => Some(words),
        _ => None,
    }
}

/// The kinds of events in which something may be said.
pub(crate) const SPEAKING: &str =
    "'asked', 'offered', 'imported', 'spoken', 'command_asked', 'command_heard', 'opted_out'";
