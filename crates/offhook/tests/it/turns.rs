//! Recognizers that tell themselves when somebody is done: whoever pauses to think isn't cut off, and nobody
//! waits for a silence to be long enough.

use crate::world::{
    Face, Line, Model, Replies, SOON, Speech, World, assert_clerk_ended, number, wait_for, word,
};
use audio::g711::Law;
use audio::{Frame, SampleRate, tones};
use base64::Engine as _;
use serde_json::{Value, json};

const GOODBYE: &str = "Goodbye, Ada.";
const LONG: &str = "Let me tell you everything about our hotel, since it has so very many rooms, and each of them has \
                    a view of its own.";

/// The pause is longer than the silence that another recognizer would be content with.
#[test]
fn who_pauses_in_the_middle_of_a_sentence_is_heard_out() {
    let (world, model, speech) = judged(|_, _| Replies::Tool(GOODBYE, "end_call", json!({})));
    let them = number(1);
    let sound = [said("I would like"), silence(1_400), said("a room, please.")].concat();
    world.subscriber(&them, &plays(sound));

    let id = world.called_by_clerk(&them);

    assert!(word(&speech.is_asked(), "target").starts_with("/v2/listen?model=flux-general-en&"));
    let messages = model.is_asked().1["messages"].clone();
    assert_eq!(messages[1]["content"], "I would like a room, please.", "{messages}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
}

/// It never says that they are done, so that they are taken to be after a longer silence.
#[test]
fn who_never_ends_a_sentence_is_replied_to_all_the_same() {
    let (world, model, _speech) = judged(|_, _| Replies::Tool(GOODBYE, "end_call", json!({})));
    let them = number(1);
    world.subscriber(&them, &plays(said("I would like")));
    let id = world.called_by_clerk(&them);
    assert_eq!(model.is_asked().1["messages"][1]["content"], "I would like");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
}

/// Of a cough it says nothing at all.
#[test]
fn who_coughs_hears_the_rest() {
    let (world, _model, _speech) = judged(|n, _| match n {
        0 => Replies::Words(&[LONG]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = number(1);
    let sound = [said("Tell me more."), silence(1_000), cough(), silence(9_000), said("Goodbye.")].concat();
    world.subscriber(&them, &plays(sound));
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let spoken = world.spoken(&id);
    let of = |by: &str, text: &str| (by.to_owned(), text.to_owned());
    let expected =
        [of("remote", "Tell me more."), of("agent", LONG), of("remote", "Goodbye."), of("agent", GOODBYE)];
    assert_eq!(spoken, expected, "it was said to its end");
}

/// With nobody to judge, silence does, and another recognizer understands.
#[test]
fn who_cannot_be_reached_to_judge_is_made_up_for() {
    let vendors = "[recognizers.judge]\nkind = 'deepgram'\nmodel = 'flux-general-en'\nbase_url = 'http://127.0.0.1:9'\n\
                   [recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n";
    let (world, model, _speech) =
        talking(vendors, "['judge', 'ear']", |_, _| Replies::Tool(GOODBYE, "end_call", json!({})));
    let them = number(1);
    world.subscriber(&them, &plays(said("Is anybody there?")));
    let id = world.called_by_clerk(&them);
    assert_eq!(model.is_asked().1["messages"][1]["content"], "Is anybody there?");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    wait_for("it is told", SOON, || (world.spoken(&id).len() == 2).then_some(()));
}

fn judged(replies: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    let vendors = "[recognizers.ear]\nkind = 'deepgram'\nmodel = 'flux-general-en'\nbase_url = '{url}'\napi_key = 'sesame'\n";
    talking(vendors, "'ear'", replies)
}

fn talking(vendors: &str, recognizer: &str, replies: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    let (model, speech) = (Model::start(replies), Speech::start());
    let vendors = vendors.replace("{url}", &speech.url);
    let config = format!(
        "{vendors}[synthesizers.mouth]\nkind = 'deepgram'\nmodel = 'aura'\nbase_url = '{0}'\napi_key = 'sesame'\n\
         [agents.clerk]\nkind = 'llm'\nbase_url = '{1}'\nmodel = 'tiny'\nprompt = 'Be kind.'\napi_key = 'sesame'\n\
         recognizer = {recognizer}\nsynthesizer = 'mouth'\npause = '{PAUSE_MS}ms'\n",
        speech.url, model.base_url
    );
    (World::start(Line::On(Face::Twilio), &config), model, speech)
}

/// A subscriber who says this sound.
fn plays(sound: Vec<u8>) -> Value {
    let sound = base64::engine::general_purpose::STANDARD.encode(sound);
    json!({ "does": "play", "sound": sound, "answer_after_ms": 0, "play_after_ms": 800 })
}

fn said(words: &str) -> Vec<u8> {
    let mut codes = Vec::new();
    tones::say(words).for_each(|frame| Law::Mu.write(&frame, &mut codes));
    codes
}

fn silence(ms: usize) -> Vec<u8> {
    let mut codes = Vec::new();
    (0..ms / 20).for_each(|_| Law::Mu.write(&Frame::silence(SampleRate::Hz8000), &mut codes));
    codes
}

/// The middle of something that was said: it sounds like speech, and has no words.
fn cough() -> Vec<u8> {
    said(LONG)[3_200..6_400].to_vec()
}

/// Shorter than the pause of whoever thinks.
const PAUSE_MS: u64 = 900;
