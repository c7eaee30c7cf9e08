//! Scripts as TwiML, and how long one may be.

use super::*;
use crate::roles::{SAY_MAX, say_fits};
use crate::samples::performance;
use call::call::{Input, Speaks, Verb};
use proptest::prelude::*;

fn check(script: Script, verbs: &str) {
    let document = twilio().document(None, &script);
    assert_eq!(document.content_type, "text/xml");
    assert_eq!(
        document.body,
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>")
    );
}

fn say(text: &str) -> Script {
    Script::SayAndHangUp(text.to_owned())
}

#[test]
fn each_script_has_its_verbs() {
    check(say("Good day."), "<Say>Good day.</Say><Hangup/>");
    check(Script::Hold(Duration::from_secs(600)), "<Pause length=\"600\"/>");
    check(Script::Hold(Duration::from_millis(1_500)), "<Pause length=\"2\"/>");
    check(Script::Hold(Duration::ZERO), "<Pause length=\"1\"/>");
    check(Script::Hold(Duration::MAX), "<Pause length=\"86400\"/>");
    check(Script::PickUp(Duration::from_secs(9)), "<Play digits=\"w\"/><Pause length=\"9\"/>");
    check(Script::Reject, "<Reject/>");
    check(Script::HangUp, "<Hangup/>");
}

#[test]
fn what_is_said_cannot_become_markup() {
    check(say("a < b && c > \"d\" 'e'"), "<Say>a &lt; b &amp;&amp; c &gt; \"d\" 'e'</Say><Hangup/>");
    check(say("</Say><Dial>+1900</Dial>"), "<Say>&lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt;</Say><Hangup/>");
    check(say("]]>"), "<Say>]]&gt;</Say><Hangup/>");
    check(say("a\0\u{1}\u{8}\u{b}\u{1b}\u{fffe}\u{ffff}b\r\n\tc"), "<Say>ab\n\tc</Say><Hangup/>");
    check(say("Zoë 电话"), "<Say>Zoë 电话</Say><Hangup/>");
}

#[test]
fn the_bound_on_what_is_said_counts_as_xml_does() {
    assert!(say_fits(&"a".repeat(SAY_MAX)));
    assert!(!say_fits(&"a".repeat(SAY_MAX + 1)));
    assert!(say_fits(&"&".repeat(SAY_MAX / 5)));
    assert!(!say_fits(&"&".repeat(SAY_MAX / 5 + 1)));
    assert!(!say_fits(&"<".repeat(SAY_MAX / 4 + 1)));
}

proptest! {
    /// Twilio's `Twiml` parameter takes 4,000 characters (call resource, 2026-11-22).
    #[test]
    fn what_fits_is_taken_by_twilio(text in "[a-z&<>\u{0}é]{0,3200}") {
        prop_assume!(say_fits(&text));
        let document = twilio().document(None, &Script::SayAndHangUp(text));
        prop_assert!(document.body.chars().count() <= 4_000);
    }
}

fn perform(verb: Verb) -> Script {
    Script::Perform(performance(verb))
}

#[test]
fn each_command_holds_the_line_when_it_is_done() {
    let call = Some(CALL.parse().unwrap());
    let check = |verb, verbs: &str| {
        let document = twilio().document(call, &perform(verb)).body;
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>";
        assert_eq!(document, format!("{head}{verbs}<Pause length=\"60\"/></Response>"));
    };
    let hook = |rest: &str| format!("https://gw.example/hooks/twilio/{rest}");
    check(Verb::Say { text: "One & two".to_owned() }, "<Say>One &amp; two</Say>");
    check(Verb::SendDigits { digits: "1w2#".to_owned() }, "<Play digits=\"1w2#\"/>");
    let url = "https://example.com/a?b=1&c=2".to_owned();
    check(
        Verb::Play { url, lasts: Duration::from_secs(9) },
        "<Play>https://example.com/a?b=1&amp;c=2</Play>",
    );
    let told = hook(&format!("status?call={CALL}&amp;stream=7"));
    check(
        Verb::Stream { url: "wss://example.com/sound".to_owned(), speaks: Speaks::Carrier },
        &format!(
            "<Connect><Stream url=\"wss://example.com/sound\" statusCallback=\"{told}\" statusCallbackMethod=\"POST\"/></Connect>"
        ),
    );
    let ask = |input| Verb::Ask { text: "How many?".to_owned(), input, timeout: Duration::from_secs(5) };
    let action = hook(&format!("voice?call={CALL}&amp;answer=7"));
    let rest = format!("timeout=\"5\" action=\"{action}\" method=\"POST\"><Say>How many?</Say></Gather>");
    check(ask(Input::Digits { n_max: Some(2) }), &format!("<Gather input=\"dtmf\" numDigits=\"2\" {rest}"));
    check(ask(Input::Digits { n_max: None }), &format!("<Gather input=\"dtmf\" finishOnKey=\"#\" {rest}"));
    check(ask(Input::Speech), &format!("<Gather input=\"speech\" speechTimeout=\"auto\" {rest}"));
    let told = hook(&format!("status?call={CALL}&amp;transfer=7"));
    let number = format!(
        "<Number statusCallback=\"{told}\" statusCallbackMethod=\"POST\" statusCallbackEvent=\"answered completed\">+12025550143</Number>"
    );
    let to = "+12025550143".parse().unwrap();
    check(Verb::Transfer { to }, &format!("<Dial callerId=\"+15550100000\">{number}</Dial>"));
}
