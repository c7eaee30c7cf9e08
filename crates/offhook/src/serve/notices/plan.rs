//! When a notice that was not taken is sent again, and when it is given up. Pure.

use std::time::Duration;

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Taken.
    Taken,
    /// Whoever is told doesn't want this one.
    Refused(String),
    /// Whoever is told wants to be told nothing any more (410).
    Gone,
    /// It may be taken another time; not before this, if they say so.
    Failed(String, Option<Duration>),
}

/// What is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The next one.
    Go,
    /// This one again, after so long.
    Again(Duration),
    /// This one is put aside, and the next one sent after so long.
    PutAside(Duration),
    /// Nothing, until somebody says so.
    Stop,
}

/// How a reply is taken.
pub(super) fn outcome(status: u16, retry_after: Option<&str>) -> Outcome {
    let later = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    match status {
        200..300 => Outcome::Taken,
        410 => Outcome::Gone,
        408 | 409 | 425 | 429 | 500.. => Outcome::Failed(format!("it answered {status}"), later),
        _ => Outcome::Refused(format!("it answered {status}")),
    }
}

/// What is done after the n-th try (from 1) of a notice of something so long ago. `jitter` lies between 0
/// and 1, so that many gateways don't come back together.
pub(super) fn next(outcome: &Outcome, n_tries: u32, age: Duration, jitter: f64) -> Next {
    match outcome {
        Outcome::Taken => Next::Go,
        Outcome::Gone => Next::Stop,
        // Another answer may come of a server that is just being mended.
        Outcome::Refused(_) if n_tries >= REFUSED_MAX => Next::PutAside(Duration::ZERO),
        // What waits behind it is as old: it isn't to wait its own day.
        Outcome::Failed(..) if age >= GIVE_UP_AFTER => Next::PutAside(ASIDE),
        Outcome::Refused(_) => Next::Again(pause(n_tries, jitter)),
        Outcome::Failed(_, later) => {
            Next::Again(pause(n_tries, jitter).max(later.unwrap_or_default().min(LATER_MAX)))
        }
    }
}

fn pause(n_tries: u32, jitter: f64) -> Duration {
    let at = usize::try_from(n_tries.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES_S.len() - 1);
    Duration::from_secs(PAUSES_S[at]).mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
}

/// How long after the first try, the second and so on, in seconds; the last one from there on.
const PAUSES_S: [u64; 7] = [1, 5, 30, 120, 300, 900, 1_800];
/// So often one is sent that is refused.
const REFUSED_MAX: u32 = 5;
/// So old is what is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// How long after one that is given up the next is tried.
const ASIDE: Duration = Duration::from_secs(1);
/// No longer is waited because they say so.
const LATER_MAX: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reply_means() {
        let failed = |status: u16, later| Outcome::Failed(format!("it answered {status}"), later);
        let seconds = |n| Some(Duration::from_secs(n));
        for (status, retry_after, expected) in [
            (200, None, Outcome::Taken),
            (204, None, Outcome::Taken),
            (410, None, Outcome::Gone),
            (429, Some("7"), failed(429, seconds(7))),
            (503, Some("soon"), failed(503, None)),
            (500, None, failed(500, None)),
            (301, None, Outcome::Refused("it answered 301".to_owned())),
            (400, None, Outcome::Refused("it answered 400".to_owned())),
        ] {
            assert_eq!(outcome(status, retry_after), expected, "{status}");
        }
    }

    #[test]
    fn when_it_is_sent_again() {
        let failed = Outcome::Failed(String::new(), None);
        let told_when = Outcome::Failed(String::new(), Some(Duration::from_secs(77)));
        let refused = Outcome::Refused(String::new());
        let (young, old) = (Duration::from_secs(3), Duration::from_secs(86_400));
        let again = |ms| Next::Again(Duration::from_millis(ms));
        for (outcome, n_tries, age, jitter, expected) in [
            (&Outcome::Taken, 1, young, 0.5, Next::Go),
            (&Outcome::Gone, 1, young, 0.5, Next::Stop),
            (&failed, 1, young, 0.5, again(1_000)),
            (&failed, 1, young, 0.0, again(800)),
            (&failed, 1, young, 1.0, again(1_200)),
            (&failed, 3, young, 0.5, again(30_000)),
            (&failed, 99, young, 0.5, again(1_800_000)),
            (&failed, 1, old, 0.5, Next::PutAside(ASIDE)),
            (&told_when, 1, young, 0.5, again(77_000)),
            (&told_when, 4, young, 0.5, again(120_000)),
            (&refused, 4, old, 0.5, again(120_000)),
            (&refused, 5, young, 0.5, Next::PutAside(Duration::ZERO)),
        ] {
            assert_eq!(next(outcome, n_tries, age, jitter), expected, "{outcome:?} {n_tries}");
        }
    }
}
