//! How a stream ends, and what becomes of a side that doesn't read.
#![allow(clippy::unwrap_used)]

use super::*;
use call::call::{Direction, Event, Facts, Limits, News, Roll, Source, born};
use call::{CallId, CarrierCallId, CarrierName, Party, Timestamp};
use carrier::Secret;
use carrier::twilio::{Twilio, TwilioConfig};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

type Socket = WebSocketStream<DuplexStream>;

fn call() -> Call {
    let minute = Duration::from_secs(60);
    let limits = Limits {
        queue_max: minute,
        ring_max: minute,
        duration_max: minute,
        find_max: minute,
        settle: minute,
        look_unanswered: minute,
        look_talking: minute,
    };
    let facts = Facts {
        id: CallId::from_bits(7),
        direction: Direction::Inbound,
        from: Party::read("+12025550143"),
        to: Party::read("+15550100000"),
        carrier: CarrierName("main".to_owned()),
        account: None,
        fallback: Vec::new(),
        say: None,
        hold: true,
        agent: None,
        by_command: false,
        created_at: Timestamp(0),
        record: false,
        imported_id: None,
        placed_by: None,
        limits,
    };
    let leg = CarrierCallId::new(LEG).unwrap();
    let news = News::Offered(Box::new(facts), leg);
    let (at, source) = (Timestamp(0), Source::Webhook);
    born(&Event { at, source, roll: Roll(0), news }).unwrap()
}

fn carrier() -> Twilio {
    Twilio::new(TwilioConfig::new(CarrierName("main".to_owned()), "AC".to_owned(), Secret::new("x")))
}

/// Two ends of a connection that holds so many bytes.
async fn pair(n_bytes: usize) -> (Socket, Socket) {
    let (ours, theirs) = tokio::io::duplex(n_bytes);
    let ours = WebSocketStream::from_raw_socket(ours, Role::Server, Some(sockets(64 * 1024))).await;
    let theirs = WebSocketStream::from_raw_socket(theirs, Role::Client, Some(sockets(64 * 1024))).await;
    (ours, theirs)
}

/// A stream of this leg, joined: the carrier's end, the program's end, and how it ends.
async fn joined(leg: &str, n_bytes: usize) -> (Socket, Socket, tokio::task::JoinHandle<Over>) {
    joined_by(leg, n_bytes, mpsc::unbounded_channel().1).await
}

/// The same, with programs that are there when the one before went away.
async fn joined_by(
    leg: &str,
    n_bytes: usize,
    others: mpsc::UnboundedReceiver<Socket>,
) -> (Socket, Socket, tokio::task::JoinHandle<Over>) {
    let (mut line, mut carriers) = pair(n_bytes).await;
    let (program, programs) = pair(n_bytes).await;
    let start = json!({ "event": "start", "streamSid": "MZ1", "start": {
        "streamSid": "MZ1", "callSid": leg,
        "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
    } });
    tell(&mut carriers, &json!({ "event": "connected" })).await;
    tell(&mut carriers, &start).await;
    let others = Arc::new(tokio::sync::Mutex::new(others));
    let again = move || {
        let others = Arc::clone(&others);
        async move { others.lock().await.recv().await }.boxed()
    };
    let task = tokio::spawn(async move {
        match super::began(&mut line, &carrier(), &call()).await {
            Ok(began) => join(line, program, (began, Tap::default()), (&call(), BRIEF), again).await,
            Err(over) => over,
        }
    });
    (carriers, programs, task)
}

async fn tell(socket: &mut Socket, message: &Value) {
    let _ = socket.send(Message::text(message.to_string())).await;
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

async fn events(socket: &mut Socket) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            let said: Value = serde_json::from_str(&text).unwrap();
            events.push(said["event"].as_str().unwrap().to_owned());
        }
    }
    events
}

#[tokio::test]
async fn who_ended_it_is_told_apart() {
    // The carrier says that it is over.
    let (mut carrier, mut program, over) = joined(LEG, 65_536).await;
    tell(&mut carrier, &json!({ "event": "stop", "streamSid": "MZ1", "stop": {} })).await;
    assert_eq!(events(&mut program).await, ["connected", "start", "stop"]);
    assert_eq!(over.await.unwrap(), Over::Carrier);
    // It goes without a word.
    let (carrier, _program, over) = joined(LEG, 65_536).await;
    drop(carrier);
    assert_eq!(over.await.unwrap(), Over::Lost);
    // The program goes.
    let (_carrier, mut program, over) = joined(LEG, 65_536).await;
    assert_eq!(hear(&mut program).await["event"], "connected");
    program.close(None).await.unwrap();
    assert_eq!(over.await.unwrap(), Over::Program);
    // It goes without a word, or says that it is shut down, and nobody comes after it.
    let (_carrier, program, over) = joined(LEG, 65_536).await;
    drop(program);
    assert_eq!(over.await.unwrap(), Over::Broke("program_gone"));
    let (_carrier, mut program, over) = joined(LEG, 65_536).await;
    let restart = CloseFrame { code: CloseCode::Restart, reason: "".into() };
    program.close(Some(restart)).await.unwrap();
    assert_eq!(over.await.unwrap(), Over::Broke("program_gone"));
    // It is of another call.
    let (_carrier, _program, over) = joined("CA00000000000000000000000000000009", 65_536).await;
    assert_eq!(over.await.unwrap(), Over::Broke("another_call"));
}

#[tokio::test]
async fn a_program_that_went_away_is_followed_by_another_on_the_same_line() {
    let (next, others) = mpsc::unbounded_channel();
    let (mut carrier, mut program, over) = joined_by(LEG, 65_536, others).await;
    assert_eq!(hear(&mut program).await["event"], "connected");
    tell(&mut program, &json!({ "event": "mark", "streamSid": "MZ1", "mark": { "name": "one" } })).await;
    assert_eq!(hear(&mut carrier).await["event"], "mark");
    drop(program);
    assert_eq!(hear(&mut carrier).await["event"], "clear", "what it said is taken back");
    let (another, mut another_program) = pair(65_536).await;
    next.send(another).unwrap();
    for event in ["connected", "start"] {
        assert_eq!(hear(&mut another_program).await["event"], event);
    }
    let sound = json!({ "event": "media", "streamSid": "MZ1", "media": { "payload": "/".repeat(216) } });
    tell(&mut carrier, &sound).await;
    assert_eq!(hear(&mut another_program).await["event"], "media");
    another_program.close(None).await.unwrap();
    assert_eq!(over.await.unwrap(), Over::Program);
}

#[tokio::test]
async fn a_program_that_goes_away_each_time_is_given_up() {
    let (next, others) = mpsc::unbounded_channel();
    let (_carrier, program, over) = joined_by(LEG, 65_536, others).await;
    drop(program);
    for _ in 0..20 {
        next.send(pair(65_536).await.0).unwrap();
    }
    assert_eq!(over.await.unwrap(), Over::Broke("program_gone"));
}

#[tokio::test]
async fn marks_are_told_by_their_names_and_once() {
    let (mut carrier, mut program, _over) = joined(LEG, 65_536).await;
    for name in ["one", "two", "three"] {
        tell(&mut program, &json!({ "event": "mark", "streamSid": "MZ1", "mark": { "name": name } })).await;
    }
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(hear(&mut carrier).await["mark"]["name"].clone());
    }
    // The second is told, and the first was played before it, whoever forgot to say so.
    for number in [&numbers[1], &numbers[0], &numbers[2], &json!("99"), &json!("x")] {
        tell(&mut carrier, &json!({ "event": "mark", "streamSid": "MZ1", "mark": { "name": number } })).await;
    }
    tell(&mut carrier, &json!({ "event": "dtmf", "streamSid": "MZ1", "dtmf": { "digit": "5" } })).await;
    let mut told = Vec::new();
    loop {
        let said = hear(&mut program).await;
        match said["event"].as_str() {
            Some("mark") => told.push(said["mark"]["name"].as_str().unwrap().to_owned()),
            Some("dtmf") => break,
            _ => {}
        }
    }
    assert_eq!(told, ["one", "two", "three"]);
}

#[tokio::test]
async fn whoever_does_not_read_is_given_up_and_holds_nothing() {
    let sound = json!({ "event": "media", "streamSid": "MZ1", "media": { "payload": "/".repeat(216) } });
    let (mut carrier, _program, over) = joined(LEG, 4_096).await;
    let speaking = tokio::spawn(async move {
        for _ in 0..1_000 {
            tell(&mut carrier, &sound).await;
        }
        carrier
    });
    assert_eq!(over.await.unwrap(), Over::Broke("program_slow"));
    drop(speaking);
    let sound = json!({ "event": "media", "streamSid": "MZ1", "media": { "payload": "/".repeat(216) } });
    let (_carrier, mut program, over) = joined(LEG, 4_096).await;
    let speaking = tokio::spawn(async move {
        hear(&mut program).await;
        hear(&mut program).await;
        for _ in 0..1_000 {
            tell(&mut program, &sound).await;
        }
        program
    });
    assert_eq!(over.await.unwrap(), Over::Broke("carrier_slow"));
    drop(speaking);
    // A carrier that says nothing at all.
    let (_carrier, _program, over) = joined(LEG, 4_096).await;
    assert_eq!(over.await.unwrap(), Over::Broke("carrier_silent"));
}

const LEG: &str = "CA00000000000000000000000000000001";
/// Nobody here is kept waiting by a machine that is busy: whoever reads reads at once.
const BRIEF: Patience = Patience { slow: Duration::from_millis(500), silent: Duration::from_secs(2) };
