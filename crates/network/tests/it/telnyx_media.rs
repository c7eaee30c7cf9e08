//! Media streams at Telnyx, over real sockets.

use audio::g722::{Decoder, Encoder};
use audio::tones::{self, Heard, Listener};
use audio::{Resampler, SampleRate};
use http::Method;
use serde_json::{Value, json};

use crate::media::{ECHO, Peer, Scene, Welcome, base64, sound_of, speech};
use crate::telnyx::{api, order};

/// An answered call that tells the customer of itself.
async fn dial(scene: &Scene) -> String {
    let more = json!({ "webhook_url": format!("http://{}/telnyx", scene.customer), "client_state": "YQ==" });
    let call = scene.ask(api(Method::POST, "/calls", &order(ECHO, more))).await;
    let id = call["data"]["call_control_id"].as_str().unwrap().to_owned();
    scene.truth_when(&id, |truth| truth["status"] == json!("in-progress")).await;
    id
}

async fn command(scene: &Scene, id: &str, command: &str, body: Value) {
    scene.ask(api(Method::POST, &format!("/calls/{id}/actions/{command}"), &body)).await;
}

fn wanted(scene: &Scene) -> Value {
    json!({
        "stream_url": format!("ws://{}/media?x=1", scene.media),
        "stream_auth_token": "secret",
        "stream_codec": "L16",
        "stream_bidirectional_mode": "rtp",
        "stream_bidirectional_codec": "L16",
        "stream_bidirectional_sampling_rate": 16000,
        "custom_parameters": [{ "name": "a", "value": "b" }],
    })
}

async fn opened(scene: &mut Scene) -> (Peer, Value) {
    let mut peer = scene.peer().await;
    assert_eq!(peer.next().await["event"], json!("connected"));
    let start = peer.next().await;
    (peer, start)
}

#[tokio::test]
async fn a_stream_opens_with_its_token_and_says_whose_it_is() {
    let mut scene = Scene::begin("", Welcome::Open).await;
    let id = dial(&scene).await;
    let wanted = wanted(&scene);
    command(&scene, &id, "streaming_start", wanted).await;
    let (peer, start) = opened(&mut scene).await;
    assert_eq!(peer.headers["x-telnyx-streaming-auth-token"], "secret");
    assert_eq!(start["start"]["call_control_id"], json!(id));
    assert_eq!(start["start"]["client_state"], json!("YQ=="));
    assert_eq!(start["start"]["custom_parameters"], json!({ "a": "b" }));
    let format = json!({ "encoding": "L16", "sample_rate": 16000, "channels": 1 });
    assert_eq!(start["start"]["media_format"], format);
    let told: Value = serde_json::from_str(&scene.told("streaming.started").await).unwrap();
    assert_eq!(told["data"]["payload"]["client_state"], json!("YQ=="));
    assert_eq!(scene.truth(&id).await["streams"][0]["id"], start["stream_id"]);
}

#[tokio::test]
async fn what_is_played_is_marked_cleared_and_echoed() {
    let mut scene = Scene::begin("", Welcome::Open).await;
    let id = dial(&scene).await;
    let wanted = wanted(&scene);
    command(&scene, &id, "streaming_start", wanted).await;
    let (mut peer, _) = opened(&mut scene).await;
    let sound = speech(3_200);
    peer.say(json!({ "event": "media", "media": { "payload": base64(&sound) } })).await;
    peer.say(json!({ "event": "mark", "mark": { "name": "said" } })).await;
    assert_eq!(peer.event("mark").await["mark"], json!({ "name": "said" }));
    peer.hears(&sound).await;
    peer.say(json!({ "event": "media", "media": { "payload": base64(&speech(640_000)) } })).await;
    peer.say(json!({ "event": "mark", "mark": { "name": "dropped" } })).await;
    peer.say(json!({ "event": "clear" })).await;
    assert_eq!(peer.event("mark").await["mark"], json!({ "name": "dropped" }));
    peer.say(json!({ "event": "sing" })).await;
    assert_eq!(peer.event("error").await["payload"]["title"], json!("malformed_frame"));
    scene.control(Method::POST, &format!("/calls/{id}/digits"), &json!({ "digits": "5" })).await;
    assert_eq!(peer.event("dtmf").await["dtmf"]["digit"], json!("5"));
    command(&scene, &id, "streaming_stop", json!({})).await;
    peer.event("stop").await;
    peer.is_closed().await;
    scene.told("streaming.stopped").await;
}

/// Words that are said in G.722 come back in G.722, to the letter.
#[tokio::test]
async fn wideband_sound_is_heard_and_echoed() {
    let mut scene = Scene::begin("", Welcome::Open).await;
    let id = dial(&scene).await;
    let mut wanted = wanted(&scene);
    for key in ["stream_codec", "stream_bidirectional_codec"] {
        wanted[key] = json!("G722");
    }
    command(&scene, &id, "streaming_start", wanted).await;
    let (mut peer, start) = opened(&mut scene).await;
    let format = json!({ "encoding": "G722", "sample_rate": 16000, "channels": 1 });
    assert_eq!(start["start"]["media_format"], format);
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let mut up = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000);
    for frame in tones::say("hello") {
        let mut codes = Vec::new();
        encoder.write(&up.turned(&frame), &mut codes);
        peer.say(json!({ "event": "media", "media": { "payload": base64(&codes) } })).await;
    }
    let (mut ear, mut understood) = (Listener::new(), Vec::new());
    while !understood.contains(&Heard::Text("hello".to_owned())) {
        let codes = sound_of(&peer.event("media").await);
        understood.extend(ear.hear(&decoder.read(&codes).unwrap()));
    }
    assert_eq!(scene.truth(&id).await["streams"][0]["understood"][0]["text"], json!("hello"));
    command(&scene, &id, "hangup", json!({})).await;
}

#[tokio::test]
async fn a_codec_that_is_not_spoken_is_refused() {
    let scene = Scene::begin("", Welcome::Open).await;
    let id = dial(&scene).await;
    let mut wanted = wanted(&scene);
    wanted["stream_codec"] = json!("OPUS");
    let path = format!("/calls/{id}/actions/streaming_start");
    let (status, body) = scene.network.send(api(Method::POST, &path, &wanted)).await.unwrap();
    assert!(status == 422 && body.to_string().contains("G722"), "{status} {body}");
}

#[tokio::test]
async fn a_call_outlives_its_stream_and_can_have_another() {
    let mut scene = Scene::begin("", Welcome::Open).await;
    let id = dial(&scene).await;
    for _ in 0..2 {
        let wanted = wanted(&scene);
        command(&scene, &id, "streaming_start", wanted).await;
        let (mut peer, _) = opened(&mut scene).await;
        peer.close().await;
        scene.told("streaming.stopped").await;
    }
    assert_eq!(scene.truth(&id).await["live"], json!(true));
    let wanted = wanted(&scene);
    command(&scene, &id, "streaming_start", wanted).await;
    let (mut peer, _) = opened(&mut scene).await;
    command(&scene, &id, "hangup", json!({})).await;
    peer.event("stop").await;
    peer.is_closed().await;
}

#[tokio::test]
async fn a_refused_handshake_is_told_and_the_call_goes_on() {
    let mut scene = Scene::begin("", Welcome::Refuse).await;
    let id = dial(&scene).await;
    let wanted = wanted(&scene);
    command(&scene, &id, "streaming_start", wanted).await;
    let told: Value = serde_json::from_str(&scene.told("streaming.failed").await).unwrap();
    assert_eq!(told["data"]["payload"]["failure_reason"], json!("connection_failed"));
    assert_eq!(scene.truth(&id).await["live"], json!(true));
}
