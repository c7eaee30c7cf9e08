//! What is recorded: how that is asked for, found, fetched and deleted, and what webhooks say of it.

use super::webhook::{STATE, decode};
use super::*;
use crate::recording::{Begun, Found};
use call::call::{CommandReply, News, Recorded};

const ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const LINK: &str = "https://s3.example/telnyx/1.wav?X-Amz-Signature=x";

fn recording(status: &str, link: &str) -> String {
    format!(r#"{{"id": "{ID}", "status": "{status}", "download_urls": {{"wav": {link}, "mp3": null}}}}"#)
}

fn both_names() -> Leg {
    Leg { also: vec![CarrierCallId::new(LEG_ID).unwrap()], ..known(LEG) }
}

fn json(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn both_sides_are_recorded_by_a_command_that_changes_no_state() {
    let hour = Duration::from_secs(3_600);
    let request = asked(telnyx().record(&known(LEG), hour, &[]));
    assert!(request.url.ends_with(&format!("/calls/{LEG}/actions/record_start")), "{}", request.url);
    let expected = serde_json::json!({
        "format": "wav", "channels": "dual", "max_length": 3_600, "command_id": format!("{CALL}:record"),
    });
    assert_eq!(json(&request), expected);
    let begun = |body: &str| done(telnyx().record(&known(LEG), hour, &[reply(200, body)]));
    let taken = |name: Option<&str>| Begun {
        reply: CommandReply::Taken { lasts: None },
        name: name.map(str::to_owned),
    };
    let named = format!(r#"{{"data": {{"result": "ok", "recording_id": "{ID}"}}}}"#);
    assert_eq!(begun(&named), taken(Some(ID)));
    assert_eq!(begun(r#"{"data": {"result": "ok"}}"#), taken(None));
    assert_eq!(begun(r#"{"data": {"result": "ok", "recording_id": "../calls"}}"#), taken(None));
    assert!(matches!(begun("<html>").reply, CommandReply::InDoubt { .. }));

    let request = asked(telnyx().stop_recording(&known(LEG), Some(ID), &[]));
    assert!(request.url.ends_with("/actions/record_stop"));
    assert_eq!(json(&request), serde_json::json!({}));
}

#[test]
fn a_file_is_fetched_by_the_link_of_the_moment_and_shown_no_key() {
    let by_name = asked(telnyx().find_recording(&both_names(), Some(ID), &[]));
    assert_eq!(by_name.url, format!("https://api.telnyx.com/v2/recordings/{ID}"));
    let by_leg = asked(telnyx().find_recording(&both_names(), None, &[]));
    assert_eq!(by_leg.url, format!("https://api.telnyx.com/v2/recordings?filter%5Bcall_leg_id%5D={LEG_ID}"));

    let one = |status: &str, link: &str| reply(200, &format!(r#"{{"data": {}}}"#, recording(status, link)));
    let found = |reply| done(telnyx().find_recording(&both_names(), Some(ID), &[reply])).unwrap();
    let link = format!("{LINK:?}");
    let Found::File(request) = found(one("completed", &link)) else { panic!("no file") };
    assert_eq!(request.url, LINK);
    assert!(request.headers.iter().all(|(name, _)| name != "authorization"));
    assert_eq!(found(one("partial", "null")), Found::NotYet);
    assert!(matches!(found(one("completed", r#""http://169.254.169.254/""#)), Found::Nothing(_)));
    assert!(matches!(found(reply(404, ERROR_10005)), Found::Nothing(_)));
    let list = |body: &str| done(telnyx().find_recording(&both_names(), None, &[reply(200, body)]));
    let full = format!(r#"{{"data": [{}]}}"#, recording("completed", &link));
    assert!(matches!(list(&full), Ok(Found::File(_))));
    assert!(matches!(list(r#"{"data": []}"#), Ok(Found::Nothing(_))));
    assert!(list("<html>").is_err());
}

#[test]
fn it_is_deleted_under_its_name_or_after_it_was_found() {
    let drop = |name, replies: &[Reply]| telnyx().drop_recording(&both_names(), name, replies);
    let is_delete = |request: &Request| {
        request.method == http::Method::DELETE && request.url.ends_with(&format!("/recordings/{ID}"))
    };
    assert!(is_delete(&asked(drop(Some(ID), &[]))));
    let listed = reply(200, &format!(r#"{{"data": [{}]}}"#, recording("completed", "null")));
    assert!(is_delete(&asked(drop(None, std::slice::from_ref(&listed)))));
    assert_eq!(done(drop(None, &[listed, reply(200, "{}")])), Ok(()));
    assert_eq!(done(drop(None, &[reply(200, r#"{"data": []}"#)])), Ok(()));
    assert_eq!(done(drop(Some(ID), &[reply(404, ERROR_10005)])), Ok(()));
    assert!(done(drop(Some(ID), &[reply(500, "")])).is_err());
}

/// Telnyx's own example names the leg as its events do, and no other way.
#[test]
fn a_webhook_says_when_to_look_and_no_more() {
    for (kind, more, name) in [
        ("call.recording.saved", format!(r#""recording_id": "{ID}","#), Some(ID)),
        ("call.recording.saved", r#""recording_id": "../x","#.to_owned(), None),
        ("call.recording.error", r#""reason": "Internal server error","#.to_owned(), None),
    ] {
        let heard = decode(&format!(
            r#"{{"data": {{"event_type": "{kind}", "payload": {{{more} "call_leg_id": "{LEG_ID}",
            "recording_urls": {{"wav": "http://169.254.169.254/"}}, "client_state": "{STATE}"}}}}}}"#
        ));
        let heard = heard.unwrap();
        assert_eq!((heard.mark, heard.leg.as_str()), (Mark::Unsigned(mark()), LEG_ID));
        assert_eq!(heard.news, Some(News::Recording(Recorded::Told { name: name.map(str::to_owned) })));
    }
}
