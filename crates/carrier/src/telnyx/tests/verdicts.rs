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
        ("200, not alive and end_time",          vec![reply(200, TALKED), reply(502, "")], Over(EndingKind::Completed)),
        ("200, the same, nobody talked",         vec![reply(200, UNANSWERED), reply(502, "")], Over(EndingKind::NoAnswer)),
        ("200, the same, its events know",       vec![reply(200, UNANSWERED), reply(200, EVENTS_ANSWERED)], Over(EndingKind::Completed)),
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

/// A body that would prove an end proves nothing with a status that says otherwise.
#[test]
fn no_status_but_success_lets_a_body_speak() {
    for status in (100..200).chain(300..600) {
        let seen = verdict(sighting(telnyx().look_up(&known(LEG), &[reply(status, TALKED)])));
        assert!(matches!(seen, Verdict::Unknown(_)), "{status}: {seen:?}");
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

/// Ten minutes after its end a call is unknown, but its events are not.
#[test]
fn a_forgotten_call_is_over_when_its_events_say_so_and_only_then() {
    let hung_up = EVENTS_ANSWERED.replace("call.initiated", "call.hangup");
    let by_its_events = Leg { also: vec![CarrierCallId::new(LEG_ID).unwrap()], ..known(LEG) };
    let look = |leg: &Leg, events: Reply| {
        let gone = reply(404, ERROR_10005);
        let request = asked(telnyx().look_up(leg, std::slice::from_ref(&gone)));
        assert!(request.url.contains(&format!("filter%5Bleg_id%5D={LEG_ID}")), "{}", request.url);
        verdict(sighting(telnyx().look_up(leg, &[gone, events])))
    };
    let unknown = || Verdict::Unknown(UnknownWhy::NotFound);
    assert_eq!(look(&by_its_events, reply(200, &hung_up)), Verdict::Over(EndingKind::Completed));
    assert_eq!(look(&by_its_events, reply(200, EVENTS_ANSWERED)), unknown());
    assert_eq!(look(&by_its_events, reply(200, "{\"data\":[]}")), unknown());
    assert_eq!(look(&by_its_events, reply(500, &hung_up)), unknown());
    assert_eq!(look(&by_its_events, reply(200, &hung_up.replace(LEG_ID, "another"))), unknown());
    // By its own name alone nothing more can be asked.
    assert_eq!(verdict(sighting(telnyx().look_up(&known(LEG), &[reply(404, ERROR_10005)]))), unknown());
}

#[test]
fn the_name_of_the_events_is_learnt_from_the_first_reply_and_from_a_look() {
    let leg_id = Some(CarrierCallId::new(LEG_ID).unwrap());
    assert_eq!(telnyx().placed_also(&reply(200, DIALLED_REPLY)), leg_id);
    let seen = done(telnyx().look_up(&known(LEG), &[reply(200, ALIVE), reply(200, EVENTS_ANSWERED)]));
    assert_eq!(seen.also, leg_id);
}
