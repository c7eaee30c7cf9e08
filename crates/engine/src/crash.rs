//! Where a gateway can be made to die, to stop or to wait for its disk, for the tests that do so.
//!
//! `OFFHOOK_CRASH_AT=place-unsent` has the process kill itself with SIGKILL when it gets to that
//! [`Point`] for the first time, `OFFHOOK_CRASH_AT=webhook-committed:3` for the third time. Nothing
//! runs after that: no destructor, no flush, no other thread. `OFFHOOK_STOP_AT` has the process stop
//! there by SIGSTOP in the same way, as a suspended machine does, until somebody sends SIGCONT.
//! `OFFHOOK_SLOW_COMMITS=400` has each commit take so many milliseconds longer, as on a slow disk. All
//! points are named here and nowhere else. The facility is there only in builds with debug assertions; a release has none of it, and
//! refuses the variable as a setting that it doesn't know.

#[cfg(debug_assertions)]
mod armed;

use crate::heard::{Answer, Heard};
use call::call::News;
use store::StoreError;

/// A step of the gateway before which, or after which, its process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A call was asked for and admitted, and the turn is not committed.
    OrderUncommitted,
    /// The call is on disk, ready to be placed. Nobody was told, and its request is not written.
    OrderCommitted,
    /// The connection stands, the request may leave, and not a byte of it has left.
    PlaceUnsent,
    /// The carrier said that it placed the call, and the turn that hears it is not committed.
    PlaceAnswered,
    /// A webhook was read and believed, and the turn that hears it is not committed.
    WebhookRead,
    /// What the webhook says is on disk, and the carrier has no answer yet.
    WebhookCommitted,
    /// A call is to end, and the turn is not committed.
    HangUpUncommitted,
    /// That the call is to end is on disk. Nobody was told, and no request for it is written.
    HangUpCommitted,
    /// The carrier answered a hang-up, and the turn that hears it is not committed.
    HangUpAnswered,
    /// A start found what is unfinished, and the turn that notes it is not committed.
    StartUncommitted,
    /// What a start found is noted, and nobody has looked yet.
    StartCommitted,
    /// The configuration was read anew, and the turn that hears it is not committed.
    ReloadUncommitted,
    /// The new configuration is in force, and nobody was asked with its credentials yet.
    ReloadCommitted,
    /// Calls that were due are taken, leased to a process that dies before it looks.
    DueTaken,
    /// A look or a search came back, and the turn that hears it is not committed.
    LookAnswered,
}

impl Point {
    /// All of them, in the order of a call's life.
    pub const ALL: [Point; 15] = [
        Point::OrderUncommitted,
        Point::OrderCommitted,
        Point::PlaceUnsent,
        Point::PlaceAnswered,
        Point::WebhookRead,
        Point::WebhookCommitted,
        Point::HangUpUncommitted,
        Point::HangUpCommitted,
        Point::HangUpAnswered,
        Point::StartUncommitted,
        Point::StartCommitted,
        Point::ReloadUncommitted,
        Point::ReloadCommitted,
        Point::DueTaken,
        Point::LookAnswered,
    ];

    /// The name of the point in [`VARIABLE`].
    pub fn word(self) -> &'static str {
        match self {
            Point::OrderUncommitted => "order-uncommitted",
            Point::OrderCommitted => "order-committed",
            Point::PlaceUnsent => "place-unsent",
            Point::PlaceAnswered => "place-answered",
            Point::WebhookRead => "webhook-read",
            Point::WebhookCommitted => "webhook-committed",
            Point::HangUpUncommitted => "hang-up-uncommitted",
            Point::HangUpCommitted => "hang-up-committed",
            Point::HangUpAnswered => "hang-up-answered",
            Point::StartUncommitted => "start-uncommitted",
            Point::StartCommitted => "start-committed",
            Point::ReloadUncommitted => "reload-uncommitted",
            Point::ReloadCommitted => "reload-committed",
            Point::DueTaken => "due-taken",
            Point::LookAnswered => "look-answered",
        }
    }
}

/// The variable of the environment that arms a point to die at.
pub const VARIABLE: &str = "OFFHOOK_CRASH_AT";

/// The variable of the environment that arms a point to stop at.
pub const STOP_VARIABLE: &str = "OFFHOOK_STOP_AT";

/// The variable of the environment that makes every commit slow.
pub const SLOW_VARIABLE: &str = "OFFHOOK_SLOW_COMMITS";

/// Whether points can be armed in this build. No release has any.
pub const CAN_CRASH: bool = cfg!(debug_assertions);

/// Dies or stops here, if the point is armed and it is its turn.
pub(crate) fn at(point: Point) {
    #[cfg(debug_assertions)]
    armed::pass(point);
    #[cfg(not(debug_assertions))]
    let _ = point;
}

/// Says at the start of a gateway which point is armed, if one is.
pub(crate) fn tell() {
    #[cfg(debug_assertions)]
    armed::tell();
}

/// The last moment before a turn's commit.
pub(crate) fn before_commit(heard: &[Heard], answers: &[Result<Answer, StoreError>], wrote: bool) {
    turned(heard, answers, |(before, _)| before);
    #[cfg(debug_assertions)]
    armed::wait_for_the_disk(wrote);
    #[cfg(not(debug_assertions))]
    let _ = wrote;
}

/// The first moment after it: whatever the turn owes is only a value yet.
pub(crate) fn after_commit(heard: &[Heard], answers: &[Result<Answer, StoreError>]) {
    turned(heard, answers, |(_, after)| after);
}

type Around = (Option<Point>, Option<Point>);

fn turned(heard: &[Heard], answers: &[Result<Answer, StoreError>], which: fn(Around) -> Option<Point>) {
    if CAN_CRASH {
        heard.iter().zip(answers).filter_map(|(heard, answer)| which(around(heard, answer))).for_each(at);
    }
}

/// The points before and after the commit of what was heard.
fn around(heard: &Heard, answer: &Result<Answer, StoreError>) -> Around {
    match heard {
        Heard::Order(_) => (Some(Point::OrderUncommitted), Some(Point::OrderCommitted)),
        Heard::Webhook { .. } => (Some(Point::WebhookRead), Some(Point::WebhookCommitted)),
        Heard::HangUp { .. } => (Some(Point::HangUpUncommitted), Some(Point::HangUpCommitted)),
        Heard::Start { .. } => (Some(Point::StartUncommitted), Some(Point::StartCommitted)),
        Heard::Reload { .. } => (Some(Point::ReloadUncommitted), Some(Point::ReloadCommitted)),
        Heard::TakeDue(_) if matches!(answer, Ok(Answer::Taken(1..))) => (None, Some(Point::DueTaken)),
        Heard::Seen { .. } | Heard::Candidates { .. } => (Some(Point::LookAnswered), None),
        Heard::News { news, .. } => (after_answer(news), None),
        Heard::Command { .. }
        | Heard::Stop { .. }
        | Heard::Attach { .. }
        | Heard::Prune { .. }
        | Heard::List { .. }
        | Heard::Unlist(_)
        | Heard::Token(_)
        | Heard::Accessed { .. }
        | Heard::TakeDue(_)
        | Heard::Probe
        | Heard::ClockSet
        | Heard::Pause(_)
        | Heard::Import(_)
        | Heard::Surveyed { .. }
        | Heard::Orphan(_)
        | Heard::Drain(_) => (None, None),
    }
}

/// The point before the commit of what a carrier answered.
fn after_answer(news: &News) -> Option<Point> {
    match news {
        News::Placed { .. } => Some(Point::PlaceAnswered),
        News::HangUpReplied { .. } => Some(Point::HangUpAnswered),
        News::Sighted { .. } | News::Found(_) => Some(Point::LookAnswered),
        _ => None,
    }
}
