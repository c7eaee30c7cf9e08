//! Replies of carriers: what they are taken for.
//!
//! An input is `CARRIER OPERATION`, and replies, each after a line `====`: a status, headers, an
//! empty line and a body.

use crate::carriers::{Kind, named, placement, sought, texts};
use crate::input::{Message, parts};
use call::call::{CommandId, CommandReply, HangUpReply, Input, Performance, Script, Sighting, Speaks, Verb};
use call::{CarrierCallId, PhoneNumber};
use carrier::{Candidate, Carrier, Leg, Next, PlaceError, Reply, Request};
use std::time::Duration;

/// Reads the replies of one exchange.
pub(crate) fn take(input: &[u8]) {
    let mut parts = parts(input).into_iter();
    let order = Message::read(parts.next().unwrap_or_default());
    let [carrier, operation, ..] = order.words();
    let Some(kind) = Kind::read(carrier) else { return };
    let replies: Vec<Reply> = parts.take(REPLIES_MAX).map(reply).collect();
    let exchange = Exchange { kind, connector: kind.connector(), replies };
    match operation {
        "place" => exchange.place(),
        "look_up" => exchange.look_up(),
        "find" => exchange.find(),
        "list_live" => exchange.list_live(),
        "hang_up" => exchange.hang_up(|connector, leg, replies| connector.hang_up(leg, replies)),
        "decline" => exchange.hang_up(|connector, leg, replies| connector.decline(leg, replies)),
        "answer" => exchange.command(|connector, leg, replies| connector.answer(leg, replies)),
        "settings" => exchange.settings(),
        verb => exchange.perform(verb),
    }
}

fn reply(bytes: &[u8]) -> Reply {
    let message = Message::read(bytes);
    Reply { status: message.head.parse().unwrap_or(200), headers: message.headers, body: message.body }
}

struct Exchange {
    kind: Kind,
    connector: Box<dyn Carrier>,
    replies: Vec<Reply>,
}

impl Exchange {
    fn place(&self) {
        let Some(reply) = self.replies.first() else { return };
        let request = self.connector.place(&placement(Script::HangUp));
        self.goes_home(&request);
        match self.connector.read_placed(reply) {
            Ok(leg) => {
                assert!(is_yes(reply), "placed, says HTTP {}", reply.status);
                self.is_told(&leg);
            }
            // Only what proves that no phone rings may say so: another carrier is asked then.
            Err(PlaceError::Refused { .. }) => {
                let judged = (400..=499).contains(&reply.status);
                assert!(judged && ![408, 409, 425, 429].contains(&reply.status), "HTTP {}", reply.status);
            }
            Err(PlaceError::Deferred { .. }) => assert_eq!(reply.status, 429),
            Err(PlaceError::InDoubt(_)) => {}
        }
        if let Some(also) = self.connector.placed_also(reply) {
            self.is_told(&also);
        }
    }

    fn look_up(&self) {
        let leg = self.kind.leg();
        let Some(seen) = self.ask(|replies| self.connector.look_up(&leg, replies)) else { return };
        for name in seen.named.iter().chain(&seen.also) {
            self.is_told(name);
        }
        if let Sighting::Over(ending) = &seen.sighting {
            self.is_proved();
            let written = serde_json::to_string(ending).expect("an end can be written down");
            let read = serde_json::from_str(&written).ok();
            assert_eq!(read.as_ref(), Some(ending), "what was written down is what was seen");
            let names: Vec<&CarrierCallId> = std::iter::once(&leg.id).chain(&leg.also).collect();
            let spoken_of = self.replies.iter().filter(|reply| is_yes(reply)).any(|reply| {
                texts(&reply.body).iter().any(|text| names.iter().any(|name| name.as_str() == text))
            });
            assert!(spoken_of, "an end of a call that nobody named: {ending:?}");
        }
        // The same words never end a call that they don't speak of.
        let stranger = self.kind.stranger();
        let names_it = |name: &CarrierCallId| {
            self.replies.iter().any(|reply| texts(&reply.body).iter().any(|text| text == name.as_str()))
        };
        if !std::iter::once(&stranger.id).chain(&stranger.also).any(names_it)
            && let Some(seen) = self.ask(|replies| self.connector.look_up(&stranger, replies))
        {
            assert!(!matches!(seen.sighting, Sighting::Over(_)), "another call's end: {seen:?}");
        }
    }

    fn find(&self) {
        let Some(Ok(found)) = self.ask(|replies| self.connector.find(&sought(), replies)) else { return };
        self.are_told(&found);
        if found.iter().any(|candidate| matches!(candidate.sighting, Sighting::Over(_))) {
            self.is_proved();
        }
    }

    fn list_live(&self) {
        let Some(Ok(found)) = self.ask(|replies| self.connector.list_live(replies)) else { return };
        self.are_told(&found);
        let all_live = found.iter().all(|candidate| matches!(candidate.sighting, Sighting::Live { .. }));
        assert!(all_live, "a list of what lives tells of something else: {found:?}");
    }

    fn hang_up(&self, ask: impl Fn(&dyn Carrier, &Leg, &[Reply]) -> Next<HangUpReply>) {
        let leg = self.kind.leg();
        let any_yes = self.replies.iter().any(is_yes);
        match self.ask(|replies| ask(&*self.connector, &leg, replies)) {
            Some(HangUpReply::Accepted) => assert!(any_yes, "taken, and nobody said yes"),
            Some(HangUpReply::NothingToEnd { .. } | HangUpReply::Failed(_)) | None => {}
        }
    }

    fn perform(&self, verb: &str) {
        let stops = verb.strip_prefix("stop_");
        let Some(verb) = performed(stops.unwrap_or(verb)) else { return };
        let (id, from) = (CommandId(3), sought().from);
        let performance = Performance {
            id,
            verb,
            from,
            hold: Duration::from_secs(60),
            stops: stops.is_some(),
            attached: 0,
            gap: None,
            after_silence: false,
        };
        match stops {
            Some(_) => self.command(|connector, leg, replies| connector.conclude(leg, &performance, replies)),
            None => self.command(|connector, leg, replies| connector.perform(leg, &performance, replies)),
        }
    }

    fn command(&self, ask: impl Fn(&dyn Carrier, &Leg, &[Reply]) -> Next<CommandReply>) {
        let leg = self.kind.leg();
        let asks = matches!(ask(&*self.connector, &leg, &[]), Next::Ask(_));
        if let Some(CommandReply::Taken { .. }) = self.ask(|replies| ask(&*self.connector, &leg, replies)) {
            assert!(!asks || self.replies.iter().any(is_yes), "taken, and nobody said yes");
        }
    }

    fn settings(&self) {
        let number: PhoneNumber = "+15550100000".parse().expect("it is a number");
        for number in [None, Some(&number)] {
            let _ = self.ask(|replies| self.connector.webhook_settings(number, replies));
        }
    }

    /// Hands over one reply after the other, as an errand does. `None` where it asks for more.
    fn ask<T>(&self, ask: impl Fn(&[Reply]) -> Next<T>) -> Option<T> {
        for n_heard in 0..=self.replies.len() {
            match ask(&self.replies[..n_heard]) {
                Next::Ask(request) => self.goes_home(&request),
                Next::Done(done) => return Some(done),
            }
        }
        None
    }

    /// Credentials go to the carrier alone, whatever it asks for.
    fn goes_home(&self, request: &Request) {
        let url = &request.url;
        let uri: http::Uri = url.parse().unwrap_or_else(|error| panic!("no address: {url:?}: {error}"));
        assert!(url.starts_with(self.kind.home()), "credentials leave for {url:?}");
        let dotted = uri.path().split('/').any(|part| part == "." || part == "..");
        assert!(!dotted, "somebody on the way could read another path: {url:?}");
    }

    /// No end without a word of the carrier that it said with a yes.
    fn is_proved(&self) {
        let words: &[&str] = match self.kind {
            Kind::Twilio => &["completed", "busy", "no-answer", "canceled", "failed"],
            Kind::Telnyx => &["end_time", "call.hangup"],
            Kind::Plivo => &["end_time"],
        };
        let says = |reply: &&Reply| texts(&reply.body).iter().any(|text| words.contains(&text.as_str()));
        let proof = self.replies.iter().filter(|reply| is_yes(reply)).find(says);
        assert!(proof.is_some(), "an end without proof: {:?}", self.replies);
    }

    fn are_told(&self, found: &[Candidate]) {
        found.iter().for_each(|candidate| self.is_told(&candidate.leg));
        let mut legs: Vec<&CarrierCallId> = found.iter().map(|candidate| &candidate.leg).collect();
        legs.sort();
        legs.dedup();
        assert_eq!(legs.len(), found.len(), "one call is counted twice");
    }

    fn is_told(&self, name: &CarrierCallId) {
        assert_eq!(&named(name.as_str()), name, "a name of the right form");
        let told =
            self.replies.iter().any(|reply| texts(&reply.body).iter().any(|text| text == name.as_str()));
        assert!(told, "{name} is named by nobody");
    }
}

fn is_yes(reply: &Reply) -> bool {
    (200..=299).contains(&reply.status)
}

fn performed(verb: &str) -> Option<Verb> {
    let text = || "Fish & chips".to_owned();
    let timeout = Duration::from_secs(5);
    Some(match verb {
        "say" => Verb::Say { text: text() },
        "ask_keys" => Verb::Ask { text: text(), input: Input::Digits { n_max: Some(1) }, timeout },
        "ask_speech" => Verb::Ask { text: text(), input: Input::Speech, timeout },
        "send_digits" => Verb::SendDigits { digits: "1w2#".to_owned() },
        "play" => Verb::Play { url: "https://example.com/music.mp3".to_owned(), lasts: timeout },
        "transfer" => Verb::Transfer { to: "+12025550144".parse().ok()? },
        "stream" => Verb::Stream { url: "wss://agent.example/stream".to_owned(), speaks: Speaks::Carrier },
        _ => return None,
    })
}

/// An exchange that takes more is another target's affair: inputs stay small.
const REPLIES_MAX: usize = 8;
