//! Plivo XML carried out on calls, outbound and inbound.

use http::Method;
use serde_json::{Value, json};

use super::{Customer, HOLD};
use crate::wire::{WebhookFailure, WireResponse};

#[test]
fn the_documents_end_is_the_calls_end() {
    let mut customer = Customer::new();
    customer.xml("/answer", "<Speak>Hello there</Speak><Wait length=\"2\"/><DTMF>12</DTMF>");
    let id = customer.place("+15555550006", json!({ "send_digits": "9" }));
    customer.pass(60_000);
    assert_eq!(customer.heard(&id), ["9", "Hello there", "12"]);
    let record = customer.record(&id);
    assert_eq!((&record["hangup_cause_code"], &record["call_duration"]), (&json!(4010), &json!(4)));
    assert_eq!(customer.truth(&id)["ended_by"], json!("instructions"));
}

#[test]
fn digits_go_to_the_action() {
    for input in [
        r#"<GetInput action="http://customer/menu" inputType="dtmf" numDigits="1"><Speak>One?</Speak></GetInput>"#,
        r#"<GetDigits action="http://customer/menu" numDigits="1" retries="2"><Speak>One?</Speak></GetDigits>"#,
    ] {
        let mut customer = Customer::new();
        customer.xml("/answer", &format!("{input}<Speak>None</Speak>"));
        customer.xml("/menu", "<Speak>Thanks</Speak>");
        let presses = customer.place("+15555550009", json!({}));
        customer.pass(60_000);
        let listens = customer.place("+15555550006", json!({}));
        customer.pass(60_000);
        assert_eq!(customer.told("/menu", "Digits"), ["1"]);
        assert_eq!(customer.told("/menu", "Event"), ["Redirect"]);
        assert_eq!(customer.heard(&presses), ["One?", "Thanks"]);
        let n_asked = customer.heard(&listens).iter().filter(|text| *text == "One?").count();
        assert_eq!(n_asked, if input.contains("retries") { 2 } else { 1 });
        assert_eq!(customer.heard(&listens).last().unwrap(), "None");
    }
}

#[test]
fn words_go_to_the_action_too() {
    let mut customer = Customer::new();
    let input = r#"<GetInput action="http://customer/menu" inputType="dtmf speech" redirect="false"/>"#;
    customer.xml("/answer", &format!("{input}<Speak>On</Speak>"));
    let id = customer.place("+15555550010", json!({}));
    customer.pass(60_000);
    assert_eq!(customer.told("/menu", "Speech"), ["yes please"]);
    assert_eq!(customer.told("/menu", "InputType"), ["speech"]);
    assert_eq!(customer.heard(&id), ["On"], "without a redirect the document goes on");
}

#[test]
fn keys_end_with_a_hash_or_a_pause() {
    let mut customer = Customer::new();
    customer.xml("/answer", r#"<GetInput action="http://customer/menu" inputType="dtmf"/>"#);
    customer.xml("/menu", HOLD);
    for (keys, expected) in [("12#4", "12"), ("34", "34")] {
        let id = customer.place("+15555550006", json!({}));
        customer.pass(1_000);
        let body = json!({ "digits": keys }).to_string();
        customer.control(Method::POST, &format!("/calls/{id}/digits"), &body);
        customer.pass(3_000);
        assert_eq!(customer.told("/menu", "Digits").last().unwrap(), expected);
    }
}

#[test]
fn a_live_call_is_redirected_by_the_api() {
    let mut customer = Customer::new();
    let id = customer.place("+15555550006", json!({}));
    customer.pass(1_000);
    customer.xml("/other", "<Speak>Soon over</Speak><Hangup/>");
    let body = json!({ "legs": "aleg", "aleg_url": "http://customer/other" });
    let (status, said) = customer.post(&format!("/Call/{id}/"), body);
    assert_eq!((status, &said["message"]), (202, &json!("call transfered")));
    assert_eq!(customer.post(&format!("/Call/{id}/"), json!({ "legs": "aleg" })).0, 400);
    customer.pass(5_000);
    assert_eq!(customer.heard(&id), ["Soon over"]);
    let record = customer.record(&id);
    assert_eq!(
        (&record["hangup_cause_code"], &record["hangup_source"]),
        (&json!(4000), &json!("Answer XML"))
    );
    let body = json!({ "aleg_url": "http://customer/other" });
    assert_eq!(customer.post(&format!("/Call/{id}/"), body).0, 404);
}

#[test]
fn instructions_that_fail_end_the_call_or_go_to_the_fallback() {
    let page = |status, body: &str| Ok(WireResponse { body: body.into(), ..WireResponse::empty(status) });
    for (answer, code, n_tries) in [
        (Err(WebhookFailure::Refused), 7011, 3),
        (Err(WebhookFailure::TimedOut), 7011, 3),
        (page(500, "<Response/>"), 7011, 3),
        (page(404, ""), 7011, 3),
        (page(200, ""), 8011, 1),
        (page(200, "<Response><Say>Twilio's</Say></Response>"), 8011, 1),
        (page(200, "{}"), 8011, 1),
        (page(200, "<Response/>"), 4010, 1),
    ] {
        let mut customer = Customer::new();
        customer.page("/answer", answer);
        customer.xml("/fallback", "<Speak>Never mind</Speak>");
        let over = json!({ "hangup_url": "http://customer/over" });
        let ends = customer.place("+15555550006", over.clone());
        customer.pass(60_000);
        assert_eq!(customer.record(&ends)["hangup_cause_code"], json!(code));
        assert_eq!(customer.told("/answer", "Event").len(), n_tries, "{code}");
        let mut falls = over;
        falls["fallback_url"] = json!("http://customer/fallback");
        let falls = customer.place("+15555550006", falls);
        customer.pass(60_000);
        let expected: &[&str] = if code == 4010 { &[] } else { &["Never mind"] };
        assert_eq!(customer.heard(&falls), expected);
    }
}

#[test]
fn a_stream_that_cannot_be_opened_is_gone_past() {
    let mut customer = Customer::new();
    let stream = r#"<Stream bidirectional="true" keepCallAlive="true">wss://customer/media</Stream>"#;
    customer.xml("/answer", &format!("{stream}<Redirect>http://customer/again</Redirect>"));
    customer.xml("/again", "<Hangup schedule=\"5\"/><Wait length=\"60\"/>");
    let id = customer.place("+15555550006", json!({}));
    customer.pass(60_000);
    assert_eq!(customer.told("/again", "Event"), ["Redirect",]);
    let record = customer.record(&id);
    assert_eq!((&record["call_duration"], &record["hangup_cause_code"]), (&json!(6), &json!(6000)));
}

#[test]
fn a_url_that_is_not_absolute_ends_the_call() {
    for (inside, code) in
        [("<Redirect>/again</Redirect>", 7024), (r#"<Record action="/recorded" timeout="1"/>"#, 7022)]
    {
        let mut customer = Customer::new();
        customer.xml("/answer", inside);
        let id = customer.place("+15555550006", json!({}));
        customer.pass(60_000);
        assert_eq!(customer.record(&id)["hangup_cause_code"], json!(code));
    }
}

#[test]
fn a_dial_goes_on_when_the_other_leg_ends() {
    let mut customer = Customer::new();
    let dial = r#"<Dial action="http://customer/after" callbackUrl="http://customer/dial"><Number>15555550008</Number></Dial>"#;
    customer.xml("/answer", dial);
    customer.xml("/after", HOLD);
    let id = customer.place("+15555550006", json!({}));
    customer.pass(10_000);
    assert_eq!(customer.live(&id).0, 200, "the end of the other leg is not its own");
    assert_eq!(customer.told("/after", "DialStatus"), ["completed"]);
    assert_eq!(customer.told("/after", "DialRingStatus"), ["true"]);
    assert_eq!(customer.told("/after", "CallUUID"), [id.as_str()]);
    let other = customer.network.calls()[1].id.clone();
    assert_eq!(customer.told("/after", "DialBLegUUID"), [other.as_str()]);
    assert_eq!(customer.told("/dial", "Event"), ["DialAnswer", "DialHangup"]);
    assert_eq!(customer.record(&other)["parent_call_uuid"], json!(id));
}

#[test]
fn the_first_to_answer_is_connected_and_the_others_have_lost() {
    let mut customer = Customer::new();
    let numbers = "<Number>15555550002</Number><Number>15555550007</Number><Number>15555550006</Number>";
    customer.xml("/answer", &format!("<Dial>{numbers}</Dial>"));
    let id = customer.place("+15555550006", json!({}));
    customer.pass(20_000);
    let others: Vec<String> = customer.network.calls()[1..].iter().map(|call| call.id.clone()).collect();
    assert_eq!(customer.network.n_live(), 2);
    assert_eq!(customer.record(&others[0])["hangup_cause_code"], json!(9000));
    // Whoever was dialled is hung up with the call.
    assert_eq!(customer.delete(&format!("/Call/{id}/")), 204);
    assert_eq!(customer.network.n_live(), 0);
}

#[test]
fn the_other_leg_may_be_transferred_by_itself() {
    let mut customer = Customer::new();
    customer.xml("/answer", "<Dial><Number>15555550006</Number></Dial><Speak>Alone</Speak>");
    customer.xml("/other", HOLD);
    let id = customer.place("+15555550006", json!({}));
    customer.pass(1_000);
    let body = json!({ "legs": "bleg", "bleg_url": "http://customer/other" });
    assert_eq!(customer.post(&format!("/Call/{id}/"), body).0, 202);
    customer.pass(5_000);
    assert_eq!(customer.heard(&id), ["Alone"]);
    assert_eq!(customer.live(&id).0, 404);
    assert_eq!(customer.network.n_live(), 1);
    assert_eq!(customer.told("/other", "ALegUUID"), [id]);
}

#[test]
fn a_called_number_asks_while_it_rings() {
    let mut customer = Customer::new();
    let id = customer.called("<Wait length=\"3\"/><Speak>Hello</Speak><Wait length=\"60\"/>");
    customer.pass(1_000);
    assert_eq!(customer.live(&id).1["call_status"], json!("ringing"));
    customer.pass(4_000);
    assert_eq!(customer.live(&id).1["call_status"], json!("in-progress"));
    assert_eq!(customer.told("/answer", "CallStatus"), ["ringing"]);
    assert_eq!(customer.told("/answer", "Direction"), ["inbound"]);
    assert_eq!(customer.told("/answer", "ALegUUID"), [""]);
    assert_eq!(customer.heard(&id), ["Hello"]);
    customer.pass(60_000);
    assert_eq!(customer.told("/over", "HangupSource"), ["Caller"]);
    assert_eq!(customer.record(&id)["call_direction"], json!("inbound"));
}

#[test]
fn a_caller_may_be_turned_away() {
    for (inside, code) in
        [(r#"<Hangup reason="rejected"/>"#, 3020), (r#"<Hangup reason="busy"/>"#, 3010), ("<Hangup/>", 4000)]
    {
        let mut customer = Customer::new();
        let id = customer.called(inside);
        customer.pass(60_000);
        assert_eq!(customer.truth(&id)["answered_at"], Value::Null);
        assert_eq!(customer.record(&id)["hangup_cause_code"], json!(code));
    }
}

#[test]
fn detecting_machines_tells_them_apart() {
    let mut customer = Customer::new();
    let wait = json!({ "machine_detection": "true" });
    customer.place("+15555550005", wait.clone());
    customer.place("+15555550006", wait);
    let hang_up = customer.place("+15555550005", json!({ "machine_detection": "hangup" }));
    customer.pass(30_000);
    assert_eq!(customer.told("/answer", "Machine"), ["false", "true", ""]);
    assert_eq!(customer.record(&hang_up)["hangup_cause_code"], json!(9100));
    let url = json!({ "machine_detection": "true", "machine_detection_url": "http://customer/amd" });
    customer.place("+15555550005", url);
    customer.pass(30_000);
    assert_eq!(customer.told("/amd", "Machine"), ["true"]);
}

#[test]
fn a_recording_is_told_of() {
    let mut customer = Customer::new();
    customer.xml("/answer", r##"<Record action="http://customer/recorded" finishOnKey="#"/>"##);
    customer.xml("/recorded", HOLD);
    let id = customer.place("+15555550006", json!({}));
    customer.pass(1_000);
    customer.control(Method::POST, &format!("/calls/{id}/digits"), r##"{"digits":"#"}"##);
    customer.pass(1_000);
    assert_eq!(customer.told("/recorded", "Digits"), ["#"]);
    assert!(customer.told("/recorded", "RecordUrl")[0].starts_with("https://media.plivo.com/"));
}
