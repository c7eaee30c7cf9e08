//! Takes another configuration while calls live: by `POST /v1/reload`, or SIGHUP.

use super::{assemble, network, token};
use crate::config::settings::{Alarms, Api, Config, ConfiguredNotices};
use crate::config::{Environment, Loaded, Renewal, Source};
use crate::http::{Asked, Rate, ReloadError, Reloaded, Terms};
use anyhow::Context as _;
use carrier::Installation;
use engine::{Calls, Reload};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// The one that takes configurations, one after the other.
pub(super) struct Reloader {
    source: Source,
    in_force: Config,
    installation: Installation,
    calls: Calls,
    public_url: Arc<str>,
    news: News,
}

/// Those who are told of a configuration that was taken.
pub(super) struct News {
    pub(super) terms: watch::Sender<Arc<Terms>>,
    pub(super) alarms: watch::Sender<Alarms>,
    pub(super) notices: watch::Sender<BTreeMap<String, ConfiguredNotices>>,
}

/// SIGHUP, which has two meanings: of a process without a terminal it asks to read the configuration
/// anew, and of one whose terminal went away to end.
pub(super) struct Hangups {
    signal: Signal,
    had_terminal: bool,
}

/// What the configuration says of the pages.
///
/// # Errors
/// The token can't be kept beside the store.
pub(super) fn terms(config: &Config) -> anyhow::Result<Terms> {
    let token = token::of(config).with_context(|| {
        format!("cannot keep the API token in {}", config.store.url.token_file().display())
    })?;
    let Api { open_metrics, requests_per_second, burst, .. } = config.api;
    let rate = (requests_per_second > 0)
        .then(|| Rate { apart: Duration::from_secs(1) / requests_per_second, burst });
    let (import, networks) = (assemble::import_mapping(config), network::addresses(config));
    Ok(Terms { token, rate, open_metrics, import, networks })
}

impl Reloader {
    pub(super) fn new(
        loaded: &Loaded,
        installation: Installation,
        calls: Calls,
        public_url: Arc<str>,
        news: News,
    ) -> Reloader {
        let Loaded { config, source, .. } = loaded;
        let (source, in_force) = (source.clone(), config.clone());
        Reloader { source, in_force, installation, calls, public_url, news }
    }

    /// Reloads whenever that is asked for, until the terminal goes away.
    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<Asked>, mut hangups: Hangups) {
        loop {
            let answer = tokio::select! {
                Some(answer) = asked.recv() => Some(answer),
                () = hangups.heard() => None,
            };
            if answer.is_none() && hangups.lost_terminal() {
                return;
            }
            let outcome = self.reload().await;
            self.note(&outcome);
            if let Some(answer) = answer {
                // Whoever asked may have gone away; what was taken over stands.
                let _ = answer.send(outcome);
            }
        }
    }

    /// Reads what is written, and takes over all of it that can be, or nothing.
    async fn reload(&mut self) -> Result<Reloaded, ReloadError> {
        let renewal = Renewal::read(&self.source, &self.in_force, &Environment::of_process())?;
        let terms = terms(&renewal.config)?;
        let look = renewal.touches("carriers");
        let reload = Reload {
            lines: assemble::lines(&renewal.config, &self.public_url, Some(&self.installation))?,
            settings: assemble::ready(&renewal.config).await?,
            keep: assemble::keep(&renewal.config),
            look,
        };
        self.calls.reload(reload).await?;
        self.news.terms.send_replace(Arc::new(terms));
        if renewal.touches("alarms") {
            self.news.alarms.send_replace(renewal.config.alarms.clone());
        }
        if renewal.touches("notices") {
            self.news.notices.send_replace(renewal.config.notices.clone());
        }
        if look || renewal.touches("numbers") {
            let (config, public_url) = (renewal.config.clone(), Arc::clone(&self.public_url));
            tokio::spawn(async move { network::tell_numbers(&config, &public_url).await });
        }
        let Renewal { config, changed, needs_restart } = renewal;
        self.in_force = config;
        Ok(Reloaded { changed, needs_restart })
    }

    /// Tells in the log and in the health what came of it: names of settings, never their values.
    fn note(&self, outcome: &Result<Reloaded, ReloadError>) {
        match outcome {
            Ok(Reloaded { changed, needs_restart }) => {
                tracing::info!(?changed, ?needs_restart, "the configuration was read anew");
                self.calls.note_configuration(None);
            }
            Err(error) => {
                tracing::error!(%error, "a configuration was refused; the one before stays in force");
                self.calls.note_configuration(Some(refused(error)));
            }
        }
    }
}

/// For the health, which anybody may see: not what is written in the file.
fn refused(error: &ReloadError) -> String {
    let why = match error {
        ReloadError::Config(faults) => faults.summary(),
        ReloadError::Engine(error) => error.to_string(),
        ReloadError::Other(_) => "cannot use the configuration".to_owned(),
    };
    format!("{why}; the configuration before stays in force: mend the new one, then 'offhook reload'")
}

impl Hangups {
    /// From here on the signal doesn't end the process.
    ///
    /// # Errors
    /// It can't be listened for.
    pub(super) fn listen() -> anyhow::Result<Hangups> {
        let signal = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        Ok(Hangups { signal, had_terminal: has_terminal() })
    }

    async fn heard(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    fn lost_terminal(&self) -> bool {
        self.had_terminal && !has_terminal()
    }
}

/// Whether this process belongs to a terminal that is still there.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}
