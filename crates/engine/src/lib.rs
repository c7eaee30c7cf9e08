//! The shell around the pure core: it turns the crank, holds the clock and performs effects.
//!
//! [`Driver`] is the crank: a batch of what was heard goes in, one transaction is committed, what
//! is owed comes out. It is synchronous and draws no time of its own, so that the simulation turns
//! the same one. [`Errand`] is the exchange with a carrier that an effect asks for, without
//! sending. [`Calls`] is the running gateway: a writer thread with the driver, a few tasks that
//! run errands, and a ticker that takes up what is due. Every surface holds one `Calls`.

mod access;
mod calls;
mod clock;
pub mod crash;
mod driver;
mod errand;
mod figures;
mod health;
mod heard;
mod latency;
mod media;
mod metrics;
mod orphan;
mod pool;
mod preview;
mod program;
mod recording;
mod recovery;
mod settings;
mod shell;
mod sweep;
mod talk;
mod tap;
mod traced;
mod trial;
mod unredacted;
mod vendor;

pub use access::Asker;
pub use calls::{Calls, Drain, EngineError, Parts, Reload, StreamRefused, Wish, new_id};
pub use clock::{Clock, SystemClock};
pub use driver::{Driver, Moved, Owed, Turned};
pub use errand::{Errand, Purpose};
pub use figures::Figures;
pub use health::{Alarm, AlarmKind, Health, Report};
pub use heard::{
    Answer, Heard, ImportOutcome, ImportedCall, Offer, Order, Quota, Refusal, ScriptReply, TokenChange,
    Verdict,
};
pub use latency::{Latencies, Latency, Spread, VendorLatency};
pub use media::door::KEY_BYTES;
pub use media::{Admitted, Door};
pub use orphan::{Orphan, OrphanPolicy, Stranger};
pub use pool::Pool;
pub use preview::Preview;
pub use recording::{Found, Shelf};
pub use recovery::{Decision, RecoveryLine, RecoveryReport};
pub use settings::{
    AgentSettings, CarrierCopy, Inbound, ModelSettings, NumberSettings, Recognizer, RecognizerSettings,
    RecordingSettings, Server, Settings, SoundSettings, SpareModel, Synthesizer, SynthesizerSettings,
    ToolServer, ToolSettings,
};
pub use shell::keeper::Keep;
pub use shell::lane::Line;
pub use sweep::{Sweep, Wanted};
pub use talk::Asked;
pub use tap::{Listener, NotHeard};
pub use traced::TRACED;
pub use trial::{Said, begin_reply, say, understand};
