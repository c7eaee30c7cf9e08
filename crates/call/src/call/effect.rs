//! What a call owes the outside world after a step.

use super::command::CommandId;
use crate::ids::CarrierCallId;

/// Something that the shell must do, after the state that owes it is on disk.
///
/// An effect is never stored: the state says what is owed, and [`resume`](super::resume()) reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the carrier to make the call. At most one such request ever leaves for a call.
    Place,
    /// Search the carrier's calls for a placement whose fate is unknown.
    Find,
    /// Ask the carrier how this leg stands.
    LookUp(CarrierCallId),
    /// Ask the carrier to end this leg.
    HangUp(CarrierCallId),
    /// Ask the carrier to answer this inbound leg.
    Answer(CarrierCallId),
    /// Ask the carrier to do what was asked of the call. At most one such request ever leaves for a
    /// command.
    Perform(CommandId),
    /// Tell the carrier that nobody waits for this command any more: what was begun for it ends.
    Conclude(CommandId),
    /// Ask the carrier to record the call. At most one such request ever leaves for a call.
    Record,
    /// Ask the carrier to record no longer.
    StopRecording,
    /// Look for what the carrier recorded, and fetch it.
    FetchRecording,
    /// Have the carrier delete what it recorded.
    DropRecording,
}
