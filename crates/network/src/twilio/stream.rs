//! Media streams: `<Connect><Stream>`, `<Start><Stream>`, `<Stop><Stream>` and the API's, and what
//! the customer is told of them.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml/stream>, and the pages of the errors 31901 to
//! 31924.

use rand::Rng;
use serde_json::{Value, json};
use url::{Host, Url};

use super::call::Hook;
use super::error::ApiError;
use super::media::{Media, Ways};
use super::script::Doing;
use super::twiml::Stream;
use super::{API_VERSION, Face, signature};
use crate::form::Form;
use crate::media::{Format, Track};
use crate::world::{LegId, Stage, StreamEnd, StreamFailure, StreamId, StreamNews, StreamOrder, World};

/// A stream of a call that is not over.
#[derive(Clone, Debug)]
pub(crate) struct Streaming {
    id: StreamId,
    sid: String,
    name: String,
    callback: Option<Hook>,
}

impl Face {
    /// Opens a stream both ways; the document waits for its end.
    pub(super) fn connect(&mut self, world: &mut World, id: LegId, stream: &Stream, hook: Option<Hook>) {
        match self.open_stream(world, id, stream, Ways::Both) {
            Some(streaming) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.script.turn_to(world, Doing::Streaming { stream: streaming.id, hook });
                }
            }
            None => self.act(world, id, hook, Form::default()),
        }
    }

    /// Opens a stream, unless its address is none that Twilio takes: then the customer is told.
    pub(super) fn open_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        stream: &Stream,
        ways: Ways,
    ) -> Option<Streaming> {
        let sid = format!("MZ{:032x}", world.rng.random::<u128>());
        let call = self.calls.get(&id)?;
        let callback = stream.callback.as_deref();
        let callback = callback.and_then(|url| call.script.hook(url, stream.callback_method.as_deref()));
        let name = stream.name.clone().unwrap_or_else(|| sid.clone());
        if let Err(why) = check(&stream.url) {
            world.refuse_stream(id, &sid, &stream.url, why);
            let refused = StreamFailure::Refused(why.to_owned());
            let told = Form::default().with("StreamError", failure(&refused));
            self.tell_of_stream(world, id, (&sid, &name, callback), "stream-error", told);
            return None;
        }
        let tracks = match ways {
            Ways::Both => vec![Track::Inbound],
            Ways::One => stream.tracks.clone(),
        };
        let protocol = Media {
            account_sid: call.account_sid.clone(),
            call_sid: call.sid.clone(),
            stream_sid: sid.clone(),
            parameters: stream.parameters.clone(),
            tracks: tracks.clone(),
            ways,
            n_said: 0,
        };
        let signature = signature::sign(self.auth_token(id), &stream.url, &Form::default());
        let order = StreamOrder {
            name: sid.clone(),
            url: stream.url.clone(),
            headers: vec![("x-twilio-signature".to_owned(), signature)],
            protocol: Box::new(protocol),
            tracks,
            speaks: Format::MULAW,
            hears: Format::MULAW,
        };
        let streaming = Streaming { id: world.open_stream(id, order), sid, name, callback };
        self.calls.get_mut(&id)?.streams.push(streaming.clone());
        Some(streaming)
    }

    /// Ends the streams of this name.
    pub(super) fn stop_stream(&mut self, world: &mut World, id: LegId, name: &str) {
        let Some(call) = self.calls.get(&id) else { return };
        let meant = call.streams.iter().filter(|stream| stream.name == name);
        meant.for_each(|stream| world.close_stream(stream.id));
    }

    /// Something happened to a stream.
    pub(super) fn hear_of_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        stream: StreamId,
        news: StreamNews,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(at) = call.streams.iter().position(|known| known.id == stream) else { return };
        let (word, error) = match news {
            StreamNews::Opened => ("stream-started", None),
            StreamNews::Failed(why) => ("stream-error", Some(failure(&why))),
            StreamNews::Closed(StreamEnd::ByCarrier | StreamEnd::ByCustomer) => ("stream-stopped", None),
            StreamNews::Closed(why) => ("stream-error", Some(ending(&why))),
        };
        let is_over = word != "stream-started";
        let Streaming { sid, name, callback, .. } = call.streams[at].clone();
        if is_over {
            call.streams.remove(at);
        }
        let hook = match &call.script.doing {
            Doing::Streaming { stream: waited_for, hook } if *waited_for == stream => Some(hook.clone()),
            _ => None,
        };
        let mut told = Form::default();
        if let Some(error) = error {
            told.put("StreamError", error);
        }
        self.tell_of_stream(world, id, (&sid, &name, callback), word, told);
        if let Some(hook) = hook.filter(|_| is_over) {
            self.act(world, id, hook, Form::default());
        }
    }

    fn tell_of_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        (sid, name, callback): (&str, &str, Option<Hook>),
        event: &str,
        more: Form,
    ) {
        let (Some(call), Some(hook)) = (self.calls.get(&id), callback) else { return };
        let mut form = Form::default()
            .with("AccountSid", &call.account_sid)
            .with("CallSid", &call.sid)
            .with("StreamSid", sid)
            .with("StreamName", name)
            .with("StreamEvent", event)
            .with("Timestamp", world.now.rfc3339());
        form.extend(more);
        self.post(world, id, hook, form);
    }

    /// `POST …/Streams.json`: a stream that goes one way.
    pub(super) fn start_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        form: &Form,
    ) -> Result<Value, ApiError> {
        if world.leg(id).is_none_or(|leg| leg.stage != Stage::Talking) {
            return Err(ApiError::not_in_progress());
        }
        let url = form.get("Url").ok_or_else(|| ApiError::new(400, 21_205, "Url is required"))?;
        let stream = Stream::of_form(url, form);
        let opened = self.open_stream(world, id, &stream, Ways::One);
        let streaming = opened
            .ok_or_else(|| ApiError::new(400, 31_920, "Url must be wss:// and have no query string"))?;
        Ok(self.stream_resource(world, id, &streaming, "in-progress"))
    }

    /// `POST …/Streams/{Sid}.json` with `Status=stopped`; the SID may be its name.
    pub(super) fn end_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        sid: &str,
        path: &str,
    ) -> Result<Value, ApiError> {
        let call = self.calls.get(&id).ok_or_else(|| ApiError::not_found(path))?;
        let found = call.streams.iter().find(|stream| stream.sid == sid || stream.name == sid);
        let streaming = found.cloned().ok_or_else(|| ApiError::not_found(path))?;
        world.close_stream(streaming.id);
        Ok(self.stream_resource(world, id, &streaming, "stopped"))
    }

    fn stream_resource(&self, world: &World, id: LegId, streaming: &Streaming, status: &str) -> Value {
        let Some(call) = self.calls.get(&id) else { return Value::Null };
        let path = format!("/{API_VERSION}/Accounts/{}/Calls/{}", call.account_sid, call.sid);
        json!({
            "sid": streaming.sid,
            "account_sid": call.account_sid,
            "call_sid": call.sid,
            "name": if streaming.name == streaming.sid { None } else { Some(&streaming.name) },
            "status": status,
            "date_updated": world.now.rfc2822(),
            "uri": format!("{path}/Streams/{}.json", streaming.sid),
        })
    }
}

/// Twilio streams over TLS only; here the loopback needs none.
fn check(url: &str) -> Result<(), &'static str> {
    let Ok(parsed) = Url::parse(url) else { return Err("the url is none") };
    if parsed.query().is_some() {
        return Err("<Stream> does not support query strings; use nested <Parameter>");
    }
    let is_loopback = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match parsed.scheme() {
        "wss" => Ok(()),
        "ws" if is_loopback => Ok(()),
        _ => Err("the url must be wss://"),
    }
}

/// Twilio's words for a stream that was never open.
fn failure(why: &StreamFailure) -> String {
    match why {
        StreamFailure::Refused(_) => format!("31920 Stream - WebSocket - Handshake Error: {why}"),
        StreamFailure::Unreachable(_) => format!("31902 Stream - WebSocket - Connection Refused: {why}"),
        StreamFailure::TimedOut | StreamFailure::NoSocket => {
            format!("31901 Stream - WebSocket - Connection Timeout: {why}")
        }
    }
}

/// Twilio's words for a stream that ended otherwise than it should.
fn ending(why: &StreamEnd) -> String {
    match why {
        StreamEnd::ByCarrier | StreamEnd::ByCustomer | StreamEnd::ByCustomerOddly(_) => {
            format!("31921 Stream - WebSocket - Close Error: {why}")
        }
        StreamEnd::Broken | StreamEnd::TooSlow => {
            format!("31903 Stream - WebSocket - Connection Broken Pipe: {why}")
        }
        StreamEnd::Misspoken(_) => format!("31924 Stream - WebSocket - Protocol Error: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encrypted_or_next_door_and_has_no_query() {
        for (url, is_taken) in [
            ("wss://example.com/media", true),
            ("ws://127.0.0.1:8080/media", true),
            ("ws://localhost/media", true),
            ("ws://[::1]:1/media", true),
            ("ws://example.com/media", false),
            ("wss://example.com/media?token=1", false),
            ("https://example.com/media", false),
            ("/media", false),
            ("", false),
        ] {
            assert_eq!(check(url).is_ok(), is_taken, "{url}");
        }
    }
}
