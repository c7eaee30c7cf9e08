//! What the configuration says about calls.

use crate::orphan::OrphanPolicy;
use crate::pool::Pool;
use agent::model::Model;
use call::admission::Callers;
use call::call::{Agent, Limits, OnMachine};
use call::dialogue::Silence;
use call::gate::{OptOut, Rules};
use call::redaction::Redaction;
use call::{CarrierName, PhoneNumber};
use carrier::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the configuration says about calls.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many calls may be live at once.
    pub live_max: u64,
    /// Who may be called, and how often.
    pub gate: Rules,
    /// How whoever is called says that they want no more calls.
    pub opt_out: OptOut,
    /// What of what is said is not kept.
    pub redaction: Redaction,
    /// How long a call may take over what.
    pub limits: Limits,
    /// How long after its admission a call's request may still leave.
    pub send_within: Duration,
    /// The time between two dials at each carrier; a carrier that isn't here has no limit.
    pub apart: BTreeMap<CarrierName, Duration>,
    /// The carriers that name a call anew once it is made.
    pub names_anew: BTreeSet<CarrierName>,
    /// How many calls may be live at once at each carrier; one that isn't here has no limit of its
    /// own.
    pub carrier_live_max: BTreeMap<CarrierName, u64>,
    /// What a caller hears when `live_max` calls are live; without it the line is busy.
    pub over_limit: Option<String>,
    /// What becomes of a live call that is proved ours and not in the store.
    pub orphans: OrphanPolicy,
    /// How often each carrier's live calls are held against the store; `None` for never.
    pub sweep_every: Option<Duration>,
    /// What is recorded, and how long that is kept.
    pub recording: RecordingSettings,
    /// Who may talk on a line, by their names.
    pub agents: BTreeMap<String, AgentSettings>,
    /// One's own numbers.
    pub numbers: BTreeMap<PhoneNumber, NumberSettings>,
}

/// What the configuration says about recordings.
#[derive(Clone, Debug, Default)]
pub struct RecordingSettings {
    /// What whoever is on the line is told first; empty where they consented otherwise. Without it nothing is
    /// recorded.
    pub announcement: Option<String>,
    /// Where they are kept.
    pub folder: PathBuf,
    /// How long after the call was made; without it as long as the call.
    pub age: Option<Duration>,
    /// How large they may be together; without it as large as they get.
    pub bytes: Option<u64>,
    /// What becomes of what carriers recorded, once it is here.
    pub carrier_copy: CarrierCopy,
}

/// What becomes at the carrier of what it recorded, once that is safely here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CarrierCopy {
    /// It is deleted.
    #[default]
    Delete,
    /// It is left there.
    Keep,
}

/// What the configuration says about an agent.
#[derive(Clone, Debug)]
pub struct AgentSettings {
    /// As a call keeps it.
    pub agent: Agent,
    /// Its calls are recorded.
    pub record: bool,
    /// By which token the connection to its program is signed, or its model's server is asked, if any.
    pub token: Option<Secret>,
    /// How its model is asked, where it has one that is told words.
    pub model: Option<ModelSettings>,
    /// Those that are asked where that doesn't reply, in order.
    pub spares: Vec<SpareModel>,
    /// How that hears and speaks, where the line's sound comes to the gateway.
    pub sound: Option<SoundSettings>,
    /// How its model is spoken with, where it has one that hears and speaks.
    pub realtime: Option<agent::realtime::Settings>,
    /// Where its model's own tools are, by their names.
    pub tools: BTreeMap<String, ToolSettings>,
    /// The servers of tools that its model has, by their names.
    pub servers: BTreeMap<String, ToolServer>,
}

/// How a server of tools is used.
#[derive(Clone, Debug)]
pub struct ToolServer {
    /// Where it is.
    pub address: mcp::Address,
    /// The only tools that the model is given, by the server's names; all of them without.
    pub only: Option<BTreeSet<String>>,
    /// How long a use may take.
    pub timeout: Duration,
}

impl ToolServer {
    /// Whether the model is given this tool of it.
    pub fn gives(&self, tool: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(tool))
    }
}

/// How a tool of a model's is used.
#[derive(Clone, Debug)]
pub struct ToolSettings {
    /// Where it is.
    pub url: String,
    /// The token that it is shown, if any.
    pub token: Option<Secret>,
    /// How long it may take.
    pub timeout: Duration,
}

/// How a model is asked.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// The server, up to `/chat/completions`.
    pub base_url: String,
    /// What it is asked with.
    pub model: Model,
    /// How long it may take to its first word, and from each to the next.
    pub reply_within: Duration,
    /// What is said when it doesn't reply.
    pub fallback: String,
    /// What is said into a silence; nothing after none.
    pub silence: Silence,
}

/// A model that is asked where an agent's own doesn't reply, with all that that one would be asked with.
#[derive(Clone, Debug)]
pub struct SpareModel {
    /// Its name in the configuration.
    pub name: String,
    /// Its server's name for it.
    pub model: String,
    /// Its server, up to `/chat/completions`.
    pub server: Server,
}

/// How a model of words hears and speaks.
#[derive(Clone, Debug)]
pub struct SoundSettings {
    /// Who understands the other side: the first of them that can.
    pub recognizers: Vec<RecognizerSettings>,
    /// Who says what is to be said: the first of them that can.
    pub synthesizers: Vec<SynthesizerSettings>,
    /// How long the other side is silent when it is done.
    pub pause: Duration,
    /// Whether it may talk over what is said.
    pub barge_in: bool,
    /// What is done at the beep of an answering machine, where somebody is called.
    pub voicemail: Option<OnMachine>,
}

/// Somebody who understands speech.
#[derive(Clone, Debug)]
pub struct RecognizerSettings {
    /// Its name in the configuration.
    pub name: String,
    /// How it is asked.
    pub by: Recognizer,
    /// How long it may take.
    pub within: Duration,
}

/// How somebody is asked who understands speech.
#[derive(Clone, Debug)]
pub enum Recognizer {
    /// A server, by an utterance that is over.
    Whole(Arc<dyn speech::Whole>, Server),
    /// A server that hears it while it lasts.
    Streaming(Arc<dyn speech::Streaming>, Server),
    /// A program on this machine and its arguments, which reads WAV and writes words.
    Program(Vec<String>),
    /// This process, on these threads.
    Local(Arc<dyn speech::LocalRecognizer>, Arc<Pool>),
}

/// Somebody who speaks.
#[derive(Clone, Debug)]
pub struct SynthesizerSettings {
    /// Its name in the configuration.
    pub name: String,
    /// How it is asked.
    pub by: Synthesizer,
    /// How long it may take to its first sound, and from each piece to the next.
    pub within: Duration,
}

/// How somebody is asked who speaks.
#[derive(Clone, Debug)]
pub enum Synthesizer {
    /// A server.
    Server(Arc<dyn speech::Synthesizer>, Server),
    /// A program on this machine and its arguments, which reads words and writes WAV.
    Program(Vec<String>),
    /// This process, on these threads.
    Local(Arc<dyn speech::LocalSynthesizer>, Arc<Pool>),
}

/// A server of speech, or of a model.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its address, up to what its interface adds to it.
    pub base_url: String,
    /// What it is shown, if anything.
    pub key: Option<Secret>,
}

impl Server {
    pub(crate) fn shown(&self) -> Option<&str> {
        self.key.as_ref().map(Secret::expose)
    }

    /// Where it listens for WebSockets, under this path: an address of http is one of ws, and https of wss.
    pub(crate) fn socket(&self, path: &str) -> String {
        let sockets = self.base_url.strip_prefix("http").unwrap_or(&self.base_url);
        format!("ws{}/{path}", sockets.trim_end_matches('/'))
    }
}

/// What the configuration says about one of one's own numbers.
#[derive(Clone, Debug)]
pub struct NumberSettings {
    /// Which carrier carries it.
    pub carrier: CarrierName,
    /// Which carriers calls from it go to, in this order, when that one refuses them.
    pub fallback: Vec<CarrierName>,
    /// Who may call it.
    pub inbound: Inbound,
    /// What a caller hears.
    pub greeting: Option<String>,
    /// Who talks with a caller after that.
    pub agent: Option<Agent>,
    /// Callers who are declined hear it ring until they give up.
    pub ring_out: bool,
    /// The line is held after the greeting, for what is asked of the call then.
    pub hold: bool,
    /// Calls to it are recorded.
    pub record: bool,
}

/// Who may call a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// Nobody.
    Deny,
    /// These.
    Allow(Callers),
    /// Everybody.
    Open,
}
