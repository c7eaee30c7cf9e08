//! Shows on a terminal that time passes, where something takes longer than a moment.

use std::future::Future;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Terminal;

/// Waits for `work`, and once that takes longer than a moment says that it goes on. What was shown is gone
/// when it is done.
pub(crate) async fn patient<T>(terminal: Terminal, what: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(A_MOMENT) => {}
    }
    let _waiting = Waiting::begin(terminal, what);
    work.await
}

/// Something that goes on; it is shown until this is dropped.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Begins to show it.
    pub(crate) fn begin(terminal: Terminal, what: &str) -> Self {
        let spinner = spinner(terminal);
        spinner.set_message(what.to_owned());
        Self(spinner)
    }

    /// Says how far it is.
    pub(crate) fn tell(&self, what: String) {
        self.0.set_message(what);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A sign of life on a terminal; nothing where nobody watches.
pub(super) fn spinner(terminal: Terminal) -> ProgressBar {
    if !terminal.is_live {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let spinner = ProgressBar::new_spinner().with_style(style);
    spinner.enable_steady_tick(SPINNER_TURNS_EVERY);
    spinner
}

const A_MOMENT: Duration = Duration::from_secs(1);

const SPINNER_TURNS_EVERY: Duration = Duration::from_millis(120);
