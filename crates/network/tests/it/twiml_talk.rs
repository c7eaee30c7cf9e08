//! What is asked and answered on calls at Twilio: speech, keys, other instructions, and a second call.

use http::Method;
use serde_json::{Value, json};

use crate::customer::{Customer, heard};

const VOICE: (&str, &str) = ("Url", "http://customer/voice");

fn says(customer: &mut Customer, sid: &str, words: &str) {
    let body = json!({ "words": words }).to_string();
    customer.control(Method::POST, &format!("/calls/{sid}/speech"), &body);
}

fn presses(customer: &mut Customer, sid: &str, digits: &str) {
    let body = json!({ "digits": digits }).to_string();
    customer.control(Method::POST, &format!("/calls/{sid}/digits"), &body);
}

/// A call whose first document is this, answered.
fn talking(customer: &mut Customer, to: &str, inside: &str) -> String {
    customer.twiml("/voice", inside);
    let sid = customer.place(to, &[VOICE]);
    customer.pass(300);
    sid
}

/// What the subscriber said, without the times.
fn spoken(customer: &mut Customer, sid: &str) -> Vec<Value> {
    let truth = customer.truth(sid);
    truth["spoken"].as_array().unwrap().iter().map(|spoken| spoken["words"].clone()).collect()
}

#[test]
fn speech_goes_to_the_gathers_action() {
    let mut customer = Customer::new();
    let gather = r#"<Gather input="speech" action="/heard" speechTimeout="2" language="en-GB">
        <Say>How many?</Say></Gather><Say>Nobody spoke</Say>"#;
    customer.twiml("/voice", gather);
    customer.twiml("/heard", "<Say>Thanks</Say>");
    let sid = customer.place("+15555550010", &[VOICE]);
    customer.pass(30_000);
    assert_eq!(customer.told("/heard", "SpeechResult"), ["yes please"]);
    assert_eq!(customer.told("/heard", "Confidence"), ["0.9421358"]);
    assert_eq!(customer.told("/heard", "Language"), ["en-GB"]);
    assert_eq!(customer.told("/heard", "Digits"), [""], "there is none");
    assert_eq!(customer.told("/heard", "CallSid"), [sid.as_str()]);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "How many?" }), json!({ "say": "Thanks" })]);
    assert_eq!(spoken(&mut customer, &sid), [json!("yes please")]);
    // Rings after 200 ms, answered 2 s later, asked 1 s later, speaks 1.5 s later for 600 ms, and
    // is silent for 2 s.
    let told = customer.webhooks.iter().find(|webhook| webhook.url.contains("/heard")).unwrap();
    assert_eq!(told.at.since(crate::customer::START), 200 + 2_000 + 1_000 + 1_500 + 600 + 2_000);
}

#[test]
fn a_caller_speaks_whenever_asked() {
    let mut customer = Customer::new();
    customer.twiml("/voice", r#"<Gather input="dtmf speech" action="/first"><Say>One?</Say></Gather>"#);
    customer.twiml("/first", r#"<Gather input="speech" action="/second" speechTimeout="auto"/>"#);
    customer.twiml("/second", "<Hangup/>");
    customer.control(Method::PUT, "/numbers/+15550199000", r#"{"voice_url":"http://customer/voice"}"#);
    let body = json!({
        "from": "+15555551234",
        "to": "+15550199000",
        "behaviour": { "does": "speak", "words": "seven people", "speak_after_ms": 100 },
    });
    let call = customer.control(Method::POST, "/calls", &body.to_string());
    customer.pass(30_000);
    assert_eq!(customer.told("/first", "SpeechResult"), ["seven people"]);
    assert_eq!(customer.told("/second", "SpeechResult"), ["seven people"]);
    let sid = call["id"].as_str().unwrap();
    assert_eq!(customer.status(sid), "completed");
    assert_eq!(spoken(&mut customer, sid).len(), 2);
}

#[test]
fn speech_may_come_from_outside_and_in_parts() {
    let mut customer = Customer::new();
    customer.twiml("/heard", "<Hangup/>");
    let gather = r#"<Gather input="speech" action="/heard" speechTimeout="3"/>"#;
    let sid = talking(&mut customer, "+15555550006", gather);
    says(&mut customer, &sid, "seven");
    customer.pass(3_000);
    says(&mut customer, &sid, "people");
    customer.pass(3_400);
    assert_eq!(customer.told("/heard", "SpeechResult").len(), 0, "the silence isn't over");
    customer.pass(200);
    assert_eq!(customer.told("/heard", "SpeechResult"), ["seven people"]);
    let (status, _) = customer.try_control(Method::POST, &format!("/calls/{sid}/speech"), "{}");
    assert_eq!(status, 409, "it is over");
    let rings = customer.place("+15555550002", &[]);
    let (status, _) = customer.try_control(Method::POST, &format!("/calls/{rings}/speech"), "{}");
    assert_eq!(status, 409, "it isn't answered");
}

#[test]
fn what_is_not_asked_for_is_not_told() {
    for (input, wanted) in [("dtmf", ["1", ""]), ("speech", ["", "two"]), ("dtmf speech", ["1", ""])] {
        let mut customer = Customer::new();
        customer.twiml("/heard", "<Hangup/>");
        let gather = format!(r#"<Gather input="{input}" action="/heard"/>"#);
        let sid = talking(&mut customer, "+15555550006", &gather);
        says(&mut customer, &sid, "two");
        presses(&mut customer, &sid, "1");
        customer.pass(20_000);
        let told = ["Digits", "SpeechResult"].map(|field| customer.told("/heard", field));
        assert_eq!(told, wanted.map(|text| vec![text.to_owned()]), "{input}");
    }
}

#[test]
fn keys_are_told_with_what_ended_them() {
    for (keys, digits, finished_on) in [("12", "12", ""), ("1#", "1", "#"), ("#12", "12", "")] {
        let mut customer = Customer::new();
        customer.twiml("/menu", "<Hangup/>");
        let gather = r#"<Gather numDigits="2" action="/menu"/>"#;
        let sid = talking(&mut customer, "+15555550006", gather);
        presses(&mut customer, &sid, keys);
        customer.pass(1);
        assert_eq!(customer.told("/menu", "Digits"), [digits]);
        assert_eq!(customer.told("/menu", "FinishedOnKey"), [finished_on]);
        assert_eq!(customer.told("/menu", "msg"), ["Gather End"]);
    }
}

#[test]
fn a_key_ends_the_prompts() {
    let mut customer = Customer::new();
    customer.twiml("/menu", "<Pause length=\"60\"/>");
    let gather = r#"<Gather numDigits="1" action="/menu"><Say>First</Say><Pause/><Say>Second</Say></Gather>"#;
    let sid = talking(&mut customer, "+15555550006", gather);
    customer.pass(500);
    presses(&mut customer, &sid, "5");
    customer.pass(10_000);
    assert_eq!(customer.told("/menu", "Digits"), ["5"]);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "First" })]);
}

#[test]
fn nothing_falls_through_to_the_redirect_or_is_told_if_asked_for() {
    for input in ["dtmf", "speech", "dtmf speech"] {
        let mut customer = Customer::new();
        let gather = format!(
            r#"<Gather input="{input}" action="/heard" timeout="4"><Say>Well?</Say></Gather>
               <Redirect>/again</Redirect>"#
        );
        customer.twiml("/again", "<Hangup/>");
        let sid = talking(&mut customer, "+15555550006", &gather);
        customer.pass(4_800);
        assert_eq!(customer.told("/again", "CallSid").len(), 0, "{input}");
        customer.pass(200);
        assert_eq!(customer.told("/again", "CallSid"), [sid], "{input}");
        assert_eq!(customer.told("/heard", "CallSid").len(), 0, "{input}");

        let mut customer = Customer::new();
        customer.twiml("/heard", "<Hangup/>");
        let gather = format!(
            r#"<Gather input="{input}" action="/heard" actionOnEmptyResult="true"/><Redirect>/no</Redirect>"#
        );
        talking(&mut customer, "+15555550006", &gather);
        customer.pass(6_000);
        assert_eq!(customer.told("/heard", "Digits"), [""], "{input}");
        assert_eq!(customer.told("/heard", "SpeechResult"), [""], "{input}");
        assert_eq!(customer.told("/no", "CallSid").len(), 0, "{input}");
    }
}

#[test]
fn other_instructions_replace_whatever_goes_on() {
    for running in [
        r#"<Gather input="speech" action="/old"><Say>Old</Say></Gather><Say>Old end</Say>"#,
        r#"<Pause length="5"/><Say>Old end</Say>"#,
        r#"<Dial action="/old">+15555550002</Dial><Say>Old end</Say>"#,
        r#"<Say>A long sentence that is cut off</Say><Say>Old end</Say>"#,
        r#"<Record action="/old"/><Say>Old end</Say>"#,
    ] {
        let mut customer = Customer::new();
        let sid = talking(&mut customer, "+15555550006", running);
        let new = r#"<Response><Say>New</Say><Play digits="1w2"/><Pause length="60"/></Response>"#;
        assert_eq!(customer.update(&sid, &[("Twiml", new)]).0, 200, "{running}");
        assert_eq!(customer.network.n_live(), 1, "{running}");
        customer.pass(30_000);
        assert_eq!(customer.status(&sid), "in-progress", "{running}");
        assert_eq!(customer.told("/old", "CallSid").len(), 0, "{running}");
        let all = heard(&mut customer, &sid);
        assert_eq!(all[all.len() - 2..], [json!({ "say": "New" }), json!({ "digits": "1w2" })]);
        assert!(!all.contains(&json!({ "say": "Old end" })), "{running}");

        customer.twiml("/next", "<Say>Next</Say><Pause length=\"60\"/>");
        assert_eq!(customer.update(&sid, &[("Url", "http://customer/next")]).0, 200);
        customer.pass(2_000);
        assert_eq!(heard(&mut customer, &sid).last(), Some(&json!({ "say": "Next" })));
    }
}

#[test]
fn a_document_that_comes_late_is_not_heeded() {
    let mut customer = Customer::new();
    customer.fault(r#"{"on":"voice","do":{"delay_ms":10000},"times":1}"#);
    let sid = talking(&mut customer, "+15555550006", "<Say>Old</Say>");
    let document = "<Response><Say>New</Say><Pause length=\"60\"/></Response>";
    assert_eq!(customer.update(&sid, &[("Twiml", document)]).0, 200);
    customer.pass(30_000);
    assert_eq!(customer.told("/voice", "CallSid"), [sid.as_str()]);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "New" })]);
    assert_eq!(customer.status(&sid), "in-progress");
}

#[test]
fn what_is_said_in_a_loop_is_heard_each_time() {
    let mut customer = Customer::new();
    let inside = r#"<Say loop="2">Hi</Say><Gather><Say loop="2">Well?</Say></Gather>"#;
    let sid = talking(&mut customer, "+15555550006", inside);
    customer.pass(3_500);
    let expected = ["Hi", "Hi", "Well?", "Well?"].map(|text| json!({ "say": text }));
    assert_eq!(heard(&mut customer, &sid), expected);
    customer.pass(6_000);
    assert_eq!(customer.fetch(&sid)["duration"], json!("9"), "4 s of speech and 5 s of silence");
}

#[test]
fn one_who_was_about_to_speak_is_interrupted_by_other_instructions() {
    let mut customer = Customer::new();
    let sid = talking(&mut customer, "+15555550010", r#"<Gather input="speech" timeout="30"/>"#);
    customer.pass(3_000);
    let document = "<Response><Pause length=\"60\"/></Response>";
    assert_eq!(customer.update(&sid, &[("Twiml", document)]).0, 200);
    customer.pass(20_000);
    assert_eq!(spoken(&mut customer, &sid).len(), 0);
}

#[test]
fn a_dialled_call_has_webhooks_of_its_own() {
    for (to, status, bridged) in [
        ("+15555550008", "completed", "true"),
        ("+15555550001", "busy", "false"),
        ("+15555550002", "no-answer", "false"),
        ("+15555550003", "failed", "false"),
    ] {
        let mut customer = Customer::new();
        customer.twiml("/after", "<Hangup/>");
        let number = format!(
            r#"<Number statusCallback="/child" statusCallbackEvent="initiated ringing answered completed"
                 sendDigits="ww1">{to}</Number>"#
        );
        let dial = format!(
            r#"<Dial callerId="+15550199001" action="/after" timeout="7">{number}</Dial><Say>Not reached</Say>"#
        );
        let sid = talking(&mut customer, "+15555550006", &dial);
        customer.pass(30_000);
        let child = customer.network.calls()[1].clone();
        assert_eq!((child.from.as_str(), child.to.as_str()), ("+15550199001", to));
        assert_eq!(customer.told("/after", "CallSid"), [sid.as_str()], "{to}");
        assert_eq!(customer.told("/after", "DialCallSid"), [child.id.as_str()], "{to}");
        assert_eq!(customer.told("/after", "DialCallStatus"), [status], "{to}");
        assert_eq!(customer.told("/after", "DialBridged"), [bridged], "{to}");
        let talked = if status == "completed" { "0" } else { "" };
        assert_eq!(customer.told("/after", "DialCallDuration"), [talked], "{to}");
        let told = customer.told("/child", "CallStatus");
        assert_eq!(told.first().map(String::as_str), Some("initiated"), "{to}");
        assert_eq!(told.last().map(String::as_str), Some(status), "{to}");
        assert!(customer.told("/child", "ParentCallSid").iter().all(|parent| *parent == sid), "{to}");
        assert!(customer.told("/child", "CallSid").iter().all(|own| *own == child.id), "{to}");
        assert!(customer.told("/child", "Direction").iter().all(|way| way == "outbound-dial"), "{to}");
        if status == "completed" {
            assert_eq!(told, ["initiated", "ringing", "in-progress", "completed"]);
            assert_eq!(heard(&mut customer, &child.id), [json!({ "digits": "ww1" })]);
        }
        assert_eq!(heard(&mut customer, &sid).len(), 0, "what follows a dial with an action isn't reached");
    }
}

#[test]
fn whoever_was_dialled_and_hangs_up_leaves_the_caller_alone() {
    let mut customer = Customer::new();
    let dial = r#"<Dial action="/after">+15555551234</Dial>"#;
    customer.twiml("/after", "<Say>Back again</Say><Pause length=\"60\"/>");
    let sid = talking(&mut customer, "+15555550006", dial);
    customer.pass(40_000);
    assert_eq!(customer.told("/after", "DialCallDuration"), ["20"]);
    assert_eq!(customer.told("/after", "CallStatus"), ["in-progress"]);
    assert_eq!(heard(&mut customer, &sid), [json!({ "say": "Back again" })]);
    assert_eq!(customer.status(&sid), "in-progress");
}
