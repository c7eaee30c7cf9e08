//! Asks the gateway again and again, on a thread of its own, and tells what it said.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cli::client::{Client, ClientError};
use crate::cli::gateway::{Gateway, Which};
use crate::cli::paint::Paint;
use crate::cli::show;
use crate::cli::wire::{Call, Event, Health, Recovery};

/// What was heard.
#[derive(Debug)]
pub(super) enum News {
    /// How the gateway is, and its calls.
    Round(Box<Round>),
    /// It can't be asked: why.
    Away(String),
    /// What was said last on a call.
    Said(String, String),
    /// A call's story.
    Story(String, String),
    /// Something in words for who watches.
    Told(String),
    /// The process is to end.
    Stop,
}

/// One look at everything.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) calls: Vec<Call>,
    pub(super) health: Health,
    pub(super) recovery: Option<Recovery>,
    pub(super) live_max: Option<u64>,
    pub(super) paused: bool,
}

/// What is wished of the one who asks.
#[derive(Debug)]
pub(super) enum Wish {
    /// Knows what is said on these calls.
    Watch(Vec<String>),
    /// Tells a call's story.
    Tell(String),
    /// Ends a call.
    HangUp(String),
}

/// Begins to ask.
///
/// # Errors
/// No thread can be had.
pub(super) fn begin(client: Client) -> io::Result<(UnboundedSender<Wish>, Receiver<News>)> {
    let (wishes, wished) = unbounded_channel();
    let (tell, news) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let watch = Watch { gateway: Gateway::new(client), tell, watched: Vec::new(), said: BTreeMap::new() };
    std::thread::Builder::new().name("top".to_owned()).spawn(move || runtime.block_on(watch.run(wished)))?;
    Ok((wishes, news))
}

struct Watch {
    gateway: Gateway,
    tell: Sender<News>,
    watched: Vec<String>,
    /// Up to which version each watched call's log is known.
    said: BTreeMap<String, u64>,
}

impl Watch {
    async fn run(mut self, mut wished: UnboundedReceiver<Wish>) {
        // Beside all else: whoever is told to end doesn't wait for a gateway that hangs. SIGHUP ends the
        // process by itself: the terminal is gone, and with it what could be restored.
        for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()] {
            tokio::spawn(stop_on(kind, self.tell.clone()));
        }
        let mut rounds = tokio::time::interval(ROUND_EVERY);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let news = tokio::select! {
                wish = wished.recv() => match wish {
                    None => return,
                    Some(Wish::Watch(ids)) => { self.watched = ids; continue }
                    Some(Wish::Tell(id)) => self.story(id).await,
                    Some(Wish::HangUp(id)) => self.hang_up(&id).await,
                },
                _ = rounds.tick() => match self.round().await {
                    Ok(round) => News::Round(Box::new(round)),
                    Err(error) => News::Away(error.to_string()),
                },
            };
            let is_round = matches!(news, News::Round(_));
            if self.tell.send(news).is_err() {
                return;
            }
            if is_round {
                self.listen().await;
            }
        }
    }

    async fn round(&self) -> Result<Round, ClientError> {
        let calls = self.gateway.calls(Which::Live).await?.read()?;
        let health = self.gateway.health().await?.read()?;
        let recovery = self.gateway.recovery().await.and_then(|reply| reply.read()).ok();
        let metrics = self.gateway.metrics().await.unwrap_or_default();
        let live_max = gauge(&metrics, "offhook_live_max");
        let paused = gauge(&metrics, "offhook_paused") == Some(1);
        Ok(Round { calls, health, recovery, live_max, paused })
    }

    /// Reads on in the logs of the calls that are seen, each from where it was left.
    async fn listen(&mut self) {
        self.said.retain(|id, _| self.watched.contains(id));
        for id in self.watched.clone() {
            let after = self.said.get(&id).copied().unwrap_or_default();
            let Ok(pages) = self.gateway.events_after(&id, after).await else { continue };
            let Ok(events) = pages.read::<Event>() else { continue };
            let Some(version) = events.iter().filter_map(|event| event.version).max() else { continue };
            self.said.insert(id.clone(), version);
            if let Some(said) = events.iter().rev().find_map(said) {
                let _ = self.tell.send(News::Said(id, said));
            }
        }
    }

    async fn story(&self, id: String) -> News {
        let told = async {
            let call: Call = self.gateway.call(&id).await?.read()?;
            let events: Vec<Event> = self.gateway.events(&id).await?.read()?;
            Ok::<_, ClientError>(show::story(&call, &events, None, Paint::Plain))
        };
        match told.await {
            Ok(story) => News::Story(id, story),
            Err(error) => News::Told(error.to_string()),
        }
    }

    async fn hang_up(&self, id: &str) -> News {
        let asked = self.gateway.hang_up(id).await.and_then(|reply| reply.read::<Call>());
        News::Told(match asked {
            Ok(call) => format!("{id}: {}", call.state),
            Err(error) => error.to_string(),
        })
    }
}

/// Has the terminal given back when such a signal comes.
async fn stop_on(kind: SignalKind, tell: Sender<News>) {
    if let Ok(mut signals) = signal(kind) {
        let _ = signals.recv().await;
        let _ = tell.send(News::Stop);
    }
}

/// What somebody said or pressed, or is to hear, in words.
fn said(event: &Event) -> Option<String> {
    let is_speech = match event.kind.as_str() {
        "spoken" | "digits_heard" => true,
        "command_asked" | "command_heard" => event.summary.as_deref().is_some_and(|told| told.contains('"')),
        _ => false,
    };
    event.summary.clone().filter(|_| is_speech)
}

/// A number of the metrics that has no labels.
fn gauge(metrics: &str, name: &str) -> Option<u64> {
    let rest = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    rest.split('.').next()?.trim().parse().ok()
}

/// A person sees no more.
const ROUND_EVERY: Duration = Duration::from_secs(1);
