//! The life of a call on Twilio's face, as the API, the webhooks and the truth tell it.

use std::collections::BTreeMap;

use http::Method;
use network::{Millis, Network, Settings, WebhookFailure, WireRequest, WireResponse};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use crate::customer::{Customer, api, json, parameter};

const CALLBACK: (&str, &str) = ("StatusCallback", "http://customer/status?call=c_1");
const ALL_EVENTS: (&str, &str) = ("StatusCallbackEvent", "initiated ringing answered completed");

/// What becomes of a call to a number of each kind, left alone.
#[test]
fn a_number_tells_how_its_subscriber_behaves() {
    for (to, status, cause, by, sip_code) in [
        ("+15555550001", "busy", "busy", "remote", "486"),
        ("+15555550002", "no-answer", "ring-timeout", "carrier", "487"),
        ("+15555550003", "failed", "unreachable", "carrier", "404"),
        ("+15555550004", "busy", "rejected", "remote", "603"),
        ("+15555550005", "completed", "hung-up", "remote", "200"),
        ("+15555550006", "completed", "hung-up", "remote", "200"),
        ("+15555550007", "completed", "hung-up", "remote", "200"),
        ("+15555550008", "completed", "hung-up", "remote", "200"),
        ("+15555550009", "completed", "hung-up", "remote", "200"),
        ("+15555551234", "completed", "hung-up", "remote", "200"),
    ] {
        let mut customer = Customer::new();
        let sid = customer.place(to, &[CALLBACK]);
        assert_eq!(customer.status(&sid), "queued");
        customer.pass(4_000_000);
        assert_eq!(customer.status(&sid), status, "{to}");
        let truth = customer.truth(&sid);
        assert_eq!((&truth["cause"], &truth["ended_by"]), (&json!(cause), &json!(by)), "{to}");
        assert_eq!(customer.told("/status", "CallStatus"), [status], "{to}");
        assert_eq!(customer.told("/status", "SipResponseCode"), [sip_code], "{to}");
    }
}

#[test]
fn a_call_tells_its_progress_in_order() {
    let mut customer = Customer::new();
    customer.place("+15555551234", &[CALLBACK, ALL_EVENTS]);
    customer.pass(60_000);
    let words = ["initiated", "ringing", "in-progress", "completed"];
    assert_eq!(customer.told("/status", "CallStatus"), words);
    assert_eq!(customer.told("/status", "SequenceNumber"), ["0", "1", "2", "3"]);
    assert_eq!(customer.told("/status", "CallDuration"), ["", "", "", "20"]);
    assert_eq!(customer.told("/status", "Duration"), ["", "", "", "1"]);
    assert_eq!(customer.told("/status", "Timestamp")[0], "Fri, 02 Jan 2026 03:04:05 +0000");
    let first = &customer.webhooks[0];
    let names: Vec<&str> = first.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"X-Twilio-Signature") && names.contains(&"I-Twilio-Idempotency-Token"));
    assert_eq!(parameter(first, "Direction"), "outbound-api");
}

#[test]
fn the_record_follows_the_call() {
    let mut customer = Customer::new();
    let sid = customer.place("+14158675309", &[]);
    let queued = customer.fetch(&sid);
    assert_eq!(queued["start_time"], json!(null));
    assert_eq!(queued["queue_time"], json!("0"));
    assert_eq!(queued["to_formatted"], json!("(415) 867-5309"));
    customer.pass(1_000);
    assert_eq!(customer.status(&sid), "ringing");
    customer.pass(2_000);
    assert_eq!(customer.status(&sid), "in-progress");
    customer.pass(20_000);
    let over = customer.fetch(&sid);
    assert_eq!(over["status"], json!("completed"));
    assert_eq!(over["duration"], json!("20"));
    // Dialled after 50 ms, rang after 150 more, answered 2 s later, over 20 s later.
    assert_eq!(over["start_time"], json!("Fri, 02 Jan 2026 03:04:07 +0000"));
    assert_eq!(over["end_time"], json!("Fri, 02 Jan 2026 03:04:27 +0000"));
}

#[test]
fn the_carrier_keeps_its_limits() {
    let mut customer = Customer::new();
    let rings = customer.place("+15555550002", &[("Timeout", "5")]);
    let talks = customer.place("+15555550006", &[("TimeLimit", "30")]);
    customer.pass(4_900);
    assert_eq!(customer.status(&rings), "ringing");
    customer.pass(1_000);
    assert_eq!(customer.status(&rings), "no-answer");
    customer.pass(30_000);
    assert_eq!(customer.status(&talks), "completed");
    assert_eq!(customer.truth(&talks)["cause"], json!("time-limit"));
    assert_eq!(customer.fetch(&talks)["duration"], json!("30"));
}

#[test]
fn an_update_ends_a_call_once() {
    let mut customer = Customer::new();
    let (queued, ringing, talking) = (
        customer.place("+15555550006", &[]),
        customer.place("+15555550002", &[]),
        customer.place("+15555550006", &[]),
    );
    let completed = [("Status", "completed")];
    let canceled = [("Status", "canceled")];
    assert_eq!(customer.update(&queued, &completed).0, 200);
    assert_eq!(customer.status(&queued), "canceled");
    customer.pass(5_000);
    assert_eq!(customer.update(&ringing, &canceled).0, 200);
    assert_eq!(customer.status(&ringing), "canceled");
    assert_eq!(customer.update(&talking, &canceled), (400, json!(21_220)));
    assert_eq!(customer.update(&talking, &completed).0, 200);
    assert_eq!(customer.status(&talking), "completed");
    for sid in [queued, ringing, talking] {
        assert_eq!(customer.update(&sid, &completed), (400, json!(21_220)));
        let truth = customer.truth(&sid);
        assert_eq!((&truth["ended_by"], &truth["hangups"]), (&json!("api"), &json!(1)));
    }
}

#[test]
fn a_wrong_request_is_refused_with_twilios_own_number() {
    let (to, from, url) = (("To", "+15555551234"), ("From", "+15550199000"), ("Url", "http://a/b"));
    let long = format!("<Response>{}</Response>", " ".repeat(4_000));
    for (form, code) in [
        (vec![from, url], 21_201),
        (vec![to, url], 21_213),
        (vec![("To", "5551234"), from, url], 21_211),
        (vec![to, ("From", "me"), url], 21_212),
        (vec![to, from], 21_205),
        (vec![to, from, ("Url", "nowhere")], 21_205),
        (vec![to, from, ("ApplicationSid", "AP1")], 21_218),
        (vec![to, from, url, ("Method", "PUT")], 21_200),
        (vec![to, from, url, ("StatusCallback", "x")], 21_609),
        (vec![to, from, ("Twiml", &long)], 20_001),
    ] {
        let mut customer = Customer::new();
        let (status, body) = json(customer.post("/Calls.json", &form));
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{form:?} {body}");
        assert_eq!(body["status"], json!(400));
        assert_eq!(customer.network.calls().len(), 0);
    }
}

#[test]
fn only_the_accounts_own_credentials_open_the_api() {
    let mut customer = Customer::new();
    let right = api(Method::GET, "/Calls.json");
    let without = WireRequest { headers: Vec::new(), ..right.clone() };
    let wrong =
        WireRequest { headers: Vec::new(), ..right.clone() }.with_header("authorization", "Basic QUM6eA==");
    for request in [without, wrong] {
        let (status, body) = json(customer.network.request(&request, customer.now));
        assert_eq!((status, &body["code"]), (401, &json!(20_003)));
    }
    assert_eq!(json(customer.network.request(&right, customer.now)).0, 200);
}

#[test]
fn an_answer_bears_the_carriers_date() {
    let mut customer = Customer::new();
    let network::Reply::Respond { response, .. } = customer.get("/Calls.json") else { panic!() };
    assert_eq!(response.header("date"), Some("Fri, 02 Jan 2026 03:04:05 GMT"));
    assert!(response.header("twilio-request-id").is_some_and(|id| id.starts_with("RQ")));
}

#[test]
fn a_deleted_record_is_gone_and_the_call_goes_on() {
    let mut customer = Customer::new();
    let sid = customer.place("+15555550006", &[]);
    customer.pass(5_000);
    let delete = api(Method::DELETE, &format!("/Calls/{sid}.json"));
    let network::Reply::Respond { response, .. } = customer.network.request(&delete, customer.now) else {
        panic!()
    };
    assert_eq!(response.status, 204);
    let (status, body) = json(customer.get(&format!("/Calls/{sid}.json")));
    assert_eq!((status, &body["code"]), (404, &json!(20_404)));
    assert_eq!(customer.truth(&sid)["live"], json!(true));
}

#[test]
fn more_calls_than_the_carrier_dials_wait_in_its_queue() {
    let settings = Settings { calls_per_second: Some(1), ..Settings::default() };
    let mut customer = Customer::with(settings, 1);
    let sids: Vec<_> = (0..3).map(|_| customer.place("+15555550006", &[])).collect();
    customer.pass(1_500);
    let states: Vec<_> = sids.iter().map(|sid| customer.status(sid)).collect();
    assert_eq!(states, ["in-progress", "in-progress", "queued"]);
    customer.pass(1_000);
    assert_eq!(customer.status(&sids[2]), "in-progress");
    assert_eq!(customer.fetch(&sids[2])["queue_time"], json!("2050"));
}

#[test]
fn a_webhook_is_repeated_once_and_only_if_no_connection_came_about() {
    for (failure, n_sent) in
        [(WebhookFailure::Refused, 2), (WebhookFailure::TimedOut, 1), (WebhookFailure::Broken, 1)]
    {
        let mut customer = Customer::new();
        customer.page("/status", Err(failure));
        let sid = customer.place("+15555550001", &[CALLBACK]);
        customer.pass(1_000);
        assert_eq!(customer.told("/status", "CallStatus").len(), n_sent, "{failure:?}");
        let truth = customer.truth(&sid);
        assert_eq!(truth["webhooks_sent"], json!(n_sent));
        assert_eq!(truth["webhooks_lost"], json!(1));
    }
}

#[test]
fn the_next_callback_of_a_call_waits_for_the_one_before() {
    let mut customer = Customer::new();
    customer.place("+15555550008", &[CALLBACK, ALL_EVENTS]);
    customer.now = customer.now + 10_000;
    let now = customer.now;
    let mut told = Vec::new();
    loop {
        let webhooks = customer.network.poll(now);
        let [webhook] = webhooks.as_slice() else { break };
        told.push(parameter(webhook, "CallStatus"));
        let ok = network::WireResponse::empty(200);
        customer.network.webhook_answered(webhook.id, Ok(ok), now);
    }
    assert_eq!(told, ["initiated", "ringing", "in-progress", "completed"]);
}

#[test]
fn polled_late_everything_has_happened_at_its_own_time() {
    let (mut often, mut late) = (Customer::new(), Customer::new());
    let (a, b) = (often.place("+15555551234", &[]), late.place("+15555551234", &[]));
    for _ in 0..600 {
        often.pass(100);
    }
    late.network.poll(late.now + 60_000);
    late.now = late.now + 60_000;
    assert_eq!(often.truth(&a), late.truth(&b));
}

#[test]
fn one_seed_gives_one_history() {
    let history = |seed| {
        let fault = r#"{"on":"webhook","probability":0.5,"do":"double"}"#;
        let settings = Settings { faults: vec![serde_json::from_str(fault).unwrap()], ..Settings::default() };
        let mut customer = Customer::with(settings, seed);
        for index in 0..20 {
            customer.place(&format!("+1555555{index:04}"), &[CALLBACK, ALL_EVENTS]);
        }
        customer.pass(100_000);
        let webhooks: Vec<_> = customer.webhooks.iter().map(|hook| format!("{hook:?}")).collect();
        (webhooks, customer.network.calls())
    };
    assert_eq!(history(3), history(3));
    assert_ne!(history(3).0, history(4).0);
}

#[test]
fn old_ended_calls_are_forgotten_beyond_the_bound() {
    let settings = Settings { calls_kept_max: 3, ..Settings::default() };
    let mut customer = Customer::with(settings, 1);
    let first = customer.place("+15555550001", &[]);
    let kept = customer.place("+15555550006", &[]);
    for _ in 0..4 {
        customer.place("+15555550001", &[]);
        customer.pass(10_000);
    }
    assert_eq!(customer.network.calls().len(), 3);
    assert_eq!(json(customer.get(&format!("/Calls/{first}.json"))).0, 404);
    assert_eq!(customer.status(&kept), "in-progress");
}

#[test]
fn a_second_call_with_the_same_mark_shows() {
    let mut customer = Customer::new();
    let once = customer.place("+15555550006", &[("StatusCallback", "http://c/s?call=once")]);
    let twice = customer.place("+15555550006", &[CALLBACK]);
    customer.place("+15555550006", &[CALLBACK]);
    assert_eq!(customer.truth(&once)["creates"], json!(1));
    assert_eq!(customer.truth(&twice)["creates"], json!(2));
    assert_eq!(customer.truth(&twice)["mark"], json!({ "call": "c_1" }));
}

/// Random requests, faults and fates of webhooks, for as long as it takes.
#[test]
fn whatever_happens_an_ended_call_stays_as_it_was_and_every_call_ends() {
    for seed in 0..30 {
        let mut dice = StdRng::seed_from_u64(seed);
        let faults = CHAOS.iter().map(|fault| serde_json::from_str(fault).unwrap()).collect();
        let mut customer = Customer::with(Settings { faults, ..Settings::default() }, seed);
        let mut ended: BTreeMap<String, (Option<Millis>, &'static str)> = BTreeMap::new();
        for _ in 0..60 {
            let page = match dice.random_range(0..3) {
                0 => Err(WebhookFailure::Refused),
                1 => Err(WebhookFailure::TimedOut),
                _ => Ok(WireResponse::empty(500)),
            };
            customer.twiml("/voice", "<Gather><Say>?</Say></Gather><Redirect>/voice</Redirect>");
            if dice.random_bool(0.3) {
                customer.page("/voice", page);
            }
            let to = format!("+155555500{:02}", dice.random_range(0..12));
            let url = ("Url", "http://customer/voice");
            let form = [("To", to.as_str()), ("From", "+15550199000"), CALLBACK, url];
            customer.post("/Calls.json", &form);
            let calls = customer.network.calls();
            if let Some(call) = calls.get(dice.random_range(0..=calls.len())) {
                customer.post(&format!("/Calls/{}.json", call.id), &[("Status", "completed")]);
            }
            customer.pass(dice.random_range(0..20_000));
            for call in customer.network.calls().into_iter().filter(|call| !call.live) {
                let end = (call.ended_at, call.status);
                assert_eq!(*ended.entry(call.id).or_insert(end), end, "seed {seed}");
            }
        }
        customer.pass(4 * 3_600_000);
        assert_eq!(customer.network.n_live(), 0, "seed {seed}");
        assert_eq!(customer.network.next_due(), None, "seed {seed}");
    }
}

const CHAOS: [&str; 8] = [
    r#"{"on":"any-api","probability":0.1,"do":"cut-after"}"#,
    r#"{"on":"any-api","probability":0.1,"do":"cut-before"}"#,
    r#"{"on":"any-api","probability":0.1,"do":{"status":503,"processed":true}}"#,
    r#"{"on":"webhook","probability":0.1,"do":"drop"}"#,
    r#"{"on":"webhook","probability":0.1,"do":"double"}"#,
    r#"{"on":"webhook","probability":0.1,"do":"reorder"}"#,
    r#"{"on":"webhook","probability":0.1,"do":{"delay_ms":7000}}"#,
    r#"{"on":"create","probability":0.1,"do":{"word":"teleported"}}"#,
];

/// The machine can be moved between threads, as a server does.
#[test]
fn a_network_can_be_sent() {
    fn is_send<T: Send>() {}
    is_send::<Network>();
}
