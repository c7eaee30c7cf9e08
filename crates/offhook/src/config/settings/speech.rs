//! Who understands speech, and who speaks.

use super::{BaseUrl, Secret};
use call::call::OnMachine;
use std::time::Duration;

/// How an agent whose model is told words hears and speaks, where the line's sound comes to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfiguredSound {
    /// The names of who understands the other side: the first of them that can. Needed.
    pub(crate) recognizers: Vec<String>,
    /// The names of who says what is to be said: the first of them that can. Needed.
    pub(crate) synthesizers: Vec<String>,
    /// How long the other side is silent when it is done. Default: 600 ms.
    pub(crate) pause: Duration,
    /// Whether it may talk over what is said. Default: yes.
    pub(crate) barge_in: bool,
    /// What is done at the beep of an answering machine, where somebody is called. Default: nothing.
    pub(crate) voicemail: Option<OnMachine>,
}

/// Somebody who understands speech.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredRecognizer {
    /// Whom it is asked of.
    pub(crate) by: RecognizerKind,
    /// How long it may take. Default: 10 seconds.
    pub(crate) within: Duration,
}

/// Whom speech is understood by.
#[derive(Clone, Debug)]
pub(crate) enum RecognizerKind {
    /// OpenAI, or a server that speaks as it does.
    OpenAi(speech::openai::Transcriber, ConfiguredServer),
    /// Deepgram.
    Deepgram(speech::deepgram::Listener, ConfiguredServer),
    /// ElevenLabs.
    ElevenLabs(speech::elevenlabs::Listener, ConfiguredServer),
    /// A program on this machine, and its arguments.
    Program(Vec<String>),
    /// Whisper, in this process.
    #[cfg(feature = "local-speech")]
    Whisper(speech::local::Whisper),
}

/// Somebody who speaks.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredSynthesizer {
    /// Whom it is asked of.
    pub(crate) by: SynthesizerKind,
    /// How long it may take to its first sound, and from each piece to the next. Default: 10 seconds.
    pub(crate) within: Duration,
}

/// Who speaks.
#[derive(Clone, Debug)]
pub(crate) enum SynthesizerKind {
    /// OpenAI, or a server that speaks as it does.
    OpenAi(speech::openai::Voice, ConfiguredServer),
    /// Deepgram.
    Deepgram(speech::deepgram::Voice, ConfiguredServer),
    /// ElevenLabs.
    ElevenLabs(speech::elevenlabs::Voice, ConfiguredServer),
    /// A program on this machine, and its arguments.
    Program(Vec<String>),
    /// A voice of Piper's, in this process.
    #[cfg(feature = "local-speech")]
    Piper(speech::local::Piper),
}

/// A server of speech.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredServer {
    /// Its address. Default: the vendor's.
    pub(crate) base_url: BaseUrl,
    /// The key that it is shown. Default: none.
    pub(crate) key: Option<Secret>,
}
