//! How far a call got.

use serde::{Deserialize, Serialize};

/// How far a call got, in words that all carriers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The carrier has it; no phone rings yet.
    Initiated,
    /// The phone rings.
    Ringing,
    /// It was answered.
    InProgress,
}
