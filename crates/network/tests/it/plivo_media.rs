//! Media streams at Plivo, over real sockets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use network::{DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_TOKEN, WireRequest};
use serde_json::{Value, json};

use crate::media::{ECHO, Peer, Scene, Welcome, base64, speech};

const STREAM: &str = r#"<Stream bidirectional="true" keepCallAlive="true" contentType="audio/x-mulaw;rate=8000"
    statusCallbackUrl="CUSTOMER/told" extraHeaders="userId=1,sessionId=abc">MEDIA</Stream>
    <Speak>Next</Speak><Wait length="60"/>"#;

fn api(method: Method, path: &str, body: &Value) -> WireRequest {
    let credentials = STANDARD.encode(format!("{DEFAULT_PLIVO_AUTH_ID}:{DEFAULT_PLIVO_AUTH_TOKEN}"));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    WireRequest::new(method, format!("/v1/Account/{DEFAULT_PLIVO_AUTH_ID}{path}"))
        .with_header("authorization", format!("Basic {credentials}"))
        .with_body(body)
}

/// A call that is answered, by its own id.
async fn place(scene: &Scene) -> String {
    let url = format!("http://{}/answer", scene.customer);
    let order = json!({ "from": "+15550199000", "to": ECHO, "answer_url": url });
    let placed = scene.ask(api(Method::POST, "/Call/", &order)).await;
    let request = placed["request_uuid"].as_str().unwrap();
    let truth = scene.truth_when(request, |truth| truth["status"] == json!("in-progress")).await;
    truth["id"].as_str().unwrap().to_owned()
}

fn heard_next(truth: &Value) -> bool {
    truth["heard"].as_array().unwrap().iter().any(|heard| heard["text"] == json!("Next"))
}

async fn opened(scene: &mut Scene) -> (Peer, Value) {
    let mut peer = scene.peer().await;
    let start = peer.next().await;
    assert_eq!((&start["event"], &start["sequenceNumber"]), (&json!("start"), &json!(1)));
    (peer, start)
}

fn play(sound: &[u8]) -> Value {
    let media = json!({ "contentType": "audio/x-mulaw", "sampleRate": 8000, "payload": base64(sound) });
    json!({ "event": "playAudio", "media": media })
}

#[tokio::test]
async fn a_stream_says_whose_it_is_and_what_is_played_is_told_and_echoed() {
    let mut scene = Scene::begin(STREAM, Welcome::Open).await;
    let id = place(&scene).await;
    let (mut peer, start) = opened(&mut scene).await;
    assert_eq!(start["start"]["callId"], json!(id));
    assert_eq!(start["extra_headers"], json!("userId=1;sessionId=abc"));
    let format = json!({ "encoding": "audio/x-mulaw", "sampleRate": 8000 });
    assert_eq!(start["start"]["mediaFormat"], format);
    scene.told("Event=StartStream").await;
    let stream_id = start["start"]["streamId"].clone();
    let sound = speech(1_600);
    peer.say(play(&sound)).await;
    peer.say(json!({ "event": "checkpoint", "streamId": stream_id, "name": "said" })).await;
    assert_eq!(peer.event("playedStream").await["name"], json!("said"));
    peer.hears(&sound).await;
    peer.say(play(&speech(480_000))).await;
    peer.say(json!({ "event": "checkpoint", "streamId": stream_id, "name": "dropped" })).await;
    peer.say(json!({ "event": "clearAudio", "streamId": stream_id })).await;
    assert_eq!(peer.event("clearedAudio").await["streamId"], stream_id);
    peer.say(json!({ "event": "sendDTMF", "dtmf": "12" })).await;
    let keys = json!("12");
    scene.truth_when(&id, |truth| truth["heard"][0]["text"] == keys).await;
    scene.control(Method::POST, &format!("/calls/{id}/digits"), &json!({ "digits": "5" })).await;
    assert_eq!(peer.event("dtmf").await["dtmf"]["digit"], json!("5"));
}

#[tokio::test]
async fn the_document_goes_on_when_the_server_closes() {
    let mut scene = Scene::begin(STREAM, Welcome::Open).await;
    let id = place(&scene).await;
    let (mut peer, _) = opened(&mut scene).await;
    assert!(!heard_next(&scene.truth(&id).await));
    peer.close().await;
    let truth = scene.truth_when(&id, heard_next).await;
    assert_eq!(truth["live"], json!(true));
    scene.told("Event=DroppedStream").await;
}

#[tokio::test]
async fn a_stream_ends_by_the_api_by_its_time_and_with_the_call() {
    let mut scene = Scene::begin(r#"<Wait length="60"/>"#, Welcome::Open).await;
    let id = place(&scene).await;
    let path = format!("/Call/{id}/Stream/");
    let callback = format!("http://{}/told", scene.customer);
    let url = format!("ws://{}/media", scene.media);
    let mut order = json!({ "service_url": url, "status_callback_url": callback, "bidirectional": true });
    let stream = scene.ask(api(Method::POST, &path, &order)).await;
    let (mut peer, start) = opened(&mut scene).await;
    assert_eq!(start["start"]["streamId"], stream["stream_id"]);
    assert_eq!(start["start"]["mediaFormat"]["encoding"], json!("audio/x-l16"));
    let known = scene.ask(api(Method::GET, &path, &Value::Null)).await;
    assert_eq!(known["objects"][0]["status"], json!("started"));
    scene.ask(api(Method::DELETE, &path, &Value::Null)).await;
    peer.is_closed().await;
    scene.told("Event=StopStream").await;
    order["stream_timeout"] = json!(1);
    scene.ask(api(Method::POST, &path, &order)).await;
    let (mut peer, _) = opened(&mut scene).await;
    peer.is_closed().await;
    scene.told("Event=StopStream").await;
    order["stream_timeout"] = json!(60);
    scene.ask(api(Method::POST, &path, &order)).await;
    let (mut peer, _) = opened(&mut scene).await;
    scene.ask(api(Method::DELETE, &format!("/Call/{id}/"), &Value::Null)).await;
    peer.is_closed().await;
    scene.told("Event=StopStream").await;
}

#[tokio::test]
async fn a_refused_handshake_is_a_dropped_stream_and_the_document_goes_on() {
    let mut scene = Scene::begin(STREAM, Welcome::Refuse).await;
    let id = place(&scene).await;
    scene.told("Event=DroppedStream").await;
    let truth = scene.truth_when(&id, heard_next).await;
    assert_eq!(truth["streams"][0]["state"], json!("failed"));
}
