//! Piper's voices, pure: what a voice's description says, and how a text becomes what the voice reads.
//!
//! A voice reads phonemes as numbers. espeak-ng tells the phonemes of a clause, and drops the mark at its end,
//! by which the voice knows how to speak it: so a text is cut into clauses here, and the marks are put back.
//!
//! Source: piper-phonemize 1.2, by which the voices were trained.

use audio::SampleRate;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the description of a voice says.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// The rate of its sound.
    pub rate: SampleRate,
    /// espeak-ng's name of what it speaks.
    pub language: String,
    /// How much it varies in sound.
    pub noise_scale: f32,
    /// How slow it speaks.
    pub length_scale: f32,
    /// How much it varies in time.
    pub noise_w: f32,
    n_speakers: i32,
    speakers: BTreeMap<String, i32>,
    ids: BTreeMap<char, Vec<i32>>,
}

/// A sentence: clauses, each with the mark at its end.
pub type Sentence<'a> = Vec<(&'a str, char)>;

/// A description as it is written.
#[derive(Deserialize)]
struct Description {
    audio: Audio,
    espeak: Espeak,
    #[serde(default)]
    inference: Inference,
    #[serde(default = "text_type")]
    phoneme_type: String,
    #[serde(default)]
    num_speakers: i32,
    #[serde(default)]
    speaker_id_map: BTreeMap<String, i32>,
    phoneme_id_map: BTreeMap<String, Vec<i32>>,
}

#[derive(Deserialize)]
struct Audio {
    sample_rate: u32,
}

#[derive(Deserialize)]
struct Espeak {
    voice: String,
}

#[derive(Deserialize)]
#[serde(default)]
struct Inference {
    noise_scale: f32,
    length_scale: f32,
    noise_w: f32,
}

impl Default for Inference {
    fn default() -> Inference {
        Inference { noise_scale: 0.667, length_scale: 1.0, noise_w: 0.8 }
    }
}

fn text_type() -> String {
    ESPEAK.to_owned()
}

impl Voice {
    /// Reads a description.
    ///
    /// # Errors
    /// It is none, or of a voice that can't be used, and why.
    pub fn read(json: &[u8]) -> Result<Voice, String> {
        let described: Description = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let Description {
            audio,
            espeak,
            inference,
            phoneme_type,
            num_speakers,
            speaker_id_map,
            phoneme_id_map,
        } = described;
        if phoneme_type != ESPEAK {
            return Err(format!("its phonemes are of the kind {phoneme_type:?}; use a voice of espeak's"));
        }
        let rate = SampleRate::from_hz(audio.sample_rate).map_err(|error| error.to_string())?;
        let mut ids = BTreeMap::new();
        for (phoneme, its) in phoneme_id_map {
            // A voice of espeak's has one letter for each.
            if let Ok(letter) = phoneme.parse::<char>() {
                ids.insert(letter, its);
            }
        }
        if let Some(missing) = [BEGIN, END, PAD].into_iter().find(|mark| !ids.contains_key(mark)) {
            return Err(format!("its phoneme_id_map lacks {missing:?}"));
        }
        Ok(Voice {
            rate,
            language: espeak.voice,
            noise_scale: inference.noise_scale,
            length_scale: inference.length_scale,
            noise_w: inference.noise_w,
            n_speakers: num_speakers,
            speakers: speaker_id_map,
            ids,
        })
    }

    /// The number of a speaker, of whom there are several, by name or number; the first if none is named. None
    /// where the voice has but one.
    ///
    /// # Errors
    /// There is no such speaker.
    pub fn speaker(&self, named: Option<&str>) -> Result<Option<i32>, String> {
        let several = self.n_speakers > 1;
        let Some(name) = named else { return Ok(several.then_some(0)) };
        let number = name.parse().ok().filter(|number| (0..self.n_speakers).contains(number));
        match self.speakers.get(name).copied().or(number) {
            Some(number) if several => Ok(Some(number)),
            _ if !several => Err("it has only one speaker; leave `speaker` out".to_owned()),
            _ => {
                let known: Vec<&str> = self.speakers.keys().map(String::as_str).take(SHOWN_MAX).collect();
                let of = self.n_speakers;
                Err(format!(
                    "it has no speaker {name:?}; it has {of}, by number from 0, or {}",
                    known.join(", ")
                ))
            }
        }
    }

    /// What the voice reads of phonemes. One that it doesn't know is left out.
    pub fn ids(&self, phonemes: &str) -> Vec<i32> {
        let id = |letter: char| self.ids.get(&letter).into_iter().flatten().copied();
        let mut ids: Vec<i32> = id(BEGIN).chain(id(PAD)).collect();
        for letter in phonemes.chars().filter(|letter| self.ids.contains_key(letter)) {
            ids.extend(id(letter).chain(id(PAD)));
        }
        ids.extend(id(END));
        ids
    }
}

/// The sentences of a text: a mark is an end where nothing follows it, or a space, so that numbers and addresses
/// stay whole.
pub fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut sentences = vec![Sentence::new()];
    let mut rest = text;
    while !rest.trim().is_empty() {
        let end = rest.char_indices().find(|(at, letter)| {
            let after = &rest[at + letter.len_utf8()..];
            CLAUSE_ENDS.contains(*letter)
                && (after.is_empty() || after.starts_with([' ', '\n', '\t', '"', '\'', ')']))
        });
        let (at, mark, next) = match end {
            Some((at, mark)) => (at, mark, at + mark.len_utf8()),
            None => (rest.len(), '.', rest.len()),
        };
        let clause = rest[..at].trim();
        if let (false, Some(sentence)) = (clause.is_empty(), sentences.last_mut()) {
            sentence.push((clause, mark));
        }
        if SENTENCE_ENDS.contains(mark) {
            sentences.push(Sentence::new());
        }
        rest = &rest[next..];
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// The phonemes of a sentence, of what espeak-ng says of its clauses.
pub fn joined<'a>(clauses: impl IntoIterator<Item = (&'a str, char)>) -> String {
    let mut joined = String::new();
    for (said, mark) in clauses {
        let said = spoken(said);
        if said.is_empty() {
            continue;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&said);
        joined.push(mark);
    }
    joined
}

/// What espeak-ng writes of one clause, a line of it or more, without its notes of other languages: `(en)`.
fn spoken(said: &str) -> String {
    let mut spoken = String::new();
    let mut in_note = false;
    for word in said.split_whitespace() {
        let mut of_word = String::new();
        for letter in word.chars() {
            match letter {
                '(' => in_note = true,
                ')' => in_note = false,
                _ if in_note => {}
                _ => of_word.push(letter),
            }
        }
        if !of_word.is_empty() {
            if !spoken.is_empty() {
                spoken.push(' ');
            }
            spoken.push_str(&of_word);
        }
    }
    spoken
}

/// Marks that end a clause, and those that end a sentence.
const CLAUSE_ENDS: &str = ".!?,;:";
const SENTENCE_ENDS: &str = ".!?";
/// What stands before, behind and between phonemes.
const BEGIN: char = '^';
const END: char = '$';
const PAD: char = '_';
const ESPEAK: &str = "espeak";
/// So many speakers are named to whoever names another.
const SHOWN_MAX: usize = 10;

#[cfg(test)]
mod tests;
