//! Who speaks and who understands: each synthesizer says a sentence, and each recognizer hears one.

use carrier::send::Sender;
use engine::{RecognizerSettings, Said, SynthesizerSettings, say, understand};
use std::time::Duration;

use super::finding::Finding;
use super::plain;

/// Tries all of them, one after another.
pub(super) async fn examine(
    sender: &Sender,
    recognizers: &[RecognizerSettings],
    synthesizers: &[SynthesizerSettings],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut spoken = None;
    for one in synthesizers {
        let said = say(sender, one, SENTENCE).await;
        findings.push(of_synthesizer(&one.name, &said));
        spoken = spoken.or(said.ok());
    }
    for one in recognizers {
        findings.push(match &spoken {
            Some(said) => of_recognizer(&one.name, understand(sender, one, &said.sound).await),
            None => Finding::note(
                CHECK,
                format!("recognizer {:?} was not tried: no synthesizer says anything to it", one.name),
                "add a synthesizer, or mend one",
            ),
        });
    }
    findings
}

fn of_synthesizer(name: &str, said: &Result<Said, String>) -> Finding {
    match said {
        Ok(said) => Finding::ok(
            CHECK,
            format!(
                "synthesizer {name:?} says a sentence of {:.1} s; its first sound comes after {} ms",
                said.lasts().as_secs_f64(),
                said.first_after.as_millis()
            ),
        ),
        Err(why) => Finding::failed(
            CHECK,
            format!("synthesizer {name:?} says nothing: {}", plain(why)),
            format!("mend [synthesizers.{name}]: its key, its address, its command or its model"),
        ),
    }
}

fn of_recognizer(name: &str, heard: Result<(String, Duration), String>) -> Finding {
    match heard.as_ref().map(|(words, took)| (words.trim(), took.as_millis())) {
        Ok(("", _)) => Finding::warning(
            CHECK,
            format!("recognizer {name:?} heard nothing in {SENTENCE:?}"),
            format!("see that the model of [recognizers.{name}] knows the language and takes 8 kHz"),
        ),
        Ok((words, ms)) => {
            Finding::ok(CHECK, format!("recognizer {name:?} heard {words:?} in {SENTENCE:?}, in {ms} ms"))
        }
        Err(why) => Finding::failed(
            CHECK,
            format!("recognizer {name:?} understands nothing: {}", plain(why)),
            format!("mend [recognizers.{name}]: its key, its address, its command or its model"),
        ),
    }
}

const CHECK: &str = "speech";
/// Of words that every recognizer knows.
const SENTENCE: &str = "Good morning, how can I help you today?";
