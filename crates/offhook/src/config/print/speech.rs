//! Prints who understands speech, who speaks, and which models are spare.

use super::super::section::quoted;
use super::super::settings::{
    ConfiguredRecognizer, ConfiguredServer, ConfiguredSound, ConfiguredSpare, ConfiguredSynthesizer,
    RecognizerKind, SynthesizerKind,
};
use super::{Page, base_url, duration, list, secret, text};
use call::call::OnMachine;
use std::collections::BTreeMap;

pub(super) fn print(
    page: &mut Page<'_>,
    recognizers: &BTreeMap<String, ConfiguredRecognizer>,
    synthesizers: &BTreeMap<String, ConfiguredSynthesizer>,
    models: &BTreeMap<String, ConfiguredSpare>,
) {
    for (name, one) in recognizers {
        page.section(&format!("recognizers.{}", quoted(name)));
        print_recognizer(page, one);
    }
    for (name, one) in synthesizers {
        page.section(&format!("synthesizers.{}", quoted(name)));
        print_synthesizer(page, one);
    }
    for (name, ConfiguredSpare { model, server }) in models {
        page.section(&format!("models.{}", quoted(name)));
        page.set("model", text(model));
        print_server(page, server);
    }
}

fn print_recognizer(page: &mut Page<'_>, ConfiguredRecognizer { by, within }: &ConfiguredRecognizer) {
    match by {
        RecognizerKind::OpenAi(one, server) => {
            page.set("kind", text("openai"));
            page.set("model", text(&one.model));
            page.set_if("language", one.language.as_deref().map(text));
            page.set_if("prompt", one.prompt.as_deref().map(text));
            print_server(page, server);
        }
        RecognizerKind::Deepgram(one, server) => {
            page.set("kind", text("deepgram"));
            page.set("model", text(&one.model));
            page.set_if("language", one.language.as_deref().map(text));
            let keyterms = one.keyterms.iter().map(String::as_str);
            page.set_if("keyterms", (!one.keyterms.is_empty()).then(|| list(keyterms)));
            print_server(page, server);
        }
        RecognizerKind::ElevenLabs(one, server) => {
            page.set("kind", text("elevenlabs"));
            page.set("model", text(&one.model));
            page.set_if("language", one.language.as_deref().map(text));
            print_server(page, server);
        }
        RecognizerKind::Program(command) => print_program(page, command),
        #[cfg(feature = "local-speech")]
        RecognizerKind::Whisper(one) => {
            page.set("kind", text("whisper"));
            page.set("model", text(&one.model.display().to_string()));
            page.set_if("language", one.language.as_deref().map(text));
            page.set_if("prompt", one.prompt.as_deref().map(text));
            page.set("threads", one.threads.to_string());
        }
    }
    page.set("within", duration(*within));
}

fn print_synthesizer(page: &mut Page<'_>, ConfiguredSynthesizer { by, within }: &ConfiguredSynthesizer) {
    match by {
        SynthesizerKind::OpenAi(one, server) => {
            page.set("kind", text("openai"));
            page.set("model", text(&one.model));
            page.set("voice", text(&one.voice));
            page.set_if("instructions", one.instructions.as_deref().map(text));
            page.set_if("speed", one.speed.map(|speed| toml::Value::from(speed).to_string()));
            print_server(page, server);
        }
        SynthesizerKind::Deepgram(one, server) => {
            page.set("kind", text("deepgram"));
            page.set("model", text(&one.model));
            print_server(page, server);
        }
        SynthesizerKind::ElevenLabs(one, server) => {
            page.set("kind", text("elevenlabs"));
            page.set("model", text(&one.model));
            page.set("voice", text(&one.voice));
            print_server(page, server);
        }
        SynthesizerKind::Program(command) => print_program(page, command),
        #[cfg(feature = "local-speech")]
        SynthesizerKind::Piper(one) => {
            page.set("kind", text("piper"));
            page.set("model", text(&one.model.display().to_string()));
            page.set("phonemes", text(&one.phonemes));
            page.set("speed", toml::Value::from(one.speed).to_string());
            page.set_if("speaker", one.speaker.as_deref().map(text));
            page.set("threads", one.threads.to_string());
        }
    }
    page.set("within", duration(*within));
}

/// How an agent hears and speaks.
pub(super) fn print_sound(page: &mut Page<'_>, sound: &ConfiguredSound) {
    let ConfiguredSound { recognizers, synthesizers, pause, barge_in, voicemail: _ } = sound;
    page.set("recognizer", list(recognizers.iter().map(String::as_str)));
    page.set("synthesizer", list(synthesizers.iter().map(String::as_str)));
    page.set("pause", duration(*pause));
    page.set("barge_in", barge_in.to_string());
}

/// What is done where a machine picks up, and by whom that is found out where the gateway could.
pub(super) fn print_voicemail(
    page: &mut Page<'_>,
    by_sound: Option<&Option<OnMachine>>,
    machine: Option<&OnMachine>,
) {
    let voicemail = by_sound.map_or(machine, Option::as_ref);
    let (word, message) = match voicemail {
        Some(OnMachine::Leave(message)) => ("leave", Some(message)),
        Some(OnMachine::HangUp) => ("hang_up", None),
        None if by_sound.is_some() => ("go_on", None),
        // Each kind of agent may have it, and few do.
        None => return,
    };
    page.set("voicemail", text(word));
    if let Some(message) = message {
        page.set("voicemail_message", text(message));
    }
    if by_sound.is_some() {
        page.set("machine_detection", text(if machine.is_some() { "carrier" } else { "beep" }));
    }
}

fn print_program(page: &mut Page<'_>, command: &[String]) {
    page.set("kind", text("program"));
    page.set("command", list(command.iter().map(String::as_str)));
}

fn print_server(page: &mut Page<'_>, ConfiguredServer { base_url: url, key }: &ConfiguredServer) {
    page.set("base_url", base_url(url));
    page.set_if("api_key", key.as_ref().map(secret));
}
