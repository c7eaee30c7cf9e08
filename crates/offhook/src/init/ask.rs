//! The questions: each is answered by an option, or else by a person at the terminal, who is asked
//! again until the answer is one.

use std::io::{BufRead, Write};

use super::InitError;

/// One question.
pub(super) struct Question<'a> {
    /// The option that answers it, such as `--number`.
    pub(super) option: &'a str,
    /// What a person is asked.
    pub(super) asked: &'a str,
    /// What an empty answer means; none where there must be one.
    pub(super) usual: Option<&'a str>,
}

/// Who answers what no option does.
pub(super) enum Who<'a> {
    /// A person.
    Person {
        /// What they type.
        answers: &'a mut dyn BufRead,
        /// Where they are asked.
        screen: &'a mut dyn Write,
    },
    /// Nobody: what has no usual answer is missing.
    Nobody,
}

/// Asks, and keeps what is missing.
pub(super) struct Asking<'a> {
    who: Who<'a>,
    missing: Vec<String>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(who: Who<'a>) -> Self {
        Self { who, missing: Vec::new() }
    }

    /// The answer to a question. `None` where nobody could be asked, which [`done`](Self::done) tells.
    ///
    /// # Errors
    /// The option's value is none, or the person went away.
    pub(super) fn answer<T>(
        &mut self,
        question: &Question<'_>,
        given: Option<&str>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, InitError> {
        let refuse = |why: String| InitError::Usage(format!("{} {why}", question.option));
        match (given, &mut self.who, question.usual) {
            (Some(given), _, _) => read(given.trim()).map(Some).map_err(refuse),
            (None, Who::Nobody, Some(usual)) => read(usual).map(Some).map_err(refuse),
            (None, Who::Nobody, None) => {
                self.missing.push(question.option.to_owned());
                Ok(None)
            }
            (None, Who::Person { answers, screen }, _) => ask(*answers, *screen, question, read).map(Some),
        }
    }

    /// Whether a person is asked.
    pub(super) fn is_person(&self) -> bool {
        matches!(self.who, Who::Person { .. })
    }

    /// Says to a person what comes next.
    pub(super) fn tell(&mut self, line: &str) -> Result<(), InitError> {
        if let Who::Person { screen, .. } = &mut self.who {
            writeln!(screen, "{line}")?;
        }
        Ok(())
    }

    /// Refuses, if anything was missing.
    ///
    /// # Errors
    /// All that was.
    pub(super) fn done(self) -> Result<(), InitError> {
        match self.missing.as_slice() {
            [] => Ok(()),
            missing => Err(InitError::Usage(format!(
                "this is no terminal, so nobody can be asked; give {} too, or run it on a terminal",
                missing.join(" and ")
            ))),
        }
    }
}

fn ask<T>(
    answers: &mut dyn BufRead,
    screen: &mut dyn Write,
    question: &Question<'_>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, InitError> {
    for _ in 0..TRIES_MAX {
        match question.usual {
            Some("") => write!(screen, "{} [none]: ", question.asked)?,
            Some(usual) => write!(screen, "{} [{usual}]: ", question.asked)?,
            None => write!(screen, "{}: ", question.asked)?,
        }
        screen.flush()?;
        let mut line = String::new();
        if answers.read_line(&mut line)? == 0 {
            writeln!(screen)?;
            return Err(InitError::GaveUp);
        }
        let typed = line.trim();
        let answer = match (typed, question.usual) {
            ("", Some(usual)) => read(usual),
            ("", None) => Err("needs an answer; Ctrl-C leaves, and nothing is written".to_owned()),
            (typed, _) => read(typed),
        };
        match answer {
            Ok(answer) => return Ok(answer),
            Err(why) => writeln!(screen, "  that {why}")?,
        }
    }
    Err(InitError::GaveUp)
}

/// Whoever has not found an answer by then is a program that types.
const TRIES_MAX: usize = 20;
