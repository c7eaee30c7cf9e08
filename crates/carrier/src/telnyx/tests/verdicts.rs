//! What an answer about a call proves: live, over, or unknown. There is no fourth verdict, and
//! unknown is the one wherever proof is missing.

use super::*;
use crate::wire::SendError;
use call::call::EndingKind;

const ALIVE: &str = include_str!("../fixtures/alive.json");
const DIALLING: &str = include_str!("../fixtures/dialling.json");
const UNANSWERED: &str = include_str!("../fixtures/unanswered.json");
const EVENTS_ANSWERED: &str = include_str!("../fixtures/events_answered.json");
const EVENTS_INITIATED: &str = include_str!("../fixtures/events_initiated.json");

#[derive(Debug, PartialEq)]
enum Verdict {
    Live,
    Over(EndingKind),
    Unknown(UnknownWhy),
}

fn verdict(sighting: Sighting) -> Verdict {
    match sighting {
        Sighting::Live { .. } => Verdict::Live,
        Sighting::Over(ending) => Verdict::Over(ending.kind),
        Sighting::Unknown(unknown) => Verdict::Unknown(unknown.why),
    }
}

/// One row per line: what came back, and what it proves.
#[test]
fn the_table_of_verdicts() {
    use UnknownWhy as W;
    use Verdict::{Live, Over, Unknown};

    let with = |this: &str, that: &str| {
        assert!(TALKED.contains(this), "{this}");
        TALKED.replace(this, that)
    };
    let unended = with("\"2026-11-22T10:00:59Z\"", "null");
    let lifeless = with("\"is_alive\": false", "\"is_alive\": null");
    let worded = with("\"is_alive\": false", "\"is_alive\": \"constructor\"");
    let alive_with_end = with("\"is_alive\": false", "\"is_alive\": true").replace("call_leg_id", "x");
    let another = with(LEG, OTHER_LEG);
    #[rustfmt::skip]
    let rows: Vec<(&str, Vec<Reply>, Verdict)> = vec![
        ("200, alive, answered by its events",   vec![reply(200, ALIVE), reply(200, EVENTS_ANSWERED)], Live),
        ("200, alive, not answered by them",     vec![reply(200, ALIVE), reply(200, EVENTS_INITIATED)], Live),
        ("200, alive, events unreadable",        vec![reply(200, ALIVE), reply(502, BAD_GATEWAY)], Live),
        ("200, alive, events refused",           vec![reply(200, ALIVE), reply(403, "")], Live),
        ("200, alive, and an end_time",          vec![reply(200, &alive_with_end)], Live),
        ("200, not alive and end_time",          vec![reply(200, TALKED)], Over(EndingKind::Completed)),
        ("200, the same, nobody talked",         vec![reply(200, UNANSWERED)], Over(EndingKind::NoAnswer)),
        ("200, not alive, no end_time",          vec![reply(200, DIALLING)], Unknown(W::UnknownStatus)),
        ("200, end_time null",                   vec![reply(200, &unended)], Unknown(W::UnknownStatus)),
        ("200, the reply to a placement",        vec![reply(200, DIALLED_REPLY)], Unknown(W::UnknownStatus)),
        ("200, is_alive missing",                vec![reply(200, &lifeless)], Unknown(W::Unreadable)),
        ("200, is_alive a word",                 vec![reply(200, &worded)], Unknown(W::Unreadable)),
        ("200, over, but another call",          vec![reply(200, &another)], Unknown(W::Unreadable)),
        ("200, an error document",               vec![reply(200, ERROR_10005)], Unknown(W::Unreadable)),
        ("200, cut off",                         vec![reply(200, TRUNCATED)], Unknown(W::Unreadable)),
        ("200, HTML",                            vec![reply(200, BAD_GATEWAY)], Unknown(W::Unreadable)),
        ("redirect",                             vec![reply(302, TALKED)], Unknown(W::Unreadable)),
        ("401",                                  vec![reply(401, ERROR_10009)], Unknown(W::Unauthorized)),
        ("401 with an end",                      vec![reply(401, TALKED)], Unknown(W::Unauthorized)),
        ("403",                                  vec![reply(403, TALKED)], Unknown(W::Forbidden)),
        ("404",                                  vec![reply(404, ERROR_10005)], Unknown(W::NotFound)),
        ("404 with an end",                      vec![reply(404, TALKED)], Unknown(W::NotFound)),
        ("422, 90015",                           vec![reply(422, ERROR_90015)], Unknown(W::NotFound)),
        ("422, 90018: ended, says an error",     vec![reply(422, ERROR_90018)], Unknown(W::Unreadable)),
        ("408",                                  vec![reply(408, TALKED)], Unknown(W::TimedOut)),
        ("429",                                  vec![reply(429, ERROR_10011)], Unknown(W::RateLimited)),
        ("500",                                  vec![reply(500, ERROR_10007)], Unknown(W::CarrierError)),
        ("502, HTML",                            vec![reply(502, BAD_GATEWAY)], Unknown(W::CarrierError)),
        ("503 with an end",                      vec![reply(503, TALKED)], Unknown(W::CarrierError)),
    ];
    for (what, replies, expected) in rows {
        assert_eq!(verdict(sighting(telnyx().look_up(&known(LEG), &replies))), expected, "{what}");
    }
}

#[test]
fn no_answer_at_all_proves_nothing() {
    let rows = [
        (SendError::NotSent("no address".to_owned()), UnknownWhy::Unreachable),
        (SendError::Broken("reset".to_owned()), UnknownWhy::Unreachable),
        (SendError::TimedOut(Duration::from_secs(10)), UnknownWhy::TimedOut),
    ];
    for (error, why) in rows {
        assert_eq!(error.unknown().why, why, "{error}");
    }
}

/// Nor does Telnyx's own look at its TeXML calls promise more: it "is eventually consistent".
#[test]
fn fact_08_a_call_that_is_not_found_is_not_over() {
    for status in [404, 422] {
        for body in [ERROR_10005, ERROR_90015] {
            let seen = sighting(telnyx().look_up(&known(LEG), &[reply(status, body)]));
            assert_eq!(verdict(seen), Verdict::Unknown(UnknownWhy::NotFound), "{status}");
        }
    }
    // And a listing without it says only that it isn't listed.
    assert_eq!(done(telnyx().find(&sought(), &[reply(200, "{\"data\":[]}")])), Ok(Vec::new()));
}
