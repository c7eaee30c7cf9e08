//! Piper's voices, by rten: one in memory for all calls.

use crate::espeak::phonemes;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use speech::local::Piper;
use speech::piper::{Voice, sentences};
use speech::{Cancellation, Form, LocalSynthesizer};
use std::fmt::{Debug, Display};
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

/// Says texts by a voice of Piper's.
#[derive(Debug)]
pub struct PiperVoice {
    settings: Piper,
    /// None until it is needed.
    loaded: Mutex<Option<Arc<Loaded>>>,
}

/// A voice in memory.
struct Loaded {
    voice: Voice,
    /// Which of several speaks.
    speaker: Option<i32>,
    model: Model,
    input: NodeId,
    lengths: NodeId,
    scales: NodeId,
    output: NodeId,
    threads: Arc<ThreadPool>,
}

impl PiperVoice {
    /// One that isn't read yet.
    pub fn new(settings: Piper) -> PiperVoice {
        PiperVoice { settings, loaded: Mutex::new(None) }
    }

    /// The voice, read once: whoever comes meanwhile waits for it.
    fn loaded(&self) -> Result<Arc<Loaded>, String> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*loaded {
            return Ok(Arc::clone(loaded));
        }
        let read = Arc::new(Loaded::read(&self.settings)?);
        Ok(Arc::clone(loaded.insert(read)))
    }
}

impl LocalSynthesizer for PiperVoice {
    fn load(&self) -> Result<(), String> {
        let loaded = self.loaded()?;
        // Whoever has no espeak-ng is told so at a start, and not on a call.
        phonemes(
            &self.settings.phonemes,
            &loaded.voice.language,
            &vec![("a", '.')],
            &Cancellation::default(),
        )?;
        Ok(())
    }

    fn say(
        &self,
        text: &str,
        cancellation: &Cancellation,
        tell: &mut dyn FnMut(Form, Vec<u8>),
    ) -> Result<(), String> {
        let loaded = self.loaded()?;
        for sentence in sentences(text) {
            let said = phonemes(&self.settings.phonemes, &loaded.voice.language, &sentence, cancellation)?;
            if said.is_empty() {
                continue;
            }
            let samples = loaded.speak(loaded.voice.ids(&said), self.settings.speed)?;
            if cancellation.is_cancelled() {
                return Err("it was cancelled".to_owned());
            }
            tell(Form::Pcm(loaded.voice.rate), pcm(&samples));
        }
        Ok(())
    }
}

impl Loaded {
    fn read(settings: &Piper) -> Result<Loaded, String> {
        let path = &settings.model;
        let wrong = |why: &dyn Display| format!("cannot read Piper's voice {}: {why}", path.display());
        // One that isn't there is told so before its description is.
        fs::File::open(path).map_err(|error| wrong(&error))?;
        let mut description = path.clone().into_os_string();
        description.push(".json");
        let of_description = |why: &dyn Display| {
            format!("cannot read {}, which describes Piper's voice: {why}", description.display())
        };
        let json = fs::read(&description).map_err(|error| of_description(&error))?;
        let voice = Voice::read(&json).map_err(|why| of_description(&why))?;
        let speaker = voice.speaker(settings.speaker.as_deref()).map_err(|why| wrong(&why))?;
        let model = ModelOptions::with_all_ops().load_file(path).map_err(|error| wrong(&error))?;
        let node = |name: &str| model.node_id(name).map_err(|error| wrong(&error));
        let (input, lengths, scales) = (node("input")?, node("input_lengths")?, node("scales")?);
        let output = node("output")?;
        let threads = Arc::new(ThreadPool::with_num_threads(settings.threads));
        Ok(Loaded { voice, speaker, input, lengths, scales, output, model, threads })
    }

    /// The sound of what the voice reads, between -1 and 1.
    fn speak(&self, ids: Vec<i32>, speed: f64) -> Result<Vec<f32>, String> {
        let Voice { noise_scale, length_scale, noise_w, .. } = self.voice;
        let n_ids = ids.len();
        let length = i32::try_from(n_ids).map_err(|error| failed(&error))?;
        let scales = vec![noise_scale, length_scale / speed as f32, noise_w];
        let mut inputs = vec![
            (self.input, value([1, n_ids], ids)?.into()),
            (self.lengths, value([1], vec![length])?.into()),
            (self.scales, Value::from_shape([3], scales).map_err(|error| failed(&error))?.into()),
        ];
        if let Some(speaker) = self.speaker {
            let node = self.model.node_id("sid").map_err(|error| failed(&error))?;
            inputs.push((node, value([1], vec![speaker])?.into()));
        }
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let said = self.model.run_n(inputs, [self.output], Some(options)).map_err(|error| failed(&error))?;
        let [said] = said;
        said.into_shape_vec::<f32, 4>().map(|(_, samples)| samples).map_err(|error| failed(&error))
    }
}

impl Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("voice", &self.voice).finish_non_exhaustive()
    }
}

fn value<const N: usize>(shape: [usize; N], numbers: Vec<i32>) -> Result<Value, String> {
    Value::from_shape(shape, numbers).map_err(|error| failed(&error))
}

fn failed(error: &dyn Display) -> String {
    format!("Piper failed: {error}")
}

/// As loud as Piper's own program has it: its loudest sample is as loud as there is.
fn pcm(samples: &[f32]) -> Vec<u8> {
    let loudest = samples.iter().fold(QUIETEST, |loudest, sample| loudest.max(sample.abs()));
    let scaled = samples.iter().map(|sample| (sample / loudest * f32::from(i16::MAX)) as i16);
    scaled.flat_map(i16::to_le_bytes).collect()
}

/// What is quieter isn't made louder.
const QUIETEST: f32 = 0.01;
