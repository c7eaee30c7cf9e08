//! What an answer about a call proves: live, over, or unknown; and where gateways went wrong.

use super::*;
use crate::roles::PlaceError;
use crate::samples::performance;
use crate::webhook::RawWebhook;
use call::call::{EndingKind, Input, News, Performance, Sighting, Verb};

const COMPLETED: &str = include_str!("../fixtures/completed.json");
const QUEUED: &str = include_str!("../fixtures/queued.json");
const RINGING: &str = include_str!("../fixtures/ringing.json");
const IN_PROGRESS: &str = include_str!("../fixtures/in_progress.json");
const BUSY: &str = include_str!("../fixtures/busy.json");
const FAILED: &str = include_str!("../fixtures/failed.json");
const NO_ANSWER: &str = include_str!("../fixtures/no_answer.json");
const CANCELED: &str = include_str!("../fixtures/canceled.json");
const UNKNOWN_STATUS: &str = include_str!("../fixtures/unknown_status.json");
const TRUNCATED: &str = include_str!("../fixtures/truncated.json");
const BAD_GATEWAY: &str = include_str!("../fixtures/bad_gateway.html");
const ERROR_20003: &str = include_str!("../fixtures/error_20003.json");
const ERROR_20404: &str = include_str!("../fixtures/error_20404.json");
const ERROR_20429: &str = include_str!("../fixtures/error_20429.json");
const ERROR_20500: &str = include_str!("../fixtures/error_20500.json");
const ERROR_21220: &str = include_str!("../fixtures/error_21220.json");

#[derive(Debug, PartialEq)]
enum Verdict {
    Live,
    Over(EndingKind),
    Unknown(UnknownWhy),
}

fn verdict(reply: Reply) -> Verdict {
    match done(twilio().look_up(&known(LEG), &[reply])).sighting {
        Sighting::Live { .. } => Verdict::Live,
        Sighting::Over(ending) => Verdict::Over(ending.kind),
        Sighting::Unknown(unknown) => Verdict::Unknown(unknown.why),
    }
}

/// One row per line: what came back, and what it proves.
#[test]
fn the_table_of_verdicts() {
    use EndingKind as E;
    use UnknownWhy as W;
    use Verdict::{Live, Over, Unknown};

    let another = COMPLETED.replace(LEG, "CA0000000000000000000000000000000f");
    let wordless = COMPLETED.replace("\"status\"", "\"state\"");
    #[rustfmt::skip]
    let rows: Vec<(&str, Reply, Verdict)> = vec![
        ("200 queued, for as long as a day", reply(200, QUEUED), Live),
        ("200 ringing",                      reply(200, RINGING), Live),
        ("200 in-progress",                  reply(200, IN_PROGRESS), Live),
        ("200 completed",                    reply(200, COMPLETED), Over(E::Completed)),
        ("200 busy",                         reply(200, BUSY), Over(E::Busy)),
        ("200 failed",                       reply(200, FAILED), Over(E::Failed)),
        ("200 no-answer",                    reply(200, NO_ANSWER), Over(E::NoAnswer)),
        ("200 canceled",                     reply(200, CANCELED), Over(E::Canceled)),
        ("200, an unknown word",             reply(200, UNKNOWN_STATUS), Unknown(W::UnknownStatus)),
        ("200, no word",                     reply(200, &wordless), Unknown(W::Unreadable)),
        ("200 completed, of another call",   reply(200, &another), Unknown(W::Unreadable)),
        ("200, an error document",           reply(200, ERROR_20404), Unknown(W::Unreadable)),
        ("200, cut off",                     reply(200, TRUNCATED), Unknown(W::Unreadable)),
        ("200, HTML",                        reply(200, BAD_GATEWAY), Unknown(W::Unreadable)),
        ("redirect",                         reply(302, COMPLETED), Unknown(W::Unreadable)),
        ("400, 21220: not in progress",      reply(400, ERROR_21220), Unknown(W::Unreadable)),
        ("401, maybe another region's key",  reply(401, ERROR_20003), Unknown(W::Unauthorized)),
        ("403",                              reply(403, COMPLETED), Unknown(W::Forbidden)),
        ("404, maybe another region",        reply(404, ERROR_20404), Unknown(W::NotFound)),
        ("404 with an end",                  reply(404, COMPLETED), Unknown(W::NotFound)),
        ("408",                              reply(408, COMPLETED), Unknown(W::TimedOut)),
        ("429",                              reply(429, ERROR_20429), Unknown(W::RateLimited)),
        ("500",                              reply(500, ERROR_20500), Unknown(W::CarrierError)),
        ("502, HTML",                        reply(502, BAD_GATEWAY), Unknown(W::CarrierError)),
        ("503 with an end",                  reply(503, COMPLETED), Unknown(W::CarrierError)),
    ];
    for (what, reply, expected) in rows {
        assert_eq!(verdict(reply), expected, "{what}");
    }
}

/// A body that would prove an end proves nothing with a status that says otherwise.
#[test]
fn no_status_but_success_lets_a_body_speak() {
    for status in (100..200).chain(300..600) {
        let seen = verdict(reply(status, COMPLETED));
        assert!(matches!(seen, Verdict::Unknown(_)), "{status}: {seen:?}");
    }
}

/// Twilio takes no key by which it would know a placement for a repeat: none is sent, since it
/// would only look like a lock, and nothing but 429 allows another request.
#[test]
fn fact_05_a_placement_has_no_key_and_is_not_repeated() {
    let request = twilio().place(&placement());
    assert!(!request.headers.iter().any(|(name, _)| name.contains("idempotency")), "{request:?}");
    for status in (200..600).filter(|status| *status != 429) {
        let told = twilio().read_placed(&reply(status, ""));
        assert!(!matches!(told, Err(PlaceError::Deferred { .. })), "{status}: {told:?}");
    }
}

/// What stands after the last verb is the end of the call, and a page that can't be fetched is,
/// too: whatever we have done on a line, the line is held after it, and by no page of ours.
#[test]
fn fact_06_a_line_outlives_the_gateway_that_speaks_on_it() {
    let hold = Duration::from_secs(600);
    let perform = |verb| Script::Perform(Performance { hold, ..performance(verb) });
    let ask = |input| Verb::Ask { text: "a".to_owned(), input, timeout: Duration::from_secs(5) };
    for script in [
        Script::Hold(hold),
        Script::SayAndHold("a".to_owned(), hold),
        perform(Verb::Say { text: "a".to_owned() }),
        perform(ask(Input::Digits { n_max: None })),
        perform(ask(Input::Speech)),
        perform(Verb::SendDigits { digits: "1".to_owned() }),
        perform(Verb::Transfer { to: "+12025550143".parse().unwrap() }),
    ] {
        let document = twilio().document(Some(sought().mark), &script).body;
        assert!(document.ends_with("<Pause length=\"600\"/></Response>"), "{document}");
        assert!(!document.contains("<Redirect"), "{document}");
        // The other leg's end is told beside the line: an action would ask for a page.
        assert!(!document.contains("<Dial") || !document.contains("action="), "{document}");
    }
}

#[test]
fn fact_08_404_is_no_death_certificate() {
    for body in [ERROR_20404, COMPLETED, "", BAD_GATEWAY] {
        assert_eq!(verdict(reply(404, body)), Verdict::Unknown(UnknownWhy::NotFound));
    }
}

/// Each webhook is read alone, and twice is the same: order and uniqueness aren't promised.
#[test]
fn fact_09_a_webhook_says_the_same_whenever_and_however_often_it_comes() {
    let hear = |body: &str| {
        let form = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        let raw = RawWebhook {
            method: http::Method::POST,
            url: format!("https://gw.example/hooks/twilio/status?call={CALL}"),
            headers: vec![form],
            body: body.as_bytes().to_vec(),
        };
        twilio().decode(&raw.verified()).unwrap().news
    };
    let ring = include_str!("../fixtures/status_ringing.form");
    let end = include_str!("../fixtures/status_completed.form");
    let late = [hear(end), hear(ring), hear(end), hear(ring)];
    assert_eq!((&late[0], &late[1]), (&late[2], &late[3]));
    assert!(matches!((&late[0], &late[1]), (Some(News::Over { .. }), Some(News::Progressed { .. }))));
}

/// Twilio's own libraries ask once; those of others repeat the request when the server answers 5xx.
#[test]
fn fact_10_a_placement_that_may_have_been_made_is_looked_for() {
    for status in [408, 409, 425, 500, 502, 503, 504] {
        let told = twilio().read_placed(&reply(status, ERROR_20500));
        assert!(matches!(told, Err(PlaceError::InDoubt(_))), "{status}: {told:?}");
    }
}
