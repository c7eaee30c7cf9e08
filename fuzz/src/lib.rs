//! Properties of everything that outsiders write, for inputs that nobody thought of.
//!
//! Each [`Target`] takes any bytes and panics where a promise is broken. libFuzzer hands it inputs
//! that reach ever more of the code (`main.rs`, `run`); the tests hand it the kept ones.

mod carriers;
mod chat;
mod document;
mod input;
mod number;
mod realtime;
mod recognizer;
mod relay;
mod reply;
mod signing;
mod sound;
mod stream;
mod webhook;

/// Something that takes what outsiders write.
pub struct Target {
    /// Its name, and that of its folder in `corpus`.
    pub name: &'static str,
    /// Takes any bytes.
    ///
    /// # Panics
    /// A promise is broken.
    pub take: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 10] = [
    Target { name: "webhook", take: webhook::take },
    Target { name: "reply", take: reply::take },
    Target { name: "document", take: document::take },
    Target { name: "stream", take: stream::take },
    Target { name: "number", take: number::take },
    Target { name: "chat", take: chat::take },
    Target { name: "realtime", take: realtime::take },
    Target { name: "relay", take: relay::take },
    Target { name: "sound", take: sound::take },
    Target { name: "recognizer", take: recognizer::take },
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::TARGETS;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_kept_input_keeps_every_promise() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        for target in TARGETS {
            let kept = fs::read_dir(corpus.join(target.name)).unwrap().map(|entry| entry.unwrap().path());
            let kept: Vec<_> = kept.collect();
            assert!(!kept.is_empty(), "{} has no corpus", target.name);
            for path in kept {
                let input = fs::read(&path).unwrap();
                let outcome = std::panic::catch_unwind(|| (target.take)(&input));
                assert!(outcome.is_ok(), "{} breaks a promise", path.display());
            }
        }
        let folders = fs::read_dir(&corpus).unwrap().count();
        assert_eq!(folders, TARGETS.len(), "a folder of the corpus belongs to no target");
    }
}
