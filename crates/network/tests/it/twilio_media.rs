//! Media streams at Twilio, over real sockets.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use network::DEFAULT_AUTH_TOKEN;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::customer::api;
use crate::media::{ECHO, Peer, Scene, Welcome, base64, sound_of, speech};

const CONNECT: &str = r#"<Connect><Stream url="MEDIA" name="talk" statusCallback="CUSTOMER/told">
    <Parameter name="FirstName" value="Jane"/></Stream></Connect><Say>Next</Say><Pause length="60"/>"#;

async fn place(scene: &Scene) -> String {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("To", ECHO)
        .append_pair("From", "+15550199000")
        .append_pair("Url", &format!("http://{}/voice", scene.customer))
        .finish();
    let call = scene.ask(api(Method::POST, "/Calls.json").with_body(form)).await;
    call["sid"].as_str().unwrap().to_owned()
}

fn heard_next(truth: &Value) -> bool {
    truth["heard"].as_array().unwrap().iter().any(|heard| heard["text"] == json!("Next"))
}

fn of_stream(peer_start: &Value, event: &str, mut message: Value) -> Value {
    message["event"] = json!(event);
    message["streamSid"] = peer_start["streamSid"].clone();
    message
}

async fn opened(scene: &mut Scene) -> (Peer, Value) {
    let mut peer = scene.peer().await;
    let connected = peer.next().await;
    assert_eq!(connected, json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" }));
    let start = peer.next().await;
    (peer, start)
}

#[tokio::test]
async fn a_stream_opens_with_a_signature_and_says_whose_it_is() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (peer, start) = opened(&mut scene).await;
    let mut mac = Hmac::<Sha1>::new_from_slice(DEFAULT_AUTH_TOKEN.as_bytes()).unwrap();
    mac.update(format!("ws://{}/media", scene.media).as_bytes());
    let signature = base64(&mac.finalize().into_bytes());
    assert_eq!(peer.headers["x-twilio-signature"], signature.as_str());
    assert_eq!((&start["event"], &start["sequenceNumber"]), (&json!("start"), &json!("1")));
    assert_eq!(start["start"]["callSid"], json!(sid));
    assert_eq!(start["start"]["tracks"], json!(["inbound"]));
    assert_eq!(start["start"]["customParameters"], json!({ "FirstName": "Jane" }));
    let told = scene.told("StreamEvent=stream-started").await;
    assert!(told.contains("StreamName=talk"), "{told}");
    let truth = scene.truth(&sid).await;
    assert_eq!(truth["streams"][0]["id"], start["streamSid"]);
    assert_eq!(truth["streams"][0]["state"], json!("open"));
}

#[tokio::test]
async fn sound_is_paced_and_what_is_played_is_marked_and_echoed() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (mut peer, start) = opened(&mut scene).await;
    let first = peer.next().await;
    assert_eq!(first["media"]["chunk"], json!("1"));
    assert_eq!(sound_of(&first), [0xFF; 160]);
    let began = Instant::now();
    for chunk in 2..=25 {
        assert_eq!(peer.event("media").await["media"]["chunk"], json!(chunk.to_string()));
    }
    assert!(began.elapsed() > Duration::from_millis(400), "{:?}", began.elapsed());
    let sound = speech(1_600);
    peer.say(of_stream(&start, "media", json!({ "media": { "payload": base64(&sound) } }))).await;
    peer.say(of_stream(&start, "mark", json!({ "mark": { "name": "said" } }))).await;
    let began = Instant::now();
    assert_eq!(peer.event("mark").await["mark"], json!({ "name": "said" }));
    assert!(began.elapsed() > Duration::from_millis(150), "{:?}", began.elapsed());
    peer.hears(&sound).await;
    let stream = scene.truth(&sid).await["streams"][0].clone();
    assert_eq!((&stream["marks"], &stream["frames_received"]), (&json!(["said"]), &json!(10)));
    assert!(stream["frames_sent"].as_u64().unwrap() > 25);
}

#[tokio::test]
async fn clearing_brings_all_marks_at_once() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (mut peer, start) = opened(&mut scene).await;
    let minute = json!({ "media": { "payload": base64(&speech(480_000)) } });
    peer.say(of_stream(&start, "media", minute)).await;
    for name in ["a", "b"] {
        peer.say(of_stream(&start, "mark", json!({ "mark": { "name": name } }))).await;
    }
    peer.say(of_stream(&start, "clear", json!({}))).await;
    assert_eq!(peer.event("mark").await["mark"]["name"], json!("a"));
    assert_eq!(peer.event("mark").await["mark"]["name"], json!("b"));
    let truth = scene.truth_when(&sid, |truth| truth["streams"][0]["marks"] == json!(["a", "b"])).await;
    assert_eq!(truth["streams"][0]["clears"], json!(1));
}

#[tokio::test]
async fn keys_are_told() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (mut peer, _) = opened(&mut scene).await;
    peer.next().await;
    scene.control(Method::POST, &format!("/calls/{sid}/digits"), &json!({ "digits": "1" })).await;
    assert_eq!(peer.event("dtmf").await["dtmf"], json!({ "track": "inbound_track", "digit": "1" }));
}

#[tokio::test]
async fn the_document_goes_on_when_the_server_closes() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (mut peer, _) = opened(&mut scene).await;
    assert!(!heard_next(&scene.truth(&sid).await));
    peer.close().await;
    let truth = scene.truth_when(&sid, heard_next).await;
    assert_eq!((&truth["streams"][0]["state"], &truth["live"]), (&json!("closed"), &json!(true)));
    scene.told("StreamEvent=stream-stopped").await;
}

#[tokio::test]
async fn a_hang_up_is_said_and_closes() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (mut peer, _) = opened(&mut scene).await;
    scene.control(Method::POST, &format!("/calls/{sid}/hangup"), &Value::Null).await;
    assert_eq!(peer.event("stop").await["stop"]["callSid"], json!(sid));
    peer.is_closed().await;
    scene.told("StreamEvent=stream-stopped").await;
}

#[tokio::test]
async fn a_refused_handshake_is_31920_and_the_document_goes_on() {
    let mut scene = Scene::begin(CONNECT, Welcome::Refuse).await;
    let sid = place(&scene).await;
    let told = scene.told("StreamEvent=stream-error").await;
    assert!(told.contains("StreamError=31920"), "{told}");
    let truth = scene.truth_when(&sid, heard_next).await;
    assert_eq!(truth["streams"][0]["state"], json!("failed"));
}

/// The first is late; the second would be later than its call.
#[tokio::test]
async fn a_stream_can_be_late() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    for delay_ms in [300, 3_600_000] {
        let late = json!({ "on": "stream", "to": ECHO, "times": 1, "do": { "delay_ms": delay_ms } });
        scene.control(Method::POST, "/faults", &late).await;
    }
    let first = place(&scene).await;
    scene.truth_when(&first, |truth| truth["streams"][0]["state"] == json!("opening")).await;
    let _peer = opened(&mut scene).await;
    let truth = scene.truth_when(&first, |truth| truth["streams"][0]["state"] == json!("open")).await;
    let at = |key: &str| truth["streams"][0][key].as_i64().unwrap();
    assert!(at("opened_at") - at("asked_at") >= 300, "{truth}");

    let second = place(&scene).await;
    scene.truth_when(&second, |truth| truth["streams"][0]["state"] == json!("opening")).await;
    scene.control(Method::POST, &format!("/calls/{second}/hangup"), &Value::Null).await;
    let truth = scene.truth_when(&second, |truth| truth["streams"][0]["state"] == json!("closed")).await;
    assert_eq!(truth["streams"][0]["opened_at"], Value::Null);
}

#[tokio::test]
async fn a_message_that_is_not_known_is_31924() {
    let mut scene = Scene::begin(CONNECT, Welcome::Open).await;
    let sid = place(&scene).await;
    let (mut peer, start) = opened(&mut scene).await;
    peer.say(of_stream(&start, "sing", json!({}))).await;
    let told = scene.told("StreamEvent=stream-error").await;
    assert!(told.contains("StreamError=31924"), "{told}");
    peer.is_closed().await;
    scene.truth_when(&sid, heard_next).await;
}

#[tokio::test]
async fn a_stream_of_the_api_goes_one_way_until_it_is_stopped() {
    let mut scene = Scene::begin(r#"<Pause length="60"/>"#, Welcome::Open).await;
    let sid = place(&scene).await;
    scene.truth_when(&sid, |truth| truth["status"] == json!("in-progress")).await;
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("Url", &format!("ws://{}/media", scene.media))
        .append_pair("Name", "fork")
        .append_pair("Parameter1.Name", "a")
        .append_pair("Parameter1.Value", "b")
        .finish();
    let path = format!("/Calls/{sid}/Streams.json");
    let stream = scene.ask(api(Method::POST, &path).with_body(body)).await;
    assert_eq!((&stream["status"], &stream["name"]), (&json!("in-progress"), &json!("fork")));
    let (mut peer, start) = opened(&mut scene).await;
    assert_eq!(start["streamSid"], stream["sid"]);
    assert_eq!(start["start"]["customParameters"], json!({ "a": "b" }));
    peer.say(json!("whatever")).await;
    peer.event("media").await;
    let path = format!("/Calls/{sid}/Streams/{}.json", stream["sid"].as_str().unwrap());
    let stopped = scene.ask(api(Method::POST, &path).with_body("Status=stopped")).await;
    assert_eq!(stopped["status"], json!("stopped"));
    peer.event("stop").await;
    peer.is_closed().await;
}
