//! Reads who understands speech and who speaks in this process.

use std::path::{Path, PathBuf};

use speech::local::{Piper, Whisper};

use super::super::section::{Rejected, Section};
use super::super::tree::Node;
use super::super::values;
use super::speed;

/// Reads Whisper.
pub(super) fn whisper(section: &mut Section<'_, '_>, folder: &Path) -> Option<Whisper> {
    let model = model(section, "\"/srv/models/ggml-base.en.bin\"", folder);
    let language = section.optional("language", line);
    let prompt = section.optional("prompt", line);
    let threads = threads(section);
    Some(Whisper { model: model?, language, prompt, threads })
}

/// Reads a voice of Piper's.
pub(super) fn piper(section: &mut Section<'_, '_>, folder: &Path) -> Option<Piper> {
    let model = model(section, "\"/srv/voices/en_US-lessac-medium.onnx\"", folder);
    let phonemes = section.optional("phonemes", values::text).unwrap_or_else(|| "espeak-ng".to_owned());
    let speed = section.optional("speed", speed).unwrap_or(1.0);
    let speaker = section.optional("speaker", values::text);
    let threads = threads(section);
    Some(Piper { model: model?, phonemes, speed, speaker, threads })
}

fn model(section: &mut Section<'_, '_>, example: &str, folder: &Path) -> Option<PathBuf> {
    let environment = section.environment();
    section
        .required("model", example, |node| values::path_from(&values::text(node)?, node, folder, environment))
}

/// A text for a library of C, whose texts end at a NUL.
fn line(node: &Node) -> Result<String, Rejected> {
    let text = values::text(node)?;
    if text.contains('\0') { Err("has a NUL in it; leave that out".into()) } else { Ok(text) }
}

fn threads(section: &mut Section<'_, '_>) -> usize {
    section
        .optional("threads", |node| values::integer(node, 1..=THREADS_MOST))
        .map_or(1, |threads| threads as usize)
}

const THREADS_MOST: u32 = 64;
