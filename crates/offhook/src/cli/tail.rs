//! `offhook tail`: what happens on calls, as it happens, a line for each event. It follows the gateway's
//! log by places, so that whatever was committed while the gateway or the way to it was gone is told when
//! it is back.

use std::collections::HashMap;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::args::TailArgs;
use super::client::ClientError;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::wire::{Call, Event, make_plain};
use super::{CommandError, Exit, Terminal, words};

/// One event, with the call that it happened on.
#[derive(Debug, Deserialize)]
struct Told {
    place: u64,
    call: Call,
    event: Event,
}

/// Follows until nobody reads, or the one call is over.
pub(super) async fn run(
    gateway: &Gateway,
    args: &TailArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let call: Option<Call> = match &args.id {
        Some(id) => Some(gateway.call_by_beginning(id).await?.read()?),
        None => None,
    };
    let place = match args.since {
        Some(since) => Some(place_of(gateway, since).await?),
        None => None,
    };
    if let Some(over) = call.as_ref().filter(|call| call.is_over() && args.since.is_none()) {
        terminal.remark(&format!("{} is over; 'offhook show {}' tells how", over.id, over.id));
        return Ok(Exit::Done);
    }
    let call = call.map(|call| call.id);
    let mut tail = Tail { gateway, args, terminal, call, place, states: HashMap::new(), away: false };
    loop {
        match tail.listen().await? {
            Heard::Enough => return Ok(Exit::Done),
            Heard::Broken => tokio::time::sleep(COME_BACK).await,
        }
    }
}

/// Why a stream is no longer heard.
enum Heard {
    /// It broke: there may be more.
    Broken,
    /// Nobody reads, or nothing more will happen.
    Enough,
}

struct Tail<'a> {
    gateway: &'a Gateway,
    args: &'a TailArgs,
    terminal: Terminal,
    /// The one call that is followed.
    call: Option<String>,
    /// Up to where everything was told.
    place: Option<u64>,
    /// What was last believed of each call that isn't over.
    states: HashMap<String, String>,
    away: bool,
}

impl Tail<'_> {
    /// Hears one stream to its end.
    async fn listen(&mut self) -> Result<Heard, CommandError> {
        let body = match self.gateway.follow(self.call.as_deref(), self.place).await {
            Ok(body) => body,
            // Whoever was never let in is told so at once.
            Err(error) if self.place.is_none() => return Err(error.into()),
            Err(ClientError::Unreachable { .. } | ClientError::Lost { .. }) => {
                self.tell_away();
                return Ok(Heard::Broken);
            }
            Err(error) => return Err(error.into()),
        };
        if std::mem::take(&mut self.away) {
            self.terminal.remark("offhook: the gateway is back; it goes on where it was");
        }
        let mut stream = Messages::of(body);
        while let Some(message) = stream.next().await {
            if let Some(heard) = self.hear(&message)? {
                return Ok(heard);
            }
        }
        self.tell_away();
        Ok(Heard::Broken)
    }

    fn tell_away(&mut self) {
        if !std::mem::replace(&mut self.away, true) {
            self.terminal.remark("offhook: the gateway is away; waiting for it, nothing will be missed");
        }
    }

    fn hear(&mut self, message: &Message) -> Result<Option<Heard>, CommandError> {
        match message.kind.as_str() {
            "ready" => self.place = message.id.or(self.place),
            "gap" => {
                self.place = message.id;
                self.states.clear();
                let why = "offhook: an older store was put back: what was told after its time is not in it";
                self.terminal.remark(why);
            }
            "call" => return self.tell(message),
            _ => {}
        }
        Ok(None)
    }

    fn tell(&mut self, message: &Message) -> Result<Option<Heard>, CommandError> {
        let Some(told) = told(&message.data) else { return Ok(None) };
        self.place = Some(told.place);
        if told.event.at.zip(self.args.since).is_some_and(|(at, since)| at < since) {
            return Ok(None);
        }
        let is_read = match self.args.json {
            true => self.terminal.print_to_reader(&format!("{}\n", message.data))?,
            false => {
                let before = self.states.get(&told.call.id).map(String::as_str);
                self.terminal.print_to_reader(&line(&told, before, self.terminal.paint))?
            }
        };
        let is_over = told.event.state.as_deref() == Some("ended");
        match told.event.state {
            Some(state) if !is_over => drop(self.states.insert(told.call.id, state)),
            _ => drop(self.states.remove(&told.call.id)),
        }
        Ok((!is_read || (is_over && self.call.is_some())).then_some(Heard::Enough))
    }
}

/// The event for people: when, on which call, who is on it, what, and what is believed since, where that
/// is news.
fn line(told: &Told, believed: Option<&str>, paint: Paint) -> String {
    let Told { call, event, .. } = told;
    let at = event.at.map_or_else(|| "-".to_owned(), words::time);
    let who = words::who(call).unwrap_or_else(|| "-".to_owned());
    let state = event.state.as_deref().filter(|state| Some(*state) != believed);
    let news = state.map(|state| format!("  → {state}")).unwrap_or_default();
    let summary = event.summary.as_deref().unwrap_or(&event.kind);
    paint.columns(&[vec![
        Cell::new(at, Tone::Faint),
        Cell::new(&call.id, Tone::Strong),
        Cell::new(format!("{who:18}"), Tone::Busy),
        Cell::normal(summary).followed_by(&news),
    ]])
}

fn told(data: &str) -> Option<Told> {
    let mut json: Value = serde_json::from_str(data).ok()?;
    make_plain(&mut json);
    serde_json::from_value(json).ok()
}

/// The place after which everything happened since then. The log is in the order of time, so that a few
/// dozen looks into it find the place among any number of lines.
async fn place_of(gateway: &Gateway, since: Timestamp) -> Result<u64, ClientError> {
    let first = async |after| {
        let mut stream = Messages::of(gateway.follow(None, after).await?);
        Ok::<_, ClientError>(stream.next().await)
    };
    let newest = first(None).await?.and_then(|message| message.id).unwrap_or_default();
    let (mut before, mut after) = (0, newest);
    while before < after {
        let middle = before + (after - before) / 2;
        let told = first(Some(middle)).await?.and_then(|message| told(&message.data));
        match told {
            Some(Told { place, event, .. }) if event.at.is_some_and(|at| at < since) => {
                before = place.max(middle + 1)
            }
            _ => after = middle,
        }
    }
    Ok(before)
}

/// One message of a stream of server-sent events.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    kind: String,
    id: Option<u64>,
    data: String,
}

/// A stream's messages. It ends where the stream does, or falls silent.
struct Messages {
    body: Incoming,
    read: Vec<u8>,
}

impl Messages {
    fn of(body: Incoming) -> Self {
        Self { body, read: Vec::new() }
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = take_message(&mut self.read) {
                // A comment has no data, and says only that somebody is there.
                if message.data.is_empty() { continue } else { return Some(message) }
            }
            if self.read.len() > MESSAGE_MAX {
                return None;
            }
            let frame = tokio::time::timeout(SILENT_MAX, self.body.frame()).await.ok()??.ok()?;
            self.read.extend_from_slice(frame.data_ref().map(AsRef::as_ref).unwrap_or_default());
        }
    }
}

/// Takes the first whole message off what was read.
fn take_message(read: &mut Vec<u8>) -> Option<Message> {
    let end = read.windows(2).position(|pair| pair == b"\n\n")? + 2;
    let text = String::from_utf8_lossy(&read[..end]).into_owned();
    read.drain(..end);
    let mut message = Message::default();
    for line in text.lines() {
        match line.split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value))) {
            Some(("event", kind)) => kind.clone_into(&mut message.kind),
            Some(("id", id)) => message.id = id.parse().ok(),
            Some(("data", data)) => message.data += data,
            _ => {}
        }
    }
    Some(message)
}

/// A gateway that is started again is there within a second.
const COME_BACK: Duration = Duration::from_millis(500);
/// The gateway says each 15 s that it is there.
const SILENT_MAX: Duration = Duration::from_secs(50);
/// A call with its event is some kilobytes.
const MESSAGE_MAX: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::{Message, Told, line, take_message, told};
    use crate::cli::paint::Paint;

    #[test]
    fn messages_are_taken_off_pieces_of_any_length() {
        let text = "event: ready\nid: 7\ndata: {\"place\":7}\n\n:\n\nid:8\nevent: call\ndata:{}\n\nid: 9";
        let message =
            |kind: &str, id, data: &str| Message { kind: kind.to_owned(), id, data: data.to_owned() };
        for cut in 0..text.len() {
            let (mut read, mut taken) = (Vec::new(), Vec::new());
            for piece in [&text[..cut], &text[cut..]] {
                read.extend_from_slice(piece.as_bytes());
                while let Some(message) = take_message(&mut read) {
                    taken.push(message);
                }
            }
            let expected = [
                message("ready", Some(7), "{\"place\":7}"),
                message("", None, ""),
                message("call", Some(8), "{}"),
            ];
            assert_eq!(taken, expected, "cut at {cut}");
            assert_eq!(read, b"id: 9");
        }
    }

    #[test]
    fn an_event_is_one_line_whatever_was_said() {
        let data = r#"{"place":4,"call":{"id":"c_1","state":"in_progress","direction":"outbound","to":"+15550100001"},
            "event":{"at":"2026-11-22T13:34:17.877Z","kind":"spoken","summary":"the other side said \"a\nb\u001b[2J\"",
            "state":"in_progress","version":3}}"#;
        let told: Told = told(data).expect("it is as the gateway writes it");
        let expected =
            "2026-11-22 13:34:17.877Z  c_1  > +15550100001      the other side said \"a b\u{fffd}[2J\"";
        assert_eq!(line(&told, Some("in_progress"), Paint::Plain), format!("{expected}\n"));
        assert_eq!(line(&told, Some("ringing"), Paint::Plain), format!("{expected}  → in_progress\n"));
    }
}
