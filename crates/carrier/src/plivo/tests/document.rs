//! Scripts as Plivo XML.

use super::*;
use crate::samples::performance;
use call::call::{Input, Speaks, Verb};

fn check(script: Script, elements: &str) {
    let document = plivo().document(Some(CALL.parse().unwrap()), &script);
    assert_eq!(document.content_type, "text/xml");
    assert_eq!(
        document.body,
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{elements}</Response>")
    );
}

fn say(text: &str) -> Script {
    Script::SayAndHangUp(text.to_owned())
}

#[test]
fn each_script_has_its_elements() {
    check(say("Good day."), "<Speak>Good day.</Speak><Hangup/>");
    let hold = Script::SayAndHold("Wait.".to_owned(), Duration::from_secs(600));
    check(hold, "<Speak>Wait.</Speak><Wait length=\"600\"/>");
    check(Script::Reject, "<Hangup reason=\"rejected\"/>");
    check(Script::HangUp, "<Hangup/>");
}

/// A call that comes in isn't picked up by a `Wait` until it is over.
#[test]
fn a_line_that_is_held_is_picked_up_first() {
    check(Script::Hold(Duration::from_secs(600)), "<DTMF>w</DTMF><Wait length=\"600\"/>");
    check(Script::Hold(Duration::from_millis(1_500)), "<DTMF>w</DTMF><Wait length=\"2\"/>");
    check(Script::Hold(Duration::ZERO), "<DTMF>w</DTMF><Wait length=\"1\"/>");
    check(Script::Hold(Duration::MAX), "<DTMF>w</DTMF><Wait length=\"86400\"/>");
}

#[test]
fn what_is_said_cannot_become_markup() {
    check(say("a < b && c > \"d\""), "<Speak>a &lt; b &amp;&amp; c &gt; &quot;d&quot;</Speak><Hangup/>");
    check(
        say("</Speak><Dial>1900</Dial>"),
        "<Speak>&lt;/Speak&gt;&lt;Dial&gt;1900&lt;/Dial&gt;</Speak><Hangup/>",
    );
    check(say("a\0\u{1}\u{b}\u{1b}\u{fffe}\u{ffff}b\r\n\tc"), "<Speak>ab\n\tc</Speak><Hangup/>");
    check(say("Zoë 电话"), "<Speak>Zoë 电话</Speak><Hangup/>");
}

#[test]
fn each_command_holds_the_line_when_it_is_done_and_asks_for_no_other_document() {
    let check = |verb, element: &str| {
        check(Script::Perform(performance(verb)), &format!("{element}<Wait length=\"60\"/>"));
    };
    check(Verb::Say { text: "One & two".to_owned() }, "<Speak>One &amp; two</Speak>");
    // A machine may be greeting yet.
    let said = call::call::Performance {
        after_silence: true,
        ..performance(Verb::Say { text: "Call us.".to_owned() })
    };
    let waits = "<Wait length=\"60\" silence=\"true\" minSilence=\"2000\"/><Speak>Call us.</Speak>";
    self::check(Script::Perform(said), &format!("{waits}<Wait length=\"60\"/>"));
    check(Verb::SendDigits { digits: "1w2#".to_owned() }, "<DTMF async=\"false\">1w2#</DTMF>");
    let url = "https://example.com/a?b=1&c=2".to_owned();
    check(
        Verb::Play { url, lasts: Duration::from_secs(9) },
        "<Play>https://example.com/a?b=1&amp;c=2</Play>",
    );
    let told = format!("https://gw.example/hooks/plivo/status?call={CALL}&amp;stream=7");
    let kind = "bidirectional=\"true\" keepCallAlive=\"true\" contentType=\"audio/x-mulaw;rate=8000\"";
    let told = format!("statusCallbackUrl=\"{told}\" statusCallbackMethod=\"POST\"");
    check(
        Verb::Stream { url: "wss://example.com/sound".to_owned(), speaks: Speaks::Carrier },
        &format!("<Stream {kind} {told}>wss://example.com/sound</Stream>"),
    );
    let ask = |input, timeout_s| {
        let timeout = Duration::from_secs(timeout_s);
        Verb::Ask { text: "How many?".to_owned(), input, timeout }
    };
    let action = format!("https://gw.example/hooks/plivo/voice?call={CALL}&amp;answer=7");
    let get_input = |kind: &str, timeout: &str| {
        format!(
            "<GetInput {kind} executionTimeout=\"{timeout}\" action=\"{action}\" method=\"POST\" redirect=\"false\" log=\"false\"><Speak>How many?</Speak></GetInput>"
        )
    };
    let keys = "inputType=\"dtmf\" numDigits=\"2\" finishOnKey=\"#\" digitEndTimeout=\"5\"";
    check(ask(Input::Digits { n_max: Some(2) }, 8), &get_input(keys, "8"));
    check(ask(Input::Digits { n_max: Some(255) }, 1), &get_input(&keys.replace("\"2\"", "\"32\""), "5"));
    check(ask(Input::Digits { n_max: Some(0) }, 600), &get_input(&keys.replace("\"2\"", "\"1\""), "60"));
    check(ask(Input::Digits { n_max: None }, 8), &get_input(&keys.replace(" numDigits=\"2\"", ""), "8"));
    check(ask(Input::Speech, 8), &get_input("inputType=\"speech\" speechEndTimeout=\"auto\"", "8"));
    let told = format!("https://gw.example/hooks/plivo/status?call={CALL}&amp;transfer=7");
    check(
        Verb::Transfer { to: "+12025550199".parse().unwrap() },
        &format!(
            "<Dial callerId=\"15550100000\" callbackUrl=\"{told}\" callbackMethod=\"POST\"><Number>12025550199</Number></Dial>"
        ),
    );
}
