//! When somebody on a line speaks, and how late that is known.

use super::bridge::TELEPHONE;
use audio::activity::{ENDS_LATE, STARTS_LATE, Settings};
use std::time::Duration;

pub(super) use audio::activity::{Activity, Speech};

/// Hears when somebody starts to speak, and when they have been silent for this long.
pub(super) fn hears_speech(pause: Duration) -> Activity {
    Activity::new(TELEPHONE, Settings { speech_min: SPEECH_MIN, pause_min: pause, ..Settings::default() })
}

/// Since when whoever starts to speak has been heard, if they are known to at this time.
pub(super) fn audible_since(now: Duration) -> Duration {
    now.saturating_sub(SPEECH_MIN + STARTS_LATE)
}

/// Since when whoever ends is silent, if they are known to be after this pause at this time.
pub(super) fn silent_since(now: Duration, pause: Duration) -> Duration {
    now.saturating_sub(pause + ENDS_LATE)
}

/// How long speech must be probable to be some: soon enough to stop at once for whoever speaks, and what was
/// none is found out when it is understood.
const SPEECH_MIN: Duration = Duration::from_millis(100);
