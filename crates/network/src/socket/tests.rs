//! Talks over a pipe, in a time that stands still until nobody has anything to do.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::media::{Encoding, Format, Frame, Misspoken, Protocol, Says, Tally, Track, Word};
use crate::world::{LegId, StreamId, StreamOrder};

/// What a carrier would say, in as few words as possible.
#[derive(Debug)]
struct Bare;

impl Protocol for Bare {
    fn opening(&mut self) -> Vec<String> {
        vec!["start".to_owned()]
    }

    fn sound(&mut self, frame: &Frame<'_>) -> String {
        json!([frame.chunk, frame.since_ms, frame.sound[0], frame.sound.len()]).to_string()
    }

    fn pressed(&mut self, key: char) -> Option<String> {
        Some(format!("key {key}"))
    }

    fn played(&mut self, mark: &str) -> String {
        format!("mark {mark}")
    }

    fn cleared(&mut self, marks: &[String]) -> Vec<String> {
        marks.iter().map(|mark| self.played(mark)).collect()
    }

    fn closing(&mut self) -> Option<String> {
        Some("stop".to_owned())
    }

    /// `play N`: so many bytes of 7.
    fn read(&mut self, text: &str) -> Result<Word, Misspoken> {
        match text.split_once(' ') {
            Some(("play", n_bytes)) => {
                Ok(Word::Play(Format::MULAW, vec![7; n_bytes.parse().unwrap_or_default()]))
            }
            Some(("mark", name)) => Ok(Word::Mark(name.to_owned())),
            None if text == "clear" => Ok(Word::Clear),
            _ => Err(Misspoken::Fatal(format!("{text}?"))),
        }
    }
}

struct Scene {
    peer: WebSocketStream<DuplexStream>,
    press: Option<mpsc::Sender<String>>,
    reports: Arc<Mutex<Vec<StreamReport>>>,
    tally: Arc<Tally>,
    task: tokio::task::JoinHandle<()>,
}

impl Scene {
    async fn begin(says: Says) -> Scene {
        let (ours, theirs) = tokio::io::duplex(4_096);
        let socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        let peer = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        let (press, pressed) = mpsc::channel(4);
        let (reports, tally) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Tally::default()));
        let order = StreamOrder {
            name: "s".to_owned(),
            url: String::new(),
            headers: Vec::new(),
            protocol: Box::new(Bare),
            tracks: vec![Track::Inbound],
            speaks: Format { encoding: Encoding::Mulaw, rate: 8_000 },
            hears: Format::MULAW,
        };
        let id = StreamId { leg: LegId(1), number: 1 };
        let opening = StreamOpening { id, order, late_ms: 0, says, tally: Arc::clone(&tally) };
        let told = Arc::clone(&reports);
        let task = tokio::spawn(async move {
            let report = move |report| told.lock().unwrap().push(report);
            let talk = Talk::new(opening, Millis::new(0), &report);
            converse(socket, talk, pressed).await;
        });
        Scene { peer, press: Some(press), reports, tally, task }
    }

    async fn say(&mut self, text: &str) {
        self.peer.send(Message::text(text)).await.unwrap();
    }

    /// The next message; empty for a close frame.
    async fn hear(&mut self) -> String {
        match self.peer.next().await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Close(_))) => String::new(),
            other => panic!("{other:?}"),
        }
    }

    /// All messages until one is this; how many frames were among them.
    async fn hear_until(&mut self, wanted: &str) -> usize {
        let mut n_frames = 0;
        loop {
            let text = self.hear().await;
            if text == wanted {
                return n_frames;
            }
            n_frames += usize::from(text.starts_with('['));
        }
    }

    fn end(&self) -> Option<StreamReport> {
        self.reports.lock().unwrap().last().cloned()
    }
}

fn over(end: StreamEnd) -> Option<StreamReport> {
    Some(StreamReport::Closed(end))
}

#[tokio::test(start_paused = true)]
async fn a_frame_leaves_every_twenty_milliseconds() {
    let mut scene = Scene::begin(Says::Nothing).await;
    assert_eq!(scene.hear().await, "start");
    let began = Instant::now();
    for chunk in 1..=50_u64 {
        let frame: Value = serde_json::from_str(&scene.hear().await).unwrap();
        assert_eq!(frame, json!([chunk, (chunk - 1) * 20, 0xFF, 160]));
    }
    assert_eq!(began.elapsed().as_millis() / 20, 50);
    assert_eq!(scene.tally.sent(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_mark_comes_back_when_the_sound_before_it_has_been_played() {
    let mut scene = Scene::begin(Says::Again { after_ms: 0 }).await;
    scene.say("play 1600").await;
    scene.say("mark a").await;
    let n_frames = scene.hear_until("mark a").await;
    assert!((10..=12).contains(&n_frames), "{n_frames}");
    assert_eq!(scene.tally.received(), 10);
    assert_eq!(scene.end(), Some(StreamReport::Marked("a".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn clearing_brings_the_marks_at_once_and_ends_the_sound() {
    let mut scene = Scene::begin(Says::Again { after_ms: 0 }).await;
    for text in ["play 80000", "mark a", "mark b", "clear"] {
        scene.say(text).await;
    }
    assert!(scene.hear_until("mark a").await <= 2);
    assert_eq!(scene.hear_until("mark b").await, 0);
    scene.hear().await;
    assert!(scene.hear().await.contains(",255,"), "silence");
}

#[tokio::test(start_paused = true)]
async fn keys_are_told_and_the_carriers_end_is_said() {
    let mut scene = Scene::begin(Says::Nothing).await;
    scene.press.as_ref().unwrap().send("12".to_owned()).await.unwrap();
    scene.hear_until("key 1").await;
    assert_eq!(scene.hear_until("key 2").await, 0);
    scene.press.take();
    scene.hear_until("stop").await;
    assert_eq!(scene.hear().await, "", "a close frame");
    assert_eq!(scene.end(), over(StreamEnd::ByCarrier));
}

#[tokio::test(start_paused = true)]
async fn the_other_side_ends_it_well_or_badly() {
    let mut scene = Scene::begin(Says::Nothing).await;
    scene.peer.close(None).await.unwrap();
    scene.task.await.unwrap();
    assert_eq!(scene.reports.lock().unwrap().last().cloned(), over(StreamEnd::ByCustomer));
    let scene = Scene::begin(Says::Nothing).await;
    drop(scene.peer);
    scene.task.await.unwrap();
    assert_eq!(scene.reports.lock().unwrap().last().cloned(), over(StreamEnd::Broken));
    let mut scene = Scene::begin(Says::Nothing).await;
    scene.say("nonsense").await;
    scene.hear_until("").await;
    assert_eq!(scene.end(), over(StreamEnd::Misspoken("nonsense?".to_owned())));
}

/// The pipe holds some twenty frames, the queue five seconds.
#[tokio::test(start_paused = true)]
async fn one_who_does_not_read_is_dropped() {
    let scene = Scene::begin(Says::Nothing).await;
    let began = Instant::now();
    scene.task.await.unwrap();
    assert_eq!(scene.reports.lock().unwrap().last().cloned(), over(StreamEnd::TooSlow));
    let seconds = began.elapsed().as_secs();
    assert!((5..=20).contains(&seconds), "{seconds}");
    assert!(scene.tally.sent() < 1_000);
}

#[tokio::test(start_paused = true)]
async fn one_who_sends_far_too_much_is_dropped() {
    let mut scene = Scene::begin(Says::Nothing).await;
    scene.say("play 3000000").await;
    scene.hear_until("").await;
    let end = over(StreamEnd::Misspoken("more than five minutes of sound wait to be played".to_owned()));
    assert_eq!(scene.end(), end);
}
