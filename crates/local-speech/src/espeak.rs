//! What is spoken in a sentence, by espeak-ng. Its licence is the GPL's: it is a program of its own, and never
//! linked.

use speech::Cancellation;
use speech::piper::{Sentence, joined};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use unicode_normalization::UnicodeNormalization as _;

/// The phonemes of a sentence, in the International Phonetic Alphabet.
///
/// # Errors
/// The program can't be run, or fails, and why; or it was cancelled.
pub(crate) fn phonemes(
    program: &str,
    language: &str,
    sentence: &Sentence<'_>,
    cancellation: &Cancellation,
) -> Result<String, String> {
    // All at once: a process each takes some 20 ms.
    let started = sentence.iter().map(|(clause, _)| Running::start(program, language, clause));
    let running = started.collect::<Result<Vec<_>, String>>()?;
    let until = Instant::now() + WITHIN;
    let said = running.into_iter().map(|mut clause| clause.said(until, cancellation));
    let said = said.collect::<Result<Vec<_>, String>>()?;
    let marks = sentence.iter().map(|(_, mark)| *mark);
    // The voices learned letters that are taken apart from their marks.
    Ok(joined(said.iter().map(String::as_str).zip(marks)).nfd().collect())
}

/// One that works on a clause. It ends when this is dropped.
struct Running<'a> {
    program: &'a str,
    child: Child,
}

impl<'a> Running<'a> {
    fn start(program: &'a str, language: &str, clause: &str) -> Result<Running<'a>, String> {
        let started = Command::new(program)
            .args(["-q", "--ipa", "-b", "1", "-v", language, "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let child = started.map_err(|error| {
            format!("cannot run {program}, which tells how words are spoken: {error}; install espeak-ng")
        })?;
        let mut running = Running { program, child };
        if let Some(mut stdin) = running.child.stdin.take() {
            // One that has heard enough closes it.
            let _ = stdin.write_all(clause.as_bytes());
        }
        Ok(running)
    }

    fn said(&mut self, until: Instant, cancellation: &Cancellation) -> Result<String, String> {
        let program = self.program;
        // What it writes of a clause fits into the pipe.
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if cancellation.is_cancelled() => return Err("it was cancelled".to_owned()),
                Ok(None) if Instant::now() < until => sleep(LOOK_EVERY),
                Ok(None) => return Err(format!("{program} took longer than {WITHIN:?}")),
                Err(error) => return Err(format!("{program}: {error}")),
            }
        };
        let (mut said, mut complaint) = (String::new(), String::new());
        if let Some(stdout) = &mut self.child.stdout {
            stdout.read_to_string(&mut said).map_err(|error| format!("{program}: {error}"))?;
        }
        if status.success() {
            return Ok(said);
        }
        if let Some(stderr) = &mut self.child.stderr {
            let _ = stderr.read_to_string(&mut complaint);
        }
        Err(format!("{program} failed ({status}): {}", complaint.trim()))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // Most have ended by themselves.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long it may take for a sentence.
const WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(1);
