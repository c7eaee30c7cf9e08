//! How long Plivo waits for an answer to a webhook, and how often and after what it asks again.
//!
//! Source: <https://www.plivo.com/docs/voice/concepts/callback-configurations/>: a URL's fragment
//! changes the defaults.

use crate::form::Form;
use crate::wire::{WebhookFailure, WireResponse};

/// What a URL's fragment asks of whoever sends to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) connect_ms: u64,
    pub(crate) read_ms: u64,
    /// For all attempts together.
    pub(crate) total_ms: u64,
    /// Attempts after the first.
    pub(crate) n_retries: u64,
    /// After which failures; `None` after each that there is.
    after: Option<Vec<String>>,
}

impl Manner {
    /// Splits a fragment off a URL and reads it, within Plivo's bounds. An answer URL is asked
    /// three times within a minute where its fragment says nothing else.
    pub(crate) fn split(url: &str, is_answer_url: bool) -> (String, Manner) {
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let asked = Form::read(fragment);
        let number = |name: &str, otherwise: u64, least: u64, most: u64| {
            let value = asked.get(name).and_then(|value| value.parse().ok());
            value.map_or(otherwise, |value: u64| value.clamp(least, most))
        };
        let (total_ms, n_retries) = if is_answer_url { (60_000, 2) } else { (55_000, 1) };
        let manner = Manner {
            connect_ms: number("ct", 2_000, 100, 10_000),
            read_ms: number("rt", 40_000, 100, 40_000),
            total_ms: number("tt", total_ms, 100, 55_000),
            n_retries: number("rc", n_retries, 0, 5),
            after: asked.get("rp").map(|policy| policy.split(',').map(str::to_owned).collect()),
        };
        (url.to_owned(), manner)
    }

    /// Whether an outcome is one after which it is asked again.
    pub(crate) fn retries_after(&self, outcome: &Result<WireResponse, WebhookFailure>) -> bool {
        let kind = match outcome {
            Ok(response) => match response.status {
                200 => return false,
                400..=499 => "4xx",
                500..=599 => "5xx",
                _ => "",
            },
            Err(WebhookFailure::Refused) => "ct",
            Err(WebhookFailure::TimedOut | WebhookFailure::Broken) => "rt",
        };
        let Some(after) = &self.after else { return true };
        after.iter().any(|policy| policy == "all" || policy == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fragment_sets_the_time_outs_and_is_not_sent() {
        let (url, asked) = Manner::split("http://x/y?a=1#ct=50&rt=3000&tt=9000&rc=0", true);
        assert_eq!(url, "http://x/y?a=1");
        assert_eq!(
            (asked.connect_ms, asked.read_ms, asked.total_ms, asked.n_retries),
            (100, 3_000, 9_000, 0)
        );
        let (_, usual) = Manner::split("http://x/y", false);
        assert_eq!(
            (usual.connect_ms, usual.read_ms, usual.total_ms, usual.n_retries),
            (2_000, 40_000, 55_000, 1)
        );
        let (_, usual) = Manner::split("http://x/y", true);
        assert_eq!((usual.total_ms, usual.n_retries), (60_000, 2));
    }

    #[test]
    fn only_200_is_good_enough_and_a_policy_narrows_what_is_tried_again() {
        let answered = |status| Ok(WireResponse::empty(status));
        let (_, usual) = Manner::split("http://x/y", false);
        assert!(!usual.retries_after(&answered(200)));
        for outcome in [answered(204), answered(302), answered(404), Err(WebhookFailure::TimedOut)] {
            assert!(usual.retries_after(&outcome), "{outcome:?}");
        }
        let (_, narrow) = Manner::split("http://x/y#rp=ct,5xx", false);
        assert!(narrow.retries_after(&answered(503)));
        assert!(narrow.retries_after(&Err(WebhookFailure::Refused)));
        assert!(!narrow.retries_after(&answered(404)));
        assert!(!narrow.retries_after(&Err(WebhookFailure::TimedOut)));
    }
}
