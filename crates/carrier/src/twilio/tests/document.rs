//! Scripts as TwiML, and how long one may be.

use super::*;
use crate::roles::{SAY_MAX, say_fits};
use proptest::prelude::*;

fn check(script: Script, verbs: &str) {
    let document = twilio().document(&script);
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
        let document = twilio().document(&Script::SayAndHangUp(text));
        prop_assert!(document.body.chars().count() <= 4_000);
    }
}
