//! The streams of carriers: who is let in, and what is told when one is over.

use super::{Calls, EngineError};
use crate::heard::{Answer, Heard};
use crate::media::{Admitted, bridge};
use call::CallId;
use call::call::{CommandId, News, Source, StreamEnd};

/// Why a carrier's stream is not let in.
#[derive(Debug, thiserror::Error)]
pub enum StreamRefused {
    /// Its address is none of ours.
    #[error("this is no address of a stream")]
    NotOurs,
    /// The carrier didn't sign the upgrade, or somebody else did.
    #[error("the upgrade is not signed by the carrier; check public_url and the carrier's token")]
    Unsigned,
    /// The command is over, or its stream came already.
    #[error("this stream came before, or too late")]
    TooLate,
    /// The program that it is for can't be reached.
    #[error("the program cannot be reached: {0}")]
    NoProgram(String),
    /// That it came could not be kept.
    #[error("{0}")]
    Store(String),
}

impl Calls {
    /// Lets a carrier's stream in by the last part of its address: once, if its command awaits it and
    /// the carrier's signature is right where it has one. The program is connected when this returns.
    ///
    /// # Errors
    /// [`StreamRefused`].
    pub async fn admit_stream(
        &self,
        ticket: &str,
        header: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Admitted, StreamRefused> {
        let door = self.inner.runner.wire.door.as_ref().ok_or(StreamRefused::NotOurs)?;
        let known = door.read(ticket).ok_or(StreamRefused::NotOurs)?;
        let kept = self.get(known.call).await?.ok_or(StreamRefused::TooLate)?;
        let lane = self.inner.runner.wire.lane_of(&kept.call).ok_or(StreamRefused::TooLate)?;
        let carrier = lane.carrier();
        carrier.verify_upgrade(&door.address(known), header).map_err(|_| StreamRefused::Unsigned)?;
        let attach = Heard::Attach { call: known.call, command: known.command, number: known.number };
        let Answer::Call(call) = self.inner.ear.hear(attach).await.map_err(EngineError::from)? else {
            return Err(StreamRefused::TooLate);
        };
        let by_agent = call.command(known.command).is_some_and(|command| command.by_agent);
        let agent = call.facts.agent.as_ref().filter(|_| by_agent);
        let credential = agent.and_then(|agent| self.credential_of(agent));
        match bridge::reach(&call, known.command, credential.as_ref()).await {
            Ok(program) => Ok(Admitted {
                calls: self.clone(),
                call: *call,
                command: known.command,
                number: known.number,
                carrier: carrier.clone(),
                program,
                credential,
            }),
            Err(refused) => {
                let code = "program_unreachable".to_owned();
                let end = StreamEnd::Failed { code };
                self.stream_is_over(known.call, known.command, known.number, end).await;
                Err(refused)
            }
        }
    }

    /// Tells a call that its stream is over. If that can't be kept it is noticed at the next start.
    pub(crate) async fn stream_is_over(&self, call: CallId, id: CommandId, number: u32, end: StreamEnd) {
        let news = News::StreamOver { id, number, end };
        if let Err(error) = self.inner.ear.hear(Heard::News { call, source: Source::Gateway, news }).await {
            tracing::warn!(%call, error = error.0, "the end of a stream is not on disk yet");
        }
    }
}

impl From<EngineError> for StreamRefused {
    fn from(error: EngineError) -> StreamRefused {
        StreamRefused::Store(error.to_string())
    }
}
