//! From the configuration to who understands speech, who speaks, and which models are spare.

#[cfg(feature = "local-speech")]
mod local;

use super::secret;
use crate::config::quoted;
use crate::config::settings::{
    Config, ConfiguredRecognizer, ConfiguredServer, ConfiguredSound, ConfiguredSpare, ConfiguredSynthesizer,
    RecognizerKind, SynthesizerKind,
};
use anyhow::Context as _;
use engine::{
    Recognizer, RecognizerSettings, Server, Settings, SoundSettings, SpareModel, Synthesizer,
    SynthesizerSettings,
};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// How an agent hears and speaks. Whoever it names is configured, or the configuration had been refused.
pub(super) fn sound(sound: &ConfiguredSound, config: &Config) -> SoundSettings {
    let ConfiguredSound { recognizers, synthesizers, pause, barge_in, voicemail } = sound;
    let hears = |name: &String| Some(recognizer(name, config.recognizers.get(name)?));
    let speaks = |name: &String| Some(synthesizer(name, config.synthesizers.get(name)?));
    SoundSettings {
        recognizers: recognizers.iter().filter_map(hears).collect(),
        synthesizers: synthesizers.iter().filter_map(speaks).collect(),
        pause: *pause,
        barge_in: *barge_in,
        voicemail: voicemail.clone(),
    }
}

/// The models that are asked where an agent's own doesn't reply.
pub(super) fn spares(names: &[String], config: &Config) -> Vec<SpareModel> {
    let spare = |name: &String| {
        let ConfiguredSpare { model, server } = config.models.get(name)?;
        Some(SpareModel { name: name.clone(), model: model.clone(), server: self::server(server) })
    };
    names.iter().filter_map(spare).collect()
}

/// All who understand speech, and all who speak.
pub(crate) fn speech_vendors(config: &Config) -> (Vec<RecognizerSettings>, Vec<SynthesizerSettings>) {
    let recognizers = config.recognizers.iter().map(|(name, one)| recognizer(name, one)).collect();
    let synthesizers = config.synthesizers.iter().map(|(name, one)| synthesizer(name, one)).collect();
    (recognizers, synthesizers)
}

/// Reads the models of all who hear and speak in this process, on a thread where that may take seconds.
///
/// # Errors
/// One of them can't be read.
pub(super) async fn load(settings: &Settings) -> anyhow::Result<()> {
    for sound in settings.agents.values().filter_map(|agent| agent.sound.clone()) {
        for RecognizerSettings { name, by, .. } in sound.recognizers {
            if let Recognizer::Local(by, _) = by {
                loaded(move || by.load())
                    .await
                    .with_context(|| format!("[recognizers.{}]", quoted(&name)))?;
            }
        }
        for SynthesizerSettings { name, by, .. } in sound.synthesizers {
            if let Synthesizer::Local(by, _) = by {
                loaded(move || by.load())
                    .await
                    .with_context(|| format!("[synthesizers.{}]", quoted(&name)))?;
            }
        }
    }
    Ok(())
}

async fn loaded(load: impl FnOnce() -> Result<(), String> + Send + 'static) -> anyhow::Result<()> {
    spawn_blocking(load).await?.map_err(anyhow::Error::msg)
}

fn recognizer(name: &str, ConfiguredRecognizer { by, within }: &ConfiguredRecognizer) -> RecognizerSettings {
    let by = match by.clone() {
        RecognizerKind::OpenAi(one, at) => Recognizer::Whole(Arc::new(one), server(&at)),
        RecognizerKind::Deepgram(one, at) => Recognizer::Streaming(one.streaming(), server(&at)),
        RecognizerKind::ElevenLabs(one, at) => Recognizer::Streaming(Arc::new(one), server(&at)),
        RecognizerKind::Program(command) => Recognizer::Program(command),
        #[cfg(feature = "local-speech")]
        RecognizerKind::Whisper(one) => local::whisper(one),
    };
    RecognizerSettings { name: name.to_owned(), by, within: *within }
}

fn synthesizer(
    name: &str,
    ConfiguredSynthesizer { by, within }: &ConfiguredSynthesizer,
) -> SynthesizerSettings {
    let by = match by.clone() {
        SynthesizerKind::OpenAi(one, at) => Synthesizer::Server(Arc::new(one), server(&at)),
        SynthesizerKind::Deepgram(one, at) => Synthesizer::Server(Arc::new(one), server(&at)),
        SynthesizerKind::ElevenLabs(one, at) => Synthesizer::Server(Arc::new(one), server(&at)),
        SynthesizerKind::Program(command) => Synthesizer::Program(command),
        #[cfg(feature = "local-speech")]
        SynthesizerKind::Piper(one) => local::piper(one),
    };
    SynthesizerSettings { name: name.to_owned(), by, within: *within }
}

fn server(ConfiguredServer { base_url, key }: &ConfiguredServer) -> Server {
    Server { base_url: base_url.as_str().to_owned(), key: key.as_ref().map(secret) }
}
