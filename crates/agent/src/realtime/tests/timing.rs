//! When somebody speaks, and for how long over a reply.

use super::*;

/// The server heard its first sound at 6 s.
fn begun() -> Session {
    let mut session = session(Vec::new());
    let mut into = String::new();
    let sound = |into: &mut String| {
        into.push('x');
        Ok::<(), ()>(())
    };
    session.append(Duration::from_secs(6), sound, &mut into).unwrap();
    session.append(Duration::from_secs(7), sound, &mut into).unwrap();
    assert_eq!(into, r#"{"type":"input_audio_buffer.append","audio":"x"}"#.repeat(2));
    session
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn started(ms: u64) -> Value {
    json!({ "type": "input_audio_buffer.speech_started", "audio_start_ms": ms, "item_id": "item_1" })
}

fn stopped(ms: u64) -> Value {
    json!({ "type": "input_audio_buffer.speech_stopped", "audio_end_ms": ms, "item_id": "item_1" })
}

/// The other side is done 2.5 s after the server heard them first, and the first 200 ms are played at 10 s.
#[test]
fn how_long_somebody_waited_for_a_reply_is_known() {
    let mut session = begun();
    hear(&mut session, stopped(2_500));
    reply(&mut session, "item_2", "Yes.", 300);
    session.played(1, NOW, &mut |_| {});
    assert_eq!(told(|acts| session.played(2, NOW + NOW, acts)), ["Agent: Yes. after 1.301s"]);
    reply(&mut session, "item_3", "By myself.", 100);
    assert_eq!(told(|acts| session.played(3, NOW + NOW, acts)), ["Agent: By myself."]);
}

#[test]
fn whose_work_words_are_stands_with_them() {
    let mut session = session(Vec::new());
    let mut works = Vec::new();
    reply(&mut session, "item_1", "Yes.", 100);
    let mut keep = |act: Act<'_>| {
        if let Act::Said(_, timing) = act {
            works.push(timing.vendors);
        }
    };
    session.played(1, NOW, &mut keep);
    session.hear(&written("Good.").to_string(), NOW, &mut keep).unwrap();
    let model = Vendors { model: Some(Work::of("m")), ..Vendors::default() };
    let recognizer = Vendors { recognizer: Some(Work::of("writer-1")), ..Vendors::default() };
    assert_eq!(works, [model, recognizer]);
}

/// Its own time has a margin: the silence after which it takes them to be done.
#[test]
fn the_line_knows_better_than_the_server_when_they_were_done() {
    let answered = |session: &mut Session| {
        reply(session, "item_2", "Yes.", 100);
        told(|acts| session.played(1, NOW, acts))
    };
    let mut sooner = begun();
    sooner.speech_over(ms(8_000));
    hear(&mut sooner, stopped(2_500));
    assert_eq!(answered(&mut sooner), ["Agent: Yes. after 1.901s"]);

    let mut later = begun();
    hear(&mut later, stopped(2_500));
    later.speech_over(ms(8_000));
    assert_eq!(answered(&mut later), ["Agent: Yes. after 1.901s"]);

    let mut goes_on = begun();
    goes_on.speech_over(ms(8_000));
    goes_on.speech_began(ms(8_200));
    hear(&mut goes_on, stopped(2_500));
    assert_eq!(answered(&mut goes_on), ["Agent: Yes. after 1.401s"], "the line has not fallen silent yet");

    let mut soft = begun();
    soft.speech_over(ms(6_500));
    hear(&mut soft, started(1_500));
    hear(&mut soft, stopped(2_500));
    assert_eq!(answered(&mut soft), ["Agent: Yes. after 1.401s"], "that was noise, before they spoke");
}

/// From when they begin, as the line knows, until the carrier is silent, as its mark says.
#[test]
fn how_long_they_talk_over_a_reply_stands_with_what_they_said() {
    let mut session = begun();
    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, words("item_1", "One two three four five six seven"));
    hear(&mut session, sound("item_1", 1_000));
    session.played(1, ms(9_800), &mut |_| {});
    session.speech_began(ms(9_900));
    let interrupted = hear(&mut session, started(3_600));
    assert_eq!(interrupted[0], "clear 6");
    session.played(6, NOW + ms(120), &mut |_| {});
    session.speech_over(ms(10_400));
    session.speech_began(ms(10_700));
    session.speech_over(ms(11_000));
    hear(&mut session, stopped(5_000));
    assert_eq!(hear(&mut session, written("Stop.")), ["Remote: Stop. over 220ms"]);
    assert_eq!(hear(&mut session, written("Now.")), ["Remote: Now."], "once");

    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, words("item_2", "Eight nine ten."));
    hear(&mut session, sound("item_2", 1_000));
    assert_eq!(hear(&mut session, started(3_900))[0], "clear 12");
    session.played(12, NOW + ms(50), &mut |_| {});
    session.speech_began(NOW - ms(80));
    hear(&mut session, stopped(5_000));
    assert_eq!(hear(&mut session, written("Stop!")), ["Remote: Stop! over 130ms"], "the server was quicker");
}

#[test]
fn what_is_said_to_its_end_is_talked_over_until_then() {
    let mut session = begun();
    reply(&mut session, "item_1", "One two.", 300);
    session.played(1, ms(9_800), &mut |_| {});
    session.speech_began(ms(9_850));
    assert_eq!(told(|acts| session.played(2, ms(9_900), acts)), ["Agent: One two."]);
    assert_eq!(hear(&mut session, started(3_600)), [""; 0]);
    session.speech_over(ms(11_000));
    hear(&mut session, stopped(5_000));
    assert_eq!(hear(&mut session, written("Three?")), ["Remote: Three? over 50ms"]);

    session.speech_began(ms(12_000));
    hear(&mut session, started(5_800));
    session.speech_over(ms(12_500));
    hear(&mut session, stopped(6_900));
    assert_eq!(hear(&mut session, written("Four.")), ["Remote: Four."], "nobody spoke");
}

/// A cough stands with nothing that is said later.
#[test]
fn a_noise_that_the_server_passes_over_is_forgotten() {
    let mut session = begun();
    reply(&mut session, "item_1", "One two three four.", 600);
    session.played(1, ms(9_800), &mut |_| {});
    session.speech_began(ms(9_800));
    session.speech_over(ms(9_850));
    session.played(3, ms(10_200), &mut |_| {});
    session.speech_began(ms(12_000));
    hear(&mut session, started(5_800));
    session.speech_over(ms(12_500));
    hear(&mut session, stopped(6_900));
    assert_eq!(hear(&mut session, written("Five?")), ["Remote: Five?"]);

    reply(&mut session, "item_2", "Six seven eight nine.", 1_200);
    session.played(4, ms(14_200), &mut |_| {});
    session.speech_began(ms(14_250));
    session.speech_over(ms(14_280));
    session.speech_began(ms(14_500));
    session.speech_over(ms(14_560));
    hear(&mut session, started(8_300));
    hear(&mut session, stopped(8_900));
    assert_eq!(hear(&mut session, written("No.")), ["Remote: No. over 60ms"]);
}
