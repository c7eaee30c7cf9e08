//! Telnyx sends webhooks out of order, at once and twice: whatever comes first, a call comes to the
//! same end.

use super::webhook::{decode, with};
use super::*;
use call::call::{
    Call, CommandState, Direction, Event, Facts, Limits, News, Performed, Roll, Source, Verb, born, step,
};
use serde_json::json;

const INITIATED: &str = include_str!("../fixtures/hook_initiated.json");
const ANSWERED: &str = include_str!("../fixtures/hook_answered.json");
const SPEAK_ENDED: &str = include_str!("../fixtures/hook_speak_ended.json");
const GATHER_ENDED: &str = include_str!("../fixtures/hook_gather_ended.json");
const DTMF: &str = include_str!("../fixtures/hook_dtmf.json");
const SECOND_ANSWERED: &str = include_str!("../fixtures/hook_second_answered.json");
const SECOND_HANGUP: &str = include_str!("../fixtures/hook_second_hangup.json");
const HANGUP: &str = include_str!("../fixtures/hook_hangup.json");

fn event(source: Source, news: News) -> Event {
    Event { at: DIALLED + Duration::from_secs(60), roll: Roll(0), source, news }
}

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        queue_max: seconds(600),
        ring_max: seconds(600),
        duration_max: seconds(3_600),
        find_max: seconds(120),
        settle: seconds(15),
        look_unanswered: seconds(5),
        look_talking: seconds(30),
    }
}

fn facts() -> Facts {
    let facts = json!({
        "id": CALL,
        "direction": Direction::Outbound,
        "from": "+15550100000",
        "to": "+12025550143",
        "carrier": "telnyx",
        "hold": true,
        "by_command": true,
        "created_at": DIALLED,
        "limits": limits(),
    });
    serde_json::from_value(facts).unwrap()
}

/// A call that was placed, and told to say something.
fn placed() -> Call {
    let call = born(&event(Source::Api, News::Asked(Box::new(facts())))).unwrap();
    let news = [
        News::Admitted { send_by: DIALLED + Duration::from_secs(120), gate: None },
        News::Placed { leg: leg(), also: None },
        News::CommandAsked(Verb::Say { text: "hello".to_owned() }),
    ];
    news.into_iter().fold(call, |call, news| step(&call, &event(Source::Api, news)).call)
}

fn hear(call: &Call, body: &str) -> Call {
    match decode(body).unwrap().news {
        Some(news) => step(call, &event(Source::Webhook, news)).call,
        None => call.clone(),
    }
}

/// Every order of so many things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let insert = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, last);
        order
    };
    shorter.iter().flat_map(|order| (0..n).map(move |place| insert(order, place))).collect()
}

#[test]
fn fact_09_in_every_order_and_with_every_repeat_the_call_ends_alike() {
    let bodies = [INITIATED, ANSWERED, SPEAK_ENDED, DTMF, SECOND_ANSWERED, HANGUP];
    let expected = bodies.iter().fold(placed(), |call, body| hear(&call, body)).state;
    assert!(expected.is_ended());
    for order in orders(bodies.len()) {
        let once = order.iter().fold(placed(), |call, place| hear(&call, bodies[*place]));
        let twice = order.iter().fold(once.clone(), |call, place| hear(&call, bodies[*place]));
        for call in [once, twice] {
            assert!(call.state.is_ended(), "{order:?}");
            assert!(call.strays.is_empty(), "{order:?}");
        }
    }
}

/// A webhook says the same whenever it occurred and however often it came.
#[test]
fn fact_09_a_webhook_depends_on_no_other() {
    for body in [INITIATED, ANSWERED, SPEAK_ENDED, GATHER_ENDED, DTMF, SECOND_ANSWERED, SECOND_HANGUP] {
        let late = with(body, "2026-11-22T10:00:59Z", "2026-11-22T09:00:00Z");
        let again = with(body, "\"attempt\": 1", "\"attempt\": 3");
        for other in [body, &late, &again] {
            assert_eq!(decode(other), decode(body));
        }
    }
}

#[test]
fn fact_09_the_end_of_a_second_leg_before_its_answer_ends_nothing_but_the_transfer() {
    for order in [[ANSWERED, SECOND_HANGUP, SECOND_ANSWERED], [SECOND_HANGUP, SECOND_ANSWERED, ANSWERED]] {
        let call = order.iter().fold(placed(), |call, body| hear(&call, body));
        assert!(!call.state.is_ended() && call.strays.is_empty(), "{call:?}");
        assert_eq!(call.leg(), Some(&leg()));
    }
}

/// The question is over and another one asked: what comes late is the first one's.
#[test]
fn fact_09_a_late_answer_is_that_of_its_own_question() {
    let call = hear(&hear(&placed(), ANSWERED), GATHER_ENDED);
    let sent = call.commands.iter().find(|command| matches!(command.state, CommandState::Sent { .. }));
    assert_eq!(sent.map(|command| command.id.0), Some(1), "what answers question two isn't said of one");
    let Some(News::CommandHeard { id, performed: Performed::Finished(outcome), .. }) =
        decode(GATHER_ENDED).unwrap().news
    else {
        panic!("it is an answer")
    };
    assert_eq!((id.0, outcome.digits.as_deref()), (2, Some("5503")));
}
