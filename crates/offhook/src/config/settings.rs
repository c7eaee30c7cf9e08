//! The settings as plain structs: what each means, its unit and its default.
//!
//! Values here were checked when they were read; what may be written in the file, and how, is in
//! `config.default.toml`, which a test holds against these structs.

mod carriers;
mod notices;
mod recording;
mod speech;
mod store;

pub(crate) use carriers::{ApiKey, Carrier, CarrierKind, Face, Plivo, Simulated, Telnyx, Twilio, WebhookKey};

pub(crate) use notices::{ConfiguredNotices, NOTICE_KINDS, NoticeKind, NoticeSecret};
pub(crate) use recording::Recording;
pub(crate) use speech::{
    ConfiguredRecognizer, ConfiguredServer, ConfiguredSound, ConfiguredSynthesizer, RecognizerKind,
    SynthesizerKind,
};
pub(crate) use store::StoreUrl;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use call::admission::Callers;
use call::call::Agent;
use call::gate::{Money, QuietHours, Several};
use call::redaction::Redaction;
use carrier::Installation;
use engine::{ModelSettings, OrphanPolicy};
use jiff::tz::TimeZone;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The address on which the gateway serves its API and hears webhooks; port 0 lets the system
    /// choose. Default: `127.0.0.1:4060`.
    pub(crate) listen: SocketAddr,
    /// The address under which carriers reach the gateway, perhaps through a proxy or a tunnel.
    /// Without one no webhook is asked for, and the fate of a call is learnt by looking. Default:
    /// none.
    pub(crate) public_url: Option<BaseUrl>,
    /// What this installation is called in the marks of its calls, so that another one on the same
    /// account leaves them alone. Default: a random one, made once and kept in the store.
    pub(crate) installation: Option<Installation>,
    /// What is logged, in the words of `tracing`'s filter, such as `info` or `info,engine=debug`.
    /// Default: `info`.
    pub(crate) log: String,
    /// Where calls are kept.
    pub(crate) store: Store,
    /// How much of the past is kept.
    pub(crate) history: History,
    /// What is recorded, and how long that is kept.
    pub(crate) recording: Recording,
    /// What of what is said is hidden before it is kept. Default: nothing.
    pub(crate) redact: Redaction,
    /// Who is told of traces and logs, by OTLP. Default: nobody.
    pub(crate) otlp_endpoint: Option<BaseUrl>,
    /// The gateway's own API.
    pub(crate) api: Api,
    /// Who is told of alarms.
    pub(crate) alarms: Alarms,
    /// Who is told of calls, by the names that the owner gave them. Default: nobody.
    pub(crate) notices: BTreeMap<String, ConfiguredNotices>,
    /// The limits of every call.
    pub(crate) calls: Calls,
    /// Who may be called, when and how often.
    pub(crate) dial: Dial,
    /// What becomes of live calls that the store doesn't know.
    pub(crate) recovery: Recovery,
    /// The carriers by the names that the owner gave them. Default: the simulated network alone.
    pub(crate) carriers: BTreeMap<String, Carrier>,
    /// Who understands speech, by the names that the owner gave them. Default: none.
    pub(crate) recognizers: BTreeMap<String, ConfiguredRecognizer>,
    /// Who speaks, by the names that the owner gave them. Default: none.
    pub(crate) synthesizers: BTreeMap<String, ConfiguredSynthesizer>,
    /// The models that are asked where an agent's own doesn't reply, by the names that the owner gave them.
    /// Default: none.
    pub(crate) models: BTreeMap<String, ConfiguredSpare>,
    /// Who talks on a line from when it is open, by the names that the owner gave them. Default: none.
    pub(crate) agents: BTreeMap<String, ConfiguredAgent>,
    /// One's own numbers, each `+` and 7 to 15 digits, and what becomes of those who call them.
    /// Default: `+15550100000` on the simulated network.
    pub(crate) numbers: BTreeMap<String, Number>,
}

/// Who talks on a line.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredAgent {
    /// As a call keeps it.
    pub(crate) agent: Agent,
    /// Whether its calls are recorded. Default: no.
    pub(crate) record: bool,
    /// The token by which connections to its program are signed, as Twilio signs them, or the key that
    /// its model's server is shown. Default: none.
    pub(crate) token: Option<Secret>,
    /// How its model is asked, where it has one that is told words.
    pub(crate) model: Option<ModelSettings>,
    /// The names of those that are asked where that doesn't reply, in order. Default: none.
    pub(crate) spares: Vec<String>,
    /// How that hears and speaks, where the line's sound comes to the gateway.
    pub(crate) sound: Option<ConfiguredSound>,
    /// How its model is spoken with, where it has one that hears and speaks.
    pub(crate) realtime: Option<ConfiguredRealtime>,
    /// Its model's own tools, by their names.
    pub(crate) tools: BTreeMap<String, ConfiguredTool>,
    /// The servers of tools that its model has, by the names that the owner gave them. Default: none.
    pub(crate) mcp: BTreeMap<String, ConfiguredToolServer>,
}

/// A model that is asked where an agent's own doesn't reply.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredSpare {
    /// Its server's name for it. Needed.
    pub(crate) model: String,
    /// Where it is.
    pub(crate) server: ConfiguredServer,
}

/// A server of tools, which speaks MCP.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredToolServer {
    /// Where it is.
    pub(crate) place: Place,
    /// The only tools that the model is given. Default: all.
    pub(crate) only: Option<Vec<String>>,
    /// How long a use may take. Default: 10 seconds.
    pub(crate) timeout: Duration,
}

/// Where a server of tools is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// There, and the token that it is shown, by default none.
    Url(BaseUrl, Option<Secret>),
    /// A program on this machine and its arguments.
    Command(Vec<String>),
}

/// A tool that a model is given.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredTool {
    /// What it is for.
    pub(crate) description: String,
    /// What it takes, by name.
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// Where it is.
    pub(crate) url: BaseUrl,
    /// The token that it is shown. Default: none.
    pub(crate) token: Option<Secret>,
    /// How long it may take. Default: 10 seconds.
    pub(crate) timeout: Duration,
}

/// Something that a tool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// What it is.
    pub(crate) description: String,
    /// Of which sort, in the words of JSON schema. Default: `string`.
    pub(crate) kind: &'static str,
    /// Whether it may be left out. Default: no.
    pub(crate) optional: bool,
}

/// A model that hears and speaks.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredRealtime {
    /// Its server. Default: OpenAI's.
    pub(crate) base_url: String,
    /// How it is spoken with.
    pub(crate) settings: agent::realtime::Settings,
}

/// Where calls are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Store {
    /// The store's address. Default: a SQLite file in the user's state folder,
    /// `$XDG_STATE_HOME/offhook/offhook.db` or `~/.local/state/offhook/offhook.db`.
    pub(crate) url: StoreUrl,
}

/// How much of the past is kept; a call goes when either is exceeded, and none that isn't over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    /// For how many days after it was made; 0 for ever. Default: 90.
    pub(crate) keep_days: u32,
    /// How many of the newest calls; 0 all. Default: 0.
    pub(crate) keep_calls: u32,
}

/// The gateway's own API.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// The bearer token that a client must show. Default: the gateway makes one and keeps it in
    /// [`StoreUrl::token_file`], where the command line finds it.
    pub(crate) token: Option<Secret>,
    /// Whether `/metrics` is shown to whoever asks, without the token. Default: no.
    pub(crate) open_metrics: bool,
    /// How many requests a second each token may send in the long run; 0 without limit. Default: 200.
    pub(crate) requests_per_second: u32,
    /// How many of them at once. Default: 1,000.
    pub(crate) burst: u32,
}

/// Who is told of alarms, also at night.
#[derive(Clone, Debug)]
pub(crate) struct Alarms {
    /// Where each alarm is posted as JSON: `https`, or `http` on this machine. A secret, since whoever
    /// knows the address of such a page can write to it. Default: nowhere.
    pub(crate) url: Option<Secret>,
    /// A program and its arguments, run for each alarm with the text on its standard input.
    /// Default: none.
    pub(crate) command: Vec<String>,
    /// How long something must be amiss that may pass by itself before anybody is told. Default: 1 min.
    pub(crate) after: Duration,
}

/// The limits of every call; each call keeps those that were in force when it was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    /// How many calls may be live at once, inbound and outbound. Default: 10.
    pub(crate) live_max: u32,
    /// How long a call may wait for a free slot before it is given up. Default: 60 s.
    pub(crate) queue_max: Duration,
    /// How long a call may last from its answer, after which it is hung up. Default: 10 min.
    pub(crate) duration_max: Duration,
    /// How long a phone may ring, from 1 s up. Default: 45 s.
    pub(crate) ring_max: Duration,
    /// How long a placement whose fate is unknown is looked for at its carrier. Default: 2 min.
    pub(crate) find_max: Duration,
    /// How many outbound calls may be asked for in an hour to one destination. Default: 20.
    pub(crate) attempts_per_hour: u32,
    /// What a caller hears when `live_max` calls are live. At Telnyx the line is busy all the same.
    /// Default: none, the line is busy.
    pub(crate) over_limit: Option<String>,
    /// The countries that may be called. Default: those of one's own numbers.
    pub(crate) destinations: Destinations,
}

/// Who may be called, when and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dial {
    /// The hours in which nobody is called, on the clock of the one who would be. Default: none.
    pub(crate) quiet_hours: Option<QuietHours>,
    /// Whether a number that may be in several zones is quiet while any of them is, or while all
    /// are. Default: any.
    pub(crate) several: Several,
    /// How many outbound calls may be asked for in 24 hours to one destination. Default: 50.
    pub(crate) attempts_per_day: u32,
    /// How long a number that rejected a call is not called; zero for not at all. Default: 1 h.
    pub(crate) rejected_pause: Duration,
    /// How many begun minutes of outbound talk a day has. Default: without limit.
    pub(crate) minutes_per_day: Option<u32>,
    /// How much a day's outbound talk may cost by the carriers' prices. Default: without limit.
    pub(crate) spend_per_day: Option<Money>,
    /// On whose clock such a day begins. Default: UTC.
    pub(crate) day_zone: DayZone,
    /// Keys by which whoever is called wants no more calls. Default: none.
    pub(crate) opt_out_digits: Option<String>,
    /// Words by which whoever is called wants no more calls, as they were written. Default: none.
    pub(crate) opt_out_words: Vec<String>,
}

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DayZone {
    /// As it was written.
    pub(crate) written: String,
    /// As it was understood.
    pub(crate) zone: TimeZone,
}

/// What becomes of live calls that the store doesn't know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// How often each carrier's live calls are held against the store, after a start and from then
    /// on; zero for never. Default: 10 min.
    pub(crate) sweep_every: Duration,
    /// What becomes of one that is proved ours. Default: it is hung up.
    pub(crate) orphans: OrphanPolicy,
}

/// The countries that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destinations {
    /// The countries of one's own numbers.
    OwnCountries,
    /// These and no others. Never empty.
    Only(Vec<CountryCode>),
    /// All of them, `["*"]`.
    Everywhere,
}

/// A country or territory by its two capital letters (ISO 3166-1 alpha-2), such as `US`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CountryCode(pub(super) String);

/// One of one's own numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// The name of the carrier that the number is with; always a configured one.
    pub(crate) carrier: String,
    /// The names of the carriers that a call from this number goes to, in this order, when the one
    /// before refused it before any phone could ring. Default: none.
    pub(crate) fallback: Vec<String>,
    /// Whose calls to the number are answered. Default: nobody's.
    pub(crate) inbound: Inbound,
    /// What is said to those whose call is answered. Default: none.
    pub(crate) greeting: Option<String>,
    /// The name of the agent who talks with those whose call is answered, after the greeting; always a
    /// configured one. Default: none.
    pub(crate) agent: Option<String>,
    /// Whether the line is held after the greeting, for what is asked of the call then. Default: no.
    pub(crate) hold: bool,
    /// Whether calls to it are recorded. Default: no.
    pub(crate) record: bool,
    /// What a caller who is declined hears: a rejection, or ringing until they give up.
    /// Default: a rejection.
    pub(crate) ring_out: bool,
}

/// Whose calls to a number are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Inbound {
    /// `"deny"`: every call is rejected.
    #[default]
    Deny,
    /// `"open"`: whoever calls is answered.
    Open,
    /// A list: these are answered, and all others rejected.
    Allow(Allowed),
}

/// Numbers, and beginnings of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// As they were written. Never empty.
    pub(crate) written: Vec<String>,
    /// As they were understood.
    pub(crate) callers: Callers,
}

/// The address of an HTTP server, to which paths are added: `https`, or `http` on this machine.
/// Normalized by the rules of the URL standard, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(pub(super) String);

/// A text that must not be seen: it is masked wherever it is printed. No `PartialEq`, since
/// secrets are compared in constant time.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Default for Api {
    fn default() -> Self {
        Self { token: None, open_metrics: false, requests_per_second: 200, burst: 1_000 }
    }
}

impl Default for Alarms {
    fn default() -> Self {
        Self { url: None, command: Vec::new(), after: Duration::from_secs(60) }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            live_max: 10,
            queue_max: Duration::from_secs(60),
            duration_max: Duration::from_secs(600),
            ring_max: Duration::from_secs(45),
            find_max: Duration::from_secs(120),
            attempts_per_hour: 20,
            over_limit: None,
            destinations: Destinations::OwnCountries,
        }
    }
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            quiet_hours: None,
            several: Several::Any,
            attempts_per_day: 50,
            rejected_pause: Duration::from_secs(3600),
            minutes_per_day: None,
            spend_per_day: None,
            day_zone: DayZone { written: "UTC".to_owned(), zone: TimeZone::UTC },
            opt_out_digits: None,
            opt_out_words: Vec::new(),
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self { keep_days: 90, keep_calls: 0 }
    }
}

impl Default for Recovery {
    fn default() -> Self {
        Self { sweep_every: Duration::from_secs(600), orphans: OrphanPolicy::HangUp }
    }
}

impl CountryCode {
    /// The two letters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl BaseUrl {
    /// The address, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Secret {
    /// Wraps a secret, so that it is not printed by accident.
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one who must send or compare it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// The default of `listen`.
pub(super) const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4060);

/// The default of `log`.
pub(super) const LOG: &str = "info";

/// The default of `request_timeout`.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The default of `calls_per_second` for Twilio: what a new account has.
pub(super) const TWILIO_CALLS_PER_SECOND: f64 = 1.0;

/// The default of `calls_per_second` for Telnyx: what every account has
/// (<https://developers.telnyx.com/docs/voice/programmable-voice/dials-per-second-limit>, 2026-11-22).
pub(super) const TELNYX_CALLS_PER_SECOND: f64 = 30.0;

/// The default of `calls_per_second` for Plivo: what an account has; more wait in Plivo's queue
/// (<https://docs.plivo.com/docs/voice/concepts/account-limits>, 2026-11-22).
pub(super) const PLIVO_CALLS_PER_SECOND: f64 = 2.0;

/// Where `offhook sim` listens unless told otherwise.
pub(super) const SIMULATED_BASE_URL: &str = "http://127.0.0.1:4061";

const MASK: &str = "***";
