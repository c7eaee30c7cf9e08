//! TwiML carried out on calls, outbound and inbound.

use http::Method;
use network::{WebhookFailure, WireResponse};
use serde_json::json;

use crate::customer::{Customer, heard};

const VOICE: (&str, &str) = ("Url", "http://customer/voice?call=c_1");

#[test]
fn the_documents_end_is_the_calls_end() {
    let mut customer = Customer::new();
    customer.twiml("/voice", "<Say>Hello there</Say><Pause length=\"2\"/>");
    let sid = customer.place("+15555550006", &[VOICE]);
    customer.pass(60_000);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "Hello there" })]);
    let truth = customer.truth(&sid);
    assert_eq!(truth["ended_by"], json!("instructions"));
    assert_eq!(customer.fetch(&sid)["duration"], json!("3"));
    assert_eq!(customer.told("/voice", "CallStatus"), ["in-progress"]);
}

#[test]
fn a_page_may_be_asked_for_by_get() {
    let mut customer = Customer::new();
    customer.twiml("/voice", "<Hangup/>");
    let sid = customer.place("+15555550006", &[VOICE, ("Method", "GET")]);
    customer.pass(60_000);
    assert_eq!(customer.webhooks[0].method, Method::GET);
    assert!(customer.webhooks[0].body.is_empty());
    assert_eq!(customer.told("/voice", "CallSid"), [sid]);
}

#[test]
fn an_inline_document_needs_no_webhook() {
    let mut customer = Customer::new();
    let twiml = "<Response><Say>Hi</Say></Response>";
    let sid = customer.place("+15555550006", &[("Twiml", twiml), ("SendDigits", "1w2")]);
    customer.pass(60_000);
    let expected = [json!({ "digits": "1w2" }), json!({ "say": "Hi" })];
    assert_eq!(heard(&mut customer, &sid), expected);
    assert_eq!(customer.webhooks.len(), 0);
    assert_eq!(customer.status(&sid), "completed");
}

#[test]
fn digits_go_to_the_gathers_action() {
    let mut customer = Customer::new();
    customer.twiml(
        "/voice",
        r#"<Gather numDigits="1" action="/menu"><Say>Press one</Say></Gather><Say>None</Say>"#,
    );
    customer.twiml("/menu", "<Say>Thanks</Say>");
    let presses = customer.place("+15555550009", &[VOICE]);
    let listens = customer.place("+15555550006", &[VOICE]);
    customer.pass(60_000);
    assert_eq!(customer.told("http://customer/menu", "Digits"), ["1"]);
    let heard_after_the_prompt = [json!({ "say": "Press one" }), json!({ "say": "Thanks" })];
    assert_eq!(heard(&mut customer, &presses), heard_after_the_prompt);
    let heard_without_pressing = [json!({ "say": "Press one" }), json!({ "say": "None" })];
    assert_eq!(heard(&mut customer, &listens), heard_without_pressing);
}

#[test]
fn keys_may_be_pressed_from_outside_and_end_with_a_hash() {
    let mut customer = Customer::new();
    customer.twiml("/voice", r#"<Gather action="/menu" timeout="10"/>"#);
    customer.twiml("/menu", "<Hangup/>");
    let sid = customer.place("+15555550006", &[VOICE]);
    customer.pass(1_000);
    customer.control(Method::POST, &format!("/calls/{sid}/digits"), r#"{"digits":"12"}"#);
    customer.pass(1_000);
    customer.control(Method::POST, &format!("/calls/{sid}/digits"), r#"{"digits":"3#4"}"#);
    customer.pass(1_000);
    assert_eq!(customer.told("/menu", "Digits"), ["123"]);
    assert_eq!(customer.truth(&sid)["pressed"], json!("123#4"));
}

#[test]
fn a_stream_that_cannot_be_opened_is_gone_past() {
    let mut customer = Customer::new();
    let connect = r#"<Connect><Stream url="wss://customer/media"/></Connect>"#;
    customer.twiml("/voice", &format!("{connect}<Redirect>/again</Redirect>"));
    customer.twiml("/again", "<Hangup/>");
    let sid = customer.place("+15555550006", &[VOICE]);
    customer.pass(60_000);
    assert_eq!(customer.told("http://customer/again", "CallSid").len(), 1);
    assert_eq!(customer.fetch(&sid)["duration"], json!("1"));
}

/// Source: <https://www.twilio.com/docs/api/errors/31921>: whoever served the stream and is gone
/// leaves the call to what stands after it, or to its end.
#[test]
fn fact_06_after_a_stream_the_next_verb_is_carried_out() {
    let mut customer = Customer::new();
    let connect = r#"<Connect><Stream url="wss://customer/media"/></Connect>"#;
    customer.twiml("/voice", &format!("{connect}<Pause length=\"600\"/>"));
    customer.twiml("/bare", connect);
    let held = customer.place("+15555550006", &[VOICE]);
    let bare = customer.place("+15555550006", &[("Url", "http://customer/bare")]);
    customer.pass(60_000);
    assert_eq!(
        (customer.status(&held).as_str(), customer.status(&bare).as_str()),
        ("in-progress", "completed")
    );
}

/// Source: <https://www.twilio.com/docs/api/errors/31920>.
#[test]
fn fact_07_the_address_of_a_stream_takes_no_query() {
    let mut customer = Customer::new();
    let stream = |address: &str| {
        let told = r#"statusCallback="http://customer/told""#;
        format!(r#"<Connect><Stream url="{address}" {told}/></Connect><Say>Next</Say>"#)
    };
    customer.twiml("/voice", &stream("wss://customer/media"));
    customer.twiml("/query", &stream("wss://customer/media?token=secret"));
    let plain = customer.place("+15555550006", &[VOICE]);
    let query = customer.place("+15555550006", &[("Url", "http://customer/query")]);
    customer.pass(60_000);
    let said_at = |customer: &mut Customer, sid: &str| {
        let truth = customer.truth(sid);
        truth["heard"][0]["at"].as_u64().unwrap() - truth["answered_at"].as_u64().unwrap()
    };
    let (tried, refused) = (said_at(&mut customer, &plain), said_at(&mut customer, &query));
    assert!(refused < tried, "the one with a query is not even tried: {refused} and {tried} ms");
    assert_eq!(customer.told("/told", "StreamEvent"), ["stream-error", "stream-error"]);
    let errors = customer.told("/told", "StreamError");
    assert!(errors.iter().any(|error| error.starts_with("31920 ")), "{errors:?}");
}

#[test]
fn a_live_call_is_redirected_by_the_api() {
    let mut customer = Customer::new();
    let sid = customer.place("+15555550006", &[]);
    let say = [("Twiml", "<Response><Say>Soon over</Say><Pause length=\"30\"/></Response>")];
    assert_eq!(customer.update(&sid, &say), (400, json!(21_220)), "it rings");
    customer.pass(5_000);
    assert_eq!(customer.update(&sid, &say).0, 200);
    customer.pass(5_000);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "Soon over" })]);
    customer.twiml("/voice", "<Hangup/>");
    assert_eq!(customer.update(&sid, &[VOICE]).0, 200);
    customer.pass(1_000);
    assert_eq!(customer.status(&sid), "completed");
    assert_eq!(customer.update(&sid, &say), (400, json!(21_220)));
}

#[test]
fn without_instructions_the_carrier_apologizes_and_hangs_up() {
    let page = |status, content_type, body: &str| {
        let response = WireResponse::empty(status).with_header("content-type", content_type);
        Ok(WireResponse { body: body.as_bytes().to_vec(), ..response })
    };
    for (answer, code) in [
        (Err(WebhookFailure::Refused), "11205"),
        (Err(WebhookFailure::TimedOut), "11200"),
        (page(500, "text/xml", "<Response/>"), "11200"),
        (page(200, "text/xml", "<Response>"), "12100"),
        (page(200, "application/json", "{}"), "12300"),
    ] {
        let mut customer = Customer::new();
        customer.page("/voice", answer.clone());
        customer.twiml("/fallback", "<Say>Never mind</Say>");
        let fallback = ("FallbackUrl", "http://customer/fallback");
        let falls = customer.place("+15555550006", &[VOICE, fallback]);
        let ends = customer.place("+15555550006", &[VOICE]);
        customer.pass(60_000);
        assert_eq!(customer.told("/fallback", "ErrorCode"), [code]);
        assert_eq!(customer.told("/fallback", "ErrorUrl"), [VOICE.1]);
        assert_eq!(heard(&mut customer, &falls), [json!({ "say": "Never mind" })]);
        let truth = customer.truth(&ends);
        assert_eq!(truth["cause"], json!("instructions-failed"));
        assert_eq!(truth["heard"][0]["kind"], json!("apology"));
        assert_eq!(customer.status(&ends), "completed");
        assert_eq!(customer.fetch(&ends)["duration"], json!("2"));
    }
}

#[test]
fn a_dial_calls_somebody_and_goes_on_after() {
    let mut customer = Customer::new();
    customer.twiml("/voice", "<Dial timeout=\"9\">+15555550008</Dial><Say>Gone</Say>");
    let sid = customer.place("+15555550006", &[VOICE]);
    customer.pass(60_000);
    let calls = customer.network.calls();
    assert_eq!(calls.len(), 2);
    let child = customer.fetch(&calls[1].id);
    assert_eq!(child["parent_call_sid"], json!(sid));
    assert_eq!(child["direction"], json!("outbound-dial"));
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "Gone" })]);
}

#[test]
fn whoever_was_dialled_is_hung_up_with_the_call() {
    let mut customer = Customer::new();
    customer.twiml("/voice", "<Dial action=\"/after\">+15555550006</Dial>");
    let sid = customer.place("+15555550006", &[VOICE]);
    customer.pass(5_000);
    assert_eq!(customer.network.n_live(), 2);
    customer.update(&sid, &[("Status", "completed")]);
    assert_eq!(customer.network.n_live(), 0);
    assert_eq!(customer.told("/after", "DialCallStatus").len(), 0);
}

fn called(customer: &mut Customer, inside: &str) -> String {
    customer.twiml("/inbound", inside);
    customer.control(
        Method::PUT,
        "/numbers/+15550199000",
        r#"{"voice_url":"http://customer/inbound","status_callback":"http://customer/status"}"#,
    );
    let body = r#"{"from":"+15555551234","to":"+15550199000"}"#;
    let call = customer.control(Method::POST, "/calls", body);
    call["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_called_number_asks_for_instructions_while_it_rings() {
    let mut customer = Customer::new();
    let sid = called(&mut customer, "<Say>Hello</Say><Pause length=\"60\"/>");
    assert_eq!(customer.status(&sid), "ringing");
    customer.pass(1_000);
    assert_eq!(customer.status(&sid), "in-progress");
    assert_eq!(customer.told("/inbound", "CallStatus"), ["ringing"]);
    assert_eq!(customer.told("/inbound", "Direction"), ["inbound"]);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "Hello" })]);
    customer.pass(60_000);
    assert_eq!(customer.told("/status", "CallStatus"), ["completed"]);
    assert_eq!(customer.truth(&sid)["ended_by"], json!("remote"));
}

#[test]
fn a_rejected_caller_is_never_answered() {
    for (inside, status) in [("<Reject/>", "no-answer"), ("<Reject reason=\"busy\"/>", "busy")] {
        let mut customer = Customer::new();
        let sid = called(&mut customer, inside);
        customer.pass(60_000);
        assert_eq!(customer.status(&sid), status);
        assert_eq!(customer.truth(&sid)["answered_at"], json!(null));
        assert_eq!(customer.told("/status", "CallStatus"), [status]);
    }
}

#[test]
fn a_pause_first_lets_it_ring() {
    let mut customer = Customer::new();
    let sid = called(&mut customer, "<Pause length=\"5\"/><Say>Hello</Say>");
    customer.pass(4_000);
    assert_eq!(customer.status(&sid), "ringing");
    customer.pass(1_500);
    assert_eq!(customer.status(&sid), "in-progress");
}

#[test]
fn a_caller_gives_up() {
    let mut customer = Customer::new();
    let sid = called(&mut customer, "<Pause length=\"500\"/>");
    customer.pass(61_000);
    assert_eq!(customer.status(&sid), "no-answer");
    assert_eq!(customer.truth(&sid)["status"], json!("canceled"));
}

#[test]
fn detecting_machines_tells_them_apart() {
    let mut customer = Customer::new();
    customer.twiml("/voice", "<Pause length=\"60\"/>");
    let detect = ("MachineDetection", "Enable");
    let machine = customer.place("+15555550005", &[VOICE, detect]);
    let human = customer.place("+15555550006", &[VOICE, detect]);
    customer.pass(10_000);
    assert_eq!(customer.fetch(&machine)["answered_by"], json!("machine_start"));
    assert_eq!(customer.fetch(&human)["answered_by"], json!("human"));
    assert_eq!(customer.told("/voice", "AnsweredBy"), ["human", "machine_start"]);
}
