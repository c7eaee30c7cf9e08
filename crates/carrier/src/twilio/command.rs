//! What is done on the line of a live call: an update whose document replaces the one that runs.
//!
//! Sources: <https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource>,
//! <https://www.twilio.com/docs/voice/twiml/stream> (2026-11-22).

use super::Twilio;
use super::record::{Fault, Record, short, unknown};
use super::twiml;
use crate::roles::{Leg, Next, lasts_untold};
use crate::wire::{Operation, Reply, Request};
use call::call::{CommandReply, Performance, Script, Verb};

/// Does what was asked.
pub(super) fn perform(
    twilio: &Twilio,
    leg: &Leg,
    performance: &Performance,
    replies: &[Reply],
) -> Next<CommandReply> {
    let addresses = twilio.addresses(Some(leg.sought.mark));
    let told = matches!(performance.verb, Verb::Ask { .. } | Verb::Transfer { .. } | Verb::Stream { .. });
    if told && addresses.is_none() {
        let reason = "what comes of it is told by webhook; set public_url".to_owned();
        return Next::Done(CommandReply::Refused { code: "no_public_url".to_owned(), reason });
    }
    if let Verb::Stream { url, .. } = &performance.verb
        && url.contains('?')
    {
        // <https://www.twilio.com/docs/api/errors/31920>
        let reason = "Twilio takes no query in the address of a stream; say it in the path".to_owned();
        return Next::Done(CommandReply::Refused { code: "31920".to_owned(), reason });
    }
    match replies.last() {
        None => {
            let document = twiml::write(&Script::Perform(performance.clone()), addresses.as_ref());
            Next::Ask(replace(twilio, leg, &document))
        }
        Some(reply) => Next::Done(read(reply, leg, &performance.verb)),
    }
}

/// Ends what was asked before its time: the line is kept open, without a word.
pub(super) fn conclude(
    twilio: &Twilio,
    leg: &Leg,
    performance: &Performance,
    replies: &[Reply],
) -> Next<CommandReply> {
    match replies.last() {
        None => Next::Ask(replace(twilio, leg, &twiml::write(&Script::Hold(performance.hold), None))),
        Some(reply) => Next::Done(read(reply, leg, &performance.verb)),
    }
}

/// From here on the line does what this document says.
fn replace(twilio: &Twilio, leg: &Leg, document: &str) -> Request {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Twiml", document);
    twilio.post(Operation::Command, twilio.call_url(&leg.id), form.finish())
}

/// As with a placement: a 4xx means that Twilio judged the request and did nothing, but for three
/// that are said of requests which may go on somewhere. A 2xx that isn't about the call is no yes.
fn read(reply: &Reply, leg: &Leg, verb: &Verb) -> CommandReply {
    match reply.status {
        200..=299 if Record::read(reply).and_then(|record| record.leg()).as_ref() == Some(&leg.id) => {
            CommandReply::Taken { lasts: lasts_untold(verb) }
        }
        200..=299 => CommandReply::InDoubt { why: format!("HTTP {} that names no call", reply.status) },
        408 | 409 | 425 => CommandReply::InDoubt { why: unknown(reply).detail },
        400..=499 => {
            let fault = Fault::read(reply);
            let code = fault.code.map_or_else(|| reply.status.to_string(), |code| short(&code));
            let reason = fault.message.map_or_else(|| format!("HTTP {}", reply.status), |said| short(&said));
            CommandReply::Refused { code, reason }
        }
        _ => CommandReply::InDoubt { why: unknown(reply).detail },
    }
}
