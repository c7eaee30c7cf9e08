//! Reads who understands speech and who speaks, and which of them an agent has.

#[cfg(feature = "local-speech")]
mod local;

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use call::call::OnMachine;
use speech::{deepgram, elevenlabs, openai};

use super::durations::duration;
use super::read::secret;
use super::section::{Rejected, Section};
use super::settings::{
    BaseUrl, ConfiguredRecognizer, ConfiguredServer, ConfiguredSound, ConfiguredSynthesizer, RecognizerKind,
    SynthesizerKind,
};
use super::suggest;
use super::tree::{Node, Value};
use super::values;

/// The names of those who are configured.
pub(super) struct Known<'a> {
    pub(super) recognizers: Vec<&'a str>,
    pub(super) synthesizers: Vec<&'a str>,
}

/// Reads one who understands speech.
pub(super) fn recognizer(section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredRecognizer> {
    let kind = section.required("kind", "\"openai\"", |node| kind(node, &RECOGNIZERS))?;
    let by = match kind {
        Kind::OpenAi => {
            let model = section.required("model", "\"gpt-4o-mini-transcribe\"", values::text);
            let language = section.optional("language", values::text);
            let prompt = section.optional("prompt", values::text);
            let server = server(section, OPENAI, folder);
            model.map(|model| RecognizerKind::OpenAi(openai::Transcriber { model, language, prompt }, server))
        }
        Kind::Deepgram => {
            let model = section.required("model", "\"nova-3\"", values::text);
            let language = section.optional("language", values::text);
            let keyterms = section.optional("keyterms", keyterms).unwrap_or_default();
            let server = server(section, DEEPGRAM, folder);
            model.map(|model| {
                RecognizerKind::Deepgram(deepgram::Listener { model, language, keyterms }, server)
            })
        }
        Kind::ElevenLabs => {
            let model = section.required("model", "\"scribe_v2_realtime\"", values::text);
            let language = section.optional("language", values::text);
            let server = server(section, ELEVENLABS, folder);
            model.map(|model| RecognizerKind::ElevenLabs(elevenlabs::Listener { model, language }, server))
        }
        Kind::Program => {
            program(section, "[\"whisper-cli\", \"-nt\", \"-np\", \"-\"]").map(RecognizerKind::Program)
        }
        #[cfg(feature = "local-speech")]
        Kind::Local => local::whisper(section, folder).map(RecognizerKind::Whisper),
        #[cfg(not(feature = "local-speech"))]
        Kind::Local => None,
    };
    let within = within(section);
    section.finish();
    Some(ConfiguredRecognizer { by: by?, within })
}

/// Reads one who speaks.
pub(super) fn synthesizer(section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredSynthesizer> {
    let kind = section.required("kind", "\"openai\"", |node| kind(node, &SYNTHESIZERS))?;
    let by = match kind {
        Kind::OpenAi => {
            let model = section.required("model", "\"gpt-4o-mini-tts\"", values::text);
            let name = section.required("voice", "\"alloy\"", values::text);
            let instructions = section.optional("instructions", values::text);
            let speed = section.optional("speed", speed);
            let server = server(section, OPENAI, folder);
            let voice = |(model, voice)| openai::Voice { model, voice, instructions, speed };
            model.zip(name).map(|pair| SynthesizerKind::OpenAi(voice(pair), server))
        }
        Kind::Deepgram => {
            let model = section.required("model", "\"aura-2-thalia-en\"", values::text);
            let server = server(section, DEEPGRAM, folder);
            model.map(|model| SynthesizerKind::Deepgram(deepgram::Voice { model }, server))
        }
        Kind::ElevenLabs => {
            let model = section.required("model", "\"eleven_flash_v2_5\"", values::text);
            let name = section.required("voice", "\"JBFqnCBsd6RMkjVDRZzb\"", values::text);
            let server = server(section, ELEVENLABS, folder);
            let voice = |(model, voice)| elevenlabs::Voice { model, voice };
            model.zip(name).map(|pair| SynthesizerKind::ElevenLabs(voice(pair), server))
        }
        Kind::Program => program(section, "[\"espeak-ng\", \"--stdout\"]").map(SynthesizerKind::Program),
        #[cfg(feature = "local-speech")]
        Kind::Local => local::piper(section, folder).map(SynthesizerKind::Piper),
        #[cfg(not(feature = "local-speech"))]
        Kind::Local => None,
    };
    let within = within(section);
    section.finish();
    Some(ConfiguredSynthesizer { by: by?, within })
}

/// Reads how an agent hears and speaks, if it does so by the gateway; it needs both.
pub(super) fn sound(
    section: &mut Section<'_, '_>,
    known: &Known<'_>,
    voicemail: Option<&OnMachine>,
) -> Option<ConfiguredSound> {
    let (hears, speaks) = (section.has("recognizer"), section.has("synthesizer"));
    let recognizers = section.optional("recognizer", |node| names(node, "recognizer", &known.recognizers));
    let synthesizers =
        section.optional("synthesizer", |node| names(node, "synthesizer", &known.synthesizers));
    if hears != speaks {
        let (there, needed) =
            if hears { ("recognizer", "synthesizer") } else { ("synthesizer", "recognizer") };
        let there = section.full_name(there);
        section.wrong(format!(
            "`{there}` stands alone; add a `{needed}`, or leave it out, so that the carrier does both"
        ));
    }
    if !hears && !speaks {
        return None;
    }
    let pause = section.optional("pause", |node| duration(node, PAUSES)).unwrap_or(PAUSE);
    let barge_in = section.optional("barge_in", values::boolean).unwrap_or(true);
    Some(ConfiguredSound {
        recognizers: recognizers?,
        synthesizers: synthesizers?,
        pause,
        barge_in,
        voicemail: voicemail.cloned(),
    })
}

/// One name, or several of which each is asked when those before it fail.
pub(super) fn names(node: &Node, what: &str, known: &[&str]) -> Result<Vec<String>, Rejected> {
    let names = match &node.value {
        Value::Text(name) => vec![(name.as_str(), &node.origin)],
        _ => values::texts(node, "[\"first\", \"second\"]")?,
    };
    if names.is_empty() {
        return Err(format!("names no {what}").into());
    }
    let twice = (1..names.len()).find(|at| names[..*at].iter().any(|(before, _)| *before == names[*at].0));
    if let Some((name, origin)) = twice.map(|at| names[at]) {
        return Err(Rejected::at(origin, format!("has {name:?} twice; name each {what} once")));
    }
    let name = |(name, origin): (&str, _)| {
        if known.contains(&name) {
            return Ok(name.to_owned());
        }
        let way_out = match known {
            [] => format!("add it under [{what}s]"),
            _ => suggest::way_out(name, known.iter().copied()),
        };
        Err(Rejected::at(origin, format!("is {name:?}, which is no configured {what}; {way_out}")))
    };
    names.into_iter().map(name).collect()
}

fn server(section: &mut Section<'_, '_>, default: &str, folder: &Path) -> ConfiguredServer {
    let base_url = section.optional("base_url", values::base_url);
    let base_url = base_url.unwrap_or_else(|| BaseUrl(default.to_owned()));
    ConfiguredServer { base_url, key: secret(section, "api_key", folder) }
}

fn program(section: &mut Section<'_, '_>, example: &str) -> Option<Vec<String>> {
    section.required("command", example, values::command)
}

fn within(section: &mut Section<'_, '_>) -> Duration {
    section.optional("within", |node| duration(node, WITHINS)).unwrap_or(WITHIN)
}

fn keyterms(node: &Node) -> Result<Vec<String>, Rejected> {
    Ok(values::texts(node, "[\"Grand Hotel\"]")?.into_iter().map(|(term, _)| term.to_owned()).collect())
}

fn speed(node: &Node) -> Result<f64, Rejected> {
    let speed = values::rate(node)?;
    if (0.25..=4.0).contains(&speed) { Ok(speed) } else { Err(format!("is {speed}; give 0.25 to 4").into()) }
}

/// Of which kind somebody is, if this offhook has it.
fn kind(node: &Node, kinds: &[(&str, Kind)]) -> Result<Kind, Rejected> {
    match values::word(node, kinds)? {
        Kind::Local if cfg!(not(feature = "local-speech")) => Err("needs an offhook that was built with \
            `--features local-speech`, and this one wasn't; build it so, or use kind = \"program\""
            .into()),
        kind => Ok(kind),
    }
}

/// Of which kind somebody is.
#[derive(Clone, Copy)]
enum Kind {
    OpenAi,
    Deepgram,
    ElevenLabs,
    Program,
    /// In this process.
    Local,
}

const RECOGNIZERS: [(&str, Kind); 5] = [
    ("openai", Kind::OpenAi),
    ("deepgram", Kind::Deepgram),
    ("elevenlabs", Kind::ElevenLabs),
    ("program", Kind::Program),
    ("whisper", Kind::Local),
];
const SYNTHESIZERS: [(&str, Kind); 5] = [
    ("openai", Kind::OpenAi),
    ("deepgram", Kind::Deepgram),
    ("elevenlabs", Kind::ElevenLabs),
    ("program", Kind::Program),
    ("piper", Kind::Local),
];
/// The defaults of `base_url`.
const OPENAI: &str = "https://api.openai.com/v1";
const DEEPGRAM: &str = "https://api.deepgram.com";
const ELEVENLABS: &str = "https://api.elevenlabs.io";
/// What `within` may be, and its default.
const WITHINS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(10);
/// What `pause` may be, and its default.
const PAUSES: RangeInclusive<Duration> = Duration::from_millis(200)..=Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(600);
