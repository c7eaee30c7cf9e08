//! Where output goes: documents to the standard output, remarks to the standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use serde_json::Value;

use super::paint::Paint;
use crate::config::Environment;

/// What the two outputs are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// How the standard output is coloured.
    pub(crate) paint: Paint,
    /// Whether a person watches the standard error, so that something may move there.
    pub(crate) is_live: bool,
    /// Whether a person reads the standard output, rather than a program.
    pub(crate) is_read_by_person: bool,
}

impl Terminal {
    /// Looks at the outputs of this process. Colour is for terminals, unless `no_color` or
    /// `NO_COLOR` forbids it, see <https://no-color.org>.
    pub(crate) fn of_process(no_color: bool, environment: &Environment) -> Self {
        let is_dumb = environment.get("TERM") == Some("dumb");
        let is_read_by_person = io::stdout().is_terminal();
        let coloured = is_read_by_person && !no_color && !is_dumb && environment.get("NO_COLOR").is_none();
        Self {
            paint: if coloured { Paint::Coloured } else { Paint::Plain },
            is_live: io::stderr().is_terminal() && !is_dumb,
            is_read_by_person,
        }
    }

    /// Prints to the standard output.
    ///
    /// # Errors
    /// It is full or broken. A reader who has seen enough, such as `head`, is no error.
    pub(crate) fn print(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Prints to the standard output, and says whether somebody still reads it.
    ///
    /// # Errors
    /// It is full or broken.
    pub(crate) fn print_to_reader(self, text: &str) -> io::Result<bool> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Prints a document as it came, and ends it with a line break.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub(crate) fn print_document(self, text: &str) -> io::Result<()> {
        self.print(&format!("{}\n", text.trim_end()))
    }

    /// Prints a JSON document.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub(crate) fn print_json(self, json: &Value) -> io::Result<()> {
        self.print(&format!("{json}\n"))
    }

    /// Prints a line to the standard error. If that is broken there is nobody to tell.
    pub(crate) fn remark(self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}
