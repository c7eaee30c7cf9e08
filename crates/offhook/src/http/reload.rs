//! `POST /v1/reload`: the configuration is read anew, while calls live.

use super::problem::Kind;
use super::{Pages, Problem};
use crate::config::ConfigFaults;
use axum::Json;
use engine::EngineError;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use tokio::sync::{mpsc, oneshot};

/// Has the configuration read anew, by the one task that may.
#[derive(Clone)]
pub(crate) struct Reloads {
    asked: mpsc::Sender<Asked>,
}

/// Somebody who waits for the outcome.
pub(crate) type Asked = oneshot::Sender<Result<Reloaded, ReloadError>>;

/// What came of it, by the names of settings and never their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Reloaded {
    /// What was taken over.
    pub(crate) changed: BTreeSet<String>,
    /// What can't be, and stays as it was.
    pub(crate) needs_restart: BTreeSet<String>,
}

/// Why the configuration before stays in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReloadError {
    /// What is written has faults.
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    /// Calls live at a carrier that it leaves out, or the store failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The gateway couldn't make of it what it needs.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Reloads {
    /// A handle, and what is asked by it.
    pub(crate) fn new() -> (Reloads, mpsc::Receiver<Asked>) {
        let (asked, waiting) = mpsc::channel(WAITING_MAX);
        (Reloads { asked }, waiting)
    }

    async fn reload(&self) -> Result<Reloaded, ReloadError> {
        let stopping = || anyhow::anyhow!("the gateway is stopping");
        let (answer, answered) = oneshot::channel();
        self.asked.send(answer).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())?
    }
}

/// Reads the configuration anew: 200 with what was taken over, or why nothing was.
pub(crate) async fn reload(pages: Pages) -> Result<Json<Reloaded>, Problem> {
    Ok(Json(pages.reloads.reload().await?))
}

impl From<ReloadError> for Problem {
    fn from(error: ReloadError) -> Problem {
        match error {
            ReloadError::Config(faults) => Problem::faults(&faults),
            ReloadError::Engine(error) => error.into(),
            ReloadError::Other(error) => {
                Problem::new(Kind::ConfigurationRefused, format!("{error:#}; the one before stays in force"))
            }
        }
    }
}

/// So many may wait while the configuration is read.
const WAITING_MAX: usize = 8;
